//! All rows, and how they are found by name.

use super::{row::Property, table_dataset, table_filesystem, table_pool, table_reported, table_volume};
use hashbrown::HashMap;
use std::sync::LazyLock;

static TABLES: [&[Property]; 5] =
    [table_dataset::ROWS, table_filesystem::ROWS, table_volume::ROWS, table_pool::ROWS, table_reported::ROWS];

/// The rows by name; a name that different targets have has several.
static BY_NAME: LazyLock<HashMap<&str, Vec<&Property>>> = LazyLock::new(|| {
    let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
    rows().for_each(|row| by_name.entry(row.name).or_default().push(row));
    by_name
});

/// Returns the few rows whose name is this one, or this one's family.
pub(super) fn candidates(name: &str) -> impl Iterator<Item = &'static Property> {
    let family = name.find('@').map_or(name, |at| &name[..=at]);
    BY_NAME.get(family).into_iter().flatten().copied()
}

/// Returns all rows.
pub(super) fn rows() -> impl Iterator<Item = &'static Property> {
    TABLES.iter().flat_map(|table| table.iter())
}
