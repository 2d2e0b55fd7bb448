//! `phoenix status`

use crate::{
    exit::Exit,
    failure::Failure,
    options::Common,
    show::{self, date, generations::Now},
    site::{Access, Site, named_is_there},
    switching::{self, Silent},
    terminal::Terminal,
    view::{GenerationView, StatusView},
};
use clap::Args;
use phoenix_store::Generation;
use std::sync::atomic::AtomicBool;

/// Tell whether the host still is what the current generation says
///
/// Tells apart what is missing, what differs, and what is there and not phoenix's: datasets and volumes in
/// the spec's pools, exports and registrations, which are left as they are. Exits with 2 where something
/// is missing or differs: `phoenix switch` to the same spec puts that right, and nothing else; and where
/// something cannot be seen now, such as registrations while Proxmox is down; and where snapshots that are
/// taken by the clock are overdue. Exits with
/// 6 where an interrupted switch has to be recovered, and says what it had begun.
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
        named_is_there(common)?;
        let site = Site::open(common, Access::Read)?;
        let failed = |error| Failure::store(doing, error);
        switching::refuse_busy(&site.store, doing)?;
        let current = site.store.current().map_err(failed)?;
        let open = site.store.open_transaction().map_err(failed)?;
        let pins = site.store.pins().map_err(failed)?;
        let pending = site.store.pending().map_err(failed)?;
        let mut view = StatusView {
            generation: current.as_ref().map(|one| {
                GenerationView::new(
                    one,
                    Now { current: Some(one.number), ..Now::default() },
                    pins.get(&one.number),
                )
            }),
            interrupted: open.as_ref().map(|open| open.number),
            unconfirmed: pending.as_ref().map(|pending| pending.to),
            begun: open.as_ref().map(show::standing::begun).unwrap_or_default(),
            drift: None,
            missing: Vec::new(),
            differs: Vec::new(),
            unknown: Vec::new(),
            foreign: Vec::new(),
            overdue: Vec::new(),
        };
        if let Some(open) = open {
            if self.json {
                terminal.json(&view);
            } else {
                terminal.print(named(current.as_ref()));
                terminal.print(show::standing::interrupted(&open));
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
        let standing = site
            .runtime(1, &stop, &Silent)
            .standing()
            .map_err(|error| switching::failure(doing, error, terminal))?;
        let whole = standing.drift.is_empty() && standing.unknown.is_empty() && standing.overdue.is_empty();
        if self.json {
            view.add(&standing);
            terminal.json(&view);
        } else {
            terminal.print(named(Some(&current)));
            if let Some(pending) = pending {
                terminal.print(format_args!(
                    "It waits for `phoenix confirm`; without that, generation {} comes back.\n",
                    pending.from
                ));
            }
            terminal.print(show::standing::standing(&standing, terminal.paint()));
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
            show::line(&one.who),
            date::utc(one.time)
        ),
    }
}
