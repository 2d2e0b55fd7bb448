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

/// Takes the lock that only one machine at a time holds, over all processes.
pub(crate) fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("machine.lock");
    let file = File::create(&path).map_err(Error::io("open", &path))?;
    let started = Instant::now();
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(e)) => return Err(Error::io("lock", &path)(e)),
            Err(TryLockError::WouldBlock) if started.elapsed() > PATIENCE => {
                return Err(Error::Busy { lock: path, waited: PATIENCE });
            }
            Err(TryLockError::WouldBlock) => {
                if !told {
                    eprintln!("lab: another machine is running; waiting for it to end");
                    told = true;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}
