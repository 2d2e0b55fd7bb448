//! `phoenix plan`

use crate::{
    exit::Exit,
    failure::Failure,
    options::{Allow, Common},
    show,
    site::{Access, Site},
    spec::Tell,
    switching::{self, Silent},
    target::Lookup,
    terminal::Terminal,
    view::PlanView,
};
use clap::Args;
use phoenix_runtime::switch::Target;
use std::sync::atomic::AtomicBool;

/// Show what a switch would change, and change nothing
///
/// Exits with 0 whatever the plan says, and with 4 where it is refused; with --detailed-exitcode, with
/// 2 where there is something to do.
#[derive(Debug, Args)]
pub struct Plan {
    /// A spec, a folder that holds one, or a closure (its path or id) [default: ./result, else ./phoenix.kdl]
    target: Option<String>,
    /// The host, where the spec has several
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    #[command(flatten)]
    allow: Allow,
    /// Also print every command that would be run, in order
    #[arg(long)]
    commands: bool,
    /// Exit with 2 where there is something to do
    #[arg(long)]
    detailed_exitcode: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Plan {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let site = Site::open(common, Access::Read)?;
        let tell = if self.json { Tell::Programs } else { Tell::People };
        let lookup = Lookup { host: self.host.as_deref(), store: &site.store, tell, terminal };
        let resolved = lookup.resolve(self.target.as_deref())?;
        let doing = format!("cannot plan the way to {}", resolved.what);
        switching::refuse_open(&site.store, &doing)?;

        let stop = AtomicBool::new(false);
        let runtime = site.runtime(1, &stop, &Silent);
        let target = Target::New { graph: resolved.graph, sources: Vec::new() };
        let plan = runtime
            .plan(&target, &self.allow.consent())
            .map_err(|error| switching::failure(&doing, error, terminal))?;

        if self.json {
            terminal.json(&PlanView::new(&plan));
        } else {
            terminal.print(show::plan::plan(&plan, terminal.paint()));
            if self.commands && !plan.actions.is_empty() {
                terminal.print(format_args!("\n{}", show::plan::commands(&plan, terminal.paint())));
            }
        }
        Ok(match () {
            () if !plan.refusals.is_empty() => Exit::Refused,
            () if self.detailed_exitcode && !plan.actions.is_empty() => Exit::Differences,
            () => Exit::Done,
        })
    }
}
