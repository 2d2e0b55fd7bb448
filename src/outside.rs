//! What the command learns from outside, apart from its arguments: the clock, the environment, who
//! asks. Everything else of phoenix is told.

use phoenix_graph::ObjectId;
use std::path::PathBuf;

/// Returns the time, in seconds since 1970-01-01 UTC.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub fn now() -> u64 {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Returns a time of a clock that never jumps, to measure how long something took.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub fn instant() -> std::time::Instant {
    std::time::Instant::now()
}

/// Returns where the program that runs stands.
pub fn program_path() -> std::io::Result<PathBuf> {
    std::fs::read_link("/proc/self/exe")
}

/// Returns an environment variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty())
}

/// Returns who asks: the person behind `sudo`, else the user.
#[must_use]
pub fn who() -> String {
    let names = ["SUDO_USER", "USER", "LOGNAME"];
    let uid = rustix::process::getuid().as_raw();
    names.into_iter().find_map(variable).or_else(|| account(uid)).unwrap_or_else(|| format!("uid {uid}"))
}

/// Returns the name that a user has on this machine, where `/etc/passwd` knows it.
fn account(uid: u32) -> Option<String> {
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(uid) && !name.is_empty()).then(|| name.to_owned())
    })
}

/// Returns the hash of the program that runs, of its very bytes: two programs that could compile a spec
/// differently never have the same. Nothing where the system does not show them.
#[must_use]
pub fn program() -> Option<ObjectId> {
    // The link leads to what runs, even where a newer program stands at its path by now.
    let program = std::fs::File::open("/proc/self/exe").ok()?;
    ObjectId::of_reader(program).ok()
}

/// Returns the system's name of itself.
#[must_use]
pub fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// Returns whether the environment asks for no colour (`NO_COLOR`, <https://no-color.org>), or the
/// terminal can show none.
#[must_use]
pub fn no_color() -> bool {
    variable("NO_COLOR").is_some() || variable("TERM").as_deref() == Some("dumb")
}

/// Returns the state folder that the environment names (`PHOENIX_STATE_DIR`).
#[must_use]
pub fn state_dir() -> Option<PathBuf> {
    variable("PHOENIX_STATE_DIR").map(PathBuf::from)
}

/// Returns the folder of a user's own store: `$XDG_DATA_HOME/phoenix`, else `~/.local/share/phoenix`.
#[must_use]
pub fn user_store() -> Option<PathBuf> {
    let folder = variable("XDG_DATA_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folder = folder.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".local/share")));
    folder.map(|folder| folder.join("phoenix"))
}
