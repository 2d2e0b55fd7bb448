//! Handing the units of mounts over to a virtual machine that runs, through its guest agent.
//!
//! [`carry::look`] runs a [`script`] in the machine, whose words [`seen`] reads; [`steps`] decides by them what is to be
//! done; [`carry`] does it, looks again, and [`standing`] judges each mount. What decides and what reads starts nothing;
//! the machine is reached through one trait. Here is the story of it, as a person goes through it.

pub mod carry;
pub mod script;
pub mod seen;
pub mod standing;
pub mod steps;
pub mod wanted;

use crate::{
    exit::Exit,
    failure::Failure,
    options::Common,
    show,
    site::{Access, store},
    switching,
    terminal::Terminal,
    view::HandoverView,
};
use carry::Outcome;
use phoenix_graph::inside::MachineMount;
use phoenix_host::{HostError, inside::Inside, text::complaints::Complaint};
use phoenix_linux::{LinuxPaths, agent::Agent};
use standing::Standing;
use std::sync::atomic::{AtomicBool, Ordering};
use steps::Step;
use wanted::Wanted;

/// What is to be handed over, and how.
pub struct Handover<'a> {
    /// What a machine is to mount.
    pub wanted: Wanted<'a>,
    /// Whether files of others are written over.
    pub overwrite: bool,
    /// Whether nobody is asked.
    pub yes: bool,
    pub json: bool,
    pub terminal: &'a Terminal,
}

impl Handover<'_> {
    /// Hands all over, and looks whether it stands.
    ///
    /// # Errors
    /// Where the machine is not reached, it is refused, or nobody said yes.
    pub fn run(&self, common: &Common) -> Result<Exit, Failure> {
        if common.sim.is_some() {
            return Err(Failure::new(Exit::Refused, self.doing())
                .because("a simulated host has no machines that run")
                .help("leave `--agent` out: what is to be carried over is printed"));
        }
        if self.json && !self.yes {
            return Err(Failure::new(Exit::Refused, self.doing())
                .because("with `--json` nobody is asked; nothing was done")
                .help("look at it without `--json` first, then run it with `--yes`"));
        }
        let machine = Agent::of(&LinuxPaths::default(), self.wanted.machine).map_err(|unreached| {
            Failure::new(Exit::Refused, self.doing()).because(unreached.reason).help(unreached.help)
        })?;
        let stop = switching::stop_flag(&self.doing())?;
        let agreed = (!self.yes).then(|| self.agree(&machine, &stop)).transpose()?;
        let store = store(common, Access::Change)?;
        let _lock = store.lock("guest --agent").map_err(|error| Failure::lock(self.doing(), error))?;
        let steps = self.decide(&machine)?;
        if agreed.is_some_and(|agreed| agreed != steps) {
            return Err(Failure::new(Exit::Refused, self.doing())
                .because("the machine has changed since it was looked at; nothing was done")
                .help("run it again, and look at what is listed then"));
        }
        if self.yes && !self.json && !steps.is_empty() {
            self.terminal.print(show::handover::plan(self.wanted.machine, &steps, self.terminal.paint()));
        }
        let outcomes = self.carry_out(&machine, &steps, &stop);
        self.conclude(&machine, &steps, &outcomes)
    }

    /// Looks at the machine, and decides what is to be done there.
    fn decide(&self, machine: &dyn Inside) -> Result<Vec<Step>, Failure> {
        let seen = carry::look(machine, self.wanted).map_err(|error| self.failed(error))?;
        steps::decide(self.wanted, &seen, self.overwrite).map_err(|refusals| {
            self.terminal.note(show::handover::refusals(&refusals, self.terminal.paint_err()));
            Failure::new(Exit::Refused, self.doing()).because("nothing was done there")
        })
    }

    fn doing(&self) -> String {
        format!("cannot hand over to machine {}", self.wanted.machine)
    }

    /// Lists what is to be done, and asks whether it is wanted, where it is anything.
    fn agree(&self, machine: &dyn Inside, stop: &AtomicBool) -> Result<Vec<Step>, Failure> {
        let steps = self.decide(machine)?;
        if steps.is_empty() {
            return Ok(steps);
        }
        self.terminal.print(show::handover::plan(self.wanted.machine, &steps, self.terminal.paint()));
        let refused = |why: &str| Failure::new(Exit::Refused, self.doing()).because(why);
        match self.terminal.confirm("Do it?", stop) {
            Some(true) => Ok(steps),
            Some(false) => Err(refused("nobody said yes; nothing was done")),
            None => Err(refused("there is no terminal to ask on, and nobody said yes; nothing was done")
                .help("look at what is listed above, then run it with `--yes`")),
        }
    }

    /// Does the steps, and tells a person who looks on of each.
    fn carry_out(&self, machine: &dyn Inside, steps: &[Step], stop: &AtomicBool) -> Vec<Outcome> {
        let looks_on = self.terminal.is_interactive() && !self.json;
        carry::carry_out(
            machine,
            self.wanted,
            steps,
            &|| stop.load(Ordering::Relaxed),
            &mut |step, outcome| {
                if looks_on && *outcome == Outcome::Done {
                    self.terminal.note(format_args!("{}\n", show::line(&show::handover::act(&step.act))));
                }
            },
        )
    }

    /// Looks again, tells what was done and how all stands.
    fn conclude(&self, machine: &dyn Inside, steps: &[Step], outcomes: &[Outcome]) -> Result<Exit, Failure> {
        let is_done = outcomes.iter().all(|outcome| *outcome == Outcome::Done);
        let judged = self.judge(machine);
        let mounts = judged.as_deref().unwrap_or_default();
        if self.json {
            self.terminal.json(&HandoverView::new(self.wanted.machine, steps, outcomes, mounts));
        } else {
            self.tell(steps, outcomes, mounts, is_done);
        }
        let stands = judged.map_err(|error| self.failed(error))?.iter().all(|(_, one)| one.wrong.is_empty());
        match is_done && stands {
            true => Ok(Exit::Done),
            false => Err(Failure::new(
                Exit::Failed,
                format!("machine {} is not as it is to be", self.wanted.machine),
            )
            .because(if is_done { "a mount does not stand" } else { "not all was done" })
            .help(
                "see above what is wrong, and put it right; then run it again: it goes on where this ended",
            )),
        }
    }

    fn judge(&self, machine: &dyn Inside) -> Result<Vec<(&MachineMount, Standing)>, HostError> {
        carry::use_all(machine, self.wanted)?;
        let seen = carry::look(machine, self.wanted)?;
        Ok(self.wanted.mounts.iter().map(|mount| (mount, standing::judge(mount, &seen))).collect())
    }

    fn tell(
        &self,
        steps: &[Step],
        outcomes: &[Outcome],
        mounts: &[(&MachineMount, Standing)],
        is_done: bool,
    ) {
        let paint = self.terminal.paint();
        if steps.is_empty() {
            self.terminal.print(format_args!("Nothing to do in machine {}.\n", self.wanted.machine));
        } else if !is_done {
            self.terminal.print(show::handover::outcomes(steps, outcomes, paint));
        }
        self.terminal.print(show::handover::standing(mounts, paint));
    }

    /// Says that the machine was not reached, with what is to be done about it.
    fn failed(&self, error: HostError) -> Failure {
        let help = if error.complains_of(Complaint::NoAgent) {
            format!(
                "see that `qemu-guest-agent` is installed in the machine and runs; where it was enabled (`qm set {} --agent 1`) \
                 while the machine ran, stop and start that",
                self.wanted.machine
            )
        } else if error.complains_of(Complaint::Forbidden) {
            "allow `guest-exec` in the machine (`/etc/qemu/qemu-ga.conf`, or `/etc/sysconfig/qemu-ga`), or write units with \
             `--output` and carry them over"
                .to_owned()
        } else {
            return Failure::host(self.doing(), error);
        };
        Failure::new(Exit::Refused, self.doing()).because(error).help(help)
    }
}
