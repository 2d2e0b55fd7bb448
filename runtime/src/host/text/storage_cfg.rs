//! Reads `/etc/pve/storage.cfg`: sections `type: id` with lines `TAB key value`, an empty line after each.

use crate::observed::{StorageState, Storages};
use phoenix_graph::{
    StorageId,
    storage::{StorageType, find_type},
};
use std::collections::BTreeMap;

/// A section as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The line of its head, from 1.
    pub line: usize,
    /// The storage type.
    pub kind: Box<str>,
    /// The storage id.
    pub id: Box<str>,
    /// Its properties in order; a bare key (`disable`) has the value `1`.
    pub properties: Vec<(Box<str>, Box<str>)>,
}

/// Reads a file's sections, or says which line would make every `pvesm` change fail.
///
/// # Errors
/// The line and the reason, in words for people.
pub fn sections(text: &str) -> Result<Vec<Section>, String> {
    let mut found: Vec<Section> = Vec::new();
    let mut open = false;
    for (index, line) in text.split('\n').enumerate() {
        let number = index + 1;
        if line.ends_with('\r') {
            return Err(format!("line {number}: the line ends in CR LF, which swallows the next section"));
        }
        if line.trim().is_empty() {
            open = false;
            continue;
        }
        if !open && line.trim_start().starts_with('#') {
            continue;
        }
        match (open, line.split_once(':')) {
            (false, Some((kind, id))) if is_word(kind.trim()) && !line.starts_with([' ', '\t']) => {
                found.push(Section {
                    line: number,
                    kind: kind.trim().into(),
                    id: id.trim().into(),
                    properties: Vec::new(),
                });
                open = true;
            }
            (false, _) => return Err(format!("line {number}: {line:?} is no head of a section")),
            (true, _) => {
                let body = line.trim();
                let (key, value) = body.split_once(char::is_whitespace).unwrap_or((body, "1"));
                if !line.starts_with([' ', '\t']) && is_head(line) {
                    return Err(format!("line {number}: an empty line is missing before {line:?}"));
                }
                if let Some(section) = found.last_mut() {
                    // Of a property that stands twice the first counts.
                    if !section.properties.iter().any(|(known, _)| &**known == key) {
                        section.properties.push((key.into(), value.trim().into()));
                    }
                }
            }
        }
    }
    for section in &found {
        check(section)?;
    }
    Ok(found)
}

/// Reads a file into registrations by id, values in canonical form.
#[must_use]
pub fn storages(text: &str) -> Storages {
    let sections = match sections(text) {
        Ok(sections) => sections,
        Err(why) => return Storages::Broken(why),
    };
    let mut found = BTreeMap::new();
    for section in sections {
        let Ok(id) = StorageId::new(&section.id) else {
            return Storages::Broken(format!("line {}: {:?} is no storage id", section.line, section.id));
        };
        let properties = section
            .properties
            .iter()
            .map(|(key, value)| (key.clone(), canonical(&section.kind, key, value)))
            .collect();
        if found.insert(id, StorageState { kind: section.kind, properties }).is_some() {
            return Storages::Broken(format!(
                "line {}: the id {:?} stands twice, and the first would be lost",
                section.line, section.id
            ));
        }
    }
    Storages::Found(found)
}

/// Brings a value to canonical form where the type's table knows the property.
#[must_use]
pub fn canonical(kind: &str, key: &str, value: &str) -> Box<str> {
    find_type(kind).map_or_else(|| value.into(), |known| known.observed(key, value).into())
}

fn check(section: &Section) -> Result<(), String> {
    let Section { line, kind, id, properties } = section;
    let required =
        find_type(kind).into_iter().flat_map(StorageType::properties).filter(|known| known.required);
    for key in required.map(|known| known.name) {
        if !properties.iter().any(|(name, _)| &**name == key) {
            return Err(format!("line {line}: the {kind} storage {id:?} has no {key:?}"));
        }
    }
    let path = properties.iter().find(|(name, _)| &**name == "path").map_or("/", |(_, value)| value);
    let legal = |c: char| c.is_ascii_alphanumeric() || "-/_.@".contains(c);
    if kind.as_ref() == "dir" && !(path.starts_with('/') && path.chars().all(legal)) {
        return Err(format!("line {line}: the storage {id:?} has the illegal path {path:?}"));
    }
    Ok(())
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn is_head(line: &str) -> bool {
    line.split_once(':').is_some_and(|(kind, id)| is_word(kind) && id.starts_with(' '))
}
