//! Runs the conformance suite on this very host: `conformance DISK DISK FOLDER`. Both disks are overwritten.

use phoenix_graph::Disk;
use phoenix_runtime::host::{
    conformance,
    linux::{LinuxHost, LinuxPaths},
};
use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [one, two, folder] = &arguments[..] else {
        eprintln!("usage: conformance DISK DISK FOLDER");
        return ExitCode::from(64);
    };
    let host = LinuxHost::new(LinuxPaths::default());
    let disks = [one, two].map(|path| Disk(path.as_str().into()));
    let answer = conformance::run(&host, &disks, Path::new(folder));
    println!("{} processes", host.processes());
    match answer {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}
