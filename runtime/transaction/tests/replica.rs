//! Datasets that replication from elsewhere writes to, and snapshots that it renames.

use phoenix_graph::{Lifecycle, PropertyName, Resource};
use phoenix_plan::{Consent, Warning};
use phoenix_support::*;
use phoenix_transaction::switch::{SwitchError, Target};
use std::collections::BTreeSet;

fn replica(text: &str, words: &[(&str, &str)]) -> Resource {
    said(dataset(text, words), Lifecycle { replica: true, ..Lifecycle::default() })
}

fn snapshots(world: &World, dataset: &str) -> Vec<String> {
    world
        .host
        .state()
        .dataset(&name(dataset))
        .unwrap()
        .snapshots
        .keys()
        .map(|name| name.to_string())
        .collect()
}

/// Renames a snapshot as `zfs receive -F` of a `zfs send -R` does: hold and all, and to go with its last hold.
fn rename(world: &World, dataset: &str, from: &str, to: &str) {
    world.host.edit(|state| {
        let snapshots = &mut state.datasets.get_mut(&name(dataset)).unwrap().snapshots;
        let mut snapshot = snapshots.remove(from).unwrap();
        snapshot.deferred = true;
        snapshots.insert(to.into(), snapshot);
    });
}

#[test]
fn no_snapshot_is_taken_of_a_replica_nor_of_what_is_in_it() {
    let world = World::new();
    let graph = |quota: &str| {
        let backups = with(small(), replica("tank/backups", &[("quota", quota)]));
        let inside = with(backups, dataset("tank/backups/alpha", &[("quota", quota)]));
        graph(with(inside, dataset("tank/other", &[("quota", quota)])))
    };
    world.switch(&graph("1G")).unwrap();
    world.switch(&graph("2G")).unwrap();
    assert_eq!(snapshots(&world, "tank/backups"), Vec::<String>::new());
    assert_eq!(snapshots(&world, "tank/backups/alpha"), Vec::<String>::new());
    assert_eq!(snapshots(&world, "tank/other"), ["phoenix-2"]);
    // Nor where it leaves, whatever the new spec says.
    world.switch(&phoenix_support::graph(small())).unwrap();
    let state = world.host.state();
    let put_away = state.datasets.iter().filter(|(name, _)| name.as_str().contains("backups"));
    assert!(put_away.clone().count() >= 2);
    assert!(put_away.into_iter().all(|(_, dataset)| dataset.snapshots.is_empty()));
    world.rollback(2).unwrap();
    assert_eq!(snapshots(&world, "tank/backups/alpha"), Vec::<String>::new());
}

#[test]
fn the_data_of_a_replica_does_not_go_back() {
    let world = World::new();
    world.switch(&graph(with(small(), replica("tank/copy", &[])))).unwrap();
    world.switch(&graph(with(small(), replica("tank/copy", &[("quota", "1G")])))).unwrap();
    let consent = Consent { with_data: [name("tank/copy")].into(), ..Consent::default() };
    let plan = world.with(|runtime| runtime.plan(&Target::Generation(1), &consent)).unwrap();
    assert!(plan.refusals.iter().any(|refusal| refusal.reason.contains("a replica")), "{:?}", plan.refusals);
    let back =
        world.with(|runtime| runtime.switch("rollback", &Target::Generation(1), &consent, &mut |_| true));
    assert!(matches!(back, Err(SwitchError::Refused(_))));
}

#[test]
fn a_snapshot_of_what_was_received_is_told_before_it_is_taken() {
    let world = World::new();
    world.switch(&graph(with(small(), dataset("tank/copy", &[])))).unwrap();
    world.host.edit(|state| {
        let dataset = state.datasets.get_mut(&name("tank/copy")).unwrap();
        dataset.received.insert(PropertyName::new("canmount"), "on".into());
    });
    let told = |graph| {
        let warnings = world.plan(&graph).warnings;
        warnings.iter().filter(|warning| warning.text.contains("zfs receive -F")).count()
    };
    assert_eq!(told(graph(with(small(), dataset("tank/copy", &[("quota", "1G")])))), 1);
    assert_eq!(told(graph(with(small(), replica("tank/copy", &[("quota", "1G")])))), 0);
    assert_eq!(told(graph(with(small(), dataset("tank/copy", &[])))), 0);
}

#[test]
fn a_snapshot_that_a_receive_renamed_is_told_and_collected() {
    let world = World::new();
    let graph = |quota: &str| graph(with(small(), dataset("tank/copy", &[("quota", quota)])));
    world.switch(&graph("1G")).unwrap();
    world.switch(&graph("2G")).unwrap();
    // Nothing of the dataset says that replication writes to it: a stream may bring no property.
    let told = |warnings: Vec<Warning>| warnings.iter().any(|one| one.text.contains("is phoenix's"));
    assert!(!told(world.with(|runtime| runtime.standing()).unwrap().drift.warnings));
    rename(&world, "tank/copy", "phoenix-2", "recv-4242-1");
    let warnings = world.with(|runtime| runtime.standing()).unwrap().drift.warnings;
    assert!(
        warnings.iter().any(|one| one.text.contains("@recv-4242-1 is phoenix's, taken by switch 2")),
        "{warnings:?}"
    );
    // While a kept generation needs it, it stays.
    let plan = world.gc_plan(9);
    assert!(plan.snapshots.is_empty() && plan.strange.is_empty());
    for quota in ["3G", "4G", "5G"] {
        world.switch(&graph(quota)).unwrap();
    }
    let plan = world.gc_plan(1);
    assert!(plan.snapshots.iter().any(|one| one.name.name() == "recv-4242-1"), "{:?}", plan.snapshots);
    // It goes by itself once it is let go of, and that is what was wanted.
    let (_, collected) = world.gc(1).unwrap();
    assert!(collected.failed.is_empty(), "{:?}", collected.failed);
    // On record is what is there, and nothing that was destroyed.
    let state = world.host.state();
    let there: BTreeSet<u64> =
        state.datasets.values().flat_map(|one| one.snapshots.values().map(|one| one.guid)).collect();
    let taken: BTreeSet<u64> = world.store.taken().unwrap().into_keys().collect();
    assert!(!taken.is_empty() && taken.is_subset(&there), "{taken:?} of {there:?}");
    assert!(world.store.taken_names().unwrap().into_keys().eq(taken));
    assert!(!snapshots(&world, "tank/copy").contains(&"recv-4242-1".to_owned()));
}

#[test]
fn a_snapshot_that_only_bears_the_tag_is_told_and_left() {
    let world = World::new();
    let graph = |quota: &str| graph(with(small(), dataset("tank/copy", &[("quota", quota)])));
    for quota in ["1G", "2G", "3G", "4G"] {
        world.switch(&graph(quota)).unwrap();
    }
    rename(&world, "tank/copy", "phoenix-2", "recv-4242-1");
    // As one that an earlier version took: its GUID is on no record. Or one that a user forged.
    std::fs::remove_file(world.root().join("snapshots.json")).unwrap();
    let (plan, _) = world.gc(1).unwrap();
    assert!(plan.strange.iter().any(|left| left.what == "tank/copy@recv-4242-1"), "{:?}", plan.strange);
    assert!(snapshots(&world, "tank/copy").contains(&"recv-4242-1".to_owned()));
}
