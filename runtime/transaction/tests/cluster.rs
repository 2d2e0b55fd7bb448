//! Nodes of a cluster, which share one file of registrations: a switch on one takes it in and out, and leaves the others
//! what they have.

use phoenix_graph::{Graph, Resource, Storage, StorageId};
use phoenix_host::{HostError, op::Op};
use phoenix_plan::Consent;
use phoenix_sim::{Fault, FaultKind};
use phoenix_support::*;
use phoenix_transaction::switch::{Recovered, SwitchError, Switched, Target};

/// A node of a cluster of `a`, `b` and `c`.
fn node(name: &str) -> World {
    let world = World::new();
    world.host.edit(|state| {
        state.node = name.into();
        state.others = ["a", "b", "c"].into_iter().filter(|other| *other != name).map(Into::into).collect();
    });
    world
}

fn cfg(world: &World) -> String {
    world.host.state().storage_cfg.unwrap()
}

/// Has one node see what the other has written.
fn pass(from: &World, to: &World) {
    to.host.edit(|state| state.storage_cfg = Some(cfg(from)));
}

/// Returns the section of the small host's registration.
fn section(world: &World) -> Option<String> {
    let text = cfg(world);
    text.split("\n\n").find(|section| section.contains("zfspool: tank-vms")).map(str::to_owned)
}

/// Lists the nodes that have it, of those that it names.
fn nodes(world: &World) -> Option<String> {
    let section = section(world)?;
    section.lines().find_map(|line| line.strip_prefix("\tnodes ")).map(str::to_owned)
}

fn id() -> StorageId {
    StorageId::new("tank-vms").unwrap()
}

/// Does by hand what another node does to the registration.
fn set(world: &World, set: &[(&str, &str)], delete: &[&str]) {
    let set = set.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let delete = delete.iter().map(|name| (*name).into()).collect();
    world.host.by_hand(&Op::StorageSet { id: id(), set, secrets: vec![], delete }).unwrap();
}

fn unregistered() -> Graph {
    graph(without(small(), &["storage:tank-vms"]))
}

fn with_storage(change: impl FnOnce(&mut Storage)) -> Graph {
    let mut resources = small();
    let storage = resources.iter_mut().find_map(|resource| match resource {
        Resource::Storage(storage) => Some(storage),
        _ => None,
    });
    change(storage.unwrap());
    graph(resources)
}

#[test]
fn two_nodes_come_and_go_and_neither_throws_the_other_out() {
    let (a, b) = (node("a"), node("b"));
    a.switch(&graph(small())).unwrap();
    assert_eq!(nodes(&a).as_deref(), Some("a"));
    pass(&a, &b);
    // Nothing of the other's changes, so nobody is asked.
    b.switch(&graph(small())).unwrap();
    assert_eq!(nodes(&b).as_deref(), Some("a,b"));
    pass(&b, &a);
    for world in [&a, &b] {
        assert!(world.drift().is_empty());
        assert_eq!(world.standing().missing, []);
        let before = cfg(world);
        world.switch(&graph(small())).unwrap();
        assert_eq!(cfg(world), before);
    }
    // Out and back, on each.
    a.switch(&unregistered()).unwrap();
    assert_eq!(nodes(&a).as_deref(), Some("b"));
    pass(&a, &b);
    assert!(b.drift().is_empty());
    a.rollback(1).unwrap();
    assert_eq!(nodes(&a).as_deref(), Some("a,b"));
    // With the last one it goes.
    a.switch(&unregistered()).unwrap();
    pass(&a, &b);
    b.switch(&unregistered()).unwrap();
    assert_eq!(section(&b), None);
    pass(&b, &a);
    assert!(a.drift().is_empty() && b.drift().is_empty());
    // And whoever comes back is the first again.
    b.rollback(1).unwrap();
    assert_eq!(nodes(&b).as_deref(), Some("b"));
}

#[test]
fn a_node_alone_writes_of_no_nodes() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    assert_eq!(nodes(&world), None);
    assert!(section(&world).is_some());
    // One that comes into a cluster has what all have.
    world.host.edit(|state| state.others.insert("b".into()));
    assert!(world.drift().is_empty());
    world.switch(&unregistered()).unwrap();
    assert_eq!(nodes(&world).as_deref(), Some("b"));
    world.rollback(1).unwrap();
    assert_eq!(nodes(&world).as_deref(), Some("b,pve"));
    // Where a switch is undone all have it again, but for what others did meanwhile.
    set(&world, &[], &["nodes"]);
    cut(&world, &unregistered(), || assert_eq!(nodes(&world).as_deref(), Some("b")));
    assert_eq!((nodes(&world), section(&world).is_some()), (None, true));
    cut(&world, &unregistered(), || set(&world, &[("nodes", "c")], &[]));
    assert_eq!(nodes(&world).as_deref(), Some("c,pve"));
}

#[test]
fn a_node_that_somebody_took_out_is_missing_there_and_comes_back() {
    let a = node("a");
    a.switch(&graph(small())).unwrap();
    set(&a, &[("nodes", "b,c")], &[]);
    assert_eq!(a.standing().missing.len(), 1);
    assert_eq!(kinds(&a.drift()), ["update storage:tank-vms"]);
    a.switch(&graph(small())).unwrap();
    assert_eq!(nodes(&a).as_deref(), Some("a,b,c"));
    // What every node has this one has.
    set(&a, &[], &["nodes"]);
    assert!(a.drift().is_empty());
}

/// Has a switch lose power right after it has changed the registration, and something happen until it is recovered.
fn cut(world: &World, desired: &Graph, meanwhile: impl FnOnce()) -> Vec<String> {
    world.host.inject(Fault::when(Op::is_registration, FaultKind::PowerAfter));
    let lost = world.switch(desired);
    assert!(matches!(lost, Err(SwitchError::Host(HostError::PowerLost))), "{lost:?}");
    world.host.power_on();
    meanwhile();
    let recovered = world.recover(false).unwrap();
    world.host.clear_faults();
    match recovered {
        Some(Recovered::Undone { kept, .. }) => kept,
        other => panic!("{other:?}"),
    }
}

#[test]
fn undoing_takes_back_this_nodes_part_and_keeps_what_others_changed_meanwhile() {
    let (a, b) = (node("a"), node("b"));
    b.switch(&graph(small())).unwrap();
    // It was coming in.
    pass(&b, &a);
    cut(&a, &graph(small()), || {
        assert_eq!(nodes(&a).as_deref(), Some("a,b"));
        set(&a, &[("nodes", "a,b,c"), ("content", "rootdir")], &[]);
    });
    assert_eq!(nodes(&a).as_deref(), Some("b,c"));
    assert!(section(&a).unwrap().contains("content rootdir"));
    // It was coming in, and those that had it have left.
    pass(&b, &a);
    cut(&a, &graph(small()), || set(&a, &[("nodes", "a")], &[]));
    assert_eq!(section(&a), None);
    // It was going out.
    pass(&b, &a);
    a.switch(&graph(small())).unwrap();
    cut(&a, &unregistered(), || {
        assert_eq!(nodes(&a).as_deref(), Some("b"));
        set(&a, &[("nodes", "c"), ("sparse", "1")], &[]);
    });
    assert_eq!(nodes(&a).as_deref(), Some("a,c"));
    assert!(section(&a).unwrap().contains("sparse 1"));
    // It was going out, and the others are gone with it.
    let told = cut(&a, &unregistered(), || a.host.by_hand(&Op::StorageRemove { id: id() }).unwrap());
    assert_eq!((nodes(&a).as_deref(), told.as_slice()), (Some("a"), [].as_slice()));
    assert!(a.drift().is_empty());
    // It was going out as the last, and another thing is there under the id.
    let told = cut(&a, &unregistered(), || {
        let properties = [("path", "/srv/x"), ("nodes", "b")];
        let properties = properties.map(|(name, value)| (name.into(), value.into())).to_vec();
        a.host
            .by_hand(&Op::StorageAdd { id: id(), kind: "dir".into(), properties, secrets: vec![] })
            .unwrap();
    });
    assert!(cfg(&a).contains("dir: tank-vms\n"), "{}", cfg(&a));
    assert_eq!(told, ["the storage tank-vms is another by now, which b made: it stays as it is"]);
}

#[test]
fn what_a_change_set_is_taken_back_and_nothing_else() {
    let a = node("a");
    a.switch(&graph(small())).unwrap();
    set(&a, &[("nodes", "a,b")], &[]);
    let desired = with_storage(|storage| {
        storage.properties.insert("content".into(), "images,rootdir".into());
        storage.properties.insert("blocksize".into(), "16k".into());
    });
    cut(&a, &desired, || set(&a, &[("nodes", "a,b,c"), ("sparse", "1")], &[]));
    let text = section(&a).unwrap();
    assert!(text.contains("content images\n") && text.contains("sparse 1") && !text.contains("blocksize"));
    assert_eq!(nodes(&a).as_deref(), Some("a,b,c"));
}

#[test]
fn what_another_node_has_otherwise_is_taken_over_by_consent_and_given_back() {
    let (a, b) = (node("a"), node("b"));
    a.switch(&unregistered()).unwrap();
    b.switch(&with_storage(|storage| _ = storage.properties.insert("content".into(), "rootdir".into())))
        .unwrap();
    pass(&b, &a);
    let refusals = refused(a.switch(&graph(small())));
    assert!(refusals[0].reason.contains("was not made by phoenix"), "{refusals:?}");
    a.switch_with(&graph(small()), &adopt()).unwrap();
    assert_eq!(nodes(&a).as_deref(), Some("a,b"));
    assert!(section(&a).unwrap().contains("content images"));
    // Gone back, they have what they had, and what they got since.
    set(&a, &[("nodes", "a,b,c"), ("sparse", "1")], &[]);
    a.rollback(1).unwrap();
    let text = section(&a).unwrap();
    assert!(text.contains("content rootdir") && text.contains("sparse 1"), "{text}");
    assert_eq!(nodes(&a).as_deref(), Some("b,c"));
    assert!(a.drift().is_empty());
    // Gone on without it, they keep what it set.
    a.switch_with(&graph(small()), &adopt()).unwrap();
    a.switch(&unregistered()).unwrap();
    assert!(section(&a).unwrap().contains("content images"));
    assert_eq!(nodes(&a).as_deref(), Some("b,c"));
}

#[test]
fn what_never_changes_is_made_anew_only_where_no_other_node_has_it() {
    let a = node("a");
    a.switch(&graph(small())).unwrap();
    set(&a, &[("nodes", "a,b")], &[]);
    let moved = [without(small(), &["storage:tank-vms"]), vec![zfspool("tank-vms", "tank/share", "images")]];
    let moved = graph(moved.concat());
    let before = cfg(&a);
    let refusals = refused(a.switch(&moved));
    assert!(
        refusals[0].reason.contains("its pool (tank/vms)") && refusals[0].reason.contains("other nodes: b")
    );
    assert_eq!(cfg(&a), before);
    set(&a, &[("nodes", "a")], &[]);
    a.switch(&moved).unwrap();
    assert_eq!(nodes(&a).as_deref(), Some("a"));
    assert!(section(&a).unwrap().contains("pool tank/share"));
    a.rollback(1).unwrap();
    assert_eq!(nodes(&a).as_deref(), Some("a"));
    assert!(section(&a).unwrap().contains("pool tank/vms"));
}

#[test]
fn a_list_that_the_spec_says_is_undone_whole() {
    let a = node("a");
    a.switch(&unregistered()).unwrap();
    let before = cfg(&a);
    let listed = with_storage(|storage| _ = storage.properties.insert("nodes".into(), "a,b".into()));
    cut(&a, &listed, || assert_eq!(nodes(&a).as_deref(), Some("a,b")));
    assert_eq!(cfg(&a), before);
    a.switch(&listed).unwrap();
    assert!(a.drift().is_empty());
    // What goes from this node's spec goes from this node.
    a.rollback(1).unwrap();
    assert_eq!(nodes(&a).as_deref(), Some("b"));
}

fn listed(list: &str) -> Graph {
    with_storage(|storage| _ = storage.properties.insert("nodes".into(), list.into()))
}

#[test]
fn going_back_from_a_list_takes_in_whom_it_threw_out_and_keeps_what_others_changed() {
    // Who had it, the list, what others made of that, and who has it once one is back.
    for (before, list, since, after) in [
        (Some("a,b"), "a", None, Some("a,b")),
        (Some("a,b"), "a,c", None, Some("a,b")),
        (Some("a"), "a,b", None, Some("a")),
        (Some("a,b,c"), "a", Some("a,b"), Some("a,b,c")),
        // One that was in both has left by itself.
        (Some("a,b,c"), "a,b", Some("a"), Some("a,c")),
        (Some("a,b"), "a", Some("a,c"), Some("a,b,c")),
        // The list left out this node.
        (Some("a,b"), "b", None, Some("a,b")),
        (Some("a,c"), "b", None, Some("a,c")),
        // All had it.
        (None, "a", None, None),
        (None, "a,b", Some("a"), Some("a,c")),
    ] {
        let a = node("a");
        a.switch(&graph(small())).unwrap();
        match before {
            Some(nodes) => set(&a, &[("nodes", nodes)], &[]),
            None => set(&a, &[], &["nodes"]),
        }
        a.switch(&listed(list)).unwrap();
        assert_eq!(nodes(&a).as_deref(), Some(list));
        if let Some(since) = since {
            set(&a, &[("nodes", since)], &[]);
        }
        a.rollback(1).unwrap();
        assert_eq!(nodes(&a).as_deref(), after, "{before:?} {list} {since:?}");
        assert!(a.drift().is_empty(), "{before:?} {list} {since:?}");
    }
}

#[test]
fn a_list_that_is_no_more_said_stays_unless_one_goes_back() {
    let a = node("a");
    a.switch(&graph(small())).unwrap();
    set(&a, &[("nodes", "a,b")], &[]);
    a.switch(&listed("a")).unwrap();
    // What stood before the first list is known also after a second one.
    a.switch(&listed("a,c")).unwrap();
    a.rollback(1).unwrap();
    assert_eq!(nodes(&a).as_deref(), Some("a,b"));
    a.switch(&listed("a")).unwrap();
    a.switch(&graph(small())).unwrap();
    assert_eq!(nodes(&a).as_deref(), Some("a"));
    assert!(a.drift().is_empty());
}

#[test]
fn what_was_adopted_with_a_list_is_given_back_to_those_who_had_it() {
    for (since, after) in [(None, "b"), (Some("a,c"), "b,c")] {
        let (a, b) = (node("a"), node("b"));
        b.switch(&graph(small())).unwrap();
        a.switch(&unregistered()).unwrap();
        pass(&b, &a);
        a.switch_with(&listed("a"), &adopt()).unwrap();
        assert_eq!(nodes(&a).as_deref(), Some("a"));
        if let Some(since) = since {
            set(&a, &[("nodes", since)], &[]);
        }
        a.rollback(1).unwrap();
        assert_eq!(nodes(&a).as_deref(), Some(after));
        assert!(a.drift().is_empty());
    }
}

/// Wherever going back from a list fails, those whom that threw out are out again, or in.
#[test]
fn every_fault_on_the_way_back_from_a_list_leaves_it_whole() {
    let a = node("a");
    a.switch(&graph(small())).unwrap();
    set(&a, &[("nodes", "a,b")], &[]);
    a.switch(&listed("a")).unwrap();
    let none = Consent::default();
    every_fault(&a, 'a', || {
        a.with(|runtime| runtime.switch("rollback", &Target::Generation(1), &none, &mut |_| true))
    });
}

/// Whatever fails, and wherever power is lost: the registration is as it was, or as it is to be.
#[test]
fn every_fault_on_the_way_in_and_out_leaves_the_others_what_they_have() {
    let (a, b) = (node("a"), node("b"));
    b.switch(&graph(small())).unwrap();
    pass(&b, &a);
    a.switch(&unregistered()).unwrap();
    let others = zfspool("tank-a", "tank/vms", "rootdir");
    let (out, within) = (unregistered(), graph([small(), vec![others]].concat()));
    for (from, to) in [(&out, &within), (&within, &out)] {
        a.switch(from).unwrap();
        every_fault(&a, 'b', || a.switch(to));
    }
}

/// With its dataset a registration steps aside for an earlier state of the data: also then a list that the spec says is as
/// it was, or as it is to be, and never this node's part of one alone.
#[test]
fn every_fault_while_data_goes_back_leaves_a_list_that_the_spec_says_whole() {
    let a = node("a");
    let listed = |list: &str, quota: &str| {
        let mut storage = zfspool("tank-vms", "tank/vms", "images");
        if let Resource::Storage(storage) = &mut storage {
            storage.properties.insert("nodes".into(), list.into());
        }
        graph(with(with(small(), dataset("tank/vms", &[("quota", quota)])), storage))
    };
    a.switch(&listed("a", "1G")).unwrap();
    a.switch(&listed("a,b", "2G")).unwrap();
    assert_eq!(nodes(&a).as_deref(), Some("a,b"));
    let consent = Consent { with_data: [name("tank/vms")].into(), ..Consent::default() };
    every_fault(&a, 'a', || {
        a.with(|runtime| runtime.switch("rollback", &Target::Generation(1), &consent, &mut |_| true))
    });
    a.with(|runtime| runtime.switch("rollback", &Target::Generation(1), &consent, &mut |_| true)).unwrap();
    assert_eq!(nodes(&a).as_deref(), Some("a"));
    assert!(a.drift().is_empty());
}

/// Strikes everywhere while a switch is carried out: the file is as it was, or as it is to be, and a node that had the
/// registration keeps it.
fn every_fault(a: &World, keeps: char, switch: impl Fn() -> Result<Switched, SwitchError>) {
    let (before, saved) = (cfg(a), a.save());
    a.host.forget_events();
    switch().unwrap();
    let (after, events) = (cfg(a), a.host.events().len());
    assert_ne!(before, after);
    let mut struck = 0;
    for at in 0..events {
        for kind in [FaultKind::Fail, FaultKind::FailPartly, FaultKind::PowerBefore, FaultKind::PowerAfter] {
            a.restore(&saved);
            a.host.inject(Fault::at(at, kind));
            let told = format!("{kind:?} at event {at}");
            let switched = switch();
            struck += usize::from(switched.is_err());
            let undone = match switched {
                Ok(_) => false,
                Err(SwitchError::Failed { .. }) => true,
                Err(SwitchError::Host(HostError::PowerLost)) => {
                    a.host.power_on();
                    let recovered = a.recover(false).unwrap_or_else(|error| panic!("{told}: {error:?}"));
                    matches!(recovered, Some(Recovered::Undone { .. }))
                }
                Err(error) => panic!("{told}: {error:?}"),
            };
            let is = cfg(a);
            assert!(!undone || in_order(&is) == in_order(&before), "{told}: {is}");
            assert!([&before, &after].into_iter().any(|one| in_order(one) == in_order(&is)), "{told}: {is}");
            assert!(nodes(a).is_some_and(|nodes| nodes.contains(keeps)), "{told}: {is}");
        }
    }
    assert!(struck > events, "{struck} of {events}");
    a.restore(&saved);
}

fn in_order(text: &str) -> Vec<&str> {
    let mut sections: Vec<&str> = text.split("\n\n").collect();
    sections.sort_unstable();
    sections
}
