//! Runs the same operations on the simulator and on the real OpenZFS of this very machine, side by side,
//! and prints where they differ (`phoenix_conformance::differential`). The three disks are overwritten.
//!
//!     differential DISK DISK DISK run SEED COUNT      COUNT random operations
//!     differential DISK DISK DISK life SEED LIFE      one life of a run, looked at after each operation
//!     differential DISK DISK DISK shrink SEED LIFE    the same, made small where it differs
//!     differential DISK DISK DISK cases [N]           the named cases, without the first N
//!
//! With `shares` before `run`, `life` or `shrink`, exports, registrations and mount points of containers are changed, too.
//! The stand-ins for Proxmox's commands have to be there.

use phoenix_conformance::differential::{Bench, Kinds};
use phoenix_graph::Disk;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [one, two, three, task @ ..] = words.as_slice() else { return usage() };
    let disks = [one, two, three].map(|path| Disk((*path).into()));
    let (kinds, task) = match task {
        ["shares", task @ ..] => (Kinds::Shares, task),
        task => (Kinds::Datasets, task),
    };
    let mut bench = match Bench::new(&disks, kinds) {
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
        "usage: differential DISK DISK DISK [shares] (run SEED COUNT | life SEED LIFE | shrink SEED LIFE | cases [N])"
    );
    ExitCode::from(64)
}
