//! The files that phoenix renders below `/etc`, and how they are put in force.
//!
//! Each file is a link to the same name in `<state>/etc`, which is itself a link to the files of
//! one generation: putting another generation's files in force is one rename. `current` moves only
//! after those files were seen to work, so the links do not pass through it.

pub mod doing;
pub mod render;

pub use render::{EXPORTS_LINK, MODPROBE_LINK, rendered};

use crate::{
    Change, Inputs, Kind, Subject, code,
    draft::Draft,
    export::{self, live},
    order::Milestone,
    permissions,
    sketch::Sketch,
    stage::Stage,
};
use phoenix_graph::{Graph, Resource};
use phoenix_host::observed::LinkState;
use render::{EXPORTS, MODPROBE, line};
use std::{collections::BTreeSet, path::Path};

pub const STAGES: &[Stage] = &[
    Stage { name: "files", after: &["permissions", "exports away"], looks_inside: true, run: plan },
    Stage { name: "lines", after: &["registry"], looks_inside: true, run: tell },
];

/// Plans the links, and what is put in force.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    // What cannot be rendered was refused.
    let Ok(files) = rendered(inputs.desired) else { return };
    let mut sketch = Sketch::new(Kind::Update);
    let put_away = draft.found.between.is_some();
    let fresh = |name: &str| put_away || inputs.in_force.get(name) != files.get(name);
    let links_made = link_in(draft, &mut sketch, EXPORTS, EXPORTS_LINK, live::any(inputs));
    link_in(draft, &mut sketch, MODPROBE, MODPROBE_LINK, has_tunables(inputs));
    if fresh(EXPORTS) || fresh(MODPROBE) {
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
    for (name, link) in [(EXPORTS, EXPORTS_LINK), (MODPROBE, MODPROBE_LINK)] {
        let old = inputs.in_force.get(name).unwrap_or(&empty);
        let new = new.get(name).unwrap_or(&empty);
        let lines = |text: &'_ String, other: &String| {
            let other: BTreeSet<&str> = other.lines().collect();
            let fresh = |line: &&str| {
                !line.is_empty() && !line.starts_with('#') && !other.contains(line) && !told.contains(*line)
            };
            text.lines().filter(fresh).map(str::to_owned).collect::<Vec<_>>()
        };
        let change = |old, new| Change { setting: link.to_owned(), old, new };
        changes.extend(lines(old, new).into_iter().map(|line| change(Some(line), None)));
        changes.extend(lines(new, old).into_iter().map(|line| change(None, Some(line))));
    }
    if let Some(files) = draft.action_mut(&Milestone::Files) {
        files.changes.extend(changes);
    }
}

/// Links one file in, where it is needed and not linked yet; says whether it had to.
fn link_in(draft: &mut Draft<'_>, sketch: &mut Sketch, name: &str, link: &str, needed: bool) -> bool {
    let inputs = draft.inputs;
    let target = inputs.places.etc.join(name);
    let path = Path::new(link);
    match inputs.observed.links.get(path) {
        Some(LinkState::Link(found)) if *found == target => false,
        _ if !needed => false,
        Some(LinkState::Missing) | None => {
            sketch.run(doing::link(path, target, LinkState::Missing));
            true
        }
        Some(found) => {
            let what = match found {
                LinkState::Link(target) => format!("a link to {}", target.display()),
                _ => "a file of somebody else's".to_owned(),
            };
            for key in subjects(inputs, name) {
                draft.refuse(
                    &key,
                    code::FILE_IN_THE_WAY,
                    format!("{link} is {what}; phoenix has to link its own file in there"),
                    "look what it holds, move what is needed into the spec, and move the file away",
                );
            }
            false
        }
    }
}

fn has_tunables(inputs: &Inputs<'_>) -> bool {
    inputs.desired.resources().any(|resource| matches!(resource, Resource::Tunable(_)))
}

/// Lists the resources that a file is rendered from.
fn subjects(inputs: &Inputs<'_>, name: &str) -> Vec<phoenix_graph::Key> {
    let from = |resource: &&Resource| match resource {
        Resource::Export(_) => name == EXPORTS,
        Resource::Tunable(_) => name == MODPROBE,
        _ => false,
    };
    inputs.desired.resources().filter(from).map(Resource::key).collect()
}
