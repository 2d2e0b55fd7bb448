//! Reads out of `zpool import` what keeps each pool from being imported by its name alone: its state, what
//! `status` and `action` say, and the devices of its intent log.

use phoenix_graph::PoolName;
use phoenix_host::observed::ImportObstacle;
use std::collections::{BTreeMap, BTreeSet};

/// One pool as `zpool import` lists it.
#[derive(Debug, Default)]
struct Listed<'t> {
    name: &'t str,
    id: &'t str,
    state: &'t str,
    status: String,
    action: String,
    /// Devices of the intent log that are not there: the topmost, since a mirror does with one.
    lost_logs: Vec<Box<str>>,
    /// Whether a topmost vdev with data is not there.
    lost_data: bool,
    /// Whether OpenZFS 2.1 tells that a topmost vdev is missing, whichever it is: a log, too.
    lacks: bool,
}

/// Names the pools.
#[must_use]
pub fn importable(text: &str) -> BTreeSet<PoolName> {
    listed(text).iter().filter_map(|listed| PoolName::seen(listed.name).ok()).collect()
}

/// Lists, by pool, what keeps it from being imported without more; those that nothing keeps are left out.
#[must_use]
pub fn obstacles(text: &str) -> BTreeMap<PoolName, Vec<ImportObstacle>> {
    let mut found: BTreeMap<PoolName, Vec<ImportObstacle>> = BTreeMap::new();
    let mut ids: BTreeMap<PoolName, Vec<Box<str>>> = BTreeMap::new();
    for listed in listed(text) {
        let Ok(name) = PoolName::seen(listed.name) else { continue };
        ids.entry(name.clone()).or_default().push(listed.id.into());
        found.entry(name).or_default().extend(judge(&listed));
    }
    for (name, ids) in ids.into_iter().filter(|(_, ids)| ids.len() > 1) {
        found.insert(name, vec![ImportObstacle::Several { ids }]);
    }
    found.retain(|_, obstacles| !obstacles.is_empty());
    found
}

fn judge(listed: &Listed<'_>) -> Vec<ImportObstacle> {
    let mut found = Vec::new();
    let (status, action) = (listed.status.as_str(), listed.action.as_str());
    let says = |words: &[&str]| words.iter().any(|word| status.contains(word) || action.contains(word));
    let elsewhere = status.contains("last accessed by another system");
    if says(&["currently imported by another system", "must be exported from"]) {
        found.push(ImportObstacle::InUse);
    } else if says(&["hostid is not set", "zgenhostid"]) {
        found.push(ImportObstacle::Other { action: action.into() });
    } else if listed.lacks && !listed.lost_data && !listed.lost_logs.is_empty() {
        // All that keeps it is told below.
    } else if listed.state != "ONLINE" && listed.state != "DEGRADED"
        || action.starts_with("The pool cannot be imported")
    {
        if says(&["readonly=on", "read-only mode"]) {
            found.push(ImportObstacle::ReadOnly);
        } else {
            let status = if status.is_empty() || elsewhere { action } else { status };
            found.push(ImportObstacle::Unavailable { status: status.into() });
        }
    } else if says(&["readonly=on", "read-only mode"]) {
        found.push(ImportObstacle::ReadOnly);
    }
    if elsewhere {
        found.push(ImportObstacle::OtherSystem);
    }
    if !listed.lost_logs.is_empty() {
        found.push(ImportObstacle::Log { devices: listed.lost_logs.clone() });
    }
    if found.is_empty() && says(&["'-f' flag", "'-F' flag", "'-m' flag"]) {
        found.push(ImportObstacle::Other { action: action.into() });
    }
    found
}

/// Cuts the text into its pools.
fn listed(text: &str) -> Vec<Listed<'_>> {
    let mut all: Vec<Listed<'_>> = Vec::new();
    let mut part = "";
    let mut group = Group::Data;
    for line in text.lines() {
        // A field begins at most five blanks in; what goes on with one, and the tree, begins with a tab.
        let field = line.split_once(": ").or_else(|| line.strip_suffix(':').map(|name| (name, "")));
        match field.filter(|_| !line.starts_with('\t')).map(|(name, rest)| (name.trim(), rest.trim())) {
            Some(("pool", name)) => {
                all.push(Listed { name, ..Listed::default() });
                (part, group) = ("", Group::Data);
                continue;
            }
            Some((name @ ("id" | "state" | "status" | "action" | "config" | "see" | "comment"), rest)) => {
                part = name;
                group = Group::Data;
                if let Some(listed) = all.last_mut() {
                    match name {
                        "id" => listed.id = rest,
                        "state" => listed.state = rest,
                        "status" => rest.clone_into(&mut listed.status),
                        "action" => rest.clone_into(&mut listed.action),
                        _ => {}
                    }
                }
                continue;
            }
            _ => {}
        }
        let Some(listed) = all.last_mut() else { continue };
        let more = |text: &mut String| {
            if !line.trim().is_empty() {
                text.push(' ');
                text.push_str(line.trim());
            }
        };
        match part {
            "status" => more(&mut listed.status),
            "action" => more(&mut listed.action),
            "config" => group = device(line, group, listed),
            _ => {}
        }
    }
    all
}

/// What the rows of the tree belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Data,
    Logs,
    /// What a pool does without: caches and spares.
    Spared,
}

/// Reads a line of the tree; says what those that follow belong to.
fn device(line: &str, group: Group, listed: &mut Listed<'_>) -> Group {
    let Some(row) = line.strip_prefix('\t') else { return group };
    let mut words = row.split_whitespace();
    let (name, state) = (words.next().unwrap_or_default(), words.next());
    // The pool, and the groups `logs`, `cache`, … begin right after the tab; a topmost vdev two blanks in.
    if !row.starts_with(' ') {
        return match (name, state) {
            ("logs", None) => Group::Logs,
            ("cache" | "spares", None) => Group::Spared,
            ("special" | "dedup", None) => Group::Data,
            _ => {
                listed.lacks |= row.trim_end().ends_with("UNAVAIL  missing device");
                group
            }
        };
    }
    let topmost = row.starts_with("  ") && !row.starts_with("   ");
    if topmost && state.is_some_and(|state| !matches!(state, "ONLINE" | "DEGRADED")) {
        match group {
            Group::Logs => listed.lost_logs.push(name.into()),
            Group::Data => listed.lost_data = true,
            Group::Spared => {}
        }
    }
    group
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What `zpool import` printed for pools in every state, recorded by `tests/lab/fixtures/record-imports.sh`. Above
    /// each stands its name after `#####`; below it, after `#import rc`, what came of importing it by its name.
    const RECORDED: [&str; 2] = [
        include_str!("../../tests/fixtures/zpool-import-obstacles-2.1.txt"),
        include_str!("../../tests/fixtures/zpool-import-obstacles-2.3.txt"),
    ];
    const LISTS: [&str; 2] = [
        include_str!("../../tests/fixtures/zpool-import-2.1.txt"),
        include_str!("../../tests/fixtures/zpool-import.txt"),
    ];

    /// One pool: its name, what was printed, and whether it was imported by its name.
    fn sections(text: &str) -> impl Iterator<Item = (&str, &str, bool)> {
        text.split("##### ").skip(1).map(|section| {
            let (name, rest) = section.split_once("\n#rc 0\n").unwrap();
            let (text, came) = rest.split_once("#import rc ").unwrap();
            (name, text, came.starts_with('0'))
        })
    }

    fn of(recorded: &str, name: &str) -> Vec<ImportObstacle> {
        let (_, text, _) = sections(recorded).find(|(other, ..)| *other == name).unwrap();
        obstacles(text).remove(&PoolName::seen(name).unwrap()).unwrap_or_default()
    }

    #[test]
    fn a_pool_is_said_to_be_kept_where_openzfs_refuses_it_and_nowhere_else() {
        for recorded in RECORDED {
            assert!(sections(recorded).count() > 30);
            for (name, text, imported) in sections(recorded) {
                // While it is filled, `zpool import` tells nothing else; OpenZFS itself refuses it then.
                let untold =
                    name == "elsewherebusy" || !importable(text).contains(&PoolName::seen(name).unwrap());
                let kept = obstacles(text);
                assert_eq!(kept.is_empty(), imported || untold, "{name}: {kept:?}\n{text}");
            }
        }
    }

    #[test]
    fn what_keeps_a_pool_from_being_imported_is_read() {
        let unavailable = |status: &str| ImportObstacle::Unavailable { status: status.into() };
        let log = |device: &str| ImportObstacle::Log { devices: vec![device.into()] };
        for recorded in RECORDED {
            let of = |name: &str| of(recorded, name);
            assert_eq!(of("lostlog"), [log("/v/lostlog/c")]);
            assert_eq!(of("lostlogs"), [log("mirror-1")]);
            assert_eq!(of("elsewhere"), [ImportObstacle::OtherSystem]);
            assert_eq!(of("elsewheredegraded"), [ImportObstacle::OtherSystem]);
            assert_eq!(of("elsewherelog"), [ImportObstacle::OtherSystem, log("/v/elsewherelog/c")]);
            let damaged = "The pool cannot be imported due to damaged devices or data.";
            assert_eq!(of("elsewheregone"), [unavailable(damaged), ImportObstacle::OtherSystem]);
            assert!(matches!(
                &of("gonelog")[..],
                [ImportObstacle::Unavailable { .. }, ImportObstacle::Log { .. }]
            ));
            assert_eq!(of("gone"), [unavailable("One or more devices are missing from the system.")]);
            assert_eq!(of("faulted"), [unavailable("The pool metadata is corrupted.")]);
            let action = "Set a unique system hostid with the zgenhostid(8) command.".into();
            assert_eq!(of("nohostid"), [ImportObstacle::Other { action }]);
            assert_eq!(of("active"), [ImportObstacle::InUse]);
            assert!(matches!(&of("twice")[..], [ImportObstacle::Several { ids }] if ids.len() == 2));
        }

        // What only a newer version makes.
        assert_eq!(of(RECORDED[0], "newerread"), [ImportObstacle::ReadOnly]);
        assert!(obstacles("no pools available to import\n").is_empty());
    }

    #[test]
    fn importable_pools_are_named() {
        for list in LISTS {
            let names: Vec<String> = importable(list).into_iter().map(String::from).collect();
            assert_eq!(names, ["expool"]);
        }
        assert!(importable("no pools available to import\n").is_empty());
        // The path of a device is what the label of a disk says.
        let forged = "  pool: a\n state: ONLINE\nconfig:\n\n\ta  ONLINE\n\t  pool: tank  ONLINE\n";
        let names: Vec<String> = importable(forged).into_iter().map(String::from).collect();
        assert_eq!(names, ["a"]);
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in ".{0,400}") {
            let _ = (obstacles(&text), importable(&text));
            let _ = obstacles(&format!("  pool: a\n state: ONLINE\nconfig:\n\n\ta ONLINE\n\tlogs\n{text}"));
        }
    }
}
