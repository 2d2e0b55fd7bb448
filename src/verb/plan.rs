//! `phoenix plan`

use crate::{
    exit::Exit,
    failure::Failure,
    options::{Allow, Common},
    reviewed::Reviewed,
    show,
    site::{Access, Site},
    spec::Tell,
    switching::{self, Silent},
    target::{Lookup, Resolved, machine},
    terminal::Terminal,
    view::PlanView,
};
use clap::Args;
use phoenix_plan::Plan as Planned;
use phoenix_transaction::switch::Target;
use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

/// Show what a switch would change, and change nothing
///
/// Exits with 0 whatever the plan says, and with 4 where it is refused; with --detailed-exitcode, with
/// 2 where there is something to do.
#[derive(Debug, Args)]
pub struct Plan {
    /// A spec, a folder that holds one, or a closure (its path or id) [default: ./phoenix.kdl, else ./result]
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
    /// Also write the plan to a file, which must not be there: `phoenix switch FILE` carries it out
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Plan {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let site = Site::open(common, Access::Read)?;
        let tell = if self.json { Tell::Programs } else { Tell::People };
        let lookup = Lookup {
            host: self.host.as_deref(),
            machine: machine(common),
            store: &site.store,
            tell,
            terminal,
        };
        let resolved = lookup.resolve(self.target.as_deref())?;
        let doing = format!("cannot plan the way to {}", resolved.what);
        switching::refuse_open(&site.store, &doing)?;

        let stop = AtomicBool::new(false);
        let runtime = site.runtime(1, &stop, &Silent);
        let target = Target::New { graph: resolved.graph.clone(), sources: Vec::new() };
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
        if let Some(out) = &self.out {
            self.write(out, &site, &resolved, &plan)?;
            terminal.note(format_args!(
                "The plan is in {}; `phoenix switch {}` carries it out, if it is still the same then.\n",
                out.display(),
                out.display()
            ));
        }
        Ok(match () {
            () if !plan.refusals.is_empty() => Exit::Refused,
            () if self.detailed_exitcode && !plan.actions.is_empty() => Exit::Differences,
            () => Exit::Done,
        })
    }

    /// Writes the plan to a file, where it is one that can be carried out as it is.
    fn write(&self, out: &Path, site: &Site, resolved: &Resolved, plan: &Planned) -> Result<(), Failure> {
        let doing = || format!("cannot write the plan to {}", out.display());
        if !plan.refusals.is_empty() {
            return Err(Failure::new(Exit::Refused, doing())
                .because("the plan is refused, and cannot be carried out")
                .help("each refusal above says the way out"));
        }
        if plan.partial {
            return Err(Failure::new(Exit::Refused, doing())
                .because("pools are imported first, and what is in them is planned only then")
                .help("import them with `zpool import`, then plan again"));
        }
        let current = site.store.current_number().map_err(|error| Failure::store(doing(), error))?;
        let reviewed = Reviewed::new(
            &resolved.graph,
            &resolved.texts,
            site.machine.clone(),
            current,
            self.allow.consent(),
            plan.clone(),
        );
        reviewed.write(out)
    }
}
