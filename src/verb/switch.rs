//! `phoenix switch`

use crate::{
    exit::Exit,
    failure::Failure,
    options::{Allow, Carry, Common, Guests, Said},
    reviewed::Reviewed,
    site::{Access, Site},
    sources,
    spec::Tell,
    switching::Journey,
    target::{Lookup, machine},
    terminal::Terminal,
};
use clap::Args;
use phoenix_graph::Seconds;
use phoenix_sim::SimHost;
use phoenix_store::Cause;
use phoenix_transaction::switch::Target;
use std::path::Path;

/// Make the host what a spec says
///
/// Shows the plan, asks, carries it out, and looks again; only where every step holds it becomes the
/// new generation. A switch that fails is undone, and so is one that is stopped with Ctrl-C.
///
/// A file that `phoenix plan --out` wrote is carried out only if the same plan still results, to the last
/// command; else what changed since is told, and nothing is done.
#[derive(Debug, Args)]
pub struct Switch {
    /// A spec, a folder that holds one, a closure (its path or id), or a plan that was written to a file [default: ./phoenix.kdl, else ./result]
    target: Option<String>,
    /// The host, where the spec has several
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    #[command(flatten)]
    allow: Allow,
    #[command(flatten)]
    said: Said,
    #[command(flatten)]
    carry: Carry,
    #[command(flatten)]
    guests: Guests,
    /// Go back unless `phoenix confirm` is heard within this time after the switch: 60s, 15m, 12h
    #[arg(long, value_name = "DURATION")]
    confirm_within: Option<Seconds>,
}

impl Switch {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        if let Some(file) = self.target.as_deref().map(Path::new).filter(|file| Reviewed::is_one(file)) {
            return self.reviewed(file, common, terminal);
        }
        // A spec with errors writes nothing, not even an empty store.
        let reading = Site::open(common, Access::Foresee)?;
        let lookup = Lookup {
            host: self.host.as_deref(),
            machine: machine(common),
            store: &reading.store,
            tell: Tell::People,
            terminal,
        };
        let resolved = lookup.resolve(self.target.as_deref())?;
        let doing = format!("cannot switch to {}", resolved.what);

        let fresh = common.sim.as_deref().filter(|dir| !SimHost::is_kept(dir));
        let site = Site::open(common, Access::Make)?;
        if let Some(dir) = fresh {
            terminal.note(format_args!("Made a simulated host in {}.\n", dir.display()));
        }
        let sources = sources::put(&site.store, resolved.graph.id(), &resolved.texts)
            .map_err(|error| Failure::store(&doing, error))?;
        let target = Target::New { graph: resolved.graph, sources };
        let journey = Journey {
            site: &site,
            carry: &self.carry,
            guests: self.guests,
            message: self.said.message.as_deref(),
            terminal,
            confirm_within: self.confirm_within,
            doing,
            reviewed: None,
        };
        journey.run("switch", &target, &self.allow.consent())
    }

    /// Carries a reviewed plan out, if it is still the truth.
    fn reviewed(&self, file: &Path, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let doing = format!("cannot carry out the plan in {}", file.display());
        if self.host.is_some() || self.allow != Allow::default() {
            return Err(Failure::new(Exit::Usage, doing)
                .because("what the plan is for, and what is allowed, is in the file")
                .help("leave `--host`, `--adopt`, `--consent` and `--rename-host` out, or write another plan with them"));
        }
        let reviewed = Reviewed::read(file)?;
        let graph = reviewed.graph()?;
        let reading = Site::open(common, Access::Foresee)?;
        still_here(&reviewed, &reading).map_err(|why| {
            Failure::new(Exit::Refused, &doing)
                .because(format!("{why}; nothing was changed"))
                .help("plan on this host as it is now: `phoenix plan --out FILE`")
        })?;

        let site = Site::open(common, Access::Change)?;
        let sources = sources::put(&site.store, graph.id(), &reviewed.texts())
            .map_err(|error| Failure::store(&doing, error))?;
        let target = Target::New { graph, sources };
        let plan = Some(&reviewed.plan);
        let journey = Journey {
            site: &site,
            carry: &self.carry,
            guests: self.guests,
            message: self.said.message.as_deref(),
            terminal,
            confirm_within: self.confirm_within,
            doing,
            reviewed: plan,
        };
        journey.run("switch", &target, &reviewed.consent)
    }
}

/// Says why a plan is not for this host as it stands now.
fn still_here(reviewed: &Reviewed, site: &Site) -> Result<(), Cause> {
    if reviewed.machine != site.machine {
        let why = format!("it was made on another host: {}; this one is {}", reviewed.machine, site.machine);
        return Err(why.into());
    }
    let number = |number: Option<u64>| number.map_or("none".to_owned(), |number| number.to_string());
    let current = site.store.current_number()?;
    if current != reviewed.current {
        let (was, is) = (number(reviewed.current), number(current));
        return Err(format!("the current generation was {was} when it was made, and is {is}").into());
    }
    Ok(())
}
