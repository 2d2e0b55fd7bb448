//! The files that phoenix renders below `/etc`, and how they are put in force.
//!
//! Each file is a link to the same name in `<state>/etc`, which is itself a link to the files of
//! one generation: putting another generation's files in force is one rename. `current` moves only
//! after those files were seen to work, so the links do not pass through it.

use super::{
    Change, Inputs, Inverse, Kind, Subject, code,
    draft::{Draft, Sketch},
    exports, permissions,
};
use phoenix_graph::{
    Export, Graph, Resource,
    check::{self, Fault},
    export::{ExportOptions, escape_path},
};
use phoenix_host::{observed::LinkState, op::Op};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::Path,
};

/// Where the exports are linked in (`exports(5)`).
pub const EXPORTS_LINK: &str = "/etc/exports.d/phoenix.exports";
/// Where the module parameters for the next boot are linked in (`modprobe.d(5)`).
pub const MODPROBE_LINK: &str = "/etc/modprobe.d/phoenix.conf";

const HEAD: &str = "# Made by phoenix, which writes it anew at each switch: change the spec instead.\n";
const EXPORTS: &str = "phoenix.exports";
const MODPROBE: &str = "phoenix.conf";

/// Renders the files of a graph, by name.
///
/// # Errors
/// Where a line would not say what its resource is, but something else to those who read the file.
pub fn rendered(graph: &Graph) -> Result<BTreeMap<Box<str>, String>, Fault> {
    let mut files = [(EXPORTS, String::from(HEAD)), (MODPROBE, String::from(HEAD))];
    for resource in graph.resources() {
        if let Some((name, line)) = line(resource)? {
            let file = files.iter_mut().find(|(known, _)| *known == name);
            file.into_iter().for_each(|(_, text)| text.push_str(&line));
        }
    }
    Ok(files.into_iter().map(|(name, text)| (name.into(), text)).collect())
}

/// Writes the line that a resource has in a rendered file, and the file's name.
fn line(resource: &Resource) -> Result<Option<(&'static str, String)>, Fault> {
    let (name, line) = match resource {
        Resource::Export(export) => (EXPORTS, export_line(export)),
        Resource::Tunable(tunable) => (MODPROBE, format!("options zfs {}={}\n", tunable.name, tunable.value)),
        _ => return Ok(None),
    };
    check::resource(resource)?;
    Ok(Some((name, line)))
}

fn export_line(export: &Export) -> String {
    let mut line = escape_path(&export.path);
    for (client, options) in &export.clients {
        // Writing to a string does not fail.
        let _ = write!(line, " {client}({})", options.render());
    }
    line.push('\n');
    line
}

/// Renders the files that are in force while something is put away: those in force before, without the
/// exports that only the current generation has, and without those of what is moved or unmounted meanwhile.
fn between(draft: &Draft<'_>) -> BTreeMap<Box<str>, String> {
    let inputs = draft.inputs;
    let mut files = inputs.in_force.clone();
    let mut exported = String::from(HEAD);
    let current = inputs.current.into_iter().flat_map(Graph::resources);
    for resource in current {
        let (Resource::Export(export), Some(node)) = (resource, inputs.desired.get(&resource.key())) else {
            continue;
        };
        let Resource::Export(kept) = &node.resource else { continue };
        if exports::is_interrupted(draft, export) {
            continue;
        }
        let mut export = export.clone();
        export.clients.retain(|client, _| kept.clients.contains_key(client));
        // What cannot be written as a line is exported to nobody meanwhile.
        if let Ok(Some((_, line))) = line(&Resource::Export(export)) {
            exported.push_str(&line);
        }
    }
    files.insert(EXPORTS.into(), exported);
    files
}

/// Plans the files that are in force while something is put away; returns the action.
pub fn put_away(
    draft: &mut Draft<'_>,
    before: BTreeMap<Box<str>, BTreeMap<Box<str>, ExportOptions>>,
) -> usize {
    let inputs = draft.inputs;
    draft.between = Some(between(draft));
    let mut sketch = Sketch::new(Kind::Update);
    point(inputs, &mut sketch, &inputs.places.between);
    sketch.inverses.push(Inverse::Exports { before });
    sketch.ops.push(Op::ExportsReload);
    draft.push(Subject::Files, sketch)
}

/// Points the link that all rendered files pass through somewhere else.
fn point(inputs: &Inputs<'_>, sketch: &mut Sketch, target: &Path) {
    let path = inputs.places.etc.clone();
    let before = inputs.observed.links.get(&path).cloned().unwrap_or(LinkState::Missing);
    sketch.run(Op::Link { path: path.clone(), target: target.to_owned() }, Inverse::Link { path, before });
}

/// Plans the links, and what is put in force.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    // What cannot be rendered was refused.
    let Ok(files) = rendered(inputs.desired) else { return };
    let mut sketch = Sketch::new(Kind::Update);
    let put_away = draft.between.is_some();
    let fresh = |name: &str| put_away || inputs.in_force.get(name) != files.get(name);
    let links_made = link_in(draft, &mut sketch, EXPORTS, EXPORTS_LINK, exports::any(inputs));
    link_in(draft, &mut sketch, MODPROBE, MODPROBE_LINK, has_tunables(inputs));
    if fresh(EXPORTS) || fresh(MODPROBE) {
        point(inputs, &mut sketch, &inputs.places.after);
    }
    let reload = exports::reload(draft);
    let used = exports::any(inputs) || !reload.is_empty();
    if used && (fresh(EXPORTS) || links_made || !reload.is_empty()) {
        sketch.inverses.push(Inverse::Exports { before: reload });
        // What came back goes again, before what is exported is moved back.
        for (path, aside) in exports::coming_back(draft) {
            let inverse = Inverse::Exports { before: [(path, BTreeMap::new())].into() };
            sketch.inverses.push(match aside {
                Some(aside) => inverse.only_while(&aside),
                None => inverse,
            });
        }
        sketch.ops.push(Op::ExportsReload);
    }
    if sketch.ops.is_empty() {
        return;
    }
    // Exports are loaded once everything is mounted; a reload that undoing runs comes before that.
    sketch.needs = exports::datasets(draft);
    sketch.needs.extend(permissions::actions(draft));
    draft.push(Subject::Files, sketch);
}

/// Tells the lines that come into the rendered files, or go from them, and that no other action tells: so
/// that the plan shows every line.
pub fn tell(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let Some(files) = draft.actions().iter().rposition(|action| action.subject == Subject::Files) else {
        return;
    };
    let empty = String::new();
    let Ok(new) = rendered(inputs.desired) else { return };
    let told: BTreeSet<String> = [inputs.current, Some(inputs.desired)]
        .into_iter()
        .flatten()
        .flat_map(Graph::resources)
        .filter(|resource| draft.action_of(&resource.key()).is_some())
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
    draft.tell(files, changes);
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
            sketch.run(
                Op::Link { path: path.to_owned(), target },
                Inverse::Link { path: path.to_owned(), before: LinkState::Missing },
            );
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
