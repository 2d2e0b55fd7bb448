//! Boots a lab machine, runs a script of the host's in it, and fetches what it left in /root/out.
//!
//!     cargo run -p phoenix-lab --example lab -- SCRIPT [FOLDER]
//!
//! The script's first lines say what the machine has: `# disk SERIAL MIB`, `# nfs`, `# qm`, `# systemd`, `# no-import`,
//! `# program PATH` (a program of the host's, which goes to /usr/sbin).
//! Where it says `# power-cut`, the power is cut there and the rest runs after the next boot.

#![expect(clippy::disallowed_methods, reason = "unpacking what came back takes tar")]

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use phoenix_lab::{Image, Machine, MachineSpec, mib};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let script = arguments.next().ok_or("usage: lab SCRIPT [FOLDER]")?;
    let folder = arguments.next();
    let text = std::fs::read_to_string(&script)?;
    let mut machine = Machine::boot(&Image::prepare()?, spec(&text)?)?;
    eprintln!("lab: booted; the console is in {}", machine.console().display());
    machine.put_pvesm()?;
    for path in text.lines().filter_map(|line| line.strip_prefix("# program ")) {
        let name = Path::new(path).file_name().ok_or("a program has a name")?;
        machine.put_program(Path::new(path), &format!("/usr/sbin/{}", name.display()))?;
    }
    let mut status = None;
    for (number, part) in text.split("\n# power-cut\n").enumerate() {
        if number > 0 {
            machine.boot_again()?;
        }
        machine.put_bytes(part.as_bytes(), "/root/script", 0o755)?;
        let running = machine.start("cd /root && exec bash /root/script 2>&1")?;
        let output = running.wait(Duration::from_secs(600))?;
        std::io::stdout().write_all(&output.stdout)?;
        status = output.status;
    }
    if let Some(folder) = folder {
        unpack(&machine.run("mkdir -p /root/out && tar -C /root/out -c .")?.stdout, Path::new(&folder))?;
    }
    machine.shutdown()?;
    Ok(if status == Some(0) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn spec(text: &str) -> Result<MachineSpec, Box<dyn Error>> {
    let mut spec = MachineSpec::new();
    for line in text.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        match words.as_slice() {
            ["#", "disk", serial, size] => spec = spec.disk(*serial, mib(size.parse()?)),
            ["#", "nfs"] => spec = spec.with_nfs(),
            ["#", "qm"] => spec = spec.with_qm(),
            ["#", "systemd"] => spec = spec.with_systemd(),
            ["#", "no-import"] => spec = spec.without_import(),
            _ => {}
        }
    }
    Ok(spec)
}

fn unpack(archive: &[u8], folder: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    let mut tar = Command::new("tar")
        .args(["--no-same-owner", "-x", "-C"])
        .arg(folder)
        .stdin(Stdio::piped())
        .spawn()?;
    tar.stdin.take().ok_or("tar takes no input")?.write_all(archive)?;
    match tar.wait()?.success() {
        true => Ok(()),
        false => Err("tar could not unpack what came back".into()),
    }
}
