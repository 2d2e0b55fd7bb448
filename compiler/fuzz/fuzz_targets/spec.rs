//! From any bytes to a graph: compiles, renders, formats and traces, and holds what is always so.
//!
//! Several files stand in one input, split at lines `=== NAME ===` as in `tests/suite`. CONTRIBUTING.md
//! tells how to run it.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use phoenix_specs::invariants;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else { return Corpus::Reject };
    invariants::hold(&invariants::split(text));
    Corpus::Keep
});
