//! File systems that were mounted before: mounted again, where what they lie in is.

use super::undoing::Undoing;
use phoenix_graph::DatasetName;
use phoenix_host::{
    HostError,
    observed::{
        Observed,
        mount::{is_below, plain},
    },
};
use phoenix_plan::Inverse;

/// Mounts what was mounted. What could not be taken back stays mounted until then: its root directory cannot be reached
/// otherwise.
pub fn take_back(undoing: &mut Undoing<'_>, inverse: &Inverse) -> Option<Result<(), HostError>> {
    match inverse {
        Inverse::Mount { dataset, mounted: true } => Some(undoing.mount_back(dataset, inverse)),
        Inverse::Mount { dataset, mounted: false } if undoing.unset.contains(dataset) => {
            undoing.leave(inverse);
            Some(Ok(()))
        }
        _ => None,
    }
}

/// Returns whether it was told already that this is left as it is.
pub fn is_told(undoing: &Undoing<'_>, inverse: &Inverse) -> bool {
    matches!(inverse, Inverse::Mount { dataset, mounted: true } if undoing.unmounted.contains(dataset))
}

impl Undoing<'_> {
    /// Mounts a file system again, once its key is there, and what it lies in is mounted.
    fn mount_back(&mut self, dataset: &DatasetName, inverse: &Inverse) -> Result<(), HostError> {
        let seen = self.look()?;
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
