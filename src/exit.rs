//! The exit codes, in one table: the help, the README and the tests are made from it.

use std::fmt::Write;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All that was asked for was done.
    Done = 0,
    /// It failed; what a switch had changed was undone. What `gc` had destroyed by then is gone.
    Failed = 1,
    /// There are differences.
    Differences = 2,
    /// The spec has errors.
    BadSpec = 3,
    /// It was refused, or waits for a decision.
    Refused = 4,
    /// Another phoenix is at work.
    Locked = 5,
    /// An interrupted switch has to be recovered first.
    Interrupted = 6,
    /// The command line is wrong (`EX_USAGE` of `sysexits(3)`).
    Usage = 64,
}

/// Every exit code with its meaning for people.
pub const TABLE: [(Exit, &str); 8] = [
    (Exit::Done, "done, or nothing to do"),
    (Exit::Failed, "failed; what a switch had changed was undone"),
    (
        Exit::Differences,
        "there are differences (`plan --detailed-exitcode`, `status`, `review`, `recover`, `fmt --check`), or a container was not restarted (`--restart-guests`)",
    ),
    (Exit::BadSpec, "the spec has errors; nothing was written"),
    (Exit::Refused, "refused, or a decision is needed (`--yes`, `--adopt`, `--consent KEY`)"),
    (Exit::Locked, "another phoenix is at work on this host"),
    (Exit::Interrupted, "an interrupted switch has to be recovered first (`phoenix recover`)"),
    (Exit::Usage, "wrong usage"),
];

impl Exit {
    /// Returns the number that the process ends with.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// Lays the table out for the end of the help.
#[must_use]
pub fn help() -> String {
    let mut text = String::from("Exit codes:\n");
    for (exit, meaning) in TABLE {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {:>2}  {meaning}", exit.code());
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_the_table_as_it_is() {
        let readme = include_str!("../README.md");
        for (exit, meaning) in TABLE {
            let row = format!("| {} | {meaning} |", exit.code());
            assert!(readme.contains(&row), "README.md lacks the row: {row}");
        }
    }
}
