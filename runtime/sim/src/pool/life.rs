//! Pools: create, import, export, destroy, set.

use crate::{
    mount::{Follower, plain},
    properties::{judge, take},
    state::{Content, Dataset, Pool, Refusal, State, Vdev, refuse},
};
use phoenix_graph::{Class, DatasetName, PoolName, Redundancy, Target, Vdev as Asked};
use phoenix_host::{observed::ImportObstacle, op::Assignment, secret::Keys};
use std::collections::BTreeSet;

impl State {
    /// `zpool create`, which mounts the root dataset too; on a refused property or disk nothing is left behind.
    pub fn pool_create(
        &mut self,
        pool: &PoolName,
        layout: &[Asked],
        settings: &[Assignment],
        root: &[Assignment],
        keys: &Keys,
    ) -> Result<(), Refusal> {
        let cannot = |text: String| Refusal { code: 1, text: format!("cannot create '{pool}': {text}") };
        let tried = format!("cannot create '{pool}'");
        let mut devices = BTreeSet::new();
        for disk in layout.iter().flat_map(|vdev| &vdev.disks) {
            if !devices.insert(self.check_free(&disk.0)?) {
                return Err(cannot("one or more vdevs refer to the same device, or one of\nthe devices is part of an active md or lvm device".to_owned()));
            }
        }
        check_layout(layout)?;
        if self.pools.contains_key(pool) {
            // An exported pool of the name is no hindrance to OpenZFS, but the simulator keeps one by name.
            return Err(cannot("pool already exists".to_owned()));
        }
        let settings = take(self.zfs, Target::Pool, settings)
            .map_err(|complaint| Refusal { code: 1, text: complaint.after(&tried) })?;
        let mut root = take(self.zfs, Target::Filesystem, root)
            .map_err(|complaint| Refusal { code: 1, text: complaint.after(&tried) })?;
        let lock = self.lock_of(&pool.root(), &mut root, keys)?;
        let mountpoint = root.get("mountpoint").map_or_else(|| format!("/{pool}"), |raw| plain(raw));
        if self.holds_something(&mountpoint) {
            return refuse(
                1,
                format!(
                    "mountpoint '{mountpoint}' exists and is not empty\nuse '-m' option to provide a different default"
                ),
            );
        }
        let guid = self.next_guid();
        self.add_blank_disks(layout.iter().flat_map(|vdev| &vdev.disks).map(|disk| &*disk.0));
        for device in devices {
            self.devices.insert(device, Content::Label { pool: pool.clone(), guid, destroyed: false });
        }
        let layout = layout.iter().flat_map(top_level).collect();
        self.pools.insert(
            pool.clone(),
            Pool {
                guid,
                exported: false,
                layout,
                settings,
                work: Vec::new(),
                checkpoint: false,
                elsewhere: false,
            },
        );
        self.datasets.insert(pool.root(), Dataset { settings: root, lock, ..Dataset::default() });
        // Unlike the boot, a creation mounts a root dataset with canmount=noauto too.
        let off = self.effective(&pool.root(), "canmount").is_some_and(|setting| &*setting.raw == "off");
        if self.mountpoint(&pool.root()).is_some() && !off { self.mount(&pool.root()) } else { Ok(()) }
    }

    /// `zpool import`: mounts what mounts by itself. It succeeds also where some of that cannot be mounted.
    pub fn pool_import(&mut self, pool: &PoolName) -> Result<(), Refusal> {
        if let Some(refusal) = self.import_refusal(pool) {
            return Err(refusal);
        }
        match self.pools.get_mut(pool) {
            Some(state) if state.exported => {
                state.exported = false;
                self.mount_pool(pool);
                Ok(())
            }
            Some(_) => refuse(
                1,
                format!(
                    "cannot import '{pool}': a pool with that name already exists\nuse the form 'zpool import <pool | id> <newpool>' to give it a new name"
                ),
            ),
            None => refuse(1, format!("cannot import '{pool}': no such pool available")),
        }
    }

    /// Says in the words of `zpool import` why an exported pool is not imported by its name alone.
    fn import_refusal(&self, pool: &PoolName) -> Option<Refusal> {
        let text = match self.import_obstacles(pool).into_iter().next()? {
            ImportObstacle::OtherSystem => format!(
                "cannot import '{pool}': pool was previously in use from another system.\nThe pool can be imported, use 'zpool import -f' to import the pool."
            ),
            ImportObstacle::Log { devices } => format!(
                "cannot import '{pool}': one or more devices is currently unavailable\nThe devices below are missing or corrupted, use '-m' to import the pool anyway:\n\t    {} [log]",
                devices.join("\n\t    ")
            ),
            _ => format!(
                "cannot import '{pool}': no such pool or dataset\n\tDestroy and re-create the pool from\n\ta backup source."
            ),
        };
        Some(Refusal { code: 1, text })
    }

    /// Lists what keeps an exported pool from being imported by its name alone.
    pub fn import_obstacles(&self, name: &PoolName) -> Vec<ImportObstacle> {
        let Some(pool) = self.pools.get(name).filter(|pool| pool.exported) else { return Vec::new() };
        let gone = |vdev: &&Vdev| {
            let lost = vdev.disks.iter().filter(|path| self.is_lost(pool, path)).count();
            let spared = match &vdev.redundancy {
                Redundancy::Mirror => vdev.disks.len().saturating_sub(1),
                Redundancy::Raidz(parity) => usize::from(*parity),
                _ => 0,
            };
            lost > spared
        };
        let mut found = Vec::new();
        if pool.elsewhere {
            found.push(ImportObstacle::OtherSystem);
        }
        if pool.layout.iter().filter(gone).any(|vdev| vdev.class.holds_data()) {
            let status = "One or more devices are missing from the system.".into();
            found.push(ImportObstacle::Unavailable { status });
        }
        let logs = pool.layout.iter().filter(|vdev| vdev.class == Class::Log).filter(gone);
        let devices: Vec<Box<str>> = logs.map(Self::vdev_name).collect();
        if !devices.is_empty() {
            found.push(ImportObstacle::Log { devices });
        }
        found
    }

    /// `zpool export`: unmounts everything first.
    pub fn pool_export(&mut self, pool: &PoolName) -> Result<(), Refusal> {
        self.need_pool(pool)?;
        self.unmount_pool(pool)?;
        if self.is_in_use(pool) {
            return refuse(1, format!("cannot export '{pool}': pool is busy"));
        }
        if let Some(state) = self.pools.get_mut(pool) {
            state.exported = true;
        }
        let root = pool.root();
        self.forget_keys(|name| *name == root || name.is_below(&root));
        Ok(())
    }

    /// `zpool destroy`: the labels stay, as those of a destroyed pool.
    pub fn pool_destroy(&mut self, pool: &PoolName) -> Result<(), Refusal> {
        self.need_pool(pool)?;
        self.unmount_pool(pool).map_err(|refusal| Refusal {
            code: 1,
            text: format!("{}\ncould not destroy '{pool}': could not unmount datasets", refusal.text),
        })?;
        if self.is_in_use(pool) {
            return refuse(1, format!("cannot destroy '{pool}': pool is busy"));
        }
        // The folder of the root goes, too, where somebody had unmounted it before.
        if let [root] = &self.in_order(vec![pool.root()])[..] {
            self.remove_place(root);
        }
        for dataset in self.subtree(&pool.root()) {
            self.datasets.remove(&dataset);
        }
        if let Some(state) = self.pools.remove(pool) {
            for content in self.devices.values_mut() {
                if matches!(content, Content::Label { guid, .. } if *guid == state.guid) {
                    *content = Content::Label { pool: pool.clone(), guid: state.guid, destroyed: true };
                }
            }
        }
        Ok(())
    }

    /// `zpool set`.
    pub fn pool_set(&mut self, pool: &PoolName, (name, word): &Assignment) -> Result<(), Refusal> {
        if !self.imported(pool) {
            return refuse(1, format!("cannot open '{pool}': is not a pool"));
        }
        // Empty is how these two are cleared.
        if word.is_empty() && matches!(name.as_str(), "bootfs" | "cachefile") {
            if let Some(state) = self.pools.get_mut(pool) {
                state.settings.remove(name);
            }
            return Ok(());
        }
        let raw = judge(self.zfs, Target::Pool, name, word)
            .map_err(|complaint| complaint.after(&format!("cannot set property for '{pool}'")))
            .map_err(|text| Refusal { code: 1, text })?;
        if name.as_str().starts_with("feature@") && &*raw == "disabled" {
            let reason = format!("property '{name}' can only be set to 'disabled' at creation time");
            return refuse(1, format!("cannot set property for '{pool}': {reason}"));
        }
        if let Some(state) = self.pools.get_mut(pool) {
            state.settings.insert(name.clone(), raw);
        }
        Ok(())
    }

    /// Unmounts all of a pool, by path, the last first, up to the first that cannot be; then the folders
    /// that OpenZFS made are removed.
    fn unmount_pool(&mut self, pool: &PoolName) -> Result<(), Refusal> {
        let mut due: Vec<Follower> = self.followers(&pool.root());
        let follows: BTreeSet<DatasetName> = due.iter().map(|follower| follower.name.clone()).collect();
        for name in self.subtree(&pool.root()) {
            if !follows.contains(&name) {
                due.extend(self.followers(&name).into_iter().filter(|follower| follower.name == name));
            }
        }
        due.retain(|follower| follower.mounted);
        let mut paths: Vec<Box<str>> =
            due.iter().filter_map(|follower| self.mounted_at(&follower.name).map(Into::into)).collect();
        paths.sort_by(|a, b| b.cmp(a));
        for path in paths {
            self.unmount_path(&path)?;
        }
        due.sort_by(|a, b| b.place.cmp(&a.place));
        for follower in &due {
            self.remove_place(follower);
        }
        Ok(())
    }

    /// Returns whether the export or destruction of a pool waits until a volume of it is closed: OpenZFS
    /// takes the volumes' devices away before it looks whether anything else is in use, and has no limit.
    pub fn waits(&self, pool: &PoolName, refusal: &Refusal) -> bool {
        let open = |name: &DatasetName| name.pool() == *pool && self.target(name) == Target::Volume;
        // Not a file system that is busy: of that OpenZFS tells at once.
        refusal.text.ends_with("pool is busy") && self.busy.iter().any(open)
    }

    /// Returns whether something of a pool is mounted or held open.
    fn is_in_use(&self, pool: &PoolName) -> bool {
        self.busy
            .iter()
            .chain(self.mounts.iter().map(|mount| &mount.dataset))
            .chain(self.running.values().flatten())
            .any(|name| name.pool() == *pool)
    }

    /// Refuses where a pool is not there, or not imported.
    pub fn need_pool(&self, pool: &PoolName) -> Result<(), Refusal> {
        if self.imported(pool) { Ok(()) } else { refuse(1, format!("cannot open '{pool}': no such pool")) }
    }
}

/// Single disks are top-level vdevs each of its own, however they were grouped.
pub fn top_level(asked: &Asked) -> Vec<Vdev> {
    let disks: Vec<Box<str>> = asked.disks.iter().map(|disk| disk.0.clone()).collect();
    let vdev = |disks| Vdev { class: asked.class, redundancy: asked.redundancy.clone(), disks };
    if asked.redundancy == Redundancy::None {
        disks.into_iter().map(|disk| vdev(vec![disk])).collect()
    } else {
        vec![vdev(disks)]
    }
}

/// Checks counts and levels as `zpool create` does without `-f`.
fn check_layout(layout: &[Asked]) -> Result<(), Refusal> {
    let mut level: Option<&Asked> = None;
    for vdev in layout {
        let (word, least) = match &vdev.redundancy {
            Redundancy::None => ("disk".to_owned(), 1),
            Redundancy::Mirror => ("mirror".to_owned(), 2),
            Redundancy::Raidz(parity) => (format!("raidz{parity}"), usize::from(*parity) + 1),
            Redundancy::Draid(word) => (word.to_string(), 2),
        };
        if vdev.disks.len() < least {
            return refuse(
                1,
                format!("invalid vdev specification: {word} requires at least {least} devices"),
            );
        }
        if vdev.class != Class::Data {
            continue;
        }
        match level {
            Some(first) if first.redundancy != vdev.redundancy => {
                let first = String::from(first.redundancy.clone()).replace("none", "disk");
                return refuse(
                    1,
                    format!(
                        "invalid vdev specification\nuse '-f' to override the following errors:\nmismatched replication level: both {first} and {word} vdevs are present"
                    ),
                );
            }
            _ => level = Some(vdev),
        }
    }
    if level.is_none() {
        return refuse(
            1,
            "invalid vdev specification\nuse '-f' to override the following errors:\nat least one general top-level vdev must be specified",
        );
    }
    Ok(())
}
