//! Reviews: what a spec comes to, as text that people can read and accept.
//!
//! [`effective`] lays a host's graph out, [`difference`] compares it with what was accepted. Both are
//! pure; the verb reads and writes the files.

mod effective;

pub use effective::effective;

use similar::TextDiff;
use std::time::Duration;

/// How long the shortest difference is looked for.
const LONGEST: Duration = Duration::from_secs(5);

/// Returns the unified difference of what was accepted and what is, empty where there is none.
#[must_use]
pub fn difference(accepted: &str, now: &str, file: &str) -> String {
    if accepted == now {
        return String::new();
    }
    // Of texts that have nothing in common the shortest difference takes quadratic time to find.
    let diff = TextDiff::configure().timeout(LONGEST).diff_lines(accepted, now);
    diff.unified_diff().header(file, "the spec").to_string()
}
