//! Snapshots as a table, those of each dataset together, the oldest first.

use super::{Paint, date, line};
use phoenix_graph::{Bytes, DatasetName};
use phoenix_host::{
    observed::SnapshotState,
    snapshots::{Maker, maker},
};
use std::{collections::BTreeMap, fmt::Write};

/// Lists snapshots.
#[must_use]
pub fn table(found: &[SnapshotState], now: u64, paint: Paint) -> String {
    if found.is_empty() {
        return "There are no snapshots.\n".to_owned();
    }
    let mut by: BTreeMap<&DatasetName, Vec<&SnapshotState>> = BTreeMap::new();
    for state in found {
        by.entry(state.name.dataset()).or_default().push(state);
    }
    let mut text = String::new();
    for (dataset, mut states) in by {
        states.sort_by(|a, b| (a.created, a.name.name()).cmp(&(b.created, b.name.name())));
        // Writing to a string does not fail, here and below.
        let _ = writeln!(text, "{}", paint.strong(&line(dataset)));
        let rows: Vec<[String; 5]> = states.iter().map(|state| row(state, now)).collect();
        let wide = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
        let wide = [0, 1, 2, 3].map(wide);
        for (row, state) in rows.iter().zip(&states) {
            let [name, by, age, used, written] = row;
            let _ = write!(
                text,
                "  {name:a$}  {by:b$}  {age:c$}  {used:>d$} alone, {written} written",
                a = wide[0],
                b = wide[1],
                c = wide[2],
                d = wide[3]
            );
            let kept = kept(state);
            text.push_str(&if kept.is_empty() { "\n".to_owned() } else { format!("; {kept}\n") });
        }
    }
    text
}

fn row(state: &SnapshotState, now: u64) -> [String; 5] {
    [
        format!("@{}", line(&state.name.name())),
        by(state.name.name()),
        // A simulated host has no clock.
        if state.created == 0 { "at no known time".to_owned() } else { date::ago(state.created, now) },
        Bytes(state.used).to_string(),
        Bytes(state.written).to_string(),
    ]
}

/// Says who took it.
fn by(name: &str) -> String {
    match maker(name) {
        Maker::Phoenix(number) => format!("phoenix, before {number}"),
        Maker::Clock(kind) => format!("sanoid, {}", line(&kind)),
        Maker::Replication(program) => program.to_owned(),
        Maker::Proxmox => "Proxmox, replication".to_owned(),
        Maker::Backup => "vzdump".to_owned(),
        Maker::Others => "others".to_owned(),
    }
}

/// Says what keeps it from being destroyed.
fn kept(state: &SnapshotState) -> String {
    let held: Vec<String> = state.holds.iter().map(line).collect();
    let clones: Vec<String> = state.clones.iter().map(line).collect();
    let mut said = Vec::new();
    match held.is_empty() {
        _ if state.obscure => said.push("held by tags that cannot be read".to_owned()),
        false => said.push(format!("held by {}", held.join(", "))),
        true => {}
    }
    if !clones.is_empty() {
        said.push(format!("cloned to {}", clones.join(", ")));
    }
    said.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use phoenix_graph::SnapshotName;

    fn state(name: &str, created: u64) -> SnapshotState {
        SnapshotState {
            name: SnapshotName::seen(name).unwrap(),
            guid: 1,
            created,
            used: 4096,
            written: 1 << 30,
            holds: ["phoenix".into()].into_iter().filter(|_| name.contains("phoenix")).collect(),
            obscure: false,
            clones: Default::default(),
        }
    }

    #[test]
    fn each_dataset_has_its_snapshots_with_who_took_them_and_what_keeps_them() {
        let found = [
            state("tank/b@mine", 7200),
            state("tank/a@phoenix-3", 7200),
            state("tank/a@autosnap_1970-01-01_01:00:00_hourly", 3600),
        ];
        let text = table(&found, 10_800, Paint(false));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "tank/a");
        assert!(lines[1].contains("sanoid, hourly") && lines[1].contains("2 hours ago"), "{text}");
        assert!(lines[2].contains("phoenix, before 3") && lines[2].ends_with("; held by phoenix"), "{text}");
        assert_eq!(lines[3], "tank/b");
        assert!(lines[4].contains("others") && lines[4].ends_with("4K alone, 1G written"), "{text}");
        assert_eq!(table(&[], 0, Paint(false)), "There are no snapshots.\n");
    }
}
