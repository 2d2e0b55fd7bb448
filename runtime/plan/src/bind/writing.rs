//! Whether a container can write what it is given to write: ownership is by numbers, and what a container's map does not
//! have is nobody inside.

use crate::{
    code,
    draft::Draft,
    permissions::{
        numbers::{ids, numbers, said},
        unsaid::{self, Wanted},
    },
};
use phoenix_graph::{Bind, Key};
use phoenix_host::{
    id_map::IdMap,
    observed::{ContainerState, Directory},
};

/// Warns where a container is given what nobody in it can write to, and is not said only to read.
pub fn warn(draft: &mut Draft<'_>, key: &Key, bind: &Bind, state: &ContainerState) {
    if bind.options.get("ro").is_some_and(|word| &**word == "1") {
        return;
    }
    let (Some(now), Some(map)) = (after(draft, bind), ids(state, &bind.path)) else { return };
    if can_write(&map, now) {
        return;
    }
    let Directory { owner, group, mode } = now;
    let id = bind.container;
    draft.warn(
        key,
        code::CANNOT_WRITE,
        format!(
            "nobody in container {id} can write there: {} is owned by {owner}:{group} with mode {mode}, and these are \
             nobody in it; say `permissions` with `container={id}`, or `ro` where it is only to read",
            bind.path
        ),
    );
}

/// Returns what a root directory is after the plan, as far as that is known.
fn after(draft: &Draft<'_>, bind: &Bind) -> Option<Directory> {
    let seen = draft.inputs.observed;
    let exchanged = draft.found.moves.is_exchanged(&bind.dataset);
    let now = match draft.standing(&bind.dataset) {
        Some((now, _)) if !exchanged => *seen.directories.get(now)?,
        None => Directory::NEW,
        _ => return None,
    };
    let now = unsaid::goes_back(draft, &bind.dataset).on(now);
    let Some(said) = said(draft.inputs.desired, &bind.dataset) else { return Some(now) };
    let (Ok(owner), Ok(group)) = numbers(seen, said, &bind.path) else { return None };
    Some(Wanted { owner, group, mode: said.mode }.on(now))
}

/// Returns whether somebody in a container may write into a directory: the owner, the group, or everybody.
fn can_write(map: &IdMap, directory: Directory) -> bool {
    let bits = directory.mode.bits();
    let owner = bits & 0o200 != 0 && map.users.inside(directory.owner).is_some();
    let group = bits & 0o020 != 0 && map.groups.inside(directory.group).is_some();
    owner || group || bits & 0o002 != 0
}
