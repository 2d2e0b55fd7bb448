//! What comes home brings what was noted of it, whatever name it went by, and whoever had its name meanwhile.

use phoenix_graph::{Graph, Key, Resource};
use phoenix_host::{HostError, op::Op};
use phoenix_plan::{Before, Consent, Plan};
use phoenix_sim::{Fault, FaultKind};
use phoenix_store::Store;
use phoenix_support::*;
use phoenix_transaction::switch::{SwitchError, Target};

fn mode(of: &str, mode: &str) -> Resource {
    permissions(of, Some("1000"), None, Some(mode))
}

/// Returns what a property is set to, and nothing where it is inherited.
fn local(world: &World, of: &str, property: &str) -> Option<String> {
    let seen = world.host.state();
    let dataset = seen.dataset(&name(of)).unwrap_or_else(|| panic!("no {of}"));
    dataset.settings.get(property).map(|raw| raw.to_string())
}

fn steps(world: &World, graphs: &[&Graph]) {
    for graph in graphs {
        world.switch(graph).unwrap();
        assert!(world.drift().actions.is_empty());
    }
}

#[track_caller]
fn back(world: &World, number: u64) {
    world.rollback(number).unwrap();
    let drift = world.drift();
    assert!(drift.actions.is_empty() && drift.refusals.is_empty(), "{drift:#?}");
}

/// `tank/a` without settings, `tank/b` that is the same with some, and nothing.
fn renamed_with_settings() -> [Graph; 3] {
    let b = || was(dataset("tank/b", &[("atime", "off")]), "tank/a");
    [
        tank([plain("tank/a"), plain("tank/a/x")]),
        tank([b(), plain("tank/b/x"), mode("tank/b", "2770")]),
        tank([]),
    ]
}

#[test]
fn settings_said_by_another_name_go_back_when_it_comes_home_by_its_first() {
    let world = World::new();
    let [first, second, nothing] = renamed_with_settings();
    steps(&world, &[&first]);
    let picture = world.picture();
    steps(&world, &[&second, &nothing]);
    back(&world, 1);
    assert_eq!(world.picture(), picture);
    back(&world, 3);
    back(&world, 2);
    assert_eq!(local(&world, "tank/b", "atime").as_deref(), Some("off"));
    back(&world, 1);
    assert_eq!(world.picture(), picture);
}

#[test]
fn what_took_its_name_meanwhile_does_not_take_what_was_noted_of_it() {
    let world = World::new();
    steps(&world, &[&tank([plain("tank/a"), plain("tank/z")])]);
    let picture = world.picture();
    let with = [dataset("tank/a", &[("atime", "off")]), mode("tank/a", "2770"), plain("tank/z")];
    let another = was(dataset("tank/a", &[("exec", "off")]), "tank/z");
    steps(&world, &[&tank(with), &tank([plain("tank/z")]), &tank([another]), &tank([])]);
    back(&world, 1);
    assert_eq!(world.picture(), picture);
}

#[test]
fn what_was_set_by_hand_comes_back_by_whatever_name() {
    let world = World::new();
    steps(&world, &[&tank([plain("tank/a")])]);
    world.set("tank/a", &[("compression", "zstd"), ("quota", "2G")]);
    let picture = world.picture();
    let second = was(dataset("tank/b", &[("compression", "lz4"), ("quota", "1G")]), "tank/a");
    steps(&world, &[&tank([second]), &tank([])]);
    back(&world, 1);
    assert_eq!(world.picture(), picture);
}

#[test]
fn what_stood_aside_for_an_earlier_state_brings_its_settings_and_loses_them_where_nothing_says_them() {
    let world = World::new();
    let first = tank([plain("tank/a")]);
    steps(&world, &[&first, &tank([dataset("tank/a", &[("atime", "off")])])]);
    let consent = Consent { with_data: [name("tank/a")].into(), ..Consent::default() };
    let go = |number: u64| {
        let to = Target::Generation(number);
        world.with(|runtime| runtime.switch("rollback", &to, &consent, &mut |_| true)).unwrap();
        assert!(world.drift().actions.is_empty());
    };
    go(1);
    assert_eq!(local(&world, "tank/a", "atime"), None);
    steps(&world, &[&tank([plain("tank/a"), plain("tank/k")])]);
    go(2);
    assert_eq!(local(&world, "tank/a", "atime").as_deref(), Some("off"));
    back(&world, 1);
    assert_eq!(local(&world, "tank/a", "atime"), None);
}

#[test]
fn what_an_earlier_version_put_away_has_its_notes_under_the_name_that_it_had() {
    let world = World::new();
    steps(&world, &[&tank([plain("tank/a")])]);
    world.set("tank/a", &[("compression", "zstd")]);
    let picture = world.picture();
    let said = [dataset("tank/a", &[("compression", "lz4"), ("atime", "off")]), mode("tank/a", "2770")];
    steps(&world, &[&tank(said), &tank([])]);
    // As it wrote them.
    let store = Store::open(world.root()).unwrap();
    let noted = store.before(3).unwrap().unwrap();
    let home = |key: Key| match key {
        Key::Dataset(_) => Key::Dataset(name("tank/a")),
        Key::Permissions(_) => Key::Permissions(name("tank/a")),
        other => other,
    };
    let noted: Before = noted.into_iter().map(|(key, settings)| (home(key), settings)).collect();
    assert_eq!(noted.len(), 2);
    store.put_before(3, &noted).unwrap();
    // Another switch passes them on.
    steps(&world, &[&tank([plain("tank/k")])]);
    back(&world, 1);
    assert_eq!(world.picture(), picture);
}

#[test]
fn whatever_fails_while_it_comes_home_what_was_noted_of_it_stays_known() {
    let begin = || {
        let world = World::new();
        let [first, second, nothing] = renamed_with_settings();
        steps(&world, &[&first]);
        let picture = world.picture();
        steps(&world, &[&second, &nothing]);
        world.host.forget_events();
        (world, picture)
    };
    let (world, _) = begin();
    world.rollback(1).unwrap();
    let count = world.host.events().len();
    let (world, picture) = begin();
    let saved = world.save();
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
                if world.current() != Some(1) {
                    world.rollback(1).unwrap();
                }
                assert_eq!(world.picture(), picture, "{kind:?} at {at}, {resume}");
                assert!(world.drift().actions.is_empty());
            }
        }
    }
}

/// Goes back with the data of a dataset.
#[track_caller]
fn back_with(world: &World, number: u64, dataset: &str) {
    let consent = Consent { with_data: [name(dataset)].into(), ..Consent::default() };
    let to = Target::Generation(number);
    world.with(|runtime| runtime.switch("rollback", &to, &consent, &mut |_| true)).unwrap();
    let drift = world.drift();
    assert!(drift.actions.is_empty() && drift.refusals.is_empty(), "{drift:#?}");
}

fn read(world: &World, of: &str) -> Option<String> {
    world.host.read_file(&name(of), "letter")
}

#[test]
fn what_stood_there_last_comes_home_also_where_it_was_an_earlier_state() {
    let world = World::new();
    let (first, second) = (tank([plain("tank/a")]), tank([dataset("tank/a", &[("atime", "off")])]));
    steps(&world, &[&first]);
    world.host.write_file(&name("tank/a"), "letter", "one");
    steps(&world, &[&second]);
    world.host.write_file(&name("tank/a"), "letter", "two");
    back_with(&world, 1, "tank/a");
    assert_eq!(read(&world, "tank/a").as_deref(), Some("one"));
    world.host.write_file(&name("tank/a"), "letter", "three");
    for number in [1, 2] {
        steps(&world, &[&tank([])]);
        back(&world, number);
        assert_eq!(read(&world, "tank/a").as_deref(), Some("three"));
    }
}

#[test]
fn after_data_went_back_beside_a_nested_dataset_nothing_differs() {
    let world = World::new();
    steps(&world, &[&tank([plain("tank/a")])]);
    let nested = [dataset("tank/a", &[("atime", "off")]), plain("tank/b"), plain("tank/b/d")];
    steps(&world, &[&tank(nested)]);
    back_with(&world, 1, "tank/a");
    back(&world, 2);
    back(&world, 1);
}

#[test]
fn what_was_set_by_hand_is_kept_in_mind_where_it_comes_home_to_a_spec_that_says_it() {
    let world = World::new();
    steps(&world, &[&tank([plain("tank/d")])]);
    world.set("tank/d", &[("compression", "lz4")]);
    let picture = world.picture();
    steps(&world, &[&tank([]), &tank([dataset("tank/d", &[("compression", "zstd")])])]);
    steps(&world, &[&tank([plain("tank/d")])]);
    assert_eq!(world.picture(), picture);
}

#[test]
fn what_is_taken_out_of_what_comes_home_waits_for_it() {
    let world = World::new();
    let b = || dataset("tank/b", &[("atime", "on")]);
    steps(&world, &[&tank([b(), plain("tank/b/d"), plain("tank/c"), plain("tank/c/b")])]);
    let picture = world.picture();
    let taken = was(plain("tank/b/d/a"), "tank/c/b");
    steps(&world, &[&tank([plain("tank/b"), plain("tank/b/d"), taken, plain("tank/c")])]);
    steps(&world, &[&tank([plain("tank/b")])]);
    let plan = world.plan_to(1);
    let by = |wanted: &str| {
        let is = |op: &Op| matches!(op, Op::DatasetRename { to, .. } if to.as_str() == wanted);
        plan.actions.iter().position(|action| action.ops.iter().any(is)).unwrap()
    };
    let (home, out) = (by("tank/b/d"), by("tank/c/b"));
    assert!(waits_for(&plan, out, home), "{plan:#?}");
    back(&world, 1);
    assert_eq!(world.picture(), picture);
}

/// Returns whether an action waits for another, by whatever lies between.
fn waits_for(plan: &Plan, action: usize, other: usize) -> bool {
    plan.actions[action].needs.iter().any(|&need| need == other || waits_for(plan, need, other))
}

#[test]
fn what_comes_home_with_its_data_leaves_behind_what_the_generation_had_not() {
    let world = World::new();
    steps(&world, &[&tank([plain("tank/b")]), &tank([plain("tank/b"), plain("tank/b/c")]), &tank([])]);
    back_with(&world, 1, "tank/b");
    assert!(world.host.state().dataset(&name("tank/b/c")).is_none());
    back(&world, 2);
    assert!(world.host.state().dataset(&name("tank/b/c")).is_some());
}
