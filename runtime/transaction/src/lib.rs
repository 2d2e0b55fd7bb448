//! Transactions: everything that changes a host, under the lock and on record.
//!
//! A plan is journalled, carried out as typed operations ([`execute`]), and committed only after a new look
//! shows that it holds ([`switch`]); whatever fails or is cut off is taken back ([`undo`]). [`gc`] is the one
//! that destroys.
#![allow(missing_docs, reason = "fields may explain themselves; tests/documented.rs looks at all else")]

mod events;
pub mod execute;
pub mod gc;
pub mod patience;
pub mod switch;
pub mod undo;
