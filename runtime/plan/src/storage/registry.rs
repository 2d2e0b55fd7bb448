//! The file of registrations as a whole: every write by `pvesm` rewrites it, drops what Proxmox does not
//! understand, and fails where one section is bad. So that is found out before the first write.

use crate::{Registry, STORAGE_CFG, Subject, code, draft::Draft};
use phoenix_graph::Key;
use phoenix_host::{observed::Storages, op::Op};

/// Looks whether the plan writes the file, whether that can be, and whether it is wanted.
pub fn plan(draft: &mut Draft<'_>) {
    let Storages::Found(found) = &draft.inputs.observed.storages else { return };
    let writes = draft.actions().iter().filter(|action| action.ops.iter().any(Op::is_registration));
    let keys: Vec<Key> = writes
        .filter_map(|action| match &action.subject {
            Subject::Resource(key) => Some(key.clone()),
            _ => None,
        })
        .collect();
    let Some(first) = keys.first() else { return };
    if let Some(why) = &found.blocked {
        for key in &keys {
            draft.refuse(
                key,
                code::STORAGES_BLOCKED,
                format!("Proxmox takes no change of /etc/pve/storage.cfg: {why}"),
                "put that right by hand; until then every `pvesm add`, `set` and `remove` fails",
            );
        }
        return;
    }
    draft.found.registry = Some(Registry { text: found.text.clone(), lost: found.lost.clone() });
    if found.lost.is_empty() {
        return;
    }
    if draft.inputs.consent.files.contains(STORAGE_CFG) {
        for line in &found.lost {
            draft.warn(
                first,
                code::LINES_DROPPED,
                format!("Proxmox drops this from /etc/pve/storage.cfg: {line}"),
            );
        }
        return;
    }
    let lines: Vec<String> = found.lost.iter().map(ToString::to_string).collect();
    draft.refuse(
        first,
        code::DROPS_LINES,
        format!(
            "registering rewrites /etc/pve/storage.cfg, and Proxmox drops what it does not understand: {}",
            lines.join("; ")
        ),
        format!(
            "put those lines right or keep them elsewhere; or let them go: `--consent {STORAGE_CFG}` (a copy of the file is kept with the switch)"
        ),
    );
}
