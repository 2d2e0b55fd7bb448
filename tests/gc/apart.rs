//! What a collection keeps out of, and what it keeps no longer than it has to: pools by another name, what an
//! undoing set aside, and what such things were cloned from.

use super::*;
use phoenix_graph::Key;
use phoenix_host::HostError;
use phoenix_plan::{Consent, Warning, foreign::ForeignKind};
use phoenix_transaction::switch::Target;

#[test]
fn a_pool_that_was_imported_by_another_name_is_told_and_nothing_in_it_goes() {
    let world = lived();
    world.import_as("tank", "barn");
    let (before, marks) = (snapshots(&world), world.files());
    let inside = world.host.state().datasets;
    let (plan, collected) = world.gc(1).unwrap();
    assert!(!plan.going.is_empty() && collected.failed.is_empty());
    assert_eq!((names(&plan), plan.snapshots.len(), plan.folders.len()), (vec![], 0, 0));
    assert_eq!((snapshots(&world), world.files()), (before, marks));
    assert_eq!(world.host.state().datasets, inside);
    let [left] = &plan.strange[..] else { panic!("{:?}", plan.strange) };
    assert_eq!(left.what, "pool:barn");
    assert!(left.reason.contains("it is what was tank, as its GUID tells"), "{left:?}");
    assert!(left.reason.contains("retired datasets in it: 2, snapshots of switches: "), "{left:?}");
    assert!(left.help.contains("`zpool import barn tank`"), "{left:?}");

    let standing = world.standing();
    let other = standing.foreign.iter().find(|one| one.kind == ForeignKind::Pool).unwrap();
    assert_eq!((other.key.to_string().as_str(), &*other.detail), ("pool:barn", "tank"));
    assert!(standing.missing.contains(&Key::Pool(PoolName::new("tank").unwrap())));
    assert!(
        told(&standing.drift.refusals).join("\n").contains("pool:tank: the pool is there by the name barn")
    );

    // Not made anew, also where other disks are named for it.
    for disks in [&["one", "two"][..], &["three"]] {
        let refusals = world.plan(&graph(with(small(), pool("tank", disks, &[])))).refusals;
        let refused = refusals.iter().find(|one| one.key.to_string() == "pool:tank").unwrap();
        assert!(refused.reason.contains("by the name barn"), "{refused:?}");
        assert!(refused.help.contains("`zpool export barn`"), "{refused:?}");
    }

    // By its own name again, all of it is as before.
    world.import_as("barn", "tank");
    assert_eq!(kinds(&world.drift()), [""; 0]);
    let (plan, _) = world.gc(1).unwrap();
    assert!(plan.strange.is_empty(), "{:?}", plan.strange);
    assert!(plan.snapshots.len() + plan.destroyed.len() > 0);
    whole(&world, "by its own name");
}

#[test]
fn what_a_pool_was_called_is_told_until_a_generation_names_it_by_the_new_name() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    world.import_as("tank", "barn");
    let rust = pool("rust", &["three"], &[]);
    world.switch(&graph(vec![rust.clone()])).unwrap();
    // A switch that has nothing to do with it forgets nothing.
    let foreign = world.standing().foreign;
    assert!(foreign.iter().any(|one| one.key.to_string() == "pool:barn" && &*one.detail == "tank"));
    // A spec that calls it so takes it, and says what it is.
    let both = graph(vec![rust, pool("barn", &["one", "two"], &[("autotrim", "on")])]);
    let plan = world.plan(&both);
    let is_told = |one: &Warning| one.text.starts_with("it is what was tank, as its GUID tells");
    assert!(plan.warnings.iter().any(|one| one.key.to_string() == "pool:barn" && is_told(one)), "{plan:?}");
    assert_eq!(plan.refusals, []);
    // Then that is its name.
    world.switch(&both).unwrap();
    assert!(world.plan(&both).warnings.is_empty());
    world.import_as("barn", "tank");
    assert!(
        told(&world.plan(&both).refusals)
            .join("\n")
            .contains("pool:barn: the pool is there by the name tank")
    );
}

/// A rollback with data that was cut off when it had taken the data back, written to, and undone: attempt 3.
fn set_aside() -> World {
    let world = World::new();
    let quota = |size: &str| with(small(), dataset("tank/a", &[("quota", size)]));
    world.switch(&graph(with(quota("1G"), zfspool("tank-a", "tank/a", "images")))).unwrap();
    world.host.write_file(&name("tank/a"), "file", "first");
    world.switch(&graph(quota("2G"))).unwrap();
    world.host.write_file(&name("tank/a"), "file", "second");
    world.host.inject(Fault::when(|op| matches!(op, Op::StorageAdd { .. }), FaultKind::PowerBefore));
    let consent = Consent { with_data: [name("tank/a")].into(), ..Consent::default() };
    let back = world.with(|runtime| {
        runtime.switch("rollback", &Target::Generation(1), &consent, &mut |_| true).map(drop)
    });
    assert!(matches!(back, Err(SwitchError::Host(HostError::PowerLost))), "{back:?}");
    world.host.power_on();
    world.host.write_file(&name("tank/a"), "early", "bird");
    world.recover(false).unwrap();
    assert!(world.files().contains("bird"));
    for size in ["3G", "4G", "5G", "6G"] {
        world.switch(&graph(quota(size))).unwrap();
    }
    world.at(LATER)
}

#[test]
fn what_undoing_a_rollback_set_aside_goes_with_its_attempt_and_with_it_what_it_was_cloned_from() {
    let place = "tank/.phoenix/3.undone0/a";
    let origin = "tank/a@phoenix-2".to_owned();
    let world = set_aside();
    assert!(world.host.state().datasets.contains_key(&name(place)));
    // While the attempt is kept, it stays, and so does what it was cloned from: nothing is in the way.
    let plan = world.gc_plan(5);
    let aside = plan.staying.iter().find(|one| one.place == name(place)).unwrap();
    assert_eq!(aside.named_by, [2, 3]);
    assert_eq!(plan.obstacles, []);
    // Newer generations that name its home have a dataset of their own there.
    let (plan, collected) = world.gc(1).unwrap();
    assert_eq!((names(&plan), &plan.destroyed[0].named_by[..]), (vec![place], &[1, 2, 3][..]));
    assert_eq!((&plan.obstacles[..], &collected.failed[..]), (&[][..], &[][..]));
    assert!(!world.files().contains("bird") && !snapshots(&world).contains(&origin));
    assert!(world.gc(1).unwrap().0.is_empty());
    whole(&world, "collected");
    // One that is no newer, and is kept, keeps it.
    let world = set_aside();
    world.store.put_pin(&Pin::new(1, None, NOW, "root".to_owned())).unwrap();
    let (plan, _) = world.gc(1).unwrap();
    assert_eq!((&plan.staying[0].named_by[..], &plan.obstacles[..]), (&[1][..], &[][..]));
    assert!(world.files().contains("bird") && snapshots(&world).contains(&origin));
    assert_eq!(world.gc(1).unwrap().0.obstacles, []);
}

#[test]
fn what_something_kept_was_cloned_from_is_kept_with_it() {
    let less = without(small(), &["dataset:tank/share", "export:/tank/share"]);
    let world = lived().at(NOW).switched(&less);
    // Of two that were put away, the one that is kept is a clone of the one that is not.
    let [old, share] = ["tank/.phoenix/2/old", "tank/.phoenix/7/share"].map(name);
    world.host.by_hand(&Op::Snapshot { datasets: vec![old.clone()], name: "base".into() }).unwrap();
    world.host.edit(|state| {
        let state = state.datasets.get_mut(&old).unwrap();
        state.snapshots.get_mut("base").unwrap().clones.insert(share.clone());
    });
    let (plan, collected) = world.gc(0).unwrap();
    assert!(collected.failed.is_empty() && plan.obstacles.is_empty(), "{:?}", plan.obstacles);
    assert!(plan.kept.contains_key(&6) && !plan.kept.contains_key(&1));
    assert_eq!(plan.staying.iter().map(|one| &one.place).collect::<Vec<_>>(), [&old, &share]);
    assert_eq!(plan.staying[0].named_by, plan.staying[1].named_by);
    assert!(world.files().contains("tank/old/deep"));
}
