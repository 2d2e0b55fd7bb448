//! Parameters of the zfs module.

use crate::{LinuxPaths, look::Look, reach::Reach};
use phoenix_host::{
    HostError,
    error::{failed, unreadable},
    observed::Observed,
    op::Op,
};
use std::{fs, io, path::PathBuf};

/// Looks at the parameters that are asked for; one that is not there is left out.
pub fn look(look: &Look<'_>, seen: &mut Observed) -> Result<(), HostError> {
    for name in &look.query.tunables {
        let path = parameter(&look.reach.paths, name);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed("read", &path, error)),
        };
        let value = text
            .trim()
            .parse()
            .map_err(|_| unreadable("zfs", &format!("the parameter {name} is no whole number"), &text))?;
        seen.tunables.insert(name.clone(), value);
    }
    Ok(())
}

/// Writes a parameter.
pub fn perform(reach: &Reach, op: &Op) -> Option<Result<(), HostError>> {
    let Op::TunableSet { name, value } = op else { return None };
    Some(set(&reach.paths, name, *value))
}

/// Returns the file of a parameter of the zfs module.
fn parameter(paths: &LinuxPaths, name: &str) -> PathBuf {
    paths.sys.join("module/zfs/parameters").join(name)
}

/// Writes a parameter of the zfs module and reads it back: the module takes some values without a word
/// and keeps another.
fn set(paths: &LinuxPaths, name: &str, value: u64) -> Result<(), HostError> {
    let path = parameter(paths, name);
    fs::write(&path, format!("{value}\n")).map_err(|error| failed("write", &path, error))?;
    let now = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
    if now.trim() == value.to_string() {
        return Ok(());
    }
    let kept = format!("the module kept {} and did not take {value}", now.trim());
    Err(failed("write", &path, io::Error::other(kept)))
}
