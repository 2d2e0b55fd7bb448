//! The lock: one changing verb at a time; a second fails at once and names the first.

use super::{Store, StoreError, io_error};
use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    time::Duration,
};

/// The right to change this state folder, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Holds a file that is locked.
    pub(super) fn of(file: File) -> Self {
        Self { _file: file }
    }
}

/// Says why the lock cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("another phoenix is at work: {0}")]
    Held(String),
    /// The lock's file could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How often the lock is tried, and how long between: longer than any look takes.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(5);

impl Store {
    /// Takes the lock, and writes the verb and process id into it for who comes second.
    ///
    /// # Errors
    /// [`LockError::Held`] at once where another process has it.
    pub fn lock(&self, verb: &str) -> Result<Lock, LockError> {
        let path = self.root().join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(io_error("open", &path))?;
        // Who looks whether somebody has it holds it for an instant.
        let mut tries = 0;
        while file.try_lock().is_err() {
            tries += 1;
            if tries < TRIES {
                std::thread::sleep(PAUSE);
                continue;
            }
            let mut holder = String::new();
            file.read_to_string(&mut holder).map_err(io_error("read", &path))?;
            return Err(LockError::Held(holder.trim().to_owned()));
        }
        let holder = format!("`phoenix {verb}`, process {}\n", std::process::id());
        file.set_len(0).map_err(io_error("write", &path))?;
        file.rewind().map_err(io_error("write", &path))?;
        file.write_all(holder.as_bytes()).map_err(io_error("write", &path))?;
        Ok(Lock::of(file))
    }

    /// Tells who has the lock, and takes nothing; nothing where nobody has it.
    ///
    /// # Errors
    /// Where the lock's file is there and cannot be read.
    pub fn lock_holder(&self) -> Result<Option<String>, LockError> {
        let path = self.root().join("lock");
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_error("open", &path)(error).into()),
        };
        // A process that is being started has what its parent had open for an instant.
        for tries in 1..=TRIES {
            if file.try_lock_shared().is_ok() {
                return Ok(None);
            }
            if tries < TRIES {
                std::thread::sleep(PAUSE);
            }
        }
        let mut holder = String::new();
        file.read_to_string(&mut holder).map_err(io_error("read", &path))?;
        Ok(Some(holder.trim().to_owned()))
    }
}
