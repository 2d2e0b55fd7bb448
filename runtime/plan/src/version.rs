//! What the host's version of OpenZFS does not have yet: told when planning, since OpenZFS would refuse it in
//! the middle of a switch.

use crate::{code, draft::Draft, stage::Stage};
use phoenix_graph::{
    Bytes, PropertyName, Resource, Target, Value,
    property::{self, LARGEST_BLOCK_PARAMETER, Property, Version},
};

pub const STAGES: &[Stage] = &[Stage { name: "versions", after: &["legal"], looks_inside: false, run: plan }];

/// Refuses properties and words that came later.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let number = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
    let here = Version::new(number(inputs.observed.zfs.0), number(inputs.observed.zfs.1));
    for resource in inputs.desired.resources() {
        for (name, value, row) in known(resource) {
            let since = row.since_with(value);
            if since <= here {
                continue;
            }
            let (code, reason, help) = if row.since > here {
                let reason =
                    format!("OpenZFS {here} on this host has no property {name}: it came with {since}");
                (
                    code::NEEDS_NEWER_OPENZFS,
                    reason,
                    format!("leave {name} out, or bring the host to OpenZFS {since}"),
                )
            } else if let Value::Number(size) = value {
                if allowed(inputs.observed.tunables.get(LARGEST_BLOCK_PARAMETER), *size) {
                    continue;
                }
                let most = row.larger.map_or(Bytes(0), |(most, _)| Bytes(most));
                (
                    code::BLOCK_TOO_LARGE,
                    format!(
                        "{name} would be {}, and OpenZFS {here} on this host takes {most} at most",
                        Bytes(*size)
                    ),
                    format!(
                        "say {most}, or raise the parameter {LARGEST_BLOCK_PARAMETER} of the module zfs, now and at boot"
                    ),
                )
            } else {
                let reason =
                    format!("OpenZFS {here} on this host does not know {name}={value}: it came with {since}");
                (
                    code::NEEDS_NEWER_OPENZFS,
                    reason,
                    format!("say another value, or bring the host to OpenZFS {since}"),
                )
            };
            draft.refuse(&resource.key(), code, reason, help);
        }
    }
}

/// Returns whether the parameter allows blocks of this size; one that is not there forbids nothing.
fn allowed(parameter: Option<&u64>, size: u64) -> bool {
    parameter.is_none_or(|most| size <= *most)
}

/// Returns whether a parameter of the module decides whether something of this resource is taken.
pub fn wants_parameter(resource: &Resource) -> bool {
    known(resource)
        .any(|(_, value, row)| matches!(value, Value::Number(_)) && row.since_with(value) > row.since)
}

/// Lists the settings that OpenZFS knows.
fn known(resource: &Resource) -> impl Iterator<Item = (&PropertyName, &Value, &'static Property)> {
    let target = match resource {
        Resource::Pool(_) => Some(Target::Pool),
        Resource::Dataset(_) => Some(Target::Filesystem),
        Resource::Volume(_) => Some(Target::Volume),
        _ => None,
    };
    let settings = target.zip(resource.settings());
    settings.into_iter().flat_map(|(target, settings)| {
        settings.iter().filter_map(move |(name, value)| {
            Some((name, value, property::find(target, name.as_str()).filter(|_| !name.is_user())?))
        })
    })
}
