//! The layout of a pool that is there: attach, detach, replace, add, remove. A disk is filled, and a
//! vdev emptied, at once.

use crate::state::{Content, Pool, Refusal, State, Vdev, refuse};
use phoenix_graph::{Class, PoolName, Redundancy, Vdev as Asked};

impl State {
    /// `zpool attach`: to a single disk, a mirror, or (from 2.3) a raidz vdev by its name.
    pub fn pool_attach(&mut self, pool: &PoolName, to: &str, disk: &str) -> Result<(), Refusal> {
        self.need_pool(pool)?;
        let device = self.check_free(disk)?;
        let cannot = |text: &str| refuse(255, format!("cannot attach {disk} to {to}: {text}"));
        if let Some(reason) = self.pools.get(pool).and_then(Pool::pinned) {
            return cannot(reason);
        }
        let widens = self.zfs >= (2, 3);
        let found = self.vdev_of(pool, to);
        let layout = self.pools.get_mut(pool).map(|state| &mut state.layout);
        let Some(vdev) = layout.and_then(|layout| layout.get_mut(found?)) else {
            return cannot("no such device in pool");
        };
        match vdev.redundancy {
            Redundancy::None | Redundancy::Mirror if !matches!(vdev.class, Class::Cache | Class::Spare) => {
                vdev.redundancy = Redundancy::Mirror;
            }
            Redundancy::Raidz(_) if widens => {}
            _ => return cannot("can only attach to mirrors and top-level disks"),
        }
        vdev.disks.push(disk.into());
        self.add_blank_disks([disk]);
        self.label(pool, device);
        Ok(())
    }

    /// `zpool detach`: out of a mirror in which another disk stays.
    pub fn pool_detach(&mut self, pool: &PoolName, disk: &str) -> Result<(), Refusal> {
        self.need_pool(pool)?;
        let cannot = |text: &str| refuse(255, format!("cannot detach {disk}: {text}"));
        let Some(state) = self.pools.get_mut(pool) else { return cannot("no such device in pool") };
        if let Some(reason) = state.pinned() {
            return cannot(reason);
        }
        let guid = state.guid;
        let holder = state.layout.iter_mut().find(|vdev| vdev.disks.iter().any(|other| **other == *disk));
        let Some(vdev) = holder else { return cannot("no such device in pool") };
        if vdev.redundancy != Redundancy::Mirror {
            return cannot("only applicable to mirror and replacing vdevs");
        }
        vdev.disks.retain(|other| **other != *disk);
        if vdev.disks.len() == 1 {
            vdev.redundancy = Redundancy::None;
        }
        self.leave(pool, guid, disk, false);
        Ok(())
    }

    /// `zpool replace`.
    pub fn pool_replace(&mut self, pool: &PoolName, old: &str, new: &str) -> Result<(), Refusal> {
        self.need_pool(pool)?;
        let device = self.check_free(new)?;
        let cannot = |text: &str| refuse(255, format!("cannot replace {old} with {new}: {text}"));
        if let Some(reason) = self.pools.get(pool).and_then(Pool::pinned) {
            return cannot(reason);
        }
        let Some(at) = self.vdev_of(pool, old) else { return cannot("no such device in pool") };
        if old != new
            && let Some(guid) = self.pools.get(pool).map(|state| state.guid)
        {
            self.leave(pool, guid, old, false);
        }
        self.add_blank_disks([new]);
        self.label(pool, device);
        if let Some(vdev) = self.pools.get_mut(pool).and_then(|state| state.layout.get_mut(at)) {
            for disk in vdev.disks.iter_mut().filter(|disk| ***disk == *old) {
                *disk = new.into();
            }
        }
        Ok(())
    }

    /// `zpool add`, one top-level vdev.
    pub fn pool_add(&mut self, pool: &PoolName, asked: &Asked) -> Result<(), Refusal> {
        self.need_pool(pool)?;
        let mut devices = Vec::new();
        for disk in &asked.disks {
            devices.push(self.check_free(&disk.0)?);
        }
        let there = self.pools.get(pool).map(|state| state.layout.as_slice()).unwrap_or_default();
        if let Some(first) = there.iter().find(|vdev| vdev.class.holds_data() && asked.class.holds_data())
            && first.redundancy != asked.redundancy
        {
            let word = |redundancy: &Redundancy| String::from(redundancy.clone()).replace("none", "disk");
            return refuse(
                1,
                format!(
                    "invalid vdev specification\nuse '-f' to override the following errors:\nmismatched replication level: pool uses {} and new vdev is {}",
                    word(&first.redundancy),
                    word(&asked.redundancy)
                ),
            );
        }
        for device in devices {
            self.label(pool, device);
        }
        self.add_blank_disks(asked.disks.iter().map(|disk| &*disk.0));
        if let Some(state) = self.pools.get_mut(pool) {
            state.layout.extend(super::life::top_level(asked));
        }
        Ok(())
    }

    /// `zpool remove`: by the vdev's name, or by the path of a single disk.
    pub fn pool_remove(&mut self, pool: &PoolName, name: &str) -> Result<(), Refusal> {
        self.need_pool(pool)?;
        let cannot = |text: &str| refuse(1, format!("cannot remove {name}: {text}"));
        let at = self.vdev_of(pool, name);
        let (Some(at), Some(state)) = (at, self.pools.get_mut(pool)) else {
            return cannot("no such device in pool");
        };
        if let Some(reason) = state.pinned() {
            return cannot(reason);
        }
        let plain = |vdev: &Vdev| matches!(vdev.redundancy, Redundancy::None | Redundancy::Mirror);
        let data = state.layout.iter().filter(|vdev| vdev.class == Class::Data).count();
        if state.layout[at].class.holds_data() {
            if !state.layout.iter().all(|vdev| plain(vdev) || !vdev.class.holds_data()) {
                return cannot(
                    "invalid config; all top-level vdevs must have the same sector size and not be raidz.",
                );
            }
            if state.layout[at].class == Class::Data && data == 1 {
                return cannot("out of space");
            }
        }
        let guid = state.guid;
        let vdev = state.layout.remove(at);
        let nameless = matches!(vdev.class, Class::Cache | Class::Spare);
        for disk in &vdev.disks {
            self.leave(pool, guid, disk, nameless);
        }
        Ok(())
    }

    /// `zpool remove -s`: here nothing is ever being removed.
    pub fn pool_remove_stop(&mut self, pool: &PoolName) -> Result<(), Refusal> {
        self.need_pool(pool)?;
        refuse(1, "cannot cancel removal: operation is not in progress")
    }

    /// Says whether a pool has lost a disk: its path leads nowhere, or to what is not the pool's.
    pub fn is_lost(&self, pool: &Pool, path: &str) -> bool {
        let content = self.disks.get(path).and_then(|device| self.devices.get(device));
        !matches!(content, Some(Content::Label { guid, .. }) if *guid == pool.guid)
    }

    /// Returns the word that a vdev is found by. Like a GUID it stays while other vdevs come and go.
    pub fn vdev_name(vdev: &Vdev) -> Box<str> {
        let first = vdev.disks.first().map(|disk| &**disk).unwrap_or_default();
        match &vdev.redundancy {
            Redundancy::None => first.into(),
            redundancy => format!("{} of {first}", String::from(redundancy.clone())).into(),
        }
    }

    /// Finds a vdev by its word or by a disk of it.
    fn vdev_of(&self, pool: &PoolName, name: &str) -> Option<usize> {
        let is =
            |vdev: &Vdev| *Self::vdev_name(vdev) == *name || vdev.disks.iter().any(|disk| **disk == *name);
        self.pools.get(pool)?.layout.iter().position(is)
    }

    /// Writes the pool's label on a device.
    fn label(&mut self, pool: &PoolName, device: Box<str>) {
        let guid = self.pools.get(pool).map_or(0, |state| state.guid);
        self.devices.insert(device, Content::Label { pool: pool.clone(), guid, destroyed: false });
    }

    /// Leaves on a disk what a pool leaves on one that is no longer its own.
    fn leave(&mut self, pool: &PoolName, guid: u64, disk: &str, nameless: bool) {
        let content = self.disks.get(disk).and_then(|device| self.devices.get_mut(device));
        if let Some(content) = content
            && matches!(content, Content::Label { guid: own, .. } if *own == guid)
        {
            *content = Content::Former { pool: pool.clone(), guid, nameless };
        }
    }
}
