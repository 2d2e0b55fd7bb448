//! File systems and volumes: create, adopt, bring home, set, inherit again; and put away what the
//! spec no longer names (retire.rs).

use super::{
    Change, Inverse, Kind, Reversibility, Subject, code,
    draft::{Draft, Sketch},
    exchange, keys, mounting, retire, settings, space,
};
use crate::record::{ADOPTED, Claim};
use phoenix_graph::{
    Bytes, DatasetName, Key, PropertyName, Resource, Settings, Target,
    graph::Node,
    mounts::{Mount, mounts},
};
use phoenix_host::{
    observed::{DatasetState, OWNER},
    op::Op,
};
use std::collections::BTreeMap;

/// Plans all file systems and volumes.
pub fn plan(draft: &mut Draft<'_>) {
    retire::plan(draft);
    let inputs = draft.inputs;
    let mounts = mounts(inputs.desired.resources());
    let mut rest: Vec<&Node> = inputs.desired.nodes().iter().collect();
    // What needs a key that lies in a dataset which is mounted first comes once that is mounted.
    loop {
        let late = keys::late(draft);
        let (now, later): (Vec<&Node>, Vec<&Node>) = rest.into_iter().partition(|node| {
            node.resource.dataset_name().is_none_or(|name| !late.iter().any(|root| is_in(name, root)))
        });
        for node in now {
            one(draft, node, &mounts);
        }
        mounting::come(draft, &keys::late(draft));
        rest = later;
        if rest.is_empty() || !keys::load_late(draft) {
            break;
        }
    }
}

fn is_in(name: &DatasetName, top: &DatasetName) -> bool {
    name == top || name.is_below(top)
}

/// Plans one file system or volume.
fn one(draft: &mut Draft<'_>, node: &Node, mounts: &BTreeMap<DatasetName, Mount>) {
    let inputs = draft.inputs;
    let Some(name) = node.resource.dataset_name() else { return };
    let pool = Key::Pool(name.pool());
    if draft.action_of(&node.key).is_some() {
        // A pool that is made brings its root dataset along.
        return;
    }
    if draft.is_exchanged(name) {
        exchange::plan(draft, node, name);
        return;
    }
    let seen = draft.seen(name);
    let mount = mounts.get(name).filter(|mount| mount.mounted).and_then(|mount| mount.path.as_deref());
    if let Some(path) = mount {
        let stands = seen
            .as_deref()
            .is_some_and(|state| state.mounted && mounting::path_of(state).as_deref() == Some(path));
        pass_links(draft, node, path, stands);
    }
    match seen {
        Some(state) => present(draft, node, name, &state, Sketch::new(Kind::Update)),
        None if draft.retired(name).is_some() => restore(draft, node, name),
        // A pool that is refused has its refusal; its datasets need none.
        None if !inputs.observed.pools.contains_key(&name.pool()) && draft.action_of(&pool).is_none() => {}
        None => create(draft, node, name),
    }
}

/// Judges a mount point that is a link, or passes one: OpenZFS mounts where the link leads, which is for
/// whoever made the link to say.
fn pass_links(draft: &mut Draft<'_>, node: &Node, path: &str, stands: bool) {
    let Some((link, target)) = draft.inputs.observed.links_passed.get(path).cloned() else { return };
    let text = format!("it is to be mounted at {path}, and {link} is a link to {target}");
    if stands {
        draft.warn(&node.key, code::MOUNTED_THROUGH_LINK, format!("{text}: it is mounted where that leads"));
    } else {
        let help = format!(
            "say the path that it leads to as `mountpoint`; or see who made the link, and take it away (`rm {link}`)"
        );
        draft.refuse(&node.key, code::MOUNTPOINT_IS_LINK, text, help);
    }
}

fn create(draft: &mut Draft<'_>, node: &Node, name: &DatasetName) {
    if let Some(place) = draft.stray(name) {
        let text = format!(
            "{place} says that it was put away from there, and this state folder has no record of that: a new one \
             is made; `--adopt` brings that one home instead"
        );
        draft.warn(&node.key, code::MADE_ANEW, text);
    }
    if let Some(place) = draft.renamed(name) {
        let text = format!(
            "somebody renamed it to {place}, where it stays with all that it holds: a new one is made, and is empty; \
             `zfs rename {place} {name}` brings it back, before a switch"
        );
        draft.warn(&node.key, code::MADE_ANEW, text);
    }
    let mut sketch = Sketch::new(Kind::Create);
    sketch.needs = draft.waits(node);
    sketch.needs.extend(draft.frees());
    let owner = (PropertyName::new(OWNER), draft.inputs.desired.host().as_str().into());
    match &node.resource {
        Resource::Volume(volume) => {
            sketch.changes.push(volsize(None, volume.size.0));
            sketch.changes.extend(settings::all_new(&volume.settings));
            let mut words = settings::words(Target::Volume, &volume.settings);
            let mut reserved = words.clone();
            if !volume.sparse {
                reserved.push((PropertyName::new("refreservation"), volume.size.0.to_string().into()));
            }
            if let Some(why) = space::too_large(draft, name, &reserved) {
                draft.refuse_for(&node.key, why);
            }
            words.push(owner);
            sketch.run(
                Op::VolumeCreate {
                    dataset: name.clone(),
                    size: volume.size.0,
                    sparse: volume.sparse,
                    settings: words,
                },
                Inverse::DatasetAbsent { dataset: name.clone(), volume: true },
            );
        }
        other => {
            let found = other.settings().cloned().unwrap_or_default();
            sketch.changes = settings::all_new(&found);
            let mut words = settings::words(Target::Filesystem, &found);
            if let Some(why) = space::too_large(draft, name, &words) {
                draft.refuse_for(&node.key, why);
            }
            words.push(owner);
            sketch.run(
                Op::DatasetCreate { dataset: name.clone(), settings: words },
                Inverse::DatasetAbsent { dataset: name.clone(), volume: false },
            );
        }
    }
    draft.push(Subject::Resource(node.key.clone()), sketch);
}

/// Brings a retired dataset home, with everything below it, and then sets what differs.
fn restore(draft: &mut Draft<'_>, node: &Node, name: &DatasetName) {
    let Some(place) = draft.retired(name) else { return };
    let Some(state) = draft.inputs.observed.datasets.get(place) else { return };
    let mut sketch = Sketch::new(Kind::Restore);
    match draft.claim(&place.pool(), state) {
        Claim::Ours => {}
        Claim::Unmarked => {
            let text = format!(
                "{place} was put away from there, and somebody has taken phoenix's mark off it since: it comes home, \
                 and is marked again"
            );
            draft.warn(&node.key, code::MARK_REMOVED, text);
        }
        Claim::Unrecorded | Claim::Foreign => {
            let word = Some("yes".to_owned());
            sketch.changes.push(Change { setting: ADOPTED.to_owned(), old: None, new: word });
        }
    }
    sketch.changes.push(Change {
        setting: "name".to_owned(),
        old: Some(place.to_string()),
        new: Some(name.to_string()),
    });
    retire::bring_home(draft, name, place, state, &mut sketch);
    draft.comes_home(name, place);
    if let Some(state) = draft.seen(name) {
        present(draft, node, name, &state, sketch);
    }
}

/// Plans what differs of a dataset that is there, or will be after what is in the sketch.
pub fn present(
    draft: &mut Draft<'_>,
    node: &Node,
    name: &DatasetName,
    state: &DatasetState,
    mut sketch: Sketch,
) {
    let volume = matches!(node.resource, Resource::Volume(_));
    if volume != state.volume {
        let (is, wanted) = if volume { ("a file system", "a volume") } else { ("a volume", "a file system") };
        draft.refuse(
            &node.key,
            code::OTHER_KIND,
            format!("{name} is {is}; the spec says {wanted}"),
            "give the new one another name, or rename the one that is there",
        );
        return;
    }
    let claim = draft.claim(&name.pool(), state);
    let ours = draft.is_on_record(name, state) || draft.inputs.made.contains(&node.key);
    if state.is_unreadable(OWNER) && !ours {
        draft.refuse(
            &node.key,
            code::UNREADABLE_MARK,
            format!("whose it is cannot be read: the value of its property {OWNER} is no text (UTF-8)"),
            format!("look who set it, take it off with `zfs inherit {OWNER} {name}`, and plan again"),
        );
        return;
    }
    if let Some(was) = draft.was(name) {
        let text = format!("it is what was {was}: somebody renamed it, and it is taken as it is now");
        draft.warn(&node.key, code::RENAMED, text);
    }
    for (property, _) in state.unreadable.iter().filter(|(_, source)| source.is_own()) {
        draft.warn(
            &node.key,
            code::UNREADABLE_PROPERTY,
            format!(
                "the value of its property {property} is no text (UTF-8) and cannot be read: where it is changed, nothing gives it back; `zfs inherit {property} {name}` takes it off"
            ),
        );
    }
    if !ours {
        // A root dataset that is nobody's by now is so with its pool, which is refused or adopted.
        let what = if volume { "a volume of this name" } else { "a file system of this name" };
        if !draft.adopt(&node.key, what, claim) {
            return;
        }
        if sketch.kind == Kind::Update {
            sketch.kind = Kind::Adopt;
        }
    }
    // A root dataset's mark is its pool's to set.
    if !name.is_root() && (!ours || !draft.is_marked(state)) {
        own(draft, name, state, &mut sketch);
    }
    let target = if volume { Target::Volume } else { Target::Filesystem };
    let nothing = Settings::default();
    let desired = node.resource.settings().unwrap_or(&nothing);
    let earlier = draft.inputs.current.and_then(|current| current.get(&node.key));
    let earlier = earlier.and_then(|earlier| earlier.resource.settings());
    let known = draft.inputs.before.get(&node.key);
    let mut delta = settings::delta(name, target, desired, earlier, known, state, draft.inputs.observed.zfs);
    // What comes back from where it was put away has its settings from phoenix.
    if !matches!(sketch.kind, Kind::Restore | Kind::Exchange) {
        draft.stands_over(&node.key, std::mem::take(&mut delta.before));
    }
    for (property, now, wanted) in &delta.fixed {
        draft.refuse(
            &node.key,
            code::SET_AT_CREATION, format!("{property} is {now} and can be given only at creation; the spec says {wanted}"),
            format!(
                "write {property}={now} in the spec; or declare a new dataset with {property}={wanted} beside this one and copy the data"
            ),
        );
    }
    draft.refuse_too_little(&node.key, name, state, &delta.set);
    let places = delta.set.iter().map(|(property, _)| property).chain(&delta.inherit).chain(&delta.received);
    let moves = places.into_iter().any(|property| property.as_str() == "mountpoint");
    let location = delta.set.iter().find(|(property, _)| property.as_str() == "keylocation");
    if let Some((_, location)) = location
        && let Some(check) = keys::check(draft, name, state, location)
    {
        sketch.ops.push(check);
    }
    delta.put(name, &mut sketch);
    retire::end_homecoming(draft, name, state, desired.get("canmount").is_some(), &mut sketch);
    if let Resource::Volume(wanted) = &node.resource
        && !resize(draft, node, name, state, wanted.size.0, &mut sketch)
    {
        return;
    }
    sketch.changes.extend(mounting::change(draft, name, state));
    if sketch.ops.is_empty() && sketch.changes.is_empty() {
        return;
    }
    if moves {
        sketch.needs.extend(mounting::last_set(draft));
    }
    sketch.needs.extend(draft.waits(node));
    sketch.needs.extend(draft.frees());
    if !sketch.ops.is_empty() {
        draft.snapshot(&draft.place(name).unwrap_or_else(|| name.clone()));
    }
    let at = draft.push(Subject::Resource(node.key.clone()), sketch);
    if moves {
        mounting::set_in_turn(draft, at);
    }
}

/// Marks a dataset as phoenix's.
fn own(draft: &Draft<'_>, name: &DatasetName, state: &DatasetState, sketch: &mut Sketch) {
    let host = draft.inputs.desired.host().as_str();
    let old = state.settings.get(OWNER).filter(|seen| seen.source.is_own()).map(|seen| seen.raw.to_string());
    sketch.changes.push(Change { setting: OWNER.to_owned(), old, new: Some(host.to_owned()) });
    sketch.run(
        Op::DatasetSet { dataset: name.clone(), settings: vec![(PropertyName::new(OWNER), host.into())] },
        Inverse::mark(name.clone(), OWNER, state.settings.get(OWNER)),
    );
}

/// Grows a volume, or shrinks it, with consent; says whether the plan may go on.
fn resize(
    draft: &mut Draft<'_>,
    node: &Node,
    name: &DatasetName,
    state: &DatasetState,
    wanted: u64,
    sketch: &mut Sketch,
) -> bool {
    let now: u64 = state.value("volsize").and_then(|raw| raw.parse().ok()).unwrap_or(0);
    // zfs(8): the size is rounded up to whole blocks when a volume is made.
    let block: Option<u64> = state.value("volblocksize").and_then(|raw| raw.parse().ok());
    if now == wanted || block.and_then(|block| wanted.checked_next_multiple_of(block)) == Some(now) {
        return true;
    }
    // What reserves all of itself reserves what it grows by, too.
    let number = |property: &str| state.value(property).and_then(|raw| raw.parse::<u64>().ok());
    let full = number("refreservation").is_some_and(|reserved| reserved >= now);
    if let Some(room) = number("available").filter(|room| full && wanted.saturating_sub(now) > *room) {
        draft.refuse(
            &node.key,
            code::NO_ROOM,
            format!("the volume would grow by {}, and only {} are free", Bytes(wanted - now), Bytes(room)),
            "free some space first, or say `refreservation=\"none\"`: then it reserves nothing",
        );
        return false;
    }
    let class = if wanted > now { Reversibility::ForwardOnly } else { Reversibility::Destructive };
    let what = if wanted > now {
        format!("the volume would grow from {now} to {wanted} bytes")
    } else {
        format!("the volume would shrink from {now} to {wanted} bytes")
    };
    if !draft.consent(&node.key, class, &what) {
        return false;
    }
    sketch.class = class;
    sketch.changes.push(volsize(Some(now), wanted));
    let property = PropertyName::new("volsize");
    sketch.ops.push(Op::DatasetSet {
        dataset: name.clone(),
        settings: vec![(property.clone(), wanted.to_string().into())],
    });
    if wanted > now {
        // Cut off before it was committed, a volume goes back to its size: what was in it lay below that.
        let raw: Box<str> = now.to_string().into();
        sketch.inverses.push(Inverse::Setting {
            dataset: name.clone(),
            property,
            prior: super::Prior::Own { raw: raw.clone(), word: raw },
        });
    }
    true
}

fn volsize(old: Option<u64>, new: u64) -> Change {
    Change { setting: "volsize".to_owned(), old: old.map(|old| old.to_string()), new: Some(new.to_string()) }
}
