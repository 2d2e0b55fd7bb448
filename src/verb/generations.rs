//! `phoenix generations`

use crate::{
    exit::Exit,
    failure::Failure,
    options::Common,
    show::{Paint, date},
    site::{Access, store},
    terminal::Terminal,
    view::GenerationView,
};
use clap::Args;
use phoenix_runtime::store::{Generation, Outcome, Pin};
use std::{collections::BTreeMap, fmt::Write};

/// List what was switched to, and what came of it
///
/// The current generation is marked with a star. Each names its parent, the one that was current when
/// it was made: that is where `phoenix rollback` goes. What is pinned stays until it is unpinned.
#[derive(Debug, Args)]
pub struct Generations {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Generations {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let store = store(common, Access::Read)?;
        let failed = |error| Failure::store("cannot list the generations", &error);
        let all = store.generations().map_err(failed)?;
        let current = store.current_number().map_err(failed)?;
        let pins = store.pins().map_err(failed)?;
        if self.json {
            let view = |one: &Generation| GenerationView::new(one, current, pins.get(&one.number));
            let views: Vec<_> = all.iter().map(view).collect();
            terminal.json(&views);
        } else if all.is_empty() {
            terminal.print("There is no generation yet. `phoenix switch` makes the first one.\n");
        } else {
            terminal.print(table(&all, current, &pins, terminal.paint()));
        }
        Ok(Exit::Done)
    }
}

fn table(all: &[Generation], current: Option<u64>, pins: &BTreeMap<u64, Pin>, paint: Paint) -> String {
    let width =
        |of: fn(&Generation) -> &str| all.iter().map(|one| of(one).chars().count()).max().unwrap_or(0);
    let (who, verb) = (width(|one| &one.who), width(|one| &one.verb));
    let mut text = String::new();
    for one in all {
        let mark = if current == Some(one.number) { "*" } else { " " };
        let parent = one.parent.map_or_else(|| "-".to_owned(), |parent| parent.to_string());
        let line = format!(
            "{mark} {:>3}  from {parent:>3}  {}  {}  {:who$}  {:verb$}  ",
            one.number,
            one.system.short(),
            date::utc(one.time),
            one.who,
            one.verb,
        );
        let line = if current == Some(one.number) { paint.strong(&line) } else { line };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{line}{}{}", outcome(&one.outcome, paint), pinned(pins.get(&one.number)));
    }
    text
}

fn pinned(pin: Option<&Pin>) -> String {
    match pin {
        None => String::new(),
        Some(Pin { note: None, .. }) => ", pinned".to_owned(),
        Some(Pin { note: Some(note), .. }) => format!(", pinned: {note}"),
    }
}

fn outcome(outcome: &Outcome, paint: Paint) -> String {
    let first_line = |reason: &str| reason.lines().next().unwrap_or_default().to_owned();
    match outcome {
        Outcome::Open => paint.bad("interrupted: run `phoenix recover`"),
        Outcome::Committed => paint.good("committed"),
        Outcome::WentTo { generation } => format!("went to {generation}"),
        Outcome::Failed { reason } => format!("{} {}", paint.bad("failed and undone:"), first_line(reason)),
        Outcome::Degraded { reason } => format!("{} {}", paint.bad("half undone:"), first_line(reason)),
    }
}
