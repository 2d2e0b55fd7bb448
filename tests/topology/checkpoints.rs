//! Checkpoints: taken before what no rollback undoes, told as long as they stand, given up where all is undone,
//! and kept where they are the only way back.

use super::*;
use phoenix_host::HostError;

/// Gives the checkpoint up, as a person would.
pub fn give_up(world: &World) {
    let pool = PoolName::new("tank").unwrap();
    for op in [Op::PoolCheckpointDiscard { pool: pool.clone() }, Op::PoolCheckpointWait { pool }] {
        world.host.perform(&op).unwrap();
    }
}

pub fn has_checkpoint(world: &World) -> bool {
    world.host.state().pools.values().next().unwrap().checkpoint
}

pub fn warnings(plan: &Plan) -> String {
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
                Err(SwitchError::Host(HostError::PowerLost)) => {
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
fn a_checkpoint_of_an_earlier_part_is_given_up_before_what_a_later_one_did_is_undone() {
    let way = Way { what: "add", from: mirror(), to: two_mirrors() };
    let world = world(&way.from);
    let before = picture(&world);
    let is_checkpoint = |op: &Op| matches!(op, Op::PoolCheckpoint { .. });
    world.host.inject(Fault::when(is_checkpoint, FaultKind::PowerAfter));
    assert!(matches!(go(&world, &way), Err(SwitchError::Host(HostError::PowerLost))));
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
