//! What differs of a dataset that is there, or will be after what is done before.

use crate::{
    Kind, Reversibility, Subject, code, consent,
    dataset::{doing, retire, snapshot},
    draft::Draft,
    keys::location,
    mount::acting,
    order::{Milestone, Need},
    permissions::lists,
    record::ADOPTED,
    settings,
    sketch::Sketch,
    space,
};
use phoenix_graph::{Bytes, DatasetName, Resource, Settings, Target, graph::Node};
use phoenix_host::observed::{DatasetState, OWNER};

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
        let (which, help) = match draft.found.moves.renamed_from(name) {
            Some(from) => (from, "say what it is, or take `was` out: then a new one is made"),
            None => (name, "give the new one another name, or rename the one that is there"),
        };
        let reason = format!("{which} is {is}; the spec says {wanted}");
        draft.refuse(&node.key, code::OTHER_KIND, reason, help);
        return;
    }
    let claim = draft.whose.claim(&name.pool(), state);
    let ours = draft.whose.is_on_record(name, state) || draft.inputs.made.contains(&node.key);
    if state.is_unreadable(OWNER) && !ours {
        draft.refuse(
            &node.key,
            code::UNREADABLE_MARK,
            format!("whose it is cannot be read: the value of its property {OWNER} is no text (UTF-8)"),
            format!("look who set it, take it off with `zfs inherit {OWNER} {name}`, and plan again"),
        );
        return;
    }
    let now = draft.found.moves.place(name).unwrap_or_else(|| name.clone());
    if let Some(was) = draft.whose.was(&now) {
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
        let what = match sketch.kind {
            Kind::Rename => format!("{now}, which is to be renamed,"),
            _ if volume => "a volume of this name".to_owned(),
            _ => "a file system of this name".to_owned(),
        };
        if !consent::adopt(draft, &node.key, &what, claim) {
            return;
        }
        match sketch.kind {
            Kind::Update => sketch.kind = Kind::Adopt,
            Kind::Rename => sketch.tell(ADOPTED, None, Some("yes")),
            _ => {}
        }
    }
    // A root dataset's mark is its pool's to set.
    if !name.is_root() && (!ours || !draft.whose.is_marked(state)) {
        own(draft, name, state, &mut sketch);
    }
    let target = if volume { Target::Volume } else { Target::Filesystem };
    let nothing = Settings::default();
    let desired = node.resource.settings().unwrap_or(&nothing);
    let earlier = draft.earlier(name);
    let known = draft.noted(&node.key, name);
    let earlier = earlier.filter(|earlier| earlier.key.group() == node.key.group());
    let earlier = earlier.and_then(|earlier| earlier.resource.settings());
    let mut delta = settings::delta(name, target, desired, earlier, known, state, draft.inputs.observed.zfs);
    // What takes the place of another has the settings of that one from phoenix.
    if sketch.kind != Kind::Exchange {
        draft.stands_over(&node.key, std::mem::take(&mut delta.before));
    }
    for (property, now, wanted) in &delta.fixed {
        draft.refuse(
            &node.key,
            code::SET_AT_CREATION,
            format!("{property} is {now} and can be given only at creation; the spec says {wanted}"),
            format!(
                "write {property}={now} in the spec; or declare a new dataset with {property}={wanted} beside this one and copy the data"
            ),
        );
    }
    for why in space::refusals(draft, name, state, &delta.words()) {
        draft.refuse_for(&node.key, why);
    }
    let moves = delta.properties().any(|property| property.as_str() == "mountpoint");
    if delta.properties().any(|property| property.as_str() == "acltype") {
        lists::take_off(draft, name, &mut sketch);
    }
    let location = delta.set.iter().find(|((property, _), _)| property.as_str() == "keylocation");
    if let Some(((_, location), _)) = location
        && let Some(check) = location::check(draft, name, state, location)
    {
        sketch.run(check);
    }
    delta.put(name, &mut sketch);
    retire::end_homecoming(draft, name, state, desired.get("canmount").is_some(), &mut sketch);
    if let Resource::Volume(wanted) = &node.resource
        && !resize(draft, node, name, state, wanted.size.0, &mut sketch)
    {
        return;
    }
    sketch.changes.extend(acting::change(draft, name, state));
    if sketch.is_idle() && sketch.changes.is_empty() {
        return;
    }
    if moves {
        sketch.after(Milestone::MountPointSet);
        sketch.reaches(Milestone::MountPointSet);
    }
    sketch.after(Need::OwnGround);
    sketch.after(Need::AllFree);
    if !sketch.is_idle() {
        snapshot::first(draft, &now);
    }
    draft.push(Subject::Resource(node.key.clone()), sketch);
}

/// Marks a dataset as phoenix's.
fn own(draft: &Draft<'_>, name: &DatasetName, state: &DatasetState, sketch: &mut Sketch) {
    let host = draft.inputs.desired.host().as_str();
    let old = state.settings.get(OWNER).filter(|seen| seen.source.is_own()).map(|seen| &*seen.raw);
    sketch.tell(OWNER, old, Some(host));
    sketch.run(doing::mark(name, OWNER, host, state.settings.get(OWNER)));
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
    if !consent::irreversible(draft, &node.key, class, &what) {
        return false;
    }
    sketch.class = class;
    sketch.tell("volsize", Some(&now.to_string()), Some(&wanted.to_string()));
    sketch.run(doing::resize(name, now, wanted));
    true
}
