//! Tells what is a dataset's own, and how far it is from a snapshot.

use super::{
    properties::{COLUMNS, rows, setting, unreadable},
    run::Runner,
};
use crate::{host::HostError, observed::Lineage};
use phoenix_graph::{DatasetName, PropertyName, SnapshotName};

/// Looks at a dataset, and at what was written since a snapshot (`written@` of zfsprops(7): nothing where
/// it does not stem from it).
pub fn lineage(runner: &Runner, dataset: &DatasetName, since: &SnapshotName) -> Result<Lineage, HostError> {
    let beside = dataset.parent().unwrap_or_else(|| dataset.clone());
    let all = runner.look(&["zfs", "get", "-Hp", "-o", COLUMNS, "all", dataset.as_str(), beside.as_str()])?;
    let mut found = Lineage::default();
    for row in rows("zfs get", &all)? {
        if row.name == beside.as_str() && row.property == "available" {
            found.available = number(row.value)?.unwrap_or(0);
        }
        if row.name != dataset.as_str() {
            continue;
        }
        if row.property == "encryption" {
            found.encrypted = row.value != "off" && row.value != "-";
        }
        if let Some(setting) = setting(&row).filter(|setting| setting.source.is_own()) {
            found.own.insert(PropertyName::new(row.property), setting.raw);
        }
    }
    let whole = since.to_string();
    let written = if since.dataset() == dataset { since.name() } else { &whole };
    let written = format!("written@{written}");
    let said = runner.look(&["zfs", "get", "-Hp", "-o", "value", &written, dataset.as_str()])?;
    found.written = number(said.trim())?;
    let said = runner.look(&["zfs", "get", "-Hp", "-o", "value", "volsize", &whole])?;
    found.size = number(said.trim())?;
    Ok(found)
}

fn number(text: &str) -> Result<Option<u64>, HostError> {
    match text {
        "-" => Ok(None),
        text => text.parse().map(Some).map_err(|_| unreadable("zfs get", "a number", text)),
    }
}
