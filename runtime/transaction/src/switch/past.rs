//! What has to be known before data goes back: which switches left which generation, which snapshots
//! there are, and what was written since.

use super::{Aim, Runtime, SwitchError};
use phoenix_graph::DatasetName;
use phoenix_host::observed::Observed;
use phoenix_plan::{Attempt, Choice, Found, Past, choose, family, record::Record};
use phoenix_store::Outcome;

impl Runtime<'_> {
    /// Looks at the past of the datasets whose data is to go back.
    pub(super) fn past(&self, aim: &Aim, seen: &Observed, record: &Record) -> Result<Past, SwitchError> {
        let mut past = Past { now: self.now, ..Past::default() };
        if aim.consent.with_data.is_empty() {
            return Ok(past);
        }
        let attempts = self.attempts()?;
        let there = aim.consent.with_data.iter().filter(|name| seen.pools.contains_key(&name.pool()));
        for name in there {
            let members: Vec<DatasetName> =
                family(name, seen, record).into_iter().map(|(member, _)| member).collect();
            // Without a name, all snapshots of the host would be listed.
            let snapshots = if members.is_empty() { Vec::new() } else { self.host.snapshots(&members)? };
            let choice = choose(name, aim.to, &attempts, seen, record, &snapshots);
            let lineage = match &choice {
                Choice::Snapshot(snapshot) if seen.datasets.contains_key(name) => {
                    Some(self.host.lineage(name, &snapshot.name)?)
                }
                _ => None,
            };
            past.found.insert(name.clone(), Found { choice, lineage });
        }
        Ok(past)
    }

    /// Lists the switches on record that came to hold.
    fn attempts(&self) -> Result<Vec<Attempt>, SwitchError> {
        let held = self.store.generations()?.into_iter().filter_map(|generation| {
            let to = match generation.outcome {
                Outcome::Committed => generation.number,
                Outcome::WentTo { generation } => generation,
                Outcome::Open | Outcome::Failed { .. } | Outcome::Degraded { .. } => return None,
            };
            Some(Attempt { number: generation.number, from: generation.parent, to })
        });
        Ok(held.collect())
    }
}
