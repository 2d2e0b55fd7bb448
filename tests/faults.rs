//! For both examples, and every operation of a switch: fail there, lose power before it and after
//! it, then recover. Whatever happens, nothing is lost, and the host is wholly the old generation or
//! wholly the new one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../runtime/tests/common/mod.rs"]
mod common;

use common::World;
use phoenix_compiler::{SpecPath, compile};
use phoenix_graph::{DatasetName, Graph, Resource};
use phoenix_runtime::{
    host::sim::{Fault, FaultKind, HostImage, Show},
    switch::{Recovered, SwitchError, Switched},
};
use std::collections::BTreeSet;

const PHOENIX: &str = include_str!("../examples/phoenix/phoenix.kdl");
const DETAILED: &str = include_str!("../examples/detailed/detailed.kdl");

/// An example, and an edit of it: a property changed, a dataset added, one removed that holds a
/// file, an export changed, a registration changed.
struct Example {
    name: &'static str,
    first: Graph,
    second: Graph,
}

fn examples() -> [Example; 2] {
    let edited = |text: &str, edits: &[(&str, &str)]| {
        edits.iter().fold(text.to_owned(), |text, (old, new)| {
            assert_eq!(text.matches(old).count(), 1, "the edit {old:?} does not fit the example");
            text.replace(old, new)
        })
    };
    let phoenix = edited(
        PHOENIX,
        &[
            (r#"use="vm-disks" quota="800G""#, r#"use="vm-disks" quota="900G""#),
            (
                "dataset \"shared-iso\" use=\"iso\" quota=\"100G\" {\n            proxmox \"fastData-shared-iso\"\n        }",
                "dataset \"scratch\" mountpoint=\"/srv/scratch\" {\n            dataset \"deep\"\n        }",
            ),
            (
                "dataset \"shared-prod-data\" use=\"shared-data\" quota=\"400G\" {\n            export { client (let)\"lan\" }",
                "dataset \"shared-prod-data\" use=\"shared-data\" quota=\"400G\" {\n            export { client \"10.1.0.0/16\" }",
            ),
            ("arc max=\"30GiB\"", "arc max=\"20GiB\""),
        ],
    );
    let detailed = edited(
        DETAILED,
        &[
            ("dataset \"LXCs\" recordsize=\"16K\" {", "dataset \"LXCs\" recordsize=\"64K\" {"),
            ("content \"iso\" \"vztmpl\"", "content \"iso\""),
            ("permissions group=\"users\" mode=\"2775\"", "permissions owner=\"backup\" mode=\"0751\""),
            ("client (let)\"guests\" \"rw\" \"sync\"", "client (let)\"guests\" \"ro\" \"sync\""),
            (
                "dataset \"VMs\" {\n            proxmox \"fastData-VMs\" type=\"zfspool\" {\n                content \"images\"\n            }\n        }",
                "dataset \"machines\" atime=#true\n",
            ),
        ],
    );
    [
        Example { name: "phoenix", first: graph(PHOENIX), second: graph(&phoenix) },
        Example { name: "detailed", first: graph(DETAILED), second: graph(&detailed) },
    ]
}

fn graph(text: &str) -> Graph {
    let world = phoenix_compiler::OneFile(text.into());
    let compiled = compile(&world, &SpecPath::new("spec.kdl").unwrap());
    assert!(!compiled.has_errors(), "{:?}", compiled.diagnostics);
    compiled.hosts.into_iter().next().unwrap().graph.unwrap()
}

/// What is under way when the fault strikes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    /// From a blank host to the example.
    Fresh,
    /// From the example to its edit.
    Edit,
    /// Back from the edit to the example.
    Back,
}

const WAYS: [Way; 3] = [Way::Fresh, Way::Edit, Way::Back];

/// A host just before the way begins, with a file in every file system.
fn prepared(example: &Example, way: Way) -> World {
    let world = World::new();
    let disks = example.first.resources().filter_map(|resource| match resource {
        Resource::Pool(pool) => Some(pool.layout.iter().flat_map(|vdev| &vdev.disks)),
        _ => None,
    });
    world.host.add_blank_disks(disks.flatten().map(|disk| &*disk.0));
    if way != Way::Fresh {
        world.switch(&example.first).unwrap();
    }
    for name in datasets(&world) {
        world.host.write_file(&name, "precious", name.as_str());
    }
    if way == Way::Back {
        world.switch(&example.second).unwrap();
    }
    // What is not durable is not what a power cut is to bring back.
    world.host.power_on();
    world.host.forget_events();
    world
}

fn datasets(world: &World) -> Vec<DatasetName> {
    let state = world.host.state();
    let own = |name: &DatasetName| name.as_str().contains("/.phoenix");
    let of_users = state.datasets.iter().filter(|(name, dataset)| !dataset.volume && !own(name));
    of_users.map(|(name, _)| name.clone()).collect()
}

fn go(world: &World, example: &Example, way: Way) -> Result<Switched, SwitchError> {
    match way {
        Way::Fresh => world.switch(&example.first),
        Way::Edit => world.switch(&example.second),
        Way::Back => world.rollback(1),
    }
}

/// Returns the files of all datasets, wherever these are now: what was written is what counts.
fn files(world: &World) -> BTreeSet<String> {
    world.host.state().datasets.values().flat_map(|dataset| dataset.files.values().cloned()).collect()
}

/// A picture to compare: the sections of `storage.cfg` and the words of its lists have no order, and
/// Proxmox's own `local` comes into being with the first write.
fn picture(world: &World) -> HostImage {
    let mut image = world.host.image(Show::UsersOnly);
    // `canmount` cannot be inherited: once set, it is set back to the value it had by default.
    for dataset in image.datasets.values_mut() {
        dataset.settings.retain(|name, word| !(name.as_str() == "canmount" && &**word == "on"));
    }
    let sections = image.storage_cfg.take().unwrap_or_default();
    let mut sections: Vec<String> = sections
        .split("\n\n")
        .filter(|section| !section.trim().is_empty() && !section.starts_with("dir: local\n"))
        .map(|section| {
            let mut lines: Vec<String> = section.lines().map(sorted_list).collect();
            lines[1..].sort();
            lines.join("\n")
        })
        .collect();
    sections.sort();
    image.storage_cfg = Some(sections.join("\n\n"));
    image
}

fn sorted_list(line: &str) -> String {
    match line.split_once("content ") {
        Some((key, list)) => {
            let mut words: Vec<&str> = list.split(',').collect();
            words.sort_unstable();
            format!("{key}content {}", words.join(","))
        }
        None => line.to_owned(),
    }
}

/// Counts runs and violations, so that all of them are told at once.
#[derive(Default)]
struct Tally {
    runs: usize,
    violations: Vec<String>,
}

impl Tally {
    fn hold(&mut self, holds: bool, what: &str, run: &str) {
        if !holds {
            self.violations.push(format!("{run}: {what}"));
        }
    }

    fn end(self, what: &str) {
        println!("{what}: {} runs, {} violations", self.runs, self.violations.len());
        assert!(self.runs > 0);
        assert!(
            self.violations.is_empty(),
            "{}",
            self.violations[..self.violations.len().min(12)].join("\n")
        );
    }
}

/// Checks that the host is wholly the old or wholly the new generation.
fn check(world: &World, before: &HostImage, from: Option<u64>, run: &str, tally: &mut Tally) {
    if world.current() == from {
        let now = picture(world);
        let same = now == *before;
        tally.hold(same, &format!("the host is not as it was: {}", difference(before, &now)), run);
    } else {
        let drift = world.drift();
        let left: Vec<String> = common::kinds(&drift);
        tally.hold(left.is_empty(), &format!("the new generation does not hold: {left:?}"), run);
    }
}

fn difference(before: &HostImage, now: &HostImage) -> String {
    let (before, now) = (format!("{before:#?}"), format!("{now:#?}"));
    let (before, now): (Vec<&str>, Vec<&str>) = (before.lines().collect(), now.lines().collect());
    let gone = before.iter().filter(|line| !now.contains(line)).map(|line| format!("-{}", line.trim()));
    let come = now.iter().filter(|line| !before.contains(line)).map(|line| format!("+{}", line.trim()));
    gone.chain(come).take(12).collect::<Vec<_>>().join(" ")
}

/// Counts the events of a way that nothing disturbs.
fn events(example: &Example, way: Way) -> usize {
    let world = prepared(example, way);
    go(&world, example, way).unwrap();
    assert!(world.drift().actions.is_empty());
    world.host.events().len()
}

#[test]
fn an_operation_that_fails_anywhere_leaves_the_host_as_it_was() {
    let mut tally = Tally::default();
    for example in examples() {
        for way in WAYS {
            let count = events(&example, way);
            for kind in [FaultKind::Fail, FaultKind::FailPartly] {
                for at in 0..count {
                    let world = prepared(&example, way);
                    let (before, from, written) = (picture(&world), world.current(), files(&world));
                    world.host.inject(Fault::at(at, kind));
                    let result = go(&world, &example, way);
                    let event = world.host.events()[at].clone();
                    let run = format!("{} {way:?} {kind:?} at {at} ({event})", example.name);
                    tally.runs += 1;
                    match &result {
                        Ok(_) => tally.hold(world.current() != from, "it says done, and is not", &run),
                        Err(SwitchError::Failed { .. }) => {
                            tally.hold(world.current() == from, "it says undone, and is not", &run);
                        }
                        Err(error) => tally.hold(false, &format!("{error:?}"), &run),
                    }
                    check(&world, &before, from, &run, &mut tally);
                    tally.hold(files(&world).is_superset(&written), "a file is lost", &run);
                    if result.is_err() {
                        world.host.clear_faults();
                        let again = go(&world, &example, way);
                        tally.hold(again.is_ok(), &format!("it cannot be done again: {again:?}"), &run);
                    }
                }
            }
        }
    }
    tally.end("failing operations");
}

#[test]
fn power_lost_anywhere_is_recovered_to_the_old_generation_or_the_new_one() {
    let mut tally = Tally::default();
    for example in examples() {
        for way in WAYS {
            let count = events(&example, way);
            for kind in [FaultKind::PowerBefore, FaultKind::PowerAfter] {
                for at in 0..count {
                    for resume in [false, true] {
                        lose_power(
                            &example,
                            way,
                            Fault::at(at, kind),
                            resume,
                            None,
                            &mut tally,
                            &format!("{kind:?} at {at}"),
                        );
                    }
                }
            }
        }
    }
    tally.end("power cuts");
}

#[test]
fn power_lost_again_while_recovering_is_recovered_too() {
    let mut tally = Tally::default();
    for example in examples() {
        for way in WAYS {
            let count = events(&example, way);
            for at in (0..count).step_by(3) {
                for second in (0..12).chain((12..60).step_by(6)) {
                    let resume = (at + second) % 2 == 0;
                    let what = format!("at {at}, then {second}");
                    lose_power(
                        &example,
                        way,
                        Fault::at(at, FaultKind::PowerAfter),
                        resume,
                        Some(second),
                        &mut tally,
                        &what,
                    );
                }
            }
        }
    }
    tally.end("power cuts while recovering");
}

fn lose_power(
    example: &Example,
    way: Way,
    fault: Fault,
    resume: bool,
    second: Option<usize>,
    tally: &mut Tally,
    what: &str,
) {
    let world = prepared(example, way);
    let (before, from, written) = (picture(&world), world.current(), files(&world));
    world.host.inject(fault);
    let result = go(&world, example, way);
    let run = format!("{} {way:?} {what} resume={resume} {:?}", example.name, world.host.events().last());
    tally.runs += 1;
    tally.hold(matches!(result, Err(SwitchError::PowerLost)), &format!("{result:?}"), &run);
    world.host.power_on();
    if let Some(second) = second {
        world.host.forget_events();
        world.host.inject(Fault::at(second, FaultKind::PowerAfter));
        match world.recover(resume) {
            Err(SwitchError::PowerLost) => world.host.power_on(),
            Ok(_) => world.host.clear_faults(),
            Err(error) => tally.hold(false, &format!("the first recovery: {error:?}"), &run),
        }
    }
    match world.recover(resume) {
        Ok(None) => {}
        Ok(Some(Recovered::Finished { generation })) => {
            tally.hold(world.current() == Some(generation), "it says finished, and is not", &run);
        }
        Ok(Some(Recovered::Undone { generation, kept })) => {
            tally.hold(world.current() == generation, "it says undone, and is not", &run);
            tally.hold(kept.is_empty(), &format!("something was kept: {kept:?}"), &run);
        }
        Err(error) => tally.hold(false, &format!("{error:?}"), &run),
    }
    check(&world, &before, from, &run, tally);
    tally.hold(files(&world).is_superset(&written), "a file is lost", &run);
    let again = world.recover(false);
    tally.hold(matches!(again, Ok(None)), &format!("recovering again: {again:?}"), &run);
    if world.current() == from {
        let again = go(&world, example, way);
        tally.hold(again.is_ok(), &format!("it cannot be done again: {again:?}"), &run);
    }
}
