//! An example of every operation, for the tests of whoever renders or carries out all of them.

#![allow(clippy::unwrap_used, reason = "tests")]

use phoenix_graph::{
    Class, DatasetName, Disk, PoolName, PropertyName, Redundancy, SnapshotName, StorageId, Vdev,
};
use phoenix_host::{
    observed::NodeDirectory,
    op::{Assignment, Op},
};
use std::path::Path;

fn name(text: &str) -> DatasetName {
    DatasetName::new(text).unwrap()
}

fn set(name: &str, value: &str) -> Assignment {
    (PropertyName::new(name), value.into())
}

fn vdev(class: Class, redundancy: Redundancy, disks: &[&str]) -> Vdev {
    Vdev { class, redundancy, disks: disks.iter().map(|path| Disk((*path).into())).collect() }
}

fn directory(node: &str, path: &str) -> NodeDirectory {
    NodeDirectory { node: node.into(), path: path.into() }
}

/// One operation of every kind at least, with the line that people read.
#[must_use]
pub fn all() -> Vec<(Op, &'static str)> {
    let pool = PoolName::new("tank").unwrap();
    let id = StorageId::new("tank-a").unwrap();
    let pair = |key: &str, value: &str| (key.into(), value.into());
    vec![
        (
            Op::PoolCreate {
                pool: pool.clone(),
                layout: vec![
                    vdev(Class::Data, Redundancy::Raidz(2), &["/dev/a", "/dev/b", "/dev/c", "/dev/d"]),
                    vdev(Class::Spare, Redundancy::None, &["/dev/s"]),
                    vdev(Class::Log, Redundancy::Mirror, &["/dev/e", "/dev/f"]),
                    vdev(Class::Data, Redundancy::None, &["/dev/z"]),
                    vdev(Class::Special, Redundancy::Mirror, &["/dev/g", "/dev/h"]),
                    vdev(Class::Log, Redundancy::None, &["/dev/l"]),
                    vdev(Class::Dedup, Redundancy::Mirror, &["/dev/i", "/dev/j"]),
                    vdev(Class::Cache, Redundancy::None, &["/dev/k"]),
                    vdev(Class::Data, Redundancy::Draid("draid1:2d:4c:1s".into()), &["/dev/m", "/dev/n"]),
                ],
                settings: vec![set("autotrim", "on")],
                root: vec![set("compression", "lz4")],
            },
            "zpool create -o autotrim=on -O compression=lz4 -- tank /dev/z raidz2 /dev/a /dev/b /dev/c /dev/d \
             draid1:2d:4c:1s /dev/m /dev/n special mirror /dev/g /dev/h dedup mirror /dev/i /dev/j \
             log /dev/l mirror /dev/e /dev/f cache /dev/k spare /dev/s",
        ),
        (Op::PoolImport { pool: pool.clone() }, "zpool import -d /dev/disk/by-id -- tank"),
        (Op::PoolExport { pool: pool.clone() }, "zpool export -- tank"),
        (
            Op::PoolSet { pool: pool.clone(), setting: set("comment", "it's ours") },
            r"zpool set 'comment=it'\''s ours' tank",
        ),
        (
            Op::PoolAttach { pool: pool.clone(), to: "77".into(), disk: "/dev/n".into() },
            "zpool attach -- tank 77 /dev/n",
        ),
        (Op::PoolDetach { pool: pool.clone(), disk: "77".into() }, "zpool detach -- tank 77"),
        (
            Op::PoolReplace { pool: pool.clone(), old: "77".into(), new: "/dev/n".into() },
            "zpool replace -- tank 77 /dev/n",
        ),
        (
            Op::PoolAdd {
                pool: pool.clone(),
                vdev: vdev(Class::Log, Redundancy::Mirror, &["/dev/e", "/dev/f"]),
            },
            "zpool add -- tank log mirror /dev/e /dev/f",
        ),
        (
            Op::PoolAdd {
                pool: pool.clone(),
                vdev: vdev(Class::Data, Redundancy::Raidz(1), &["/dev/a", "/dev/b", "/dev/c"]),
            },
            "zpool add -- tank raidz1 /dev/a /dev/b /dev/c",
        ),
        (Op::PoolRemove { pool: pool.clone(), vdev: "mirror-3".into() }, "zpool remove -- tank mirror-3"),
        (Op::PoolRemoveStop { pool: pool.clone() }, "zpool remove -s -- tank"),
        (Op::PoolCheckpoint { pool: pool.clone() }, "zpool checkpoint -- tank"),
        (Op::PoolCheckpointDiscard { pool: pool.clone() }, "zpool checkpoint -d -- tank"),
        (Op::PoolCheckpointWait { pool: pool.clone() }, "zpool wait -t discard -- tank"),
        (Op::PoolDestroy { pool }, "zpool destroy -- tank"),
        (Op::LabelClear { disk: "/dev/a".into() }, "zpool labelclear -- /dev/a"),
        (
            Op::DatasetCreate { dataset: name("tank/a"), settings: vec![set("quota", "1024")] },
            "zfs create -u -o quota=1024 -- tank/a",
        ),
        (
            Op::VolumeCreate {
                dataset: name("tank/v"),
                size: 8 << 20,
                sparse: true,
                settings: vec![set("volblocksize", "16384")],
            },
            "zfs create -s -o volblocksize=16384 -V 8388608 -- tank/v",
        ),
        (
            Op::DatasetSet {
                dataset: name("tank/a b"),
                settings: vec![set("atime", "off"), set("quota", "none")],
            },
            "zfs set atime=off quota=none 'tank/a b'",
        ),
        (
            Op::DatasetInherit { dataset: name("tank/a"), property: PropertyName::new("atime") },
            "zfs inherit -- atime tank/a",
        ),
        (
            Op::DatasetReceived { dataset: name("tank/a"), property: PropertyName::new("quota") },
            "zfs inherit -S -- quota tank/a",
        ),
        (
            Op::DatasetRename { from: name("tank/a"), to: name("tank/b"), volume: false },
            "zfs rename -u -- tank/a tank/b",
        ),
        (
            Op::DatasetRename { from: name("tank/v"), to: name("tank/w"), volume: true },
            "zfs rename -- tank/v tank/w",
        ),
        (
            Op::Clone {
                snapshot: SnapshotName::new("tank/.phoenix/3/a@phoenix-2").unwrap(),
                dataset: name("tank/a"),
                volume: false,
                settings: vec![set("quota", "1024"), set("canmount", "noauto")],
            },
            "zfs clone -o quota=1024 -o canmount=noauto -- tank/.phoenix/3/a@phoenix-2 tank/a",
        ),
        (Op::Promote { dataset: name("tank/a") }, "zfs promote tank/a"),
        (Op::KeyLoad { dataset: name("tank/a"), location: None }, "zfs load-key -- tank/a"),
        (
            Op::KeyCheck { dataset: name("tank/a"), location: "file:///etc/zfs/a".into() },
            "zfs load-key -n -L file:///etc/zfs/a -- tank/a",
        ),
        (
            Op::KeyLoad { dataset: name("tank/a"), location: Some("file:///etc/zfs/a".into()) },
            "zfs load-key -L file:///etc/zfs/a -- tank/a",
        ),
        (Op::KeyUnload { dataset: name("tank/a") }, "zfs unload-key -- tank/a"),
        (Op::DatasetMount { dataset: name("tank/a") }, "zfs mount -- tank/a"),
        (Op::MountAll { datasets: vec![name("tank/a"), name("tank/b")] }, "zfs mount -a"),
        (Op::DatasetUnmount { dataset: name("tank/a") }, "zfs unmount -- tank/a"),
        (Op::Unmount { dataset: name("tank/a"), place: "/srv/a b".into() }, "umount -i -- '/srv/a b'"),
        (Op::DatasetDestroy { dataset: name("tank/a") }, "zfs destroy -- tank/a"),
        (
            Op::Snapshot { datasets: vec![name("tank/a"), name("tank/b")], name: "phoenix-3".into() },
            "zfs snapshot -- tank/a@phoenix-3 tank/b@phoenix-3",
        ),
        (
            Op::Hold { datasets: vec![name("tank/a")], name: "phoenix-3".into(), tag: "phoenix".into() },
            "zfs hold -- phoenix tank/a@phoenix-3",
        ),
        (
            Op::Release { snapshot: SnapshotName::new("tank/a@phoenix-3").unwrap(), tag: "phoenix".into() },
            "zfs release -- phoenix tank/a@phoenix-3",
        ),
        (
            Op::SnapshotDestroy { snapshot: SnapshotName::new("tank/a b@phoenix-3").unwrap() },
            "zfs destroy -- 'tank/a b@phoenix-3'",
        ),
        (
            Op::DirectorySet {
                dataset: name("tank/a"),
                path: "/tank/a".into(),
                owner: Some(1000),
                group: None,
                mode: "0750".parse().ok(),
                acl: None,
            },
            "chown 1000 /tank/a && chmod 0750 /tank/a",
        ),
        (
            Op::DirectorySet {
                dataset: name("tank/a b"),
                path: "/tank/a b".into(),
                owner: None,
                group: None,
                mode: "0750".parse().ok(),
                acl: "user:33:rwx,default:group:33:r-x".parse().ok(),
            },
            "setfacl --remove-all --remove-default '/tank/a b' && chmod 0750 '/tank/a b' && setfacl --modify user:33:rwx,default:group:33:r-x '/tank/a b'",
        ),
        (
            Op::ContentsSet {
                dataset: name("tank/a b"),
                path: "/tank/a b".into(),
                owner: Some(100_033),
                group: Some(100_033),
            },
            "find '/tank/a b' -xdev -mindepth 1 -exec chown --no-dereference 100033:100033 {} +",
        ),
        (
            Op::FolderMake { dataset: name("tank/a b"), path: "/tank/a b".into(), folder: "101/logs".into() },
            "make the folder '/tank/a b/101/logs', as the one that it lies in",
        ),
        (
            Op::FolderRemove {
                dataset: name("tank/a"),
                path: "/tank/a".into(),
                folder: "101/logs".into(),
                stay: 0,
            },
            "cd /tank/a && rmdir -p -- 101/logs",
        ),
        (
            Op::FolderRemove {
                dataset: name("tank/a b"),
                path: "/tank/a b".into(),
                folder: "101/logs".into(),
                stay: 1,
            },
            "cd '/tank/a b/101' && rmdir -- logs",
        ),
        (
            Op::Unexport { path: "/tank/a".into(), client: "fd00::/64".into() },
            "exportfs -u -- '[fd00::/64]:/tank/a'",
        ),
        (Op::ExportsReload, "exportfs -ra"),
        (
            Op::StorageAdd {
                id: id.clone(),
                kind: "zfspool".into(),
                properties: vec![pair("pool", "tank/a"), pair("content", "images,rootdir")],
                secrets: vec![],
            },
            "pvesm add zfspool tank-a --pool tank/a --content images,rootdir",
        ),
        (
            Op::StorageAdd {
                id: id.clone(),
                kind: "pbs".into(),
                properties: vec![pair("datastore", "a"), pair("server", "10.0.0.5")],
                secrets: vec![pair("password", "/root/it's a.pw"), pair("encryption-key", "/root/a.key")],
            },
            "pvesm add pbs tank-a --datastore a --server 10.0.0.5 --encryption-key /root/a.key --password < '/root/it'\\''s a.pw'",
        ),
        (
            Op::StorageSet {
                id: id.clone(),
                set: vec![pair("sparse", "1")],
                secrets: vec![],
                delete: vec!["nodes".into(), "blocksize".into()],
            },
            "pvesm set tank-a --sparse 1 --delete nodes,blocksize",
        ),
        (Op::StorageRemove { id }, "pvesm remove tank-a"),
        (
            Op::MountPointSet {
                container: 101,
                number: 0,
                point: "/tank/a,mp=/mnt/a,mountoptions=noatime;nodev".into(),
                over: None,
            },
            "pct set 101 --mp0 '/tank/a,mp=/mnt/a,mountoptions=noatime;nodev'",
        ),
        (
            Op::MountPointRemove { container: 101, number: 12, over: "/tank/a,mp=/mnt/a".into() },
            "pct set 101 --delete mp12",
        ),
        (Op::MountPointRevert { container: 101, number: 0 }, "pct set 101 --revert mp0"),
        (Op::ContainerRestart { container: 101 }, "pct reboot 101"),
        (
            Op::DirectoryMap {
                id: "media".into(),
                over: vec![],
                maps: vec![directory("pve", "/tank/a")],
                description: Some("of all".into()),
            },
            "pvesh create /cluster/mapping/dir --id media --map node=pve,path=/tank/a --description 'of all'",
        ),
        (
            Op::DirectoryMap {
                id: "media".into(),
                over: vec![directory("two", "/srv/a b")],
                maps: vec![directory("two", "/srv/a b"), directory("pve", "/tank/a")],
                description: None,
            },
            "pvesh set /cluster/mapping/dir/media --map 'node=two,path=/srv/a b' --map node=pve,path=/tank/a",
        ),
        (
            Op::DirectoryMap {
                id: "media".into(),
                over: vec![directory("pve", "/tank/a")],
                maps: vec![],
                description: None,
            },
            "pvesh delete /cluster/mapping/dir/media",
        ),
        (
            Op::VirtiofsSet {
                machine: 201,
                number: 0,
                directory: "dirid=media,cache=never".into(),
                over: None,
            },
            "qm set 201 --virtiofs0 dirid=media,cache=never",
        ),
        (
            Op::VirtiofsRemove { machine: 201, number: 9, over: "dirid=media".into() },
            "qm set 201 --delete virtiofs9",
        ),
        (Op::VirtiofsRevert { machine: 201, number: 0 }, "qm set 201 --revert virtiofs0"),
        (
            Op::TunableSet { name: "zfs_arc_max".into(), value: 32_212_254_720 },
            "write 32212254720 to /sys/module/zfs/parameters/zfs_arc_max",
        ),
        (Op::UnitsReload, "systemctl daemon-reload"),
        (Op::UnitStart { unit: "x.timer".into() }, "systemctl start -- x.timer"),
        (Op::UnitStop { unit: "x.timer".into() }, "systemctl stop -- x.timer"),
        (
            Op::UnitsCheck { files: vec!["/var/x.timer".into(), "/var/x.service".into()] },
            "systemd-analyze verify --man=no -- /var/x.timer /var/x.service",
        ),
        (
            Op::SanoidCheck { folder: "/var/x".into() },
            "sanoid --configdir /var/x --cache-dir /run/phoenix/sanoid --run-dir /run/phoenix/sanoid --readonly",
        ),
        (Op::Link { path: "/etc/x".into(), target: "/var/y".into() }, "link /etc/x -> /var/y"),
        (Op::Unlink { path: "/etc/x".into() }, "unlink /etc/x"),
    ]
}

/// The same operations, with links that lie below a folder.
#[must_use]
pub fn below(folder: &Path) -> Vec<Op> {
    let op = |op| match op {
        Op::Link { target, .. } => Op::Link { path: folder.join("x"), target },
        Op::Unlink { .. } => Op::Unlink { path: folder.join("x") },
        other => other,
    };
    all().into_iter().map(|(example, _)| op(example)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs};

    #[test]
    fn every_operation_has_an_example() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime/host/src/op.rs");
        let file = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap();
        let operations = file.items.into_iter().find_map(|item| match item {
            syn::Item::Enum(item) if item.ident == "Op" => Some(item.variants),
            _ => None,
        });
        let operations: BTreeSet<String> =
            operations.unwrap().iter().map(|variant| variant.ident.to_string()).collect();
        // A value shows itself with the name of its variant first.
        let name = |op: &Op| format!("{op:?}").split([' ', '{']).next().unwrap().to_owned();
        let examples: BTreeSet<String> = all().iter().map(|(op, _)| name(op)).collect();
        assert_eq!(examples, operations);
    }
}
