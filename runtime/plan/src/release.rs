//! Letting go of what was there before phoenix: it stays, and where one goes back to before it was adopted,
//! its settings are again what they were then.

use super::{Change, Inputs, Inverse, Prior, before, draft::Sketch, settings, storages::IN_FORCE};
use phoenix_graph::{Key, Resource, Settings, Target};
use phoenix_host::observed::{StorageState, Storages};
use std::collections::BTreeMap;

/// Adds what gives a file system or volume its settings back, where one goes back to before it was adopted,
/// and that is known.
pub fn dataset(inputs: &Inputs<'_>, key: &Key, sketch: &mut Sketch) {
    if inputs.gives_back && inputs.before.contains_key(key) {
        settings(inputs, key, sketch);
    }
}

/// Adds what gives back the settings that the current generation says.
pub fn settings(inputs: &Inputs<'_>, key: &Key, sketch: &mut Sketch) {
    let (Key::Dataset(name) | Key::Volume(name)) = key else { return };
    let Some(state) = inputs.observed.datasets.get(name) else { return };
    let target = if state.volume { Target::Volume } else { Target::Filesystem };
    let earlier = inputs.current.and_then(|current| current.get(key)?.resource.settings());
    let (nothing, known) = (Settings::default(), inputs.before.get(key));
    let delta = settings::delta(name, target, &nothing, earlier, known, state, inputs.observed.zfs);
    delta.put(name, sketch);
}

/// Adds what makes a registration again what it was before it was adopted, where that is known.
pub fn storage(inputs: &Inputs<'_>, key: &Key, sketch: &mut Sketch) {
    let (Key::Storage(id), Storages::Found(found), true) =
        (key, &inputs.observed.storages, inputs.gives_back)
    else {
        return;
    };
    let (Some(known), Some(Resource::Storage(said))) =
        (inputs.before.get(key), inputs.current.and_then(|current| Some(&current.get(key)?.resource)))
    else {
        return;
    };
    let word = |name: &str| match known.get(name) {
        Some(Prior::Own { raw, .. }) => Some(raw.clone()),
        _ => None,
    };
    let Some(kind) = word(before::STORAGE_TYPE) else { return };
    let was: BTreeMap<Box<str>, Box<str>> = known
        .keys()
        .filter(|name| &***name != before::STORAGE_TYPE)
        .filter_map(|name| Some((name.clone(), word(name)?)))
        .collect();
    let mut wanted = StorageState { kind: kind.clone(), properties: was };
    if let Some(now) = found.by_id.get(id).filter(|now| now.kind == kind) {
        // What nobody declared stays as it is now.
        let own = |name: &str| !said.properties.contains_key(name) && !IN_FORCE.contains(&name);
        wanted.properties.retain(|name, _| !own(name) || now.properties.contains_key(name));
        wanted.properties.extend(
            now.properties
                .iter()
                .filter(|(name, _)| own(name))
                .map(|(name, word)| (name.clone(), word.clone())),
        );
    }
    let wanted = Inverse::Storage { id: id.clone(), before: Some(wanted) };
    let ops = wanted.ops(inputs.observed);
    if ops.is_empty() {
        return;
    }
    sketch.changes.push(Change {
        setting: "registration".to_owned(),
        old: Some("as phoenix had it".to_owned()),
        new: Some("as it was before".to_owned()),
    });
    sketch.ops.extend(ops);
    sketch.inverses.push(Inverse::Storage { id: id.clone(), before: found.by_id.get(id).cloned() });
}
