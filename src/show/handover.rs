//! Lays out what is to be done in a virtual machine, what became of it, and how its mounts stand.

use super::{Paint, count, line};
use crate::handover::{
    carry::{Outcome, systemctl},
    standing::Standing,
    steps::{Act, Over, Refusal, Step},
};
use phoenix_graph::inside::{MachineMount, units::FOLDER};
use std::fmt::Write;

/// Lays steps out, of which there are some.
#[must_use]
pub fn plan(machine: u32, steps: &[Step], paint: Paint) -> String {
    let mut text = format!("{}\n", paint.strong(&format!("Machine {machine}, in this order")));
    for step in steps {
        // Writing to a string does not fail, here and below.
        let _ = writeln!(text, "  {} {}", mark(&step.act, paint), line(&act(&step.act)));
    }
    let files = steps.iter().filter(|step| matches!(step.act, Act::Write { .. } | Act::Remove(_))).count();
    let _ = writeln!(text, "\n{}", paint.strong(&format!("{} in {FOLDER}", count(files, "file"))));
    text
}

fn mark(act: &Act, paint: Paint) -> String {
    match act {
        Act::Write { over: Over::Nothing, .. } => paint.good("+"),
        Act::Write { .. } | Act::Restart(_) => paint.change("~"),
        Act::Remove(_) | Act::Stop(_) | Act::Disable(_) => paint.bad("-"),
        Act::Enable(_) => paint.good("+"),
        Act::Reload => " ".to_owned(),
    }
}

/// Says what a step does.
#[must_use]
pub fn act(act: &Act) -> String {
    match act {
        Act::Write { name, over: Over::Nothing, .. } => format!("{name}: new"),
        Act::Write { name, over: Over::Ours, .. } => format!("{name}: changed"),
        Act::Write { name, over: Over::Others, .. } => {
            format!("{name}: written over what others wrote")
        }
        Act::Remove(name) => format!("{name}: removed"),
        act => format!("systemctl {}", systemctl(act).unwrap_or_default().join(" ")),
    }
}

/// Lays out why nothing is done.
#[must_use]
pub fn refusals(refusals: &[Refusal], paint: Paint) -> String {
    let one = |refusal: &Refusal| {
        let (reason, help) = (line(&refusal.reason), line(&refusal.help));
        format!("{} {reason}\n  help: {help}\n\n", paint.bad("refused:"))
    };
    refusals.iter().map(one).collect()
}

/// Lays out what was done where something failed or was left.
#[must_use]
pub fn outcomes(steps: &[Step], outcomes: &[Outcome], paint: Paint) -> String {
    let mut text = String::new();
    for (step, outcome) in steps.iter().zip(outcomes) {
        let (word, why) = match outcome {
            Outcome::Done => (paint.good("done"), None),
            Outcome::Failed(why) => (paint.bad("failed"), Some(why)),
            Outcome::Left => (paint.change("not done"), None),
        };
        let _ = writeln!(text, "  {word}: {}", line(&act(&step.act)));
        for said in why.into_iter().flat_map(|why| why.lines()) {
            let _ = writeln!(text, "      {}", line(&said));
        }
    }
    text
}

/// Lays out how each mount stands.
#[must_use]
pub fn standing(mounts: &[(&MachineMount, Standing)], paint: Paint) -> String {
    let mut text = String::new();
    for (mount, standing) in mounts {
        let (mark, word) = match standing.wrong.is_empty() {
            true => (paint.good("="), "stands"),
            false => (paint.bad("!"), "does not stand as it is wanted"),
        };
        let _ = writeln!(text, "{mark} {} {word}, from {}", line(&mount.at()), line(&mount.source()));
        for said in standing.wrong.iter().chain(&standing.notes) {
            let _ = writeln!(text, "    {}", line(said));
        }
    }
    text
}
