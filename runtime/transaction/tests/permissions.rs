//! Owner, group and mode of root directories.

use phoenix_graph::Mode;
use phoenix_host::{observed::Directory, op::Op};
use phoenix_plan::{Kind, Subject};
use phoenix_sim::{Fault, FaultKind, Show};
use phoenix_support::*;
use phoenix_transaction::switch::{SwitchError, Switched};

fn directory(world: &World, of: &str) -> Directory {
    world.host.image(Show::Everything).datasets[&name(of)].directory
}

fn of(owner: u32, group: u32, mode: &str) -> Directory {
    Directory { owner, group, mode: mode.parse::<Mode>().unwrap() }
}

#[test]
fn a_new_dataset_gets_its_permissions_before_it_is_shared() {
    let world = World::new();
    let wanted = permissions("tank/share", Some("33"), Some("root"), Some("2770"));
    let graph = graph(with(small(), wanted.clone()));
    let plan = world.plan(&graph);
    let at = plan.actions.iter().position(|one| one.subject == Subject::Resource(wanted.key())).unwrap();
    let files = plan.actions.iter().rposition(|one| one.subject == Subject::Files).unwrap();
    assert!(plan.actions[files].needs.contains(&at), "shared before it is closed");
    world.switch(&graph).unwrap();
    assert_eq!(directory(&world, "tank/share"), of(33, 0, "2770"));
    assert_eq!(directory(&world, "tank/vms"), of(0, 0, "0755"));
    world.host.forget_events();
    assert!(matches!(world.switch(&graph).unwrap(), Switched::Nothing { .. }));
    assert_eq!(world.host.changes(), []);
    assert!(world.host.processes() <= 8);
}

#[test]
fn what_is_not_said_stays_and_a_rollback_brings_back_what_was() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let by_hand = |to: Directory| {
        let (owner, group, mode) = (Some(to.owner), Some(to.group), Some(to.mode));
        let (dataset, path) = (name("tank/share"), "/tank/share".into());
        world.host.by_hand(&Op::DirectorySet { dataset, path, owner, group, mode }).unwrap();
    };
    by_hand(of(7, 8, "0711"));
    let group_only = graph(with(small(), permissions("tank/share", None, Some("9"), None)));
    let plan = world.plan(&group_only);
    assert_eq!(kinds(&plan), ["create permissions:tank/share"]);
    let change = &plan.actions[0].changes[0];
    assert_eq!((change.setting.as_str(), change.old.as_deref()), ("group", Some("8")));
    world.switch(&group_only).unwrap();
    assert_eq!(directory(&world, "tank/share"), of(7, 9, "0711"));

    // What somebody changes is drift, if the spec says it, and else nobody's business.
    by_hand(of(7, 9, "0700"));
    assert!(world.drift().is_empty());
    by_hand(of(7, 1, "0700"));
    assert_eq!(kinds(&world.drift()), ["update permissions:tank/share"]);
    assert!(matches!(world.switch(&group_only).unwrap(), Switched::Repaired { .. }));
    assert_eq!(directory(&world, "tank/share"), of(7, 9, "0700"));

    // The generation before says nothing of it.
    world.rollback(1).unwrap();
    assert_eq!(directory(&world, "tank/share"), of(7, 9, "0700"));
    // Two that say it differently go back and forth.
    world.switch(&graph(with(small(), permissions("tank/share", Some("1"), None, Some("0750"))))).unwrap();
    let closed = world.current().unwrap();
    world.switch(&graph(with(small(), permissions("tank/share", Some("2"), None, Some("0755"))))).unwrap();
    world.rollback(closed).unwrap();
    assert_eq!(directory(&world, "tank/share"), of(1, 9, "0750"));
}

#[test]
fn a_failure_in_the_middle_leaves_every_directory_as_it_was() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let before = world.host.image(Show::UsersOnly);
    let wanted = with(small(), permissions("tank/share", Some("33"), None, Some("2770")));
    let wanted = graph(with(wanted, permissions("tank/vms", Some("34"), None, Some("0700"))));
    let is = |op: &Op| matches!(op, Op::DirectorySet { dataset, .. } if dataset.as_str() == "tank/vms");
    for kind in [FaultKind::Fail, FaultKind::FailPartly] {
        world.host.inject(Fault::when(is, kind));
        assert!(matches!(world.switch(&wanted), Err(SwitchError::Failed { .. })));
        assert_eq!(world.host.image(Show::UsersOnly), before);
    }
}

#[test]
fn a_dataset_that_is_put_away_and_comes_home_keeps_its_permissions() {
    let world = World::new();
    let closed = graph(with(small(), permissions("tank/share", None, None, Some("0700"))));
    world.switch(&closed).unwrap();
    // The owner is nobody's business but its owner's.
    let (dataset, path) = (name("tank/share"), "/tank/share".into());
    let given = Op::DirectorySet { dataset, path, owner: Some(33), group: None, mode: None };
    world.host.by_hand(&given).unwrap();
    world.switch(&graph(without(small(), &["dataset:tank/share", "export:/tank/share"]))).unwrap();
    let plan = world.plan(&closed);
    assert!(plan.refusals.is_empty(), "{:?}", plan.refusals);
    assert!(plan.actions.iter().any(|action| action.kind == Kind::Restore));
    world.switch(&closed).unwrap();
    assert_eq!(directory(&world, "tank/share"), of(33, 0, "0700"));
    assert!(world.drift().is_empty());
}

#[test]
fn permissions_of_what_is_not_mounted_are_refused() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    world.host.by_hand(&Op::DatasetUnmount { dataset: name("tank/share") }).unwrap();
    world.host.by_hand(&Op::DatasetUnmount { dataset: name("tank/vms") }).unwrap();
    world.host.by_hand(&Op::DatasetUnmount { dataset: name("tank") }).unwrap();
    let wanted = graph(with(small(), permissions("tank", Some("33"), None, None)));
    match world.switch(&wanted) {
        Err(SwitchError::Refused(plan)) => {
            assert_eq!(plan.refusals.len(), 1);
            assert!(plan.refusals[0].reason.contains("tank is not mounted"), "{:?}", plan.refusals);
        }
        other => panic!("{other:?}"),
    }
}
