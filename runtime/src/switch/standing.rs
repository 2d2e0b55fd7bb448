//! How a host stands to its current generation: what differs, what is missing, what is not phoenix's.

use super::{Runtime, SwitchError, Target};
use crate::{
    execute::HOLD,
    foreign::{Foreign, foreign, missing, unknown},
    host::HostError,
    observed::{DatasetState, Observed, Source, Unknown},
    plan::{Consent, Plan, Warning, query},
};
use phoenix_graph::{DatasetName, Graph, Key};
use std::collections::BTreeMap;

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
}

impl Runtime<'_> {
    /// Tells how the host stands to the current generation, by one look.
    ///
    /// # Errors
    /// As [`Runtime::plan`]; [`SwitchError::NoParent`] where nothing is current.
    pub fn standing(&self) -> Result<Standing, SwitchError> {
        let current = self.store.current_number()?.ok_or(SwitchError::NoParent)?;
        let aim = self.aim(&Target::Generation(current), &Consent::default())?;
        let mut query = query(&aim.graph, Some(&aim.graph), self.store.root());
        query.foreign = true;
        let seen = self.host.observe(&query).map_err(|error| match error {
            HostError::PowerLost => SwitchError::PowerLost,
            error => error.into(),
        })?;
        let mut drift = self.plan_from(&aim, &seen)?;
        drift.warnings.extend(self.renamed(&aim.graph, &seen)?);
        let record = self.record_for(&aim, &seen)?;
        Ok(Standing {
            missing: missing(&seen, &aim.graph),
            unknown: unknown(&seen, &aim.graph),
            foreign: foreign(&seen, &aim.graph, &record),
            drift,
        })
    }

    /// Tells which snapshots of phoenix's somebody renamed, of the datasets that replication writes to.
    fn renamed(&self, graph: &Graph, seen: &Observed) -> Result<Vec<Warning>, SwitchError> {
        let replicated = |key: &Key, state: &DatasetState| {
            let said = graph.get(key).and_then(|node| node.resource.lifecycle());
            said.is_some_and(|lifecycle| lifecycle.replica)
                || state.settings.values().any(|setting| setting.source == Source::Received)
        };
        let mut asked: BTreeMap<DatasetName, Key> = BTreeMap::new();
        for node in graph.nodes() {
            let Some(name) = node.resource.dataset_name() else { continue };
            if seen.datasets.get(name).is_some_and(|state| replicated(&node.key, state)) {
                asked.insert(name.clone(), node.key.clone());
            }
        }
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<DatasetName> = asked.keys().cloned().collect();
        let snapshots = self.host.snapshots(&names).map_err(|error| match error {
            HostError::PowerLost => SwitchError::PowerLost,
            error => error.into(),
        })?;
        let taken = self.store.taken()?;
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
                text: format!(
                    "@{name} {whose}, and was renamed, as `zfs receive` does; it stops the next `zfs receive`: `phoenix gc` tells it, and collects what no kept generation needs"
                ),
            })
        });
        Ok(told.collect())
    }
}
