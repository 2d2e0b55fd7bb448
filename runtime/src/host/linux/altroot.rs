//! A pool that was imported below another folder (`zpool import -R`): all its mount points are told with that
//! folder before them, and none is stored so.

use super::properties::PoolSettings;
use crate::observed::DatasetState;
use phoenix_graph::{DatasetName, PoolName};
use std::collections::BTreeMap;

/// Takes the folder off all mount points of such pools: what is stored is what a spec says.
pub fn take_off(
    datasets: &mut BTreeMap<DatasetName, DatasetState>,
    pools: &BTreeMap<PoolName, PoolSettings>,
) {
    let below = |pool: &PoolName| {
        let altroot = pools.get(pool)?.get("altroot")?;
        (altroot.raw.starts_with('/') && &*altroot.raw != "/").then(|| altroot.raw.clone())
    };
    let altroots: BTreeMap<&PoolName, Box<str>> =
        pools.keys().filter_map(|pool| Some((pool, below(pool)?))).collect();
    if altroots.is_empty() {
        return;
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::{Setting, Source};
    use phoenix_graph::PropertyName;

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
    fn what_stands_before_every_mount_point_is_taken_off() {
        assert_eq!(mounted_at("/mnt/r/srv/e", "/mnt/r"), "/srv/e");
        assert_eq!(mounted_at("/mnt/r", "/mnt/r"), "/");
        for raw in ["none", "legacy", "/mnt/rest", "/srv"] {
            assert_eq!(mounted_at(raw, "/mnt/r"), raw);
        }
        assert_eq!(mounted_at("/srv/e", "-"), "/srv/e");
    }
}
