//! The lab itself, and its stand-in for `pvesm`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod machine;
mod pvesm;
