//! The systemd unit that recovers at boot: what a power cut interrupted is undone before anything is
//! shared again, and a generation that nobody confirmed is gone back from.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, symlink},
    path::{Path, PathBuf},
};

/// The unit's name.
pub const NAME: &str = "phoenix-recover.service";
/// The first line of the file: without it, it is somebody else's.
const OURS: &str = "# Written by `phoenix recover --enable-at-boot`; `--disable-at-boot` takes it away.";

/// Why the unit cannot be put in place or taken away, and the way out.
#[derive(Debug)]
pub struct BootError {
    pub reason: String,
    pub help: String,
}

/// Returns the unit's text.
///
/// It runs once the pools are imported and mounted, and before anything uses them: NFS and guests. It
/// is skipped unless a journal is open or a generation waits (systemd.unit(5), triggering conditions).
#[must_use]
pub fn text(program: &Path, state: &Path) -> String {
    let (program, state) = (quoted(program), quoted(state));
    let bare = state.trim_matches('"');
    format!(
        "{OURS}
[Unit]
Description=Undo a phoenix switch that was interrupted
After=zfs-import.target zfs-mount.service zfs.target local-fs.target pve-cluster.service
Before=nfs-server.service pve-guests.service
RequiresMountsFor={state}
ConditionPathIsSymbolicLink=|{bare}/txn/open
ConditionPathExists=|{bare}/pending

[Service]
Type=oneshot
ExecStart={program} recover --yes --state-dir {state}
TimeoutStartSec=1h

[Install]
WantedBy=multi-user.target
"
    )
}

/// Writes a path as systemd reads one: `%` and quotes escaped, in quotes where it needs them.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string().replace('%', "%%");
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.%:@+".contains(c);
    if text.chars().all(plain) {
        text
    } else {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// Writes the unit below a root folder, and enables it.
///
/// # Errors
/// Where somebody else's unit stands there, where a file cannot be written, or where others than root
/// could change the program that it would run as root.
pub fn enable(root: &Path, program: &Path, state: &Path) -> Result<PathBuf, BootError> {
    roots_own(program)?;
    has_systemd(root)?;
    let unit = root.join("etc/systemd/system").join(NAME);
    let wants = wants(root);
    ours_or_free(&unit)?;
    let write = || -> io::Result<()> {
        let folder = wants.parent().unwrap_or(root);
        fs::create_dir_all(folder)?;
        let fresh = unit.with_extension("service.new");
        fs::write(&fresh, text(program, state))?;
        fs::rename(&fresh, &unit)?;
        match symlink(Path::new("..").join(NAME), &wants) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => fs::File::open(folder)?.sync_all(),
        }
    };
    write().map_err(|error| failed("write", &unit, &error))?;
    Ok(unit)
}

fn has_systemd(root: &Path) -> Result<(), BootError> {
    if ["usr/lib/systemd/systemd", "lib/systemd/systemd"].iter().any(|path| root.join(path).exists()) {
        return Ok(());
    }
    Err(BootError {
        reason: "systemd is not installed here, and nothing else reads its units".to_owned(),
        help:
            "have what starts services here run `phoenix recover --yes` at boot, once the pools are imported"
                .to_owned(),
    })
}

/// Takes the unit away. Returns whether it was there.
///
/// # Errors
/// Where it is somebody else's, or a file cannot be removed.
pub fn disable(root: &Path) -> Result<bool, BootError> {
    let unit = root.join("etc/systemd/system").join(NAME);
    ours_or_free(&unit)?;
    let mut was = false;
    for path in [wants(root), unit] {
        match fs::remove_file(&path) {
            Ok(()) => was = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed("remove", &path, &error)),
        }
    }
    Ok(was)
}

fn wants(root: &Path) -> PathBuf {
    root.join("etc/systemd/system/multi-user.target.wants").join(NAME)
}

fn ours_or_free(unit: &Path) -> Result<(), BootError> {
    match fs::read_to_string(unit) {
        Ok(text) if text.starts_with(OURS) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(_) => Err(BootError {
            reason: format!("{} is there and was not written by phoenix", unit.display()),
            help: "look at it, and move it away if it is not needed".to_owned(),
        }),
        Err(error) => Err(failed("read", unit, &error)),
    }
}

/// Refuses a program that others than root could exchange: it, or a folder above it.
fn roots_own(program: &Path) -> Result<(), BootError> {
    for path in program.ancestors() {
        let about = fs::symlink_metadata(path).map_err(|error| failed("look at", path, &error))?;
        let open = about.mode() & 0o022 != 0;
        if about.uid() != 0 || open {
            return Err(BootError {
                reason: format!(
                    "{} would be run as root at each boot, and others than root can change {}",
                    program.display(),
                    path.display()
                ),
                help: format!(
                    "`install -m 0755 {} /usr/local/sbin/phoenix`, and run that",
                    program.display()
                ),
            });
        }
    }
    Ok(())
}

fn failed(doing: &str, path: &Path, error: &io::Error) -> BootError {
    BootError {
        reason: format!("cannot {doing} {}: {error}", path.display()),
        help: "run it as root, on a machine whose init is systemd".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_runs_only_where_something_is_open() {
        let text = text(Path::new("/usr/local/sbin/phoenix"), Path::new("/var/lib/phoenix"));
        for line in [
            "ConditionPathIsSymbolicLink=|/var/lib/phoenix/txn/open",
            "ConditionPathExists=|/var/lib/phoenix/pending",
            "ExecStart=/usr/local/sbin/phoenix recover --yes --state-dir /var/lib/phoenix",
            "Before=nfs-server.service pve-guests.service",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is not in {text}");
        }
    }

    #[test]
    fn odd_paths_are_escaped() {
        assert_eq!(quoted(Path::new("/a b/50%")), "\"/a b/50%%\"");
    }

    #[test]
    fn no_unit_is_written_where_nothing_reads_it() {
        let root = tempfile::tempdir().unwrap();
        assert!(has_systemd(root.path()).unwrap_err().reason.contains("systemd is not installed"));
        let systemd = root.path().join("usr/lib/systemd/systemd");
        fs::create_dir_all(systemd.parent().unwrap()).unwrap();
        fs::write(&systemd, "").unwrap();
        assert!(has_systemd(root.path()).is_ok());
    }

    #[test]
    fn a_unit_of_somebody_else_stays() {
        let root = tempfile::tempdir().unwrap();
        let unit = root.path().join("etc/systemd/system").join(NAME);
        fs::create_dir_all(unit.parent().unwrap()).unwrap();
        fs::write(&unit, "[Unit]\n").unwrap();
        assert!(disable(root.path()).unwrap_err().reason.contains("not written by phoenix"));
        assert_eq!(fs::read_to_string(&unit).unwrap(), "[Unit]\n");
    }

    #[test]
    fn what_others_may_change_is_not_run_as_root() {
        let root = tempfile::tempdir().unwrap();
        let program = root.path().join("phoenix");
        fs::write(&program, "").unwrap();
        // A folder for temporary files may be written by everybody.
        let error = enable(root.path(), &program, Path::new("/var/lib/phoenix")).unwrap_err();
        assert!(error.reason.contains("can change"), "{error:?}");
        assert!(!root.path().join("etc").exists());
        assert!(!disable(root.path()).unwrap());
    }
}
