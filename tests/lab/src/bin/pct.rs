//! The stand-in for Proxmox VE's `pct`, for the lab's machine.

use std::process::ExitCode;

use phoenix_lab::proxmox::pct::run;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(warned) => {
            warned.iter().for_each(|line| eprintln!("{line}"));
            ExitCode::SUCCESS
        }
        Err(failed) => {
            eprintln!("{}", failed.said);
            ExitCode::from(failed.code)
        }
    }
}
