//! What there is to know of a resource, whatever its kind.

use super::{key::Key, life::Lifecycle};
use crate::{DatasetName, Settings, check::reason::Reason, name::NameError};
use std::collections::BTreeMap;

/// What people are told of a resource: by fact, what it is.
pub type Facts = BTreeMap<String, String>;

/// The format of objects that was the first to have permissions, binds, and what is said of a life.
pub(crate) const FORMAT_2: u32 = 2;

/// What there is to know of a resource, whatever its kind.
pub(crate) trait Kind {
    /// Names it.
    fn key(&self) -> Key;

    /// The dataset that it is about, and needs, where it is not one itself.
    fn over(&self) -> Option<&DatasetName> {
        None
    }

    /// The name, where it is a file system or a volume.
    fn dataset_name(&self) -> Option<&DatasetName> {
        None
    }

    /// Says whether each name in it is one that a spec can give.
    fn check_names(&self) -> Result<(), NameError> {
        Ok(())
    }

    /// Says why no spec can say it, looking at it alone.
    fn check(&self) -> Result<(), Reason>;

    /// Adds what is told of it beside its settings and its life.
    fn facts(&self, facts: &mut Facts);

    /// What is said about its life, where that can be said.
    fn lifecycle(&self) -> Option<&Lifecycle> {
        None
    }

    /// Its settings, where it has some.
    fn settings(&self) -> Option<&Settings> {
        None
    }

    /// The lowest format of objects that can say it.
    fn format(&self) -> u32 {
        1
    }
}
