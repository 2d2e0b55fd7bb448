//! Going back in data, on the simulated host: there, back again, and with every operation failing or
//! cut off. Never is a byte of either state lost.

use phoenix_graph::{DatasetName, Graph, Resource};
use phoenix_host::{HostError, op::Op};
use phoenix_plan::{Consent, Plan};
use phoenix_sim::{Fault, FaultKind, HostImage};
use phoenix_support::*;
use phoenix_transaction::switch::{Recovered, SwitchError, Switched, Target, Wait};
use std::collections::BTreeSet;

const SHARE: &str = "tank/share";
const KID: &str = "tank/share/kid";
const DISK: &str = "tank/disk";

fn first() -> Graph {
    let old = dataset("tank/share/old", &[]);
    let resources = [dataset(KID, &[("mountpoint", "/srv/kid")]), old, volume(DISK, 1 << 30)];
    graph(resources.into_iter().fold(base("off", "rw"), with))
}

/// The same host later: settings of both changed, one child gone, another come, the export read-only.
fn second() -> Graph {
    let resources = [
        dataset(KID, &[("mountpoint", "/srv/kid"), ("recordsize", "16K")]),
        dataset("tank/share/new", &[]),
        volume(DISK, 1 << 30),
        dataset("tank/vms", &[("recordsize", "16K"), ("quota", "2G")]),
    ];
    graph(resources.into_iter().fold(base("on", "ro"), with))
}

fn base(atime: &str, way: &str) -> Vec<Resource> {
    let share = dataset(SHARE, &[("compression", "lz4"), ("atime", atime)]);
    let shared = export("/tank/share", SHARE, &[("10.0.0.0/24", &[way, "async"])]);
    [share, shared, zfspool("tank-share", SHARE, "images"), permissions(SHARE, None, None, Some("2770"))]
        .into_iter()
        .fold(small(), with)
}

fn back(world: &World, number: u64, datasets: &[&str]) -> Result<Switched, SwitchError> {
    let with_data = datasets.iter().map(|dataset| name(dataset)).collect();
    let consent = Consent { with_data, ..Consent::default() };
    world.with(|runtime| runtime.switch("rollback", &Target::Generation(number), &consent, &mut |_| true))
}

fn refused(world: &World, number: u64, datasets: &[&str]) -> Vec<String> {
    world.unchanged(|| told(&phoenix_support::refused(back(world, number, datasets))))
}

fn write(world: &World, dataset: &str, file: &str, text: &str) {
    assert!(world.host.write_file(&name(dataset), file, text), "{dataset} is no file system");
}

fn read(world: &World, dataset: &str, file: &str) -> Option<String> {
    world.host.read_file(&name(dataset), file)
}

/// A host that went from the first generation to the second one, written to in each.
fn later() -> World {
    let world = World::new();
    world.switch(&first()).unwrap();
    for dataset in [SHARE, KID, "tank/share/old", "tank/vms"] {
        write(&world, dataset, "file", &format!("{dataset} in the first"));
    }
    write(&world, SHARE, "gone", "removed later");
    world.switch(&second()).unwrap();
    for dataset in [SHARE, KID, "tank/share/new", "tank/vms"] {
        write(&world, dataset, "file", &format!("{dataset} in the second"));
    }
    world.host.edit(|state| {
        state.datasets.get_mut(&name(SHARE)).unwrap().files.remove("gone");
    });
    write(&world, SHARE, "fresh", "written later");
    world
}

#[test]
fn data_goes_back_and_forward_again_and_nothing_is_lost() {
    let world = later();
    back(&world, 1, &[SHARE]).unwrap();
    assert_eq!(world.current(), Some(1));
    assert_eq!(read(&world, SHARE, "file").unwrap(), "tank/share in the first");
    assert_eq!(read(&world, SHARE, "gone").unwrap(), "removed later");
    assert_eq!(read(&world, SHARE, "fresh"), None);
    // What was not named keeps its data, below it and beside it; what was retired came home.
    assert_eq!(read(&world, KID, "file").unwrap(), "tank/share/kid in the second");
    assert_eq!(read(&world, "tank/vms", "file").unwrap(), "tank/vms in the second");
    assert_eq!(read(&world, "tank/share/old", "file").unwrap(), "tank/share/old in the first");
    // The newer state is whole, with its snapshots, and what stands at home depends on nothing.
    let newer = "tank/.phoenix/3/share";
    assert_eq!(read(&world, newer, "fresh").unwrap(), "written later");
    let state = world.host.state();
    assert_eq!(state.origin(&name(SHARE)), None);
    assert_eq!(state.origin(&name(newer)).unwrap().to_string(), "tank/share@phoenix-2");
    assert!(state.dataset(&name(newer)).unwrap().snapshots.contains_key("phoenix-3"));
    assert!(state.mounted_at(&name(SHARE)).is_some() && state.mounted_at(&name(KID)).is_some());
    assert_eq!(state.mounted_at(&name(newer)), None);
    assert_eq!(state.exports.len(), 1);
    assert!(state.storage_cfg.as_ref().unwrap().contains("tank-share"));
    assert!(world.drift().actions.is_empty(), "{:?}", kinds(&world.drift()));

    // The way forward brings the newer state home, and keeps what was written meanwhile.
    write(&world, SHARE, "meanwhile", "in the older one");
    back(&world, 2, &[SHARE]).unwrap();
    assert_eq!(read(&world, SHARE, "fresh").unwrap(), "written later");
    assert_eq!(read(&world, SHARE, "meanwhile"), None);
    assert_eq!(read(&world, KID, "file").unwrap(), "tank/share/kid in the second");
    assert_eq!(read(&world, "tank/share/new", "file").unwrap(), "tank/share/new in the second");
    assert_eq!(read(&world, "tank/.phoenix/4/share", "meanwhile").unwrap(), "in the older one");
    assert!(world.drift().actions.is_empty(), "{:?}", kinds(&world.drift()));

    // And back once more: as the first generation was left the last time.
    back(&world, 1, &[SHARE]).unwrap();
    assert_eq!(read(&world, SHARE, "meanwhile").unwrap(), "in the older one");
    // Plainly forward, the data stays.
    world.rollback(2).unwrap();
    assert_eq!(read(&world, SHARE, "meanwhile").unwrap(), "in the older one");
    assert!(world.drift().actions.is_empty());
}

#[test]
fn settings_that_nobody_declared_stay_and_declared_ones_are_the_generations() {
    let world = later();
    let words = [("quota", "1G"), ("test:note", "mine")];
    let settings = words.map(|(name, word)| (phoenix_graph::PropertyName::new(name), word.into())).into();
    world.host.by_hand(&Op::DatasetSet { dataset: name(SHARE), settings }).unwrap();
    back(&world, 1, &[SHARE]).unwrap();
    let state = world.host.state();
    let get = |property: &str| state.effective(&name(SHARE), property).unwrap().raw;
    assert_eq!((&*get("quota"), &*get("test:note")), ("1073741824", "mine"));
    assert_eq!((&*get("atime"), &*get("compression")), ("off", "lz4"));
    assert_eq!(&*get("phoenix:owner"), "box");
}

#[test]
fn several_datasets_go_back_together_also_one_below_another() {
    let world = later();
    back(&world, 1, &[KID, SHARE]).unwrap();
    assert_eq!(read(&world, SHARE, "file").unwrap(), "tank/share in the first");
    assert_eq!(read(&world, KID, "file").unwrap(), "tank/share/kid in the first");
    assert_eq!(read(&world, "tank/.phoenix/3/share:kid", "file").unwrap(), "tank/share/kid in the second");
    assert!(world.drift().actions.is_empty());
    back(&world, 2, &[KID, SHARE]).unwrap();
    assert_eq!(read(&world, KID, "file").unwrap(), "tank/share/kid in the second");
    assert_eq!(read(&world, SHARE, "fresh").unwrap(), "written later");
    assert!(world.drift().actions.is_empty());
}

#[test]
fn after_a_plain_rollback_the_data_can_follow_and_be_taken_back() {
    let world = later();
    world.rollback(1).unwrap();
    assert_eq!(read(&world, SHARE, "fresh").unwrap(), "written later");
    assert!(matches!(back(&world, 1, &[SHARE]).unwrap(), Switched::Repaired { generation: 1, .. }));
    assert_eq!(read(&world, SHARE, "fresh"), None);
    assert_eq!(read(&world, SHARE, "gone").unwrap(), "removed later");
    assert!(matches!(back(&world, 1, &[SHARE]).unwrap(), Switched::Repaired { generation: 1, .. }));
    assert_eq!(read(&world, SHARE, "fresh").unwrap(), "written later");
}

#[test]
fn a_volume_goes_back_with_its_size() {
    let world = World::new();
    world.switch(&first()).unwrap();
    let grown = graph(with(first().resources().cloned().collect(), volume(DISK, 2 << 30)));
    let consent = consent_to("volume:tank/disk");
    world.switch_with(&grown, &consent).unwrap();
    // Without the data, a volume would have to shrink; with it, the grown one is put away.
    assert!(matches!(world.rollback(1), Err(SwitchError::Refused(_))));
    back(&world, 1, &[DISK]).unwrap();
    let size = |of: &str| world.host.state().effective(&name(of), "volsize").unwrap().raw;
    assert_eq!(&*size(DISK), (1_u64 << 30).to_string());
    let place = world.host.state().datasets.keys().find(|name| name.as_str().ends_with("/disk")).cloned();
    assert_eq!(
        &*size(place.filter(|name| name.as_str() != DISK).unwrap().as_str()),
        (2_u64 << 30).to_string()
    );
    assert!(world.drift().actions.is_empty());
    back(&world, 2, &[DISK]).unwrap();
    assert_eq!(&*size(DISK), (2_u64 << 30).to_string());
}

#[test]
fn what_the_leaving_switch_retired_comes_home_as_it_was() {
    let world = later();
    let less: Vec<Resource> = without(small(), &["dataset:tank/share", "export:/tank/share"]);
    let less = with(less, dataset("tank/vms", &[]));
    world.switch(&graph(less)).unwrap();
    back(&world, 2, &[SHARE]).unwrap();
    assert_eq!(read(&world, SHARE, "fresh").unwrap(), "written later");
    // To the first one it takes two steps, and the refusal says which.
    world.rollback(3).unwrap();
    let told = refused(&world, 1, &[SHARE]);
    assert!(told[0].contains("`phoenix rollback 1 --with-data tank/share`"), "{told:?}");
    world.rollback(1).unwrap();
    back(&world, 1, &[SHARE]).unwrap();
    assert_eq!(read(&world, SHARE, "gone").unwrap(), "removed later");
}

#[test]
fn what_cannot_go_back_is_refused_with_the_reason_and_nothing_runs() {
    let world = later();
    let told = refused(&world, 1, &["tank/share/new"]);
    assert!(told[0].contains("generation 1 has no dataset tank/share/new"), "{told:?}");
    assert!(refused(&world, 1, &["tank"])[0].contains("has no dataset"), "a root without settings");
    // The volume was in both generations, and nothing touched it.
    let told = refused(&world, 1, &[DISK]);
    assert!(told[0].contains("no switch has touched it") && told[0].contains("no snapshot"), "{told:?}");
    world.host.set_busy(&name(SHARE), true);
    let told = refused(&world, 1, &[SHARE]);
    assert!(told[0].contains("process 4242 (simulated)"), "{told:?}");
    world.host.set_busy(&name(SHARE), false);
    let mine = Op::DatasetCreate { dataset: name("tank/share/mine"), settings: Vec::new() };
    world.host.by_hand(&mine).unwrap();
    let told = refused(&world, 1, &[SHARE]);
    assert!(told[0].contains("phoenix does not know: tank/share/mine"), "{told:?}");
    world.host.by_hand(&Op::DatasetDestroy { dataset: name("tank/share/mine") }).unwrap();
    let encrypt = |word: Option<&str>| {
        world.host.edit(|state| {
            let settings = &mut state.datasets.get_mut(&name(SHARE)).unwrap().settings;
            let property = phoenix_graph::PropertyName::new("encryption");
            match word {
                Some(word) => settings.insert(property, word.into()),
                None => settings.remove(&property),
            };
        });
    };
    encrypt(Some("aes-256-gcm"));
    let told = refused(&world, 1, &[SHARE]);
    assert!(told[0].contains("it is encrypted"), "{told:?}");
    encrypt(None);
    let told = refused(&world, 2, &[SHARE]);
    assert!(told[0].contains("no switch on record has left generation 2"), "{told:?}");
    back(&world, 1, &[SHARE]).unwrap();
}

#[test]
fn the_plan_tells_the_snapshot_what_was_written_since_and_what_is_put_away() {
    let world = later();
    let consent = Consent { with_data: [name(SHARE)].into(), ..Consent::default() };
    let plan: Plan = world.with(|runtime| runtime.plan(&Target::Generation(1), &consent)).unwrap();
    let action =
        plan.actions.iter().find(|action| action.subject.to_string() == "dataset:tank/share").unwrap();
    let told: Vec<String> = action
        .changes
        .iter()
        .map(|change| format!("{}: {:?} -> {:?}", change.setting, change.old, change.new))
        .collect();
    assert!(told[0].contains("as of tank/share@phoenix-2"), "{told:?}");
    // Two files differ, and one was removed.
    let written = "tank/share in the second".len() + "written later".len() + 1;
    assert!(told[1].contains(&format!("{written} since then")), "{told:?}");
    assert!(told[2].contains("tank/.phoenix/3/share"), "{told:?}");
    assert_eq!(plan.snapshots.values().flatten().filter(|dataset| dataset.as_str() == SHARE).count(), 1);
}

#[test]
fn going_back_in_data_that_nobody_confirms_brings_the_newer_data_back() {
    let world = later();
    let (before, written) = (picture(&world), world.files());
    let consent = Consent { with_data: [name(SHARE)].into(), ..Consent::default() };
    let wait = Wait { seconds: 60, watcher: &|_| Ok(()) };
    let waiting = world.with(|runtime| {
        runtime.switch_and_wait("rollback", &Target::Generation(1), &consent, &wait, &mut |_| true)
    });
    assert!(matches!(waiting.unwrap(), Switched::To { generation: 1, .. }));
    assert_eq!(read(&world, SHARE, "fresh"), None);
    write(&world, SHARE, "meanwhile", "nobody confirmed");
    let undone = world.recover(false).unwrap();
    assert!(matches!(undone, Some(Recovered::Undone { generation: Some(2), .. })), "{undone:?}");
    assert_eq!(picture(&world), before);
    assert!(world.files().is_superset(&written));
    assert!(world.files().contains("nobody confirmed"));
    assert!(world.drift().actions.is_empty());
}

/// What is under way when a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    /// To the older data: a snapshot is cloned into place.
    Older,
    /// To the newer data again: it comes home from where it was put away.
    Newer,
}

const BOTH: [Way; 2] = [Way::Older, Way::Newer];

fn prepared(way: Way) -> World {
    let world = later();
    if way == Way::Newer {
        back(&world, 1, &[SHARE, KID]).unwrap();
        write(&world, SHARE, "meanwhile", "in the older one");
    }
    world.host.power_on();
    world.host.forget_events();
    world
}

fn go(world: &World, way: Way) -> Result<Switched, SwitchError> {
    back(world, if way == Way::Older { 1 } else { 2 }, &[SHARE, KID])
}

/// A picture to compare. `canmount` cannot be inherited: once set, it is set back to what it was by default.
fn picture(world: &World) -> HostImage {
    let mut image = world.picture();
    for dataset in image.datasets.values_mut() {
        dataset.settings.retain(|name, word| !(name.as_str() == "canmount" && &**word == "on"));
    }
    image
}

/// Checks that the host is wholly as before, or wholly there, and that no file is gone.
fn check(world: &World, way: Way, before: &HostImage, from: u64, written: &BTreeSet<String>, run: &str) {
    let lost: Vec<_> = written.difference(&world.files()).cloned().collect();
    assert!(lost.is_empty(), "{run}: lost {lost:?}");
    if world.current() == Some(from) {
        let now = picture(world);
        let same = now == *before;
        assert!(same, "{run}: not as it was: {:#?}\n{:#?}", before.datasets, now.datasets);
    } else {
        assert!(world.drift().actions.is_empty(), "{run}: {:?}", kinds(&world.drift()));
        let fresh = read(world, SHARE, "fresh").is_some();
        assert_eq!(fresh, way == Way::Newer, "{run}: the data is not the generation's");
        let kid = read(world, KID, "file").unwrap();
        assert_eq!(kid.ends_with("second"), way == Way::Newer, "{run}: {kid}");
    }
}

fn events(way: Way) -> usize {
    let world = prepared(way);
    go(&world, way).unwrap();
    world.host.events().len()
}

#[test]
fn an_operation_that_fails_anywhere_loses_nothing_and_leaves_the_host_as_it_was() {
    for way in BOTH {
        let count = events(way);
        assert!(count > 40, "{way:?}: {count} events");
        for kind in [FaultKind::Fail, FaultKind::FailPartly] {
            for at in 0..count {
                let world = prepared(way);
                let (before, from, written) = (picture(&world), world.current().unwrap(), world.files());
                world.host.inject(Fault::at(at, kind));
                let result = go(&world, way);
                let run = format!("{way:?} {kind:?} at {at} ({})", world.host.events()[at]);
                let told = matches!(result, Ok(_) | Err(SwitchError::Failed { .. }));
                assert!(told, "{run}: {result:?}");
                assert_eq!(result.is_ok(), world.current() != Some(from), "{run}");
                check(&world, way, &before, from, &written, &run);
                if result.is_err() {
                    world.host.clear_faults();
                    let again = go(&world, way);
                    assert!(again.is_ok(), "{run}: it cannot be done again: {again:?}");
                    check(&world, way, &before, from, &written, &format!("{run}, again"));
                }
            }
        }
    }
}

#[test]
fn power_lost_anywhere_and_again_while_recovering_loses_nothing() {
    for way in BOTH {
        let count = events(way);
        for kind in [FaultKind::PowerBefore, FaultKind::PowerAfter] {
            for at in 0..count {
                for second in [None, Some(at * 5 % 37)] {
                    let world = prepared(way);
                    let (before, from, written) = (picture(&world), world.current().unwrap(), world.files());
                    world.host.inject(Fault::at(at, kind));
                    let result = go(&world, way);
                    let run =
                        format!("{way:?} {kind:?} at {at} ({}), then {second:?}", world.host.events()[at]);
                    assert!(
                        matches!(result, Err(SwitchError::Host(HostError::PowerLost))),
                        "{run}: {result:?}"
                    );
                    world.host.power_on();
                    if let Some(second) = second {
                        world.host.forget_events();
                        world.host.inject(Fault::at(second, FaultKind::PowerAfter));
                        let cut = world.recover(false);
                        assert!(
                            matches!(cut, Ok(_) | Err(SwitchError::Host(HostError::PowerLost))),
                            "{run}: {cut:?}"
                        );
                        world.host.clear_faults();
                        world.host.power_on();
                    }
                    // Also where it is asked to go on: data that was going back is undone.
                    let recovered = world.recover(at % 2 == 0);
                    assert!(recovered.is_ok(), "{run}: {recovered:?}");
                    check(&world, way, &before, from, &written, &run);
                    let again = go(&world, way);
                    assert!(again.is_ok(), "{run}: it cannot be done again: {again:?}");
                }
            }
        }
    }
}

#[test]
fn what_was_written_to_a_clone_before_it_is_undone_is_set_aside() {
    let world = later();
    let (before, written) = (picture(&world), world.files());
    world.host.inject(Fault::when(|op| matches!(op, Op::StorageAdd { .. }), FaultKind::PowerAfter));
    assert!(matches!(back(&world, 1, &[SHARE]), Err(SwitchError::Host(HostError::PowerLost))));
    world.host.power_on();
    write(&world, SHARE, "between", "a letter");
    let recovered = world.recover(false).unwrap();
    let Some(Recovered::Undone { generation: Some(2), kept, instead: None }) = recovered else {
        panic!("{recovered:?}")
    };
    assert!(kept.iter().any(|kept| kept.contains("tank/.phoenix/3.undone0/share")), "{kept:?}");
    assert_eq!(read(&world, "tank/.phoenix/3.undone0/share", "between").unwrap(), "a letter");
    assert_eq!(picture(&world), before);
    assert!(world.files().is_superset(&written));
    // It is no state of any generation.
    back(&world, 1, &[SHARE]).unwrap();
    assert_eq!(read(&world, SHARE, "gone").unwrap(), "removed later");
    assert_eq!(read(&world, SHARE, "between"), None);
    world.host.power_on();
    let aside: DatasetName = name("tank/.phoenix/3.undone0/share");
    assert_eq!(world.host.state().mounted_at(&aside), None);
}
