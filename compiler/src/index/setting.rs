//! Rows of the tables for settings, whichever table they are of.

use crate::{
    check,
    resolve::grammar::{DIRECTIVES, Kind, Own, find_own},
};
use phoenix_graph::{
    Property,
    export::vocabulary,
    kubernetes::parameter::{self, Of, Parameter},
    property, schedule,
    storage::{SAID, StorageKind, StorageProperty, StorageType, types},
};

/// A setting's row.
#[derive(Debug, Clone, Copy)]
pub enum SettingRow {
    /// A property of a pool, file system or volume.
    Property(&'static Property),
    /// A property of a Proxmox storage on a dataset.
    Storage(&'static StorageProperty),
    /// An option of `exports(5)`.
    ExportOption(&'static str),
    /// A word of a schedule of snapshots.
    Schedule(&'static schedule::Row),
    /// A parameter of the Proxmox CSI plugin.
    Parameter(&'static Parameter),
    /// A setting of phoenix's own, such as a volume's `size`.
    Own(&'static Own),
}

impl SettingRow {
    /// Finds the setting of a name that one of these nodes has.
    #[must_use]
    pub fn find(kinds: &[Kind], name: &str) -> Option<Self> {
        kinds.iter().find_map(|kind| Self::of(*kind, name))
    }

    fn of(kind: Kind, name: &str) -> Option<Self> {
        if let Some(row) = check::target(kind).and_then(|target| property::find(target, name)) {
            return Some(Self::Property(row));
        }
        if kind == Kind::Proxmox
            && let Some(row) = registered().find_map(|storage| storage.property(name))
        {
            return Some(Self::Storage(row));
        }
        if let Some(own) = find_own(kind, name) {
            return Some(Self::Own(own));
        }
        match kind {
            Kind::Snapshots => schedule::find(name).map(Self::Schedule),
            Kind::Class => parameter::find(name).map(Self::Parameter),
            Kind::Attributes => parameter::find(name).filter(|row| row.mutable).map(Self::Parameter),
            _ => check::settings_of(kind).find(|known| *known == name).map(Self::ExportOption),
        }
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Property(row) => row.name,
            Self::Storage(row) => row.name,
            Self::ExportOption(name) => name,
            Self::Schedule(row) => row.name,
            Self::Parameter(row) => row.name,
            Self::Own(own) => own.name,
        }
    }

    /// Returns what it does, in one line; empty where the tables do not tell.
    #[must_use]
    pub fn doc(&self) -> &'static str {
        match self {
            Self::Property(row) => row.doc,
            Self::Storage(row) => row.doc,
            Self::ExportOption(_) => "An option of exports(5).",
            Self::Schedule(row) => row.doc,
            Self::Parameter(row) => row.doc,
            Self::Own(own) => own.doc,
        }
    }

    /// Describes the legal values in one line; empty where the tables do not tell.
    #[must_use]
    pub fn legal(&self) -> String {
        match self {
            Self::Property(row) => row.legal(),
            _ => self.values().join(", "),
        }
    }

    /// Returns the words that it takes for a value; none where any size, number or text will do.
    #[must_use]
    pub fn values(&self) -> Vec<&'static str> {
        match self {
            Self::Property(row) => row.legal_values().to_vec(),
            Self::Storage(row) => match row.kind {
                StorageKind::Content => {
                    let mut contents: Vec<_> =
                        registered().flat_map(|storage| storage.contents).copied().collect();
                    contents.sort_unstable();
                    contents.dedup();
                    contents
                }
                StorageKind::Boolean => vec!["1", "0"],
                _ => Vec::new(),
            },
            Self::Own(own) => own.values.to_vec(),
            Self::Schedule(schedule::Row { of: schedule::Of::Switch, .. })
            | Self::Parameter(Parameter { of: Of::Switch, .. }) => vec!["#true", "#false"],
            Self::Parameter(Parameter { of: Of::Word(words), .. }) => words.to_vec(),
            Self::Schedule(_) | Self::Parameter(_) | Self::ExportOption(_) => Vec::new(),
        }
    }
}

fn registered() -> impl Iterator<Item = &'static StorageType> {
    types().iter().filter(|storage| SAID.contains(&storage.name))
}

/// What the words are for that are no nodes of their own.
pub const WORDS: &[(&str, &str)] = &[
    ("edition", "The edition of the language that the file is written in."),
    ("import", "Brings in the profiles, lets and hosts of another file."),
    ("let", "Gives a value a name."),
    ("profile", "Bundles settings and nodes under a name."),
    ("param", "A value that whoever uses the profile gives it."),
    ("use", "Lays profiles under the node."),
    ("with", "Gives values to the params of the profiles that the node uses."),
    ("allow", "Silences lints, for the node and what is inside."),
    ("each", "Repeats what is inside for each value, with a name for it."),
    ("options", "Options that hold for all clients of the export."),
];

/// Returns what a word is for that is no node of its own, with the table's copy of the word.
pub fn directive(word: &str) -> Option<(&'static str, &'static str)> {
    let later = || DIRECTIVES.iter().find(|(known, _)| *known == word).map(|(known, _)| (*known, ""));
    WORDS.iter().find(|(known, _)| *known == word).copied().or_else(later)
}

/// The nodes that can use a profile, and so what a profile's inside may be.
pub fn profile_kinds() -> Vec<Kind> {
    DIRECTIVES
        .iter()
        .filter(|(word, _)| *word == "use")
        .flat_map(|(_, kinds)| kinds.iter().copied())
        .collect()
}

/// Returns the options of exports.
pub fn options() -> impl Iterator<Item = SettingRow> {
    vocabulary().iter().map(|word| SettingRow::ExportOption(word))
}
