//! Reads the configuration of a container (`/etc/pve/nodes/NODE/lxc/ID.conf`) as Proxmox does: what is in force, what
//! waits for the next start in `[pve:pending]`, and the snapshots, each of which has a whole configuration of its own.

use super::{guest_conf::decode, mount_point::number};
use crate::observed::ContainerState;
use phoenix_graph::id_map::IdMap;

/// The section of what waits for the next start.
const PENDING: &str = "pve:pending";

/// Where a line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    InForce,
    Pending,
    Snapshot,
}

/// Reads a container's configuration; where it runs, and on which node, is for others to say.
#[must_use]
pub fn container(bytes: &[u8]) -> ContainerState {
    let text = decode(bytes);
    let mut found = ContainerState::default();
    let mut part = Part::InForce;
    let (mut unprivileged, mut maps) = (false, Vec::new());
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            part = if name.eq_ignore_ascii_case(PENDING) { Part::Pending } else { Part::Snapshot };
            if part == Part::Snapshot {
                found.snapshots.push(name.into());
            }
            continue;
        }
        if let (Part::InForce, Some(map)) = (part, idmap(line)) {
            maps.push(map);
            continue;
        }
        let Some((key, value)) = line.split_once(':').filter(|_| !line.starts_with('#')) else { continue };
        let (key, value) = (key.trim_end(), value.trim());
        match (part, key, number(key)) {
            (Part::InForce, _, Some(number)) => _ = found.points.insert(number, value.into()),
            (Part::InForce, "lock", _) => found.lock = Some(value.into()),
            (Part::InForce, "unprivileged", _) => unprivileged = value == "1",
            (Part::InForce, "protection", _) => found.protected = value == "1",
            (Part::Pending, _, Some(number)) => _ = found.pending.insert(number, Some(value.into())),
            (Part::Pending, "delete", _) => {
                // One that goes by force has an exclamation mark.
                let gone = value.split([',', ';', ' ']).filter_map(|key| number(key.trim_start_matches('!')));
                found.pending.extend(gone.map(|number| (number, None)));
            }
            _ => {}
        }
    }
    found.ids = IdMap::of(unprivileged, &maps);
    found
}

/// Reads a line of a map, which is LXC's own: `lxc.idmap: u 0 100000 65536`, or with an equals sign.
fn idmap(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("lxc.idmap")?.trim_start();
    rest.strip_prefix([':', '=']).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "# mp9: /not/this,mp=/x\narch: amd64\r\nlock: backup\nmp0: /tank/a,mp=/a\nmp12: vms:subvol-101-disk-1,mp=/v,size=1G\nmp007: /b,mp=/b\nmp256: /c,mp=/c\nprotection: 1\nlxc.idmap = u 0 100000 65536\n\n[pve:pending]\ndelete: mp12,!mp3;memory\nmp1: /tank/b,mp=/b\n\n[before]\nlock: snapshot\nmp5: /tank/e,mp=/e\nsnaptime: 1700000000\n";

    #[test]
    fn each_part_has_its_own_mount_points() {
        let found = container(WHOLE.as_bytes());
        assert_eq!(found.points.keys().copied().collect::<Vec<_>>(), [0, 12]);
        assert_eq!(found.pending[&1].as_deref(), Some("/tank/b,mp=/b"));
        assert_eq!((found.pending.get(&3), found.pending.get(&12)), (Some(&None), Some(&None)));
        assert_eq!((found.lock.as_deref(), found.protected), (Some("backup"), true));
        assert_eq!(found.snapshots, ["before".into()]);
        assert_eq!(found.ids.users.outside(33), Some(100_033));
        assert_eq!(found.wanted().into_keys().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn any_bytes_are_read() {
        let found = container(b"mp0: /srv/d\xfcr,mp=/d\xfcr\n[\n]\n: \nmp1\nmp2:\n");
        assert_eq!(&*found.points[&0], "/srv/d\u{fc}r,mp=/d\u{fc}r");
    }
}
