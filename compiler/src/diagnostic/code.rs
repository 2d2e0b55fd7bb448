//! The table of all diagnostics: code, severity, title and explanation, each once.

use super::Severity;
use serde::{Serialize, Serializer};
use std::fmt;

/// One row of the table.
#[derive(Debug)]
pub struct Entry {
    /// The code itself.
    pub code: Code,
    /// Its name, by which people and `explain` call it; a lint is allowed by it.
    pub name: &'static str,
    /// How severe it is unless the caller makes warnings errors.
    pub severity: Severity,
    /// Whether `allow` silences it.
    pub lint: bool,
    /// What is wrong, in one line.
    pub title: &'static str,
    /// Why it matters and what to do.
    pub explanation: &'static str,
}

/// Names a kind of diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is documented by its row of the table")]
pub enum Code {
    Syntax,
    TooDeep,
    TooLarge,
    Unreadable,
    MissingEdition,
    UnknownEdition,
    UnknownNode,
    MisplacedNode,
    MissingArgument,
    UnexpectedArgument,
    UnexpectedChildren,
    UnexpectedType,
    SaidTwice,
    WrongType,
    NotSupported,
    UnknownLet,
    UnknownParam,
    MissingParam,
    BadFormat,
    Circular,
    UnknownProfile,
    AmbiguousName,
    ProfileConflict,
    DuplicateDefinition,
    UnknownImport,
    ImportOutside,
    ImportCycle,
    UnknownLint,
    UnusedLet,
    UnusedParam,
    UnusedProfile,
    NoHost,
    DuplicateHost,
    BadName,
    UnknownSetting,
    WrongKind,
    ReadOnly,
    BadValue,
    BadSize,
    DuplicatePool,
    DuplicateDataset,
    DuplicateMountpoint,
    DuplicateClient,
    DuplicateStorage,
    DuplicateTunable,
    DiskTwice,
    BadDisk,
    Placeholder,
    UnstableDisk,
    TooFewDisks,
    BadDraid,
    NoDisks,
    NoRedundancy,
    MixedRedundancy,
    QuotaOverParent,
    ReservationOverQuota,
    VolumeWithoutSize,
    BadVolumeSize,
    SyncDisabled,
    DedupWithoutSpecial,
    EncryptionWithoutKey,
    SecretInSpec,
    ExportUnmounted,
    ExportWithoutClients,
    BadClient,
    BadExportOption,
    MountOption,
    GuestDisksExported,
    StorageWithoutType,
    UnknownStorageType,
    BadStorageType,
    BadStorageProperty,
    BadContent,
    StorageUnmounted,
    SharedLocalStorage,
    PermissionsUnmounted,
    EmptyPermissions,
    WorldWritable,
    BindUnmounted,
    BindWithoutPath,
    DuplicateBind,
    BadRename,
    DependencyCycle,
    Internal,
}

impl Code {
    /// Returns the code's row.
    #[must_use]
    pub fn entry(self) -> &'static Entry {
        // The rows stand in the order of the enum; a test holds that.
        &TABLE[self as usize]
    }

    /// Returns the code's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Finds a code by its name.
    #[must_use]
    pub fn find(name: &str) -> Option<Code> {
        TABLE.iter().find(|entry| entry.name == name).map(|entry| entry.code)
    }

    /// Returns the lints, which `allow` can silence.
    pub fn lints() -> impl Iterator<Item = &'static Entry> {
        TABLE.iter().filter(|entry| entry.lint)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

const fn error(code: Code, name: &'static str, title: &'static str, explanation: &'static str) -> Entry {
    Entry { code, name, severity: Severity::Error, lint: false, title, explanation }
}

const fn lint(code: Code, name: &'static str, title: &'static str, explanation: &'static str) -> Entry {
    Entry { code, name, severity: Severity::Warning, lint: true, title, explanation }
}

/// All codes, in the order of [`Code`].
pub const TABLE: &[Entry] = &[
    error(
        Code::Syntax,
        "syntax",
        "the text is not KDL 2",
        "A spec is written in KDL 2. The place is where the parser could not go on; the mistake may stand just before it. What can be read is checked all the same; what may only follow from the part that cannot is not told. Strings need quotation marks unless they are plain words, and booleans are `#true` and `#false`.",
    ),
    error(
        Code::TooDeep,
        "too-deep",
        "nodes are nested too deep",
        "No host needs this many levels. The limit keeps a damaged or hostile text from exhausting the machine.",
    ),
    error(
        Code::TooLarge,
        "too-large",
        "the spec is too large",
        "The text, the files it imports, or what its profiles and repetitions come to is beyond the limits. The limits keep a build from running away.",
    ),
    error(
        Code::Unreadable,
        "unreadable",
        "a source cannot be read",
        "The file is missing, is not UTF-8, or may not be read.",
    ),
    error(
        Code::MissingEdition,
        "missing-edition",
        "the edition is missing",
        "Each file begins with `edition 1`, so that a later version of phoenix still reads it as it was meant.",
    ),
    error(
        Code::UnknownEdition,
        "unknown-edition",
        "the edition is not known",
        "This version of phoenix knows edition 1. A newer edition needs a newer phoenix.",
    ),
    error(
        Code::UnknownNode,
        "unknown-node",
        "no such node or setting",
        "A word that means nothing at this place is never skipped: it may be a misspelt setting that somebody relies on.",
    ),
    error(
        Code::MisplacedNode,
        "misplaced-node",
        "a node stands where it cannot",
        "The word is known, but means nothing here. Nesting is containment: what a node is about is told by where it stands.",
    ),
    error(
        Code::MissingArgument,
        "missing-argument",
        "a node lacks its argument",
        "The node needs a name, an id or a value right after its word.",
    ),
    error(
        Code::UnexpectedArgument,
        "unexpected-argument",
        "a node has an argument too many",
        "Settings are written `name=value` on the line, or as a child node of their own.",
    ),
    error(
        Code::UnexpectedChildren,
        "unexpected-children",
        "a node has children that it cannot have",
        "A setting holds values only.",
    ),
    error(
        Code::UnexpectedType,
        "unexpected-type",
        "a type annotation means nothing here",
        "The annotations of the language are `(let)` and `(param)` for a value by its name and `(fmt)` for a text with names in it.",
    ),
    error(
        Code::SaidTwice,
        "said-twice",
        "a setting is said twice",
        "A setting may stand on the node's line or as a child node; both mean the same, and one of the two would be ignored.",
    ),
    error(
        Code::WrongType,
        "wrong-type",
        "a value of the wrong type",
        "A text, a number or a boolean stands where another is needed.",
    ),
    error(
        Code::NotSupported,
        "not-supported",
        "not supported by this version yet",
        "The word belongs to the language, but this version cannot carry it out. It is refused rather than skipped.",
    ),
    error(
        Code::UnknownLet,
        "unknown-let",
        "no such let",
        "`(let)\"NAME\"` needs a `let NAME value` in this file or in one that it imports.",
    ),
    error(
        Code::UnknownParam,
        "unknown-param",
        "no such param",
        "`(param)\"NAME\"` needs a `param NAME` in the profile around it, and `with NAME=…` a profile that declares it.",
    ),
    error(
        Code::MissingParam,
        "missing-param",
        "a param is given no value",
        "The profile declares a param without a default, so each node that uses it must say `with NAME=…`.",
    ),
    error(
        Code::BadFormat,
        "bad-format",
        "a format text that cannot be read",
        "In `(fmt)\"…\"` a name stands in braces: `{NAME}`. Two braces, `{{` or `}}`, stand for one.",
    ),
    error(
        Code::Circular,
        "circular",
        "a definition needs itself",
        "Lets and profiles may use others, but none may come back to itself.",
    ),
    error(
        Code::UnknownProfile,
        "unknown-profile",
        "no such profile",
        "`use` names a profile of this file or of one that it imports.",
    ),
    error(
        Code::AmbiguousName,
        "ambiguous-name",
        "a name comes from two imports",
        "Two imported files declare the name. Declare it in this file, or import one of the two.",
    ),
    error(
        Code::ProfileConflict,
        "profile-conflict",
        "two profiles disagree",
        "Neither profile is above the other, so the node settles it by saying the setting itself.",
    ),
    error(
        Code::DuplicateDefinition,
        "duplicate-definition",
        "a definition stands twice",
        "A let, a param or a profile has one meaning in a file.",
    ),
    error(
        Code::UnknownImport,
        "unknown-import",
        "no such file to import",
        "`std/…` names a file of the standard library; anything else is a path relative to the importing file.",
    ),
    error(
        Code::ImportOutside,
        "import-outside",
        "an import leads out of the spec's folder",
        "A spec is its folder: what it needs is in there, so it builds the same on any machine.",
    ),
    error(
        Code::ImportCycle,
        "import-cycle",
        "files import each other in a circle",
        "Move what both need into a third file.",
    ),
    error(
        Code::UnknownLint,
        "unknown-lint",
        "no such lint",
        "`allow` silences a lint by its name. Errors cannot be silenced.",
    ),
    lint(
        Code::UnusedLet,
        "unused-let",
        "a let is never used",
        "What nobody uses is often a misspelt use of it.",
    ),
    lint(
        Code::UnusedParam,
        "unused-param",
        "a param is never used",
        "The profile takes a value and does nothing with it.",
    ),
    lint(
        Code::UnusedProfile,
        "unused-profile",
        "a profile is never used",
        "What nobody uses is often a misspelt use of it. Its settings were not checked.",
    ),
    error(
        Code::NoHost,
        "no-host",
        "the spec describes no host",
        "A spec has `host NAME { … }`, or the pools of one host straight in the file.",
    ),
    error(Code::DuplicateHost, "duplicate-host", "a host stands twice", "Each host has one node."),
    error(
        Code::BadName,
        "bad-name",
        "a name is not legal",
        "Names follow OpenZFS (letters, digits, `-`, `_`, `.`, `:` and space, beginning as it demands), Proxmox VE for storage ids, and the usual rules for hosts.",
    ),
    error(
        Code::UnknownSetting,
        "unknown-setting",
        "no such setting",
        "The setting is no property of OpenZFS at this place, and has no colon as a user property has.",
    ),
    error(
        Code::WrongKind,
        "wrong-kind",
        "a setting of another kind",
        "The property exists, but belongs to another kind: a pool, a file system or a volume.",
    ),
    error(
        Code::ReadOnly,
        "read-only",
        "a setting that cannot be set",
        "OpenZFS reports this property; nobody sets it.",
    ),
    error(
        Code::BadValue,
        "bad-value",
        "a value that the setting does not take",
        "The value would be refused by OpenZFS when the host is switched; it is refused here, before anything changes.",
    ),
    error(
        Code::BadSize,
        "bad-size",
        "a size that cannot be read",
        "Sizes are written as in `zfs(8)`: a number and one of B K M G T P E Z, which are powers of 1024.",
    ),
    error(Code::DuplicatePool, "duplicate-pool", "a pool stands twice", "Each pool of a host has one node."),
    error(
        Code::DuplicateDataset,
        "duplicate-dataset",
        "a dataset stands twice",
        "Each dataset or volume has one node.",
    ),
    error(
        Code::DuplicateMountpoint,
        "duplicate-mountpoint",
        "two datasets are mounted at one place",
        "The later mount would hide the earlier one, and its data with it.",
    ),
    error(
        Code::DuplicateClient,
        "duplicate-client",
        "a path is exported to a client twice",
        "The NFS server takes the first and drops the second without saying so at run time.",
    ),
    error(
        Code::DuplicateStorage,
        "duplicate-storage",
        "a storage id stands twice",
        "Proxmox VE knows one storage by each id.",
    ),
    error(
        Code::DuplicateTunable,
        "duplicate-tunable",
        "a tunable stands twice",
        "A parameter of the kernel module has one value.",
    ),
    error(Code::DiskTwice, "disk-twice", "a disk is used twice", "A disk belongs to one place in one pool."),
    error(
        Code::BadDisk,
        "bad-disk",
        "not the path of a disk",
        "Disks are named by absolute paths below /dev, best in /dev/disk/by-id, which stay the same whatever the order of discovery.",
    ),
    error(
        Code::Placeholder,
        "placeholder",
        "a placeholder was left in",
        "The text stands for a value that somebody meant to fill in.",
    ),
    lint(
        Code::UnstableDisk,
        "unstable-disk",
        "a disk by a name that may change",
        "Names such as /dev/sda are given in the order of discovery: after a boot or with a new disk they may mean another one. Names in /dev/disk/by-id stay.",
    ),
    error(
        Code::TooFewDisks,
        "too-few-disks",
        "too few disks for the vdev",
        "A mirror needs two disks, raidz one more than its parity at least, draid its data, parity and spares.",
    ),
    error(
        Code::BadDraid,
        "bad-draid",
        "a draid layout that does not fit",
        "A draid has a parity of 1 to 3, and its data, parity and spare disks fit into the disks that it holds.",
    ),
    error(
        Code::NoDisks,
        "no-disks",
        "a pool or vdev without disks",
        "A pool has at least one vdev for data, and each vdev its disks.",
    ),
    lint(
        Code::NoRedundancy,
        "no-redundancy",
        "a pool that does not survive the loss of a disk",
        "One disk fails and all of the pool is lost. Where that is meant (what can be made again, what lies elsewhere too) say `allow \"no-redundancy\"` in the pool.",
    ),
    lint(
        Code::MixedRedundancy,
        "mixed-redundancy",
        "vdevs of different redundancy in one pool",
        "A pool is lost with its weakest vdev.",
    ),
    error(
        Code::QuotaOverParent,
        "quota-over-parent",
        "a quota over the quota above it",
        "The upper quota holds first, so the lower one promises space that is never there.",
    ),
    error(
        Code::ReservationOverQuota,
        "reservation-over-quota",
        "a reservation over the quota",
        "A dataset cannot be promised more than it may have.",
    ),
    error(
        Code::VolumeWithoutSize,
        "volume-without-size",
        "a volume without a size",
        "A volume has a fixed size: `volume NAME size=\"32G\"`.",
    ),
    error(
        Code::BadVolumeSize,
        "bad-volume-size",
        "a volume's size is no multiple of its block size",
        "OpenZFS makes volumes of whole blocks only.",
    ),
    lint(
        Code::SyncDisabled,
        "sync-disabled",
        "synchronous writes are not honoured",
        "With `sync=disabled` a power cut loses seconds of writes that programs were told are safe; databases and virtual machines may be damaged beyond repair.",
    ),
    lint(
        Code::DedupWithoutSpecial,
        "dedup-without-special",
        "deduplication without a vdev for its tables",
        "Tables of deduplication grow with the data and are read at every write; on ordinary disks that becomes unbearably slow. A `dedup` or `special` vdev holds them.",
    ),
    error(
        Code::EncryptionWithoutKey,
        "encryption-without-key",
        "encryption without a place for its key",
        "An encrypted dataset needs `keyformat` and a `keylocation` that phoenix can use without asking: `file:///…` or `https://…`.",
    ),
    error(
        Code::SecretInSpec,
        "secret-in-spec",
        "a secret is written into the spec",
        "Specs are kept, shared and stored with every generation. Say where the secret is to be found, never what it is.",
    ),
    error(
        Code::ExportUnmounted,
        "export-unmounted",
        "an export of what is never mounted",
        "Clients would see the empty directory below the mount point, or nothing.",
    ),
    error(
        Code::ExportWithoutClients,
        "export-without-clients",
        "an export without clients",
        "An export says to whom: `client \"10.0.0.0/24\" \"rw\"`.",
    ),
    error(
        Code::BadClient,
        "bad-client",
        "not a client of an export",
        "A client is a host's name or address, a network (`10.0.0.0/24`), a netgroup (`@group`) or `*` (`exports(5)`).",
    ),
    error(
        Code::BadExportOption,
        "bad-export-option",
        "not an option of exports",
        "One unknown option makes the NFS server drop the entry and every later one of the file, so options are checked before anything is written.",
    ),
    error(
        Code::MountOption,
        "mount-option",
        "an option of mounting, not of exporting",
        "The option belongs to the client's mount. As an export option it would make the NFS server drop the entry and every later one.",
    ),
    lint(
        Code::GuestDisksExported,
        "guest-disks-exported",
        "a dataset of guest disks is exported",
        "Proxmox makes the file systems below by itself; clients of the export see them empty or write into them.",
    ),
    error(
        Code::StorageWithoutType,
        "storage-without-type",
        "a registration without a type",
        "`proxmox ID type=\"zfspool\"` or `type=\"dir\"`; a profile may say it.",
    ),
    error(
        Code::UnknownStorageType,
        "unknown-storage-type",
        "no such storage type",
        "The types of Proxmox VE that phoenix knows are zfspool, dir, btrfs, nfs, cifs and pbs.",
    ),
    error(
        Code::BadStorageType,
        "bad-storage-type",
        "a storage type that does not lie on this",
        "On a dataset of this host lie `zfspool` and `dir`.",
    ),
    error(
        Code::BadStorageProperty,
        "bad-storage-property",
        "a storage property that is not taken",
        "Proxmox refuses a property of another type, a value of the wrong form, and what phoenix derives from the dataset by itself.",
    ),
    error(
        Code::BadContent,
        "bad-content",
        "content that the storage type does not take",
        "A zfspool holds images and rootdir; a dir also vztmpl, iso, backup, snippets and import.",
    ),
    error(
        Code::StorageUnmounted,
        "storage-unmounted",
        "a directory storage on what is never mounted",
        "Proxmox would write into the empty directory below the mount point, on another disk than was meant.",
    ),
    lint(
        Code::SharedLocalStorage,
        "shared-local-storage",
        "local storage marked as shared",
        "`shared` tells a cluster that every node sees the same files; a directory of this host is seen by this host alone, and migrations would lose disks.",
    ),
    error(
        Code::PermissionsUnmounted,
        "permissions-unmounted",
        "permissions of what is never mounted",
        "The root directory of a dataset is reached where it is mounted; below an empty mount point lies another one.",
    ),
    error(
        Code::EmptyPermissions,
        "empty-permissions",
        "permissions that say nothing",
        "`permissions` says an owner, a group, a mode, or several of them.",
    ),
    lint(
        Code::WorldWritable,
        "world-writable",
        "everybody may write into a dataset's root",
        "Whoever reaches the directory, on any client and in any container, may remove or replace what others keep in it. A group of its own, or the sticky bit, keeps them apart.",
    ),
    error(
        Code::BindUnmounted,
        "bind-unmounted",
        "a mount point of a guest on what is never mounted",
        "The guest would see the empty directory below the mount point, and write onto another disk.",
    ),
    error(
        Code::BindWithoutPath,
        "bind-without-path",
        "a container that is told no path",
        "`lxc ID at=\"/mnt/shared\"`: the path inside of the container at which it has the dataset.",
    ),
    error(
        Code::DuplicateBind,
        "duplicate-bind",
        "two datasets at one path of a container",
        "The later mount would hide the earlier one.",
    ),
    error(
        Code::BadRename,
        "bad-rename",
        "a name that the dataset cannot have had",
        "`was` gives the whole name that the dataset had before, in the same pool; no other dataset of the spec has it, or had it.",
    ),
    error(
        Code::DependencyCycle,
        "dependency-cycle",
        "datasets need each other in a circle",
        "A dataset needs what contains it and what is mounted above it. Here the two contradict each other.",
    ),
    error(
        Code::Internal,
        "internal",
        "phoenix could not make the graph",
        "This is a defect of phoenix; please report it with the spec.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_enum() {
        for (at, entry) in TABLE.iter().enumerate() {
            assert_eq!(entry.code as usize, at, "{}", entry.name);
        }
    }

    #[test]
    fn names_are_unique() {
        for entry in TABLE {
            assert_eq!(Code::find(entry.name), Some(entry.code));
        }
    }
}
