//! Lists snapshots, with their holds and clones.
//!
//! One `zfs list` tells all but the holds; `zfs holds` is asked only for the snapshots that have some,
//! a thousand at a time, so that no command line becomes too long.

use super::{properties::unreadable, run::Runner};
use crate::{host::HostError, observed::SnapshotState};
use phoenix_graph::{DatasetName, SnapshotName};
use std::collections::{BTreeMap, BTreeSet};

const COLUMNS: &str = "name,guid,creation,used,written,userrefs,clones";
const AT_ONCE: usize = 1000;

/// Lists the snapshots of these datasets and of all below them; of all pools where none is named.
pub fn snapshots(runner: &Runner, datasets: &[DatasetName]) -> Result<Vec<SnapshotState>, HostError> {
    let mut argv = vec!["zfs", "list", "-Hp", "-t", "snapshot", "-o", COLUMNS];
    if !datasets.is_empty() {
        argv.extend(["-r", "--"]);
        argv.extend(datasets.iter().map(DatasetName::as_str));
    }
    let text = runner.look(&argv)?;
    let mut found: BTreeMap<SnapshotName, SnapshotState> = BTreeMap::new();
    let mut held = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (state, holds) = snapshot(line)?;
        if holds > 0 {
            held.push(state.name.to_string());
        }
        found.insert(state.name.clone(), state);
    }
    for names in held.chunks(AT_ONCE) {
        let mut argv = vec!["zfs", "holds", "-H", "--"];
        argv.extend(names.iter().map(String::as_str));
        for line in runner.look(&argv)?.lines() {
            let (name, tag) = hold(line)?;
            if let Some(state) = found.get_mut(&name) {
                state.holds.insert(tag);
            }
        }
    }
    Ok(found.into_values().collect())
}

/// Tells the GUIDs of those snapshots that are there.
pub fn guids(runner: &Runner, names: &[SnapshotName]) -> Result<BTreeMap<SnapshotName, u64>, HostError> {
    let mut found = BTreeMap::new();
    let names: Vec<String> = names.iter().map(SnapshotName::to_string).collect();
    for names in names.chunks(AT_ONCE) {
        let mut argv = vec!["zfs", "get", "-Hp", "-o", "name,value", "guid"];
        argv.extend(names.iter().map(String::as_str));
        for line in runner.look_partly(&argv, 1)?.lines() {
            let bad = || unreadable("zfs get", "a snapshot's name and GUID", line);
            let (name, guid) = line.split_once('\t').ok_or_else(bad)?;
            let name = SnapshotName::new(name).map_err(|_| bad())?;
            found.insert(name, guid.parse().map_err(|_| bad())?);
        }
    }
    Ok(found)
}

/// Lists the names, after the `@`, of the snapshots of these datasets alone.
pub fn names(runner: &Runner, datasets: &[DatasetName]) -> Result<BTreeSet<Box<str>>, HostError> {
    let mut found = BTreeSet::new();
    for datasets in datasets.chunks(AT_ONCE) {
        // Names alone, in order of names, are read without looking into any snapshot.
        let mut argv =
            vec!["zfs", "list", "-H", "-t", "snapshot", "-d", "1", "-o", "name", "-s", "name", "--"];
        argv.extend(datasets.iter().map(DatasetName::as_str));
        let text = runner.look(&argv)?;
        found.extend(text.lines().filter_map(|line| Some(line.split_once('@')?.1.into())));
    }
    Ok(found)
}

/// Reads a line: the snapshot, and how many holds it has.
fn snapshot(line: &str) -> Result<(SnapshotState, u64), HostError> {
    let bad = |what: &str| unreadable("zfs list", what, line);
    let words: Vec<&str> = line.split('\t').collect();
    let [name, guid, created, used, written, holds, clones] = words[..] else {
        return Err(bad("a snapshot's line has not seven columns"));
    };
    let number = |text: &str| match text {
        // A value that this snapshot does not have.
        "-" => Ok(0),
        text => text.parse::<u64>().map_err(|_| bad("a number")),
    };
    let clones = clones.split(',').filter(|clone| !clone.is_empty() && *clone != "-");
    let state = SnapshotState {
        name: SnapshotName::new(name).map_err(|error| bad(&format!("a snapshot's name: {error}")))?,
        guid: number(guid)?,
        created: number(created)?,
        used: number(used)?,
        written: number(written)?,
        holds: BTreeSet::new(),
        clones: clones
            .map(|clone| DatasetName::new(clone).map_err(|error| bad(&format!("a clone's name: {error}"))))
            .collect::<Result<_, _>>()?,
    };
    Ok((state, number(holds)?))
}

/// Reads a line of `zfs holds -H`: the name, the tag and a date. A tag may have blanks in it, no tab.
fn hold(line: &str) -> Result<(SnapshotName, Box<str>), HostError> {
    let bad = |what: &str| unreadable("zfs holds", what, line);
    let mut words = line.split('\t');
    let (Some(name), Some(tag)) = (words.next(), words.next()) else {
        return Err(bad("a line has not three columns"));
    };
    let name = SnapshotName::new(name).map_err(|error| bad(&format!("a snapshot's name: {error}")))?;
    Ok((name, tag.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_numbers_and_the_clones() {
        let line = "q/a@user\t9261508855125208366\t1795258767\t0\t2125824\t1\tq/cl,q/other";
        let (state, holds) = snapshot(line).unwrap();
        assert_eq!(
            (state.guid, state.created, state.written, holds),
            (9_261_508_855_125_208_366, 1_795_258_767, 2_125_824, 1)
        );
        let clones: Vec<&str> = state.clones.iter().map(DatasetName::as_str).collect();
        assert_eq!(clones, ["q/cl", "q/other"]);
        assert!(snapshot("q/a@x\t1\t2\t3\t4\t0\t-").unwrap().0.clones.is_empty());
        assert!(snapshot("q/a\t1\t2\t3\t4\t0\t-").is_err(), "a dataset is no snapshot");
        assert!(snapshot("q/a@x\t1\t2").is_err());
    }

    #[test]
    fn a_tag_may_have_blanks() {
        let (name, tag) = hold("q/a@x\tmy own tag\tSat Nov 21 10:59 2026").unwrap();
        assert_eq!((name.to_string().as_str(), &*tag), ("q/a@x", "my own tag"));
        assert!(hold("q/a@x").is_err());
    }
}
