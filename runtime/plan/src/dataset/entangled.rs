//! Renames that one switch does not do: where one is to lie in what another leaves, or is to contain that; and where a name
//! is passed on or exchanged, and something inside is renamed as well. Each is done in two switches.

use crate::dataset::moving;
use phoenix_graph::DatasetName;
use std::{collections::BTreeMap, iter::successors, ops::Bound};

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
    let taken: BTreeMap<&DatasetName, ()> = renames.iter().map(|rename| (rename.to, ())).collect();
    let entangled = |rename: &Rename<'_>| {
        let (to, from) = (rename.to, rename.from);
        let around = above(to).find(|above| left.contains_key(above));
        // What it contains itself goes along.
        let inside =
            || within(&left, to).find(|(_, other)| !other.from.is_below(from)).map(|(name, _)| name.clone());
        let passes = || {
            let gives = rename.place != *to && taken.contains_key(&rename.place);
            let takes = left.get(to).is_some_and(|other| other.to != to && other.place == *to);
            if !gives && !takes {
                return None;
            }
            let parts = [to, from, &rename.place];
            let left = parts.iter().find_map(|name| within(&left, name).next().map(|(name, _)| name.clone()));
            left.or_else(|| {
                parts.iter().find_map(|name| within(&taken, name).next().map(|(name, _)| name.clone()))
            })
        };
        around.or_else(inside).or_else(passes)
    };
    renames.iter().filter_map(|rename| Some((rename.to.clone(), entangled(rename)?))).collect()
}

fn above(name: &DatasetName) -> impl Iterator<Item = DatasetName> {
    successors(name.parent(), DatasetName::parent)
}

/// Lists what lies in a dataset.
fn within<'m, T>(
    names: &'m BTreeMap<&DatasetName, T>,
    name: &'m DatasetName,
) -> impl Iterator<Item = (&'m DatasetName, &'m T)> {
    let alike = names
        .range::<DatasetName, _>((Bound::Included(name), Bound::Unbounded))
        .map(|(other, found)| (*other, found));
    alike
        .take_while(|(other, _)| other.as_str().starts_with(name.as_str()))
        .filter(|(other, _)| other.is_below(name))
}
