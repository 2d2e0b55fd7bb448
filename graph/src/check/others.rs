//! The other resources of a host, as a kind asks about them: what it needs is there, and nobody else has what only
//! one can have.

use super::reason::Reason;
use crate::{DatasetName, Settings, Value};
use std::collections::{HashMap, HashSet};

/// What a resource may ask of the others of its host.
#[derive(Debug, Default)]
pub struct Others<'a> {
    /// By file system, where it is mounted; nothing where it never is.
    mounted: HashMap<&'a DatasetName, Option<&'a str>>,
    /// By file system or volume, its settings.
    settings: HashMap<&'a DatasetName, &'a Settings>,
    volumes: HashSet<&'a DatasetName>,
    /// The disks of those that were asked already.
    disks: HashSet<&'a str>,
    /// The earlier names of those that were asked already.
    earlier: HashSet<&'a DatasetName>,
}

impl<'a> Others<'a> {
    /// Knows where a file system is mounted.
    pub fn know_mounted(&mut self, name: &'a DatasetName, path: Option<&'a str>) {
        self.mounted.insert(name, path);
    }

    /// Knows a file system or volume.
    pub fn know(&mut self, name: &'a DatasetName, settings: &'a Settings, volume: bool) {
        self.settings.insert(name, settings);
        if volume {
            self.volumes.insert(name);
        } else {
            self.volumes.remove(name);
        }
    }

    /// Takes disks, which nobody else may have.
    ///
    /// # Errors
    /// [`Reason::DiskTwice`]
    pub fn take(&mut self, disks: impl IntoIterator<Item = &'a str>) -> Result<(), Reason> {
        match disks.into_iter().find(|disk| !self.disks.insert(disk)) {
            Some(disk) => Err(Reason::DiskTwice(disk.into())),
            None => Ok(()),
        }
    }

    /// Says that nothing lies in a volume.
    ///
    /// # Errors
    /// [`Reason::InVolume`]
    pub fn no_volume(&self, name: &DatasetName) -> Result<(), Reason> {
        if self.volumes.contains(name) { Err(Reason::InVolume(name.clone())) } else { Ok(()) }
    }

    /// Returns where a file system is mounted.
    ///
    /// # Errors
    /// [`Reason::Unmounted`]
    pub fn mounted(&self, name: &DatasetName) -> Result<Box<str>, Reason> {
        match self.mounted.get(name) {
            Some(Some(path)) => Ok((*path).into()),
            // A root dataset without settings is mounted at its default place.
            None if name.is_root() => Ok(format!("/{name}").into()),
            _ => Err(Reason::Unmounted(name.clone())),
        }
    }

    /// Says that a file system is mounted at a path.
    ///
    /// # Errors
    /// [`Reason::Unmounted`], [`Reason::Path`]
    pub fn mounted_at(&self, dataset: &DatasetName, path: &str) -> Result<(), Reason> {
        match self.mounted(dataset)? {
            found if *found == *path => Ok(()),
            _ => Err(Reason::Path { dataset: dataset.clone(), path: path.into() }),
        }
    }

    /// Returns whether OpenZFS shares a file system by itself.
    #[must_use]
    pub fn is_shared(&self, name: &DatasetName) -> bool {
        let own = self.settings.get(name).copied();
        let said = own.into_iter().chain(self.above(name).map(|(_, settings)| settings));
        let mut said = said.filter_map(|settings| settings.get("sharenfs"));
        said.next().is_some_and(|word| word != &Value::Text("off".into()))
    }

    /// Checks a file system or volume, which takes this much of the space above it where no setting says so, and had
    /// another name before.
    ///
    /// # Errors
    /// What does not go together.
    pub fn dataset(
        &mut self,
        name: &DatasetName,
        settings: &Settings,
        takes: u64,
        was: Option<&'a DatasetName>,
    ) -> Result<(), Reason> {
        name.parent().map_or(Ok(()), |parent| self.no_volume(&parent))?;
        if let Some(was) = was
            && (self.settings.contains_key(was) || !self.earlier.insert(was))
        {
            return Err(Reason::Was(was.clone()));
        }
        let number = |name: &str| settings.number(name);
        let quota = number("quota").filter(|quota| *quota > 0);
        let above = self.quota_above(name);
        if let (Some(quota), Some((most, above))) = (quota, &above)
            && quota > *most
        {
            return Err(Reason::Quota { quota, most: *most, above: above.clone() });
        }
        let above = above.map(|(most, _)| most);
        let refquota = number("refquota").filter(|quota| *quota > 0);
        for (reserved, own) in [("reservation", quota), ("refreservation", refquota)] {
            let most = [own, quota, above].into_iter().flatten().min();
            if let (Some(reserved), Some(most)) = (number(reserved), most)
                && reserved > most
            {
                return Err(Reason::Reserved(reserved, most));
            }
        }
        if let Some(most) = above.filter(|most| takes > *most)
            && number("refreservation").is_none()
        {
            return Err(Reason::Reserved(takes, most));
        }
        self.key(name)
    }

    fn above(&self, name: &DatasetName) -> impl Iterator<Item = (DatasetName, &'a Settings)> {
        let names = std::iter::successors(name.parent(), DatasetName::parent);
        names.filter_map(|name| self.settings.get(&name).map(|settings| (name, *settings)))
    }

    /// Finds the nearest quota above.
    fn quota_above(&self, name: &DatasetName) -> Option<(u64, DatasetName)> {
        let quota = |settings: &Settings| settings.number("quota").filter(|quota| *quota > 0);
        self.above(name).find_map(|(name, settings)| Some((quota(settings)?, name)))
    }

    /// Checks that what is encrypted has a key: of its own, or one from above.
    fn key(&self, name: &DatasetName) -> Result<(), Reason> {
        let encrypted = |settings: &Settings| {
            settings.get("encryption").is_some_and(|word| word != &Value::Text("off".into()))
        };
        let Some(own) = self.settings.get(name).filter(|own| encrypted(own)) else { return Ok(()) };
        match (own.get("keyformat").is_some(), own.get("keylocation").is_some()) {
            (true, true) => Ok(()),
            (false, false) if self.above(name).any(|(_, above)| encrypted(above)) => Ok(()),
            _ => Err(Reason::NoKey),
        }
    }
}
