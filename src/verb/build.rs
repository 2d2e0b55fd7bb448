//! `phoenix build`

use crate::{
    exit::Exit,
    failure::Failure,
    options::Common,
    outside,
    site::{Access, store},
    sources,
    spec::{Deny, NAME, Spec, Tell},
    target::RESULT,
    terminal::Terminal,
    view::BuildView,
};
use clap::Args;
use phoenix_graph::Graph;
use phoenix_runtime::store::{Store, StoreError};
use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

/// Compile a spec into closures
///
/// Writes the graph of each host, every step under the hash of its bytes, to the store; where that is
/// not allowed, to a store of the user's own. Links it as ./result (with several hosts, ./result-HOST),
/// and prints the id of each host's system. The same spec builds the same ids everywhere.
#[derive(Debug, Args)]
pub struct Build {
    /// The spec, or a folder that holds one
    #[arg(default_value = NAME)]
    spec: PathBuf,
    /// Build only this host of the spec
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Take warnings for errors
    #[arg(long, value_name = "WHAT")]
    deny: Option<Deny>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Build {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let tell = if self.json { Tell::Programs } else { Tell::People };
        let spec = Spec::open_denying(&self.spec, self.deny, tell, terminal)?;
        let graphs = spec.hosts(self.host.as_deref())?;
        let alone = spec.compiled.hosts.len() == 1;
        let mut views = Vec::new();
        for graph in graphs {
            let system = self.keep(common, graph, &spec)?;
            let link = if alone { RESULT.to_owned() } else { format!("{RESULT}-{}", graph.host()) };
            point(Path::new(&link), &system).map_err(|error| {
                Failure::new(Exit::Failed, format!("cannot link ./{link} to {}", system.display()))
                    .because(error)
                    .help("move what is there away; the closure is in the store")
            })?;
            if !self.json {
                terminal.print(format_args!("{}  {}\n", graph.id(), graph.host()));
            }
            views.push(BuildView::new(graph, &system, &link));
        }
        if self.json {
            terminal.json(&views);
        }
        Ok(Exit::Done)
    }

    /// Writes a closure to the store, or to the user's own. Returns the path of the system object.
    fn keep(&self, common: &Common, graph: &Graph, spec: &Spec) -> Result<PathBuf, Failure> {
        let texts = spec.texts();
        let put = |store: &Store| {
            let system = store.put_graph(graph)?;
            sources::put(store, graph.id(), &texts)?;
            Ok(system)
        };
        let failed = |store: &Path, error: &StoreError| {
            Failure::store(format!("cannot write the closure to {}", store.display()), error)
        };
        let root = store(common, Access::Read)?.root().to_owned();
        let error = match Store::open(&root).and_then(|store| put(&store)) {
            Ok(system) => return Ok(system),
            Err(error) => error,
        };
        match outside::user_store() {
            Some(own) if not_allowed(&error) && common.sim.is_none() => {
                Store::open(&own).and_then(|store| put(&store)).map_err(|error| failed(&own, &error))
            }
            _ => Err(failed(&root, &error)),
        }
    }
}

fn not_allowed(error: &StoreError) -> bool {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(error, StoreError::Io { source, .. } if matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem))
}

/// Points a link to a closure, over an older link in one rename; anything else is left.
fn point(link: &Path, system: &Path) -> io::Result<()> {
    if link.exists() && !link.is_symlink() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "something that is no link stands there"));
    }
    let fresh = PathBuf::from(format!(".{}.new", link.display()));
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    symlink(system, &fresh)?;
    fs::rename(&fresh, link)
}
