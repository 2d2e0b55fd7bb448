//! What Proxmox's `pct set` and `qm set` have in common: the words of a request ([`read`]), and the file that keeps a
//! guest (`conf`), whose sections both have by other names.

mod arguments;
pub mod conf;

pub use arguments::read;

/// What is asked for: `--KEY VALUE`, `--delete`, `--revert`, `--digest`.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// What is set: the key, and the value.
    pub set: Vec<(String, String)>,
    /// Keys that go.
    pub delete: Vec<String>,
    /// Keys of which what waits is dropped.
    pub revert: Vec<String>,
    /// What the configuration is to be, by its digest.
    pub digest: Option<String>,
}

/// Why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The exit code.
    pub code: u8,
    /// What it says on standard error.
    pub said: String,
}

/// Fails.
pub fn failed<T>(code: u8, said: impl Into<String>) -> Result<T, Failed> {
    Err(Failed { code, said: said.into() })
}
