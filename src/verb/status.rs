//! `phoenix status`

use crate::{
    exit::Exit,
    failure::Failure,
    options::Common,
    show::{self, date},
    site::{Access, Site},
    switching::{self, Silent},
    terminal::Terminal,
    view::{GenerationView, PlanView, StatusView},
};
use clap::Args;
use phoenix_runtime::store::Generation;
use std::sync::atomic::AtomicBool;

/// Tell whether the host still is what the current generation says
///
/// Exits with 2 where it is not, and names each difference: `phoenix switch` to the same spec puts
/// right what differs, and nothing else. Exits with 6 where an interrupted switch has to be recovered.
#[derive(Debug, Args)]
pub struct Status {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Status {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let doing = "cannot tell the status";
        let site = Site::open(common, Access::Read)?;
        let failed = |error| Failure::store(doing, &error);
        let busy = site.store.lock_holder().map_err(|error| Failure::lock(doing, &error))?;
        if let Some(holder) = busy {
            return Err(Failure::new(Exit::Locked, doing)
                .because(format!("the host is being changed by {holder}"))
                .help("wait until it has ended, then try again"));
        }
        let current = site.store.current().map_err(failed)?;
        let open = site.store.open_transaction().map_err(failed)?;
        let mut view = StatusView {
            generation: current.as_ref().map(|one| GenerationView::new(one, Some(one.number))),
            interrupted: open.as_ref().map(|open| open.number),
            drift: None,
        };
        if let Some(open) = open {
            if self.json {
                terminal.json(&view);
            } else {
                terminal.print(named(current.as_ref()));
            }
            return Err(switching::interrupted("the host is not whole", open.number));
        }
        let Some(current) = current else {
            if self.json {
                terminal.json(&view);
            } else {
                terminal.print(named(None));
            }
            return Ok(Exit::Done);
        };

        let stop = AtomicBool::new(false);
        let drift = site
            .runtime(1, &stop, &Silent)
            .drift()
            .map_err(|error| switching::failure(doing, error, terminal))?;
        let whole = drift.is_empty();
        if self.json {
            view.drift = Some(PlanView::new(&drift));
            terminal.json(&view);
        } else {
            terminal.print(named(Some(&current)));
            terminal.print(show::plan::drift(&drift, terminal.paint()));
        }
        Ok(if whole { Exit::Done } else { Exit::Differences })
    }
}

fn named(current: Option<&Generation>) -> String {
    match current {
        None => "There is no generation yet. `phoenix switch` makes the first one.\n".to_owned(),
        Some(one) => format!(
            "Generation {} (system {}), by {} on {}\n",
            one.number,
            one.system.short(),
            one.who,
            date::utc(one.time)
        ),
    }
}
