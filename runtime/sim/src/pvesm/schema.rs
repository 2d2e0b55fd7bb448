//! The storage types and their properties: data, as `plugindata`, `options` and `properties` of the plugins of
//! pve-storage 9.1.7 have it.

use Form::*;
use Lies::*;

/// How a property's value is written and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// 1 or 0, written from any of Proxmox's words for them.
    Boolean,
    /// A whole number from one to another.
    Integer(i64, i64),
    /// An absolute path.
    Path,
    /// A host's name or address.
    Server,
    /// A host's name or address, and perhaps a port.
    Portal,
    /// A list of those.
    Portals,
    /// Mount options: no spaces.
    MountOptions,
    /// A power of two from 512 to 16M, with k or m.
    Blocksize,
    /// A volume group or a volume of LVM.
    LvmName,
    /// A volume of another storage: `storage:volume`.
    Volume,
    /// A name of Proxmox's own.
    Name,
    /// 32 pairs of hexadecimal digits, joined by colons.
    Fingerprint,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A set of node names.
    Nodes,
    /// A set of content types.
    Content,
    /// `content=folder`, sorted.
    ContentDirs,
    /// `keep-…=N`, sorted.
    Prune,
    /// `operation=limit`.
    Bandwidth,
    /// Any text.
    Text,
    /// Any text that never reaches the file.
    Secret,
}

/// What a storage lies on, and so what is looked at before it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lies {
    /// A dataset of this host.
    Dataset,
    /// A folder of this host.
    Folder,
    /// A folder of this host, on btrfs.
    Subvolume,
    /// A thin pool of LVM.
    ThinPool,
    /// A share of a server, which is asked first, and mounted.
    Share,
    /// A file system of Ceph, which is mounted.
    Ceph,
    /// A backup server, which is logged in to.
    Backups,
    /// A server that has to answer.
    Server,
    /// What nobody looks at.
    Unseen,
}

/// One property of a type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) form: Form,
    /// Whether a section must have it; it then comes first in the section.
    pub(super) required: bool,
    /// Whether it stays as it was made.
    pub(super) fixed: bool,
}

/// One storage type.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) name: &'static str,
    pub(super) lies: Lies,
    /// What may be in it. `none` among them lets it stand without any.
    pub(super) content: &'static [&'static str],
    /// What is in it where nothing is said.
    pub(super) default_content: &'static [&'static str],
    /// The formats of disk images that it may have; another one is dropped.
    pub(super) formats: &'static [&'static str],
    /// What a section must have, and keeps.
    identity: &'static [&'static str],
    /// What a section must have.
    required: &'static [&'static str],
    /// What a section may have, and keeps.
    once: &'static [&'static str],
    /// What a section may have, besides what every one may.
    optional: &'static [&'static [&'static str]],
}

const PREALLOCATION: &[&str] = &["off", "metadata", "falloc", "full"];
const SMB: &[&str] = &["default", "2.0", "2.1", "3", "3.0", "3.11"];
const STEPS: &[&str] = &["1", "2", "4", "8", "16", "32"];

/// Every property with its form, whatever type has it.
const FORMS: &[(&str, Form)] = &[
    ("base", Volume),
    ("blocksize", Blocksize),
    ("bwlimit", Bandwidth),
    ("comstar_hg", Text),
    ("comstar_tg", Text),
    ("content", Content),
    ("content-dirs", ContentDirs),
    ("create-base-path", Boolean),
    ("create-subdirs", Boolean),
    ("data-pool", Text),
    ("datastore", Text),
    ("disable", Boolean),
    ("domain", Text),
    ("encryption-key", Secret),
    ("export", Path),
    ("fingerprint", Fingerprint),
    ("format", Word(&["raw", "qcow2", "subvol", "vmdk"])),
    ("fs-name", Name),
    ("fuse", Boolean),
    ("is_mountpoint", Text),
    ("iscsiprovider", Text),
    ("keyring", Secret),
    ("krbd", Boolean),
    ("lio_tpg", Text),
    ("master-pubkey", Secret),
    ("max-protected-backups", Integer(-1, i64::MAX)),
    ("mkdir", Boolean),
    ("monhost", Portals),
    ("mountpoint", Path),
    ("namespace", Text),
    ("nocow", Boolean),
    ("nodes", Nodes),
    ("nowritecache", Boolean),
    ("options", MountOptions),
    ("password", Secret),
    ("path", Path),
    ("pool", Text),
    ("port", Integer(1, 65535)),
    ("portal", Portal),
    ("preallocation", Word(PREALLOCATION)),
    ("prune-backups", Prune),
    ("saferemove", Boolean),
    ("saferemove-stepsize", Word(STEPS)),
    ("saferemove_throughput", Text),
    ("server", Form::Server),
    ("share", Text),
    ("shared", Boolean),
    ("skip-cert-verification", Boolean),
    ("smbversion", Word(SMB)),
    ("snapshot-as-volume-chain", Boolean),
    ("sparse", Boolean),
    ("subdir", Path),
    ("tagged_only", Boolean),
    ("target", Text),
    ("thinpool", LvmName),
    ("username", Text),
    ("vgname", LvmName),
    ("zfs-base-path", Path),
];

/// What every type takes.
const COMMON: &[&str] = &["content", "disable", "nodes"];
/// What a type takes that has folders.
const FOLDERS: &[&str] = &["content-dirs", "create-base-path", "create-subdirs", "mkdir"];
/// What a type takes that has backups.
const BACKUPS: &[&str] = &["max-protected-backups", "prune-backups"];
/// What a type takes that has images as files.
const IMAGES: &[&str] = &["bwlimit", "format", "preallocation"];

const ANY: &[&str] = &["images", "rootdir", "vztmpl", "iso", "backup", "snippets", "none", "import"];
const ANY_BUT_NONE: &[&str] = &["images", "rootdir", "vztmpl", "iso", "backup", "snippets", "import"];
const GUESTS: &[&str] = &["images", "rootdir"];
const SERVED: &[&str] = &["raw", "qcow2", "vmdk"];

/// What a type is that says nothing.
const BARE: Type = Type {
    name: "",
    lies: Unseen,
    content: &["images"],
    default_content: &["images"],
    formats: &[],
    identity: &[],
    required: &[],
    once: &[],
    optional: &[],
};

/// The types, by their names.
pub(super) const TYPES: &[Type] = &[
    Type {
        name: "btrfs",
        lies: Subvolume,
        content: ANY,
        default_content: GUESTS,
        formats: &["raw", "subvol"],
        identity: &["path"],
        optional: &[
            &["create-base-path", "create-subdirs", "format", "is_mountpoint", "mkdir", "nocow"],
            &["preallocation", "shared"],
            BACKUPS,
        ],
        ..BARE
    },
    Type {
        name: "cephfs",
        lies: Ceph,
        content: &["vztmpl", "iso", "backup", "snippets", "import"],
        default_content: &["backup"],
        identity: &["path"],
        optional: &[
            &["bwlimit", "format", "fs-name", "fuse", "keyring", "monhost", "options", "subdir", "username"],
            FOLDERS,
            BACKUPS,
        ],
        ..BARE
    },
    Type {
        name: "cifs",
        lies: Share,
        content: ANY_BUT_NONE,
        formats: SERVED,
        identity: &["path", "server", "share"],
        once: &["snapshot-as-volume-chain"],
        optional: &[
            &["domain", "options", "password", "smbversion", "subdir", "username"],
            FOLDERS,
            BACKUPS,
            IMAGES,
        ],
        ..BARE
    },
    Type {
        name: "dir",
        lies: Folder,
        content: ANY,
        default_content: GUESTS,
        formats: &["raw", "qcow2", "vmdk", "subvol"],
        identity: &["path"],
        once: &["snapshot-as-volume-chain"],
        optional: &[&["is_mountpoint", "shared"], FOLDERS, BACKUPS, IMAGES],
        ..BARE
    },
    Type {
        name: "esxi",
        lies: Lies::Server,
        content: &["import"],
        default_content: &["import"],
        required: &["server", "username"],
        optional: &[&["password", "port", "shared", "skip-cert-verification"]],
        ..BARE
    },
    Type {
        name: "iscsi",
        lies: Lies::Server,
        content: &["images", "none"],
        identity: &["portal", "target"],
        optional: &[&["bwlimit"]],
        ..BARE
    },
    Type {
        name: "iscsidirect",
        content: &["images", "none"],
        identity: &["portal", "target"],
        optional: &[&["bwlimit"]],
        ..BARE
    },
    Type {
        name: "lvm",
        content: GUESTS,
        identity: &["vgname"],
        once: &["base"],
        optional: &[&[
            "bwlimit",
            "saferemove",
            "saferemove-stepsize",
            "saferemove_throughput",
            "shared",
            "snapshot-as-volume-chain",
            "tagged_only",
        ]],
        ..BARE
    },
    Type {
        name: "lvmthin",
        lies: ThinPool,
        content: GUESTS,
        default_content: GUESTS,
        identity: &["thinpool", "vgname"],
        optional: &[&["bwlimit"]],
        ..BARE
    },
    Type {
        name: "nfs",
        lies: Share,
        content: ANY_BUT_NONE,
        formats: SERVED,
        identity: &["export", "path", "server"],
        once: &["snapshot-as-volume-chain"],
        optional: &[&["options"], FOLDERS, BACKUPS, IMAGES],
        ..BARE
    },
    Type {
        name: "pbs",
        lies: Backups,
        content: &["backup", "none"],
        default_content: &["backup"],
        identity: &["datastore", "server"],
        optional: &[
            &["encryption-key", "fingerprint", "master-pubkey", "namespace", "password", "port", "username"],
            BACKUPS,
        ],
        ..BARE
    },
    Type {
        name: "rbd",
        content: GUESTS,
        optional: &[&["bwlimit", "data-pool", "keyring", "krbd", "monhost", "namespace", "pool", "username"]],
        ..BARE
    },
    Type {
        name: "zfs",
        identity: &["blocksize", "iscsiprovider", "pool", "portal", "target"],
        optional: &[&[
            "bwlimit",
            "comstar_hg",
            "comstar_tg",
            "lio_tpg",
            "nowritecache",
            "sparse",
            "zfs-base-path",
        ]],
        ..BARE
    },
    Type {
        name: "zfspool",
        lies: Dataset,
        content: GUESTS,
        default_content: GUESTS,
        identity: &["pool"],
        optional: &[&["blocksize", "bwlimit", "mountpoint", "sparse"]],
        ..BARE
    },
];

/// Finds a type.
pub(super) fn of(name: &str) -> Option<&'static Type> {
    TYPES.iter().find(|known| known.name == name)
}

/// Finds the form of a property of this name, whatever type has it.
pub(super) fn form(name: &str) -> Option<Form> {
    named(name).map(|(_, form)| form)
}

/// Finds the form of a property that `set` takes as an option: one that some type can change.
pub(super) fn settable(name: &str) -> Option<Form> {
    let changes = |known: &Type| known.property(name).is_some_and(|property| !property.fixed);
    form(name).filter(|_| TYPES.iter().any(changes))
}

fn named(name: &str) -> Option<(&'static str, Form)> {
    FORMS.iter().copied().find(|(known, _)| *known == name)
}

impl Type {
    /// Finds one of its properties.
    pub(super) fn property(&self, name: &str) -> Option<Property> {
        let has = |names: &[&str]| names.contains(&name);
        let (identity, required, once) = (has(self.identity), has(self.required), has(self.once));
        let optional = has(COMMON) || self.optional.iter().any(|names| has(names));
        let (name, form) = named(name).filter(|_| identity || required || once || optional)?;
        Some(Property { name, form, required: identity || required, fixed: identity || once })
    }

    /// Lists the properties that a section of it must have.
    pub(super) fn required(&self) -> impl Iterator<Item = &'static str> {
        self.identity.iter().chain(self.required).copied()
    }

    /// Lists its secrets.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &'static str> {
        let optional = self.optional.iter().copied().flatten().copied();
        optional.filter(|name| form(name) == Some(Secret))
    }

    /// Tells whether it is mounted below `/mnt/pve` where nothing is said of a path.
    pub(super) fn is_mounted(&self) -> bool {
        matches!(self.lies, Share | Ceph)
    }

    /// Tells whether it may stand without any content.
    pub(super) fn may_be_empty(&self) -> bool {
        self.content.contains(&"none")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use phoenix_graph::storage::{self, StorageKind};

    #[test]
    fn every_property_of_a_type_has_a_form() {
        for known in TYPES {
            let own = [known.identity, known.required, known.once, COMMON];
            for name in own.iter().chain(known.optional).copied().flatten() {
                assert!(known.property(name).is_some(), "{} {name}", known.name);
            }
        }
        for (name, _) in FORMS {
            assert!(TYPES.iter().any(|known| known.property(name).is_some()), "nothing has {name}");
        }
    }

    /// What a spec may say is what Proxmox takes.
    #[test]
    fn the_table_that_specs_go_by_is_proxmoxs() {
        let mut differ = Vec::new();
        for said in storage::types() {
            let real = of(said.name).unwrap();
            let mut contents: Vec<&str> =
                real.content.iter().copied().filter(|word| *word != "none").collect();
            contents.sort_unstable();
            let mut default = real.default_content.to_vec();
            default.sort_unstable();
            let empty = real.may_be_empty() == said.may_be_empty;
            if contents != said.contents || default.join(",") != said.default_content || !empty {
                differ.push(format!("{}: content", said.name));
            }
            if let Some(StorageKind::Words(words)) = said.property("format").map(|property| property.kind)
                && words != real.formats
            {
                differ.push(format!("{}: format", said.name));
            }
            for (name, _) in FORMS.iter().filter(|(name, _)| *name != "format" || !real.formats.is_empty()) {
                let ours = said.property(name).map(|property| {
                    // Proxmox fills the path of a mount in before it looks whether it is there.
                    let required = property.required || (*name == "path" && real.is_mounted());
                    (required, property.fixed, property.kind == StorageKind::Secret)
                });
                let theirs = real.property(name);
                let theirs =
                    theirs.map(|property| (property.required, property.fixed, property.form == Secret));
                if ours != theirs {
                    differ.push(format!("{} {name}: a spec has {ours:?}, Proxmox {theirs:?}", said.name));
                }
            }
        }
        assert_eq!(differ, [""; 0]);
    }
}
