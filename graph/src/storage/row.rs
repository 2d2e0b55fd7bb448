//! What is known of a storage type and of its properties, and why a value is not taken.

use std::fmt;

/// A type of storage that Proxmox VE knows.
#[derive(Debug)]
pub struct StorageType {
    /// The word that starts its sections in `storage.cfg`: `zfspool`, `dir`, …
    pub name: &'static str,
    /// What it can hold, in order.
    pub contents: &'static [&'static str],
    /// What it holds where `content` is left out, in canonical form.
    pub default_content: &'static str,
    /// Whether Proxmox lets it hold nothing: `content none`, which no spec says.
    pub may_be_empty: bool,
    /// What it is, in one line.
    pub doc: &'static str,
    /// Its properties, in groups that it shares with others.
    pub(super) groups: &'static [&'static [StorageProperty]],
}

/// A property of a storage type.
#[derive(Debug)]
pub struct StorageProperty {
    /// The name in `storage.cfg`; `--NAME` for `pvesm`.
    pub name: &'static str,
    /// The legal values.
    pub kind: StorageKind,
    /// Whether it must be given.
    pub required: bool,
    /// Whether it never changes once the storage is registered.
    pub fixed: bool,
    /// What holds where it is left out, in canonical form. Not for `content`: see
    /// [`StorageType::default_content`].
    pub default: Option<&'static str>,
    /// Whether Proxmox makes no registration without this secret.
    pub needed: bool,
    /// The other property without which this secret is none.
    pub beside: Option<&'static str>,
    /// What it does, in one line.
    pub doc: &'static str,
}

/// The legal values of a storage property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageKind {
    /// Content types that the storage type takes, a list.
    Content,
    /// Names of cluster nodes, a list.
    Nodes,
    /// `1` or `0`; yes, no, on, off, true and false mean the same.
    Boolean,
    /// A volume that Proxmox makes a volume group of, over whatever is on it: never written into a spec.
    BaseVolume,
    /// A pool, or a dataset by its whole name.
    Dataset,
    /// A path that Proxmox takes for a directory: letters, digits and `- _ . @ /`.
    DirectoryPath,
    /// Any absolute path.
    AbsolutePath,
    /// A path below the storage, without `..`.
    RelativePath,
    /// A power of two from 512 to 16M, with `k` or `m`.
    BlockSize,
    /// `yes`, `no`, or the path that is to be a mount point.
    IsMountpoint,
    /// `keep-all`, or how many backups to keep by age.
    PruneBackups,
    /// Limits in KiB per second, by operation.
    Bandwidth,
    /// Directories by content type.
    ContentDirs,
    /// A whole number.
    Integer { min: i64, max: i64 },
    /// One of these words.
    Words(&'static [&'static str]),
    /// A host name or an address.
    Server,
    /// A host name or an address, and perhaps a port: `10.0.0.5:3260`, `[fd00::5]:3260`.
    Portal,
    /// Portals, a list.
    Portals,
    /// A volume group or a volume of LVM: letters, digits and `- _ .`, two characters at least.
    LvmName,
    /// Options without spaces.
    MountOptions,
    /// 32 pairs of hexadecimal digits, joined by colons.
    Fingerprint,
    /// Any text on one line.
    Text,
    /// A password or key: never written into a spec, which names the file that holds it.
    Secret,
}

impl StorageProperty {
    pub(super) const fn new(name: &'static str, kind: StorageKind, doc: &'static str) -> Self {
        Self { name, kind, required: false, fixed: false, default: None, needed: false, beside: None, doc }
    }

    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    pub(super) const fn fixed(self) -> Self {
        Self { fixed: true, ..self }
    }

    pub(super) const fn default(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    pub(super) const fn needed(self) -> Self {
        Self { needed: true, ..self }
    }

    pub(super) const fn beside(self, name: &'static str) -> Self {
        Self { beside: Some(name), ..self }
    }
}

/// Says why a storage property or its value is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// The storage type has no such property.
    #[error("a {kind} storage has no property {property:?}")]
    Property {
        kind: &'static str,
        /// What was written.
        property: Box<str>,
    },
    /// The storage type does not hold this content.
    #[error("a {kind} storage cannot hold {content:?}; it can hold {}", List(contents))]
    Content {
        kind: &'static str,
        /// What was written.
        content: Box<str>,
        /// What the type can hold.
        contents: &'static [&'static str],
    },
    /// The value is not legal.
    #[error("{text:?} is no value of {property}: {reason}")]
    Value {
        property: &'static str,
        /// What was written.
        text: Box<str>,
        /// What is wrong, and what would be right.
        reason: Box<str>,
    },
    /// A password or key stands in the spec.
    #[error(
        "{property} is a secret and does not belong in a spec; write it into a file of its own and name that: `{property}-file`"
    )]
    Secret { property: &'static str },
}

/// Writes words joined by commas.
struct List<'a>(&'a [&'static str]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}
