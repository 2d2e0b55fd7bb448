//! A pool that was imported below another folder (`zpool import -R`): all its mount points are told with that
//! folder before them, and none is stored so. What is mounted is below it all the same.

use crate::pool::properties::PoolSettings;
use phoenix_graph::{DatasetName, PoolName};
use phoenix_host::observed::{DatasetState, Mounts};
use std::collections::{BTreeMap, BTreeSet};

/// The folders, by pool.
pub type Altroots = BTreeMap<PoolName, Box<str>>;

/// Takes the folder off all mount points of such pools: what is stored is what a spec says.
pub fn take_off(
    datasets: &mut BTreeMap<DatasetName, DatasetState>,
    pools: &BTreeMap<PoolName, PoolSettings>,
) -> Altroots {
    let below = |pool: &PoolName| {
        let altroot = pools.get(pool)?.get("altroot")?;
        (altroot.raw.starts_with('/') && &*altroot.raw != "/").then(|| altroot.raw.clone())
    };
    let altroots: Altroots = pools.keys().filter_map(|pool| Some((pool.clone(), below(pool)?))).collect();
    if altroots.is_empty() {
        return altroots;
    }
    for (name, state) in datasets.iter_mut() {
        let Some(altroot) = altroots.get(&name.pool()) else { continue };
        let Some(setting) = state.settings.get_mut("mountpoint") else { continue };
        if let Some(path) = setting.raw.strip_prefix(&**altroot) {
            setting.raw = match path {
                "" => "/".into(),
                path if path.starts_with('/') => path.into(),
                _ => continue,
            };
        }
    }
    altroots
}

/// Says where the mount points of such pools lead to, where no other file system has the same.
pub fn lead(table: &mut Mounts, datasets: &BTreeMap<DatasetName, DatasetState>, altroots: &Altroots) {
    if altroots.is_empty() {
        return;
    }
    let placed = || {
        let path = |state: &DatasetState| {
            state.value("mountpoint").filter(|path| path.starts_with('/')).map(Box::<str>::from)
        };
        datasets.iter().filter_map(move |(name, state)| Some((altroots.get(&name.pool()), path(state)?)))
    };
    let others: BTreeSet<Box<str>> =
        placed().filter(|(altroot, _)| altroot.is_none()).map(|(_, path)| path).collect();
    for (altroot, path) in placed().filter(|(_, path)| !others.contains(path)) {
        let Some(altroot) = altroot else { continue };
        let place = if &*path == "/" { altroot.clone() } else { format!("{altroot}{path}").into() };
        table.links.insert(path, place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use phoenix_graph::PropertyName;
    use phoenix_host::observed::{Setting, Source};

    fn mounted_at(raw: &str, altroot: &str) -> String {
        let setting = |raw: &str| Setting { raw: raw.into(), source: Source::Local };
        let name = DatasetName::new("t1/e").unwrap();
        let settings = [(PropertyName::new("mountpoint"), setting(raw))].into();
        let state = DatasetState { volume: false, mounted: true, settings, ..DatasetState::default() };
        let mut datasets = BTreeMap::from([(name.clone(), state)]);
        let settings: PoolSettings = [(PropertyName::new("altroot"), setting(altroot))].into();
        take_off(&mut datasets, &BTreeMap::from([(name.pool(), settings)]));
        datasets[&name].value("mountpoint").unwrap().to_owned()
    }

    #[test]
    fn a_mount_below_the_folder_is_at_its_mount_point() {
        let name = DatasetName::new("t1/e").unwrap();
        let raw = |raw: &str| Setting { raw: raw.into(), source: Source::Local };
        let settings = [(PropertyName::new("mountpoint"), raw("/srv/e"))].into();
        let state = DatasetState { settings, ..DatasetState::default() };
        let mut table = Mounts::of([(&name, "/mnt/r/srv/e")]);
        let altroots: Altroots = [(name.pool(), "/mnt/r".into())].into();
        lead(&mut table, &[(name, state.clone())].into(), &altroots);
        assert_eq!(table.resolve("/srv/e"), "/mnt/r/srv/e");
        // Where another pool's file system is at that very path, the path is that one's.
        let all = [("t1/e", state.clone()), ("t2/e", state)];
        let all = all.map(|(name, state)| (DatasetName::new(name).unwrap(), state)).into();
        table.links.clear();
        lead(&mut table, &all, &altroots);
        assert_eq!(table.resolve("/srv/e"), "/srv/e");
    }

    #[test]
    fn what_stands_before_every_mount_point_is_taken_off() {
        assert_eq!(mounted_at("/mnt/r/srv/e", "/mnt/r"), "/srv/e");
        assert_eq!(mounted_at("/mnt/r", "/mnt/r"), "/");
        for raw in ["none", "legacy", "/mnt/rest", "/srv"] {
            assert_eq!(mounted_at(raw, "/mnt/r"), raw);
        }
        assert_eq!(mounted_at("/srv/e", "-"), "/srv/e");
    }
}
