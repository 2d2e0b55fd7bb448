//! What machines mount by version 4, held against what others export as the root of all (`fsid=0`): its clients see
//! every path from there on, and whoever is none of them sees nothing.

use super::from::by_address;
use crate::{
    code,
    draft::Draft,
    export::{live, others::Other},
};
use phoenix_graph::{
    GuestMount, Key, Resource,
    export::{
        Fsid,
        reach::{Exports, NoWay, Way},
    },
    mounts::mounts,
    nfs::Version,
    plain::some,
};
use std::collections::BTreeSet;

/// Refuses what a machine is to mount anew by another path than it has there; warns where that stands already, or may be.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let is_root = |other: &&Other<'_>| Fsid::of(other.options) == Some(Fsid::ROOT);
    let roots: Vec<String> = draft.others.all().filter(is_root).map(Other::to_string).collect();
    if roots.is_empty() {
        return;
    }
    let given = draft.others.clients();
    let others: Exports<'_> = given.iter().map(|(path, clients)| (&**path, clients)).collect();
    let own = live::clients(inputs.desired);
    let places = places(draft);
    let mut found = Vec::new();
    for (key, mount) in by_version_4(draft) {
        let reasons = by_address(inputs, mount);
        let reasons: Vec<_> = reasons.iter().map(|mount| wrong(mount, [&own, &others], &places)).collect();
        let sure = reasons.iter().all(|reason| matches!(reason, Some((_, true))));
        let Some((reason, _)) = reasons.into_iter().flatten().next() else { continue };
        let stands = inputs.current.and_then(|current| current.get(&key)).is_some_and(
            |node| matches!(&node.resource, Resource::GuestMount(earlier) if earlier.mount == mount.mount),
        );
        let text = format!(
            "machine {} {} {} by version 4, where it is to mount it: {reason}; others export {}",
            mount.machine,
            if sure { "does not have" } else { "may not have" },
            mount.mount.source(),
            some(&roots)
        );
        found.push((key, sure && !stands, text));
    }
    for (key, refused, text) in found {
        if refused {
            let help = "take `fsid=0` out there, then `exportfs -ra`: version 4 shows every export by its own path; or say \
                        `vers=\"3\"` of the machine";
            draft.refuse(&key, code::OUTSIDE_ROOT_OF_OTHERS, text, help);
        } else {
            draft.warn(&key, code::UNDER_ROOT_OF_OTHERS, text);
        }
    }
}

/// Lists what machines of the desired graph mount by version 4.
fn by_version_4<'a>(draft: &Draft<'a>) -> impl Iterator<Item = (Key, &'a GuestMount)> + use<'a> {
    draft.inputs.desired.resources().filter_map(|resource| match resource {
        Resource::GuestMount(mount) if mount.mount.options.vers != Version::V3 => {
            Some((resource.key(), mount))
        }
        _ => None,
    })
}

/// Lists where anything is mounted now, or is to be.
fn places(draft: &Draft<'_>) -> BTreeSet<Box<str>> {
    let inputs = draft.inputs;
    let now = inputs.observed.mounts.all.iter().map(|mount| mount.place.clone());
    let after = mounts(inputs.desired.resources()).into_values().filter(|mount| mount.mounted);
    now.chain(after.filter_map(|mount| mount.path)).collect()
}

/// Says why a machine does not have what it is to mount by the path that it asks for, and whether that is sure.
fn wrong(
    mount: &GuestMount,
    exports: [&Exports<'_>; 2],
    places: &BTreeSet<Box<str>>,
) -> Option<(String, bool)> {
    let source = mount.source_path();
    let asked = mount.asks(&mount.path, &source);
    let [own, others] = exports;
    match Way::find_beside(own, others, asked) {
        Ok(way) if way.what != &*mount.mount.what => Some((format!("there {source} is {}", way.what), true)),
        Ok(way) => {
            let stuck = way.stuck(exports, asked, places.iter().map(|place| &**place))?;
            Some((format!("nothing leads through what is mounted at {stuck}, which is not exported"), true))
        }
        Err(reason @ (NoWay::OutsideRoot { .. } | NoWay::NoRoot(_))) => Some((reason.to_string(), true)),
        Err(reason @ NoWay::UnsureRoot(_)) => Some((reason.to_string(), false)),
        // That has nothing to do with others.
        Err(NoWay::NotExported(_) | NoWay::NotCrossed { .. } | NoWay::NoClient { .. }) => None,
    }
}
