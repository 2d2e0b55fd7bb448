//! `phoenix capacity`

use crate::{
    exit::Exit,
    failure::Failure,
    options::{Common, dataset},
    show,
    site::{Access, Site, named_is_there},
    terminal::Terminal,
    view::CapacityView,
};
use clap::Args;
use phoenix_graph::{
    DatasetName, Graph,
    capacity::{Row, Space, claim, rows},
};
use phoenix_host::observed::DatasetState;
use std::collections::BTreeMap;

/// Tell what is promised of the space of pools, and what there is
///
/// Promised is what was said: quotas, sizes of volumes, reservations, and what namespaces of a cluster of
/// Kubernetes may claim, by the current generation. Against it stands what there is, what is used, what of
/// that snapshots hold, and what is reserved and not filled. Below the table stands what can never be kept,
/// what was promised twice, and what is nearly full. Looks at the host, and changes nothing.
#[derive(Debug, Args)]
pub struct Capacity {
    /// A file system or volume: it and all below it; without one, all pools
    #[arg(value_name = "DATASET")]
    dataset: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is looked at.
const PROPERTIES: [&str; 9] = [
    "available",
    "quota",
    "refquota",
    "refreservation",
    "reservation",
    "used",
    "usedbydataset",
    "usedbyrefreservation",
    "usedbysnapshots",
];

impl Capacity {
    /// Runs the verb.
    pub fn run(&self, common: &Common, terminal: &Terminal) -> Result<Exit, Failure> {
        let doing = "cannot tell what is promised";
        named_is_there(common)?;
        let of = self.dataset.as_deref().map(dataset).transpose()?;
        let site = Site::open(common, Access::Read)?;
        let seen = site.properties(&PROPERTIES).map_err(|error| Failure::host(doing, error))?;
        let failed = |error| Failure::store(doing, error);
        let current = site.store.current().map_err(failed)?;
        let graph = current.map(|one| site.store.recorded(&one.system)).transpose().map_err(failed)?;
        if let Some(name) = of.as_ref().filter(|name| !seen.datasets.contains_key(name)) {
            return Err(Failure::new(Exit::Failed, doing)
                .because(format!("there is no {name} in an imported pool"))
                .help("`zfs list` shows what there is"));
        }
        let mut spaces = BTreeMap::new();
        let mut unknown = Vec::new();
        for (name, state) in &seen.datasets {
            match space(state) {
                Some(space) => _ = spaces.insert(name.clone(), space),
                None => unknown.push(name.clone()),
            }
        }
        // By what the current generation says.
        claim(&mut spaces, graph.iter().flat_map(Graph::resources).collect::<Vec<_>>());
        let is_asked = |name: &DatasetName| of.as_ref().is_none_or(|of| name == of || name.is_below(of));
        let rows: Vec<Row> = rows(&spaces).into_iter().filter(|row| is_asked(&row.name)).collect();
        unknown.retain(is_asked);
        if self.json {
            let known = rows.iter().map(CapacityView::new);
            let views: Vec<_> = known.chain(unknown.iter().map(CapacityView::unknown)).collect();
            terminal.json(&views);
        } else {
            terminal.print(show::capacity::table(&rows, &unknown, terminal.paint()));
        }
        Ok(Exit::Done)
    }
}

/// Reads what is known of a dataset; nothing where something cannot be read.
fn space(state: &DatasetState) -> Option<Space> {
    let number = |name: &str| state.value(name)?.parse::<u64>().ok();
    // A volume has no quotas, and a number that cannot be read is none that is missing.
    let limit = |name: &str| if state.is_unreadable(name) { None } else { Some(number(name).unwrap_or(0)) };
    let volume = if state.volume { Some(number("volsize")?) } else { None };
    Some(Space {
        volume,
        quota: limit("quota")?,
        refquota: limit("refquota")?,
        reservation: number("reservation")?,
        refreservation: number("refreservation")?,
        used: number("used")?,
        available: number("available")?,
        used_by_dataset: number("usedbydataset")?,
        used_by_snapshots: number("usedbysnapshots")?,
        used_by_refreservation: number("usedbyrefreservation")?,
        claims: 0,
    })
}
