//! The files that phoenix renders below `/etc`, and how they are put in force.
//!
//! Each file is a link to the same name in `<state>/etc`, which is itself a link to the files of
//! one generation: putting another generation's files in force is one rename. `current` moves only
//! after those files were seen to work, so the links do not pass through it.

pub mod doing;
pub mod head;
pub mod places;
pub mod render;

pub use crate::export::line::EXPORTS_LINK;
pub use places::MODPROBE_LINK;
pub use render::rendered;

use crate::{
    Change, Inputs, Kind, Subject, code,
    doing::Doing,
    draft::Draft,
    export::{self, live},
    order::Milestone,
    permissions,
    sketch::Sketch,
    stage::Stage,
    units::stopped,
};
use phoenix_graph::{Graph, Key, ObjectId, Resource};
use phoenix_host::{
    observed::{LinkState, Query},
    op::Op,
};
use places::{Check, EXPORTS, Place, is_of, is_unit};
use render::line;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

pub const STAGES: &[Stage] = &[
    Stage { name: "files", after: &["schedules", "exports away"], looks_inside: true, run: plan },
    Stage { name: "lines", after: &["registry", "snapshots"], looks_inside: true, run: tell },
];

/// Adds the links to what a graph renders to what is looked at, and the units among it. What cannot be rendered is refused.
pub fn look(query: &mut Query, graph: &Graph, etc: &Path) {
    let files = rendered(graph).unwrap_or_default();
    for place in Place::all(files.keys()) {
        query.links.extend(place.links(etc).map(|(link, _)| link.to_owned()));
    }
    query.units.extend(files.into_keys().filter(|name| is_unit(name)));
}

/// Plans the links, and what is put in force.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    // What cannot be rendered was refused.
    let Ok(files) = rendered(inputs.desired) else { return };
    let mut sketch = Sketch::new(Kind::Update);
    let put_away = draft.found.between.is_some();
    let fresh = |name: &str| put_away || inputs.in_force.get(name) != files.get(name);
    let places = Place::all(files.keys().chain(inputs.in_force.keys()));
    let all_fresh: Vec<&Place> = places.iter().filter(|place| fresh(&place.name)).collect();
    check(inputs, &mut sketch, &files, &all_fresh);
    let needed =
        |place: &&Place| files.contains_key(&place.name) && (!place.stays() || place.is_used(inputs.desired));
    // What goes is stopped before anything of it does; and what has something destroyed, until all else stands.
    let loses = !draft.found.lost.destroyed.is_empty();
    for place in places.iter().filter(|place| !needed(place) || loses) {
        stopped(inputs, &place.name).into_iter().for_each(|stopped| sketch.run(stopped));
    }
    for place in places.iter().rev().filter(|place| !needed(place)) {
        link_out(inputs, &mut sketch, place);
    }
    let mut links_made = false;
    for place in places.iter().filter(needed) {
        links_made |= link_in(draft, &mut sketch, place) && &*place.name == EXPORTS;
    }
    if !all_fresh.is_empty() {
        sketch.run(doing::point(inputs, &inputs.places.after));
    }
    let reload = live::reload(draft);
    let used = live::any(inputs) || !reload.is_empty();
    if used && (fresh(EXPORTS) || links_made || !reload.is_empty()) {
        sketch.run(export::doing::reload(reload));
        // What came back goes again, before what is exported is moved back.
        for (path, aside) in live::coming_back(draft) {
            let back = export::doing::comes_back(path);
            sketch.run(match aside {
                Some(aside) => back.only_while(&aside),
                None => back,
            });
        }
    }
    if sketch.is_idle() {
        return;
    }
    // Exports are loaded once everything is mounted; a reload that undoing runs comes before that.
    sketch.needs.extend(live::needs(inputs).chain(permissions::needs(inputs)));
    draft.push(Subject::Files, sketch);
}

/// Tells the lines that come into the rendered files, or go from them, and that no other action tells: so
/// that the plan shows every line.
pub fn tell(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    if draft.action_mut(&Milestone::Files).is_none() {
        return;
    }
    let empty = String::new();
    let Ok(new) = rendered(inputs.desired) else { return };
    let told: BTreeSet<String> = [inputs.current, Some(inputs.desired)]
        .into_iter()
        .flatten()
        .flat_map(Graph::resources)
        .filter(|resource| draft.changes(&resource.key()))
        .filter_map(|resource| line(resource).ok()?.map(|(_, line)| line.trim_end().to_owned()))
        .collect();
    let mut changes = Vec::new();
    for place in &Place::all(new.keys().chain(inputs.in_force.keys())) {
        let (old, new) = (inputs.in_force.get(&place.name), new.get(&place.name));
        let change = |old, new| Change { setting: place.link.display().to_string(), old, new };
        if place.check != Check::Lines {
            // It is told by the resources that it is made of, and where none of them differs by its digest.
            if old != new && !tells(draft, place) {
                changes.push(change(Some(digest(old)), Some(digest(new))));
            }
            continue;
        }
        let (old, new) = (old.unwrap_or(&empty), new.unwrap_or(&empty));
        let lines = |text: &'_ String, other: &String| {
            let other: BTreeSet<&str> = other.lines().collect();
            let fresh = |line: &&str| {
                !line.is_empty() && !line.starts_with('#') && !other.contains(line) && !told.contains(*line)
            };
            text.lines().filter(fresh).map(str::to_owned).collect::<Vec<_>>()
        };
        changes.extend(lines(old, new).into_iter().map(|line| change(Some(line), None)));
        changes.extend(lines(new, old).into_iter().map(|line| change(None, Some(line))));
    }
    if let Some(files) = draft.action_mut(&Milestone::Files) {
        files.changes.extend(changes);
    }
}

/// Returns whether a resource that is in a file, before or after, is told to change.
fn tells(draft: &Draft<'_>, place: &Place) -> bool {
    let graphs = [draft.inputs.current, Some(draft.inputs.desired)].into_iter().flatten();
    let mut all = graphs.flat_map(Graph::resources).filter(|resource| is_of(&place.name, resource));
    all.any(|resource| draft.changes(&resource.key()))
}

fn digest(text: Option<&String>) -> String {
    text.map_or("no file".to_owned(), |text| ObjectId::of(text.as_bytes()).short())
}

/// Has those that read what is put in force try it first.
fn check(inputs: &Inputs<'_>, sketch: &mut Sketch, files: &BTreeMap<Box<str>, String>, fresh: &[&Place]) {
    let folder = inputs.places.state.join(&inputs.places.after);
    let made =
        |check| fresh.iter().filter(move |place| place.check == check && files.contains_key(&place.name));
    if made(Check::Sanoid).next().is_some() {
        sketch.run(Doing::alone(Op::SanoidCheck { folder: folder.clone() }));
    }
    let units: Vec<PathBuf> = made(Check::Unit).map(|place| folder.join(&*place.name)).collect();
    if !units.is_empty() {
        sketch.run(Doing::alone(Op::UnitsCheck { files: units }));
    }
}

/// Links one file in, where it is not linked yet; says whether it had to.
fn link_in(draft: &mut Draft<'_>, sketch: &mut Sketch, place: &Place) -> bool {
    let inputs = draft.inputs;
    let mut made = false;
    for (path, target) in place.links(&inputs.places.etc) {
        match inputs.observed.links.get(path) {
            Some(LinkState::Link(found)) if *found == target => {}
            Some(LinkState::Missing) | None => {
                sketch.run(doing::link(path, target, LinkState::Missing));
                made = true;
            }
            Some(found) => {
                let what = match found {
                    LinkState::Link(target) => format!("a link to {}", target.display()),
                    _ => "a file of somebody else's".to_owned(),
                };
                for key in subjects(inputs, place) {
                    draft.refuse(
                        &key,
                        code::FILE_IN_THE_WAY,
                        format!("{} is {what}; phoenix has to link its own file in there", path.display()),
                        "look what it holds, move what is needed into the spec, and move the file away",
                    );
                }
            }
        }
    }
    made
}

/// Takes the links to one file away that is not rendered any more, those that lead to it last.
fn link_out(inputs: &Inputs<'_>, sketch: &mut Sketch, place: &Place) {
    if place.stays() {
        return;
    }
    let mut links: Vec<_> = place.links(&inputs.places.etc).collect();
    links.reverse();
    for (path, target) in links {
        let before = LinkState::Link(target);
        if inputs.observed.links.get(path) == Some(&before) {
            sketch.run(doing::unlink(path, before));
        }
    }
}

/// Lists the resources that a file is rendered from.
fn subjects(inputs: &Inputs<'_>, place: &Place) -> Vec<Key> {
    inputs.desired.resources().filter(|resource| is_of(&place.name, resource)).map(Resource::key).collect()
}
