//! `phoenix switch`

use crate::{
    exit::Exit,
    failure::Failure,
    options::{Allow, Carry, Common},
    site::{Access, Site},
    sources,
    spec::Tell,
    switching::Journey,
    target::Lookup,
    terminal::Terminal,
};
use clap::Args;
use phoenix_runtime::switch::Target;

/// Make the host what a spec says
///
/// Shows the plan, asks, carries it out, and looks again; only where every step holds it becomes the
/// new generation. A switch that fails is undone, and so is one that is stopped with Ctrl-C.
#[derive(Debug, Args)]
pub struct Switch {
    /// A spec, a folder that holds one, or a closure (its path or id) [default: ./result, else ./phoenix.kdl]
    target: Option<String>,
    /// The host, where the spec has several
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    #[command(flatten)]
    allow: Allow,
    #[command(flatten)]
    carry: Carry,
}

impl Switch {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        // A spec with errors writes nothing, not even an empty store.
        let reading = Site::open(common, Access::Read)?;
        let lookup =
            Lookup { host: self.host.as_deref(), store: &reading.store, tell: Tell::People, terminal };
        let resolved = lookup.resolve(self.target.as_deref())?;
        let doing = format!("cannot switch to {}", resolved.what);

        let site = Site::open(common, Access::Change)?;
        let sources = sources::put(&site.store, resolved.graph.id(), &resolved.texts)
            .map_err(|error| Failure::store(&doing, &error))?;
        let target = Target::New { graph: resolved.graph, sources };
        let journey = Journey { site: &site, carry: &self.carry, terminal, doing };
        journey.run("switch", &target, &self.allow.consent())
    }
}
