//! Doing in a machine what was decided, and looking at it: all that starts something there.

use super::{
    script,
    seen::{self, Seen},
    steps::{Act, Over, Step},
    wanted::Wanted,
};
use phoenix_graph::unit_name;
use phoenix_host::{
    HostError,
    error::unreadable,
    inside::{Ended, Inside, Program},
};
use std::collections::BTreeSet;

const SHELL: &str = "/bin/sh";
const SYSTEMCTL: &str = "/bin/systemctl";

/// How long a look may take, and writing a file, in seconds.
const SHORT: u32 = 60;
/// How long systemd may take to start or stop something: longer than the 90 s that it gives a mount by itself.
const LONG: u32 = 300;

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// It failed, and this is why.
    Failed(String),
    /// It was not begun, since another one of the same mount failed, or all was ended.
    Left,
}

/// Looks at a machine.
///
/// # Errors
/// Where it cannot be looked at, or what it said cannot be read.
pub fn look(machine: &dyn Inside, wanted: Wanted<'_>) -> Result<Seen, HostError> {
    let names = wanted.names();
    let ended = sh(
        machine,
        &script::look(&wanted.head()),
        &names.iter().map(String::as_str).collect::<Vec<_>>(),
        SHORT,
    )?;
    let failed = |reason: &str| {
        let said = format!("{} {}", String::from_utf8_lossy(&ended.out), ended.err);
        unreadable("a look at the machine", reason, &said)
    };
    if ended.code != Some(0) {
        return Err(failed("it did not end well"));
    }
    seen::read(&ended.out).map_err(|reason| failed(&reason))
}

/// Uses each mount, as its first user would, so that one that is mounted when it is used is. What goes wrong shows in
/// the look after it.
///
/// # Errors
/// Where the machine is not reached any more.
pub fn use_all(machine: &dyn Inside, wanted: Wanted<'_>) -> Result<(), HostError> {
    for mount in wanted.mounts.iter().filter(|mount| mount.automount().is_some()) {
        let seconds = mount.mount_timeout().and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(SHORT);
        let unit = unit_name::of(mount.at(), "mount");
        sh(machine, &script::use_it(), &[&unit], seconds.saturating_add(LONG))?;
    }
    Ok(())
}

/// Does one step after the other. Where one of a mount fails, the others of that are left, and those of other mounts go
/// on; where something else fails, or `stop` says so, all that follow are left. `tell` hears of each as it ends.
pub fn carry_out(
    machine: &dyn Inside,
    wanted: Wanted<'_>,
    steps: &[Step],
    stop: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(&Step, &Outcome),
) -> Vec<Outcome> {
    let mut held = BTreeSet::new();
    let mut over = false;
    let mut outcomes = Vec::new();
    for step in steps {
        let outcome = if over || stop() || step.at.as_ref().is_some_and(|at| held.contains(at)) {
            Outcome::Left
        } else {
            match act(machine, wanted, &step.act) {
                Ok(ended) if ended.code == Some(0) => Outcome::Done,
                Ok(ended) => {
                    match &step.at {
                        Some(at) if systemctl(&step.act).is_some() => _ = held.insert(at.clone()),
                        _ => over = true,
                    }
                    Outcome::Failed(why(&ended))
                }
                Err(error) => {
                    over = true;
                    Outcome::Failed(error.to_string())
                }
            }
        };
        tell(step, &outcome);
        outcomes.push(outcome);
    }
    outcomes
}

fn why(ended: &Ended) -> String {
    match (&*ended.err, ended.code) {
        ("", Some(code)) => format!("it ended with exit code {code}, and said nothing"),
        ("", None) => "a signal ended it".to_owned(),
        (said, _) => said.to_owned(),
    }
}

fn act(machine: &dyn Inside, wanted: Wanted<'_>, act: &Act) -> Result<Ended, HostError> {
    match act {
        Act::Write { name, text, over } => {
            let over = if *over == Over::Others { "over" } else { "new" };
            sh(machine, &script::write(&wanted.head(), text), &[name, over], SHORT)
        }
        Act::Remove(name) => sh(machine, &script::remove(&wanted.head()), &[name], SHORT),
        Act::Stop(_) | Act::Disable(_) | Act::Reload | Act::Enable(_) | Act::Restart(_) => {
            let argv = [&[SYSTEMCTL], &systemctl(act).unwrap_or_default()[..]].concat();
            machine.run(Program { argv: &argv, input: &[], seconds: LONG })
        }
    }
}

/// Returns the arguments of `systemctl`, where a step is one of its.
#[must_use]
pub fn systemctl(act: &Act) -> Option<Vec<&str>> {
    Some(match act {
        Act::Stop(name) => vec!["stop", name],
        Act::Disable(name) => vec!["disable", "--now", name],
        Act::Reload => vec!["daemon-reload"],
        Act::Enable(name) => vec!["enable", "--now", name],
        Act::Restart(name) => vec!["restart", name],
        Act::Write { .. } | Act::Remove(_) => return None,
    })
}

fn sh(machine: &dyn Inside, script: &str, arguments: &[&str], seconds: u32) -> Result<Ended, HostError> {
    let argv = [&[SHELL, "-s"], arguments].concat();
    machine.run(Program { argv: &argv, input: script.as_bytes(), seconds })
}

#[cfg(test)]
mod tests {
    use super::*;
    use phoenix_graph::HostName;
    use std::sync::Mutex;

    /// A machine that notes what is run in it, and lets what has this word fail.
    struct Machine {
        fails: &'static str,
        ran: Mutex<Vec<String>>,
    }

    impl Inside for Machine {
        fn run(&self, program: Program<'_>) -> Result<Ended, HostError> {
            let words = program.argv.join(" ");
            let fails = !self.fails.is_empty() && words.contains(self.fails);
            self.ran.lock().unwrap().push(words);
            Ok(Ended { code: Some(i32::from(fails)), out: Vec::new(), err: String::new() })
        }
    }

    fn step(at: &str, act: Act) -> Step {
        Step { at: (!at.is_empty()).then(|| at.to_owned()), act }
    }

    fn steps() -> Vec<Step> {
        let write = Act::Write { name: "b.mount".to_owned(), text: "x\n".to_owned(), over: Over::Ours };
        vec![
            step("/a", Act::Stop("a.mount".to_owned())),
            step("/a", Act::Remove("a.mount".to_owned())),
            step("/b", write),
            step("", Act::Reload),
            step("/b", Act::Enable("b.mount".to_owned())),
        ]
    }

    fn outcomes(fails: &'static str, stop: bool) -> (String, Vec<String>) {
        let machine = Machine { fails, ran: Mutex::default() };
        let mut told = String::new();
        let outcomes = carry_out(
            &machine,
            Wanted { host: &HostName::new("box").unwrap(), machine: 201, mounts: &[] },
            &steps(),
            &|| stop,
            &mut |_, outcome| {
                told.push(match outcome {
                    Outcome::Done => 'd',
                    Outcome::Failed(why) => {
                        assert_eq!(why, "it ended with exit code 1, and said nothing");
                        'f'
                    }
                    Outcome::Left => '-',
                });
            },
        );
        assert_eq!(outcomes.len(), told.len());
        (told, machine.ran.into_inner().unwrap())
    }

    #[test]
    fn steps_are_done_one_after_the_other() {
        let (told, ran) = outcomes("", false);
        assert_eq!(told, "ddddd");
        assert_eq!(
            ran,
            [
                "/bin/systemctl stop a.mount",
                "/bin/sh -s a.mount",
                "/bin/sh -s b.mount new",
                "/bin/systemctl daemon-reload",
                "/bin/systemctl enable --now b.mount"
            ]
        );
    }

    #[test]
    fn a_mount_that_is_in_use_holds_no_other_up() {
        assert_eq!(outcomes("stop", false).0, "f-ddd");
    }

    #[test]
    fn what_fails_otherwise_ends_all() {
        assert_eq!(outcomes("b.mount new", false).0, "ddf--");
        assert_eq!(outcomes("reload", false).0, "dddf-");
        assert_eq!(outcomes("", true).0, "-----");
    }
}
