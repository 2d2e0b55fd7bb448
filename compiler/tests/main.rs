//! The compiler, from outside: texts in, diagnostics and graphs out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod docs;
mod each;
mod examples;
mod fmt;
mod pages;
mod random;
mod recovery;
mod robust;
mod stdlib;
mod suite;
