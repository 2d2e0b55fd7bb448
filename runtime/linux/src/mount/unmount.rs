//! Unmounting what was exported: the kernel's NFS server keeps a file system in use after the last
//! export of it is gone.
//!
//! Its caches of exports hold on to the mount until they are flushed. A flush takes what was used
//! before a time of its own, which each run of `exportfs` may push into the future, and `zfs unmount`
//! runs `exportfs` itself: trying again at once keeps the file system busy for good (tried on Linux 6.1
//! with nfs-utils 2.6.2). So a busy file system is tried again only when that time has passed, after
//! one flush. What is busy for another reason, such as a client's open file, stays busy and is told.

use crate::{LinuxPaths, run::Runner};
use phoenix_host::{HostError, op::Op, text::complaints::Complaint};
use std::{
    fs, thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How often a busy file system is tried again.
const TRIES: u32 = 2;
/// How long the kernel's flush time may lie ahead for it to be waited for, in seconds.
const LONGEST: u64 = 10;
const SLICE: Duration = Duration::from_millis(100);

/// Unmounts a file system.
pub fn unmount(paths: &LinuxPaths, runner: &Runner, op: &Op) -> Result<(), HostError> {
    let argv = op.argv().unwrap_or_default();
    let mut result = runner.change(&argv);
    for _ in 0..TRIES {
        if !result.as_ref().is_err_and(is_busy) || !kernel_remembers_exports(paths) {
            break;
        }
        wait_past_flush(paths);
        runner.change(&["exportfs".to_owned(), "-f".to_owned()])?;
        result = runner.change(&argv);
    }
    result
}

/// Returns whether a command failed since something is in use.
fn is_busy(error: &HostError) -> bool {
    error.complains_of(Complaint::Busy)
}

/// Returns whether the kernel's cache of exports has an entry; its first line is a heading.
fn kernel_remembers_exports(paths: &LinuxPaths) -> bool {
    let cache = paths.proc.join("net/rpc/nfsd.export/content");
    fs::read_to_string(cache).is_ok_and(|text| text.lines().nth(1).is_some())
}

/// Waits until the clock is past the caches' flush times, where those are near.
fn wait_past_flush(paths: &LinuxPaths) {
    let flush = ["nfsd.export", "nfsd.fh"].into_iter().filter_map(|cache| {
        let text = fs::read_to_string(paths.proc.join("net/rpc").join(cache).join("flush")).ok()?;
        text.trim().parse::<u64>().ok()
    });
    let until = flush.max().unwrap_or(0).min(seconds() + LONGEST);
    while seconds() <= until {
        thread::sleep(SLICE);
    }
}

#[expect(clippy::disallowed_methods, reason = "the kernel's flush times are times of this clock")]
fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
