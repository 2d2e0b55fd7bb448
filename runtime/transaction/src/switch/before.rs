//! What stood before phoenix set it, as the store knows it: from the current generation, or, where an earlier
//! version made that, from the journals.

use super::Runtime;
use phoenix_graph::Graph;
use phoenix_plan::{Before, Plan, after, noted};
use phoenix_store::{Generation, Outcome, StoreError};

impl Runtime<'_> {
    /// Reads what is known while a generation is current.
    pub(super) fn before(&self, current: Option<u64>) -> Result<Before, StoreError> {
        let Some(current) = current else { return Ok(Before::new()) };
        match self.store.before(current)? {
            Some(before) => Ok(before),
            None => self.told_by_journals(),
        }
    }

    /// Returns what is known after a switch that carried out these plans.
    pub(super) fn before_after(
        &self,
        from: Option<u64>,
        to: &Generation,
        plans: &[(Plan, Vec<usize>)],
    ) -> Result<Before, StoreError> {
        let before = self.before(from)?;
        let was = match from {
            Some(number) => {
                let from = self.store.generation(number)?;
                Some((self.store.recorded(&from.system)?, from.adopted))
            }
            None => None,
        };
        let graph = self.store.recorded(&to.system)?;
        let from = was.as_ref().map(|(graph, adopted)| (graph, adopted));
        Ok(after(&before, plans, from, (&graph, &to.adopted)))
    }

    /// Goes through the switches on record, whose plans note nothing. What went with a journal or an object
    /// that is gone stays unknown.
    fn told_by_journals(&self) -> Result<Before, StoreError> {
        let mut transactions = Vec::new();
        for id in self.store.transactions()? {
            // A journal that cannot be read is for `phoenix verify` to tell.
            let Ok(transaction) = self.store.transaction(id) else { continue };
            if matches!(transaction.end, Some(Outcome::Committed | Outcome::WentTo { .. })) {
                transactions.push(transaction);
            }
        }
        transactions.sort_by_key(|transaction| transaction.number);
        let graph =
            |generation: &Generation| -> Option<Graph> { self.store.recorded(&generation.system).ok() };
        let mut before = Before::new();
        for transaction in transactions {
            let from = transaction.from.map(|number| self.store.generation(number));
            let Ok(from) = from.transpose() else { continue };
            let (Ok(to), Ok(after_it)) =
                (self.store.recorded(&transaction.system), self.store.generation(transaction.number))
            else {
                continue;
            };
            let was = from.as_ref().map(graph);
            if was.as_ref().is_some_and(Option::is_none) {
                continue;
            }
            let was = was.flatten();
            let mut plans = transaction.plans;
            for (plan, _) in plans.iter_mut().filter(|(plan, _)| plan.before.is_empty()) {
                plan.before = noted(plan, was.as_ref(), &to);
            }
            let from = was.as_ref().zip(from.as_ref()).map(|(graph, from)| (graph, &from.adopted));
            before = after(&before, &plans, from, (&to, &after_it.adopted));
        }
        Ok(before)
    }
}
