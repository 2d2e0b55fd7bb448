//! What a plan moves: what steps aside for an earlier state of it, what is put away, and what comes home.

use crate::dataset::moving;
use phoenix_graph::DatasetName;
use std::{
    collections::{BTreeMap, BTreeSet},
    iter::successors,
};

/// What a plan moves, and where it stands meanwhile.
#[derive(Default)]
pub struct Moves {
    /// What an earlier state of it takes the place of, with everything below: where it stands aside.
    aside: BTreeMap<DatasetName, DatasetName>,
    /// Retired datasets that come home: by their home, where they are now.
    homecoming: BTreeMap<DatasetName, DatasetName>,
    /// The same by where they are now: their home.
    homes: BTreeMap<DatasetName, DatasetName>,
    /// What is retired, by the names of the topmost.
    leaving: BTreeSet<DatasetName>,
    /// Places in the area that are taken.
    pub taken: BTreeSet<DatasetName>,
    /// Folders of the area that are made.
    pub made: BTreeSet<DatasetName>,
}

impl Moves {
    /// Says that a dataset moves with everything below it, and where it stands aside meanwhile.
    pub fn steps_aside(&mut self, name: DatasetName, place: DatasetName) {
        self.aside.insert(name, place);
    }

    /// Returns where what a dataset belongs to stands aside while it is moved, if it is.
    pub fn aside(&self, name: &DatasetName) -> Option<&DatasetName> {
        successors(Some(name.clone()), DatasetName::parent).find_map(|above| self.aside.get(&above))
    }

    /// Returns whether an earlier state of a dataset takes its place.
    pub fn is_exchanged(&self, name: &DatasetName) -> bool {
        self.aside.contains_key(name)
    }

    pub fn leaves(&mut self, name: DatasetName) {
        self.leaving.insert(name);
    }

    /// Returns whether a dataset is retired, with what is above it or by itself.
    pub fn is_leaving(&self, name: &DatasetName) -> bool {
        successors(Some(name.clone()), DatasetName::parent).any(|above| self.leaving.contains(&above))
    }

    pub fn comes_home(&mut self, home: DatasetName, place: DatasetName) {
        self.homes.insert(place.clone(), home.clone());
        self.homecoming.insert(home, place);
    }

    /// Returns where a dataset stands now, if it is about to come home.
    pub fn place(&self, name: &DatasetName) -> Option<DatasetName> {
        if self.homecoming.is_empty() {
            return None;
        }
        // The nearest one counts: what is below another that comes home may come from elsewhere.
        successors(Some(name.clone()), DatasetName::parent).find_map(|home| {
            let place = self.homecoming.get(&home)?;
            if *name == home {
                return Some(place.clone());
            }
            let rest = name.as_str().strip_prefix(home.as_str())?.strip_prefix('/')?;
            place.child(rest).ok()
        })
    }

    /// Returns what a dataset is called once what it belongs to has come home; nothing where nothing does.
    pub fn comes_along(&self, name: &DatasetName) -> Option<DatasetName> {
        successors(name.parent(), DatasetName::parent)
            .find_map(|above| moving::moved(name, &above, self.homes.get(&above)?))
    }
}
