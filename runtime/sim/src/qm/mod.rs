//! What Proxmox's `qm set` does to the configuration of a virtual machine, as far as virtiofs devices go: a text in, a
//! text out; and what a start of the machine puts in force, and says of these devices. The rules are those of
//! qemu-server 9.2, for the simulated host and for the stand-in on a real one.
//!
//! A virtiofs device cannot be plugged into a machine that runs: there it waits for the next start. A machine that is off
//! takes with each change all that waits. What `qm` does not know in a file, or cannot read, is lost as soon as it writes
//! it ([`settings`]).

mod device;
mod settings;
mod start;

pub use crate::guest::{Failed, Request};
pub use start::startable;

use crate::{
    guest::{
        self,
        conf::{Conf, Rules, Section},
        failed,
    },
    json_schema::config_id,
};
use phoenix_host::text::perl::trim;
use std::collections::BTreeMap;

/// How a machine is kept.
static RULES: Rules = Rules {
    pending: "PENDING",
    special: &["cloudinit", "fleecing"],
    stays: |name, now| name != "cloudinit" || has_cloudinit(now),
    strange_ends: true,
    raw: None,
    signs: "_-",
    setting: settings::read,
    volume: settings::volume,
};

fn has_cloudinit(now: &Section) -> bool {
    now.keys.iter().any(|(key, value)| settings::is_cloudinit(key, value))
}

/// The machine as it is.
#[derive(Debug, Clone)]
pub struct Machine<'a> {
    /// Its id.
    pub id: u32,
    /// Its configuration.
    pub text: &'a str,
    /// The SHA-1 of that, in hex.
    pub digest: &'a str,
    /// Whether it runs.
    pub running: bool,
}

/// What became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// The configuration, where it is written anew.
    pub text: Option<String>,
    /// What is said on standard output.
    pub told: String,
    /// What is said on standard error all the same.
    pub warned: Vec<String>,
}

const USAGE: &str = "qm set <vmid> [OPTIONS]";

/// Reads `set ID [OPTIONS]`: which machine, and what is asked for.
///
/// # Errors
/// What the tool says of it.
pub fn read(words: &[String]) -> Result<(u32, Request), Failed> {
    guest::read("qm", words)
}

/// Carries `qm set` out.
///
/// # Errors
/// What the tool says, and its exit code, where it refuses. Nothing is changed then.
pub fn set(machine: &Machine<'_>, request: &Request) -> Result<Done, Failed> {
    check_values(request)?;
    if request.set.is_empty() && request.delete.is_empty() && request.revert.is_empty() {
        return failed(2, "no options specified");
    }
    check_together(request)?;
    let mut conf = Conf::read(machine.text, &RULES);
    // Proxmox takes no digest to be any digest.
    if request.digest.as_deref().is_some_and(|digest| !["", "0", machine.digest].contains(&digest)) {
        return failed(255, "checksum mismatch (file change by other user?)");
    }
    if let Some(lock) = conf.now.keys.get("lock") {
        return failed(255, format!("VM is locked ({lock})"));
    }
    let mut done = Done { told: told(machine.id, request), ..Done::default() };
    // Blanks around a value are lost as soon as the file is read again.
    let set = request.set.iter().map(|(key, value)| (key, trim(value).to_owned()));
    let mut set: BTreeMap<&String, String> = set.collect();
    let mut delete: Vec<&String> = request.delete.iter().collect();
    // What is reverted is set to what is in force, and what only waits is deleted.
    for key in &request.revert {
        if let Some(value) = conf.now.keys.get(key) {
            set.insert(key, value.clone());
        } else if conf.pending.keys.contains_key(key) {
            delete.push(key);
        }
    }
    let mut written = false;
    for key in delete {
        if !conf.now.keys.contains_key(key) && !conf.pending.keys.contains_key(key) {
            done.warned.push(format!("cannot delete '{key}' - not set in current configuration!"));
            continue;
        }
        conf.pending.keys.remove(key);
        conf.goes(key);
        written = true;
    }
    for (key, value) in set {
        if conf.pending.keys.get(key) != Some(&value) {
            conf.pending.keys.insert(key.clone(), value);
            conf.stays(key);
            written = true;
        }
    }
    // What is cleaned is written only where there was something to clean.
    let mut clean = conf.clone();
    if clean.clean() {
        conf = clean;
        written = true;
    }
    if conf.pending != Section::default() {
        if machine.running {
            plug(&mut conf)
        } else {
            conf.apply()
        }
        written = true;
    }
    done.text = written.then(|| conf.print());
    Ok(done)
}

/// Starts a machine: what waited is in force, but in one that resumes from disk.
#[must_use]
pub fn started(text: &str) -> String {
    let mut conf = Conf::read(text, &RULES);
    let resumes = conf.now.keys.contains_key("vmstate")
        || conf.now.keys.get("lock").is_some_and(|lock| lock == "suspended");
    if resumes || conf.pending == Section::default() {
        return text.to_owned();
    }
    conf.apply();
    conf.print()
}

/// Lists the virtiofs devices that are in force, by number.
#[must_use]
pub fn devices(text: &str) -> BTreeMap<u8, String> {
    let keys = Conf::read(text, &RULES).now.keys.into_iter();
    keys.filter_map(|(key, value)| Some((device::number(&key)?, value))).collect()
}

/// Puts in force what can be in a machine that runs, of what is not asked for, too. No virtiofs device is.
fn plug(conf: &mut Conf) {
    let at_once =
        |(key, value): (&String, &String)| settings::is_at_once(key).then(|| (key.clone(), value.clone()));
    let at_once: Vec<(String, String)> = conf.pending.keys.iter().filter_map(at_once).collect();
    for (key, value) in at_once {
        conf.pending.keys.remove(&key);
        conf.put(&key, Some(value));
    }
}

/// Says what is asked for, as Proxmox does before it does it.
fn told(id: u32, request: &Request) -> String {
    let mut words: BTreeMap<&str, String> =
        request.set.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    for (name, keys) in [("delete", &request.delete), ("revert", &request.revert)] {
        if !keys.is_empty() {
            words.insert(name, keys.join(","));
        }
    }
    let words: Vec<String> = words.iter().map(|(name, value)| format!("-{name} {value}")).collect();
    format!("update VM {id}: {}\n", words.join(" "))
}

fn wrong<T>(code: u8, said: &str) -> Result<T, Failed> {
    failed(code, format!("400 Parameter verification failed.\n{said}\n{USAGE}"))
}

/// Checks by the schema what is asked for.
fn check_values(request: &Request) -> Result<(), Failed> {
    for (key, value) in &request.set {
        if device::number(key).is_none() {
            ours(key)?;
            return failed(2, format!("Unknown option: {key}\n400 unable to parse option\n{USAGE}"));
        }
        if let Err(why) = device::read(key, value) {
            return wrong(2, &format!("{key}: invalid format - {why}"));
        }
        if value.contains(['\n', '\r']) {
            return failed(255, format!("unable to parse value of '{key}' - property contains a line feed"));
        }
    }
    if request.digest.as_ref().is_some_and(|digest| digest.len() > 40) {
        return wrong(2, "digest: value may only be 40 characters long");
    }
    for (name, keys) in [("delete", &request.delete), ("revert", &request.revert)] {
        for key in keys {
            if let Err(why) = config_id(key) {
                return wrong(2, &format!("{name}: invalid format - {why}"));
            }
        }
    }
    Ok(())
}

/// Checks whether what is asked for goes together.
fn check_together(request: &Request) -> Result<(), Failed> {
    let is_set = |key: &String| request.set.iter().any(|(other, _)| other == key);
    for key in &request.revert {
        if device::number(key).is_none() {
            ours(key)?;
            return wrong(255, &format!("revert: unknown option '{key}'"));
        }
        if is_set(key) {
            return wrong(
                255,
                &format!("delete: you can't use '-{key}' and -revert {key}' at the same time"),
            );
        }
    }
    for key in &request.delete {
        if is_set(key) {
            return wrong(
                255,
                &format!("delete: you can't use '-{key}' and -delete {key}' at the same time"),
            );
        }
        if request.revert.contains(key) {
            return wrong(
                255,
                &format!("revert: you can't use '-delete {key}' and -revert {key}' at the same time"),
            );
        }
        if device::number(key).is_none() {
            ours(key)?;
            return wrong(255, &format!("delete: unknown option '{key}'"));
        }
    }
    Ok(())
}

/// Refuses what `qm` knows and these rules do not.
fn ours(key: &str) -> Result<(), Failed> {
    if settings::is_known(key) || ["force", "skiplock"].contains(&key) {
        return failed(255, format!("these rules of qm know virtiofs devices alone, and no '{key}'"));
    }
    Ok(())
}
