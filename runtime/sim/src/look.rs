//! Looking at the simulated host, as the real one is looked at; and how many processes that would take.

use super::{
    directory::{GROUPS, USERS},
    links::Roots,
    state::{Mount, Pool, State, Vdev},
};
use phoenix_graph::{Class, DatasetName, Disk, PoolName, PropertyName, Target, property};
use phoenix_host::{
    HostError,
    observed::{
        ALWAYS, DatasetState, DiskState, Mounts, Observed, PoolState, Query, Setting, Source, VdevDisk,
        VdevState,
    },
    op::render::DISK_LINKS,
};
use std::collections::{BTreeMap, BTreeSet};

impl State {
    /// Looks at everything that is asked for.
    pub fn observe(&self, query: &Query, roots: &Roots) -> Result<Observed, HostError> {
        let mut links = BTreeMap::new();
        for path in &query.links {
            links.insert(path.clone(), self.link_state(roots, path)?);
        }
        let every = if query.everything { self.every_property() } else { BTreeSet::new() };
        let wanted: BTreeSet<&str> = query
            .properties
            .iter()
            .chain(&every)
            .map(PropertyName::as_str)
            .chain(ALWAYS)
            .filter(|name| !matches!(*name, "type" | "mounted"))
            .collect();
        let wanted: Vec<PropertyName> = wanted.into_iter().map(PropertyName::new).collect();
        Ok(Observed {
            zfs: self.zfs,
            pools: self
                .pools
                .iter()
                .filter(|(_, pool)| !pool.exported)
                .map(|(name, pool)| (name.clone(), self.pool_state(pool, query)))
                .collect(),
            importable: query
                .pools
                .keys()
                .filter(|name| self.pools.get(name).is_some_and(|pool| pool.exported))
                .cloned()
                .collect(),
            obstacles: query
                .pools
                .keys()
                .map(|name| (name.clone(), self.import_obstacles(name)))
                .filter(|(_, obstacles)| !obstacles.is_empty())
                .collect(),
            links_passed: self.links_passed(query),
            disks: query
                .pools
                .iter()
                .flat_map(|(pool, disks)| {
                    disks.iter().map(move |disk| (disk.clone(), self.disk(&disk.0, pool)))
                })
                .collect(),
            key_files: self.key_files(query),
            written: BTreeSet::new(),
            datasets: self
                .datasets
                .keys()
                .filter(|name| self.imported(&name.pool()))
                .map(|name| (name.clone(), self.dataset_state(name, &wanted)))
                .collect(),
            mounts: self.mount_table(),
            exports: if query.exports || query.foreign { self.live_exports() } else { BTreeMap::new() },
            storages: self.storages(query),
            guests: self.guests(query),
            tunables: self
                .tunables
                .iter()
                .filter(|(name, _)| query.tunables.contains(*name))
                .map(|(name, value)| (name.clone(), *value))
                .collect(),
            links,
            directories: self.directories(query),
            users: self.accounts(&query.users, USERS),
            groups: self.accounts(&query.groups, GROUPS),
            in_use: self.in_use(query),
            disk_names: if query.everything { self.disk_names() } else { BTreeMap::new() },
            held_exports: if query.everything { self.held_exports(roots) } else { Vec::new() },
        })
    }

    /// Lists the properties that a look at all of them shows.
    fn every_property(&self) -> BTreeSet<PropertyName> {
        let set = self.datasets.values().flat_map(|state| state.settings.keys().cloned());
        let known = [Target::Filesystem, Target::Volume].into_iter().flat_map(property::all);
        let known = known.map(|row| row.name).filter(|name| !name.ends_with('@'));
        set.chain(known.map(PropertyName::new)).collect()
    }

    fn disk_names(&self) -> BTreeMap<Box<str>, BTreeSet<Box<str>>> {
        let mut names: BTreeMap<Box<str>, BTreeSet<Box<str>>> = BTreeMap::new();
        for (path, device) in self.disks.iter().filter(|(path, _)| path.starts_with(DISK_LINKS)) {
            names.entry(device.clone()).or_default().insert(path.clone());
        }
        names
    }

    /// Counts the processes that the real host starts for a query: three, two more where everything is asked
    /// for (which properties there are), one more where a pool's feature is asked for, two where a pool is absent, one where a pool's disks are others than asked for, and one each for users and groups by name.
    pub fn processes(&self, query: &Query) -> u64 {
        let absent = query.pools.keys().any(|pool| !self.imported(pool));
        let strange = query.pools.iter().any(|(pool, disks)| {
            disks
                .iter()
                .any(|disk| !matches!(self.disk(&disk.0, pool), DiskState::Missing | DiskState::Device(_)))
        });
        let named = |names: &BTreeSet<Box<str>>| names.iter().any(|name| name.parse::<u32>().is_err());
        let differs = query.pools.iter().any(|(pool, disks)| self.differs(pool, disks));
        let features = query.pool_properties.iter().any(|name| name.as_str().starts_with("feature@"));
        3 + 2 * u64::from(query.everything)
            + u64::from(features)
            + u64::from(absent)
            + u64::from(absent || strange)
            + u64::from(differs)
            + u64::from(named(&query.users))
            + u64::from(named(&query.groups))
    }

    /// Finds the links that mount points pass.
    fn links_passed(&self, query: &Query) -> BTreeMap<Box<str>, (Box<str>, Box<str>)> {
        let passed = |path: &str| {
            let (link, target) =
                self.links.iter().find(|(link, _)| std::path::Path::new(path).starts_with(link))?;
            Some((link.to_str()?.into(), target.to_str()?.into()))
        };
        query.mountpoints.iter().filter_map(|path| Some((path.clone(), passed(path)?))).collect()
    }

    /// Says who uses what may leave, as a real host's `/proc` would.
    fn in_use(&self, query: &Query) -> BTreeMap<DatasetName, Vec<String>> {
        let leaves = |name: &&DatasetName| {
            query.leaving.iter().any(|top| *name == top || name.is_below(top))
                && self.dataset(name).is_some_and(|state| state.volume || self.mounted_at(name).is_some())
        };
        let user = "process 4242 (simulated)".to_owned();
        self.busy.iter().filter(leaves).map(|name| (name.clone(), vec![user.clone()])).collect()
    }

    /// Says whether a pool has other disks than those that are asked for, or has lost one: then the real
    /// host asks for GUIDs.
    fn differs(&self, name: &PoolName, asked: &[Disk]) -> bool {
        let Some(pool) = self.pools.get(name).filter(|pool| !pool.exported && !asked.is_empty()) else {
            return false;
        };
        let paths = || pool.layout.iter().flat_map(|vdev| &vdev.disks);
        let device = |path: &str| self.disks.get(path).cloned().unwrap_or_else(|| path.into());
        let there: BTreeSet<Box<str>> = paths().map(|path| device(path)).collect();
        let wanted: BTreeSet<Box<str>> = asked.iter().map(|disk| device(&disk.0)).collect();
        there != wanted || paths().any(|path| self.is_lost(pool, path))
    }

    fn pool_state(&self, pool: &Pool, query: &Query) -> PoolState {
        let disk = |class: Class, path: &str| {
            let lost = self.is_lost(pool, path);
            VdevDisk {
                path: path.into(),
                device: self.disks.get(path).cloned().unwrap_or_else(|| path.into()),
                given: path.into(),
                name: path.into(),
                state: match class {
                    _ if lost => "UNAVAIL",
                    Class::Spare => "AVAIL",
                    _ => "ONLINE",
                }
                .into(),
                lost,
                replaces: None,
            }
        };
        let whole = pool.layout.iter().flat_map(|vdev| &vdev.disks).all(|path| !self.is_lost(pool, path));
        let vdev = |vdev: &Vdev| VdevState {
            class: vdev.class,
            redundancy: vdev.redundancy.clone(),
            disks: vdev.disks.iter().map(|path| disk(vdev.class, path)).collect(),
            name: Self::vdev_name(vdev),
            leaving: false,
        };
        PoolState {
            guid: pool.guid,
            health: if whole { "ONLINE" } else { "DEGRADED" }.into(),
            layout: pool.layout.iter().map(vdev).collect(),
            settings: query
                .pool_properties
                .iter()
                .chain(pool.settings.keys().filter(|_| query.everything))
                .filter_map(|name| Some((name.clone(), pool_setting(pool, name)?)))
                .collect(),
            work: pool.work.clone(),
            checkpoint: pool.checkpoint,
            checkpoints: pool.has_feature("zpool_checkpoint"),
            expands: self.zfs >= (2, 3) && pool.has_feature("raidz_expansion"),
        }
    }

    /// Lists what is mounted as `/proc/self/mountinfo` does.
    fn mount_table(&self) -> Mounts {
        let altroot = |name: &DatasetName| {
            let raw = self.pools.get(&name.pool())?.settings.get("altroot")?;
            raw.starts_with('/').then(|| raw.to_string())
        };
        let placed: Vec<(&Mount, Box<str>)> = self
            .mounts
            .iter()
            .map(|mount| {
                let before = altroot(&mount.dataset).unwrap_or_default();
                (mount, format!("{before}{}", mount.path).into())
            })
            .collect();
        let mut table = Mounts::of(placed.iter().map(|(mount, place)| (&mount.dataset, &**place)));
        // A pool below another folder is mounted there; its mount points do not say so.
        let moved = placed.into_iter().filter(|(mount, place)| mount.path != *place);
        table.links = moved.map(|(mount, place)| (mount.path.clone(), place)).collect();
        table
    }

    fn dataset_state(&self, name: &DatasetName, wanted: &[PropertyName]) -> DatasetState {
        let seen =
            wanted.iter().filter_map(|property| Some((property, self.effective(name, property.as_str())?)));
        let mut state = DatasetState {
            volume: self.datasets.get(name).is_some_and(|state| state.volume),
            mounted: self.mounted_at(name).is_some(),
            ..DatasetState::default()
        };
        for (property, setting) in seen {
            if is_garbled(&setting.raw) {
                state.unreadable.insert(property.clone(), setting.source);
            } else {
                state.settings.insert(property.clone(), setting);
            }
        }
        state
    }
}

/// Says whether a value stands for bytes that are no text: it has a replacement character in it, since the
/// simulator keeps text alone.
pub fn is_garbled(raw: &str) -> bool {
    raw.contains(char::REPLACEMENT_CHARACTER)
}

fn pool_setting(pool: &Pool, name: &PropertyName) -> Option<Setting> {
    // A comment alone is kept where it is empty.
    let own = pool.settings.get(name).filter(|raw| !raw.is_empty() || name.as_str() == "comment");
    let Some(row) = property::find(Target::Pool, name.as_str()).filter(|_| !name.is_user()) else {
        return own.map(|raw| Setting { raw: raw.clone(), source: Source::Local });
    };
    if let Some(raw) = own {
        // What is so by default is told as the default, also where it was said.
        let default = row.default.and_then(|word| row.parse(word).ok());
        let same = default.is_some_and(|value| value.to_string() == **raw);
        let source = if same { Source::Default } else { Source::Local };
        return Some(Setting { raw: raw.clone(), source });
    }
    // A pool has all features unless it was made without them.
    if name.as_str().starts_with("feature@") {
        return Some(Setting { raw: "enabled".into(), source: Source::Local });
    }
    let default = row.default?;
    let raw: Box<str> = match default {
        "" => "-".into(),
        default => row.parse(default).map_or_else(|_| default.into(), |value| value.to_string().into()),
    };
    let source = if row.read_only { Source::None } else { Source::Default };
    Some(Setting { raw, source })
}
