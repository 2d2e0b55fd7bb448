//! The file of registrations as a whole: every write by `pvesm` rewrites it, drops what Proxmox does not
//! understand, and fails where one section is bad. So that is found out before the first write.

use super::{Subject, code, draft::Draft};
use phoenix_graph::Key;
use phoenix_host::{
    observed::{LostLine, Observed, Storages},
    op::Op,
};
use serde::{Deserialize, Serialize};

/// The name that the file goes by in `--consent`, and that a transaction's copy of it has.
pub const STORAGE_CFG: &str = "storage.cfg";

/// The file of registrations before a plan that writes it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Registry {
    /// The whole file, of which a copy is kept with the transaction. There may be a secret in it: it is in no
    /// journal and no plan that is written, and is not shown.
    #[serde(skip)]
    pub text: Box<str>,
    /// The lines that the first write drops.
    pub lost: Vec<LostLine>,
}

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
    draft.registry = Some(Registry { text: found.text.clone(), lost: found.lost.clone() });
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
    let lines: Vec<String> = found.lost.iter().map(|line| format!("\n    {line}")).collect();
    draft.refuse(
        first,
        code::DROPS_LINES,
        format!(
            "registering rewrites /etc/pve/storage.cfg, and Proxmox drops what it does not understand:{}",
            lines.concat()
        ),
        format!(
            "put those lines right or keep them elsewhere; or let them go: `--consent {STORAGE_CFG}` (a copy of the file is kept with the switch)"
        ),
    );
}

impl PartialEq for Registry {
    fn eq(&self, other: &Self) -> bool {
        self.lost == other.lost
    }
}

impl Eq for Registry {}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("lost", &self.lost).finish_non_exhaustive()
    }
}

impl Registry {
    /// Says what of the file is gone by now, and does not come back by undoing.
    pub fn gone(&self, seen: &Observed) -> Vec<String> {
        let Storages::Found(found) = &seen.storages else { return Vec::new() };
        let mut left: Vec<&LostLine> = found.lost.iter().collect();
        let gone = self.lost.iter().filter(|line| {
            let same = left.iter().position(|other| other.text == line.text && other.why == line.why);
            same.map(|at| left.swap_remove(at)).is_none()
        });
        gone.map(|line| format!("/etc/pve/storage.cfg has no longer {line}, which Proxmox dropped")).collect()
    }
}
