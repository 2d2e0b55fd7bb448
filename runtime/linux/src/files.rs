//! Links to rendered files.

use crate::{look::Look, reach::Reach};
use phoenix_host::{HostError, links, observed::Observed, op::Op};

/// Looks at the links that are asked for.
pub fn look(look: &Look<'_>, seen: &mut Observed) -> Result<(), HostError> {
    for path in &look.query.links {
        seen.links.insert(path.clone(), links::look(path)?);
    }
    Ok(())
}

/// Makes and removes links.
pub fn perform(_: &Reach, op: &Op) -> Option<Result<(), HostError>> {
    match op {
        Op::Link { path, target } => Some(links::link(path, target)),
        Op::Unlink { path } => Some(links::unlink(path)),
        _ => None,
    }
}
