//! Undoing: brings back what stood before, from the last intent to the first.
//!
//! What is undone is what a new look shows, so undoing can be cut off anywhere and begun again. A
//! dataset or pool that the transaction made is unmade only after a look into it found nothing; what
//! holds something is set aside, or left, and told.

mod keys;
mod pool;

use phoenix_graph::{DatasetName, Disk, PropertyName};
use phoenix_host::{
    Contents, Host, HostError, area,
    observed::{
        DatasetState, HOME, KEPT_CANMOUNT, ORIGIN, OWNER, Observed, Query, Source, WRITTEN,
        mount::{is_below, plain},
    },
    op::Op,
};
use phoenix_plan::{Action, Inverse, Plan, around, away, begun, unexports, would_mount};
use std::collections::BTreeSet;

/// What undoing could not, or would not, take back.
#[derive(Debug, Default)]
pub struct Undone {
    /// What was kept because it holds something, or because it cannot be taken back.
    pub kept: Vec<String>,
    /// What failed, with its error.
    pub failed: Vec<String>,
}

/// Undoes plans, the last first, each with the actions whose intent is on record. What was `found` to be there
/// already when it was to be made stays.
///
/// # Errors
/// [`HostError`] where the host cannot be looked at at all, or lost power.
pub fn undo(
    host: &dyn Host,
    host_name: &str,
    plans: &[(Plan, Vec<usize>)],
    found: &BTreeSet<DatasetName>,
) -> Result<Undone, HostError> {
    let mut undoing = Undoing {
        host,
        owner: host_name,
        found,
        number: 0,
        seen: None,
        query: Query::default(),
        undone: Undone::default(),
        key_failed: false,
        stuck: BTreeSet::new(),
        stuck_by_failure: BTreeSet::new(),
        unmounted: BTreeSet::new(),
        unset: BTreeSet::new(),
    };
    for action in plans.iter().flat_map(|(plan, _)| &plan.actions) {
        undoing.watch(action);
    }
    undoing.query.storages |= plans.iter().any(|(plan, _)| plan.registry.is_some());
    undoing.checkpoints(plans)?;
    for (plan, intents) in plans.iter().rev() {
        undoing.number = plan.number;
        for action in intents.iter().rev().filter_map(|&at| plan.actions.get(at)) {
            for inverse in action.inverses.iter().rev() {
                undoing.take_back(inverse)?;
            }
        }
    }
    undoing.register(plans)?;
    undoing.reload_exports(plans)?;
    undoing.tunables(plans)?;
    undoing.check(plans)?;
    Ok(undoing.undone)
}

struct Undoing<'a> {
    host: &'a dyn Host,
    owner: &'a str,
    number: u64,
    /// The last look, as long as nothing was done since.
    seen: Option<Observed>,
    query: Query,
    undone: Undone,
    /// Whether the key that was needed last could not be loaded, though nobody has to type it.
    key_failed: bool,
    /// What was found to be there already when it was to be made: it is somebody else's.
    found: &'a BTreeSet<DatasetName>,
    /// What could not be unmade: what contains it is left, too, until that is tried again.
    stuck: BTreeSet<DatasetName>,
    /// Those of them that something failed on, which can be tried again.
    stuck_by_failure: BTreeSet<DatasetName>,
    /// What is left unmounted, and told.
    unmounted: BTreeSet<DatasetName>,
    /// What could not be set back: that is known by the name that it has now, which it keeps until then.
    unset: BTreeSet<DatasetName>,
}

impl Undoing<'_> {
    /// Adds what an action's inverses need to the look.
    fn watch(&mut self, action: &Action) {
        for inverse in &action.inverses {
            inverse.look(&mut self.query);
            if let Inverse::PoolAbsent { pool, disks } = inverse {
                let disks = disks.iter().cloned().map(Disk).collect();
                self.query.pools.insert(pool.clone(), disks);
            }
        }
    }

    fn look(&mut self) -> Result<Observed, HostError> {
        match self.seen.take() {
            Some(seen) => Ok(seen),
            None => self.host.observe(&self.query),
        }
    }

    /// Runs an operation; a failure is told, and undoing goes on with the rest.
    fn run(&mut self, op: &Op) -> Result<bool, HostError> {
        self.seen = None;
        match self.host.perform(op) {
            Ok(()) => Ok(true),
            Err(lost @ HostError::PowerLost) => Err(lost),
            // Its exit code is about all entries of all files; the last look tells whether ours are right.
            Err(HostError::Command { .. }) if *op == Op::ExportsReload => Ok(true),
            Err(error) => {
                self.undone.failed.push(error.to_string());
                Ok(false)
            }
        }
    }

    fn take_back(&mut self, inverse: &Inverse) -> Result<(), HostError> {
        let seen = self.look()?;
        match inverse {
            Inverse::DatasetAbsent { dataset, volume } => {
                let there = seen.datasets.get(dataset);
                // It may have been cut off before its properties were set, which OpenZFS does after it has made
                // it: then nothing of anybody's stands on it.
                if let Some(state) = there.filter(|state| is_bare(state) && !self.found.contains(dataset)) {
                    let state = state.clone();
                    return self.unmake_bare(dataset, *volume, &state, seen);
                }
                // With another's mark, or what was found when it was to be made, is not what the transaction made.
                if there.is_some_and(|state| is_marked(state, self.owner)) {
                    if self.stuck.iter().any(|stuck| stuck.is_below(dataset)) {
                        self.seen = Some(seen);
                        return Ok(());
                    }
                    let failures = self.undone.failed.len();
                    match self.unlock(dataset, seen)? {
                        Some(seen) => self.unmake(dataset, *volume, &seen)?,
                        None => self.leave_locked(dataset, *volume)?,
                    }
                    if self.undone.failed.len() > failures {
                        self.stuck.insert(dataset.clone());
                        self.stuck_by_failure.insert(dataset.clone());
                    }
                    return Ok(());
                }
            }
            Inverse::Cloned { dataset, volume, origin } => {
                let is = |state: &&DatasetState| state.value(ORIGIN) == Some(&*origin.to_string());
                if let Some(state) = seen.datasets.get(dataset).filter(is).cloned() {
                    return self.unmake_clone(dataset, *volume, &state, &seen);
                }
            }
            Inverse::While { aside, inverse } => {
                let stands = seen.datasets.contains_key(aside);
                self.seen = Some(seen);
                return if stands { self.take_back(inverse) } else { Ok(()) };
            }
            Inverse::PoolAbsent { pool, disks } => return self.unmake_pool(pool, disks, seen),
            Inverse::KeyUnloaded { dataset } => {
                let loaded = seen
                    .datasets
                    .get(dataset)
                    .is_some_and(|state| state.value("keystatus") == Some("available"));
                if loaded {
                    return self.unload(dataset);
                }
            }
            Inverse::Mount { dataset, mounted: true } => return self.mount_back(dataset, inverse, seen),
            // What is registered anew goes at once, so that what it lies over can go; what was registered
            // before comes back at the end, when that is mounted again.
            Inverse::Storage { .. } => {
                let goes = inverse.ops(&seen).into_iter();
                let goes = goes.take_while(|op| matches!(op, Op::StorageRemove { .. })).collect::<Vec<_>>();
                return self.run_all(&goes, seen);
            }
            // What is exported anew goes at once, so that it can be unmounted; what was exported before
            // comes back at the end, when it is mounted again.
            Inverse::Exports { before } => return self.run_all(&unexports(before, &seen), seen),
            Inverse::Name { after, .. }
                if self.unset.iter().any(|unset| unset == after || unset.is_below(after)) => {}
            other => {
                let failures = self.undone.failed.len();
                self.undone.kept.extend(other.kept(&seen).filter(|text| !self.undone.kept.contains(text)));
                let mut ops = other.ops(&seen);
                if let Inverse::Setting { dataset, property, .. } = other
                    && let Some(op) = ops.pop()
                {
                    // What is mounted meanwhile must not be in the way of a mount point that is set back.
                    ops = around(&seen, dataset, property, op);
                }
                self.run_all(&ops, seen)?;
                if let Inverse::Setting { dataset, .. } = other
                    && self.undone.failed.len() > failures
                {
                    self.unset.insert(dataset.clone());
                }
                return self.clear_labels(other);
            }
        }
        self.seen = Some(seen);
        Ok(())
    }

    /// Mounts a file system again, once its key is there, and what it lies in is mounted.
    fn mount_back(
        &mut self,
        dataset: &DatasetName,
        inverse: &Inverse,
        seen: Observed,
    ) -> Result<(), HostError> {
        // Below what could not be mounted nothing is mounted either: it would be hidden once that is, and
        // what is written meanwhile would land elsewhere.
        if let Some(above) = self.stuck.iter().find(|stuck| contains(&seen, stuck, dataset)).cloned() {
            // Where something failed that is tried again, and this with it.
            if self.stuck_by_failure.contains(&above) {
                self.stuck_by_failure.insert(dataset.clone());
            } else if self.unmounted.insert(dataset.clone()) {
                let why = format!("since it lies in {above}, which is not mounted");
                self.undone.kept.push(format!("{dataset} stays unmounted, {why}"));
            }
            self.stuck.insert(dataset.clone());
            self.seen = Some(seen);
            return Ok(());
        }
        let Some(seen) = self.unlock(dataset, seen)? else {
            self.stuck.insert(dataset.clone());
            if self.key_failed {
                self.stuck_by_failure.insert(dataset.clone());
            } else if self.unmounted.insert(dataset.clone()) {
                self.undone.kept.push(format!("{dataset} stays unmounted, since its key is not loaded"));
            }
            return Ok(());
        };
        let failures = self.undone.failed.len();
        self.run_all(&inverse.ops(&seen), seen)?;
        if self.undone.failed.len() > failures {
            self.stuck.insert(dataset.clone());
            self.stuck_by_failure.insert(dataset.clone());
        }
        Ok(())
    }

    /// Runs operations until one fails; says whether none did.
    fn run_each(&mut self, ops: &[Op]) -> Result<bool, HostError> {
        for op in ops {
            if !self.run(op)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Runs operations until one fails; without any, the last look still holds.
    fn run_all(&mut self, ops: &[Op], seen: Observed) -> Result<(), HostError> {
        self.seen = Some(seen);
        for op in ops {
            if !self.run(op)? {
                break;
            }
        }
        Ok(())
    }

    /// Gives up the checkpoints that were taken: as long as a pool has one, nothing of its layout is taken
    /// back, whichever plan changed it.
    fn checkpoints(&mut self, plans: &[(Plan, Vec<usize>)]) -> Result<(), HostError> {
        for inverse in begun(plans).flat_map(|action| &action.inverses) {
            if matches!(inverse, Inverse::CheckpointAbsent { .. }) {
                self.take_back(inverse)?;
            }
        }
        Ok(())
    }

    /// Sets parameters back, also those whose action was not begun: a boot after the rendered files were
    /// put in force has loaded the new values.
    fn tunables(&mut self, plans: &[(Plan, Vec<usize>)]) -> Result<(), HostError> {
        let inverses = plans.iter().rev().flat_map(|(plan, _)| plan.actions.iter().rev());
        for inverse in inverses.flat_map(|action| &action.inverses) {
            if matches!(inverse, Inverse::Tunable { .. }) {
                self.take_back(inverse)?;
            }
        }
        Ok(())
    }

    /// Brings registrations back, one after the other, once all is mounted again; and tells what of their
    /// file does not come back by that.
    fn register(&mut self, plans: &[(Plan, Vec<usize>)]) -> Result<(), HostError> {
        for (_, inverse) in before(plans) {
            if matches!(inverse, Inverse::Storage { .. }) {
                let seen = self.look()?;
                self.run_all(&inverse.ops(&seen), seen)?;
            }
        }
        // The first plan knows the file as it was before the first write.
        let Some(registry) = plans.iter().find_map(|(plan, _)| plan.registry.as_ref()) else { return Ok(()) };
        let seen = self.look()?;
        self.undone.kept.extend(registry.gone(&seen));
        self.seen = Some(seen);
        Ok(())
    }

    fn reload_exports(&mut self, plans: &[(Plan, Vec<usize>)]) -> Result<(), HostError> {
        let seen = self.look()?;
        let differs = before(plans)
            .iter()
            .any(|(_, inverse)| matches!(inverse, Inverse::Exports { .. }) && !inverse.ops(&seen).is_empty());
        self.seen = Some(seen);
        if differs {
            self.run(&Op::ExportsReload)?;
        }
        Ok(())
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
        if empty {
            self.run(&Op::DatasetDestroy { dataset: dataset.clone() })?;
            return Ok(());
        }
        if !is_area {
            self.set_aside(dataset, volume, seen)?;
        }
        Ok(())
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

    fn is_empty(&mut self, dataset: &DatasetName) -> Result<bool, HostError> {
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
    fn set_aside(&mut self, dataset: &DatasetName, volume: bool, seen: &Observed) -> Result<(), HostError> {
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

    /// Looks once more: whatever does not stand as before is a failure, told.
    fn check(&mut self, plans: &[(Plan, Vec<usize>)]) -> Result<(), HostError> {
        let seen = self.host.observe(&self.query)?;
        let mut left: Vec<(&Action, BTreeSet<String>)> = Vec::new();
        for (action, inverse) in before(plans) {
            if matches!(&inverse, Inverse::Mount { dataset, mounted: true } if self.unmounted.contains(dataset))
            {
                continue;
            }
            let ops = inverse.ops(&seen).into_iter().map(|op| op.describe());
            match left.last_mut().filter(|(last, _)| std::ptr::eq(*last, action)) {
                Some((_, all)) => all.extend(ops),
                None => left.push((action, ops.collect())),
            }
        }
        for (action, ops) in left.into_iter().filter(|(_, ops)| !ops.is_empty()) {
            let ops = ops.into_iter().collect::<Vec<_>>().join("; ");
            let told = format!("{} is not as it was; this would bring it back: {ops}", action.subject);
            self.undone.failed.push(told);
        }
        self.undone.failed.dedup();
        Ok(())
    }
}

/// Lists what stood before a transaction, with the actions that changed it, as far as their intent is on
/// record. A switch that was resumed has several plans, and what a later one found where an earlier one
/// had been at work is no state to come back to.
fn before(plans: &[(Plan, Vec<usize>)]) -> Vec<(&Action, Inverse)> {
    let mut known = BTreeSet::new();
    begun(plans)
        .flat_map(|action| action.inverses.iter().map(move |inverse| (action, inverse)))
        .filter_map(|(action, inverse)| Some((action, inverse.unless_known(&mut known)?)))
        .collect()
}

/// Returns whether a dataset bears the mark of this host, set on it itself.
fn is_marked(state: &DatasetState, host: &str) -> bool {
    let mark = state.settings.get(OWNER).filter(|mark| mark.source == Source::Local);
    mark.is_some_and(|mark| &*mark.raw == host)
}

/// Returns whether a dataset bears nobody's mark: none was set on it, and none was received.
fn is_bare(state: &DatasetState) -> bool {
    [OWNER, HOME].iter().all(|name| {
        !state.is_unreadable(name) && state.settings.get(*name).is_none_or(|mark| !mark.source.is_own())
    })
}

fn is_locked(seen: &Observed, dataset: &DatasetName) -> bool {
    seen.datasets.get(dataset).is_some_and(DatasetState::is_locked)
}

/// Returns whether a file system lies in another: by its name, or by the path where it is to be mounted.
fn contains(seen: &Observed, above: &DatasetName, dataset: &DatasetName) -> bool {
    let path = |name: &DatasetName| {
        let state = seen.datasets.get(name)?;
        state.value("mountpoint").filter(|path| path.starts_with('/')).map(plain)
    };
    match (path(above), path(dataset)) {
        (Some(above), Some(path)) => is_below(&path, &above),
        _ => dataset.is_below(above),
    }
}
