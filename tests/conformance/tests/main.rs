//! The programs for the lab's machine, as far as they run anywhere.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

/// Whoever runs them by hand without disks, which they overwrite, is told what they take, and nothing is done.
#[test]
#[expect(clippy::disallowed_methods, reason = "the programs are run as a person runs them")]
fn without_disks_the_programs_tell_what_they_take() {
    for (program, usage) in [
        (env!("CARGO_BIN_EXE_conformance"), "usage: conformance DISK DISK FOLDER"),
        (env!("CARGO_BIN_EXE_differential"), "usage: differential DISK DISK DISK "),
    ] {
        let output = Command::new(program).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with(usage), "{said}");
        assert_eq!(output.status.code(), Some(64), "{program}");
    }
}
