//! Keys: an encryption root whose key is not loaded gets it before whatever needs it. What nothing needs
//! stays locked.
//!
//! A key is needed where something is to be mounted, where a volume is to be used, and where a dataset is to
//! be made: the folders that take what is retired among them. Whatever needs it takes a name or a mount point,
//! and so waits for the actions that free some; a key is loaded as one of these.

pub mod late;
pub mod location;

use crate::{
    Inverse, Kind, Plan, Subject, code,
    dataset::{moving, renameable, retire},
    doing::Doing,
    draft::Draft,
    order::Milestone,
    settings::said,
    sketch::Sketch,
    stage::Stage,
    why::Why,
};
use location::{
    changes_to, circle, comes_with, holder_of, is_mounted, location_of, unchangeable, unreachable,
};
use phoenix_graph::{
    DatasetName, Key, Settings,
    mounts::{Mount, mounts},
};
use phoenix_host::{
    area,
    observed::DatasetState,
    op::Op,
    secret::{Asked, PROMPT},
};
use std::collections::{BTreeMap, BTreeSet};

pub const STAGES: &[Stage] = &[Stage { name: "keys", after: &["unmounting"], looks_inside: true, run: plan }];

/// Plans what keys are loaded, and judges where keys are to be found.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for node in inputs.desired.nodes() {
        let (Some(name), Some(settings)) = (node.resource.dataset_name(), node.resource.settings()) else {
            continue;
        };
        let refused = match standing(draft, name) {
            Some((at, state)) => {
                unchangeable(at, state, settings).or_else(|| changes_to(draft, at, state, settings))
            }
            None => said(settings, "keylocation").and_then(|location| {
                if let Some(why) = circle(draft, name, &location) {
                    return Some(why);
                }
                if let Some(holder) = comes_with(draft, name, &location) {
                    draft.found.late.lies_in(name.clone(), holder);
                    return None;
                }
                let format = said(settings, "keyformat").unwrap_or_default();
                unreachable(draft, &location, &format)
            }),
        };
        if let Some(why) = refused {
            draft.refuse_for(&node.key, why);
        }
    }
    let roots = needed(draft);
    for root in &roots {
        let after = draft.found.moves.after(root);
        match comes_with(draft, &after, &location_of(draft, root)) {
            Some(_) if after != *root => {
                draft.refuse_for(&inputs.key_of(&after), renameable::late_key(root, &after));
            }
            Some(holder) => draft.found.late.lies_in(root.clone(), holder),
            None => load(draft, root),
        }
    }
    tell_locked(draft, &roots);
}

/// Loads the keys that lie in datasets whose mounting is planned by now, and says whether there were any.
/// Where two wait for each other, both are refused.
pub fn load_late(draft: &mut Draft<'_>) -> bool {
    let ready = draft.found.late.take_ready();
    if ready.is_empty() {
        for (root, holder) in draft.found.late.take_stuck() {
            draft.refuse(
                &Key::Dataset(root),
                code::KEYS_IN_EACH_OTHER,
                format!("its key is to lie in {holder}, which needs a key that lies in it"),
                "put one of the keys elsewhere",
            );
        }
        return false;
    }
    for (root, holder) in ready {
        // Whatever comes next, the creation of a new one among it, waits for the mount.
        let mounted = Milestone::Done(Key::Dataset(holder));
        draft.comes_with(Milestone::Free(root.pool()), &mounted);
        if draft.inputs.observed.datasets.contains_key(&root) {
            load(draft, &root);
        }
    }
    true
}

/// Loads the key of one encryption root.
fn load(draft: &mut Draft<'_>, root: &DatasetName) {
    let Some(state) = draft.inputs.observed.datasets.get(root) else { return };
    let own = state.value("keylocation").unwrap_or(PROMPT);
    let location = location_of(draft, root);
    let late = holder_of(draft, location.strip_prefix("file://").unwrap_or_default())
        .is_some_and(|holder| !is_mounted(draft, &holder));
    let format = state.value("keyformat").unwrap_or_default();
    if let Some(why) = unreachable(draft, &location, format).filter(|_| !late) {
        let reason = format!("its key is not loaded, and something below it needs it: {}", why.reason);
        draft.refuse_for(&Key::Dataset(draft.found.moves.after(root)), Why { reason, ..why });
        return;
    }
    let mut sketch = Sketch::new(Kind::Update);
    sketch.tell("keystatus", Some("unavailable"), Some("available"));
    // Its own location needs not be said, and may hold a password that is nobody's to write down.
    let elsewhere = *location == *PROMPT || *location != *own;
    sketch.run(doing(root, elsewhere.then_some(location)));
    sketch.after(Milestone::Free(root.pool()));
    sketch.reaches(Milestone::Free(root.pool()));
    draft.push(Subject::Key(root.clone()), sketch);
}

/// Loads a key: from where it is said to be, else from where the encryption root itself says. It is unloaded again once
/// nothing that was mounted with it is.
fn doing(root: &DatasetName, location: Option<Box<str>>) -> Doing {
    Doing::new(
        Op::KeyLoad { dataset: root.clone(), location },
        Inverse::KeyUnloaded { dataset: root.clone() },
    )
}

/// Lists the encryption roots that are locked, and whose key something needs.
fn needed(draft: &Draft<'_>) -> BTreeSet<DatasetName> {
    let inputs = draft.inputs;
    let mut roots = BTreeSet::new();
    if !inputs.observed.datasets.values().any(DatasetState::is_locked) {
        return roots;
    }
    let mounts = mounts(inputs.desired.resources());
    for node in inputs.desired.nodes() {
        let Some(name) = node.resource.dataset_name() else { continue };
        let settings = node.resource.settings();
        let needs = match standing(draft, name) {
            Some((at, state)) => {
                let comes = area::is_inside(at) || inputs.coming_home.contains(at);
                let can = moving::canmount_at_home(state, comes);
                Some(state).filter(|state| is_used(name, state, can, settings, &mounts))
            }
            None => {
                let own = |name: &str| settings.and_then(|settings| said(settings, name));
                let apart = own("keylocation").is_some() || own("encryption").as_deref() == Some("off");
                let above = std::iter::successors(name.parent(), DatasetName::parent);
                above
                    .into_iter()
                    .find_map(|above| standing(draft, &above))
                    .map(|(_, state)| state)
                    .filter(|_| !apart)
            }
        };
        roots.extend(needs.filter(|state| state.is_locked()).and_then(DatasetState::encryption_root));
    }
    for name in retire::leaving(draft).into_iter().chain(draft.found.moves.in_the_way()) {
        // The folder that takes it is made in the area of its holder.
        let holder = area::holder_in(inputs.observed, name);
        let holder = inputs.observed.datasets.get(&holder).filter(|state| state.is_locked());
        roots.extend(holder.and_then(DatasetState::encryption_root));
    }
    roots
}

/// Returns whether a dataset that is there is to be used: mounted, or as a volume.
fn is_used(
    name: &DatasetName,
    state: &DatasetState,
    now: &str,
    settings: Option<&Settings>,
    mounts: &BTreeMap<DatasetName, Mount>,
) -> bool {
    let declared = settings.and_then(|settings| said(settings, "canmount"));
    let can = declared.as_deref().unwrap_or(now);
    state.volume || can == "on" && mounts.get(name).is_some_and(|mount| mount.path.is_some())
}

/// Finds a dataset where it stands now: at its name, or where it or what it belongs to was put away.
fn standing<'a>(draft: &Draft<'a>, name: &DatasetName) -> Option<(&'a DatasetName, &'a DatasetState)> {
    let datasets = &draft.inputs.observed.datasets;
    if let Some(found) = draft.standing(name) {
        return Some(found);
    }
    std::iter::successors(Some(name.clone()), DatasetName::parent)
        .take_while(|above| draft.standing(above).is_none())
        .find_map(|above| datasets.get_key_value(&moving::moved(name, &above, draft.whose.retired(&above)?)?))
}

/// Tells which datasets of the spec stay locked.
fn tell_locked(draft: &mut Draft<'_>, loaded: &BTreeSet<DatasetName>) {
    let inputs = draft.inputs;
    let mut left: BTreeMap<DatasetName, Key> = BTreeMap::new();
    for node in inputs.desired.nodes() {
        let Some(name) = node.resource.dataset_name() else { continue };
        let locked = draft.standing(name).map(|(_, state)| state).filter(|state| state.is_locked());
        let root = locked.and_then(DatasetState::encryption_root).filter(|root| !loaded.contains(root));
        if let Some(root) = root {
            left.entry(root).or_insert_with(|| node.key.clone());
        }
    }
    for (root, key) in left {
        draft.warn(
            &key,
            code::STAYS_LOCKED,
            format!("the key of {root} is not loaded, and stays so: nothing below it is to be mounted"),
        );
    }
}

impl Plan {
    /// Lists the keys that somebody has to type before the plan is carried out, in that order.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.actions.iter().flat_map(|action| &action.ops).filter_map(Op::asked).collect()
    }
}
