//! How rendered files are put in force, and what takes that back.

use crate::{Inputs, Inverse, doing::Doing};
use phoenix_host::{
    observed::{LinkState, Observed},
    op::Op,
};
use std::path::{Path, PathBuf};

/// Points a link somewhere.
pub fn link(path: &Path, target: PathBuf, before: LinkState) -> Doing {
    Doing::new(Op::Link { path: path.to_owned(), target }, Inverse::Link { path: path.to_owned(), before })
}

/// Removes a link.
pub fn unlink(path: &Path, before: LinkState) -> Doing {
    Doing::new(Op::Unlink { path: path.to_owned() }, Inverse::Link { path: path.to_owned(), before })
}

/// Points the link that all rendered files pass through somewhere else.
pub fn point(inputs: &Inputs<'_>, target: &Path) -> Doing {
    let path = &inputs.places.etc;
    let before = inputs.observed.links.get(path).cloned().unwrap_or(LinkState::Missing);
    link(path, target.to_owned(), before)
}

/// Returns what takes it back.
pub fn back(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    let Inverse::Link { path, before } = inverse else { return Vec::new() };
    let now = seen.links.get(path).unwrap_or(&LinkState::Missing);
    match (before, now) {
        (before, now) if before == now => Vec::new(),
        (LinkState::Link(target), _) => vec![Op::Link { path: path.clone(), target: target.clone() }],
        (LinkState::Missing, LinkState::Link(_)) => vec![Op::Unlink { path: path.clone() }],
        _ => Vec::new(),
    }
}
