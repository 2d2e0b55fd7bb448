//! `storage.cfg`: read and written as Proxmox's `SectionConfig` does, with all that it loses.

use phoenix_host::text::perl::{is_blank, trim_end, trim_start};
use std::collections::{BTreeMap, BTreeSet};

use super::schema::{self, Form, Lies, Type};
use super::values::{self, list};
use super::{Refused, Said};
use crate::section_config::property;

/// The file's path, as messages name it.
pub(super) const PATH: &str = "/etc/pve/storage.cfg";

/// The sections, in the order that they are written in.
#[derive(Debug, Default)]
pub(super) struct Config {
    pub(super) sections: Vec<Section>,
    /// Sections that lack something: kept in mind, and then no write goes through.
    broken: bool,
}

/// One storage.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub(super) kind: &'static Type,
    pub(super) id: String,
    pub(super) values: Values,
}

/// What is said of properties, by their names.
pub(super) type Texts = BTreeMap<&'static str, String>;

/// A section's properties. Sets are kept as sets: their order is lost at every write.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    pub(super) plain: Texts,
    pub(super) content: Option<BTreeSet<String>>,
    pub(super) nodes: Option<BTreeSet<String>>,
}

impl Values {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.plain.get(name).map(String::as_str)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        match name {
            "content" => self.content.is_some(),
            "nodes" => self.nodes.is_some(),
            name => self.plain.contains_key(name),
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        match name {
            "content" => self.content = None,
            "nodes" => self.nodes = None,
            name => {
                self.plain.remove(name);
            }
        }
    }

    /// Tells whether a boolean is set.
    pub(super) fn is(&self, name: &str) -> bool {
        self.get(name) == Some("1")
    }

    /// Reads what is said of a new storage: nothing that it must have is missing.
    pub(super) fn made(kind: &Type, id: &str, mut texts: Texts, said: &mut Said) -> Result<Values, String> {
        // Where it is mounted, unless somebody says so.
        if kind.is_mounted() {
            texts.entry("path").or_insert_with(|| format!("/mnt/pve/{id}"));
        }
        let mut values = Values::changed(kind, texts, said)?;
        if let Some(lacking) = kind.required().find(|name| !values.has(name)) {
            return Err(format!("missing value for required option '{lacking}'"));
        }
        if let (Lies::Folder | Lies::Subvolume, Some(path)) = (kind.lies, values.plain.get_mut("path")) {
            *path = values::folder_path(path)?;
        }
        Ok(values)
    }

    /// Reads what is said of a storage, each text checked by its form. An unsupported content type is dropped with a
    /// warning; it is an error only where nothing is left and the type may not stand without.
    pub(super) fn changed(kind: &Type, texts: Texts, said: &mut Said) -> Result<Values, String> {
        let mut values = Values::default();
        for (name, text) in texts {
            match name {
                "content" => values.content = Some(content(kind, &text, said)?),
                "nodes" => values.nodes = Some(list(&text).iter().map(|node| node.to_string()).collect()),
                "format" if !kind.formats.contains(&text.as_str()) => {
                    said.warn(format!("storage does not support format '{text}'"));
                }
                name => {
                    values.plain.insert(name, text);
                }
            }
        }
        Ok(values)
    }
}

fn content(kind: &Type, text: &str, said: &mut Said) -> Result<BTreeSet<String>, String> {
    let mut content = BTreeSet::new();
    for word in list(text) {
        if kind.content.contains(&word) {
            content.insert(word.to_string());
        } else {
            said.warn(format!("storage does not support content type '{word}'"));
        }
    }
    if content.contains("none") && content.len() > 1 {
        return Err("unable to combine 'none' with other content types".into());
    }
    if content.is_empty() && !kind.may_be_empty() {
        return Err("storage does not support content type 'none'".into());
    }
    Ok(content)
}

impl Config {
    /// Reads the file's text; what is not understood is told and left out.
    pub(super) fn read(text: Option<&str>, said: &mut Said) -> Config {
        let mut config = Config::default();
        // Comments are as if they were not there, so they end no section.
        let lines = text.unwrap_or_default().split('\n').zip(1..);
        let mut lines = lines.filter(|(l, _)| !trim_start(l).starts_with('#'));
        while let Some((line, number)) = lines.next() {
            if line.is_empty() {
                continue;
            }
            let Some((kind, id)) = header(line) else {
                said.warn(format!("file {PATH} line {number} - ignore config line: {line}"));
                continue;
            };
            let body: Vec<_> = lines.by_ref().take_while(|(l, _)| !l.is_empty()).collect();
            let skipped = match (values::id(id), schema::of(&kind)) {
                (Err(why), _) => why,
                (Ok(()), None) => format!("unsupported type '{kind}'"),
                (Ok(()), Some(kind)) => {
                    config.read_section(kind, id, number, &body, said);
                    continue;
                }
            };
            said.warn(format!("file {PATH} line {number} (skip section '{id}'): {skipped}"));
        }
        config.ensure_local();
        config
    }

    fn read_section(
        &mut self,
        kind: &'static Type,
        id: &str,
        at: usize,
        body: &[(&str, usize)],
        said: &mut Said,
    ) {
        let mut texts = Texts::new();
        for (line, number) in body {
            let place = format!("file {PATH} line {number} (section '{id}')");
            let Some((name, value)) = property(line) else {
                said.warn(format!("{place} - ignore config line: {}", trim_end(line)));
                continue;
            };
            let read = match (kind.property(name), schema::form(name)) {
                (Some(known), _) if texts.contains_key(known.name) => Err("duplicate attribute".into()),
                (Some(known), _) => {
                    let text = match (value, known.form) {
                        ("", Form::Boolean) => Ok("1".into()),
                        ("", _) => Err("got undefined value".into()),
                        (value, form) => values::check(form, value),
                    };
                    text.map(|text| _ = texts.insert(known.name, text))
                }
                (None, Some(_)) => Err(format!("unexpected property '{name}'")),
                (None, None) => Err("unknown property type".into()),
            };
            if let Err(why) = read {
                said.warn(format!("{place} - unable to parse value of '{name}': {why}"));
            }
        }
        let values = match Values::made(kind, id, texts, said) {
            Ok(values) => values,
            Err(why) => {
                self.broken = true;
                said.warn(format!("file {PATH} line {at} (skip section '{id}'): {why}"));
                return;
            }
        };
        // Of two sections with one id, the later one stays.
        self.sections.retain(|s| s.id != id);
        let id = id.to_string();
        self.sections.push(Section { kind, id, values });
    }

    /// Adds the storage that every node has, where the file does not say it, or says another.
    fn ensure_local(&mut self) {
        let is_theirs = |s: &Section| s.kind.name == "dir" && s.values.get("path") == Some("/var/lib/vz");
        if let Some(local) = self.get_mut("local").filter(|s| is_theirs(s)) {
            local.values.nodes = None;
            return;
        }
        self.sections.retain(|s| s.id != "local");
        let mut values = Values::default();
        values.plain.insert("path", "/var/lib/vz".into());
        values.plain.insert("prune-backups", "keep-all=1".into());
        if let Some(kind) = schema::of("dir") {
            let id = "local".to_string();
            self.sections.insert(0, Section { kind, id, values });
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&Section> {
        self.sections.iter().find(|s| s.id == id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Section> {
        self.sections.iter_mut().find(|s| s.id == id)
    }

    /// Writes the file's text; the order inside lists comes from `shuffle`.
    pub(super) fn write(&self, shuffle: &mut dyn FnMut(&mut Vec<String>)) -> Result<String, Refused> {
        if self.broken {
            return Err(Refused::because("unknown section type ''"));
        }
        Ok(self.sections.iter().map(|s| s.write(shuffle)).collect())
    }
}

impl Section {
    fn write(&self, shuffle: &mut dyn FnMut(&mut Vec<String>)) -> String {
        let mut lines: BTreeMap<(bool, &str), String> = BTreeMap::new();
        for (name, value) in &self.values.plain {
            if *name != "disable" {
                let optional = !self.kind.required().any(|required| required == *name);
                lines.insert((optional, name), value.clone());
            }
        }
        let mut set = |name, set: &Option<BTreeSet<String>>, empty: &str| {
            if let Some(set) = set {
                let mut words: Vec<_> = set.iter().cloned().collect();
                shuffle(&mut words);
                let text = if words.is_empty() { empty.into() } else { words.join(",") };
                lines.insert((true, name), text);
            }
        };
        set("content", &self.values.content, "none");
        set("nodes", &self.values.nodes, "");
        let mut text = format!("{}: {}\n", self.kind.name, self.id);
        if self.values.is("disable") {
            text.push_str("\tdisable\n");
        }
        for ((_, name), value) in lines {
            text.push_str(&format!("\t{name} {value}\n"));
        }
        text.push('\n');
        text
    }
}

/// Takes a section's first line apart: `type: id`.
fn header(line: &str) -> Option<(String, &str)> {
    let (kind, id) = trim_end(line).split_once(':')?;
    let id = trim_start(id);
    let plain = |w: &str| !w.is_empty() && !w.contains(is_blank);
    (plain(kind) && plain(id)).then(|| (kind.to_ascii_lowercase(), id))
}
