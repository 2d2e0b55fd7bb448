//! Where file systems are mounted.

mod altroot;
mod unmount;

use crate::{LinuxPaths, dataset, look::Look, reach::Reach};
use phoenix_graph::DatasetName;
use phoenix_host::{
    HostError,
    error::{failed, unreadable},
    links,
    observed::{
        self, DatasetState, Mounts, Observed,
        mount::{Tree, plain},
    },
    op::Op,
    text::complaints::Complaint,
};
use std::{collections::BTreeMap, fs};

/// Looks at what is mounted, where mount points lead to, and which links they pass.
pub fn look(look: &Look<'_>, seen: &mut Observed) -> Result<(), HostError> {
    let altroots = altroot::take_off(&mut seen.datasets, &look.pools);
    seen.mounts = mounts(&look.reach.paths, &seen.datasets)?;
    altroot::lead(&mut seen.mounts, &seen.datasets, &altroots);
    seen.links_passed = look.query.mountpoints.iter().filter_map(|path| links::passed(path)).collect();
    Ok(())
}

/// Mounts and unmounts one file system.
pub fn perform(reach: &Reach, op: &Op) -> Option<Result<(), HostError>> {
    Some(match op {
        Op::DatasetMount { dataset } => mount(reach, dataset, op),
        Op::Unmount { dataset, place } => unmount_at(reach, dataset, place, op),
        Op::DatasetUnmount { dataset } => unmount::unmount(&reach.paths, &reach.runner, op)
            .map_err(|error| held(&reach.paths, dataset, error)),
        _ => return None,
    })
}

/// Reads what is mounted where.
fn table(paths: &LinuxPaths) -> Result<Mounts, HostError> {
    let path = paths.proc.join("self/mountinfo");
    // Anybody may mount something at a path that is no text.
    let bytes = fs::read(&path).map_err(|error| failed("read", &path, error))?;
    observed::mount::read(&String::from_utf8_lossy(&bytes))
        .map_err(|line| unreadable("/proc/self/mountinfo", "a line of it is no mount", &line))
}

/// Reads what is mounted where, and where the mount points lead.
fn mounts(paths: &LinuxPaths, datasets: &BTreeMap<DatasetName, DatasetState>) -> Result<Mounts, HostError> {
    let mut found = table(paths)?;
    let mounted = datasets.iter().filter(|(_, state)| state.mounted);
    let placed = mounted.filter_map(|(name, state)| Some((name, state.value("mountpoint")?)));
    let placed = placed.filter(|(_, path)| path.starts_with('/'));
    found.links = observed::mount::links(&found, placed, |path| {
        path.canonicalize().ok()?.into_os_string().into_string().ok().map(String::into_boxed_str)
    });
    Ok(found)
}

/// Mounts a file system, where it is not mounted and seen already; somebody else may do it meanwhile.
fn mount(reach: &Reach, dataset: &DatasetName, op: &Op) -> Result<(), HostError> {
    // What was renamed stays mounted where it was: that is not where it belongs.
    let seen = || {
        let table = table(&reach.paths)?;
        let tree = Tree::new(&table);
        if !tree.of(dataset).iter().any(|&at| tree.is_on_top(at, &|_| false)) {
            return Ok::<bool, HostError>(false);
        }
        let said =
            reach.runner.look(&["zfs", "get", "-Hp", "-o", "value", "mountpoint", dataset.as_str()])?;
        let place = said.strip_suffix('\n').unwrap_or(&said);
        Ok(place.starts_with('/') && tree.is_seen(dataset, &plain(place)))
    };
    if seen()? {
        return Ok(());
    }
    match reach.change(op) {
        Err(_) if seen()? => Ok(()),
        done => done,
    }
}

/// Names who holds what could not be unmounted: whoever shows keeps it busy, whatever the NFS server remembers.
fn held(paths: &LinuxPaths, dataset: &DatasetName, error: HostError) -> HostError {
    match error {
        HostError::Remembered { error, seconds } => match dataset::named(paths, dataset, false, *error) {
            busy @ HostError::Busy { .. } => busy,
            error => HostError::Remembered { error: Box::new(error), seconds },
        },
        error => dataset::named(paths, dataset, false, error),
    }
}

/// Takes one mount of a file system away, where it is mounted there and seen.
fn unmount_at(reach: &Reach, dataset: &DatasetName, place: &str, op: &Op) -> Result<(), HostError> {
    let table = table(&reach.paths)?;
    let tree = Tree::new(&table);
    let mut there = tree.of(dataset).iter().filter(|at| *tree.mount(**at).place == *place).peekable();
    if there.peek().is_none() {
        return Ok(());
    }
    let argv = op.argv().unwrap_or_default();
    let Some(&at) = there.find(|at| tree.is_on_top(**at, &|_| false)) else {
        let over = tree.leads_to(place, &|_| false).map(|over| tree.mount(over).told());
        let over = over.unwrap_or_else(|| "something else".to_owned());
        let stderr = format!("{dataset} is mounted at {place}, but hidden by {over}");
        return Err(HostError::Command { argv, status: None, stderr });
    };
    let inside: Vec<String> = tree.on(at).iter().map(|inner| tree.mount(*inner).told()).collect();
    unmount::unmount(&reach.paths, &reach.runner, op).map_err(|error| {
        match held(&reach.paths, dataset, error) {
            HostError::Busy { error, mut users } => {
                users.extend(inside.iter().map(|inner| format!("mounted in it: {inner}")));
                HostError::Busy { error, users }
            }
            error if error.complains_of(Complaint::Busy) && !inside.is_empty() => HostError::Busy {
                error: Box::new(match error {
                    HostError::Remembered { error, .. } => *error,
                    error => error,
                }),
                users: inside.iter().map(|inner| format!("mounted in it: {inner}")).collect(),
            },
            error => error,
        }
    })
}
