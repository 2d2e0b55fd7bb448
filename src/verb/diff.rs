//! `phoenix diff`

use crate::{
    exit::Exit,
    failure::Failure,
    options::Common,
    show,
    site::{Access, store},
    spec::Tell,
    target::{Lookup, machine},
    terminal::Terminal,
    view::DiffView,
};
use clap::Args;
use phoenix_graph::{Graph, GraphDiff};
use phoenix_store::Store;

/// Compare two descriptions of a host, setting by setting
///
/// Each is a generation's number, a spec, a folder that holds one, or a closure (its path or id). The
/// host itself is not looked at: `phoenix plan` and `phoenix status` do that.
#[derive(Debug, Args)]
pub struct Diff {
    /// The first
    old: String,
    /// The second [default: ./phoenix.kdl, else ./result]
    new: Option<String>,
    /// The host, where a spec has several
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Diff {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let store = store(common, Access::Read)?;
        let old = self.graph(Some(&self.old), common, &store, terminal)?;
        let new = self.graph(self.new.as_deref(), common, &store, terminal)?;
        let diff = GraphDiff::between(&old, &new);
        if self.json {
            terminal.json(&DiffView::new(&diff));
        } else {
            terminal.print(show::diff::diff(&diff, terminal.paint()));
        }
        Ok(Exit::Done)
    }

    fn graph(
        &self,
        arg: Option<&str>,
        common: &Common,
        store: &Store,
        terminal: &Terminal,
    ) -> Result<Graph, Failure> {
        if let Some(number) = arg.filter(|arg| arg.len() < 6).and_then(|arg| arg.parse::<u64>().ok()) {
            let failed = |error| Failure::store(format!("cannot read generation {number}"), error);
            let generation = store.generation(number).map_err(failed)?;
            return store.recorded(&generation.system).map_err(failed);
        }
        let tell = if self.json { Tell::Programs } else { Tell::People };
        let lookup = Lookup { host: self.host.as_deref(), machine: machine(common), store, tell, terminal };
        lookup.resolve(arg).map(|resolved| resolved.graph)
    }
}
