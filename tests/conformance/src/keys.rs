//! Encryption: what is refused without a key, and what is not.

use crate::bench::{Bench, change, create, dataset, destroy, mount, rename, same, set, unmount};
use phoenix_host::{
    Contents, HostError,
    op::{Assignment, Op},
    secret::{Keys, PROMPT, Secret},
};

const ROOT: &str = "conform/enc";

fn load(location: Option<&str>) -> Op {
    Op::KeyLoad { dataset: dataset(ROOT), location: location.map(Into::into) }
}

fn unload() -> Op {
    Op::KeyUnload { dataset: dataset(ROOT) }
}

fn typed() -> [Assignment; 3] {
    [set("encryption", "aes-256-gcm"), set("keyformat", "passphrase"), set("keylocation", PROMPT)]
}

fn give(bench: &Bench<'_>, key: &str) {
    let mut keys = Keys::default();
    keys.add(dataset(ROOT), Secret::new(key.as_bytes().to_vec().into()));
    bench.host.give_keys(keys);
}

pub fn create_typed(bench: &Bench<'_>) -> Result<(), String> {
    let bare = [set("encryption", "aes-256-gcm")];
    bench.refused(&create(ROOT, &bare), "Keyformat required for new encryption root")?;
    bench.refused(&create(ROOT, &typed()), "encryption failure")?;
    let missing = [typed()[0].clone(), set("keyformat", "raw"), set("keylocation", "file:///nowhere/key")];
    bench.refused(&create(ROOT, &missing), "Failed to open key material file: No such file or directory")?;
    give(bench, "short");
    bench.refused(&create(ROOT, &typed()), "Passphrase too short (min 8)")?;
    give(bench, "a long passphrase");
    bench.all_done(&[
        create(ROOT, &typed()),
        create("conform/enc/a", &[]),
        create("conform/enc/plain", &[set("encryption", "off")]),
    ])?;
    bench.host.give_keys(Keys::default());
    for name in [ROOT, "conform/enc/a"] {
        let state = bench.dataset(name)?;
        same("the root", state.encryption_root(), Some(dataset(ROOT)))?;
        same("the cipher", state.value("encryption"), Some("aes-256-gcm"))?;
        same("the form of the key", state.value("keyformat"), Some("passphrase"))?;
        same("the key", (state.value("keystatus"), state.is_locked()), (Some("available"), false))?;
    }
    same("a root's place of its key", bench.dataset(ROOT)?.local("keylocation"), Some(PROMPT))?;
    same("a child's", bench.dataset("conform/enc/a")?.local("keylocation"), None)?;
    let plain = bench.dataset("conform/enc/plain")?;
    same("what is not encrypted", (plain.encryption_root(), plain.is_locked()), (None, false))?;
    let elsewhere = change("conform/enc/a", &[set("keylocation", PROMPT)]);
    bench.refused(&elsewhere, "keylocation may only be set on encryption roots")?;
    let elsewhere = change("conform/enc/plain", &[set("keylocation", PROMPT)]);
    bench.refused(&elsewhere, "keylocation must be 'none' for unencrypted datasets")?;
    bench.refused(&load(None), "Key already loaded for 'conform/enc'")?;
    let outside = rename("conform/enc/a", "conform/out");
    bench.refused(&outside, "cannot move encrypted child outside of its encryption root")
}

pub fn locked(bench: &Bench<'_>) -> Result<(), String> {
    bench.all_done(&[mount(ROOT), mount("conform/enc/a")])?;
    bench.refused(&unload(), "'conform/enc' is busy")?;
    bench.all_done(&[unmount("conform/enc/a"), unmount(ROOT), unload()])?;
    same("the key", bench.dataset("conform/enc/a")?.is_locked(), true)?;
    bench.refused(&unload(), "Key already unloaded for 'conform/enc'")?;
    bench.refused(&mount("conform/enc/a"), "encryption key not loaded")?;
    match bench.host.contents(&dataset("conform/enc/a")) {
        Err(HostError::Command { .. }) => {}
        other => return Err(format!("a locked file system was looked into: {other:?}")),
    }
    let key = "encryption root's key is not loaded or provided";
    bench.refused(&create("conform/enc/new", &[]), key)?;
    // What needs no key.
    let place = "conform/enc/b";
    bench.all_done(&[
        create("conform/enc/bare", &[set("encryption", "off")]),
        destroy("conform/enc/bare"),
        change("conform/enc/a", &[set("recordsize", "16384"), set("test:note", "locked")]),
        rename("conform/enc/a", place),
        Op::Snapshot { datasets: vec![dataset(place)], name: "locked".into() },
        rename(ROOT, "conform/moved"),
        rename("conform/moved", ROOT),
        change(ROOT, &[set("keylocation", "file:///nowhere/key")]),
    ])?;
    let missing = "Failed to open key material file: No such file or directory";
    bench.refused(&load(None), missing)?;
    give(bench, "another passphrase");
    bench.refused(&load(Some(PROMPT)), "Incorrect key provided for 'conform/enc'")?;
    give(bench, "a long passphrase");
    bench.done(&load(Some(PROMPT)))?;
    bench.host.give_keys(Keys::default());
    same("the key", bench.dataset(place)?.is_locked(), false)?;
    same("what it holds", bench.contents_of(place)?, Contents::Empty)?;
    bench.done(&mount(place))?;
    bench.all_done(&[unmount(place), unload()])?;
    // Nor does an end.
    let snapshot =
        phoenix_graph::SnapshotName::of(&dataset(place), "locked").map_err(|error| error.to_string())?;
    bench.all_done(&[
        Op::SnapshotDestroy { snapshot },
        destroy(place),
        destroy("conform/enc/plain"),
        destroy(ROOT),
    ])
}
