//! How a host stands to its current generation: what differs, what is missing, what is not phoenix's.

use super::{Runtime, SwitchError, Target};
use phoenix_graph::{DatasetName, Graph, Key, SnapshotName};
use phoenix_host::{
    observed::{DatasetState, Observed, Source, Unknown},
    snapshots::HOLD,
};
use phoenix_plan::{
    Before, Consent, Overdue, Plan, Warning, code,
    foreign::{Foreign, foreign, left, missing, unknown},
    overdue, query, scheduled,
};
use phoenix_store::{Generation, Outcome, Transaction};
use std::collections::{BTreeMap, BTreeSet};

/// How a host stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The way back to what the generation says: its differences are drift.
    pub drift: Plan,
    /// What the generation says and is not there at all.
    pub missing: Vec<Key>,
    /// What the generation says and cannot be seen now: it may be there or not.
    pub unknown: Vec<(Key, Unknown)>,
    /// What is there and is not the generation's.
    pub foreign: Vec<Foreign>,
    /// The snapshots that should have been taken by now.
    pub overdue: Vec<Overdue>,
}

impl Runtime<'_> {
    /// Tells how the host stands to the current generation, by one look.
    ///
    /// # Errors
    /// As [`Runtime::plan`]; [`SwitchError::NoParent`] where nothing is current.
    pub fn standing(&self) -> Result<Standing, SwitchError> {
        let current = self.store.current_number()?.ok_or(SwitchError::NoParent)?;
        let aim = self.aim(&Target::Generation(current), &Consent::default())?;
        let mut query = query(&aim.graph, Some(&aim.graph), &self.store.etc_link());
        query.foreign = true;
        let seen = self.host.observe(&query)?;
        let mut drift = self.plan_from(&aim, &seen)?;
        drift.warnings.extend(self.renamed(&aim.graph, &seen)?);
        let record = self.record_for(&aim, &seen)?;
        Ok(Standing {
            overdue: self.overdue(&aim.graph, &seen)?,
            missing: missing(&seen, &aim.graph),
            unknown: unknown(&seen, &aim.graph),
            foreign: foreign(&seen, &aim.graph, &record),
            drift,
        })
    }

    /// Tells which snapshots should have been taken by now, where any are taken by the clock: by one look more.
    fn overdue(&self, graph: &Graph, seen: &Observed) -> Result<Vec<Overdue>, SwitchError> {
        let mut names = scheduled(graph);
        names.retain(|name| seen.datasets.contains_key(name));
        if names.is_empty() || !self.host.keeps_time() {
            return Ok(Vec::new());
        }
        // What is in force came to be with the last switch that held, also where that went back.
        let held = |one: &Generation| matches!(one.outcome, Outcome::Committed | Outcome::WentTo { .. });
        let since = self.store.generations()?.iter().filter(|one| held(one)).map(|one| one.time).max();
        let listed: Vec<DatasetName> = names.iter().cloned().collect();
        Ok(overdue(graph, &names, &self.host.snapshots(&listed)?, since.unwrap_or(self.now), self.now))
    }

    /// Tells what an interrupted switch made and the host still has, since its journal, which may have lost its
    /// last lines, does not say that it began to. It is nobody's, and nothing takes it back.
    ///
    /// # Errors
    /// Where the host or the store cannot be read.
    pub fn left_behind(&self, ended: &Transaction) -> Result<Vec<Key>, SwitchError> {
        let desired = self.store.recorded(&ended.system)?;
        let current =
            self.store.current()?.map(|current| self.store.recorded(&current.system)).transpose()?;
        let seen = self.look(&desired, current.as_ref(), &Before::new())?;
        let mut record = self.record(&seen)?;
        record.hosts.insert(desired.host().clone());
        Ok(left(&seen, current.as_ref(), &desired, &record, &ended.plans))
    }

    /// Tells which snapshots of phoenix's somebody renamed: of the datasets that replication is known to write
    /// to, and of those where one that is on record is not found by its name.
    fn renamed(&self, graph: &Graph, seen: &Observed) -> Result<Vec<Warning>, SwitchError> {
        let taken = self.store.taken()?;
        let moved = self.not_found()?;
        let replicated = |key: &Key, state: &DatasetState| {
            let said = graph.get(key).and_then(|node| node.resource.lifecycle());
            said.is_some_and(|lifecycle| lifecycle.replica)
                || state.settings.values().any(|setting| setting.source == Source::Received)
        };
        let mut asked: BTreeMap<DatasetName, Key> = BTreeMap::new();
        for node in graph.nodes() {
            let Some(name) = node.resource.dataset_name() else { continue };
            let state = seen.datasets.get(name);
            if state.is_some_and(|state| moved.contains(name) || replicated(&node.key, state)) {
                asked.insert(name.clone(), node.key.clone());
            }
        }
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<DatasetName> = asked.keys().cloned().collect();
        let snapshots = self.host.snapshots(&names)?;
        let told = snapshots.iter().filter_map(|snapshot| {
            let key = asked.get(snapshot.name.dataset())?;
            let name = snapshot.name.name();
            let renamed = snapshot.holds.contains(HOLD) && !name.starts_with("phoenix-");
            let whose = match taken.get(&snapshot.guid) {
                Some(number) => format!("is phoenix's, taken by switch {number}"),
                None => format!("has the tag `{HOLD}` of phoenix's holds"),
            };
            renamed.then(|| Warning {
                key: key.clone(),
                code: code::SNAPSHOT_RENAMED,
                text: format!(
                    "@{name} {whose}, and was renamed, as `zfs receive` does; it stops the next `zfs receive`: `phoenix gc` tells it, and collects what no kept generation needs"
                ),
            })
        });
        Ok(told.collect())
    }

    /// Lists the datasets of which a snapshot that is on record is not there by the name that it was given.
    fn not_found(&self) -> Result<BTreeSet<DatasetName>, SwitchError> {
        let named = self.store.taken_names()?;
        let names: Vec<SnapshotName> = named.values().cloned().collect();
        let found = self.host.guids(&names)?;
        let moved = named.iter().filter(|(guid, name)| found.get(name) != Some(guid));
        Ok(moved.map(|(_, name)| name.dataset().clone()).collect())
    }
}
