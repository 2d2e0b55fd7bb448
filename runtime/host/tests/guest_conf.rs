//! Whole configurations of guests, made at random and printed as Proxmox prints them: what is read is what was meant, and
//! nothing of one section is taken for something of another.

use phoenix_host::{
    observed::{ContainerState, Guest, GuestKind, MachineState},
    text::{container_conf::container, guest_conf::uses, machine_conf::machine},
};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
};
use std::collections::{BTreeMap, BTreeSet};

/// Keys of a section, by number: those that phoenix reads.
type Numbered = BTreeMap<u16, String>;

/// What a configuration says.
#[derive(Debug, Clone)]
struct Conf {
    description: Vec<String>,
    lock: Option<String>,
    protection: bool,
    unprivileged: bool,
    now: Numbered,
    pending: Numbered,
    /// What goes at the next start, each with whether it goes by force.
    gone: BTreeMap<u16, bool>,
    snapshots: BTreeMap<String, Numbered>,
    /// How lines end, and how many empty ones stand between sections.
    blanks: (&'static str, usize),
}

/// A line of a description, as Proxmox encodes it, and one that looks like a setting or a head.
fn note() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ a-zA-Z0-9.,=/-]{0,20}",
        "mp[0-9]: /x,mp=/x",
        Just("[old]".to_owned()),
        Just("virtiofs1: x".to_owned())
    ]
}

fn conf(most: u16, text: &'static str) -> impl Strategy<Value = Conf> {
    let numbered = move |count| btree_map(0..most, text, 0..count);
    (
        (vec(note(), 0..4), option::of("backup|migrate|snapshot"), any::<bool>(), any::<bool>()),
        (numbered(5), numbered(3), btree_map(0..most, any::<bool>(), 0..3)),
        btree_map(
            "[a-z][a-z0-9_-]{1,6}".prop_filter("a section of another kind", |name| name != "pending"),
            numbered(3),
            0..3,
        ),
        (proptest::sample::select(vec!["", " ", "\t"]), 1..3_usize),
    )
        .prop_map(
            |((description, lock, protection, unprivileged), (now, pending, mut gone), snapshots, blanks)| {
                gone.retain(|number, _| !pending.contains_key(number));
                Conf { description, lock, protection, unprivileged, now, pending, gone, snapshots, blanks }
            },
        )
}

impl Conf {
    /// Prints it, with what else stands in the main section and in that of each snapshot.
    fn print(&self, key: &str, pending: &str, others: &[&str], of_snapshots: &[&str]) -> String {
        let (end, lines) = self.blanks;
        let mut text = String::new();
        let mut line = |line: String| text.push_str(&format!("{line}{end}\n"));
        let numbered = |all: &Numbered| {
            all.iter().map(|(number, value)| format!("{key}{number}: {value}")).collect::<Vec<_>>()
        };
        self.description.iter().for_each(|said| line(format!("#{said}")));
        others.iter().for_each(|other| line((*other).to_owned()));
        self.lock.iter().for_each(|lock| line(format!("lock: {lock}")));
        line(format!("protection: {}", u8::from(self.protection)));
        line(format!("unprivileged: {}", u8::from(self.unprivileged)));
        numbered(&self.now).into_iter().for_each(&mut line);
        if !self.pending.is_empty() || !self.gone.is_empty() {
            (0..lines).for_each(|_| line(String::new()));
            line(format!("[{pending}]"));
            let gone: Vec<String> = self
                .gone
                .iter()
                .map(|(number, force)| format!("{}{key}{number}", if *force { "!" } else { "" }))
                .collect();
            if !gone.is_empty() {
                line(format!("delete: {}", gone.join(",")));
            }
            numbered(&self.pending).into_iter().for_each(&mut line);
        }
        for (name, snapshot) in &self.snapshots {
            (0..lines).for_each(|_| line(String::new()));
            line(format!("[{name}]"));
            line("#mp3: /not/this".to_owned());
            of_snapshots.iter().for_each(|other| line((*other).to_owned()));
            numbered(snapshot).into_iter().for_each(&mut line);
        }
        text
    }

    /// What waits.
    fn waits(&self) -> BTreeMap<u16, Option<Box<str>>> {
        let set = self.pending.iter().map(|(number, value)| (*number, Some(value.as_str().into())));
        set.chain(self.gone.keys().map(|number| (*number, None))).collect()
    }
}

fn boxed(all: &Numbered) -> BTreeMap<u16, Box<str>> {
    all.iter().map(|(number, value)| (*number, value.as_str().into())).collect()
}

const POINT: &str = "/[a-z]{1,5}(/[a-zé.]{1,5})?,mp=/[a-z]{1,4}(,ro=1)?(,backup=0)?|vms:subvol-1-disk-[0-9],mp=/[a-z]{1,4},size=1G";
const OF_CONTAINERS: &[&str] = &[
    "arch: amd64",
    "hostname: mp0",
    "net0: name=eth0,bridge=vmbr0",
    "rootfs: vms:subvol-101-disk-0,size=8G",
];
const OF_CONTAINERS_ONCE: &[&str] =
    &["lock: mounted", "protection: 1", "unprivileged: 1", "snaptime: 1700000000", "snapstate: prepare"];

const DIRECTORY: &str = "(dirid=)?[a-z][a-z0-9]{1,5}(,cache=never)?(,direct-io=1)?";
const OF_MACHINES: &[&str] =
    &["memory: 512", "name: virtiofs0", "ostype: l26", "scsi0: vms:vm-100-disk-0,size=4G"];
const OF_MACHINES_ONCE: &[&str] =
    &["lock: suspended", "ostype: win11", "hotplug: memory", "vmstate: vms:vm-100-state-a"];

proptest! {
    #[test]
    fn a_container_is_read_as_it_was_meant(conf in conf(256, POINT)) {
        let text = conf.print("mp", "pve:pending", OF_CONTAINERS, OF_CONTAINERS_ONCE);
        let found = container(text.as_bytes());
        let meant = ContainerState {
            lock: conf.lock.as_deref().map(Into::into),
            protected: conf.protection,
            snapshots: conf.snapshots.keys().map(|name| name.as_str().into()).collect(),
            points: boxed(&conf.now),
            pending: conf.waits(),
            ids: found.ids.clone(),
            ..ContainerState::default()
        };
        prop_assert_eq!(&found, &meant, "{}", text);
        prop_assert_eq!(found.ids.users.outside(33), Some(if conf.unprivileged { 100_033 } else { 33 }));
        // Where Proxmox writes its sections in another order, it is the same.
        let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        prop_assert_eq!(container(&latin), meant);
    }

    #[test]
    fn a_machine_is_read_as_it_was_meant(conf in conf(10, DIRECTORY)) {
        let text = conf.print("virtiofs", "PENDING", OF_MACHINES, OF_MACHINES_ONCE);
        let found = machine(text.as_bytes());
        let small = |number: u16| u8::try_from(number).unwrap();
        let meant = MachineState {
            lock: conf.lock.as_deref().map(Into::into),
            devices: boxed(&conf.now).into_iter().map(|(number, value)| (small(number), value)).collect(),
            pending: conf.waits().into_iter().map(|(number, value)| (small(number), value)).collect(),
            in_snapshots: found.in_snapshots.clone(),
            ..MachineState::default()
        };
        prop_assert_eq!(&found, &meant, "{}", text);
        let ids: BTreeSet<&str> = conf
            .snapshots
            .values()
            .flat_map(BTreeMap::values)
            .map(|value| value.split(',').next().unwrap_or_default().trim_start_matches("dirid="))
            .collect();
        let told: BTreeSet<&str> = found.in_snapshots.keys().map(|id| &**id).collect();
        prop_assert_eq!(told, ids);
        prop_assert!(found.in_snapshots.values().all(|name| conf.snapshots.contains_key(&**name)));
    }

    #[test]
    fn what_a_container_names_is_found_once_for_each_line(conf in conf(256, POINT)) {
        let guest = Guest { kind: GuestKind::Container, id: 101, node: "pve".into() };
        let text = conf.print("mp", "pve:pending", OF_CONTAINERS, OF_CONTAINERS_ONCE);
        let told: Vec<(Option<String>, String)> = uses(&guest, text.as_bytes(), &[])
            .into_iter()
            .map(|found| (found.section.map(String::from), found.key.into()))
            .collect();
        let of = |section: Option<&str>, all: &Numbered| {
            let section = section.map(str::to_owned);
            all.keys().map(|number| (section.clone(), format!("mp{number}"))).collect::<Vec<_>>()
        };
        let mut meant = vec![(None, "rootfs".to_owned())];
        meant.extend(of(None, &conf.now));
        meant.extend(of(Some("pve:pending"), &conf.pending));
        meant.extend(conf.snapshots.iter().flat_map(|(name, all)| of(Some(name), all)));
        prop_assert_eq!(told, meant);
    }
}
