//! Starts processes: a fixed search path, a clean environment, no input but what is handed over, a time limit, and a group of
//! their own, so that an interrupt at the terminal does not reach them.

use phoenix_host::{HostError, error::failed, secret::Secret, text::complaints::Complaint};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::Duration,
};

/// How long a wait lasts before the child is looked at.
const SLICE: Duration = Duration::from_millis(50);

/// How many slices outputs that are still open are waited for after the child has ended: 2 s.
const LINGER: u32 = 40;

/// What a process said when it had ended.
#[derive(Debug)]
pub struct Said {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error, read as UTF-8 with whatever is none replaced.
    pub stderr: String,
}

/// Starts processes.
#[derive(Debug)]
pub struct Runner {
    folders: Vec<PathBuf>,
    found: Mutex<BTreeMap<String, PathBuf>>,
    started: AtomicU64,
    look: Duration,
    change: Duration,
}

impl Runner {
    /// Makes a runner that looks for tools in these folders.
    pub fn new(folders: Vec<PathBuf>) -> Self {
        Runner {
            folders,
            found: Mutex::default(),
            started: AtomicU64::new(0),
            look: Duration::from_secs(120),
            change: Duration::from_secs(600),
        }
    }

    /// Changes the time limits.
    pub fn limits(&mut self, look: Duration, change: Duration) {
        (self.look, self.change) = (look, change);
    }

    /// Returns how many processes were started.
    pub fn started(&self) -> u64 {
        self.started.load(Ordering::Relaxed)
    }

    /// Finds a tool; the answer is kept.
    pub fn tool(&self, name: &str) -> Result<PathBuf, HostError> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = found.get(name) {
            return Ok(path.clone());
        }
        let Some(path) = self.folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file())
        else {
            let looked: Vec<_> = self.folders.iter().map(|folder| folder.display().to_string()).collect();
            return Err(HostError::NoTool {
                tool: name.to_owned(),
                looked: looked.join(":"),
                help: help(name).to_owned(),
            });
        };
        found.insert(name.to_owned(), path.clone());
        Ok(path)
    }

    /// Runs a command that looks, and returns what it printed. It must end well.
    pub fn look(&self, argv: &[&str]) -> Result<String, HostError> {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let said = succeeded(&argv, self.run(&argv, self.look, None)?)?;
        printed(&argv, said)
    }

    /// Runs a command that looks, and returns the bytes that it printed. It must end well.
    pub fn look_bytes(&self, argv: &[&str]) -> Result<Vec<u8>, HostError> {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        Ok(succeeded(&argv, self.run(&argv, self.look, None)?)?.stdout)
    }

    /// Runs a command that looks, and returns what it printed with whatever is no text replaced: labels and
    /// paths may be of any bytes, and only whom they belong to is to be found. It must end well.
    pub fn look_lossy(&self, argv: &[&str]) -> Result<String, HostError> {
        Ok(String::from_utf8_lossy(&self.look_bytes(argv)?).into_owned())
    }

    /// Runs a command that looks, and that says with this exit code that it found a part alone.
    pub fn look_partly(&self, argv: &[&str], part: i32) -> Result<String, HostError> {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let said = self.run(&argv, self.look, None)?;
        let said = if said.status.code() == Some(part) { said } else { succeeded(&argv, said)? };
        printed(&argv, said)
    }

    /// Runs a command that reads this input, at most so long, and returns what it printed. It must end well.
    pub fn ask(&self, argv: &[&str], input: &[u8], limit: Duration) -> Result<String, HostError> {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let said = succeeded(&argv, self.run(&argv, limit, Some(&[input]))?)?;
        printed(&argv, said)
    }

    /// Runs a command that changes something. It must end well.
    pub fn change(&self, argv: &[String]) -> Result<(), HostError> {
        succeeded(argv, self.run(argv, self.change, None)?).map(drop)
    }

    /// Runs a command that changes something and reads a key from its input. It must end well.
    pub fn change_with(&self, argv: &[String], key: &Secret) -> Result<(), HostError> {
        succeeded(argv, self.run(argv, self.change, Some(&[key.expose(), b"\n"]))?).map(drop)
    }

    /// Runs a command to its end, however it ends. What it reads is written before what it says is read: it reads all
    /// of it first.
    fn run(&self, argv: &[String], limit: Duration, input: Option<&[&[u8]]>) -> Result<Said, HostError> {
        let Some((name, arguments)) = argv.split_first() else {
            return Err(HostError::Unreadable {
                tool: "phoenix".to_owned(),
                reason: "the operation starts no process".to_owned(),
                text: String::new(),
            });
        };
        let tool = self.tool(name)?;
        let mut child = self.spawn(&tool, arguments, input.is_some())?;
        if let (Some(parts), Some(mut to)) = (input, child.stdin.take()) {
            // A command that ended without reading it says itself why.
            let _ = parts.iter().try_for_each(|part| to.write_all(part));
        }
        let (ended, ends) = channel();
        let stdout = drain(child.stdout.take(), ended.clone());
        let stderr = drain(child.stderr.take(), ended);
        let Some(status) =
            wait(&mut child, &ends, limit).map_err(|error| failed("wait for", &tool, error))?
        else {
            end(&mut child);
            return Err(HostError::TimedOut { argv: argv.to_vec(), seconds: limit.as_secs() });
        };
        let stderr = take(&stderr);
        Ok(Said {
            status,
            stdout: take(&stdout),
            stderr: String::from_utf8_lossy(&stderr).trim_end().to_owned(),
        })
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that starts processes")]
    fn spawn(&self, tool: &Path, arguments: &[String], has_input: bool) -> Result<Child, HostError> {
        let path: Vec<_> = self.folders.iter().map(|folder| folder.display().to_string()).collect();
        let child = std::process::Command::new(tool)
            .args(arguments)
            .env_clear()
            .env("PATH", path.join(":"))
            .env("LC_ALL", "C.UTF-8")
            .current_dir("/")
            .stdin(if has_input { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| failed("start", tool, error))?;
        self.started.fetch_add(1, Ordering::Relaxed);
        Ok(child)
    }
}

/// Waits until both outputs are closed and the child has ended; nothing where the limit is over first.
/// A child's own child may hold an output open: then what was read until [`LINGER`] slices after the end
/// is all. On a busy machine the threads that read come late, and what they have not read yet would look
/// like an output that ended there.
fn wait(child: &mut Child, ends: &Receiver<()>, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let mut left = limit;
    let mut open = 2;
    let mut status = None;
    let mut linger = LINGER;
    while open > 0 {
        match ends.recv_timeout(SLICE.min(left)) {
            Ok(()) => open -= 1,
            Err(RecvTimeoutError::Disconnected) => open = 0,
            Err(RecvTimeoutError::Timeout) if status.is_some() && linger == 0 => return Ok(status),
            Err(RecvTimeoutError::Timeout) if status.is_some() => linger -= 1,
            Err(RecvTimeoutError::Timeout) => {
                left = left.saturating_sub(SLICE);
                status = child.try_wait()?;
                if status.is_none() && left.is_zero() {
                    return Ok(None);
                }
            }
        }
    }
    // Its outputs are closed, so as a rule it is ending now.
    let mut pause = Duration::from_micros(100);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if left.is_zero() {
            return Ok(None);
        }
        thread::sleep(pause);
        left = left.saturating_sub(pause);
        pause = (pause * 2).min(SLICE);
    }
}

/// Kills a child by its own number. It may sit in the kernel and not die, so it is waited for a second only.
fn end(child: &mut Child) {
    // It may have ended in between: then there is nothing to kill.
    let _ = child.kill();
    for _ in 0..20 {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(SLICE);
    }
}

/// Reads an output on a thread of its own, and tells when it is closed.
fn drain<R: Read + Send + 'static>(output: Option<R>, ended: Sender<()>) -> Arc<Mutex<Vec<u8>>> {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&bytes);
    thread::spawn(move || {
        let mut chunk = vec![0; 64 << 10];
        if let Some(mut output) = output {
            loop {
                match output.read(&mut chunk) {
                    Ok(0) => break,
                    Ok(count) => shared
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .extend_from_slice(&chunk[..count]),
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
        }
        // Nobody listens any more where the limit was over.
        let _ = ended.send(());
    });
    bytes
}

fn take(bytes: &Mutex<Vec<u8>>) -> Vec<u8> {
    std::mem::take(&mut bytes.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Reads what a command printed.
fn printed(argv: &[String], said: Said) -> Result<String, HostError> {
    String::from_utf8(said.stdout).map_err(|error| HostError::Unreadable {
        tool: argv.join(" "),
        reason: "it is not UTF-8".to_owned(),
        text: String::from_utf8_lossy(error.as_bytes()).chars().take(200).collect(),
    })
}

fn succeeded(argv: &[String], said: Said) -> Result<Said, HostError> {
    if said.status.success() {
        return Ok(said);
    }
    if Complaint::NoModule.is_said(&said.stderr) {
        return Err(HostError::NoTool {
            tool: "zfs kernel module".to_owned(),
            looked: said.stderr,
            help: "install it for the running kernel (`zfs-dkms`; Proxmox VE has it), then `modprobe zfs`"
                .to_owned(),
        });
    }
    let mut stderr = said.stderr;
    if stderr.is_empty() {
        // Some tools complain on standard output.
        stderr = String::from_utf8_lossy(&said.stdout).trim_end().to_owned();
    }
    Err(HostError::Command { argv: argv.to_vec(), status: said.status.code(), stderr })
}

fn help(tool: &str) -> &'static str {
    match tool {
        "zfs" | "zpool" | "zdb" => "install the package `zfsutils-linux`; OpenZFS 2.1 or later is needed",
        "exportfs" => "install the package `nfs-kernel-server`, or take the exports out of the spec",
        "qm" => "this host is no Proxmox VE; write units with `--output`, and carry them over",
        "pvesm" => "this host is no Proxmox VE; take the `proxmox` nodes out of the spec",
        "wipefs" | "mount" | "umount" => "install the packages `util-linux` and `mount`",
        _ => "install the package that has it",
    }
}
