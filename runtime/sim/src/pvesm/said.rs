//! What a run says along the way, and why it does nothing.

/// What is said along the way.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) out: String,
    pub(super) err: String,
}

impl Said {
    pub(super) fn warn(&mut self, line: impl AsRef<str>) {
        self.err.push_str(line.as_ref());
        self.err.push('\n');
    }
}

/// Why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) message: String,
    pub(super) status: u8,
}

impl Refused {
    /// An ordinary failure: of Proxmox's many exit codes, Perl's usual one.
    pub(super) fn because(message: impl Into<String>) -> Refused {
        Refused { message: message.into(), status: 255 }
    }

    /// Puts what was being done before the message.
    pub(super) fn while_doing(self, what: &str) -> Refused {
        Refused { message: format!("{what} failed: {}", self.message), ..self }
    }
}
