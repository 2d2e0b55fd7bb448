//! Snapshots by the clock: wherever a switch of the schedule fails or loses power, systemd runs what the generation says
//! that is current then; and what has snapshots destroyed begins behind all else.

use phoenix_graph::{Graph, Resource};
use phoenix_host::{
    HostError,
    op::Op,
    text::{sanoid_conf::sections, unit_file::description},
};
use phoenix_plan::rendered;
use phoenix_sim::{Fault, FaultKind};
use phoenix_support::{World, consent_to, dataset, graph, name, schedule, small, with};
use phoenix_transaction::switch::SwitchError;

const TIMER: &str = "phoenix-snapshots.timer";

/// The small host with this schedule.
fn scheduled(counts: &[(&str, &str)]) -> Graph {
    graph(with(small(), schedule("tank/vms", counts, false)))
}

/// Reads what systemd runs the timer by.
fn running(world: &World) -> Option<String> {
    let text = world.host.image(phoenix_sim::Show::Everything).units.remove(TIMER)?;
    Some(description(&text).unwrap_or(&text).to_owned())
}

/// Reads what the timer is to be run by.
fn wanted(graph: &Graph) -> Option<String> {
    rendered(graph).unwrap().get(TIMER).map(|text| description(text).unwrap().to_owned())
}

#[test]
fn whatever_fails_systemd_runs_what_the_current_generation_says() {
    let none = graph(small());
    let (quarters, often) =
        (scheduled(&[("hourly", "24")]), scheduled(&[("frequently", "4"), ("frequent_period", "5")]));
    let world = World::new();

    world.switch(&none).unwrap();
    for (from, to) in [(&none, &quarters), (&quarters, &often), (&often, &quarters), (&often, &none)] {
        world.switch(from).unwrap();
        let (before, saved) = (world.picture(), world.save());
        world.host.forget_events();
        world.switch(to).unwrap();
        let (after, events) = (world.picture(), world.host.events().len());
        assert_eq!(running(&world), wanted(to));
        assert!(events > 10, "{events}");
        for at in 0..events {
            for kind in [FaultKind::Fail, FaultKind::PowerBefore, FaultKind::PowerAfter] {
                world.restore(&saved);
                world.host.inject(Fault::at(at, kind));
                if let Err(SwitchError::Host(HostError::PowerLost)) = world.switch(to) {
                    world.host.power_on();
                    world.recover(false).unwrap();
                }
                let is = world.picture();
                assert!([&before, &after].contains(&&is), "{kind:?} at {at}: {:?}", running(&world));
                assert!(world.drift().actions.is_empty(), "{kind:?} at {at}");
            }
        }
        world.restore(&saved);
    }
}

#[test]
fn what_has_snapshots_destroyed_begins_once_all_else_holds() {
    let world = World::new();

    world.switch(&scheduled(&[("daily", "7")])).unwrap();
    for day in 10..15 {
        let called = format!("autosnap_2026-11-{day}_00:00:00_daily");
        world.host.by_hand(&Op::Snapshot { datasets: vec![name("tank/vms")], name: called.into() }).unwrap();
    }
    let fewer =
        graph(with(with(small(), schedule("tank/vms", &[("daily", "2")], false)), dataset("tank/new", &[])));
    assert!(matches!(world.switch(&fewer), Err(SwitchError::Refused(_))));
    world.host.forget_events();
    world.switch_with(&fewer, &consent_to("snapshots:tank/vms")).unwrap();
    let changes = world.host.changes();
    let at = |wanted: &dyn Fn(&Op) -> bool| changes.iter().position(wanted).unwrap();
    let stops = at(&|op| matches!(op, Op::UnitStop { .. }));
    let points = at(&|op| matches!(op, Op::Link { path, .. } if path.ends_with("state/etc")));
    let starts = at(&|op| matches!(op, Op::UnitStart { .. }));
    assert!(stops < points && points < starts, "{changes:#?}");
    assert_eq!(starts, changes.len() - 1, "{changes:#?}");
    assert_eq!(running(&world), wanted(&fewer));
}

#[test]
fn the_last_section_that_is_about_a_dataset_says_what_the_spec_does() {
    let deep = |of: &str, counts: &[(&str, &str)]| schedule(of, counts, true);
    let all = [
        dataset("tank/a", &[]),
        dataset("tank/a-b", &[]),
        dataset("tank/a/c", &[]),
        dataset("tank/a/c/d", &[]),
        deep("tank/a", &[("daily", "7"), ("pre_snapshot_script", "/bin/flush")]),
        schedule("tank/a/c", &[], false),
        deep("tank/a/c/d", &[("hourly", "3")]),
    ];
    let resources: Vec<Resource> = all.into_iter().fold(small(), with);
    let graph = graph(resources);
    let read = sections(&rendered(&graph).unwrap()["sanoid.conf"]).unwrap();
    let says = |dataset: &str, key: &str| {
        // As sanoid does: a section for all below says it of each, and one that comes later over that.
        let about = read.iter().filter(|section| {
            let below = dataset.strip_prefix(&section.name).is_some_and(|rest| rest.starts_with('/'));
            section.name == dataset || below && section.keys["recursive"] == "yes"
        });
        about.filter_map(|section| section.keys.get(key)).next_back().cloned()
    };
    for (dataset, daily, hourly, script, taken) in [
        ("tank/a", "7", "0", "/bin/flush", "yes"),
        ("tank/a/guest", "7", "0", "/bin/flush", "yes"),
        ("tank/a/c", "0", "0", "", "no"),
        ("tank/a/c/other", "7", "0", "/bin/flush", "yes"),
        ("tank/a/c/d", "0", "3", "", "yes"),
        ("tank/a/c/d/e", "0", "3", "", "yes"),
    ] {
        let wanted =
            [("daily", daily), ("hourly", hourly), ("pre_snapshot_script", script), ("autosnap", taken)];
        for (key, value) in wanted {
            assert_eq!(says(dataset, key).as_deref(), Some(value), "{dataset} {key}");
        }
    }
    assert_eq!(says("tank/a-b", "daily"), None);
}
