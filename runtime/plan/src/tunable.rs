//! Parameters of the zfs module: now through `/sys`, at the next boot through the rendered file. What no spec
//! says any more goes back to what it was before one did, else to the module's own default (0).

use crate::{
    Inverse, Kind, Prior, Subject, before::TUNABLE_VALUE, code, doing::Doing, draft::Draft, sketch::Sketch,
    stage::Stage,
};
use phoenix_graph::{Key, Resource, Tunable};
use phoenix_host::{observed::Observed, op::Op};

pub const STAGES: &[Stage] = &[Stage { name: "tunables", after: &["shared"], looks_inside: true, run: plan }];

/// Plans all parameters: those declared, and those that only the current generation declares.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for resource in inputs.desired.resources() {
        if let Resource::Tunable(tunable) = resource {
            note(draft, tunable);
            set(draft, tunable, tunable.value, Kind::Update);
        }
    }
    for resource in inputs.current.into_iter().flat_map(phoenix_graph::Graph::resources) {
        if let Resource::Tunable(tunable) = resource
            && inputs.desired.get(&resource.key()).is_none()
        {
            let before = match inputs.prior(&resource.key(), TUNABLE_VALUE) {
                Some(Prior::Own { raw, .. }) => raw.parse().unwrap_or(0),
                _ => 0,
            };
            set(draft, tunable, before, Kind::Remove);
        }
    }
}

/// Notes what a parameter is that the spec is the first to say.
fn note(draft: &mut Draft<'_>, tunable: &Tunable) {
    let key = Key::Tunable(tunable.name.clone());
    let said = draft.inputs.current.is_some_and(|current| current.get(&key).is_some());
    let now = draft.inputs.observed.tunables.get(&tunable.name).copied().unwrap_or(0);
    if !said && now != 0 && draft.inputs.prior(&key, TUNABLE_VALUE).is_none() {
        let word: Box<str> = now.to_string().into();
        draft.stands_over(&key, [(TUNABLE_VALUE.into(), Prior::Own { raw: word.clone(), word })].into());
    }
}

fn set(draft: &mut Draft<'_>, tunable: &Tunable, value: u64, kind: Kind) {
    let key = Key::Tunable(tunable.name.clone());
    let Some(&now) = draft.inputs.observed.tunables.get(&tunable.name) else {
        draft.refuse(
            &key,
            code::NO_SUCH_PARAMETER,
            "the zfs module of this host has no such parameter, or is not loaded",
            format!("`modprobe zfs`, then look for /sys/module/zfs/parameters/{}", tunable.name),
        );
        return;
    };
    if now == value {
        return;
    }
    let kind = if kind == Kind::Update && !draft.whose.is_known(&key) { Kind::Create } else { kind };
    let mut sketch = Sketch::new(kind);
    sketch.tell("value", Some(&now.to_string()), Some(&value.to_string()));
    sketch.run(doing(&tunable.name, value, now));
    draft.push(Subject::Resource(key), sketch);
}

/// Writes a parameter as `modprobe.d(5)` wants it.
pub fn line(tunable: &Tunable) -> String {
    format!("options zfs {}={}\n", tunable.name, tunable.value)
}

/// Writes a parameter that has a value now.
fn doing(name: &str, value: u64, now: u64) -> Doing {
    Doing::new(
        Op::TunableSet { name: name.into(), value },
        Inverse::Tunable { name: name.into(), value: now },
    )
}

/// Returns what takes it back.
pub fn back(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    let Inverse::Tunable { name, value } = inverse else { return Vec::new() };
    let differs = seen.tunables.get(name).is_some_and(|now| now != value);
    differs.then(|| Op::TunableSet { name: name.clone(), value: *value }).into_iter().collect()
}

/// Returns whether it is a parameter: a boot gives it the value that the rendered files say.
pub fn is_put_in_force_by_a_boot(inverse: &Inverse) -> bool {
    matches!(inverse, Inverse::Tunable { .. })
}
