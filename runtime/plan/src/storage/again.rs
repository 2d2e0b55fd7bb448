//! Whether a registration that goes could be made again just as it is: undoing a switch would do so.

use crate::{code, draft::Draft};
use phoenix_graph::{
    Key, StorageId,
    storage::{StorageKind, find_type},
};
use phoenix_host::{LOCAL, observed::StorageState};

/// Refuses where `pvesm add` would not take what a registration has: it would be gone where the switch is undone.
pub fn could_not_be(draft: &mut Draft<'_>, id: &StorageId, state: &StorageState) -> bool {
    // It is never removed.
    let Some((name, value)) = unsayable(state).filter(|_| id.as_str() != LOCAL) else { return false };
    // What others hold may be a secret.
    let shown =
        if matches!(name, "content" | "base" | "type") { format!(" ({value})") } else { String::new() };
    draft.refuse(
        &Key::Storage(id.clone()),
        code::NOT_MADE_AGAIN,
        format!("it would be removed, and Proxmox would not take it again as it is: its {name}{shown}"),
        format!("put that right by hand first (`pvesm set {id}`), or remove it by hand: `pvesm remove {id}`"),
    );
    true
}

/// Finds a property that is no value that can be said of such a registration.
fn unsayable(state: &StorageState) -> Option<(&str, &str)> {
    let Some(kind) = find_type(&state.kind) else { return Some(("type", &state.kind)) };
    let is_empty = |name: &str, value: &str| kind.may_be_empty && (name, value) == ("content", "none");
    let cannot = |name: &str, value: &str| match kind.property(name) {
        _ if is_empty(name, value) => false,
        // A secret would stand on a command line.
        Some(property) => {
            property.kind == StorageKind::BaseVolume
                || kind.canonical(name, value).is_err()
                || kind.holds_secret(name, value)
        }
        None => true,
    };
    let found = state.properties.iter().find(|(name, value)| cannot(name, value));
    found.map(|(name, value)| (&**name, &**value))
}
