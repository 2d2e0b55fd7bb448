//! The codes of all diagnostics, and what a row of their [`TABLE`] holds.

mod table;

pub use table::TABLE;

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
    DecimalUnit,
    DuplicatePool,
    DuplicateDataset,
    DuplicateMountpoint,
    SystemMountpoint,
    MountpointInUse,
    DuplicateClient,
    DuplicateStorage,
    DuplicateTunable,
    DiskTwice,
    BadDisk,
    Placeholder,
    UnstableDisk,
    TooFewDisks,
    BadDraid,
    NoPools,
    NoDisks,
    NoRedundancy,
    MixedRedundancy,
    LongName,
    QuotaOverParent,
    RefquotaOverQuota,
    TinyQuota,
    OvercommittedQuota,
    ReservationOverQuota,
    VolumeWithoutSize,
    BadVolumeSize,
    SyncDisabled,
    DedupWithoutSpecial,
    EncryptionWithoutKey,
    SecretInSpec,
    ExportUnmounted,
    ExportWithoutClients,
    SharedTwice,
    RootForEveryone,
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
    NotCarriedOut,
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
