//! sanoid: whether it is there, what others have it do, and the snapshots that it has taken.

use crate::{LinuxPaths, dataset::whole_names, look::Look};
use phoenix_graph::{DatasetName, SnapshotName};
use phoenix_host::{
    HostError,
    observed::{Observed, Sanoid, sanoid::taken},
};
use std::{collections::BTreeSet, fs, io};

/// Looks at it, where that is asked for. The datasets are seen already.
pub fn look(look: &Look<'_>, seen: &mut Observed) -> Result<(), HostError> {
    let query = look.query;
    if query.sanoid {
        let paths = &look.reach.paths;
        let installed = look.reach.runner.tool("sanoid").is_ok() && paths.sanoid_defaults.is_file();
        seen.sanoid = beside(paths, Sanoid { installed, ..Sanoid::default() });
    }
    let mut names: BTreeSet<SnapshotName> = BTreeSet::new();
    for below in [false, true] {
        let asked =
            query.taken.iter().filter(|(name, deep)| **deep == below && seen.datasets.contains_key(*name));
        let asked: Vec<DatasetName> = asked.map(|(name, _)| name.clone()).collect();
        if !asked.is_empty() {
            names.extend(whole_names(&look.reach.runner, &asked, below)?);
        }
    }
    let looked_at = seen.datasets.keys().filter(|name| query.asks_for_taken(name));
    seen.sanoid.taken = taken(looked_at, &names);
    Ok(())
}

/// Reads what others have it do; where that cannot be read, why.
fn beside(paths: &LinuxPaths, sanoid: Sanoid) -> Sanoid {
    match fs::read_to_string(paths.etc.join("sanoid/sanoid.conf")) {
        Ok(text) => sanoid.beside(&text),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            sanoid
        }
        Err(error) => Sanoid { unread: Some(error.to_string().into()), ..sanoid },
    }
}
