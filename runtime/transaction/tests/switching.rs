//! A switch from end to end, on the simulated host.

use phoenix_graph::Resource;
use phoenix_host::{HostError, observed::OWNER, op::Op, text::complaints::Complaint};
use phoenix_plan::{Consent, Kind, Reversibility, Subject, code};
use phoenix_sim::{Fault, FaultKind, Show};
use phoenix_store::Outcome;
use phoenix_support::*;
use phoenix_transaction::switch::{Recovered, SwitchError, Switched, Target};

#[test]
fn a_switch_from_nothing_brings_everything_about_and_makes_a_generation() {
    let world = World::new();
    let graph = graph(small());
    assert!(matches!(world.switch(&graph).unwrap(), Switched::To { generation: 1, .. }));
    assert_eq!(world.current(), Some(1));
    let state = world.host.state();
    assert_eq!(&*state.dataset(&name("tank/vms")).unwrap().settings["quota"], "1073741824");
    assert_eq!(state.tunables["zfs_arc_max"], 32_212_254_720);
    assert_eq!(state.live_exports().len(), 1);
    assert!(state.storage_cfg.unwrap().contains("zfspool: tank-vms"));
    assert!(world.drift().actions.is_empty());
}

#[test]
fn switching_again_runs_nothing_and_looks_in_few_processes() {
    let world = World::new();
    let mut resources = small();
    resources.extend((0..500).map(|at| dataset(&format!("tank/vms/d{at}"), &[("atime", "off")])));
    let graph = graph(resources);
    world.switch(&graph).unwrap();
    world.host.forget_events();
    assert!(matches!(world.switch(&graph).unwrap(), Switched::Nothing { generation: 1 }));
    assert_eq!(world.host.changes(), []);
    assert!(world.host.processes() <= 8, "{}", world.host.processes());
}

#[test]
fn a_property_changed_by_hand_is_drift_and_only_it_is_repaired() {
    let world = World::new();
    let graph = graph(small());
    world.switch(&graph).unwrap();
    let by_hand = Op::DatasetSet {
        dataset: name("tank/vms"),
        settings: vec![(phoenix_graph::PropertyName::new("quota"), "2G".into())],
    };
    world.host.by_hand(&by_hand).unwrap();
    let drift = world.drift();
    assert_eq!(kinds(&drift), ["update dataset:tank/vms"]);
    assert_eq!(drift.actions[0].changes[0].setting, "quota");
    world.host.forget_events();
    assert!(matches!(world.switch(&graph).unwrap(), Switched::Repaired { generation: 1, .. }));
    let changes = world.host.changes();
    let changing: Vec<_> =
        changes.iter().filter(|op| !matches!(op, Op::Snapshot { .. } | Op::Hold { .. })).collect();
    assert_eq!(changing.len(), 1, "{changing:?}");
    assert_eq!(world.current(), Some(1));
    assert!(world.drift().actions.is_empty());
}

fn edited() -> Vec<phoenix_graph::Resource> {
    let resources = with(small(), dataset("tank/vms", &[("recordsize", "16K"), ("quota", "3G")]));
    let resources = without(resources, &["dataset:tank/share", "export:/tank/share"]);
    let resources = with(resources, dataset("tank/new", &[]));
    with(resources, export("/tank/new", "tank/new", &[("10.0.0.0/24", &["ro"])]))
}

#[test]
fn an_edited_spec_is_planned_exactly_carried_out_and_gone_back_from() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    world.host.write_file(&name("tank/share"), "letter", "dear all");
    let before = world.host.image(Show::UsersOnly);
    let edited = graph(edited());
    assert_eq!(
        kinds(&world.plan(&edited)),
        [
            "update files in /etc",
            "remove export:/tank/share",
            "update mounts",
            "retire dataset:tank/share",
            "create dataset:tank/new",
            "update dataset:tank/vms",
            "update mounts",
            "update files in /etc",
            "create export:/tank/new",
        ]
    );
    world.switch(&edited).unwrap();
    assert_eq!(world.current(), Some(2));
    assert_eq!(world.host.read_file(&name("tank/share"), "letter"), None);
    assert_eq!(world.host.read_file(&name("tank/.phoenix/2/share"), "letter").unwrap(), "dear all");
    // Taken before anything else, held, and moved along.
    let state = world.host.state();
    for dataset in ["tank/.phoenix/2/share", "tank/vms"] {
        let snapshot = &state.dataset(&name(dataset)).unwrap().snapshots["phoenix-2"];
        assert!(snapshot.holds.contains("phoenix"), "{dataset}: {snapshot:?}");
    }
    world.host.write_file(&name("tank/new"), "note", "keep me");

    assert!(matches!(world.rollback(1).unwrap(), Switched::To { generation: 1, .. }));
    assert_eq!(world.current(), Some(1));
    assert_eq!(world.host.image(Show::UsersOnly), before);
    assert_eq!(world.host.read_file(&name("tank/share"), "letter").unwrap(), "dear all");
    let kept = world.host.state();
    let retired = kept.datasets.keys().find(|name| name.as_str().ends_with("/new")).unwrap();
    assert!(retired.as_str().starts_with("tank/.phoenix/"), "{retired}");
    assert_eq!(world.host.read_file(retired, "note").unwrap(), "keep me");
    assert_eq!(world.store.generation(3).unwrap().outcome, Outcome::WentTo { generation: 1 });

    // Forward again: the added dataset comes home with its file.
    world.rollback(2).unwrap();
    assert_eq!(world.host.read_file(&name("tank/new"), "note").unwrap(), "keep me");
    assert!(world.drift().actions.is_empty());
}

#[test]
fn a_disk_that_holds_something_is_refused_by_name_and_nothing_runs() {
    let world = World::new();
    world.host.add_disk_holding("/dev/disk/by-id/full", "an ext4 file system \"photos\"");
    let before = world.host.image(Show::Everything);
    let resources = with(small(), pool("second", &["full"], &[]));
    let refusals = refused(world.switch(&graph(resources)));
    assert_eq!(refusals.len(), 1);
    assert!(refusals[0].reason.contains("/dev/disk/by-id/full"), "{refusals:?}");
    assert!(refusals[0].reason.contains("ext4"), "{refusals:?}");
    assert_eq!(world.host.image(Show::Everything), before);
    assert_eq!(world.current(), None);
}

#[test]
fn a_switch_that_fails_in_the_middle_leaves_the_host_as_it_was() {
    let world = World::new();
    let before = world.host.image(Show::UsersOnly);
    world.host.inject(Fault::when(|op| matches!(op, Op::StorageAdd { .. }), FaultKind::Fail));
    let result = world.switch(&graph(small()));
    let Err(SwitchError::Failed { reason, kept }) = result else { panic!("did not fail: {result:?}") };
    assert!(reason.to_string().contains("storage:tank-vms"), "{reason}");
    assert_eq!(kept, Vec::<String>::new());
    assert_eq!(world.host.image(Show::UsersOnly), before);
    assert_eq!(world.current(), None);
    assert!(matches!(world.store.generation(1).unwrap().outcome, Outcome::Failed { .. }));
    // And the same switch comes about once the cause is gone, under a number of its own.
    assert!(matches!(world.switch(&graph(small())).unwrap(), Switched::To { generation: 2, .. }));
}

#[test]
fn what_somebody_wrote_into_a_new_dataset_survives_its_undoing() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let more = with(with(small(), dataset("tank/a", &[])), zfspool("tank-b", "tank/a", "images"));
    // A file appears between the creation and the failure.
    world.host.inject(Fault::when(|op| matches!(op, Op::StorageAdd { .. }), FaultKind::PowerBefore));
    assert!(matches!(world.switch(&graph(more.clone())), Err(SwitchError::Host(HostError::PowerLost))));
    world.host.power_on();
    world.host.write_file(&name("tank/a"), "early", "bird");
    let Some(Recovered::Undone { generation, kept, .. }) = world.recover(false).unwrap() else {
        panic!("not undone")
    };
    assert_eq!(generation, Some(1));
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(world.current(), Some(1));
    world.switch(&graph(more)).unwrap();
    assert_eq!(world.host.read_file(&name("tank/a"), "early").unwrap(), "bird");
}

#[test]
fn a_changing_verb_is_refused_while_a_switch_is_open_and_recover_resumes_it() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    world.host.inject(Fault::when(|op| matches!(op, Op::DatasetCreate { .. }), FaultKind::PowerAfter));
    let edited = graph(edited());
    assert!(matches!(world.switch(&edited), Err(SwitchError::Host(HostError::PowerLost))));
    world.host.power_on();
    assert!(matches!(world.switch(&edited), Err(SwitchError::Open { number: 2 })));
    assert!(matches!(world.rollback(1), Err(SwitchError::Open { number: 2 })));
    assert_eq!(world.recover(true).unwrap(), Some(Recovered::Finished { generation: 2 }));
    assert_eq!(world.current(), Some(2));
    assert!(world.drift().actions.is_empty());
    assert_eq!(world.recover(false).unwrap(), None);
}

#[test]
fn what_phoenix_did_not_make_is_taken_over_only_with_consent_and_never_put_away() {
    let world = World::new();
    world.switch(&graph(without(small(), &["dataset:tank/share", "export:/tank/share"]))).unwrap();
    world.host.by_hand(&Op::DatasetCreate { dataset: name("tank/share"), settings: vec![] }).unwrap();
    world.host.by_hand(&Op::DatasetMount { dataset: name("tank/share") }).unwrap();
    world.host.write_file(&name("tank/share"), "old", "gold");
    let refusals = refused(world.switch(&graph(small())));
    assert!(refusals[0].help.contains("--adopt"), "{refusals:?}");
    world.switch_with(&graph(small()), &adopt()).unwrap();
    assert_eq!(world.current(), Some(2));
    world.rollback(1).unwrap();
    assert_eq!(world.host.read_file(&name("tank/share"), "old").unwrap(), "gold");
    let state = world.host.state();
    assert!(!state.dataset(&name("tank/share")).unwrap().settings.contains_key(OWNER));
    // Forward again needs no second consent.
    world.rollback(2).unwrap();
    assert_eq!(world.current(), Some(2));
}

#[test]
fn retiring_a_dataset_with_a_foreign_child_is_refused_by_its_name() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    world.host.by_hand(&Op::DatasetCreate { dataset: name("tank/share/mine"), settings: vec![] }).unwrap();
    let less = without(small(), &["dataset:tank/share", "export:/tank/share"]);
    let refusals = refused(world.switch(&graph(less)));
    assert!(refusals[0].reason.contains("tank/share/mine"), "{refusals:?}");
}

#[test]
fn retiring_what_is_in_use_is_refused_with_who_uses_it() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    world.host.set_busy(&name("tank/share"), true);
    let before = world.host.image(Show::UsersOnly);
    let less = without(small(), &["dataset:tank/share", "export:/tank/share"]);
    let refusals = refused(world.switch(&graph(less.clone())));
    assert!(refusals[0].reason.contains("process 4242 (simulated)"), "{refusals:?}");
    assert_eq!(world.host.image(Show::UsersOnly), before);
    // What begins to use it after the plan makes the switch fail, and is told then.
    world.host.set_busy(&name("tank/share"), false);
    let target = Target::New { graph: graph(less), sources: Vec::new() };
    let mut approve = |_: &_| {
        world.host.set_busy(&name("tank/share"), true);
        true
    };
    let switched = world.with(|runtime| runtime.switch("switch", &target, &Consent::default(), &mut approve));
    let Err(SwitchError::Failed { reason, .. }) = switched else { panic!("did not fail") };
    assert!(reason.to_string().contains("busy"), "{reason}");
    let cause = reason.source().and_then(|cause| cause.downcast_ref::<HostError>());
    assert!(cause.is_some_and(|cause| cause.complains_of(Complaint::Busy)), "{reason:?}");
    assert_eq!(world.host.image(Show::UsersOnly), before);
    assert_eq!(world.current(), Some(1));
}

#[test]
fn a_retired_dataset_with_a_mount_point_of_its_own_is_not_mounted_at_boot_and_comes_home_mounted() {
    let world = World::new();
    let resources = with(small(), dataset("tank/vms/deep", &[("mountpoint", "/srv/deep")]));
    // Its mount point is not its own, and comes along all the same.
    let resources = with(resources, dataset("tank/vms/deep/kid", &[]));
    world.switch(&graph(resources.clone())).unwrap();
    world
        .switch(&graph(without(
            resources,
            &["dataset:tank/vms", "dataset:tank/vms/deep", "dataset:tank/vms/deep/kid", "storage:tank-vms"],
        )))
        .unwrap();
    world.host.power_on();
    let state = world.host.state();
    for inside in ["tank/.phoenix/2/vms", "tank/.phoenix/2/vms/deep", "tank/.phoenix/2/vms/deep/kid"] {
        assert!(state.dataset(&name(inside)).is_some());
        assert_eq!(state.mounted_at(&name(inside)), None, "{inside}");
    }
    world.rollback(1).unwrap();
    assert_eq!(world.host.state().mounted_at(&name("tank/vms/deep")), Some("/srv/deep"));
    assert_eq!(world.host.state().mounted_at(&name("tank/vms/deep/kid")), Some("/srv/deep/kid"));
    assert!(world.drift().actions.is_empty());
}

#[test]
fn a_setting_that_openzfs_prints_by_another_word_holds() {
    let world = World::new();
    // From 2.3 on `xattr=sa` is printed as `on`.
    let graph = graph(with(small(), dataset("tank/deep", &[("xattr", "sa")])));
    assert!(matches!(world.switch(&graph).unwrap(), Switched::To { .. }));
    assert_eq!(&*world.host.state().dataset(&name("tank/deep")).unwrap().settings["xattr"], "on");
    assert!(matches!(world.switch(&graph).unwrap(), Switched::Nothing { .. }));
}

#[test]
fn a_setting_that_the_spec_no_longer_declares_is_inherited_again() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let fewer = with(small(), dataset("tank/share", &[]));
    let plan = world.plan(&graph(fewer.clone()));
    assert_eq!(kinds(&plan), ["update dataset:tank/share"]);
    world.switch(&graph(fewer)).unwrap();
    assert!(!world.host.state().dataset(&name("tank/share")).unwrap().settings.contains_key("compression"));
    world.rollback(1).unwrap();
    assert_eq!(&*world.host.state().dataset(&name("tank/share")).unwrap().settings["compression"], "lz4");
}

#[test]
fn a_volume_grows_with_consent_alone_and_is_put_away_whole() {
    let world = World::new();
    let with_volume = |size| graph(with(small(), volume("tank/disk", size)));
    world.switch(&with_volume(1 << 30)).unwrap();
    let refusals = refused(world.switch(&with_volume(1 << 31)));
    assert!(refusals[0].help.contains("--consent volume:tank/disk"), "{refusals:?}");
    let consent = consent_to("volume:tank/disk");
    // What no rollback undoes comes last, whatever its name.
    let more = with(with(small(), volume("tank/disk", 1 << 31)), dataset("tank/zz", &[]));
    let plan = world.plan_with(&graph(more.clone()), &consent);
    let last = plan.actions.last().unwrap();
    assert_eq!(
        (last.subject.to_string().as_str(), last.class),
        ("volume:tank/disk", Reversibility::ForwardOnly)
    );
    assert_eq!(last.needs.len(), plan.actions.len() - 1);
    world.switch_with(&graph(more), &consent).unwrap();
    world.switch(&graph(small())).unwrap();
    assert!(world.host.state().datasets.keys().any(|name| name.as_str().ends_with("/disk")));
    assert!(world.host.state().dataset(&name("tank/disk")).is_none());
}

#[test]
fn an_exported_pool_is_imported_and_then_planned() {
    let world = World::new();
    let graph = graph(small());
    world.switch(&graph).unwrap();
    export_tank(&world);
    let drift = world.drift();
    assert!(drift.partial);
    assert_eq!(drift.actions[0].kind, Kind::Import);
    world.switch(&graph).unwrap();
    assert!(world.drift().actions.is_empty());
}

fn export_tank(world: &World) {
    for dataset in ["tank/share", "tank/vms", "tank"] {
        world.host.by_hand(&Op::DatasetUnmount { dataset: name(dataset) }).unwrap();
    }
    world.host.by_hand(&Op::PoolExport { pool: phoenix_graph::PoolName::new("tank").unwrap() }).unwrap();
}

#[test]
fn an_import_that_was_cut_off_is_undone_or_gone_on_with() {
    for (kind, resume) in [FaultKind::PowerBefore, FaultKind::PowerAfter]
        .into_iter()
        .flat_map(|kind| [false, true].map(|resume| (kind, resume)))
    {
        let world = World::new();
        world.switch(&graph(small())).unwrap();
        export_tank(&world);
        world.host.inject(Fault::when(|op| matches!(op, Op::PoolImport { .. }), kind));
        assert!(matches!(world.switch(&graph(edited())), Err(SwitchError::Host(HostError::PowerLost))));
        world.host.power_on();
        world.recover(resume).unwrap();
        assert_eq!(world.current(), Some(if resume { 2 } else { 1 }), "{kind:?}");
        world.switch(&graph(edited())).unwrap();
        assert!(world.drift().actions.is_empty());
    }
}

#[test]
fn snapshots_that_are_taken_after_an_import_are_on_record_and_collected() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    export_tank(&world);
    // It changes one dataset, and puts another away.
    world.switch(&graph(edited())).unwrap();
    assert!(!world.store.taken().unwrap().is_empty());
    let of_two = || {
        let state = world.host.state();
        let names = state.datasets.values().flat_map(|dataset| dataset.snapshots.keys());
        names.filter(|name| name.starts_with("phoenix-2.")).count()
    };
    assert!(of_two() >= 2, "{}", of_two());
    for again in [small(), edited()] {
        world.switch(&graph(again)).unwrap();
    }
    let (plan, _) = world.gc(0).unwrap();
    assert!(plan.strange.is_empty(), "{:?}", plan.strange);
    assert_eq!(of_two(), 0);
}

#[test]
fn actions_that_do_not_need_each_other_run_side_by_side_with_the_same_result() {
    let (one, mut many) = (World::new(), World::new());
    many.jobs = 8;
    let mut resources = small();
    resources.extend((0..60).map(|at| dataset(&format!("tank/vms/d{at}"), &[("atime", "off")])));
    let graph = graph(resources);
    one.switch(&graph).unwrap();
    many.switch(&graph).unwrap();
    assert_eq!(one.host.image(Show::Everything).datasets, many.host.image(Show::Everything).datasets);
}

#[test]
fn every_stored_object_has_the_hash_of_its_name() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let mut count = 0;
    for entry in std::fs::read_dir(world.root().join("store")).unwrap() {
        let path = entry.unwrap().path();
        let hash = blake3::hash(&std::fs::read(&path).unwrap()).to_hex();
        assert!(path.file_name().unwrap().to_str().unwrap().starts_with(hash.as_str()), "{}", path.display());
        count += 1;
    }
    assert_eq!(count, small().len() + 1);
}

#[test]
fn a_rendered_file_that_somebody_changed_is_written_anew() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let file = world.root().join("generations/1/etc/phoenix.exports");
    std::fs::write(&file, "/tank *(rw)\n").unwrap();
    assert_eq!(kinds(&world.drift()), ["update files in /etc"]);
    assert!(matches!(world.switch(&graph(small())).unwrap(), Switched::Repaired { generation: 1, .. }));
    assert!(std::fs::read_to_string(&file).unwrap().contains("/tank/share"));
    assert!(world.drift().actions.is_empty());
}

#[test]
fn the_plan_tells_every_line_of_a_rendered_file_that_no_resource_tells() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let file = |name: &str| world.root().join("generations/1/etc").join(name);
    let (exports, modprobe) = (file("phoenix.exports"), file("phoenix.conf"));
    let [shared, limited] = [&exports, &modprobe].map(|path| std::fs::read_to_string(path).unwrap());
    std::fs::write(&exports, "# /a note\n/tank *(rw)\n/tank/share *(rw)\n").unwrap();
    std::fs::write(&modprobe, format!("{limited}options zfs zfs_arc_min=1\n")).unwrap();
    let line = |text: &str, begin: &str| {
        text.lines().find(|line| line.starts_with(begin)).map(str::to_owned).unwrap()
    };
    let told = |resources: Vec<Resource>| -> Vec<(String, Option<String>, Option<String>)> {
        let plan = world.plan(&graph(resources));
        let files = plan.actions.into_iter().filter(|action| action.subject == Subject::Files);
        let changes = files.flat_map(|action| action.changes);
        changes.map(|change| (change.setting, change.old, change.new)).collect()
    };
    let (in_exports, in_modprobe) =
        ("/etc/exports.d/phoenix.exports".to_owned(), "/etc/modprobe.d/phoenix.conf".to_owned());
    let by_hand = [
        (in_modprobe, Some("options zfs zfs_arc_min=1".to_owned()), None),
        (in_exports.clone(), Some("/tank *(rw)".to_owned()), None),
        (in_exports.clone(), Some("/tank/share *(rw)".to_owned()), None),
    ];
    let mut all = by_hand.to_vec();
    all.push((in_exports, None, Some(line(&shared, "/tank/share"))));
    assert_eq!(told(small()), all);
    // What a resource tells is told there alone.
    let other = export("/tank/share", "tank/share", &[("10.9.0.0/24", &["ro"])]);
    assert_eq!(told(with(small(), other)), by_hand);
    assert_eq!(told(without(small(), &["export:/tank/share"])), by_hand);
}

#[test]
fn an_undoing_that_fails_says_what_stands_and_recover_ends_it() {
    let world = World::new();
    let before = world.host.image(Show::UsersOnly);
    world.host.inject(Fault::when(|op| matches!(op, Op::StorageAdd { .. }), FaultKind::Fail));
    world.host.inject(Fault::when(|op| matches!(op, Op::DatasetDestroy { .. }), FaultKind::Fail));
    let result = world.switch(&graph(small()));
    let Err(SwitchError::Degraded { reason, failed, .. }) = result else {
        panic!("not degraded: {result:?}")
    };
    assert!(reason.to_string().contains("storage:tank-vms"), "{reason}");
    assert!(failed.iter().any(|failed| failed.contains("zfs destroy")), "{failed:?}");
    assert!(matches!(world.store.generation(1).unwrap().outcome, Outcome::Degraded { .. }));
    assert_eq!(world.current(), None);
    assert!(matches!(world.switch(&graph(small())), Err(SwitchError::Open { number: 1 })));
    assert!(matches!(world.recover(false).unwrap(), Some(Recovered::Undone { generation: None, .. })));
    assert_eq!(world.host.image(Show::UsersOnly), before);
    assert!(matches!(world.switch(&graph(small())).unwrap(), Switched::To { generation: 2, .. }));
}

#[test]
fn recovering_waits_for_a_pool_that_is_not_there() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    world.host.inject(Fault::when(|op| matches!(op, Op::DatasetCreate { .. }), FaultKind::PowerAfter));
    assert!(matches!(world.switch(&graph(edited())), Err(SwitchError::Host(HostError::PowerLost))));
    world.host.power_on();
    let pool = phoenix_graph::PoolName::new("tank").unwrap();
    world.host.by_hand(&Op::PoolExport { pool: pool.clone() }).unwrap();
    let blind = world.recover(false);
    assert!(matches!(blind, Err(SwitchError::PoolNotThere { .. })), "{blind:?}");
    world.host.by_hand(&Op::PoolImport { pool }).unwrap();
    assert_eq!(
        world.recover(false).unwrap(),
        Some(Recovered::Undone { generation: Some(1), kept: Vec::new(), instead: None })
    );
    assert!(world.drift().actions.is_empty());
}

#[test]
fn an_export_of_somebody_else_is_refused_and_left_as_it_is() {
    let world = World::new();
    world.host.edit(|state| {
        state.files.insert("/etc/exports".into(), "/tank/share 10.0.0.0/24(ro,no_subtree_check)\n".into());
    });
    world.switch(&graph(without(small(), &["export:/tank/share"]))).unwrap();
    world.host.by_hand(&Op::ExportsReload).unwrap();
    let before = world.host.image(Show::Everything);
    let refusals = refused(world.switch(&graph(small())));
    assert!(refusals[0].reason.contains("by /etc/exports, line 1"), "{refusals:?}");
    assert_eq!(world.host.image(Show::Everything), before);
    // What it exports does not go either.
    let refusals =
        refused(world.switch(&graph(without(small(), &["export:/tank/share", "dataset:tank/share"]))));
    assert_eq!(refusals[0].code, code::STILL_EXPORTED, "{refusals:?}");
    assert_eq!(world.host.image(Show::Everything), before);
    // Also where it is in no table yet, another client, and after a line that `exportfs` does not take.
    world.host.edit(|state| {
        let text = "/srv 10.0.0.0/24(noatime)\n/tank/share 10.9.0.0/24(ro,no_subtree_check)\n";
        state.files.insert("/etc/exports".into(), text.into());
    });
    assert!(world.host.by_hand(&Op::ExportsReload).is_err());
    world.switch(&graph(small())).unwrap();
    assert!(world.drift().actions.is_empty());
    let refusals =
        refused(world.switch(&graph(without(small(), &["export:/tank/share", "dataset:tank/share"]))));
    assert!(refusals[0].reason.contains("to 10.9.0.0/24 by /etc/exports, line 2"), "{refusals:?}");
}

#[test]
fn a_switch_that_holds_and_cannot_be_recorded_is_finished_by_recover() {
    let world = World::new();
    // Where the new `current` link is prepared stands a folder.
    std::fs::create_dir(world.root().join(".new-current")).unwrap();
    let result = world.switch(&graph(small()));
    assert!(matches!(result, Err(SwitchError::Unrecorded { .. })), "{result:?}");
    assert_eq!(world.current(), None);
    assert!(matches!(world.switch(&graph(small())), Err(SwitchError::Open { number: 1 })));
    std::fs::remove_dir(world.root().join(".new-current")).unwrap();
    assert_eq!(world.recover(false).unwrap(), Some(Recovered::Finished { generation: 1 }));
    assert_eq!(world.current(), Some(1));
    assert!(world.drift().actions.is_empty());
}

#[test]
fn a_volume_that_was_rounded_up_to_whole_blocks_is_as_it_should_be() {
    let world = World::new();
    let wanted = graph(with(small(), volume("tank/odd", 20_480)));
    world.switch(&wanted).unwrap();
    assert_eq!(world.host.state().datasets[&name("tank/odd")].settings["volsize"], "32768".into());
    assert!(matches!(world.switch(&wanted).unwrap(), Switched::Nothing { .. }));
}
