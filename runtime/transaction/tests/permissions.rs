//! Owner, group, mode and access control list of root directories.

use phoenix_graph::{Graph, Lifecycle, Mode, Resource, kind::acl::Acl};
use phoenix_host::{HostError, observed::Directory, op::Op};
use phoenix_plan::{Kind, Subject};
use phoenix_sim::{Fault, FaultKind, Show};
use phoenix_support::*;
use phoenix_transaction::switch::{SwitchError, Switched};

fn directory(world: &World, of: &str) -> Directory {
    world.host.image(Show::Everything).datasets[&name(of)].directory.clone()
}

fn of(owner: u32, group: u32, mode: &str) -> Directory {
    Directory { owner, group, mode: mode.parse::<Mode>().unwrap(), acl: Acl::default() }
}

/// Gives the root directory of `tank/share` all of this.
fn by_hand(world: &World, to: Directory) {
    let (owner, group, mode) = (Some(to.owner), Some(to.group), Some(to.mode));
    let (dataset, path) = (name("tank/share"), "/tank/share".into());
    world.host.by_hand(&Op::DirectorySet { dataset, path, owner, group, mode, acl: Some(to.acl) }).unwrap();
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
    let by_hand = |to: Directory| by_hand(&world, to);
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

    // The generation before says nothing of it: the group goes back, and nothing else.
    world.rollback(1).unwrap();
    assert_eq!(directory(&world, "tank/share"), of(7, 8, "0700"));
    assert!(world.drift().is_empty());
    // Two that say it differently go back and forth.
    world.switch(&graph(with(small(), permissions("tank/share", Some("1"), None, Some("0750"))))).unwrap();
    let closed = world.current().unwrap();
    world.switch(&graph(with(small(), permissions("tank/share", Some("2"), None, Some("0755"))))).unwrap();
    world.rollback(closed).unwrap();
    assert_eq!(directory(&world, "tank/share"), of(1, 8, "0750"));
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
    let given = Op::DirectorySet { dataset, path, owner: Some(33), group: None, mode: None, acl: None };
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

/// Switches, and sees that all holds then, and a second switch has nothing to do.
#[track_caller]
fn to(world: &World, wanted: &Graph) {
    assert!(matches!(world.switch(wanted).unwrap(), Switched::To { .. }));
    assert!(world.drift().is_empty(), "{:#?}", world.drift().actions);
    assert!(matches!(world.switch(wanted).unwrap(), Switched::Nothing { .. }));
}

#[test]
fn what_a_spec_says_no_more_goes_back_to_what_was_before_one_did() {
    let world = World::new();
    let says = |owner, mode| graph(with(small(), permissions("tank/share", owner, None, mode)));
    world.switch(&graph(small())).unwrap();
    by_hand(&world, of(7, 8, "0711"));
    to(&world, &says(Some("33"), Some("2770")));
    to(&world, &says(Some("34"), Some("2750")));
    // One of the two goes.
    to(&world, &says(Some("34"), None));
    assert_eq!(directory(&world, "tank/share"), of(34, 8, "0711"));
    let plan = world.plan(&graph(small()));
    assert_eq!(kinds(&plan), ["remove permissions:tank/share"]);
    assert_eq!(plan.actions[0].changes.len(), 1);
    to(&world, &graph(small()));
    assert_eq!(directory(&world, "tank/share"), of(7, 8, "0711"));
    // What somebody does from then on is nobody's business.
    by_hand(&world, of(1, 2, "0700"));
    assert!(world.drift().is_empty());
    world.rollback(2).unwrap();
    assert_eq!(directory(&world, "tank/share"), of(33, 2, "2770"));
    world.rollback(1).unwrap();
    assert_eq!(directory(&world, "tank/share"), of(1, 2, "0700"));
}

#[test]
fn what_a_dataset_had_that_the_switch_made_or_mounted_goes_back_too() {
    let world = World::new();
    let share =
        |words: &[(&str, &str)]| vec![pool("tank", &["one", "two"], &[]), dataset("tank/share", words)];
    let wanted = permissions("tank/share", Some("33"), None, Some("2770"));
    to(&world, &graph(with(share(&[]), wanted.clone())));
    to(&world, &graph(share(&[])));
    assert_eq!(directory(&world, "tank/share"), of(0, 0, "0755"));
    // What it has is seen only once it is mounted.
    by_hand(&world, of(7, 8, "0711"));
    to(&world, &graph(share(&[("canmount", "off")])));
    to(&world, &graph(with(share(&[]), wanted)));
    assert_eq!(directory(&world, "tank/share"), of(33, 8, "2770"));
    to(&world, &graph(share(&[])));
    assert_eq!(directory(&world, "tank/share"), of(7, 8, "0711"));
}

#[test]
fn what_is_renamed_or_comes_home_has_back_what_it_had() {
    let world = World::new();
    let tank = || pool("tank", &["one", "two"], &[]);
    let said = |of: &str| permissions(of, None, None, Some("0700"));
    let renamed = |text: &str, was: &str| {
        phoenix_support::said(dataset(text, &[]), Lifecycle { was: Some(name(was)), ..Lifecycle::default() })
    };
    to(&world, &graph(vec![tank(), dataset("tank/a", &[]), said("tank/a")]));
    to(&world, &graph(vec![tank(), renamed("tank/b", "tank/a"), said("tank/b")]));
    to(&world, &graph(vec![tank(), renamed("tank/c", "tank/b")]));
    assert_eq!(directory(&world, "tank/c"), Directory::NEW);
    // Put away with what it was given, and home in a generation that says nothing of that.
    let world = World::new();
    to(&world, &graph(vec![tank(), dataset("tank/a", &[])]));
    to(&world, &graph(vec![tank(), dataset("tank/a", &[]), said("tank/a")]));
    to(&world, &graph(vec![tank()]));
    world.rollback(1).unwrap();
    assert_eq!(directory(&world, "tank/a"), Directory::NEW);
    assert!(world.drift().is_empty());
    // Home in a generation that says it once more, it still goes back to what was before that.
    world.rollback(2).unwrap();
    to(&world, &graph(vec![tank(), dataset("tank/z", &[])]));
    world.rollback(2).unwrap();
    world.rollback(1).unwrap();
    assert_eq!(directory(&world, "tank/a"), Directory::NEW);
}

#[test]
fn what_a_name_had_before_is_not_taken_for_what_another_had_that_gets_it() {
    let tank = || pool("tank", &["one", "two"], &[]);
    let group = |of: &str, group: &str| permissions(of, None, Some(group), None);
    let renamed = |text: &str, was: &str| {
        phoenix_support::said(dataset(text, &[]), Lifecycle { was: Some(name(was)), ..Lifecycle::default() })
    };
    // Renamed and said otherwise in one switch.
    let world = World::new();
    to(&world, &graph(vec![tank(), dataset("tank/x", &[]), group("tank/x", "33")]));
    let otherwise = graph(vec![tank(), renamed("tank/y", "tank/x"), group("tank/y", "100")]);
    assert!(kinds(&world.plan(&otherwise)).contains(&"update permissions:tank/y".to_owned()));
    to(&world, &otherwise);
    to(&world, &graph(vec![tank(), renamed("tank/y", "tank/x")]));
    assert_eq!(directory(&world, "tank/y"), Directory::NEW);
    // Another takes the name.
    let world = World::new();
    to(&world, &graph(vec![tank(), dataset("tank/share", &[]), dataset("tank/d", &[])]));
    by_hand(&world, of(0, 8, "0755"));
    to(
        &world,
        &graph(vec![tank(), dataset("tank/share", &[]), dataset("tank/d", &[]), group("tank/d", "33")]),
    );
    let passed = [renamed("tank/d", "tank/share"), renamed("tank/x", "tank/d"), group("tank/x", "33")];
    to(&world, &graph([tank()].into_iter().chain(passed).collect()));
    assert_eq!(directory(&world, "tank/d"), of(0, 8, "0755"));
    world.rollback(1).unwrap();
    assert_eq!(
        (directory(&world, "tank/d"), directory(&world, "tank/share")),
        (Directory::NEW, of(0, 8, "0755"))
    );
}

#[test]
fn what_is_not_mounted_any_more_keeps_what_the_spec_says_no_more() {
    let world = World::new();
    let a = |words: &[(&str, &str)]| vec![pool("tank", &["one", "two"], &[]), dataset("tank/a", words)];
    to(&world, &graph(with(a(&[]), permissions("tank/a", None, Some("100"), None))));
    to(&world, &graph(a(&[("canmount", "off")])));
    assert_eq!(directory(&world, "tank/a"), of(0, 100, "0755"));
}

/// The host with a share that has this list, and this mode where one is said.
fn listed(acl: &str, mode: Option<&str>) -> Graph {
    let mut said = permissions("tank/share", None, None, mode);
    if let Resource::Permissions(said) = &mut said {
        said.acl = acl.parse().unwrap();
    }
    let of_share = |one: &Resource| one.dataset_name() == Some(&name("tank/share"));
    let mut all: Vec<Resource> = small().into_iter().filter(|one| !of_share(one)).collect();
    all.extend([dataset("tank/share", &[("acltype", "posix")]), said]);
    graph(all)
}

fn acl(world: &World) -> (String, String) {
    let directory = directory(world, "tank/share");
    (directory.mode.to_string(), directory.acl.to_string())
}

fn is(mode: &str, acl: &str) -> (String, String) {
    (mode.to_owned(), acl.to_owned())
}

#[test]
fn a_list_is_given_with_the_mode_and_goes_back_to_what_was_before() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    world.switch(&listed("user:33:rwx,default:group:12:r-x", Some("2750"))).unwrap();
    let defaults =
        "default:user::rwx,default:group::r-x,default:group:12:r-x,default:mask::r-x,default:other::---";
    assert_eq!(acl(&world), is("2770", &format!("user:33:rwx,group::r-x,mask::rwx,{defaults}")));
    assert!(world.drift().is_empty());
    // Somebody who takes the mask down takes from whom the spec lets in.
    let (dataset, path) = (name("tank/share"), "/tank/share".into());
    let shut =
        Op::DirectorySet { dataset, path, owner: None, group: None, mode: "0700".parse().ok(), acl: None };
    world.host.by_hand(&shut).unwrap();
    assert!(!world.drift().is_empty());
    world.switch(&listed("user:33:rwx,default:group:12:r-x", Some("2750"))).unwrap();
    assert_eq!(acl(&world).0, "2770");
    world.switch(&listed("user:34:r--", None)).unwrap();
    assert_eq!(acl(&world), is("0755", "user:34:r--,group::r-x,mask::r-x"));
    world.rollback(2).unwrap();
    assert_eq!(acl(&world), is("2770", &format!("user:33:rwx,group::r-x,mask::rwx,{defaults}")));
    world.rollback(1).unwrap();
    assert_eq!(acl(&world), is("0755", ""));
    assert!(world.drift().is_empty());
}

#[test]
fn a_list_that_stood_there_comes_back_when_no_spec_says_one() {
    let world = World::new();
    let plain = || {
        let all = without(small(), &["dataset:tank/share"]);
        graph(with(all, dataset("tank/share", &[("acltype", "posix")])))
    };
    world.switch(&plain()).unwrap();
    let theirs = Directory { acl: "user:7:rwx,group::---,mask::rwx".parse().unwrap(), ..of(5, 6, "0770") };
    by_hand(&world, theirs.clone());
    assert_eq!(directory(&world, "tank/share"), theirs);
    world.switch(&listed("user:33:r--", Some("0700"))).unwrap();
    assert_eq!(acl(&world), is("0740", "user:33:r--,group::---,mask::r--"));
    world.rollback(1).unwrap();
    assert_eq!(directory(&world, "tank/share"), theirs);
}

#[test]
fn whatever_fails_while_a_list_goes_it_is_there_or_gone() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let none = world.picture();
    world.switch(&listed("user:33:rwx,default:user:33:rwx", Some("2750"))).unwrap();
    let there = world.picture();
    let saved = world.save();
    world.host.forget_events();
    world.rollback(1).unwrap();
    let count = world.host.events().len();
    for at in 0..count {
        for kind in [FaultKind::FailPartly, FaultKind::PowerBefore, FaultKind::PowerAfter] {
            for resume in [false, true] {
                world.restore(&saved);
                world.host.inject(Fault::at(at, kind));
                if let Err(SwitchError::Host(HostError::PowerLost)) = world.rollback(1) {
                    world.host.power_on();
                }
                world.host.clear_faults();
                world.recover(resume).unwrap();
                let gone = world.current() == Some(1);
                assert_eq!(&world.picture(), if gone { &none } else { &there }, "{kind:?} at {at}, {resume}");
            }
        }
    }
}

#[test]
fn a_list_goes_before_the_acltype_above_it_that_keeps_it() {
    let world = World::new();
    world.switch(&tank([plain("tank/p"), plain("tank/p/share")])).unwrap();
    let before = world.picture();
    let mut said = permissions("tank/p/share", None, None, None);
    if let Resource::Permissions(said) = &mut said {
        said.acl = "user:33:rwx".parse().unwrap();
    }
    let above = dataset("tank/p", &[("acltype", "posix")]);
    world.switch(&tank([above, plain("tank/p/share"), said])).unwrap();
    assert_eq!(directory(&world, "tank/p/share").mode.to_string(), "0775");
    world.rollback(1).unwrap();
    assert_eq!(world.picture(), before);
    // It does not come back with the `acltype`.
    world.set("tank/p", &[("acltype", "posix")]);
    assert_eq!(directory(&world, "tank/p/share"), Directory::NEW);
}

#[test]
fn whatever_fails_lists_are_as_they_were() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let before = world.host.image(Show::UsersOnly);
    let is = |op: &Op| matches!(op, Op::DirectorySet { .. });
    for kind in [FaultKind::Fail, FaultKind::FailPartly] {
        world.host.inject(Fault::when(is, kind));
        let switched = world.switch(&listed("user:33:rwx,default:user:33:rwx", Some("2750")));
        assert!(matches!(switched, Err(SwitchError::Failed { .. })));
        assert_eq!(world.host.image(Show::UsersOnly), before);
    }
}

#[test]
fn a_mode_that_was_said_beside_a_list_goes_back_to_the_groups_own_bits() {
    let world = World::new();
    world.switch(&listed("user:5:rwx", None)).unwrap();
    assert_eq!(acl(&world).0, "0775");
    world.switch(&listed("", Some("0700"))).unwrap();
    assert_eq!(acl(&world), is("0700", ""));
    let all = without(small(), &["dataset:tank/share"]);
    world.switch(&graph(with(all, dataset("tank/share", &[("acltype", "posix")])))).unwrap();
    assert_eq!(acl(&world), is("0755", ""));
}
