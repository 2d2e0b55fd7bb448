//! Programs that are carried into the machine, and whether they can run there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use crate::{Error, Result, place};

/// The C library of the guest's Debian 12.
const GUEST_GLIBC: (u32, u32) = (2, 36);

/// A program of this crate's own that runs in the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Runs the commands that tests ask for.
    Agent,
    /// The stand-in for Proxmox's storage command.
    Pvesm,
    /// The stand-in for Proxmox's command for its interface.
    Pvesh,
    /// The stand-in for Proxmox's command for containers.
    Pct,
    /// The stand-in for Proxmox's command for virtual machines.
    Qm,
}

impl Program {
    fn name(self) -> &'static str {
        match self {
            Program::Agent => "lab-agent",
            Program::Pvesm => "pvesm",
            Program::Pvesh => "pvesh",
            Program::Pct => "pct",
            Program::Qm => "qm",
        }
    }

    /// Builds the program with cargo, as a test of another crate may be the first to need it, and
    /// returns its path.
    pub fn build(self) -> Result<PathBuf> {
        build_program("phoenix-lab", self.name())
    }
}

/// Builds a program of a package of the workspace with cargo, and returns its path: one that only tests
/// need, to be carried into the machine. Where `PHOENIX_LAB_PROGRAMS` names a folder, it was built before and is there:
/// alone, cargo builds it and all that it depends on once more, with other features of other crates.
pub fn build_program(package: &str, name: &str) -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("PHOENIX_LAB_PROGRAMS") {
        return Ok(Path::new(&folder).join(name));
    }
    // Cargo has a lock of its own; this only saves asking it twice at once.
    static BUILDING: Mutex<()> = Mutex::new(());
    let _alone = BUILDING.lock();
    let wrong = |reason: String| Error::Program { program: name.into(), reason };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--package", package, "--bin", name, "--target-dir"])
        .arg(place::target())
        .current_dir(place::sources())
        .output()
        .map_err(|e| wrong(format!("cargo does not start: {e}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(wrong(format!("cargo could not build it:\n{said}")));
    }
    Ok(place::target().join("debug").join(name))
}

/// Reads a program as it goes into the machine: without what only a debugger reads of it, which is most of it, and which
/// the machine takes seconds to write. Refuses one that wants a newer C library than the guest has.
pub(crate) fn carried(path: &Path) -> Result<Vec<u8>> {
    check_runs_in_guest(path)?;
    let folder = tempfile::tempdir().map_err(Error::io("make a folder", std::env::temp_dir()))?;
    let small = folder.path().join("program");
    let stripped = Command::new("strip").arg("-o").arg(&small).arg(path).output();
    let small = match &stripped {
        Ok(output) if output.status.success() => &small,
        // Whole it does as well, and takes longer.
        _ => path,
    };
    fs::read(small).map_err(Error::io("read", small))
}

/// Refuses a program that wants a newer C library than the guest has.
fn check_runs_in_guest(path: &Path) -> Result<()> {
    let bytes = fs::read(path).map_err(Error::io("read", path))?;
    let newest = glibc_versions(&bytes).into_iter().next_back();
    match newest {
        Some((major, minor)) if (major, minor) > GUEST_GLIBC => Err(Error::Program {
            program: path.display().to_string(),
            reason: format!(
                "it wants glibc {major}.{minor}, and the guest (Debian 12) has {}.{}: \
                 build it on Debian 12, or for the target x86_64-unknown-linux-musl",
                GUEST_GLIBC.0, GUEST_GLIBC.1
            ),
        }),
        _ => Ok(()),
    }
}

/// Lists the versions of glibc's symbols that an executable names.
fn glibc_versions(executable: &[u8]) -> BTreeSet<(u32, u32)> {
    const MARK: &[u8] = b"GLIBC_";
    let marks = executable.windows(MARK.len()).enumerate().filter(|(_, w)| *w == MARK);
    marks
        .filter_map(|(at, _)| {
            let rest = executable.get(at + MARK.len()..)?;
            // A version of the dynamic string table ends in a zero byte.
            let end = rest.iter().take(8).position(|b| *b == 0)?;
            let text = std::str::from_utf8(rest.get(..end)?).ok()?;
            let mut numbers = text.split('.').map(str::parse);
            Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_symbol_decides_not_the_last_text() {
        let versions =
            glibc_versions(b"\0GLIBC_2.2.5\0GLIBC_2.39\0GLIBC_2.4\0GLIBC_PRIVATE\0GLIBC_2.99 or so");
        assert_eq!(versions.into_iter().next_back(), Some((2, 39)));
    }
}
