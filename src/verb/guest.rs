//! `phoenix guest`

use crate::{
    carried::{Format, printed},
    exit::Exit,
    failure::Failure,
    handover::{Handover, wanted::Wanted},
    options::Common,
    spec::Tell,
    terminal::Terminal,
    view::GuestView,
    which::Which,
    written::Writing,
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
use std::path::{Path, PathBuf};

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
    #[command(flatten)]
    which: Which,
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
        let tell = if self.json { Tell::Programs } else { Tell::People };
        let doing = format!("cannot tell what machine {} mounts", self.vmid);
        let example = format!("phoenix guest {} phoenix.kdl", self.vmid);
        let (graph, what) = self.which.graph(&doing, &example, tell, common, terminal)?;
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

    /// Writes all files, or none where one that is there is to be left. Lists the units that an earlier run wrote there and
    /// that are not among these.
    fn write(&self, folder: &Path, files: &[MachineFile], host: &HostName) -> Result<Vec<String>, Failure> {
        let texts: Vec<(&str, &str)> = files.iter().map(|file| (&*file.name, &*file.text)).collect();
        let written = Writing::into(folder, None, &texts, self.overwrite)?.write()?;
        let head = units::head(host, self.vmid);
        let is_unit = |name: &str| [".mount", ".automount"].iter().any(|end| name.ends_with(end));
        let mut others = written.others(&head)?;
        others.retain(|name| is_unit(name));
        Ok(others)
    }
}
