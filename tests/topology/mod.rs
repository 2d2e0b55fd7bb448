//! Changes of a pool's layout on the simulator: each is planned, carried out and gone back from; fails
//! and loses power at every operation, and again while it recovers. The host is wholly the old
//! generation or wholly the new one, and no disk that holds something is touched.

mod checkpoints;

use checkpoints::give_up;
use phoenix_graph::{
    Class, Disk, Graph, Lifecycle, Pool, PoolName, PropertyName, Redundancy, Resource, Settings, Value, Vdev,
};
use phoenix_host::{
    Host, HostError,
    observed::{Query, Work, WorkKind},
    op::Op,
};
use phoenix_plan::{Consent, Inverse, Plan, Reversibility};
use phoenix_sim::{Fault, FaultKind, HostImage, Show};
use phoenix_support::{World, consent_to, dataset, graph, name};
use phoenix_transaction::switch::{Recovered, SwitchError, Switched};

fn path(name: &str) -> String {
    format!("/dev/disk/by-id/{name}")
}

fn vdev(class: Class, word: &str, names: &[&str]) -> Vdev {
    let redundancy = Redundancy::try_from(word.to_owned()).unwrap();
    Vdev { class, redundancy, disks: names.iter().map(|name| Disk(path(name).into())).collect() }
}

use Class::{Cache, Data, Log, Spare};

fn spec(layout: &[Vdev]) -> Graph {
    let pool = Pool {
        name: PoolName::new("tank").unwrap(),
        layout: layout.to_vec(),
        settings: Settings::default(),
        lifecycle: Lifecycle::default(),
    };
    graph(vec![Resource::Pool(pool), dataset("tank/data", &[])])
}

fn consent() -> Consent {
    consent_to("pool:tank")
}

/// A host with this pool and a file in it, and blank disks of all names.
fn world(layout: &[Vdev]) -> World {
    let world = World::new();
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"].map(path);
    world.host.add_blank_disks(names.iter().map(String::as_str));
    world.switch(&spec(layout)).unwrap();
    assert!(world.host.write_file(&name("tank/data"), "precious", "kept"));
    world.host.power_on();
    world.host.forget_events();
    world
}

fn single() -> Vec<Vdev> {
    vec![vdev(Data, "none", &["a"])]
}

fn mirror() -> Vec<Vdev> {
    vec![vdev(Data, "mirror", &["a", "b"])]
}

fn furnished() -> Vec<Vdev> {
    let more = [vdev(Log, "mirror", &["c", "d"]), vdev(Cache, "none", &["e"]), vdev(Spare, "none", &["f"])];
    mirror().into_iter().chain(more).collect()
}

/// A disk replaced, one attached to a log, a cache gone, a spare come.
fn rearranged() -> Vec<Vdev> {
    vec![
        vdev(Data, "mirror", &["a", "g"]),
        vdev(Log, "none", &["d"]),
        vdev(Spare, "none", &["f"]),
        vdev(Spare, "none", &["h"]),
    ]
}

fn two_mirrors() -> Vec<Vdev> {
    mirror().into_iter().chain([vdev(Data, "mirror", &["c", "d"])]).collect()
}

/// A way from one layout to another.
struct Way {
    what: &'static str,
    from: Vec<Vdev>,
    to: Vec<Vdev>,
}

fn ways() -> [Way; 8] {
    let way = |what, from: Vec<Vdev>, to: Vec<Vdev>| Way { what, from, to };
    [
        way("attach", single(), mirror()),
        way("detach", mirror(), single()),
        way("add log, cache, spare", mirror(), furnished()),
        way("remove log, cache, spare", furnished(), mirror()),
        way("several at once", furnished(), rearranged()),
        way("replace", mirror(), vec![vdev(Data, "mirror", &["a", "c"])]),
        way("replace the only disk", single(), vec![vdev(Data, "none", &["b"])]),
        way("add a data vdev", mirror(), two_mirrors()),
    ]
}

fn go(world: &World, way: &Way) -> Result<Switched, SwitchError> {
    world.switch_with(&spec(&way.to), &consent())
}

/// A picture to compare. The order of vdevs and of their disks means nothing, and a disk that came back
/// into its pool may have left a label where it was meanwhile.
fn picture(world: &World) -> HostImage {
    let mut image = world.host.image(Show::UsersOnly);
    for pool in image.pools.values_mut() {
        for vdev in &mut pool.layout {
            vdev.disks.sort();
        }
        pool.layout.sort_by_key(|vdev| format!("{vdev:?}"));
    }
    image
}

fn actions(plan: &Plan) -> Vec<String> {
    plan.actions
        .iter()
        .flat_map(|action| &action.ops)
        .map(|op| op.describe().replace("/dev/disk/by-id/", ""))
        .collect()
}

#[test]
fn every_way_holds_and_the_file_stays_and_the_way_back_is_planned() {
    for way in ways() {
        let world = world(&way.from);
        go(&world, &way).unwrap();
        assert!(world.drift().is_empty(), "{}", way.what);
        assert_eq!(world.host.read_file(&name("tank/data"), "precious").as_deref(), Some("kept"));
        let again = world.switch(&spec(&way.to)).unwrap();
        assert!(matches!(again, Switched::Nothing { .. }), "{}: {again:?}", way.what);
        world.host.power_on();
        assert!(world.drift().is_empty(), "{}", way.what);
    }
}

#[test]
fn what_is_reversible_is_rolled_back_without_consent() {
    for way in ways().iter().filter(|way| way.what != "add a data vdev") {
        let world = world(&way.from);
        let before = picture(&world);
        go(&world, way).unwrap();
        world.rollback(1).unwrap();
        assert!(world.drift().is_empty(), "{}", way.what);
        assert_eq!(picture(&world).pools, before.pools, "{}", way.what);
        assert_eq!(picture(&world).datasets, before.datasets, "{}", way.what);
    }
}

#[test]
fn what_no_rollback_undoes_wants_consent_and_runs_last() {
    let world = world(&mirror());
    let plan = world.plan(&spec(&two_mirrors()));
    assert_eq!(plan.refusals.len(), 1);
    assert_eq!(plan.refusals[0].help, "if you want it, say so: `--consent pool:tank`");
    let mut layout = two_mirrors();
    layout.push(vdev(Spare, "none", &["e"]));
    let pool = spec(&layout);
    let resources: Vec<Resource> = pool.resources().cloned().chain([dataset("tank/new", &[])]).collect();
    let plan = world.plan_with(&graph(resources), &consent());
    assert!(plan.refusals.is_empty());
    let last = plan.actions.last().unwrap();
    assert_eq!((last.class, last.ops.len()), (Reversibility::ForwardOnly, 2));
    assert_eq!(last.needs.len(), plan.actions.len() - 1);
    assert_eq!(actions(&plan)[actions(&plan).len() - 2..], ["zpool checkpoint -- tank", ADD]);
    // And back: what it holds has to be moved, which is its own consent, and that nobody wants to return to
    // the checkpoint any more.
    world.switch_with(&spec(&two_mirrors()), &consent()).unwrap();
    assert!(matches!(world.rollback(1), Err(SwitchError::Refused(_))));
    let Err(SwitchError::Refused(plan)) = world.switch_with(&spec(&mirror()), &consent()) else {
        panic!("the checkpoint was given up, or not taken");
    };
    assert!(plan.refusals[0].help.contains("zpool checkpoint -d tank"), "{:?}", plan.refusals);
    give_up(&world);
    assert!(matches!(world.rollback(1), Err(SwitchError::Refused(_))));
    world.switch_with(&spec(&mirror()), &consent()).unwrap();
    assert!(world.drift().is_empty());
}

const ADD: &str = "zpool add -- tank mirror c d";

#[test]
fn an_undoing_that_empties_a_vdev_is_done_also_where_openzfs_does_not_tell_which() {
    let world = world(&two_mirrors());
    let added = vdev(Data, "mirror", &["c", "d"]);
    let pool = PoolName::new("tank").unwrap();
    let mut query = Query::default();
    query.pools.insert(pool.clone(), added.disks.clone());
    let undo = |world: &World| {
        let seen = world.host.observe(&query).unwrap();
        let inverse = Inverse::VdevAbsent { pool: pool.clone(), vdev: added.clone(), blank: Vec::new() };
        inverse.ops(&seen)
    };
    assert!(matches!(&undo(&world)[..], [Op::PoolRemove { .. }]));
    world.host.edit(|state| {
        let pool = state.pools.values_mut().next().unwrap();
        pool.work = vec![Work { kind: WorkKind::Removal, done: "12.34%".into() }];
    });
    assert_eq!(undo(&world), []);
}

#[test]
fn a_disk_that_holds_something_is_refused_whatever_it_is_wanted_for() {
    let wanted = [
        vec![vdev(Data, "mirror", &["a", "b", "x"])],
        vec![vdev(Data, "mirror", &["a", "x"])],
        vec![mirror()[0].clone(), vdev(Data, "mirror", &["c", "x"])],
        vec![mirror()[0].clone(), vdev(Spare, "none", &["x"])],
        vec![mirror()[0].clone(), vdev(Log, "mirror", &["c", "x"])],
    ];
    for layout in wanted {
        let world = world(&mirror());
        world.host.add_disk_holding(&path("x"), "an ext4 file system \"backup\"");
        let before = world.host.image(Show::Everything);
        let Err(SwitchError::Refused(plan)) = world.switch_with(&spec(&layout), &consent()) else {
            panic!("{layout:?} was not refused");
        };
        let reason = &plan.refusals[0].reason;
        assert!(reason.contains("by-id/x is not blank: it holds an ext4 file system \"backup\""), "{reason}");
        assert!(world.host.changes().is_empty());
        assert!(world.host.image(Show::Everything) == before);
    }
}

#[test]
fn a_disk_of_another_pool_is_refused() {
    let world = world(&mirror());
    let other = Pool {
        name: PoolName::new("other").unwrap(),
        layout: vec![vdev(Data, "none", &["h"])],
        settings: Settings::default(),
        lifecycle: Lifecycle::default(),
    };
    let both: Vec<Resource> = spec(&mirror()).resources().cloned().chain([Resource::Pool(other)]).collect();
    world.switch(&graph(both)).unwrap();
    let plan = world.plan(&spec(&[mirror()[0].clone(), vdev(Spare, "none", &["h"])]));
    assert!(
        plan.refusals.iter().any(|refusal| refusal.reason.contains("a disk of the imported pool \"other\""))
    );
}

#[test]
fn a_busy_pool_and_one_with_a_checkpoint_keep_their_layout() {
    let busy = |kind| {
        let world = world(&mirror());
        world.host.edit(|state| {
            let pool = state.pools.values_mut().next().unwrap();
            pool.work = vec![Work { kind, done: "12.34%".into() }];
        });
        world
    };
    let wider = spec(&[vdev(Data, "mirror", &["a", "b", "c"])]);
    let narrower = spec(&single());
    for kind in [WorkKind::Resilver, WorkKind::Removal, WorkKind::Expansion] {
        for wanted in [&wider, &narrower, &spec(&furnished())] {
            let plan = busy(kind).plan(wanted);
            assert!(plan.refusals[0].reason.contains("is under way (12.34% done)"), "{:?}", plan.refusals);
            assert!(plan.refusals[0].help.contains("zpool wait tank"));
        }
        // The same layout is no change, and what goes on is told.
        let plan = busy(kind).plan(&spec(&mirror()));
        assert!(plan.is_empty());
        assert!(plan.warnings[0].text.contains("12.34%"), "{:?}", plan.warnings);
    }
    // A scrub is ended by what fills a disk, and by nothing else.
    let plan = busy(WorkKind::Scrub).plan(&wider);
    assert!(plan.refusals[0].reason.contains("a scrub is under way"), "{:?}", plan.refusals);
    assert!(busy(WorkKind::Scrub).plan(&narrower).refusals.is_empty());
    let world = world(&mirror());
    world.host.edit(|state| state.pools.values_mut().next().unwrap().checkpoint = true);
    let plan = world.plan(&wider);
    assert!(plan.refusals[0].help.contains("zpool checkpoint -d tank"), "{:?}", plan.refusals);
    assert!(world.plan(&spec(&furnished())).refusals.is_empty());
}

#[test]
fn a_disk_that_was_pulled_is_replaced_with_consent_by_another_or_in_its_place() {
    let world_without_b = || {
        let world = world(&mirror());
        world.host.pull_disk(&path("b"));
        world
    };
    // Nothing is done to a pool that only lost a disk.
    let plan = world_without_b().plan(&spec(&mirror()));
    assert!(plan.is_empty());
    assert!(plan.warnings.iter().any(|warning| warning.text.contains("DEGRADED")));
    let other = spec(&[vdev(Data, "mirror", &["a", "c"])]);
    let world = world_without_b();
    assert!(world.plan(&other).refusals[0].help.contains("--consent pool:tank"));
    world.switch_with(&other, &consent()).unwrap();
    assert!(world.drift().is_empty());
    // A blank disk in the old one's place: the spec says nothing new.
    let world = world_without_b();
    world.host.add_blank_disks([path("b").as_str()]);
    let plan = world.plan_with(&spec(&mirror()), &consent());
    assert_eq!(actions(&plan), ["zpool replace -- tank b b"]);
    world.switch_with(&spec(&mirror()), &consent()).unwrap();
    assert!(world.drift().warnings.is_empty());
}

#[test]
fn a_pool_is_adopted_only_with_the_layout_that_it_has() {
    let first = world(&mirror());
    let fresh = World::new();
    fresh.host.edit(|state| *state = first.host.state());
    // Without its mark it is nobody's.
    fresh.host.edit(|state| {
        for dataset in state.datasets.values_mut() {
            dataset.settings.retain(|name, _| !name.as_str().starts_with("phoenix:"));
        }
    });
    let adopt = Consent { adopt: true, ..consent() };
    let plan = fresh.plan_with(&spec(&single()), &adopt);
    assert!(
        plan.refusals.iter().any(|refusal| refusal.reason.contains("adopted with the layout that it has"))
    );
    assert!(fresh.plan_with(&spec(&mirror()), &adopt).refusals.is_empty());
}

#[test]
fn a_raidz_is_widened_where_openzfs_can() {
    let three = vec![vdev(Data, "raidz1", &["a", "b", "c"])];
    let four = vec![vdev(Data, "raidz1", &["a", "b", "c", "d"])];
    let world = world(&three);
    assert!(world.plan(&spec(&four)).refusals[0].help.contains("--consent pool:tank"));
    world.switch_with(&spec(&four), &consent()).unwrap();
    assert!(world.drift().is_empty());
    assert!(matches!(world.rollback(1), Err(SwitchError::Refused(_))));
    let old = self::world(&three);
    old.host.edit(|state| state.zfs = (2, 2));
    let plan = old.plan_with(&spec(&four), &consent());
    assert!(plan.refusals[0].reason.contains("needs OpenZFS 2.3"), "{:?}", plan.refusals);
}

/// Counts the events of a way that nothing disturbs.
fn events(way: &Way) -> usize {
    let world = world(&way.from);
    go(&world, way).unwrap();
    world.host.events().len()
}

/// The host is wholly as it was, or as is wanted; and the file is there.
fn check(world: &World, before: &HostImage, from: Option<u64>, run: &str) {
    if world.current() == from {
        let now = picture(world);
        assert_eq!(now.pools, before.pools, "{run}");
        assert_eq!(now.devices, before.devices, "{run}");
        assert_eq!(now.datasets, before.datasets, "{run}");
    } else {
        assert!(world.drift().is_empty(), "{run}");
    }
    assert_eq!(world.host.read_file(&name("tank/data"), "precious").as_deref(), Some("kept"), "{run}");
}

#[test]
fn an_operation_that_fails_anywhere_leaves_the_layout_as_it_was() {
    for way in ways() {
        for kind in [FaultKind::Fail, FaultKind::FailPartly] {
            for at in 0..events(&way) {
                let world = world(&way.from);
                let (before, from) = (picture(&world), world.current());
                world.host.inject(Fault::at(at, kind));
                let result = go(&world, &way);
                let run = format!("{} {kind:?} at {at} ({})", way.what, world.host.events()[at]);
                match &result {
                    Ok(_) => assert_ne!(world.current(), from, "{run}"),
                    Err(SwitchError::Failed { kept, .. }) => {
                        assert_eq!(world.current(), from, "{run}");
                        assert!(kept.is_empty(), "{run}: {kept:?}");
                    }
                    Err(error) => panic!("{run}: {error:?}"),
                }
                check(&world, &before, from, &run);
                if result.is_err() {
                    world.host.clear_faults();
                    go(&world, &way).unwrap_or_else(|error| panic!("{run}, again: {error:?}"));
                }
            }
        }
    }
}

#[test]
fn power_lost_anywhere_and_again_in_recovery_ends_in_the_old_layout_or_the_new_one() {
    for way in ways() {
        let count = events(&way);
        for kind in [FaultKind::PowerBefore, FaultKind::PowerAfter] {
            for at in 0..count {
                for resume in [false, true] {
                    lose_power(&way, Fault::at(at, kind), resume, None, &format!("{kind:?} at {at}"));
                }
            }
        }
        for at in (0..count).step_by(2) {
            for second in 0..24 {
                let what = format!("at {at}, then {second}");
                let resume = (at / 2 + second) % 2 == 0;
                lose_power(&way, Fault::at(at, FaultKind::PowerAfter), resume, Some(second), &what);
            }
        }
    }
}

fn lose_power(way: &Way, fault: Fault, resume: bool, second: Option<usize>, what: &str) {
    let world = world(&way.from);
    let (before, from) = (picture(&world), world.current());
    world.host.inject(fault);
    let result = go(&world, way);
    let run = format!("{} {what} resume={resume} {:?}", way.what, world.host.events().last());
    assert!(matches!(result, Err(SwitchError::Host(HostError::PowerLost))), "{run}: {result:?}");
    world.host.power_on();
    if let Some(second) = second {
        world.host.forget_events();
        world.host.inject(Fault::at(second, FaultKind::PowerAfter));
        match world.recover(resume) {
            Err(SwitchError::Host(HostError::PowerLost)) => world.host.power_on(),
            Ok(_) => world.host.clear_faults(),
            Err(error) => panic!("{run}: the first recovery: {error:?}"),
        }
    }
    match world.recover(resume) {
        Ok(Some(Recovered::Undone { kept, .. })) => assert!(kept.is_empty(), "{run}: {kept:?}"),
        Ok(_) => {}
        Err(error) => panic!("{run}: {error:?}"),
    }
    check(&world, &before, from, &run);
    assert!(matches!(world.recover(false), Ok(None)), "{run}");
    if world.current() == from {
        go(&world, way).unwrap_or_else(|error| panic!("{run}, again: {error:?}"));
    }
}

#[test]
fn a_widened_raidz_that_cannot_be_undone_is_kept_and_told() {
    let three = vec![vdev(Data, "raidz1", &["a", "b", "c"])];
    let way = Way { what: "expand", to: vec![vdev(Data, "raidz1", &["a", "b", "c", "d"])], from: three };
    let world = world(&way.from);
    let is_attach = |op: &Op| matches!(op, Op::PoolAttach { .. });
    world.host.inject(Fault::when(is_attach, FaultKind::FailPartly));
    let Err(SwitchError::Failed { kept, .. }) = go(&world, &way) else { panic!("it did not fail") };
    assert_eq!(kept.len(), 1);
    assert!(kept[0].contains("ZFS takes no disk out of"), "{kept:?}");
    assert_eq!(world.current(), Some(1));
    // What was asked for is there already, so asking again needs nothing more.
    go(&world, &way).unwrap();
    assert!(world.drift().is_empty());
}
