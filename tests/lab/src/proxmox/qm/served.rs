//! What stands for QEMU and its `virtiofsd` on the host, while a machine runs: the socket that QEMU listens on, and a
//! process that has each directory open which the machine is given. A machine of the lab has no virtiofs: it finds a
//! directory below `/run/virtiofs`, by its tag, and `mount.virtiofs` binds it from there.

use std::fs;
use std::io;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use phoenix_sim::{pvesh, qm};

const SOCKETS: &str = "/var/run/qemu-server";
const MAPPINGS: &str = "/etc/pve/mapping/directory.cfg";
const NODE: &str = "lab";

/// Writes down for a machine that starts what it is given: a line for each directory, with its tag and its path.
pub fn write_down(id: u8, conf: &str) -> io::Result<()> {
    let mappings = fs::read_to_string(MAPPINGS).unwrap_or_default();
    let mut lines = String::new();
    for tag in tags(conf) {
        let path = pvesh::find(Some(&mappings), &tag, NODE).map_err(io::Error::other)?;
        lines.push_str(&format!("{tag} {path}\n"));
    }
    fs::create_dir_all(home(id))?;
    fs::write(home(id).join("shared"), lines)
}

/// Begins to listen and to serve, for a machine whose first process is this.
pub fn start(id: u8, conf: &str, first: u32) -> io::Result<()> {
    let listens = quiet(Command::new(std::env::current_exe()?).args(["hold", &id.to_string()])).spawn()?;
    fs::write(pid_file(id), listens.id().to_string())?;
    for tag in tags(conf) {
        let serve = format!("cd /run/virtiofs/{tag} && exec sleep infinity");
        let target = first.to_string();
        quiet(Command::new("nsenter").args(["--all", "--target", &target, "sh", "-c", &serve])).spawn()?;
    }
    Ok(())
}

/// Ends listening; who serves has ended with the machine.
pub fn stop(id: u8) -> io::Result<()> {
    let Ok(pid) = fs::read_to_string(pid_file(id)) else { return Ok(()) };
    Command::new("kill").args(["-KILL", pid.trim()]).status()?;
    fs::remove_file(pid_file(id))
}

/// Listens as QEMU does, until it is killed.
pub fn hold(id: &str) -> io::Result<()> {
    let socket = Path::new(SOCKETS).join(format!("{id}.qmp"));
    fs::create_dir_all(SOCKETS)?;
    match fs::remove_file(&socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let _socket = UnixListener::bind(socket)?;
    loop {
        thread::park();
    }
}

fn tags(conf: &str) -> Vec<String> {
    let tag = |value: &String| {
        let first = value.split(',').find(|part| !part.contains('=') || part.starts_with("dirid="));
        first.map(|part| part.trim_start_matches("dirid=").to_owned())
    };
    qm::devices(conf).values().filter_map(tag).collect()
}

fn home(id: u8) -> PathBuf {
    Path::new("/run/qm").join(id.to_string())
}

fn pid_file(id: u8) -> PathBuf {
    Path::new("/run/qm").join(format!("{id}.qmp-pid"))
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}
