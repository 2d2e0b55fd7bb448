//! Pictures of a host, to be compared.

use phoenix_graph::{
    DatasetName, PropertyName, Target,
    property::{self, Unset},
};
use phoenix_sim::HostImage;
use phoenix_support::World;
use similar::TextDiff;
use std::collections::BTreeSet;

/// A picture to compare: the words of lists in `storage.cfg` have no order, and Proxmox's own `local` comes into
/// being with the first write.
pub fn picture(world: &World) -> HostImage {
    let mut image = world.picture();
    // What cannot be inherited is, once set, set back to the value it had by default.
    let default = |name: &PropertyName, word: &str| {
        let row =
            [Target::Filesystem, Target::Volume].into_iter().find_map(|of| property::find(of, name.as_str()));
        row.is_some_and(|row| match row.unset() {
            Unset::Value(default) => row.read(word) == row.read(default),
            Unset::Inherit | Unset::Never => false,
        })
    };
    for dataset in image.datasets.values_mut() {
        dataset.settings.retain(|name, word| !default(name, word));
    }
    let sections = image.storage_cfg.take().unwrap_or_default();
    let sections = sections.split("\n\n").filter(|section| !section.starts_with("dir: local\n"));
    let sections: Vec<String> =
        sections.map(|section| section.lines().map(sorted_list).collect::<Vec<_>>().join("\n")).collect();
    image.storage_cfg = Some(sections.join("\n\n"));
    image
}

/// Leaves out whose the files and folders in these datasets are.
pub fn unowned(mut image: HostImage, datasets: &BTreeSet<DatasetName>) -> HostImage {
    let of = image.datasets.iter_mut().filter(|(name, _)| datasets.contains(*name));
    of.for_each(|(_, dataset)| dataset.owners.clear());
    image
}

/// Puts the words of a registration's `content` in order.
fn sorted_list(line: &str) -> String {
    let Some((before, list)) = line.split_once("content ") else { return line.to_owned() };
    let mut words: Vec<&str> = list.split(',').collect();
    words.sort_unstable();
    format!("{before}content {}", words.join(","))
}

/// Says how two pictures differ.
pub fn difference(before: &HostImage, now: &HostImage) -> String {
    let (before, now) = (format!("{before:#?}"), format!("{now:#?}"));
    let diff = TextDiff::from_lines(&before, &now);
    let hunks = diff.unified_diff().context_radius(3).to_string();
    hunks.lines().take(40).collect::<Vec<_>>().join("\n")
}
