//! Mount points of containers: `pct` writes them into the configuration of the container, under the next number that is
//! free; after that one is found by the path inside, and keeps its number as long as it is said.
//!
//! What is new is live at once in a container that runs. What changes or goes waits for its next start, and is told
//! until then. Mount points that people made are theirs.

pub mod container;
pub mod doing;
pub mod folder;
pub mod waiting;
mod writing;

use crate::{
    Inverse, Kind, Prior, Subject, code,
    draft::Draft,
    guests,
    mount::read_only,
    order::{Milestone, Need},
    sketch::Sketch,
    stage::Stage,
    why::Why,
};
use container::{all, barred, earlier, free, planned, too_old, unready};
use folder::{Made, Way};
use phoenix_graph::{Bind, Key};
use phoenix_host::{
    observed::{Configured, ContainerState, Containers, Observed, Query},
    text::mount_point::{LATER, MOST, MountPoint},
};
use std::collections::BTreeSet;

pub const STAGES: &[Stage] = &[
    Stage { name: "binds away", after: &["storages away"], looks_inside: true, run: take_away },
    Stage { name: "binds", after: &["storages"], looks_inside: true, run: plan },
];

/// The name that what an adopted mount point was goes by.
pub const MOUNT_POINT: &str = "mount-point";

/// Plans what goes: the mount points that only the current generation says.
pub fn take_away(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for (key, bind) in inputs.current.map(all).unwrap_or_default() {
        if inputs.desired.get(&key).is_some() {
            continue;
        }
        let Some(found) = guests::seen(draft, &key) else { continue };
        // With its container a mount point is gone, too.
        let Some(state) = found.by_id.get(&bind.container) else { continue };
        if !state.here {
            draft.adopted.remove(&key);
            if !state.at(&bind.at).is_empty() {
                guests::left_elsewhere(draft, &key, &format!("container {}", bind.container), &state.node);
            }
            draft.push(Subject::Resource(key), Sketch::new(Kind::Release));
            continue;
        }
        let ours = state.at(&bind.at).into_iter().find(|(_, point)| *point.volume == *bind.source_path());
        if draft.whose.was_adopted(&key) {
            draft.adopted.remove(&key);
            let mut sketch = Sketch::new(Kind::Release);
            if let (Some((number, point)), Some(Prior::Own { raw, .. }), true) =
                (&ours, inputs.prior(&key, MOUNT_POINT), inputs.gives_back)
                && !doing::is_wanted(state, *number, raw)
            {
                if let Some(why) = unready(found, bind.container, state) {
                    draft.refuse_for(&key, why);
                    continue;
                }
                sketch.tell(&format!("mp{number}"), Some(&point.to_string()), Some(raw));
                sketch.run(doing::set(bind.container, *number, raw, state));
            }
            draft.push(Subject::Resource(key), sketch);
            continue;
        }
        let Some((number, point)) = ours else { continue };
        if let Some(why) = unready(found, bind.container, state) {
            draft.refuse_for(&key, why);
            continue;
        }
        let mut sketch = Sketch::new(Kind::Remove);
        sketch.tell(&format!("mp{number}"), Some(&point.to_string()), None);
        sketch.run(doing::remove(bind.container, number, state));
        if state.running {
            waits(draft, &key, bind.container, number);
        }
        draft.push(Subject::Resource(key), sketch);
    }
}

/// Plans all mount points of the desired graph.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let found = match &inputs.observed.containers {
        Containers::Found(found) => found,
        other => {
            for (key, bind) in all(inputs.desired) {
                let same = inputs.current.and_then(|current| earlier(current, &key)) == Some(bind);
                guests::unseen(draft, &key, same, other);
            }
            return;
        }
    };
    let elsewhere = found.by_id.values().any(|other| !other.here);
    // What this plan takes, besides what is taken already.
    let mut taken: BTreeSet<(u32, u16)> = BTreeSet::new();
    let mut made = Made::default();
    for (key, bind) in all(inputs.desired) {
        let Some(state) = found.by_id.get(&bind.container) else {
            draft.refuse(
                &key,
                code::NO_SUCH_CONTAINER,
                format!("there is no container {}", bind.container),
                "make it first, or take the `lxc` out of the spec",
            );
            continue;
        };
        writing::warn(draft, &key, bind, state);
        let given = Given { key: &key, bind, found, state, way: folder::way(draft, bind, &made) };
        match &state.at(&bind.at)[..] {
            [] => create(draft, given, elsewhere, &mut taken, &mut made),
            [(number, point)] => present(draft, given, *number, point, &mut made),
            several => {
                let several: Vec<String> = several.iter().map(|(number, _)| format!("mp{number}")).collect();
                let reason =
                    format!("container {} has {} at that path", bind.container, several.join(" and "));
                draft.refuse(&key, code::MOUNT_POINT_TAKEN, reason, container::TAKEN_HELP);
            }
        }
    }
}

/// A mount point, and the container that it is given to.
struct Given<'a> {
    key: &'a Key,
    bind: &'a Bind,
    found: &'a Configured,
    state: &'a ContainerState,
    way: Way,
}

impl Given<'_> {
    /// Says why it cannot be written now.
    fn unwritable(&self, draft: &Draft<'_>) -> Option<Why> {
        let Given { bind, found, state, .. } = self;
        let seen = draft.inputs.observed;
        let unready = unready(found, bind.container, state);
        let barred = unready.or_else(|| barred(seen, bind, state)).or_else(|| self.unfit());
        barred.or_else(|| too_old(seen, found, bind, state))
    }

    /// Says why nobody is given what stands in the place of its folder.
    fn unfit(&self) -> Option<Why> {
        if let Way::Unfit(why) = &self.way { Some(why.clone()) } else { None }
    }

    /// Makes what is missing of its folder, and waits for whatever else does.
    fn makes_way(self, draft: &mut Draft<'_>, sketch: &mut Sketch, made: &mut Made) {
        let Given { key, bind, way, .. } = self;
        let (doing, by) = match way {
            Way::Stands(by) => (None, by),
            Way::Missing(doing, by) => (Some(doing), by),
            Way::Unseen(doing, by) => (Some(doing), by),
            Way::Unknown => {
                draft.warn(key, code::LEFT_UNKNOWN, folder::unknown(bind));
                return;
            }
            Way::Unfit(_) => return,
        };
        sketch.needs.extend(by.map(|by| Need::from(Milestone::Done(by))));
        if let Some(doing) = doing {
            let is_missing = matches!(doing.before[..], [Inverse::FolderAbsent { .. }]);
            sketch.tell("folder", None, Some(&folder::told(bind, is_missing)));
            // It is made before the container is given it.
            let after = std::mem::take(&mut sketch.doing);
            sketch.run_for(draft.whom(&bind.dataset), doing);
            sketch.doing = std::mem::take(&mut sketch.doing).then(after);
            made.note(key, bind);
        }
    }
}

/// Plans one that is not there yet. `elsewhere` is whether there are containers on other nodes.
fn create(
    draft: &mut Draft<'_>,
    given: Given<'_>,
    elsewhere: bool,
    taken: &mut BTreeSet<(u32, u16)>,
    made: &mut Made,
) {
    let Given { key, bind, state, .. } = given;
    let id = bind.container;
    if let Some(why) = given.unwritable(draft) {
        draft.refuse_for(key, why);
        return;
    }
    let Some(number) = free(state, &bind.at, |number| taken.contains(&(id, number))) else {
        draft.refuse(
            key,
            code::NO_FREE_MOUNT_POINT,
            format!("container {id} has {} mount points already", MOST),
            "take one from it that nobody needs: `pct set ID --delete mpN`",
        );
        return;
    };
    taken.insert((id, number));
    let point = planned(draft.inputs, bind, None);
    let mut sketch = Sketch::new(Kind::Create);
    sketch.tell(&format!("mp{number}"), None, Some(&point.to_string()));
    sketch.run(doing::set(id, number, &point.to_string(), state));
    if state.running
        && state.points.contains_key(&number)
        && doing::differs(state, number, &point.to_string())
    {
        waits(draft, key, id, number);
    }
    for warning in container::warnings(bind, state, number, elsewhere) {
        draft.warn(key, warning.0, warning.1);
    }
    given.makes_way(draft, &mut sketch, made);
    guests::give(draft, key, &bind.dataset, sketch);
}

fn present(draft: &mut Draft<'_>, given: Given<'_>, number: u16, point: &MountPoint, made: &mut Made) {
    let Given { key, bind, state, .. } = given;
    let inputs = draft.inputs;
    let known = draft.whose.is_known(key);
    if !point.is_bind() {
        let reason = format!("container {} has {} there: mp{number}", bind.container, point.volume);
        draft.refuse(key, code::MOUNT_POINT_TAKEN, reason, container::TAKEN_HELP);
        return;
    }
    let mut sketch = Sketch::new(Kind::Update);
    if !known {
        let what = format!("mp{number}, a mount point at that path,");
        let text = state.wanted().get(&number).copied().unwrap_or_default();
        if !guests::adopt(draft, key, &mut sketch, &what, MOUNT_POINT, text) {
            return;
        }
        if let Some(why) = given.unfit() {
            draft.refuse_for(key, why);
            return;
        }
    }
    let wanted = planned(inputs, bind, Some(point));
    if wanted == *point {
        if !state.here {
            guests::left_elsewhere(draft, key, &format!("container {}", bind.container), &state.node);
        }
        if state.running && state.pending.contains_key(&number) {
            waits(draft, key, bind.container, number);
        }
        if let Some(why) = given.unfit().filter(|_| known) {
            draft.warn(key, code::FOLDER_WENT, why.reason);
        }
        // Without its folder the container would not start.
        let missing = state.here && matches!(given.way, Way::Missing(..));
        if missing {
            given.makes_way(draft, &mut sketch, made);
        }
        if !known || missing {
            guests::give(draft, key, &bind.dataset, sketch);
        }
        return;
    }
    if let Some(why) = given.unwritable(draft) {
        draft.refuse_for(key, why);
        return;
    }
    sketch.changes = container::changes(point, &wanted);
    sketch.run(doing::set(bind.container, number, &wanted.to_string(), state));
    if state.running {
        waits(draft, key, bind.container, number);
    }
    given.makes_way(draft, &mut sketch, made);
    guests::give(draft, key, &bind.dataset, sketch);
}

/// Tells that something waits for a container's next start.
fn waits(draft: &mut Draft<'_>, key: &Key, container: u32, number: u16) {
    draft.warn(
        key,
        code::WAITS_FOR_START,
        format!("container {container} runs: mp{number} is so at its next start (`pct reboot {container}`, or `--restart-guests`)"),
    );
}

/// Adds what has to be looked at for a mount point.
pub fn look(query: &mut Query, bind: &Bind) {
    query.containers.insert(bind.container);
    query.pct_version |= LATER.iter().any(|(name, _)| bind.options.contains_key(*name));
    query.directories.insert(bind.dataset.clone());
    if bind.subdirectory.is_some() {
        read_only::look(query);
    }
    query.folders.extend(bind.subdirectory.iter().map(|folder| (bind.dataset.clone(), folder.clone())));
}

/// Returns whether a container has nothing at the path, where all are seen.
pub fn is_missing(seen: &Observed, bind: &Bind) -> bool {
    let Containers::Found(found) = &seen.containers else { return false };
    found.by_id.get(&bind.container).is_none_or(|state| state.at(&bind.at).is_empty())
}
