//! An entry: which files were read, and what they came to.

use phoenix_compiler::{
    Compiled, Diagnostic, FileId, Place, Severity, Sources, SpecPath, World, code, diagnostic::Label, stdlib,
};
use phoenix_graph::{Graph, HostName, ObjectId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a host came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Built {
    pub host: HostName,
    pub system: ObjectId,
    pub steps: usize,
}

impl From<&Graph> for Built {
    fn from(graph: &Graph) -> Self {
        Self { host: graph.host().clone(), system: graph.id(), steps: graph.nodes().len() }
    }
}

/// What compiling a spec would come to.
#[derive(Debug)]
pub struct Known {
    /// All its hosts, in its order.
    pub hosts: Vec<Built>,
    /// Everything there is to tell; none of it is an error.
    pub warnings: Vec<Diagnostic>,
    /// All texts, as they are now.
    pub sources: Sources,
}

/// What is known of a spec that compiled without errors.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The program that compiled: another one may make something else of the same bytes.
    program: ObjectId,
    files: Vec<File>,
    hosts: Vec<Built>,
    warnings: Vec<Warning>,
}

/// A file that was read, in the order of reading.
#[derive(Debug, Serialize, Deserialize)]
struct File {
    name: String,
    std: bool,
    id: ObjectId,
}

/// What the compiler warned of. Places are file, first byte, and the first byte after.
#[derive(Debug, Serialize, Deserialize)]
struct Warning {
    code: String,
    message: String,
    labels: Vec<((u32, u32, u32), String)>,
    help: Option<String>,
}

impl Entry {
    /// Takes what a spec came to; nothing where it has an error.
    pub fn new(program: ObjectId, compiled: &Compiled) -> Option<Self> {
        if compiled.has_errors() {
            return None;
        }
        let file = |source: &phoenix_compiler::Source| File {
            name: source.name.to_string(),
            std: source.std,
            id: ObjectId::of(source.text.as_bytes()),
        };
        Some(Self {
            program,
            files: compiled.sources.iter().map(|(_, source)| file(source)).collect(),
            hosts: compiled
                .hosts
                .iter()
                .map(|host| host.graph.as_ref().map(Built::from))
                .collect::<Option<_>>()?,
            warnings: compiled.diagnostics.iter().map(Warning::new).collect(),
        })
    }

    /// Reads an entry; nothing where it is none.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// Writes the entry.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok()
    }

    /// Reads every file again, and returns what they come to; nothing where one is not as it was, or
    /// where another program compiled them.
    pub fn prove(self, program: ObjectId, world: &dyn World) -> Option<Known> {
        if self.program != program {
            return None;
        }
        let mut sources = Sources::default();
        for File { name, std, id } in self.files {
            let text: Arc<str> = if std {
                let text = name.strip_prefix("std/").and_then(|name| name.strip_suffix(".kdl"));
                stdlib::text(text?)?.into()
            } else {
                world.source(&SpecPath::new(&name).ok()?).ok()?
            };
            if ObjectId::of(text.as_bytes()) != id {
                return None;
            }
            sources.add(&name, text, std);
        }
        let warnings = self.warnings.into_iter().map(Warning::told).collect::<Option<_>>()?;
        Some(Known { hosts: self.hosts, warnings, sources })
    }
}

impl Warning {
    fn new(diagnostic: &Diagnostic) -> Self {
        let label = |label: &Label| {
            let Place { file, start, end } = label.place;
            ((file.0, start, end), label.text.clone())
        };
        Self {
            code: diagnostic.code.name.to_owned(),
            message: diagnostic.message.clone(),
            labels: diagnostic.labels.iter().map(label).collect(),
            help: diagnostic.help.clone(),
        }
    }

    fn told(self) -> Option<Diagnostic> {
        let label =
            |((file, start, end), text)| Label { place: Place { file: FileId(file), start, end }, text };
        Some(Diagnostic {
            code: code::find(&self.code)?,
            severity: Severity::Warning,
            message: self.message,
            labels: self.labels.into_iter().map(label).collect(),
            help: self.help,
        })
    }
}
