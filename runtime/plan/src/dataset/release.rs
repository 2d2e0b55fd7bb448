//! Letting go of what was there before phoenix: it stays, and where one goes back to before it was adopted,
//! its settings are again what they were then.

use crate::{Inputs, settings, sketch::Sketch};
use phoenix_graph::{Key, Settings, Target};

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
