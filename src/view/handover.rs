//! What `phoenix guest --agent --json` prints: what was done in a virtual machine, and how its mounts stand.

use crate::{
    handover::{
        carry::Outcome,
        standing::Standing,
        steps::{Act, Step},
    },
    show::handover::act,
};
use phoenix_graph::inside::MachineMount;
#[cfg(test)]
use schemars::JsonSchema;
use serde::Serialize;

/// `phoenix guest --agent --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct HandoverView {
    /// The machine's id.
    pub machine: u32,
    /// What was to be done, in this order; nothing where all was as it is to be.
    pub steps: Vec<StepView>,
    /// How its mounts stand, in the order of the paths; nothing where the machine was not reached to the end.
    pub mounts: Vec<StandingView>,
}

/// Something that was to be done.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct StepView {
    /// The unit; nothing where systemd reads all of them anew.
    pub unit: Option<String>,
    /// What, in words.
    pub what: String,
    /// What became of it: `done`, `failed` or `not-done`.
    pub outcome: &'static str,
    /// Why it failed.
    pub reason: Option<String>,
}

/// How a mount stands.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct StandingView {
    /// The absolute path in the machine.
    pub at: String,
    /// What is mounted there, such as `10.0.0.1:/tank/a`, or a tag by virtiofs.
    pub source: String,
    /// Whether it stands as it is wanted.
    pub stands: bool,
    /// What is wrong with it.
    pub wrong: Vec<String>,
    /// What is otherwise than the spec says, and is taken as it is.
    pub notes: Vec<String>,
}

impl HandoverView {
    /// Describes what was done.
    #[must_use]
    pub fn new(
        machine: u32,
        steps: &[Step],
        outcomes: &[Outcome],
        mounts: &[(&MachineMount, Standing)],
    ) -> Self {
        let steps = steps.iter().zip(outcomes).map(|(step, outcome)| {
            let (outcome, reason) = match outcome {
                Outcome::Done => ("done", None),
                Outcome::Failed(why) => ("failed", Some(why.clone())),
                Outcome::Left => ("not-done", None),
            };
            StepView { unit: unit(&step.act), what: act(&step.act), outcome, reason }
        });
        let mounts = mounts.iter().map(|(mount, standing)| StandingView {
            at: mount.at().to_owned(),
            source: mount.source(),
            stands: standing.wrong.is_empty(),
            wrong: standing.wrong.clone(),
            notes: standing.notes.clone(),
        });
        Self { machine, steps: steps.collect(), mounts: mounts.collect() }
    }
}

fn unit(act: &Act) -> Option<String> {
    match act {
        Act::Reload => None,
        Act::Stop(name) | Act::Disable(name) | Act::Remove(name) | Act::Enable(name) | Act::Restart(name) => {
            Some(name.clone())
        }
        Act::Write { name, .. } => Some(name.clone()),
    }
}
