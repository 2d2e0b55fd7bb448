//! What somebody else had set, and a spec took over: it comes back where no spec says it any more.

use phoenix_graph::{Graph, PropertyName, Resource, StorageId};
use phoenix_host::{HostError, op::Op};
use phoenix_sim::{Event, Fault, FaultKind, HostImage};
use phoenix_store::Store;
use phoenix_support::*;
use phoenix_transaction::switch::SwitchError;

fn receive(world: &World, dataset: &str, property: &str, raw: &str) {
    world.host.edit(|state| {
        let dataset = state.datasets.get_mut(&name(dataset)).unwrap();
        dataset.received.insert(PropertyName::new(property), raw.into());
    });
}

/// Tells a property's own value and whether it was received.
fn own(world: &World, dataset: &str, property: &str) -> Option<(String, bool)> {
    let state = world.host.state();
    let dataset = state.dataset(&name(dataset)).unwrap();
    let received = !dataset.settings.contains_key(property);
    dataset.own(property).map(|raw| (raw.to_owned(), received))
}

fn set_to(word: &str) -> Option<(String, bool)> {
    Some((word.to_owned(), false))
}

fn received(word: &str) -> Option<(String, bool)> {
    Some((word.to_owned(), true))
}

/// The small host, with a dataset that says just these settings.
fn saying(words: &[(&str, &str)]) -> Graph {
    graph(with(small(), dataset("tank/b", words)))
}

fn plain() -> World {
    let world = World::new();
    world.switch(&saying(&[])).unwrap();
    world
}

#[test]
fn a_value_set_by_hand_comes_back_with_a_rollback() {
    let world = plain();
    world.set("tank/b", &[("compression", "zstd"), ("quota", "2G"), ("site:note", "mine")]);
    world.switch(&saying(&[("compression", "lz4"), ("quota", "1G"), ("atime", "off")])).unwrap();
    assert_eq!(own(&world, "tank/b", "compression"), set_to("lz4"));
    world.rollback(1).unwrap();
    assert_eq!(own(&world, "tank/b", "compression"), set_to("zstd"));
    assert_eq!(own(&world, "tank/b", "quota"), set_to("2147483648"));
    assert_eq!(own(&world, "tank/b", "atime"), None);
    assert_eq!(own(&world, "tank/b", "site:note"), set_to("mine"));
    assert!(world.drift().is_empty());
}

#[test]
fn a_value_set_by_hand_comes_back_when_the_spec_no_longer_says_it() {
    let world = plain();
    world.set("tank/b", &[("compression", "zstd")]);
    for word in ["lz4", "gzip", "off"] {
        world.switch(&saying(&[("compression", word)])).unwrap();
    }
    let plan = world.plan(&saying(&[]));
    let told: Vec<_> = plan.actions.iter().flat_map(|action| &action.changes).collect();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].old.as_deref(), told[0].new.as_deref()), (Some("off"), Some("zstd")));
    world.switch(&saying(&[])).unwrap();
    assert_eq!(own(&world, "tank/b", "compression"), set_to("zstd"));
    // What phoenix has let go of is the user's again: what he sets then is what comes back next.
    world.set("tank/b", &[("compression", "lzjb")]);
    world.switch(&saying(&[("compression", "lz4")])).unwrap();
    world.switch(&saying(&[])).unwrap();
    assert_eq!(own(&world, "tank/b", "compression"), set_to("lzjb"));
}

#[test]
fn a_value_set_by_hand_that_the_spec_says_too_stays() {
    let world = plain();
    world.set("tank/b", &[("compression", "lz4"), ("quota", "1G")]);
    world.switch(&saying(&[("compression", "lz4"), ("quota", "1G")])).unwrap();
    world.rollback(1).unwrap();
    assert_eq!(own(&world, "tank/b", "compression"), set_to("lz4"));
    assert_eq!(own(&world, "tank/b", "quota"), set_to("1073741824"));
}

#[test]
fn a_value_changed_behind_the_specs_back_is_no_value_from_before() {
    let world = plain();
    world.set("tank/b", &[("compression", "zstd")]);
    world.switch(&saying(&[("compression", "lz4"), ("atime", "off")])).unwrap();
    world.set("tank/b", &[("compression", "gzip-9"), ("atime", "on")]);
    world.switch(&saying(&[("compression", "zle"), ("atime", "off")])).unwrap();
    world.rollback(1).unwrap();
    assert_eq!(own(&world, "tank/b", "compression"), set_to("zstd"));
    assert_eq!(own(&world, "tank/b", "atime"), None);
}

#[test]
fn a_received_value_comes_back_as_received() {
    let world = plain();
    for (property, raw) in [("compression", "zstd"), ("atime", "off"), ("quota", "3221225472")] {
        receive(&world, "tank/b", property, raw);
    }
    world.switch(&saying(&[("compression", "lz4"), ("atime", "off"), ("quota", "4G")])).unwrap();
    assert_eq!(own(&world, "tank/b", "compression"), set_to("lz4"));
    world.switch(&saying(&[("compression", "gzip")])).unwrap();
    assert_eq!(own(&world, "tank/b", "atime"), received("off"));
    assert_eq!(own(&world, "tank/b", "quota"), received("3221225472"));
    let plan = world.plan_to(1);
    assert!(plan.actions.iter().flat_map(|action| &action.ops).any(|op| matches!(
        op,
        Op::DatasetReceived { property, .. } if property.as_str() == "compression"
    )));
    world.rollback(1).unwrap();
    assert_eq!(own(&world, "tank/b", "compression"), received("zstd"));
    assert!(world.drift().is_empty());
}

#[test]
fn a_received_value_comes_back_as_received_where_a_switch_fails() {
    let world = plain();
    receive(&world, "tank/b", "compression", "zstd");
    world.host.forget_events();
    let graph =
        graph(with(with(small(), dataset("tank/b", &[("compression", "lz4")])), dataset("tank/c", &[])));
    world.host.inject(Fault::when(
        |op| matches!(op, Op::DatasetMount { .. } | Op::MountAll { .. }),
        FaultKind::Fail,
    ));
    assert!(matches!(world.switch(&graph), Err(SwitchError::Failed { .. })));
    assert_eq!(own(&world, "tank/b", "compression"), received("zstd"));
}

#[test]
fn what_stood_before_is_known_across_generations_and_collections() {
    let world = plain();
    world.set("tank/b", &[("compression", "zstd")]);
    for round in 1..8 {
        world
            .switch(&saying(&[
                ("compression", "lz4"),
                ("recordsize", if round % 2 == 0 { "16K" } else { "32K" }),
            ]))
            .unwrap();
    }
    world.gc(1).unwrap();
    world.switch(&saying(&[])).unwrap();
    assert_eq!(own(&world, "tank/b", "compression"), set_to("zstd"));
    assert_eq!(own(&world, "tank/b", "recordsize"), None);
}

#[test]
fn what_was_put_away_comes_home_with_the_settings_of_its_generation() {
    let world = plain();
    world.set("tank/b", &[("compression", "zstd"), ("site:note", "mine")]);
    world.switch(&saying(&[("compression", "lz4"), ("quota", "1G"), ("atime", "off")])).unwrap();
    world.switch(&graph(small())).unwrap();
    world.rollback(1).unwrap();
    assert_eq!(own(&world, "tank/b", "compression"), set_to("zstd"));
    assert_eq!(own(&world, "tank/b", "quota"), set_to("0"));
    assert_eq!(own(&world, "tank/b", "atime"), None);
    assert_eq!(own(&world, "tank/b", "site:note"), set_to("mine"));
    assert!(world.drift().is_empty());
}

#[test]
fn a_dataset_that_was_made_anew_has_nothing_from_before() {
    let world = plain();
    world.set("tank/b", &[("compression", "zstd")]);
    world.switch(&saying(&[("compression", "lz4")])).unwrap();
    world.switch(&graph(small())).unwrap();
    world.switch(&graph(with(small(), dataset("tank/other", &[])))).unwrap();
    world.switch(&graph(small())).unwrap();
    world.gc(1).unwrap();
    assert!(world.host.state().datasets.keys().all(|name| !name.as_str().ends_with("/b")));
    world.switch(&saying(&[("compression", "gzip")])).unwrap();
    world.switch(&saying(&[])).unwrap();
    assert_eq!(own(&world, "tank/b", "compression"), None);
}

#[test]
fn pools_volumes_registrations_and_parameters_get_back_what_they_had() {
    let world = World::new();
    let first = with(with(small(), pool("tank", &["one", "two"], &[])), volume("tank/v", 1 << 20));
    let first = without(first, &["tunable:zfs_arc_max"]);
    world.switch(&graph(first.clone())).unwrap();
    for (property, word) in [("autotrim", "on"), ("comment", "kept by hand")] {
        let pool = phoenix_graph::PoolName::new("tank").unwrap();
        let setting = (PropertyName::new(property), word.into());
        world.host.by_hand(&Op::PoolSet { pool, setting }).unwrap();
    }
    world.set("tank/v", &[("compression", "zstd"), ("sync", "always")]);
    let id = StorageId::new("tank-vms").unwrap();
    // `nodes` by hand would be drift, and gone after going back.
    let by_hand = vec![("sparse".into(), "1".into())];
    world.host.by_hand(&Op::StorageSet { id, set: by_hand, secrets: vec![], delete: Vec::new() }).unwrap();
    world.host.by_hand(&Op::TunableSet { name: "zfs_arc_max".into(), value: 1 << 30 }).unwrap();
    let picture = || {
        let mut image = world.picture();
        image.links.clear();
        // What is so by default is told as the default, also where it was said.
        image.pools.values_mut().for_each(|pool| _ = pool.settings.remove("autoexpand"));
        image
    };
    let before = picture();

    let storage = match zfspool("tank-vms", "tank/vms", "images") {
        Resource::Storage(mut storage) => {
            storage.properties.insert("nodes".into(), "beta".into());
            storage.properties.insert("sparse".into(), "0".into());
            storage.properties.insert("blocksize".into(), "16k".into());
            Resource::Storage(storage)
        }
        other => other,
    };
    let taken =
        pool("tank", &["one", "two"], &[("autotrim", "off"), ("comment", "ours"), ("autoexpand", "on")]);
    let said = match volume("tank/v", 1 << 20) {
        Resource::Volume(mut volume) => {
            volume.settings =
                settings(phoenix_graph::Target::Volume, &[("compression", "lz4"), ("sync", "always")]);
            Resource::Volume(volume)
        }
        other => other,
    };
    let second = with(with(with(with(first.clone(), taken), said), storage), arc_max(2 << 30));
    world.switch(&graph(second)).unwrap();
    assert_ne!(picture(), before);
    world.rollback(1).unwrap();
    assert_eq!(picture(), before);
    assert!(world.drift().is_empty());
}

#[test]
fn a_store_that_an_earlier_version_wrote_is_read_from_its_journals() {
    let world = plain();
    world.set("tank/b", &[("compression", "zstd"), ("quota", "2G")]);
    world.switch(&saying(&[("compression", "lz4"), ("quota", "1G")])).unwrap();
    world.switch(&saying(&[("compression", "gzip"), ("quota", "1G")])).unwrap();
    as_before(&world.store);
    world.rollback(1).unwrap();
    assert_eq!(own(&world, "tank/b", "compression"), set_to("zstd"));
    assert_eq!(own(&world, "tank/b", "quota"), set_to("2147483648"));
}

#[test]
fn what_nothing_tells_of_goes_back_to_not_being_set() {
    let world = plain();
    world.set("tank/b", &[("compression", "zstd")]);
    world.switch(&saying(&[("compression", "lz4")])).unwrap();
    as_before(&world.store);
    std::fs::remove_dir_all(world.root().join("txn")).unwrap();
    world.rollback(1).unwrap();
    assert_eq!(own(&world, "tank/b", "compression"), None);
}

/// Takes away what an earlier version would not have written.
fn as_before(store: &Store) {
    for generation in store.generations().unwrap() {
        let file = store.root().join("generations").join(generation.number.to_string()).join("before.json");
        std::fs::remove_file(file).ok();
    }
    for id in store.transactions().unwrap() {
        let file = store.root().join("txn").join(id.to_string()).join("journal");
        let lines = std::fs::read_to_string(&file).unwrap();
        let lines = lines.lines().map(|line| {
            let mut record: serde_json::Value = serde_json::from_str(line).unwrap();
            if let Some(plan) = record.get_mut("plan").and_then(|plan| plan.as_object_mut()) {
                plan.remove("before");
            }
            record.to_string() + "\n"
        });
        let lines: String = lines.collect();
        std::fs::write(&file, lines).unwrap();
    }
}

/// A host that a spec took over much on, and how it was before, and is.
fn taken_over() -> (World, HostImage) {
    let world = plain();
    world.set("tank/b", &[("compression", "zstd"), ("quota", "2G")]);
    receive(&world, "tank/b", "recordsize", "16384");
    let before = world.picture();
    world
        .switch(&saying(&[("compression", "lz4"), ("quota", "1G"), ("recordsize", "32K"), ("atime", "off")]))
        .unwrap();
    (world, before)
}

#[test]
fn whatever_fails_on_the_way_back_it_is_all_or_nothing() {
    let events = {
        let (world, _) = taken_over();
        world.host.forget_events();
        world.rollback(1).unwrap();
        world.host.events()
    };
    assert!(events.iter().any(|event| matches!(event, Event::Op(Op::DatasetReceived { .. }))));
    for (at, event) in events.iter().enumerate() {
        for kind in [FaultKind::Fail, FaultKind::PowerBefore, FaultKind::PowerAfter] {
            if kind == FaultKind::Fail && !matches!(event, Event::Op(_)) {
                continue;
            }
            for resume in [false, true] {
                let (world, before) = taken_over();
                let now = world.picture();
                world.host.forget_events();
                world.host.inject(Fault::at(at, kind));
                if let Err(SwitchError::Host(HostError::PowerLost)) = world.rollback(1) {
                    world.host.power_on();
                }
                world.host.clear_faults();
                world.recover(resume).unwrap();
                let there = world.current() == Some(1);
                assert_eq!(
                    &world.picture(),
                    if there { &before } else { &now },
                    "{kind:?} at {at}: {event:?}"
                );
                // And on from there to where all is as it was.
                if !there {
                    world.rollback(1).unwrap();
                }
                assert_eq!(world.picture(), before, "{kind:?} at {at}: {event:?}, {resume}");
            }
        }
    }
}

#[test]
fn whatever_fails_on_the_way_there_what_was_before_stays_known() {
    let graph =
        || saying(&[("compression", "lz4"), ("quota", "1G"), ("recordsize", "32K"), ("atime", "off")]);
    let begin = || {
        let world = plain();
        world.set("tank/b", &[("compression", "zstd"), ("quota", "2G")]);
        receive(&world, "tank/b", "recordsize", "16384");
        world.host.forget_events();
        let before = world.picture();
        (world, before)
    };
    let events = {
        let (world, _) = begin();
        world.switch(&graph()).unwrap();
        world.host.events()
    };
    for (at, event) in events.iter().enumerate() {
        for kind in [FaultKind::Fail, FaultKind::PowerBefore, FaultKind::PowerAfter] {
            if kind == FaultKind::Fail && !matches!(event, Event::Op(_)) {
                continue;
            }
            for resume in [false, true] {
                let (world, before) = begin();
                world.host.inject(Fault::at(at, kind));
                if let Err(SwitchError::Host(HostError::PowerLost)) = world.switch(&graph()) {
                    world.host.power_on();
                }
                world.host.clear_faults();
                world.recover(resume).unwrap();
                if world.current() == Some(1) {
                    assert_eq!(world.picture(), before, "{kind:?} at {at}: {event:?}");
                } else {
                    world.rollback(1).unwrap();
                }
                assert_eq!(world.picture(), before, "{kind:?} at {at}: {event:?}, {resume}");
            }
        }
    }
}
