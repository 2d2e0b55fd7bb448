//! What a plan says, a line for each thing.

use phoenix_plan::{Action, Inverse, Plan, Reversibility};
use serde_json::Value;
use std::fmt::{Display, Write};

/// Writes a plan: its refusals, warnings and actions; with `commands`, also what each action runs, and what stood
/// before that.
pub fn told(plan: &Plan, commands: bool) -> String {
    let mut text = String::new();
    for refusal in &plan.refusals {
        let (key, code) = (refusal.key.to_string(), refusal.code);
        let _ = writeln!(text, "refuse {key:?} code={code} {:?}", refusal.reason);
    }
    for warning in &plan.warnings {
        let (key, code) = (warning.key.to_string(), warning.code);
        let _ = writeln!(text, "warn {key:?} code={code} {:?}", warning.text);
    }
    for action in plan.actions.iter().filter(|_| plan.refusals.is_empty()) {
        text.push_str(&head(action));
        if commands {
            action.ops.iter().for_each(|op| _ = writeln!(text, "run {:?}", op.describe()));
            action.inverses.iter().for_each(|inverse| text.push_str(&before(inverse)));
        }
    }
    text
}

fn head(action: &Action) -> String {
    let mut text =
        format!("action {} {:?}", format!("{:?}", action.kind).to_lowercase(), action.subject.to_string());
    match action.class {
        Reversibility::Reversible => {}
        Reversibility::ForwardOnly => text.push_str(" forward-only"),
        Reversibility::Destructive => text.push_str(" destructive"),
    }
    let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "-".to_owned());
    for change in &action.changes {
        let _ = write!(
            text,
            " {:?}={:?}",
            change.setting,
            format!("{} -> {}", word(&change.old), word(&change.new))
        );
    }
    text + "\n"
}

/// Writes what stood before an operation, as journals have it.
fn before(inverse: &Inverse) -> String {
    let mut text = "before".to_owned();
    lay_out(None, &serde_json::to_value(inverse).unwrap(), &mut text);
    text + "\n"
}

/// Lays a value out in a row: what is in it by its own name.
fn lay_out(name: Option<&str>, value: &Value, text: &mut String) {
    let mut put = |value: &dyn Display| match name {
        // What kind of thing it is stands first.
        Some("was") | None => _ = write!(text, " {:?}", value.to_string()),
        Some(name) => _ = write!(text, " {name}={:?}", value.to_string()),
    };
    match value {
        Value::Object(fields) => {
            let kind = fields.iter().filter(|(name, _)| *name == "was");
            let others = fields.iter().filter(|(name, _)| *name != "was");
            kind.chain(others).for_each(|(name, value)| lay_out(Some(name), value, text));
        }
        Value::Array(all) => all.iter().for_each(|value| lay_out(name, value, text)),
        Value::String(word) => put(word),
        other => put(other),
    }
}
