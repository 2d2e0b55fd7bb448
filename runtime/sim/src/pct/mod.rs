//! What Proxmox's `pct set` does to the configuration of a container, as far as mount points go: a text in, a text out,
//! and what is plugged into a container that runs. The simulated host goes by it, and so does the stand-in on a real
//! one; recorded cases of the real tool are held against both.

mod value;

pub use crate::guest::{Failed, Request};

use crate::guest::{
    self,
    conf::{Conf, Rules},
    failed,
};
use phoenix_host::text::{mount_point::number, package_version::PackageVersion};
use std::collections::{BTreeMap, BTreeSet};

/// How a container is kept.
static RULES: Rules = Rules {
    pending: "pve:pending",
    special: &[],
    stays: |_, _| true,
    strange_ends: false,
    raw: Some("lxc."),
    signs: "_",
    // What Proxmox does not know, or cannot read, is complained of and kept.
    setting: |key, value| Some((key.to_owned(), value.to_owned())),
    volume: |_, value| {
        value.split(',').next().filter(|volume| volume.contains(':') && !volume.starts_with('/'))
    },
};

/// The container as it is.
#[derive(Debug, Clone)]
pub struct Container<'a> {
    /// Its id.
    pub id: u32,
    /// Its configuration.
    pub text: &'a str,
    /// The SHA-1 of that, in hex.
    pub digest: &'a str,
    /// Whether it runs.
    pub running: bool,
    /// The version of Proxmox's tool.
    pub version: PackageVersion,
}

/// The version whose rules these are.
pub const NEWEST: PackageVersion = PackageVersion(6, 1, 10);

/// What became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// The configuration, where it is written anew.
    pub text: Option<String>,
    /// What is plugged into the container at once: the key, and the mount point.
    pub plugged: Vec<(String, String)>,
    /// What is said on standard error all the same.
    pub warned: Vec<String>,
}

const USAGE: &str = "pct set <vmid> [OPTIONS]";

/// Reads `set ID [OPTIONS]`: which container, and what is asked for.
///
/// # Errors
/// What the tool says of it.
pub fn read(words: &[String]) -> Result<(u32, Request), Failed> {
    guest::read("pct", words)
}

/// Carries `pct set` out.
///
/// # Errors
/// What the tool says, and its exit code, where it refuses. Nothing is changed then.
pub fn set(container: &Container<'_>, request: &Request) -> Result<Done, Failed> {
    if request.set.is_empty() && request.delete.is_empty() && request.revert.is_empty() {
        return failed(2, "no options specified");
    }
    let set = checked(request, container.version)?;
    let mut conf = Conf::read(container.text, &RULES);
    if let Some(lock) = conf.now.keys.get("lock") {
        return failed(255, format!("CT is locked ({lock})"));
    }
    if request.digest.as_deref().is_some_and(|digest| digest != container.digest) {
        return failed(255, "detected modified configuration - file changed by other user? Try again.");
    }
    let protected = conf.now.keys.get("protection").is_some_and(|word| word == "1");
    let mut done = Done::default();
    for key in &request.delete {
        if !conf.now.keys.contains_key(key) && !conf.pending.keys.contains_key(key) {
            done.warned.push(format!("cannot delete '{key}' - not set in current configuration!"));
            continue;
        }
        if protected {
            let id = container.id;
            return failed(255, format!("can't remove CT {id} drive '{key}' - protection mode enabled"));
        }
        conf.pending.keys.remove(key);
        conf.goes(key);
    }
    for key in &request.revert {
        conf.pending.keys.remove(key);
        conf.stays(key);
    }
    for (key, value) in &set {
        if protected {
            let id = container.id;
            return failed(255, format!("can't update CT {id} drive '{key}' - protection mode enabled"));
        }
        conf.pending.keys.insert(key.clone(), value.clone());
        conf.stays(key);
    }
    conf.clean();
    let asked = set.iter().map(|(key, _)| key).chain(&request.delete);
    let asked: BTreeSet<&String> = asked.collect();
    for key in asked {
        let new = !conf.now.keys.contains_key(key);
        if container.running && !(new && conf.pending.keys.contains_key(key)) {
            continue;
        }
        if let Some(value) = conf.pending.keys.remove(key) {
            if container.running {
                done.plugged.push((key.clone(), value.clone()));
            }
            conf.put(key, Some(value));
        } else if conf.stays(key) {
            conf.put(key, None);
        }
    }
    let text = conf.print();
    if request.delete.len() > done.warned.len() || !request.set.is_empty() || !request.revert.is_empty() {
        done.text = Some(text);
    }
    Ok(done)
}

/// Starts a container, or ends it: what waited is in force.
#[must_use]
pub fn started(text: &str) -> String {
    let mut conf = Conf::read(text, &RULES);
    conf.apply();
    conf.print()
}

/// Lists the mount points that are in force, by number.
#[must_use]
pub fn points(text: &str) -> BTreeMap<u16, String> {
    Conf::read(text, &RULES)
        .now
        .keys
        .into_iter()
        .filter_map(|(key, point)| Some((number(&key)?, point)))
        .collect()
}

/// Checks what is asked for before anything is read.
fn checked(request: &Request, version: PackageVersion) -> Result<Vec<(String, String)>, Failed> {
    let mut set = Vec::new();
    for (key, value) in &request.set {
        if number(key).is_none() {
            return failed(2, format!("Unknown option: {key}\n400 unable to parse option\n{USAGE}"));
        }
        match value::read(key, value, version) {
            Ok(value) => set.push((key.clone(), value)),
            Err(why) => {
                return failed(
                    2,
                    format!("400 Parameter verification failed.\n{key}: invalid format - {why}\n{USAGE}"),
                );
            }
        }
    }
    for key in request.delete.iter().chain(&request.revert) {
        let said = if set.iter().any(|(other, _)| other == key) {
            format!("delete: you can't use '-{key}' and -delete {key}' at the same time")
        } else if number(key).is_none() {
            format!("delete: unknown option '{key}'")
        } else {
            continue;
        };
        return failed(255, format!("400 Parameter verification failed.\n{said}\n{USAGE}"));
    }
    let volume = |value: &str| value.split(',').next().unwrap_or_default().to_owned();
    let volumes = set.iter().map(|(_, value)| volume(value));
    match volumes.into_iter().find(|volume| !volume.starts_with('/') && !volume.contains(':')) {
        Some(volume) => failed(255, format!("unable to parse volume ID '{volume}'")),
        None => Ok(set),
    }
}
