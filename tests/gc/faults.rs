//! No failure and no power cut loses what is kept, and the next run ends the work.

use super::*;
use phoenix_host::HostError;

/// What a collection has to come to, however often it was cut off.
struct Wanted {
    image: HostImage,
    generations: Vec<u64>,
    objects: BTreeSet<String>,
}

impl Wanted {
    fn of(world: &World) -> Self {
        let objects = world.store.object_names().unwrap();
        Self {
            image: world.host.image(Show::Everything),
            generations: world.store.generations().unwrap().iter().map(|one| one.number).collect(),
            objects: objects.keys().map(ToString::to_string).collect(),
        }
    }

    /// Everything that is kept is there, whatever else is there still.
    fn is_within(&self, now: &Wanted) -> bool {
        let datasets = |one: &HostImage| one.datasets.keys().cloned().collect::<BTreeSet<DatasetName>>();
        let snapshots = |one: &HostImage| {
            let all = one.datasets.iter();
            all.flat_map(|(name, state)| state.snapshots.keys().map(move |after| format!("{name}@{after}")))
                .collect::<BTreeSet<String>>()
        };
        datasets(&now.image).is_superset(&datasets(&self.image))
            && snapshots(&now.image).is_superset(&snapshots(&self.image))
            && self.generations.iter().all(|number| now.generations.contains(number))
            && now.objects.is_superset(&self.objects)
    }
}

#[test]
fn a_failure_or_a_power_cut_anywhere_loses_nothing_that_is_kept_and_the_next_run_ends_the_work() {
    let prepared = || {
        let world = lived();
        let more = with(small(), dataset("tank/vms", &[("recordsize", "16K"), ("quota", "5G")]));
        world.at(NOW).switched(&more)
    };
    let whole_run = prepared();
    let (plan, _) = whole_run.gc(0).unwrap();
    let events = whole_run.host.events();
    let wanted = Wanted::of(&whole_run);
    assert!(!plan.destroyed.is_empty() && plan.snapshots.len() > 2 && !plan.folders.is_empty());
    assert!(!plan.store.objects.is_empty() && !plan.store.journals.is_empty());
    let ops = events.iter().filter(|event| matches!(event, phoenix_sim::Event::Op(_))).count();
    assert!(ops > 15 && events.len() > 60, "{ops} of {}", events.len());
    let mut runs = 0;
    for kind in [FaultKind::Fail, FaultKind::FailPartly, FaultKind::PowerBefore, FaultKind::PowerAfter] {
        for (at, event) in events.iter().enumerate() {
            let run = format!("{kind:?} at {at} ({event})");
            let world = prepared();
            world.host.inject(Fault::at(at, kind));
            let first = world.gc(0);
            let cut = matches!(kind, FaultKind::PowerBefore | FaultKind::PowerAfter);
            let failed = first.as_ref().is_ok_and(|(_, collected)| !collected.failed.is_empty());
            let is_op = matches!(event, phoenix_sim::Event::Op(_));
            assert_eq!(
                matches!(first, Err(SwitchError::Host(HostError::PowerLost))),
                cut,
                "{run}: {first:?}"
            );
            // A snapshot that is gone has gone, whatever was said.
            let destroys = matches!(event, phoenix_sim::Event::Op(Op::SnapshotDestroy { .. }));
            let gone = destroys && matches!(kind, FaultKind::FailPartly);
            assert_eq!(failed, !cut && is_op && !gone, "{run}: {first:?}");
            assert!(wanted.is_within(&Wanted::of(&world)), "{run}");
            assert!(cut || world.store.verify().unwrap().findings.is_empty(), "{run}");
            world.host.clear_faults();
            if cut {
                world.host.power_on();
            }
            assert_eq!(world.store.verify().unwrap().findings, [], "{run}");
            let (_, collected) = world.gc(0).unwrap();
            assert_eq!(collected.failed, [], "{run}");
            let now = Wanted::of(&world);
            assert_eq!((&now.generations, &now.objects), (&wanted.generations, &wanted.objects), "{run}");
            assert_eq!(
                now.image.datasets.keys().collect::<Vec<_>>(),
                wanted.image.datasets.keys().collect::<Vec<_>>(),
                "{run}"
            );
            for (name, state) in &now.image.datasets {
                assert_eq!(state.snapshots, wanted.image.datasets[name].snapshots, "{run}: {name}");
                assert_eq!(state.files, wanted.image.datasets[name].files, "{run}: {name}");
            }
            assert!(world.gc(0).unwrap().0.is_empty(), "{run}: nothing is left to do");
            assert!(
                !world.root().join("aside").exists() && !world.root().join("released.json").exists(),
                "{run}"
            );
            whole(&world, &run);
            world.rollback(6).unwrap();
            runs += 1;
        }
    }
    println!("{runs} runs");
}

#[test]
fn a_snapshot_that_a_power_cut_left_without_its_hold_is_not_taken_for_another_of_its_name() {
    let world = lived();
    let more = with(small(), dataset("tank/vms", &[("recordsize", "16K"), ("quota", "5G")]));
    let world = world.at(NOW).switched(&more);
    let target = SnapshotName::new("tank/vms@phoenix-4").unwrap();
    let seen = target.clone();
    world.host.inject(Fault::when(
        move |op| matches!(op, Op::Release { snapshot, .. } if *snapshot == seen),
        FaultKind::PowerAfter,
    ));
    assert!(matches!(world.gc(0), Err(SwitchError::Host(HostError::PowerLost))));
    world.host.power_on();
    assert!(snapshots(&world).contains(&target.to_string()));
    // Somebody destroys it, and makes one of his own of the same name: that one has no hold of ours.
    world.host.by_hand(&Op::SnapshotDestroy { snapshot: target.clone() }).unwrap();
    let own = Op::Snapshot { datasets: vec![name("tank/vms")], name: "phoenix-4".into() };
    world.host.by_hand(&own).unwrap();
    let (plan, _) = world.gc(0).unwrap();
    assert!(snapshots(&world).contains(&target.to_string()));
    assert!(
        whats(&plan.strange).iter().any(|one| one.starts_with("tank/vms@phoenix-4")),
        "{:?}",
        plan.strange
    );
}
