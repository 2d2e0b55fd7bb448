//! Lists snapshots, with their holds and clones.
//!
//! One `zfs list` tells all but the holds; `zfs holds` is asked only for the snapshots that have some,
//! a thousand at a time, so that no command line becomes too long.

use crate::run::Runner;
use phoenix_graph::{DatasetName, SnapshotName};
use phoenix_host::{HostError, error::unreadable, observed::SnapshotState};
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
            held.push((state.name.clone(), holds));
        }
        found.insert(state.name.clone(), state);
    }
    for held in held.chunks(AT_ONCE) {
        tags(runner, held, &mut found)?;
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

/// Lists the whole names of the snapshots of these datasets, or of all below them as well; of a name that cannot be
/// read nothing is known.
pub fn whole_names(
    runner: &Runner,
    datasets: &[DatasetName],
    below: bool,
) -> Result<Vec<SnapshotName>, HostError> {
    let mut found = Vec::new();
    for datasets in datasets.chunks(AT_ONCE) {
        let mut argv = vec!["zfs", "list", "-H", "-t", "snapshot", "-o", "name", "-s", "name"];
        argv.extend(if below { &["-r", "--"][..] } else { &["-d", "1", "--"] });
        argv.extend(datasets.iter().map(DatasetName::as_str));
        for line in runner.look(&argv)?.lines() {
            let name = SnapshotName::seen(line)
                .map_err(|error| unreadable("zfs list", &format!("a snapshot's name: {error}"), line))?;
            found.push(name);
        }
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
        name: SnapshotName::seen(name).map_err(|error| bad(&format!("a snapshot's name: {error}")))?,
        guid: number(guid)?,
        created: number(created)?,
        used: number(used)?,
        written: number(written)?,
        holds: BTreeSet::new(),
        obscure: false,
        clones: clones
            .map(|clone| DatasetName::seen(clone).map_err(|error| bad(&format!("a clone's name: {error}"))))
            .collect::<Result<_, _>>()?,
    };
    Ok((state, number(holds)?))
}

type Held = (SnapshotName, u64);

/// Asks who holds these snapshots, each with the number of its holds. Where a tag has line ends in it, or
/// something changed meanwhile, the half that it is in is asked again, down to the one snapshot: its holds are
/// unknown, and all others are read.
fn tags(
    runner: &Runner,
    held: &[Held],
    found: &mut BTreeMap<SnapshotName, SnapshotState>,
) -> Result<(), HostError> {
    let names: Vec<String> = held.iter().map(|(name, _)| name.to_string()).collect();
    let mut argv = vec!["zfs", "holds", "-H", "--"];
    argv.extend(names.iter().map(String::as_str));
    let read = match runner.look_bytes(&argv) {
        Ok(text) => read_tags(&text, held),
        // One of them may be gone by now.
        Err(HostError::Command { .. }) => None,
        Err(error) => return Err(error),
    };
    match (read, held) {
        (Some(read), _) => {
            for (name, tag) in read {
                if let Some(state) = found.get_mut(name) {
                    state.holds.insert(tag);
                }
            }
        }
        (None, [(name, _)]) => {
            if let Some(state) = found.get_mut(name) {
                state.obscure = true;
            }
        }
        (None, _) => {
            let (first, second) = held.split_at(held.len() / 2);
            tags(runner, first, found)?;
            tags(runner, second, found)?;
        }
    }
    Ok(())
}

/// Reads `zfs holds -H`: for each snapshot in the order asked for, a line with name, tag and date for each of
/// its holds. Nothing where it is not exactly that: a tag with a line end in it makes a line more, whatever
/// that says.
fn read_tags<'h>(text: &[u8], held: &'h [Held]) -> Option<Vec<(&'h SnapshotName, Box<str>)>> {
    if text.is_empty() {
        return held.iter().all(|(_, holds)| *holds == 0).then(Vec::new);
    }
    let mut lines = text.strip_suffix(b"\n")?.split(|byte| *byte == b'\n');
    let mut found = Vec::new();
    for (name, holds) in held {
        let head = format!("{name}\t").into_bytes();
        for _ in 0..*holds {
            let rest = lines.next()?.strip_prefix(&head[..])?;
            // A tag may have tabs in it, a date has none.
            let tab = rest.iter().rposition(|byte| *byte == b'\t')?;
            found.push((name, String::from_utf8_lossy(&rest[..tab]).into()));
        }
    }
    lines.next().is_none().then_some(found)
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

    fn held(count: &[(&str, u64)]) -> Vec<Held> {
        count.iter().map(|(name, holds)| (SnapshotName::seen(name).unwrap(), *holds)).collect()
    }

    #[test]
    fn a_tag_may_have_blanks_and_tabs() {
        let text = b"q/a@x\tmy own tag\tSat Nov 21 10:59 2026\nq/a@x\ta\tb\tSat Nov 21 10:59 2026\n";
        let held = held(&[("q/a@x", 2)]);
        let tags: Vec<Box<str>> = read_tags(text, &held).unwrap().into_iter().map(|(_, tag)| tag).collect();
        assert_eq!(tags, ["my own tag".into(), Box::<str>::from("a\tb")]);
        assert!(read_tags(b"q/a@x\n", &held).is_none());
    }

    #[test]
    fn a_tag_that_forges_lines_is_seen_whatever_they_say() {
        let held = held(&[("q/a@x", 1), ("q/b@x", 1), ("q/c@x", 1)]);
        let date = "Sat Nov 21 10:59 2026";
        let print = |tags: [&str; 3]| {
            let lines = held.iter().zip(tags).map(|((name, _), tag)| format!("{name}\t{tag}\t{date}\n"));
            lines.collect::<String>()
        };
        assert!(read_tags(print(["a", "b", "c"]).as_bytes(), &held).is_some());
        let forged = format!("x\t{date}\nq/b@x\tphoenix\t{date}\nq/c@x\ty");
        for text in [print([&forged, "b", "c"]), print(["a", &forged, "c"]), print(["a\n", "b", "c"])] {
            assert!(read_tags(text.as_bytes(), &held).is_none(), "{text}");
        }
    }
}
