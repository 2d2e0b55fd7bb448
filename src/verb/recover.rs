//! `phoenix recover`

use crate::{
    exit::Exit,
    failure::Failure,
    options::{Carry, Common},
    site::{Access, Site},
    switching::{self, Approval, Progress},
    terminal::Terminal,
};
use clap::Args;
use phoenix_runtime::switch::Recovered;

/// End a switch that a crash or a power cut interrupted
///
/// Undoes it, so that the host is as the generation before says. With --resume it is brought to its
/// end instead, where that is still possible. What a plan has been confirmed once is not asked again.
#[derive(Debug, Args)]
pub struct Recover {
    /// Go on with the switch instead of undoing it
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    carry: Carry,
}

impl Recover {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let doing = "cannot recover";
        let site = Site::open(common, Access::Change)?;
        let stop = switching::stop_flag(doing)?;
        let progress = Progress::new(terminal);
        let runtime = site.runtime(self.carry.jobs, &stop, &progress);
        let mut approval = Approval::new(terminal, self.carry.yes, &stop, &progress);
        let recovered = runtime
            .recover(self.resume, &mut |plan| approval.ask(plan))
            .map_err(|error| switching::failure(doing, error, terminal))?;
        let text = match recovered {
            None => "Nothing to recover: no switch is open.".to_owned(),
            Some(Recovered::Finished { generation }) => {
                format!("The switch was brought to its end: generation {generation} is current.")
            }
            Some(Recovered::Undone { generation, kept }) => {
                let now = generation.map_or("there is no generation".to_owned(), |number| {
                    format!("generation {number} is current")
                });
                let kept = match &kept[..] {
                    [] => String::new(),
                    kept => format!("\nKept, because it holds something: {}", kept.join(", ")),
                };
                format!("The switch was undone: {now}.{kept}")
            }
        };
        terminal.print(format_args!("{text}\n"));
        Ok(Exit::Done)
    }
}
