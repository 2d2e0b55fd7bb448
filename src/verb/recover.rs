//! `phoenix recover`

use crate::{
    boot_unit::{self, BootError},
    exit::Exit,
    failure::Failure,
    options::{Carry, Common},
    outside,
    show::{line, standing::differing},
    site::{Access, Site, store},
    switching::{self, Approval, Progress},
    terminal::Terminal,
    typing::Typing,
};
use clap::Args;
use phoenix_graph::plain::some;
use phoenix_store::Transaction;
use phoenix_transaction::switch::{Recovered, Runtime, SwitchError};
use std::path::Path;

/// End a switch that a crash or a power cut interrupted
///
/// Undoes it, so that the host is as the generation before says. With --resume it is brought to its
/// end instead, where that is still possible, and is confirmed by that; a rollback with data is always
/// undone. Where it cannot be gone on with, it is undone all the same, the reason is told, and the exit code
/// is 1. What a plan has been confirmed once is not asked again.
/// Where it was undone, the host is looked at once more: what is not as the generation says that is
/// current, by what the journal lost or by hand, is told by name, and the exit code is 2.
/// A generation that waits to be confirmed, and that nobody watches any more, is gone back from.
#[derive(Debug, Args)]
pub struct Recover {
    /// Go on with the switch instead of undoing it
    #[arg(long)]
    resume: bool,
    /// Recover at each boot: write a unit for systemd, and enable it
    #[arg(long, conflicts_with_all = ["resume", "disable_at_boot"])]
    enable_at_boot: bool,
    /// Take that unit away
    #[arg(long, conflicts_with = "resume")]
    disable_at_boot: bool,
    #[command(flatten)]
    carry: Carry,
}

impl Recover {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        if self.enable_at_boot || self.disable_at_boot {
            return self.at_boot(common, terminal);
        }
        let doing = "cannot recover";
        let site = Site::open(common, Access::Change)?;
        let stop = switching::stop_flag(doing)?;
        let progress = Progress::new(terminal);
        let keys = Typing { terminal, stop: &stop };
        let runtime = Runtime { keys: &keys, ..site.runtime(self.carry.jobs, &stop, &progress) };
        let open = site.store.open_transaction().map_err(|error| Failure::store(doing, error))?;
        let mut approval = Approval::new(terminal, self.carry.yes, &stop, &progress);
        let recovered = runtime
            .recover(self.resume, &mut |plan| approval.ask(plan))
            .map_err(|error| switching::failure(doing, error, terminal))?;
        let text = match recovered {
            None => match site.store.pending().map_err(|error| Failure::store(doing, error))? {
                Some(pending) => format!(
                    "Nothing to recover: generation {} waits for `phoenix confirm`, and goes back by itself.",
                    pending.to
                ),
                None => "Nothing to recover: no switch is open.".to_owned(),
            },
            Some(Recovered::Finished { generation }) => {
                format!("The switch was brought to its end: generation {generation} is current.")
            }
            Some(Recovered::Undone { generation, kept, instead }) => {
                let differences = differences(&runtime, generation, open.as_ref());
                let whole = differences.as_ref().map_or(true, String::is_empty);
                terminal.print(undone(generation, &kept, whole));
                let differences = differences.map_err(|error| {
                    switching::failure("the host cannot be compared with the generation", error, terminal)
                })?;
                terminal.print(differences);
                return match instead {
                    Some(why) if self.resume => Err(not_resumed(&why)),
                    Some(why) => {
                        terminal.print(format_args!("It could not be brought to its end: {}\n", line(&why)));
                        Ok(if whole { Exit::Done } else { Exit::Differences })
                    }
                    None if whole => Ok(Exit::Done),
                    None => Ok(Exit::Differences),
                };
            }
        };
        terminal.print(format_args!("{text}\n"));
        Ok(Exit::Done)
    }

    fn at_boot(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let doing = "cannot change what is done at boot";
        if common.sim.is_some() {
            return Err(Failure::new(Exit::Usage, doing)
                .because("a simulated host has no systemd")
                .help("leave `--sim` out, on the host itself"));
        }
        let failed =
            |error: BootError| Failure::new(Exit::Refused, doing).because(error.reason).help(error.help);
        let root = Path::new("/");
        if self.disable_at_boot {
            let was = boot_unit::disable(root).map_err(failed)?;
            terminal.print(if was {
                "Nothing is recovered at boot any more.\n"
            } else {
                "There was no unit.\n"
            });
            return Ok(Exit::Done);
        }
        let program =
            outside::program_path().map_err(|error| Failure::new(Exit::Failed, doing).because(error))?;
        let store = store(common, Access::Change)?;
        let unit = boot_unit::enable(root, &program, store.root()).map_err(failed)?;
        terminal.print(format_args!("{} recovers at each boot from now on.\n", unit.display()));
        Ok(Exit::Done)
    }
}

/// Says why a switch was not brought to its end: it was asked for, and did not come about.
fn not_resumed(why: &str) -> Failure {
    Failure::new(Exit::Failed, "cannot bring the switch to its end")
        .because(line(&why))
        .help("it was undone instead: put that right, and ask for the same once more")
}

fn undone(generation: Option<u64>, kept: &[String], whole: bool) -> String {
    let what = if whole { "The switch" } else { "What the journal tells of the switch" };
    let now = generation
        .map_or("there is no generation".to_owned(), |number| format!("generation {number} is current"));
    let kept = match kept {
        [] => String::new(),
        kept => format!("Kept: {}\n", line(&kept.join("; "))),
    };
    format!("{what} was undone: {now}.\n{kept}")
}

/// Tells where the host is not as the generation says that is current now: a journal that lost its last lines does
/// not know of what they began.
fn differences(
    runtime: &Runtime<'_>,
    generation: Option<u64>,
    ended: Option<&Transaction>,
) -> Result<String, SwitchError> {
    let mut text = String::new();
    if let Some(number) = generation {
        let differing = differing(&runtime.standing()?);
        if !differing.is_empty() {
            text = format!(
                "The host is not as generation {number} says: {}.\n\
                 `phoenix status` tells how; `phoenix plan` shows what would put it right, and `phoenix switch` \
                 does, with the same spec.\n",
                some(&differing)
            );
        }
    }
    let left: Vec<String> = match ended {
        Some(ended) => runtime.left_behind(ended)?.iter().map(line).collect(),
        None => Vec::new(),
    };
    if !left.is_empty() {
        text.push_str(&format!(
            "The host still has what the switch made, and its journal does not say so: {}.\n\
             `phoenix switch --adopt` with the spec that names it takes it over; else see what it holds, and take it \
             away by hand.\n",
            some(&left)
        ));
    }
    Ok(text)
}
