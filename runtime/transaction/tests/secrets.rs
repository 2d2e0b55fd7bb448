//! Secrets of registrations: set from their files, never kept by phoenix, and given back as long as a file has them.

use phoenix_graph::{Graph, Resource, Storage, StorageId};
use phoenix_host::op::Op;
use phoenix_plan::Consent;
use phoenix_sim::{Fault, FaultKind};
use phoenix_support::{graph as graph_of, *};
use phoenix_transaction::switch::{Recovered, SwitchError};
use std::{fs, path::Path};

const KEPT: &str = "/etc/pve/priv/storage/nas.pw";
const OURS: &str = "/root/nas.pw";
const OTHER: &str = "/root/new.pw";

fn world() -> World {
    let world = World::new();
    put(&world, OURS, "correct horse\n");
    put(&world, OTHER, "battery staple\n");
    world
}

fn put(world: &World, path: &str, text: &str) {
    world.host.edit(|state| state.files.insert(path.into(), text.to_owned()));
}

fn kept(world: &World) -> Option<String> {
    world.host.state().files.get(Path::new(KEPT)).cloned()
}

/// The small host with a share of another machine, of this name there.
fn with_share(share: &str, file: Option<&str>) -> Graph {
    let words = [("server", "10.0.0.5"), ("share", share), ("username", "backup")];
    graph(with(
        small(),
        Resource::Storage(Storage {
            id: StorageId::new("nas").unwrap(),
            kind: "cifs".into(),
            dataset: None,
            properties: words.iter().map(|(name, word)| ((*name).into(), (*word).into())).collect(),
            secret_files: file.iter().map(|file| ("password".into(), (*file).into())).collect(),
            lifecycle: Default::default(),
        }),
    ))
}

fn consent() -> Consent {
    consent_to("storage:nas")
}

/// Sees that no file of phoenix's own has a secret in it.
fn nothing_is_kept(world: &World) {
    let mut folders = vec![world.root().to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if path.is_file() {
                files += 1;
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                for secret in ["horse", "staple", "by hand"] {
                    assert!(!text.contains(secret), "{}", path.display());
                }
            }
        }
    }
    assert!(files > 0);
}

#[test]
fn a_password_is_set_from_its_file_and_comes_back_with_a_rollback() {
    let world = world();
    world.switch(&with_share("team", Some(OURS))).unwrap();
    assert_eq!(kept(&world).as_deref(), Some("password=correct horse\n"));
    assert!(world.drift().is_empty());
    world.switch(&graph(small())).unwrap();
    assert_eq!(kept(&world), None);
    world.rollback(1).unwrap();
    assert_eq!(kept(&world).as_deref(), Some("password=correct horse\n"));
    // Another file, another share, and back over both.
    world.switch(&with_share("team", Some(OTHER))).unwrap();
    assert_eq!(kept(&world).as_deref(), Some("password=battery staple\n"));
    world.switch(&with_share("else", Some(OTHER))).unwrap();
    world.rollback(1).unwrap();
    assert_eq!(kept(&world).as_deref(), Some("password=correct horse\n"));
    nothing_is_kept(&world);
}

#[test]
fn a_switch_that_fails_gives_the_password_back_whatever_was_done() {
    type Hits = fn(&Op) -> bool;
    let hits: [(Hits, FaultKind); 6] = [
        (|op| matches!(op, Op::StorageSet { .. }), FaultKind::Fail),
        (|op| matches!(op, Op::StorageSet { .. }), FaultKind::FailPartly),
        (|op| matches!(op, Op::StorageSet { .. }), FaultKind::PowerAfter),
        (|op| matches!(op, Op::StorageRemove { .. }), FaultKind::PowerAfter),
        (|op| matches!(op, Op::StorageAdd { .. }), FaultKind::Fail),
        (|op| matches!(op, Op::StorageAdd { .. }), FaultKind::PowerAfter),
    ];
    for (hits, kind) in hits {
        let world = world();
        world.switch(&with_share("team", Some(OURS))).unwrap();
        let before = world.picture();
        world.host.inject(Fault::when(hits, kind));
        let other = if hits(&Op::StorageSet {
            id: StorageId::new("nas").unwrap(),
            set: vec![],
            secrets: vec![],
            delete: vec![],
        }) {
            "team"
        } else {
            "else"
        };
        world.switch(&with_share(other, Some(OTHER))).unwrap_err();
        world.host.power_on();
        world.recover(false).unwrap();
        assert_eq!(world.picture(), before, "{kind:?}");
        nothing_is_kept(&world);
    }
}

#[test]
fn a_password_that_no_file_holds_is_replaced_by_consent_alone_and_never_dropped() {
    let world = world();
    world.switch(&with_share("team", Some(OURS))).unwrap();
    put(&world, KEPT, "password=set by hand\n");
    let drift = world.drift();
    assert_eq!(drift.refusals[0].code.name, "secret-lost", "{drift:?}");
    assert!(drift.refusals[0].help.contains("--consent storage:nas"), "{drift:?}");
    for gone in [graph(small()), with_share("else", Some(OURS)), with_share("else", None)] {
        let refusals = refused(world.switch(&gone));
        assert_eq!(refusals[0].code.name, "secret-lost", "{refusals:?}");
    }
    assert_eq!(kept(&world).as_deref(), Some("password=set by hand\n"));
    world.switch_with(&with_share("team", Some(OURS)), &consent()).unwrap();
    assert_eq!(kept(&world).as_deref(), Some("password=correct horse\n"));
    nothing_is_kept(&world);
}

#[test]
fn what_nobody_gives_back_is_replaced_last_and_told_where_the_switch_is_undone() {
    let world = world();
    world.switch(&with_share("team", Some(OURS))).unwrap();
    put(&world, OURS, "battery staple\n");
    // Another registration, which comes after it by name, and fails.
    let more = |graph: &Graph| {
        let others = graph.resources().cloned();
        graph_of(others.chain([zfspool("zz", "tank/vms", "images")]).collect())
    };
    let both = more(&with_share("team", Some(OURS)));
    world.host.inject(Fault::when(|op| matches!(op, Op::StorageAdd { .. }), FaultKind::Fail));
    let Err(SwitchError::Failed { kept: left, .. }) = world.switch_with(&both, &consent()) else { panic!() };
    assert_eq!(left, [""; 0]);
    assert_eq!(kept(&world).as_deref(), Some("password=correct horse\n"));
    // It is done, and then the power goes: what is undone says what stays.
    world.host.inject(Fault::when(|op| matches!(op, Op::StorageSet { .. }), FaultKind::PowerAfter));
    world.switch_with(&both, &consent()).unwrap_err();
    world.host.power_on();
    let Some(Recovered::Undone { kept: left, .. }) = world.recover(false).unwrap() else { panic!() };
    let told = "the password of the storage nas is the one in /root/nas.pw: no file holds the one before";
    assert_eq!(left, [told]);
    assert_eq!(kept(&world).as_deref(), Some("password=battery staple\n"));
    nothing_is_kept(&world);
}

#[test]
fn what_somebody_registered_is_adopted_with_its_password_and_left_with_it() {
    let world = world();
    world.switch(&graph(small())).unwrap();
    let properties =
        [("server", "10.0.0.5"), ("share", "team"), ("username", "backup"), ("password", "set by hand")];
    let properties = properties.map(|(name, word)| (name.into(), word.into())).into();
    let id = StorageId::new("nas").unwrap();
    world.host.by_hand(&Op::StorageAdd { id, kind: "cifs".into(), properties, secrets: vec![] }).unwrap();
    world.switch_with(&with_share("team", None), &adopt()).unwrap();
    assert_eq!(kept(&world).as_deref(), Some("password=set by hand\n"));
    assert!(world.drift().is_empty());
    // It was adopted, and is let go.
    world.switch(&graph(small())).unwrap();
    assert_eq!(kept(&world).as_deref(), Some("password=set by hand\n"));
    assert!(world.host.state().storage_cfg.unwrap().contains("cifs: nas"));
    nothing_is_kept(&world);
}

#[test]
fn a_file_that_cannot_be_had_is_refused_before_anything_and_told_of_what_stands() {
    let world = world();
    world.host.edit(|state| state.files.remove(Path::new(OURS)));
    let refusals = refused(world.switch(&with_share("team", Some(OURS))));
    assert_eq!(refusals[0].code.name, "secret-file", "{refusals:?}");
    put(&world, OURS, "one\ntwo\n");
    let refusals = refused(world.switch(&with_share("team", Some(OURS))));
    assert!(refusals[0].reason.ends_with("a password is one line"), "{refusals:?}");
    put(&world, OURS, "correct horse");
    world.switch(&with_share("team", Some(OURS))).unwrap();
    world.host.edit(|state| state.files.remove(Path::new(OURS)));
    let drift = world.drift();
    assert!(drift.is_empty() && drift.warnings[0].code.name == "secret-unread", "{drift:?}");
    // Nobody could give it back.
    let refusals = refused(world.switch(&graph(small())));
    assert_eq!(refusals[0].code.name, "secret-lost", "{refusals:?}");
}
