//! Reads `/etc/pve/mapping/directory.cfg` as Proxmox does (`PVE::SectionConfig`, `PVE::Mapping::Dir`): a bare id begins a
//! section, an empty line ends it, and what is not understood is passed over and gone at the next write.

use super::{
    guest_conf::decode,
    perl::{is_blank, trim, trim_end},
};
use crate::observed::{Mappings, NodeDirectory};
use phoenix_graph::check::guest::is_config_id;
use std::collections::{BTreeMap, BTreeSet};

/// The longest description that Proxmox reads, in bytes.
const LONGEST: usize = 4096;

/// What the file says, besides what Proxmox reads of it.
#[derive(Debug, Default)]
pub struct DirectoryCfg {
    pub mappings: Mappings,
    /// Every path that stands there, also in what is passed over, with the id that it stands under.
    pub paths: Vec<(Box<str>, Box<str>)>,
}

/// A section while it is read.
struct Section<'t> {
    id: &'t str,
    /// Whether Proxmox skips it.
    skipped: bool,
    description: Option<&'t str>,
    line: usize,
    /// The lines that count.
    kept: BTreeMap<usize, &'t str>,
    maps: Vec<NodeDirectory>,
}

/// Reads the file.
#[must_use]
pub fn read(bytes: &[u8]) -> DirectoryCfg {
    let text = decode(bytes);
    let mut found = DirectoryCfg::default();
    let mut sections: BTreeMap<&str, Section<'_>> = BTreeMap::new();
    let mut open: Option<Section<'_>> = None;
    let mut lose = |number: usize, line: &str| {
        if !trim(line).is_empty() {
            found.mappings.lost.insert(number, trim(line).into());
        }
    };
    // The end of the file ends a section, too.
    for (at, line) in text.split('\n').chain([""]).enumerate() {
        let number = at + 1;
        if line.trim_start_matches(is_blank).starts_with('#') {
            lose(number, line);
            continue;
        }
        // As Perl has it, a 0 alone is no more than an empty line.
        if line.is_empty() || line == "0" {
            lose(number, line);
            if let Some(section) = open.take().filter(|section| !section.skipped)
                && let Some(earlier) = sections.insert(section.id, section)
            {
                earlier.kept.iter().for_each(|(number, line)| lose(*number, line));
            }
            continue;
        }
        let Some(section) = &mut open else {
            let id = trim_end(line);
            if id.is_empty() || id.contains(is_blank) {
                lose(number, line);
                continue;
            }
            let skipped = !is_config_id(id);
            if skipped {
                lose(number, line);
            }
            open = Some(Section {
                id,
                skipped,
                description: None,
                line: number,
                kept: [(number, line)].into(),
                maps: Vec::new(),
            });
            continue;
        };
        let (key, value) = pair(line).unwrap_or(("", ""));
        let map = (key == "map").then(|| directory(value)).flatten();
        if key == "map" {
            let path = value.split(',').find_map(|part| trim(part).strip_prefix("path="));
            found.paths.extend(path.map(|path| (section.id.into(), path.into())));
        }
        let fits = (1..=LONGEST).contains(&value.len());
        let is_description = key == "description" && fits && section.description.is_none();
        if section.skipped || (map.is_none() && !is_description) {
            lose(number, line);
            continue;
        }
        section.description = section.description.or(is_description.then_some(value));
        section.maps.extend(map);
        section.kept.insert(number, line);
    }
    let without = sections.values().find(|section| section.maps.is_empty());
    found.mappings.blocked = without
        .map(|section| format!("line {}: the directory mapping {:?} has no `map`", section.line, section.id));
    for section in sections.into_values().filter(|section| !section.maps.is_empty()) {
        let id: Box<str> = section.id.into();
        let mut nodes = BTreeSet::new();
        let twice = section.maps.iter().filter(|one| !nodes.insert(&one.node));
        let twice: BTreeSet<Box<str>> = twice.map(|one| one.node.clone()).collect();
        if !twice.is_empty() {
            found.mappings.doubled.insert(id.clone(), twice);
        }
        found.mappings.descriptions.extend(section.description.map(|text| (id.clone(), text.into())));
        found.mappings.by_id.insert(id, section.maps);
    }
    found
}

/// Splits an indented line into its first word and what follows.
fn pair(line: &str) -> Option<(&str, &str)> {
    let inner = trim(line.strip_prefix(is_blank)?);
    let end = inner.find(is_blank).unwrap_or(inner.len());
    Some((&inner[..end], trim(&inner[end..])))
}

/// Reads `node=NODE,path=/p` in any order; nothing where it is none that Proxmox takes.
fn directory(text: &str) -> Option<NodeDirectory> {
    let (mut node, mut path) = (None, None);
    for part in text.split(',').filter(|part| !trim(part).is_empty()) {
        let (name, value) = part.split_once('=').filter(|(_, value)| !value.is_empty())?;
        let slot = match name {
            "node" => &mut node,
            "path" => &mut path,
            _ => return None,
        };
        if slot.replace(value).is_some() {
            return None;
        }
    }
    let node = node.filter(|node| is_node(node))?;
    let first = |path: &str| path.strip_prefix('/').and_then(|rest| rest.chars().next());
    let path = path.filter(|path| first(path).is_some_and(|c| !";,=()".contains(c)))?;
    Some(NodeDirectory { node: node.into(), path: path.into() })
}

/// Returns whether a name is that of a node: letters, digits and `-`, and no `-` at an end.
fn is_node(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-';
    !name.is_empty() && name.chars().all(legal) && !name.starts_with('-') && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maps(text: &str, id: &str) -> Vec<String> {
        read(text.as_bytes()).mappings.of(id).iter().map(ToString::to_string).collect()
    }

    fn lost(text: &str) -> Vec<usize> {
        read(text.as_bytes()).mappings.lost.into_keys().collect()
    }

    #[test]
    fn each_node_has_a_directory_under_an_id() {
        let text = "media\n\tdescription films, and more\n\tmap node=pve,path=/tank/media\n\tmap path=/b c,node=pve-2\n\nb_1\n\tmap node=pve,path=/x\n";
        let found = read(text.as_bytes());
        assert_eq!(found.mappings.path("media", "pve-2"), Some("/b c"));
        assert_eq!(maps(text, "b_1"), ["node=pve,path=/x"]);
        assert_eq!(found.mappings.path("media", "other"), None);
        assert!(found.mappings.lost.is_empty() && found.mappings.blocked.is_none());
        assert_eq!(found.paths.len(), 3);
    }

    #[test]
    fn what_proxmox_passes_over_is_gone_at_the_next_write() {
        let whole = "# by hand\nmedia\n\tmap node=pve,path=/a\n\tcache auto\n\tmap node=pve\n\tmap node=-x,path=/a\nodd\n\n two words\n1x\n\tmap node=pve,path=/hidden\n\n";
        assert_eq!(lost(whole), [1, 4, 5, 6, 7, 9, 10, 11]);
        assert_eq!(maps(whole, "media"), ["node=pve,path=/a"]);
        // It may still be what somebody counts on.
        assert!(read(whole.as_bytes()).paths.iter().any(|(id, path)| &**id == "1x" && &**path == "/hidden"));
        let twice = "a1\n\tmap node=pve,path=/a\n\na1\n\tmap node=pve,path=/b\n\n";
        assert_eq!((lost(twice), maps(twice, "a1")), (vec![1, 2], vec!["node=pve,path=/b".to_owned()]));
        let described = "a1\n\tdescription x\n\tdescription y\n\tdescription\n\tmap node=p,path=/a\n";
        assert_eq!(lost(described), [3, 4]);
        let ended = "a1\n\tmap node=p,path=/a\n0\n\tmap node=q,path=/b\n";
        assert_eq!((lost(ended), maps(ended, "a1").len()), (vec![3, 4], 1));
    }

    #[test]
    fn a_description_is_kept_and_a_node_that_stands_twice_is_told() {
        let text =
            "a1\n\tdescription  of all \n\tmap node=p,path=/a\n\tmap node=q,path=/b\n\tmap node=p,path=/c\n";
        let found = read(text.as_bytes()).mappings;
        assert_eq!(found.descriptions["a1"].as_ref(), "of all");
        assert_eq!(found.doubled["a1"], ["p".into()].into());
        let long = format!("a1\n\tdescription {}\n\tmap node=p,path=/a\n", "x".repeat(4097));
        assert_eq!(lost(&long), [2]);
    }

    #[test]
    fn beyond_ascii_there_are_no_blanks() {
        let text = "films\u{a0}\n\tmap node=b,path=/x\n\na1\n\tmap node=b,path=/x\u{a0}\n";
        assert_eq!(lost(text), [1, 2]);
        assert_eq!(maps(text, "a1"), ["node=b,path=/x\u{a0}"]);
    }

    #[test]
    fn an_id_without_directories_blocks_every_write() {
        for text in ["a1\n", "a1\n\tmap path=/x\n\nb1\n\tmap node=p,path=/x\n"] {
            let blocked = read(text.as_bytes()).mappings.blocked;
            assert_eq!(
                blocked.as_deref(),
                Some("line 1: the directory mapping \"a1\" has no `map`"),
                "{text}"
            );
        }
    }

    #[test]
    fn any_bytes_are_read() {
        for bytes in [&b"\xff\n\t\xfc\n"[..], b"", b"\n\n", b"a1\n\tmap\n\tmap =\n\tmap node=,path=\n", b"\t"]
        {
            assert!(read(bytes).mappings.by_id.is_empty());
        }
    }
}
