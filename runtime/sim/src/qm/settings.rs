//! The settings of a machine that `qm` knows, and how it understands each: what it does not know, or cannot read, is
//! lost at the next write (`PVE::QemuServer::check_type`).

use super::device;
use crate::json_schema::switch;

/// How a value is understood.
#[derive(Clone, Copy)]
enum Form {
    /// On or off.
    Switch,
    /// Digits.
    Integer,
    /// Digits, and perhaps more of them behind a point.
    Number,
    /// Any text; quotes around it are lost.
    Text,
    /// A text in a form of its own, which is kept as it is. Only a virtiofs device's is checked here.
    Formed,
}

use Form::{Formed, Integer, Number, Switch, Text};

const SETTINGS: &[(&str, Form)] = &[
    ("acpi", Switch),
    ("affinity", Formed),
    ("agent", Formed),
    ("allow-ksm", Switch),
    ("amd-sev", Formed),
    ("arch", Text),
    ("args", Text),
    ("audio0", Formed),
    ("autostart", Switch),
    ("balloon", Integer),
    ("bios", Text),
    ("boot", Formed),
    ("bootdisk", Formed),
    ("cdrom", Formed),
    ("cicustom", Formed),
    ("cipassword", Text),
    ("citype", Text),
    ("ciupgrade", Switch),
    ("ciuser", Text),
    ("cores", Integer),
    ("cpu", Formed),
    ("cpulimit", Number),
    ("cpuunits", Integer),
    ("description", Text),
    ("efidisk0", Formed),
    ("freeze", Switch),
    ("hookscript", Formed),
    ("hotplug", Formed),
    ("hugepages", Text),
    ("intel-tdx", Formed),
    ("ivshmem", Formed),
    ("keephugepages", Switch),
    ("keyboard", Text),
    ("kvm", Switch),
    ("localtime", Switch),
    ("lock", Text),
    ("machine", Formed),
    ("memory", Formed),
    ("meta", Formed),
    ("migrate_downtime", Number),
    ("migrate_speed", Integer),
    ("name", Formed),
    ("nameserver", Formed),
    ("numa", Switch),
    ("onboot", Switch),
    ("ostype", Text),
    ("parent", Formed),
    ("protection", Switch),
    ("reboot", Switch),
    ("rng0", Formed),
    ("running-nets-host-mtu", Text),
    ("runningcpu", Text),
    ("runningmachine", Formed),
    ("scsihw", Text),
    ("searchdomain", Text),
    ("shares", Integer),
    ("smbios1", Formed),
    ("smp", Integer),
    ("snaptime", Integer),
    ("sockets", Integer),
    ("spice_enhancements", Formed),
    ("sshkeys", Formed),
    ("startdate", Text),
    ("startup", Formed),
    ("tablet", Switch),
    ("tags", Formed),
    ("tdf", Switch),
    ("template", Switch),
    ("tpmstate0", Formed),
    ("vcpus", Integer),
    ("vga", Formed),
    ("vmgenid", Text),
    ("vmstate", Formed),
    ("vmstatestorage", Formed),
    ("watchdog", Formed),
];

/// Those that there are several of, counted from nought.
const NUMBERED: &[(&str, u16, Form)] = &[
    ("hostpci", 16, Formed),
    ("ide", 4, Formed),
    ("ipconfig", 32, Formed),
    ("net", 32, Formed),
    ("numa", 8, Formed),
    ("parallel", 3, Text),
    ("sata", 6, Formed),
    ("scsi", 31, Formed),
    ("serial", 4, Text),
    ("unused", 256, Formed),
    ("usb", 14, Formed),
    ("virtio", 16, Formed),
    ("virtiofs", 10, Formed),
];

/// The settings that are in force at once in a machine that runs, as nothing of it is plugged in.
const AT_ONCE: &[&str] = &[
    "cicustom",
    "cipassword",
    "citype",
    "ciupgrade",
    "ciuser",
    "description",
    "hookscript",
    "lock",
    "migrate_downtime",
    "migrate_speed",
    "name",
    "nameserver",
    "onboot",
    "protection",
    "searchdomain",
    "shares",
    "sshkeys",
    "startup",
    "tags",
    "vmstatestorage",
];

/// The names of disks, without their numbers.
const DISKS: &[&str] = &["efidisk", "ide", "sata", "scsi", "tpmstate", "virtio"];

/// Returns whether `qm` knows a setting.
pub fn is_known(key: &str) -> bool {
    form(key).is_some()
}

/// Returns whether a change of a setting is in force at once in a machine that runs.
pub fn is_at_once(key: &str) -> bool {
    AT_ONCE.contains(&key) || numbered(key).is_some_and(|(name, _)| name == "ipconfig")
}

/// Reads a setting: its name and its value as they are kept. Nothing where they are lost.
pub fn read(key: &str, value: &str) -> Option<(String, String)> {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let value = match form(key)? {
        Switch => switch(value).ok()?,
        Integer if digits(value) => match value.trim_start_matches('0') {
            "" => "0".to_owned(),
            value => value.to_owned(),
        },
        Number if value.split_once('.').map_or(digits(value), |(one, two)| digits(one) && digits(two)) => {
            value.to_owned()
        }
        Integer | Number => return None,
        Text => {
            let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            bare.unwrap_or(value).to_owned()
        }
        Formed if device::number(key).is_some() => device::read(key, value).ok().map(|_| value.to_owned())?,
        Formed => value.to_owned(),
    };
    // An empty one, of quotes alone, would be lost by the next reader.
    let key = if key == "cdrom" { "ide2" } else { key };
    (!value.is_empty()).then(|| (key.to_owned(), value))
}

/// Returns the volume of a storage that a disk is.
pub fn volume<'v>(key: &str, value: &'v str) -> Option<&'v str> {
    let name = key.trim_end_matches(|c: char| c.is_ascii_digit());
    let mut parts = value.split(',');
    let volume = parts.next().map(|first| first.strip_prefix("file=").unwrap_or(first))?;
    let is_disk = DISKS.contains(&name) && !parts.any(|part| part == "media=cdrom");
    (is_disk && volume.contains(':') && !volume.starts_with('/')).then_some(volume)
}

/// Returns whether a disk is cloud-init's (`drive_is_cloudinit`).
pub fn is_cloudinit(key: &str, value: &str) -> bool {
    let name = key.trim_end_matches(|c: char| c.is_ascii_digit());
    let volume = value.split(',').next().unwrap_or_default();
    let file = volume.rsplit([':', '/']).next().unwrap_or_default();
    let file = ["raw", "qcow2", "vmdk"]
        .iter()
        .find_map(|form| file.strip_suffix(form).and_then(|file| file.strip_suffix('.')))
        .unwrap_or(file);
    let own = file.strip_prefix("vm-").and_then(|file| file.strip_suffix("-cloudinit"));
    DISKS.contains(&name)
        && volume.contains([':', '/'])
        && (file == "cloudinit" || own.is_some_and(|id| id.parse::<u32>().is_ok()))
}

fn numbered(key: &str) -> Option<(&'static str, Form)> {
    let name = key.trim_end_matches(|c: char| c.is_ascii_digit());
    let number: u16 = key.strip_prefix(name)?.parse().ok()?;
    let is_plain = key == format!("{name}{number}");
    let found = NUMBERED.iter().find(|(known, most, _)| *known == name && number < *most && is_plain)?;
    Some((found.0, found.2))
}

fn form(key: &str) -> Option<Form> {
    let plain = SETTINGS.iter().find(|(name, _)| *name == key).map(|(_, form)| *form);
    plain.or_else(|| numbered(key).map(|(_, form)| form))
}
