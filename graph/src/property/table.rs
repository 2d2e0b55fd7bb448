//! All rows, and how they are found by name.

use super::{row::Property, table_dataset, table_filesystem, table_pool, table_reported, table_volume};
use std::sync::LazyLock;

static TABLES: [&[Property]; 5] =
    [table_dataset::ROWS, table_filesystem::ROWS, table_volume::ROWS, table_pool::ROWS, table_reported::ROWS];

/// The rows by name; one that has rows for different targets stands there once for each.
static BY_NAME: LazyLock<Vec<&Property>> = LazyLock::new(|| {
    let mut rows: Vec<_> = rows().collect();
    rows.sort_by_key(|row| row.name);
    rows
});

/// Returns the few rows whose name is this one, or this one's family.
pub(super) fn candidates(name: &str) -> impl Iterator<Item = &'static Property> {
    let family = name.find('@').map_or(name, |at| &name[..=at]);
    let first = BY_NAME.partition_point(|row| row.name < family);
    BY_NAME[first..].iter().copied().take_while(move |row| row.name == family)
}

/// Returns all rows.
pub(super) fn rows() -> impl Iterator<Item = &'static Property> {
    TABLES.iter().flat_map(|table| table.iter())
}
