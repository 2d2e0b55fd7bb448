//! The table of kinds: what walks over all of them does so here.

use crate::{
    bind, dataset, export, files, folder,
    given::{Given, Roots},
    image::{HostImage, Show},
    keys, mapping, mount, permissions, pool, sanoid,
    state::{Refusal, State, refuse},
    storage, tunable, units, virtiofs,
};
use phoenix_host::{
    HostError,
    observed::{Observed, Query},
    op::Op,
};

/// Adds what is seen of a kind.
type Looks = fn(&State, &Roots, &Query, &mut Observed) -> Result<(), HostError>;

/// Carries out an operation on a kind; none on another's.
type Performs = fn(&mut State, Given<'_>, &Op) -> Option<Result<(), HostError>>;

/// What a power cut may leave of what is made, as operations; none of another kind's.
type Unfinished = fn(&Op) -> Option<[Op; 2]>;

/// Each kind with how it is seen, and how its operations are carried out.
const KINDS: [(Looks, Performs); 15] = [
    (pool::look, pool::perform),
    (dataset::look, dataset::perform),
    (mount::look, mount::perform),
    (keys::look, keys::perform),
    (permissions::look, permissions::perform),
    (folder::look, folder::perform),
    (files::look, files::perform),
    (export::look, export::perform),
    (storage::look, storage::perform),
    (bind::look, bind::perform),
    (mapping::look, mapping::perform),
    (virtiofs::look, virtiofs::perform),
    (tunable::look, tunable::perform),
    (units::look, units::perform),
    (sanoid::look, sanoid::perform),
];

/// Those that the real host starts processes for in a look.
const PROCESSES: [fn(&State, &Query) -> u64; 5] =
    [pool::processes, dataset::processes, permissions::processes, units::processes, sanoid::processes];

/// What begins anew in a boot, in this order: what is locked is not mounted, and what is not mounted not exported,
/// and containers start last.
/// All else is durable.
const BOOT: [fn(&mut State, &Roots); 7] =
    [dataset::boot, keys::boot, mount::boot, export::boot, tunable::boot, units::boot, bind::boot];

/// Returns the first half of an operation on a kind, where it has several parts.
const HALVES: [fn(&Op) -> Option<Op>; 4] = [dataset::half, mount::half, permissions::half, folder::half];

/// Lists what a power cut within an operation may leave of what is made, each state as the operation that would have
/// brought it about. What OpenZFS makes it makes first, and sets the properties on it after that, those with a number
/// each by itself (`zfs_ioc_create`, `zfs_ioc_clone`, `zfs_ioc_pool_create`, `zfs_set_prop_nvlist`).
const UNFINISHED: [Unfinished; 2] = [pool::unfinished, dataset::unfinished];

/// What of each kind a picture shows; for users alone, or all of it.
const SHOWN: [fn(&State, bool, &mut HostImage); 7] =
    [pool::show, dataset::show, files::show, export::show, storage::show, tunable::show, units::show];

/// Returns the first half of an operation that has several parts.
pub fn half(op: &Op) -> Option<Op> {
    HALVES.iter().find_map(|half| half(op))
}

/// Lists what a power cut within an operation may leave.
pub fn within(op: &Op) -> Vec<Op> {
    let unfinished = UNFINISHED.iter().find_map(|unfinished| unfinished(op));
    unfinished.map_or_else(|| half(op).into_iter().collect(), Vec::from)
}

/// Returns how many states an operation may be caught in, when power is lost within it.
#[must_use]
pub fn inner(op: &Op) -> usize {
    within(op).len()
}

impl State {
    /// Looks at everything that is asked for.
    pub fn observe(&self, roots: &Roots, query: &Query) -> Result<Observed, HostError> {
        let mut seen = Observed { zfs: self.zfs, ..Observed::default() };
        KINDS.iter().try_for_each(|(looks, _)| looks(self, roots, query, &mut seen))?;
        Ok(seen)
    }

    /// Counts the processes that the real host starts for a query.
    pub fn processes(&self, query: &Query) -> u64 {
        PROCESSES.iter().map(|processes| processes(self, query)).sum()
    }

    /// Carries an operation out.
    pub fn perform(&mut self, given: Given<'_>, op: &Op) -> Result<(), HostError> {
        let mounted = self.mounts.clone();
        let done = KINDS.iter().find_map(|(_, performs)| performs(self, given, op));
        let is_done = matches!(done, Some(Ok(())));
        export::follow(self, given.roots, op, &mounted, is_done);
        // That there is always one is tested.
        done.unwrap_or_else(|| {
            refuse(1, "no kind carries this out").map_err(|refusal: Refusal| refusal.of(op))
        })
    }

    /// Starts the host: what is durable stays, everything else begins anew.
    pub fn boot(&mut self, roots: &Roots) {
        BOOT.iter().for_each(|boot| boot(self, roots));
    }

    /// Takes a picture.
    #[must_use]
    pub fn image(&self, show: Show) -> HostImage {
        let mut image = HostImage::default();
        SHOWN.iter().for_each(|shown| shown(self, show == Show::UsersOnly, &mut image));
        image
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use phoenix_host::secret::Keys;

    #[test]
    fn every_operation_is_carried_out_by_exactly_one_kind() {
        let (roots, keys) = (Roots { real: "/state".into() }, Keys::default());
        let given = Given { roots: &roots, keys: &keys };
        for (op, _) in phoenix_operations::all() {
            let takes =
                |(_, performs): &&(Looks, Performs)| performs(&mut State::blank(), given, &op).is_some();
            assert_eq!(KINDS.iter().filter(takes).count(), 1, "{op:?}");
        }
    }
}
