//! Specs for tests and benchmarks: the examples as the tests keep them ([`Folder`], [`edits`]), [`random`] and
//! [`large`] ones, every property with its [`words`], what holds for each text ([`invariants`]); and what comes
//! of them as text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "their names say it")]

pub mod edits;
pub mod invariants;
pub mod large;
pub mod random;
pub mod words;

use miette::{GraphicalReportHandler, GraphicalTheme};
use phoenix_compiler::{Compiled, SourceError, SpecPath, World};
use phoenix_graph::Graph;
use std::{collections::HashMap, path::PathBuf, sync::Arc};

/// The files of an example, as the tests keep it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        Self(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name))
    }
}

impl World for Folder {
    fn source(&self, path: &SpecPath) -> Result<Arc<str>, SourceError> {
        match std::fs::read_to_string(self.0.join(path.as_str())) {
            Ok(text) => Ok(text.into()),
            Err(_) => Err(SourceError::NotFound),
        }
    }
}

/// Files in memory.
#[derive(Default)]
pub struct Memory(pub HashMap<String, Arc<str>>);

impl Memory {
    pub fn one(text: &str) -> Self {
        Self([("spec.kdl".to_owned(), text.into())].into())
    }
}

impl World for Memory {
    fn source(&self, path: &SpecPath) -> Result<Arc<str>, SourceError> {
        self.0.get(path.as_str()).cloned().ok_or(SourceError::NotFound)
    }
}

/// Lays a graph out: a line for each resource, its key and then its facts.
pub fn facts(graph: &Graph) -> Vec<String> {
    graph
        .nodes()
        .iter()
        .map(|node| {
            let facts = node.resource.facts();
            let facts = facts.iter().map(|(name, value)| format!(" {name}={value}"));
            std::iter::once(node.key.to_string()).chain(facts).collect()
        })
        .collect()
}

/// Renders all diagnostics, as a person would see them.
pub fn rendered(compiled: &Compiled) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(120);
    let mut text = String::new();
    for diagnostic in &compiled.diagnostics {
        handler.render_report(&mut text, &diagnostic.report(&compiled.sources)).unwrap();
    }
    text
}
