//! Random pairs that once found something, with all that they had: a number stands for another pair as soon
//! as what makes them changes.

use super::scenario::Pair;
use phoenix_graph::{Graph, HostName, Resource};
use serde::Deserialize;

const FOUND: [&str; 3] =
    [include_str!("found/737.json"), include_str!("found/847.json"), include_str!("found/reserved.json")];

#[derive(Deserialize)]
struct Kept {
    name: String,
    host: HostName,
    first: Vec<Resource>,
    second: Vec<Resource>,
}

/// Returns them.
pub fn found() -> Vec<Pair> {
    let pair = |text: &str| {
        let Kept { name, host, first, second } = serde_json::from_str(text).unwrap();
        let graph = |resources| Graph::assemble(host.clone(), resources).unwrap();
        Pair { name, first: graph(first), second: graph(second), clustered: false }
    };
    FOUND.map(pair).into()
}
