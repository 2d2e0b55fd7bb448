//! The standard library: profiles in KDL, compiled into the binary.

use kdl::{KdlDocument, KdlNode};

/// The files, by the name that `import "std/NAME"` gives.
pub const FILES: &[(&str, &str)] = &[
    ("databases", include_str!("../../stdlib/databases.kdl")),
    ("files", include_str!("../../stdlib/files.kdl")),
    ("kubernetes", include_str!("../../stdlib/kubernetes.kdl")),
    ("pools", include_str!("../../stdlib/pools.kdl")),
    ("proxmox", include_str!("../../stdlib/proxmox.kdl")),
    ("sharing", include_str!("../../stdlib/sharing.kdl")),
    ("smb", include_str!("../../stdlib/smb.kdl")),
    ("snapshots", include_str!("../../stdlib/snapshots.kdl")),
];

/// Returns the text of a file of the standard library.
#[must_use]
pub fn text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Returns what a file of the standard library is for: the first paragraph of the comment that it
/// begins with, without the full stop.
#[must_use]
pub fn title(name: &str) -> String {
    let lines = text(name).unwrap_or_default().lines().map_while(|line| line.strip_prefix("//"));
    paragraph(lines.map(str::trim))
}

/// Joins lines up to the first that is empty.
fn paragraph<'t>(lines: impl Iterator<Item = &'t str>) -> String {
    let first: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    first.join(" ").trim_end_matches('.').to_owned()
}

/// A profile of the standard library, as its file documents it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    /// What it is for: the first paragraph of the comment above it, without the full stop.
    pub title: String,
    /// Its text, with the comment above it.
    pub text: String,
}

/// Returns the profiles of a file, in its order.
#[must_use]
pub fn profiles(name: &str) -> Vec<Profile> {
    let document = text(name).and_then(|text| KdlDocument::parse_v2(text).ok());
    let nodes = document.iter().flat_map(|document| document.nodes());
    nodes.filter(|node| node.name().value() == "profile").filter_map(profile).collect()
}

fn profile(node: &KdlNode) -> Option<Profile> {
    let name = node.entries().first()?.value().as_string()?.to_owned();
    let above = node.format().map_or("", |format| format.leading.as_str());
    let lines = above.lines().filter_map(|line| line.trim().strip_prefix("///")).map(str::trim);
    let text = node.to_string().trim_start_matches('\n').to_owned();
    Some(Profile { name, title: paragraph(lines), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_documented() {
        for (name, _) in FILES {
            let profiles = profiles(name);
            assert!(!profiles.is_empty(), "{name}");
            assert!(title(name).len() > 10, "std/{name}");
            for profile in profiles {
                assert!(profile.title.len() > 10, "std/{name}: {}", profile.name);
            }
        }
    }
}
