//! Where the lab keeps its files: `target/lab`, or `PHOENIX_LAB_DIR`.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// How long a machine waits for another one to end: longer than any test may take.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// Returns the lab's folder, made where it is missing.
pub(crate) fn folder() -> Result<PathBuf> {
    let folder =
        std::env::var_os("PHOENIX_LAB_DIR").map(PathBuf::from).unwrap_or_else(|| target().join("lab"));
    fs::create_dir_all(&folder).map_err(Error::io("make the folder", &folder))?;
    fs::canonicalize(&folder).map_err(Error::io("resolve", &folder))
}

/// Returns the folder of this crate's sources.
pub(crate) fn sources() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns cargo's target folder: the one that tests are run from.
pub(crate) fn target() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    named.unwrap_or_else(|| sources().join("../../target"))
}

/// A machine's place among those that run at a time; it is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    /// Which one it is, from 0.
    pub number: usize,
    _lock: File,
}

/// How many machines run at a time, over all processes: one, or what `PHOENIX_LAB_MACHINES` says.
fn seats() -> usize {
    number("PHOENIX_LAB_MACHINES")
}

/// How many processors a machine has: one, or what `PHOENIX_LAB_PROCESSORS` says. With more, emulated
/// processors wait for each other: two machines of two on a host of two took 1.5 times as long as of one.
pub(crate) fn processors() -> usize {
    number("PHOENIX_LAB_PROCESSORS")
}

fn number(name: &str) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
}

/// Takes a free seat, and waits for one where none is free.
pub(crate) fn seat(folder: &Path) -> Result<Seat> {
    let path = |number: usize| folder.join(format!("machine-{number}.lock"));
    let started = Instant::now();
    let mut told = false;
    loop {
        for number in 0..seats() {
            let path = path(number);
            let file = File::create(&path).map_err(Error::io("open", &path))?;
            match file.try_lock() {
                Ok(()) => return Ok(Seat { number, _lock: file }),
                Err(TryLockError::Error(e)) => return Err(Error::io("lock", &path)(e)),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        if started.elapsed() > PATIENCE {
            return Err(Error::Busy { lock: path(0), waited: PATIENCE });
        }
        if !told {
            eprintln!("lab: another machine is running; waiting for it to end");
            told = true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
