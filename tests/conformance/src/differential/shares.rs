//! What is done to exports, to Proxmox's registrations and to the mount points of its containers, as the kinds of
//! [`generate`](super::generate).

use super::{
    act::Act,
    dice::Dice,
    generate::{Kind, file_system, reached},
    world::NODE,
};
use phoenix_graph::StorageId;
use phoenix_host::{op::Op, text::container_conf::container};
use phoenix_sim::State;
use std::path::Path;

/// What is done to shares.
pub const SHARES: &[Kind] = &[
    ("exports", 30, exports),
    ("exports-reload", 25, exports_reload),
    ("unexport", 12, unexport),
    ("storage-add", 30, storage_add),
    ("storage-set", 15, storage_set),
    ("storage-remove", 10, storage_remove),
    ("mount-point-set", 20, mount_point_set),
    ("mount-point-remove", 10, mount_point_remove),
    ("mount-point-revert", 3, mount_point_revert),
];

/// Those that no name server is asked for.
const CLIENTS: &[&str] = &["10.0.0.0/24", "10.0.0.1", "*", "@people", "fd00::/64"];
const OPTIONS: &[&str] = &[
    "",
    "ro",
    "rw,async,no_root_squash",
    "rw,no_subtree_check,fsid=7",
    "crossmnt,all_squash,anonuid=1000,anongid=7",
    "sec=sys:krb5,rw",
    "ro,rw,ro",
    "insecure,no_wdelay,mountpoint",
    "frob",
];

/// A folder, or where one could be.
fn path(dice: &mut Dice, state: &State) -> Option<Box<str>> {
    if dice.chance(80) { Some(dice.pick(&state.mounts)?.path) } else { reached(dice, state).map(Into::into) }
}

fn exports(dice: &mut Dice, state: &State) -> Option<Act> {
    let mut text = String::new();
    for _ in 0..dice.below(4) {
        let path = path(dice, state)?.replace(' ', "\\040");
        let client = dice.word(CLIENTS);
        text.push_str(&match dice.word(OPTIONS) {
            "" => format!("{path} {client}\n"),
            options => format!("{path} {client}({options})\n"),
        });
    }
    Some(Act::Exports { text: text.into() })
}

fn exports_reload(_: &mut Dice, _: &State) -> Option<Act> {
    Some(Act::Op(Op::ExportsReload))
}

fn unexport(dice: &mut Dice, state: &State) -> Option<Act> {
    let live: Vec<(Box<str>, Box<str>)> =
        state.exports.iter().map(|export| (export.path.clone(), export.client.clone())).collect();
    let (path, client) = dice.pick(&live)?;
    let client = if dice.chance(10) { dice.word(CLIENTS).into() } else { client };
    Some(Act::Op(Op::Unexport { path, client }))
}

fn id(dice: &mut Dice) -> Option<StorageId> {
    StorageId::new(dice.word(&["q-a", "q-b", "q-c"])).ok()
}

/// What any registration may have, mostly legal.
const PROPERTIES: &[(&str, &str)] = &[
    ("content", "iso"),
    ("content", "backup,iso,vztmpl"),
    ("content", "images,rootdir"),
    ("content", "frob"),
    ("disable", "1"),
    ("nodes", "lab"),
    ("nodes", "lab,other"),
    ("shared", "1"),
    ("is_mountpoint", "yes"),
    ("is_mountpoint", "0"),
    ("mkdir", "0"),
    ("sparse", "1"),
    ("blocksize", "16k"),
    ("preallocation", "off"),
    ("frob", "1"),
];

type Said = Vec<(Box<str>, Box<str>)>;

fn properties(dice: &mut Dice, mut said: Said) -> Said {
    for _ in 0..dice.below(3) {
        let Some((name, value)) = dice.pick(PROPERTIES) else { continue };
        if said.iter().all(|(known, _)| **known != *name) {
            said.push((name.into(), value.into()));
        }
    }
    said
}

fn storage_add(dice: &mut Dice, state: &State) -> Option<Act> {
    let (kind, own) = match dice.chance(60) {
        true => ("dir", ("path".into(), path(dice, state)?)),
        false => ("zfspool", ("pool".into(), file_system(dice, state)?.as_str().into())),
    };
    let properties = properties(dice, vec![own]);
    Some(Act::Op(Op::StorageAdd { id: id(dice)?, kind: kind.into(), properties, secrets: Vec::new() }))
}

fn storage_set(dice: &mut Dice, _: &State) -> Option<Act> {
    let set = properties(dice, Vec::new());
    let given = |name: &str| set.iter().any(|(known, _)| **known == *name);
    let delete = dice.word(&["", "", "content", "disable", "nodes", "shared", "path"]);
    let delete = Some(delete).filter(|name| !name.is_empty() && !given(name)).map(Into::into);
    Some(Act::Op(Op::StorageSet {
        id: id(dice)?,
        set,
        secrets: Vec::new(),
        delete: delete.into_iter().collect(),
    }))
}

fn storage_remove(dice: &mut Dice, _: &State) -> Option<Act> {
    Some(Act::Op(Op::StorageRemove { id: id(dice)? }))
}

/// A container and the number of a mount point of it, with what is written there; the third container is not there.
fn slot(dice: &mut Dice, state: &State) -> Option<(u32, u16, Option<Box<str>>)> {
    let id = dice.pick(&[101, 101, 102, 102, 103])?;
    let number = dice.pick(&[0, 1, 2])?;
    let conf = format!("/etc/pve/nodes/{NODE}/lxc/{id}.conf");
    let written = state
        .files
        .get(Path::new(&conf))
        .and_then(|text| container(text.as_bytes()).wanted().get(&number).map(|point| Box::from(*point)));
    Some((id, number, written))
}

fn mount_point_set(dice: &mut Dice, state: &State) -> Option<Act> {
    let (container, number, written) = slot(dice, state)?;
    let options =
        dice.word(&["", "", ",ro=1", ",backup=1", ",mountoptions=noatime", ",shared=1,quota=0", ",frob=1"]);
    let at = dice.word(&["/data", "/data/sub", "/mnt/a b", "data"]);
    let point = format!("{},mp={at}{options}", path(dice, state)?).into();
    let over = if dice.chance(90) { written } else { None };
    Some(Act::Op(Op::MountPointSet { container, number, point, over }))
}

fn mount_point_remove(dice: &mut Dice, state: &State) -> Option<Act> {
    let (container, number, written) = slot(dice, state)?;
    let over = if dice.chance(90) { written? } else { "/q1,mp=/other".into() };
    Some(Act::Op(Op::MountPointRemove { container, number, over }))
}

fn mount_point_revert(dice: &mut Dice, state: &State) -> Option<Act> {
    let (container, number, _) = slot(dice, state)?;
    Some(Act::Op(Op::MountPointRevert { container, number }))
}
