//! Keys of encrypted datasets, while what lies in them is undone.

use super::undoing::Undoing;
use phoenix_graph::DatasetName;
use phoenix_host::{
    HostError, area,
    observed::{DatasetState, Observed},
    op::Op,
    secret::PROMPT,
    text::complaints::Complaint,
};
use phoenix_plan::Inverse;

/// Unloads what was loaded.
pub fn take_back(undoing: &mut Undoing<'_>, inverse: &Inverse) -> Option<Result<(), HostError>> {
    let Inverse::KeyUnloaded { dataset } = inverse else { return None };
    Some(undoing.unload(dataset))
}

impl Undoing<'_> {
    /// Loads the key that a dataset needs, where it is not loaded and nobody has to type it: what a power cut
    /// left behind is looked into and mounted again. Returns what is seen then; nothing where it stays locked.
    pub(super) fn unlock(
        &mut self,
        dataset: &DatasetName,
        seen: Observed,
    ) -> Result<Option<Observed>, HostError> {
        self.key_failed = false;
        if !is_locked(&seen, dataset) {
            return Ok(Some(seen));
        }
        let root = seen.datasets.get(dataset).and_then(DatasetState::encryption_root);
        let state = root.as_ref().and_then(|root| seen.datasets.get(root));
        let typed = state.is_none_or(|state| state.value("keylocation") == Some(PROMPT));
        let Some(root) = root.filter(|_| !typed) else {
            self.seen = Some(seen);
            return Ok(None);
        };
        self.seen = None;
        match self.host.perform(&Op::KeyLoad { dataset: root.clone(), location: None }) {
            Err(lost @ HostError::PowerLost) => return Err(lost),
            // It can be tried again: until then what it opens is left as it is.
            Err(error) => {
                self.undone.failed.push(error.to_string());
                self.key_failed = true;
                return Ok(None);
            }
            Ok(()) => {}
        }
        let seen = self.look()?;
        if !is_locked(&seen, dataset) {
            return Ok(Some(seen));
        }
        self.seen = Some(seen);
        Ok(None)
    }

    /// Unloads a key that the transaction loaded. Where somebody uses by now what it opens, it stays.
    fn unload(&mut self, dataset: &DatasetName) -> Result<(), HostError> {
        let seen = self.look()?;
        let loaded =
            seen.datasets.get(dataset).is_some_and(|state| state.value("keystatus") == Some("available"));
        if !loaded {
            self.seen = Some(seen);
            return Ok(());
        }
        match self.host.perform(&Op::KeyUnload { dataset: dataset.clone() }) {
            Err(lost @ HostError::PowerLost) => return Err(lost),
            Err(error) if error.complains_of(Complaint::Busy) => {
                self.undone.kept.push(format!("the key of {dataset} stays loaded, since it is in use"));
            }
            Err(error) => self.undone.failed.push(error.to_string()),
            Ok(()) => {}
        }
        Ok(())
    }

    /// Leaves a dataset that the transaction made and that cannot be looked into: an encryption root is set
    /// aside, what is inside one stays. A folder of an area holds nothing, and needs no word.
    pub(super) fn leave_locked(&mut self, dataset: &DatasetName, volume: bool) -> Result<(), HostError> {
        if self.key_failed {
            return Ok(());
        }
        let seen = self.look()?;
        let root = seen.datasets.get(dataset).and_then(DatasetState::encryption_root);
        let holder_is_open = !is_locked(&seen, &area::holder_in(&seen, dataset));
        if root.as_ref() == Some(dataset) && !dataset.is_root() && holder_is_open {
            return self.set_aside(dataset, volume, &seen);
        }
        if !area::is_inside(dataset) {
            self.undone
                .kept
                .push(format!("{dataset} stays: its key is not loaded, so nobody can tell what it holds"));
        }
        self.seen = Some(seen);
        Ok(())
    }
}

fn is_locked(seen: &Observed, dataset: &DatasetName) -> bool {
    seen.datasets.get(dataset).is_some_and(DatasetState::is_locked)
}
