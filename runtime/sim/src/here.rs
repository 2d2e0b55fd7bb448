//! The simulated host as the place that `pvesm` runs on.

use crate::{
    pvesm::{Site, Space},
    secrets::PVE,
    state::State,
};
use phoenix_graph::{DatasetName, Mode, PoolName};
use phoenix_host::{observed::Secrets, text::kept_secret::PASSWORD};
use std::path::{Path, PathBuf};

/// A simulated host, while `pvesm` runs on it.
pub struct Here<'a> {
    state: &'a mut State,
    /// The file that stands on the input.
    input: Option<&'a str>,
    /// What it mounted from a server: what is below is there, and nothing of this host.
    shares: Vec<String>,
}

impl<'a> Here<'a> {
    /// Begins a run.
    pub fn new(state: &'a mut State, input: Option<&'a str>) -> Self {
        Here { state, input, shares: Vec::new() }
    }

    fn is_elsewhere(&self, path: &str) -> bool {
        self.shares.iter().any(|share| Path::new(path).starts_with(share))
    }
}

impl Site for Here<'_> {
    fn node(&self) -> String {
        self.state.node.to_string()
    }

    fn lock(&mut self) -> Result<(), String> {
        self.state.cluster_lock()
    }

    fn read(&mut self) -> Result<Option<String>, String> {
        Ok(self.state.storage_cfg.clone())
    }

    fn write(&mut self, text: &str) -> Result<(), String> {
        self.state.storage_cfg = Some(text.to_owned());
        Ok(())
    }

    /// No operation goes by it: nobody writes at the same time.
    fn digest(&mut self, _: &str) -> Result<String, String> {
        Ok(String::new())
    }

    /// Same calls, same state: words stay in order.
    fn shuffle(&mut self, _: &mut Vec<String>) {}

    fn is_dataset_mounted(&self, dataset: &str) -> bool {
        let within = |mount: &DatasetName| Path::new(mount.as_str()).starts_with(dataset);
        self.state.mounts.iter().any(|mount| within(&mount.dataset))
    }

    fn pool(&mut self, pool: &str) -> Result<(), String> {
        let imported = PoolName::new(pool).is_ok_and(|name| self.state.imported(&name));
        if imported { Ok(()) } else { Err(format!("cannot open '{pool}': no such pool")) }
    }

    fn import(&mut self, pool: &str) -> Result<(), String> {
        let absent = format!("cannot import '{pool}': no such pool available");
        let name = PoolName::new(pool).map_err(|_| absent)?;
        self.state.pool_import(&name).map_err(|refusal| refusal.text)
    }

    fn mount_all(&mut self) -> Result<(), String> {
        self.state.mount_all().map_err(|refusal| refusal.text)
    }

    fn mountpoint(&mut self, dataset: &str) -> Result<String, String> {
        let found = DatasetName::new(dataset).ok().filter(|name| self.state.dataset(name).is_some());
        let name = found.ok_or_else(|| format!("cannot open '{dataset}': dataset does not exist"))?;
        Ok(self.state.mountpoint(&name).map_or_else(|| "none".to_owned(), Into::into))
    }

    fn dataset_space(&mut self, dataset: &str) -> Result<Space, String> {
        let found = DatasetName::new(dataset).ok().filter(|name| self.state.dataset(name).is_some());
        let name = found.ok_or_else(|| format!("cannot open '{dataset}': dataset does not exist"))?;
        let (used, available) = (self.state.used(&name), self.state.available(&name));
        Ok(Space { total: used.saturating_add(available), used, available })
    }

    fn has_thin_pool(&mut self, _: &str, _: &str) -> bool {
        // What is not on ZFS is not simulated, and taken to be there.
        true
    }

    fn is_folder(&self, path: &str) -> bool {
        self.is_elsewhere(path) || self.state.folder_exists(path)
    }

    fn make_folder(&mut self, path: &str) -> Result<(), String> {
        if self.is_elsewhere(path) {
            return Ok(());
        }
        self.state.make_folder(path, Mode::of(0o777)).map_err(str::to_owned)
    }

    fn folder_space(&mut self, path: &str) -> Result<Space, String> {
        match self.state.covering(path).map(|mount| mount.dataset.clone()) {
            Some(dataset) => self.dataset_space(dataset.as_str()),
            None => Err(format!("the room of what has {path} is not simulated")),
        }
    }

    fn is_mounted(&self, path: &str) -> bool {
        self.state.mounts.iter().any(|mount| &*mount.path == path)
    }

    fn is_btrfs(&self, path: &str) -> bool {
        // What is no file system of a pool may be one.
        self.state.covering(path).is_none()
    }

    fn answers(&mut self, _: &str, _: &str, _: Option<&str>) -> Result<bool, String> {
        Ok(true)
    }

    fn mount(&mut self, _: &str, _: &str, path: &str, _: Option<&str>) -> Result<(), String> {
        self.shares.push(path.to_owned());
        Ok(())
    }

    fn password(&mut self) -> Result<String, String> {
        let path = self.input.ok_or("EOF while reading password")?;
        let read = self.state.file(path, PASSWORD)?;
        Ok(String::from_utf8_lossy(&read).into_owned())
    }

    fn file(&mut self, path: &str) -> Result<String, String> {
        self.state.secret_at(path).map_err(|reason| format!("can't open '{path}' - {reason}"))
    }

    fn is_kept(&self, place: &str) -> bool {
        self.state.files.contains_key(&kept(place))
    }

    fn keep(&mut self, place: &str, text: &str) -> Result<(), String> {
        self.state.files.insert(kept(place), text.to_owned());
        Ok(())
    }

    fn drop_kept(&mut self, place: &str) -> Result<(), String> {
        self.state.files.remove(&kept(place));
        Ok(())
    }
}

fn kept(place: &str) -> PathBuf {
    Path::new(PVE).join(place)
}
