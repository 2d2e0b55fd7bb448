//! Mount points of containers: written, followed, given back, and what a container holds that runs.

use phoenix_graph::{Bind, Graph, Resource};
use phoenix_host::op::Op;
use phoenix_plan::{Kind, Plan, Subject, foreign::ForeignKind};
use phoenix_sim::{Cluster, Fault, FaultKind};
use phoenix_support::*;
use phoenix_transaction::switch::SwitchError;

const CONF: &str = "arch: amd64\nostype: debian\n";

fn path(id: u32) -> std::path::PathBuf {
    format!("/etc/pve/nodes/pve/lxc/{id}.conf").into()
}

/// A host with these containers; each runs, or not.
fn world(containers: &[(u32, bool)]) -> World {
    let world = World::new();
    for (id, running) in containers {
        world.host.edit(|state| {
            state.files.insert(path(*id), CONF.to_owned());
            if *running {
                state.start_container(*id).unwrap();
            }
        });
    }
    world
}

fn conf(world: &World, id: u32) -> String {
    world.host.state().files[&path(id)].clone()
}

fn bind(id: u32, at: &str, of: &str, options: &[(&str, &str)]) -> Resource {
    Resource::Bind(Bind {
        container: id,
        at: at.into(),
        dataset: name(of),
        path: format!("/{of}").into(),
        subdirectory: None,
        options: options.iter().map(|(name, word)| ((*name).into(), (*word).into())).collect(),
    })
}

/// The small host, with these mount points.
fn bound(binds: impl IntoIterator<Item = Resource>) -> Graph {
    graph(small().into_iter().chain(binds).collect())
}

fn held(world: &World, id: u32) -> Vec<String> {
    world.host.state().running[&id].iter().map(ToString::to_string).collect()
}

fn warned(plan: &Plan) -> Vec<&str> {
    plan.warnings.iter().map(|warning| warning.code.name).collect()
}

#[test]
fn a_container_that_is_not_there_is_refused_and_nothing_runs() {
    let world = world(&[(102, false)]);
    let told = world.refuses(&bound([bind(101, "/share", "tank/share", &[])]));
    assert!(told[0].contains("there is no container 101"), "{told:?}");
    assert_eq!((world.host.changes(), world.current()), (vec![], None));
}

#[test]
fn a_mount_point_comes_changes_goes_and_comes_back() {
    let world = world(&[(101, false)]);
    let first = bound([bind(101, "/share", "tank/share", &[])]);
    world.switch(&first).unwrap();
    assert_eq!(conf(&world, 101), "arch: amd64\nmp0: /tank/share,mp=/share\nostype: debian\n");
    assert!(world.drift().is_empty());
    world.switch(&bound([bind(101, "/share", "tank/share", &[("ro", "1")])])).unwrap();
    assert_eq!(conf(&world, 101), "arch: amd64\nmp0: /tank/share,mp=/share,ro=1\nostype: debian\n");
    world.switch(&graph(small())).unwrap();
    assert_eq!(conf(&world, 101), CONF);
    world.rollback(1).unwrap();
    assert_eq!(conf(&world, 101), "arch: amd64\nmp0: /tank/share,mp=/share\nostype: debian\n");
    assert!(world.drift().is_empty());
    // With its dataset it goes, and comes home.
    world.host.write_file(&name("tank/share"), "precious", "files");
    world.switch(&graph(without(small(), &["dataset:tank/share", "export:/tank/share"]))).unwrap();
    assert_eq!(conf(&world, 101), CONF);
    world.rollback(1).unwrap();
    assert!(world.drift().is_empty());
    assert_eq!(world.host.read_file(&name("tank/share"), "precious").as_deref(), Some("files"));
    world.host.edit(|state| state.start_container(101)).unwrap();
    assert_eq!(held(&world, 101), ["tank/share"]);
}

#[test]
fn what_is_new_is_live_at_once_and_what_changes_waits_for_the_next_start() {
    let world = world(&[(101, true)]);
    world.switch(&bound([bind(101, "/share", "tank/share", &[])])).unwrap();
    assert_eq!(held(&world, 101), ["tank/share"]);
    let read_only = bound([bind(101, "/share", "tank/share", &[("ro", "1")])]);
    assert_eq!(warned(&world.plan(&read_only)), ["waits-for-start"]);
    world.switch(&read_only).unwrap();
    assert!(conf(&world, 101).ends_with("\n[pve:pending]\nmp0: /tank/share,mp=/share,ro=1\n"));
    // It holds, and is told as long as it waits.
    let drift = world.drift();
    assert!(drift.is_empty());
    assert_eq!(warned(&drift), ["waits-for-start"]);
    world.host.edit(|state| {
        state.stop_container(101);
        state.start_container(101).unwrap();
    });
    assert_eq!(warned(&world.drift()), [""; 0]);
    // A dataset that it holds cannot go with its mount point, only after the next start.
    let gone = graph(without(small(), &["dataset:tank/share", "export:/tank/share"]));
    let told = world.refuses(&gone);
    assert!(told[0].contains("is held until the next start"), "{told:?}");
    world.switch(&graph(small())).unwrap();
    assert!(world.refuses(&gone)[0].contains("guests name it"));
    world.host.edit(|state| state.stop_container(101));
    world.switch(&gone).unwrap();
    assert_eq!(conf(&world, 101), CONF);
}

#[test]
fn what_fails_is_undone_in_a_container_that_is_stopped_and_told_of_one_that_runs() {
    let with_new = || {
        let resources = small().into_iter().chain([dataset("tank/new", &[])]);
        let binds = [bind(101, "/new", "tank/new", &[]), bind(102, "/new", "tank/new", &[])];
        graph(resources.chain(binds).collect())
    };
    let fails = |op: &Op| matches!(op, Op::MountPointSet { container: 102, .. });
    let stopped = world(&[(101, false), (102, false)]);
    stopped.switch(&graph(small())).unwrap();
    let before = stopped.picture();
    stopped.host.inject(Fault::when(fails, FaultKind::Fail));
    let Err(SwitchError::Failed { kept, .. }) = stopped.switch(&with_new()) else { panic!("it is done") };
    assert_eq!((stopped.picture(), kept), (before, Vec::new()));
    stopped.switch(&with_new()).unwrap();

    let running = world(&[(101, true), (102, false)]);
    running.switch(&graph(small())).unwrap();
    running.host.inject(Fault::when(fails, FaultKind::Fail));
    let Err(SwitchError::Failed { kept, .. }) = running.switch(&with_new()) else { panic!("it is done") };
    assert!(kept[0].contains("container 101 has /tank/new,mp=/new at mp0 until its next start"), "{kept:?}");
    assert!(kept[1].contains("tank/new was set aside as tank/.phoenix/"), "{kept:?}");
    assert!(conf(&running, 101).ends_with("\n[pve:pending]\ndelete: mp0\n"));
    // After that start it is whole again.
    running.host.edit(|state| state.stop_container(101));
    assert_eq!(conf(&running, 101), CONF);
    running.switch(&with_new()).unwrap();
    assert!(running.drift().is_empty());
}

#[test]
fn a_mount_point_that_somebody_made_is_taken_over_and_given_back() {
    let world = world(&[(101, false)]);
    world.switch(&graph(small())).unwrap();
    let theirs = "arch: amd64\nmp3: /srv/old,mp=/share,backup=1\nostype: debian\n";
    world.host.edit(|state| state.files.insert(path(101), theirs.to_owned()));
    let taken = bound([bind(101, "/share", "tank/share", &[])]);
    assert!(world.refuses(&taken)[0].contains("was not made by phoenix"));
    world.switch_with(&taken, &adopt()).unwrap();
    assert_eq!(conf(&world, 101), "arch: amd64\nmp3: /tank/share,mp=/share\nostype: debian\n");
    world.rollback(1).unwrap();
    assert_eq!(conf(&world, 101), theirs);
    // Let go of without going back it stays as it is.
    world.switch_with(&taken, &adopt()).unwrap();
    let plan = world.plan(&graph(small()));
    let released = |action: &phoenix_plan::Action| {
        action.kind == Kind::Release
            && matches!(&action.subject, Subject::Resource(key) if key.to_string().starts_with("bind:"))
    };
    assert!(plan.actions.iter().any(released));
    world.switch(&graph(small())).unwrap();
    assert_eq!(conf(&world, 101), "arch: amd64\nmp3: /tank/share,mp=/share\nostype: debian\n");
}

#[test]
fn mount_points_that_no_spec_has_are_told_where_they_are_about_its_pools() {
    let world = world(&[(101, false), (102, false)]);
    world.switch(&bound([bind(101, "/share", "tank/share", &[])])).unwrap();
    let more = |id: u32, lines: &str| {
        world.host.edit(|state| state.files.get_mut(&path(id)).unwrap().push_str(lines));
    };
    more(
        101,
        "mp1: /tank//vms/./sub,mp=/sub\nmp2: /srv/elsewhere,mp=/other\nmp3: vms:subvol-101-disk-1,mp=/disk\n",
    );
    more(102, "mp0: /tankard,mp=/no\nmp1: /tank,mp=/all\n");
    let foreign = world.standing().foreign.into_iter().filter(|one| one.kind == ForeignKind::Bind);
    let told: Vec<String> = foreign.map(|one| format!("{} {}", one.key, one.detail)).collect();
    assert_eq!(told, ["bind:lxc/101/sub /tank/vms/sub", "bind:lxc/102/all /tank"]);
    assert!(world.drift().is_empty());
}

#[test]
fn a_power_cut_starts_containers_with_what_waited_and_recovering_brings_one_of_the_two_about() {
    for resume in [false, true] {
        let world = world(&[(101, true), (102, true)]);
        world.switch(&bound([bind(101, "/share", "tank/share", &[])])).unwrap();
        let both = bound([
            bind(101, "/share", "tank/share", &[("ro", "1")]),
            bind(102, "/share", "tank/share", &[]),
        ]);
        let at = |op: &Op| matches!(op, Op::MountPointSet { container: 102, .. });
        world.host.inject(Fault::when(at, FaultKind::PowerAfter));
        assert!(world.switch(&both).is_err());
        world.host.power_on();
        world.recover(resume).unwrap().unwrap();
        // What goes from a container that runs goes at its next start.
        world.host.power_on();
        let (first, second) = (conf(&world, 101), conf(&world, 102));
        assert_eq!(first.contains("ro=1"), resume, "{first}");
        assert_eq!(second.contains("mp0: /tank/share"), resume, "{second}");
        assert!(world.drift().is_empty());
    }
}

#[test]
fn what_cannot_be_seen_is_not_called_undone() {
    let world = world(&[(101, false)]);
    world.switch(&graph(without(small(), &["storage:tank-vms"]))).unwrap();
    let before = world.picture();
    world.host.inject(Fault::when(|op| matches!(op, Op::MountPointSet { .. }), FaultKind::PowerAfter));
    assert!(world.switch(&bound([bind(101, "/share", "tank/share", &[])])).is_err());
    world.host.power_on();
    world.host.edit(|state| state.cluster = Cluster::Away);
    let Err(SwitchError::Degraded { failed, .. }) = world.recover(false) else { panic!("it is recovered") };
    let told = failed.join("\n");
    for key in ["bind:lxc/101/share cannot be seen: ", "storage:tank-vms cannot be seen: "] {
        assert!(told.contains(key), "{told}");
    }
    // It is once it can be seen.
    world.host.edit(|state| state.cluster = Cluster::Well);
    world.recover(false).unwrap().unwrap();
    assert_eq!(world.picture(), before);
}

/// Tells by the place of an action which it waits for, directly or by way of others.
fn waits_for(plan: &Plan, at: usize) -> std::collections::BTreeSet<usize> {
    let mut found = std::collections::BTreeSet::new();
    let mut look = plan.actions[at].needs.clone();
    while let Some(at) = look.pop() {
        if found.insert(at) {
            look.extend(&plan.actions[at].needs);
        }
    }
    found
}

fn place(plan: &Plan, key: &str) -> usize {
    let is = |action: &phoenix_plan::Action| matches!(&action.subject, Subject::Resource(other) if other.to_string() == key);
    plan.actions.iter().position(is).unwrap_or_else(|| panic!("nothing is done to {key}"))
}

#[test]
fn a_dataset_goes_only_once_no_container_has_it() {
    let world = world(&[(101, false)]);
    world.switch(&bound([bind(101, "/share", "tank/share", &[])])).unwrap();
    let plan = world.plan(&graph(without(small(), &["dataset:tank/share", "export:/tank/share"])));
    let (bind, dataset) = (place(&plan, "bind:lxc/101/share"), place(&plan, "dataset:tank/share"));
    assert!(waits_for(&plan, dataset).contains(&bind), "{:?}", kinds(&plan));
}

#[test]
fn a_mount_point_waits_for_its_own_dataset_and_permissions_however_many_there_are() {
    let world = world(&[(101, false)]);
    let names: Vec<String> = (0..40).map(|at| format!("tank/d{at}")).collect();
    let of = |name: &String| {
        let at = format!("/{}", name.replace("tank/", ""));
        [dataset(name, &[]), permissions(name, None, None, Some("0700")), bind(101, &at, name, &[])]
    };
    let plan = world.plan(&graph(small().into_iter().chain(names.iter().flat_map(of)).collect()));
    for at in 0..names.len() {
        let place_of = |kind: &str| place(&plan, &format!("{kind}d{at}"));
        let bind = place_of("bind:lxc/101/");
        let waits = waits_for(&plan, bind);
        assert!(waits.contains(&place_of("dataset:tank/")) && waits.contains(&place_of("permissions:tank/")));
        assert!(plan.actions[bind].needs.len() < 5, "{:?}", plan.actions[bind].needs);
    }
}

#[test]
fn without_quorum_nothing_is_begun() {
    let world = world(&[(101, false)]);
    world.switch(&graph(small())).unwrap();
    world.host.edit(|state| state.cluster = Cluster::NoQuorum);
    let told = world.refuses(&bound([bind(101, "/share", "tank/share", &[])]));
    assert!(
        told[0].contains("Proxmox takes no change of container 101: this node is in no quorum"),
        "{told:?}"
    );
}

#[test]
fn what_waits_is_in_force_once_the_containers_are_restarted() {
    let world = world(&[(101, true), (102, true), (103, true), (104, false)]);
    let all = |options: &[(&str, &str)]| {
        let four = [101, 102, 103, 104].map(|id| bind(id, "/share", "tank/share", options));
        bound(four)
    };
    world.switch(&all(&[])).unwrap();
    world.switch(&bound([bind(102, "/share", "tank/share", &[("ro", "1")])])).unwrap();
    // 101 and 103 are to lose it, which that switch alone knows; of 102 the generation says it.
    let touched = [(101, 0), (103, 0), (104, 0)].into();
    world.host.forget_events();
    let restarted = world.with(|runtime| runtime.restart_guests("switch", &touched)).unwrap();
    assert!(restarted.iter().all(|one| one.result.is_ok()), "{restarted:?}");
    assert_eq!(restarted.iter().map(|one| one.container).collect::<Vec<_>>(), [101, 102, 103]);
    assert_eq!(world.host.changes(), [101, 102, 103].map(|container| Op::ContainerRestart { container }));
    assert_eq!((conf(&world, 101), warned(&world.drift())), (CONF.to_owned(), vec![]));
    assert_eq!(held(&world, 101), [""; 0]);
    assert!(!conf(&world, 102).contains("pending"));
    // Nothing waits any more.
    let again = world.with(|runtime| runtime.restart_guests("switch", &touched)).unwrap();
    assert!(again.is_empty(), "{again:?}");
}

#[test]
fn a_container_that_does_not_come_back_is_told_and_the_others_run_on() {
    let world = world(&[(101, true), (102, true), (103, true)]);
    let all =
        |options: &[(&str, &str)]| bound([101, 102, 103].map(|id| bind(id, "/share", "tank/share", options)));
    world.switch(&all(&[])).unwrap();
    world.switch(&all(&[("ro", "1")])).unwrap();
    world.host.edit(|state| {
        let text = state.files[&path(101)].clone();
        state.files.insert(path(101), format!("lock: backup\n{text}"));
    });
    let restarts =
        |world: &World| world.with(|runtime| runtime.restart_guests("switch", &[].into())).unwrap();
    let told = |world: &World| -> Vec<Option<String>> {
        restarts(world).into_iter().map(|one| one.result.err().map(|why| why.to_string())).collect()
    };
    let locked = told(&world);
    assert!(locked[0].as_ref().unwrap().contains("locked (backup)"), "{locked:?}");
    assert!(locked[1..].iter().all(|why| why.as_ref().unwrap().contains("since 101")), "{locked:?}");
    world.host.edit(|state| {
        let text = state.files[&path(101)].replace("lock: backup\n", "");
        state.files.insert(path(101), text);
    });
    let fails = |op: &Op| matches!(op, Op::ContainerRestart { container: 102 });
    world.host.inject(Fault::when(fails, FaultKind::Fail));
    let failed = told(&world);
    assert_eq!(failed[0], None);
    assert!(failed[1].is_some() && failed[2].as_ref().unwrap().contains("since 102"), "{failed:?}");
    assert_eq!(world.current(), Some(2));
    world.host.clear_faults();
    assert_eq!(told(&world), [None, None]);
    assert_eq!(warned(&world.drift()), [""; 0]);
}
