//! Lines of `PVE::SectionConfig`, as far as several of Proxmox's files have them.

use phoenix_host::text::perl::{is_blank, trim, trim_start};

/// Takes a property's line apart: blanks, a name, blanks, a value.
pub fn property(line: &str) -> Option<(&str, &str)> {
    if !line.starts_with(is_blank) {
        return None;
    }
    let line = trim(line);
    if line.is_empty() {
        return None;
    }
    Some(match line.split_once(is_blank) {
        Some((name, value)) => (name, trim_start(value)),
        None => (line, ""),
    })
}
