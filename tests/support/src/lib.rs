//! What tests of the runtime share: simulated hosts with a store, small graphs, and what is told, as text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "their names say it")]

mod by_hand;
mod resources;
mod saved;
mod told;
mod world;

pub use by_hand::assignments;
pub use resources::*;
pub use saved::Saved;
pub use told::{kinds, refused, told};
pub use world::{NOW, Quiet, Typed, World, adopt, consent_to};
