//! `phoenix confirm`

use crate::{
    exit::Exit,
    failure::Failure,
    options::Common,
    outside,
    site::{Access, Site},
    switching::{self, Progress, Silent},
    terminal::Terminal,
};
use clap::Args;
use phoenix_store::TransactionId;
use phoenix_transaction::switch::{Recovered, Runtime, SwitchError, Watched};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

/// Keep a generation that waits to be confirmed
///
/// `phoenix switch --confirm-within 60s` goes back by itself unless this is heard in time: so a switch
/// that cuts you off from the host does not last.
#[derive(Debug, Args)]
pub struct Confirm {
    /// Wait for the confirmation of this transaction, and go back where it does not come
    #[arg(long, value_name = "TRANSACTION", hide = true)]
    watch: Option<String>,
}

/// How often the one that watches looks.
const SLICE: Duration = Duration::from_millis(200);
/// How often going back is tried where it fails, and how long between.
const TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_secs(10);

impl Confirm {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        if let Some(id) = &self.watch {
            return watch(id, common, terminal);
        }
        let doing = "cannot confirm";
        let site = Site::open(common, Access::Change)?;
        let stop = AtomicBool::new(false);
        let confirmed = site
            .runtime(1, &stop, &Silent)
            .confirm()
            .map_err(|error| switching::failure(doing, error, terminal))?;
        let Some(generation) = confirmed else {
            return Err(Failure::new(Exit::Refused, doing)
                .because("no generation waits to be confirmed: it was confirmed already, or gone back from")
                .help("`phoenix generations` shows which one is current"));
        };
        terminal.print(format_args!("Generation {generation} is confirmed and stays.\n"));
        Ok(Exit::Done)
    }
}

/// Watches a switch from outside its terminal until it is confirmed or undone, or goes back.
fn watch(id: &str, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
    let doing = "cannot wait for the confirmation";
    let failed = |error| switching::failure(doing, error, terminal);
    let Some(id) = TransactionId::parse(id) else {
        return Err(Failure::new(Exit::Usage, doing).because(format!("{id:?} is no transaction's id")));
    };
    // Leads a session already where systemd started it.
    let _ = rustix::process::setsid();
    let stop = switching::stop_flag(doing)?;
    let progress = Progress::new(terminal);
    let site = Site::open(common, Access::Change)?;
    let Some(pending) = site.store.pending().map_err(|error| failed(error.into()))? else {
        return Ok(Exit::Done);
    };
    let _watch = site.store.watch(&id).map_err(|error| failed(error.into()))?;
    terminal.print(format_args!(
        "waiting for `phoenix confirm` of generation {} for {} s\n",
        pending.to, pending.seconds
    ));
    // The clock of the machine may jump; this one does not.
    let mut since = None;
    let mut failures = 0;
    loop {
        if stop.load(Ordering::Relaxed) {
            terminal.print("stopped: at the next start of the machine, `phoenix recover` goes back\n");
            return Ok(Exit::Failed);
        }
        let look = site.runtime(1, &stop, &Silent).watched(&id).map_err(failed)?;
        let due = match look {
            Watched::Over => {
                terminal.print("over: it was confirmed, or is undone\n");
                return Ok(Exit::Done);
            }
            Watched::UnderWay => false,
            Watched::CutOff => true,
            Watched::Waiting => {
                let begun = *since.get_or_insert_with(outside::instant);
                outside::instant().saturating_duration_since(begun) >= Duration::from_secs(pending.seconds)
            }
        };
        if due {
            // Opened anew: the simulator reads its host when it is opened.
            let site = Site::open(common, Access::Change)?;
            match give_up(&site.runtime(16, &stop, &progress), &id) {
                Ok(text) => {
                    terminal.print(text);
                    return Ok(Exit::Done);
                }
                Err(SwitchError::Lock(_)) => {}
                Err(error) if failures < TRIES => {
                    failures += 1;
                    terminal.report(&switching::failure("cannot go back yet", error, terminal).shown());
                    thread::sleep(PAUSE);
                }
                Err(error) => return Err(failed(error)),
            }
        }
        thread::sleep(SLICE);
    }
}

fn give_up(runtime: &Runtime<'_>, id: &TransactionId) -> Result<String, SwitchError> {
    let kept = match runtime.give_up(id)? {
        None | Some(Recovered::Finished { .. }) => return Ok("it does not wait any more\n".to_owned()),
        Some(Recovered::Undone { kept, .. }) => {
            kept.iter().map(|kept| format!("{kept}\n")).collect::<String>()
        }
    };
    Ok(kept
        + &match runtime.store.current_number()? {
            Some(number) => format!("nobody confirmed: generation {number} is current again\n"),
            None => "nobody confirmed: there is no generation\n".to_owned(),
        })
}
