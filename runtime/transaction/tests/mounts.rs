//! Mount points that do not follow the tree: every nesting of three file systems, from each to each other,
//! and back.

use phoenix_graph::{Graph, Lifecycle, PropertyName, Resource};
use phoenix_host::{
    HostError,
    observed::{Query, mount::Tree},
    op::Op,
};
use phoenix_sim::{Fault, FaultKind, Show};
use phoenix_support::*;
use phoenix_transaction::switch::{Recovered, SwitchError, Switched};

/// Three file systems: beside each other, each in the one before, or both.
const TREES: [[&str; 3]; 3] =
    [["tank/a", "tank/b", "tank/c"], ["tank/a", "tank/a/b", "tank/a/b/c"], ["tank/a", "tank/a/b", "tank/c"]];

const PLACES: [&str; 3] = ["/n", "/n/b", "/n/b/c"];

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// What one file system has instead of being mounted at its place.
const STATES: [&[(&str, &str)]; 4] = [
    &[("mountpoint", "none")],
    &[("mountpoint", "legacy")],
    &[("canmount", "off")],
    &[("canmount", "noauto")],
];

/// A layout: which place each has, and perhaps one that is not mounted.
#[derive(Clone, Copy, Debug)]
struct Shape {
    tree: [&'static str; 3],
    order: [usize; 3],
    other: Option<(usize, usize)>,
}

impl Shape {
    fn graph(&self) -> Graph {
        let mut resources = vec![pool("tank", &["one"], &[])];
        for (at, name) in self.tree.iter().enumerate() {
            resources.push(dataset(name, &self.settings(at)));
        }
        graph(resources)
    }

    fn settings(&self, at: usize) -> Vec<(&'static str, &'static str)> {
        let place = ("mountpoint", PLACES[self.order[at]]);
        match self.other.filter(|(which, _)| *which == at).map(|(_, state)| STATES[state]) {
            Some([(name, word)]) if *name == "mountpoint" => vec![(*name, *word)],
            Some([(name, word)]) => vec![place, (*name, *word)],
            _ => vec![place],
        }
    }

    /// Whether a file system is to be mounted; `noauto` leaves that open.
    fn mounted(&self, at: usize) -> Option<bool> {
        match self.other.filter(|(which, _)| *which == at) {
            None => Some(true),
            Some((_, 3)) => None,
            Some(_) => Some(false),
        }
    }
}

fn shapes(tree: [&'static str; 3]) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for order in ORDERS {
        shapes.push(Shape { tree, order, other: None });
        for which in 0..3 {
            shapes.extend((0..STATES.len()).map(|state| Shape { tree, order, other: Some((which, state)) }));
        }
    }
    shapes
}

/// Every file system is seen at its place, or is not mounted, and nothing is left to do.
fn holds(world: &World, shape: &Shape, told: &str) {
    let state = world.host.state();
    for (at, text) in shape.tree.iter().enumerate() {
        let (name, place) = (name(text), PLACES[shape.order[at]]);
        let mounts: Vec<&str> =
            state.mounts.iter().filter(|mount| mount.dataset == name).map(|mount| &*mount.path).collect();
        let wanted: &[&str] = match shape.mounted(at) {
            Some(true) => &[place],
            Some(false) => &[],
            None => mounts.as_slice(),
        };
        assert_eq!(mounts, wanted, "{told}: {text}: {:?}", state.mounts);
        if !mounts.is_empty() {
            assert!(!state.hidden(&name) && mounts == [place], "{told}: {text}: {:?}", state.mounts);
        }
    }
    let drift = world.drift();
    assert!(drift.actions.is_empty() && drift.refusals.is_empty(), "{told}: {drift:#?}");
}

fn there_and_back(first: Shape, second: Shape) {
    let told = format!("{first:?} -> {second:?}");
    let world = World::new();
    world.switch(&first.graph()).unwrap_or_else(|error| panic!("{told}: {error}"));
    holds(&world, &first, &told);
    let before = world.host.state().mounts;
    let one = first.graph().id() == second.graph().id();
    match world.switch(&second.graph()) {
        Ok(Switched::Nothing { .. }) if one => return,
        Ok(_) => {}
        Err(error) => panic!("{told}: {error}"),
    }
    holds(&world, &second, &told);
    world.rollback(1).unwrap_or_else(|error| panic!("{told}, back: {error}"));
    holds(&world, &first, &format!("{told}, back"));
    let open = |shape: &Shape| (0..3).any(|at| shape.mounted(at).is_none());
    if !open(&first) && !open(&second) {
        let mut after = world.host.state().mounts;
        let mut before = before;
        before.sort_by(|a, b| a.path.cmp(&b.path));
        after.sort_by(|a, b| a.path.cmp(&b.path));
        assert_eq!(after, before, "{told}, back");
    }
}

#[test]
fn every_nesting_of_three_file_systems_leads_to_every_other_and_back() {
    for tree in TREES {
        for first in ORDERS {
            for second in ORDERS {
                there_and_back(
                    Shape { tree, order: first, other: None },
                    Shape { tree, order: second, other: None },
                );
            }
        }
    }
}

#[test]
fn what_was_put_away_comes_home_to_other_places() {
    for tree in TREES {
        for first in ORDERS {
            for second in ORDERS {
                let shape = |order| Shape { tree, order, other: None };
                let told = format!("{tree:?}: {first:?}, put away, {second:?}");
                let world = World::new();
                let empty = graph(vec![pool("tank", &["one"], &[])]);
                for graph in [&shape(first).graph(), &empty, &shape(second).graph()] {
                    world.switch(graph).unwrap_or_else(|error| panic!("{told}: {error}"));
                }
                holds(&world, &shape(second), &told);
                world.rollback(1).unwrap_or_else(|error| panic!("{told}, back: {error}"));
                holds(&world, &shape(first), &told);
            }
        }
    }
}

/// All of it takes minutes: `PHOENIX_ALL_MOUNTS=1`. Without, one in so many pairs, so that each shape is
/// begun and ended with several times.
#[test]
fn a_file_system_that_is_none_legacy_off_or_noauto_stands_in_nobodys_way() {
    #[expect(clippy::disallowed_methods, reason = "how much is run is told from outside")]
    let step = if std::env::var_os("PHOENIX_ALL_MOUNTS").is_some() { 1 } else { 41 };
    for tree in TREES {
        let shapes = shapes(tree);
        let pairs = shapes.iter().flat_map(|first| shapes.iter().map(move |second| (*first, *second)));
        pairs.step_by(step).for_each(|(first, second)| there_and_back(first, second));
    }
}

#[test]
fn whatever_fails_or_is_cut_off_while_nested_places_are_exchanged_is_undone() {
    for tree in TREES {
        for order in &ORDERS[1..] {
            let first = Shape { tree, order: ORDERS[0], other: None };
            let second = Shape { tree, order: *order, other: None };
            struck_everywhere(&first, &second);
        }
    }
}

fn struck_everywhere(first: &Shape, second: &Shape) {
    let world = World::new();
    world.switch(&first.graph()).unwrap();
    let before = world.host.image(Show::UsersOnly);
    let saved = world.save();
    world.host.forget_events();
    world.switch(&second.graph()).unwrap();
    let events = world.host.events().len();
    for at in 0..events {
        for kind in [FaultKind::Fail, FaultKind::FailPartly, FaultKind::PowerAfter] {
            world.restore(&saved);
            world.host.inject(Fault::at(at, kind));
            let told = format!("{first:?} -> {second:?}: {kind:?} at event {at}");
            match world.switch(&second.graph()) {
                Ok(_) => continue,
                Err(SwitchError::Failed { kept, .. }) => assert!(kept.is_empty(), "{told}: {kept:?}"),
                Err(SwitchError::Host(HostError::PowerLost)) => {
                    world.host.power_on();
                    match world.recover(false).unwrap_or_else(|error| panic!("{told}: {error:?}")) {
                        Some(Recovered::Finished { .. }) => {
                            holds(&world, second, &told);
                            continue;
                        }
                        Some(Recovered::Undone { kept, .. }) => assert!(kept.is_empty(), "{told}: {kept:?}"),
                        None => {}
                    }
                    if world.current() == Some(2) {
                        continue;
                    }
                }
                Err(error) => panic!("{told}: {error:?}"),
            }
            assert_eq!(world.host.image(Show::UsersOnly), before, "{told}");
            holds(&world, first, &told);
        }
    }
}

fn two(a: &[(&str, &str)], b: &[(&str, &str)]) -> Vec<Resource> {
    vec![pool("tank", &["one"], &[]), dataset("tank/a", a), dataset("tank/b", b)]
}

#[test]
fn an_outer_file_system_is_retired_and_the_inner_one_stays() {
    let world = World::new();
    let both = two(&[("mountpoint", "/n")], &[("mountpoint", "/n/b")]);
    world.switch(&graph(both.clone())).unwrap();
    world.switch(&graph(without(both, &["dataset:tank/a"]))).unwrap();
    let mounts = world.host.state().mounts;
    assert_eq!(mounts.iter().filter(|mount| &*mount.path == "/n/b").count(), 1);
    assert!(world.drift().actions.is_empty());
    world.rollback(1).unwrap();
    assert!(!world.host.state().hidden(&name("tank/b")));
}

#[test]
fn a_new_file_system_above_one_that_is_mounted_hides_nothing_and_its_export_comes_back() {
    let world = World::new();
    let b = dataset("tank/b", &[("mountpoint", "/A/B")]);
    let share = export("/A/B", "tank/b", &[("10.0.0.0/24", &["rw"])]);
    let first = vec![pool("tank", &["one"], &[]), b, share];
    world.switch(&graph(first.clone())).unwrap();
    let before = world.host.image(Show::UsersOnly);
    world.switch(&graph(with(first, dataset("tank/a", &[("mountpoint", "/A")])))).unwrap();
    let state = world.host.state();
    assert!(!state.hidden(&name("tank/b")) && state.mounted_at(&name("tank/a")) == Some("/A"));
    assert_eq!(state.live_exports().len(), 1);
    assert!(world.drift().actions.is_empty());
    world.rollback(1).unwrap();
    assert_eq!(world.host.image(Show::UsersOnly), before);
}

#[test]
fn what_somebody_hid_is_told_and_put_right() {
    let world = World::new();
    let both = graph(two(&[("mountpoint", "/n")], &[("mountpoint", "/n/b")]));
    world.switch(&both).unwrap();
    for op in [
        Op::Unmount { dataset: name("tank/b"), place: "/n/b".into() },
        Op::Unmount { dataset: name("tank/a"), place: "/n".into() },
        Op::DatasetMount { dataset: name("tank/b") },
        Op::DatasetMount { dataset: name("tank/a") },
    ] {
        world.host.by_hand(&op).unwrap();
    }
    assert!(world.host.state().hidden(&name("tank/b")));
    let drift = world.drift();
    let told: Vec<_> = drift.actions.iter().flat_map(|action| &action.changes).collect();
    let hidden = told.iter().find(|change| change.setting == "mounted").unwrap();
    assert_eq!(hidden.old.as_deref(), Some("yes, hidden by tank/a at /n"));
    assert!(matches!(world.switch(&both).unwrap(), Switched::Repaired { generation: 1, .. }));
    let seen = phoenix_host::Host::observe(&world.host, &Query::default()).unwrap();
    let tree = Tree::new(&seen.mounts);
    assert!(tree.is_seen(&name("tank/a"), "/n") && tree.is_seen(&name("tank/b"), "/n/b"));
    assert!(world.drift().actions.is_empty());
}

#[test]
fn the_root_file_system_is_taken_over_where_it_is_and_never_unmounted() {
    let world = World::new();
    world.switch(&graph(vec![pool("rpool", &["one"], &[])])).unwrap();
    for op in [
        Op::DatasetCreate { dataset: name("rpool/ROOT"), settings: Vec::new() },
        Op::DatasetCreate {
            dataset: name("rpool/ROOT/pve-1"),
            settings: vec![(PropertyName::new("mountpoint"), "/".into())],
        },
        Op::DatasetMount { dataset: name("rpool/ROOT") },
    ] {
        world.host.by_hand(&op).unwrap();
    }
    world.host.edit(|state| {
        let root = phoenix_sim::state::Mount {
            path: "/".into(),
            dataset: name("rpool/ROOT/pve-1"),
            options: std::collections::BTreeMap::new(),
        };
        state.mounts.insert(0, root);
    });
    let spec = |words: &[(&str, &str)]| {
        graph(vec![
            pool("rpool", &["one"], &[]),
            dataset("rpool/ROOT", &[]),
            said(dataset("rpool/ROOT/pve-1", words), Lifecycle { adopt: true, ..Lifecycle::default() }),
            dataset("rpool/data", &[]),
        ])
    };
    world.switch_with(&spec(&[("mountpoint", "/"), ("compression", "lz4")]), &adopt()).unwrap();
    assert_eq!(world.host.state().mounted_at(&name("rpool/ROOT/pve-1")), Some("/"));
    let refusals = refused(world.switch(&spec(&[("mountpoint", "/elsewhere")])));
    assert!(refusals[0].reason.contains("root file system"), "{refusals:?}");
}

#[test]
fn a_mounted_file_system_gets_every_canmount_and_its_children_stay() {
    let words = ["on", "noauto", "off"];
    for first in words {
        for second in words {
            let world = World::new();
            let spec = |word: &str| {
                graph(vec![
                    pool("tank", &["one"], &[]),
                    dataset("tank/p", &[("canmount", word)]),
                    dataset("tank/p/x", &[]),
                ])
            };
            world.switch(&spec(first)).unwrap();
            world.switch(&spec(second)).unwrap();
            assert_eq!(world.host.state().mounted_at(&name("tank/p/x")), Some("/tank/p/x"));
            world
                .rollback(if first == second {
                    1
                } else {
                    world.store.generation(2).unwrap().parent.unwrap()
                })
                .unwrap();
            assert!(world.drift().actions.is_empty(), "{first} {second}");
            assert!(!world.host.state().hidden(&name("tank/p/x")));
        }
    }
}

#[test]
fn what_is_exported_may_be_mounted_elsewhere_by_the_same_switch_and_goes_back() {
    // Where each of two file systems is, and whether it is exported.
    let places = [None, Some("/srv/x"), Some("/srv/y"), Some("/tank/a/in")];
    let states: Vec<[(Option<&str>, bool); 2]> = places
        .iter()
        .flat_map(|a| places.iter().map(move |b| (*a, *b)))
        .filter(|(a, b)| (a != b || a.is_none()) && a.is_none_or(|a| a != "/tank/a/in"))
        .flat_map(|(a, b)| [(true, true), (true, false), (false, false)].map(|(x, y)| [(a, x), (b, y)]))
        .collect();
    let spec = |state: &[(Option<&str>, bool); 2]| {
        let mut resources = vec![pool("tank", &["one", "two"], &[])];
        for (at, (place, exported)) in ["a", "b"].iter().zip(state) {
            let of = format!("tank/{at}");
            let words: Vec<(&str, &str)> = place.iter().map(|place| ("mountpoint", *place)).collect();
            resources.push(dataset(&of, &words));
            if *exported {
                let path = place.map_or_else(|| format!("/{of}"), str::to_owned);
                resources.push(export(&path, &of, &[("10.0.0.0/24", &["rw"])]));
            }
        }
        graph(resources)
    };
    let live = |world: &World| -> Vec<String> {
        world.host.state().exports.iter().map(|export| format!("{export:?}")).collect()
    };
    // The way back is the other of each two.
    for (at, from) in states.iter().enumerate() {
        for to in &states[at..] {
            let run = format!("from {from:?} to {to:?}");
            let world = World::new();
            world.switch(&spec(from)).unwrap_or_else(|error| panic!("{run}: {error:?}"));
            let before = live(&world);
            world.host.write_file(&name("tank/a"), "file", "precious");
            world.switch(&spec(to)).unwrap_or_else(|error| panic!("{run}: {error:?}"));
            let there = live(&world);
            for (place, exported) in to {
                let place = place.unwrap_or("/tank/");
                assert!(!exported || there.iter().any(|line| line.contains(place)), "{run}: {there:?}");
            }
            assert_eq!(there.len(), to.iter().filter(|(_, exported)| *exported).count(), "{run}: {there:?}");
            assert_eq!(kinds(&world.drift()), [""; 0], "{run}");
            world.rollback(1).unwrap_or_else(|error| panic!("{run}, and back: {error:?}"));
            assert_eq!(live(&world), before, "{run}, and back");
            assert_eq!(kinds(&world.drift()), [""; 0], "{run}, and back");
        }
    }
}

#[test]
fn a_mount_point_set_by_hand_is_told_where_it_is_exported_and_the_spec_may_say_it() {
    let world = World::new();
    let share = |path: &str, words: &[(&str, &str)]| {
        let share = export(path, "tank/a", &[("10.0.0.0/24", &["rw"])]);
        graph(vec![pool("tank", &["one", "two"], &[]), dataset("tank/a", words), share])
    };
    world.switch(&share("/tank/a", &[])).unwrap();
    let settings = vec![(PropertyName::new("mountpoint"), "/srv/m".into())];
    world.host.by_hand(&Op::DatasetSet { dataset: name("tank/a"), settings }).unwrap();
    let refusals = world.plan(&share("/tank/a", &[])).refusals;
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert!(refusals[0].reason.contains("is mounted at /srv/m, not at /tank/a"), "{refusals:?}");
    assert!(refusals[0].help.contains("mountpoint=/tank/a"), "{refusals:?}");
    // As the help says; and the other way, as it is.
    for path in ["/tank/a", "/srv/m"] {
        world.switch(&share(path, &[("mountpoint", path)])).unwrap();
        assert_eq!(world.host.state().mounted_at(&name("tank/a")), Some(path));
        assert_eq!(kinds(&world.drift()), [""; 0]);
    }
}

#[test]
fn what_is_mounted_by_itself_only_after_what_it_lies_in_moved_is_mounted_before_what_lies_in_it() {
    let world = World::new();
    let tank = |b: &[(&str, &str)], d: &[(&str, &str)]| {
        let three = [dataset("tank/b", b), dataset("tank/b/d", d), dataset("tank/b/d/b", &[])];
        graph([pool("tank", &["one", "two"], &[])].into_iter().chain(three).collect())
    };
    world.switch(&tank(&[], &[("canmount", "noauto")])).unwrap();
    world.switch(&tank(&[("mountpoint", "/srv/b")], &[])).unwrap();
    assert!(world.drift().is_empty());
    world.rollback(1).unwrap();
    assert!(world.drift().is_empty());
}
