//! Reads `zfs get -Hp -o name,property,value,source` and its `zpool` sibling.

use crate::{
    host::HostError,
    observed::{DatasetState, Setting, Source},
};
use phoenix_graph::{DatasetName, PoolName, PropertyName};
use std::collections::{BTreeMap, HashMap};

/// The columns that the commands are asked for.
pub const COLUMNS: &str = "name,property,value,source";

/// One line: a property of a pool or dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// The pool or dataset.
    pub name: &'a str,
    /// The property.
    pub property: &'a str,
    /// The value.
    pub value: &'a str,
    /// The source as printed.
    pub source: &'a str,
}

/// Reads all lines of an output.
///
/// # Errors
/// The first line that has not four columns.
pub fn rows<'a>(tool: &str, text: &'a str) -> Result<Vec<Row<'a>>, HostError> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((line, after)) = next_line(rest) {
        if line.is_empty() {
            rest = after;
            continue;
        }
        // A user property's value may have line ends in it: its row goes on until a source ends it.
        let mut end = line.len();
        let row = loop {
            if let Some(row) = row(&rest[..end]) {
                break row;
            }
            let more = rest.get(end + 1..).and_then(next_line);
            let Some((more, _)) = more else {
                return Err(unreadable(tool, "a line has not four columns", line));
            };
            end += 1 + more.len();
        };
        found.push(row);
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    Ok(found)
}

/// Splits the first line off; nothing where no text is left.
fn next_line(text: &str) -> Option<(&str, &str)> {
    if text.is_empty() { None } else { Some(text.split_once('\n').unwrap_or((text, ""))) }
}

/// Reads one row. A user property's value may have tabs in it, so the source is what follows the last.
fn row(line: &str) -> Option<Row<'_>> {
    let (name, rest) = line.split_once('\t')?;
    let (property, rest) = rest.split_once('\t')?;
    let (value, source) = rest.rsplit_once('\t')?;
    let words = ["local", "default", "-", "received", "temporary", "none"];
    let known = words.contains(&source) || source.starts_with("inherited from ");
    known.then_some(Row { name, property, value, source })
}

/// Reads the source's column.
#[must_use]
pub fn source(text: &str) -> Source {
    match text {
        "local" => Source::Local,
        "default" => Source::Default,
        "received" => Source::Received,
        "temporary" => Source::Temporary,
        _ => match text.strip_prefix("inherited from ") {
            Some(from) => Source::Inherited(from.into()),
            None => Source::None,
        },
    }
}

/// Returns the setting of a line; nothing where the property does not apply.
#[must_use]
pub fn setting(row: &Row<'_>) -> Option<Setting> {
    (row.value != "-" || row.source != "-")
        .then(|| Setting { raw: row.value.into(), source: source(row.source) })
}

/// Reads the output of `zfs get` into datasets.
///
/// # Errors
/// A line that cannot be read, a name that is none.
pub fn datasets(text: &str) -> Result<BTreeMap<DatasetName, DatasetState>, HostError> {
    let mut found: BTreeMap<DatasetName, DatasetState> = BTreeMap::new();
    // Names of properties repeat for every dataset: each is looked up in the schema once.
    let mut known: HashMap<&str, PropertyName> = HashMap::new();
    let rows = rows("zfs get", text)?;
    for group in rows.chunk_by(|a, b| a.name == b.name) {
        let name = group[0].name;
        let name = DatasetName::new(name)
            .map_err(|error| unreadable("zfs get", &format!("a dataset's name: {error}"), name))?;
        let state = found.entry(name).or_insert_with(|| DatasetState {
            volume: false,
            mounted: false,
            settings: BTreeMap::new(),
        });
        for row in group {
            match row.property {
                "type" => state.volume = row.value == "volume",
                "mounted" => state.mounted = row.value == "yes",
                property => {
                    if let Some(setting) = setting(row) {
                        let name = known.entry(property).or_insert_with(|| PropertyName::new(property));
                        state.settings.insert(name.clone(), setting);
                    }
                }
            }
        }
    }
    Ok(found)
}

/// A pool's properties.
pub type PoolSettings = BTreeMap<PropertyName, Setting>;

/// Reads the output of `zpool get` into the properties of each pool.
///
/// # Errors
/// A line that cannot be read, a name that is none.
pub fn pools(text: &str) -> Result<BTreeMap<PoolName, PoolSettings>, HostError> {
    let mut found: BTreeMap<PoolName, PoolSettings> = BTreeMap::new();
    for row in rows("zpool get", text)? {
        let name = PoolName::new(row.name)
            .map_err(|error| unreadable("zpool get", &format!("a pool's name: {error}"), row.name))?;
        let settings = found.entry(name).or_default();
        if let Some(setting) = setting(&row) {
            settings.insert(PropertyName::new(row.property), setting);
        }
    }
    Ok(found)
}

/// Says that an output cannot be read.
#[must_use]
pub fn unreadable(tool: &str, reason: &str, text: &str) -> HostError {
    HostError::Unreadable {
        tool: tool.to_owned(),
        reason: reason.to_owned(),
        text: text.chars().take(200).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GET: &str = include_str!("../../../tests/fixtures/zfs-get-all.txt");
    const POOL: &str = include_str!("../../../tests/fixtures/zpool-get-Hp-all-columns.txt");

    fn name(text: &str) -> DatasetName {
        DatasetName::new(text).unwrap()
    }

    #[test]
    fn recorded_datasets_are_read_with_values_and_sources() {
        let found = datasets(GET).unwrap();
        let photos = &found[&name("big/media/photos")];
        assert!(!photos.volume && !photos.mounted);
        assert_eq!(photos.local("mountpoint"), Some("/srv/photos"));
        assert_eq!(photos.value("recordsize"), Some("1048576"));
        assert_eq!(photos.settings["recordsize"].source, Source::Inherited("big/media".into()));
        assert_eq!((photos.value("phoenix:owner"), photos.local("phoenix:owner")), (Some("phoenix"), None));
        assert_eq!(photos.settings["quota"], Setting { raw: "0".into(), source: Source::Default });
        let volume = &found[&name("big/vol")];
        assert!(volume.volume);
        assert_eq!(volume.local("volsize"), Some("16777216"));
        assert_eq!(volume.value("mountpoint"), None);
        assert_eq!(found[&name("big/notes")].local("phoenix:note"), Some("two\twords, a tab"));
        assert!(found.contains_key(&name("big/with space")));
    }

    #[test]
    fn a_value_of_several_lines_is_one_value() {
        let text = "t\tsite:note\tone\ntwo\tand\n\nthree\tlocal\nt\tquota\t0\tdefault\n";
        let found = rows("zfs get", text).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].value, "one\ntwo\tand\n\nthree");
        assert_eq!(found[1].property, "quota");
        assert!(rows("zfs get", "t\tquota\t0\tdefault\nt\tquota\t0\n").is_err());
    }

    #[test]
    fn recorded_pool_properties_are_read() {
        let found = pools(POOL).unwrap();
        let big = &found[&PoolName::new("big").unwrap()];
        assert_eq!(&*big["guid"].raw, "11582862809102569819");
        assert_eq!(big["autotrim"], Setting { raw: "on".into(), source: Source::Local });
        assert_eq!(&*big["ashift"].raw, "0");
    }

    proptest! {
        #[test]
        fn no_output_makes_the_readers_panic(text in "([a-z/@-]{0,6}[\t\n ]){0,40}") {
            let _ = datasets(&text);
            let _ = pools(&text);
        }
    }
}
