//! Tells what is a dataset's own, and how far it is from a snapshot.

use super::properties;
use crate::{
    grid::{self, Table},
    properties::source,
    run::Runner,
};
use phoenix_graph::{DatasetName, SnapshotName};
use phoenix_host::{HostError, error::unreadable, observed::Lineage};
use std::collections::BTreeSet;

/// Looks at a dataset, and at what was written since a snapshot (`written@` of zfsprops(7): nothing where
/// it does not stem from it).
pub fn lineage(runner: &Runner, dataset: &DatasetName, since: &SnapshotName) -> Result<Lineage, HostError> {
    let beside = dataset.parent().unwrap_or_else(|| dataset.clone());
    let sources = grid::sources(runner, Table::Datasets, &[dataset.as_str()])?;
    let all = sources.get(dataset.as_str()).into_iter().flatten();
    let own = all.filter(|(_, source)| self::source(source).is_own()).map(|(name, _)| name.as_str());
    let asked: BTreeSet<&str> = own.chain(["available", "encryption"]).collect();
    let cells = grid::get(runner, Table::Datasets, &asked, &[dataset.as_str(), beside.as_str()])?;
    let mut seen = properties::datasets(&cells)?;
    let available = seen.get(&beside).and_then(|state| state.value("available"));
    let mut found =
        Lineage { available: number(available.unwrap_or("-"))?.unwrap_or(0), ..Lineage::default() };
    let state = seen.remove(dataset).unwrap_or_default();
    found.encrypted = state.value("encryption").is_some_and(|kind| kind != "off" && kind != "-");
    let unreadable = state.unreadable.into_iter().filter(|(_, source)| source.is_own());
    found.unreadable = unreadable.map(|(name, _)| name).collect();
    let own = state.settings.into_iter().filter(|(_, setting)| setting.source.is_own());
    found.own = own.map(|(name, setting)| (name, setting.raw)).collect();
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
