//! What adopted things were before they were adopted, as the journals tell: who goes back to before that
//! gets it again.

use super::Runtime;
use crate::{
    plan::{Inverse, Kind, Subject},
    store::{Outcome, StoreError},
};
use phoenix_graph::{Graph, Key};
use std::collections::{BTreeMap, BTreeSet};

/// By resource, what its settings were before it was adopted, in the order of the changes.
pub type Priors = BTreeMap<Key, Vec<Inverse>>;

impl Runtime<'_> {
    /// Reads what those that are adopted now, and that a graph does not have, were before. Of one whose
    /// journal is gone nothing is known, and it will stay as it is.
    pub(super) fn priors(&self, adopted: &BTreeSet<Key>, to: &Graph) -> Result<Priors, StoreError> {
        let leaving = |key: &Key| adopted.contains(&adopted_as(key)) && to.get(&adopted_as(key)).is_none();
        if !adopted.iter().any(leaving) {
            return Ok(Priors::new());
        }
        let mut transactions = Vec::new();
        for id in self.store.transactions()? {
            // A journal that cannot be read is for `phoenix verify` to tell.
            let Ok(transaction) = self.store.transaction(id) else { continue };
            if matches!(transaction.end, Some(Outcome::Committed | Outcome::WentTo { .. })) {
                transactions.push(transaction);
            }
        }
        transactions.sort_by_key(|transaction| transaction.number);
        let mut priors = Priors::new();
        let plans = transactions.iter().flat_map(|transaction| &transaction.plans);
        for action in plans.flat_map(|(plan, begun)| begun.iter().filter_map(|&at| plan.actions.get(at))) {
            let Subject::Resource(key) = &action.subject else { continue };
            match action.kind {
                Kind::Adopt if leaving(key) => _ = priors.insert(key.clone(), Vec::new()),
                Kind::Release => _ = priors.remove(key),
                _ => {}
            }
            let Some(known) = priors.get_mut(key) else { continue };
            // What was there first is what was there before.
            let fresh =
                |inverse: &&Inverse| is_setting(inverse) && !known.iter().any(|one| one.is_about(inverse));
            let fresh: Vec<Inverse> = action.inverses.iter().filter(fresh).cloned().collect();
            known.extend(fresh);
        }
        priors.retain(|_, inverses| !inverses.is_empty());
        Ok(priors)
    }
}

/// Returns the key that tells whether something is adopted: a root dataset is, with its pool.
fn adopted_as(key: &Key) -> Key {
    match key {
        Key::Dataset(name) if name.is_root() => Key::Pool(name.pool()),
        other => other.clone(),
    }
}

/// Returns whether an inverse is about a setting that can be given back: no mark of phoenix's, and no size
/// of a volume, which would lose data.
fn is_setting(inverse: &Inverse) -> bool {
    match inverse {
        Inverse::Setting { property, .. } => {
            property.as_str() != "volsize" && !property.as_str().starts_with("phoenix:")
        }
        Inverse::PoolSetting { .. } => true,
        Inverse::Storage { before, .. } => before.is_some(),
        _ => false,
    }
}
