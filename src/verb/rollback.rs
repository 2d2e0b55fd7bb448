//! `phoenix rollback`

use crate::{
    exit::Exit,
    failure::Failure,
    options::{Allow, Carry, Common, Guests, Said},
    site::{Access, Site},
    switching::{self, Journey},
    terminal::Terminal,
};
use clap::Args;
use phoenix_graph::{DatasetName, Seconds};
use phoenix_plan::Consent;
use phoenix_store::Generation;
use phoenix_transaction::switch::Target;

/// Go back to an earlier generation
///
/// Without a number, to the one that was current when the current one was made. Configuration
/// returns and retired datasets come home; data stays as it is now. What only the current generation
/// has is retired, not destroyed.
///
/// With `--with-data DATASET` the data of that dataset goes back, too: to what stood in it when a switch
/// first touched it after the generation was last left; the plan names the snapshot and its age. What
/// stands in it now is put away, with all its snapshots, and nothing is lost: so `phoenix rollback --with-data` to the generation that you came from brings it back. Datasets
/// below it keep their data, unless they are named as well.
#[derive(Debug, Args)]
pub struct Rollback {
    /// The number of the generation
    generation: Option<u64>,
    /// Bring the data of this dataset back too, and put away what is in it now; may be given several times
    #[arg(long, value_name = "DATASET", value_parser = DatasetName::new)]
    with_data: Vec<DatasetName>,
    #[command(flatten)]
    allow: Allow,
    #[command(flatten)]
    said: Said,
    #[command(flatten)]
    carry: Carry,
    #[command(flatten)]
    guests: Guests,
    /// Come back to the current generation unless `phoenix confirm` is heard within this time
    #[arg(long, value_name = "DURATION")]
    confirm_within: Option<Seconds>,
}

impl Rollback {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let site = Site::open(common, Access::Read)?;
        let current = site.store.current().map_err(|error| Failure::store("cannot go back", error))?;
        let number = match (self.generation, &current) {
            (Some(number), Some(_)) => number,
            (_, None) => {
                switching::refuse_open(&site.store, "cannot go back")?;
                return Err(Failure::new(Exit::Refused, "cannot go back")
                    .because("there is no generation yet")
                    .help("`phoenix switch` makes the first one"));
            }
            (None, Some(Generation { parent: Some(parent), .. })) => *parent,
            (None, Some(current)) => {
                let doing = format!("cannot go back from generation {}", current.number);
                switching::refuse_open(&site.store, &doing)?;
                return Err(Failure::new(Exit::Refused, doing)
                    .because("it is the first one, and has none before it")
                    .help("`phoenix rollback N` goes to any other; `phoenix generations` lists them"));
            }
        };
        let doing = format!("cannot go back to generation {number}");
        let journey = Journey {
            site: &site,
            carry: &self.carry,
            guests: self.guests,
            message: self.said.message.as_deref(),
            terminal,
            confirm_within: self.confirm_within,
            doing,
            reviewed: None,
        };
        let consent = Consent { with_data: self.with_data.iter().cloned().collect(), ..self.allow.consent() };
        journey.run("rollback", &Target::Generation(number), &consent)
    }
}
