//! The vocabulary of `exports(5)`: clients, options, and their explicit form.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The options of one export to one client, every one explicit, as the live table shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExportOptions(BTreeSet<Box<str>>);

impl ExportOptions {
    /// Returns the options in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|option| &**option)
    }
}
