//! The configuration of a guest as Proxmox keeps it: read, and written in its own order, with all that is lost by that.

use crate::json_schema::list;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use phoenix_host::text::perl::{trim, trim_end};
use std::{collections::BTreeMap, fmt::Write, mem::take};

/// What differs between containers and machines.
#[derive(Debug)]
pub struct Rules {
    /// The name of the section of what waits.
    pub pending: &'static str,
    /// The sections that are neither that nor a snapshot.
    pub special: &'static [&'static str],
    /// Whether one of these is written, beside what is in force.
    pub stays: fn(&str, &Section) -> bool,
    /// Whether a section of a strange name is lost with its lines; else they are those of the section above.
    pub strange_ends: bool,
    /// How lines for another program begin, which keep their order.
    pub raw: Option<&'static str>,
    /// What a name may have besides small letters, and digits at its end.
    pub signs: &'static str,
    /// How a setting is understood, and under which name; nothing where it is lost.
    pub setting: fn(&str, &str) -> Option<(String, String)>,
    /// The volume that a setting has, which is kept as unused where the setting goes.
    pub volume: for<'v> fn(&str, &'v str) -> Option<&'v str>,
}

/// A configuration.
#[derive(Debug, Clone)]
pub struct Conf {
    rules: &'static Rules,
    /// What is in force.
    pub now: Section,
    /// What waits for the next start; what goes then is in `delete`.
    pub pending: Section,
    special: BTreeMap<&'static str, Section>,
    snapshots: BTreeMap<String, Section>,
}

/// A section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// By their names. The description, of any number of lines, is one of them.
    pub keys: BTreeMap<String, String>,
    /// Lines for another program, in their order.
    raw: Vec<(String, String)>,
}

impl Conf {
    /// Reads a file.
    pub fn read(text: &str, rules: &'static Rules) -> Self {
        let mut conf = Conf {
            rules,
            now: Section::default(),
            pending: Section::default(),
            special: BTreeMap::new(),
            snapshots: BTreeMap::new(),
        };
        let mut kind = Kind::Now;
        let mut lines: Vec<&str> = Vec::new();
        for line in text.split('\n').filter(|line| !trim(line).is_empty()) {
            match rules.header(line) {
                Some(next) => {
                    conf.section(&kind, &take(&mut lines));
                    kind = next;
                }
                None => lines.push(line),
            }
        }
        conf.section(&kind, &lines);
        conf
    }

    /// Reads a section. Of two of one name, the later one stays.
    fn section(&mut self, kind: &Kind<'_>, lines: &[&str]) {
        let section = Section::read(kind, lines, self.rules);
        match kind {
            Kind::Now => self.now = section,
            Kind::Pending => self.pending = section,
            Kind::Special(name) => _ = self.special.insert(name, section),
            Kind::Snapshot(name) => _ = self.snapshots.insert((*name).to_owned(), section),
            Kind::Strange => {}
        }
    }

    /// Lists what goes at the next start, each with whether its volume goes, too (`parse_pending_delete`).
    pub fn gone(&self) -> BTreeMap<String, bool> {
        let said = self.pending.keys.get("delete").map_or("", String::as_str);
        let word = |word: &str| {
            word.strip_prefix('!').map_or((word.to_owned(), false), |key| (key.to_owned(), true))
        };
        list(said).map(word).collect()
    }

    fn set_gone(&mut self, gone: &BTreeMap<String, bool>) {
        let word = |(key, force): (&String, &bool)| format!("{}{key}", if *force { "!" } else { "" });
        let said: Vec<String> = gone.iter().map(word).collect();
        match said.is_empty() {
            true => self.pending.keys.remove("delete"),
            false => self.pending.keys.insert("delete".to_owned(), said.join(",")),
        };
    }

    /// Has a setting go at the next start (`add_to_pending_delete`).
    pub fn goes(&mut self, key: &str) {
        let mut gone = self.gone();
        gone.insert(key.to_owned(), false);
        self.set_gone(&gone);
    }

    /// Has a setting stay (`remove_from_pending_delete`). Returns whether it was to go.
    pub fn stays(&mut self, key: &str) -> bool {
        let mut gone = self.gone();
        let was = gone.remove(key).is_some();
        if was {
            self.set_gone(&gone);
        }
        was
    }

    /// Takes out of what waits what is so already (`cleanup_pending`). Returns whether there was such.
    pub fn clean(&mut self) -> bool {
        let keys = &self.now.keys;
        let before = self.pending.keys.len();
        self.pending.keys.retain(|key, value| key == "delete" || keys.get(key) != Some(value));
        let mut changed = self.pending.keys.len() < before;
        let mut gone = self.gone();
        let before = gone.len();
        gone.retain(|key, _| self.now.keys.contains_key(key));
        changed |= gone.len() < before;
        self.set_gone(&gone);
        changed
    }

    /// Puts all that waits in force (`vmconfig_apply_pending`): first goes what goes.
    pub fn apply(&mut self) {
        for (key, with_volume) in self.gone() {
            match with_volume {
                true => _ = self.now.keys.remove(&key),
                false => self.put(&key, None),
            }
        }
        for (key, value) in take(&mut self.pending.keys) {
            if key != "delete" {
                self.put(&key, Some(value));
            }
        }
    }

    /// Puts a value in force, or takes it away. The volume of a storage that stood there is kept, as unused.
    pub fn put(&mut self, key: &str, value: Option<String>) {
        let keys = &mut self.now.keys;
        let before = match value.filter(|value| !value.is_empty()) {
            Some(value) => keys.insert(key.to_owned(), value),
            None => keys.remove(key),
        };
        let volume_of = self.rules.volume;
        let Some(volume) = before.as_deref().and_then(|before| volume_of(key, before)) else { return };
        let is_unused = |(key, value): (&String, &String)| key.starts_with("unused") && value == volume;
        if keys.get(key).and_then(|now| volume_of(key, now)) == Some(volume) || keys.iter().any(is_unused) {
            return;
        }
        let free = (0..256).map(|number| format!("unused{number}")).find(|key| !keys.contains_key(key));
        keys.extend(free.map(|key| (key, volume.to_owned())));
    }

    /// Writes the file.
    pub fn print(&self) -> String {
        let mut text = String::new();
        self.now.print(&mut text);
        let mut part = |name: &str, section: &Section| {
            let _ = write!(text, "\n[{name}]\n");
            section.print(&mut text);
        };
        if self.pending != Section::default() {
            part(self.rules.pending, &self.pending);
        }
        for name in self.rules.special {
            if let Some(section) = self.special.get(name).filter(|_| (self.rules.stays)(name, &self.now)) {
                part(&format!("special:{name}"), section);
            }
        }
        self.snapshots.iter().for_each(|(name, section)| part(name, section));
        text
    }
}

/// What a section is.
enum Kind<'t> {
    Now,
    Pending,
    Special(&'static str),
    Snapshot(&'t str),
    /// Nobody knows what it is.
    Strange,
}

impl Rules {
    fn header<'t>(&self, line: &'t str) -> Option<Kind<'t>> {
        let name = trim_end(line).strip_prefix('[')?.strip_suffix(']')?;
        let special = name
            .split_at_checked("special:".len())
            .filter(|(begin, _)| begin.eq_ignore_ascii_case("special:"))
            .map(|(_, name)| name);
        let rest = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        let is_plain =
            name.len() > 1 && name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(rest);
        if name.eq_ignore_ascii_case(self.pending) {
            Some(Kind::Pending)
        } else if let Some(name) =
            self.special.iter().find(|known| special.is_some_and(|name| name.eq_ignore_ascii_case(known)))
        {
            Some(Kind::Special(name))
        } else if is_plain {
            Some(Kind::Snapshot(name))
        } else {
            (self.strange_ends && !name.contains(']')).then_some(Kind::Strange)
        }
    }

    /// Takes a line apart that says a setting.
    fn pair<'t>(&self, line: &'t str) -> Option<(&'t str, &'t str)> {
        let (key, value) = line.split_once(':')?;
        let name = key.trim_end_matches(|c: char| c.is_ascii_digit());
        let named = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || self.signs.contains(c));
        let value = trim(value);
        (named && !value.is_empty()).then_some((key, value))
    }

    fn raw(&self, line: &str) -> Option<(String, String)> {
        let begin = self.raw?;
        let (key, value) = line.strip_prefix(begin)?.split_once([':', '='])?;
        Some((format!("{begin}{}", trim(key)), trim(value).to_owned()))
    }
}

impl Section {
    fn read(kind: &Kind<'_>, lines: &[&str], rules: &Rules) -> Self {
        let mut section = Section::default();
        let mut description: Option<String> = None;
        for line in lines {
            if let Some(said) = line.strip_prefix('#') {
                let _ = writeln!(description.get_or_insert_default(), "{}", decode(said));
            } else if let Some(raw) = rules.raw(line) {
                section.raw.push(raw);
            } else if let Some((key, value)) = rules.pair(line) {
                match (key, kind) {
                    ("description", _) => description.get_or_insert_default().push_str(&decode(value)),
                    ("delete", Kind::Pending) | (_, Kind::Special(_)) => {
                        section.keys.insert(key.to_owned(), value.to_owned());
                    }
                    ("delete", _) | ("snapstate", Kind::Now) => {}
                    ("snapstate", _) => _ = section.keys.insert(key.to_owned(), value.to_owned()),
                    _ => section.keys.extend((rules.setting)(key, value)),
                }
            }
        }
        let description = description.map(|text| trim_end(&text).to_owned());
        // One of nothing is one only where it waits.
        let description = description.filter(|text| !text.is_empty() || matches!(kind, Kind::Pending));
        section.keys.extend(description.map(|text| ("description".to_owned(), text)));
        section
    }

    fn print(&self, text: &mut String) {
        for line in self.keys.get("description").iter().flat_map(|said| said.split('\n')) {
            let _ = writeln!(text, "#{}", encode(line));
        }
        let keys = self.keys.iter().filter(|(key, _)| *key != "description");
        for (key, value) in keys.chain(self.raw.iter().map(|(key, value)| (key, value))) {
            let _ = writeln!(text, "{key}: {value}");
        }
    }
}

/// What Proxmox keeps as `%XX` in a description, besides what is no ASCII.
const SET: &AsciiSet = &CONTROLS.add(b'%').add(b':');

fn encode(line: &str) -> String {
    utf8_percent_encode(line, SET).to_string()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
