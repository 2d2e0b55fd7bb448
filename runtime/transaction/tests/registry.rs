//! What Proxmox has is what a spec says of it: registrations of every type, said just as they were read, and whole
//! configurations of guests over a write.

use phoenix_graph::{
    Lifecycle, Resource, Storage,
    storage::{STANDALONE, StorageKind, StorageProperty, StorageType, find_type},
};
use phoenix_host::{
    observed::{StorageState, Storages},
    text::{container_conf::container, machine_conf::machine, package_version::PackageVersion, storage_cfg},
};
use phoenix_sim::{pct, qm};
use phoenix_support::*;
use proptest::{collection::vec, prelude::*, sample::select};
use std::fmt::Write;

/// Values of a property, as Proxmox writes them.
fn values(kind: &StorageType, property: &StorageProperty) -> Vec<String> {
    let words: &[&str] = match property.kind {
        StorageKind::Secret | StorageKind::BaseVolume => &[],
        StorageKind::Content => {
            return vec![kind.contents[0].into(), kind.contents.join(",")];
        }
        StorageKind::Nodes => &["pve", "pve2,pve"],
        StorageKind::Boolean => &["1", "0"],
        StorageKind::Dataset => &["elsewhere/a"],
        StorageKind::DirectoryPath | StorageKind::AbsolutePath => &["/mnt/somewhere", "/mnt//else"],
        StorageKind::RelativePath => &["some/folder"],
        StorageKind::BlockSize => &["16384", "1M"],
        StorageKind::IsMountpoint => &["1", "no", "/mnt"],
        StorageKind::PruneBackups => &["keep-all=1", "keep-last=3,keep-daily=7"],
        StorageKind::Bandwidth => &["100", "move=6,clone=5"],
        StorageKind::ContentDirs => return vec![format!("{}=some/folder", kind.contents[0])],
        StorageKind::Integer { .. } => &["5"],
        StorageKind::Words(words) => words,
        StorageKind::Server => &["10.0.0.5", "NAS.lan"],
        StorageKind::Portal => &["10.0.0.5", "[fd00::5]:3260"],
        StorageKind::Portals => &["10.0.0.5", "10.0.0.6,10.0.0.5:6789"],
        StorageKind::LvmName => &["vg0"],
        StorageKind::MountOptions => &["ro,vers=4.2"],
        StorageKind::Fingerprint => return vec![vec!["aB"; 32].join(":")],
        StorageKind::Text => &["some text", "x"],
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A section of a type: what is required, and of the rest what the numbers choose.
fn section(id: &str, kind: &'static StorageType, choices: &[u8]) -> String {
    let mut text = format!("{}: {id}\n", kind.name);
    for (property, choice) in kind.properties().zip(choices.iter().cycle()) {
        let values = values(kind, property);
        if values.is_empty() || (!property.required && choice % 3 == 0) {
            continue;
        }
        let value = &values[usize::from(*choice) % values.len()];
        // Writing to a text does not fail.
        let _ = match (property.name, value.as_str()) {
            ("disable", "1") => writeln!(text, "\tdisable"),
            (name, value) => writeln!(text, "\t{name} {value}"),
        };
    }
    text.push('\n');
    text
}

/// Says a registration as it was read.
fn said(id: &phoenix_graph::StorageId, state: &StorageState) -> Resource {
    Resource::Storage(Storage {
        id: id.clone(),
        kind: state.kind.clone(),
        dataset: None,
        properties: state.properties.clone(),
        secret_files: [].into(),
        lifecycle: Lifecycle::default(),
    })
}

/// Takes over what a file says, and finds nothing to do, then and after.
fn taken_over(text: &str, others: &[&str]) {
    let world = World::new();
    world.host.edit(|state| {
        state.storage_cfg = Some(text.to_owned());
        state.node = "pve".into();
        state.others = others.iter().map(|other| Box::from(*other)).collect();
    });
    let Storages::Found(found) = storage_cfg::storages(text.as_bytes()) else { panic!("{text}") };
    assert_eq!((found.lost.len(), &found.blocked), (0, &None), "{:?}: {text}", found.lost);
    let mut registrations: Vec<Resource> = found.said().map(|(id, state)| said(id, state)).collect();
    if !others.is_empty() {
        // A spec is about this node alone.
        for registration in &mut registrations {
            let Resource::Storage(storage) = registration else { continue };
            storage.properties.remove("nodes");
        }
    }
    assert!(!registrations.is_empty());
    let alone = tank([]);
    world.switch(&alone).unwrap();
    let all = tank(registrations);
    let plan = world.plan_with(&all, &adopt());
    assert!(plan.refusals.is_empty(), "{:?}: {text}", plan.refusals);
    for action in &plan.actions {
        assert!(action.ops.is_empty(), "{} {:?}: {text}", action.subject, action.changes);
    }
    world.switch_with(&all, &adopt()).unwrap();
    assert!(world.plan(&all).actions.is_empty() && world.drift().is_empty(), "{text}");
    world.rollback(1).unwrap();
    assert_eq!(world.host.state().storage_cfg.as_deref(), Some(text));
}

fn kinds() -> Vec<&'static StorageType> {
    STANDALONE.iter().map(|name| find_type(name).unwrap()).collect()
}

#[test]
fn each_type_with_little_and_with_much_said_is_as_it_was_read() {
    let all = |choice: u8| -> String {
        kinds().into_iter().map(|kind| section(&format!("st-{}", kind.name), kind, &[choice])).collect()
    };
    for choice in [0, 1, 2, 4, 5, 7] {
        taken_over(&all(choice), &[]);
    }
    // Also where what they are limited to is other nodes, too.
    taken_over(&all(1), &["pve2"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_plan_of_what_was_just_read_is_empty(
        sections in vec((select(kinds()), vec(any::<u8>(), 24)), 1..6),
        clustered in any::<bool>(),
    ) {
        let text = sections.iter().enumerate();
        let text: String = text.map(|(at, (kind, choices))| section(&format!("st-{at}"), kind, choices)).collect();
        taken_over(&text, if clustered { &["pve2"] } else { &[] });
    }

    /// The simulator's `pct` and `qm` write a file whole, as the real ones do.
    #[test]
    fn a_write_of_a_guest_leaves_all_else_as_it_was(
        notes in vec("[ a-zA-Z0-9%:é=.]{0,16}[a-z]", 0..4),
        points in proptest::collection::btree_map(0_u16..9, "/[a-z]{1,5},mp=/[a-z]{1,5}(,backup=1)?", 0..4),
        snapshots in proptest::collection::btree_map("[a-z][a-z0-9_]{1,5}".prop_filter("no snapshot", |name| name != "pending"), 0_u16..9, 0..3),
        waits in any::<bool>(),
    ) {
        let mut lines: Vec<String> = notes.iter().map(|note| format!("#{note}")).collect();
        lines.extend(["arch: amd64".to_owned(), "ostype: debian".to_owned()]);
        lines.extend(points.iter().map(|(number, point)| format!("mp{number}: {point}")));
        lines.push("lxc.idmap: u 0 100000 65536".to_owned());
        lines.push("lxc.idmap: g 0 100000 65536".to_owned());
        if waits {
            lines.extend(["".to_owned(), "[pve:pending]".to_owned(), "mp9: /waits,mp=/waits".to_owned()]);
        }
        for (name, number) in &snapshots {
            lines.extend(["".to_owned(), format!("[{name}]"), format!("mp{number}: /old,mp=/old")]);
            lines.push("snaptime: 1700000000".to_owned());
        }
        let text = lines.join("\n") + "\n";
        let request = pct::Request { set: vec![("mp10".into(), "/new,mp=/new".into())], ..Default::default() };
        let set = |text: &str| {
            let container = pct::Container { id: 101, text, digest: "", running: false, version: PackageVersion(6, 1, 6) };
            pct::set(&container, &request).unwrap().text.unwrap()
        };
        let once = set(&text);
        prop_assert_eq!(&set(&once), &once);
        let (before, mut after) = (container(text.as_bytes()), container(once.as_bytes()));
        prop_assert_eq!(after.points.remove(&10), Some("/new,mp=/new".into()));
        // Started, what waits is in force.
        if waits && !after.points.contains_key(&9) {
            prop_assert_eq!(after.pending.remove(&9).flatten(), Some("/waits,mp=/waits".into()));
        }
        let mut before = before;
        before.pending.remove(&9);
        after.points.remove(&9);
        before.points.remove(&9);
        before.snapshots.sort();
        prop_assert_eq!(after, before, "{}", once);
    }

    #[test]
    fn a_write_of_a_machine_leaves_all_else_as_it_was(
        notes in vec("[ a-zA-Z0-9%:é=.]{0,16}[a-z]", 0..4),
        given in proptest::collection::btree_map(0_u8..9, "dirid=[a-z]{2,6}(,cache=never)?", 0..4),
        snapshots in proptest::collection::btree_map("[a-z][a-z0-9_]{1,5}".prop_filter("no snapshot", |name| name != "pending"), 0_u8..9, 0..3),
    ) {
        let mut lines: Vec<String> = notes.iter().map(|note| format!("#{note}")).collect();
        lines.extend(["memory: 512".to_owned(), "ostype: l26".to_owned()]);
        lines.extend(given.iter().map(|(number, given)| format!("virtiofs{number}: {given}")));
        for (name, number) in &snapshots {
            lines.extend(["".to_owned(), format!("[{name}]"), format!("virtiofs{number}: dirid=old")]);
            lines.push("snaptime: 1700000000".to_owned());
        }
        // Started, what waits is in force, and all is written anew.
        let waits = ["", "[PENDING]", "virtiofs9: dirid=waits"].map(str::to_owned);
        lines.splice(notes.len() + 2 + given.len()..notes.len() + 2 + given.len(), waits);
        let text = lines.join("\n") + "\n";
        let written = qm::started(&text);
        prop_assert_ne!(&written, &text);
        let (mut before, mut after) = (machine(text.as_bytes()), machine(written.as_bytes()));
        prop_assert_eq!(before.pending.remove(&9).flatten(), after.devices.remove(&9));
        prop_assert_eq!(after, before, "{}", written);
    }
}
