//! What a command in the machine said, and how it ended.

use std::fmt;

/// What a command said, and how it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// Its exit code; 128 and the signal's number where one ended it, 127 where it could not be
    /// started; `None` while it runs.
    pub status: Option<i32>,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Tells whether it ended with 0.
    pub fn ok(&self) -> bool {
        self.status == Some(0)
    }

    /// Returns its standard output as text.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Returns its standard error as text.
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(code) => writeln!(f, "exit code: {code}")?,
            None => writeln!(f, "still running")?,
        }
        write!(f, "stdout: {}\nstderr: {}", self.out(), self.err())
    }
}
