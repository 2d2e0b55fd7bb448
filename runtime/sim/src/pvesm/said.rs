//! What a run says along the way, and why it does nothing.

/// What is said along the way.
#[derive(Debug, Default)]
pub struct Said {
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn warn(&mut self, line: impl AsRef<str>) {
        self.err.push_str(line.as_ref());
        self.err.push('\n');
    }
}

/// Why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub message: String,
    pub status: u8,
}

impl Refused {
    /// An ordinary failure: of Proxmox's many exit codes, Perl's usual one.
    pub fn because(message: impl Into<String>) -> Refused {
        Refused { message: message.into(), status: 255 }
    }

    /// Puts what was being done before the message.
    pub fn while_doing(self, what: &str) -> Refused {
        Refused { message: format!("{what} failed: {}", self.message), ..self }
    }
}
