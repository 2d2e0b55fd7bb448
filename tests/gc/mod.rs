//! Collecting on the simulated host: what goes and what stays.

mod apart;
mod faults;
mod whole;

use phoenix_graph::{DatasetName, PoolName, PropertyName, Resource, SnapshotName};
use phoenix_host::{
    Host, HostError,
    observed::{HOME, OWNER},
    op::Op,
};
use phoenix_plan::record::{Away, Entry, Identity};
use phoenix_sim::{self, Fault, FaultKind, HostImage, Show};
use phoenix_store::{Outcome, Pin};
use phoenix_support::*;
use phoenix_transaction::{
    execute::{Event, Events},
    gc::{GcPlan, Left, Policy, Why},
    switch::{Runtime, SwitchError},
};
use std::{collections::BTreeSet, fs, path::Path, sync::Mutex};

/// Later than any file of a test was written, so that none counts as young.
const LATER: u64 = 4_000_000_000;

fn old() -> Vec<Resource> {
    let more = [dataset("tank/old", &[]), dataset("tank/old/deep", &[]), volume("tank/disk", 1 << 20)];
    more.into_iter().fold(small(), with)
}

/// A host with a life behind it. Generation 1 has `tank/old` and a volume, 2 retires both, 3 and 4 change
/// a property, 4 retires `tank/share` too, attempt 5 goes back to 3, and 6 changes another property.
fn lived() -> World {
    let world = World::new();
    let quota = |size: &str| with(small(), dataset("tank/vms", &[("recordsize", "16K"), ("quota", size)]));
    world.switch(&graph(old())).unwrap();
    for name in ["tank/old", "tank/old/deep", "tank/share", "tank/vms"] {
        assert!(world.host.write_file(&phoenix_support::name(name), "file", name));
    }
    world.switch(&graph(small())).unwrap();
    world.switch(&graph(quota("2G"))).unwrap();
    let less = without(quota("3G"), &["dataset:tank/share", "export:/tank/share"]);
    world.switch(&graph(less)).unwrap();
    world.rollback(3).unwrap();
    world.switch(&graph(quota("4G"))).unwrap();
    assert_eq!(world.current(), Some(6));
    world.at(LATER)
}

/// Says of a world that one more switch was made, and that time has passed since.
trait Switched {
    fn switched(self, resources: &[Resource]) -> World;
}

impl Switched for World {
    fn switched(self, resources: &[Resource]) -> World {
        self.switch(&graph(resources.to_vec())).unwrap();
        self.host.power_on();
        self.host.forget_events();
        self.at(LATER)
    }
}

fn names(plan: &GcPlan) -> Vec<&str> {
    plan.destroyed.iter().map(|one| one.place.as_str()).collect()
}

fn whats(left: &[Left]) -> Vec<String> {
    left.iter().map(|one| format!("{}: {}", one.what, one.reason)).collect()
}

fn snapshots(world: &World) -> Vec<String> {
    let state = world.host.state();
    let all = state.datasets.iter();
    all.flat_map(|(name, state)| state.snapshots.keys().map(move |after| format!("{name}@{after}"))).collect()
}

/// The store is whole, and the current generation holds.
#[track_caller]
fn whole(world: &World, run: &str) {
    let verified = world.store.verify().unwrap();
    assert_eq!(verified.findings, [], "{run}");
    assert_eq!(kinds(&world.drift()), [""; 0], "{run}");
}

fn past(path: &Path, seconds: u64) {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    fs::File::open(path).unwrap().set_modified(time).unwrap();
}

/// Puts a dataset on record that a test has made by hand: as put away from a home, or as a folder.
fn on_record(world: &World, place: &str, away: Option<(&str, u64)>) {
    let (place, state) = (name(place), world.host.state());
    let identity = Identity { pool: state.pools[&place.pool()].guid, dataset: state.datasets[&place].guid };
    let away = away.map(|(home, number)| Away { home: name(home), number });
    let mut record = world.store.record().unwrap().unwrap();
    record
        .entries
        .insert(identity, Entry { identity, name: place, by: 1, away, released: None, earlier: Vec::new() });
    world.store.put_record(&record).unwrap();
}

#[test]
fn a_file_survives_until_the_last_generation_that_names_it_is_gone() {
    let world = lived();
    world.rollback(3).unwrap();
    // Generations 1, 2, 3, 4 and 6 were committed; 3 is current, and 2 was before it.
    for keep in [10, 5] {
        let plan = world.gc_plan(keep);
        assert_eq!(names(&plan), [""; 0]);
        assert_eq!(plan.kept[&1], Why::Newest);
        world.gc(keep).unwrap();
        assert!(world.files().contains("tank/old/deep"), "keep {keep}");
        whole(&world, "kept");
    }
    let plan = world.gc_plan(4);
    assert_eq!(names(&plan), ["tank/.phoenix/2/disk", "tank/.phoenix/2/old"]);
    assert_eq!(plan.destroyed[1].named_by, [1]);
    assert_eq!(plan.destroyed[1].below, [name("tank/.phoenix/2/old/deep")]);
    // Two file systems without a file, and the files.
    assert_eq!(plan.destroyed[1].bytes, 2 * (24 << 10) + "tank/oldtank/old/deep".len() as u64);
    assert_eq!(plan.going.iter().map(|one| one.number).collect::<Vec<_>>(), [1]);
    assert!(world.files().contains("tank/old/deep"), "a plan changes nothing");
    let (_, collected) = world.gc(4).unwrap();
    assert_eq!((collected.datasets, collected.failed.len()), (2, 0));
    assert_eq!(world.files(), ["tank/share", "tank/vms"].map(str::to_owned).into());
    whole(&world, "collected");
    assert!(world.gc(4).unwrap().0.is_empty(), "again is nothing to do");
    assert_eq!(world.store.next_number().unwrap(), 8);
}

#[test]
fn the_current_generation_and_the_one_before_stay_whatever_is_asked() {
    let world = lived();
    let (plan, _) = world.gc(0).unwrap();
    let kept: Vec<(u64, &Why)> = plan.kept.iter().map(|(number, why)| (*number, why)).collect();
    assert_eq!(kept, [(3, &Why::Before), (6, &Why::Current)]);
    assert_eq!(world.store.generations().unwrap().len(), 2);
    whole(&world, "collected");
    // The files of 3 are in force still: those of 6 are the same.
    assert_eq!(world.store.in_force_number().unwrap(), Some(3));
    let more = with(small(), dataset("tank/vms", &[("recordsize", "16K"), ("quota", "5G")]));
    let world = world.at(NOW).switched(&more);
    let before = world.store.rendered_in_force().unwrap();
    let (plan, _) = world.gc(0).unwrap();
    assert_eq!(plan.kept.keys().copied().collect::<Vec<_>>(), [6, 7]);
    assert_eq!(world.store.in_force_number().unwrap(), Some(7));
    assert_eq!(world.store.rendered_in_force().unwrap(), before);
    whole(&world, "collected again");
    world.rollback(6).unwrap();
    whole(&world, "gone back");
    // What is gone is told as such, and its number is not used again.
    assert!(matches!(world.rollback(1), Err(SwitchError::Store(_))));
    assert_eq!(world.store.next_number().unwrap(), 9);
}

#[test]
fn files_in_force_that_are_not_the_current_ones_are_kept() {
    let world = lived();
    assert_eq!(world.store.in_force_number().unwrap(), Some(3));
    let more = with(small(), dataset("tank/vms", &[("recordsize", "16K"), ("quota", "5G")]));
    let world = world.at(NOW).switched(&more);
    let file = world.root().join("generations/7/etc/phoenix.exports");
    fs::write(&file, "# changed by hand\n").unwrap();
    let (plan, _) = world.gc(0).unwrap();
    assert_eq!(plan.kept[&3], Why::InForce);
    assert!(world.root().join("etc/phoenix.exports").exists());
}

#[test]
fn a_pinned_generation_keeps_its_datasets_its_snapshots_and_its_objects() {
    let world = lived();
    world.store.put_pin(&Pin::new(1, Some("before the move".to_owned()), NOW, "root".to_owned())).unwrap();
    let (plan, _) = world.gc(0).unwrap();
    assert_eq!(plan.kept[&1], Why::Pinned);
    assert_eq!(names(&plan), [""; 0]);
    assert_eq!(plan.staying.len(), 2);
    assert_eq!(plan.staying[0].named_by, [1]);
    whole(&world, "pinned");
    // Attempt 2 is gone, and its snapshots hold the state of generation 1.
    assert!(snapshots(&world).contains(&"tank/.phoenix/2/old@phoenix-2".to_owned()));
    world.rollback(1).unwrap();
    assert_eq!(world.host.read_file(&name("tank/old"), "file").unwrap(), "tank/old");
    whole(&world, "gone back");
    world.rollback(6).unwrap();
    world.store.remove_pin(1).unwrap();
    let (plan, _) = world.gc(0).unwrap();
    assert_eq!(plan.destroyed.len(), 2);
    // What attempt 2 took is this store's still, though its record went in an earlier run.
    assert!(!snapshots(&world).iter().any(|one| one.ends_with("@phoenix-2")), "{:?}", snapshots(&world));
    whole(&world, "unpinned");
}

#[test]
fn snapshots_go_with_the_generation_whose_state_they_hold_and_no_other_is_touched() {
    let world = lived();
    for (after, tag) in [("mine", None), ("phoenix-3", None), ("phoenix-77", Some("phoenix"))] {
        let dataset = name("tank");
        if !snapshots(&world).contains(&format!("tank@{after}")) {
            world
                .host
                .by_hand(&Op::Snapshot { datasets: vec![dataset.clone()], name: after.into() })
                .unwrap();
        }
        if let Some(tag) = tag {
            let hold = Op::Hold { datasets: vec![dataset], name: after.into(), tag: tag.into() };
            world.host.by_hand(&hold).unwrap();
        }
    }
    let before = snapshots(&world);
    for one in ["tank/vms@phoenix-3", "tank/vms@phoenix-4", "tank/vms@phoenix-6"] {
        assert!(before.contains(&one.to_owned()), "{before:?}");
    }
    let (plan, collected) = world.gc(0).unwrap();
    // 3 is kept, and is what stood before 4 and before 6. Attempt 3 found generation 2, and is kept itself;
    // attempt 5 found 4, and neither is.
    let strange = whats(&plan.strange);
    assert_eq!(strange.len(), 2, "{strange:?}");
    assert!(strange[0].starts_with("tank@phoenix-3: it is named like a switch's, and has no hold"));
    assert!(strange[1].starts_with("tank@phoenix-77") && strange[1].contains("knows of none"));
    assert!(collected.failed.is_empty());
    let after = snapshots(&world);
    let gone: Vec<&String> = before.iter().filter(|one| !after.contains(one)).collect();
    let none_kept = |one: &String| one.contains("/.phoenix/2/") || one.ends_with("@phoenix-5");
    assert!(gone.iter().all(|one| none_kept(one)), "{gone:?}");
    for one in ["tank@mine", "tank@phoenix-3", "tank@phoenix-77", "tank/vms@phoenix-3", "tank/vms@phoenix-6"]
    {
        assert!(after.contains(&one.to_owned()), "{one}: {after:?}");
    }
    // On from 6: what held the states of 1 to 5 goes.
    let more = with(small(), dataset("tank/vms", &[("recordsize", "16K"), ("quota", "5G")]));
    world.switch(&graph(more)).unwrap();
    let (plan, _) = world.gc(0).unwrap();
    let gone: Vec<String> = plan.snapshots.iter().map(|one| one.name.to_string()).collect();
    assert!(gone.contains(&"tank/vms@phoenix-4".to_owned()), "{gone:?}");
    assert!(!gone.contains(&"tank/vms@phoenix-6".to_owned()), "6 is what was before the current one");
    let after = snapshots(&world);
    assert!(after.contains(&"tank/vms@phoenix-7".to_owned()), "{after:?}");
    whole(&world, "collected");
}

/// What somebody does to a host.
type Disturb = dyn Fn(&World);

#[test]
fn what_keeps_a_retired_dataset_from_going_is_named_and_the_others_go() {
    let child = "tank/.phoenix/2/old/deep";
    let place = "tank/.phoenix/2/old";
    let hold = |world: &World| {
        let datasets = vec![name(child)];
        world.host.by_hand(&Op::Snapshot { datasets: datasets.clone(), name: "kept".into() }).unwrap();
        world.host.by_hand(&Op::Hold { datasets, name: "kept".into(), tag: "backup".into() }).unwrap();
    };
    let clone = |world: &World| {
        world.host.by_hand(&Op::Snapshot { datasets: vec![name(child)], name: "base".into() }).unwrap();
        world.host.by_hand(&Op::DatasetCreate { dataset: name("tank/copy"), settings: vec![] }).unwrap();
        world.host.edit(|state| {
            let state = state.datasets.get_mut(&name(child)).unwrap();
            state.snapshots.get_mut("base").unwrap().clones.insert(name("tank/copy"));
        });
    };
    let foreign = |world: &World| {
        let dataset = name("tank/.phoenix/2/old/theirs");
        world.host.by_hand(&Op::DatasetCreate { dataset, settings: vec![] }).unwrap();
    };
    let busy = |world: &World| {
        let setting = (PropertyName::new("mountpoint"), "/mnt/look".into());
        world.host.by_hand(&Op::DatasetSet { dataset: name(child), settings: vec![setting] }).unwrap();
        if world.host.state().mounted_at(&name(child)).is_none() {
            world.host.by_hand(&Op::DatasetMount { dataset: name(child) }).unwrap();
        }
        world.host.set_busy(&name(child), true);
    };
    let cases: [(&Disturb, &str); 4] = [
        (&hold, "tank/.phoenix/2/old/deep@kept is held by backup"),
        (&clone, "tank/copy was cloned from its snapshot tank/.phoenix/2/old/deep@base"),
        (&foreign, "not phoenix's: tank/.phoenix/2/old/theirs"),
        (&busy, "tank/.phoenix/2/old/deep is in use: process 4242 (simulated)"),
    ];
    for (disturb, reason) in cases {
        let world = lived();
        disturb(&world);
        let (plan, collected) = world.gc(0).unwrap();
        assert_eq!(
            whats(&plan.obstacles),
            [format!("{place}: {}", whats(&plan.obstacles)[0].split_once(": ").unwrap().1)]
        );
        assert!(plan.obstacles[0].reason.contains(reason), "{:?}", plan.obstacles);
        assert!(!plan.obstacles[0].help.is_empty());
        assert_eq!(names(&plan), ["tank/.phoenix/2/disk"], "{reason}");
        assert!(collected.failed.is_empty(), "{reason}");
        assert!(world.files().contains("tank/old/deep"), "{reason}");
        whole(&world, reason);
    }
}

#[test]
fn a_checkpoint_that_keeps_the_space_is_told_and_keeps_nothing_from_going() {
    let world = lived();
    assert_eq!(world.gc_plan(1).checkpointed, BTreeSet::new());
    let tank = PoolName::new("tank").unwrap();
    world.host.perform(&Op::PoolCheckpoint { pool: tank.clone() }).unwrap();
    let (plan, collected) = world.gc(1).unwrap();
    assert_eq!(plan.checkpointed, BTreeSet::from([tank]));
    assert!(collected.datasets > 0 && collected.failed.is_empty(), "{collected:?}");
    // Where nothing is destroyed there is nothing to tell.
    assert_eq!(world.gc_plan(1).checkpointed, BTreeSet::new());
}

/// Writes down what is told to be destroyed.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Events for Told {
    fn event(&self, event: Event<'_>) {
        let Event::Destroyed { what, number, all } = event else { return };
        self.0.lock().unwrap().push(format!("{number} of {all}: {what}"));
    }
}

#[test]
fn each_that_is_destroyed_is_told_when_it_is_gone() {
    let prepared = || {
        let world = lived();
        world.rollback(3).unwrap();
        world.host.forget_events();
        world
    };
    let whole_run = prepared();
    let (plan, _) = whole_run.gc(4).unwrap();
    let first =
        whole_run.host.events().iter().position(|event| matches!(event, phoenix_sim::Event::Op(_))).unwrap();
    let snapshots = plan.snapshots.iter().map(|one| one.name.to_string());
    let going: Vec<String> =
        plan.destroyed.iter().map(|one| one.place.to_string()).chain(snapshots).collect();
    assert_eq!(going[..2], ["tank/.phoenix/2/disk", "tank/.phoenix/2/old"]);
    // The volume fails, and the rest goes on.
    let world = prepared();
    world.host.inject(Fault::at(first, FaultKind::Fail));
    let told = Told::default();
    world.with(|runtime| {
        let runtime = Runtime { events: &told, who: runtime.who.clone(), message: None, ..*runtime };
        runtime.gc(&Policy { keep: 4, since: None }, &mut |_| true).unwrap()
    });
    let all = going.len();
    let expected: Vec<String> =
        (2..=all).map(|number| format!("{number} of {all}: {}", going[number - 1])).collect();
    assert_eq!(*told.0.lock().unwrap(), expected);
}

#[test]
fn a_clone_that_goes_too_keeps_nothing() {
    let world = lived();
    let snapshot = Op::Snapshot { datasets: vec![name("tank/.phoenix/2/old")], name: "base".into() };
    world.host.by_hand(&snapshot).unwrap();
    // As where the newer state of a dataset was put away: it is a clone of the older one's snapshot.
    let clone = name("tank/.phoenix/2.1/zz");
    let mark =
        |home: &str| vec![(PropertyName::new(OWNER), "box".into()), (PropertyName::new(HOME), home.into())];
    let folder = Op::DatasetCreate { dataset: name("tank/.phoenix/2.1"), settings: mark("-")[..1].to_vec() };
    world.host.by_hand(&folder).unwrap();
    world.host.by_hand(&Op::DatasetCreate { dataset: clone.clone(), settings: mark("tank/zz") }).unwrap();
    on_record(&world, "tank/.phoenix/2.1", None);
    on_record(&world, clone.as_str(), Some(("tank/zz", 2)));
    world.host.edit(|state| {
        let state = state.datasets.get_mut(&name("tank/.phoenix/2/old")).unwrap();
        state.snapshots.get_mut("base").unwrap().clones.insert(clone.clone());
    });
    // Named like a switch's, and held by none: it is somebody's, and is told.
    let like = Op::Snapshot { datasets: vec![name("tank/.phoenix/2/old/deep")], name: "phoenix-3".into() };
    world.host.by_hand(&like).unwrap();
    let (plan, collected) = world.gc(0).unwrap();
    let old = plan.destroyed.iter().find(|one| one.home == name("tank/old")).unwrap();
    let told: Vec<String> = old.own_snapshots.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["tank/.phoenix/2/old/deep@phoenix-3", "tank/.phoenix/2/old@base"]);
    let order = names(&plan);
    let at = |name: &str| order.iter().position(|one| *one == name).unwrap();
    assert!(at("tank/.phoenix/2.1/zz") < at("tank/.phoenix/2/old"), "{order:?}");
    assert!(collected.failed.is_empty(), "{:?}", collected.failed);
    assert!(!world.host.state().datasets.keys().any(|name| name.as_str().contains(".phoenix")));
}

#[test]
fn what_may_be_another_stores_is_left_and_told() {
    let world = lived();
    world.create("tank/.phoenix/99", &[(OWNER, "box")]);
    world.create("tank/.phoenix/99/later", &[(OWNER, "box"), (HOME, "tank/later")]);
    world.create("tank/.phoenix/2/other", &[(OWNER, "elsewhere"), (HOME, "tank/other")]);
    world.create("tank/.phoenix/2/copy", &[(OWNER, "box"), (HOME, "rust/copy")]);
    world.create("tank/.phoenix/2/homeless", &[(OWNER, "box")]);
    world.create("tank/.phoenix/mine", &[]);
    world.create("tank/.phoenix/mine/stuff", &[(OWNER, "box"), (HOME, "tank/stuff")]);
    on_record(&world, "tank/.phoenix/99/later", Some(("tank/later", 99)));
    world.create("tank/.phoenix/2/moved", &[(OWNER, "box"), (HOME, "tank/moved")]);
    on_record(&world, "tank/.phoenix/2/moved", Some(("tank/moved", 1)));
    world.create("tank/.phoenix/2/marked", &[(OWNER, "box"), (HOME, "tank/marked")]);
    on_record(&world, "tank/.phoenix/2/marked", Some(("tank/elsewhere", 2)));
    let (plan, collected) = world.gc(0).unwrap();
    let strange = whats(&plan.strange);
    for (what, reason) in [
        ("tank/.phoenix/99/later", "attempt 99 put it away, and this store knows of none"),
        ("tank/.phoenix/2/other", "this state folder has no record of it"),
        ("tank/.phoenix/2/copy", "this state folder has no record of it"),
        ("tank/.phoenix/2/homeless", "this state folder has no record of it"),
        ("tank/.phoenix/2/moved", "attempt 1 put it away, and it stands where attempt 2 does"),
        ("tank/.phoenix/2/marked", "its home was tank/elsewhere, and its mark says something else"),
        ("tank/.phoenix/mine/stuff", "none of its own"),
    ] {
        assert!(
            strange.iter().any(|one| one.starts_with(what) && one.contains(reason)),
            "{what}: {strange:?}"
        );
        assert!(world.host.state().datasets.contains_key(&name(what)), "{what}");
    }
    assert_eq!(strange.len(), 7);
    assert_eq!(collected.failed, []);
    assert_eq!(names(&plan), ["tank/.phoenix/2/disk", "tank/.phoenix/2/old"]);
}

#[test]
fn what_an_undoing_set_aside_stays_while_its_attempt_or_its_home_is_kept() {
    let world = lived();
    let more = with(with(small(), dataset("tank/a", &[])), zfspool("tank-b", "tank/a", "images"));
    world.host.inject(Fault::when(|op| matches!(op, Op::StorageAdd { .. }), FaultKind::PowerBefore));
    assert!(matches!(world.switch(&graph(more)), Err(SwitchError::Host(HostError::PowerLost))));
    world.host.power_on();
    world.host.write_file(&name("tank/a"), "early", "bird");
    assert!(matches!(world.gc(0), Err(SwitchError::Open { number: 7 })), "gc waits for recover");
    world.recover(false).unwrap();
    let plan = world.gc_plan(1);
    let aside = plan.staying.iter().find(|one| one.home == name("tank/a")).unwrap();
    assert_eq!((aside.place.as_str(), &aside.named_by[..]), ("tank/.phoenix/7.undone0/a", &[7][..]));
    assert_eq!(plan.kept[&7], Why::Attempt);
    assert!(world.gc_plan(0).destroyed.iter().any(|one| one.home == name("tank/a")));
    world.gc(0).unwrap();
    assert!(!world.files().contains("bird"));
    whole(&world, "collected");
}

#[test]
fn a_clock_that_jumps_makes_nothing_more_go() {
    let world = lived();
    // The clock was ahead when all of it was made, or is behind now.
    let world = world.at(NOW - 1);
    let plan = world.gc_plan(0);
    assert_eq!(plan.going, []);
    assert_eq!(plan.kept[&1], Why::New);
    assert!(plan.destroyed.is_empty() && plan.snapshots.is_empty() && plan.store.is_empty());

    let since = |now: u64, since: u64| {
        let policy = Policy { keep: 0, since: Some(since) };
        let mut plan = None;
        world.with(|runtime| {
            let runtime =
                phoenix_transaction::switch::Runtime { now, who: String::new(), message: None, ..*runtime };
            plan = Some(runtime.gc_plan(&policy).unwrap());
        });
        plan.unwrap().kept.len()
    };
    assert_eq!(since(NOW + 100, 100), 6);
    assert_eq!(since(NOW + 101, 100), 2);
    assert_eq!(since(u64::MAX, u64::MAX), 6);
}

#[test]
fn objects_stay_while_a_generation_a_root_or_a_day_needs_them() {
    let world = lived();
    let built = graph(with(small(), dataset("tank/built", &[])));
    let forgotten = graph(with(small(), dataset("tank/forgotten", &[])));
    let young = graph(with(small(), dataset("tank/young", &[])));
    let text = "edition 1\n";
    let mut systems = Vec::new();
    for one in [&built, &forgotten, &young] {
        systems.push(world.store.put_graph(one).unwrap());
    }
    let unneeded = world.store.put_source("phoenix.kdl", text).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("result");
    std::os::unix::fs::symlink(&systems[0], &link).unwrap();
    world.store.add_root(&link).unwrap();
    past(&systems[2], LATER - 3600);
    fs::write(world.root().join("store/.new-half"), "half").unwrap();

    let (plan, _) = world.gc(0).unwrap();
    assert!(plan.store.objects.contains(&systems[1]));
    assert!(plan.store.objects.iter().any(|path| path.ends_with(".new-half")));
    assert!(world.store.graph(&built.id()).is_ok(), "./result leads to it");
    assert!(world.store.graph(&young.id()).is_ok(), "it was written just now");
    assert!(world.store.graph(&forgotten.id()).is_err());
    assert!(world.store.object(&unneeded).is_err());
    whole(&world, "collected");
    // The link goes, and so does what it led to; what is written again counts as new.
    fs::remove_file(&link).unwrap();
    past(&systems[2], NOW);
    let again = world.store.put_source("phoenix.kdl", text).unwrap();
    world.store.put_source("phoenix.kdl", text).unwrap();
    let path = world.store.object_names().unwrap().remove(&again).unwrap();
    past(&path, NOW);
    world.store.put_source("phoenix.kdl", text).unwrap();
    let written = fs::metadata(&path).unwrap().modified().unwrap();
    assert!(written > std::time::UNIX_EPOCH + std::time::Duration::from_secs(NOW));
    world.gc(0).unwrap();
    assert!(world.store.graph(&built.id()).is_err());
    assert!(world.store.graph(&young.id()).is_err());
    assert_eq!(fs::read_dir(world.root().join("roots")).unwrap().count(), 0);
    whole(&world, "collected again");
}

#[test]
fn a_kept_generation_that_cannot_be_read_stops_everything() {
    let world = lived();
    let six = world.store.generation(6).unwrap();
    let path = world.store.object_names().unwrap().remove(&six.system).unwrap();
    fs::remove_file(&path).unwrap();
    let before = world.host.image(Show::Everything);
    assert!(matches!(world.gc(0), Err(SwitchError::Store(_))));
    assert_eq!(world.host.image(Show::Everything), before);
    assert_eq!(world.store.generations().unwrap().len(), 6);
}

/// No spec can say such a name by now; a generation of an earlier version may.
#[test]
fn what_a_generation_names_stays_also_where_it_has_the_name_of_an_area() {
    let areas = ["tank/.phoenix", "tank/.phoenix/1", "tank/.phoenix/1/a", "tank/.phoenix/1/b"];
    let world = World::new().switched(&small());
    for area in areas {
        let mut settings = vec![(PropertyName::new(OWNER), "box".into())];
        if area.len() > "tank/.phoenix/1".len() {
            settings.push((PropertyName::new(HOME), "tank/gone".into()));
        }
        world.host.by_hand(&Op::DatasetCreate { dataset: name(area), settings }).unwrap();
        on_record(&world, area, (area.len() > "tank/.phoenix/1".len()).then_some(("tank/gone", 1)));
    }
    // What no generation names goes.
    let plan = world.gc_plan(0);
    assert_eq!(names(&plan), ["tank/.phoenix/1/a", "tank/.phoenix/1/b"]);
    assert_eq!(plan.folders.len(), 2);
    // The generation is as an earlier version wrote it: it has all but one of them in its spec.
    let named = areas[..3].iter().fold(small(), |resources, name| with(resources, dataset(name, &[])));
    let named = graph(named);
    world.store.put_graph(&named).unwrap();
    let path = world.root().join("generations/1/generation.json");
    let mut generation: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    generation["system"] = named.id().to_string().into();
    fs::write(&path, generation.to_string()).unwrap();
    let there = || areas.map(|area| world.host.state().dataset(&name(area)).is_some());
    for keep in [0, 10] {
        world.gc(keep).unwrap();
        assert_eq!(there(), [true, true, true, false]);
    }
}

#[test]
fn a_no_changes_nothing_and_a_second_gc_waits_for_nobody() {
    let world = lived();
    let before = world.host.image(Show::Everything);
    let policy = Policy { keep: 0, since: None };
    let declined = world.with(|runtime| runtime.gc(&policy, &mut |_| false));
    assert!(matches!(declined, Err(SwitchError::Declined)));
    assert_eq!(world.host.image(Show::Everything), before);
    assert_eq!(world.store.generations().unwrap().len(), 6);
    let _lock = world.store.lock("switch").unwrap();
    assert!(matches!(world.gc(0), Err(SwitchError::Lock(_))));
}

#[test]
fn attempts_that_failed_are_kept_among_the_newest_and_go_with_them() {
    let world = lived();
    let bad = with(small(), dataset("tank/new", &[]));
    world.host.inject(Fault::when(|op| matches!(op, Op::DatasetCreate { .. }), FaultKind::Fail));
    assert!(matches!(world.switch(&graph(bad)), Err(SwitchError::Failed { .. })));
    assert!(matches!(world.store.generation(7).unwrap().outcome, Outcome::Failed { .. }));
    assert_eq!(world.gc_plan(1).kept[&7], Why::Attempt);
    world.gc(0).unwrap();
    assert_eq!(world.store.next_number().unwrap(), 8, "a number is never used again");
    world.switch(&graph(with(small(), dataset("tank/new", &[])))).unwrap();
    assert_eq!(world.current(), Some(8));
    whole(&world, "after");
}
