//! The lab itself: what it promises to the tests that stand on it.
//!
//! One machine, booted once and cut off once, carries all of it, since a boot costs more than
//! everything else here.

use std::time::Duration;

use phoenix_lab::{Error, Machine, MachineSpec, Output, Result, mib, prepare_or_skip};

const SOON: Duration = Duration::from_secs(120);

#[test]
fn the_machine_keeps_its_promises() -> Result<()> {
    let Some(image) = prepare_or_skip()? else {
        return Ok(());
    };
    let spec = MachineSpec::new().disk("one", mib(96)).disk("two", mib(96));
    let mut machine = Machine::boot(&image, spec)?;

    commands_come_back_exactly(&machine)?;
    several_commands_run_at_once(&machine)?;
    a_command_that_hangs_is_told_and_killed(&machine)?;
    a_service_left_behind_holds_nothing_up(&machine)?;
    processes_are_counted(&machine)?;
    files_arrive_whole(&machine)?;
    disks_have_names_and_pools(&machine)?;
    pvesm_registers_a_real_dataset(&machine)?;
    cut_while_writing(&mut machine)?;

    machine.spec_mut().nfs = true;
    machine.boot_again()?;
    what_was_synced_is_there(&machine)?;
    nfs_serves_a_dataset(&machine)?;

    // A power cut from within, at exactly one instruction.
    machine.start("echo kept >/var/lib/phoenix/synced; sync; echo lost >/var/lib/phoenix/late; echo b >/proc/sysrq-trigger")?;
    machine.wait_off(SOON)?;
    let off = machine.run("true");
    assert!(matches!(off, Err(Error::Off { .. })), "{off:?}");

    machine.spec_mut().nfs = false;
    machine.spec_mut().import_pools = false;
    machine.boot_again()?;
    assert_eq!(machine.ok("cat /var/lib/phoenix/synced")?, "kept\n");
    assert_eq!(machine.ok("zpool list -H -o name")?, "", "no pool was to be imported");
    machine.shutdown()
}

fn commands_come_back_exactly(machine: &Machine) -> Result<()> {
    let output = machine.run("printf 'a\\0b\\n'; printf 'c\\377' >&2; exit 3")?;
    let expected = Output { status: Some(3), stdout: b"a\0b\n".into(), stderr: b"c\xff".into() };
    assert_eq!(output, expected);
    let words = machine.exec(&["printf", "%s|", "a b", "*", ""])?;
    assert_eq!(words.out(), "a b|*||");
    assert_eq!(machine.exec(&["no-such-program"])?.status, Some(127));
    assert_eq!(machine.run("kill -9 $$")?.status, Some(137));
    let large = machine.run("head -c 3000000 /dev/zero | tr '\\0' x")?;
    assert_eq!(large.stdout.len(), 3_000_000);
    assert!(large.stdout.iter().all(|b| *b == b'x'));
    let failed = machine.ok("echo why >&2; false");
    let failed = failed.map_or_else(|e| e.to_string(), |_| "it did not fail".into());
    assert!(failed.contains("why") && failed.contains("console"), "{failed}");
    Ok(())
}

fn several_commands_run_at_once(machine: &Machine) -> Result<()> {
    let waiting = machine.start("mkfifo /tmp/gate; echo ready; cat /tmp/gate")?;
    waiting.wait_for("ready", SOON)?;
    assert_eq!(waiting.so_far().status, None);
    machine.ok("echo through >/tmp/gate")?;
    assert_eq!(waiting.wait(SOON)?.out(), "ready\nthrough\n");
    Ok(())
}

fn a_command_that_hangs_is_told_and_killed(machine: &Machine) -> Result<()> {
    // Long enough for a busy host to have come to the echo.
    let limit = Duration::from_secs(5);
    let late = machine.run_within("echo so far; echo $$ >/tmp/pid; exec sleep 1000", limit);
    let message = late.map_or_else(|e| e.to_string(), |_| "it ended".into());
    assert!(message.contains("so far"), "{message}");
    machine.ok("while kill -0 $(cat /tmp/pid) 2>/dev/null; do sleep 0.05; done")?;
    let missing = machine.start("echo something else")?.wait_for("marker", SOON);
    assert!(matches!(missing, Err(Error::Deadline { .. })), "{missing:?}");
    Ok(())
}

fn a_service_left_behind_holds_nothing_up(machine: &Machine) -> Result<()> {
    let output = machine.run_within("sleep 1000 & echo started $!", SOON)?;
    assert!(output.ok() && output.out().starts_with("started "), "{output}");
    machine.ok("pkill -x sleep").map(drop)
}

fn processes_are_counted(machine: &Machine) -> Result<()> {
    let before = machine.forks()?;
    machine.ok("true; /bin/true; /bin/true; /bin/true")?;
    let after = machine.forks()?;
    // The shell, three programs, and the command that reads the second count; threads of the
    // agent's count too, so this is a floor with some room above it.
    let started = after - before;
    assert!((5..30).contains(&started), "{started} started");
    Ok(())
}

fn files_arrive_whole(machine: &Machine) -> Result<()> {
    let content: Vec<u8> = (0..2_000_000_u32).map(|n| (n % 251) as u8).collect();
    machine.put_bytes(&content, "/var/lib/phoenix/deep/file", 0o640)?;
    assert!(machine.read("/var/lib/phoenix/deep/file")? == content, "the bytes differ");
    assert_eq!(machine.ok("stat -c %a /var/lib/phoenix/deep/file")?, "640\n");
    let this = std::path::Path::new(file!()).file_name().unwrap_or_default();
    let this = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(this);
    machine.put(&this, "/root/test.rs", 0o600)?;
    assert!(machine.run("grep -q files_arrive_whole /root/test.rs")?.ok());
    assert!(machine.put_bytes(b"x", "/proc/no/file", 0o600).is_err());
    Ok(())
}

fn disks_have_names_and_pools(machine: &Machine) -> Result<()> {
    machine.ok(
        "cd /dev/disk/by-id && zpool create -O mountpoint=/lab-pool lab mirror $PWD/virtio-one $PWD/virtio-two",
    )?;
    let status = machine.ok("zpool status -P lab")?;
    for disk in ["one", "two"] {
        let path = format!("/dev/disk/by-id/virtio-{disk}-part1");
        assert!(status.contains(&path), "{status}");
    }
    assert!(machine.ok("zfs version")?.contains("zfs-kmod-2.3."));
    Ok(())
}

fn pvesm_registers_a_real_dataset(machine: &Machine) -> Result<()> {
    machine.put_pvesm()?;
    machine.ok("zfs create lab/vms && pvesm add zfspool vms --pool lab/vms --content images")?;
    let file = machine.ok("cat /etc/pve/storage.cfg")?;
    let section = "zfspool: vms\n\tpool lab/vms\n\tcontent images\n\tmountpoint /lab-pool/vms\n";
    assert!(file.contains(section), "{file}");
    let refused = machine.run("pvesm add dir dd --path /lab-pool/not-mounted --is_mountpoint 1")?;
    assert!(!refused.ok() && refused.err().contains("is not mounted"), "{refused}");
    machine.ok("for i in 1 2 3 4; do pvesm add dir par$i --path /srv/par$i --content iso & done; wait")?;
    assert_eq!(machine.ok("grep -c '^dir: par' /etc/pve/storage.cfg")?, "4\n");
    assert!(machine.ok("pvesm status --storage vms")?.contains("active"));
    Ok(())
}

fn cut_while_writing(machine: &mut Machine) -> Result<()> {
    machine.ok("echo synced >/lab-pool/synced; sync /lab-pool/synced; zpool sync lab")?;
    for folder in ["/etc/exports.d", "/etc/modprobe.d", "/etc/pve", "/var/lib/phoenix"] {
        machine.ok(&format!("echo kept >{folder}/kept; sync {folder}/kept"))?;
    }
    let writing = machine.start(
        "i=0; while :; do i=$((i+1)); head -c 50000 /dev/urandom >/lab-pool/f$i; echo file $i; done",
    )?;
    writing.wait_for("file 20", SOON)?;
    machine.cut_power()?;
    let lost = writing.wait(SOON);
    assert!(matches!(lost, Err(Error::Off { .. })), "{lost:?}");
    Ok(())
}

fn what_was_synced_is_there(machine: &Machine) -> Result<()> {
    assert_eq!(machine.ok("cat /lab-pool/synced")?, "synced\n");
    assert_eq!(machine.ok("zpool list -H -o health lab")?, "ONLINE\n");
    for folder in ["/etc/exports.d", "/etc/modprobe.d", "/etc/pve", "/var/lib/phoenix"] {
        assert_eq!(machine.ok(&format!("cat {folder}/kept"))?, "kept\n", "{folder}");
    }
    assert!(machine.run("pvesm status --storage vms")?.ok(), "programs stay");
    Ok(())
}

fn nfs_serves_a_dataset(machine: &Machine) -> Result<()> {
    machine.ok(
        "echo '/lab-pool 127.0.0.1(rw,no_subtree_check,no_root_squash)' >/etc/exports.d/lab.exports; exportfs -ra",
    )?;
    let within = Duration::from_secs(60);
    let mounted = machine.run_within("mount -t nfs -o vers=4.2 127.0.0.1:/lab-pool /mnt", within)?;
    assert!(mounted.ok(), "{mounted}");
    assert_eq!(machine.ok("cat /mnt/synced")?, "synced\n");
    machine.ok("echo over the wire >/mnt/new; umount /mnt")?;
    assert_eq!(machine.ok("cat /lab-pool/new")?, "over the wire\n");
    Ok(())
}
