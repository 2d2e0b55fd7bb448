//! What others have on a host, under names that nothing new may have and with values that are no text: it stops
//! no verb, and stays as it is.

use phoenix_graph::{DatasetName, PoolName, PropertyName};
use phoenix_host::{observed::OWNER, op::Op};
use phoenix_sim::state::{Dataset, Pool};
use phoenix_support::{World, dataset, graph, name, small};
use phoenix_transaction::switch::{SwitchError, Switched};

/// A host with a pool `c3po`, and datasets of names that the compiler refuses.
fn world() -> World {
    let world = World::new();
    let foreign = PoolName::seen("c3po").unwrap();
    world.host.edit(|state| {
        state.pools.insert(
            foreign.clone(),
            Pool {
                guid: 7,
                exported: false,
                layout: Vec::new(),
                settings: [].into(),
                work: Vec::new(),
                checkpoint: false,
                elsewhere: false,
            },
        );
        for text in ["c3po", "c3po/end ", "c3po/a/%recv"] {
            state.datasets.insert(DatasetName::seen(text).unwrap(), Dataset::default());
        }
    });
    world
}

#[test]
fn a_foreign_pool_whose_name_no_new_one_may_have_stops_no_verb_and_stays() {
    let world = world();
    // Proxmox's tools mount whatever is not mounted: that alone may happen to them.
    let before = |world: &World| {
        let all = world.host.state().datasets.into_iter();
        let theirs = all.filter(|(name, _)| name.as_str().starts_with("c3po"));
        theirs.map(|(name, state)| (name, state.settings, state.snapshots)).collect::<Vec<_>>()
    };
    let foreign = before(&world);
    assert_eq!(foreign.len(), 3);
    let one = graph(small());
    world.switch(&one).unwrap();
    let mut more = small();
    more.push(dataset("tank/more", &[]));
    world.switch(&graph(more)).unwrap();
    assert!(world.drift().actions.is_empty());
    // `more` is put away, and its records are read again.
    assert!(matches!(world.switch(&one).unwrap(), Switched::To { .. }));
    world.rollback(2).unwrap();
    world.gc(1).unwrap();
    assert!(world.recover(false).unwrap().is_none());
    assert_eq!(before(&world), foreign);
}

#[test]
fn a_mark_that_cannot_be_read_is_neither_ours_nor_to_be_adopted() {
    let world = world();
    world.switch(&graph(small())).unwrap();
    let set = |dataset: &str, value: &str| {
        let settings = vec![(PropertyName::new(OWNER), value.into())];
        world.host.by_hand(&Op::DatasetSet { dataset: name(dataset), settings }).unwrap();
    };
    world.host.by_hand(&Op::DatasetCreate { dataset: name("tank/theirs"), settings: Vec::new() }).unwrap();
    // The simulator shows bytes that are no text by this sign.
    set("tank/theirs", "h\u{fffd}");
    let mut more = small();
    more.push(dataset("tank/theirs", &[]));
    let refused = world.switch(&graph(more)).unwrap_err();
    let SwitchError::Refused(plan) = &refused else { panic!("{refused}") };
    assert!(plan.refusals[0].reason.contains("cannot be read"), "{:?}", plan.refusals);
    // What is known by record stands, is told, and gets its mark back.
    set("tank/vms", "\u{fffd}");
    let drift = world.drift();
    assert!(drift.refusals.is_empty(), "{:?}", drift.refusals);
    assert!(drift.warnings.iter().any(|warning| warning.text.contains(OWNER)), "{:?}", drift.warnings);
    world.switch(&graph(small())).unwrap();
    let mark = world.host.state().datasets[&name("tank/vms")].settings[OWNER].clone();
    assert!(!mark.contains('\u{fffd}'), "{mark}");
}
