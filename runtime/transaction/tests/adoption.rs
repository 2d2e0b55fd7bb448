//! What was there before phoenix: who goes back to before it was adopted finds it as it was.

use phoenix_graph::{Graph, Resource, StorageId};
use phoenix_host::{HostError, op::Op};
use phoenix_plan::{Consent, Kind};
use phoenix_sim::{Event, Fault, FaultKind, HostImage};
use phoenix_support::*;
use phoenix_transaction::switch::{Recovered, SwitchError};

/// What the spec makes of what was there: settings changed, set anew, and said as they were.
fn adopting() -> Vec<Resource> {
    let old = [("quota", "1G"), ("recordsize", "16K"), ("atime", "off"), ("canmount", "on")];
    with(with(small(), dataset("tank/old", &old)), zfspool("guests", "tank/old", "images"))
}

/// The same, changed once more: one setting gone, one new, one other.
fn later() -> Graph {
    let old = [("quota", "3G"), ("atime", "off"), ("compression", "zstd")];
    graph(with(adopting(), dataset("tank/old", &old)))
}

/// A host at generation 1, where a person has made a dataset and a registration, and has set what they
/// wanted; then adopted by generation 2, and changed by generation 3. Returns how it was before.
fn adopted() -> (World, HostImage) {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let settings = assignments(&[("quota", "2G"), ("atime", "off"), ("site:note", "mine")]);
    world.host.by_hand(&Op::DatasetCreate { dataset: name("tank/old"), settings }).unwrap();
    world.host.by_hand(&Op::MountAll { datasets: vec![name("tank/old")] }).unwrap();
    let properties = [("pool", "tank/old"), ("content", "images,rootdir"), ("sparse", "1")];
    let properties = properties.map(|(name, value)| (name.into(), value.into())).to_vec();
    let id = StorageId::new("guests").unwrap();
    world.host.by_hand(&Op::StorageAdd { id, kind: "zfspool".into(), properties, secrets: vec![] }).unwrap();
    let before = world.picture();
    world.switch_with(&graph(adopting()), &adopt()).unwrap();
    world.switch(&later()).unwrap();
    assert_ne!(world.picture(), before);
    (world, before)
}

#[test]
fn going_back_to_before_an_adoption_gives_back_what_was() {
    let (world, before) = adopted();
    world.rollback(1).unwrap();
    assert_eq!(world.picture(), before);
    let state = world.host.state();
    assert!(!state.dataset(&name("tank/old")).unwrap().settings.contains_key("phoenix:owner"));
    // And on again, by what was allowed then.
    world.rollback(3).unwrap();
    assert_eq!(world.drift().actions.len(), 0);
    assert_eq!(&*world.host.state().dataset(&name("tank/old")).unwrap().settings["quota"], "3221225472");
    world.rollback(1).unwrap();
    assert_eq!(world.picture(), before);
}

#[test]
fn the_plan_of_going_back_tells_what_is_given_back() {
    let (world, _) = adopted();
    let plan = world.plan_to(1);
    let release = plan
        .actions
        .iter()
        .find(|action| action.kind == Kind::Release && action.subject.to_string() == "dataset:tank/old")
        .unwrap();
    let told: Vec<String> = release
        .changes
        .iter()
        .map(|change| format!("{} {:?} {:?}", change.setting, change.old.as_deref(), change.new.as_deref()))
        .collect();
    assert_eq!(told, ["compression Some(\"zstd\") None", "quota Some(\"3221225472\") Some(\"2147483648\")"]);
}

#[test]
fn who_goes_on_without_it_lets_go_of_it_as_it_is() {
    let (world, _) = adopted();
    let now = world.picture();
    world.switch(&graph(small())).unwrap();
    assert_eq!(world.picture(), now);
}

#[test]
fn a_volume_that_grew_keeps_its_size() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let by_hand =
        Op::VolumeCreate { dataset: name("tank/v"), size: 1 << 20, sparse: true, settings: Vec::new() };
    world.host.by_hand(&by_hand).unwrap();
    let grown = volume("tank/v", 2 << 20);
    let consent = Consent { irreversible: [grown.key()].into(), ..adopt() };
    world.switch_with(&graph(with(small(), grown)), &consent).unwrap();
    world.rollback(1).unwrap();
    assert_eq!(&*world.host.state().dataset(&name("tank/v")).unwrap().settings["volsize"], "2097152");
}

#[test]
fn a_journal_that_is_gone_leaves_things_as_they_are() {
    let (world, _) = adopted();
    let now = world.picture();
    // As an earlier version left it.
    std::fs::remove_file(world.root().join("generations/3/before.json")).unwrap();
    std::fs::remove_dir_all(world.root().join("txn")).unwrap();
    world.rollback(1).unwrap();
    assert_eq!(world.picture(), now);
}

#[test]
fn whatever_fails_on_the_way_back_it_is_all_or_nothing() {
    let events = {
        let (world, _) = adopted();
        world.host.forget_events();
        world.rollback(1).unwrap();
        world.host.events()
    };
    assert!(events.iter().any(|event| matches!(event, Event::Op(Op::DatasetInherit { .. }))));
    for (at, event) in events.iter().enumerate() {
        for kind in [FaultKind::Fail, FaultKind::PowerBefore, FaultKind::PowerAfter] {
            if kind == FaultKind::Fail && !matches!(event, Event::Op(_)) {
                continue;
            }
            for resume in [false, true] {
                let (world, before) = adopted();
                let now = world.picture();
                world.host.forget_events();
                world.host.inject(Fault::at(at, kind));
                let ended = world.rollback(1);
                world.host.clear_faults();
                if let Err(SwitchError::Host(HostError::PowerLost)) = ended {
                    world.host.power_on();
                }
                let recovered = world.recover(resume).unwrap();
                let there = match (&ended, &recovered) {
                    (_, Some(Recovered::Finished { generation })) => *generation == 1,
                    (_, Some(Recovered::Undone { .. })) => false,
                    (Ok(_), None) => true,
                    (Err(_), None) => world.current() == Some(1),
                };
                let wanted = if there { &before } else { &now };
                assert_eq!(
                    &world.picture(),
                    wanted,
                    "{kind:?} at {at}: {:?}, {ended:?}, {recovered:?}",
                    event
                );
                assert_eq!(world.current() == Some(1), there, "{kind:?} at {at}");
            }
        }
    }
}
