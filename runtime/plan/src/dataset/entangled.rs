//! Renames that one switch does not do: where one is to lie in what another leaves, or is to contain that; and where a name
//! is passed on or exchanged, and something inside is renamed as well. Each is done in two switches.

use crate::dataset::moving;
use phoenix_graph::DatasetName;
use std::{
    collections::{BTreeMap, BTreeSet},
    iter::successors,
};

/// A dataset that is renamed by itself.
struct Rename<'a> {
    to: &'a DatasetName,
    from: &'a DatasetName,
    /// What it leaves, once what it lies in is renamed.
    place: DatasetName,
}

/// Finds those that are entangled: by the name after, the other name that it is entangled with.
pub fn entangled<'a>(
    renames: impl Iterator<Item = (&'a DatasetName, &'a DatasetName)> + Clone,
) -> Vec<(DatasetName, DatasetName)> {
    let ways: BTreeMap<&DatasetName, &DatasetName> = renames.clone().map(|(to, from)| (from, to)).collect();
    let along =
        |from: &DatasetName| above(from).find_map(|above| moving::moved(from, &above, ways.get(&above)?));
    let renames =
        renames.map(|(to, from)| Rename { to, from, place: along(from).unwrap_or_else(|| from.clone()) });
    let renames: Vec<Rename<'_>> = renames.collect();
    // What is left, by whom.
    let mut left: BTreeMap<&DatasetName, &Rename<'_>> = BTreeMap::new();
    for rename in &renames {
        left.extend([(rename.from, rename), (&rename.place, rename)]);
    }
    let taken: BTreeSet<&DatasetName> = renames.iter().map(|rename| rename.to).collect();
    let names: BTreeSet<&DatasetName> = left.keys().chain(&taken).copied().collect();
    let entangled = |rename: &Rename<'_>| {
        let Rename { to, from, place } = rename;
        let around = above(to).find(|above| left.contains_key(above));
        // What it contains itself goes along.
        let apart = |name: &&DatasetName| left.get(*name).is_some_and(|other| !other.from.is_below(from));
        let contained = || within(&names, to).find(apart).cloned();
        let passes = place != *to && taken.contains(place)
            || left.get(to).is_some_and(|other| other.to != *to && other.place == **to);
        let inner = || [*to, *from, place].into_iter().find_map(|name| within(&names, name).next()).cloned();
        around.or_else(contained).or_else(|| if passes { inner() } else { None })
    };
    renames.iter().filter_map(|rename| Some((rename.to.clone(), entangled(rename)?))).collect()
}

fn above(name: &DatasetName) -> impl Iterator<Item = DatasetName> {
    successors(name.parent(), DatasetName::parent)
}

/// Lists what lies in a dataset.
fn within<'a>(names: &BTreeSet<&'a DatasetName>, top: &DatasetName) -> impl Iterator<Item = &'a DatasetName> {
    moving::inside(names.range::<DatasetName, _>(top..).copied(), top).filter(move |name| *name != top)
}
