//! `phoenix snapshots`

use crate::{
    exit::Exit,
    failure::Failure,
    options::{Common, dataset},
    outside, show,
    site::{Access, Site, named_is_there},
    terminal::Terminal,
    view::SnapshotView,
};
use clap::Args;
use phoenix_graph::DatasetName;

/// List the snapshots that there are
///
/// Tells of each who took it, as its name hints at; how old it is; how much would be free without it alone,
/// and how much was written between the one before and it; and what keeps it from being destroyed: tags that
/// hold it, and what was cloned from it. Looks at the host, and changes nothing.
#[derive(Debug, Args)]
pub struct Snapshots {
    /// A file system or volume: its snapshots and those of all below it; without one, those of all pools
    #[arg(value_name = "DATASET")]
    dataset: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Snapshots {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let doing = "cannot list snapshots";
        named_is_there(common)?;
        let of: Vec<DatasetName> = self.dataset.as_deref().map(dataset).transpose()?.into_iter().collect();
        let site = Site::open(common, Access::Read)?;
        let found = site.snapshots(&of).map_err(|error| Failure::host(doing, error))?;
        if self.json {
            let views: Vec<_> = found.iter().map(SnapshotView::new).collect();
            terminal.json(&views);
        } else {
            terminal.print(show::snapshots::table(&found, outside::now(), terminal.paint()));
        }
        Ok(Exit::Done)
    }
}
