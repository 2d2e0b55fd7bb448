//! Parameters of the zfs module.

use crate::{
    given::{Given, Roots},
    image::HostImage,
    state::State,
};
use phoenix_host::{
    HostError,
    error::failed,
    observed::{Observed, Query},
    op::{Op, render::PARAMETERS},
};
use std::{
    io,
    path::{Path, PathBuf},
};

/// Looks at the parameters that are asked for; one that is not there is left out.
pub fn look(state: &State, _: &Roots, query: &Query, seen: &mut Observed) -> Result<(), HostError> {
    let asked = state.tunables.iter().filter(|(name, _)| query.tunables.contains(*name));
    seen.tunables = asked.map(|(name, value)| (name.clone(), *value)).collect();
    Ok(())
}

/// Writes a parameter.
pub fn perform(state: &mut State, _: Given<'_>, op: &Op) -> Option<Result<(), HostError>> {
    let Op::TunableSet { name, value } = op else { return None };
    Some(match state.tunables.get_mut(name) {
        Some(slot) => {
            *slot = *value;
            Ok(())
        }
        None => {
            let path = Path::new(PARAMETERS).join(&**name);
            Err(failed("write", &path, io::Error::other("No such file or directory")))
        }
    })
}

/// Adds the parameters to a picture.
pub fn show(state: &State, _: bool, image: &mut HostImage) {
    image.tunables.clone_from(&state.tunables);
}

/// Parameters have their values of the boot.
pub fn boot(state: &mut State, roots: &Roots) {
    state.tunables = state.tunables_at_boot.clone();
    for (name, value) in module_options(state, roots) {
        if let Some(slot) = state.tunables.get_mut(name.as_str()) {
            *slot = value;
        }
    }
}

/// Reads `options zfs NAME=VALUE` from `/etc/modprobe.d/*.conf`, in order of the files' names.
fn module_options(state: &State, roots: &Roots) -> Vec<(String, u64)> {
    let mut paths: Vec<&PathBuf> = state.files.keys().chain(state.links.keys()).collect();
    paths.retain(|path| {
        path.parent() == Some(Path::new("/etc/modprobe.d")) && path.extension().is_some_and(|e| e == "conf")
    });
    paths.sort();
    let texts: Vec<String> = paths.into_iter().filter_map(|path| state.read_text(roots, path)).collect();
    texts
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.trim().strip_prefix("options zfs "))
        .flat_map(str::split_whitespace)
        .filter_map(|word| {
            let (name, value) = word.split_once('=')?;
            Some((name.to_owned(), value.parse().ok()?))
        })
        .collect()
}
