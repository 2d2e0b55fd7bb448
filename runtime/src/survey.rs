//! A look at everything a host has, for a first description of it: no graph says what to look at yet.

use crate::{
    host::{Host, HostError},
    observed::{Observed, Query},
};

/// Looks at all pools, datasets, exports and registrations with all their properties, and changes
/// nothing. It takes as many processes as any look.
///
/// # Errors
/// Where a tool is missing, fails, or says what cannot be read.
pub fn survey(host: &dyn Host) -> Result<Observed, HostError> {
    host.observe(&Query {
        everything: true,
        foreign: true,
        tunables: ["zfs_arc_max".into()].into(),
        ..Query::default()
    })
}
