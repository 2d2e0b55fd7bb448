//! Runs the same operations on the simulator and on the real OpenZFS of this very machine, side by side,
//! and prints where they differ. The three disks are overwritten.
//!
//!     differential DISK DISK DISK run SEED COUNT      COUNT random operations
//!     differential DISK DISK DISK life SEED LIFE      one life of a run, looked at after each operation
//!     differential DISK DISK DISK shrink SEED LIFE    the same, made small where it differs
//!     differential DISK DISK DISK cases [N]           the named cases, without the first N
//!
//! A run is cut into lives: each begins with fresh pools on both sides, is chosen by the seed and its own
//! number alone, and ends after [`LIFE`] operations or at the first difference. After each operation the
//! outcomes are compared (both done, or both refused with the same first line), and what is mounted where,
//! over what, seen or hidden, with which root directory, and every folder and file; after each fifth also all
//! properties with their sources, snapshots and holds; after each operation on a pool, each difference and
//! the last one also the pools, by phoenix's own look.
//!
//! What is not compared, and why:
//! - GUIDs, devices and their paths: each side has its own.
//! - What is decided by single bytes (`certain`): metadata, copies and compression are not modelled. What is
//!   written fits; quotas and reservations are far from what is used.
//! - What waits without a limit: a pool is not exported or destroyed while a volume of it is held open.
//! - The end of a pool: a simulated pool has none.
//! - Which of several file systems `zfs mount -a` complains of first: it mounts side by side.
//! - The words with which a disk in use is refused to a new pool: they depend on whether libblkid knows the
//!   label there, and now and then it does not.
//! - What libzfs leaves to its cache or to chance: two file systems at one path, and a slash too many in
//!   a mount point (`is_up_to_chance` in `generate`).
//! - Shares (`sharenfs`) and exports, which the conformance suite looks at.

mod act;
mod case;
mod cases;
mod certain;
mod dice;
mod generate;
mod model;
mod picture;
mod real;
mod run;
mod values;
mod world;

use phoenix_graph::Disk;
use run::Bench;
use std::process::ExitCode;

/// How many operations a life has.
pub const LIFE: usize = 200;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [one, two, three, task @ ..] = words.as_slice() else { return usage() };
    let disks = [one, two, three].map(|path| Disk((*path).into()));
    let mut bench = match Bench::new(&disks) {
        Ok(bench) => bench,
        Err(error) => return failed(&error),
    };
    let number = |word: &str| word.parse::<u64>().ok();
    let answer = match *task {
        ["cases"] => bench.cases(0),
        ["cases", without] => match number(without) {
            Some(without) => bench.cases(usize::try_from(without).unwrap_or(usize::MAX)),
            None => return usage(),
        },
        [task, seed, of] => match (task, number(seed), number(of)) {
            ("run", Some(seed), Some(count)) => bench.run(seed, usize::try_from(count).unwrap_or(usize::MAX)),
            ("life", Some(seed), Some(life)) => bench.life_closely(seed, life),
            ("shrink", Some(seed), Some(life)) => bench.shrink(seed, life),
            _ => return usage(),
        },
        _ => return usage(),
    };
    match answer {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => failed(&error),
    }
}

fn failed(error: &str) -> ExitCode {
    println!("the driver failed: {error}");
    ExitCode::FAILURE
}

fn usage() -> ExitCode {
    eprintln!(
        "usage: differential DISK DISK DISK (run SEED COUNT | life SEED LIFE | shrink SEED LIFE | cases [N])"
    );
    ExitCode::from(64)
}
