//! What `PVE::JSONSchema` checks, as far as several of Proxmox's commands have it: property strings, and names.

use phoenix_host::text::perl::{is_blank, trim};
use std::collections::BTreeMap;

/// What is said of a property that nobody knows.
pub const UNKNOWN: &str =
    "property is not defined in schema and the schema does not allow additional properties";

/// The form of a property string: `VALUE,key=value`.
pub struct PropertyString<'f> {
    /// The key of a value that comes without one.
    pub default: Option<&'f str>,
    /// Keys that must not be missing.
    pub required: &'f [&'f str],
    /// Checks the value of a key, and returns it as Proxmox understands it.
    pub check: &'f dyn Fn(&str, &str) -> Result<String, String>,
}

impl PropertyString<'_> {
    /// Reads a property string (`parse_property_string`). `path` names it in what is said, where it has a name.
    ///
    /// # Errors
    /// What is wrong with it, in Proxmox's words, which end their lines.
    pub fn read(&self, path: &str, text: &str) -> Result<BTreeMap<String, String>, String> {
        let mut wrong = String::new();
        let mut wrong_with = |name: &str, why: &str| {
            let between = if path.is_empty() { "" } else { "." };
            wrong.push_str(&format!("{path}{between}{name}: {why}\n"));
        };
        let mut found = self.parts(text)?;
        for (name, value) in &mut found {
            match (self.check)(name, value) {
                Ok(meant) => *value = meant,
                Err(why) => wrong_with(name, &why),
            }
        }
        for name in self.required.iter().filter(|name| !found.contains_key(**name)) {
            wrong_with(name, "property is missing and it is not optional");
        }
        if wrong.is_empty() { Ok(found) } else { Err(format!("format error\n{wrong}")) }
    }

    fn parts(&self, text: &str) -> Result<BTreeMap<String, String>, String> {
        let mut found = BTreeMap::new();
        for part in text.split(',').filter(|part| !trim(part).is_empty()) {
            let (name, value) = match (part.split_once('='), self.default) {
                (Some((name, value)), _) if !name.is_empty() && !value.is_empty() => (name, value),
                (Some(_), _) => return Err("missing key in comma-separated list property\n".to_owned()),
                (None, Some(name)) => (name, part),
                (None, None) => {
                    let said = "value without key, but schema does not define a default key\n";
                    return Err(said.to_owned());
                }
            };
            if found.insert(name.to_owned(), value.to_owned()).is_some() {
                return Err(format!("duplicate key in comma-separated list property: {name}\n"));
            }
        }
        Ok(found)
    }
}

/// Reads what is on or off; returns `1` or `0`.
///
/// # Errors
/// That it is neither.
pub fn switch(word: &str) -> Result<String, String> {
    match &*word.to_ascii_lowercase() {
        "1" | "on" | "yes" | "true" => Ok("1".to_owned()),
        "0" | "off" | "no" | "false" => Ok("0".to_owned()),
        _ => Err(format!("type check ('boolean') failed - got '{word}'")),
    }
}

/// Checks the id of something in a configuration (`pve-configid`).
///
/// # Errors
/// That it is none; the line is ended.
pub fn config_id(id: &str) -> Result<(), String> {
    let rest = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if id.len() > 1 && id.starts_with(|c: char| c.is_ascii_alphabetic()) && id.chars().all(rest) {
        return Ok(());
    }
    Err(format!("invalid configuration ID '{id}'\n"))
}

/// Takes a list apart (`split_list`): commas, semicolons and blanks are between its words.
pub fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| ",;".contains(c) || is_blank(c)).filter(|word| !word.is_empty())
}
