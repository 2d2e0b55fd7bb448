//! The simulator as a model of OpenZFS: the named cases, which the lab plays on both sides, on the simulator
//! alone; and the generator of random operations.

use super::{
    act::{Act, Outcome},
    cases, dice,
    generate::{self, DATASETS},
    model, picture,
    shares::SHARES,
    world,
};
use phoenix_graph::Disk;
use phoenix_sim::State;

#[test]
fn the_simulator_does_what_the_cases_say_of_openzfs() {
    let pools = pools();
    let mut wrong = Vec::new();
    for case in cases::CASES {
        let model = model::Model::new(&pools);
        for pool in &pools {
            assert_eq!(model.act(&Act::Op(pool.create())), Outcome::Done);
        }
        for (act, then) in (case.acts)() {
            let outcome = model.act(&act);
            if !then.is(&outcome) {
                wrong.push(format!("{}:\n  `{act}`: {outcome}", case.name));
            }
        }
        let facts = case.facts.iter().filter(|fact| !model.with(|state| fact.holds(state)));
        wrong.extend(facts.map(|fact| format!("{}:\n  not so: {fact:?}", case.name)));
        // Pictures can be taken of whatever it came to.
        for depth in [picture::Depth::Mounts, picture::Depth::Datasets, picture::Depth::Pools] {
            model.picture(&pools, depth).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn pools() -> Vec<world::PoolOf> {
    let disks = ["one", "two", "three"].map(|name| Disk(format!("/dev/disk/by-id/{name}").into()));
    world::pools(&disks).unwrap()
}

#[test]
fn no_random_operation_leaves_what_cannot_be() {
    let pools = pools();
    let kinds = [DATASETS, SHARES].concat();
    let mut done = 0;
    for life in 0..10 {
        let model = model::Model::new(&pools);
        for pool in &pools {
            assert_eq!(model.act(&Act::Op(pool.create())), Outcome::Done);
        }
        let mut dice = dice::Dice::new(7, life);
        for _ in 0..150 {
            let act = model.with(|state| generate::next(&mut dice, state, &kinds));
            done += usize::from(model.act(&act) == Outcome::Done);
            model.with(|state| check(state, &act));
        }
        model.with(|state| {
            let text = serde_json::to_string(state).unwrap();
            assert!(serde_json::from_str::<State>(&text).unwrap() == *state, "life {life} is not kept");
        });
    }
    // Most of what is asked for is sensible: otherwise the lab would compare refusals.
    assert!(done > 10 * 150 / 2, "{done}");
}

fn check(state: &State, after: &Act) {
    for (name, dataset) in &state.datasets {
        let parent = name.parent().map(|parent| state.datasets.get(&parent).map(|parent| parent.volume));
        assert!(parent.is_none_or(|volume| volume == Some(false)), "{name} lies nowhere after `{after}`");
        assert!(!dataset.volume || dataset.files.is_empty(), "{name} has files after `{after}`");
    }
    for mount in &state.mounts {
        let name = &mount.dataset;
        assert!(state.dataset(name).is_some_and(|found| !found.volume), "{name} is mounted after `{after}`");
        let count = state.mounts.iter().filter(|other| other.dataset == *name).count();
        assert_eq!(count, 1, "{name} is mounted more than once after `{after}`");
    }
}
