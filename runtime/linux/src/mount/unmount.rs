//! Unmounting what was exported: the kernel's NFS server keeps a file system in use after the last
//! export of it is gone, and where a client has looked for it below an export, also in vain.
//!
//! Its caches of exports hold on to the mount until they are flushed. A flush is in force from a time on that the kernel
//! keeps with each cache (`/proc/net/rpc/nfsd.export/flush`): where that has passed it is now, and what was
//! remembered before goes at once; else it is a second later than it was, and nothing goes until the clock is past it, or
//! for half a minute where nobody flushes then. Each run of `exportfs` flushes, and `zfs mount` and `zfs unmount` run it:
//! trying again at once keeps the file system busy for good, and a switch of twenty file systems pushes the time twenty
//! seconds ahead (tried on Linux 6.1 with nfs-utils 2.6.2). So a busy file system is tried again only when that time has
//! passed, after one flush; where it lies far ahead, that is for whoever asked to wait for. What is busy for another reason,
//! such as a client's open file, stays busy and is told.

use crate::{LinuxPaths, run::Runner};
use phoenix_host::{HostError, op::Op, text::complaints::Complaint};
use std::{
    fs, thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How often a busy file system is tried again.
const TRIES: u32 = 2;
/// How long the kernel's flush time may lie ahead for it to be waited for here, in seconds.
const SOON: u64 = 3;
const SLICE: Duration = Duration::from_millis(100);

/// Unmounts a file system.
///
/// # Errors
/// [`HostError::Remembered`] where the kernel's caches may hold it, and cannot be flushed soon; as the command otherwise.
pub fn unmount(paths: &LinuxPaths, runner: &Runner, op: &Op) -> Result<(), HostError> {
    let argv = op.argv().unwrap_or_default();
    let mut result = runner.change(&argv);
    for _ in 0..TRIES {
        let error = match result {
            Err(error) if error.complains_of(Complaint::Busy) && kernel_remembers_exports(paths) => error,
            done => return done,
        };
        let seconds = ahead(paths);
        if seconds > SOON {
            return Err(HostError::Remembered { error: Box::new(error), seconds });
        }
        wait_past_flush(paths);
        runner.change(&["exportfs".to_owned(), "-f".to_owned()])?;
        result = runner.change(&argv);
    }
    result
}

/// Returns whether the kernel's cache of exports has an entry; its first line is a heading.
fn kernel_remembers_exports(paths: &LinuxPaths) -> bool {
    let cache = paths.proc.join("net/rpc/nfsd.export/content");
    fs::read_to_string(cache).is_ok_and(|text| text.lines().nth(1).is_some())
}

/// Returns in how many seconds the clock is past the caches' flush times.
fn ahead(paths: &LinuxPaths) -> u64 {
    (flush_time(paths) + 1).saturating_sub(seconds())
}

/// Waits until the clock is past the caches' flush times, where those are near.
fn wait_past_flush(paths: &LinuxPaths) {
    let until = flush_time(paths).min(seconds() + SOON);
    while seconds() <= until {
        thread::sleep(SLICE);
    }
}

/// Returns the later one of the caches' flush times, in seconds since 1970-01-01 UTC; 0 where none can be read.
fn flush_time(paths: &LinuxPaths) -> u64 {
    let flush = ["nfsd.export", "nfsd.fh"].into_iter().filter_map(|cache| {
        let text = fs::read_to_string(paths.proc.join("net/rpc").join(cache).join("flush")).ok()?;
        text.trim().parse::<u64>().ok()
    });
    // What lies so far ahead is no time.
    flush.max().unwrap_or(0).min(u64::MAX - 1)
}

#[expect(clippy::disallowed_methods, reason = "the kernel's flush times are times of this clock")]
fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
