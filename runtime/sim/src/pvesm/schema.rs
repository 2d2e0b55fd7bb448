//! The storage types and their properties: data, as `facts` on Proxmox have it.

use Form::*;

/// How a property's value is written and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// 1 or 0, written from any of Proxmox's words for them.
    Boolean,
    /// A whole number, at least this.
    Integer(i64),
    /// An absolute path, as the schema checks it.
    AbsolutePath,
    /// The path of a `dir`: an absolute path of few characters, made canonical.
    DirPath,
    /// A host's name or address.
    Server,
    /// Mount options: no spaces.
    MountOptions,
    /// A power of two from 512 to 16M, with k or m.
    Blocksize,
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

/// One property of a type.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// Its value's form.
    pub form: Form,
    /// Whether a section must have it; it then comes first in the section.
    pub required: bool,
    /// Whether it stays as it was made.
    pub fixed: bool,
}

/// One storage type.
#[derive(Debug)]
pub struct Type {
    /// Its name.
    pub name: &'static str,
    /// What may be in it. `none` among them lets it stand without any.
    pub content: &'static [&'static str],
    /// What is in it where nothing is said.
    pub default_content: &'static [&'static str],
    /// Its own properties; see [`Type::property`] for those that all share.
    own: &'static [Property],
}

const fn optional(name: &'static str, form: Form) -> Property {
    Property { name, form, required: false, fixed: false }
}

const fn required(name: &'static str, form: Form) -> Property {
    Property { name, form, required: true, fixed: true }
}

/// What every type takes.
const SHARED: &[Property] =
    &[optional("content", Content), optional("disable", Boolean), optional("nodes", Nodes)];

const FORMATS: &[&str] = &["raw", "qcow2", "subvol", "vmdk"];
const PREALLOCATION: &[&str] = &["off", "metadata", "falloc", "full"];
const SMB: &[&str] = &["default", "2.0", "2.1", "3", "3.0", "3.11"];
const FILES: &[&str] = &["images", "rootdir", "vztmpl", "iso", "backup", "snippets", "none", "import"];

/// The types that the stand-in knows; Proxmox has more.
pub const TYPES: &[Type] = &[
    Type {
        name: "zfspool",
        content: &["images", "rootdir"],
        default_content: &["images", "rootdir"],
        own: &[
            required("pool", Text),
            optional("blocksize", Blocksize),
            optional("sparse", Boolean),
            optional("mountpoint", AbsolutePath),
            optional("bwlimit", Bandwidth),
        ],
    },
    Type {
        name: "dir",
        content: FILES,
        default_content: &["images", "rootdir"],
        own: &[
            required("path", DirPath),
            optional("shared", Boolean),
            optional("is_mountpoint", Text),
            optional("create-base-path", Boolean),
            optional("create-subdirs", Boolean),
            optional("mkdir", Boolean),
            optional("content-dirs", ContentDirs),
            optional("prune-backups", Prune),
            optional("max-protected-backups", Integer(-1)),
            optional("format", Word(FORMATS)),
            optional("preallocation", Word(PREALLOCATION)),
            optional("bwlimit", Bandwidth),
            Property { name: "snapshot-as-volume-chain", form: Boolean, required: false, fixed: true },
        ],
    },
    Type {
        name: "nfs",
        content: &["images", "rootdir", "vztmpl", "iso", "backup", "snippets", "import"],
        default_content: &["images"],
        own: &[
            required("server", Server),
            required("export", AbsolutePath),
            required("path", AbsolutePath),
            optional("options", MountOptions),
            optional("create-base-path", Boolean),
            optional("create-subdirs", Boolean),
            optional("mkdir", Boolean),
            optional("content-dirs", ContentDirs),
            optional("prune-backups", Prune),
            optional("max-protected-backups", Integer(-1)),
            optional("format", Word(FORMATS)),
            optional("preallocation", Word(PREALLOCATION)),
            optional("bwlimit", Bandwidth),
            Property { name: "snapshot-as-volume-chain", form: Boolean, required: false, fixed: true },
        ],
    },
    Type {
        name: "cifs",
        content: &["images", "rootdir", "vztmpl", "iso", "backup", "snippets", "import"],
        default_content: &["images"],
        own: &[
            required("server", Server),
            required("share", Text),
            required("path", AbsolutePath),
            optional("username", Text),
            optional("password", Secret),
            optional("domain", Text),
            optional("smbversion", Word(SMB)),
            optional("subdir", AbsolutePath),
            optional("options", MountOptions),
            optional("create-base-path", Boolean),
            optional("create-subdirs", Boolean),
            optional("mkdir", Boolean),
            optional("content-dirs", ContentDirs),
            optional("prune-backups", Prune),
            optional("max-protected-backups", Integer(-1)),
            optional("format", Word(FORMATS)),
            optional("preallocation", Word(PREALLOCATION)),
            optional("bwlimit", Bandwidth),
        ],
    },
    Type {
        name: "btrfs",
        content: FILES,
        default_content: &["images", "rootdir"],
        own: &[
            required("path", DirPath),
            optional("nocow", Boolean),
            optional("is_mountpoint", Text),
            optional("shared", Boolean),
            optional("create-base-path", Boolean),
            optional("create-subdirs", Boolean),
            optional("mkdir", Boolean),
            optional("content-dirs", ContentDirs),
            optional("prune-backups", Prune),
            optional("max-protected-backups", Integer(-1)),
            optional("format", Word(FORMATS)),
            optional("preallocation", Word(PREALLOCATION)),
            optional("bwlimit", Bandwidth),
        ],
    },
    Type {
        name: "pbs",
        content: &["backup", "none"],
        default_content: &["backup"],
        own: &[
            required("server", Server),
            required("datastore", Text),
            optional("username", Text),
            optional("password", Secret),
            optional("namespace", Text),
            optional("port", Integer(1)),
            optional("fingerprint", Text),
            optional("encryption-key", Secret),
            optional("master-pubkey", Secret),
            optional("prune-backups", Prune),
            optional("max-protected-backups", Integer(-1)),
        ],
    },
    // On every host that Proxmox's installer set up without ZFS: kept, and never made here.
    Type {
        name: "lvm",
        content: &["images", "rootdir"],
        default_content: &["images", "rootdir"],
        own: &[
            required("vgname", Text),
            optional("shared", Boolean),
            optional("saferemove", Boolean),
            optional("tagged_only", Boolean),
            optional("bwlimit", Bandwidth),
        ],
    },
    Type {
        name: "lvmthin",
        content: &["images", "rootdir"],
        default_content: &["images", "rootdir"],
        own: &[required("thinpool", Text), required("vgname", Text), optional("bwlimit", Bandwidth)],
    },
];

/// Properties that `set` takes as options though every type here has them fixed, since a type
/// that the stand-in does not know has them changeable.
const SETTABLE_ELSEWHERE: &[&str] = &["pool"];

/// Finds a type.
pub fn of(name: &str) -> Option<&'static Type> {
    TYPES.iter().find(|t| t.name == name)
}

/// Finds a property under this name, whatever type has it.
pub fn anywhere(name: &str) -> Option<&'static Property> {
    TYPES.iter().find_map(|t| t.property(name))
}

/// Finds a property that `set` takes as an option: one that some type can change.
pub fn settable(name: &str) -> Option<&'static Property> {
    let changeable = TYPES.iter().filter_map(|t| t.property(name)).find(|p| !p.fixed);
    match changeable {
        None if SETTABLE_ELSEWHERE.contains(&name) => anywhere(name),
        found => found,
    }
}

impl Type {
    /// Finds one of its properties.
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.own.iter().chain(SHARED).find(|property| property.name == name)
    }

    /// Lists the properties that a section of it must have.
    pub fn required(&self) -> impl Iterator<Item = &'static Property> {
        self.own.iter().filter(|property| property.required)
    }

    /// Tells whether it may stand without any content.
    pub fn may_be_empty(&self) -> bool {
        self.content.contains(&"none")
    }
}
