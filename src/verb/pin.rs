//! `phoenix pin`

use crate::{
    exit::Exit,
    failure::Failure,
    options::Common,
    outside,
    site::{Access, store},
    terminal::Terminal,
};
use clap::Args;
use phoenix_store::{Outcome, Pin as Pinned};

/// Keep a generation, with all that it needs, from `phoenix gc`
///
/// A pinned generation stays until it is unpinned with --remove: its record and closure, the retired
/// datasets that it names, and the snapshots that hold its state. `phoenix generations` shows what is
/// pinned.
#[derive(Debug, Args)]
pub struct Pin {
    /// The number of the generation
    generation: u64,
    /// What it is kept for
    #[arg(long, value_name = "TEXT", conflicts_with = "remove")]
    note: Option<String>,
    /// Take the pin away
    #[arg(long)]
    remove: bool,
}

impl Pin {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let number = self.generation;
        let verb = if self.remove { "unpin" } else { "pin" };
        let doing = format!("cannot {verb} generation {number}");
        let failed = |error| Failure::store(&doing, error);
        let reading = store(common, Access::Read)?;
        let generation = reading.generation(number).map_err(failed)?;
        if !self.remove && generation.outcome != Outcome::Committed {
            return Err(Failure::new(Exit::Refused, &doing)
                .because("it never came to hold, so nobody can go back to it")
                .help("`phoenix generations` lists those that were committed"));
        }
        let store = store(common, Access::Change)?;
        // `gc` holds the lock while it decides what goes.
        let _lock = store.lock("pin").map_err(|error| Failure::lock(&doing, error))?;
        let pinned = store.pins().map_err(failed)?.contains_key(&number);
        let said = match (self.remove, pinned) {
            (true, false) => format!("Generation {number} is not pinned."),
            (true, true) => {
                store.remove_pin(number).map_err(failed)?;
                format!("Generation {number} is no longer pinned.")
            }
            (false, _) => {
                let pin = Pinned::new(number, self.note.clone(), outside::now(), outside::who());
                store.put_pin(&pin).map_err(failed)?;
                format!("Generation {number} is pinned: `phoenix gc` keeps it and all that it needs.")
            }
        };
        terminal.print(format_args!("{said}\n"));
        Ok(Exit::Done)
    }
}
