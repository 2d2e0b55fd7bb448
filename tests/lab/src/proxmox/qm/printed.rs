//! What `qm` prints.

use serde_json::Value;

/// What it prints.
#[derive(Debug, Default)]
pub struct Printed {
    /// On standard output.
    pub out: String,
    /// On standard error.
    pub err: String,
}

/// Writes JSON as Proxmox prints an agent's answer.
pub fn pretty(value: &Value) -> Result<String, String> {
    serde_json::to_string_pretty(value).map(|text| text + "\n").map_err(|error| error.to_string())
}
