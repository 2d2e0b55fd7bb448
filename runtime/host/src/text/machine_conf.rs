//! Reads the configuration of a virtual machine (`/etc/pve/nodes/NODE/qemu-server/ID.conf`) as Proxmox does: what is in
//! force, and what waits for the next start in `[PENDING]`. Other sections are of snapshots, and of Proxmox's own.

use super::{
    addresses::Said,
    guest_conf::decode,
    mount_point::switch,
    perl::{trim, trim_end},
    virtiofs::SharedDirectory,
};
use crate::observed::MachineState;

/// The section of what waits for the next start.
const PENDING: &str = "pending";

/// How many directories a machine can be given.
pub const MOST: u8 = 10;

/// Where a line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part<'t> {
    InForce,
    Pending,
    /// That of a snapshot, or of Proxmox's own.
    Other(&'t str),
}

/// Reads a machine's configuration; where it runs, and on which node, is for others to say.
#[must_use]
pub fn machine(bytes: &[u8]) -> MachineState {
    let text = decode(bytes);
    let mut found = MachineState::default();
    let mut part = Part::InForce;
    let (mut memory, mut numa) = (None, false);
    let mut network = Said::default();
    // Nothing is indented, and a colon follows a key at once.
    for line in text.split('\n').map(trim_end) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            part = if name.eq_ignore_ascii_case(PENDING) { Part::Pending } else { Part::Other(name) };
            continue;
        }
        let Some((key, value)) = line.split_once(':') else { continue };
        let value = trim(value);
        match part {
            Part::InForce => network.line(key, value),
            Part::Pending if key == "delete" => gone(value).for_each(|key| network.waits(key)),
            Part::Pending => network.waits(key),
            Part::Other(_) => {}
        }
        match (part, key, number(key)) {
            (Part::InForce, _, Some(number)) => _ = found.devices.insert(number, value.into()),
            (Part::InForce, "lock", _) => found.lock = Some(value.into()),
            (Part::InForce, "ostype", _) => found.windows = is_windows(value),
            (Part::InForce, "hotplug", _) if value.split([',', ';', ' ']).any(|word| word == "memory") => {
                found.starts_with_none = Some("memory is added while it runs (`hotplug`)".into());
            }
            (Part::InForce, "memory", _) => memory = Some(value),
            (Part::InForce, "numa", _) => numa = switch(value) == Some("1"),
            (Part::Other(name), _, Some(_)) => {
                let ids = SharedDirectory::ids(value);
                found.in_snapshots.extend(ids.into_iter().map(|id| (id, name.into())));
            }
            (Part::Pending, _, Some(number)) => _ = found.pending.insert(number, Some(value.into())),
            (Part::Pending, "delete", _) => {
                found.pending.extend(gone(value).filter_map(number).map(|number| (number, None)));
            }
            _ => {}
        }
    }
    // Proxmox gives QEMU the text as the size of memory that is shared, unless there are nodes of it.
    let is_number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    if !numa && !memory.is_some_and(is_number) {
        let why = "its configuration says no plain number of MiB as its `memory`, and no `numa`";
        found.starts_with_none.get_or_insert(why.into());
    }
    found.network = network.known();
    found
}

/// Lists the keys that go at the next start; one that goes by force has an exclamation mark.
fn gone(value: &str) -> impl Iterator<Item = &str> {
    value.split([',', ';', ' ']).map(|key| key.trim_start_matches('!'))
}

/// Reads the number of a directory's key, as Proxmox writes it: `virtiofs0` to `virtiofs9`.
#[must_use]
pub fn number(key: &str) -> Option<u8> {
    let digits = key.strip_prefix("virtiofs")?;
    let number = digits.parse::<u8>().ok().filter(|number| number.to_string() == digits)?;
    (number < MOST).then_some(number)
}

/// Returns whether a type of system (`ostype`) is one of Windows.
fn is_windows(kind: &str) -> bool {
    let of_number = kind.strip_prefix("win").is_some_and(|number| number.parse::<u32>().is_ok());
    of_number || ["wxp", "w2k", "w2k3", "w2k8", "wvista"].contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_its_own_directories() {
        let text = "#virtiofs5: not/this\nmemory: 512\nhotplug: disk,memory\nlock: backup\nostype: win11\nvirtiofs0: dirid=media\nvirtiofs1: a1,cache=never\nvirtiofs01: b\nvirtiofs10: b\n\n[PENDING]\ndelete: virtiofs1,!virtiofs3;memory\nvirtiofs2: dirid=b\n\n[before]\nvirtiofs4: 1c\n\n[special:cloudinit]\nvirtiofs6: x\n";
        let found = machine(text.as_bytes());
        assert_eq!(found.devices.keys().copied().collect::<Vec<_>>(), [0, 1]);
        assert_eq!(found.pending[&2].as_deref(), Some("dirid=b"));
        assert_eq!((found.pending.get(&1), found.pending.get(&3)), (Some(&None), Some(&None)));
        assert_eq!(found.wanted(), [(0, "dirid=media"), (2, "dirid=b")].into());
        assert_eq!(found.in_snapshots, [].into());
        assert!(found.windows && found.starts_with_none.is_some());
        assert_eq!(found.lock.as_deref(), Some("backup"));
    }

    #[test]
    fn what_proxmox_does_not_read_is_not_read() {
        let text = " virtiofs0: media\nvirtiofs1 : media\nvirtiofs2: media\u{a0}\n [PENDING]\nvirtiofs3: a1\n\n[old]\nvirtiofs0: media,cache=never\nvirtiofs1: films,new=1\n";
        let found = machine(text.as_bytes());
        assert_eq!(found.wanted(), [(2, "media\u{a0}"), (3, "a1")].into());
        assert_eq!(SharedDirectory::read("media\u{a0}"), None);
        let of_snapshot = ["films", "media"].map(|id| (id.into(), "old".into()));
        assert_eq!(found.in_snapshots, of_snapshot.into());
    }

    #[test]
    fn memory_is_a_plain_number_or_in_nodes() {
        let why = |text: &str| machine(text.as_bytes()).starts_with_none;
        assert!(why("name: a\n").is_some() && why("memory: current=512\n").is_some());
        assert!(why("memory: 512\n").is_none() && why("numa: 1\n").is_none());
        assert!(why("memory: 512\n\n[before]\nhotplug: memory\n").is_none());
    }

    #[test]
    fn only_these_are_of_windows() {
        let windows = ["wxp", "w2k", "w2k3", "w2k8", "wvista", "win7", "win11"];
        assert!(windows.into_iter().all(is_windows));
        assert!(!["l26", "other", "solaris", "win", "w2k9", ""].into_iter().any(is_windows));
    }
}
