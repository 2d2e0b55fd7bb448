//! Power cuts at random instants on the real OpenZFS: of switches, rollbacks and recoveries, over both
//! examples. After each the machine boots, imports its pools and recovers; then the host is wholly one
//! generation, and every file written before any cut is there.
//!
//! `PHOENIX_CUTS=N` makes N cuts; by itself it is half a dozen. `PHOENIX_SEED=N` chooses other instants.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod edits;

use edits::Edited;
use phoenix_lab::{Machine, MachineSpec, Result, mib, prepare_or_skip};
use std::{collections::BTreeSet, path::Path, thread, time::Duration};

/// Cuts in an ordinary run.
const CUTS: usize = 6;

#[expect(clippy::disallowed_methods, reason = "how much is run is told from outside")]
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Random numbers: `SplitMix64`, <https://prng.di.unimi.it/splitmix64.c>.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }
}

/// Writes a file of this round into every file system that is mounted, and waits until it is on disk.
const WRITE: &str = r#"
zfs list -H -o name,mounted,mountpoint -t filesystem | while IFS="$(printf '\t')" read -r name mounted path; do
    test "$mounted" = yes || continue
    echo "$name ROUND" >"$path/cut-ROUND"
    echo "$name ROUND"
done
sync
for pool in $(zpool list -H -o name); do zpool sync $pool; done
"#;

/// Prints all files of all rounds, also of what is put away.
const READ: &str = r#"
mkdir -p /mnt/look
zfs list -H -o name,mounted,mountpoint -t filesystem | while IFS="$(printf '\t')" read -r name mounted path; do
    if test "$mounted" = yes; then
        cat "$path"/cut-* 2>/dev/null
    elif mount -t zfs -o ro,zfsutil "$name" /mnt/look; then
        cat /mnt/look/cut-* 2>/dev/null
        umount /mnt/look
    fi
done
true
"#;

/// How many cuts struck what.
#[derive(Debug, Default)]
struct Counts {
    cuts: usize,
    switches: usize,
    rollbacks: usize,
    recoveries: usize,
    undone: usize,
    finished: usize,
    /// The verb had not begun, or had ended.
    beside: usize,
}

struct Host {
    machine: Machine,
    written: BTreeSet<String>,
    random: Random,
    counts: Counts,
    /// How long a switch takes undisturbed, in milliseconds.
    long: u64,
}

impl Host {
    fn boot(machine: Machine, edited: &Edited, random: Random, from_first: bool) -> Result<Self> {
        machine.put_program(Path::new(env!("CARGO_BIN_EXE_phoenix")), "/usr/sbin/phoenix")?;
        machine.put_pvesm()?;
        for (name, text) in [("a.kdl", &edited.first), ("b.kdl", &edited.second)] {
            let text = text.replace("by-id/nvme-", "by-id/virtio-").replace("by-id/ata-", "by-id/virtio-");
            let text = text.replace("owner=\"backup\"", "owner=34");
            machine.put_bytes(text.as_bytes(), &format!("/root/{name}"), 0o644)?;
        }
        let mut host = Self { machine, written: BTreeSet::new(), random, counts: Counts::default(), long: 0 };
        host.phoenix("switch --yes a.kdl", 0)?;
        let begun = host.now()?;
        host.phoenix("switch --yes b.kdl", 0)?;
        host.long = host.now()? - begun;
        // The first cut strikes a switch in one example, and a rollback in the other.
        if from_first {
            host.phoenix("rollback --yes 1", 0)?;
        }
        Ok(host)
    }

    /// The machine's time in milliseconds.
    fn now(&self) -> Result<u64> {
        Ok(self.machine.ok("echo $(($(date +%s%N) / 1000000))")?.trim().parse().unwrap())
    }

    fn phoenix(&self, verb: &str, status: i32) -> Result<String> {
        let shell = format!("cd /root && phoenix {verb} 2>&1");
        let output = self.machine.run_within(&shell, Duration::from_secs(600))?;
        assert_eq!(output.status, Some(status), "phoenix {verb}: {}", output.out());
        Ok(output.out())
    }

    fn current(&self) -> Result<String> {
        Ok(self.machine.ok("readlink /var/lib/phoenix/current")?.trim().to_owned())
    }

    fn is_open(&self) -> Result<bool> {
        Ok(self.machine.run("test -L /var/lib/phoenix/txn/open")?.ok())
    }

    /// Starts a verb, cuts the power at a random instant of it, and boots again.
    fn cut(&mut self, verb: &str) -> Result<()> {
        let running = self.machine.start(&format!("cd /root && phoenix {verb} >/dev/null 2>&1"))?;
        // The instant is random: nothing is waited for here.
        thread::sleep(Duration::from_millis(self.random.below(self.long * 11 / 10 + 1)));
        self.machine.cut_power()?;
        drop(running);
        self.counts.cuts += 1;
        self.machine.boot_again()
    }

    fn round(&mut self, round: usize) -> Result<()> {
        let fresh = self.machine.ok(&WRITE.replace("ROUND", &round.to_string()))?;
        self.written.extend(fresh.lines().map(str::to_owned));
        let before = self.current()?;
        let forward = before == "generations/1";
        self.cut(if forward { "switch --yes b.kdl" } else { "rollback --yes 1" })?;
        if self.is_open()? {
            *(if forward { &mut self.counts.switches } else { &mut self.counts.rollbacks }) += 1;
            self.phoenix("switch --yes b.kdl", 6)?;
        } else {
            self.counts.beside += 1;
        }
        let resume = if self.random.below(2) == 0 { " --resume" } else { "" };
        let recover = format!("recover --yes{resume}");
        while self.is_open()? && self.random.below(2) == 0 {
            self.cut(&recover)?;
            self.counts.recoveries += 1;
        }
        let text = self.phoenix(&recover, 0)?;
        let after = self.current()?;
        assert!(!self.is_open()?, "round {round}: {text}");
        assert!(forward || after == before || after == "generations/1", "round {round}: {before}, {after}");
        *(if after == before { &mut self.counts.undone } else { &mut self.counts.finished }) += 1;
        let status = self.phoenix("status", 0)?;
        assert!(status.contains(&format!("Generation {}", after.rsplit('/').next().unwrap())), "{status}");
        let there: BTreeSet<String> = self.machine.ok(READ)?.lines().map(str::to_owned).collect();
        let lost: Vec<&String> = self.written.difference(&there).collect();
        assert!(lost.is_empty(), "round {round}: {before} to {after}: {text}: lost: {lost:?}");
        Ok(())
    }
}

#[test]
fn power_is_cut_at_random_instants_and_nothing_is_lost() -> Result<()> {
    let Some(image) = prepare_or_skip()? else { return Ok(()) };
    let cuts = asked("PHOENIX_CUTS").map_or(CUTS, |cuts| usize::try_from(cuts).unwrap());
    let seed = asked("PHOENIX_SEED").unwrap_or(1);
    let disks = ["DISK_1", "DISK_2", "DISK_3", "FAST_1", "FAST_2", "SLOW_1", "SLOW_2", "SLOW_3", "SLOW_4"];
    for (at, edited) in edits::examples().iter().enumerate() {
        let named = |serial: &&str| edited.first.contains(&format!("-{serial}\""));
        let wanted = disks
            .iter()
            .filter(|serial| named(serial))
            .fold(MachineSpec::new().with_nfs(), |spec, serial| spec.disk(*serial, mib(512)));
        let machine = Machine::boot(&image, wanted)?;
        let mut host = Host::boot(machine, edited, Random(seed.wrapping_mul(2) + at as u64), at == 0)?;
        let mut round = 0;
        while host.counts.cuts < (cuts + 1 - at) / 2 {
            round += 1;
            host.round(round)?;
        }
        println!("{}: {:?}, {} files, none lost", edited.name, host.counts, host.written.len());
    }
    Ok(())
}
