//! All that lies in a dataset, given to somebody with its root directory.

use phoenix_graph::{Graph, Resource};
use phoenix_host::op::Op;
use phoenix_plan::Consent;
use phoenix_sim::{Fault, FaultKind, Show};
use phoenix_support::*;
use phoenix_transaction::switch::{Recovered, SwitchError, Switched, Target};

const KEY: &str = "permissions:tank/share";

fn owned(owner: &str, recursive: bool) -> Graph {
    let mut said = permissions("tank/share", Some(owner), Some("5"), None);
    if let Resource::Permissions(said) = &mut said {
        said.recursive = recursive;
    }
    graph(with(small(), said))
}

fn contents(world: &World, of: &str) -> (u32, u32) {
    world.host.image(Show::Everything).datasets[&name(of)].owners.get("letter").copied().unwrap_or_default()
}

/// A host with a file in two datasets.
fn world() -> World {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    for of in ["tank/share", "tank/vms"] {
        assert!(world.host.write_file(&name(of), "letter", of));
    }
    world
}

#[track_caller]
fn to(world: &World, graph: &Graph, consent: &Consent) {
    assert!(matches!(world.switch_with(graph, consent).unwrap(), Switched::To { .. }));
    world.host.forget_events();
    assert!(matches!(world.switch(graph).unwrap(), Switched::Nothing { .. }), "not done the first time");
    assert_eq!(world.host.changes(), []);
    assert!(world.drift().is_empty());
}

#[test]
fn it_takes_a_consent_and_is_done_once_and_last_of_all() {
    let world = world();
    let told = world.refuses(&owned("33", true));
    assert!(
        told[0].contains("about 1 files and folders in it would be given owner 33 and group 5"),
        "{told:?}"
    );
    let plan = world.plan_with(&owned("33", true), &consent_to(KEY));
    let last = plan.actions.last().unwrap();
    assert!(matches!(last.ops[..], [Op::ContentsSet { .. }]), "{plan:?}");
    assert_eq!(plan.snapshots.values().flatten().collect::<Vec<_>>(), [&name("tank/share")]);
    to(&world, &owned("33", true), &consent_to(KEY));
    assert_eq!((contents(&world, "tank/share"), contents(&world, "tank/vms")), ((33, 5), (0, 0)));
}

#[test]
fn what_is_empty_or_new_is_given_without_more() {
    let world = World::new();
    to(&world, &owned("33", true), &Consent::default());
    // What comes later is whose it is.
    assert!(world.host.write_file(&name("tank/share"), "letter", "x"));
    assert!(matches!(world.switch(&owned("33", true)).unwrap(), Switched::Nothing { .. }));
    assert_eq!(contents(&world, "tank/share"), (0, 0));
}

/// Goes back, with a consent.
fn back(world: &World, number: u64, consent: &Consent) -> Result<Switched, SwitchError> {
    let target = Target::Generation(number);
    world.with(|runtime| runtime.switch("rollback", &target, consent, &mut |_| true))
}

#[test]
fn going_back_asks_as_going_on_does_and_tells_what_stays() {
    let world = world();
    to(&world, &owned("33", true), &consent_to(KEY));
    to(&world, &owned("34", true), &consent_to(KEY));
    assert!(matches!(world.rollback(2), Err(SwitchError::Refused(_))));
    back(&world, 2, &consent_to(KEY)).unwrap();
    assert_eq!(contents(&world, "tank/share"), (33, 5));
    // What says nothing of it takes nothing back, and asks nothing.
    let plan = world.plan_to(1);
    assert!(plan.refusals.is_empty(), "{:?}", plan.refusals);
    let kept = plan.warnings.iter().find(|warning| warning.code.name == "contents-stay").unwrap();
    assert!(kept.text.contains("--with-data tank/share"), "{}", kept.text);
    world.rollback(1).unwrap();
    assert_eq!(contents(&world, "tank/share"), (33, 5));
    // On again: meanwhile anything may have become of it.
    assert!(matches!(world.rollback(3), Err(SwitchError::Refused(_))));
    back(&world, 3, &consent_to(KEY)).unwrap();
    assert_eq!(contents(&world, "tank/share"), (34, 5));
}

#[test]
fn what_was_given_away_is_so_wherever_it_goes() {
    let world = world();
    to(&world, &owned("33", true), &consent_to(KEY));
    // By hand: the root directory alone is put right.
    let (dataset, path) = (name("tank/share"), "/tank/share".into());
    let by_hand = Op::DirectorySet { dataset, path, owner: Some(7), group: None, mode: None, acl: None };
    world.host.by_hand(&by_hand).unwrap();
    assert!(matches!(world.switch(&owned("33", true)).unwrap(), Switched::Repaired { .. }));
    // Put away and brought home it is asked for nothing.
    world.switch(&graph(without(small(), &["dataset:tank/share", "export:/tank/share"]))).unwrap();
    world.rollback(2).unwrap();
    assert_eq!(contents(&world, "tank/share"), (33, 5));
    assert!(matches!(world.switch(&owned("33", true)).unwrap(), Switched::Nothing { .. }));
}

#[test]
fn what_is_not_mounted_is_snapshot_before_it_is_given_away() {
    let world = world();
    world.host.by_hand(&Op::DatasetUnmount { dataset: name("tank/share") }).unwrap();
    let plan = world.plan_with(&owned("33", true), &consent_to(KEY));
    assert!(plan.snapshots.values().flatten().any(|taken| *taken == name("tank/share")));
    to(&world, &owned("33", true), &consent_to(KEY));
    let consent = Consent { with_data: [name("tank/share")].into(), ..Consent::default() };
    back(&world, 1, &consent).unwrap();
    assert_eq!(contents(&world, "tank/share"), (0, 0));
    // Forward again its contents are others' once more.
    assert!(matches!(world.rollback(2), Err(SwitchError::Refused(_))));
}

#[test]
fn its_data_brings_back_what_each_file_had() {
    let world = world();
    to(&world, &owned("33", true), &consent_to(KEY));
    let consent = Consent { with_data: [name("tank/share")].into(), ..Consent::default() };
    back(&world, 1, &consent).unwrap();
    assert_eq!(contents(&world, "tank/share"), (0, 0));
    assert!(world.drift().is_empty());
}

#[test]
fn what_is_undone_tells_what_was_given_away() {
    let is = |op: &Op| matches!(op, Op::ContentsSet { .. });
    for kind in [FaultKind::Fail, FaultKind::FailPartly] {
        let world = world();
        let before = world.host.image(Show::UsersOnly);
        world.host.inject(Fault::when(is, kind));
        let Err(SwitchError::Failed { kept, .. }) = world.switch_with(&owned("33", true), &consent_to(KEY))
        else {
            panic!("it did not fail")
        };
        assert_eq!(
            kept,
            [
                "what lies in tank/share has been given owner 33 and group 5, all of it or a part; what each file had is in the snapshot of it whose name begins with phoenix-2"
            ]
        );
        let mut after = world.host.image(Show::UsersOnly);
        after.datasets.get_mut(&name("tank/share")).unwrap().owners.clear();
        assert_eq!(after, before);
        // Once more, and all of it is given.
        to(&world, &owned("33", true), &consent_to(KEY));
        assert_eq!(contents(&world, "tank/share"), (33, 5));
    }
}

#[test]
fn a_power_cut_is_gone_on_from_or_undone() {
    let is = |op: &Op| matches!(op, Op::ContentsSet { .. });
    for kind in [FaultKind::PowerBefore, FaultKind::PowerAfter] {
        for resume in [true, false] {
            let world = world();
            world.host.inject(Fault::when(is, kind));
            assert!(world.switch_with(&owned("33", true), &consent_to(KEY)).is_err());
            world.host.power_on();
            match world.recover(resume).unwrap().unwrap() {
                Recovered::Finished { .. } => assert_eq!(contents(&world, "tank/share"), (33, 5)),
                Recovered::Undone { kept, .. } => {
                    let given = contents(&world, "tank/share") == (33, 5);
                    assert!(!given || !kept.is_empty(), "{kind:?}: nothing is told");
                    assert_eq!(world.current(), Some(1));
                }
            }
            assert!(world.drift().is_empty());
        }
    }
}
