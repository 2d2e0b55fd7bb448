//! The stand-in for Proxmox VE's `pvesh`, for the lab's machine.

use std::process::ExitCode;

use phoenix_lab::proxmox::pvesh::run;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = run(&arguments);
    print!("{}", outcome.stdout);
    eprint!("{}", outcome.stderr);
    ExitCode::from(outcome.status)
}
