//! What operations do to names and mount points, one after the other.

use crate::dataset::moving::{inside, moved};
use phoenix_graph::{DatasetName, Key};
use phoenix_host::{observed::Observed, op::Op};
use std::collections::{BTreeMap, BTreeSet};

/// What operations do to names and mount points.
#[derive(Default)]
pub struct Moves {
    /// By the name before, what it is called after, as far as that is known, and whose action moved it.
    pub renamed: BTreeMap<DatasetName, (Key, Option<DatasetName>)>,
    /// By the name now, what it was called before.
    stands: BTreeMap<DatasetName, DatasetName>,
    /// Names that are taken again.
    pub there: BTreeSet<DatasetName>,
    /// The last mount point that is set; nothing where it is inherited.
    pub mountpoints: BTreeMap<DatasetName, (Key, Option<Box<str>>)>,
    /// What is not mounted by itself after, and was before.
    pub not_mounted: BTreeMap<DatasetName, Key>,
}

impl Moves {
    /// Takes the next operation, of the action on a resource.
    pub fn take(&mut self, op: &Op, key: &Key, seen: &Observed) {
        match op {
            Op::DatasetRename { from, to, .. } => self.rename(from, to, key, seen),
            Op::DatasetCreate { dataset, .. }
            | Op::VolumeCreate { dataset, .. }
            | Op::Clone { dataset, .. } => {
                self.there.insert(dataset.clone());
            }
            Op::DatasetSet { dataset, settings } => {
                for (name, word) in settings {
                    match name.as_str() {
                        "mountpoint" => {
                            self.mountpoints.insert(dataset.clone(), (key.clone(), Some(word.clone())));
                        }
                        "canmount" => self.set_canmount(dataset, word, key, seen),
                        _ => {}
                    }
                }
            }
            Op::DatasetInherit { dataset, property } if property.as_str() == "mountpoint" => {
                self.mountpoints.insert(dataset.clone(), (key.clone(), None));
            }
            _ => {}
        }
    }

    fn rename(&mut self, from: &DatasetName, to: &DatasetName, key: &Key, seen: &Observed) {
        let names = self.there.range(from.clone()..);
        let freed: Vec<DatasetName> = inside(names, from).cloned().collect();
        freed.iter().for_each(|name| _ = self.there.remove(name));
        // What has moved already moves on; the rest is where it was seen.
        let names = self.stands.range(from.clone()..).map(|(name, _)| name);
        let stood: Vec<DatasetName> = inside(names, from).cloned().collect();
        let before: Vec<DatasetName> = stood.iter().filter_map(|name| self.stands.remove(name)).collect();
        let own = seen.datasets.get_key_value(from);
        let rest = own.into_iter().chain(seen.below(from)).map(|(name, _)| name);
        let rest: Vec<&DatasetName> = rest.filter(|name| !self.renamed.contains_key(*name)).collect();
        for (before, now) in before.iter().zip(&stood).chain(rest.iter().map(|name| (*name, *name))) {
            self.stand(before, moved(now, from, to), key);
        }
        self.there.insert(to.clone());
    }

    /// Has something stand at a place, as far as that is known; whoever moves it first is who moves it.
    fn stand(&mut self, before: &DatasetName, now: Option<DatasetName>, key: &Key) {
        if let Some(now) = &now {
            self.stands.insert(now.clone(), before.clone());
            // Back where it was.
            self.there.extend((now == before).then(|| now.clone()));
        }
        let (_, last) = self.renamed.entry(before.clone()).or_insert_with(|| (key.clone(), None));
        *last = now;
    }

    fn set_canmount(&mut self, dataset: &DatasetName, word: &str, key: &Key, seen: &Observed) {
        let before = seen.datasets.get(dataset).and_then(|state| state.value("canmount"));
        if before == Some("on") && word != "on" {
            self.not_mounted.insert(dataset.clone(), key.clone());
        } else {
            self.not_mounted.remove(dataset);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use phoenix_host::observed::DatasetState;

    fn name(text: &str) -> DatasetName {
        DatasetName::new(text).unwrap()
    }

    /// Takes renames, of what is seen, each by an action on the dataset that it is about.
    fn moves(seen: &[&str], renames: &[(&str, &str)]) -> Moves {
        let datasets = seen.iter().map(|seen| (name(seen), DatasetState::default())).collect();
        let seen = Observed { datasets, ..Observed::default() };
        let mut moves = Moves::default();
        for (from, to) in renames {
            let op = Op::DatasetRename { from: name(from), to: name(to), volume: false };
            moves.take(&op, &Key::Dataset(name(from)), &seen);
        }
        moves
    }

    /// Tells by the name before, what it is called after, and whose action moved it.
    fn renamed(moves: &Moves) -> Vec<(&str, &str, String)> {
        let told = moves.renamed.iter().map(|(name, (key, last))| {
            (name.as_str(), last.as_ref().map_or("", DatasetName::as_str), key.to_string())
        });
        told.collect()
    }

    #[test]
    fn what_lies_below_moves_along_and_what_is_called_alike_does_not() {
        let moves = moves(&["tank/a", "tank/a-b", "tank/a/c", "tank/ab"], &[("tank/a", "tank/x")]);
        let by = || "dataset:tank/a".to_owned();
        assert_eq!(renamed(&moves), [("tank/a", "tank/x", by()), ("tank/a/c", "tank/x/c", by())]);
        assert_eq!(moves.there, [name("tank/x")].into());
    }

    #[test]
    fn what_has_moved_moves_on_and_who_moved_it_first_is_told() {
        let moves = moves(&["tank/a", "tank/a/c"], &[("tank/a/c", "tank/b/c"), ("tank/b", "tank/x")]);
        assert_eq!(renamed(&moves), [("tank/a/c", "tank/x/c", "dataset:tank/a/c".to_owned())]);
    }

    #[test]
    fn a_name_that_another_takes_is_there_and_so_is_one_that_comes_back() {
        let swapped = [("tank/a", "tank/aside"), ("tank/b", "tank/a"), ("tank/aside", "tank/b")];
        let moves = moves(&["tank/a", "tank/b"], &swapped);
        assert_eq!(moves.there, [name("tank/a"), name("tank/b")].into());
        let back = self::moves(&["tank/a", "tank/a/c"], &[("tank/a", "tank/x"), ("tank/x", "tank/a")]);
        assert_eq!(back.there, [name("tank/a"), name("tank/a/c")].into());
    }
}
