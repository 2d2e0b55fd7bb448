//! What a spec may say, as the one definition of it: the compiler holds specs against it, and the
//! store everything that it reads before it is carried out, so that a closure made elsewhere says
//! nothing that a spec could not say.
//!
//! [`resource`] looks at one resource; [`all`] at those of a host together. The values' own rules
//! stand where the values are: names, properties, exports, storages.

pub mod claims;
pub mod guest;
mod kubernetes;
pub(crate) mod others;
pub mod place;
pub mod reason;
pub mod settings;
pub mod size;
pub mod space;
mod together;
pub mod vdev;

pub use crate::kind::{ARC_LEAST, ARC_MAX};
pub use reason::Reason;
pub use settings::{SettingError, has_password, member, user_name};
pub use size::{least_multiple, volume_size};
pub use together::{all, over_the_system};

use crate::{Key, Resource};
use place::Standing;

/// Something that no spec can say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {reason}")]
pub struct Fault {
    pub key: Key,
    /// Why it is refused.
    pub reason: Reason,
}

/// Checks one resource by itself.
///
/// # Errors
/// The first reason to refuse it.
pub fn resource(resource: &Resource) -> Result<(), Fault> {
    resource.check().map_err(|reason| Fault { key: resource.key(), reason })
}

/// Says whether a mount point is one that a spec can give to a file system.
fn place_of(path: &str, adopted: bool) -> Result<(), Reason> {
    match place::standing(path) {
        Standing::Free | Standing::InUse => Ok(()),
        Standing::System if adopted => Ok(()),
        Standing::System | Standing::Never => Err(Reason::Place(path.into())),
    }
}

#[cfg(test)]
mod tests;
