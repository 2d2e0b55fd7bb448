//! Runs the conformance suite on this very host: `conformance DISK DISK FOLDER`. Both disks are overwritten.
//! `conformance look DISK…` only says what is on disks.

use phoenix_graph::{Disk, PoolName};
use phoenix_host::{Host, observed::Query};
use phoenix_linux::{LinuxHost, LinuxPaths};
use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("look", disks)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return look(disks);
    }
    let [one, two, folder] = &arguments[..] else {
        eprintln!("usage: conformance DISK DISK FOLDER");
        return ExitCode::from(64);
    };
    let host = LinuxHost::new(LinuxPaths::default());
    let disks = [one, two].map(|path| Disk(path.as_str().into()));
    let answer = phoenix_conformance::run(&host, &disks, Path::new(folder));
    println!("{} processes", host.processes());
    match answer {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn look(disks: &[String]) -> ExitCode {
    let disks: Vec<Disk> = disks.iter().map(|path| Disk(path.as_str().into())).collect();
    let pools = PoolName::new("asked").into_iter().map(|pool| (pool, disks.clone())).collect();
    match LinuxHost::new(LinuxPaths::default()).observe(&Query { pools, ..Query::default() }) {
        Ok(seen) => {
            for (disk, state) in seen.disks {
                println!("{} {state:?}", disk.0);
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}
