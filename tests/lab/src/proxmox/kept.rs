//! Files of Proxmox's: locked, replaced whole, and summed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// How often, and how long each time, a lock is waited for: 10 s in all, as Proxmox does.
const TRIES: u32 = 100;
const STEP: Duration = Duration::from_millis(100);

/// Takes a lock, and holds it as long as the file is open; nothing where others hold it too long.
pub fn lock(path: &str) -> io::Result<Option<File>> {
    let file = File::create(path)?;
    for _ in 0..TRIES {
        if file.try_lock().is_ok() {
            return Ok(Some(file));
        }
        thread::sleep(STEP);
    }
    Ok(None)
}

/// Replaces a file, or makes it: it is there whole, or as it was.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension(format!("tmp.{}", std::process::id()));
    let mut file = File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Returns a text's SHA-1 in hex.
pub fn digest(text: &str) -> io::Result<String> {
    let mut child = Command::new("sha1sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(text.as_bytes())?;
    }
    let said = child.wait_with_output()?;
    Ok(String::from_utf8_lossy(&said.stdout).split(' ').next().unwrap_or_default().to_owned())
}
