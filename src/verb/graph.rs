//! `phoenix graph`

use crate::{
    exit::Exit,
    failure::Failure,
    options::Common,
    site::{Access, store},
    spec::Tell,
    target::{Lookup, machine},
    terminal::Terminal,
    view::GraphView,
};
use clap::{Args, ValueEnum};
use phoenix_graph::plain::plain;
use std::fmt::Write;

/// Print the graph of steps, for pictures
///
/// Arrows lead from a step to those that wait for it. `phoenix graph | dot -Tsvg > graph.svg` draws it;
/// Mermaid is drawn by many wikis and by GitHub.
#[derive(Debug, Args)]
pub struct Graph {
    /// A spec, a folder that holds one, or a closure (its path or id) [default: ./phoenix.kdl, else ./result]
    target: Option<String>,
    /// The host, where the spec has several
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// The language
    #[arg(long, value_name = "FORMAT", default_value = "dot", conflicts_with = "json")]
    format: Format,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Graphviz
    Dot,
    /// Mermaid
    Mermaid,
}

impl Graph {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let store = store(common, Access::Read)?;
        let tell = if self.json { Tell::Programs } else { Tell::People };
        let lookup =
            Lookup { host: self.host.as_deref(), machine: machine(common), store: &store, tell, terminal };
        let graph = lookup.resolve(self.target.as_deref())?.graph;
        match self.format {
            _ if self.json => terminal.json(&GraphView::new(&graph)),
            Format::Dot => terminal.print(dot(&graph)),
            Format::Mermaid => terminal.print(mermaid(&graph)),
        }
        Ok(Exit::Done)
    }
}

fn dot(graph: &phoenix_graph::Graph) -> String {
    let quote = |text: &str| format!("\"{}\"", plain(text).replace('\\', "\\\\").replace('"', "\\\""));
    // Writing to a string does not fail, here and below.
    let mut text = format!("digraph {} {{\n", quote(graph.host().as_str()));
    text.push_str("    rankdir=LR;\n    node [shape=box, fontname=\"monospace\"];\n");
    for node in graph.nodes() {
        let name = quote(&node.key.to_string());
        let _ = writeln!(text, "    {name};");
        for &need in &node.needs {
            let _ = writeln!(text, "    {} -> {name};", quote(&graph.nodes()[need].key.to_string()));
        }
    }
    text.push_str("}\n");
    text
}

fn mermaid(graph: &phoenix_graph::Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (at, node) in graph.nodes().iter().enumerate() {
        let name = plain(&node.key.to_string()).replace('"', "#quot;");
        let _ = writeln!(text, "    s{at}[\"{name}\"]");
    }
    for (at, node) in graph.nodes().iter().enumerate() {
        for need in &node.needs {
            let _ = writeln!(text, "    s{need} --> s{at}");
        }
    }
    text
}
