//! The driver's end of the channel to the agent: commands under way, and what they said.

use std::collections::HashMap;
use std::fmt;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::wire::{Ended, Frame, LARGEST, Says};
use crate::{Error, Output, Result};

/// A command under way in the machine.
#[derive(Debug, Clone)]
pub struct Running {
    link: Arc<Link>,
    number: u32,
    command: String,
}

/// The channel to one boot of the machine.
pub(crate) struct Link {
    state: Mutex<State>,
    news: Condvar,
    down: Mutex<Box<dyn Write + Send>>,
    console: PathBuf,
}

#[derive(Default)]
struct State {
    ready: bool,
    off: bool,
    last: u32,
    outputs: HashMap<u32, Output>,
}

impl Link {
    /// Listens on the channel until it closes.
    pub(crate) fn open(
        mut up: impl Read + Send + 'static,
        down: impl Write + Send + 'static,
        console: PathBuf,
    ) -> Arc<Link> {
        let link = Arc::new(Link {
            state: Mutex::default(),
            news: Condvar::new(),
            down: Mutex::new(Box::new(down)),
            console,
        });
        let listening = Arc::clone(&link);
        thread::spawn(move || {
            // The end of the stream and an error are one thing here: the machine is off.
            while let Ok(Some(frame)) = Frame::read(&mut up) {
                listening.hear(frame);
            }
            listening.state().off = true;
            listening.news.notify_all();
        });
        link
    }

    /// Waits until the agent says it is there; `false` where the machine went off or time is up.
    pub(crate) fn wait_ready(&self, limit: Duration) -> bool {
        self.wait(limit, |s| s.ready || s.off) && self.state().ready
    }

    /// Waits until the machine is off.
    pub(crate) fn wait_off(&self, limit: Duration) -> bool {
        self.wait(limit, |s| s.off)
    }

    /// Starts a command, gives it its input, and returns at once.
    pub(crate) fn start(self: &Arc<Link>, argv: &[String], input: &[u8]) -> Result<Running> {
        let number = {
            let mut state = self.state();
            state.last += 1;
            let number = state.last;
            state.outputs.insert(number, Output::default());
            number
        };
        let running = Running { link: Arc::clone(self), number, command: shown(argv) };
        running.say(Says::Start(argv.to_vec()))?;
        for piece in input.chunks(LARGEST) {
            running.say(Says::Input(piece.to_vec()))?;
        }
        running.say(Says::InputEnd)?;
        Ok(running)
    }

    fn hear(&self, frame: Frame) {
        let mut state = self.state();
        if frame.says == Says::Ready {
            state.ready = true;
        } else if let Some(output) = state.outputs.get_mut(&frame.command) {
            match frame.says {
                Says::Stdout(bytes) => output.stdout.extend(bytes),
                Says::Stderr(bytes) => output.stderr.extend(bytes),
                Says::Ended(Ended::Code(code)) => output.status = Some(code),
                Says::Ended(Ended::Signal(signal)) => output.status = Some(128 + signal),
                Says::Ended(Ended::NotStarted(why)) => {
                    output.stderr.extend(why.into_bytes());
                    output.status = Some(127);
                }
                _ => eprintln!("lab: the agent said what only the driver says"),
            }
        }
        drop(state);
        self.news.notify_all();
    }

    /// Waits for something to hold; `false` where time is up.
    fn wait(&self, limit: Duration, holds: impl Fn(&State) -> bool) -> bool {
        let until = Instant::now() + limit;
        let mut state = self.state();
        while !holds(&state) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let woken = self.news.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("console", &self.console).finish_non_exhaustive()
    }
}

impl Running {
    /// Waits for the command to end. Past the limit it is killed, and that is an error that shows
    /// what it said; where the machine goes off meanwhile, that is one too.
    pub fn wait(&self, limit: Duration) -> Result<Output> {
        if !self.until(limit, |o| o.status.is_some())? {
            let late = self.late("did not end", limit);
            self.say(Says::Kill)?;
            return Err(late);
        }
        Ok(self.so_far())
    }

    /// Waits until its standard output or error holds the marker. That it ended without is an
    /// error, and so is the limit; it goes on running.
    pub fn wait_for(&self, marker: &str, limit: Duration) -> Result<()> {
        let has = |o: &Output| o.out().contains(marker) || o.err().contains(marker);
        let heard = self.until(limit, |o| has(o) || o.status.is_some())?;
        if heard && has(&self.so_far()) {
            return Ok(());
        }
        Err(self.late(&format!("did not say {marker:?}"), limit))
    }

    /// Kills it, with its process group.
    pub fn kill(&self) -> Result<()> {
        self.say(Says::Kill)
    }

    /// Returns what it has said up to now.
    pub fn so_far(&self) -> Output {
        let state = self.link.state();
        state.outputs.get(&self.number).cloned().unwrap_or_default()
    }

    /// Waits for its output to be so; `false` where time is up, an error where the machine is off.
    fn until(&self, limit: Duration, holds: impl Fn(&Output) -> bool) -> Result<bool> {
        let now = |s: &State| s.outputs.get(&self.number).is_some_and(&holds);
        let in_time = self.link.wait(limit, |s| s.off || now(s));
        if in_time && !now(&self.link.state()) {
            return Err(self.off());
        }
        Ok(in_time)
    }

    fn say(&self, says: Says) -> Result<()> {
        let mut down = self.link.down.lock().unwrap_or_else(PoisonError::into_inner);
        let frame = Frame { command: self.number, says };
        frame.write(&mut *down).map_err(|_| self.off())
    }

    fn off(&self) -> Error {
        Error::Off { doing: self.command.clone(), console: self.link.console.clone() }
    }

    fn late(&self, missing: &str, limit: Duration) -> Error {
        Error::Deadline {
            command: self.command.clone(),
            missing: missing.into(),
            limit,
            so_far: Box::new(self.so_far()),
            console: self.link.console.clone(),
        }
    }
}

/// Shows a command to a person: what a shell runs, where it is one, else the words.
fn shown(argv: &[String]) -> String {
    match argv {
        [sh, dash_c, text] if sh.ends_with("sh") && dash_c == "-c" => text.clone(),
        words => words.join(" "),
    }
}
