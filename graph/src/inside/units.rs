//! A mount as units of systemd (`systemd.mount(5)`, `systemd.automount(5)`).

use super::MachineMount;
use crate::{HostName, nfs::Automount, unit_name};

/// The folder of a machine where units stand that its administrator made.
pub const FOLDER: &str = "/etc/systemd/system";

/// A unit: its name and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    pub name: String,
    pub text: String,
}

impl Unit {
    /// Returns the file to carry into a machine: it says in its first line which host gives the mount, and to whom, so
    /// that what another host gives the same machine is never taken for its own.
    #[must_use]
    pub fn file(&self, host: &HostName, machine: u32) -> String {
        format!("{}\n{}", head(host, machine), self.text)
    }
}

/// Returns the first line of each file that is to be carried from a host into a machine.
#[must_use]
pub fn head(host: &HostName, machine: u32) -> String {
    format!(
        "# Written by `phoenix guest {machine}` of the host {host}. What is changed here is lost when it is carried over anew."
    )
}

/// Writes a mount as units. The last one is the one to enable: `systemctl enable --now`.
#[must_use]
pub fn units(mount: &MachineMount) -> Vec<Unit> {
    let mut units = vec![Unit { name: unit_name::of(mount.at(), "mount"), text: mounting(mount) }];
    if let Some(automount) = mount.automount() {
        units.push(Unit {
            name: unit_name::of(mount.at(), "automount"),
            text: mounting_when_used(mount.at(), automount),
        });
    }
    units
}

fn mounting(mount: &MachineMount) -> String {
    let timeout = mount.mount_timeout().map(|seconds| format!("TimeoutSec={seconds}s\n"));
    let target = if mount.is_remote() { "remote-fs.target" } else { "local-fs.target" };
    // A mount that is waited for is one that a boot hangs on: it is wanted, not required.
    let wanted_at_boot = mount.automount().is_none();
    let install = wanted_at_boot.then(|| format!("\n[Install]\nWantedBy={target}\n"));
    format!(
        "[Mount]\nWhat={}\nWhere={}\nType={}\nOptions={}\n{}{}",
        escaped(&mount.source()),
        escaped(mount.at()),
        mount.kind(),
        mount.words().join(","),
        timeout.unwrap_or_default(),
        install.unwrap_or_default(),
    )
}

fn mounting_when_used(at: &str, automount: Automount) -> String {
    let idle = automount.idle_timeout.map(|seconds| format!("TimeoutIdleSec={seconds}s\n"));
    format!(
        "[Automount]\nWhere={}\n{}\n[Install]\nWantedBy=multi-user.target\n",
        escaped(at),
        idle.unwrap_or_default()
    )
}

/// Reads the units of one mount; nothing where they are not written exactly as [`units`] writes them.
#[must_use]
pub fn read(units: &[Unit]) -> Option<MachineMount> {
    let (mounting, rest) = units.split_first()?;
    let from = unescaped(value(&mounting.text, "What")?)?;
    let at = unit_name::path(&mounting.name, "mount")?;
    let mut mount = MachineMount::unread(value(&mounting.text, "Type")?, &from, &at)?;
    value(&mounting.text, "Options")?.split(',').try_for_each(|word| mount.read_word(word))?;
    let automount =
        rest.first().map(|unit| Automount { idle_timeout: seconds(&unit.text, "TimeoutIdleSec") });
    mount.set_when(automount, seconds(&mounting.text, "TimeoutSec"));
    (mount.check().is_ok() && self::units(&mount) == units).then_some(mount)
}

/// Finds the value of a line `NAME=VALUE`.
fn value<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
}

fn seconds(text: &str, name: &str) -> Option<u64> {
    value(text, name)?.strip_suffix('s')?.parse().ok()
}

/// Writes a text so that systemd reads no specifier out of it.
fn escaped(text: &str) -> String {
    text.replace('%', "%%")
}

/// Reads a text that was written so.
fn unescaped(text: &str) -> Option<String> {
    let plain = text.replace("%%", "%");
    (escaped(&plain) == text).then_some(plain)
}
