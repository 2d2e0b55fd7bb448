//! What is to be done in a machine, so that it mounts what it is to mount: a pure function of that and of what was seen.
//!
//! It goes by what stands there, not by what an earlier run did: a run that ended in the middle is gone on with by the
//! next one, and one that finds all as it is to be does nothing.

use super::{
    seen::{File, Seen, Unit},
    standing,
    wanted::Wanted,
};
use phoenix_graph::{
    inside::{
        MachineMount,
        units::{self, FOLDER},
    },
    unit_name,
};
use std::collections::{BTreeMap, BTreeSet};

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The path of the mount that it is for; nothing where it is for all.
    pub at: Option<String>,
    pub act: Act,
}

/// What is done, to a unit of this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// `systemctl stop`: it is unmounted, unless it is in use.
    Stop(String),
    /// `systemctl disable --now`
    Disable(String),
    Write {
        name: String,
        text: String,
        /// What stands there.
        over: Over,
    },
    Remove(String),
    /// `systemctl daemon-reload`
    Reload,
    /// `systemctl enable --now`
    Enable(String),
    /// `systemctl restart`
    Restart(String),
}

/// What a unit is written over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    Nothing,
    Ours,
    Others,
}

/// Says why nothing is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub reason: String,
    pub help: String,
}

/// Decides what is to be done, in order. With `overwrite`, files of others are written over.
///
/// # Errors
/// Each reason why nothing is done.
pub fn decide(wanted: Wanted<'_>, seen: &Seen, overwrite: bool) -> Result<Vec<Step>, Vec<Refusal>> {
    let refusals = refusals(wanted, seen, overwrite);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let mut paths: BTreeMap<String, Path<'_>> = BTreeMap::new();
    for mount in wanted.mounts {
        paths.insert(
            mount.at().to_owned(),
            Path { mount: Some(mount), units: wanted.units(mount), gone: Vec::new() },
        );
    }
    for name in seen.files.iter().filter(|(_, file)| matches!(file, File::Ours(_))).map(|(name, _)| name) {
        let at = ["mount", "automount"].iter().find_map(|kind| unit_name::path(name, kind));
        // A name that leads to no path is none that we wrote.
        let Some(at) = at else { continue };
        let path = paths.entry(at).or_default();
        if path.units.iter().all(|unit| unit.name != *name) {
            path.gone.push(name.clone());
        }
    }
    Ok(steps(&paths, seen))
}

/// What is wanted at a path, and which units there are gone.
#[derive(Debug, Default)]
struct Path<'m> {
    mount: Option<&'m MachineMount>,
    units: Vec<units::Unit>,
    gone: Vec<String>,
}

fn refusals(wanted: Wanted<'_>, seen: &Seen, overwrite: bool) -> Vec<Refusal> {
    let refusal = |reason: String, help: &str| Refusal { reason, help: help.to_owned() };
    if !seen.systemd {
        let help = "write lines for its fstab with `--format fstab`, and carry them over";
        return vec![refusal("systemd does not run in the machine".to_owned(), help)];
    }
    let mut found = Vec::new();
    if !seen.client && wanted.mounts.iter().any(MachineMount::is_remote) {
        let help = "install `nfs-common` there (`nfs-utils` outside of Debian and Ubuntu)";
        found.push(refusal("the machine cannot mount over NFS: it has no `mount.nfs`".to_owned(), help));
    }
    for name in wanted.names() {
        let unit = seen.unit(&name);
        match seen.files.get(&name) {
            Some(File::Ours(_)) => {}
            Some(File::Others) if overwrite => {}
            Some(File::Others) => {
                let help = "look at it in the machine; `--overwrite` writes over it";
                found.push(refusal(
                    format!("{FOLDER}/{name} was not written by `phoenix guest` for this host"),
                    help,
                ));
            }
            Some(File::Odd) => {
                let help = "look what stands there in the machine, and move it away";
                found.push(refusal(format!("{FOLDER}/{name} is no regular file"), help));
            }
            None => found.extend(elsewhere(&name, &unit)),
        }
    }
    found
}

/// Says why a unit of which there is no file is not ours to make.
fn elsewhere(name: &str, unit: &Unit) -> Option<Refusal> {
    let own = format!("{FOLDER}/{name}");
    let (reason, help) = match &*unit.from {
        // Somebody has taken our file away, and systemd has not noticed yet.
        from if from == own => return None,
        "" if unit.is_active() => (
            format!("{name} is active, and there is no unit of it: something is mounted there"),
            "unmount it in the machine",
        ),
        "" => return None,
        from if from.starts_with("/run/systemd/generator") => (
            format!("{name} comes from the fstab of the machine"),
            "take its line out there, then `systemctl daemon-reload`",
        ),
        from => (format!("{name} comes from {from}"), "look at it in the machine, and let go of it there"),
    };
    Some(Refusal { reason, help: help.to_owned() })
}

fn steps(paths: &BTreeMap<String, Path<'_>>, seen: &Seen) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut disturbed = BTreeSet::new();
    // What lies in another mount goes before that.
    for (at, path) in paths.iter().rev() {
        let ending = ending(at, path, seen);
        if matches!(ending.first(), Some(Act::Stop(_))) {
            disturbed.insert(at.as_str());
        }
        steps.extend(ending.into_iter().map(|act| Step { at: Some(at.clone()), act }));
    }
    for (at, path) in paths {
        let removed = path.gone.iter().map(|name| Act::Remove(name.clone()));
        let acts = removed.chain(writing(path, seen));
        steps.extend(acts.map(|act| Step { at: Some(at.clone()), act }));
    }
    let writes = steps.iter().any(|step| matches!(step.act, Act::Write { .. } | Act::Remove(_)));
    if writes || seen.units.values().any(|unit| unit.stale) {
        steps.push(Step { at: None, act: Act::Reload });
    }
    for (at, path) in paths {
        let below =
            disturbed.iter().any(|above| at.strip_prefix(above).is_some_and(|rest| rest.starts_with('/')));
        let starting = starting(path, seen, disturbed.contains(at.as_str()) || below);
        if matches!(starting.first(), Some(Act::Stop(_) | Act::Restart(_))) {
            disturbed.insert(at);
        }
        steps.extend(starting.into_iter().map(|act| Step { at: Some(at.clone()), act }));
    }
    steps
}

/// Ends what is gone from a path. The mount goes before its automount: that would let go of it also where it is in use.
fn ending(at: &str, path: &Path<'_>, seen: &Seen) -> Vec<Act> {
    let [mount, automount] = ["mount", "automount"].map(|kind| unit_name::of(at, kind));
    let is_gone = |name: &String| path.gone.contains(name);
    let becomes_automount =
        path.units.len() > 1 && !seen.unit(&automount).is_active() && seen.files.contains_key(&mount);
    let mut acts = Vec::new();
    if seen.unit(&mount).is_active() && (!path.gone.is_empty() || becomes_automount) {
        acts.push(Act::Stop(mount.clone()));
    }
    let runs = |name: &str| seen.unit(name).is_active() || seen.unit(name).is_enabled();
    if is_gone(&automount) && runs(&automount) {
        acts.push(Act::Disable(automount));
    }
    if (is_gone(&mount) || becomes_automount) && seen.unit(&mount).is_enabled() {
        acts.push(Act::Disable(mount));
    }
    acts
}

fn writing<'p>(path: &'p Path<'_>, seen: &'p Seen) -> impl Iterator<Item = Act> + 'p {
    path.units.iter().filter_map(|unit| {
        let over = match seen.files.get(&unit.name) {
            Some(File::Ours(text)) if *text == unit.text => return None,
            Some(File::Ours(_)) => Over::Ours,
            Some(_) => Over::Others,
            None => Over::Nothing,
        };
        Some(Act::Write { name: unit.name.clone(), text: unit.text.clone(), over })
    })
}

/// Starts what is wanted at a path, and has it mounted anew where it is mounted in another way. `disturbed` is what was
/// ended before, or lies in what was.
fn starting(path: &Path<'_>, seen: &Seen, disturbed: bool) -> Vec<Act> {
    let (Some(mount), [mounting, rest @ ..]) = (path.mount, &path.units[..]) else { return Vec::new() };
    let is_written = |unit: &units::Unit| !matches!(seen.files.get(&unit.name), Some(File::Ours(text)) if *text == unit.text);
    let is_mounted = seen.unit(&mounting.name).is_active() && !disturbed;
    let differs =
        standing::there(mount, seen).is_none_or(|there| !standing::differs(mount, there).is_empty());
    let anew = is_mounted && (differs || mounts_otherwise(mounting, seen));
    let mut acts = Vec::new();
    let last = rest.first().unwrap_or(mounting);
    match rest {
        [] if anew => acts.push(Act::Restart(mounting.name.clone())),
        [] => {}
        [automount, ..] => {
            let again = is_written(automount) && seen.unit(&automount.name).is_active();
            if is_mounted && (anew || again) {
                acts.push(Act::Stop(mounting.name.clone()));
            }
            if again {
                acts.push(Act::Restart(automount.name.clone()));
            }
        }
    }
    let unit = seen.unit(&last.name);
    if disturbed || !unit.is_active() || !unit.is_enabled() {
        acts.push(Act::Enable(last.name.clone()));
    }
    acts
}

/// Returns whether a unit that is to be written over says that it is mounted in another way.
fn mounts_otherwise(unit: &units::Unit, seen: &Seen) -> bool {
    let lines = |text: &str| -> Vec<String> {
        let tells = |line: &&str| ["What=", "Type=", "Options="].iter().any(|name| line.starts_with(name));
        text.lines().filter(tells).map(str::to_owned).collect()
    };
    match seen.files.get(&unit.name) {
        Some(File::Ours(text)) => lines(text) != lines(&unit.text),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
