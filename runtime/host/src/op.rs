//! Operations: everything that phoenix ever does to a host, each a value, each rendered to an
//! argument vector by one pure function. Nothing goes through a shell.

pub mod render;

use crate::{
    observed::NodeDirectory,
    secret::{Asked, PROMPT},
    text::kept_secret::PASSWORD,
};
use phoenix_graph::{
    DatasetName, Mode, PoolName, PropertyName, SnapshotName, StorageId, Vdev, kind::acl::Acl,
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A property with the word that the tool is given for it.
pub type Assignment = (PropertyName, Box<str>);

/// One operation on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum Op {
    /// `zpool create`, never forced. The root dataset is left unmounted where `canmount` says so.
    PoolCreate {
        pool: PoolName,
        layout: Vec<Vdev>,
        /// Pool properties (`-o`).
        settings: Vec<Assignment>,
        /// The root dataset's properties (`-O`).
        root: Vec<Assignment>,
    },
    /// `zpool import` by name, looking in `/dev/disk/by-id`; what mounts by itself is mounted.
    PoolImport { pool: PoolName },
    /// `zpool export`.
    PoolExport { pool: PoolName },
    /// `zpool set`, one property.
    PoolSet {
        pool: PoolName,
        /// The property and its new value.
        setting: Assignment,
    },
    /// `zpool attach`, never forced: a disk joins a single disk or a mirror, or widens a raidz vdev.
    PoolAttach {
        pool: PoolName,
        /// The disk that it is to stand beside, or the raidz vdev, as `zpool` finds it: by its GUID where
        /// that is known.
        to: Box<str>,
        disk: Box<str>,
    },
    /// `zpool detach`: a disk leaves a mirror, or a replacement that is under way.
    PoolDetach {
        pool: PoolName,
        /// The disk, as `zpool` finds it.
        disk: Box<str>,
    },
    /// `zpool replace`, never forced.
    PoolReplace {
        pool: PoolName,
        /// The disk that goes, as `zpool` finds it.
        old: Box<str>,
        /// The disk that takes its place.
        new: Box<str>,
    },
    /// `zpool add`, never forced.
    PoolAdd {
        pool: PoolName,
        /// The top-level vdev.
        vdev: Vdev,
    },
    /// `zpool remove`: a spare, a cache, a log at once; what holds data is emptied in the background.
    PoolRemove {
        pool: PoolName,
        /// The vdev, as `zpool` finds it.
        vdev: Box<str>,
    },
    /// `zpool remove -s`: stops the emptying of a vdev, which stays.
    PoolRemoveStop { pool: PoolName },
    /// `zpool checkpoint`: a point that the whole pool can be returned to, taken before what no rollback
    /// undoes.
    PoolCheckpoint { pool: PoolName },
    /// `zpool checkpoint -d`: gives the point up, which goes on in the background. Only ever to undo the
    /// taking of it.
    PoolCheckpointDiscard { pool: PoolName },
    /// `zpool wait -t discard`: waits until a checkpoint that is given up is gone; until then the layout
    /// cannot be changed.
    PoolCheckpointWait { pool: PoolName },
    /// `zpool destroy`: only ever to undo a creation of the same transaction, of a pool seen to be empty.
    PoolDestroy { pool: PoolName },
    /// `zpool labelclear`, never forced: takes the label of a pool off a disk that was blank before it was
    /// in it, or held no data in it (spares and caches).
    LabelClear {
        /// The disk, as the spec names it.
        disk: Box<str>,
    },
    /// `zfs create -u`: a file system, not mounted yet.
    DatasetCreate {
        /// The file system.
        dataset: DatasetName,
        /// Its properties (`-o`).
        settings: Vec<Assignment>,
    },
    /// `zfs create -V`: a volume.
    VolumeCreate {
        /// The volume.
        dataset: DatasetName,
        /// `volsize` in bytes.
        size: u64,
        /// `-s`: without a reservation.
        sparse: bool,
        /// Its other properties (`-o`).
        settings: Vec<Assignment>,
    },
    /// `zfs set`, several properties of one dataset. Not atomic: a part may hold after a failure.
    DatasetSet {
        /// The dataset or volume.
        dataset: DatasetName,
        /// The properties and their new values.
        settings: Vec<Assignment>,
    },
    /// `zfs inherit`, one property.
    DatasetInherit {
        /// The dataset or volume.
        dataset: DatasetName,
        /// The property that goes back to its inherited or default value.
        property: PropertyName,
    },
    /// `zfs inherit -S`, one property: what was received with a stream holds again.
    DatasetReceived {
        /// The dataset or volume.
        dataset: DatasetName,
        /// The property that goes back to its received value.
        property: PropertyName,
    },
    /// `zfs rename`: moves a dataset with everything below it. File systems are left as they are
    /// mounted (`-u`), so they are unmounted before.
    DatasetRename {
        /// Where it is.
        from: DatasetName,
        /// Where it goes; the parent exists.
        to: DatasetName,
        /// Whether it is a volume, which takes no `-u`.
        volume: bool,
    },
    /// `zfs clone`: a dataset that begins as a snapshot is. Of the settings of what it is cloned from it
    /// takes none along. One that is to stay unmounted has `canmount=noauto` among its settings.
    Clone {
        snapshot: SnapshotName,
        /// The file system or volume that comes to be.
        dataset: DatasetName,
        /// Whether it is a volume.
        volume: bool,
        /// Its settings (`-o`).
        settings: Vec<Assignment>,
    },
    /// `zfs promote`: the snapshot that a clone came from, and those before it, are the clone's from then
    /// on, and what it was cloned from becomes a clone of it.
    Promote {
        /// The clone.
        dataset: DatasetName,
    },
    /// `zfs load-key`: loads the key of an encryption root.
    KeyLoad {
        /// The encryption root.
        dataset: DatasetName,
        /// Where the key is (`-L`): `prompt` where it was typed. Nothing where the dataset itself says it.
        location: Option<Box<str>>,
    },
    /// `zfs load-key -n`: tries whether a key opens an encryption root, whether its key is loaded or not, and changes
    /// nothing. Without that, OpenZFS takes any `keylocation`, and nothing tells before the next boot.
    KeyCheck {
        /// The encryption root.
        dataset: DatasetName,
        /// Where the key is.
        location: Box<str>,
    },
    /// `zfs unload-key`.
    KeyUnload {
        /// The encryption root.
        dataset: DatasetName,
    },
    /// `zfs mount`. Done where it is mounted and seen already: OpenZFS mounts by itself what gets another mount
    /// point, and Proxmox all that is not mounted.
    DatasetMount {
        /// The file system.
        dataset: DatasetName,
    },
    /// `zfs mount -a`: mounts all that mounts by itself, in one process. Planned only where that is just
    /// these file systems, since what is not phoenix's is left as it is.
    MountAll {
        /// What is mounted by it.
        datasets: Vec<DatasetName>,
    },
    /// `umount`: takes one mount of a file system away and no other, also where more are mounted below it by
    /// name; fails where something uses it or lies over it. Done where it is not mounted there.
    Unmount {
        /// The file system.
        dataset: DatasetName,
        /// Where it is mounted.
        place: Box<str>,
    },
    /// `zfs unmount`, with whatever is mounted below it by name; fails where something uses it.
    DatasetUnmount {
        /// The file system.
        dataset: DatasetName,
    },
    /// `zfs destroy` of one dataset, never recursive, never forced: to undo a creation of the same
    /// transaction, of a file system seen to be empty; and what `gc` was told to destroy.
    DatasetDestroy { dataset: DatasetName },
    /// `zfs snapshot`, atomic for all datasets, which lie in one pool.
    Snapshot {
        datasets: Vec<DatasetName>,
        /// The snapshot's name, after the `@`.
        name: Box<str>,
    },
    /// `zfs hold`.
    Hold {
        datasets: Vec<DatasetName>,
        /// The snapshot's name, after the `@`.
        name: Box<str>,
        tag: Box<str>,
    },
    /// `zfs release`: takes a hold off one snapshot.
    Release { snapshot: SnapshotName, tag: Box<str> },
    /// `zfs destroy` of exactly one snapshot. Its name has an `@` by its type: no dataset can be meant.
    SnapshotDestroy { snapshot: SnapshotName },
    /// Gives the root directory of a mounted file system an owner, a group, a mode or an access control list; what is not
    /// said stays. It is reached by its path, and left where something else is mounted there.
    DirectorySet {
        /// The file system.
        dataset: DatasetName,
        /// Where it is mounted.
        path: Box<str>,
        /// The owner's number.
        owner: Option<u32>,
        /// The group's number.
        group: Option<u32>,
        mode: Option<Mode>,
        /// The access control list, with accounts by number; an empty one is taken off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        acl: Option<Acl>,
    },
    /// Gives all that lies in a mounted file system an owner or a group: files, folders and links themselves, none that is
    /// mounted in it, and not its root directory. What has them already is left.
    ContentsSet {
        /// The file system.
        dataset: DatasetName,
        /// Where it is mounted.
        path: Box<str>,
        /// The owner's number.
        owner: Option<u32>,
        /// The group's number.
        group: Option<u32>,
    },
    /// Makes a folder in a mounted file system, and what of its path is missing: each with owner, group and rights of the one
    /// that it lies in. What is there already stays as it is. No link is followed, and nothing is made in what is mounted
    /// in the file system.
    FolderMake {
        /// The file system.
        dataset: DatasetName,
        /// Where it is mounted.
        path: Box<str>,
        /// The folder's path in it, without slashes around.
        folder: Box<str>,
    },
    /// Removes a folder, and those of its path behind the first that stay, as far as they are empty; what holds something
    /// stays.
    FolderRemove {
        /// The file system.
        dataset: DatasetName,
        /// Where it is mounted.
        path: Box<str>,
        /// The folder's path in it, without slashes around.
        folder: Box<str>,
        /// How many parts of that stay.
        stay: usize,
    },
    /// `exportfs -u`: takes one export out of the live table until the next reload.
    Unexport {
        /// The exported path.
        path: Box<str>,
        client: Box<str>,
    },
    /// `exportfs -ra`: loads `/etc/exports` and `/etc/exports.d`.
    ExportsReload,
    /// `pvesm add`.
    StorageAdd {
        id: StorageId,
        kind: Box<str>,
        properties: Vec<(Box<str>, Box<str>)>,
        /// Secrets, each with the file that holds it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        secrets: Vec<(Box<str>, Box<str>)>,
    },
    /// `pvesm set`.
    StorageSet {
        id: StorageId,
        /// Properties to set.
        set: Vec<(Box<str>, Box<str>)>,
        /// Secrets to set, each with the file that holds it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        secrets: Vec<(Box<str>, Box<str>)>,
        /// Properties and secrets to take away.
        delete: Vec<Box<str>>,
    },
    /// `pvesm remove`: the registration alone, never data.
    StorageRemove { id: StorageId },
    /// `pct set --mpN`: gives a container a mount point, or another one in its place. A new one is live at once where the
    /// container runs; one that is changed waits for its next start.
    MountPointSet {
        container: u32,
        /// The number of the mount point, 0 to 255.
        number: u16,
        /// The mount point as `pct` is given it.
        point: Box<str>,
        /// What is written there before; anything else is left and refused.
        over: Option<Box<str>>,
    },
    /// `pct set --delete mpN`: takes a mount point from a container; where that runs, at its next start. Never data.
    MountPointRemove {
        container: u32,
        /// The number of the mount point, 0 to 255.
        number: u16,
        /// What is written there before; anything else is left and refused.
        over: Box<str>,
    },
    /// `pct set --revert mpN`: what waits for the container's next start is dropped.
    MountPointRevert {
        container: u32,
        /// The number of the mount point, 0 to 255.
        number: u16,
    },
    /// `pct reboot`: stops a container and starts it, with what waited for that.
    ContainerRestart { container: u32 },
    /// `pvesh create`, `set` or `delete` of a directory mapping: says which directories machines are given by an id, none
    /// where the id goes. Never data.
    DirectoryMap {
        id: Box<str>,
        /// What stands there before; anything else is left and refused.
        over: Vec<NodeDirectory>,
        /// The directories of the nodes: this host's, and the others as they are.
        maps: Vec<NodeDirectory>,
        /// What is said of the id, where it comes back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<Box<str>>,
    },
    /// `qm set --virtiofsN`: gives a machine a directory, or another one in its place; where that runs, at its next start.
    VirtiofsSet {
        machine: u32,
        /// The number of the directory, 0 to 9.
        number: u8,
        /// The directory as `qm` is given it.
        directory: Box<str>,
        /// What is written there before; anything else is left and refused.
        over: Option<Box<str>>,
    },
    /// `qm set --delete virtiofsN`: takes a directory from a machine; where that runs, at its next start. Never data.
    VirtiofsRemove {
        machine: u32,
        /// The number of the directory, 0 to 9.
        number: u8,
        /// What is written there before; anything else is left and refused.
        over: Box<str>,
    },
    /// `qm set --revert virtiofsN`: what waits for the machine's next start is dropped.
    VirtiofsRevert {
        machine: u32,
        /// The number of the directory, 0 to 9.
        number: u8,
    },
    /// Writes a parameter of the zfs module below `/sys/module/zfs/parameters`.
    TunableSet {
        /// The parameter.
        name: Box<str>,
        value: u64,
    },
    /// `systemctl daemon-reload`: has systemd read the files of all units anew.
    UnitsReload,
    /// `systemctl start`.
    UnitStart { unit: Box<str> },
    /// `systemctl stop`.
    UnitStop { unit: Box<str> },
    /// `systemd-analyze verify`, without a look at manual pages: tries whether systemd takes these files of units, and changes nothing.
    UnitsCheck { files: Vec<PathBuf> },
    /// `sanoid --readonly`, which reads its configuration and does nothing: tries whether it takes what lies in a folder.
    SanoidCheck {
        /// The folder of `sanoid.conf`.
        folder: PathBuf,
    },
    /// Makes a symbolic link, over an older link in one rename; the folder is made where it is missing.
    Link {
        /// Where the link stands.
        path: PathBuf,
        /// What it points to.
        target: PathBuf,
    },
    /// Removes a symbolic link that phoenix made; anything else is left and refused.
    Unlink {
        /// Where the link stands.
        path: PathBuf,
    },
}

impl Op {
    /// Returns whether it runs `pvesm`, which rewrites the whole file of registrations.
    #[must_use]
    pub fn is_registration(&self) -> bool {
        matches!(self, Op::StorageAdd { .. } | Op::StorageSet { .. } | Op::StorageRemove { .. })
    }

    /// Returns whether its exit code is about more than what it is run for: `exportfs -ra` complains of all entries
    /// of all files.
    #[must_use]
    pub fn is_about_others(&self) -> bool {
        *self == Op::ExportsReload
    }

    /// Returns whether no look tells that it was done.
    #[must_use]
    pub fn is_unseen(&self) -> bool {
        matches!(self, Op::ContentsSet { .. })
    }

    /// Returns whether a file system may come to be mounted, or elsewhere, by it.
    #[must_use]
    pub fn may_mount(&self) -> bool {
        match self {
            Op::PoolCreate { .. }
            | Op::PoolImport { .. }
            | Op::DatasetCreate { .. }
            | Op::DatasetRename { .. }
            | Op::Clone { .. }
            | Op::MountAll { .. }
            | Op::DatasetMount { .. }
            | Op::DatasetUnmount { .. } => true,
            Op::DatasetSet { settings, .. } => {
                settings.iter().any(|(name, _)| matches!(name.as_str(), "mountpoint" | "canmount"))
            }
            Op::DatasetInherit { property, .. } => matches!(property.as_str(), "mountpoint" | "canmount"),
            _ => false,
        }
    }

    /// Returns the file whose content the command reads from its input: a password.
    #[must_use]
    pub fn input(&self) -> Option<&str> {
        let (Op::StorageAdd { secrets, .. } | Op::StorageSet { secrets, .. }) = self else { return None };
        secrets.iter().find(|(name, _)| &**name == PASSWORD).map(|(_, file)| &**file)
    }

    /// Tells the key that has to be typed for the operation, if one has.
    #[must_use]
    pub fn asked(&self) -> Option<Asked> {
        let (dataset, settings) = match self {
            Op::KeyLoad { dataset, location } => {
                let typed = location.as_deref() == Some(PROMPT);
                return typed.then(|| Asked { dataset: dataset.clone(), new: None });
            }
            Op::DatasetCreate { dataset, settings } | Op::VolumeCreate { dataset, settings, .. } => {
                (dataset.clone(), settings)
            }
            Op::PoolCreate { pool, root, .. } => (pool.root(), root),
            _ => return None,
        };
        let word = |name: &str| settings.iter().find(|(one, _)| one.as_str() == name).map(|(_, word)| word);
        let typed = word("keylocation").is_some_and(|word| **word == *PROMPT);
        typed.then(|| Asked { dataset, new: Some(word("keyformat").cloned().unwrap_or_default()) })
    }
}
