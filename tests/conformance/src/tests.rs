//! The suite that every host must pass, on the simulator.

use phoenix_graph::Disk;
use phoenix_sim::SimHost;

#[test]
fn the_simulator_does_what_every_host_does() {
    let dir = tempfile::tempdir().unwrap();
    let host = SimHost::in_memory(dir.path());
    let disks = ["/dev/disk/by-id/one", "/dev/disk/by-id/two"];
    host.add_blank_disks(disks);
    let disks = disks.map(|path| Disk(path.into()));
    crate::run(&host, &disks, dir.path()).unwrap();
}
