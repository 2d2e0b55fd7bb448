//! The table of kinds: what walks over all of them does so here.

use crate::{
    bind, dataset, export, files, folder, guests, keys, look::Look, mapping, mount, permissions, pool,
    reach::Reach, sanoid, storage, tunable, units, virtiofs,
};
use phoenix_host::{
    HostError,
    observed::{Observed, Query},
    op::Op,
};

/// Adds what is seen of a kind.
type Looks = fn(&Look<'_>, &mut Observed) -> Result<(), HostError>;

/// Adds what is seen of each kind. A later one may go by what was seen before.
const LOOKS: [Looks; 13] = [
    pool::look,
    dataset::look,
    mount::look,
    keys::look,
    permissions::look,
    folder::look,
    files::look,
    export::look,
    storage::look,
    guests::look,
    tunable::look,
    units::look,
    sanoid::look,
];

/// Carries out an operation on a kind; none on another's.
type Performs = fn(&Reach, &Op) -> Option<Result<(), HostError>>;

/// Carries out the operations on each kind that take more than their command.
const PERFORMS: [Performs; 11] = [
    pool::perform,
    dataset::perform,
    mount::perform,
    permissions::perform,
    folder::perform,
    files::perform,
    storage::perform,
    bind::perform,
    mapping::perform,
    virtiofs::perform,
    tunable::perform,
];

/// Looks at everything that is asked for.
pub fn observe(reach: &Reach, query: &Query) -> Result<Observed, HostError> {
    // What a tool that is missing would end later is said now, before anything is changed.
    export::ready(reach, query)?;
    let (look, mut seen) = Look::begin(reach, query)?;
    LOOKS.iter().try_for_each(|looks| looks(&look, &mut seen))?;
    Ok(seen)
}

/// Carries an operation out.
pub fn perform(reach: &Reach, op: &Op) -> Result<(), HostError> {
    let done = PERFORMS.iter().find_map(|performs| performs(reach, op));
    done.unwrap_or_else(|| reach.change(op))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LinuxHost, LinuxPaths};

    #[test]
    fn every_operation_is_a_command_or_carried_out_by_exactly_one_kind() {
        // Where there is nothing, not even a tool, each of them fails at once.
        let folder = tempfile::tempdir().unwrap();
        let host = LinuxHost::new(LinuxPaths::below(folder.path()));
        for op in phoenix_operations::below(folder.path()) {
            let takers = PERFORMS.iter().filter(|performs| performs(&host.reach, &op).is_some()).count();
            assert!(takers == 1 || takers == 0 && op.argv().is_some(), "{op:?}");
        }
    }
}
