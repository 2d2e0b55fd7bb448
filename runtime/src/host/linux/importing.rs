//! Reads out of `zpool import` what keeps each pool from being imported by its name alone: its state, what
//! `status` and `action` say, and the devices of its intent log.

use crate::observed::ImportObstacle;
use phoenix_graph::PoolName;
use std::collections::BTreeMap;

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
}

/// Lists, by pool, what keeps it from being imported without more; those that nothing keeps are left out.
#[must_use]
pub fn obstacles(text: &str) -> BTreeMap<PoolName, Vec<ImportObstacle>> {
    let mut found: BTreeMap<PoolName, Vec<ImportObstacle>> = BTreeMap::new();
    let mut ids: BTreeMap<PoolName, Vec<Box<str>>> = BTreeMap::new();
    for listed in listed(text) {
        let Ok(name) = PoolName::new(listed.name) else { continue };
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
    if says(&["currently imported by another system", "must be exported from"]) {
        found.push(ImportObstacle::InUse);
    } else if listed.state != "ONLINE" && listed.state != "DEGRADED"
        || action.starts_with("The pool cannot be imported")
    {
        if says(&["readonly=on", "read-only mode"]) {
            found.push(ImportObstacle::ReadOnly);
        } else {
            let status = if status.is_empty() { action } else { status };
            found.push(ImportObstacle::Unavailable { status: status.into() });
        }
    } else if says(&["readonly=on", "read-only mode"]) {
        found.push(ImportObstacle::ReadOnly);
    }
    if status.contains("last accessed by another system") {
        found.push(ImportObstacle::OtherSystem);
    }
    if !listed.lost_logs.is_empty() {
        found.push(ImportObstacle::Log { devices: listed.lost_logs.clone() });
    }
    if found.is_empty() && says(&["'-f' flag", "'-F' flag", "'-m' flag", "hostid is not set"]) {
        found.push(ImportObstacle::Other { action: action.into() });
    }
    found
}

/// Cuts the text into its pools.
fn listed(text: &str) -> Vec<Listed<'_>> {
    let mut all: Vec<Listed<'_>> = Vec::new();
    let mut part = "";
    let mut logs = false;
    for line in text.lines() {
        // A field begins at most five blanks in; what goes on with one, and the tree, begins with a tab.
        let field = line.split_once(": ").or_else(|| line.strip_suffix(':').map(|name| (name, "")));
        match field.filter(|_| !line.starts_with('\t')).map(|(name, rest)| (name.trim(), rest.trim())) {
            Some(("pool", name)) => {
                all.push(Listed { name, ..Listed::default() });
                (part, logs) = ("", false);
                continue;
            }
            Some((name @ ("id" | "state" | "status" | "action" | "config" | "see" | "comment"), rest)) => {
                part = name;
                logs = false;
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
            "config" => logs = device(line, logs, &mut listed.lost_logs),
            _ => {}
        }
    }
    all
}

/// Reads a line of the tree; says whether what follows belongs to the intent log.
fn device(line: &str, logs: bool, lost: &mut Vec<Box<str>>) -> bool {
    let Some(row) = line.strip_prefix('\t') else { return logs };
    // The pool, and the groups `logs`, `cache`, … begin right after the tab; a topmost vdev two blanks in.
    if !row.starts_with(' ') {
        return row.trim_end() == "logs";
    }
    let topmost = row.starts_with("  ") && !row.starts_with("   ");
    let mut words = row.split_whitespace();
    if logs
        && topmost
        && let (Some(name), Some(state)) = (words.next(), words.next())
        && !matches!(state, "ONLINE" | "DEGRADED")
    {
        lost.push(name.into());
    }
    logs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LISTS: &str = include_str!("../../../tests/fixtures/zpool-import-obstacles.txt");

    fn of(name: &str) -> Vec<ImportObstacle> {
        obstacles(LISTS).remove(&PoolName::seen(name).unwrap()).unwrap_or_default()
    }

    #[test]
    fn what_keeps_a_pool_from_being_imported_is_read() {
        assert_eq!(of("whole"), []);
        assert_eq!(of("degraded"), []);
        assert_eq!(of("lostcache"), []);
        assert_eq!(of("lostlog"), [ImportObstacle::Log { devices: vec!["virtio-D2".into()] }]);
        assert_eq!(of("mirroredlog"), []);
        assert_eq!(of("elsewhere"), [ImportObstacle::OtherSystem]);
        assert_eq!(of("elsewhere-degraded"), [ImportObstacle::OtherSystem]);
        assert_eq!(of("active"), [ImportObstacle::InUse]);
        assert_eq!(of("newer"), [ImportObstacle::ReadOnly]);
        assert_eq!(
            of("gone"),
            [ImportObstacle::Unavailable { status: "One or more devices contains corrupted data.".into() }]
        );
        assert!(matches!(&of("faulted")[..], [ImportObstacle::Unavailable { .. }]));
        assert!(matches!(&of("nohostid")[..], [ImportObstacle::Other { .. }]));
        assert_eq!(of("twice"), [ImportObstacle::Several { ids: vec!["1".into(), "2".into()] }]);
        assert!(obstacles("no pools available to import\n").is_empty());
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in ".{0,400}") {
            let _ = obstacles(&text);
            let _ = obstacles(&format!("  pool: a\n state: ONLINE\nconfig:\n\n\ta ONLINE\n\tlogs\n{text}"));
        }
    }
}
