//! The place where a verb works: a host, real or simulated, with its store.

use crate::{exit::Exit, failure::Failure, options::Common, outside};
use phoenix_graph::{DatasetName, PropertyName};
use phoenix_host::{
    Host, HostError,
    observed::{Observed, Query, SnapshotState},
    secret::Nobody,
};
use phoenix_linux::{LinuxHost, LinuxPaths};
use phoenix_sim::SimHost;
use phoenix_store::Store;
use phoenix_transaction::{execute::Events, switch::Runtime};
use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

/// The state folder of a simulated host, in its own.
pub const SIM_STATE: &str = "state";

/// A host with its store.
pub struct Site {
    host: Box<dyn Host>,
    /// The folder of the simulated host, where it is one.
    pub sim: Option<PathBuf>,
    pub store: Store,
    /// What tells this machine from others, for people: its name, or the folder of a simulated one.
    pub machine: String,
}

/// What is to be done with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read it as it is; where there is none, it counts as empty. A simulated host has to be there: one that
    /// is not is a slip in its name.
    Read,
    /// Read it to see whether it may be made, with its simulated host; where there is none, that counts as
    /// blank.
    Foresee,
    /// Change it; what is missing is made, the simulated host, too.
    Make,
    /// Change it; what is missing of it is made.
    Change,
}

impl Site {
    /// Opens the host and the store that the options name.
    ///
    /// # Errors
    /// Where one of them cannot be opened.
    pub fn open(common: &Common, access: Access) -> Result<Self, Failure> {
        let host: Box<dyn Host> = match &common.sim {
            Some(dir) => {
                is_there(dir, access)?;
                let doing = || format!("cannot open the simulated host in {}", dir.display());
                let make = access == Access::Make && !SimHost::is_kept(dir);
                let host = if make { SimHost::make(dir) } else { SimHost::open(dir) };
                Box::new(host.map_err(|error| Failure::host(doing(), error))?)
            }
            None => Box::new(LinuxHost::new(LinuxPaths::default())),
        };
        let sim = common.sim.as_deref().map(absolute).transpose()?;
        let machine = match &common.sim {
            Some(dir) => format!("simulated in {}", dir.canonicalize().unwrap_or(dir.clone()).display()),
            None => outside::host_name().unwrap_or_default(),
        };
        Ok(Self { host, sim, store: store(common, access)?, machine })
    }

    /// Looks at everything the host has, and changes nothing.
    ///
    /// # Errors
    /// Where the host cannot be looked at.
    pub fn survey(&self) -> Result<Observed, HostError> {
        self.host.observe(&Query::survey())
    }

    /// Looks at these properties of all datasets.
    ///
    /// # Errors
    /// Where the host cannot be looked at.
    pub fn properties(&self, names: &[&str]) -> Result<Observed, HostError> {
        let properties = names.iter().copied().map(PropertyName::new).collect();
        self.host.observe(&Query { properties, ..Query::default() })
    }

    /// Lists the snapshots of these datasets and of all below them, or of all pools where none is named.
    ///
    /// # Errors
    /// Where one is not there, or the host cannot be looked at.
    pub fn snapshots(&self, of: &[DatasetName]) -> Result<Vec<SnapshotState>, HostError> {
        self.host.snapshots(of)
    }

    /// Puts a runtime together. `jobs` actions run at once.
    pub fn runtime<'a>(&'a self, jobs: u16, stop: &'a AtomicBool, events: &'a dyn Events) -> Runtime<'a> {
        Runtime {
            host: &*self.host,
            store: &self.store,
            jobs: jobs.into(),
            stop,
            events,
            keys: &Nobody,
            now: outside::now(),
            who: outside::who(),
            message: None,
        }
    }
}

/// Opens the store that the options name.
///
/// # Errors
/// Where it cannot be made, or the options contradict each other.
pub fn store(common: &Common, access: Access) -> Result<Store, Failure> {
    if let Some(dir) = &common.sim {
        is_there(dir, access)?;
    }
    let root = state_dir(common)?;
    match access {
        Access::Read | Access::Foresee => Ok(Store::read_only(&root)),
        Access::Change | Access::Make => {
            let doing = || format!("cannot open the store in {}", root.display());
            Store::open(&root).map_err(|error| Failure::store(doing(), error))
        }
    }
}

/// Refuses a state folder that was named and is not there: all would be well in what is only a slip.
pub fn named_is_there(common: &Common) -> Result<(), Failure> {
    let root = state_dir(common)?;
    if common.sim.is_some() || common.state_dir.is_none() || root.is_dir() {
        return Ok(());
    }
    Err(Failure::new(Exit::Usage, format!("there is no state folder at {}", root.display()))
        .because(if root.exists() { "it is no folder" } else { "there is no such folder" })
        .help("look whether the name is right; a first `phoenix switch` makes it"))
}

/// Refuses a simulated host that is not there, where none is to be made.
fn is_there(dir: &Path, access: Access) -> Result<(), Failure> {
    if dir.is_dir() || matches!(access, Access::Foresee | Access::Make) {
        return Ok(());
    }
    Err(Failure::new(Exit::Usage, format!("there is no simulated host in {}", dir.display()))
        .because(if dir.exists() { "it is no folder" } else { "there is no such folder" })
        .help(format!(
            "`phoenix switch --sim {}` makes one; or look whether the name is right",
            dir.display()
        )))
}

fn state_dir(common: &Common) -> Result<PathBuf, Failure> {
    let Some(sim) = &common.sim else {
        let named = common.state_dir.clone().or_else(outside::state_dir);
        return absolute(&named.unwrap_or_else(|| PathBuf::from("/var/lib/phoenix")));
    };
    // Links of the simulated host that lie below its folder are real ones: the state belongs there.
    let sim = absolute(sim)?;
    let sim = sim.canonicalize().unwrap_or(sim);
    let Some(state) = &common.state_dir else { return Ok(sim.join(SIM_STATE)) };
    let state = absolute(state)?;
    if state.starts_with(&sim) {
        return Ok(state);
    }
    Err(Failure::new(Exit::Usage, "`--state-dir` lies outside the folder of `--sim`")
        .because("a simulated host and its state belong together")
        .help("leave `--state-dir` out: the state is kept in DIR/state"))
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let doing = || format!("cannot find the folder {}", path.display());
    std::path::absolute(path).map_err(|error| Failure::new(Exit::Failed, doing()).because(error))
}
