//! What is rendered for a cluster of Kubernetes: by hand for one host, and for random specs held against Kubernetes' own
//! schemas.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod rendered;
mod schemas;

use phoenix_compiler::{SpecPath, compile};
use phoenix_graph::Graph;
use phoenix_specs::{Memory, rendered as told};

/// Compiles a spec of one host.
#[track_caller]
fn graph(world: &Memory) -> Graph {
    let compiled = compile(world, &SpecPath::new("spec.kdl").unwrap());
    let [host] = compiled.hosts.as_slice() else { panic!("{}", told(&compiled)) };
    host.graph.clone().unwrap_or_else(|| panic!("{}", told(&compiled)))
}
