//! sanoid: whether it is there, what others have it do, and what it would take. It takes no snapshots: there is no clock.

use crate::{
    given::{Given, Roots},
    state::{Refusal, State, refuse},
};
use phoenix_graph::{DatasetName, SnapshotName};
use phoenix_host::{
    HostError,
    observed::{
        Observed, Query, Sanoid,
        sanoid::{OTHERS, taken},
    },
    op::Op,
    text::sanoid_conf::sections,
};
use std::path::Path;

/// Looks at it, where that is asked for.
pub fn look(state: &State, roots: &Roots, query: &Query, seen: &mut Observed) -> Result<(), HostError> {
    if query.sanoid {
        let text = state.read_text(roots, Path::new(OTHERS)).unwrap_or_default();
        seen.sanoid = Sanoid { installed: state.manager.sanoid, ..Sanoid::default() }.beside(&text);
    }
    let names: Vec<&DatasetName> = state
        .datasets
        .keys()
        .filter(|name| query.asks_for_taken(name) && state.dataset(name).is_some())
        .collect();
    let snapshots: Vec<SnapshotName> = names
        .iter()
        .filter_map(|name| state.dataset(name))
        .zip(&names)
        .flat_map(|(dataset, name)| {
            dataset.snapshots.keys().map(move |snapshot| format!("{name}@{snapshot}"))
        })
        .filter_map(|name| SnapshotName::seen(&name).ok())
        .collect();
    seen.sanoid.taken = taken(names, &snapshots);
    Ok(())
}

/// Counts the processes of a look.
pub fn processes(state: &State, query: &Query) -> u64 {
    let asked =
        |deep| query.taken.iter().any(|(name, below)| *below == deep && state.dataset(name).is_some());
    u64::from(asked(false)) + u64::from(asked(true))
}

/// Tries a configuration.
pub fn perform(state: &mut State, given: Given<'_>, op: &Op) -> Option<Result<(), HostError>> {
    let Op::SanoidCheck { folder } = op else { return None };
    Some(state.sanoid_check(given.roots, folder).map_err(|refusal| refusal.of(op)))
}

impl State {
    fn sanoid_check(&self, roots: &Roots, folder: &Path) -> Result<(), Refusal> {
        let file = folder.join("sanoid.conf");
        let fatal = |what: &str| refuse(255, format!("FATAL: cannot load {}{what}", file.display()));
        match self.read_text(roots, &file).map(|text| sections(&text)) {
            Some(Ok(read)) if !read.is_empty() => Ok(()),
            Some(Err(error)) => fatal(&format!(": {error}")),
            _ => fatal(" - please create a valid local config file before running sanoid!"),
        }
    }
}
