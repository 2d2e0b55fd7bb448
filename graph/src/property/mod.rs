//! The schema of OpenZFS properties: one table that the compiler checks against, the runtime
//! compares with, and the docs are made from.

mod table;

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a property belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A file system (`zfsprops(7)`).
    Filesystem,
    /// A volume, or zvol (`zfsprops(7)`).
    Volume,
    /// A pool (`zpoolprops(7)`).
    Pool,
}

/// A property's canonical value: numbers (sizes in bytes, counts) or one canonical word or text.
/// `none` for a quota, reservation or limit is the number 0 where OpenZFS treats the two alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A size in bytes, or a count.
    Number(u64),
    /// A word (`on`, `lz4`) or a text (a path).
    Text(Box<str>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => write!(f, "{number}"),
            Value::Text(text) => f.write_str(text),
        }
    }
}

/// One row of the schema.
#[derive(Debug)]
pub struct Property {
    /// The name as OpenZFS spells it.
    pub name: &'static str,
}

/// Finds a property that `target` takes.
#[must_use]
pub fn find(_target: Target, name: &str) -> Option<&'static Property> {
    table::DATASET.iter().find(|property| property.name == name)
}

/// Returns the table's own copy of a name.
#[must_use]
pub fn static_name(name: &str) -> Option<&'static str> {
    table::DATASET.iter().find(|property| property.name == name).map(|property| property.name)
}
