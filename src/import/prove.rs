//! The proof of a description: the compiler builds it, and the planner plans to take everything over. What
//! the one refuses or the other would change is left out with the reason, until nothing is left but marks.

use super::Node;
use crate::failure::Failure;
use phoenix_compiler::{Compiled, OneFile, Severity, SpecPath, code, compile};
use phoenix_graph::Graph;
use phoenix_host::observed::OWNER;
use phoenix_plan::{Change, Kind, Plan, Subject};

/// What a description came to.
pub struct Proven {
    /// The text, laid out.
    pub text: String,
    /// What the compiler makes of it.
    pub compiled: Compiled,
    /// The plan that takes everything over; nothing where the text does not build.
    pub plan: Option<Plan>,
}

/// The most looks at the host. Each leaves out all that the one before has shown.
const LOOKS: usize = 8;

/// What every description begins with.
const HEAD: &str = "\
edition 1

// Written by `phoenix import --live`: what this host has, as it is. Nothing that is not said here is
// changed; what cannot be said stands here as a comment. Not looked at: snapshots, features of pools,
// quotas of single users and groups, owners and modes of directories.
";

/// Proves a description; `plan` plans the way to a graph with everything taken over.
///
/// # Errors
/// Where the host cannot be looked at.
pub fn prove(
    host: &mut Node,
    plan: &mut dyn FnMut(&Graph) -> Result<Plan, Failure>,
) -> Result<Proven, Failure> {
    let mut looks = 0;
    loop {
        let rendered = host.render(HEAD);
        let compiled = built(&rendered.text);
        let Some(graph) = compiled.hosts.first().and_then(|host| host.graph.as_ref()) else {
            let mut fewer = false;
            let errors = compiled.diagnostics.iter().filter(|one| one.severity == Severity::Error);
            for error in errors {
                let spot = error.place().and_then(|place| rendered.spot(place.start as usize));
                if let Some(spot) = spot {
                    if error.code == code::SECRET_IN_SPEC {
                        host.conceal(spot);
                    }
                    let reason = format!("{} ({})", error.message, error.code.name);
                    fewer |= host.leave_out(spot, &reason);
                }
            }
            if fewer {
                continue;
            }
            return Ok(finished(&rendered.text, None));
        };
        let planned = plan(graph)?;
        looks += 1;
        if looks == LOOKS || !leave_changes_out(host, &planned) {
            return Ok(finished(&rendered.text, Some(planned)));
        }
    }
}

/// Lays the text out, and builds it once more as it is written.
fn finished(text: &str, plan: Option<Plan>) -> Proven {
    // A text that is not laid out is written as it is: the diagnostics say what is wrong with it.
    let text = phoenix_compiler::fmt::format("phoenix.kdl", text).unwrap_or_else(|_| text.to_owned());
    Proven { compiled: built(&text), text, plan }
}

fn built(text: &str) -> Compiled {
    // The name is one that OneFile knows.
    SpecPath::new("spec.kdl").map(|path| compile(&OneFile(text.into()), &path)).unwrap_or_default()
}

/// Leaves out what a plan would change or refuses; says whether there was any such thing.
fn leave_changes_out(host: &mut Node, plan: &Plan) -> bool {
    let mut fewer = false;
    for refusal in &plan.refusals {
        if let Some(spot) = host.find(&refusal.key) {
            fewer |= host.leave_out(&spot, &refusal.reason);
        }
    }
    for action in &plan.actions {
        let Subject::Resource(key) = &action.subject else { continue };
        for change in action.changes.iter().filter(|change| !is_mark(change)) {
            let Some(spot) = host.find_setting(key, &change.setting) else { continue };
            let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "not set".to_owned());
            let reason = match (change.setting.as_str(), change.new.as_deref()) {
                ("mounted", Some("yes")) => "it is not mounted, and declared it would be".to_owned(),
                ("mounted", _) => "it is mounted, and declared it would not be".to_owned(),
                (setting, _) => format!(
                    "declared, its {setting} would change from {} to {}",
                    word(&change.old),
                    word(&change.new)
                ),
            };
            fewer |= host.leave_out(&spot, &reason);
        }
    }
    fewer
}

/// Returns whether a plan changes nothing on the host but phoenix's marks and its own files.
#[must_use]
pub fn only_marks(plan: &Plan) -> bool {
    plan.refusals.is_empty()
        && !plan.partial
        && plan.actions.iter().all(|action| match action.subject {
            Subject::Resource(_) => {
                matches!(action.kind, Kind::Adopt | Kind::Update) && action.changes.iter().all(is_mark)
            }
            // The link to the rendered files, which have nothing in them, is in phoenix's own folder.
            Subject::Files => action.ops.len() == 1,
            Subject::Mounts | Subject::Key(_) | Subject::Units => false,
        })
}

fn is_mark(change: &Change) -> bool {
    change.setting == OWNER
}
