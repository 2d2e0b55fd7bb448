//! What the rooms of guests share: what follows where no guest can be seen, how what somebody gave them is taken over, and
//! how what waits for a next start is taken back.

use crate::{
    Kind, Prior, Subject, code, consent,
    draft::Draft,
    order::{Milestone, Need},
    record::Claim,
    sketch::Sketch,
};
use phoenix_graph::{DatasetName, Key};
use phoenix_host::observed::{Configured, Containers};

/// Finds what guests have, where something of it is to go; refuses that where it cannot be seen. With Proxmox it is gone.
pub fn seen<'a>(draft: &mut Draft<'a>, key: &Key) -> Option<&'a Configured> {
    match &draft.inputs.observed.containers {
        Containers::Found(found) => Some(found),
        Containers::Unknown(unknown) => {
            let reason = format!("it is to go, and cannot be seen: {}", unknown.reason);
            draft.refuse(key, code::PROXMOX_UNKNOWN, reason, &*unknown.help);
            None
        }
        Containers::NoProxmox | Containers::NotAsked => None,
    }
}

/// Says of something that guests are to have what follows from that none can be seen. `same` is whether the current
/// generation says the same.
pub fn unseen(draft: &mut Draft<'_>, key: &Key, same: bool, containers: &Containers) {
    let Containers::Unknown(unknown) = containers else {
        draft.refuse(
            key,
            code::NO_PROXMOX,
            "this host has no Proxmox, so no guest can be given anything",
            "take what guests have out of this host's spec (`lxc`, and `virtiofs` of `vm`), or run phoenix on the Proxmox host",
        );
        return;
    };
    if same {
        let text = format!("unknown, and left as it is: {}; {}", unknown.reason, unknown.help);
        draft.warn(key, code::LEFT_UNKNOWN, text);
    } else {
        let reason = format!("it cannot be seen: {}", unknown.reason);
        draft.refuse(key, code::PROXMOX_UNKNOWN, reason, &*unknown.help);
    }
}

/// Tells of a guest that has gone to another node with what it was given.
pub fn left_elsewhere(draft: &mut Draft<'_>, key: &Key, guest: &str, node: &str) {
    let text = format!("{guest} is on the node {node}, and keeps what its configuration says there");
    draft.warn(key, code::LEFT_ELSEWHERE, text);
}

/// Asks for what somebody else gave a guest, called `what`, and keeps what is written of it, which goes by `name`. Returns
/// whether it is taken over.
pub fn adopt(
    draft: &mut Draft<'_>,
    key: &Key,
    sketch: &mut Sketch,
    what: &str,
    name: &str,
    text: &str,
) -> bool {
    if !consent::adopt(draft, key, what, Claim::Foreign) {
        return false;
    }
    sketch.kind = Kind::Adopt;
    let own = Prior::Own { raw: text.into(), word: text.into() };
    draft.stands_over(key, [(name.into(), own)].into());
    true
}

/// Adds that a guest is to have a dataset: that is mounted, has its permissions, and what else it goes through is there
/// before.
pub fn give(draft: &mut Draft<'_>, key: &Key, dataset: &DatasetName, mut sketch: Sketch) {
    sketch.after(Need::OwnGround);
    sketch.after(Milestone::Done(Key::Permissions(dataset.clone())));
    draft.push(Subject::Resource(key.clone()), sketch);
}

/// How what a guest has at a number comes to be what it was.
pub enum Back {
    /// It is so.
    Nothing,
    /// What waits for the next start is dropped.
    Revert,
    Set {
        /// What it was.
        before: Box<str>,
        /// What is written now.
        over: Option<Box<str>>,
    },
    Remove {
        /// What is written now.
        over: Box<str>,
    },
}

impl Back {
    /// Decides by what is written (`over`), as it is after the next start, what is in force, and what was written before.
    pub fn find(
        over: Option<&str>,
        in_force: Option<&str>,
        before: Option<&str>,
        is_same: impl Fn(Option<&str>, Option<&str>) -> bool,
    ) -> Self {
        if is_same(over, before) {
            Self::Nothing
        } else if is_same(in_force, before) {
            Self::Revert
        } else {
            match (before, over) {
                (Some(before), over) => Self::Set { before: before.into(), over: over.map(Box::from) },
                (None, Some(over)) => Self::Remove { over: over.into() },
                (None, None) => Self::Nothing,
            }
        }
    }
}
