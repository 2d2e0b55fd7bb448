//! Directories that machines are given: `qm`.

use crate::{
    cluster::{Kept, conf, contents, locked},
    reach::Reach,
};
use phoenix_host::{
    HostError,
    observed::MachineState,
    op::Op,
    text::{machine_conf::machine, virtiofs::SharedDirectory},
};

/// Changes a directory of a machine: only where just that stands there which was planned for, and what stands there then
/// is read again.
pub fn perform(reach: &Reach, op: &Op) -> Option<Result<(), HostError>> {
    let (id, number) = match op {
        Op::VirtiofsSet { machine, number, .. }
        | Op::VirtiofsRemove { machine, number, .. }
        | Op::VirtiofsRevert { machine, number } => (*machine, *number),
        _ => return None,
    };
    Some(locked(reach, || change(reach, op, id, number)))
}

fn change(reach: &Reach, op: &Op, id: u32, number: u8) -> Result<(), HostError> {
    let path = conf(&reach.paths, "qemu-server", id)?;
    let holds = |after: &MachineState| {
        let wanted = after.wanted().get(&number).copied().map(SharedDirectory::read);
        match op {
            Op::VirtiofsSet { directory, .. } => wanted == Some(SharedDirectory::read(directory)),
            Op::VirtiofsRemove { .. } => wanted.is_none(),
            _ => !after.pending.contains_key(&number),
        }
    };
    Kept { path: &path, bytes: contents, read: &machine }.change(
        reach,
        op,
        |before| before.expects(op),
        holds,
    )
}
