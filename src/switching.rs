//! What `switch`, `rollback` and `recover` share: asking, stopping, progress, and what came of it.

use crate::{
    exit::Exit,
    failure::Failure,
    options::{Carry, Guests},
    reviewed::changed as changed_since,
    show::{self, count},
    site::Site,
    terminal::Terminal,
    typing::Typing,
    watcher,
};
use phoenix_graph::Seconds;
use phoenix_host::op::Op;
use phoenix_plan::{Action, Consent, Kind, Plan, Subject};
use phoenix_store::{Pending, Store};
use phoenix_transaction::{
    execute::{Event, Events},
    switch::{Restarted, Runtime, SwitchError, Switched, Target, Wait},
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::{
    cell::OnceCell,
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// A way to a target, and who watches it.
pub struct Journey<'a> {
    pub site: &'a Site,
    pub carry: &'a Carry,
    pub guests: Guests,
    pub message: Option<&'a str>,
    /// Who watches.
    pub terminal: &'a Terminal,
    /// How long the generation waits to be confirmed, if it is to be.
    pub confirm_within: Option<Seconds>,
    /// What to say where it fails: `cannot switch to …`.
    pub doing: String,
    /// The plan that was reviewed, where no other may be carried out.
    pub reviewed: Option<&'a Plan>,
}

impl Journey<'_> {
    /// Goes there, and says what came of it.
    pub fn run(&self, verb: &str, target: &Target, consent: &Consent) -> Result<Exit, Failure> {
        let stop = stop_flag(&self.doing)?;
        let progress = Progress::new(self.terminal);
        let keys = Typing { terminal: self.terminal, stop: &stop };
        let message = self.message.map(str::to_owned);
        let runtime =
            Runtime { keys: &keys, message, ..self.site.runtime(self.carry.jobs, &stop, &progress) };
        let mut approval = Approval::new(self.terminal, self.carry.yes, &stop, &progress);
        let started = OnceCell::new();
        let watcher = |pending: &Pending| {
            let watching = watcher::start(self.site, pending)?;
            // A switch starts one only.
            let _ = started.set((watching, pending.from));
            Ok(())
        };
        approval.reviewed = self.reviewed;
        // A plan that nobody can read is not carried out.
        let mut touched = BTreeSet::new();
        let mut approve = |plan: &Plan| {
            touched.extend(plan.actions.iter().flat_map(|action| &action.ops).filter_map(mount_point));
            approval.ask(plan) && self.terminal.unwritten().is_none()
        };
        let switched = match self.confirm_within {
            None => runtime.switch(verb, target, consent, &mut approve),
            Some(Seconds(seconds)) => {
                let wait = Wait { seconds, watcher: &watcher };
                runtime.switch_and_wait(verb, target, consent, &wait, &mut approve)
            }
        };
        let (unasked, changed) = (approval.unasked, std::mem::take(&mut approval.changed));
        if !changed.is_empty() {
            return Err(self.outdated(&changed));
        }
        match switched {
            Ok(Switched::Nothing { .. }) if self.reviewed.is_some_and(|plan| !plan.actions.is_empty()) => {
                Err(self.outdated(&["all of it: the host is so already".to_owned()]))
            }
            Err(SwitchError::Refused(plan)) if let Some(reviewed) = self.reviewed => {
                Err(self.outdated(&changed_since(reviewed, &plan)))
            }
            Ok(switched) => {
                self.terminal.print(format_args!("{}\n", self.terminal.paint().good(&came_to(&switched))));
                if let (Some((watching, from)), Some(seconds)) = (started.get(), self.confirm_within) {
                    self.terminal.print(format_args!(
                        "It stays once you run `phoenix confirm`. If that is not heard within {seconds}, {watching} goes back to generation {from}.\n"
                    ));
                }
                if self.guests.restart_guests {
                    self.restart(verb, &runtime, &touched)
                } else {
                    Ok(Exit::Done)
                }
            }
            Err(SwitchError::Declined) if unasked => Err(Failure::new(Exit::Refused, &self.doing)
                .because("there is no terminal to ask on, and nobody said yes; nothing was changed")
                .help("look at the plan above, then run it with `--yes`")),
            Err(error) => Err(failure(&self.doing, error, self.terminal)),
        }
    }

    /// Restarts the containers in which something waits, and says what came of it. What was switched to stays.
    fn restart(
        &self,
        verb: &str,
        runtime: &Runtime<'_>,
        touched: &BTreeSet<(u32, u16)>,
    ) -> Result<Exit, Failure> {
        let doing = "cannot restart the containers";
        let restarted = runtime.restart_guests(verb, touched);
        let restarted = restarted.map_err(|error| failure(doing, error, self.terminal))?;
        let mut exit = Exit::Done;
        for Restarted { container, result } in restarted {
            match result {
                Ok(()) => self.terminal.print(format_args!("Container {container} was restarted.\n")),
                Err(why) => {
                    exit = Exit::Differences;
                    self.terminal.print(format_args!(
                        "Container {container} was not restarted: {}\n",
                        show::line(&why.to_string())
                    ));
                }
            }
        }
        Ok(exit)
    }

    /// Tells that a reviewed plan is not the truth any more, and why.
    fn outdated(&self, changed: &[String]) -> Failure {
        self.terminal.print(format_args!("{}\n", self.terminal.paint().strong("Since the plan was made:")));
        for line in changed {
            self.terminal.print(format_args!("  {}\n", show::line(line)));
        }
        Failure::new(Exit::Refused, &self.doing)
            .because("another plan would result now; nothing was changed")
            .help("write it anew with `phoenix plan --out FILE`, and read it again")
    }
}

/// Returns the mount point that an operation writes or takes away, by the container and its number.
fn mount_point(op: &Op) -> Option<(u32, u16)> {
    match op {
        Op::MountPointSet { container, number, .. } | Op::MountPointRemove { container, number, .. } => {
            Some((*container, *number))
        }
        _ => None,
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
    /// The plan that was reviewed, where no other may be carried out.
    reviewed: Option<&'a Plan>,
    /// How the plan differs from that.
    changed: Vec<String>,
}

impl<'a> Approval<'a> {
    /// Begins to ask; `yes` is the answer to all.
    pub fn new(terminal: &'a Terminal, yes: bool, stop: &'a AtomicBool, progress: &'a Progress<'a>) -> Self {
        Self { terminal, yes, stop, progress, unasked: false, reviewed: None, changed: Vec::new() }
    }

    /// Shows a plan and asks. What changes nothing needs no answer.
    pub fn ask(&mut self, plan: &Plan) -> bool {
        if let Some(reviewed) = self.reviewed {
            self.changed = changed_since(reviewed, plan);
            if !self.changed.is_empty() {
                return false;
            }
        }
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
        // A warning is no progress: it is told also where nobody looks on.
        match &event {
            Event::Complained(error) => return self.terminal.warn(error.to_string(), None),
            Event::Waiting { error, seconds } => {
                let text = format!(
                    "waiting {seconds} s until the NFS server lets go of what clients have looked for there: {error}"
                );
                return self.terminal.warn(text, None);
            }
            Event::Underway(warning) => {
                return self.terminal.warn(format!("{}: {}", warning.key, warning.text), None);
            }
            _ => {}
        }
        if !self.terminal.is_interactive() {
            return;
        }
        let paint = self.terminal.paint_err();
        match event {
            Event::Snapshots(datasets) => {
                self.terminal.note(format_args!("  snapshots of {}\n", count(datasets, "dataset")));
            }
            Event::Begin(_) | Event::Complained(_) | Event::Waiting { .. } | Event::Underway(_) => {}
            Event::Done(action) => {
                let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
                let all = self.all.load(Ordering::Relaxed);
                let at = paint.faint(&format!("[{done}/{all}]"));
                self.terminal.note(format_args!("  {at} {}\n", show::line(&told(action))));
            }
            Event::Verifying => self.terminal.note("  looking whether everything holds\n"),
            Event::Undoing(reason) => {
                self.terminal.note(format_args!("  {} {}\n", paint.bad("undoing:"), show::line(&reason)));
            }
            Event::Destroyed { what, number, all } => {
                let at = paint.faint(&format!("[{number}/{all}]"));
                self.terminal.note(format_args!("  {at} {} destroyed\n", show::line(&what)));
            }
        }
    }
}

/// Returns whether an action only unmounts.
fn goes(action: &Action) -> bool {
    action.ops.iter().all(|op| matches!(op, Op::Unmount { .. }))
}

fn told(action: &Action) -> String {
    match action.subject {
        Subject::Files => return "files in /etc put in force".to_owned(),
        Subject::Mounts => {
            return if goes(action) { "file systems unmounted" } else { "file systems mounted" }.to_owned();
        }
        Subject::Units => return "units of systemd put in force".to_owned(),
        Subject::Key(ref dataset) => return format!("key of {dataset} loaded"),
        Subject::Resource(_) => {}
    }
    let done = match action.kind {
        Kind::Create => "created",
        Kind::Import => "imported",
        Kind::Update => "changed",
        Kind::Adopt => "adopted",
        Kind::Rename => "renamed",
        Kind::Restore => "brought home",
        Kind::Exchange => "gone back with its data",
        Kind::Retire => "retired",
        Kind::Remove => "removed",
        Kind::Release => "released",
    };
    format!("{} {done}", action.subject)
}

/// Refuses while somebody changes the host.
pub fn refuse_busy(store: &Store, doing: &str) -> Result<(), Failure> {
    match store.lock_holder() {
        Ok(None) => Ok(()),
        Ok(Some(holder)) => Err(Failure::new(Exit::Locked, doing)
            .because(format!("the host is being changed by {holder}"))
            .help("wait until it has ended, then try again")),
        Err(error) => Err(Failure::lock(doing, error)),
    }
}

/// Refuses while a switch runs, or an interrupted one is open: what is seen now is not what will be there.
pub fn refuse_open(store: &Store, doing: &str) -> Result<(), Failure> {
    refuse_busy(store, doing)?;
    match store.open_transaction() {
        Ok(None) => Ok(()),
        Ok(Some(open)) => Err(interrupted(doing, open.number)),
        Err(error) => Err(Failure::store(doing, error)),
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
        kept => format!("; but this was kept: {}", kept.join("; ")),
    };
    let except = |left: &[String]| match left {
        [] => String::new(),
        left => format!(", but for this: {}", left.join("; ")),
    };
    match error {
        SwitchError::Refused(plan) => {
            terminal.print(show::plan::plan(&plan, terminal.paint()));
            Failure::new(Exit::Refused, doing)
                .because("the plan is refused; nothing was changed")
                .help("each refusal above says the way out")
        }
        SwitchError::Declined if let Some(why) = terminal.unwritten() => Failure::new(Exit::Failed, doing)
            .because(format!("what it would do cannot be written to standard output: {why}; nothing was changed")),
        SwitchError::Declined => {
            Failure::new(Exit::Refused, doing).because("it was not confirmed; nothing was changed")
        }
        SwitchError::Failed { reason, kept: left } => Failure::new(Exit::Failed, doing)
            .because(reason)
            .help(format!("the host is as it was before{}", except(&left))),
        SwitchError::Degraded { reason, failed, kept: left } => {
            let text = format!("{reason}; and undoing it failed: {}{}", failed.join("; "), kept(&left));
            Failure::new(Exit::Interrupted, doing)
                .because(text)
                .help("put right what keeps it from being undone, then run `phoenix recover`")
        }
        SwitchError::NoKey { .. } => Failure::new(Exit::Refused, doing)
            .because(format!("{error}; nothing was changed"))
            .help("run it again, and type the key"),
        SwitchError::Open { number } => interrupted(doing, number),
        SwitchError::Unconfirmed { .. } => Failure::new(Exit::Refused, doing)
            .because(error)
            .help("`phoenix confirm` keeps it, `phoenix rollback` goes back at once"),
        SwitchError::NotConfirmable { help, .. } => {
            Failure::new(Exit::Refused, doing).because(error).help(help)
        }
        SwitchError::OtherHost { known, asked } => Failure::new(Exit::Refused, doing)
            .because(format!(
                "it is for the host {asked}, and this state folder is of the host {known}; nothing was changed"
            ))
            .help(format!(
                "name a spec of {known}, with `--host {known}` where it has several; where {known} is called {asked} \
                 from now on, say so: `--rename-host {known}`"
            )),
        SwitchError::NoTarget { .. } | SwitchError::NoParent => Failure::new(Exit::Refused, doing)
            .because(error)
            .help("`phoenix generations` lists them, with what came of each"),
        SwitchError::Illegal(_) => Failure::new(Exit::Refused, doing)
            .because(error)
            .help("build the spec anew with this version of phoenix, and change what it refuses"),
        SwitchError::Unrecorded { .. } => Failure::new(Exit::Interrupted, doing)
            .because(error)
            .help("see that the state folder can be written, then run `phoenix recover`"),
        SwitchError::PoolNotThere { pool } => {
            let help = format!("import it with `zpool import {pool}`, then run `phoenix recover` again");
            Failure::new(Exit::Interrupted, doing)
                .because(format!("the pool {pool} is not imported, and the interrupted switch touched it"))
                .help(help)
        }
        SwitchError::Lock(error) => Failure::lock(doing, error),
        SwitchError::Store(error) => Failure::store(doing, error),
        SwitchError::Host(error) => Failure::host(doing, error),
    }
}

/// Says nothing.
pub struct Silent;

impl Events for Silent {
    fn event(&self, _: Event<'_>) {}
}
