//! Keys that are typed: asked for before anything is run, and handed to the host alone.

use super::Runtime;
use phoenix_graph::Key;
use phoenix_host::secret::Keys;
use phoenix_plan::{Plan, Refusal, code};

impl Runtime<'_> {
    /// Refuses a plan that needs a key to be typed where there is nobody to type it.
    pub(super) fn refuse_unaskable(&self, mut plan: Plan) -> Plan {
        if self.keys.can_ask() {
            return plan;
        }
        let refusals = plan.asked().into_iter().map(|asked| Refusal {
            key: Key::Dataset(asked.dataset.clone()),
            code: code::KEY_TO_TYPE,
            reason: format!("the key of {} has to be typed, and there is no terminal to ask on", asked.dataset),
            help: match asked.new {
                Some(_) => "run it in a terminal; or say a `keylocation` that can be read without anybody: `file:///…`".to_owned(),
                None => format!(
                    "run it in a terminal; or `zfs load-key {}` by hand first; or give it a `keylocation` that can be read at boot",
                    asked.dataset
                ),
            },
        });
        plan.refusals.extend(refusals);
        plan
    }

    /// Asks for the keys that a plan needs typed, and hands them to the host. Those of an earlier plan are
    /// forgotten.
    ///
    /// # Errors
    /// Which key there is not, and why.
    pub(super) fn ask_keys(&self, plan: &Plan) -> Result<(), String> {
        let mut keys = Keys::default();
        for asked in plan.asked() {
            let key = self.keys.ask(&asked);
            let key = key.map_err(|reason| format!("the key of {}: {reason}", asked.dataset))?;
            keys.add(asked.dataset, key);
        }
        self.host.give_keys(keys);
        Ok(())
    }

    /// Has the host forget the keys that were typed.
    pub(super) fn forget_keys(&self) {
        self.host.give_keys(Keys::default());
    }
}
