//! What is exported, and the files that say so.

use phoenix_graph::export::ExportOptions;
use serde::{Deserialize, Serialize};

/// An entry of `/etc/exports` or of a file in `/etc/exports.d`, which may or may not be in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldExport {
    pub file: Box<str>,
    /// The line, from 1.
    pub line: usize,
    /// The exported path.
    pub path: Box<str>,
    /// The client as it stands there.
    pub client: Box<str>,
    /// The options, every one explicit.
    pub options: ExportOptions,
}

/// Writes a map with pairs for keys as a list, since JSON's keys are strings.
pub(super) mod pairs {
    use phoenix_graph::export::ExportOptions;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::collections::BTreeMap;

    type Table = BTreeMap<(Box<str>, Box<str>), ExportOptions>;

    /// Writes the table.
    pub fn serialize<S: Serializer>(table: &Table, serializer: S) -> Result<S::Ok, S::Error> {
        table.iter().collect::<Vec<_>>().serialize(serializer)
    }

    /// Reads the table.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Table, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}
