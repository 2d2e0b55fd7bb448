//! Why something cannot be, before it is said of what.

use phoenix_graph::Code;

/// Why something cannot be, and the way out; whose refusal it is, is said when it is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    pub code: Code,
    pub reason: String,
    pub help: String,
}

impl Why {
    pub fn new(code: Code, reason: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), help: help.into() }
    }
}
