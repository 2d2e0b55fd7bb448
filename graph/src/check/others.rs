//! The other resources of a host, as a kind asks about them: what it needs is there, and nobody else has what only
//! one can have.

use super::{kubernetes::Kubernetes, reason::Reason};
use crate::{
    DatasetName, Key, Settings, StorageId, Value,
    export::reach::{Asked, Clients, Exports, NoWay, Way},
};
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeSet;

/// What a resource may ask of the others of its host.
#[derive(Debug, Default)]
pub struct Others<'a> {
    /// The file systems and volumes, by name.
    known: HashMap<&'a str, Known<'a>>,
    /// Where file systems are mounted.
    places: HashSet<&'a str>,
    /// The containers and machines that have something.
    guests: HashSet<(Guest, u32)>,
    /// Where machines mount something.
    inside: HashSet<(u32, &'a str)>,
    /// The directories that machines are given, by their ids, and what they are of.
    mapped: HashMap<&'a str, &'a DatasetName>,
    /// What is exported.
    exports: Exports<'a>,
    /// What replication from elsewhere writes to.
    replicas: BTreeSet<&'a str>,
    /// What says a schedule of snapshots itself.
    scheduled: HashSet<&'a str>,
    /// The disks of those that were asked already.
    disks: HashSet<&'a str>,
    /// Those that had another name before: what has theirs now may have been another.
    renamed: HashSet<&'a DatasetName>,
    /// The earlier names of those that were asked already.
    earlier: HashSet<&'a DatasetName>,
    /// The registrations that disks of machines lie on, as volumes of ZFS.
    for_disks: HashSet<&'a StorageId>,
    /// What a cluster of Kubernetes is told.
    pub kubernetes: Kubernetes<'a>,
}

/// The kinds of guests. Proxmox gives each id to one guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guest {
    Container,
    Machine,
}

/// What is known of a file system or volume.
#[derive(Debug, Clone, Copy)]
struct Known<'a> {
    name: &'a DatasetName,
    settings: &'a Settings,
    volume: bool,
    /// Where it is mounted, if it is.
    mounted: Option<&'a str>,
}

impl<'a> Others<'a> {
    /// Makes room for so many file systems and volumes.
    pub fn with_capacity(datasets: usize) -> Self {
        Self { known: HashMap::with_capacity(datasets), ..Self::default() }
    }

    /// Knows a file system or volume; of several with one name, the last.
    pub fn know(&mut self, name: &'a DatasetName, settings: &'a Settings, volume: bool) {
        self.known.insert(name.as_str(), Known { name, settings, volume, mounted: None });
    }

    /// Knows where a file system is mounted that is known.
    pub fn know_mounted(&mut self, name: &DatasetName, path: &'a str) {
        if let Some(known) = self.known.get_mut(name.as_str()) {
            known.mounted = Some(path);
        }
        self.know_place(path);
    }

    /// Knows that a file system is mounted at a path.
    pub fn know_place(&mut self, path: &'a str) {
        self.places.insert(path);
    }

    /// Takes an id for a guest of a kind, which no guest of the other kind may have.
    ///
    /// # Errors
    /// [`Reason::TwoKinds`]; [`Reason::Kubernetes`] where a guest of this id would take the disks of a cluster with it.
    pub fn guest(&mut self, kind: Guest, id: u32) -> Result<(), Reason> {
        self.kubernetes.no_controller(id)?;
        self.guests.insert((kind, id));
        let other = match kind {
            Guest::Container => Guest::Machine,
            Guest::Machine => Guest::Container,
        };
        if self.guests.contains(&(other, id)) { Err(Reason::TwoKinds(id)) } else { Ok(()) }
    }

    /// Knows a registration that disks of machines lie on, as volumes of ZFS.
    pub fn know_for_disks(&mut self, id: &'a StorageId) {
        self.for_disks.insert(id);
    }

    /// Says that disks of machines lie on a registration: as volumes of ZFS.
    ///
    /// # Errors
    /// [`Reason::Kubernetes`]
    pub fn holds_disks(&self, id: &StorageId) -> Result<(), Reason> {
        match self.for_disks.contains(id) {
            true => Ok(()),
            false => Err(Reason::Kubernetes(format!("{id} is no `zfspool` storage with `images`"))),
        }
    }

    /// Takes a path in a machine for something that it mounts.
    ///
    /// # Errors
    /// [`Reason::Guest`] where it mounts something else there.
    pub fn mounts_inside(&mut self, machine: u32, at: &'a str) -> Result<(), Reason> {
        match self.inside.insert((machine, at)) {
            true => Ok(()),
            false => Err(Reason::Guest(format!("machine {machine} mounts something else at {at}"))),
        }
    }

    /// Knows a directory that machines are given.
    pub fn know_mapped(&mut self, id: &'a str, dataset: &'a DatasetName) {
        self.mapped.insert(id, dataset);
    }

    /// Returns whether an id is that of a directory of this file system.
    pub fn is_mapped(&self, id: &str, dataset: &DatasetName) -> bool {
        self.mapped.get(id).is_some_and(|mapped| *mapped == dataset)
    }

    /// Returns whether a file system is mounted at a path.
    pub fn is_mount_point(&self, path: &str) -> bool {
        self.places.contains(path)
    }

    /// Knows what is exported, and to whom.
    pub fn know_exported(&mut self, path: &'a str, clients: &'a Clients) {
        self.exports.insert(path, clients);
    }

    /// Returns the way on which an NFS client reaches a path.
    ///
    /// # Errors
    /// [`NoWay`]
    pub fn way<'w>(&self, asked: Asked<'w>) -> Result<Way<'w>, NoWay>
    where
        'a: 'w,
    {
        Way::find(&self.exports, asked)
    }

    /// Returns whether the file system or volume that is known by a name has these very settings, and is no other of
    /// the same name.
    pub fn is_the_one(&self, name: &DatasetName, settings: &Settings) -> bool {
        self.known.get(name.as_str()).is_some_and(|known| std::ptr::eq(known.settings, settings))
    }

    /// Returns the key of the file system or volume that is known by a name.
    pub fn key(&self, name: &DatasetName) -> Option<Key> {
        let known = self.known.get(name.as_str())?;
        let key = if known.volume { Key::Volume } else { Key::Dataset };
        Some(key(name.clone()))
    }

    /// Knows that a file system or volume had another name before.
    pub fn know_renamed(&mut self, name: &'a DatasetName) {
        self.renamed.insert(name);
    }

    /// Knows that replication from elsewhere writes to a file system or volume.
    pub fn know_replica(&mut self, name: &'a DatasetName) {
        self.replicas.insert(name.as_str());
    }

    /// Knows that a file system or volume says a schedule of snapshots itself.
    pub fn know_scheduled(&mut self, name: &'a DatasetName) {
        self.scheduled.insert(name.as_str());
    }

    /// Returns whether a schedule for all below a dataset is one for something that replication writes to.
    pub fn has_replica_without_schedule(&self, top: &DatasetName) -> bool {
        let begin = format!("{top}/");
        let below = self.replicas.range(&*begin..).take_while(|name| name.starts_with(&begin));
        below.into_iter().any(|replica| {
            let up = std::iter::successors(Some(*replica), |name| parent(name));
            let mut inside = up.take_while(|name| name.starts_with(&begin));
            !inside.any(|name| self.scheduled.contains(name))
        })
    }

    /// Returns whether replication from elsewhere writes to a file system or volume, or to what it lies in.
    pub fn is_replica(&self, name: &DatasetName) -> bool {
        std::iter::successors(Some(name.as_str()), |name| parent(name))
            .any(|name| self.replicas.contains(name))
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
        self.known.get(name.as_str()).map_or(Ok(()), Known::no_volume)
    }

    /// Returns where a file system is mounted.
    ///
    /// # Errors
    /// [`Reason::Unmounted`]
    pub fn mounted(&self, name: &DatasetName) -> Result<Box<str>, Reason> {
        match self.known.get(name.as_str()) {
            Some(Known { mounted: Some(path), .. }) => Ok((*path).into()),
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
        let own = self.known.get(name.as_str()).into_iter();
        let mut said = own.chain(self.above(name)).filter_map(|known| known.settings.get("sharenfs"));
        said.next().is_some_and(|word| word != &Value::Text("off".into()))
    }

    /// Says that the directories of a file system take access control lists (`acltype`).
    ///
    /// # Errors
    /// [`Reason::NoLists`]
    pub fn takes_lists(&self, name: &DatasetName) -> Result<(), Reason> {
        let own = self.known.get(name.as_str()).into_iter();
        let mut said = own.chain(self.above(name)).filter_map(|known| known.settings.get("acltype"));
        match said.next() {
            Some(word) if word.to_string() == "posix" => Ok(()),
            _ => Err(Reason::NoLists(name.clone())),
        }
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
        let parent = parent(name.as_str()).and_then(|parent| self.known.get(parent));
        parent.map_or(Ok(()), Known::no_volume)?;
        if let Some(was) = was
            && (self.known.contains_key(was.as_str()) && !self.renamed.contains(was)
                || !self.earlier.insert(was))
        {
            return Err(Reason::Was(was.clone()));
        }
        let number = |name: &str| settings.number(name);
        let quota = number("quota").filter(|quota| *quota > 0);
        let above = self.quota_above(name);
        if let (Some(quota), Some((most, above))) = (quota, &above)
            && quota > *most
        {
            return Err(Reason::Quota { quota, most: *most, above: (*above).clone() });
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
        self.encrypted(name, settings)
    }

    /// Lists what is known of those above, the nearest first.
    fn above(&self, name: &DatasetName) -> impl Iterator<Item = &Known<'a>> {
        let names = std::iter::successors(parent(name.as_str()), |name| parent(name));
        names.filter_map(|name| self.known.get(name))
    }

    /// Finds the nearest quota above.
    fn quota_above(&self, name: &DatasetName) -> Option<(u64, &'a DatasetName)> {
        let quota = |settings: &Settings| settings.number("quota").filter(|quota| *quota > 0);
        self.above(name).find_map(|known| Some((quota(known.settings)?, known.name)))
    }

    /// Checks that what is encrypted has a key: of its own, or one from above.
    fn encrypted(&self, name: &DatasetName, own: &Settings) -> Result<(), Reason> {
        let encrypted = |settings: &Settings| {
            settings.get("encryption").is_some_and(|word| word != &Value::Text("off".into()))
        };
        if !encrypted(own) {
            return Ok(());
        }
        match (own.get("keyformat").is_some(), own.get("keylocation").is_some()) {
            (true, true) => Ok(()),
            (false, false) if self.above(name).any(|above| encrypted(above.settings)) => Ok(()),
            _ => Err(Reason::NoKey),
        }
    }
}

impl Known<'_> {
    fn no_volume(&self) -> Result<(), Reason> {
        if self.volume { Err(Reason::InVolume(self.name.clone())) } else { Ok(()) }
    }
}

fn parent(name: &str) -> Option<&str> {
    name.rsplit_once('/').map(|(parent, _)| parent)
}
