//! Chooses what is done next: a table of kinds, each with its weight. A kind looks at the model's state,
//! so that most of what it asks for is sensible, and some is not.
//!
//! A new kind is one line in a table and one function.

use super::{act::Act, certain, dice::Dice, values, world::PoolOf};
use phoenix_graph::{DatasetName, Disk, Mode, PoolName, PropertyName, SnapshotName, Target, property};
use phoenix_host::op::{Assignment, Op};
use phoenix_sim::{Content, State, state::Dataset};

pub type Make = fn(&mut Dice, &State) -> Option<Act>;

/// A kind: its name, how often it is tried, and what makes one.
pub type Kind = (&'static str, usize, Make);

/// What is done to pools and datasets.
pub const DATASETS: &[Kind] = &[
    ("create", 13, create),
    ("create-volume", 4, create_volume),
    ("set", 14, set),
    ("set-mountpoint", 6, set_mountpoint),
    ("set-canmount", 4, set_canmount),
    ("set-space", 6, set_space),
    ("inherit", 6, inherit),
    ("receive", 3, receive),
    ("inherit-received", 4, inherit_received),
    ("rename", 6, rename),
    ("mount", 10, mount),
    ("unmount", 6, unmount),
    ("mount-all", 3, mount_all),
    ("destroy", 7, destroy),
    ("snapshot", 3, snapshot),
    ("hold", 2, hold),
    ("release", 3, release),
    ("destroy-snapshot", 2, destroy_snapshot),
    ("destroy-later", 2, destroy_later),
    ("pool-set", 2, pool_set),
    ("export", 2, export),
    ("import", 1, import),
    ("destroy-pool", 1, destroy_pool),
    ("create-pool", 1, create_pool),
    ("directory", 3, directory),
    ("contents", 3, contents),
    ("folder-make", 4, folder_make),
    ("folder-remove", 2, folder_remove),
    ("write", 3, write),
    ("folder", 4, folder),
    ("use", 3, hold_open),
    ("use-volume", 1, hold_volume_open),
    ("let-go", 4, let_go),
];

/// Chooses what is done next, among these kinds.
pub fn next(dice: &mut Dice, state: &State, kinds: &[Kind]) -> Act {
    let sum = kinds.iter().map(|(_, weight, _)| weight).sum();
    loop {
        let mut at = dice.below(sum);
        for (_, weight, make) in kinds {
            if at < *weight {
                match make(dice, state) {
                    Some(act) if !is_up_to_chance(state, &act) => return act,
                    _ => break,
                }
            }
            at -= weight;
        }
    }
}

/// Returns whether what comes of an act is decided by no rule:
///
/// - where a mount point is changed below another file system that was mounted over it at the same path,
///   libzfs unmounts the other one by that path, takes the first for unmounted, and mounts it twice, or
///   leaves it where several are unmounted;
/// - where a mount point has a slash too many (`//`, or one at its end), or is another's too, they are mounted
///   side by side with what lies below them, one sooner or later than the other.
fn is_up_to_chance(state: &State, act: &Act) -> bool {
    let covered = |name: &DatasetName| {
        let path = state.mounted_at(name);
        path.is_some_and(|path| {
            state.covering(path).is_some_and(|top| &*top.path == path && top.dataset != *name)
        })
    };
    let moves = |top: &DatasetName| {
        state
            .mounts
            .iter()
            .map(|mount| &mount.dataset)
            .any(|name| (name == top || name.is_below(top)) && covered(name))
    };
    let unmounted = || state.datasets.keys().filter(|name| state.mounted_at(name).is_none());
    let unordered = |name: &DatasetName| {
        let raw = state.effective(name, "mountpoint").map(|setting| setting.raw).unwrap_or_default();
        let place = state.mountpoint(name);
        let shared = |other: &DatasetName| other != name && state.mountpoint(other) == place;
        place.as_ref().is_some_and(|place| *place != raw || unmounted().any(shared))
    };
    match act {
        Act::Op(Op::DatasetSet { dataset, settings }) => {
            let moving = |name: &PropertyName| ["mountpoint", "canmount"].contains(&name.as_str());
            settings.iter().any(|(name, _)| moving(name)) && moves(dataset)
        }
        Act::Op(Op::DatasetInherit { dataset, property } | Op::DatasetReceived { dataset, property }) => {
            property.as_str() == "mountpoint" && moves(dataset)
        }
        Act::Op(Op::DatasetUnmount { dataset }) => {
            let below = |name: &DatasetName| name.is_below(dataset) && state.mounted_at(name).is_some();
            moves(dataset) && state.datasets.keys().any(below)
        }
        // To activate a registration Proxmox does so, too.
        Act::Op(Op::MountAll { .. } | Op::StorageAdd { .. } | Op::StorageSet { .. }) => {
            unmounted().any(unordered)
        }
        Act::Op(Op::PoolImport { pool }) => unmounted().filter(|name| name.pool() == *pool).any(unordered),
        _ => false,
    }
}

/// The parts of names, some of them odd; few, so that names meet.
const LEAVES: &[&str] = &["a", "b", "c", "a-b", "a.b", "d e", ".x", "v:1", "v_2", "1"];
const SNAPSHOTS: &[&str] = &["s", "t", "2024-01-01", "x:y"];
const TAGS: &[&str] = &["phoenix", "keep", "a b"];
/// The pools as they are named at the beginning, and one that never is.
const POOLS: &[&str] = &["qa", "q b", "qa", "q b", "qa", "nowhere"];

fn pool(dice: &mut Dice) -> Option<PoolName> {
    PoolName::new(dice.word(POOLS)).ok()
}

/// A dataset that is there, or sometimes one that is not.
fn dataset(dice: &mut Dice, state: &State) -> Option<DatasetName> {
    if dice.chance(4) {
        return new_name(dice, state);
    }
    let known: Vec<DatasetName> = state.datasets.keys().cloned().collect();
    dice.pick(&known)
}

pub fn file_system(dice: &mut Dice, state: &State) -> Option<DatasetName> {
    if dice.chance(4) {
        return dataset(dice, state);
    }
    let known: Vec<DatasetName> =
        state.datasets.iter().filter(|(_, dataset)| !dataset.volume).map(|(name, _)| name.clone()).collect();
    dice.pick(&known)
}

fn new_name(dice: &mut Dice, state: &State) -> Option<DatasetName> {
    let known: Vec<DatasetName> = state.datasets.keys().cloned().collect();
    let above = dice.pick(&known)?;
    let leaf = dice.word(LEAVES);
    // Deep enough to matter, and not so deep that nothing is ever beside anything.
    if above.as_str().matches('/').count() > 3 {
        return None;
    }
    let name = if dice.chance(3) { format!("{above}/gone/{leaf}") } else { format!("{above}/{leaf}") };
    DatasetName::new(&name).ok()
}

fn settings(dice: &mut Dice, state: &State, name: &DatasetName, creating: bool) -> Vec<Assignment> {
    let count = dice.pick(&[0, 1, 1, 2, 3]).unwrap_or(1);
    let mut found: Vec<Assignment> = Vec::new();
    for _ in 0..count {
        let (name, value) = match dice.below(10) {
            0 if creating => ("mountpoint", values::mountpoint(dice)),
            1 if creating => ("canmount", dice.word(&["on", "off", "noauto"])),
            2 if creating => match values::space(dice, state, name) {
                Some(setting) => setting,
                None => continue,
            },
            3 if creating => values::at_creation(dice),
            _ => values::setting(dice),
        };
        // A property that is said twice is refused by the tool before it looks at anything.
        if !found.iter().any(|(known, _)| known.as_str() == name) {
            found.push((PropertyName::new(name), value.into()));
        }
    }
    found
}

fn create(dice: &mut Dice, state: &State) -> Option<Act> {
    let dataset = if dice.chance(5) { dataset(dice, state)? } else { new_name(dice, state)? };
    let settings = settings(dice, state, &dataset, true);
    Some(Act::Op(Op::DatasetCreate { dataset, settings }))
}

fn create_volume(dice: &mut Dice, state: &State) -> Option<Act> {
    let dataset = new_name(dice, state)?;
    let size = dice.pick(&[1 << 20, 4 << 20, 10 << 20, 10_000_000, 0, 1 << 30])?;
    // Only a thin one may be larger than what the pool has.
    let sparse = size > 100 << 20 || dice.chance(50);
    let block = dice.word(&["", "", "8192", "16K", "64K", "128K", "4K", "3000", "32M"]);
    let mut settings = Vec::new();
    if !block.is_empty() {
        settings.push((PropertyName::new("volblocksize"), block.into()));
    }
    if dice.chance(20) {
        let (name, value) = values::setting(dice);
        settings.push((PropertyName::new(name), value.into()));
    }
    let certain = sparse || certain::fits(state, &dataset, size).is_some();
    certain.then_some(Act::Op(Op::VolumeCreate { dataset, size, sparse, settings }))
}

fn set(dice: &mut Dice, state: &State) -> Option<Act> {
    let dataset = dataset(dice, state)?;
    let mut settings = settings(dice, state, &dataset, false);
    if settings.is_empty() {
        let (name, value) = values::setting(dice);
        settings.push((PropertyName::new(name), value.into()));
    }
    if dice.chance(5) {
        let (name, value) = values::at_creation(dice);
        settings.push((PropertyName::new(name), value.into()));
    }
    Some(Act::Op(Op::DatasetSet { dataset, settings }))
}

fn set_one(dataset: DatasetName, name: &str, value: &str) -> Act {
    Act::Op(Op::DatasetSet { dataset, settings: vec![(PropertyName::new(name), value.into())] })
}

fn set_mountpoint(dice: &mut Dice, state: &State) -> Option<Act> {
    let dataset = file_system(dice, state)?;
    let mountpoint = values::mountpoint(dice);
    if dice.chance(20) {
        let canmount = dice.word(&["on", "off", "noauto"]);
        let pairs = [("mountpoint", mountpoint), ("canmount", canmount)];
        let settings = pairs.map(|(name, value)| (PropertyName::new(name), value.into())).to_vec();
        return Some(Act::Op(Op::DatasetSet { dataset, settings }));
    }
    Some(set_one(dataset, "mountpoint", mountpoint))
}

fn set_canmount(dice: &mut Dice, state: &State) -> Option<Act> {
    Some(set_one(file_system(dice, state)?, "canmount", dice.word(&["on", "on", "off", "noauto", "yes"])))
}

fn set_space(dice: &mut Dice, state: &State) -> Option<Act> {
    let dataset = dataset(dice, state)?;
    let (name, value) = values::space(dice, state, &dataset)?;
    Some(set_one(dataset, name, value))
}

fn inherit(dice: &mut Dice, state: &State) -> Option<Act> {
    let dataset = dataset(dice, state)?;
    let own: Vec<PropertyName> = state
        .datasets
        .get(&dataset)
        .map(|found| found.settings.keys().cloned().collect())
        .unwrap_or_default();
    let property = match dice.below(10) {
        0 => PropertyName::new(values::setting(dice).0),
        1 => PropertyName::new(dice.word(&["quota", "canmount", "volsize", "used", "frob", "test:c"])),
        2 | 3 => PropertyName::new("mountpoint"),
        _ => dice.pick(&own)?,
    };
    Some(Act::Op(Op::DatasetInherit { dataset, property }))
}

/// What is received has room, and all that it brings along can be set: what else may come of it is decided in
/// the middle of a stream.
fn receive(dice: &mut Dice, state: &State) -> Option<Act> {
    const BY_BYTES: [&str; 5] =
        ["quota", "refquota", "reservation", "refreservation", "special_small_blocks"];
    let sent: Vec<SnapshotName> = state
        .datasets
        .iter()
        .filter(|(name, dataset)| !dataset.volume && state.imported(&name.pool()))
        .filter(|(_, dataset)| BY_BYTES.iter().all(|property| dataset.own(property).is_none()))
        .flat_map(|(name, dataset)| dataset.snapshots.keys().map(move |after| SnapshotName::of(name, after)))
        .filter_map(Result::ok)
        .collect();
    let (from, to) = (dice.pick(&sent)?, new_name(dice, state)?);
    let above = std::iter::successors(to.parent(), DatasetName::parent);
    let room = above.clone().all(|name| state.limit(&name, "quota") == 0);
    let holds = to.parent().is_some_and(|parent| {
        state.datasets.get(&parent).is_some_and(|parent| !parent.volume) && state.imported(&parent.pool())
    });
    (room && holds && !state.datasets.contains_key(&to)).then_some(Act::Receive { from, to })
}

fn inherit_received(dice: &mut Dice, state: &State) -> Option<Act> {
    let known: Vec<(DatasetName, PropertyName)> = state
        .datasets
        .iter()
        .flat_map(|(name, dataset)| {
            dataset.received.keys().map(move |property| (name.clone(), property.clone()))
        })
        .collect();
    if dice.chance(20) {
        let Act::Op(Op::DatasetInherit { dataset, property }) = inherit(dice, state)? else { return None };
        // Where nothing was received, and it cannot be inherited, versions differ.
        let inherited = property.is_user()
            || property::find(Target::Filesystem, property.as_str()).is_some_and(|row| row.inheritable);
        return inherited.then_some(Act::Op(Op::DatasetReceived { dataset, property }));
    }
    // Mostly where another value stands over what was received.
    let over: Vec<(DatasetName, PropertyName)> = known
        .iter()
        .filter(|(name, property)| {
            state.datasets.get(name).is_some_and(|dataset| {
                dataset.settings.contains_key(property) || dataset.passed_over.contains(property)
            })
        })
        .cloned()
        .collect();
    let (dataset, property) =
        if over.is_empty() || dice.chance(20) { dice.pick(&known)? } else { dice.pick(&over)? };
    if dice.chance(30) {
        return Some(Act::Op(Op::DatasetInherit { dataset, property }));
    }
    Some(Act::Op(Op::DatasetReceived { dataset, property }))
}

fn rename(dice: &mut Dice, state: &State) -> Option<Act> {
    let from = dataset(dice, state)?;
    let to = match dice.below(10) {
        0 => dataset(dice, state)?,
        1 => DatasetName::new(&format!("{from}/{}", dice.word(LEAVES))).ok()?,
        _ => new_name(dice, state)?,
    };
    let volume = state.datasets.get(&from).is_some_and(|found| found.volume);
    // A name may not fit where quotas hold; whether it does is decided by bytes.
    certain::moves(state, &from, &to)?;
    Some(Act::Op(Op::DatasetRename { from, to, volume }))
}

fn mount(dice: &mut Dice, state: &State) -> Option<Act> {
    Some(Act::Op(Op::DatasetMount { dataset: file_system(dice, state)? }))
}

fn unmount(dice: &mut Dice, state: &State) -> Option<Act> {
    let mounted: Vec<DatasetName> = state.mounts.iter().map(|mount| mount.dataset.clone()).collect();
    if dice.chance(40) {
        // Where it is mounted, or where it is not.
        let mount = dice.pick(&state.mounts)?;
        let place = if dice.chance(90) { mount.path } else { dice.pick(&state.mounts)?.path };
        return Some(Act::Op(Op::Unmount { dataset: mount.dataset, place }));
    }
    let dataset = if dice.chance(10) { dataset(dice, state)? } else { dice.pick(&mounted)? };
    Some(Act::Op(Op::DatasetUnmount { dataset }))
}

fn mount_all(_: &mut Dice, _: &State) -> Option<Act> {
    Some(Act::Op(Op::MountAll { datasets: Vec::new() }))
}

fn destroy(dice: &mut Dice, state: &State) -> Option<Act> {
    let dataset = if dice.chance(30) {
        dataset(dice, state)?
    } else {
        let leaves: Vec<DatasetName> = state
            .datasets
            .keys()
            .filter(|name| !name.is_root() && !state.datasets.keys().any(|other| other.is_below(name)))
            .cloned()
            .collect();
        dice.pick(&leaves)?
    };
    Some(Act::Op(Op::DatasetDestroy { dataset }))
}

fn several(dice: &mut Dice, state: &State) -> Option<Vec<DatasetName>> {
    let mut found = vec![dataset(dice, state)?];
    while dice.chance(40) {
        let another = dataset(dice, state)?;
        // Another pool's is refused, and so is the same twice: both are tried now and then.
        if (another.pool() == found[0].pool() && !found.contains(&another)) || dice.chance(10) {
            found.push(another);
        }
    }
    Some(found)
}

fn snapshot(dice: &mut Dice, state: &State) -> Option<Act> {
    let datasets = several(dice, state)?;
    Some(Act::Op(Op::Snapshot { datasets, name: dice.word(SNAPSHOTS).into() }))
}

/// All snapshots: the dataset of each, and its name there.
fn snapshots(state: &State) -> Vec<(DatasetName, Box<str>)> {
    let of = |(name, dataset): (&DatasetName, &Dataset)| {
        let names: Vec<_> = dataset.snapshots.keys().map(|after| (name.clone(), after.clone())).collect();
        names
    };
    state.datasets.iter().flat_map(of).collect()
}

/// A snapshot that is there, or sometimes one that is not.
fn any_snapshot(dice: &mut Dice, state: &State) -> Option<SnapshotName> {
    if dice.chance(4) {
        return SnapshotName::of(&dataset(dice, state)?, dice.word(SNAPSHOTS)).ok();
    }
    let (dataset, name) = dice.pick(&snapshots(state))?;
    SnapshotName::of(&dataset, &name).ok()
}

fn release(dice: &mut Dice, state: &State) -> Option<Act> {
    let snapshot = any_snapshot(dice, state)?;
    let of = state.datasets.get(snapshot.dataset()).and_then(|of| of.snapshots.get(snapshot.name()));
    let held: Vec<Box<str>> = of.map(|of| of.holds.iter().cloned().collect()).unwrap_or_default();
    let tag = if dice.chance(80) { dice.pick(&held) } else { None };
    Some(Act::Op(Op::Release { snapshot, tag: tag.unwrap_or_else(|| dice.word(TAGS).into()) }))
}

fn destroy_snapshot(dice: &mut Dice, state: &State) -> Option<Act> {
    Some(Act::Op(Op::SnapshotDestroy { snapshot: any_snapshot(dice, state)? }))
}

fn destroy_later(dice: &mut Dice, state: &State) -> Option<Act> {
    Some(Act::DestroyLater { snapshot: any_snapshot(dice, state)? })
}

fn hold(dice: &mut Dice, state: &State) -> Option<Act> {
    let known = snapshots(state);
    let (first, name) = dice.pick(&known)?;
    let mut datasets = vec![first];
    while dice.chance(40) {
        let same: Vec<DatasetName> =
            known.iter().filter(|(_, other)| *other == name).map(|(dataset, _)| dataset.clone()).collect();
        let another = if dice.chance(20) { dataset(dice, state)? } else { dice.pick(&same)? };
        if another.pool() == datasets[0].pool() && !datasets.contains(&another) {
            datasets.push(another);
        }
    }
    Some(Act::Op(Op::Hold { datasets, name, tag: dice.word(TAGS).into() }))
}

fn pool_set(dice: &mut Dice, _: &State) -> Option<Act> {
    let (name, value) = values::pool_setting(dice);
    Some(Act::Op(Op::PoolSet { pool: pool(dice)?, setting: (PropertyName::new(name), value.into()) }))
}

/// A pool that can be left: while a volume is held open, OpenZFS would wait for it without a limit.
fn left_pool(dice: &mut Dice, state: &State) -> Option<PoolName> {
    let pool = pool(dice)?;
    let open = |name: &DatasetName| {
        name.pool() == pool && state.datasets.get(name).is_some_and(|dataset| dataset.volume)
    };
    (!state.busy.iter().any(open)).then_some(pool)
}

fn export(dice: &mut Dice, state: &State) -> Option<Act> {
    Some(Act::Op(Op::PoolExport { pool: left_pool(dice, state)? }))
}

fn import(dice: &mut Dice, state: &State) -> Option<Act> {
    let exported: Vec<PoolName> =
        state.pools.iter().filter(|(_, pool)| pool.exported).map(|(name, _)| name.clone()).collect();
    // Looking through all disks takes long, so that one that is there is tried seldom.
    let pool = if dice.chance(10) { pool(dice)? } else { dice.pick(&exported)? };
    Some(Act::Op(Op::PoolImport { pool }))
}

fn destroy_pool(dice: &mut Dice, state: &State) -> Option<Act> {
    dice.chance(10).then_some(())?;
    Some(Act::Op(Op::PoolDestroy { pool: left_pool(dice, state)? }))
}

/// Makes a pool that was destroyed again, on the disks that it had; or asks for one that is there.
fn create_pool(dice: &mut Dice, state: &State) -> Option<Act> {
    let lost = ["qa", "q b"].into_iter().find(|name| !state.pools.keys().any(|pool| pool.as_str() == *name));
    let (name, wanted) = match lost {
        Some(name) => (name, true),
        None => (dice.word(&["qa", "q b"]), dice.chance(10)),
    };
    wanted.then_some(())?;
    let own = |device: &str| matches!(state.devices.get(device), Some(Content::Label { pool, .. }) if pool.as_str() == name);
    let disks: Vec<Disk> =
        state.disks.iter().filter(|(_, device)| own(device)).map(|(path, _)| Disk(path.clone())).collect();
    Some(Act::Op(PoolOf { name: PoolName::new(name).ok()?, disks }.create()))
}

/// Access control lists; the first is none.
const LISTS: &[&str] = &[
    "-",
    "-",
    "",
    "user:33:rwx",
    "user:33:r-x,default:user:33:rwx",
    "group:12:rw-,default:other::---",
    "default:group:12:rwx,default:mask::r-x",
    "default:group::rwx,default:user::rwx",
];

fn directory(dice: &mut Dice, state: &State) -> Option<Act> {
    let mount = dice.pick(&state.mounts)?;
    let path = if dice.chance(10) { "/q1".into() } else { mount.path };
    let owner = dice.pick(&[None, Some(0), Some(1000)])?;
    let group = dice.pick(&[None, None, Some(7)])?;
    let mode = dice.pick(&["0755", "0700", "2775", "2750"]).and_then(|text| text.parse::<Mode>().ok());
    // Without an `acltype` that keeps one, each side refuses a list in words of its own.
    let keeps = state.effective(&mount.dataset, "acltype").is_some_and(|kept| kept.raw.starts_with("posix"));
    let list = if keeps { dice.word(LISTS) } else { "-" };
    let acl = list.parse().ok();
    Some(Act::Op(Op::DirectorySet { dataset: mount.dataset, path, owner, group, mode, acl }))
}

/// Gives all that lies in a file system away.
fn contents(dice: &mut Dice, state: &State) -> Option<Act> {
    let (dataset, path) = place(dice, state)?;
    let (owner, group) = dice.pick(&[(Some(0), None), (Some(1000), Some(7)), (None, Some(8))])?;
    Some(Act::Op(Op::ContentsSet { dataset, path, owner, group }))
}

/// Paths of folders in file systems, some of which others are mounted on.
const FOLDERS: &[&str] = &["m", "n", "m/n", "n/m/n", "a", "a/m", "c/a-b"];

/// A place where a file system is mounted, or sometimes another.
fn place(dice: &mut Dice, state: &State) -> Option<(DatasetName, Box<str>)> {
    let mount = dice.pick(&state.mounts)?;
    Some((mount.dataset, if dice.chance(10) { "/q1".into() } else { mount.path }))
}

/// Makes a folder in a file system, as phoenix does for a guest.
fn folder_make(dice: &mut Dice, state: &State) -> Option<Act> {
    let (dataset, path) = place(dice, state)?;
    Some(Act::Op(Op::FolderMake { dataset, path, folder: dice.word(FOLDERS).into() }))
}

fn folder_remove(dice: &mut Dice, state: &State) -> Option<Act> {
    let (dataset, path) = place(dice, state)?;
    let folder = dice.word(FOLDERS);
    let stay = dice.below(folder.split('/').count());
    Some(Act::Op(Op::FolderRemove { dataset, path, folder: folder.into(), stay }))
}

/// A folder that can be reached: one that is there, or sometimes one that is not.
pub fn reached(dice: &mut Dice, state: &State) -> Option<String> {
    if dice.chance(5) {
        return Some("/q1/nowhere".to_owned());
    }
    let folders: Vec<String> =
        state.tree("/q").into_iter().filter(|(_, folder)| *folder).map(|(path, _)| path).collect();
    dice.pick(&folders)
}

fn write(dice: &mut Dice, state: &State) -> Option<Act> {
    let folder = reached(dice, state)?;
    let path: Box<str> = format!("{folder}/f{}", dice.below(1000)).into();
    let kib = dice.pick(&[1, 600, 2048])?;
    certain::fits_at(state, &path, kib << 10)?;
    Some(Act::Write { path, kib })
}

fn folder(dice: &mut Dice, state: &State) -> Option<Act> {
    let path = match dice.below(3) {
        // Where a file system could be mounted.
        0 => {
            let name = file_system(dice, state)?;
            state.mountpoint(&name)?
        }
        1 => dice.word(&["/q1", "/q1/a", "/q2 x"]).into(),
        _ => format!("{}/{}", reached(dice, state)?, dice.word(&["m", "n"])).into(),
    };
    Some(Act::Folder { path })
}

fn hold_open(dice: &mut Dice, state: &State) -> Option<Act> {
    Some(Act::Use { path: reached(dice, state)?.into() })
}

fn hold_volume_open(dice: &mut Dice, state: &State) -> Option<Act> {
    let volumes: Vec<DatasetName> = state
        .datasets
        .iter()
        .filter(|(name, dataset)| dataset.volume && state.imported(&name.pool()))
        .map(|(name, _)| name.clone())
        .collect();
    Some(Act::UseVolume { dataset: dice.pick(&volumes)? })
}

fn let_go(_: &mut Dice, state: &State) -> Option<Act> {
    (!state.busy.is_empty()).then_some(Act::LetGo)
}
