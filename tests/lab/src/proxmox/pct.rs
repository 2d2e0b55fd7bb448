//! A stand-in for Proxmox VE's `pct`, as far as phoenix uses it, and to start and stop what stands for a container: a
//! process in a mount namespace of its own, which has the bind mounts of the configuration, and LXC's socket.
//!
//! What `set` does to the configuration are the simulator's rules, which recorded cases of the real tool are held
//! against.

use std::collections::BTreeMap;
use std::fs;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use phoenix_sim::pct::{self, Container, Failed};

use super::{id_map, kept};

const NODES: &str = "/etc/pve/nodes";
const HELD: &str = "/run/pct";

/// How often, and how long each time, a container is waited for: 10 s in all.
const TRIES: u32 = 100;
const STEP: Duration = Duration::from_millis(100);

type Result<T> = std::result::Result<T, Failed>;

/// Runs `pct` with these arguments (without the program's name), and returns what it says on standard error.
///
/// # Errors
/// What it says where it fails, and its exit code.
pub fn run(words: &[String]) -> Result<Vec<String>> {
    let id = |text: &String| text.parse::<u32>().map_err(|_| because("no such container"));
    match words {
        [verb, one] if verb == "start" => start(id(one)?).map(|()| Vec::new()),
        [verb, one] if verb == "stop" => stop(id(one)?).map(|()| Vec::new()),
        [verb, one] if verb == "reboot" => {
            stop(id(one)?)?;
            start(id(one)?).map(|()| Vec::new())
        }
        [verb, one] if verb == "hold" => hold(id(one)?),
        _ => set(words),
    }
}

fn because(said: impl Into<String>) -> Failed {
    Failed { code: 255, said: said.into() }
}

fn io(doing: &str) -> impl Fn(std::io::Error) -> Failed + use<'_> {
    move |error| because(format!("{doing}: {error}"))
}

fn set(words: &[String]) -> Result<Vec<String>> {
    let (id, request) = pct::read(words)?;
    let lock = kept::lock(&format!("/run/pve-config-{id}")).map_err(io("lock"))?;
    let Some(_lock) = lock else {
        return Err(because(format!("can't lock file '/run/lock/lxc/pve-config-{id}.lock' - got timeout")));
    };
    let (path, text) = conf(id)?;
    let digest = kept::digest(&text).map_err(io("sha1sum"))?;
    let container = Container { id, text: &text, digest: &digest, running: is_up(id), version: pct::NEWEST };
    let done = pct::set(&container, &request)?;
    let mut warned = done.warned;
    for (key, point) in &done.plugged {
        if let Err(why) = plug(id, &text, point) {
            warned.push(format!("unable to hotplug {key}: {}", why.said));
        }
    }
    if let Some(text) = done.text {
        kept::replace(&path, &text).map_err(io("write"))?;
    }
    Ok(warned)
}

/// Finds the configuration of a container of this node.
fn conf(id: u32) -> Result<(PathBuf, String)> {
    let node = Path::new(NODES).join("lab/lxc").join(format!("{id}.conf"));
    match fs::read_to_string(&node) {
        Ok(text) if !text.is_empty() => Ok((node, text)),
        _ => Err(Failed {
            code: 2,
            said: format!("Configuration file 'nodes/lab/lxc/{id}.conf' does not exist"),
        }),
    }
}

fn is_up(id: u32) -> bool {
    let sockets = fs::read_to_string("/proc/net/unix").unwrap_or_default();
    sockets.lines().any(|line| line.ends_with(&format!("@{}", socket(id))))
}

fn socket(id: u32) -> String {
    format!("/var/lib/lxc/{id}/command")
}

fn root(id: u32) -> PathBuf {
    Path::new(HELD).join(id.to_string())
}

/// Starts a container: what waited is in force, and it has its mount points or does not start.
fn start(id: u32) -> Result<()> {
    let (path, text) = conf(id)?;
    let text = pct::started(&text);
    fs::write(&path, &text).map_err(io("write"))?;
    let folder = root(id);
    fs::create_dir_all(&folder).map_err(io("make a folder"))?;
    let own = std::env::current_exe().map_err(io("find itself"))?;
    // As systemd has it: what is mounted and unmounted on the host is seen in there, but for what it has itself.
    Command::new("mount").args(["--make-rshared", "/"]).status().map_err(io("mount"))?;
    Command::new("unshare")
        .args(["--mount", "--propagation", "slave"])
        .arg(own)
        .args(["hold", &id.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(io("unshare"))?;
    if (0..TRIES).any(|_| {
        is_up(id) || {
            thread::sleep(STEP);
            false
        }
    }) {
        Ok(())
    } else {
        Err(because("startup for container failed"))
    }
}

/// Is the container: has its mounts and its socket until it is killed.
fn hold(id: u32) -> Result<Vec<String>> {
    let (_, text) = conf(id)?;
    for point in pct::points(&text).values() {
        mount(id, &text, point, &[]).inspect_err(|why| {
            // Whoever waits for it is told that it does not start; this is for people.
            let _ = fs::write(root(id).with_extension("log"), &why.said);
        })?;
    }
    fs::write(root(id).with_extension("pid"), std::process::id().to_string()).map_err(io("write"))?;
    let address = SocketAddr::from_abstract_name(socket(id)).map_err(io("name a socket"))?;
    let _socket = UnixListener::bind_addr(&address).map_err(io("make a socket"))?;
    loop {
        thread::park();
    }
}

fn stop(id: u32) -> Result<()> {
    let pid = fs::read_to_string(root(id).with_extension("pid")).map_err(io("find the container"))?;
    Command::new("kill").arg(pid.trim()).status().map_err(io("kill"))?;
    if !(0..TRIES).any(|_| {
        !is_up(id) || {
            thread::sleep(STEP);
            false
        }
    }) {
        return Err(because("the container does not stop"));
    }
    let (path, text) = conf(id)?;
    fs::write(path, pct::started(&text)).map_err(io("write"))
}

/// Gives a container that runs a mount point.
fn plug(id: u32, conf: &str, point: &str) -> Result<()> {
    let pid = fs::read_to_string(root(id).with_extension("pid")).map_err(io("find the container"))?;
    mount(id, conf, point, &["nsenter", "--mount", "--target", pid.trim()])
}

/// Mounts a folder of the host in a container of this configuration, with numbers of its own where it says so.
fn mount(id: u32, conf: &str, point: &str, through: &[&str]) -> Result<()> {
    let mut parts = point.split(',');
    let volume = parts.next().unwrap_or_default();
    let said: BTreeMap<&str, &str> = parts.filter_map(|part| part.split_once('=')).collect();
    if !Path::new(volume).is_dir() {
        return Err(because(format!("directory '{volume}' does not exist")));
    }
    let at = root(id).join(said.get("mp").unwrap_or(&"").trim_start_matches('/'));
    fs::create_dir_all(&at).map_err(io("make a folder"))?;
    let at = at.display().to_string();
    let lines =
        said.get("idmap").map_or(Ok(Vec::new()), |words| id_map::lines(conf, words)).map_err(because)?;
    let mut options = vec!["bind"];
    if !lines.is_empty() {
        id_map::mount(through, volume, &at, &lines).map_err(because)?;
        options.insert(0, "remount");
    }
    options.extend(said.get("mountoptions").into_iter().flat_map(|words| words.split(';')));
    options.extend(said.get("ro").filter(|word| **word == "1").map(|_| "ro"));
    let options = options.join(",");
    let place: &[&str] = if lines.is_empty() { &["--", volume, &at] } else { &["--", &at] };
    let words: Vec<&str> = [through, &["mount", "-o", &options], place].concat();
    let [tool, words @ ..] = &words[..] else { return Err(because("nothing to run")) };
    let done = Command::new(tool).args(words).output().map_err(io("mount"))?;
    match done.status.success() {
        true => Ok(()),
        false => Err(because(String::from_utf8_lossy(&done.stderr).trim_end().to_owned())),
    }
}
