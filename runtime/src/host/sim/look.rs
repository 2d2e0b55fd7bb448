//! Looking at the simulated host, as the real one is looked at; and how many processes that would take.

use super::{
    directory::{GROUPS, USERS},
    links::Roots,
    state::State,
};
use crate::{
    host::{HostError, text::storage_cfg::storages},
    observed::{
        ALWAYS, DatasetState, DiskState, Observed, PoolState, Query, Setting, Source, Storages, VdevDisk,
        VdevState,
    },
};
use phoenix_graph::{DatasetName, PoolName, PropertyName, Target, property};
use std::collections::{BTreeMap, BTreeSet};

impl State {
    /// Looks at everything that is asked for.
    pub fn observe(&self, query: &Query, roots: &Roots) -> Result<Observed, HostError> {
        let mut links = BTreeMap::new();
        for path in &query.links {
            links.insert(path.clone(), self.link_state(roots, path)?);
        }
        let wanted: BTreeSet<&str> = query
            .properties
            .iter()
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
                .map(|(name, _)| (name.clone(), self.pool_state(name, query)))
                .collect(),
            importable: query
                .pools
                .keys()
                .filter(|name| self.pools.get(name).is_some_and(|pool| pool.exported))
                .cloned()
                .collect(),
            disks: query
                .pools
                .iter()
                .flat_map(|(pool, disks)| {
                    disks.iter().map(move |disk| (disk.clone(), self.disk(&disk.0, pool)))
                })
                .collect(),
            datasets: self
                .datasets
                .keys()
                .filter(|name| self.imported(&name.pool()))
                .map(|name| (name.clone(), self.dataset_state(name, &wanted)))
                .collect(),
            exports: if query.exports { self.live_exports() } else { BTreeMap::new() },
            storages: match (&self.storage_cfg, query.storages) {
                (_, false) => Storages::NotAsked,
                (None, true) => Storages::NoProxmox,
                (Some(text), true) => storages(text),
            },
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
        })
    }

    /// Counts the processes that the real host starts for a query: three, two more where a pool is absent,
    /// and one each for users and groups by name.
    pub fn processes(&self, query: &Query) -> u64 {
        let absent = query.pools.keys().any(|pool| !self.imported(pool));
        let strange = query.pools.iter().any(|(pool, disks)| {
            disks
                .iter()
                .any(|disk| matches!(self.disk(&disk.0, pool), DiskState::Blank(_) | DiskState::Holds(..)))
        });
        let named = |names: &BTreeSet<Box<str>>| names.iter().any(|name| name.parse::<u32>().is_err());
        3 + u64::from(absent)
            + u64::from(absent || strange)
            + u64::from(named(&query.users))
            + u64::from(named(&query.groups))
    }

    fn pool_state(&self, name: &PoolName, query: &Query) -> PoolState {
        let Some(pool) = self.pools.get(name) else {
            return PoolState {
                guid: 0,
                health: "UNAVAIL".into(),
                layout: Vec::new(),
                settings: BTreeMap::new(),
            };
        };
        let disk = |path: &str| VdevDisk {
            path: path.into(),
            device: self.disks.get(path).cloned().unwrap_or_else(|| path.into()),
        };
        PoolState {
            guid: pool.guid,
            health: "ONLINE".into(),
            layout: pool
                .layout
                .iter()
                .map(|vdev| VdevState {
                    class: vdev.class,
                    redundancy: vdev.redundancy.clone(),
                    disks: vdev.disks.iter().map(|path| disk(path)).collect(),
                })
                .collect(),
            settings: query
                .pool_properties
                .iter()
                .filter_map(|name| Some((name.clone(), pool_setting(pool, name)?)))
                .collect(),
        }
    }

    fn dataset_state(&self, name: &DatasetName, wanted: &[PropertyName]) -> DatasetState {
        DatasetState {
            volume: self.datasets.get(name).is_some_and(|state| state.volume),
            mounted: self.mounted_at(name).is_some(),
            settings: wanted
                .iter()
                .filter_map(|property| Some((property.clone(), self.effective(name, property.as_str())?)))
                .collect(),
        }
    }
}

fn pool_setting(pool: &super::state::Pool, name: &PropertyName) -> Option<Setting> {
    if let Some(raw) = pool.settings.get(name) {
        return Some(Setting { raw: raw.clone(), source: Source::Local });
    }
    if name.is_user() {
        return None;
    }
    let row = property::find(Target::Pool, name.as_str())?;
    let default = row.default?;
    let raw = row.parse(default).map_or_else(|_| default.into(), |value| value.to_string().into());
    let source = if row.read_only { Source::None } else { Source::Default };
    Some(Setting { raw, source })
}
