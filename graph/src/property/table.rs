//! All rows, and the index that finds them by name in a few nanoseconds.

use super::{row::Property, table_dataset, table_filesystem, table_pool, table_reported, table_volume};

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
