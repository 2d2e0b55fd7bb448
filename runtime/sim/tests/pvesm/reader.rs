//! The reader of `storage.cfg`, which a plan goes by, against the rules of `pvesm`: what it says to be in force stays in
//! force over a write, what it says to be lost is gone after, and where it says that every change fails, one does.

use super::host::storages;
use phoenix_graph::{StorageId, storage::find_type};
use phoenix_host::{
    observed::{Loss, Registrations, Storages},
    op::Op,
};
use phoenix_sim::SimHost;

const LINES: [&str; 23] = [
    "dir: d1",
    "DIR: local",
    "zfspool: t1",
    "nfs: n1",
    "bogus: b1",
    "zfspool: 9x",
    "\tpath /srv/d1",
    "\tpath /var/lib/vz",
    "\tpath /srv/a+b",
    "\tpool tank/a",
    "\tserver a",
    "\texport /x",
    "\tcontent images,iso",
    "\tcontent iso,bogus",
    "\tcontent iso",
    "\tcontent none",
    "\tnodes pve",
    "\tsparse",
    "\tdisable 0",
    "\tunheard-of 1",
    "  # a comment",
    "",
    "stray",
];

/// Tells what is in force, one registration a line: what is so anyway is not said.
fn told(seen: &Registrations) -> Vec<String> {
    let said = seen.by_id.iter().map(|(id, state)| {
        let default = |name: &str| find_type(&state.kind).and_then(|kind| kind.default(name));
        let mounted = format!("/mnt/pve/{id}");
        let is_so = |name: &str, value: &str| {
            default(name) == Some(value) || (&*state.kind == "nfs" && name == "path" && value == mounted)
        };
        let said = state.properties.iter().filter(|(name, value)| !is_so(name, value));
        let said: String = said.map(|(name, value)| format!(" {name}={value}")).collect();
        format!("{}:{id}{said}", state.kind)
    });
    said.collect()
}

#[test]
fn what_the_reader_says_is_what_a_write_does() {
    let dir = tempfile::tempdir().unwrap();
    let host = SimHost::in_memory(dir.path());
    let id = StorageId::new("zz").unwrap();
    let properties = vec![("path".into(), "/srv/zz".into()), ("disable".into(), "1".into())];
    let add = Op::StorageAdd { id: id.clone(), kind: "dir".into(), properties, secrets: vec![] };
    let mut differences = Vec::new();
    for number in 0..LINES.len().pow(4) {
        let at = |place: u32| LINES[number / LINES.len().pow(place) % LINES.len()];
        let text = format!("{}\n{}\n{}\n{}\n", at(3), at(2), at(1), at(0));
        let Storages::Found(before) = storages(&host, &text) else { panic!("{text}") };
        let done = host.by_hand(&add);
        let Storages::Found(mut after) = storages(&host, &host.state().storage_cfg.unwrap()) else {
            panic!()
        };
        let differs = match (&before.blocked, done) {
            (None, Ok(())) => {
                after.by_id.remove(&id);
                let (before, stays) = (told(&before), told(&after));
                // What may be the value of another version is told each time.
                after.lost.retain(|line| line.why != Loss::Value);
                let differ = before != stays || !after.lost.is_empty();
                differ.then(|| format!("{before:?}, and then {stays:?}, {:?} left", after.lost))
            }
            (Some(_), Err(_)) => None,
            (blocked, done) => Some(format!("{blocked:?}, and yet {done:?}")),
        };
        differences.extend(differs.map(|what| format!("{text:?}: {what}")));
    }
    let some: Vec<&String> = differences.iter().take(20).collect();
    assert!(some.is_empty(), "{}: {some:#?}", differences.len());
}
