//! The examples themselves on the real host: each of them converges, is nothing to do the second time, is live for clients
//! of both versions of NFS, changes and goes back, and nothing is lost; and what a client of a `sync` share was told is on
//! disk is there after a power cut.
//!
//! One machine carries all of it: between two examples the host is made blank again.

use crate::network::Network;
use crate::stage::{on_lab_disks, put_guests};
use phoenix_compiler::{OneFile, SpecPath, compile};
use phoenix_graph::{Graph, Resource, export::ExportOptions};
use phoenix_lab::{MachineSpec, Session, mib, says};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

#[test]
fn each_example_converges_and_goes_back() {
    let Some(lab) = &mut boot() else { return };
    for (name, example) in EXAMPLES {
        println!("examples/{name}");
        let first = on_lab_disks(example);
        converges(lab, &first);
        capacity_is_what_openzfs_tells(lab);
        is_shared(lab, &first);
        guests_have_what_they_are_given(lab, &first);
        if name == "phoenix" {
            what_was_told_to_be_on_disk_outlives_the_power(lab, &first);
        }
        changes_and_goes_back(lab, &first);
        blank(lab);
    }
    lab.shutdown();
}

/// What `capacity` tells of each dataset is what `zfs list` has of it, but for what was written in between.
#[track_caller]
fn capacity_is_what_openzfs_tells(lab: &Session) {
    let told = lab.exits(0, "capacity --json");
    let told: Vec<serde_json::Value> = serde_json::from_str(&told).unwrap();
    let columns = "name,used,available,usedbyrefreservation,usedbysnapshots,volsize";
    let listed = lab.ok(&format!("zfs list -Hp -t filesystem,volume -o {columns}"));
    let lines: Vec<Vec<&str>> = listed.lines().map(|line| line.split('\t').collect()).collect();
    assert!(!lines.is_empty() && told.len() == lines.len(), "{told:?} {listed}");
    let number = |text: &str| text.parse::<u64>().unwrap_or(0);
    let near = |a: u64, b: u64| a.abs_diff(b) < 16 << 20;
    for (one, line) in told.iter().zip(&lines) {
        let (name, space) = (line[0], &one["space"]);
        assert_eq!(one["dataset"], name);
        let there = match number(line[5]) {
            0 => number(line[1]) + number(line[2]) - number(line[3]),
            size => size,
        };
        let below =
            lines.iter().filter(|other| other[0] == name || other[0].starts_with(&format!("{name}/")));
        let snapshots: u64 = below.map(|other| number(other[4])).sum();
        for (what, wanted) in [("there", there), ("used", number(line[1])), ("snapshots", snapshots)] {
            let found = space[what].as_u64().unwrap();
            assert!(near(found, wanted), "{name}: {what} is {found}, and OpenZFS says {wanted}");
        }
    }
}

/// As they stand in the repository, where they may be edited: what is held of them holds of any spec.
const EXAMPLES: [(&str, &str); 4] = [
    ("phoenix", include_str!("../../examples/phoenix/phoenix.kdl")),
    ("services", include_str!("../../examples/services/services.kdl")),
    ("detailed", include_str!("../../examples/detailed/detailed.kdl")),
    ("cluster", include_str!("../../examples/cluster/cluster.kdl")),
];

/// What is changed in them, where they have it: settings, a dataset that goes and one that comes, whom something is shared
/// with, a mount point of a container.
const EDITS: [(&str, &str); 8] = [
    ("quota=\"100G\"", "quota=\"150G\""),
    ("recordsize=\"16K\"", "recordsize=\"64K\""),
    ("dataset \"shared-iso\"", "dataset \"images\""),
    ("dataset \"portainer\"", "dataset \"gitea\""),
    ("dataset \"VMs\"", "dataset \"machines\""),
    ("let lan \"10.0.0.0/24\"", "let lan \"10.0.0.128/25\""),
    ("client (let)\"guests\" \"rw\"", "client (let)\"guests\" \"ro\""),
    ("lxc 102 at=\"/qdrant/storage\"", "lxc 102 at=\"/qdrant/vectors\""),
];

/// The machine is the storage host as its guests reach it, by the examples' own addresses.
const LAN: Network = Network { server: "10.0.0.13", clients: &[OTHER, MACHINE] };
const OTHER: &str = "10.0.0.21";
const MACHINE: &str = "10.0.0.201";

const DISKS: [&str; 9] =
    ["DISK_1", "DISK_2", "DISK_3", "FAST_1", "FAST_2", "SLOW_1", "SLOW_2", "SLOW_3", "SLOW_4"];

fn boot() -> Option<Session> {
    let spec = DISKS
        .iter()
        .fold(MachineSpec::new().with_nfs().with_systemd(), |spec, disk| spec.disk(*disk, mib(512)));
    let lab = super::boot(spec)?;
    lab.put_pvesm();
    put_guests(&lab);
    LAN.connect(&lab);
    Some(lab)
}

/// Takes all away that an example has left, so that the next one finds the host that the first one found.
fn blank(lab: &Session) {
    let disks = DISKS.map(|disk| format!("/dev/disk/by-id/virtio-{disk}")).join(" ");
    lab.ok(&format!(
        "set -e
         systemctl stop 'phoenix-*.timer' 'phoenix-*.service'
         rm -rf /var/lib/phoenix /etc/exports.d/* /etc/modprobe.d/phoenix.conf /etc/pve/storage.cfg /etc/phoenix
         rm -f /etc/systemd/system/phoenix-* /etc/systemd/system/timers.target.wants/phoenix-*
         systemctl daemon-reload
         exportfs -ra
         for pool in $(zpool list -H -o name); do zpool destroy -f $pool; done
         for disk in {disks}; do blkdiscard -f -z $disk; blockdev --rereadpt $disk; done
         udevadm settle"
    ));
    put_guests(lab);
}

fn graph(spec: &str) -> Graph {
    let compiled = compile(&OneFile(spec.into()), &SpecPath::new("spec.kdl").unwrap());
    assert!(!compiled.has_errors(), "{}", phoenix_specs::rendered(&compiled));
    compiled.hosts.into_iter().next().unwrap().graph.unwrap()
}

/// Switches to a spec, which holds then; a second time there is nothing to do.
#[track_caller]
fn converges(lab: &Session, spec: &str) {
    lab.switch(0, spec);
    is_so(lab, spec);
}

/// The host is as a spec says, whoever asks.
#[track_caller]
fn is_so(lab: &Session, spec: &str) {
    lab.holds();
    lab.put("phoenix.kdl", spec);
    says(&lab.exits(0, "switch --yes phoenix.kdl"), &["Nothing to do: the host is as generation"]);
    exports_are_live(lab, &graph(spec));
}

/// By path and client, with all their options.
type Exports = BTreeMap<(String, String), ExportOptions>;

fn exports(graph: &Graph) -> Exports {
    let exports = graph.resources().filter_map(|resource| match resource {
        Resource::Export(export) => Some(export),
        _ => None,
    });
    let clients = exports.flat_map(|export| {
        let entry = |client: &str| (export.path.to_string(), client.to_owned());
        export.clients.iter().map(move |(client, options)| (entry(client), options.clone()))
    });
    clients.collect()
}

/// The server's own table has what the graph has, option by option, and nothing else.
#[track_caller]
fn exports_are_live(lab: &Session, graph: &Graph) {
    let table = lab.ok("cat /var/lib/nfs/etab");
    let entry = |line: &str| {
        let (path, rest) = line.split_once('\t')?;
        let (client, options) = rest.strip_suffix(')')?.split_once('(')?;
        Some(((path.to_owned(), client.to_owned()), ExportOptions::from_etab(options)))
    };
    let live: Exports = table.lines().map(|line| entry(line).expect("an entry")).collect();
    assert_eq!(live, exports(graph), "{table}");
}

/// Returns whether an address is one of a client, where that is an address or a network.
fn is_for(client: &str, address: &str) -> Option<bool> {
    let (network, length) = client.split_once('/').unwrap_or((client, "32"));
    let bits = |text: &str| text.parse::<Ipv4Addr>().ok().map(u32::from);
    let differing = 32_u32.checked_sub(length.parse().ok()?)?;
    Some((bits(network)? ^ bits(address)?).checked_shr(differing).unwrap_or(0) == 0)
}

/// Each export is mounted by both versions of NFS from the addresses that it is for, and from no other; what root of a
/// client writes is read on the host, and belongs to whom the options make of it, who alone may write.
fn is_shared(lab: &Session, spec: &str) {
    let exports = exports(&graph(spec));
    let mut mounted = 0;
    for ((path, client), options) in &exports {
        let anonymous = options.iter().find_map(|word| word.strip_prefix("anonuid=")).unwrap();
        let writer = if options.contains("no_root_squash") { "0" } else { anonymous };
        let owner = lab.ok(&format!("stat -c %u {path}"));
        for version in ["3", "4.2"] {
            for address in LAN.clients {
                match is_for(client, address) {
                    Some(true) => {}
                    Some(false) => {
                        let output = LAN.try_mount(lab, address, version, path);
                        assert!(!output.ok(), "{path} is for {client} alone, and {address} has it: {output}");
                        continue;
                    }
                    None => continue,
                }
                let at = LAN.mount(lab, address, version, path);
                mounted += 1;
                let file = format!("{address}-by-{version}");
                let output = lab.run(&format!("echo by {address} >{at}/{file}"));
                if !options.contains("ro") && (writer == "0" || writer == owner) {
                    assert!(output.ok(), "{output}");
                    let read = format!("cd {path} && cat {file} && stat -c %u {file}");
                    lab.prints(&read, &format!("by {address}\n{writer}"));
                } else {
                    assert!(!output.ok(), "{output}");
                }
            }
            LAN.unmount(lab);
        }
    }
    // Whoever edits an example may give all of it to a network that is not this one.
    println!("    {} exports, mounted {mounted} times", exports.len());
}

/// Each container has each of its mount points once it runs, and what it writes there is on the host.
fn guests_have_what_they_are_given(lab: &Session, spec: &str) {
    let graph = graph(spec);
    let binds: Vec<_> = graph
        .resources()
        .filter_map(|resource| match resource {
            Resource::Bind(bind) => Some(bind),
            _ => None,
        })
        .collect();
    let containers: BTreeSet<u32> = binds.iter().map(|bind| bind.container).collect();
    for container in &containers {
        lab.ok(&format!("pct start {container}"));
    }
    for bind in &binds {
        let (id, at, path) = (bind.container, &bind.at, bind.source_path());
        let inside = format!("nsenter --mount --target $(cat /run/pct/{id}.pid)");
        let write = lab.run(&format!("{inside} sh -c 'echo from {id} >/run/pct/{id}{at}/from-{id}'"));
        if bind.options.get("ro").is_some_and(|ro| &**ro == "1") {
            assert!(write.err().contains("Read-only file system"), "{at} in {id}: {write}");
        } else {
            assert!(write.ok(), "{at} in {id}: {write}");
            lab.prints(&format!("cat {path}/from-{id}"), &format!("from {id}"));
        }
    }
    for container in &containers {
        lab.ok(&format!("pct stop {container}"));
    }
    // What a machine mounts is rendered for it.
    for resource in graph.resources() {
        if let Resource::GuestMount(mount) = resource {
            let units = lab.exits(0, &format!("guest {}", mount.machine));
            says(
                &units,
                &[format!("Where={}", mount.mount.at), format!("What={}:{}", LAN.server, mount.path)],
            );
        }
    }
}

/// Writes records one after the other, each of them told once it is on disk.
const RECORDS: &str = "for n in $(seq 100000); do
    printf 'record %06d\\n' $n | dd of=AT/records oflag=append conv=notrunc,fsync status=none || exit 1
    echo synced $n
done";

/// So many records have been told before the power is cut, of each share.
const ENOUGH: usize = 40;

/// By the share for databases each record is there that a client was told is on disk. The one beside it promises less
/// (`async`), and keeps less: so it is the promise that keeps them, and not that all was written long since.
fn what_was_told_to_be_on_disk_outlives_the_power(lab: &mut Session, spec: &str) {
    let exports = exports(&graph(spec));
    let shares = |word: &'static str| {
        let told = move |((_, client), options): &(&(String, String), &ExportOptions)| {
            options.contains("rw") && options.contains(word) && is_for(client, OTHER) == Some(true)
        };
        exports.iter().filter(told).map(|((path, _), _)| path.as_str())
    };
    let pool = |path: &str| path.split('/').nth(1).map(str::to_owned);
    let mut pairs = shares("sync").flat_map(|kept| shares("async").map(move |loose| (loose, kept)));
    let Some((loose, kept)) = pairs.find(|(loose, kept)| pool(loose) == pool(kept)) else {
        println!("    it was edited, and gives {OTHER} no share of each kind in one pool: no power is cut");
        return;
    };
    lab.prints(&format!("zfs get -H -o value sync {kept}"), "always");
    // Nothing is written because it is time to.
    lab.ok("echo 100000 >/sys/module/zfs/parameters/zfs_txg_timeout && zpool sync");
    let paths = [loose, kept];
    let writers = paths.map(|path| {
        let at = LAN.mount(lab, OTHER, "4.2", path);
        lab.start(&RECORDS.replace("AT", &at), &format!("synced {ENOUGH}\n"))
    });
    lab.boot_again();
    let [loose, kept] = [0, 1].map(|at| {
        let told = writers[at].so_far().out().lines().filter(|line| line.starts_with("synced ")).count();
        assert!(told >= ENOUGH, "{told}");
        let there = lab.ok(&format!("cat {}/records 2>/dev/null || true", paths[at]));
        let whole = there.lines().enumerate();
        let whole = whole.take_while(|(at, line)| **line == format!("record {:06}", at + 1)).count();
        println!("    {}: {told} told, {whole} there", paths[at]);
        (told, whole)
    });
    assert!(kept.1 >= kept.0, "lost: {} were told to be on disk, and {} are there", kept.0, kept.1);
    assert!(loose.1 < loose.0, "the share without that promise lost nothing: the power was cut too late");
    lab.holds();
    LAN.connect(lab);
}

/// Has a letter in every file system, by whose name it begins.
const LETTERS: &str = r#"
zfs list -H -o name,mounted,mountpoint -t filesystem | while IFS="$(printf '\t')" read -r name mounted path; do
    test "$mounted" = yes || continue
    echo "$name" >"$path/letter"
    echo "$name"
done"#;

/// Prints what all letters say, also of what is put away.
const READ: &str = r#"
mkdir -p /mnt/look
zfs list -H -o name,mounted,mountpoint -t filesystem | while IFS="$(printf '\t')" read -r name mounted path; do
    if test "$mounted" = yes; then
        cat "$path/letter" 2>/dev/null
    elif mount -t zfs -o ro,zfsutil "$name" /mnt/look; then
        cat /mnt/look/letter 2>/dev/null
        umount /mnt/look
    fi
done | sort"#;

fn changes_and_goes_back(lab: &Session, first: &str) {
    let second = EDITS.iter().fold(first.to_owned(), |text, (old, new)| text.replace(old, new));
    assert_ne!(graph(&second).id(), graph(first).id(), "no edit fits the example");
    let letters: BTreeSet<String> = lab.ok(LETTERS).lines().map(str::to_owned).collect();
    let there = |lab: &Session| -> BTreeSet<String> { lab.ok(READ).lines().map(str::to_owned).collect() };
    assert_eq!(there(lab), letters);
    converges(lab, &second);
    assert_eq!(there(lab), letters, "a letter is lost");
    assert_eq!(lab.current(), "generations/2");
    lab.exits(0, "rollback --yes");
    assert_eq!(lab.current(), "generations/1");
    is_so(lab, first);
    // Each lies where it was written.
    for name in &letters {
        lab.prints(&format!("cat \"$(zfs get -H -o value mountpoint {name})/letter\""), name);
    }
}
