//! A virtual machine of this node, reached through QEMU's guest agent by `qm guest exec`.
//!
//! `qm` ends with 0 also where the program in the machine failed: what counts is the [`answer`] that it prints.

mod answer;

use crate::{LinuxPaths, cluster::cluster, guests, run::Runner};
use answer::Answer;
use phoenix_host::{
    HostError,
    inside::{Ended, Inside, Program, Unreached},
    observed::GuestKind,
};
use std::{thread, time::Duration};

/// How much longer `qm` may take than the program.
const SPARE: Duration = Duration::from_secs(60);

/// How often a program that did not end in its time is looked for once more, and when.
const LATE: u32 = 5;
const PAUSE: Duration = Duration::from_secs(2);

/// A machine whose agent can be asked.
#[derive(Debug)]
pub struct Agent {
    runner: Runner,
    machine: String,
}

impl Agent {
    /// Finds a machine that runs on this node, and is to have an agent. Whether that listens is found when it is asked.
    ///
    /// # Errors
    /// Why there is none.
    pub fn of(paths: &LinuxPaths, machine: u32) -> Result<Self, Unreached> {
        let no = |reason: String, help: String| Err(Unreached { reason, help });
        let node = cluster(paths).map_err(unknown)?.node;
        let found = guests::all(paths).map_err(unknown)?.guests;
        let Some((guest, conf)) = found.into_iter().find(|(guest, _)| guest.id == machine) else {
            return no(format!("Proxmox has no machine {machine}"), "look at `qm list`".to_owned());
        };
        if guest.kind != GuestKind::Machine {
            let help = "what a container has is a mount point, which a switch makes".to_owned();
            return no(format!("{machine} is a container, not a machine"), help);
        }
        if guest.node != node {
            return no(
                format!("machine {machine} is on the node {}, and this is {node}", guest.node),
                format!("write units with `--output` and carry them over, or run it on {}", guest.node),
            );
        }
        if !has_agent(&String::from_utf8_lossy(&conf)) {
            return no(
                format!("the guest agent of machine {machine} is not enabled"),
                format!(
                    "`qm set {machine} --agent 1`, install `qemu-guest-agent` in the machine, then stop and start it"
                ),
            );
        }
        let agent = Self { runner: Runner::new(paths.tools.clone()), machine: machine.to_string() };
        match agent.runner.look(&["qm", "status", &agent.machine]) {
            Ok(status) if status.trim_end() == "status: running" => Ok(agent),
            Ok(_) => no(format!("machine {machine} does not run"), format!("start it: `qm start {machine}`")),
            Err(error) => no(error.to_string(), "run it as root, on the machine's node".to_owned()),
        }
    }

    /// Waits a little longer for a program that has not ended in its time.
    fn late(&self, pid: u32, program: &Program<'_>) -> Result<Ended, HostError> {
        let pid = pid.to_string();
        let argv = ["qm", "guest", "exec-status", &self.machine, &pid];
        for _ in 0..LATE {
            thread::sleep(PAUSE);
            if let Answer::Ended(ended) = answer::read(&argv.join(" "), &self.runner.look(&argv)?)? {
                return Ok(ended);
            }
        }
        let argv = program.argv.iter().map(|word| (*word).to_owned()).collect();
        Err(HostError::TimedOut { argv, seconds: program.seconds.into() })
    }
}

impl Inside for Agent {
    fn run(&self, program: Program<'_>) -> Result<Ended, HostError> {
        let seconds = program.seconds.to_string();
        let mut argv =
            vec!["qm", "guest", "exec", &self.machine, "--timeout", &seconds, "--pass-stdin", "1", "--"];
        argv.extend(program.argv);
        let limit = Duration::from_secs(program.seconds.into()) + SPARE;
        let printed = self.runner.ask(&argv, program.input, limit)?;
        match answer::read(&argv.join(" "), &printed)? {
            Answer::Ended(ended) => Ok(ended),
            Answer::Started(pid) => self.late(pid, &program),
            Answer::Running => {
                let argv = program.argv.iter().map(|word| (*word).to_owned()).collect();
                Err(HostError::TimedOut { argv, seconds: program.seconds.into() })
            }
        }
    }
}

fn unknown(error: phoenix_host::observed::Unknown) -> Unreached {
    Unreached { reason: error.reason, help: error.help }
}

/// Reads whether a machine's configuration has its agent enabled: `agent: 1`, `agent: enabled=1,type=isa`. What snapshots
/// have stands below the first head of a section.
fn has_agent(conf: &str) -> bool {
    let main = conf.lines().take_while(|line| !line.starts_with('['));
    let value = main.filter_map(|line| line.strip_prefix("agent:")).last();
    let mut words = value.unwrap_or_default().trim().split(',');
    let enabled = words.find_map(|word| match word.split_once('=') {
        Some(("enabled", value)) => Some(value),
        Some(_) => None,
        None => Some(word),
    });
    enabled.is_some_and(|word| ["1", "on", "yes", "true"].contains(&word.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::has_agent;

    #[test]
    fn an_agent_is_enabled_where_the_machine_itself_says_so() {
        for conf in [
            "agent: 1\n",
            "name: a\nagent: enabled=1,type=isa\n",
            "agent: type=isa,enabled=on\n",
            "agent: 1,freeze-fs=0",
        ] {
            assert!(has_agent(conf), "{conf}");
        }
        for conf in [
            "",
            "agent: 0\n",
            "agent: enabled=0\n",
            "agent: type=isa\n",
            "name: a\n[snap]\nagent: 1\n",
            "#agent: 1\n",
        ] {
            assert!(!has_agent(conf), "{conf}");
        }
    }
}
