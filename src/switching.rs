//! What `switch`, `rollback` and `recover` share: asking, stopping, progress, and what came of it.

use crate::{
    exit::Exit, failure::Failure, options::Carry, show, show::count, site::Site, terminal::Terminal,
};
use phoenix_runtime::{
    execute::{Event, Events},
    plan::{Action, Consent, Kind, Plan, Subject},
    store::Store,
    switch::{SwitchError, Switched, Target},
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

/// A way to a target, and who watches it.
pub struct Journey<'a> {
    /// Where.
    pub site: &'a Site,
    /// How.
    pub carry: &'a Carry,
    /// Who watches.
    pub terminal: &'a Terminal,
    /// What to say where it fails: `cannot switch to …`.
    pub doing: String,
}

impl Journey<'_> {
    /// Goes there, and says what came of it.
    pub fn run(&self, verb: &str, target: &Target, consent: &Consent) -> Result<Exit, Failure> {
        let stop = stop_flag(&self.doing)?;
        let progress = Progress::new(self.terminal);
        let runtime = self.site.runtime(self.carry.jobs, &stop, &progress);
        let mut approval = Approval::new(self.terminal, self.carry.yes, &stop, &progress);
        let switched = runtime.switch(verb, target, consent, &mut |plan| approval.ask(plan));
        let unasked = approval.unasked;
        match switched {
            Ok(switched) => {
                self.terminal.print(format_args!("{}\n", self.terminal.paint().good(&came_to(&switched))));
                Ok(Exit::Done)
            }
            Err(SwitchError::Declined) if unasked => Err(Failure::new(Exit::Refused, &self.doing)
                .because("there is no terminal to ask on, and nobody said yes; nothing was changed")
                .help("look at the plan above, then run it with `--yes`")),
            Err(error) => Err(failure(&self.doing, error, self.terminal)),
        }
    }
}

/// Says what came of a switch.
fn came_to(switched: &Switched) -> String {
    match switched {
        Switched::Nothing { generation } => {
            format!("Nothing to do: the host is as generation {generation} says.")
        }
        Switched::To { generation, actions: 0 } => {
            format!("Generation {generation} is current. Nothing had to change on the host.")
        }
        Switched::To { generation, .. } => format!("Generation {generation} is current."),
        Switched::Repaired { generation, .. } => {
            format!("The host is again as generation {generation} says.")
        }
    }
}

/// Returns a flag that Ctrl-C and `kill` set. Losing the terminal stops nothing.
///
/// # Errors
/// Where the system does not let signals be caught.
pub fn stop_flag(doing: &str) -> Result<Arc<AtomicBool>, Failure> {
    let failed = |error: std::io::Error| Failure::new(Exit::Failed, doing).because(error);
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, stop.clone()).map_err(failed)?;
    }
    signal_hook::flag::register(SIGHUP, Arc::new(AtomicBool::new(false))).map_err(failed)?;
    Ok(stop)
}

/// Shows plans and asks whether they are to be carried out.
pub struct Approval<'a> {
    terminal: &'a Terminal,
    yes: bool,
    stop: &'a AtomicBool,
    progress: &'a Progress<'a>,
    /// Whether there was nobody to ask.
    pub unasked: bool,
}

impl<'a> Approval<'a> {
    /// Begins to ask; `yes` is the answer to all.
    pub fn new(terminal: &'a Terminal, yes: bool, stop: &'a AtomicBool, progress: &'a Progress<'a>) -> Self {
        Self { terminal, yes, stop, progress, unasked: false }
    }

    /// Shows a plan and asks. What changes nothing needs no answer.
    pub fn ask(&mut self, plan: &Plan) -> bool {
        self.terminal.print(show::plan::plan(plan, self.terminal.paint()));
        let answer = match () {
            () if plan.actions.is_empty() || self.yes => Some(true),
            () => self.terminal.confirm("Do it?", self.stop),
        };
        self.unasked = answer.is_none();
        self.progress.begin(plan);
        answer.unwrap_or(false)
    }
}

/// Tells a person who looks on what is done; nobody else.
pub struct Progress<'a> {
    terminal: &'a Terminal,
    done: AtomicUsize,
    all: AtomicUsize,
}

impl<'a> Progress<'a> {
    /// Begins to tell.
    pub fn new(terminal: &'a Terminal) -> Self {
        Self { terminal, done: AtomicUsize::new(0), all: AtomicUsize::new(0) }
    }

    fn begin(&self, plan: &Plan) {
        self.done.store(0, Ordering::Relaxed);
        let all = plan.actions.iter().filter(|action| !action.ops.is_empty()).count();
        self.all.store(all, Ordering::Relaxed);
    }
}

impl Events for Progress<'_> {
    fn event(&self, event: Event<'_>) {
        if let Event::Complained(error) = event {
            // A warning is no progress: it is told also where nobody looks on.
            self.terminal.warn(error.to_string(), None);
            return;
        }
        if !self.terminal.is_interactive() {
            return;
        }
        let paint = self.terminal.paint_err();
        match event {
            Event::Snapshots(datasets) => {
                self.terminal.note(format_args!("  snapshots of {}\n", count(datasets, "dataset")));
            }
            Event::Begin(_) | Event::Complained(_) => {}
            Event::Done(action) => {
                let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
                let all = self.all.load(Ordering::Relaxed);
                let at = paint.faint(&format!("[{done}/{all}]"));
                self.terminal.note(format_args!("  {at} {}\n", told(action)));
            }
            Event::Verifying => self.terminal.note("  looking whether everything holds\n"),
            Event::Undoing(reason) => {
                self.terminal.note(format_args!("  {} {reason}\n", paint.bad("undoing:")));
            }
        }
    }
}

fn told(action: &Action) -> String {
    match action.subject {
        Subject::Files => return "files in /etc put in force".to_owned(),
        Subject::Mounts => return "new file systems mounted".to_owned(),
        Subject::Resource(_) => {}
    }
    let done = match action.kind {
        Kind::Create => "created",
        Kind::Import => "imported",
        Kind::Update => "changed",
        Kind::Adopt => "adopted",
        Kind::Restore => "brought home",
        Kind::Retire => "retired",
        Kind::Remove => "removed",
        Kind::Release => "released",
    };
    format!("{} {done}", action.subject)
}

/// Refuses while an interrupted switch is open: what is seen now is not what will be there.
pub fn refuse_open(store: &Store, doing: &str) -> Result<(), Failure> {
    match store.open_transaction() {
        Ok(None) => Ok(()),
        Ok(Some(open)) => Err(interrupted(doing, open.number)),
        Err(error) => Err(Failure::store(doing, &error)),
    }
}

/// Tells that an interrupted switch has to be recovered first.
pub fn interrupted(doing: &str, number: u64) -> Failure {
    Failure::new(Exit::Interrupted, doing)
        .because(format!("the switch to generation {number} was interrupted, and the host may be in between"))
        .help("`phoenix recover` undoes it; `phoenix recover --resume` brings it to its end")
}

/// Turns an error of the runtime into a failure; a refused plan is shown first.
pub fn failure(doing: &str, error: SwitchError, terminal: &Terminal) -> Failure {
    let kept = |kept: &[String]| match kept {
        [] => String::new(),
        kept => format!("; kept, because it holds something: {}", kept.join(", ")),
    };
    match error {
        SwitchError::Refused(plan) => {
            terminal.print(show::plan::plan(&plan, terminal.paint()));
            Failure::new(Exit::Refused, doing)
                .because("the plan is refused; nothing was changed")
                .help("each refusal above says the way out")
        }
        SwitchError::Declined => {
            Failure::new(Exit::Refused, doing).because("it was not confirmed; nothing was changed")
        }
        SwitchError::Failed { reason, kept: left } => Failure::new(Exit::Failed, doing)
            .because(reason)
            .help(format!("the host is as it was before{}", kept(&left))),
        SwitchError::Degraded { reason, failed, kept: left } => {
            let text = format!("{reason}; and undoing it failed: {}{}", failed.join("; "), kept(&left));
            Failure::new(Exit::Interrupted, doing)
                .because(text)
                .help("put right what keeps it from being undone, then run `phoenix recover`")
        }
        SwitchError::Open { number } => interrupted(doing, number),
        SwitchError::NoTarget { .. } | SwitchError::NoParent => Failure::new(Exit::Refused, doing)
            .because(error)
            .help("`phoenix generations` lists them, with what came of each"),
        SwitchError::Unrecorded(_) => Failure::new(Exit::Interrupted, doing)
            .because(error.to_string())
            .help("see that the state folder can be written, then run `phoenix recover`"),
        SwitchError::PoolNotThere { pool } => {
            let help = format!("import it with `zpool import {pool}`, then run `phoenix recover` again");
            Failure::new(Exit::Interrupted, doing)
                .because(format!("the pool {pool} is not imported, and the interrupted switch touched it"))
                .help(help)
        }
        SwitchError::Lock(error) => Failure::lock(doing, &error),
        SwitchError::Store(error) => Failure::store(doing, &error),
        SwitchError::Host(error) => Failure::host(doing, &error),
        SwitchError::PowerLost => {
            Failure::new(Exit::Interrupted, doing).because(error).help("run `phoenix recover`")
        }
    }
}

/// Says nothing.
pub struct Silent;

impl Events for Silent {
    fn event(&self, _: Event<'_>) {}
}
