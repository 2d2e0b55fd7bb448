//! Proxmox beside phoenix: the file of registrations that a write empties of what Proxmox does not know,
//! guests that name what is to go, and an `/etc/pve` that is not there.

use phoenix_graph::{Graph, Resource, Storage};
use phoenix_host::{HostError, observed::Storages, op::Op, text::storage_cfg};
use phoenix_plan::{Consent, Kind, Plan, Subject};
use phoenix_sim::{Cluster, Fault, FaultKind, Show};
use phoenix_support::*;
use phoenix_transaction::switch::SwitchError;

fn put(world: &World, path: &str, text: &str) {
    world.host.edit(|state| state.files.insert(path.into(), text.to_owned()));
}

fn append(world: &World, text: &str) {
    world.host.edit(|state| state.storage_cfg.get_or_insert_default().push_str(text));
}

fn cfg(world: &World) -> String {
    world.host.state().storage_cfg.unwrap()
}

fn files(names: &[&str]) -> Consent {
    Consent { files: names.iter().map(|name| Box::from(*name)).collect(), ..Consent::default() }
}

/// The small host without its registration.
fn unregistered() -> Vec<Resource> {
    without(small(), &["storage:tank-vms"])
}

fn with_storage(change: impl FnOnce(&mut Storage)) -> Graph {
    let mut resources = small();
    let storage = resources.iter_mut().find_map(|resource| match resource {
        Resource::Storage(storage) => Some(storage),
        _ => None,
    });
    change(storage.unwrap());
    graph(resources)
}

const LOSSY: &str = "# what the night shift wrote\nlinstordb: l1\n\tredundancy 2\n\n";

#[test]
fn what_a_write_would_drop_is_told_line_by_line_and_kept_without_consent() {
    let world = World::new();
    append(&world, LOSSY);
    let before = cfg(&world);
    let refusals = refused(world.switch(&graph(small())));
    let [refusal] = &refusals[..] else { panic!("{refusals:?}") };
    for line in ["\"# what the night shift wrote\" (a comment)", "\"linstordb: l1\"", "\"redundancy 2\""] {
        assert!(refusal.reason.contains(line), "{}", refusal.reason);
    }
    assert!(refusal.help.contains("--consent storage.cfg"), "{}", refusal.help);
    assert_eq!(cfg(&world), before);
    // What does not write the file needs no consent.
    world.switch(&graph(unregistered())).unwrap();
    assert_eq!(cfg(&world), before);
    // With consent every line is a warning, and the file as it was stays with the transaction.
    let consent = files(&["storage.cfg"]);
    let told = world.plan_with(&graph(small()), &consent).warnings;
    assert_eq!(told.iter().filter(|warning| warning.text.contains("Proxmox drops this")).count(), 3);
    world.switch_with(&graph(small()), &consent).unwrap();
    assert!(!cfg(&world).contains("linstordb") && cfg(&world).contains("tank-vms"));
    assert_eq!(copies(&world), [before]);
    // Nothing is left to lose, and nothing is asked.
    world.rollback(1).unwrap();
    world.switch(&graph(small())).unwrap();
}

/// Twenty registrations, written by hand.
const TWENTY: &str = include_str!("fixtures/storage.cfg");

#[test]
fn twenty_registrations_by_hand_stay_as_they_are_but_for_the_lines_that_are_told() {
    let world = World::new();
    world.host.edit(|state| state.storage_cfg = Some(TWENTY.to_owned()));
    assert_eq!(TWENTY.matches(": ").count(), 20);
    let read = |world: &World| {
        let Storages::Found(found) = storage_cfg::storages(cfg(world).as_bytes()) else { panic!("unknown") };
        found
    };
    let theirs = read(&world);
    // What registers nothing leaves every byte.
    world.switch(&graph(unregistered())).unwrap();
    world.switch(&graph(unregistered())).unwrap();
    assert_eq!(cfg(&world), TWENTY);
    // A registration rewrites the file: each line that goes by that is told, and no other goes.
    let told = world.plan_with(&graph(small()), &files(&["storage.cfg"])).warnings;
    let told = told.iter().filter(|warning| warning.text.contains("Proxmox drops this"));
    let told: Vec<&str> = told.map(|warning| &*warning.text).collect();
    assert_eq!(told.len(), theirs.lost.len(), "{told:#?}");
    for lost in
        ["# guests' disks", "linstordb: drbd", "redundancy 2", "controllers", "# read only", "night-shift"]
    {
        assert!(told.iter().any(|line| line.contains(lost)), "{lost}: {told:#?}");
    }
    assert!(world.switch(&graph(small())).is_err(), "nothing was asked");
    assert_eq!(cfg(&world), TWENTY);
    world.switch_with(&graph(small()), &files(&["storage.cfg"])).unwrap();
    let same = |world: &World, ours: usize| {
        let now = read(world);
        assert_eq!((now.lost.len(), now.by_id.len()), (0, theirs.by_id.len() + ours), "{}", cfg(world));
        for (id, state) in &theirs.by_id {
            assert_eq!(now.by_id.get(id), Some(state), "{id}");
        }
    };
    same(&world, 1);
    assert!(world.drift().is_empty());
    let before = cfg(&world);
    world.switch(&graph(small())).unwrap();
    assert_eq!(cfg(&world), before);
    world.rollback(1).unwrap();
    same(&world, 0);
    assert!(world.drift().is_empty());
}

#[test]
fn a_secret_in_the_file_is_in_its_copy_alone() {
    let world = World::new();
    append(&world, "cifs: nas\n\tserver 10.0.0.1\n\tshare s\n\tpassword hunter2\n\n");
    let refusals = refused(world.switch(&graph(small())));
    assert!(!format!("{refusals:?}").contains("hunter2"), "{refusals:?}");
    let plan = world.plan_with(&graph(small()), &files(&["storage.cfg"]));
    assert!(!format!("{plan:?}").contains("hunter2"), "{plan:?}");
    world.switch_with(&graph(small()), &files(&["storage.cfg"])).unwrap();
    assert!(copies(&world)[0].contains("hunter2"));
    for entry in std::fs::read_dir(world.store.root().join("txn")).unwrap().flatten() {
        let journal = std::fs::read_to_string(entry.path().join("journal")).unwrap_or_default();
        assert!(!journal.contains("hunter2"));
    }
}

fn copies(world: &World) -> Vec<String> {
    let folders = std::fs::read_dir(world.store.root().join("txn")).unwrap().flatten();
    folders.filter_map(|entry| std::fs::read_to_string(entry.path().join("storage.cfg")).ok()).collect()
}

#[test]
fn undoing_says_what_of_the_file_does_not_come_back() {
    let world = World::new();
    append(&world, LOSSY);
    let two = [small(), vec![zfspool("tank-a", "tank/vms", "images")]].concat();
    world.host.inject(Fault::when(
        |op| matches!(op, Op::StorageAdd { id, .. } if id.as_str() == "tank-vms"),
        FaultKind::Fail,
    ));
    let Err(SwitchError::Failed { kept, .. }) = world.switch_with(&graph(two), &files(&["storage.cfg"]))
    else {
        panic!("it did not fail")
    };
    assert_eq!(kept.len(), 3, "{kept:?}");
    assert!(kept.iter().any(|line| line.contains("night shift")), "{kept:?}");
    let text = cfg(&world);
    assert!(!text.contains("tank-a") && !text.contains("tank-vms"), "{text}");
    // Where nothing was written, nothing is said.
    append(&world, LOSSY);
    world.host.inject(Fault::when(|op| matches!(op, Op::StorageAdd { .. }), FaultKind::Fail));
    let failed = world.switch_with(&graph(small()), &files(&["storage.cfg"]));
    assert!(matches!(&failed, Err(SwitchError::Failed { kept, .. }) if kept.is_empty()), "{failed:?}");
    assert!(cfg(&world).contains("night shift"));
}

#[test]
fn a_broken_section_refuses_registrations_and_nothing_else() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    append(&world, "zfspool: broken\n\tcontent images\n\n");
    let quota = with(small(), dataset("tank/vms", &[("quota", "3G")]));
    world.switch(&graph(quota)).unwrap();
    let refusals = refused(world.switch(&graph(unregistered())));
    assert!(refusals[0].reason.contains("has no \"pool\""), "{refusals:?}");
    // The dataset under it stays where it is.
    let refusals = refused(world.switch(&graph(without(unregistered(), &["dataset:tank/vms"]))));
    assert!(refusals.iter().any(|refusal| refusal.key.to_string() == "storage:tank-vms"), "{refusals:?}");
}

#[test]
fn what_cannot_be_seen_is_neither_missing_nor_taken_away() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let before = cfg(&world);
    for cluster in [Cluster::Away, Cluster::NoQuorum] {
        world.host.edit(|state| state.cluster = cluster);
        let standing = world.standing();
        assert_eq!(standing.missing, []);
        assert_eq!(standing.drift.refusals, []);
        assert_eq!(standing.unknown.len(), usize::from(cluster == Cluster::Away));
        // What stands under it, or under a guest that nobody can see, stays; and so does the registration.
        for gone in ["dataset:tank/vms", "storage:tank-vms"] {
            let refusals = refused(world.switch(&graph(without(unregistered(), &[gone]))));
            assert!(refusals.iter().any(|one| one.key.to_string() == "storage:tank-vms"), "{refusals:?}");
        }
        let refusals = refused(world.switch(&with_storage(|storage| {
            storage.properties.insert("sparse".into(), "1".into());
        })));
        assert_eq!(refusals.len(), 1, "{refusals:?}");
        assert_eq!(cfg(&world), before);
    }
    // A quota goes on, and so does going back.
    world.host.edit(|state| state.cluster = Cluster::Away);
    let refusals =
        refused(world.switch(&graph(without(small(), &["dataset:tank/share", "export:/tank/share"]))));
    assert!(refusals[0].reason.contains("nobody can tell whether guests name it"), "{refusals:?}");
    world.switch(&graph(with(small(), dataset("tank/vms", &[("quota", "3G")])))).unwrap();
    world.rollback(1).unwrap();
    world.host.edit(|state| state.cluster = Cluster::Well);
    assert!(world.drift().is_empty());
}

#[test]
fn what_a_guest_names_is_not_removed_moved_or_retired() {
    let share = || without(small(), &["dataset:tank/share", "export:/tank/share"]);
    let vms = || without(unregistered(), &["dataset:tank/vms"]);
    let cases: [(&str, &str, Vec<Resource>, &str); 8] = [
        ("a/lxc/101.conf", "mp0: /tank/share,mp=/s\n", share(), "container 101 on node a (mp0)"),
        ("b/lxc/102.conf", "mp1: /tank/share/deep,mp=/s\n", share(), "container 102 on node b (mp1)"),
        (
            "a/lxc/103.conf",
            "[pve:pending]\nmp0: /tank/share,mp=/s\n",
            share(),
            "container 103 on node a (mp0 in [pve:pending])",
        ),
        (
            "a/lxc/104.conf",
            "lxc.mount.entry: /tank/share s none bind\n",
            share(),
            "container 104 on node a (lxc.mount.entry)",
        ),
        (
            "a/qemu-server/100.conf",
            "scsi0: tank-vms:vm-100-disk-0,size=1G\n",
            unregistered(),
            "machine 100 on node a (scsi0)",
        ),
        (
            "a/qemu-server/100.conf",
            "[old]\nscsi0: tank-vms:vm-100-disk-0\n",
            vms(),
            "machine 100 on node a (scsi0 in [old])",
        ),
        (
            "a/qemu-server/105.conf",
            "args: -fsdev local,path=/tank/share\n",
            share(),
            "machine 105 on node a (args)",
        ),
        (
            "a/lxc/106.conf",
            "mp0: /tank/share,mp=/s\n",
            with(small(), dataset("tank/share", &[("mountpoint", "/srv/share")])),
            "container 106 on node a (mp0)",
        ),
    ];
    for (path, text, desired, told) in cases {
        let world = World::new();
        world.switch(&graph(small())).unwrap();
        // What only looks alike does not count.
        put(
            &world,
            "/etc/pve/nodes/a/lxc/900.conf",
            "mp0: /tank/shared,mp=/s\nmp1: other:x,mp=/tank/share\n#mp2: /tank/share\n",
        );
        put(&world, &format!("/etc/pve/nodes/{path}"), text);
        let before = world.host.image(Show::Everything);
        let desired = without(desired, &["export:/tank/share"]);
        let refusals = refused(world.switch(&graph(desired.clone())));
        assert!(refusals.iter().any(|one| one.reason.ends_with(told)), "{told}: {refusals:?}");
        assert_eq!(world.host.image(Show::Everything), before);
        // Without the guest it goes.
        world.host.edit(|state| state.files.remove(std::path::Path::new(&format!("/etc/pve/nodes/{path}"))));
        world.switch(&graph(desired)).unwrap();
    }
}

#[test]
fn a_dataset_under_somebody_elses_registration_is_not_retired() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let by_hand = [("zfspool", "pool", "tank/share"), ("dir", "path", "/tank/share/backups")];
    for (kind, key, value) in by_hand {
        let id = phoenix_graph::StorageId::new("by-hand").unwrap();
        let properties = vec![(key.into(), value.into())];
        world
            .host
            .by_hand(&Op::StorageAdd { id: id.clone(), kind: kind.into(), properties, secrets: vec![] })
            .unwrap();
        let gone = without(small(), &["dataset:tank/share", "export:/tank/share"]);
        let refusals = refused(world.switch(&graph(gone)));
        assert!(refusals[0].reason.ends_with("stays registered with Proxmox as by-hand"), "{refusals:?}");
        world.host.by_hand(&Op::StorageRemove { id }).unwrap();
    }
}

#[test]
fn a_registration_that_is_not_in_force_does_not_hold() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let id = phoenix_graph::StorageId::new("tank-vms").unwrap();
    for (name, value) in [("disable", "1"), ("nodes", "other")] {
        let set = vec![(name.into(), value.into())];
        world.host.by_hand(&Op::StorageSet { id: id.clone(), set, secrets: vec![], delete: vec![] }).unwrap();
        let drift = world.drift();
        assert_eq!(drift.actions.len(), 1, "{drift:?}");
        world.switch(&graph(small())).unwrap();
        assert!(world.drift().is_empty());
    }
    // Where the spec says so, it is so.
    let disabled = with_storage(|storage| {
        storage.properties.insert("disable".into(), "1".into());
    });
    world.switch(&disabled).unwrap();
    assert!(world.drift().is_empty());
    world.rollback(1).unwrap();
    assert!(!cfg(&world).contains("disable"));
}

#[test]
fn a_failed_set_is_undone_by_set() {
    let world = World::new();
    world.switch(&graph(small())).unwrap();
    let before = world.host.image(Show::UsersOnly);
    world.host.forget_events();
    world.host.inject(Fault::when(|op| matches!(op, Op::StorageSet { .. }), FaultKind::FailPartly));
    let sparse = with_storage(|storage| {
        storage.properties.insert("content".into(), "images".into());
        storage.properties.insert("blocksize".into(), "16k".into());
    });
    assert!(matches!(world.switch(&sparse), Err(SwitchError::Failed { .. })));
    assert!(
        !world.host.changes().iter().any(|op| matches!(op, Op::StorageRemove { .. } | Op::StorageAdd { .. }))
    );
    assert_eq!(world.host.image(Show::UsersOnly), before);
}

#[test]
fn local_is_only_ever_set() {
    let world = World::new();
    // No section at all: it is implied.
    world.host.edit(|state| state.storage_cfg = Some(String::new()));
    let at = |path: &str| {
        let vms = dataset("tank/vms", &[("recordsize", "16K"), ("quota", "1G"), ("mountpoint", path)]);
        with(unregistered(), vms)
    };
    let local = |content: &str, path: &str| {
        let mut local = zfspool("local", "tank/vms", "images");
        if let Resource::Storage(storage) = &mut local {
            storage.kind = "dir".into();
            storage.properties = [("content", content), ("is_mountpoint", "yes"), ("path", path)]
                .map(|(key, value)| (key.into(), value.into()))
                .into();
        }
        graph([at(path), vec![local]].concat())
    };
    let refusals = refused(world.switch_with(&local("iso", "/tank/vms"), &adopt()));
    assert!(refusals[0].reason.contains("every Proxmox has the storage `local`"), "{refusals:?}");
    world.switch(&graph(at("/var/lib/vz"))).unwrap();
    world.switch_with(&local("iso", "/var/lib/vz"), &adopt()).unwrap();
    assert!(cfg(&world).contains("content iso"));
    world.rollback(1).unwrap();
    let seen = phoenix_host::observed::Query { storages: true, ..Default::default() };
    let Storages::Found(found) = phoenix_host::Host::observe(&world.host, &seen).unwrap().storages else {
        panic!()
    };
    assert!(!found.by_id.values().next().unwrap().properties.contains_key("content"), "{found:?}");
    // The dataset that it lies in goes: `local` is the folder below then.
    let warned =
        |plan: &Plan| plan.warnings.iter().any(|one| one.text.contains("Proxmox's `local` lies in it"));
    let alone = graph(without(unregistered(), &["dataset:tank/vms"]));
    assert!(warned(&world.plan(&alone)));
    world.switch(&alone).unwrap();
    assert!(world.drift().is_empty());
    let without_it = world.current().unwrap();
    world.rollback(1).unwrap();
    // What the spec said of it stays where it goes on without, and Proxmox would hold it for away.
    world.switch_with(&local("iso", "/var/lib/vz"), &adopt()).unwrap();
    let refusals = refused(world.switch(&alone));
    assert!(refusals[0].help.contains("--delete is_mountpoint"), "{refusals:?}");
    // Gone back to before, it has what it had.
    assert!(warned(&world.plan_to(without_it)), "{:#?}", world.plan_to(without_it));
    world.rollback(without_it).unwrap();
    assert!(world.drift().is_empty());
    world.rollback(1).unwrap();
    // A guest that names it keeps it, whatever it expects.
    put(&world, "/etc/pve/nodes/a/qemu-server/107.conf", "ide2: local:iso/x.iso,media=cdrom\n");
    let refusals = refused(world.switch(&alone));
    assert!(refusals[0].reason.contains("machine 107 on node a (ide2)"), "{refusals:?}");
    assert!(world.host.changes().iter().all(|op| {
        !matches!(op, Op::StorageAdd { id, .. } | Op::StorageRemove { id } if id.as_str() == "local")
    }));
}

/// An adopted registration was somebody else's: it is let go of, never removed, and so keeps its ground.
#[test]
fn an_adopted_registration_keeps_its_dataset() {
    let world = World::new();
    world.switch(&graph(unregistered())).unwrap();
    let id = phoenix_graph::StorageId::new("tank-vms").unwrap();
    let properties = vec![("pool".into(), "tank/vms".into()), ("content".into(), "images".into())];
    world
        .host
        .by_hand(&Op::StorageAdd { id: id.clone(), kind: "zfspool".into(), properties, secrets: vec![] })
        .unwrap();
    world.switch_with(&graph(small()), &adopt()).unwrap();
    let both = graph(without(unregistered(), &["dataset:tank/vms"]));
    let refusals = refused(world.switch(&both));
    assert!(refusals[0].reason.ends_with("stays registered with Proxmox as tank-vms"), "{refusals:?}");
    // Let go of alone it stays, and still keeps it; without it the dataset goes.
    world.switch(&graph(unregistered())).unwrap();
    assert!(cfg(&world).contains("tank-vms"));
    assert!(!refused(world.switch(&both)).is_empty());
    world.host.by_hand(&Op::StorageRemove { id }).unwrap();
    world.switch(&both).unwrap();
    assert!(world.drift().is_empty());
}

/// A `dir` is taken in by Proxmox only while it is mounted: when its path changes and something fails after, the
/// mount is back before the registration is.
#[test]
fn a_changed_path_is_undone_once_the_mount_is_back() {
    let at = |path: &str, content: &str| {
        let mut iso = zfspool("iso", "tank/vms", "iso");
        if let Resource::Storage(storage) = &mut iso {
            storage.kind = "dir".into();
            storage.properties = [("content", "iso"), ("is_mountpoint", "yes"), ("path", path)]
                .map(|(key, value)| (key.into(), value.into()))
                .into();
        }
        let vms = dataset("tank/vms", &[("recordsize", "16K"), ("quota", "1G"), ("mountpoint", path)]);
        let last = zfspool("zz", "tank/share", content);
        graph([with(unregistered(), vms), vec![iso, last]].concat())
    };
    let world = World::new();
    world.switch(&at("/srv/one", "images")).unwrap();
    let before = in_order(&world);
    let saved = world.save();
    world.host.forget_events();
    world.switch(&at("/srv/two", "rootdir")).unwrap();
    assert!(
        world.host.changes().iter().any(|op| matches!(op, Op::StorageAdd { id, .. } if id.as_str() == "iso"))
    );
    for at_event in 0..world.host.events().len() {
        for kind in [FaultKind::Fail, FaultKind::FailPartly, FaultKind::PowerAfter] {
            world.restore(&saved);
            world.host.inject(Fault::at(at_event, kind));
            let told = format!("{kind:?} at event {at_event}");
            match world.switch(&at("/srv/two", "rootdir")) {
                Ok(_) => continue,
                Err(SwitchError::Failed { .. }) => {}
                Err(SwitchError::Host(HostError::PowerLost)) => {
                    world.host.power_on();
                    world.recover(false).unwrap_or_else(|error| panic!("{told}: {error:?}"));
                    if world.current() == Some(2) {
                        continue;
                    }
                }
                Err(error) => panic!("{told}: {error:?}"),
            }
            assert_eq!(in_order(&world), before, "{told}");
        }
    }
}

/// The host, with the sections of its registrations in one order: one that is made anew is the last.
fn in_order(world: &World) -> phoenix_sim::HostImage {
    let mut image = world.host.image(Show::UsersOnly);
    let text = image.storage_cfg.take().unwrap_or_default();
    let mut sections: Vec<&str> = text.split("\n\n").collect();
    sections.sort_unstable();
    image.storage_cfg = Some(sections.join("\n\n"));
    image
}

#[test]
fn registrations_come_one_after_the_other_and_after_all_that_mounts() {
    let world = World::new();
    let more = (0..19).map(|at| zfspool(&format!("more-{at}"), "tank/vms", "images"));
    let all = [small(), more.collect(), vec![dataset("tank/late", &[])]].concat();
    let plan: Plan = world.plan(&graph(all));
    let storages: Vec<usize> =
        (0..plan.actions.len()).filter(|&at| plan.actions[at].ops.iter().any(Op::is_registration)).collect();
    assert_eq!(storages.len(), 20);
    for pair in storages.windows(2) {
        assert!(plan.actions[pair[1]].needs.contains(&pair[0]), "{pair:?}");
    }
    let first = &plan.actions[storages[0]];
    for (at, action) in plan.actions.iter().enumerate() {
        if action.ops.iter().any(Op::may_mount) {
            assert!(first.needs.contains(&at), "{}", action.subject);
        }
    }
}

#[test]
fn a_registration_goes_before_its_dataset_is_put_away_also_where_nothing_is_unmounted() {
    let world = World::new();
    let mut registration = zfspool("tank-vms", "tank/vms", "images");
    if let Resource::Storage(storage) = &mut registration {
        storage.properties.remove("mountpoint");
    }
    let all = with(with(small(), dataset("tank/vms", &[("canmount", "off")])), registration);
    world.switch(&graph(all.clone())).unwrap();
    let plan = world.plan(&graph(without(all, &["dataset:tank/vms", "storage:tank-vms"])));
    let at = |kind: Kind| plan.actions.iter().position(|action| action.kind == kind).unwrap();
    assert!(!plan.actions.iter().any(|action| action.subject == Subject::Mounts));
    assert!(plan.actions[at(Kind::Retire)].needs.contains(&at(Kind::Remove)), "{plan:#?}");
}
