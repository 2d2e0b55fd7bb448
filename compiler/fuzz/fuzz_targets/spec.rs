//! From any bytes to a graph: compiles, renders, formats and traces, and holds what is always so.
//!
//! Several files stand in one input, split at lines `=== NAME ===` as in `tests/suite`. CONTRIBUTING.md
//! tells how to run it.
#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else { return Corpus::Reject };
    common::invariants::hold(&common::invariants::split(text));
    Corpus::Keep
});
