//! Whether a container can write what it is given to write: ownership is by numbers, and what a container's map does not
//! have is nobody inside.

use super::folder;
use crate::{
    code,
    draft::Draft,
    permissions::{after::after, numbers::ids},
};
use phoenix_graph::{
    Bind, Key,
    id_map::{IdMap, MountMap, Ranges},
    kind::acl::{May, Whom},
};
use phoenix_host::{
    observed::{ContainerState, Directory, Wanted},
    op::Op,
};

/// Warns where a container is given what nobody in it can write to, and is not said only to read; and where the numbers
/// that are said are none of its own.
pub fn warn(draft: &mut Draft<'_>, key: &Key, bind: &Bind, state: &ContainerState) {
    if let Some(map) = bind.options.get("idmap") {
        let id = bind.container;
        let beyond = MountMap::read(map).map(|map| map.beyond(&state.ids)).unwrap_or_default();
        if state.ids.is_same() {
            let text = format!("container {id} is privileged: Proxmox does not apply `idmap`");
            draft.warn(key, code::ID_MAP_IGNORED, text);
        } else if !beyond.is_empty() {
            let text = format!(
                "container {id} has not all numbers of {}: the others mean nothing",
                beyond.join(", ")
            );
            draft.warn(key, code::ID_MAP_IGNORED, text);
        }
    }
    if bind.options.get("ro").is_some_and(|word| &**word == "1") {
        return;
    }
    let (Some(now), Ok(map)) =
        (given(draft, bind), ids(draft.inputs, bind.container, state, &bind.source_path()))
    else {
        return;
    };
    if can_write(&map, &now) {
        return;
    }
    let Directory { owner, group, mode, .. } = now;
    let (id, path) = (bind.container, bind.source_path());
    // Permissions are those of the root directory, and of what is made in it after that.
    let stands = folder::now(draft, bind).is_some_and(|folder| folder.there > 0);
    let help = stands.then(|| "`chown` it to a number that it has".to_owned());
    draft.warn(
        key,
        code::CANNOT_WRITE,
        format!(
            "nobody in container {id} can write there: {path} is owned by {owner}:{group} with mode {mode}, and these are \
             nobody in it; {}, or `ro` where it is only to read",
            help.unwrap_or_else(|| format!("say `permissions` with `container={id}`"))
        ),
    );
}

/// Returns what a container is given is after the plan, as far as that is known: a root directory, or a folder. One that is
/// made is as the one that it lies in.
fn given(draft: &Draft<'_>, bind: &Bind) -> Option<Directory> {
    let root = || after(draft, &bind.dataset, &bind.path);
    if bind.subdirectory.is_none() {
        return root();
    }
    let parts = bind.subdirectory.as_deref().map_or(0, |folder| folder.split('/').count());
    let folder = match folder::now(draft, bind) {
        Some(folder) if folder.there == parts => folder.last.clone(),
        Some(folder) if folder.there > 0 => folder.last.of_new(),
        Some(_) => root()?.of_new(),
        None if draft.standing(&bind.dataset).is_none() => root()?.of_new(),
        None => return None,
    };
    let owners = draft.actions().iter().flat_map(|action| &action.ops).find_map(|op| match op {
        Op::ContentsSet { dataset, owner, group, .. } if *dataset == bind.dataset => Some((*owner, *group)),
        _ => None,
    });
    let (owner, group) = owners.unwrap_or_default();
    Some(folder.given(&Wanted { owner, group, ..Wanted::default() }))
}

/// Returns whether somebody in a container may write into a directory: the owner, the group, everybody, or whom its access
/// control list lets. With one the bits of the group are the most that those may do.
fn can_write(map: &IdMap, directory: &Directory) -> bool {
    let bits = directory.mode.bits();
    let owner = bits & 0o200 != 0 && map.users.inside(directory.owner).is_some();
    let group = directory.acl.get(false, &Whom::OwningGroup).is_none_or(May::writes)
        && map.groups.inside(directory.group).is_some();
    let is_inside =
        |number: &str, ranges: &Ranges| number.parse().is_ok_and(|number| ranges.inside(number).is_some());
    let listed = directory.acl.entries(false).any(|(whom, may)| {
        let known = match whom {
            Whom::User(number) => is_inside(number, &map.users),
            Whom::Group(number) => is_inside(number, &map.groups),
            _ => false,
        };
        known && may.writes()
    });
    owner || bits & 0o020 != 0 && (group || listed) || bits & 0o002 != 0
}
