//! Starts the one that watches a switch that waits to be confirmed: `phoenix confirm --watch`, in a
//! process that outlives this one, the terminal and the ssh session.

use crate::{outside, site::Site};
use phoenix_linux::{
    LinuxPaths,
    watcher::{self, Started},
};
use phoenix_store::{Cause, Pending};
use std::{path::Path, thread, time::Duration};

/// How long it may take until it watches, in slices.
const SLICES: u32 = 200;
const SLICE: Duration = Duration::from_millis(50);

/// Starts it, and returns once it watches.
pub fn start(site: &Site, pending: &Pending) -> Result<Started, Cause> {
    let id = &pending.transaction;
    let log = site.store.watch_log(id);
    let argv = argv(site, pending)?;
    let paths = LinuxPaths::default();
    // A simulated host is anybody's, and has no systemd.
    let unit = match site.sim {
        Some(_) => None,
        None => watcher::unit(&paths, &format!("phoenix-confirm-{id}"), &argv),
    };
    let started = match unit {
        Some(unit) => unit,
        None => watcher::process(&paths, &argv, &log)?,
    };
    for _ in 0..SLICES {
        if site.store.is_watched(id)? {
            return Ok(started);
        }
        thread::sleep(SLICE);
    }
    let look = match &started {
        Started::Unit(name) => format!("`journalctl -u {name}`"),
        Started::Process(_) => log.display().to_string(),
    };
    Err(format!("{started} was started, and does not watch; {look} may say why").into())
}

fn argv(site: &Site, pending: &Pending) -> Result<Vec<String>, Cause> {
    let text = |path: &Path| {
        path.to_str().map(str::to_owned).ok_or_else(|| format!("{} is not UTF-8", path.display()))
    };
    let program = outside::program_path().map_err(|error| format!("this program's path: {error}"))?;
    let mut argv = vec![text(&program)?, "confirm".to_owned()];
    argv.extend(["--watch".to_owned(), pending.transaction.to_string()]);
    argv.extend(["--color".to_owned(), "never".to_owned()]);
    argv.extend(["--state-dir".to_owned(), text(site.store.root())?]);
    if let Some(sim) = &site.sim {
        argv.extend(["--sim".to_owned(), text(sim)?]);
    }
    Ok(argv)
}
