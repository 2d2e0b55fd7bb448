//! Encrypted datasets on the simulated host: keys are loaded before what needs them, what is put away stays
//! within its encryption root, and no key is ever written down.

use phoenix_graph::{DatasetName, PropertyName, Resource};
use phoenix_host::{HostError, op::Op};
use phoenix_plan::{Consent, Subject};
use phoenix_sim::{Fault, FaultKind, Show};
use phoenix_support::*;
use phoenix_transaction::switch::{Recovered, SwitchError, Target};
use std::{fs, path::Path};

const ENC: &str = "tank/enc";
const KEY_FILE: &str = "/etc/zfs/keys/enc";
const KEY: &str = "0123456789abcdef0123456789abcdef";
const PASSPHRASE: &str = "correct horse battery staple";

/// An encrypted dataset with a key in a file, a child and a volume in it, the child exported.
fn filed() -> Vec<Resource> {
    let root =
        [("encryption", "aes-256-gcm"), ("keyformat", "raw"), ("keylocation", "file:///etc/zfs/keys/enc")];
    let child = [("mountpoint", "/srv/child"), ("recordsize", "16K")];
    [
        dataset(ENC, &root),
        dataset("tank/enc/child", &child),
        volume("tank/enc/disk", 1 << 30),
        export("/srv/child", "tank/enc/child", &[("10.0.0.0/24", &["rw"])]),
    ]
    .into_iter()
    .fold(small(), with)
}

/// One with a key that is typed.
fn typed(location: &str) -> Vec<Resource> {
    let root = [("encryption", "aes-256-gcm"), ("keyformat", "passphrase"), ("keylocation", location)];
    [dataset(ENC, &root), dataset("tank/enc/child", &[])].into_iter().fold(small(), with)
}

fn world() -> World {
    let world = World::new();
    put_key(&world, KEY_FILE, KEY);
    world
}

fn put_key(world: &World, path: &str, key: &str) {
    world.host.edit(|state| state.files.insert(path.into(), key.to_owned()));
}

/// One at whose terminal somebody knows the passphrase.
fn attended() -> World {
    let mut world = world();
    world.typed.0.insert(name(ENC), PASSPHRASE.to_owned());
    world
}

fn mounted(world: &World, dataset: &str) -> bool {
    world.host.state().mounted_at(&name(dataset)).is_some()
}

fn locked(world: &World, dataset: &str) -> bool {
    world.host.state().is_locked(&name(dataset))
}

fn keys_first(ops: &[Op]) {
    let at = |holds: &dyn Fn(&Op) -> bool| ops.iter().position(holds);
    let load = at(&|op| matches!(op, Op::KeyLoad { .. })).expect("a key is loaded");
    let mount =
        at(&|op| matches!(op, Op::DatasetMount { .. } | Op::MountAll { .. })).expect("something is mounted");
    let exported = at(&|op| matches!(op, Op::ExportsReload));
    assert!(load < mount && exported.is_none_or(|exported| mount < exported), "{ops:?}");
}

#[test]
fn after_a_reboot_a_switch_loads_the_key_and_mounts_what_needs_it() {
    let world = world();
    world.switch(&graph(filed())).unwrap();
    assert!(mounted(&world, ENC) && mounted(&world, "tank/enc/child"));
    assert!(world.drift().is_empty(), "{:?}", kinds(&world.drift()));
    world.host.write_file(&name("tank/enc/child"), "letter", "dear all");

    world.host.power_on();
    world.host.forget_events();
    assert!(locked(&world, "tank/enc/disk") && !mounted(&world, ENC));
    let drift = world.drift();
    let load = drift.actions.iter().find(|action| action.subject == Subject::Key(name(ENC))).unwrap();
    assert_eq!(load.subject.to_string(), "key of tank/enc");
    assert_eq!(load.changes[0].old.as_deref(), Some("unavailable"));
    world.switch(&graph(filed())).unwrap();
    keys_first(&world.host.changes());
    assert!(mounted(&world, ENC) && mounted(&world, "tank/enc/child") && !locked(&world, ENC));
    assert!(world.drift().is_empty(), "{:?}", kinds(&world.drift()));
    assert_eq!(world.host.state().exports.len(), 2);
}

#[test]
fn a_volume_alone_needs_its_key_too() {
    let world = world();
    let unmounted = [
        ("encryption", "aes-256-gcm"),
        ("keyformat", "raw"),
        ("keylocation", "file:///etc/zfs/keys/enc"),
        ("canmount", "off"),
    ];
    let with_disk =
        graph([dataset(ENC, &unmounted), volume("tank/enc/disk", 1 << 30)].into_iter().fold(small(), with));
    world.switch(&with_disk).unwrap();
    world.host.power_on();
    assert_eq!(kinds(&world.plan(&with_disk))[0], "update key of tank/enc");
    // Without it nothing needs the key: it stays out of memory, and that is told.
    let without_disk = graph([dataset(ENC, &unmounted)].into_iter().fold(small(), with));
    world.switch(&with_disk).unwrap();
    world.switch(&without_disk).unwrap();
    world.host.power_on();
    let drift = world.drift();
    assert!(!kinds(&drift).contains(&"update key of tank/enc".to_owned()), "{:?}", kinds(&drift));
    assert!(drift.warnings[0].text.contains("the key of tank/enc is not loaded, and stays so"), "{drift:?}");
}

#[test]
fn a_key_that_is_not_where_it_is_to_be_is_refused_before_anything_runs() {
    let world = world();
    for (change, told) in [
        (None, "there is no file /etc/zfs/keys/enc"),
        (Some("too short"), "the file /etc/zfs/keys/enc has 9 bytes, and a raw key has 32"),
    ] {
        world.host.edit(|state| match change {
            Some(text) => state.files.insert(KEY_FILE.into(), text.to_owned()),
            None => state.files.remove(Path::new(KEY_FILE)),
        });
        let all = world.refuses(&graph(filed()));
        assert!(all.len() == 1 && all[0].contains(told), "{all:?}");
    }
    put_key(&world, KEY_FILE, KEY);
    world.switch(&graph(filed())).unwrap();
    world.host.power_on();
    world.host.edit(|state| state.files.remove(Path::new(KEY_FILE)));
    let all = world.refuses(&graph(filed()));
    assert!(
        all[0].contains("its key is not loaded, and something below it needs it: there is no file"),
        "{all:?}"
    );
    // A wrong key is told by OpenZFS, and all is as it was.
    put_key(&world, KEY_FILE, "ffffffffffffffffffffffffffffffff");
    let failed = world.switch(&graph(filed()));
    let Err(SwitchError::Failed { reason, .. }) = &failed else { panic!("{failed:?}") };
    assert!(reason.to_string().contains("Incorrect key provided for 'tank/enc'"), "{reason}");
    assert!(locked(&world, ENC));
}

#[test]
fn a_typed_key_is_asked_for_before_anything_runs() {
    let world = attended();
    world.switch(&graph(typed("prompt"))).unwrap();
    assert!(mounted(&world, "tank/enc/child"));
    world.host.power_on();
    world.host.forget_events();
    let plan = world.plan(&graph(typed("prompt")));
    assert_eq!(plan.asked().len(), 1);
    world.switch(&graph(typed("prompt"))).unwrap();
    keys_first(&world.host.changes());
    assert!(mounted(&world, "tank/enc/child"));
    // A host that is whole asks for nothing.
    assert!(world.plan(&graph(typed("prompt"))).asked().is_empty());
}

#[test]
fn without_a_terminal_a_typed_key_is_refused_by_name() {
    let mut world = attended();
    let somebody = std::mem::take(&mut world.typed);
    let all = world.refuses(&graph(typed("prompt")));
    assert!(all[0].contains("dataset:tank/enc: the key of tank/enc has to be typed"), "{all:?}");
    world.typed = somebody;
    world.switch(&graph(typed("prompt"))).unwrap();
    world.host.power_on();
    let somebody = std::mem::take(&mut world.typed);
    let all = world.refuses(&graph(typed("prompt")));
    assert!(all[0].contains("`zfs load-key tank/enc` by hand first"), "{all:?}");
    // Whoever plans or looks is not refused, and is told.
    assert!(world.drift().refusals.is_empty());
    // Somebody who does not know it changes nothing.
    world.typed = somebody;
    world.typed.0.remove(&name(ENC));
    world.typed.0.insert(name("tank/other"), "elsewhere".to_owned());
    let before = world.host.image(Show::Everything);
    let result = world.switch(&graph(typed("prompt")));
    assert!(
        matches!(&result, Err(SwitchError::NoKey { reason }) if reason.contains("nobody knows it")),
        "{result:?}"
    );
    assert_eq!(world.host.image(Show::Everything), before);
    assert!(world.store.open_transaction().unwrap().is_none());
}

#[test]
fn a_raw_key_cannot_be_typed() {
    let world = attended();
    let words = [("encryption", "on"), ("keyformat", "raw"), ("keylocation", "prompt")];
    let all = world.refuses(&graph(with(small(), dataset(ENC, &words))));
    assert!(all[0].contains("a raw key cannot be typed"), "{all:?}");
}

#[test]
fn where_a_key_is_found_can_change_also_while_it_is_not_loaded() {
    let mut world = attended();
    put_key(&world, "/root/passphrase", PASSPHRASE);
    world.switch(&graph(typed("prompt"))).unwrap();
    world.host.power_on();
    // From the place that the spec says from now on, nobody is asked.
    world.typed = Typed::default();
    world.host.forget_events();
    world.switch(&graph(typed("file:///root/passphrase"))).unwrap();
    let load = Op::KeyLoad { dataset: name(ENC), location: Some("file:///root/passphrase".into()) };
    assert!(world.host.changes().contains(&load));
    assert!(world.drift().is_empty());
    world.host.power_on();
    world.host.forget_events();
    world.switch(&graph(typed("file:///root/passphrase"))).unwrap();
    // Now the dataset itself says where it is.
    assert!(world.host.changes().contains(&Op::KeyLoad { dataset: name(ENC), location: None }));
    world.rollback(1).unwrap();
    assert!(world.drift().is_empty());
}

#[test]
fn no_place_is_taken_for_a_key_whose_key_does_not_open_it() {
    let world = attended();
    put_key(&world, "/root/one", PASSPHRASE);
    put_key(&world, "/root/other", "quite another one");
    world.switch(&graph(typed("file:///root/one"))).unwrap();
    let before = world.host.image(Show::UsersOnly);
    // A key that is loaded tells nothing of what a file holds.
    for _ in ["loaded", "not loaded"] {
        let failed = world.switch(&graph(typed("file:///root/other"))).unwrap_err();
        let SwitchError::Failed { reason, kept } = failed else { panic!("{failed:?}") };
        assert!(
            reason.to_string().contains("Incorrect key provided") && kept.is_empty(),
            "{reason}: {kept:?}"
        );
        assert!(world.drift().is_empty());
        let all = world.refuses(&graph(typed("file:///root/none")));
        assert!(all[0].contains("there is no file /root/none"), "{all:?}");
        world.host.power_on();
        world.switch(&graph(typed("file:///root/one"))).unwrap();
    }
    assert_eq!(world.host.image(Show::UsersOnly), before);
    // Set by hand to where the key is, it goes back to where the spec has it, where that opens it, too.
    put_key(&world, "/root/other", PASSPHRASE);
    put_key(&world, "/root/one", "overwritten since");
    let settings = vec![(PropertyName::new("keylocation"), "file:///root/other".into())];
    world.host.by_hand(&Op::DatasetSet { dataset: name(ENC), settings }).unwrap();
    let failed = world.switch(&graph(typed("file:///root/one"))).unwrap_err();
    assert!(matches!(failed, SwitchError::Failed { .. }), "{failed:?}");
    put_key(&world, "/root/one", PASSPHRASE);
    world.switch(&graph(typed("file:///root/one"))).unwrap();
    assert!(world.drift().is_empty());
}

#[test]
fn encryption_is_given_at_creation_alone_and_a_key_of_ones_own_by_hand() {
    let world = world();
    world.switch(&graph(filed())).unwrap();
    let words =
        [("encryption", "aes-256-gcm"), ("keyformat", "raw"), ("keylocation", "file:///etc/zfs/keys/enc")];
    let all = world.refuses(&graph(with(filed(), dataset("tank/vms", &words))));
    assert!(
        all.iter().any(|one| one.contains("encryption is off and can be given only at creation")),
        "{all:?}"
    );
    let all = world.refuses(&graph(with(filed(), dataset("tank/enc/child", &words))));
    assert!(
        all.iter().any(|one| one.contains("its key is that of tank/enc; the spec gives it one of its own")),
        "{all:?}"
    );
    // One that is new below it may have its own, and is a root of its own.
    let own = graph(with(filed(), dataset("tank/enc/own", &words)));
    world.switch(&own).unwrap();
    assert_eq!(world.host.state().encryption_root(&name("tank/enc/own")), Some(name("tank/enc/own")));
    world.host.power_on();
    world.switch(&own).unwrap();
    assert!(mounted(&world, "tank/enc/own") && world.drift().is_empty());
}

#[test]
fn what_shares_a_key_is_retired_within_its_encryption_root_and_comes_home() {
    let world = world();
    world.switch(&graph(filed())).unwrap();
    world.host.write_file(&name("tank/enc/child"), "letter", "dear all");
    let keys = ["dataset:tank/enc/child", "volume:tank/enc/disk", "export:/srv/child"];
    world.switch(&graph(without(filed(), &keys))).unwrap();
    let place = "tank/enc/.phoenix/2/enc:child";
    assert_eq!(world.host.read_file(&name(place), "letter").unwrap(), "dear all");
    assert!(
        !mounted(&world, place)
            && world.host.state().datasets.contains_key(&name("tank/enc/.phoenix/2/enc:disk"))
    );
    assert!(world.drift().is_empty());

    world.host.power_on();
    world.rollback(1).unwrap();
    assert_eq!(world.host.read_file(&name("tank/enc/child"), "letter").unwrap(), "dear all");
    assert!(mounted(&world, "tank/enc/child") && world.drift().is_empty());
    assert_eq!(world.host.state().mounted_at(&name("tank/enc/child")), Some("/srv/child"));
}

#[test]
fn a_root_is_retired_beside_the_pools_others_with_its_own_area_and_all_comes_home_at_once() {
    let world = world();
    world.switch(&graph(filed())).unwrap();
    world.host.write_file(&name("tank/enc/child"), "letter", "dear all");
    let child = ["dataset:tank/enc/child", "export:/srv/child"];
    world.switch(&graph(without(filed(), &child))).unwrap();
    world.switch(&graph(small())).unwrap();
    let whole = "tank/.phoenix/3/enc/.phoenix/2/enc:child";
    assert_eq!(world.host.read_file(&name(whole), "letter").unwrap(), "dear all");

    // Locked where it is put away, it stays so: nobody needs it.
    world.host.power_on();
    assert!(world.drift().is_empty(), "{:?}", kinds(&world.drift()));
    // What a kept generation names stays, and what is in it is not judged by itself.
    let gc = world.gc_plan(10);
    assert!(gc.destroyed.is_empty() && gc.strange.is_empty(), "{gc:?}");
    assert_eq!(gc.staying.iter().map(|one| one.place.as_str()).collect::<Vec<_>>(), ["tank/.phoenix/3/enc"]);

    world.rollback(1).unwrap();
    assert_eq!(world.host.read_file(&name("tank/enc/child"), "letter").unwrap(), "dear all");
    assert!(mounted(&world, "tank/enc/child") && world.drift().is_empty(), "{:?}", kinds(&world.drift()));

    // Then the same once more, and nothing keeps it.
    world.switch(&graph(small())).unwrap();
    world.host.power_on();
    let (_, collected) = world.gc(1).unwrap();
    assert!(collected.failed.is_empty(), "{collected:?}");
    let left: Vec<DatasetName> = world.host.state().datasets.into_keys().collect();
    assert!(left.len() >= 3, "{left:?}");
}

#[test]
fn gc_destroys_what_was_retired_within_a_root_also_while_it_is_locked() {
    let world = world();
    world.switch(&graph(filed())).unwrap();
    let keys = ["dataset:tank/enc/child", "volume:tank/enc/disk", "export:/srv/child"];
    world.switch(&graph(without(filed(), &keys))).unwrap();
    world.switch(&graph(with(without(filed(), &keys), arc_max(1 << 30)))).unwrap();
    world.host.power_on();
    let (plan, collected) = world.gc(1).unwrap();
    assert_eq!((plan.destroyed.len(), collected.failed.len()), (2, 0), "{plan:?} {collected:?}");
    // The folders are looked into before they go, which takes the key.
    assert!(plan.folders.is_empty(), "{plan:?}");
    world.switch(&graph(with(without(filed(), &keys), arc_max(1 << 30)))).unwrap();
    let (plan, collected) = world.gc(1).unwrap();
    assert_eq!((plan.folders.len(), collected.failed.len()), (2, 0), "{plan:?} {collected:?}");
    assert!(!world.host.state().datasets.keys().any(|name| name.as_str().contains("/.phoenix")), "{plan:?}");
}

#[test]
fn a_key_that_was_loaded_is_unloaded_where_the_switch_fails() {
    let world = world();
    world.switch(&graph(filed())).unwrap();
    world.host.power_on();
    let before = world.host.image(Show::UsersOnly);
    world.host.inject(Fault::when(|op| matches!(op, Op::DatasetMount { .. }), FaultKind::Fail));
    let failed = world.switch(&graph(filed()));
    assert!(matches!(failed, Err(SwitchError::Failed { .. })), "{failed:?}");
    assert!(locked(&world, ENC));
    assert_eq!(world.host.image(Show::UsersOnly), before);
}

#[test]
fn a_key_that_somebody_uses_by_now_stays_and_is_told() {
    let world = world();
    world.switch(&graph(filed())).unwrap();
    world.host.power_on();
    world.host.inject(Fault::when(|op| matches!(op, Op::DatasetMount { .. }), FaultKind::Fail));
    world.host.edit(|state| state.busy.insert(name("tank/enc/disk")));
    let Err(SwitchError::Failed { kept, .. }) = world.switch(&graph(filed())) else {
        panic!("it did not fail")
    };
    assert_eq!(kept, ["the key of tank/enc stays loaded, since it is in use"]);
}

#[test]
fn a_recovery_at_boot_asks_nobody_and_tells_what_stays_locked() {
    let mut world = attended();
    world.switch(&graph(typed("prompt"))).unwrap();
    world.host.write_file(&name("tank/enc/child"), "letter", "dear all");
    // The child is unmounted on its way to be retired, and power is lost.
    world.host.inject(Fault::when(|op| matches!(op, Op::DatasetRename { .. }), FaultKind::PowerAfter));
    let cut = world.switch(&graph(without(typed("prompt"), &["dataset:tank/enc/child"])));
    assert!(matches!(cut, Err(SwitchError::Host(HostError::PowerLost))), "{cut:?}");
    world.host.power_on();
    let somebody = std::mem::take(&mut world.typed);
    let Some(Recovered::Undone { kept, .. }) = world.recover(false).unwrap() else { panic!("not undone") };
    assert_eq!(
        kept,
        [
            "tank/enc stays unmounted, since its key is not loaded",
            "tank/enc/child stays unmounted, since it lies in tank/enc, which is not mounted"
        ]
    );
    assert_eq!(world.host.read_file(&name("tank/enc/child"), "letter").unwrap(), "dear all");
    world.typed = somebody;
    world.switch(&graph(typed("prompt"))).unwrap();
    assert!(mounted(&world, "tank/enc/child") && world.drift().is_empty());
}

#[test]
fn what_a_cut_switch_made_within_a_locked_root_stays_and_is_told() {
    let mut world = attended();
    world.switch(&graph(without(typed("prompt"), &["dataset:tank/enc/child"]))).unwrap();
    world.host.inject(Fault::when(|op| matches!(op, Op::DatasetMount { .. }), FaultKind::PowerBefore));
    let cut = world.switch(&graph(typed("prompt")));
    assert!(matches!(cut, Err(SwitchError::Host(HostError::PowerLost))), "{cut:?}");
    world.host.power_on();
    let somebody = std::mem::take(&mut world.typed);
    // Nobody is there to type it: nothing goes on.
    let resumed = world.recover(true);
    let Ok(Some(Recovered::Undone { kept, instead: Some(why), .. })) = &resumed else {
        panic!("{resumed:?}")
    };
    assert!(kept.len() == 1 && why.contains("tank/enc"), "{resumed:?}");
    assert_eq!(world.recover(false).unwrap(), None);
    world.typed = somebody;
    world.switch(&graph(typed("prompt"))).unwrap();
    assert!(mounted(&world, "tank/enc/child") && world.drift().is_empty());
}

#[test]
fn no_key_is_written_anywhere() {
    let world = attended();
    world.switch(&graph(typed("prompt"))).unwrap();
    world.host.power_on();
    world.switch(&graph(typed("prompt"))).unwrap();
    world.host.power_on();
    world.host.inject(Fault::when(|op| matches!(op, Op::DatasetMount { .. }), FaultKind::PowerAfter));
    world.switch(&graph(typed("prompt"))).unwrap_err();
    world.host.power_on();
    world.recover(true).unwrap();
    let plan = world.with(|runtime| {
        let target = Target::New { graph: graph(typed("prompt")), sources: Vec::new() };
        runtime.plan(&target, &Consent::default()).unwrap()
    });
    assert!(!serde_json::to_string(&plan).unwrap().contains(PASSPHRASE));
    let mut files = 0;
    search(world.root(), &mut files);
    assert!(files > 10, "only {files} files were searched");
    assert!(!format!("{:?}", world.host).contains(PASSPHRASE));
    assert!(!serde_json::to_string(&world.host.state()).unwrap().contains(PASSPHRASE));
}

/// Searches every byte below a folder.
fn search(folder: &Path, files: &mut usize) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let about = fs::symlink_metadata(&path).unwrap();
        if about.is_dir() {
            search(&path, files);
        } else if about.is_file() {
            *files += 1;
            let bytes = fs::read(&path).unwrap();
            for secret in [PASSPHRASE, KEY] {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "a key stands in {}", path.display());
            }
        }
    }
}

/// A vault with a key on the root file system, and another dataset whose key lies in the vault. By its name
/// the second comes first.
fn nested() -> Vec<Resource> {
    let vault = [
        ("encryption", "aes-256-gcm"),
        ("keyformat", "raw"),
        ("keylocation", "file:///etc/zfs/keys/enc"),
        ("mountpoint", "/vault"),
    ];
    let inner = [("encryption", "aes-256-gcm"), ("keyformat", "raw"), ("keylocation", "file:///vault/inner")];
    let all =
        [dataset("tank/vault", &vault), dataset("tank/inner", &inner), dataset("tank/inner/child", &[])];
    all.into_iter().fold(small(), with)
}

#[test]
fn a_key_in_an_encrypted_dataset_is_looked_for_once_that_is_mounted() {
    let world = world();
    world.switch(&graph(without(nested(), &["dataset:tank/inner", "dataset:tank/inner/child"]))).unwrap();
    world.host.write_file(&name("tank/vault"), "inner", KEY);
    world.switch(&graph(nested())).unwrap();
    assert!(mounted(&world, "tank/inner/child"));

    world.host.power_on();
    world.host.forget_events();
    assert!(locked(&world, "tank/vault") && locked(&world, "tank/inner"));
    world.switch(&graph(nested())).unwrap();
    assert!(
        mounted(&world, "tank/vault") && mounted(&world, "tank/inner") && mounted(&world, "tank/inner/child")
    );
    let ops = world.host.changes();
    let at = |wanted: &Op| ops.iter().position(|op| op == wanted).unwrap();
    let mount = at(&Op::DatasetMount { dataset: name("tank/vault") });
    let load =
        ops.iter().position(|op| matches!(op, Op::KeyLoad { dataset, .. } if *dataset == name("tank/inner")));
    assert!(mount < load.unwrap(), "{ops:?}");
    assert!(world.drift().is_empty());
}

#[test]
fn a_key_that_is_not_where_it_was_to_be_undoes_the_switch() {
    let world = world();
    world.switch(&graph(without(nested(), &["dataset:tank/inner", "dataset:tank/inner/child"]))).unwrap();
    world.host.write_file(&name("tank/vault"), "inner", KEY);
    world.switch(&graph(nested())).unwrap();
    world.host.edit(|state| state.datasets.get_mut(&name("tank/vault")).unwrap().files.clear());
    world.host.power_on();
    let before = world.host.image(Show::UsersOnly);
    let failed = world.switch(&graph(nested()));
    assert!(matches!(failed, Err(SwitchError::Failed { .. })), "{failed:?}");
    assert_eq!(world.host.image(Show::UsersOnly), before);
}

#[test]
fn nobody_is_told_to_make_a_key_below_a_mount_point_where_nothing_is_mounted() {
    let world = world();
    let noauto = |on: &str| {
        let vault = [("mountpoint", "/vault"), ("canmount", on)];
        with(nested(), dataset("tank/vault", &vault))
    };
    // Not encrypted, and not to be mounted by a switch.
    let told = world.refuses(&graph(without(noauto("noauto"), &["dataset:tank/none"])));
    assert!(told.iter().any(|line| line.contains("/vault/inner")), "{told:?}");
    world
        .switch(&graph(without(noauto("noauto"), &["dataset:tank/inner", "dataset:tank/inner/child"])))
        .unwrap();
    let told = world.refuses(&graph(noauto("noauto")));
    assert!(told[0].contains("tank/vault, which is not mounted") && !told[0].contains("urandom"), "{told:?}");
    let mount = Op::DatasetMount { dataset: name("tank/vault") };
    world.host.by_hand(&mount).unwrap();
    let told = world.refuses(&graph(noauto("noauto")));
    assert!(told[0].contains("lies in tank/vault") && !told[0].contains("urandom"), "{told:?}");
}

#[test]
fn two_keys_that_lie_in_each_other_are_refused() {
    let world = world();
    let within = |at: &str, key: &str| {
        let words =
            [("encryption", "aes-256-gcm"), ("keyformat", "raw"), ("keylocation", key), ("mountpoint", at)];
        words.map(|(name, word)| (name.to_owned(), word.to_owned()))
    };
    let of = |text: &str, at: &str, key: &str| {
        let words = within(at, key);
        let words: Vec<(&str, &str)> = words.iter().map(|(name, word)| (&**name, &**word)).collect();
        dataset(text, &words)
    };
    let both = [of("tank/a", "/a", "file:///b/key"), of("tank/b", "/b", "file:///a/key")];
    let told = world.refuses(&graph(both.into_iter().fold(small(), with)));
    assert_eq!(
        told.iter().filter(|line| line.contains("needs a key that lies in it")).count(),
        2,
        "{told:?}"
    );
}
