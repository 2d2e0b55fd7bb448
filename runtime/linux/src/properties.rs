//! Makes datasets and pools of the tables of `zfs get` and `zpool get`.

use super::grid::{Cells, Row, Table};
use phoenix_graph::{DatasetName, PoolName, PropertyName};
use phoenix_host::{
    HostError,
    error::unreadable,
    observed::{DatasetState, Setting, Source},
};
use std::collections::{BTreeMap, HashMap};

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

/// What a row says of a property.
enum Said {
    /// It does not apply.
    Nothing,
    /// It is this.
    Is(Setting),
    /// Its value is no text.
    Unreadable(Source),
}

fn said(row: &Row<'_>) -> Said {
    let source = source(row.source);
    match std::str::from_utf8(row.value) {
        Ok("-") if source == Source::None => Said::Nothing,
        Ok(text) => Said::Is(Setting { raw: text.into(), source }),
        Err(_) => Said::Unreadable(source),
    }
}

/// Makes datasets of a table.
///
/// # Errors
/// A name that no dataset can have.
pub fn datasets(cells: &Cells) -> Result<BTreeMap<DatasetName, DatasetState>, HostError> {
    let mut found: BTreeMap<DatasetName, DatasetState> = BTreeMap::new();
    // Names of properties repeat for every dataset: each is looked up in the schema once.
    let mut known: HashMap<&str, PropertyName> = HashMap::new();
    let mut last: Option<(&str, DatasetName, DatasetState)> = None;
    for row in cells.rows() {
        let state = match &mut last {
            Some((name, _, state)) if *name == row.name => state,
            _ => {
                let name = DatasetName::seen(row.name).map_err(|error| {
                    unreadable(Table::Datasets.tool(), &format!("a dataset's name: {error}"), row.name)
                })?;
                if let Some((_, name, state)) = last.take() {
                    found.insert(name, state);
                }
                // What stands in more than one table is one dataset.
                let state = found.remove(&name).unwrap_or_default();
                &mut last.insert((row.name, name, state)).2
            }
        };
        match row.property {
            "type" => state.volume = row.value == b"volume",
            "mounted" => state.mounted = row.value == b"yes",
            property => {
                let mut name =
                    || known.entry(property).or_insert_with(|| PropertyName::new(property)).clone();
                match said(&row) {
                    Said::Nothing => {}
                    Said::Is(setting) => drop(state.settings.insert(name(), setting)),
                    Said::Unreadable(source) => drop(state.unreadable.insert(name(), source)),
                }
            }
        }
    }
    found.extend(last.map(|(_, name, state)| (name, state)));
    Ok(found)
}

/// A pool's properties.
pub type PoolSettings = BTreeMap<PropertyName, Setting>;

/// Makes pools of a table. Only root sets what they have: what is no text is replaced for the eye.
///
/// # Errors
/// A name that no pool can have.
pub fn pools(cells: &Cells) -> Result<BTreeMap<PoolName, PoolSettings>, HostError> {
    let mut found: BTreeMap<PoolName, PoolSettings> = BTreeMap::new();
    for row in cells.rows() {
        let name = PoolName::seen(row.name)
            .map_err(|error| unreadable(Table::Pools.tool(), &format!("a pool's name: {error}"), row.name))?;
        let settings = found.entry(name).or_default();
        let setting = match said(&row) {
            Said::Nothing => continue,
            Said::Is(setting) => setting,
            Said::Unreadable(source) => Setting { raw: String::from_utf8_lossy(row.value).into(), source },
        };
        settings.insert(PropertyName::new(row.property), setting);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(raw: &str, source: Source) -> Setting {
        Setting { raw: raw.into(), source }
    }

    #[test]
    fn sources_are_told_apart() {
        let cases = [
            ("local", Source::Local),
            ("default", Source::Default),
            ("received", Source::Received),
            ("temporary", Source::Temporary),
            ("inherited from tank/a b", Source::Inherited("tank/a b".into())),
            ("-", Source::None),
        ];
        for (text, wanted) in cases {
            assert_eq!(source(text), wanted);
        }
    }

    #[test]
    fn what_does_not_apply_is_nothing_and_what_is_no_text_is_there_and_unknown() {
        let row = |value, source| Row { name: "t", property: "p", value, source };
        assert!(matches!(said(&row(b"-", "-")), Said::Nothing));
        // A user may set a dash, and nothing at all.
        assert!(matches!(said(&row(b"-", "local")), Said::Is(is) if is == setting("-", Source::Local)));
        assert!(matches!(said(&row(b"", "local")), Said::Is(is) if is == setting("", Source::Local)));
        assert!(matches!(said(&row(b"a\xff", "received")), Said::Unreadable(Source::Received)));
    }
}
