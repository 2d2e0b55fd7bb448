//! The stand-in for Proxmox VE's `qm`, for the lab's machine.

use std::process::ExitCode;

use phoenix_lab::proxmox::qm::run;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments, &mut std::io::stdin()) {
        Ok(printed) => {
            print!("{}", printed.out);
            eprint!("{}", printed.err);
            ExitCode::SUCCESS
        }
        Err(failed) => {
            eprintln!("{}", failed.said);
            ExitCode::from(failed.code)
        }
    }
}
