//! Undoing: brings back what stood before, from the last intent to the first.
//!
//! What is undone is what a new look shows, so undoing can be cut off anywhere and begun again. A
//! dataset or pool that the transaction made is unmade only after a look into it found nothing; what
//! holds something is set aside, or left, and told.

use crate::{
    host::{Contents, Host, HostError},
    observed::{DatasetState, DiskState, HOME, OWNER, Observed, Query},
    op::Op,
    plan::{Action, Inverse, Plan, add_inverse, unexports},
};
use phoenix_graph::{DatasetName, Disk, PoolName, PropertyName};
use std::collections::BTreeSet;

/// What undoing could not, or would not, take back.
#[derive(Debug, Default)]
pub struct Undone {
    /// What was kept because it holds something.
    pub kept: Vec<String>,
    /// What failed, with its error.
    pub failed: Vec<String>,
}

/// Undoes plans, the last first, each with the actions whose intent is on record.
///
/// # Errors
/// [`HostError`] where the host cannot be looked at at all, or lost power.
pub fn undo(host: &dyn Host, host_name: &str, plans: &[(Plan, Vec<usize>)]) -> Result<Undone, HostError> {
    let mut undoing = Undoing {
        host,
        owner: host_name,
        number: 0,
        seen: None,
        query: Query::default(),
        undone: Undone::default(),
    };
    for action in plans.iter().flat_map(|(plan, _)| &plan.actions) {
        undoing.watch(action);
    }
    for (plan, intents) in plans.iter().rev() {
        undoing.number = plan.number;
        for action in intents.iter().rev().filter_map(|&at| plan.actions.get(at)) {
            for inverse in action.inverses.iter().rev() {
                undoing.take_back(inverse)?;
            }
        }
    }
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
}

impl Undoing<'_> {
    /// Adds what an action's inverses need to the look.
    fn watch(&mut self, action: &Action) {
        for inverse in &action.inverses {
            add_inverse(&mut self.query, inverse);
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
            Err(HostError::PowerLost) => Err(HostError::PowerLost),
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
                // Without the mark it is not what the transaction made, whoever made it meanwhile.
                let ours = seen.datasets.get(dataset).filter(|state| state.local(OWNER) == Some(self.owner));
                if let Some(state) = ours.cloned() {
                    self.unmake(dataset, *volume, &state, &seen)?;
                    return Ok(());
                }
            }
            Inverse::PoolAbsent { pool, disks } => return self.unmake_pool(pool, disks, seen),
            // What is exported anew goes at once, so that it can be unmounted; what was exported before
            // comes back at the end, when it is mounted again.
            Inverse::Exports { before } => return self.run_all(&unexports(before, &seen), seen),
            other => return self.run_all(&other.ops(&seen), seen),
        }
        self.seen = Some(seen);
        Ok(())
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

    fn reload_exports(&mut self, plans: &[(Plan, Vec<usize>)]) -> Result<(), HostError> {
        let seen = self.look()?;
        let begun =
            plans.iter().flat_map(|(plan, begun)| begun.iter().filter_map(|&at| plan.actions.get(at)));
        let differs = begun
            .flat_map(|action| &action.inverses)
            .any(|inverse| matches!(inverse, Inverse::Exports { .. }) && !inverse.ops(&seen).is_empty());
        self.seen = Some(seen);
        if differs {
            self.run(&Op::ExportsReload)?;
        }
        Ok(())
    }

    /// Unmakes a dataset that the transaction made: destroys it where it is empty, else sets it aside.
    fn unmake(
        &mut self,
        dataset: &DatasetName,
        volume: bool,
        state: &DatasetState,
        seen: &Observed,
    ) -> Result<(), HostError> {
        let has_children = seen.datasets.keys().any(|other| other.is_below(dataset));
        let area = is_area(dataset);
        if area && has_children {
            return Ok(());
        }
        if state.mounted && !self.run(&Op::DatasetUnmount { dataset: dataset.clone() })? {
            return Ok(());
        }
        let empty = !volume && !has_children && self.is_empty(dataset)?;
        if empty {
            self.run(&Op::DatasetDestroy { dataset: dataset.clone() })?;
            return Ok(());
        }
        if !area {
            self.set_aside(dataset, volume, seen)?;
        }
        Ok(())
    }

    fn is_empty(&mut self, dataset: &DatasetName) -> Result<bool, HostError> {
        match self.host.contents(dataset) {
            Ok(contents) => Ok(contents == Contents::Empty),
            Err(HostError::PowerLost) => Err(HostError::PowerLost),
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
        let Ok(top) = dataset.pool().root().child(".phoenix") else { return Ok(()) };
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
            if seen.datasets.contains_key(&made) {
                continue;
            }
            let words = [("canmount", "off"), ("mountpoint", "none"), (OWNER, self.owner)];
            let settings = words.map(|(name, word)| (PropertyName::new(name), word.into())).into();
            if !self.run(&Op::DatasetCreate { dataset: made, settings })? {
                return Ok(());
            }
        }
        let home = vec![(PropertyName::new(HOME), dataset.as_str().into())];
        let moved = self.run(&Op::DatasetSet { dataset: dataset.clone(), settings: home })?
            && self.run(&Op::DatasetRename { from: dataset.clone(), to: place.clone(), volume })?;
        if moved {
            self.undone.kept.push(format!("{dataset} was set aside as {place}, with all it holds"));
        }
        Ok(())
    }

    /// Unmakes a pool that the transaction made, where nothing is in it; its disks are blank again.
    fn unmake_pool(
        &mut self,
        pool: &PoolName,
        disks: &[Box<str>],
        mut seen: Observed,
    ) -> Result<(), HostError> {
        if !seen.pools.contains_key(pool) && seen.importable.contains(pool) {
            if !self.run(&Op::PoolImport { pool: pool.clone() })? {
                return Ok(());
            }
            seen = self.look()?;
        }
        let root = pool.root();
        let ours = seen.datasets.get(&root).filter(|state| state.local(OWNER) == Some(self.owner));
        if let Some(state) = ours {
            let inside: Vec<&str> =
                seen.datasets.keys().filter(|name| name.is_below(&root)).map(DatasetName::as_str).collect();
            if !inside.is_empty() {
                self.undone.kept.push(format!("the pool {pool} stays, because of {}", inside.join(", ")));
                return Ok(());
            }
            if state.mounted && !self.run(&Op::DatasetUnmount { dataset: root.clone() })? {
                return Ok(());
            }
            if !self.is_empty(&root)? {
                self.undone.kept.push(format!("the pool {pool} stays: its root dataset holds something"));
                if state.mounted {
                    self.run(&Op::DatasetMount { dataset: root })?;
                }
                return Ok(());
            }
            if !self.run(&Op::PoolDestroy { pool: pool.clone() })? {
                return Ok(());
            }
            seen = self.look()?;
        }
        // A label of this pool alone is taken off, and none while a pool of this name is there.
        let label_left = |disk: &str| match seen.disks.get(&Disk(disk.into())) {
            Some(DiskState::Holds(_, found)) => found.iter().any(|thing| thing.contains(pool.as_str())),
            _ => false,
        };
        let gone = !seen.pools.contains_key(pool);
        let labelled: Vec<Box<str>> = disks.iter().filter(|disk| gone && label_left(disk)).cloned().collect();
        self.seen = Some(seen);
        for disk in labelled {
            self.run(&Op::LabelClear { disk })?;
        }
        Ok(())
    }

    /// Looks once more: whatever does not stand as before is a failure, told.
    fn check(&mut self, plans: &[(Plan, Vec<usize>)]) -> Result<(), HostError> {
        let seen = self.host.observe(&self.query)?;
        for (plan, intents) in plans {
            for action in intents.iter().filter_map(|&at| plan.actions.get(at)) {
                let left: BTreeSet<String> = action
                    .inverses
                    .iter()
                    .flat_map(|inverse| inverse.ops(&seen))
                    .map(|op| op.describe())
                    .collect();
                if !left.is_empty() {
                    let ops = left.into_iter().collect::<Vec<_>>().join("; ");
                    self.undone.failed.push(format!(
                        "{} is not as it was; this would bring it back: {ops}",
                        action.subject
                    ));
                }
            }
        }
        self.undone.failed.dedup();
        Ok(())
    }
}

/// Returns whether a dataset is one of the folders of the pool's area.
fn is_area(dataset: &DatasetName) -> bool {
    let below = dataset.below_pool();
    below == ".phoenix" || below.strip_prefix(".phoenix/").is_some_and(|rest| !rest.contains('/'))
}
