//! The simulator against the real OpenZFS: random operations on both sides at once, in the machine.
//!
//! `PHOENIX_DIFFERENTIAL` is the number of operations for each seed, `PHOENIX_SEED` a seed of one's own.
//! `PHOENIX_LIFE` with the number of a life that was printed plays that one alone and makes it small; with
//! `PHOENIX_SHARES=1` these are of those in which exports, registrations and mount points of containers are changed, too.

use super::asked;
use phoenix_lab::{Machine, MachineSpec, Result, build_program, mib, prepare_or_skip};
use std::time::Duration;

#[test]
fn the_simulator_does_what_the_real_openzfs_does() -> Result<()> {
    let Some(image) = prepare_or_skip()? else { return Ok(()) };
    let program = build_program("phoenix-conformance", "differential")?;
    // Large enough that no operation meets the end of a pool; the files behind them take what is written.
    let spec =
        ["one", "two", "three"].iter().fold(MachineSpec::new(), |spec, name| spec.disk(*name, mib(8192)));
    let mut machine = Machine::boot(&image, spec)?;
    machine.put_program(&program, "/root/differential")?;
    machine.put_pvesm()?;
    machine.ok(QUICK)?;
    let disks = ["one", "two", "three"].map(|name| format!("/dev/disk/by-id/virtio-{name}")).join(" ");
    let limit = LIMIT + Duration::from_secs(count());
    let mut failed = Vec::new();
    for task in tasks() {
        if task.starts_with("shares") {
            machine.ok(SHARING)?;
        }
        let output = machine.run_within(&format!("/root/differential {disks} {task} 2>&1"), limit)?;
        println!("{task}\n{}", output.out());
        if !output.ok() {
            failed.push(format!("{task}\n{}", output.out()));
        }
    }
    assert!(failed.is_empty(), "the simulator differs:\n{}", failed.join("\n"));
    machine.shutdown()
}

/// The seeds of every run: each leads elsewhere, and to the same place each time.
const SEEDS: [u64; 2] = [1, 2];
/// The operations for each of them.
const OPERATIONS: u64 = 400;
/// How much more an operation of those takes in which shares are changed, too: so many fewer there are.
const SHARES: u64 = 3;
/// Makes the machine quicker by what no side of the comparison sees: no power is cut, so no flush is needed;
/// and nothing is exported, so what OpenZFS runs after each mount would find nothing to do.
const QUICK: &str = "echo 1 >/sys/module/zfs/parameters/zfs_nocacheflush
mv /usr/sbin/exportfs /usr/sbin/exportfs.away";
/// Has what is exported told again.
const SHARING: &str = "test -e /usr/sbin/exportfs || mv /usr/sbin/exportfs.away /usr/sbin/exportfs";
/// Room for the cases, and for a machine that is slow and busy; to it comes a second for each operation.
const LIMIT: Duration = Duration::from_secs(1200);

/// What is run: the named cases, then random operations; or what the environment asks for.
fn tasks() -> Vec<String> {
    let count = count();
    let shares = if asked("PHOENIX_SHARES").is_some() { "shares " } else { "" };
    match (asked("PHOENIX_SEED"), asked("PHOENIX_LIFE")) {
        (Some(seed), Some(life)) => vec![format!("{shares}shrink {seed} {life}")],
        (Some(seed), None) => vec![format!("{shares}run {seed} {count}")],
        _ => std::iter::once("cases".to_owned())
            .chain(SEEDS.map(|seed| format!("run {seed} {count}")))
            .chain(std::iter::once(format!("shares run 3 {}", count / SHARES)))
            .collect(),
    }
}

/// The operations of a seed.
fn count() -> u64 {
    asked("PHOENIX_DIFFERENTIAL").unwrap_or(OPERATIONS)
}
