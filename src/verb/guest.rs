//! `phoenix guest`

use crate::{
    beside::Beside,
    carried::{Format, printed},
    exit::Exit,
    failure::Failure,
    handover::{Handover, wanted::Wanted},
    options::Common,
    site::{Access, store},
    spec::Tell,
    target::{Lookup, machine},
    terminal::Terminal,
    view::GuestView,
};
use clap::{ArgGroup, Args};
use phoenix_compiler::diagnostic::list;
use phoenix_graph::{
    Graph, HostName, Resource,
    inside::{
        MachineMount,
        files::{MachineFile, files},
        units,
    },
};
use phoenix_plan::by_machine;
use phoenix_store::Store;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Print what to carry into a virtual machine, so that it mounts what it is given
///
/// A switch does nothing inside of a machine: this writes down what is to be set up there for each `vm` of a
/// `bind`, as units of systemd, as lines of fstab, or as vendor data of cloud-init for a machine that is
/// new. The units of a mount are enabled with `systemctl enable --now`, the last one of each.
///
/// With `--agent` the units are handed over to a machine that runs on this node, through its guest agent, and each
/// mount is used and looked at. Units of this host that are gone from the spec are ended and removed. What is in
/// use there is never unmounted by force: it is told, and a later run goes on.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("to").args(["output", "agent"]))]
pub struct Guest {
    /// The machine's id, such as 201
    vmid: u32,
    /// A spec, a folder that holds one, or a closure (its path or id) [default: the current generation]
    target: Option<String>,
    /// What this generation says
    #[arg(long, value_name = "N", conflicts_with = "target")]
    generation: Option<u64>,
    /// The host, where the spec has several
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "units")]
    format: Format,
    /// Write files into this folder, and print only their names; one that is there and differs is left
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Hand units over to the machine through its guest agent, start them, and look whether they stand
    #[arg(long, conflicts_with = "format")]
    agent: bool,
    /// Go on without asking
    #[arg(long, short, requires = "agent")]
    yes: bool,
    /// Write over files that differ; with `--agent`, over those that others wrote
    #[arg(long, requires = "to")]
    overwrite: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Guest {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let (graph, what) = self.graph(common, terminal)?;
        let mounts = by_machine(&graph).remove(&self.vmid).unwrap_or_default();
        if self.agent {
            let mounts: Vec<MachineMount> = mounts.into_iter().map(|(_, mount)| mount).collect();
            return self.hand_over(&graph, &mounts, common, terminal);
        }
        if mounts.is_empty() {
            return Err(self.has_none(&graph, &what));
        }
        let written: Vec<MachineMount> = mounts.iter().map(|(_, mount)| mount.clone()).collect();
        let files = files(graph.host(), self.vmid, &written, self.format.into());
        if let Some(folder) = &self.output {
            let others = self.write(folder, &files, graph.host())?;
            if !others.is_empty() {
                terminal.note(format_args!(
                    "Also there, from an earlier run: {}. Of a mount that is gone: disable it in the machine, and remove the file.\n",
                    list(others.iter().map(String::as_str))
                ));
            }
        }
        match &self.output {
            _ if self.json => terminal.json(&GuestView::new(&graph, &mounts, &files)),
            Some(folder) => {
                let names: Vec<String> =
                    files.iter().map(|file| format!("{}\n", folder.join(&file.name).display())).collect();
                terminal.print(names.concat());
            }
            None => terminal.print_file(&printed(&files, self.format)),
        }
        Ok(Exit::Done)
    }

    /// Finds what is asked, and says in words what that is.
    fn graph(&self, common: &Common, terminal: &Terminal) -> Result<(Graph, String), Failure> {
        let store = store(common, Access::Read)?;
        if let Some(target) = self.target.as_deref() {
            let tell = if self.json { Tell::Programs } else { Tell::People };
            let lookup = Lookup {
                host: self.host.as_deref(),
                machine: machine(common),
                store: &store,
                tell,
                terminal,
            };
            return lookup.resolve(Some(target)).map(|resolved| (resolved.graph, resolved.what));
        }
        let (number, graph) = self.generation(&store)?;
        match self.host.as_deref().filter(|host| *host != graph.host().as_str()) {
            None => Ok((graph, format!("generation {number}"))),
            Some(host) => {
                let text = format!("generation {number} is for the host {}, not for {host}", graph.host());
                Err(Failure::new(Exit::Usage, text).help("leave `--host` out, or name a spec"))
            }
        }
    }

    fn generation(&self, store: &Store) -> Result<(u64, Graph), Failure> {
        let doing = format!("cannot tell what machine {} mounts", self.vmid);
        let failed = |error| Failure::store(&doing, error);
        let generation = match self.generation {
            Some(number) => store.generation(number).map_err(failed)?,
            None => store.current().map_err(failed)?.ok_or_else(|| {
                Failure::new(Exit::Usage, &doing)
                    .because("there is no generation yet")
                    .help(format!("name a spec: `phoenix guest {} phoenix.kdl`", self.vmid))
            })?,
        };
        Ok((generation.number, store.recorded(&generation.system).map_err(failed)?))
    }

    /// Hands the units over: also none, where those of an earlier run are to go.
    fn hand_over(
        &self,
        graph: &Graph,
        mounts: &[MachineMount],
        common: &Common,
        terminal: &Terminal,
    ) -> Result<Exit, Failure> {
        let Self { vmid: machine, overwrite, yes, json, .. } = *self;
        let wanted = Wanted { host: graph.host(), machine, mounts };
        Handover { wanted, overwrite, yes, json, terminal }.run(common)
    }

    fn has_none(&self, graph: &Graph, what: &str) -> Failure {
        let others: Vec<String> = by_machine(graph).keys().map(u32::to_string).collect();
        let is_given = graph
            .resources()
            .any(|resource| matches!(resource, Resource::Virtiofs(one) if one.machine == self.vmid));
        let help = if is_given {
            "it is given a directory by `virtiofs`: say `at` beside that, where it is to mount it".to_owned()
        } else if others.is_empty() {
            format!(
                "no machine mounts anything there; say `bind {{ vm {} at=\"…\" server=\"…\" }}`, or `virtiofs` and `at`",
                self.vmid
            )
        } else {
            format!("these machines do: {}", others.join(", "))
        };
        let text = format!("machine {} mounts nothing in {what}", self.vmid);
        Failure::new(Exit::Usage, text).help(help)
    }

    /// Writes all files, or none where one that is there is to be left. No link in the folder is followed. Lists the units
    /// that an earlier run wrote there and that are not among these.
    fn write(&self, folder: &Path, files: &[MachineFile], host: &HostName) -> Result<Vec<String>, Failure> {
        let doing = || format!("cannot write into {}", folder.display());
        let failed = |error: io::Error| Failure::new(Exit::Failed, doing()).because(error);
        match fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(failed(error).help("it makes one folder: make the one above first"));
            }
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => {}
        }
        let beside = Beside::open(folder).map_err(failed)?;
        let mut write = Vec::new();
        let mut differ = Vec::new();
        for file in files {
            let found = beside.read(&file.name).map_err(|error| {
                let path = folder.join(&file.name);
                Failure::new(Exit::Failed, format!("cannot read {}", path.display()))
                    .because(error)
                    .help("look what stands there and move it away, or name another folder")
            })?;
            match found {
                Some((text, _)) if text == file.text => {}
                Some(_) if !self.overwrite => differ.push(file.name.as_str()),
                found => write.push((file, found.map(|(_, about)| about))),
            }
        }
        if !differ.is_empty() {
            return Err(Failure::new(Exit::Refused, doing())
                .because(format!("what is there differs: {}", differ.join(", ")))
                .help("look at it; `--overwrite` writes over it"));
        }
        for (file, was) in write {
            beside.write(&file.name, &file.text, was.as_ref()).map_err(failed)?;
        }
        let head = units::head(host, self.vmid);
        let is_ours = |name: &str| {
            let unit = [".mount", ".automount"].iter().any(|end| name.ends_with(end));
            let text = || beside.read(name).ok().flatten();
            unit && files.iter().all(|file| file.name != name)
                && text().is_some_and(|(text, _)| text.lines().next() == Some(&head))
        };
        let names =
            beside.names().map_err(failed)?.into_iter().filter_map(|(name, _)| name.into_string().ok());
        Ok(names.filter(|name| is_ours(name)).collect())
    }
}
