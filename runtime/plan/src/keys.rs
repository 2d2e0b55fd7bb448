//! Keys: an encryption root whose key is not loaded gets it before whatever needs it. What nothing needs
//! stays locked.
//!
//! A key is needed where something is to be mounted, where a volume is to be used, and where a dataset is to
//! be made: the folders that take what is retired among them. Whatever needs it takes a name or a mount point,
//! and so waits for the actions that free some; a key is loaded as one of these.

use crate::{
    Change, Inverse, Kind, Plan, Subject, code,
    dataset::moving,
    doing::Doing,
    draft::{Draft, Sketch},
    stage::Stage,
    why::Why,
};
use phoenix_graph::{
    DatasetName, Graph, Key, Settings, Value,
    mounts::{Mount, mounts},
};
use phoenix_host::{
    area,
    observed::{DatasetState, HOME, KeyFile},
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
            None => word(settings, "keylocation").and_then(|location| {
                if let Some(holder) = comes_with(draft, name, &location) {
                    draft.late_keys.insert(name.clone(), holder);
                    return None;
                }
                let format = word(settings, "keyformat").unwrap_or_default();
                unreachable(draft, &location, &format)
            }),
        };
        if let Some(why) = refused {
            draft.refuse_for(&node.key, why);
        }
    }
    let roots = needed(draft);
    for root in &roots {
        match comes_with(draft, root, &location_of(draft, root)) {
            Some(holder) => _ = draft.late_keys.insert(root.clone(), holder),
            None => load(draft, root),
        }
    }
    tell_locked(draft, &roots);
}

/// Lists the encryption roots whose keys lie in datasets that are still to be mounted.
pub fn late(draft: &Draft<'_>) -> Vec<DatasetName> {
    draft.late_keys.keys().cloned().collect()
}

/// Loads the keys that lie in datasets whose mounting is planned by now, and says whether there were any.
/// Where two wait for each other, both are refused.
pub fn load_late(draft: &mut Draft<'_>) -> bool {
    let waits = |draft: &Draft<'_>, holder: &DatasetName| {
        draft.late_keys.keys().any(|root| holder == root || holder.is_below(root))
    };
    let ready: Vec<(DatasetName, DatasetName)> = draft
        .late_keys
        .iter()
        .filter(|(_, holder)| !waits(draft, holder))
        .map(|(root, holder)| (root.clone(), holder.clone()))
        .collect();
    if ready.is_empty() {
        for (root, holder) in std::mem::take(&mut draft.late_keys) {
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
        draft.late_keys.remove(&root);
        // Whatever comes next, the creation of a new one among it, waits for the mount.
        if let Some(at) = draft.action_of(&Key::Dataset(holder)) {
            draft.add_free(root.pool(), at);
        }
        if draft.inputs.observed.datasets.contains_key(&root) {
            load(draft, &root);
        }
    }
    true
}

/// Finds the dataset that a key's file lies in, where that is mounted by this very switch: then nothing is
/// known of the file before.
fn comes_with(draft: &Draft<'_>, root: &DatasetName, location: &str) -> Option<DatasetName> {
    let path = location.strip_prefix("file://")?;
    let holder = holder_of(draft, path)?;
    let mounted = draft.inputs.observed.datasets.get(&holder).is_some_and(|state| state.mounted);
    (!mounted && holder != *root && !holder.is_below(root)).then_some(holder)
}

/// Tells which dataset a missing key would lie in: what is made below a mount point where nothing is mounted
/// is hidden later, and is no key.
fn lies_in(draft: &Draft<'_>, path: &str) -> Option<String> {
    let datasets = draft.inputs.observed.datasets.iter();
    let above = datasets.filter(|(_, state)| !state.volume).filter_map(|(name, state)| {
        let at = state.value("mountpoint").filter(|at| at.starts_with('/') && *at != "/")?;
        std::path::Path::new(path).starts_with(at).then_some((at.len(), name, state.mounted))
    });
    let (_, name, mounted) = above.max()?;
    Some(if mounted {
        format!(
            "the path lies in {name}: bring the key there from its copy, where it is that of a dataset that is there already; a new key opens nothing"
        )
    } else {
        format!(
            "the path lies in {name}, which is not mounted: mount it first (`zfs mount {name}`), and look there again; make no file in its place"
        )
    })
}

/// Finds the dataset of the spec that a path lies in: the one whose mount point is nearest above it.
fn holder_of(draft: &Draft<'_>, path: &str) -> Option<DatasetName> {
    let mounts = mounts(draft.inputs.desired.resources());
    let above = mounts.into_iter().filter(|(_, mount)| mount.mounted).filter_map(|(name, mount)| {
        let at = mount.path?;
        std::path::Path::new(path).starts_with(&*at).then_some((at.len(), name))
    });
    above.max().map(|(_, name)| name)
}

/// Returns where the key of an encryption root that is there is to be found.
fn location_of(draft: &Draft<'_>, root: &DatasetName) -> Box<str> {
    let state = draft.inputs.observed.datasets.get(root);
    let home = state.and_then(|state| state.local(HOME)).and_then(|home| DatasetName::seen(home).ok());
    let declared = draft.inputs.desired.dataset(home.as_ref().unwrap_or(root));
    let declared = declared.and_then(|node| word(node.resource.settings()?, "keylocation"));
    declared.unwrap_or_else(|| state.and_then(|state| state.value("keylocation")).unwrap_or(PROMPT).into())
}

/// Loads the key of one encryption root.
fn load(draft: &mut Draft<'_>, root: &DatasetName) {
    let Some(state) = draft.inputs.observed.datasets.get(root) else { return };
    let own = state.value("keylocation").unwrap_or(PROMPT);
    let location = location_of(draft, root);
    let late = holder_of(draft, location.strip_prefix("file://").unwrap_or_default()).is_some_and(|holder| {
        !draft.inputs.observed.datasets.get(&holder).is_some_and(|state| state.mounted)
    });
    let format = state.value("keyformat").unwrap_or_default();
    if let Some(why) = unreachable(draft, &location, format).filter(|_| !late) {
        let reason = format!("its key is not loaded, and something below it needs it: {}", why.reason);
        draft.refuse_for(&Key::Dataset(root.clone()), Why { reason, ..why });
        return;
    }
    let mut sketch = Sketch::new(Kind::Update);
    sketch.changes.push(Change {
        setting: "keystatus".to_owned(),
        old: Some("unavailable".to_owned()),
        new: Some("available".to_owned()),
    });
    // Its own location needs not be said, and may hold a password that is nobody's to write down.
    let said = *location == *PROMPT || *location != *own;
    sketch.run(doing(root, said.then_some(location)));
    sketch.needs.extend(draft.last_free(&root.pool()));
    let at = draft.push(Subject::Key(root.clone()), sketch);
    draft.add_free(root.pool(), at);
}

/// Loads a key: from where it is said to be, else from where the encryption root itself says. It is unloaded again once
/// nothing that was mounted with it is.
fn doing(root: &DatasetName, location: Option<Box<str>>) -> Doing {
    Doing::new(
        Op::KeyLoad { dataset: root.clone(), location },
        Inverse::KeyUnloaded { dataset: root.clone() },
    )
}

/// Returns what tries the key that an encryption root is to have from now on: a location whose key does not open it
/// would be taken, and told at the next boot. What is typed is tried when it is typed, and what lies in a dataset
/// that is mounted by this very switch when it is loaded.
pub fn check(draft: &Draft<'_>, name: &DatasetName, state: &DatasetState, location: &str) -> Option<Doing> {
    state.encryption_root()?;
    let known = location.starts_with("file://") && comes_with(draft, name, location).is_none();
    known.then(|| Doing::alone(Op::KeyCheck { dataset: name.clone(), location: location.into() }))
}

/// Says why a key cannot be had from where it is to be, and the way out.
fn unreachable(draft: &Draft<'_>, location: &str, format: &str) -> Option<Why> {
    if location == PROMPT && format == "raw" {
        return Some(Why::new(
            code::NO_KEY,
            "a raw key cannot be typed",
            "say keylocation=\"file:///…\", a file of 32 random bytes; or keyformat=\"passphrase\"",
        ));
    }
    let path = location.strip_prefix("file://")?;
    let reason = match draft.inputs.observed.key_files.get(path)? {
        KeyFile::Missing => format!("there is no file {path}, where its key is to be"),
        KeyFile::Unreadable(error) => {
            format!("the file {path}, where its key is to be, cannot be read: {error}")
        }
        KeyFile::Bytes(32) if format == "raw" => return None,
        KeyFile::Bytes(bytes) if format == "raw" => {
            format!("the file {path} has {bytes} bytes, and a raw key has 32")
        }
        KeyFile::Bytes(0) => format!("the file {path}, where its key is to be, is empty"),
        KeyFile::Bytes(_) => return None,
    };
    let help = match draft.inputs.observed.key_files.get(path) {
        Some(KeyFile::Missing) if lies_in(draft, path).is_some() => lies_in(draft, path).unwrap_or_default(),
        Some(KeyFile::Missing) => format!(
            "bring the key there, or for a new dataset make one (`head -c 32 /dev/urandom > {path}`, and keep a copy elsewhere)"
        ),
        _ => "put the key there as `keyformat` says: raw is just 32 bytes".to_owned(),
    };
    Some(Why { code: code::NO_KEY, reason, help })
}

/// Says why what the spec says of a dataset's key cannot be brought about on the dataset that is there.
fn unchangeable(at: &DatasetName, state: &DatasetState, settings: &Settings) -> Option<Why> {
    let declared = word(settings, "keylocation")?;
    let root = state.encryption_root()?;
    if root != *at {
        return Some(Why::new(
            code::KEY_BY_HAND,
            format!("its key is that of {root}; the spec gives it one of its own"),
            format!(
                "`zfs change-key -o keyformat=… -o keylocation=… {at}` gives it one; or take `keyformat` and `keylocation` out of the spec"
            ),
        ));
    }
    let own = state.value("keylocation").unwrap_or_default();
    let holds_password = own.split_once("://").is_some_and(|(kind, rest)| {
        kind != "file" && rest.split('/').next().is_some_and(|host| host.contains('@'))
    });
    (holds_password && *own != *declared).then(|| {
        Why::new(
            code::KEY_BY_HAND,
            "its keylocation now holds a password, which the journal would keep",
            format!("change it by hand first: `zfs set keylocation=… {at}`"),
        )
    })
}

/// Says why the key cannot be had from where the spec has it from now on, where that is elsewhere than now.
fn changes_to(draft: &Draft<'_>, at: &DatasetName, state: &DatasetState, settings: &Settings) -> Option<Why> {
    let declared =
        word(settings, "keylocation").filter(|word| state.value("keylocation") != Some(&**word))?;
    state.encryption_root().filter(|_| comes_with(draft, at, &declared).is_none())?;
    unreachable(draft, &declared, state.value("keyformat").unwrap_or_default())
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
                let own = |name: &str| settings.and_then(|settings| word(settings, name));
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
    for name in leaving(draft) {
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
    let declared = settings.and_then(|settings| word(settings, "canmount"));
    let can = declared.as_deref().unwrap_or(now);
    state.volume || can == "on" && mounts.get(name).is_some_and(|mount| mount.path.is_some())
}

/// Lists what will be retired, by the names of the topmost.
pub fn leaving<'a>(draft: &Draft<'a>) -> Vec<&'a DatasetName> {
    let inputs = draft.inputs;
    let gone: BTreeSet<&DatasetName> = inputs
        .current
        .into_iter()
        .flat_map(Graph::nodes)
        .filter(|node| !draft.was_adopted(&node.key))
        .filter_map(|node| node.resource.dataset_name())
        .filter(|name| {
            let state = inputs.observed.datasets.get(*name);
            let ours = state.is_some_and(|state| draft.is_ours(name, state));
            ours && !name.is_root() && inputs.desired.dataset(name).is_none()
        })
        .collect();
    let inside = |name: &DatasetName| {
        std::iter::successors(name.parent(), DatasetName::parent).any(|above| gone.contains(&above))
    };
    gone.iter().copied().filter(|name| !inside(name)).collect()
}

/// Finds a dataset where it stands now: at its name, or where it or what it belongs to was put away.
fn standing<'a>(draft: &Draft<'a>, name: &DatasetName) -> Option<(&'a DatasetName, &'a DatasetState)> {
    let datasets = &draft.inputs.observed.datasets;
    if let Some(found) = datasets.get_key_value(name) {
        return Some(found);
    }
    std::iter::successors(Some(name.clone()), DatasetName::parent)
        .take_while(|above| !datasets.contains_key(above))
        .find_map(|above| datasets.get_key_value(&moving::moved(name, &above, draft.retired(&above)?)?))
}

/// Tells which datasets of the spec stay locked.
fn tell_locked(draft: &mut Draft<'_>, loaded: &BTreeSet<DatasetName>) {
    let inputs = draft.inputs;
    let mut left: BTreeMap<DatasetName, Key> = BTreeMap::new();
    for node in inputs.desired.nodes() {
        let Some(name) = node.resource.dataset_name() else { continue };
        let locked = inputs.observed.datasets.get(name).filter(|state| state.is_locked());
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

/// Returns the word of a declared setting.
fn word(settings: &Settings, name: &str) -> Option<Box<str>> {
    settings.get(name).map(|value| match value {
        Value::Text(word) => word.clone(),
        other => other.to_string().into(),
    })
}

impl Plan {
    /// Lists the keys that somebody has to type before the plan is carried out, in that order.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.actions.iter().flat_map(|action| &action.ops).filter_map(Op::asked).collect()
    }
}
