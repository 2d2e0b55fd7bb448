//! Starts a process that outlives its starter, the terminal and the ssh session: as a unit of systemd
//! where that runs, else as a process in a session of its own.

use super::{LinuxPaths, run::Runner};
use phoenix_host::{HostError, error::failed};
use std::{
    fmt,
    fs::OpenOptions,
    os::unix::{fs::OpenOptionsExt, process::CommandExt},
    path::Path,
    process::Stdio,
};

/// What was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// A unit of systemd, by name.
    Unit(String),
    /// A process, by number. It has to call `setsid(2)` itself.
    Process(u32),
}

impl fmt::Display for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Started::Unit(name) => f.write_str(name),
            Started::Process(number) => write!(f, "process {number}"),
        }
    }
}

/// Starts a unit of this name, where systemd runs: `None` where it does not, or does not take it.
///
/// A login session may kill all its processes when it ends (`KillUserProcesses=`, logind.conf(5)); a
/// unit is in none.
#[must_use]
pub fn unit(paths: &LinuxPaths, name: &str, argv: &[String]) -> Option<Started> {
    // sd_booted(3): the folder is there where systemd is the init, and only there.
    if !paths.run.join("systemd/system").is_dir() {
        return None;
    }
    let runner = Runner::new(paths.tools.clone());
    let unit = format!("--unit={name}");
    let mut whole = vec!["systemd-run", "--quiet", "--collect", "--service-type=exec", &unit, "--"];
    whole.extend(argv.iter().map(String::as_str));
    runner.look(&whole).ok()?;
    Some(Started::Unit(format!("{name}.service")))
}

/// Starts a process without a terminal; what it says is written to a file.
///
/// # Errors
/// Where the file cannot be written, or the program cannot be started.
#[expect(clippy::disallowed_methods, reason = "it outlives its starter, and nobody waits for it")]
pub fn process(paths: &LinuxPaths, argv: &[String], log: &Path) -> Result<Started, HostError> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(log);
    let out = file.map_err(|error| failed("open", log, error))?;
    let err = out.try_clone().map_err(|error| failed("open", log, error))?;
    let program = Path::new(argv.first().map_or("", String::as_str));
    let folders: Vec<_> = paths.tools.iter().map(|folder| folder.display().to_string()).collect();
    let child = std::process::Command::new(program)
        .args(argv.iter().skip(1))
        .env_clear()
        .env("PATH", folders.join(":"))
        .env("LC_ALL", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .process_group(0)
        .spawn()
        .map_err(|error| failed("start", program, error))?;
    Ok(Started::Process(child.id()))
}
