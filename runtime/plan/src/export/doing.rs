//! What is done to what the NFS server exports, and what takes it back.

use crate::{Inverse, doing::Doing};
use phoenix_graph::export::ExportOptions;
use phoenix_host::{observed::Observed, op::Op};
use std::collections::BTreeMap;

/// The live entries of some paths: by path, clients as the table names them, and their options.
pub type Entries = BTreeMap<Box<str>, BTreeMap<Box<str>, ExportOptions>>;

/// Loads the exports anew; these are the entries of the paths that it changes, as they are before.
pub fn reload(before: Entries) -> Doing {
    Doing::new(Op::ExportsReload, Inverse::Exports { before })
}

/// Has what comes back with a reload go again before what is exported is moved back.
pub fn comes_back(path: Box<str>) -> Doing {
    Doing { ops: Vec::new(), before: vec![Inverse::Exports { before: [(path, BTreeMap::new())].into() }] }
}

/// Returns what takes it back.
pub fn back(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    let fresh = goes(inverse, seen).unwrap_or_default();
    fresh.into_iter().chain(comes(inverse, seen)).collect()
}

/// Returns what takes the entries out of the live table that were not there before, so that what is exported can be
/// unmounted.
pub fn goes(inverse: &Inverse, seen: &Observed) -> Option<Vec<Op>> {
    let Inverse::Exports { before } = inverse else { return None };
    let mut ops = Vec::new();
    for (path, entries) in before {
        let fresh = exported(seen, path).into_keys().filter(|client| !entries.contains_key(client));
        ops.extend(fresh.map(|client| Op::Unexport { path: path.clone(), client }));
    }
    Some(ops)
}

/// Returns what brings the entries back that were there before, once that is mounted again.
pub fn comes(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    let Inverse::Exports { before } = inverse else { return Vec::new() };
    let differs = before.iter().any(|(path, entries)| exported(seen, path) != *entries);
    if differs { vec![Op::ExportsReload] } else { Vec::new() }
}

/// Returns the live entries for a path: clients as the table names them, and their options.
pub fn exported(seen: &Observed, path: &str) -> BTreeMap<Box<str>, ExportOptions> {
    let entries =
        seen.exports.range((path.into(), "".into())..).take_while(|((other, _), _)| &**other == path);
    entries.map(|((_, client), options)| (client.clone(), options.clone())).collect()
}
