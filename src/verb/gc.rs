//! `phoenix gc`

use crate::{
    exit::Exit,
    failure::Failure,
    options::Common,
    outside, show,
    site::{Access, Site},
    switching::{self, Progress, Silent},
    terminal::Terminal,
    view::GcView,
};
use clap::Args;
use phoenix_graph::Seconds;
use phoenix_transaction::{
    gc::{Collected, GcPlan, Policy},
    switch::SwitchError,
};
use std::sync::atomic::AtomicBool;

/// Destroy what no kept generation needs
///
/// Kept are the current generation and the one before it, those that are pinned (`phoenix pin`), the
/// newest ones that were committed, and with --keep-since those that are new enough. Retired datasets
/// that none of them names are destroyed with all that is in them, and so are the snapshots
/// `@phoenix-N` that hold the state of none of them, their records and journals, and objects of the
/// store. Everything is shown with its size before, and asked for.
///
/// What somebody else uses, holds or cloned is left, and named; the rest goes, and the exit code is 4,
/// also where there is no rest: somebody has to decide. For a timer to take that as success, its unit of
/// systemd says SuccessExitStatus=4. What is kept for a generation does not count, nor what may not be
/// this state folder's. It is 1 where something failed: what was destroyed before stays so, and the next
/// run goes on. What --dry-run shows exits with 0.
#[derive(Debug, Args)]
pub struct Gc {
    /// Keep so many of the newest generations that were committed
    #[arg(long, value_name = "N", default_value_t = 10)]
    keep: usize,
    /// Keep those that are no older than this, too: 12h, 30d or 2w
    #[arg(long, value_name = "DURATION")]
    keep_since: Option<Seconds>,
    /// Show what would go, and destroy nothing
    #[arg(long)]
    dry_run: bool,
    /// Go on without asking
    #[arg(long, short)]
    yes: bool,
    /// Print JSON; with --yes or --dry-run
    #[arg(long)]
    json: bool,
}

const DOING: &str = "cannot collect";

impl Gc {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let policy = Policy { keep: self.keep, since: self.keep_since.map(|age| age.0) };
        if self.dry_run {
            return self.look(common, &policy, terminal);
        }
        if self.json && !self.yes {
            return Err(Failure::new(Exit::Refused, DOING)
                .because("with `--json` nobody is asked; nothing was destroyed")
                .help("look at it with `--dry-run` first, then run it with `--yes`"));
        }
        let site = Site::open(common, Access::Change)?;
        let stop = switching::stop_flag(DOING)?;
        let progress = Progress::new(terminal);
        let runtime = site.runtime(1, &stop, &progress);
        let mut unasked = false;
        let collected = runtime.gc(&policy, &mut |plan| {
            if self.yes {
                self.show(plan, terminal);
                return terminal.unwritten().is_none();
            }
            self.show(plan, terminal);
            let answer = terminal.confirm("Destroy it for good?", &stop);
            unasked = answer.is_none();
            answer.unwrap_or(false)
        });
        let (plan, collected) = match collected {
            Ok(collected) => collected,
            Err(SwitchError::Declined) if unasked => {
                return Err(Failure::new(Exit::Refused, DOING)
                    .because("there is no terminal to ask on, and nobody said yes; nothing was destroyed")
                    .help("look at what is listed above, then run it with `--yes`"));
            }
            Err(error) => return Err(switching::failure(DOING, error, terminal)),
        };
        self.tell(&plan, &collected, terminal);
        Ok(exit(&plan, &collected))
    }

    /// Shows what would go.
    fn look(&self, common: &Common, policy: &Policy, terminal: &Terminal) -> Result<Exit, Failure> {
        let site = Site::open(common, Access::Read)?;
        switching::refuse_busy(&site.store, DOING)?;
        let stop = AtomicBool::new(false);
        let runtime = site.runtime(1, &stop, &Silent);
        let plan = runtime.gc_plan(policy).map_err(|error| switching::failure(DOING, error, terminal))?;
        if self.json {
            terminal.json(&GcView::new(&plan, None));
        } else {
            self.show(&plan, terminal);
        }
        Ok(Exit::Done)
    }

    fn show(&self, plan: &GcPlan, terminal: &Terminal) {
        if !self.json {
            terminal.print(show::gc::plan(plan, outside::now(), terminal.paint()));
        }
    }

    fn tell(&self, plan: &GcPlan, collected: &Collected, terminal: &Terminal) {
        if self.json {
            terminal.json(&GcView::new(plan, Some(collected)));
            return;
        }
        if plan.is_empty() {
            self.show(plan, terminal);
            return;
        }
        terminal.print(show::gc::collected(plan, collected, terminal.paint()));
    }
}

fn exit(plan: &GcPlan, collected: &Collected) -> Exit {
    if collected.stopped || !collected.failed.is_empty() {
        Exit::Failed
    } else if plan.obstacles.is_empty() {
        Exit::Done
    } else {
        Exit::Refused
    }
}
