//! How a run of Proxmox's commands ends, what it says along the way, and why it does nothing.

/// How a run ended, and what it said.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code: 0, or something else.
    pub status: u8,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error, one message a line.
    pub stderr: String,
}

impl Outcome {
    /// Runs to the end: what is refused is said last.
    pub(crate) fn of(run: impl FnOnce(&mut Said) -> Result<(), Refused>) -> Self {
        let mut said = Said::default();
        let status = match run(&mut said) {
            Ok(()) => 0,
            Err(Refused { message, status }) => {
                said.warn(message);
                status
            }
        };
        Outcome { status, stdout: said.out, stderr: said.err }
    }
}

/// What is said along the way.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn warn(&mut self, line: impl AsRef<str>) {
        self.err.push_str(line.as_ref());
        self.err.push('\n');
    }
}

/// Why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) message: String,
    pub(crate) status: u8,
}

impl Refused {
    /// An ordinary failure: of Proxmox's many exit codes, Perl's usual one.
    pub(crate) fn because(message: impl Into<String>) -> Refused {
        Refused { message: message.into(), status: 255 }
    }

    /// Puts what was being done before the message.
    pub(crate) fn while_doing(self, what: &str) -> Refused {
        Refused { message: format!("{what} failed: {}", self.message), ..self }
    }
}
