//! The storage types and their properties.

use super::row::{StorageKind as Kind, StorageProperty, StorageType};

const fn flag(name: &'static str, doc: &'static str) -> StorageProperty {
    StorageProperty::new(name, Kind::Boolean, doc).default("0")
}

/// Every storage has these.
const COMMON: &[StorageProperty] = &[
    StorageProperty::new("content", Kind::Content, "Says what the storage may hold."),
    flag("disable", "Keeps the registration and does not use the storage."),
    StorageProperty::new(
        "nodes",
        Kind::Nodes,
        "Limits the storage to these nodes of the cluster; else all have it.",
    ),
];

const BANDWIDTH: StorageProperty =
    StorageProperty::new("bwlimit", Kind::Bandwidth, "Limits the speed of copies, in KiB per second.");
const FOLDERS: StorageProperty = StorageProperty::new(
    "content-dirs",
    Kind::ContentDirs,
    "Puts contents into other folders than the usual ones.",
);
const BASE_PATH: StorageProperty =
    StorageProperty::new("create-base-path", Kind::Boolean, "Makes the directory where it is missing.")
        .default("1");
const MKDIR: StorageProperty = StorageProperty::new(
    "mkdir",
    Kind::Boolean,
    "Is the old word for create-base-path and create-subdirs; gone in Proxmox VE 9.",
);
const PORT: StorageProperty =
    StorageProperty::new("port", Kind::Integer { min: 1, max: 65535 }, "Sets the port of the server.");
const CHAIN: StorageProperty =
    flag("snapshot-as-volume-chain", "Keeps snapshots as a chain of images; from Proxmox VE 9 on.");
const SUBDIRS: StorageProperty =
    StorageProperty::new("create-subdirs", Kind::Boolean, "Makes the folders for the contents.").default("1");

/// Storages that keep backups.
const BACKUPS: &[StorageProperty] = &[
    StorageProperty::new(
        "max-protected-backups",
        Kind::Integer { min: -1, max: i64::MAX },
        "Limits the protected backups of a guest; -1 is no limit.",
    ),
    StorageProperty::new("prune-backups", Kind::PruneBackups, "Says which backups of a guest are kept."),
];

const fn format(words: &'static [&'static str]) -> StorageProperty {
    StorageProperty::new("format", Kind::Words(words), "Sets the format of new disk images.")
}

/// On a server there are no subvolumes.
const FORMAT: StorageProperty = format(&["raw", "qcow2", "vmdk"]);
const PREALLOCATION: StorageProperty = StorageProperty::new(
    "preallocation",
    Kind::Words(&["off", "metadata", "falloc", "full"]),
    "Says how much of a new disk image is written at once.",
)
.default("metadata");

/// Storages that keep files.
const FILES: &[StorageProperty] =
    &[BANDWIDTH, FOLDERS, BASE_PATH, SUBDIRS, MKDIR, PREALLOCATION, CHAIN.fixed()];

/// A directory of this host.
const DIRECTORY: &[StorageProperty] = &[
    StorageProperty::new(
        "is_mountpoint",
        Kind::IsMountpoint,
        "Uses the storage only while the path, or another one, is a mount point.",
    )
    .default("no"),
    flag("shared", "Says that all nodes see the same files there; it shares nothing by itself."),
];

const PATH: StorageProperty =
    StorageProperty::new("path", Kind::DirectoryPath, "Says where the directory is.").required().fixed();
const SERVER: StorageProperty =
    StorageProperty::new("server", Kind::Server, "Names the server.").required().fixed();
const MOUNT_PATH: StorageProperty =
    StorageProperty::new("path", Kind::DirectoryPath, "Says where it is mounted; by itself /mnt/pve/ID.")
        .fixed();
const MOUNT_OPTIONS: StorageProperty =
    StorageProperty::new("options", Kind::MountOptions, "Sets options of the mount: vers=4.2,soft.");
const USER: StorageProperty = StorageProperty::new("username", Kind::Text, "Names the user to log in as.");
const PASSWORD: StorageProperty =
    StorageProperty::new("password", Kind::Secret, "Is the password of the user.");
const SHARED: StorageProperty =
    flag("shared", "Says that all nodes see the same there; it shares nothing by itself.");

const ZFSPOOL: &[StorageProperty] = &[
    StorageProperty::new("pool", Kind::Dataset, "Names the pool, or the dataset, that holds the guests.")
        .required()
        .fixed(),
    StorageProperty::new("blocksize", Kind::BlockSize, "Sets the block size of new volumes."),
    BANDWIDTH,
    StorageProperty::new(
        "mountpoint",
        Kind::AbsolutePath,
        "Says where the dataset is mounted; Proxmox writes it by itself.",
    ),
    flag("sparse", "Makes volumes without reserving their space."),
];

const BTRFS: &[StorageProperty] = &[
    PATH,
    flag("nocow", "Turns copy-on-write off, and checksums with it."),
    BASE_PATH,
    SUBDIRS,
    format(&["raw", "subvol"]),
    MKDIR,
    PREALLOCATION,
];

const NFS: &[StorageProperty] = &[
    SERVER,
    StorageProperty::new("export", Kind::AbsolutePath, "Says which path the server exports.")
        .required()
        .fixed(),
    MOUNT_PATH,
    MOUNT_OPTIONS,
    FORMAT,
];

const CIFS: &[StorageProperty] = &[
    SERVER,
    StorageProperty::new("share", Kind::Text, "Names the share.").required().fixed(),
    MOUNT_PATH,
    MOUNT_OPTIONS,
    StorageProperty::new("domain", Kind::Text, "Names the domain of the user."),
    FORMAT,
    PASSWORD.beside("username"),
    StorageProperty::new(
        "smbversion",
        Kind::Words(&["default", "2.0", "2.1", "3", "3.0", "3.11"]),
        "Sets the version of the protocol.",
    )
    .default("default"),
    StorageProperty::new("subdir", Kind::AbsolutePath, "Mounts only this folder of the share."),
    USER,
];

const PBS: &[StorageProperty] = &[
    SERVER,
    StorageProperty::new("datastore", Kind::Text, "Names the datastore.").required().fixed(),
    StorageProperty::new("encryption-key", Kind::Secret, "Is the key that backups are encrypted with."),
    StorageProperty::new("fingerprint", Kind::Fingerprint, "Is the SHA-256 of the server's certificate."),
    StorageProperty::new(
        "master-pubkey",
        Kind::Secret,
        "Is the public key that the encryption key is kept under.",
    )
    .beside("encryption-key"),
    StorageProperty::new("namespace", Kind::RelativePath, "Names the namespace in the datastore."),
    PASSWORD.needed(),
    PORT.default("8007"),
    USER,
];

const VOLUME_GROUP: StorageProperty =
    StorageProperty::new("vgname", Kind::LvmName, "Names the volume group, which is there already.")
        .required()
        .fixed();

const LVM: &[StorageProperty] = &[
    VOLUME_GROUP,
    StorageProperty::new("base", Kind::BaseVolume, "Is a volume that Proxmox made the volume group of.")
        .fixed(),
    BANDWIDTH,
    flag("saferemove", "Writes zeros over a volume before it is removed."),
    StorageProperty::new(
        "saferemove-stepsize",
        Kind::Words(&["1", "2", "4", "8", "16", "32"]),
        "Says how much of that is written at once, in MiB.",
    )
    .default("32"),
    StorageProperty::new(
        "saferemove_throughput",
        Kind::Text,
        "Limits the speed of that, as `cstream -t` does.",
    ),
    SHARED,
    CHAIN,
    flag("tagged_only", "Shows only volumes that are tagged with their guest."),
];

const LVM_THIN: &[StorageProperty] = &[
    VOLUME_GROUP,
    StorageProperty::new("thinpool", Kind::LvmName, "Names the thin pool in it.").required().fixed(),
    BANDWIDTH,
];

const ISCSI: &[StorageProperty] = &[
    StorageProperty::new("portal", Kind::Portal, "Names the server, and perhaps its port.")
        .required()
        .fixed(),
    StorageProperty::new("target", Kind::Text, "Names the target on it.").required().fixed(),
    BANDWIDTH,
];

const MONITORS: StorageProperty = StorageProperty::new(
    "monhost",
    Kind::Portals,
    "Names the monitors of a Ceph cluster that this one does not run; else it is Proxmox's own.",
);
const KEYRING: StorageProperty =
    StorageProperty::new("keyring", Kind::Secret, "Is the key of the user, as Ceph writes it.")
        .beside("monhost");

const RBD: &[StorageProperty] = &[
    BANDWIDTH,
    StorageProperty::new("data-pool", Kind::Text, "Names the pool for data, where that is erasure-coded."),
    KEYRING,
    flag("krbd", "Maps the images with the kernel's driver, as containers have it anyway."),
    MONITORS,
    StorageProperty::new("namespace", Kind::Text, "Names the namespace in the pool."),
    StorageProperty::new("pool", Kind::Text, "Names the pool of Ceph.").default("rbd"),
    USER,
];

const CEPHFS: &[StorageProperty] = &[
    BANDWIDTH,
    FOLDERS,
    BASE_PATH,
    SUBDIRS,
    StorageProperty::new("fs-name", Kind::Text, "Names the file system of Ceph."),
    flag("fuse", "Mounts it by FUSE, not by the kernel."),
    KEYRING,
    MKDIR,
    MONITORS,
    MOUNT_OPTIONS,
    MOUNT_PATH,
    StorageProperty::new("subdir", Kind::AbsolutePath, "Mounts only this folder of it."),
    USER,
];

const ESXI: &[StorageProperty] = &[
    StorageProperty::new("server", Kind::Server, "Names the server.").required(),
    StorageProperty::new("username", Kind::Text, "Names the user to log in as.").required(),
    PASSWORD.needed(),
    PORT,
    SHARED,
    flag("skip-cert-verification", "Takes whatever certificate the server shows."),
];

const FILE_CONTENTS: &[&str] = &["backup", "images", "import", "iso", "rootdir", "snippets", "vztmpl"];

/// All types. `none` is left out of their contents: `pvesm add` fails on it, and `disable` says it.
pub(super) const TYPES: &[StorageType] = &[
    StorageType {
        name: "zfspool",
        contents: &["images", "rootdir"],
        default_content: "images,rootdir",
        may_be_empty: false,
        doc: "Keeps guests' disks as volumes and file systems of a pool.",
        groups: &[ZFSPOOL, COMMON],
    },
    StorageType {
        name: "dir",
        contents: FILE_CONTENTS,
        default_content: "images,rootdir",
        may_be_empty: true,
        doc: "Keeps files in a directory of the host.",
        groups: &[&[PATH, format(&["raw", "qcow2", "vmdk", "subvol"])], COMMON, DIRECTORY, FILES, BACKUPS],
    },
    StorageType {
        name: "nfs",
        contents: FILE_CONTENTS,
        default_content: "images",
        may_be_empty: false,
        doc: "Keeps files on an NFS server.",
        groups: &[NFS, COMMON, FILES, BACKUPS],
    },
    StorageType {
        name: "cifs",
        contents: FILE_CONTENTS,
        default_content: "images",
        may_be_empty: false,
        doc: "Keeps files on an SMB server.",
        groups: &[CIFS, COMMON, FILES, BACKUPS],
    },
    StorageType {
        name: "btrfs",
        contents: FILE_CONTENTS,
        default_content: "images,rootdir",
        may_be_empty: true,
        doc: "Keeps files and guests' disks on btrfs.",
        groups: &[BTRFS, COMMON, DIRECTORY, BACKUPS],
    },
    StorageType {
        name: "pbs",
        contents: &["backup"],
        default_content: "backup",
        may_be_empty: true,
        doc: "Keeps backups on a Proxmox Backup Server.",
        groups: &[PBS, COMMON, BACKUPS],
    },
    StorageType {
        name: "lvm",
        contents: &["images", "rootdir"],
        default_content: "images",
        may_be_empty: false,
        doc: "Keeps guests' disks as volumes of a volume group.",
        groups: &[LVM, COMMON],
    },
    StorageType {
        name: "lvmthin",
        contents: &["images", "rootdir"],
        default_content: "images,rootdir",
        may_be_empty: false,
        doc: "Keeps guests' disks as volumes of a thin pool of LVM.",
        groups: &[LVM_THIN, COMMON],
    },
    StorageType {
        name: "iscsi",
        contents: &["images"],
        default_content: "images",
        may_be_empty: true,
        doc: "Gives guests the volumes of an iSCSI target.",
        groups: &[ISCSI, COMMON],
    },
    StorageType {
        name: "rbd",
        contents: &["images", "rootdir"],
        default_content: "images",
        may_be_empty: false,
        doc: "Keeps guests' disks as images of Ceph.",
        groups: &[RBD, COMMON],
    },
    StorageType {
        name: "cephfs",
        contents: &["backup", "import", "iso", "snippets", "vztmpl"],
        default_content: "backup",
        may_be_empty: false,
        doc: "Keeps files on a file system of Ceph.",
        groups: &[CEPHFS, COMMON, BACKUPS],
    },
    StorageType {
        name: "esxi",
        contents: &["import"],
        default_content: "import",
        may_be_empty: false,
        doc: "Shows the machines of a VMware host, to be imported.",
        groups: &[ESXI, COMMON],
    },
];
