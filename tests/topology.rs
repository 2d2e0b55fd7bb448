//! Changes of a pool's layout on the simulator: each is planned, carried out and gone back from; fails
//! and loses power at every operation, and again while it recovers. The host is wholly the old
//! generation or wholly the new one, and no disk that holds something is touched.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../runtime/tests/common/mod.rs"]
mod common;

use common::{World, dataset, graph, name};
use phoenix_graph::{
    Class, Disk, Graph, Key, Lifecycle, Pool, PoolName, PropertyName, Redundancy, Resource, Settings, Value,
    Vdev,
};
use phoenix_runtime::{
    host::Host,
    host::sim::{Fault, FaultKind, HostImage, Show},
    observed::{Query, Work, WorkKind},
    op::Op,
    plan::{Consent, Inverse, Plan, Reversibility},
    switch::{Recovered, SwitchError, Switched},
};

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
    let irreversible = [Key::Pool(PoolName::new("tank").unwrap())].into();
    Consent { irreversible, ..Consent::default() }
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

/// Gives the checkpoint up, as a person would.
fn give_up(world: &World) {
    let pool = PoolName::new("tank").unwrap();
    for op in [Op::PoolCheckpointDiscard { pool: pool.clone() }, Op::PoolCheckpointWait { pool }] {
        world.host.perform(&op).unwrap();
    }
}

fn has_checkpoint(world: &World) -> bool {
    world.host.state().pools.values().next().unwrap().checkpoint
}

fn warnings(plan: &Plan) -> String {
    plan.warnings.iter().map(|warning| format!("{}\n", warning.text)).collect()
}

#[test]
fn a_checkpoint_is_taken_where_it_is_a_way_back_and_stays() {
    let first = world(&mirror());
    let plan = first.plan_with(&spec(&two_mirrors()), &consent());
    assert_eq!(actions(&plan), ["zpool checkpoint -- tank", ADD]);
    assert!(warnings(&plan).contains("zpool import --rewind-to-checkpoint tank"), "{}", warnings(&plan));
    first.switch_with(&spec(&two_mirrors()), &consent()).unwrap();
    assert!(has_checkpoint(&first));
    // It is told as long as it is there, and is a way back from the next vdev, too.
    let told = warnings(&first.plan(&spec(&two_mirrors())));
    assert!(told.contains("until you give it up with `zpool checkpoint -d tank`"), "{told}");
    let three: Vec<Vdev> = two_mirrors().into_iter().chain([vdev(Data, "mirror", &["e", "f"])]).collect();
    let plan = first.plan_with(&spec(&three), &consent());
    assert_eq!(actions(&plan), ["zpool add -- tank mirror e f"]);
    assert!(warnings(&plan).contains("is a way back from that, too"), "{}", warnings(&plan));
    // While it is given up, nothing is changed.
    let pool = PoolName::new("tank").unwrap();
    first.host.perform(&Op::PoolCheckpointDiscard { pool }).unwrap();
    let plan = first.plan_with(&spec(&three), &consent());
    assert!(plan.refusals[0].reason.contains("the discarding of a checkpoint is under way"));
}

#[test]
fn no_checkpoint_is_taken_where_it_would_be_in_the_way() {
    let none = |world: &World, layout: &[Vdev], why: &str| {
        let plan = world.plan_with(&spec(layout), &consent());
        assert!(plan.refusals.is_empty(), "{:?}", plan.refusals);
        assert!(!actions(&plan).iter().any(|op| op.starts_with("zpool checkpoint")), "{layout:?}");
        assert!(warnings(&plan).contains(why), "{}", warnings(&plan));
        world.switch_with(&spec(layout), &consent()).unwrap();
        assert!(world.drift().is_empty());
        assert!(!has_checkpoint(world));
    };
    // A disk is replaced in the same switch, which would have to be replaced back if all were undone.
    let other = vec![vdev(Data, "mirror", &["a", "e"]), vdev(Data, "mirror", &["c", "d"])];
    none(&world(&mirror()), &other, "it would forbid what else changes in the layout");
    // A log would stay behind a checkpoint that stays with a raidz.
    let raidz = |names: &[&str]| vdev(Data, "raidz1", names);
    let with_log = vec![raidz(&["a", "b", "c"]), raidz(&["d", "e", "f"]), vdev(Log, "none", &["g"])];
    none(&world(&with_log[..1]), &with_log, "it would forbid what else changes in the layout");
    let without = world(&mirror());
    without.host.edit(|state| {
        let pool = state.pools.values_mut().next().unwrap();
        pool.settings.insert(PropertyName::new("feature@zpool_checkpoint"), "disabled".into());
    });
    none(&without, &two_mirrors(), "the pool's feature zpool_checkpoint is disabled");
    // A log that goes again with the rest is in nobody's way.
    let with_log: Vec<Vdev> = two_mirrors().into_iter().chain([vdev(Log, "none", &["g"])]).collect();
    let world = world(&mirror());
    world.switch_with(&spec(&with_log), &consent()).unwrap();
    assert!(has_checkpoint(&world));
}

/// The pool with a feature enabled that it was made without.
fn with_feature(layout: &[Vdev]) -> Graph {
    let mut resources: Vec<Resource> = spec(layout).resources().cloned().collect();
    let Some(Resource::Pool(pool)) = resources.first_mut() else { panic!("the pool comes first") };
    pool.settings.insert(PropertyName::new(FEATURE), Value::Text("enabled".into()));
    graph(resources)
}

const FEATURE: &str = "feature@blake3";

fn world_without_feature(layout: &[Vdev]) -> World {
    let world = world(layout);
    world.host.edit(|state| {
        let pool = state.pools.values_mut().next().unwrap();
        pool.settings.insert(PropertyName::new(FEATURE), "disabled".into());
    });
    world
}

#[test]
fn a_feature_is_enabled_with_consent_and_behind_a_checkpoint() {
    let world = world_without_feature(&mirror());
    let plan = world.plan(&with_feature(&mirror()));
    assert_eq!(plan.refusals[0].help, "if you want it, say so: `--consent pool:tank`");
    assert!(plan.refusals[0].reason.starts_with("feature@blake3 would be enabled, which cannot be undone"));
    let plan = world.plan_with(&with_feature(&mirror()), &consent());
    assert_eq!(actions(&plan), ["zpool checkpoint -- tank", "zpool set feature@blake3=enabled tank"]);
    world.switch_with(&with_feature(&mirror()), &consent()).unwrap();
    assert!(world.drift().is_empty());
    // A vdev that is being emptied forbids a checkpoint, and not the feature.
    let busy = world_without_feature(&mirror());
    busy.host.edit(|state| {
        let pool = state.pools.values_mut().next().unwrap();
        pool.work = vec![Work { kind: WorkKind::Removal, done: "12.34%".into() }];
    });
    let plan = busy.plan_with(&with_feature(&mirror()), &consent());
    assert_eq!(actions(&plan), ["zpool set feature@blake3=enabled tank"]);
    assert!(warnings(&plan).contains("since the removal of a vdev is under way"), "{}", warnings(&plan));
    busy.switch_with(&with_feature(&mirror()), &consent()).unwrap();
    // A spec that does not say it any more leaves it; one that says it is disabled cannot be had.
    world.rollback(1).unwrap();
    assert!(world.drift().is_empty());
    let mut resources: Vec<Resource> = spec(&mirror()).resources().cloned().collect();
    let Some(Resource::Pool(pool)) = resources.first_mut() else { panic!("the pool comes first") };
    pool.settings.insert(PropertyName::new(FEATURE), Value::Text("disabled".into()));
    let plan = world.plan_with(&graph(resources), &consent());
    assert!(plan.refusals[0].reason.contains("can be disabled only when a pool is made"));
}

#[test]
fn what_stays_whatever_fails_is_told_with_its_way_back() {
    let raidz = |names: &[&str]| vdev(Data, "raidz1", names);
    let one = vec![raidz(&["a", "b", "c"])];
    let two = vec![raidz(&["a", "b", "c"]), raidz(&["d", "e", "f"])];
    let ways = [
        (one.clone(), spec(&two), "ZFS removes no vdev from a pool that has raidz"),
        (mirror(), with_feature(&mirror()), "keeps feature@blake3 enabled"),
        (one, with_feature(&two), "keeps its checkpoint"),
    ];
    let (mut undone, mut stayed) = (0, 0);
    for (from, to, words) in &ways {
        let count = {
            let world = world_without_feature(from);
            world.host.forget_events();
            world.switch_with(to, &consent()).unwrap();
            world.host.events().len()
        };
        let kinds = [FaultKind::Fail, FaultKind::FailPartly, FaultKind::PowerBefore, FaultKind::PowerAfter];
        for (at, kind) in (0..count).flat_map(|at| kinds.map(|kind| (at, kind))) {
            let world = world_without_feature(from);
            let (before, generation) = (picture(&world), world.current());
            world.host.forget_events();
            world.host.inject(Fault::at(at, kind));
            let result = world.switch_with(to, &consent());
            let run = format!("{words} {kind:?} at {at} ({})", world.host.events()[at]);
            world.host.clear_faults();
            let kept = match result {
                Ok(_) => Vec::new(),
                Err(SwitchError::Failed { kept, .. }) => kept,
                Err(SwitchError::PowerLost) => {
                    world.host.power_on();
                    match world.recover(false).unwrap_or_else(|error| panic!("{run}: {error:?}")) {
                        Some(Recovered::Undone { kept, .. }) => kept,
                        _ => Vec::new(),
                    }
                }
                Err(error) => panic!("{run}: {error:?}"),
            };
            if world.current() != generation {
                continue;
            }
            let all = kept.join("\n");
            if all.is_empty() {
                assert_eq!(picture(&world).pools, before.pools, "{run}");
                undone += 1;
            } else {
                assert!(all.contains(words) && all.contains("--rewind-to-checkpoint"), "{run}: {all}");
                assert!(has_checkpoint(&world), "{run}");
                stayed += 1;
            }
            assert!(matches!(world.recover(false), Ok(None)), "{run}");
            world.switch_with(to, &consent()).unwrap_or_else(|error| panic!("{run}, again: {error:?}"));
            assert!(world.drift().is_empty(), "{run}");
        }
    }
    assert!(undone > 10 && stayed > 10, "{undone} undone, {stayed} stayed");
}

#[test]
fn a_checkpoint_that_somebody_else_took_is_left_whatever_fails() {
    for to in [furnished(), two_mirrors()] {
        let world = world(&mirror());
        let pool = PoolName::new("tank").unwrap();
        world.host.perform(&Op::PoolCheckpoint { pool }).unwrap();
        let is_add = |op: &Op| matches!(op, Op::PoolAdd { .. });
        world.host.inject(Fault::when(is_add, FaultKind::FailPartly));
        let result = world.switch_with(&spec(&to), &consent());
        let Err(SwitchError::Failed { kept, .. }) = result else { panic!("it did not fail: {result:?}") };
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert!(kept[0].contains("as long as the pool has a checkpoint"), "{kept:?}");
        assert!(has_checkpoint(&world));
        world.switch_with(&spec(&to), &consent()).unwrap();
        assert!(world.drift().is_empty());
    }
}

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
fn a_checkpoint_of_an_earlier_part_is_given_up_before_what_a_later_one_did_is_undone() {
    let way = Way { what: "add", from: mirror(), to: two_mirrors() };
    let world = world(&way.from);
    let before = picture(&world);
    let is_checkpoint = |op: &Op| matches!(op, Op::PoolCheckpoint { .. });
    world.host.inject(Fault::when(is_checkpoint, FaultKind::PowerAfter));
    assert!(matches!(go(&world, &way), Err(SwitchError::PowerLost)));
    world.host.power_on();
    // It goes on with the vdev alone, and fails behind it.
    let is_add = |op: &Op| matches!(op, Op::PoolAdd { .. });
    world.host.inject(Fault::when(is_add, FaultKind::FailPartly));
    let result = world.recover(true);
    let Ok(Some(Recovered::Undone { kept, .. })) = result else { panic!("it did not fail: {result:?}") };
    assert!(kept.is_empty(), "{kept:?}");
    assert_eq!(picture(&world).pools, before.pools);
    assert_eq!(picture(&world).devices, before.devices);
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
    assert!(matches!(result, Err(SwitchError::PowerLost)), "{run}: {result:?}");
    world.host.power_on();
    if let Some(second) = second {
        world.host.forget_events();
        world.host.inject(Fault::at(second, FaultKind::PowerAfter));
        match world.recover(resume) {
            Err(SwitchError::PowerLost) => world.host.power_on(),
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
