//! Lines of `PVE::SectionConfig`, as far as several of Proxmox's files have them.

/// Takes a property's line apart: blanks, a name, blanks, a value.
pub fn property(line: &str) -> Option<(&str, &str)> {
    if !line.starts_with(char::is_whitespace) {
        return None;
    }
    let line = line.trim();
    if line.is_empty() {
        return None;
    }
    Some(match line.split_once(char::is_whitespace) {
        Some((name, value)) => (name, value.trim_start()),
        None => (line, ""),
    })
}
