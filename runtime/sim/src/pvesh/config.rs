//! `directory.cfg`: read and written as Proxmox's `SectionConfig` does, with all that it loses.

use super::{NodeMap, Refused, Said};
use crate::{json_schema::config_id, section_config::property};
use phoenix_host::text::perl::{is_blank, trim_end, trim_start};
use std::collections::BTreeMap;

/// The file's path, as messages name it.
const PATH: &str = "/etc/pve/mapping/directory.cfg";

/// The most characters of a description.
pub(super) const LONGEST: usize = 4096;

/// The mappings, in the order that they are written in.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Config {
    /// By their ids. One that lacks its lines is kept in mind without anything, and then no write goes through.
    sections: Vec<(String, Option<Mapping>)>,
}

/// A mapping.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mapping {
    /// A line for each node, as it was given.
    pub(super) map: Vec<String>,
    pub(super) description: Option<String>,
}

/// Reads the mappings of a file, by their ids: the line of each node. What Proxmox passes over is passed over.
#[must_use]
pub fn node_maps(text: &str) -> BTreeMap<String, Vec<NodeMap>> {
    let lines =
        |mapping: Mapping| mapping.map.iter().filter_map(|line| NodeMap::read("", line).ok()).collect();
    let sections = Config::read(Some(text), &mut Said::default()).sections.into_iter();
    sections.filter_map(|(id, mapping)| Some((id, lines(mapping?)))).collect()
}

impl Config {
    /// Reads the file. What is lost by that is warned of.
    pub(super) fn read(text: Option<&str>, said: &mut Said) -> Config {
        let numbered = text.unwrap_or_default().split('\n').zip(1..);
        let mut lines = numbered.filter(|(line, _)| !trim_start(line).starts_with('#'));
        // To Perl, a line of a nought alone is none, too.
        let is_line = |line: &str| !matches!(line, "" | "0");
        let mut config = Config::default();
        while let Some((line, number)) = lines.next() {
            if !is_line(line) {
                continue;
            }
            let Some(id) = header(line) else {
                said.warn(format!("file {PATH} line {number} - ignore config line: {line}"));
                continue;
            };
            let body: Vec<(&str, usize)> = lines.by_ref().take_while(|(line, _)| is_line(line)).collect();
            match config_id(id) {
                Ok(()) => config.read_section(id, number, &body, said),
                Err(why) => {
                    let why = trim_end(&why);
                    said.warn(format!("file {PATH} line {number} (skip section '{id}'): {why}"));
                }
            }
        }
        config
    }

    fn read_section(&mut self, id: &str, at: usize, body: &[(&str, usize)], said: &mut Said) {
        let mut mapping = Mapping::default();
        let mut typed = false;
        for (line, number) in body {
            let place = format!("file {PATH} line {number} (section '{id}')");
            let Some((name, value)) = property(line) else {
                said.warn(format!("{place} - ignore config line: {line}"));
                continue;
            };
            let read = match (name, value) {
                ("description", _) if mapping.description.is_some() => Err("duplicate attribute".to_owned()),
                ("type", _) if typed => Err("duplicate attribute".to_owned()),
                ("map" | "description" | "type", "") => Err("got undefined value".to_owned()),
                ("map", value) => NodeMap::read("", value)
                    .map(|_| mapping.map.push(value.to_owned()))
                    .map_err(|why| format!("invalid format - {why}")),
                ("description", value) => {
                    check_description(value).map(|()| mapping.description = Some(value.to_owned()))
                }
                ("type", "dir") => {
                    typed = true;
                    Ok(())
                }
                ("type" | "id", _) => Err(format!("unexpected property '{name}'")),
                _ => Err("unknown property type".to_owned()),
            };
            if let Err(why) = read {
                said.warn(format!("{place} - unable to parse value of '{name}': {why}"));
            }
        }
        let whole = !mapping.map.is_empty();
        if !whole {
            let number = body.last().map_or(at, |(_, number)| *number);
            let why = "missing value for required option 'map'";
            said.warn(format!("file {PATH} line {number} (skip section '{id}'): {why}"));
        }
        // Of two sections with one id, the later one stays, in its place.
        self.sections.retain(|(other, _)| other != id);
        self.sections.push((id.to_owned(), whole.then_some(mapping)));
    }

    pub(super) fn get(&self, id: &str) -> Option<&Mapping> {
        self.sections.iter().find(|(other, _)| other == id)?.1.as_ref()
    }

    /// Puts a mapping at its place: the one that it had, or the last.
    pub(super) fn put(&mut self, id: &str, mapping: Mapping) {
        match self.sections.iter_mut().find(|(other, _)| other == id) {
            Some((_, place)) => *place = Some(mapping),
            None => self.sections.push((id.to_owned(), Some(mapping))),
        }
    }

    /// Takes a mapping away, where it is whole.
    pub(super) fn remove(&mut self, id: &str) {
        self.sections.retain(|(other, mapping)| other != id || mapping.is_none());
    }

    /// Writes the file's text.
    pub(super) fn write(&self) -> Result<String, Refused> {
        let section = |(id, mapping): &(String, Option<Mapping>)| {
            let mapping = mapping.as_ref().ok_or_else(|| Refused::because("unknown section type ''"))?;
            let mut text = format!("{id}\n");
            mapping.map.iter().for_each(|line| text.push_str(&format!("\tmap {line}\n")));
            if let Some(said) = mapping.description.as_ref().filter(|said| !said.is_empty()) {
                text.push_str(&format!("\tdescription {said}\n"));
            }
            Ok(text + "\n")
        };
        self.sections.iter().map(section).collect()
    }
}

/// Checks the length of a description.
pub(super) fn check_description(text: &str) -> Result<(), String> {
    match text.chars().count() > LONGEST {
        true => Err(format!("value may only be {LONGEST} characters long")),
        false => Ok(()),
    }
}

/// Takes a section's first line apart, which has its id alone.
fn header(line: &str) -> Option<&str> {
    let id = trim_end(line);
    (!id.is_empty() && !id.contains(is_blank)).then_some(id)
}
