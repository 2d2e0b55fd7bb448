//! Makes datasets of the table of `zfs get`.

use crate::{
    grid::{Cells, Table},
    properties::{Said, has, said},
};
use phoenix_graph::{DatasetName, PropertyName, Target};
use phoenix_host::{
    HostError,
    error::unreadable,
    observed::{ALWAYS, DatasetState, Query},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Returns the properties to ask for. One that this version of OpenZFS does not have would end the
/// whole command, so it is left out; then no dataset has it.
pub fn asked(query: &Query, version: Option<(u32, u32)>) -> BTreeSet<&str> {
    let has = |name: &&str| has(&[Target::Filesystem, Target::Volume], name, version);
    let asked = query.properties.iter().map(PropertyName::as_str).filter(has);
    ALWAYS.into_iter().chain(asked).collect()
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
