//! Reads the IPv4 addresses that cloud-init gives a machine's network cards, as its configuration says (`ipconfigN`).
//!
//! They are known only where Proxmox hands them over and nothing else may come beside: there is a drive for cloud-init, no
//! document of somebody else's about the network, and each card has an address that is said, or none of IPv4.

use super::perl::trim;
use crate::observed::{Interface, Network};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

/// How many network cards a machine can have.
const CARDS: u8 = 32;

/// What the configuration of a machine says of its network, while it is read.
#[derive(Default)]
pub struct Said<'t> {
    cards: BTreeSet<u8>,
    set_up: BTreeMap<u8, &'t str>,
    has_drive: bool,
    /// Whether something of it comes from elsewhere, or is about to change.
    open: bool,
}

impl<'t> Said<'t> {
    /// Takes a line that is in force.
    pub fn line(&mut self, key: &str, value: &'t str) {
        if let Some(number) = numbered(key, "net") {
            self.cards.insert(number);
        } else if let Some(number) = numbered(key, "ipconfig") {
            self.set_up.insert(number, value);
        } else if key == "cicustom" {
            self.open |= value.split(',').any(|part| trim(part).starts_with("network="));
        } else if is_bay(key) && is_drive(value) {
            self.has_drive = true;
        }
    }

    /// Takes a key whose value waits for the next start, or goes then.
    pub fn waits(&mut self, key: &str) {
        let of_cards = ["net", "ipconfig"].iter().any(|word| numbered(key, word).is_some());
        self.open |= of_cards || is_bay(key) || key == "cicustom";
    }

    /// Returns what is known; nothing where any card may have an address that is not said.
    #[must_use]
    pub fn known(&self) -> Option<Network> {
        if self.open || !self.has_drive || self.cards.is_empty() {
            return None;
        }
        let cards = self.cards.iter().map(|number| card(self.set_up.get(number)?));
        cards.collect::<Option<Vec<_>>>().map(|cards| {
            let mut network = Network::default();
            for (interface, gateway) in cards {
                network.interfaces.extend(interface);
                network.has_gateway |= gateway;
            }
            network
        })
    }
}

/// Reads what one card is given: its address, and whether there is a gateway. Nothing where that is asked of the network,
/// or is not understood.
fn card(text: &str) -> Option<(Option<Interface>, bool)> {
    let (mut interface, mut gateway, mut other) = (None, false, false);
    for part in text.split(',').filter(|part| !trim(part).is_empty()) {
        match part.split_once('=')? {
            ("ip", value) => interface = Some(address(value)?),
            ("gw", value) => gateway = value.parse::<Ipv4Addr>().is_ok().then_some(true)?,
            ("ip6", _) => other = true,
            ("gw6", _) => {}
            _ => return None,
        }
    }
    // Where neither is said, cloud-init asks the network for one.
    (interface.is_some() || other).then_some((interface, gateway))
}

/// Reads an address with the length of its network: `10.0.0.5/24`.
fn address(text: &str) -> Option<Interface> {
    let (address, length) = text.split_once('/')?;
    let length = length.parse().ok().filter(|length| (1..=32).contains(length))?;
    Some(Interface { address: address.parse().ok()?, length })
}

/// Reads the number of a key, as Proxmox writes it.
fn numbered(key: &str, word: &str) -> Option<u8> {
    let digits = key.strip_prefix(word)?;
    let number = digits.parse::<u8>().ok().filter(|number| number.to_string() == digits)?;
    (number < CARDS).then_some(number)
}

/// Returns whether a key is of a drive that cloud-init can be on.
fn is_bay(key: &str) -> bool {
    ["ide", "sata", "scsi"].iter().any(|word| numbered(key, word).is_some())
}

/// Returns whether a drive is the one that cloud-init reads (`drive_is_cloudinit`).
fn is_drive(value: &str) -> bool {
    let file = value.split(',').next().unwrap_or_default();
    let file = file.strip_prefix("file=").unwrap_or(file);
    let Some(at) = file.rfind(['/', ':']) else { return false };
    let name = file.get(at + 1..).unwrap_or_default();
    let name = name.strip_suffix(".raw").or_else(|| name.strip_suffix(".qcow2")).unwrap_or(name);
    let of_machine = name.strip_prefix("vm-").and_then(|rest| rest.split_once('-'));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    name == "cloudinit" || of_machine.is_some_and(|(id, rest)| is_number(id) && rest == "cloudinit")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(lines: &[(&str, &'static str)]) -> Option<Vec<String>> {
        let mut said = Said::default();
        for (key, value) in lines {
            said.line(key, value);
        }
        let told = |network: Network| {
            let gateway = network.has_gateway.then(|| "gateway".to_owned());
            network.interfaces.iter().map(ToString::to_string).chain(gateway).collect()
        };
        said.known().map(told)
    }

    const DRIVE: (&str, &str) = ("ide2", "local-zfs:vm-201-cloudinit,media=cdrom");

    #[test]
    fn addresses_are_known_where_each_card_has_one_that_is_said() {
        let card = ("net0", "virtio=BC:24:11:00:00:01,bridge=vmbr0");
        let one = known(&[DRIVE, card, ("ipconfig0", "ip=10.0.0.5/24,gw=10.0.0.1,ip6=auto")]);
        assert_eq!(one.unwrap(), ["10.0.0.5/24", "gateway"]);
        let two = [
            DRIVE,
            card,
            ("ipconfig0", "ip=10.0.0.5/24"),
            ("net1", "e1000"),
            ("ipconfig1", "ip=10.1.0.5/16"),
        ];
        assert_eq!(known(&two).unwrap(), ["10.0.0.5/24", "10.1.0.5/16"]);
        assert_eq!(known(&[DRIVE, card, ("ipconfig0", "ip6=fd00::5/64")]).unwrap(), Vec::<String>::new());
        // What belongs to no card is given to nobody.
        assert_eq!(
            known(&[DRIVE, card, ("ipconfig0", "ip=10.0.0.5/24"), ("ipconfig1", "ip=dhcp")]).unwrap().len(),
            1
        );
    }

    #[test]
    fn nothing_is_known_where_one_may_have_another() {
        let card = ("net0", "virtio,bridge=vmbr0");
        let said = ("ipconfig0", "ip=10.0.0.5/24");
        for lines in [
            vec![card, said],
            vec![DRIVE, said],
            vec![DRIVE, card],
            vec![DRIVE, card, said, ("net1", "virtio")],
            vec![DRIVE, card, said, ("cicustom", "vendor=local:a, network=local:snippets/net.yaml")],
            vec![DRIVE, card, ("ipconfig0", "ip=dhcp")],
            vec![DRIVE, card, ("ipconfig0", "ip=10.0.0.5")],
            vec![DRIVE, card, ("ipconfig0", "ip=10.0.0.5/33")],
            vec![DRIVE, card, ("ipconfig0", "ip=10.0.0.5/0")],
            vec![DRIVE, card, ("ipconfig0", "gw=10.0.0.1")],
            vec![DRIVE, card, ("ipconfig0", "ip=10.0.0.5/24,gw=dhcp")],
            vec![DRIVE, card, ("ipconfig0", "ip=10.0.0.5/24,mtu=9000")],
            vec![DRIVE, card, ("ipconfig0", "")],
            vec![("ide2", "local:iso/cloudinit.iso,media=cdrom"), card, said],
            vec![("ide2", "none,media=cdrom"), card, said],
        ] {
            assert_eq!(known(&lines), None, "{lines:?}");
        }
        for drive in
            ["local:201/vm-201-cloudinit.qcow2", "file=local-lvm:cloudinit", "a:vm-201-cloudinit.raw"]
        {
            assert!(known(&[("scsi1", drive), card, said]).is_some(), "{drive}");
        }
    }

    #[test]
    fn what_waits_for_the_next_start_is_open() {
        for (key, open) in
            [("net0", true), ("ipconfig3", true), ("cicustom", true), ("memory", false), ("net32", false)]
        {
            let mut said = Said::default();
            for (key, value) in [DRIVE, ("net0", "virtio"), ("ipconfig0", "ip=10.0.0.5/24")] {
                said.line(key, value);
            }
            said.waits(key);
            assert_eq!(said.known().is_none(), open, "{key}");
        }
    }
}
