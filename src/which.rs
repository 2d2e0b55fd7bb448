//! Of what a verb tells: a spec, a closure or a generation.

use crate::{
    exit::Exit,
    failure::Failure,
    options::Common,
    site::{Access, store},
    spec::Tell,
    target::{Lookup, machine},
    terminal::Terminal,
};
use clap::Args;
use phoenix_graph::Graph;
use phoenix_store::Store;

/// Of what a verb tells: the current generation, unless something else is named.
#[derive(Debug, Args)]
pub struct Which {
    /// A spec, a folder that holds one, or a closure (its path or id) [default: the current generation]
    target: Option<String>,
    /// What this generation says
    #[arg(long, value_name = "N", conflicts_with = "target")]
    generation: Option<u64>,
    /// The host, where the spec has several
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
}

impl Which {
    /// Finds the graph, and says in words what that is. `doing` is what cannot be done where there is none, and `example` a
    /// command that names a spec.
    ///
    /// # Errors
    /// Where there is no such generation, closure or spec, or the spec has errors.
    pub fn graph(
        &self,
        doing: &str,
        example: &str,
        tell: Tell,
        common: &Common,
        terminal: &Terminal,
    ) -> Result<(Graph, String), Failure> {
        let store = store(common, Access::Read)?;
        if let Some(target) = self.target.as_deref() {
            let host = self.host.as_deref();
            let lookup = Lookup { host, machine: machine(common), store: &store, tell, terminal };
            return lookup.resolve(Some(target)).map(|resolved| (resolved.graph, resolved.what));
        }
        let (number, graph) = self.kept(&store, doing, example)?;
        match self.host.as_deref().filter(|host| *host != graph.host().as_str()) {
            None => Ok((graph, format!("generation {number}"))),
            Some(host) => {
                let text = format!("generation {number} is for the host {}, not for {host}", graph.host());
                Err(Failure::new(Exit::Usage, text).help("leave `--host` out, or name a spec"))
            }
        }
    }

    fn kept(&self, store: &Store, doing: &str, example: &str) -> Result<(u64, Graph), Failure> {
        let failed = |error| Failure::store(doing, error);
        let generation = match self.generation {
            Some(number) => store.generation(number).map_err(failed)?,
            None => store.current().map_err(failed)?.ok_or_else(|| {
                Failure::new(Exit::Usage, doing)
                    .because("there is no generation yet")
                    .help(format!("name a spec: `{example}`"))
            })?,
        };
        Ok((generation.number, store.recorded(&generation.system).map_err(failed)?))
    }
}
