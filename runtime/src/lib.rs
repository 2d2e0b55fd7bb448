//! What happens on a host: observe, plan, execute, commit, and the store of generations.
//!
//! Data passes one way: a [`host::Host`] is observed into one value, [`observed::Observed`]; the
//! planner, a pure function, makes a plan of it; the executor writes a journal, carries the
//! plan out as typed [`op::Op`]s, observes again, and only then commits a generation.

pub mod area;
pub mod execute;
pub mod foreign;
pub mod gc;
pub mod host;
pub mod observed;
pub mod op;
pub mod plan;
pub mod record;
pub mod secret;
pub mod store;
pub mod survey;
pub mod switch;
pub mod undo;
