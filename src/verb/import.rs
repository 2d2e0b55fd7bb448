//! `phoenix import`

use crate::{
    exit::Exit,
    failure::Failure,
    import::{Proven, Scope, describe, only_marks, prove},
    options::Common,
    outside,
    show::count,
    site::{Access, Site},
    spec::{self, Tell},
    switching::{self, Silent},
    terminal::Terminal,
};
use clap::Args;
use phoenix_compiler::Severity;
use phoenix_graph::{HostName, PoolName};
use phoenix_plan::{Consent, STORAGE_CFG};
use phoenix_transaction::switch::Target;
use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

/// Write a spec of what this host has
///
/// Looks at the pools with their layout, the datasets and volumes with the settings that are their own,
/// and the registrations with Proxmox, and changes nothing. What a spec cannot say, and what would
/// change if it were said, stands in the spec as a comment with the reason: entries of /etc/exports, for
/// one, stay that file's. No secret is copied. The spec is built, and the plan of taking everything over
/// is looked at, before it is written: `phoenix switch --adopt` with it changes nothing but marks.
#[derive(Debug, Args)]
pub struct Import {
    /// Look at the living host
    #[arg(long, required = true)]
    live: bool,
    /// A pool to take in; may be given several times [default: all that are imported]
    #[arg(long, value_name = "NAME")]
    pool: Vec<String>,
    /// The name that the spec gives the host [default: that of the current generation, else the system's]
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// The file to write, which must not be there [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Import {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let doing = "cannot describe this host";
        if let Some(out) = self.out.as_deref().filter(|out| out.symlink_metadata().is_ok()) {
            return Err(is_there(out));
        }
        let site = Site::open(common, Access::Read)?;
        switching::refuse_open(&site.store, doing)?;
        let store = |error| Failure::store(doing, error);
        let current = site.store.current().map_err(store)?;
        let current = current.map(|one| site.store.recorded(&one.system)).transpose().map_err(store)?;
        let seen = site.survey().map_err(|error| Failure::host(doing, error))?;
        let pools = self.pools(seen.pools.keys())?;
        let host = match (&self.host, &current) {
            (Some(name), _) => HostName::new(name).map_err(|error| {
                Failure::new(Exit::Usage, doing).because(format!("{name:?} is no name of a host: {error}"))
            })?,
            (None, Some(graph)) => graph.host().clone(),
            (None, None) => system_name(common)?,
        };
        let scope = Scope::new(&seen, host, &pools, current.as_ref());
        let mut described = describe(&seen, &scope);

        let stop = AtomicBool::new(false);
        let runtime = site.runtime(1, &stop, &Silent);
        let consent = Consent { adopt: true, files: [STORAGE_CFG.into()].into(), ..Consent::default() };
        let proven = prove(&mut described, &mut |graph| {
            let target = Target::New { graph: graph.clone(), sources: Vec::new() };
            runtime.plan(&target, &consent).map_err(|error| switching::failure(doing, error, terminal))
        })?;
        self.write(&proven.text, terminal)?;
        self.tell(&proven, described.left_out(), terminal)
    }

    /// Takes the pools that were named, all of which must be there.
    fn pools<'a>(&self, there: impl Iterator<Item = &'a PoolName>) -> Result<Vec<PoolName>, Failure> {
        let there: Vec<&PoolName> = there.collect();
        let names = there.iter().map(|pool| pool.as_str()).collect::<Vec<_>>().join(", ");
        if there.is_empty() {
            return Err(Failure::new(Exit::Refused, "there is nothing to describe")
                .because("no pool is imported on this host")
                .help(
                    "`zpool import` lists those that could be; `phoenix init` writes a spec to begin with",
                ));
        }
        let find = |name: &String| {
            there.iter().find(|pool| pool.as_str() == name).map(|pool| (*pool).clone()).ok_or_else(|| {
                Failure::new(Exit::Usage, format!("no pool {name} is imported on this host"))
                    .help(format!("there are: {names}"))
            })
        };
        self.pool.iter().map(find).collect()
    }

    fn write(&self, text: &str, terminal: &Terminal) -> Result<(), Failure> {
        let Some(out) = &self.out else {
            terminal.print_file(text);
            return Ok(());
        };
        let file = OpenOptions::new().write(true).create_new(true).open(out);
        file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => is_there(out),
            _ => Failure::new(Exit::Failed, format!("cannot write {}", out.display())).because(error),
        })
    }

    /// Says what came of it, beside the spec.
    fn tell(&self, proven: &Proven, left_out: usize, terminal: &Terminal) -> Result<Exit, Failure> {
        let spec = self.out.as_ref().map_or_else(|| "the spec".to_owned(), |out| out.display().to_string());
        let Some(plan) = &proven.plan else {
            spec::show(&proven.compiled.diagnostics, &proven.compiled.sources, Tell::People, terminal);
            let errors = count(proven.compiled.count(Severity::Error), "error");
            return Err(Failure::new(Exit::BadSpec, format!("{spec} was written, and has {errors}"))
                .help("put them right, or take what they are about away, and run `phoenix check`"));
        };
        let steps = proven.compiled.hosts.iter().filter_map(|host| host.graph.as_ref());
        let resources: usize = steps.map(|graph| graph.nodes().len()).sum();
        let comments = match left_out {
            0 => String::new(),
            some => format!("; {} there with the reason", count(some, "comment")),
        };
        terminal.note(format_args!("Described {}{comments}.\n", count(resources, "resource")));
        if only_marks(plan) {
            terminal.note(format_args!(
                "Taking over what {spec} says changes nothing on this host but phoenix's marks.\n"
            ));
        } else {
            terminal.warn(
                format!("taking over what {spec} says changes more than marks"),
                Some("look at it with `phoenix plan --adopt` before you switch".to_owned()),
            );
        }
        Ok(Exit::Done)
    }
}

fn is_there(out: &Path) -> Failure {
    Failure::new(Exit::Refused, format!("cannot write {}", out.display()))
        .because("it is there already")
        .help("name another file, or move it away")
}

/// Returns the system's name, where a spec can say it.
fn system_name(common: &Common) -> Result<HostName, Failure> {
    let system = outside::host_name().filter(|_| common.sim.is_none());
    let name =
        system.and_then(|name| HostName::new(&name).ok()).map_or_else(|| HostName::new("localhost"), Ok);
    name.map_err(|error| {
        Failure::new(Exit::Usage, "cannot name this host").because(error).help("say `--host NAME`")
    })
}
