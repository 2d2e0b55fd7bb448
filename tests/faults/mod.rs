//! Wherever an operation fails or power is lost, in a switch, in undoing it or in recovering from it:
//! nothing is lost, and the host is wholly the old generation or wholly the new one.
//!
//! Both examples, each with an edit, a host with encrypted datasets, one with new names, one whose containers have folders,
//! and random pairs of specs
//! ([`random`]), with those that once found something ([`found`]). By itself each fault is struck everywhere, and a second one at chosen places;
//! `PHOENIX_FAULTS=all` strikes the second one everywhere, too, `PHOENIX_FAULTS=N` takes N random pairs,
//! and `PHOENIX_PAIR=NAME` the one of that name alone, such as `pair 7` or `tree 12`.

mod examples;
mod found;
mod picture;
mod random;
mod rearranged;
mod scenario;
mod tally;

use examples::{encrypted, examples, folders, renamed};
use found::found;
use phoenix_host::{HostError, op::Op};
use phoenix_sim::{Fault, FaultKind};
use phoenix_transaction::switch::SwitchError;
use picture::{difference, picture};
use random::Pairs;
use scenario::{CUTS, FAILURES, NotGone, Pair, Scenario, WAYS, Way, prepared, wander};
use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};
use tally::Tally;

/// Random pairs that are disturbed in an ordinary run.
const PAIRS: usize = 24;

/// Rearranged trees that are disturbed, those that are only gone there and back, and those that are put away between.
const REARRANGED: usize = 8;
const PLAIN: usize = 1000;
const PUT_AWAY: usize = 200;

/// What `PHOENIX_FAULTS` asks for.
#[expect(clippy::disallowed_methods, reason = "how much is run is told from outside")]
fn asked() -> Option<String> {
    std::env::var("PHOENIX_FAULTS").ok()
}

/// The one pair that `PHOENIX_PAIR` asks for.
#[expect(clippy::disallowed_methods, reason = "which is run is told from outside")]
fn alone() -> Option<String> {
    std::env::var("PHOENIX_PAIR").ok()
}

/// At which of so many places a second fault strikes: everywhere, or at two of them that move along.
fn seconds(at: usize, count: usize, several: usize) -> Vec<usize> {
    if asked().as_deref() == Some("all") || count <= several {
        return (0..count).collect();
    }
    (0..several).map(|one| (at * 7 + one * count / several) % count).collect()
}

/// Disturbs a way at every point.
fn disturb(scenario: &Scenario<'_>, several: usize, tally: &mut Tally) {
    for at in 0..scenario.events {
        for kind in FAILURES {
            let undoing = scenario.failure(at, kind, tally);
            for (number, second) in seconds(at, undoing, several).into_iter().enumerate() {
                let then = [FAILURES[at % 2], CUTS[number % 2]][(at / 2 + number) % 2];
                scenario.failure_and(at, kind, (second, then), tally);
            }
        }
        // What an operation may be caught in: everywhere, and with a second fault at one place.
        for number in 0..scenario.inner[at] {
            for resume in [false, true] {
                let kind = FaultKind::PowerWithin(number);
                let recovering = scenario.cut(at, kind, resume, tally);
                for second in seconds(at, recovering, several.min(1)) {
                    let then = [CUTS[at % 2], FAILURES[number % 2]][(at / 2 + number) % 2];
                    scenario.cut_and(at, kind, resume, (second, then), tally);
                }
            }
        }
        for kind in CUTS {
            for resume in [false, true] {
                let recovering = scenario.cut(at, kind, resume, tally);
                for (number, second) in seconds(at, recovering, several).into_iter().enumerate() {
                    let then = [CUTS[at % 2], FAILURES[number % 2]][(at / 2 + number) % 2];
                    scenario.cut_and(at, kind, resume, (second, then), tally);
                }
            }
        }
    }
}

/// Does something for each of several, on all processors.
fn side_by_side<T: Sync>(all: &[T], act: impl Fn(&T, &mut Tally) + Sync) -> Tally {
    let next = AtomicUsize::new(0);
    let whole = Mutex::new(Tally::default());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut tally = Tally::default();
                    act(one, &mut tally);
                    whole.lock().unwrap().add(tally);
                }
            });
        }
    });
    whole.into_inner().unwrap()
}

#[test]
fn the_examples_hold_whatever_fails() {
    let examples = examples();
    let ways: Vec<(&Pair, Way)> = examples.iter().flat_map(|pair| WAYS.map(|way| (pair, way))).collect();
    let tally = side_by_side(&ways, |(pair, way), tally| {
        disturb(&Scenario::new(pair, *way).expect("an example is not refused"), 2, tally);
    });
    tally.end("faults in the examples");
}

#[test]
fn encrypted_datasets_hold_whatever_fails() {
    let pair = encrypted();
    let tally = side_by_side(&WAYS, |way, tally| {
        disturb(&Scenario::new(&pair, *way).expect("it is not refused"), 2, tally);
    });
    tally.end("faults around encrypted datasets");
}

#[test]
fn new_names_hold_whatever_fails() {
    let pair = renamed();
    let tally = side_by_side(&[Way::Edit, Way::Back], |way, tally| {
        disturb(&Scenario::new(&pair, *way).expect("it is not refused"), 1, tally);
    });
    tally.end("faults around new names");
}

#[test]
fn folders_hold_whatever_fails() {
    let pair = folders();
    let tally = side_by_side(&[Way::Edit, Way::Back], |way, tally| {
        disturb(&Scenario::new(&pair, *way).expect("it is not refused"), 1, tally);
    });
    tally.end("faults around folders");
}

#[test]
fn rearranged_trees_hold_whatever_fails() {
    let mut trees = rearranged::Trees::new(5);
    let mut ways: Vec<(Pair, Way)> = Vec::new();
    let wanted = asked().and_then(|asked| asked.parse().ok()).unwrap_or(REARRANGED);
    while ways.len() < wanted {
        let way = [Way::Edit, Way::Back][ways.len() % 2];
        let pair = trees.next();
        if Scenario::new(&pair, way).is_ok_and(|scenario| scenario.events > 0) {
            ways.push((pair, way));
        }
    }
    ways.retain(|(pair, _)| alone().is_none_or(|name| pair.name == name));
    let tally = side_by_side(&ways, |(pair, way), tally| {
        disturb(&Scenario::new(pair, *way).expect("it was not refused before"), 1, tally);
    });
    tally.end("faults in rearranged trees");
}

/// Each dataset is known by what was written to it, there and back.
#[test]
fn rearranged_trees_keep_what_they_hold() {
    let mut trees = rearranged::Trees::new(6);
    let mut pairs: Vec<Pair> = (0..PLAIN).map(|_| trees.next()).collect();
    // The smallest first: what breaks is told by them.
    pairs.sort_by_key(|pair| pair.outline().len());
    let tally = side_by_side(&pairs, |pair, tally| {
        for way in [Way::Edit, Way::Back] {
            let gone = Scenario::new(pair, way);
            tally.run(match &gone {
                Ok(_) => "gone",
                Err(NotGone::Refused(why)) => why,
                Err(_) => "broken",
            });
            if let Err(NotGone::NotTaken(how) | NotGone::Broken(how)) = &gone {
                let run = format!("{} {way:?} at once\n{}", pair.name, pair.outline());
                tally.hold(false, || how.clone(), &run);
            }
        }
    });
    tally.end("rearranged trees");
}

/// What is put away whole comes home as it was, by whatever names.
#[test]
fn rearranged_trees_come_home() {
    let away = examples::graph(&examples::spec("dataset \"z\""));
    let wanted = asked().and_then(|asked| asked.parse().ok()).unwrap_or(PUT_AWAY);
    let mut pairs: Vec<Pair> = Vec::new();
    for mut trees in [rearranged::Trees::bare(8), rearranged::Trees::new(9)] {
        pairs.extend((0..wanted / 2).map(|_| trees.next()));
    }
    pairs.retain(|pair| pair.first.id() != pair.second.id());
    pairs.retain(|pair| alone().is_none_or(|name| pair.name == name));
    pairs.sort_by_key(|pair| pair.outline().len());
    let tally = side_by_side(&pairs, |pair, tally| {
        let gone = wander(pair, &away);
        tally.run(match &gone {
            Ok(()) => "gone",
            Err(NotGone::Refused(why)) => why,
            Err(_) => "broken",
        });
        if let Err(NotGone::NotTaken(how) | NotGone::Broken(how)) = &gone {
            tally.hold(false, || how.clone(), &format!("{} put away at once\n{}", pair.name, pair.outline()));
        }
    });
    tally.end("rearranged trees, put away");
}

/// Whether an operation is one of a kind.
type Does = fn(&Op) -> bool;

/// What is done on the way of a random pair at least, each with its name: pairs are taken until all of it is.
const DONE: [(&str, Does); 6] = [
    ("a list is given", |op| matches!(op, Op::DirectorySet { acl: Some(acl), .. } if !acl.is_empty())),
    ("a list is taken off", |op| matches!(op, Op::DirectorySet { acl: Some(acl), .. } if acl.is_empty())),
    ("all in a dataset is given away", |op| matches!(op, Op::ContentsSet { .. })),
    ("a folder is made", |op| matches!(op, Op::FolderMake { .. })),
    ("a secret is given", |op| matches!(op, Op::StorageAdd { secrets, .. } if !secrets.is_empty())),
    ("a secret is exchanged", |op| matches!(op, Op::StorageSet { secrets, .. } if !secrets.is_empty())),
];

/// So many pairs are looked at for that at most.
const LOOKED_AT: usize = 2000;

#[test]
fn random_pairs_of_specs_hold_whatever_fails() {
    let wanted = asked().and_then(|asked| asked.parse().ok()).unwrap_or(PAIRS);
    let mut pairs = Pairs::new(7);
    let mut ways: Vec<(Pair, Way)> = Vec::new();
    let mut refused = 0;
    let mut missing = DONE.to_vec();
    for _ in 0..LOOKED_AT {
        if ways.len() >= wanted && missing.is_empty() {
            break;
        }
        let way = WAYS[1 + ways.len() % 2];
        let pair = pairs.next();
        // Whether a plan is refused is seen by going once.
        match Scenario::new(&pair, way) {
            Ok(scenario) if scenario.events > 0 => {
                let before = missing.len();
                missing.retain(|(_, is)| !scenario.ops.iter().any(is));
                if ways.len() < wanted || missing.len() < before {
                    ways.push((pair, way));
                }
            }
            Ok(_) | Err(NotGone::Refused(_)) => refused += 1,
            // What the host itself does not take is no fault that is looked for here; it is undone like any other.
            Err(NotGone::NotTaken(how)) => {
                println!("    the host does not take it: {how}");
                refused += 1;
            }
            Err(NotGone::Broken(how)) => panic!("{}: {how}", pair.name),
        }
    }
    let missing: Vec<&str> = missing.iter().map(|(name, _)| *name).collect();
    assert!(missing.is_empty(), "no pair is such that {missing:?}");
    let count = ways.len();
    for way in [Way::Edit, Way::Back] {
        let pairs = found().into_iter();
        ways.extend(
            pairs
                .map(|pair| (pair, way))
                .filter(|(pair, way)| Scenario::new(pair, *way).is_ok_and(|scenario| scenario.events > 0)),
        );
    }
    ways.retain(|(pair, _)| alone().is_none_or(|name| pair.name == name));
    let tally = side_by_side(&ways, |(pair, way), tally| {
        disturb(&Scenario::new(pair, *way).expect("it was not refused before"), 1, tally);
    });
    tally.end(&format!(
        "faults in {count} random pairs ({refused} more were refused), and those that once found something"
    ));
}

#[test]
fn a_full_state_folder_leaves_the_host_whole_and_says_so() {
    let examples: Vec<Pair> = examples().into_iter().chain([encrypted()]).collect();
    let ways: Vec<(&Pair, Way, bool)> = examples
        .iter()
        .flat_map(|pair| WAYS.map(|way| (pair, way, false)).into_iter().chain([(pair, Way::Edit, true)]))
        .collect();
    let tally = side_by_side(&ways, |(pair, way, waits), tally| {
        let scenario = Scenario::new(pair, *way).expect("an example is not refused");
        for at in 0..scenario.events + 2 * usize::from(*waits) {
            scenario.full(at, *waits, tally);
        }
    });
    tally.end("a full state folder");
}

#[test]
fn power_lost_before_a_switch_is_confirmed_ends_in_the_old_generation() {
    let mut tally = Tally::default();
    for example in examples().into_iter().chain([encrypted(), renamed()]) {
        let world = prepared(&example, Way::Edit).unwrap();
        world.switch_and_wait(&example.second).unwrap();
        let count = world.host.events().len();
        for at in (0..=count).step_by(2) {
            for second in [None, Some(at), Some(at / 2), Some(at / 5)] {
                let world = prepared(&example, Way::Edit).unwrap();
                let (before, from, written) = (picture(&world), world.current(), world.files());
                let run = format!("{} at {at}, then {second:?}", example.name);
                tally.run("power is cut before a confirmation");
                world.host.inject(Fault::at(at, FaultKind::PowerAfter));
                let result = world.switch_and_wait(&example.second);
                let cut = matches!(result, Err(SwitchError::Host(HostError::PowerLost)));
                tally.hold(cut || (at == count && result.is_ok()), || format!("{result:?}"), &run);
                world.host.clear_faults();
                world.host.power_on();
                if let Some(second) = second {
                    world.host.forget_events();
                    world.host.inject(Fault::at(second, FaultKind::PowerAfter));
                    let first = world.recover(false);
                    let told = matches!(first, Ok(_) | Err(SwitchError::Host(HostError::PowerLost)));
                    tally.hold(told, || format!("the first recovery: {first:?}"), &run);
                    world.host.clear_faults();
                    world.host.power_on();
                }
                let recovered = world.recover(false);
                tally.hold(recovered.is_ok(), || format!("{recovered:?}"), &run);
                tally.hold(world.current() == from, || "nobody confirmed, and it is current".into(), &run);
                tally.hold(world.store.pending().unwrap().is_none(), || "it waits for ever".into(), &run);
                let now = picture(&world);
                tally.hold(now == before, || difference(&before, &now), &run);
                tally.hold(world.files().is_superset(&written), || "a file is lost".into(), &run);
                let again = world.switch(&example.second);
                tally.hold(again.is_ok(), || format!("it cannot be done again: {again:?}"), &run);
            }
        }
    }
    tally.end("power cuts before a confirmation");
}
