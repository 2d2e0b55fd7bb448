//! The standard library: profiles in KDL, compiled into the binary.

/// The files, by the name that `import "std/NAME"` gives.
pub const FILES: &[(&str, &str)] = &[
    ("proxmox", include_str!("../../stdlib/proxmox.kdl")),
    ("sharing", include_str!("../../stdlib/sharing.kdl")),
];

/// Returns the text of a file of the standard library.
#[must_use]
pub fn text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
