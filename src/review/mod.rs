//! Reviews: what a spec comes to, as text that people can read and accept.
//!
//! [`effective`] lays a host's graph out, [`difference`] compares it with what was accepted. Both are
//! pure; the verb reads and writes the files.

mod effective;

pub use effective::effective;

use similar::TextDiff;

/// Returns the unified difference of what was accepted and what is, empty where there is none.
#[must_use]
pub fn difference(accepted: &str, now: &str, file: &str) -> String {
    if accepted == now {
        return String::new();
    }
    TextDiff::from_lines(accepted, now).unified_diff().header(file, "the spec").to_string()
}
