//! The numbers that attempts of a record that is lost, or was newer, have left on a host.

use phoenix_graph::{DatasetName, HostName};
use phoenix_host::{
    area,
    observed::{OWNER, Observed, Source},
};
use phoenix_plan::record::{Claim, Record};
use std::collections::BTreeSet;

/// Numbers from here on are nobody's: whoever may take snapshots of a dataset could use all numbers up.
const END: u64 = 1_000_000_000;

/// Returns the greatest number of a folder of an area that bears the mark of one of these hosts.
pub fn in_areas(seen: &Observed, record: &Record, hosts: &BTreeSet<HostName>) -> Option<u64> {
    // Below his own dataset anybody may make what looks like an area.
    let holds = |name: &DatasetName| {
        let ours = || record.claim_of(seen, name).is_some_and(Claim::is_on_record);
        name.is_root() || ours()
    };
    let marked = seen.datasets.iter().filter(|(_, state)| {
        let mark = state.settings.get(OWNER).filter(|mark| mark.source == Source::Local);
        mark.is_some_and(|mark| hosts.iter().any(|host| host.as_str() == &*mark.raw))
    });
    let numbers = marked.filter_map(|(name, _)| {
        // The folder itself, or what stands right in it.
        let folder = if area::is_area(name) { name.leaf() } else { area::innermost_folder_of(name)? };
        area::holder_of(name).filter(holds)?;
        area::number_of(folder).map(|(number, _)| number)
    });
    numbers.filter(|number| *number < END).max()
}

/// Returns the greatest number among the names of snapshots that a switch could have taken. A name that none has,
/// such as `phoenix-12.x`, counts, too: it costs a number, and no more.
pub fn of_snapshots(names: &BTreeSet<Box<str>>) -> Option<u64> {
    let number = |name: &str| -> Option<u64> {
        let rest = name.strip_prefix("phoenix-")?;
        rest.split_once('.').map_or(rest, |(number, _)| number).parse().ok()
    };
    names.iter().filter_map(|name| number(name)).filter(|number| *number < END).max()
}

/// Returns whether a snapshot that a switch of this number could take is there already, whoever took it.
pub fn is_taken(names: &BTreeSet<Box<str>>, number: u64) -> bool {
    let first = format!("phoenix-{number}");
    names
        .iter()
        .any(|name| name.strip_prefix(&first).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}
