//! The configuration of a container as Proxmox keeps it: read, and written in its own order.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// A configuration.
#[derive(Debug, Default)]
pub struct Conf {
    /// The description, a line for each, as it is meant.
    description: Vec<String>,
    /// What is in force.
    pub keys: BTreeMap<String, String>,
    /// Lines for LXC itself, in their order.
    raw: Vec<(String, String)>,
    /// What waits for the next start; what goes then is in `delete`.
    pub pending: BTreeMap<String, String>,
    /// The snapshots, as they are written.
    snapshots: String,
}

impl Conf {
    pub fn read(text: &str) -> Self {
        let mut conf = Conf::default();
        let mut section: Option<String> = None;
        for line in text.lines().map(str::trim_end) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = Some(name.to_ascii_lowercase());
            }
            match section.as_deref() {
                None => conf.line(line),
                Some("pve:pending") => conf.pending.extend(pair(line)),
                Some(_) if line.is_empty() => {}
                Some(_) => {
                    let before = if line.starts_with('[') { "\n" } else { "" };
                    let _ = writeln!(conf.snapshots, "{before}{line}");
                }
            }
        }
        conf
    }

    fn line(&mut self, line: &str) {
        if let Some(said) = line.strip_prefix('#') {
            self.description.push(decode(said));
        } else if let Some((key, value)) = raw(line) {
            self.raw.push((key, value));
        } else {
            self.keys.extend(pair(line));
        }
    }

    /// Lists what goes at the next start.
    pub fn goes(&self) -> BTreeSet<String> {
        let said = self.pending.get("delete").map_or("", String::as_str).split([',', ' ', ';']);
        said.map(|key| key.trim_start_matches('!').to_owned()).filter(|key| !key.is_empty()).collect()
    }

    pub fn set_gone(&mut self, gone: &BTreeSet<String>) {
        if gone.is_empty() {
            self.pending.remove("delete");
        } else {
            let gone = gone.iter().map(String::as_str).collect::<Vec<_>>().join(",");
            self.pending.insert("delete".to_owned(), gone);
        }
    }

    /// Takes out of what waits what is so already.
    pub fn clean(&mut self, gone: &mut BTreeSet<String>) {
        let keys = &self.keys;
        self.pending.retain(|key, value| keys.get(key) != Some(value));
        gone.retain(|key| keys.contains_key(key));
    }

    /// Puts a value in force, or takes it away. The volume of a storage that stood there is kept, as unused.
    pub fn put(&mut self, key: &str, value: Option<String>) {
        let before = match value {
            Some(value) => self.keys.insert(key.to_owned(), value),
            None => self.keys.remove(key),
        };
        let volume = before.as_deref().and_then(|before| before.split(',').next());
        let Some(volume) = volume.filter(|volume| volume.contains(':') && !volume.starts_with('/')) else {
            return;
        };
        if self.keys.get(key).is_some_and(|now| now.split(',').next() == Some(volume)) {
            return;
        }
        let free = (0..256).map(|number| format!("unused{number}")).find(|key| !self.keys.contains_key(key));
        self.keys.extend(free.map(|key| (key, volume.to_owned())));
    }

    pub fn print(&self) -> String {
        let mut text = String::new();
        for line in &self.description {
            let _ = writeln!(text, "#{}", encode(line));
        }
        let raw = self.raw.iter().map(|(key, value)| (key, value));
        for (key, value) in self.keys.iter().chain(raw) {
            let _ = writeln!(text, "{key}: {value}");
        }
        if !self.pending.is_empty() {
            text.push_str("\n[pve:pending]\n");
            for (key, value) in &self.pending {
                let _ = writeln!(text, "{key}: {value}");
            }
        }
        text + &self.snapshots
    }
}

fn pair(line: &str) -> Option<(String, String)> {
    let (key, value) = line.split_once(':')?;
    let named = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let value = value.trim();
    (named && !value.is_empty()).then(|| (key.to_owned(), value.to_owned()))
}

fn raw(line: &str) -> Option<(String, String)> {
    let (key, value) = line.strip_prefix("lxc.")?.split_once([':', '='])?;
    Some((format!("lxc.{}", key.trim()), value.trim().to_owned()))
}

/// What Proxmox keeps as `%XX` in a description, besides what is no ASCII.
const SET: &AsciiSet = &CONTROLS.add(b'%').add(b':');

fn encode(line: &str) -> String {
    utf8_percent_encode(line, SET).to_string()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
