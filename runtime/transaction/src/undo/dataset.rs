//! Datasets that a transaction made, cloned, set or renamed: unmade where they hold nothing, else set aside.

use super::undoing::Undoing;
use phoenix_graph::{DatasetName, PropertyName};
use phoenix_host::{
    Contents, HostError, area,
    observed::{DatasetState, HOME, KEPT_CANMOUNT, ORIGIN, OWNER, Observed, Source, WRITTEN},
    op::Op,
    text::complaints::Complaint,
};
use phoenix_plan::{Inverse, around, away, guid_of, would_mount};

/// Takes back what was done to a dataset, where that takes more than operations.
pub fn take_back(undoing: &mut Undoing<'_>, inverse: &Inverse) -> Option<Result<(), HostError>> {
    match inverse {
        Inverse::DatasetAbsent { dataset, volume } => Some(undoing.unmake_made(dataset, *volume)),
        Inverse::Cloned { dataset, volume, origin } => {
            Some(undoing.unmake_cloned(dataset, *volume, &origin.to_string()))
        }
        Inverse::Setting { dataset, property, .. }
            if undoing.unset.contains(dataset) && matches!(property.as_str(), "mountpoint" | "canmount") =>
        {
            undoing.leave(inverse);
            Some(Ok(()))
        }
        Inverse::Setting { dataset, property, .. } => Some(undoing.set_back(dataset, property, inverse)),
        Inverse::Name { guid: Some(guid), before, after, .. } => {
            Some(undoing.name_back(inverse, *guid, before, after))
        }
        Inverse::Name { after, .. } if undoing.is_unset(after) => {
            undoing.leave(inverse);
            Some(Ok(()))
        }
        _ => None,
    }
}

impl Undoing<'_> {
    /// Leaves what could not be taken back as it is: what is renamed keeps the name that it is known by, and the place that
    /// it is to go to stays.
    pub(super) fn leave(&mut self, inverse: &Inverse) {
        self.unset.extend(inverse.dataset().cloned());
        if let Inverse::Name { before, after, guid: Some(_), .. } = inverse {
            let both = [before, after].map(Clone::clone);
            self.stuck.extend(both.clone());
            self.stuck_by_failure.extend(both.clone());
            self.held_up.push(both);
            self.missing.insert(before.clone());
        }
    }

    /// Returns whether something that is known by this name, or lies in what is, could not be taken back.
    fn is_unset(&self, after: &DatasetName) -> bool {
        self.unset.iter().any(|unset| unset == after || unset.is_below(after))
    }

    /// Returns whether a name that waits is one of these, or lies in one, or contains one.
    fn is_held_up(&self, names: [&DatasetName; 2]) -> bool {
        let meet = |one: &DatasetName, other: &DatasetName| {
            one == other || one.is_below(other) || other.is_below(one)
        };
        self.held_up.iter().flatten().any(|held| names.iter().any(|name| meet(held, name)))
    }

    /// Gives a dataset its name back, in the order of the names: out of it one would come into another, or take its place.
    /// Where another one still bears the name, it waits for that.
    fn name_back(
        &mut self,
        inverse: &Inverse,
        guid: u64,
        before: &DatasetName,
        after: &DatasetName,
    ) -> Result<(), HostError> {
        let seen = self.look()?;
        let is_at = |name: &DatasetName| guid_of(&seen, name) == Some(guid);
        let done = self.names.before(inverse).iter().any(is_at);
        let elsewhere = !done && !is_at(after);
        let waits = self.is_unset(after) || self.is_held_up([before, after]) || inverse.is_blocked(&seen);
        self.seen = Some(seen);
        if done {
            return Ok(());
        }
        if elsewhere {
            self.missing.insert(before.clone());
        }
        if waits {
            self.leave(inverse);
            return Ok(());
        }
        self.plainly(inverse)
    }

    /// Returns whether it is about what is in something that has not got its name back.
    pub(super) fn waits(&self, inverse: &Inverse) -> bool {
        // A list that could not be taken off would be out of sight with its `acltype`, and be in force again with it.
        if let Inverse::Setting { dataset, property, .. } = inverse
            && property.as_str() == "acltype"
            && self.is_unset(dataset)
        {
            return true;
        }
        let name = match inverse {
            Inverse::Name { before, .. } => Some(before),
            other => other.dataset(),
        };
        let inside =
            |name: &DatasetName| self.missing.iter().any(|missing| name == missing || name.is_below(missing));
        name.is_some_and(inside)
    }

    /// Unmakes what was made. Where that fails it is tried again, and what it lies in stays until then.
    fn unmake_made(&mut self, dataset: &DatasetName, volume: bool) -> Result<(), HostError> {
        let failures = self.undone.failed.len();
        self.unmake_what_is_there(dataset, volume)?;
        if self.undone.failed.len() > failures {
            self.stuck.insert(dataset.clone());
            self.stuck_by_failure.insert(dataset.clone());
        }
        Ok(())
    }

    fn unmake_what_is_there(&mut self, dataset: &DatasetName, volume: bool) -> Result<(), HostError> {
        let seen = self.look()?;
        let there = seen.datasets.get(dataset);
        // It may have been cut off before its properties were set, which OpenZFS does after it has made
        // it: then nothing of anybody's stands on it.
        if let Some(state) = there.filter(|state| is_bare(state) && !self.found.contains(dataset)) {
            let state = state.clone();
            return self.unmake_bare(dataset, volume, &state, seen);
        }
        // With another's mark, or what was found when it was to be made, is not what the transaction made.
        let ours = there.is_some_and(|state| is_marked(state, self.owner));
        if !ours || self.stuck.iter().any(|stuck| stuck.is_below(dataset)) {
            self.seen = Some(seen);
            return Ok(());
        }
        match self.unlock(dataset, seen)? {
            Some(seen) => self.unmake(dataset, volume, &seen),
            None => self.leave_locked(dataset, volume),
        }
    }

    fn unmake_cloned(&mut self, dataset: &DatasetName, volume: bool, origin: &str) -> Result<(), HostError> {
        let seen = self.look()?;
        let is = |state: &&DatasetState| state.value(ORIGIN) == Some(origin);
        if let Some(state) = seen.datasets.get(dataset).filter(is).cloned() {
            return self.unmake_clone(dataset, volume, &state, &seen);
        }
        self.seen = Some(seen);
        Ok(())
    }

    /// Sets a property back. What is mounted meanwhile must not be in the way of a mount point.
    fn set_back(
        &mut self,
        dataset: &DatasetName,
        property: &PropertyName,
        inverse: &Inverse,
    ) -> Result<(), HostError> {
        let seen = self.look()?;
        let op = inverse.ops(&seen).pop();
        let ops = op.map(|op| around(&seen, dataset, property, op)).unwrap_or_default();
        self.run_all(&ops, seen)
    }

    /// Unmakes a dataset that the transaction made: destroys it where it is empty, else sets it aside.
    fn unmake(&mut self, dataset: &DatasetName, volume: bool, seen: &Observed) -> Result<(), HostError> {
        let has_children = seen.datasets.keys().any(|other| other.is_below(dataset));
        let is_area = area::is_area(dataset);
        if is_area && has_children {
            return Ok(());
        }
        if !self.run_each(&away(seen, |name| name == dataset))? {
            return Ok(());
        }
        let empty = !volume && !has_children && self.is_empty(dataset)?;
        if empty && self.destroy(dataset)? {
            return Ok(());
        }
        if !is_area {
            self.set_aside(dataset, volume, seen)?;
        }
        Ok(())
    }

    /// Destroys a dataset that holds nothing. One that something has, such as a container that runs, cannot go and can
    /// be set aside; returns whether nothing is left to be done.
    fn destroy(&mut self, dataset: &DatasetName) -> Result<bool, HostError> {
        self.seen = None;
        match self.host.perform(&Op::DatasetDestroy { dataset: dataset.clone() }) {
            Err(lost @ HostError::PowerLost) => return Err(lost),
            Err(error) if error.complains_of(Complaint::Busy) => return Ok(false),
            Err(error) => self.undone.failed.push(error.to_string()),
            Ok(()) => {}
        }
        Ok(true)
    }

    /// Unmakes a dataset that bears no mark, where nothing is in it, nor ever was: no file, no dataset, no
    /// snapshot. Whatever holds something is somebody else's, and stays.
    fn unmake_bare(
        &mut self,
        dataset: &DatasetName,
        volume: bool,
        state: &DatasetState,
        seen: Observed,
    ) -> Result<(), HostError> {
        if volume != state.volume || seen.datasets.keys().any(|other| other.is_below(dataset)) {
            self.seen = Some(seen);
            return Ok(());
        }
        let Some(seen) = self.unlock(dataset, seen)? else { return Ok(()) };
        self.seen = Some(seen);
        let snapshots = match self.host.snapshots(std::slice::from_ref(dataset)) {
            Err(lost @ HostError::PowerLost) => return Err(lost),
            other => other,
        };
        if !snapshots.is_ok_and(|snapshots| snapshots.is_empty()) {
            return Ok(());
        }
        // What is in a volume cannot be known: it is set aside, as one with the mark is.
        if volume {
            let seen = self.look()?;
            return self.set_aside(dataset, volume, &seen);
        }
        if state.mounted && !self.run(&Op::DatasetUnmount { dataset: dataset.clone() })? {
            return Ok(());
        }
        if self.is_empty(dataset)? {
            self.run(&Op::DatasetDestroy { dataset: dataset.clone() })?;
        } else if state.mounted {
            self.run(&Op::DatasetMount { dataset: dataset.clone() })?;
        }
        Ok(())
    }

    /// Unmakes a clone: destroys it where nothing was written to it, which the snapshot outlives; else sets
    /// it aside.
    fn unmake_clone(
        &mut self,
        dataset: &DatasetName,
        volume: bool,
        state: &DatasetState,
        seen: &Observed,
    ) -> Result<(), HostError> {
        if state.mounted {
            if self.run_each(&away(seen, |name| name == dataset))? {
                // Unmounting has written what was still on its way: it is looked at again.
                return self.take_back_again(dataset, volume);
            }
            return Ok(());
        }
        let has_children = seen.datasets.keys().any(|other| other.is_below(dataset));
        let untouched = state.value(WRITTEN) == Some("0") && !has_children;
        let snapshots = match self.host.snapshots(std::slice::from_ref(dataset)) {
            Err(lost @ HostError::PowerLost) => return Err(lost),
            other => other,
        };
        if untouched && snapshots.is_ok_and(|snapshots| snapshots.is_empty()) {
            self.run(&Op::DatasetDestroy { dataset: dataset.clone() })?;
            return Ok(());
        }
        self.set_aside(dataset, volume, seen)
    }

    fn take_back_again(&mut self, dataset: &DatasetName, volume: bool) -> Result<(), HostError> {
        let seen = self.look()?;
        match seen.datasets.get(dataset).cloned() {
            Some(state) if !state.mounted => self.unmake_clone(dataset, volume, &state, &seen),
            _ => Ok(()),
        }
    }

    pub(super) fn is_empty(&mut self, dataset: &DatasetName) -> Result<bool, HostError> {
        match self.host.contents(dataset) {
            Ok(contents) => Ok(contents == Contents::Empty),
            Err(lost @ HostError::PowerLost) => Err(lost),
            // What cannot be looked into counts as holding something: it is set aside, and told.
            Err(error) => {
                self.undone.kept.push(format!("{dataset} could not be looked into: {error}"));
                Ok(false)
            }
        }
    }

    /// Moves a dataset that holds something, or a volume, to the pool's area, from where the next
    /// switch that declares it brings it home.
    pub(super) fn set_aside(
        &mut self,
        dataset: &DatasetName,
        volume: bool,
        seen: &Observed,
    ) -> Result<(), HostError> {
        let Some(top) = area::top(&area::holder_in(seen, dataset)) else { return Ok(()) };
        let leaf = dataset.below_pool().replace('/', ":");
        let names = (0_u32..).map(|count| format!("{}.undone{count}", self.number));
        let free =
            names.filter_map(|name| top.child(&name).ok()).find(|folder| !seen.datasets.contains_key(folder));
        let Some(folder) = free else { return Ok(()) };
        let Ok(place) = folder.child(&leaf) else {
            self.undone
                .kept
                .push(format!("{dataset} holds something and stays: its name is too long to be set aside"));
            return Ok(());
        };
        for made in [top, folder] {
            let words = [("canmount", "off"), ("mountpoint", "none"), (OWNER, self.owner)];
            let settings = words.map(|(name, word)| (PropertyName::new(name), word.into())).into();
            let op = match seen.datasets.get(&made) {
                // A power cut may have left it before it was closed.
                Some(state)
                    if state.value("canmount") == Some("off")
                        && state.value("mountpoint") == Some("none") =>
                {
                    continue;
                }
                Some(_) => Op::DatasetSet { dataset: made, settings },
                None => Op::DatasetCreate { dataset: made, settings },
            };
            if !self.run(&op)? {
                return Ok(());
            }
        }
        let whole = seen.datasets.iter().filter(|(name, _)| *name == dataset || name.is_below(dataset));
        for (inside, _) in whole.filter(|(_, state)| would_mount(dataset, state)) {
            let words = [(KEPT_CANMOUNT, "on"), ("canmount", "noauto")];
            let settings = words.map(|(name, word)| (PropertyName::new(name), word.into())).into();
            if !self.run(&Op::DatasetSet { dataset: inside.clone(), settings })? {
                return Ok(());
            }
        }
        let marks = [(OWNER, self.owner), (HOME, dataset.as_str())];
        let home = marks.map(|(name, word)| (PropertyName::new(name), word.into())).into();
        let moved = self.run(&Op::DatasetSet { dataset: dataset.clone(), settings: home })?
            && self.run(&Op::DatasetRename { from: dataset.clone(), to: place.clone(), volume })?;
        if moved {
            self.undone.kept.push(format!("{dataset} was set aside as {place}, with all it holds"));
        }
        Ok(())
    }
}

/// Returns whether a dataset bears the mark of this host, set on it itself.
pub fn is_marked(state: &DatasetState, host: &str) -> bool {
    let mark = state.settings.get(OWNER).filter(|mark| mark.source == Source::Local);
    mark.is_some_and(|mark| &*mark.raw == host)
}

/// Returns whether a dataset bears nobody's mark: none was set on it, and none was received.
pub fn is_bare(state: &DatasetState) -> bool {
    [OWNER, HOME].iter().all(|name| {
        !state.is_unreadable(name) && state.settings.get(*name).is_none_or(|mark| !mark.source.is_own())
    })
}
