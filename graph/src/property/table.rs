//! All rows, and the index that finds them by name in a few nanoseconds.

use super::{
    Kind, Property, Target, Version, table_dataset, table_filesystem, table_pool, table_reported,
    table_volume,
};

pub(super) const FILESYSTEM: &[Target] = &[Target::Filesystem];
pub(super) const VOLUME: &[Target] = &[Target::Volume];
pub(super) const DATASET: &[Target] = &[Target::Filesystem, Target::Volume];
pub(super) const POOL: &[Target] = &[Target::Pool];
pub(super) const ANY: &[Target] = &[Target::Filesystem, Target::Volume, Target::Pool];

/// How the rows are written: what most properties are, then what makes one different.
impl Property {
    /// A property that can be set at any time and inherited.
    pub(super) const fn new(
        name: &'static str,
        targets: &'static [Target],
        kind: Kind,
        default: &'static str,
        doc: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            targets,
            creation_only: false,
            inheritable: true,
            read_only: false,
            default: Some(default),
            since: Version::new(0, 8),
            later: &[],
            larger: None,
            doc,
        }
    }

    /// A property that OpenZFS only reports.
    pub(super) const fn reported(name: &'static str, targets: &'static [Target], doc: &'static str) -> Self {
        let row = Self::new(name, targets, Kind::text(&[]), "", doc).own().no_default();
        Self { read_only: true, ..row }
    }

    /// Each has its own: children do not take it over.
    pub(super) const fn own(self) -> Self {
        Self { inheritable: false, ..self }
    }

    /// It can be given only at creation.
    pub(super) const fn at_creation(self) -> Self {
        Self { creation_only: true, ..self }
    }

    /// What holds where nothing is set depends on something else.
    pub(super) const fn no_default(self) -> Self {
        Self { default: None, ..self }
    }

    /// Later versions have some of its words.
    pub(super) const fn later(self, later: &'static [(&'static str, Version)]) -> Self {
        Self { later, ..self }
    }

    /// Up to 2.1 blocks of more than 1 MiB have to be allowed by a parameter of the module.
    pub(super) const fn large_blocks(self) -> Self {
        Self { larger: Some((1 << 20, Version::new(2, 2))), ..self }
    }

    /// Later versions have it.
    pub(super) const fn since(self, major: u16, minor: u16) -> Self {
        Self { since: Version::new(major, minor), ..self }
    }
}

static TABLES: [&[Property]; 5] =
    [table_dataset::ROWS, table_filesystem::ROWS, table_volume::ROWS, table_pool::ROWS, table_reported::ROWS];

/// Slots of the index: a power of two, well above the number of rows, so that chains stay short.
const SLOTS: usize = 1024;
const FREE: (u8, u8) = (u8::MAX, u8::MAX);

/// An open-addressing hash table over the names, computed by the compiler: slot → table and row.
/// A name with rows for different targets is in it once for each.
static INDEX: [(u8, u8); SLOTS] = index();

#[expect(clippy::cast_possible_truncation, reason = "a table has fewer than 255 rows, as a test shows")]
const fn index() -> [(u8, u8); SLOTS] {
    let mut index = [FREE; SLOTS];
    let mut table = 0;
    while table < TABLES.len() {
        let mut row = 0;
        while row < TABLES[table].len() {
            let mut slot = hash(TABLES[table][row].name.as_bytes());
            while index[slot].0 != FREE.0 {
                slot = (slot + 1) % SLOTS;
            }
            index[slot] = (table as u8, row as u8);
            row += 1;
        }
        table += 1;
    }
    index
}

/// FNV-1a over a name, or over a family's part of it, with its `@`.
const fn hash(name: &[u8]) -> usize {
    let mut hash: u32 = 0x811c_9dc5;
    let mut at = 0;
    while at < name.len() {
        hash = (hash ^ name[at] as u32).wrapping_mul(0x0100_0193);
        if name[at] == b'@' {
            break;
        }
        at += 1;
    }
    (hash ^ (hash >> 15)) as usize % SLOTS
}

/// Returns the few rows whose name may be this one, or this one's family.
pub(super) fn candidates(name: &str) -> impl Iterator<Item = &'static Property> {
    let start = hash(name.as_bytes());
    (0..SLOTS)
        .map(move |step| INDEX[(start + step) % SLOTS])
        .take_while(|slot| *slot != FREE)
        .map(|(table, row)| &TABLES[usize::from(table)][usize::from(row)])
}

/// Returns all rows.
pub(super) fn rows() -> impl Iterator<Item = &'static Property> {
    TABLES.iter().flat_map(|table| table.iter())
}
