//! The emulator's process: its command line, and its end.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::cpio::{self, Entry};
use crate::place::processors;
use crate::programs::{self, Program};
use crate::{Error, Image, MachineSpec, Result};

const RC: &str = include_str!("../guest/rc");
const NFS: &str = include_str!("../guest/nfs");
const SYSTEMD: &str = include_str!("../guest/systemd");

/// What a machine has on the host: its disks, its initramfs, its console.
#[derive(Debug)]
pub(crate) struct Hardware {
    pub(crate) image: Image,
    pub(crate) spec: MachineSpec,
    /// The disks and the initramfs.
    pub(crate) folder: PathBuf,
    pub(crate) console: PathBuf,
}

impl Hardware {
    /// Makes blank disks, the root disk over the image's, and the initramfs with the agent.
    pub(crate) fn make(&self) -> Result<()> {
        for disk in &self.spec.disks {
            let path = self.disk(&disk.serial);
            let file = File::create_new(&path).map_err(Error::io("make the disk", &path))?;
            file.set_len(disk.size).map_err(Error::io("make the disk", &path))?;
        }
        self.make_root()?;
        self.make_initrd()
    }

    /// Returns the file behind a disk.
    pub(crate) fn disk(&self, serial: &str) -> PathBuf {
        self.folder.join(format!("{serial}.raw"))
    }

    fn root(&self) -> PathBuf {
        self.folder.join("root.qcow2")
    }

    fn initrd(&self) -> PathBuf {
        self.folder.join("initrd")
    }

    fn make_root(&self) -> Result<()> {
        let run = self.image.file("qemu/run");
        let output = Command::new(&run)
            .args(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b"])
            .arg(self.image.file("root.img"))
            .arg(self.root())
            .output()
            .map_err(Error::io("start", &run))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Error::io("make the root disk", self.root())(std::io::Error::other(said)))
    }

    fn make_initrd(&self) -> Result<()> {
        let agent = programs::carried(&Program::Agent.build()?)?;
        let base = self.image.file("initrd");
        let mut archive = fs::read(&base).map_err(Error::io("read", &base))?;
        let script = |path, text: &'static str| Entry { path, mode: 0o755, content: text.as_bytes() };
        let agent = Entry { path: "lab/agent", mode: 0o755, content: &agent };
        let scripts = [script("lab/rc", RC), script("lab/nfs", NFS), script("lab/systemd", SYSTEMD), agent];
        cpio::append(&mut archive, &scripts);
        let path = self.initrd();
        fs::write(&path, archive).map_err(Error::io("write", &path))
    }

    /// Starts the emulator. The channel to the agent is its standard input and output; when its
    /// standard input closes, the machine switches itself off.
    pub(crate) fn start(&self) -> Result<Child> {
        let run = self.image.file("qemu/run");
        let said = self.console.with_extension("qemu");
        let errors = File::create(&said).map_err(Error::io("open", &said))?;
        Command::new(&run)
            .arg("qemu-system-x86_64")
            .args(self.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .map_err(Error::io("start", &run))
    }

    fn arguments(&self) -> Vec<String> {
        let mut line: Vec<String> = Vec::new();
        let mut add = |words: &[&str]| line.extend(words.iter().map(|w| w.to_string()));
        let text = |path: &Path| path.display().to_string();

        // Hardware virtualisation is absent or broken where this runs: emulate, by name. A plain processor is
        // emulated faster than one with every extension, and a clock that is an instruction faster than one
        // that is a device; without `rdrand` the first pool waits seconds for randomness.
        add(&["-machine", "q35,accel=tcg,hpet=off", "-cpu", "qemu64,+rdrand"]);
        // Where there can be one alone, QEMU before 8.1 leaves the guest's memory barriers out, and a disk's
        // answer is lost now and then: room for another keeps them.
        let processors = processors();
        add(&["-smp", &format!("{processors},maxcpus={}", processors + 1)]);
        add(&["-m", &self.spec.memory.to_string()]);
        add(&["-L", &text(&self.image.file("qemu/firmware"))]);
        add(&["-display", "none", "-nodefaults", "-no-reboot"]);
        add(&["-kernel", &text(&self.image.file("vmlinuz"))]);
        add(&["-initrd", &text(&self.initrd()), "-append", &self.words()]);
        // A file= of another -chardev would empty the log at the next boot; this one appends.
        let console = format!("file,id=console,append=on,path={}", comma(&self.console));
        add(&["-chardev", &console, "-serial", "chardev:console"]);
        add(&["-chardev", "stdio,id=lab,signal=off"]);
        add(&["-device", "virtio-serial-pci"]);
        add(&["-device", "virtserialport,chardev=lab,name=lab"]);

        let disks = self.spec.disks.iter();
        let disks = disks.map(|d| (d.serial.as_str(), "raw", self.disk(&d.serial)));
        for (serial, format, file) in std::iter::once(("lab-root", "qcow2", self.root())).chain(disks) {
            // A cut ends the guest alone: what it has written stays, also where it never reached this
            // machine's own disk, so its flushes wait for nothing.
            let drive = format!(
                "if=none,id={serial},format={format},cache=unsafe,discard=unmap,file={}",
                comma(&file)
            );
            let device = format!("virtio-blk-pci,drive={serial},serial={serial}");
            add(&["-drive", &drive, "-device", &device]);
        }
        if self.spec.qm {
            let image = comma(&self.image.file("qm.img"));
            let drive = format!("if=none,id=lab-qm,format=raw,readonly=on,file={image}");
            add(&["-drive", &drive, "-device", "virtio-blk-pci,drive=lab-qm,serial=lab-qm"]);
        }
        line
    }

    /// Returns the kernel's command line. The emulator keeps what it has translated by its address: where
    /// each process has other addresses (`norandmaps` forbids it), it translates every program anew at every
    /// start, which makes all that starts processes three times as slow.
    fn words(&self) -> String {
        // On a busy host the emulated timer is late for the kernel's check of it, which then gives up.
        // Where a task hangs, the kernel tells it on the console with the stack, before a test gives up.
        let mut words = String::from(
            "console=ttyS0 panic=-1 quiet mitigations=off norandmaps nokaslr init_on_alloc=0 audit=0 \
             clocksource=tsc tsc=reliable no_timer_check sysctl.kernel.printk=7 \
             sysctl.kernel.hung_task_timeout_secs=40",
        );
        if !self.spec.import_pools {
            words.push_str(" lab.import=no");
        }
        if self.spec.nfs {
            words.push_str(" lab.nfs=yes");
        }
        if self.spec.systemd {
            words.push_str(" lab.systemd=yes");
        }
        words
    }
}

/// Writes a path as QEMU's option lists want it: a comma doubled.
fn comma(path: &Path) -> String {
    path.display().to_string().replace(',', ",,")
}
