//! `phoenix rollback`

use crate::{
    exit::Exit,
    failure::Failure,
    options::{Allow, Carry, Common},
    site::{Access, Site},
    switching::Journey,
    terminal::Terminal,
};
use clap::Args;
use phoenix_runtime::{store::Generation, switch::Target};

/// Go back to an earlier generation
///
/// Without a number, to the one that was current when the current one was made. Configuration
/// returns and retired datasets come home; data stays as it is now. What only the current generation
/// has is retired, not destroyed.
#[derive(Debug, Args)]
pub struct Rollback {
    /// The number of the generation
    generation: Option<u64>,
    #[command(flatten)]
    allow: Allow,
    #[command(flatten)]
    carry: Carry,
}

impl Rollback {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let site = Site::open(common, Access::Read)?;
        let current = site.store.current().map_err(|error| Failure::store("cannot go back", &error))?;
        let number = match (self.generation, &current) {
            (Some(number), Some(_)) => number,
            (_, None) => {
                return Err(Failure::new(Exit::Refused, "cannot go back")
                    .because("there is no generation yet")
                    .help("`phoenix switch` makes the first one"));
            }
            (None, Some(Generation { parent: Some(parent), .. })) => *parent,
            (None, Some(current)) => {
                let doing = format!("cannot go back from generation {}", current.number);
                return Err(Failure::new(Exit::Refused, doing)
                    .because("it is the first one, and has none before it")
                    .help("`phoenix rollback N` goes to any other; `phoenix generations` lists them"));
            }
        };
        let doing = format!("cannot go back to generation {number}");
        let journey = Journey { site: &site, carry: &self.carry, terminal, doing };
        journey.run("rollback", &Target::Generation(number), &self.allow.consent())
    }
}
