//! Both examples with an edit of each, as graphs.

use crate::{edits, scenario::Pair};
use phoenix_compiler::{SpecPath, compile};
use phoenix_graph::Graph;

pub fn examples() -> [Pair; 2] {
    edits::examples().map(|edited| Pair {
        name: edited.name.to_owned(),
        first: graph(&edited.first),
        second: graph(&edited.second),
    })
}

fn graph(text: &str) -> Graph {
    let world = phoenix_compiler::OneFile(text.into());
    let compiled = compile(&world, &SpecPath::new("spec.kdl").unwrap());
    assert!(!compiled.has_errors(), "{:?}", compiled.diagnostics);
    compiled.hosts.into_iter().next().unwrap().graph.unwrap()
}
