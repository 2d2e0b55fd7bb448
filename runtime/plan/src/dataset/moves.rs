//! What a plan moves: what is renamed, what steps aside for an earlier state of it, what is put away, and what comes home.

use crate::dataset::moving;
use phoenix_graph::DatasetName;
use std::{
    collections::{BTreeMap, BTreeSet},
    iter::successors,
};

/// What a plan moves, and where it stands meanwhile.
#[derive(Default)]
pub struct Moves {
    /// What is renamed by itself: by the name after, the name now.
    renamed: BTreeMap<DatasetName, DatasetName>,
    /// The same by the name now.
    renames: BTreeMap<DatasetName, DatasetName>,
    /// Whether this very transaction has renamed something.
    any_done: bool,
    /// What it has renamed by now, or put into the area: by its name, the one that the current generation knows.
    done: BTreeMap<DatasetName, DatasetName>,
    /// The same by the name that the current generation knows.
    were: BTreeMap<DatasetName, DatasetName>,
    /// What is in the way of another, in a circle of names: by the name that the other takes, the name that it has now,
    /// and where it steps aside to.
    in_the_way: BTreeMap<DatasetName, (DatasetName, DatasetName)>,
    /// What stays put away when what it lies in comes home: by where it is now, its own place.
    staying: BTreeMap<DatasetName, DatasetName>,
    /// The renames that are planned by now, in their order.
    performed: Vec<(DatasetName, DatasetName)>,
    /// What an earlier state of it takes the place of, with everything below: where it stands aside.
    aside: BTreeMap<DatasetName, DatasetName>,
    /// What takes the place of another and was put away: by the name that it takes, where it is now.
    returning: BTreeMap<DatasetName, DatasetName>,
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
    /// Says that a dataset is renamed, with everything below it.
    pub fn renames(&mut self, from: DatasetName, to: DatasetName) {
        self.renames.insert(from.clone(), to.clone());
        self.renamed.insert(to, from);
    }

    /// Returns whether anything is renamed.
    pub fn any_renames(&self) -> bool {
        !self.renames.is_empty()
    }

    /// Lists what is renamed by itself: the name after, and the name now.
    pub fn renamed(&self) -> impl Iterator<Item = (&DatasetName, &DatasetName)> + Clone {
        self.renamed.iter()
    }

    /// Returns the name now of what is renamed by itself.
    pub fn renamed_from(&self, name: &DatasetName) -> Option<&DatasetName> {
        self.renamed.get(name)
    }

    /// Returns what a dataset that is there is called after, by itself or with what it belongs to.
    pub fn after(&self, now: &DatasetName) -> DatasetName {
        moved_along(&self.renames, now).unwrap_or_else(|| now.clone())
    }

    /// Returns whether a dataset that is there has another name after.
    pub fn is_renamed(&self, now: &DatasetName) -> bool {
        self.any_renames() && self.after(now) != *now
    }

    /// Returns whether a dataset comes to a name with what it lies in; not where another takes the name of something
    /// between, for then that is put away, with what it holds.
    pub fn goes_along(&self, now: &DatasetName, to: &DatasetName) -> bool {
        let above = successors(now.parent(), DatasetName::parent);
        let mut between = above.take_while(|above| !self.renames.contains_key(above));
        self.after(now) == *to
            && between.all(|above| {
                let after = self.after(&above);
                self.now(&after).as_ref() == Some(&above)
            })
    }

    /// Returns what would have a name after, if it is there, by the name that it has now; nothing where what has that
    /// name now gets another one.
    pub fn now(&self, name: &DatasetName) -> Option<DatasetName> {
        if !self.any_renames() {
            return Some(name.clone());
        }
        let along = moved_along(&self.renamed, name).unwrap_or_else(|| name.clone());
        (self.after(&along) == *name && !self.is_staying(&along)).then_some(along)
    }

    /// Returns whether what has a name after is another one than has it now: it is renamed, or what has it goes.
    pub fn is_another(&self, name: &DatasetName) -> bool {
        self.now(name).as_ref() != Some(name)
    }

    /// Returns whether this very transaction has renamed something.
    pub fn any_done(&self) -> bool {
        self.any_done
    }

    /// Says that this very transaction has renamed a dataset, and what the current generation calls it.
    pub fn was_renamed(&mut self, name: DatasetName, known: DatasetName) {
        self.any_done = true;
        self.was_moved(name, known);
    }

    /// Says that this very transaction has put a dataset into the area, or brought it home, and what the current generation
    /// calls it.
    pub fn was_moved(&mut self, now: DatasetName, known: DatasetName) {
        self.were.insert(known.clone(), now.clone());
        self.done.insert(now, known);
    }

    /// Returns where what the current generation calls so has got to by this very transaction; the name itself where it
    /// is still there, and nothing where another one has it by now.
    pub fn got_to(&self, known: &DatasetName) -> Option<DatasetName> {
        let moved = self.were.get(known).cloned();
        moved.or_else(|| (!self.done.contains_key(known)).then(|| known.clone()))
    }

    /// Returns what the current generation calls what has a name after: what comes home has the name that it has where it
    /// is put away.
    pub fn known(&self, name: &DatasetName) -> DatasetName {
        if let Some(known) = self.done.get(name) {
            return known.clone();
        }
        let comes = self.returning.get(name).cloned().or_else(|| self.place(name));
        self.known_at(&comes.or_else(|| self.now(name)).unwrap_or_else(|| name.clone()))
    }

    /// Returns what the current generation calls what is somewhere now.
    pub fn known_at(&self, now: &DatasetName) -> DatasetName {
        self.done.get(now).unwrap_or(now).clone()
    }

    /// Says that what has a name by then gives way to what takes it: what it is called now, and where it steps aside to.
    pub fn gives_way(&mut self, name: DatasetName, now: DatasetName, place: DatasetName) {
        self.in_the_way.insert(name, (now, place));
    }

    /// Returns what is in the way of what takes a name, and where it steps aside to.
    pub fn way(&self, name: &DatasetName) -> Option<&(DatasetName, DatasetName)> {
        self.in_the_way.get(name)
    }

    /// Lists what is in the way of another, by the names now.
    pub fn in_the_way(&self) -> impl Iterator<Item = &DatasetName> {
        self.in_the_way.values().map(|(now, _)| now)
    }

    /// Says that something stays put away when what it lies in comes home, and where.
    pub fn stays_away(&mut self, now: DatasetName, place: DatasetName) {
        self.staying.insert(now, place);
    }

    /// Returns whether something stays put away when what it lies in comes home.
    pub fn is_staying(&self, now: &DatasetName) -> bool {
        !self.staying.is_empty() && self.goes_with(now, |above| self.staying.contains_key(above))
    }

    /// Lists what stays put away of what lies below a place: where it is now, and where to.
    pub fn staying_below(&self, place: &DatasetName) -> Vec<(DatasetName, DatasetName)> {
        let below = self.staying.iter().filter(|(now, _)| now.is_below(place));
        below.map(|(now, place)| (now.clone(), place.clone())).collect()
    }

    /// Says that a rename is planned: what comes later finds things where that leaves them.
    pub fn perform(&mut self, from: DatasetName, to: DatasetName) {
        self.performed.push((from, to));
    }

    /// Returns where a dataset is once all is done that is planned by now.
    pub fn by_now(&self, now: &DatasetName) -> DatasetName {
        self.performed.iter().fold(now.clone(), |at, (from, to)| {
            let moves = at == *from || at.is_below(from);
            moves.then(|| moving::moved(&at, from, to)).flatten().unwrap_or(at)
        })
    }

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

    /// Says that what was put away takes the place of what has a name.
    pub fn returns(&mut self, name: DatasetName, place: DatasetName) {
        self.returning.insert(name, place);
    }

    pub fn leaves(&mut self, name: DatasetName) {
        self.leaving.insert(name);
    }

    /// Returns whether a dataset is retired, with what is above it or by itself.
    pub fn is_leaving(&self, name: &DatasetName) -> bool {
        self.goes_with(name, |above| self.leaving.contains(above))
    }

    /// Returns whether a dataset is one of these, or lies in one and goes with it: what is renamed goes its own way.
    pub fn goes_with(&self, name: &DatasetName, these: impl Fn(&DatasetName) -> bool) -> bool {
        let mut above = successors(Some(name.clone()), DatasetName::parent);
        let found = above.find(|above| these(above) || self.renames.contains_key(above));
        found.is_some_and(|above| these(&above))
    }

    pub fn comes_home(&mut self, home: DatasetName, place: DatasetName) {
        self.homes.insert(place.clone(), home.clone());
        self.homecoming.insert(home, place);
    }

    /// Returns where a dataset stands now, if it is about to come home, or to be renamed.
    pub fn place(&self, name: &DatasetName) -> Option<DatasetName> {
        if self.homecoming.is_empty() && self.renamed.is_empty() {
            return None;
        }
        // The nearest one counts: what is below another that comes home may come from elsewhere.
        let place = successors(Some(name.clone()), DatasetName::parent).find_map(|above| {
            let place = self.homecoming.get(&above).or_else(|| self.renamed.get(&above))?;
            moving::moved(name, &above, place)
        });
        // What goes its own way from there is another one, and so is what stays put away.
        place.filter(|place| {
            !self.is_staying(place) && (!self.is_renamed(place) || self.after(place) == *name)
        })
    }

    /// Returns the name that what is put away comes home to, by itself or with what it lies in.
    pub fn home_of(&self, place: &DatasetName) -> Option<DatasetName> {
        let home = moved_along(&self.homes, place)?;
        (self.place(&home).as_ref() == Some(place)).then_some(home)
    }

    /// Returns what a dataset is called once what it belongs to has come home, or was renamed; nothing where nothing
    /// does.
    pub fn comes_along(&self, name: &DatasetName) -> Option<DatasetName> {
        if self.any_renames() {
            return Some(self.by_now(name)).filter(|at| at != name);
        }
        successors(name.parent(), DatasetName::parent)
            .find_map(|above| moving::moved(name, &above, self.homes.get(&above)?))
    }
}

/// Returns what the nearest move at or above a name makes of it.
fn moved_along(moves: &BTreeMap<DatasetName, DatasetName>, name: &DatasetName) -> Option<DatasetName> {
    successors(Some(name.clone()), DatasetName::parent)
        .find_map(|above| moving::moved(name, &above, moves.get(&above)?))
}
