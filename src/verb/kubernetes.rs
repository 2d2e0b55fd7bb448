//! `phoenix kubernetes`

use crate::{
    exit::Exit, failure::Failure, options::Common, spec::Tell, terminal::Terminal, view::KubernetesView,
    which::Which, written::Writing,
};
use clap::Args;
use phoenix_compiler::diagnostic::list;
use phoenix_graph::{Graph, HostName};
use phoenix_kubernetes::{File, PLUGIN, head, render};
use std::path::{Path, PathBuf};

/// Print what a cluster of Kubernetes is told of the host, as manifests
///
/// A switch does nothing in a cluster: this writes down what the spec says in `kubernetes`: classes,
/// quotas and rights, for `kubectl apply -f -`, `kubectl apply -f DIR`, or a repository that is applied by
/// itself. With `--output` it also writes, in the folder `plugin`, values for the chart of the Proxmox CSI
/// plugin, and the commands that give it a role and a token. There is no secret in any of it.
#[derive(Debug, Args)]
pub struct Kubernetes {
    #[command(flatten)]
    which: Which,
    /// Write files into this folder, and print only their names; one that is there and differs is left
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Write over files that differ
    #[arg(long, requires = "output")]
    overwrite: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Kubernetes {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let tell = if self.json { Tell::Programs } else { Tell::People };
        let doing = "cannot tell what a cluster of Kubernetes is told";
        let example = "phoenix kubernetes phoenix.kdl";
        let (graph, what) = self.which.graph(doing, example, tell, common, terminal)?;
        let files = render(&graph).map_err(|error| Failure::new(Exit::Failed, doing).because(error))?;
        if files.is_empty() {
            return Err(none(&graph, &what));
        }
        if let Some(folder) = &self.output {
            let others = self.write(folder, &files, graph.host())?;
            if !others.is_empty() {
                terminal.note(format_args!(
                    "Also there, from an earlier run: {}. Of what is gone: take it out of the cluster, and remove the file; \
                     with a namespace its claims would go.\n",
                    list(others.iter().map(String::as_str))
                ));
            }
        }
        match &self.output {
            _ if self.json => terminal.json(&KubernetesView::new(&graph, &files)),
            Some(folder) => {
                let names: Vec<String> =
                    files.iter().map(|file| format!("{}\n", folder.join(file.path()).display())).collect();
                terminal.print(names.concat());
            }
            None => {
                let manifests = files.iter().filter(|file| file.folder.is_none());
                let texts: Vec<&str> = manifests.map(|file| &*file.text).collect();
                terminal.print_file(&texts.concat());
            }
        }
        Ok(Exit::Done)
    }

    /// Writes all files, or none where one that is there is to be left. Lists those that an earlier run wrote there and that are
    /// not among these.
    fn write(&self, folder: &Path, files: &[File], host: &HostName) -> Result<Vec<String>, Failure> {
        let of = |folder: Option<&str>| -> Vec<(&str, &str)> {
            let here = files.iter().filter(|file| file.folder == folder);
            here.map(|file| (&*file.name, &*file.text)).collect()
        };
        let manifests = Writing::into(folder, None, &of(None), self.overwrite)?;
        let plugin = Writing::into(folder, Some(PLUGIN), &of(Some(PLUGIN)), self.overwrite)?;
        let written = manifests.write()?;
        plugin.write()?;
        written.others(&head(host))
    }
}

fn none(graph: &Graph, what: &str) -> Failure {
    let text = format!("{what} tells no cluster of Kubernetes anything of the host {}", graph.host());
    Failure::new(Exit::Usage, text)
        .help("say `kubernetes region=\"…\" { class \"…\" on=\"…\" ssd=#true }` in the host")
}
