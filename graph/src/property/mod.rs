//! The schema of OpenZFS properties: one table that the compiler checks against, the runtime
//! compares with, and the docs are made from.
//!
//! A text that a person wrote becomes a canonical [`Value`] by [`Property::parse`]; what
//! `zfs get -Hp` prints becomes one by [`Property::read`]; and [`Property::render`] turns one into
//! the word that `zfs set` takes. What a row says stands in `row.rs`; the rows in `table_*.rs`, by what they belong to.

mod row;
mod table;
mod table_dataset;
mod table_filesystem;
mod table_pool;
mod table_reported;
mod table_volume;
mod user;
mod value;
mod version;

pub use row::{Property, Target, Unset};
pub use user::{UserPropertyError, user_property_name, user_property_value};
pub use value::{Kind, Value, ValueError};
pub use version::{Version, VersionError};

/// The parameter of the zfs module that says how large a block may be (`zfs(4)`).
pub const LARGEST_BLOCK_PARAMETER: &str = "zfs_max_recordsize";

/// Finds a property that `target` takes, also one that is only reported. A family is found by any
/// member: `userquota@bob`. User properties (`module:name`) are not in the table.
#[must_use]
pub fn find(target: Target, name: &str) -> Option<&'static Property> {
    table::candidates(name).find(|property| property.answers_to(name) && property.targets.contains(&target))
}

/// Returns all properties that `target` takes, those that are only reported among them.
pub fn all(target: Target) -> impl Iterator<Item = &'static Property> {
    table::rows().filter(move |property| property.targets.contains(&target))
}

/// Returns the table's own copy of a name; nothing for members of families and user properties.
#[must_use]
pub fn static_name(name: &str) -> Option<&'static str> {
    table::candidates(name).map(|property| property.name).find(|known| *known == name)
}

#[cfg(test)]
mod tests;
