//! Reads `/etc/pve/storage.cfg` as Proxmox does: sections `type: id` with lines `TAB key value`, an empty
//! line after each.
//!
//! Proxmox passes over what it does not understand, and drops it at its next write. So the reader keeps
//! two things apart: the sections that are in force, and the lines that a write would lose.

use super::{
    other_types,
    perl::{is_blank, trim, trim_end, trim_start},
};
use crate::observed::{Kept, Loss, LostLine, Registrations, StorageState, Storages, Unknown};
use phoenix_graph::{
    StorageId,
    storage::{StorageError, StorageKind, StorageType, find_type, types},
};
use std::collections::BTreeMap;

/// The registration that every host has, also where the file does not say so.
pub const LOCAL: &str = "local";

/// What [`LOCAL`] is where the file does not say it.
pub const LOCAL_PROPERTIES: [(&str, &str); 2] = [("path", "/var/lib/vz"), ("prune-backups", "keep-all=1")];

/// A section that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The line of its head, from 1; 0 where it is implied.
    pub line: usize,
    pub kind: Box<str>,
    pub id: Box<str>,
    /// Its properties in order, values as they stand; a bare key (`disable`) has the value `1`.
    pub properties: Vec<(Box<str>, Box<str>)>,
}

/// A file as Proxmox reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StorageFile {
    /// What is in force, in order.
    pub sections: Vec<Section>,
    /// What a write drops, in order.
    pub lost: Vec<LostLine>,
    /// Why every change fails, where it does.
    pub blocked: Option<String>,
}

/// Reads a file.
#[must_use]
pub fn read(text: &str) -> StorageFile {
    let mut file = Reader::default();
    let mut body: Option<Body> = None;
    for (line, text) in (1..).zip(text.split('\n')) {
        let lost = |why| LostLine { line, text: text.into(), why };
        if trim_start(text).starts_with('#') {
            file.lost.push(lost(Loss::Comment));
            continue;
        }
        // To Perl, both are nothing.
        if text.is_empty() || text == "0" {
            file.lost.extend((!text.is_empty()).then(|| lost(Loss::Stray)));
            file.close(body.take());
            continue;
        }
        match (&mut body, head(text)) {
            (Some(body), _) => body.lines.push((line, text.to_owned())),
            (None, Some((kind, id))) => {
                let (kind, id) = (kind.to_ascii_lowercase().into(), id.into());
                body = Some(Body { kind, id, lines: vec![(line, text.to_owned())] });
            }
            (None, None) => file.lost.push(lost(Loss::Stray)),
        }
    }
    file.close(body);
    let Reader { kept, mut lost, blocked } = file;
    let mut sections: Vec<Section> = kept.into_iter().map(|(section, _)| section).collect();
    if !sections.iter().any(|section| &*section.id == LOCAL) {
        let properties = LOCAL_PROPERTIES.map(|(key, value)| (key.into(), value.into())).into();
        sections.insert(0, Section { line: 0, kind: "dir".into(), id: LOCAL.into(), properties });
    }
    lost.sort();
    StorageFile { sections, lost, blocked }
}

/// Reads a file's bytes into registrations by id, values in canonical form.
#[must_use]
pub fn storages(bytes: &[u8]) -> Storages {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            return Storages::Unknown(Unknown {
                reason: format!("line {line} of /etc/pve/storage.cfg is no UTF-8"),
                help: "write that line anew in ASCII, then try again".to_owned(),
            });
        }
    };
    let StorageFile { sections, lost, blocked } = read(text);
    let implied = sections.iter().any(|section| section.line == 0);
    let mut by_id = BTreeMap::new();
    for section in sections {
        let kind = section.kind;
        let mut state = StorageState { kind, properties: BTreeMap::new(), secrets: BTreeMap::new() };
        for (key, value) in section.properties {
            match &*key {
                name if is_mark(name) => {}
                _ if is_secret(&state.kind, &key) => {
                    state.secrets.insert(key, Kept::Unread("somebody wrote it into storage.cfg".into()));
                }
                _ => {
                    let value = canonical(&state.kind, &key, &value);
                    state.properties.insert(key, value);
                }
            }
        }
        // The ids of sections in force are legal.
        if let Ok(id) = StorageId::new(&section.id) {
            by_id.insert(id, state);
        }
    }
    Storages::Found(Registrations { by_id, lost, blocked, text: text.into(), implied, members: None })
}

/// Returns whether a key of the file is a mark that there is a secret of this name.
fn is_mark(key: &str) -> bool {
    matches!(key, "encryption-key" | "master-pubkey")
}

fn is_secret(kind: &str, key: &str) -> bool {
    find_type(kind).is_some_and(|known| known.secrets().any(|secret| secret.name == key))
}

/// Brings a value to canonical form where the type's table knows the property.
#[must_use]
pub fn canonical(kind: &str, key: &str, value: &str) -> Box<str> {
    find_type(kind).map_or_else(|| value.into(), |known| known.observed(key, value).into())
}

/// A line with its number.
type Numbered = (usize, String);

/// A section's lines, its head the first.
struct Body {
    kind: Box<str>,
    id: Box<str>,
    lines: Vec<Numbered>,
}

/// A file as far as it is read.
#[derive(Default)]
struct Reader {
    /// What is in force, each with its lines.
    kept: Vec<(Section, Vec<Numbered>)>,
    lost: Vec<LostLine>,
    blocked: Option<String>,
}

impl Reader {
    /// Takes a section in, or loses it.
    fn close(&mut self, body: Option<Body>) {
        let Some(Body { kind, id, lines }) = body else { return };
        let whole = match () {
            () if StorageId::new(&id).is_err() => Some(Loss::Id),
            () if find_type(&kind).is_none() && other_types::find(&kind).is_none() => Some(Loss::Type),
            () if &*id == LOCAL && &*kind != "dir" => Some(Loss::Local),
            () => None,
        };
        if let Some(why) = whole {
            return self.lose(&lines, why);
        }
        // Of two sections with one id the later one counts.
        if let Some(at) = self.kept.iter().position(|(section, _)| section.id == id) {
            let (_, earlier) = self.kept.remove(at);
            self.lose(&earlier, Loss::Doubled);
        }
        let line = lines.first().map_or(0, |(line, _)| *line);
        let mut section = Section { line, kind, id, properties: Vec::new() };
        for one in lines.iter().skip(1) {
            if let Err(why) = section.take(&one.1) {
                self.lose(std::slice::from_ref(one), why);
            }
        }
        match section.lacks() {
            None if section.is_another_local() => self.lose(&lines, Loss::Local),
            None => self.kept.push((section, lines)),
            Some(why) => {
                self.blocked.get_or_insert(format!("line {line}: {why}"));
                self.lose(&lines, Loss::Incomplete);
            }
        }
    }

    /// Loses lines, as far as they are not lost already.
    fn lose(&mut self, lines: &[Numbered], why: Loss) {
        for (line, text) in lines {
            if !self.lost.iter().any(|lost| lost.line == *line) {
                self.lost.push(LostLine { line: *line, text: shown(text), why });
            }
        }
    }
}

impl Section {
    /// Takes a line of its body in; where a write loses it, or a part of it, says why.
    fn take(&mut self, line: &str) -> Result<(), Loss> {
        let is_body = line.starts_with(is_blank);
        let body = trim(line);
        if !is_body || body.is_empty() {
            return Err(Loss::Stray);
        }
        let (key, value) = match body.split_once(is_blank) {
            Some((key, value)) => (key, trim_start(value)),
            None => (body, "1"),
        };
        if self.properties.iter().any(|(known, _)| &**known == key) {
            return Err(Loss::Twice);
        }
        if &*self.id == LOCAL && key == "nodes" {
            return Err(Loss::Local);
        }
        let Some(known) = find_type(&self.kind) else {
            if !other_types::find(&self.kind).is_some_and(|known| known.has(key)) {
                return Err(Loss::Property);
            }
            self.properties.push((key.into(), value.into()));
            return Ok(());
        };
        let Some(property) = known.property(key) else { return Err(Loss::Property) };
        let error = known.canonical(key, value).err();
        let (kept, lost) = match error {
            None => (Some(value.to_owned()), false),
            // No spec says these, and Proxmox keeps them.
            Some(_) if is_mark(key) || property.kind == StorageKind::BaseVolume => {
                (Some(value.to_owned()), false)
            }
            // No change goes through while it is so.
            Some(StorageError::Content { .. }) if holds_nothing(known, value) => {
                (Some(value.to_owned()), false)
            }
            Some(StorageError::Content { .. }) => held(known, value),
            // It may be one of a newer version of Proxmox: it counts as it stands.
            Some(_) => (Some(value.to_owned()), true),
        };
        self.properties.extend(kept.map(|kept| (key.into(), kept.into())));
        if lost { Err(Loss::Value) } else { Ok(()) }
    }

    /// Returns whether it says another thing of the registration that every host has than Proxmox lets it be.
    fn is_another_local(&self) -> bool {
        let path = self.properties.iter().find(|(key, _)| &**key == "path").map(|(_, path)| path);
        let theirs = LOCAL_PROPERTIES.iter().find(|(key, _)| *key == "path").map(|(_, path)| *path);
        &*self.id == LOCAL && path.map(|path| canonical(&self.kind, "path", path)).as_deref() != theirs
    }

    /// Says what the section lacks, so that every change fails.
    fn lacks(&self) -> Option<String> {
        let Section { kind, id, properties, .. } = self;
        let get = |key: &str| properties.iter().find(|(name, _)| &**name == key).map(|(_, value)| &**value);
        if let Some(key) = required(kind).into_iter().find(|key| get(key).is_none()) {
            return Some(format!("the {kind} storage {id:?} has no {key:?}"));
        }
        let nothing = |known: &StorageType| get("content").filter(|content| holds_nothing(known, content));
        if let Some(content) = find_type(kind).and_then(nothing) {
            return Some(format!("the {kind} storage {id:?} cannot have the content {content:?}"));
        }
        let path = get("path").unwrap_or("/legal");
        let legal = |c: char| c.is_ascii_alphanumeric() || "-/_.@".contains(c);
        (&**kind == "dir" && !(path.starts_with('/') && path.chars().all(legal)))
            .then(|| format!("the storage {id:?} has the illegal path {path:?}"))
    }
}

/// Returns whether a list of contents that exist leaves none that its type holds, though it has to, or some beside
/// `none`.
fn holds_nothing(kind: &StorageType, value: &str) -> bool {
    let words = contents(value);
    let held = words.iter().any(|word| kind.contents.contains(word));
    let wrong = if kind.may_be_empty { held && words.contains(&"none") } else { !held };
    words.iter().all(exists) && wrong
}

/// Returns what counts of a list of contents that its type does not hold wholly, and whether something of
/// it goes at the next write.
fn held(kind: &StorageType, value: &str) -> (Option<String>, bool) {
    let words = contents(value);
    if words == ["none"] {
        return (Some(value.to_owned()), false);
    }
    if !words.iter().all(exists) {
        return (None, true);
    }
    let held: Vec<&str> = words.into_iter().filter(|word| kind.contents.contains(word)).collect();
    (Some(if held.is_empty() { "none".to_owned() } else { held.join(",") }), true)
}

fn contents(value: &str) -> Vec<&str> {
    value.split([',', ';', ' ', '\t']).filter(|word| !word.is_empty()).collect()
}

fn exists(word: &&str) -> bool {
    *word == "none" || types().iter().any(|kind| kind.contents.contains(word))
}

/// Returns a line as it may be shown and kept: without the value of what may be a secret. Proxmox keeps those
/// elsewhere, but somebody may have written one here.
fn shown(line: &str) -> Box<str> {
    let body = trim_start(line);
    let Some((key, _)) = body.split_once(is_blank) else { return line.into() };
    let lower = key.to_ascii_lowercase();
    let known = types().iter().filter_map(|kind| kind.property(&lower));
    let is_secret = known.into_iter().any(|property| property.kind == StorageKind::Secret)
        || ["pass", "secret", "key", "token"].iter().any(|word| lower.contains(word));
    if is_secret { format!("{key} (its value is not shown)").into() } else { line.into() }
}

fn required(kind: &str) -> Vec<&'static str> {
    match find_type(kind) {
        Some(known) => {
            known.properties().filter(|property| property.required).map(|property| property.name).collect()
        }
        None => other_types::find(kind).map_or_else(Vec::new, |known| known.required.to_vec()),
    }
}

/// Takes a section's head apart: a type, a colon, an id, nothing else.
fn head(line: &str) -> Option<(&str, &str)> {
    let line = trim_end(line);
    let (kind, id) = match line.split_once(is_blank) {
        Some((first, rest)) => (first.strip_suffix(':')?, trim_start(rest)),
        None => line.rsplit_once(':')?,
    };
    (!kind.is_empty() && !id.is_empty() && !id.contains(is_blank)).then_some((kind, id))
}

#[cfg(test)]
mod tests;
