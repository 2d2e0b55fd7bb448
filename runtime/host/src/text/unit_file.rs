//! Files of units, as systemd reads them (`systemd.unit(5)`).

/// The key of a unit's description.
pub const DESCRIPTION: &str = "Description=";

/// Reads the description of a unit.
#[must_use]
pub fn description(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix(DESCRIPTION))
}
