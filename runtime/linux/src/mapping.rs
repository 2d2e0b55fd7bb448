//! Directory mappings: `pvesh`.

use crate::{
    cluster::{Kept, locked, written},
    guests::MAPPINGS,
    reach::Reach,
};
use phoenix_host::{HostError, observed::Mappings, op::Op, text::directory_cfg};

/// Changes what an id stands for: only where just that stands there which was planned for, and what stands there then is
/// read again.
pub fn perform(reach: &Reach, op: &Op) -> Option<Result<(), HostError>> {
    let Op::DirectoryMap { id, over, maps, .. } = op else { return None };
    let path = reach.paths.pve.join(MAPPINGS);
    let read = |bytes: &[u8]| directory_cfg::read(bytes).mappings;
    let kept = Kept { path: &path, bytes: written, read: &read };
    let expects = |before: &Mappings| before.expects(id, over);
    let holds = |after: &Mappings| after.of(id) == maps;
    Some(locked(reach, || kept.change(reach, op, expects, holds)))
}
