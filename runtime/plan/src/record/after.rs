//! What is ours once a transaction has done its work, or was undone: what it made, adopted, put away and let
//! go of, found by a look at the host.

use crate::{
    Action, Inverse, Kind, Plan, Subject, begun,
    record::{Away, Entry, Identity, Record},
};
use phoenix_graph::{DatasetName, HostName, Key, PoolName};
use phoenix_host::{
    area,
    observed::{HOME, Observed},
};
use std::collections::{BTreeMap, BTreeSet};

/// What a transaction did: its plans, each with the actions that were begun, and whether it was undone.
#[derive(Debug, Clone)]
pub struct Step<'a> {
    /// The number of the attempt.
    pub number: u64,
    /// What is found by another name had the one before in the generations before this one. It is the attempt's own; where
    /// the current generation is put right, or stays, this has what is there by the name that it has now.
    pub names: u64,
    /// The host's name.
    pub host: &'a HostName,
    /// The pools that the generation names which it leads to; none where it was undone.
    pub pools: BTreeSet<PoolName>,
    /// The plans.
    pub plans: Vec<&'a (Plan, Vec<usize>)>,
    /// How far it has come.
    pub stage: Stage,
}

/// How far a transaction has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is under way.
    UnderWay,
    /// Everything was done.
    Done,
    /// It was undone.
    Undone,
}

impl Record {
    /// Says what is ours after a step, by what is seen then.
    #[must_use]
    pub fn after(&self, seen: &Observed, step: &Step<'_>) -> Self {
        let mut record = self.clone();
        record.hosts.insert(step.host.clone());
        let undone = step.stage == Stage::Undone;
        if undone {
            // What it adopted is nobody's again; what it let go of is not let go.
            record.entries.retain(|_, entry| entry.by != step.number);
            for entry in record.entries.values_mut() {
                entry.released = entry.released.filter(|by| *by != step.number);
            }
        }
        record.find_again(seen, step);
        for name in came_to_be(seen, step) {
            record.take(seen, name, step.number);
        }
        if undone {
            record.take_set_aside(seen, step);
        }
        record
    }

    /// Looks where everything on record is now. What is gone from a pool that is there is gone.
    fn find_again(&mut self, seen: &Observed, step: &Step<'_>) {
        let mut names: BTreeMap<Identity, &DatasetName> = BTreeMap::new();
        for (name, state) in &seen.datasets {
            names.extend(Identity::of(seen, &name.pool(), state).map(|identity| (identity, name)));
        }
        let pools: BTreeSet<u64> = seen.pools.values().map(|pool| pool.guid).collect();
        // A pool that somebody imported by another name keeps the one that is on record, and with that can be
        // told, until a generation names it by the other.
        let strange = |pool: &PoolName| !step.pools.contains(pool) && self.pool_was(seen, pool).is_some();
        let strange: BTreeSet<u64> =
            seen.pools.iter().filter(|(pool, _)| strange(pool)).map(|(_, state)| state.guid).collect();
        self.entries.retain(|identity, entry| {
            let Some(name) = names.get(identity) else { return !pools.contains(&identity.pool) };
            if strange.contains(&identity.pool) {
                return true;
            }
            if !area::is_inside(name) {
                entry.is_called(name, step.names);
                entry.away = None;
            } else {
                entry.away = entry.away_at(name);
                entry.goes_along(step.number);
            }
            entry.name = (*name).clone();
            true
        });
        if step.stage != Stage::Done {
            return;
        }
        for name in released(step) {
            let identity = seen.datasets.get(&name).and_then(|state| Identity::of(seen, &name.pool(), state));
            if let Some(entry) = identity.and_then(|identity| self.entries.get_mut(&identity)) {
                entry.released = Some(step.number);
            }
        }
    }

    /// Puts a dataset on record, where its mark agrees and it is not yet.
    fn take(&mut self, seen: &Observed, name: &DatasetName, number: u64) -> Option<&mut Entry> {
        let state = seen.datasets.get(name).filter(|state| self.agrees(state))?;
        let identity = Identity::of(seen, &name.pool(), state)?;
        let entry = self.entries.entry(identity).or_insert_with(|| Entry {
            identity,
            name: name.clone(),
            by: number,
            away: None,
            released: None,
            earlier: Vec::new(),
        });
        if entry.released.take().is_some() {
            entry.by = number;
        }
        Some(entry)
    }

    /// Puts on record what undoing set aside, since it holds something: what the transaction had made.
    fn take_set_aside(&mut self, seen: &Observed, step: &Step<'_>) {
        let made: BTreeSet<&DatasetName> = made(step).collect();
        let aside = |name: &DatasetName| {
            let folder = area::innermost_folder_of(name)?;
            area::number_of(folder).filter(|(number, undone)| *number == step.number && *undone)
        };
        for (name, state) in &seen.datasets {
            if aside(name).is_none() {
                continue;
            }
            let home = state.local(HOME).and_then(|home| DatasetName::seen(home).ok());
            let Some(home) = home.filter(|home| made.contains(home) && home.pool() == name.pool()) else {
                continue;
            };
            let folders =
                name.parent().into_iter().flat_map(|folder| [folder.parent(), Some(folder)]).flatten();
            for folder in folders {
                self.take(seen, &folder, step.number);
            }
            if let Some(entry) = self.take(seen, name, step.number) {
                entry.away.get_or_insert(Away { home: home.clone(), number: step.number });
            }
            for (below, _) in seen.below(name) {
                self.take(seen, below, step.number);
            }
        }
    }
}

/// Lists what a step has made or adopted, as far as it is there.
fn came_to_be<'a>(seen: &'a Observed, step: &Step<'a>) -> Vec<&'a DatasetName> {
    let mut found: Vec<&DatasetName> = made(step).filter_map(|name| there(seen, name)).collect();
    for inverse in begun(step.plans.iter().copied()).flat_map(|action| &action.inverses) {
        if let Inverse::PoolAbsent { pool, .. } = inverse {
            found.extend(there(seen, &pool.root()));
        }
    }
    if step.stage == Stage::Undone {
        return found;
    }
    for action in begun(step.plans.iter().copied()) {
        let Subject::Resource(key) = &action.subject else { continue };
        match (action.kind, key) {
            (Kind::Adopt, Key::Pool(pool)) => found.extend(there(seen, &pool.root())),
            (Kind::Adopt, Key::Dataset(name) | Key::Volume(name)) => found.extend(there(seen, name)),
            // What came home and was not on record was adopted, with all that was put away with it.
            (Kind::Rename, Key::Dataset(name) | Key::Volume(name)) if is_adopted(action) => {
                found.extend(there(seen, name));
            }
            (Kind::Restore, Key::Dataset(name) | Key::Volume(name)) => {
                let Some(name) = there(seen, name) else { continue };
                found.push(name);
                if is_adopted(action) {
                    found.extend(seen.below(name).map(|(name, _)| name));
                }
            }
            _ => {}
        }
    }
    found
}

/// What a plan says of something that comes home, or is renamed, and is adopted on the way.
pub const ADOPTED: &str = "adopted";

/// Returns whether what comes home or is renamed is adopted on the way.
pub fn is_adopted(action: &Action) -> bool {
    action.changes.iter().any(|change| change.setting == ADOPTED)
}

/// Lists what a step was making: it was not there before.
fn made<'a>(step: &Step<'a>) -> impl Iterator<Item = &'a DatasetName> {
    let inverses = begun(step.plans.iter().copied()).flat_map(|action| &action.inverses);
    inverses.filter_map(|inverse| match inverse {
        Inverse::While { inverse, .. } | Inverse::Of { inverse, .. } | Inverse::Unless { inverse, .. } => {
            absent(inverse)
        }
        other => absent(other),
    })
}

fn absent(inverse: &Inverse) -> Option<&DatasetName> {
    match inverse {
        Inverse::DatasetAbsent { dataset, .. } | Inverse::Cloned { dataset, .. } => Some(dataset),
        _ => None,
    }
}

/// Lists what a step let go of.
fn released(step: &Step<'_>) -> Vec<DatasetName> {
    let mut found = Vec::new();
    for action in begun(step.plans.iter().copied()).filter(|action| action.kind == Kind::Release) {
        match &action.subject {
            Subject::Resource(Key::Pool(pool)) => found.push(pool.root()),
            Subject::Resource(Key::Dataset(name) | Key::Volume(name)) => found.push(name.clone()),
            _ => {}
        }
    }
    found
}

fn there<'a>(seen: &'a Observed, name: &DatasetName) -> Option<&'a DatasetName> {
    seen.datasets.get_key_value(name).map(|(name, _)| name)
}
