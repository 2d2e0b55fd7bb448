//! Pools: their layout by stable names of disks, and the properties that were set on them.

use super::{
    Scope, dataset,
    node::{Literal, Node},
    value::literal,
};
use phoenix_graph::{Class, Key, PoolName, Redundancy, Target, property};
use phoenix_host::observed::{Observed, PoolState, Source, VdevDisk, VdevState};
use std::collections::BTreeSet;

/// Describes a pool with everything in it.
#[must_use]
pub fn pool(seen: &Observed, scope: &Scope<'_>, name: &PoolName, state: &PoolState) -> Node {
    let mut node = Node::named("pool", name.as_str());
    node.key = Some(Key::Pool(name.clone()));
    settings(state, &mut node);
    let altroot = state.settings.get("altroot").filter(|setting| !["-", ""].contains(&&*setting.raw));
    if let Some(altroot) = altroot {
        node.left_out = Some(format!(
            "it was imported with altroot={}, so that every mount point is seen below that; import it without",
            altroot.raw
        ));
    }
    for vdev in &state.layout {
        match layout(vdev, seen) {
            Ok(vdev) => node.inside.push(vdev),
            Err(reason) => node.left_out = Some(reason),
        }
    }
    dataset::datasets(seen, scope, name, &mut node);
    node
}

fn settings(state: &PoolState, node: &mut Node) {
    for (name, setting) in &state.settings {
        let name = name.as_str();
        // What a pool's features are is said by no spec: they stay as they are.
        if setting.source != Source::Local || name.starts_with("feature@") || name == "altroot" {
            continue;
        }
        let written = match property::find(Target::Pool, name) {
            Some(row) if row.read_only => continue,
            Some(row) => literal(row, &setting.raw),
            None if name.contains(':') => Err("a spec says no user properties of pools".to_owned()),
            None => Err("phoenix does not know this property".to_owned()),
        };
        match written {
            Ok(value) => node.set(name, value),
            Err(reason) => node.notes.push(format!("Left out: {name} {}: {reason}.", setting.raw)),
        }
    }
}

fn layout(vdev: &VdevState, seen: &Observed) -> Result<Node, String> {
    let disks = vdev
        .disks
        .iter()
        .map(|disk| Ok(Node::named("disk", stable(disk, seen)?)))
        .collect::<Result<Vec<_>, String>>()?;
    let holds = |word, disks| Node { inside: disks, ..Node::new(word) };
    let whole = match &vdev.redundancy {
        Redundancy::None => match <[Node; 1]>::try_from(disks) {
            Ok([disk]) => disk,
            Err(_) => return Err("it has a vdev that phoenix cannot name".to_owned()),
        },
        Redundancy::Mirror => holds("mirror", disks),
        Redundancy::Raidz(1) => holds("raidz1", disks),
        Redundancy::Raidz(2) => holds("raidz2", disks),
        Redundancy::Raidz(_) => holds("raidz3", disks),
        Redundancy::Draid(word) => {
            let mut node = holds("draid", disks);
            for (name, number) in draid(word).ok_or_else(|| format!("its vdev {word} is no draid"))? {
                node.set(name, Literal::Number(number));
            }
            node
        }
    };
    Ok(match vdev.class {
        Class::Data => whole,
        Class::Special => holds("special", vec![whole]),
        Class::Dedup => holds("dedup", vec![whole]),
        Class::Log => holds("log", vec![whole]),
        Class::Cache => holds("cache", vec![whole]),
        Class::Spare => holds("spare", vec![whole]),
    })
}

/// Reads `draid2:4d:11c:1s` (`zpoolconcepts(7)`).
fn draid(word: &str) -> Option<[(&'static str, u64); 3]> {
    let mut parts = word.strip_prefix("draid")?.split(':');
    let parity = match parts.next()? {
        "" => 1,
        number => number.parse().ok()?,
    };
    let (mut data, mut spares) = (None, 0);
    for part in parts {
        if let Some(number) = part.strip_suffix('d') {
            data = Some(number.parse().ok()?);
        } else if let Some(number) = part.strip_suffix('s') {
            spares = number.parse().ok()?;
        }
    }
    Some([("parity", parity), ("data", data?), ("spares", spares)])
}

/// Returns the name of a disk that stays: the one that the pool knows it by, where that is one; else the
/// best of those in `/dev/disk/by-id`; else the path that the pool shows.
fn stable(disk: &VdevDisk, seen: &Observed) -> Result<String, String> {
    let nothing = BTreeSet::new();
    let names = seen.disk_names.get(&disk.device).unwrap_or(&nothing);
    let shown = disk.path.strip_suffix("-part1").unwrap_or(&disk.path);
    let known = [&*disk.path, shown].into_iter().find(|path| names.contains(*path));
    let best = || names.iter().min_by_key(|name| (rank(name), name.len(), (*name).clone()));
    let name = known.or_else(|| best().map(|name| &**name)).unwrap_or(&disk.path);
    if name.starts_with("/dev/") {
        return Ok(name.to_owned());
    }
    Err(format!("{name} is no disk: a pool in files, or with a disk that is lost, cannot be said"))
}

/// Orders the names of one disk: those that tell make and serial number before those that are numbers alone.
fn rank(name: &str) -> usize {
    let leaf = name.rsplit('/').next().unwrap_or(name);
    let numbers = ["nvme-eui.", "nvme-nvme.", "wwn-", "scsi-3", "lvm-pv-uuid-", "md-uuid-", "dm-uuid-"];
    numbers.iter().position(|begin| leaf.starts_with(begin)).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_named_by_what_stays() {
        let names = ["nvme-eui.0025", "nvme-Samsung_990_S1", "wwn-0x5"];
        let names = names.map(|name| format!("/dev/disk/by-id/{name}").into());
        let mut seen = Observed::default();
        seen.disk_names.insert("/dev/nvme0n1".into(), names.into());
        let stable = |path: &str, device: &str| {
            super::stable(
                &VdevDisk { path: path.into(), device: device.into(), ..VdevDisk::default() },
                &seen,
            )
        };
        assert_eq!(stable("/dev/nvme0n1p1", "/dev/nvme0n1").unwrap(), "/dev/disk/by-id/nvme-Samsung_990_S1");
        let known = "/dev/disk/by-id/wwn-0x5";
        assert_eq!(stable(&format!("{known}-part1"), "/dev/nvme0n1").unwrap(), known);
        assert_eq!(stable("/dev/vdb", "/dev/vdb").unwrap(), "/dev/vdb");
        assert!(stable("/srv/pool.img", "/srv/pool.img").is_err());
    }

    #[test]
    fn the_word_of_a_draid_is_read() {
        assert_eq!(draid("draid2:4d:11c:1s"), Some([("parity", 2), ("data", 4), ("spares", 1)]));
        assert_eq!(draid("draid:4d:6c:0s"), Some([("parity", 1), ("data", 4), ("spares", 0)]));
        assert_eq!(draid("mirror"), None);
    }
}
