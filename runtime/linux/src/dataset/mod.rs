//! File systems and volumes, with their snapshots: who uses them, and what is in them.

mod inside;
mod lineage;
pub mod properties;
mod snapshots;
mod users;

pub use inside::contents;
pub use lineage::lineage;
pub use snapshots::{guids, names, snapshots, whole_names};
pub use users::named;

use crate::{look::Look, reach::Reach};
use phoenix_graph::DatasetName;
use phoenix_host::{HostError, observed::Observed, op::Op};

/// Finds who uses what may leave. What is not mounted here may be in another mount namespace. The datasets themselves
/// are seen already.
pub fn look(look: &Look<'_>, seen: &mut Observed) -> Result<(), HostError> {
    let leaving = &look.query.leaving;
    if leaving.is_empty() {
        return Ok(());
    }
    let leaves = |name: &DatasetName| {
        std::iter::successors(Some(name.clone()), DatasetName::parent).any(|above| leaving.contains(&above))
    };
    let asked = seen.datasets.iter().filter(|(name, _)| leaves(name));
    let users = users::users(&look.reach.paths, asked.map(|(name, state)| (name, state.volume)));
    (seen.in_use, seen.nfs_open) = (users.all, users.nfs);
    Ok(())
}

/// Carries out what is done to a dataset and takes more than its command.
pub fn perform(reach: &Reach, op: &Op) -> Option<Result<(), HostError>> {
    Some(match op {
        Op::DatasetDestroy { dataset } => {
            reach.settle();
            let volume = reach.paths.dev.join("zvol").join(dataset.as_str()).exists();
            reach.change(op).map_err(|error| named(&reach.paths, dataset, volume, error))
        }
        Op::DatasetRename { volume: true, .. } | Op::Clone { volume: true, .. } => {
            let done = reach.change(op);
            if done.is_ok() {
                reach.settle();
            }
            done
        }
        _ => return None,
    })
}
