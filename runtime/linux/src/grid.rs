//! Reads the tables of `zfs get` and `zpool get` so that no value can pass for a row.
//!
//! These tools print a line end in a value as it is, and whoever may set a user property, or a mount point,
//! chooses the value. So the table is asked for in a frame: every row of the product (each dataset with each
//! property, in the order asked for), with properties first and last whose values are words and numbers. A
//! line end in a value makes the lines of that dataset too many for its one group, whatever they say; then
//! nothing of the output is believed. It is asked for again, with a fence before and after each cell: a user
//! property that nothing has, and whose random name nobody could know when he set a value. What lies between
//! two fences is one cell, exact to the byte.
//!
//! A column of sources alone has nothing in it that anybody chose, and needs neither.
//!
//! JSON would not do: OpenZFS has it from 2.3 on, and ends its output in the middle at the first byte that is
//! not UTF-8.

use super::run::Runner;
use phoenix_host::{HostError, error::unreadable};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

/// How often a fenced table is asked for again, where somebody who saw the fence's name among the arguments of
/// the running command was quick enough to set it.
const TRIES: usize = 5;

/// The longest list of properties in one argument, fences among them, in bytes; Linux takes 131,072.
const LONGEST: usize = 100_000;

/// The length of a fence's name.
const FENCE: usize = "phoenix:".len() + 32;

/// Which table is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// `zfs get`, of file systems and volumes.
    Datasets,
    /// `zpool get`.
    Pools,
}

impl Table {
    fn command(self) -> &'static [&'static str] {
        match self {
            Table::Datasets => &["zfs", "get", "-Hp", "-t", "filesystem,volume", "-o"],
            Table::Pools => &["zpool", "get", "-Hp", "-o"],
        }
    }

    /// What is said of an output that cannot be read.
    pub fn tool(self) -> &'static str {
        match self {
            Table::Datasets => "zfs get",
            Table::Pools => "zpool get",
        }
    }

    /// The properties that frame each group: nobody can set them, and they are words or numbers.
    fn frame(self) -> (&'static str, &'static str) {
        match self {
            Table::Datasets => ("type", "mounted"),
            Table::Pools => ("guid", "health"),
        }
    }

    /// How a user property is shown that nothing has.
    fn unset(self) -> &'static [u8] {
        match self {
            Table::Datasets => b"\t-\t-",
            Table::Pools => b"\t-\tdefault",
        }
    }
}

/// A property of a pool or dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// The pool or dataset.
    pub name: &'a str,
    /// The property.
    pub property: &'a str,
    /// The value, any bytes at all but zero.
    pub value: &'a [u8],
    /// The source as printed.
    pub source: &'a str,
}

/// A table that was read.
#[derive(Debug, Default)]
pub struct Cells {
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    text: Vec<u8>,
    properties: Vec<String>,
    cells: Vec<Cell>,
}

/// Where a row lies in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cell {
    name: Range<usize>,
    property: usize,
    value: Range<usize>,
    source: Range<usize>,
}

impl Cells {
    /// Lists the rows, those of one dataset together (where the properties fit in one command).
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.parts.iter().flat_map(|part| {
            // Names and sources were seen to be text when they were read.
            let text = |range: &Range<usize>| std::str::from_utf8(&part.text[range.clone()]).unwrap_or("");
            part.cells.iter().map(move |cell| Row {
                name: text(&cell.name),
                property: &part.properties[cell.property],
                value: &part.text[cell.value.clone()],
                source: text(&cell.source),
            })
        })
    }
}

/// Reads these properties, those of the frame among them, of these pools or datasets; of all where none is
/// named. One process, and where somebody has set a value of several lines, one more.
///
/// # Errors
/// Where the tool fails, says what cannot be read, or somebody changes what is read again and again.
pub fn get(
    runner: &Runner,
    table: Table,
    properties: &BTreeSet<&str>,
    names: &[&str],
) -> Result<Cells, HostError> {
    let mut found = Cells::default();
    for properties in lists(table, properties) {
        found.parts.push(part(runner, table, properties, names)?);
    }
    Ok(found)
}

/// Makes the lists to ask for: as a rule one.
fn lists(table: Table, properties: &BTreeSet<&str>) -> Vec<Vec<String>> {
    let (first, last) = table.frame();
    let inner = properties.iter().copied().filter(|name| *name != first && *name != last);
    let mut lists = vec![vec![first.to_owned()]];
    let mut length = 0;
    for name in inner {
        let more = name.len() + FENCE + 2;
        if length + more > LONGEST {
            lists.push(vec![first.to_owned()]);
            length = 0;
        }
        length += more;
        if let Some(list) = lists.last_mut() {
            list.push(name.to_owned());
        }
    }
    for list in &mut lists {
        list.push(last.to_owned());
    }
    lists
}

fn part(runner: &Runner, table: Table, properties: Vec<String>, names: &[&str]) -> Result<Part, HostError> {
    let ask = |list: &str| {
        let argv = table.command().iter().copied().chain(["name,property,value,source", list]);
        runner.look_bytes(&argv.chain(names.iter().copied()).collect::<Vec<_>>())
    };
    let mut text = ask(&properties.join(","))?;
    if let Some(cells) = framed(&text, &properties) {
        return Ok(Part { text, properties, cells });
    }
    for _ in 0..TRIES {
        let fence = fence()?;
        text = ask(&format!("{fence},{},{fence}", properties.join(&format!(",{fence},"))))?;
        if let Some(cells) = fenced(&text, &properties, &fence, table.unset()) {
            return Ok(Part { text, properties, cells });
        }
    }
    let reason = "somebody changes what is read, faster than it can be read; look again";
    Err(unreadable(table.tool(), reason, &String::from_utf8_lossy(&text)))
}

/// Makes the name of a property that nobody has set.
fn fence() -> Result<String, HostError> {
    let mut bytes = [0; 16];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())
        .map_err(|error| unreadable("getrandom(2)", &error.to_string(), ""))?;
    Ok(format!("phoenix:{:032x}", u128::from_ne_bytes(bytes)))
}

/// Splits an output without fences; nothing where any group has not exactly one line for each property.
fn framed(text: &[u8], properties: &[String]) -> Option<Vec<Cell>> {
    let mut cells = Vec::new();
    let mut names: BTreeSet<&[u8]> = BTreeSet::new();
    let mut start = 0;
    let mut group: Option<Range<usize>> = None;
    let mut property = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let at = start;
        start += line.len();
        let line = line.strip_suffix(b"\n")?;
        let name = match &group {
            Some(name) => name.clone(),
            None => {
                let end = line.iter().position(|byte| *byte == b'\t')?;
                // The lines of one dataset lie together: a second group of its name is a forged one, or it
                // is the rest of the real one.
                if end == 0 || !names.insert(&line[..end]) {
                    return None;
                }
                at..at + end
            }
        };
        cells.push(cell(text, at..at + line.len(), name.clone(), property, &properties[property])?);
        property = (property + 1) % properties.len();
        group = (property > 0).then_some(name);
    }
    group.is_none().then_some(cells)
}

/// Reads a cell with its head and its source: `NAME TAB PROPERTY TAB VALUE TAB SOURCE`.
fn cell(text: &[u8], range: Range<usize>, name: Range<usize>, at: usize, property: &str) -> Option<Cell> {
    let bytes = &text[range.clone()];
    let rest = bytes.strip_prefix(&text[name.clone()])?.strip_prefix(b"\t")?;
    let rest = rest.strip_prefix(property.as_bytes())?.strip_prefix(b"\t")?;
    // A value may have tabs in it, a source has none.
    let tab = rest.iter().rposition(|byte| *byte == b'\t')?;
    let source = std::str::from_utf8(&rest[tab + 1..]).ok()?;
    let words = ["local", "default", "-", "received", "temporary", "none"];
    std::str::from_utf8(&text[name.clone()]).ok()?;
    (words.contains(&source) || source.starts_with("inherited from ")).then(|| {
        let value = range.end - rest.len();
        Cell { name, property: at, value: value..value + tab, source: value + tab + 1..range.end }
    })
}

/// Splits an output with a fence before and after each cell; nothing where it is not exactly that.
fn fenced(text: &[u8], properties: &[String], fence: &str, unset: &[u8]) -> Option<Vec<Cell>> {
    let mut cells = Vec::new();
    let mut names: BTreeSet<&[u8]> = BTreeSet::new();
    let mut fences = 0;
    let mut at = 0;
    while at < text.len() {
        let end = at + text[at..].iter().position(|byte| *byte == b'\t')?;
        let name = at..end;
        if name.is_empty() || !names.insert(&text[name.clone()]) {
            return None;
        }
        let line = [&text[name.clone()], b"\t", fence.as_bytes(), unset, b"\n"].concat();
        if !text[at..].starts_with(&line) {
            return None;
        }
        at += line.len();
        fences += 1;
        let inner = [b"\n", &line[..]].concat();
        for (number, property) in properties.iter().enumerate() {
            let end = at + find(&text[at..], &inner)?;
            cells.push(cell(text, at..end, name.clone(), number, property)?);
            at = end + inner.len();
            fences += 1;
        }
    }
    // Each fence there is was counted: none of them stands in a value.
    (count(text, fence.as_bytes()) == fences).then_some(cells)
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|here| here == word)
}

fn count(text: &[u8], word: &[u8]) -> usize {
    text.windows(word.len()).filter(|here| *here == word).count()
}

/// Lists the properties that these datasets have, of all where none is named, each with its source: as
/// `zfs get all`, without the values.
///
/// # Errors
/// Where the tool fails, or a line has not three columns.
pub fn sources(
    runner: &Runner,
    table: Table,
    names: &[&str],
) -> Result<BTreeMap<String, Vec<(String, String)>>, HostError> {
    let argv = table.command().iter().copied().chain(["name,property,source", "all"]);
    let text = runner.look(&argv.chain(names.iter().copied()).collect::<Vec<_>>())?;
    let mut found: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.splitn(3, '\t');
        let (Some(name), Some(property), Some(source)) = (words.next(), words.next(), words.next()) else {
            return Err(unreadable(table.tool(), "a line has not three columns", line));
        };
        found.entry(name.to_owned()).or_default().push((property.to_owned(), source.to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
