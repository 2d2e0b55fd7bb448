//! All of it: from the text of a spec to diagnostics and a graph for each host.

use crate::{
    assemble, check,
    diagnostic::{Diagnostic, Severity, Sink, code},
    origin::Origin,
    resolve,
    source::{FileId, Place, Sources},
    syntax,
    world::{SpecPath, World},
};
use phoenix_graph::{Graph, HostName, Key};
use std::collections::{BTreeMap, HashMap};

/// What became of a spec.
#[derive(Debug, Default)]
pub struct Compiled {
    /// The hosts that the spec describes, in its order.
    pub hosts: Vec<CompiledHost>,
    /// Everything there is to tell, in the order of the places.
    pub diagnostics: Vec<Diagnostic>,
    /// All texts that were read; the spec itself is the first.
    pub sources: Sources,
    /// Whether the spec itself only defines names, as a file does that others import.
    pub library: bool,
}

/// What became of one host.
#[derive(Debug)]
pub struct CompiledHost {
    /// Its name; `localhost` where the spec leaves the host node out.
    pub name: HostName,
    /// Its graph; nothing where the spec has an error anywhere.
    pub graph: Option<Graph>,
    /// Where each of its resources stands.
    pub places: HashMap<Key, Place>,
}

impl Compiled {
    /// Returns whether there is an error, and so no graph.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// Returns how many diagnostics of a severity there are.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    /// Takes a file that only defines names, or that is `imported` by another, for what it is: that it has no
    /// host, and uses none of its names, is no mistake of it. What its profiles say is held against the nodes
    /// that use them, and so elsewhere.
    pub fn forgive_library(&mut self, imported: bool) {
        if self.library || imported {
            let own = [code::NO_HOST, code::UNUSED_LET, code::UNUSED_PROFILE, code::UNUSED_PARAM];
            self.diagnostics.retain(|diagnostic| !own.contains(&diagnostic.code));
        }
    }

    /// Makes every warning an error; where there was one, no host has a graph any more.
    pub fn deny_warnings(&mut self) {
        if self.count(Severity::Warning) == 0 {
            return;
        }
        for diagnostic in &mut self.diagnostics {
            diagnostic.severity = Severity::Error;
        }
        for host in &mut self.hosts {
            host.graph = None;
        }
    }
}

/// A compiled spec that still knows where everything came from.
#[derive(Debug)]
pub struct Traced {
    /// What became of the spec.
    pub compiled: Compiled,
    /// The origins of each host's resources, in the order of [`Compiled::hosts`].
    pub hosts: Vec<(HostName, BTreeMap<Key, Origin>)>,
    /// For each file the import that brought it in; nothing for the spec itself.
    pub imports: Vec<Option<Place>>,
}

impl Traced {
    /// Returns the import that brought a file in; nothing for the spec itself.
    #[must_use]
    pub fn imported(&self, file: FileId) -> Option<Place> {
        self.imports.get(file.0 as usize).copied().flatten()
    }
}

/// Compiles a spec with all that it imports. It never fails: what is wrong is among the diagnostics.
#[must_use]
pub fn compile(world: &dyn World, root: &SpecPath) -> Compiled {
    run(world, root, false).compiled
}

/// Compiles a spec, and keeps where everything came from.
#[must_use]
pub fn trace(world: &dyn World, root: &SpecPath) -> Traced {
    run(world, root, true)
}

/// Compiles a spec; with `trace` it keeps where everything came from.
fn run(world: &dyn World, root: &SpecPath, trace: bool) -> Traced {
    let mut sink = Sink::default();
    let files = syntax::load::load(world, root, &mut sink);
    let spec = resolve::resolve(&files, &mut sink);
    let mut checked: Vec<check::Checked> = Vec::new();
    let mut named: HashMap<HostName, Place> = HashMap::new();
    for host in &spec.hosts {
        let Some(found) = check::check(host, &spec.vias, trace, &mut sink) else { continue };
        if let Some(first) = named.insert(found.name.clone(), host.place) {
            sink.push(
                Diagnostic::new(code::DUPLICATE_HOST, format!("the host `{}` stands twice", found.name))
                    .at(host.place, "here again")
                    .at(first, "here first"),
            );
        }
        checked.push(found);
    }
    let (imports, names) = (files.imported(), files.defines_names());
    // What was read and resolved is owned by what came of it, and takes far more room.
    drop(spec);
    drop(files.files);
    let sources = files.sources;
    let broken = sink.errors() > 0;
    let mut hosts = Vec::with_capacity(checked.len());
    let mut origins = Vec::new();
    for mut checked in checked {
        let name = checked.name.clone();
        origins.extend(checked.origins.take().map(|origins| (name.clone(), origins)));
        let (graph, places) = assemble::assemble(checked, &mut sink);
        hosts.push(CompiledHost { name, graph: graph.filter(|_| !broken), places });
    }
    if sink.errors() > 0 {
        for host in &mut hosts {
            host.graph = None;
        }
    }
    let library = hosts.is_empty() && names;
    let diagnostics = sink.finish(&sources);
    Traced { compiled: Compiled { hosts, diagnostics, sources, library }, hosts: origins, imports }
}
