//! A plan for people: what changes, by kind of resource, in a stable order; then what forbids it,
//! what to know, and a line that sums it up.

use super::{Paint, count, line, value::value};
use phoenix_graph::{Key, Unit, export::ExportOptions};
use phoenix_host::op::Op;
use phoenix_host::snapshots;
use phoenix_plan::{Action, Change, Kind, Plan, Reversibility, Subject, code};
use std::{collections::BTreeMap, fmt::Write};

/// Lays a plan out.
#[must_use]
pub fn plan(plan: &Plan, paint: Paint) -> String {
    let mut text = String::new();
    let mut groups: BTreeMap<(usize, &str), Vec<&Action>> = BTreeMap::new();
    for action in plan.actions.iter().filter(|action| is_told(action, plan)) {
        groups.entry(group(action)).or_default().push(action);
    }
    for ((_, title), actions) in groups {
        // Writing to a string does not fail, here and below.
        let _ = writeln!(text, "{}", paint.strong(title));
        for action in actions {
            text.push_str(&shown(action, paint));
        }
        text.push('\n');
    }
    let snapshots: usize = plan.snapshots.values().map(Vec::len).sum();
    if snapshots > 0 && plan.refusals.is_empty() {
        let _ = writeln!(text, "Snapshots of {} are taken first, and held.\n", count(snapshots, "dataset"));
    }
    if plan.partial {
        text.push_str("Pools are imported first; what is in them is looked at and planned after.\n\n");
    }
    for warning in &plan.warnings {
        let _ =
            writeln!(text, "{} {}: {}\n", paint.change("warning:"), line(&warning.key), line(&warning.text));
    }
    for refusal in &plan.refusals {
        let _ = writeln!(text, "{} {}: {}", paint.bad("refused:"), line(&refusal.key), line(&refusal.reason));
        let _ = writeln!(text, "  help: {}\n", line(&refusal.help));
    }
    text.push_str(&more(plan));
    let _ = writeln!(text, "{}", paint.strong(&summary(plan)));
    text
}

/// Says where there is more about each kind of refusal.
fn more(plan: &Plan) -> String {
    let mut commands: Vec<String> = Vec::new();
    for refusal in &plan.refusals {
        let command = format!("`phoenix explain {}`", refusal.code);
        if !commands.contains(&command) {
            commands.push(command);
        }
    }
    match &commands[..] {
        [] => String::new(),
        [one] => format!("{one} tells more.\n\n"),
        several => format!("{} tell more.\n\n", several.join(", ")),
    }
}

/// Lays drift out, what is missing altogether left out: what a switch to the same generation would change,
/// told as what differs. Returns how many differences that are.
#[must_use]
pub fn differences(drift: &Plan, missing: &[Key], paint: Paint) -> (String, usize) {
    let mut text = String::new();
    let told = drift.actions.iter().filter(|action| differs(action, drift, missing));
    for action in told.clone() {
        let (sign, words) = match action.kind {
            Kind::Create => ("-", "  is not there"),
            Kind::Import => ("-", "  is not imported"),
            Kind::Restore => ("-", "  is retired"),
            Kind::Rename => ("~", "  has another name"),
            Kind::Update | Kind::Adopt | Kind::Exchange => ("~", ""),
            Kind::Retire | Kind::Remove | Kind::Release => ("+", "  should not be there"),
        };
        // Writing to a string does not fail, here and below.
        let _ = writeln!(text, "  {} {}{words}", paint.change(sign), line(&action.subject));
        for change in action.changes.iter().filter(|_| words.is_empty()) {
            let (is, says) = sides(action, change);
            let _ = writeln!(text, "      {} is {is}; it should be {says}", line(&change.setting));
        }
    }
    for refusal in &drift.refusals {
        let _ = writeln!(text, "  {} {}: {}", paint.bad("!"), line(&refusal.key), line(&refusal.reason));
        let _ = writeln!(text, "      help: {}", line(&refusal.help));
    }
    let refused = drift.refusals.iter().filter(|refusal| !missing.contains(&refusal.key)).count();
    (text, told.count() + refused)
}

/// Returns whether an action puts a difference right, and not only what is missing.
#[must_use]
pub fn differs(action: &Action, drift: &Plan, missing: &[Key]) -> bool {
    let of_missing = matches!(&action.subject, Subject::Resource(key) if missing.contains(key));
    is_counted(action, drift) && !of_missing
}

/// Lists every command of a plan in the order in which they may run, each below what it is for.
#[must_use]
pub fn commands(plan: &Plan, paint: Paint) -> String {
    let mut text = String::new();
    let heading = |what: &str| paint.faint(&format!("# {}\n", line(&what)));
    for (pool, datasets) in &plan.snapshots {
        let name = snapshots::name(plan.number, 0);
        let tag = snapshots::HOLD.into();
        text.push_str(&heading(&format!("snapshots in {pool}")));
        let snapshot = Op::Snapshot { datasets: datasets.clone(), name: name.clone() };
        let hold = Op::Hold { datasets: datasets.clone(), name, tag };
        let _ = write!(text, "{}\n{}\n", line(&snapshot.describe()), line(&hold.describe()));
    }
    for action in plan.actions.iter().filter(|action| !action.ops.is_empty()) {
        text.push_str(&heading(&format!("{} {}", verb(action.kind), action.subject)));
        for op in &action.ops {
            let _ = writeln!(text, "{}", line(&op.describe()));
        }
    }
    text
}

/// Sums a plan up in one line.
#[must_use]
pub fn summary(plan: &Plan) -> String {
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for action in plan.actions.iter().filter(|action| is_counted(action, plan)) {
        *counts.entry(action.kind).or_default() += 1;
    }
    let counted: Vec<String> =
        counts.iter().map(|(kind, count)| format!("{count} {}", to_do(*kind))).collect();
    let lasting = plan.actions.iter().filter(|action| action.class != Reversibility::Reversible).count();
    let lasting = if lasting > 0 { format!(" ({lasting} cannot be undone)") } else { String::new() };
    match (counted.is_empty(), plan.refusals.len()) {
        (true, 0) => match elsewhere(plan) {
            Some(place) => format!("Nothing to do on this host; above stands what to do in {place}."),
            None => "Nothing to do.".to_owned(),
        },
        (false, 0) => format!("{}{lasting}.", counted.join(", ")),
        (true, refused) => format!("{refused} refused; nothing will be done."),
        (false, refused) => format!("{}; {refused} refused, so nothing will be done.", counted.join(", ")),
    }
}

/// Returns where else than on the host something is to be done by people.
fn elsewhere(plan: &Plan) -> Option<&'static str> {
    let says = |code| plan.warnings.iter().any(|warning| warning.code == code);
    match (says(code::CARRY_INTO_MACHINE), says(code::APPLY_TO_CLUSTER)) {
        (true, true) => Some("machines and in the cluster"),
        (true, false) => Some("machines"),
        (false, true) => Some("the cluster"),
        (false, false) => None,
    }
}

/// Rendered files and mounts follow from resources: they are told only where they stand alone, or where a line
/// of a file is told by no resource.
fn is_told(action: &Action, plan: &Plan) -> bool {
    let is_resource = |action: &Action| matches!(action.subject, Subject::Resource(_) | Subject::Key(_));
    is_resource(action) || !action.changes.is_empty() || !plan.actions.iter().any(is_resource)
}

/// A root dataset comes with its pool: both are told, one is counted.
fn is_counted(action: &Action, plan: &Plan) -> bool {
    let comes_along = match &action.subject {
        Subject::Resource(Key::Dataset(name)) => name.is_root() && action.ops.is_empty(),
        _ => false,
    };
    !comes_along && is_told(action, plan)
}

/// Returns under which title an action is shown, and at which place.
fn group(action: &Action) -> (usize, &'static str) {
    match &action.subject {
        Subject::Resource(key) => key.group(),
        Subject::Key(dataset) => Key::Dataset(dataset.clone()).group(),
        Subject::Files | Subject::Mounts | Subject::Units => (usize::MAX, "Besides"),
    }
}

fn shown(action: &Action, paint: Paint) -> String {
    let (sign, words) = sign(action.kind);
    let given_back = action.kind == Kind::Release && !action.changes.is_empty();
    let words = if given_back { "  no longer managed, and as it was before" } else { words };
    let sign = match action.kind {
        Kind::Create | Kind::Import | Kind::Restore => paint.good(sign),
        Kind::Update | Kind::Adopt | Kind::Rename | Kind::Release | Kind::Exchange => paint.change(sign),
        Kind::Retire | Kind::Remove => paint.bad(sign),
    };
    let mut text = format!("  {sign} {}{}", line(&action.subject), paint.faint(words));
    let moves = matches!(action.kind, Kind::Retire | Kind::Rename | Kind::Restore);
    let (moved, changes): (Vec<&Change>, Vec<&Change>) =
        action.changes.iter().partition(|change| moves && change.setting == "name");
    for change in moved {
        let (from, to) =
            (change.old.as_deref().unwrap_or_default(), change.new.as_deref().unwrap_or_default());
        let place = if action.kind == Kind::Retire { format!(" to {to}") } else { format!(" from {from}") };
        text.push_str(&line(&place));
    }
    text.push('\n');
    if matches!(action.subject, Subject::Files | Subject::Mounts | Subject::Units) {
        for op in &action.ops {
            let _ = writeln!(text, "      {}", line(&op.describe()));
        }
    }
    let width = changes.iter().map(|change| line(&change.setting).chars().count()).max().unwrap_or(0);
    for change in changes {
        let _ = writeln!(text, "      {:width$}  {}", line(&change.setting), arrow(action, change));
    }
    match action.class {
        Reversibility::Reversible => {}
        Reversibility::ForwardOnly => {
            let _ = writeln!(text, "      {}", paint.change("no rollback undoes this"));
        }
        Reversibility::Destructive => {
            let _ = writeln!(text, "      {}", paint.bad("this loses data, and no rollback brings it back"));
        }
    }
    text
}

/// Writes a change: `→ new` for what is made, `old` for what goes, else `old → new`.
fn arrow(action: &Action, change: &Change) -> String {
    let (old, new) = sides(action, change);
    match action.kind {
        Kind::Create if change.old.is_none() => format!("→ {new}"),
        Kind::Remove if change.new.is_none() => old,
        _ => format!("{old} → {new}"),
    }
}

/// Writes the old and the new value of a change. Of the options of an export, every one of which is
/// explicit, those that differ are told, or those that `exports(5)` does not assume anyway.
fn sides(action: &Action, change: &Change) -> (String, String) {
    let key = match &action.subject {
        Subject::Resource(key) => Some(key),
        Subject::Files | Subject::Mounts | Subject::Key(_) | Subject::Units => None,
    };
    let is_export = key.is_some_and(|key| Unit::of(key, &change.setting) == Unit::ExportOptions);
    if let (true, Some(old), Some(new)) = (is_export, &change.old, &change.new) {
        return (line(&without(old, new)), line(&without(new, old)));
    }
    let is_layout = matches!(key, Some(Key::Pool(_))) && matches!(change.setting.as_str(), "disk" | "vdev");
    let none = match () {
        () if action.subject == Subject::Files => "no such line",
        () if is_export => "not exported",
        () if is_layout => "not in the pool",
        () => "not set",
    };
    let show = |text: &Option<String>| match (key, text) {
        (_, None) => none.to_owned(),
        (Some(key), Some(text)) => value(key, &change.setting, text),
        (None, Some(text)) => text.clone(),
    };
    (line(&show(&change.old)), line(&show(&change.new)))
}

fn without(these: &str, those: &str) -> String {
    let (these, those) = (ExportOptions::from_etab(these), ExportOptions::from_etab(those));
    let those: Vec<&str> = those.iter().collect();
    let left: Vec<&str> = these.iter().filter(|word| !those.contains(word)).collect();
    if left.is_empty() { "–".to_owned() } else { left.join(",") }
}

fn sign(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Create => ("+", ""),
        Kind::Import => ("+", "  imported"),
        Kind::Update => ("~", ""),
        Kind::Adopt => ("±", "  adopted"),
        Kind::Rename => ("→", "  renamed"),
        Kind::Restore => ("↑", "  comes home"),
        Kind::Exchange => ("⇄", "  goes back with its data"),
        Kind::Retire => ("↓", "  retired, with all it holds,"),
        Kind::Remove => ("-", ""),
        Kind::Release => ("○", "  left as it is, no longer managed"),
    }
}

fn verb(kind: Kind) -> &'static str {
    match kind {
        Kind::Create => "create",
        Kind::Import => "import",
        Kind::Update => "update",
        Kind::Adopt => "adopt",
        Kind::Rename => "rename",
        Kind::Restore => "bring home",
        Kind::Exchange => "exchange",
        Kind::Retire => "retire",
        Kind::Remove => "remove",
        Kind::Release => "release",
    }
}

fn to_do(kind: Kind) -> &'static str {
    match kind {
        Kind::Create => "to create",
        Kind::Import => "to import",
        Kind::Update => "to change",
        Kind::Adopt => "to adopt",
        Kind::Rename => "to rename",
        Kind::Restore => "to bring home",
        Kind::Exchange => "to go back with data",
        Kind::Retire => "to retire",
        Kind::Remove => "to remove",
        Kind::Release => "to release",
    }
}
