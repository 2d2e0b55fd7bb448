//! Runs in the lab's machine: starts what the driver asks for, and sends back what it says.

#![expect(
    clippy::disallowed_methods,
    reason = "starting the commands that tests ask for is what the agent is for"
)]

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use phoenix_lab::wire::{Ended, Frame, LARGEST, Says};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};

/// How long a command's output is listened to in one go before asking whether it has ended.
const LISTEN: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };

fn main() -> io::Result<()> {
    let mut port = OpenOptions::new().read(true).write(true).open(port()?)?;
    let up = Up(Arc::new(Mutex::new(port.try_clone()?)));
    up.say(0, Says::Ready)?;
    let mut commands: HashMap<u32, Started> = HashMap::new();
    while let Some(Frame { command, says }) = Frame::read(&mut port)? {
        match says {
            Says::Start(argv) => match start(command, &argv, &up) {
                Ok(started) => {
                    commands.insert(command, started);
                }
                Err(e) => up.say(command, Says::Ended(Ended::NotStarted(e.to_string())))?,
            },
            Says::Input(bytes) => {
                if let Some(started) = commands.get(&command) {
                    // A command that has ended reads no more, and that is no error of ours.
                    let _ = started.input.send(bytes);
                }
            }
            Says::InputEnd => {
                if let Some(started) = commands.get_mut(&command) {
                    started.input = channel().0;
                }
            }
            Says::Kill => {
                if let Some(started) = commands.get(&command) {
                    // Already gone is as good.
                    let _ = kill_process_group(started.group, Signal::KILL);
                }
            }
            other => eprintln!("lab: the driver said {other:?}, which only the agent says"),
        }
    }
    Ok(())
}

/// Finds the virtio port that the driver listens on.
fn port() -> io::Result<PathBuf> {
    for entry in fs::read_dir("/sys/class/virtio-ports")? {
        let entry = entry?;
        if fs::read_to_string(entry.path().join("name"))?.trim() == "lab" {
            return Ok(PathBuf::from("/dev").join(entry.file_name()));
        }
    }
    Err(io::Error::other("no virtio port is named lab"))
}

/// A command under way.
struct Started {
    group: Pid,
    input: Sender<Vec<u8>>,
}

fn start(number: u32, argv: &[String], up: &Up) -> io::Result<Started> {
    let (program, arguments) = argv.split_first().ok_or_else(|| io::Error::other("an empty command"))?;
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir("/root")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let group = Pid::from_child(&child);
    let (input, bytes) = channel();
    if let Some(stdin) = child.stdin.take() {
        thread::spawn(move || feed(stdin, &bytes));
    }
    let up = up.clone();
    thread::spawn(move || {
        let how = watch(number, child, &up).unwrap_or_else(|e| Ended::NotStarted(e.to_string()));
        // Where the driver is gone, nobody is left to tell.
        let _ = up.say(number, Says::Ended(how));
    });
    Ok(Started { group, input })
}

/// Writes what comes for a command's standard input, until it ends or the command does.
fn feed(mut stdin: ChildStdin, bytes: &Receiver<Vec<u8>>) {
    for bytes in bytes {
        if stdin.write_all(&bytes).is_err() {
            return;
        }
    }
}

/// Sends all that a command says, and returns how it ended.
fn watch(number: u32, mut child: Child, up: &Up) -> io::Result<Ended> {
    let over = AtomicBool::new(false);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let status = thread::scope(|scope| {
        scope.spawn(|| stdout.map(|s| pass_on(s, &over, |b| up.say(number, Says::Stdout(b)))));
        scope.spawn(|| stderr.map(|s| pass_on(s, &over, |b| up.say(number, Says::Stderr(b)))));
        let status = child.wait();
        over.store(true, Ordering::SeqCst);
        status
    })?;
    Ok(match (status.code(), status.signal()) {
        (Some(code), _) => Ended::Code(code),
        (None, signal) => Ended::Signal(signal.unwrap_or_default()),
    })
}

/// Passes on a pipe's bytes until it is closed, or is empty and the command is over: a service
/// that the command left behind may hold it open for ever.
fn pass_on(
    mut pipe: impl Read + AsFd,
    over: &AtomicBool,
    mut say: impl FnMut(Vec<u8>) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = vec![0; LARGEST];
    loop {
        let was_over = over.load(Ordering::SeqCst);
        let ready = poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&LISTEN))?;
        if ready == 0 {
            if was_over {
                return Ok(());
            }
            continue;
        }
        match pipe.read(&mut buffer)? {
            0 => return Ok(()),
            n => say(buffer.get(..n).unwrap_or_default().to_vec())?,
        }
    }
}

/// The way up to the driver.
#[derive(Clone)]
struct Up(Arc<Mutex<File>>);

impl Up {
    fn say(&self, command: u32, says: Says) -> io::Result<()> {
        let mut port = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Frame { command, says }.write(&mut *port)
    }
}
