//! A virtual machine that runs, as it is reached from its host: programs are run in it, as its root.

use crate::HostError;

/// A program to be run in a machine.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    /// Its full path, and its arguments. No shell reads them; each is of ASCII.
    pub argv: &'a [&'a str],
    /// What it reads, 1 MiB at most.
    pub input: &'a [u8],
    /// How long it may take, in seconds.
    pub seconds: u32,
}

/// How a program ended in a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; nothing where a signal ended it.
    pub code: Option<i32>,
    /// Its standard output, whole.
    pub out: Vec<u8>,
    /// The beginning of its standard error, with whatever is no UTF-8 replaced.
    pub err: String,
}

/// A virtual machine.
pub trait Inside {
    /// Runs a program to its end, however it ends. What it says is what somebody in the machine lets it say.
    ///
    /// # Errors
    /// Where the machine is not reached, the program is not started, does not end in its time, or what it said cannot
    /// be read whole. It may have done its work all the same.
    fn run(&self, program: Program<'_>) -> Result<Ended, HostError>;
}

/// Says why a machine is not reached, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreached {
    pub reason: String,
    pub help: String,
}
