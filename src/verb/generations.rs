//! `phoenix generations`

use crate::{
    exit::Exit,
    failure::Failure,
    options::Common,
    show::generations::{self, Now},
    site::{Access, named_is_there, store},
    terminal::Terminal,
    view::GenerationView,
};
use clap::Args;
use phoenix_store::Generation;

/// List what was switched to, and what came of it
///
/// The current generation is marked with a star. Each names its parent, the one that was current when
/// it was made: that is where `phoenix rollback` goes. Below stand what somebody said of it
/// (`phoenix switch -m`), and why it failed. What is pinned stays until it is unpinned.
#[derive(Debug, Args)]
pub struct Generations {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Generations {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let doing = "cannot list the generations";
        named_is_there(common)?;
        let store = store(common, Access::Read)?;
        let failed = |error| Failure::store(doing, error);
        // Who has the lock is looked at first: what is open then and ends meanwhile has ended.
        let busy = store.lock_holder().map_err(|error| Failure::lock(doing, error))?.is_some();
        let all = store.generations().map_err(failed)?;
        let current = store.current_number().map_err(failed)?;
        let open = match store.open_transaction() {
            Ok(open) => open.map(|open| open.number),
            // While it is being written it may not be whole yet.
            Err(_) if busy => None,
            Err(error) => return Err(failed(error)),
        };
        let pins = store.pins().map_err(failed)?;
        let now = Now { current, open, busy };
        if self.json {
            let view = |one: &Generation| GenerationView::new(one, now, pins.get(&one.number));
            let views: Vec<_> = all.iter().map(view).collect();
            terminal.json(&views);
        } else if all.is_empty() {
            terminal.print("There is no generation yet. `phoenix switch` makes the first one.\n");
        } else {
            terminal.print(generations::table(&all, now, &pins, terminal.paint()));
        }
        Ok(Exit::Done)
    }
}
