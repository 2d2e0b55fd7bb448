//! What everything that changes a host is given.

use crate::execute::Events;
use phoenix_host::{Host, secret::KeySource};
use phoenix_store::Store;
use std::sync::atomic::AtomicBool;

/// A host with its store, and who asks.
pub struct Runtime<'a> {
    pub host: &'a dyn Host,
    pub store: &'a Store,
    /// How many actions run at once.
    pub jobs: usize,
    /// Set from outside to stop, and undo.
    pub stop: &'a AtomicBool,
    /// Is told what happens.
    pub events: &'a dyn Events,
    /// The time, in seconds since 1970-01-01 UTC.
    pub now: u64,
    /// Who is asked for keys that are typed.
    pub keys: &'a dyn KeySource,
    /// Who asks, for the record.
    pub who: String,
    /// What is said of the switch, for the record.
    pub message: Option<String>,
}
