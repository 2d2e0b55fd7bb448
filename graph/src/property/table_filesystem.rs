//! Properties that only file systems have (`zfsprops(7)`).

use super::{
    Kind, Property, Version,
    row::FILESYSTEM,
    table_dataset::{LARGEST_BLOCK, SMALL_BLOCKS, SMALLEST_BLOCK},
};

const ACLINHERIT: Kind = Kind::Aliases {
    words: &["restricted", "discard", "noallow", "passthrough", "passthrough-x"],
    aliases: &[("secure", "restricted")],
};

const ACLTYPE: Kind = Kind::Aliases {
    words: &["off", "posix", "nfsv4"],
    aliases: &[("posixacl", "posix"), ("noacl", "off"), ("disabled", "off")],
};

const fn quota_of(name: &'static str, doc: &'static str) -> Property {
    Property::new(name, FILESYSTEM, Kind::QUOTA, "none", doc).own()
}

const fn default_quota(name: &'static str, doc: &'static str) -> Property {
    quota_of(name, doc).since(2, 4)
}

const fn on_off(name: &'static str, default: &'static str, doc: &'static str) -> Property {
    Property::new(name, FILESYSTEM, Kind::OnOff, default, doc)
}

const fn words(
    name: &'static str,
    words: &'static [&'static str],
    default: &'static str,
    doc: &'static str,
) -> Property {
    Property::new(name, FILESYSTEM, Kind::Words(words), default, doc)
}

pub(super) const ROWS: &[Property] = &[
    Property::new(
        "aclinherit",
        FILESYSTEM,
        ACLINHERIT,
        "restricted",
        "Says how new files inherit NFSv4 ACLs.",
    ),
    words(
        "aclmode",
        &["discard", "groupmask", "passthrough", "restricted"],
        "discard",
        "Says what chmod does to an NFSv4 ACL.",
    ),
    Property::new("acltype", FILESYSTEM, ACLTYPE, "off", "Chooses the kind of access control lists."),
    on_off("atime", "on", "Records the time of the last access to each file."),
    words(
        "canmount",
        &["on", "off", "noauto"],
        "on",
        "Says whether the file system is mounted, and by itself.",
    )
    .own(),
    words(
        "casesensitivity",
        &["sensitive", "insensitive", "mixed"],
        "sensitive",
        "Says whether file names are told apart by case.",
    )
    .at_creation(),
    default_quota("defaultgroupobjquota", "Limits the files of every group without a limit of its own."),
    default_quota("defaultgroupquota", "Limits the space of every group without a quota of its own."),
    default_quota("defaultprojectobjquota", "Limits the files of every project without a limit of its own."),
    default_quota("defaultprojectquota", "Limits the space of every project without a quota of its own."),
    default_quota("defaultuserobjquota", "Limits the files of every user without a limit of their own."),
    default_quota("defaultuserquota", "Limits the space of every user without a quota of their own."),
    on_off("devices", "on", "Lets device files work."),
    words(
        "direct",
        &["standard", "always", "disabled"],
        "standard",
        "Says whether O_DIRECT goes past the cache.",
    )
    .since(2, 3),
    words(
        "dnodesize",
        &["legacy", "auto", "1k", "2k", "4k", "8k", "16k"],
        "legacy",
        "Sets the size of dnodes of files made from now on.",
    ),
    on_off("exec", "on", "Lets programs be run."),
    Property::new(
        "filesystem_limit",
        FILESYSTEM,
        Kind::Count { min: 0, max: 1 << 53, zero: false, none: true },
        "none",
        "Limits the number of file systems and volumes below.",
    )
    .own(),
    quota_of("groupobjquota@", "Limits the number of files of a group: groupobjquota@GROUP."),
    quota_of("groupquota@", "Limits the space of a group: groupquota@GROUP."),
    on_off("longname", "off", "Lets file names have up to 1023 bytes.").since(2, 3),
    Property::new(
        "mountpoint",
        FILESYSTEM,
        Kind::Path(&["none", "legacy"]),
        "",
        "Says where the file system is mounted; by itself at its name under its parent's mount point.",
    )
    .no_default(),
    on_off("nbmand", "off", "Enforces mandatory locks of SMB clients."),
    words(
        "normalization",
        &["none", "formC", "formD", "formKC", "formKD"],
        "none",
        "Says how Unicode file names are normalised before they are compared.",
    )
    .at_creation(),
    on_off("overlay", "on", "Lets the file system be mounted over a directory that has something in it."),
    quota_of("projectobjquota@", "Limits the number of files of a project: projectobjquota@ID."),
    quota_of("projectquota@", "Limits the space of a project: projectquota@ID."),
    quota_of("quota", "Limits the space of the file system with its snapshots and children."),
    Property::new(
        "recordsize",
        FILESYSTEM,
        Kind::block(SMALLEST_BLOCK, LARGEST_BLOCK),
        "128K",
        "Sets the largest block of files made from now on.",
    )
    .large_blocks(),
    quota_of("refquota", "Limits the space of the file system without its snapshots and children."),
    on_off("relatime", "on", "Records access times only after a change, or once a day.").no_default(),
    on_off("setuid", "on", "Lets set-user-ID and set-group-ID bits work."),
    Property::new(
        "sharenfs",
        FILESYSTEM,
        Kind::text(&["on", "off"]),
        "off",
        "Shares over NFS by OpenZFS's own means, with these options; an export does it better.",
    ),
    Property::new(
        "sharesmb",
        FILESYSTEM,
        Kind::text(&["on", "off"]),
        "off",
        "Shares over SMB by Samba's user shares.",
    ),
    words(
        "snapdir",
        &["hidden", "visible", "disabled"],
        "hidden",
        "Says whether the directory .zfs shows; disabled exists since 2.3.",
    )
    .later(&[("disabled", Version::new(2, 3))]),
    Property::new(
        "special_small_blocks",
        FILESYSTEM,
        SMALL_BLOCKS,
        "0",
        "Puts blocks up to this size on the special vdev.",
    )
    .large_blocks(),
    quota_of("userobjquota@", "Limits the number of files of a user: userobjquota@USER."),
    quota_of("userquota@", "Limits the space of a user: userquota@USER."),
    on_off("utf8only", "off", "Refuses file names that are not UTF-8.").at_creation(),
    Property::new(
        "version",
        FILESYSTEM,
        Kind::Count { min: 1, max: 5, zero: false, none: false },
        "5",
        "Is the version of the file system's format; it can only be raised.",
    )
    .own(),
    on_off("vscan", "off", "Scans files for viruses; unused on Linux."),
    words(
        "xattr",
        &["on", "off", "sa", "dir"],
        "",
        "Says how extended attributes are kept: sa in the inode, dir in hidden directories.",
    )
    .no_default(),
    on_off("zoned", "off", "Hands the file system to a user namespace."),
];
