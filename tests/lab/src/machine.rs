//! A machine: booted, asked to run commands, cut off, booted again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::link::{Link, Running};
use crate::output::Output;
use crate::programs::{self, Program};
use crate::qemu::Hardware;
use crate::{Error, Image, MachineSpec, Result, place, place::Seat};

/// How long a boot may take; alone on two cores it takes less than ten seconds.
const BOOT: Duration = Duration::from_secs(180);
/// How long a command may take where the caller names no limit.
const COMMAND: Duration = Duration::from_secs(120);
/// How many consoles of earlier machines are kept.
const CONSOLES: usize = 40;

/// A virtual machine. Only one runs at a time, over all processes: a second boot waits for the
/// first machine to be dropped. Dropping kills the emulator and removes the disks.
#[derive(Debug)]
pub struct Machine {
    hardware: Hardware,
    boot: Option<Boot>,
    // In this order: the disks go before the seat does.
    _folder: tempfile::TempDir,
    _seat: Seat,
}

/// One boot: the emulator's process and the channel into it.
#[derive(Debug)]
struct Boot {
    qemu: Child,
    link: Arc<Link>,
}

impl Machine {
    /// Boots a machine with blank disks and waits until it listens.
    pub fn boot(image: &Image, spec: MachineSpec) -> Result<Machine> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        spec.check()?;
        let place = place::folder()?;
        let seat = place::seat(&place)?;
        let runs = emptied(place.join("run").join(seat.number.to_string()))?;
        let folder = tempfile::tempdir_in(&runs).map_err(Error::io("make a folder in", &runs))?;
        let name = format!("{}-{}.log", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let hardware = Hardware {
            image: image.clone(),
            spec,
            folder: folder.path().to_owned(),
            console: consoles(place.join("console"))?.join(name),
        };
        hardware.make()?;
        let mut machine = Machine { hardware, boot: None, _folder: folder, _seat: seat };
        machine.switch_on()?;
        Ok(machine)
    }

    /// Runs a text in the machine's shell (`sh -c`) and waits for its end, at most two minutes.
    pub fn run(&self, shell: &str) -> Result<Output> {
        self.run_within(shell, COMMAND)
    }

    /// Runs a text in the machine's shell and waits for its end, at most so long.
    pub fn run_within(&self, shell: &str, limit: Duration) -> Result<Output> {
        self.start(shell)?.wait(limit)
    }

    /// Runs a text in the machine's shell; returns its standard output, or an error where it did
    /// not end with 0.
    pub fn ok(&self, shell: &str) -> Result<String> {
        let output = self.run(shell)?;
        if output.ok() {
            return Ok(output.out());
        }
        Err(Error::Failed { command: shell.into(), output: Box::new(output), console: self.console().into() })
    }

    /// Runs an argument vector, without a shell.
    pub fn exec<S: AsRef<str>>(&self, argv: &[S]) -> Result<Output> {
        self.begin(&words(argv), &[])?.wait(COMMAND)
    }

    /// Runs an argument vector with these bytes on its standard input.
    pub fn exec_with_input<S: AsRef<str>>(&self, argv: &[S], input: &[u8]) -> Result<Output> {
        self.begin(&words(argv), input)?.wait(COMMAND)
    }

    /// Starts a text in the machine's shell and returns at once.
    pub fn start(&self, shell: &str) -> Result<Running> {
        self.begin(&words(&["/bin/sh", "-c", shell]), &[])
    }

    /// Copies a file of the host's into the machine, folders made where missing; it is there whole
    /// or not at all.
    pub fn put(&self, local: &Path, guest: &str, mode: u32) -> Result<()> {
        let content = fs::read(local).map_err(Error::io("read", local))?;
        self.put_bytes(&content, guest, mode)
    }

    /// Writes a file in the machine, folders made where missing; it is there whole or not at all.
    pub fn put_bytes(&self, content: &[u8], guest: &str, mode: u32) -> Result<()> {
        const SCRIPT: &str = r#"set -e
            mkdir -p "$(dirname "$1")"
            cat >"$1.lab-new"; chmod "$2" "$1.lab-new"; mv -f "$1.lab-new" "$1"; sync "$1""#;
        let mode = format!("{mode:o}");
        let argv = ["/bin/sh", "-c", SCRIPT, "put", guest, &mode];
        let output = self.exec_with_input(&argv, content)?;
        if output.ok() {
            return Ok(());
        }
        Err(Error::Failed {
            command: format!("put {guest}"),
            output: Box::new(output),
            console: self.console().into(),
        })
    }

    /// Puts a program built on the host into the machine, mode 0755; refuses one that wants a
    /// newer C library than the guest has.
    pub fn put_program(&self, local: &Path, guest: &str) -> Result<()> {
        self.put_bytes(&programs::carried(local)?, guest, 0o755)
    }

    /// Builds the stand-ins for Proxmox's commands and puts them into `/usr/sbin`; and what stands for Proxmox's
    /// cluster file system is mounted at `/etc/pve`, now and at each boot.
    pub fn put_pvesm(&self) -> Result<()> {
        const PVE: &str = r#"set -e
            mkdir -p /var/lib/pve-cluster/nodes/lab/lxc /var/lib/pve-cluster/nodes/lab/qemu-server /var/lib/pve-cluster/mapping
            printf '{"nodename": "lab", "version": 0}\n' >/var/lib/pve-cluster/.members
            cp -a /etc/pve/. /var/lib/pve-cluster/
            mountpoint -q /etc/pve || mount --bind /var/lib/pve-cluster /etc/pve; sync"#;
        self.put_program(&Program::Pvesm.build()?, "/usr/sbin/pvesm")?;
        self.put_program(&Program::Pvesh.build()?, "/usr/sbin/pvesh")?;
        self.put_program(&Program::Pct.build()?, "/usr/sbin/pct")?;
        if self.hardware.spec.qm {
            self.put_program(&Program::Qm.build()?, "/usr/sbin/qm")?;
        }
        self.ok(PVE).map(drop)
    }

    /// Reads a file of the machine's.
    pub fn read(&self, guest: &str) -> Result<Vec<u8>> {
        let output = self.exec(&["cat", "--", guest])?;
        if output.ok() {
            return Ok(output.stdout);
        }
        Err(Error::Failed {
            command: format!("read {guest}"),
            output: Box::new(output),
            console: self.console().into(),
        })
    }

    /// Starts the NFS server where it does not run, and loads the exports.
    pub fn start_nfs(&self) -> Result<()> {
        self.ok("/run/lab/nfs").map(drop)
    }

    /// Returns how many processes and threads have been started since the boot. Reading it costs
    /// none in the machine but the reading command's own (one).
    pub fn forks(&self) -> Result<u64> {
        let text = String::from_utf8_lossy(&self.read("/proc/stat")?).into_owned();
        let line = text.lines().find_map(|l| l.strip_prefix("processes "));
        line.and_then(|n| n.trim().parse().ok()).ok_or_else(|| Error::Boot {
            reason: "/proc/stat has no `processes` line".into(),
            console: self.console().into(),
            tail: text.clone(),
        })
    }

    /// Cuts the power: the emulator is killed at once. What was written and not flushed by the
    /// guest's own caches is lost; disks stay.
    pub fn cut_power(&mut self) -> Result<()> {
        if let Some(mut boot) = self.boot.take() {
            boot.end().map_err(Error::io("end", "the emulator"))?;
        }
        Ok(())
    }

    /// Waits for the machine to go off by itself, as after `echo b >/proc/sysrq-trigger`, which is
    /// a power cut at exactly that instruction (the emulator does not reboot).
    pub fn wait_off(&mut self, limit: Duration) -> Result<()> {
        let off = self.boot.as_ref().is_none_or(|boot| boot.link.wait_off(limit));
        if !off {
            return Err(self.not_so(&format!("it did not go off within {limit:?}")));
        }
        self.cut_power()
    }

    /// Boots again on the same disks, root disk and all.
    pub fn boot_again(&mut self) -> Result<()> {
        self.cut_power()?;
        self.switch_on()
    }

    /// Changes what later boots do: the memory, whether pools are imported, whether NFS starts, whether systemd does.
    pub fn spec_mut(&mut self) -> &mut MachineSpec {
        &mut self.hardware.spec
    }

    /// Switches the machine off in order: exports gone, datasets unmounted, all written.
    pub fn shutdown(&mut self) -> Result<()> {
        if self.hardware.spec.systemd {
            self.start("exportfs -ua; exec systemctl poweroff")?;
            return self.wait_off(COMMAND);
        }
        self.start(
            "exportfs -ua; umount -a -t nfs,nfs4; zfs unmount -a; sync; \
             mount -o remount,ro /; echo o >/proc/sysrq-trigger",
        )?;
        self.wait_off(COMMAND)
    }

    /// Returns the console's log on the host; it outlives the machine.
    pub fn console(&self) -> &Path {
        &self.hardware.console
    }

    fn begin(&self, argv: &[String], input: &[u8]) -> Result<Running> {
        let boot = self
            .boot
            .as_ref()
            .ok_or_else(|| Error::Off { doing: argv.join(" "), console: self.console().into() })?;
        boot.link.start(argv, input)
    }

    fn switch_on(&mut self) -> Result<()> {
        let mut qemu = self.hardware.start()?;
        let (Some(up), Some(down)) = (qemu.stdout.take(), qemu.stdin.take()) else {
            return Err(self.not_so("the emulator has no channel"));
        };
        let link = Link::open(up, down, self.console().into());
        let ready = link.wait_ready(BOOT);
        self.boot = Some(Boot { qemu, link });
        if ready {
            return Ok(());
        }
        let error = self.not_so("the agent was not heard");
        self.cut_power()?;
        Err(error)
    }

    fn not_so(&self, reason: &str) -> Error {
        let console = self.console();
        let said = fs::read(console.with_extension("qemu")).unwrap_or_default();
        let log = fs::read(console).unwrap_or_default();
        let text = String::from_utf8_lossy(&[log, said].concat()).into_owned();
        let lines: Vec<_> = text.lines().collect();
        let from = lines.len().saturating_sub(30);
        Error::Boot {
            reason: reason.into(),
            console: console.into(),
            tail: lines.get(from..).unwrap_or_default().join("\n"),
        }
    }
}

impl Boot {
    /// Kills the emulator, which this process started, and waits for its end.
    fn end(&mut self) -> std::io::Result<()> {
        self.qemu.kill()?;
        self.qemu.wait()?;
        self.link.wait_off(Duration::from_secs(5));
        Ok(())
    }
}

impl Drop for Boot {
    fn drop(&mut self) {
        // Ended already, or ending fails: in a drop there is nobody to tell but the console.
        if let Err(e) = self.end() {
            eprintln!("lab: the emulator could not be ended: {e}");
        }
    }
}

/// Empties the folder of a seat's disks: whoever holds the seat is the only one in it, so what is
/// there was left by a process that was killed.
fn emptied(runs: PathBuf) -> Result<PathBuf> {
    match fs::remove_dir_all(&runs) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::io("empty", &runs)(e));
        }
        _ => {}
    }
    fs::create_dir_all(&runs).map_err(Error::io("make the folder", &runs))?;
    Ok(runs)
}

/// Makes the folder of consoles, and keeps it small.
fn consoles(folder: PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(&folder).map_err(Error::io("make the folder", &folder))?;
    let entries = fs::read_dir(&folder).map_err(Error::io("read", &folder))?;
    let mut old: Vec<_> = entries
        .filter_map(std::result::Result::ok)
        .filter_map(|e| Some((e.metadata().ok()?.modified().ok()?, e.path())))
        .collect();
    old.sort();
    for (_, path) in old.iter().rev().skip(CONSOLES) {
        match fs::remove_file(path) {
            // Another machine that starts just now tidies up as well.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            removed => removed.map_err(Error::io("remove", path))?,
        }
    }
    Ok(folder)
}

fn words<S: AsRef<str>>(argv: &[S]) -> Vec<String> {
    argv.iter().map(|w| w.as_ref().to_owned()).collect()
}
