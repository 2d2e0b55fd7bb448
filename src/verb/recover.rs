//! `phoenix recover`

use crate::{
    boot_unit::{self, BootError},
    exit::Exit,
    failure::Failure,
    options::{Carry, Common},
    outside,
    site::{Access, Site, store},
    switching::{self, Approval, Progress},
    terminal::Terminal,
    typing::Typing,
};
use clap::Args;
use phoenix_transaction::switch::{Recovered, Runtime};
use std::path::Path;

/// End a switch that a crash or a power cut interrupted
///
/// Undoes it, so that the host is as the generation before says. With --resume it is brought to its
/// end instead, where that is still possible, and is confirmed by that; a rollback with data is always
/// undone. What a plan has been confirmed once is not asked again.
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
            Some(Recovered::Undone { generation, kept }) => {
                let now = generation.map_or("there is no generation".to_owned(), |number| {
                    format!("generation {number} is current")
                });
                let kept = match &kept[..] {
                    [] => String::new(),
                    kept => format!("\nKept: {}", crate::show::line(&kept.join("; "))),
                };
                format!("The switch was undone: {now}.{kept}")
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
