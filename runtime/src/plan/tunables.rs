//! Parameters of the zfs module: now through `/sys`, at the next boot through the rendered file.

use super::{
    Change, Inverse, Kind, Subject,
    draft::{Draft, Sketch},
};
use crate::op::Op;
use phoenix_graph::{Key, Resource, Tunable};

/// Plans all parameters: those declared, and those that only the current generation declares, which
/// go back to the module's own default (0).
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for resource in inputs.desired.resources() {
        if let Resource::Tunable(tunable) = resource {
            set(draft, tunable, tunable.value, Kind::Update);
        }
    }
    for resource in inputs.current.into_iter().flat_map(phoenix_graph::Graph::resources) {
        if let Resource::Tunable(tunable) = resource
            && inputs.desired.get(&resource.key()).is_none()
        {
            set(draft, tunable, 0, Kind::Remove);
        }
    }
}

fn set(draft: &mut Draft<'_>, tunable: &Tunable, value: u64, kind: Kind) {
    let key = Key::Tunable(tunable.name.clone());
    let Some(&now) = draft.inputs.observed.tunables.get(&tunable.name) else {
        draft.refuse(
            &key,
            "the zfs module of this host has no such parameter, or is not loaded",
            format!("`modprobe zfs`, then look for /sys/module/zfs/parameters/{}", tunable.name),
        );
        return;
    };
    if now == value {
        return;
    }
    let kind = if kind == Kind::Update && !draft.is_known(&key) { Kind::Create } else { kind };
    let mut sketch = Sketch::new(kind);
    sketch.changes.push(Change {
        setting: "value".to_owned(),
        old: Some(now.to_string()),
        new: Some(value.to_string()),
    });
    sketch.run(
        Op::TunableSet { name: tunable.name.clone(), value },
        Inverse::Tunable { name: tunable.name.clone(), value: now },
    );
    draft.push(Subject::Resource(key), sketch);
}
