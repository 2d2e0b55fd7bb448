//! The suite that every host must pass, on the real OpenZFS: where it and the simulator disagree, the
//! simulator is wrong.

use phoenix_lab::{Machine, MachineSpec, Result, build_program, mib, prepare_or_skip};
use std::time::Duration;

#[test]
fn the_real_host_passes_the_suite_that_the_simulator_passes() -> Result<()> {
    let Some(image) = prepare_or_skip()? else { return Ok(()) };
    let program = build_program("phoenix-conformance", "conformance")?;
    let spec = MachineSpec::new().disk("one", mib(512)).disk("two", mib(512)).with_nfs();
    let mut machine = Machine::boot(&image, spec)?;
    machine.put_program(&program, "/root/conformance")?;
    let disks = "/dev/disk/by-id/virtio-one /dev/disk/by-id/virtio-two";
    let output = machine.run_within(
        &format!("mkdir -p /root/work && /root/conformance {disks} /root/work 2>&1"),
        Duration::from_secs(300),
    )?;
    assert!(output.ok(), "{}", output.out());
    machine.shutdown()
}
