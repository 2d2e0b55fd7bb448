//! A stand-in for Proxmox VE's `qm`, as far as phoenix uses it, and to start and stop what stands for a virtual machine:
//! a Debian with systemd in namespaces of its own, on a network of its own. Its guest agent is QEMU's, and is asked as
//! Proxmox asks it (`PVE::CLI::qm`, `PVE::QemuServer::Agent`). What `set` and a start do to the configuration (`config`)
//! are the simulator's rules. What is `served` stands for virtiofs devices.

mod agent;
mod config;
mod exec;
mod printed;
mod served;

pub use printed::Printed;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use agent::Agent;
use phoenix_sim::qm::Failed;
use printed::pretty;

const START: &str = include_str!("../../../guest/qm-start");
const INIT: &str = include_str!("../../../guest/qm-init");

/// The most that is taken from the standard input, in bytes.
const MOST: u64 = 1 << 20;

/// How often, and how long each time, the end of a machine is waited for: 10 s in all.
const TRIES: u32 = 100;
const STEP: Duration = Duration::from_millis(100);

/// What it says where it fails.
type Result<T> = std::result::Result<T, String>;

/// Runs `qm` with these arguments (without the program's name); its input is read where that is asked for.
///
/// # Errors
/// What it says where it fails, and its exit code.
pub fn run(words: &[String], input: &mut dyn Read) -> std::result::Result<Printed, Failed> {
    if words.first().is_some_and(|verb| verb == "set") {
        return config::set(words, |id| {
            Vm::named(&id.to_string()).is_ok_and(|vm| vm.first_process().is_some())
        });
    }
    other(words, input).map_err(|said| Failed { code: 255, said })
}

/// Runs what changes no configuration by what it is told.
fn other(words: &[String], input: &mut dyn Read) -> Result<Printed> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["start", id] => Vm::named(id)?.start().map(|()| Printed::default()),
        ["hold", id] => served::hold(id).map(|()| Printed::default()).map_err(|error| error.to_string()),
        ["stop", id] => Vm::named(id)?.stop().map(|()| Printed::default()),
        ["status", id] => {
            let is_up = Vm::named(id)?.first_process().is_some();
            let state = if is_up { "running" } else { "stopped" };
            Ok(Printed { out: format!("status: {state}\n"), err: String::new() })
        }
        ["guest", "cmd", id, "ping"] => Vm::named(id)?.agent().map(|_| Printed::default()),
        ["guest", "exec-status", id, pid] => {
            let pid = pid.parse().map_err(|_| "400 not a process id".to_owned())?;
            let state = exec::status(&mut Vm::named(id)?.agent()?, pid)?;
            Ok(Printed { out: pretty(&state)?, err: String::new() })
        }
        ["guest", "exec", id, ref rest @ ..] => {
            let asked = exec::Asked::read(rest)?;
            let input = if asked.takes_input { Some(all(input)?) } else { None };
            exec::run(&mut || Vm::named(id)?.agent(), &asked, input.as_deref())
        }
        _ => Err("400 unable to parse the arguments".to_owned()),
    }
}

fn all(input: &mut dyn Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(MOST + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    match bytes.len() as u64 > MOST {
        true => Err("'input-data' (STDIN) is limited to 1 MiB, aborting".to_owned()),
        false => Ok(bytes),
    }
}

/// A machine of this node.
struct Vm {
    id: u8,
    conf: String,
}

impl Vm {
    fn named(id: &str) -> Result<Self> {
        let name = format!("nodes/lab/qemu-server/{id}.conf");
        let number = id.parse().ok().filter(|id| (2..=254).contains(id));
        let conf = fs::read_to_string(Path::new("/etc/pve").join(&name));
        match (number, conf) {
            (Some(id), Ok(conf)) => Ok(Self { id, conf }),
            _ => Err(format!("Configuration file '{name}' does not exist")),
        }
    }

    fn pid_file(&self) -> PathBuf {
        Path::new("/run/qm").join(format!("{}.pid", self.id))
    }

    /// Returns the number of its first process; nothing where it is off.
    fn first_process(&self) -> Option<u32> {
        let pid = fs::read_to_string(self.pid_file()).ok()?.trim().parse().ok()?;
        // What has ended, and was not waited for yet, has no root.
        Path::new(&format!("/proc/{pid}/root/run")).exists().then_some(pid)
    }

    fn start(&self) -> Result<()> {
        if self.first_process().is_some() {
            return Err(format!("VM {} already running", self.id));
        }
        config::start(self.id.into()).map_err(|failed| failed.said)?;
        let said = |error: std::io::Error| error.to_string();
        fs::create_dir_all("/run/qm").map_err(said)?;
        let conf = Self::named(&self.id.to_string())?.conf;
        served::write_down(self.id, &conf).map_err(said)?;
        let log = fs::File::create(Path::new("/run/qm").join(format!("{}.log", self.id))).map_err(said)?;
        let child = Command::new("sh")
            .args(["-c", START, "qm-start", &self.id.to_string(), INIT])
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(said)?)
            .stderr(log)
            .spawn()
            .map_err(said)?;
        // What was started forks once it is in the namespaces; its child is the machine's first process.
        let parent = child.id();
        let first = wait_for(|| {
            let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok()?;
            let is_init = |pid: &u32| {
                fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "systemd")
            };
            children.split_whitespace().filter_map(|pid| pid.parse().ok()).find(is_init)
        });
        let first = first.ok_or_else(|| format!("start failed: see /run/qm/{}.log", self.id))?;
        fs::write(self.pid_file(), first.to_string()).map_err(said)?;
        served::start(self.id, &conf, first).map_err(said)
    }

    fn stop(&self) -> Result<()> {
        let Some(pid) = self.first_process() else { return Ok(()) };
        Command::new("kill").args(["-KILL", &pid.to_string()]).status().map_err(|error| error.to_string())?;
        wait_for(|| self.first_process().is_none().then_some(())).ok_or("it does not stop")?;
        served::stop(self.id).map_err(|error| error.to_string())?;
        config::stop(self.id.into()).map_err(|failed| failed.said)
    }

    /// Reaches its agent, which is asked whether it listens.
    fn agent(&self) -> Result<Agent> {
        if !self.conf.lines().any(|line| line.starts_with("agent:")) {
            return Err("No QEMU guest agent configured".to_owned());
        }
        let pid = self.first_process().ok_or_else(|| format!("VM {} is not running", self.id))?;
        let socket = format!("/proc/{pid}/root/run/qga.sock");
        Agent::open(self.id, Path::new(&socket)).map_err(|_| "QEMU guest agent is not running".to_owned())
    }
}

fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    (0..TRIES).find_map(|_| {
        look().or_else(|| {
            thread::sleep(STEP);
            None
        })
    })
}
