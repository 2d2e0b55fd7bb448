//! The parameters of the Proxmox CSI plugin: one table.
//!
//! The plugin ignores a name that it does not know, and takes any word that is no boolean for false (`ParseBool` of Go, with
//! the error thrown away). Numbers of the limits are caps: nothing promises that much.

use std::borrow::Cow;

/// A parameter of a class.
#[derive(Debug)]
pub struct Parameter {
    /// What a spec calls it.
    pub name: &'static str,
    /// What the plugin calls it.
    pub plugin: &'static str,
    pub of: Of,
    /// Whether it can be changed of a volume that is there (`attributes`).
    pub mutable: bool,
    /// What it says, in one sentence.
    pub doc: &'static str,
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// `#true` or `#false`.
    Switch,
    /// A whole number between these, both among them.
    Number { least: u64, most: u64 },
    /// A power of two between these, both among them.
    PowerOfTwo { least: u64, most: u64 },
    /// One of these words.
    Word(&'static [&'static str]),
}

const fn row(name: &'static str, plugin: &'static str, of: Of, doc: &'static str) -> Parameter {
    Parameter { name, plugin, of, mutable: false, doc }
}

const fn mutable(name: &'static str, plugin: &'static str, of: Of, doc: &'static str) -> Parameter {
    Parameter { mutable: true, ..row(name, plugin, of, doc) }
}

/// What a limit may be: Proxmox multiplies by 2^20, and takes what then fits.
const LIMIT: Of = Of::Number { least: 1, most: 1_000_000_000 };

/// All of them, but for `storage`, which `on` says.
pub const PARAMETERS: &[Parameter] = &[
    row(
        "ssd",
        "ssd",
        Of::Switch,
        "Whether the disk is said to be an SSD, and what is deleted in it is given back to the pool (`discard`).",
    ),
    mutable(
        "mbps",
        "diskMBps",
        LIMIT,
        "The most MiB that are read, and the most that are written, in a second: a cap, and no promise.",
    ),
    mutable(
        "iops",
        "diskIOPS",
        LIMIT,
        "The most operations that read, and the most that write, in a second: a cap, and no promise.",
    ),
    row(
        "fstype",
        "csi.storage.k8s.io/fstype",
        Of::Word(&["ext4", "xfs"]),
        "The file system on it; `ext4` unless said. `xfs` is mounted with `nouuid`.",
    ),
    row(
        "cache",
        "cache",
        Of::Word(&["directsync", "none", "writeback", "writethrough"]),
        "How QEMU keeps it in memory.",
    ),
    row("aio", "aio", Of::Word(&["io_uring", "native", "threads"]), "How QEMU reads and writes it."),
    row(
        "blockSize",
        "blockSize",
        Of::PowerOfTwo { least: 1024, most: 65536 },
        "The block size of the file system, in bytes, when it is made.",
    ),
    row(
        "inodeSize",
        "inodeSize",
        Of::PowerOfTwo { least: 128, most: 4096 },
        "The inode size of the file system, in bytes, when it is made.",
    ),
    mutable(
        "backup",
        "backup",
        Of::Switch,
        "Whether `vzdump` of the machine that has it takes it in; it does not unless this says so.",
    ),
];

/// Finds one by what a spec calls it.
#[must_use]
pub fn find(name: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|row| row.name == name)
}

/// Finds one by what the plugin calls it.
#[must_use]
pub fn find_of_plugin(name: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|row| row.plugin == name)
}

impl Parameter {
    /// Reads a value in the one spelling that is kept.
    ///
    /// # Errors
    /// With what it is instead.
    pub fn read<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, String> {
        let number = |least: u64, most: u64| {
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            text.parse::<u64>().ok().filter(|number| digits && (least..=most).contains(number))
        };
        match self.of {
            Of::Switch => match text {
                "true" | "false" => Ok(Cow::Borrowed(text)),
                _ => Err("it is #true or #false: the plugin takes any other word for false".to_owned()),
            },
            Of::Number { least, most } => match number(least, most) {
                Some(number) => Ok(Cow::Owned(number.to_string())),
                None => Err(format!("it is a whole number from {least} to {most}")),
            },
            Of::PowerOfTwo { least, most } => {
                match number(least, most).filter(|number| number.is_power_of_two()) {
                    Some(number) => Ok(Cow::Owned(number.to_string())),
                    None => Err(format!("it is a power of two from {least} to {most}")),
                }
            }
            Of::Word(words) if words.contains(&text) => Ok(Cow::Borrowed(text)),
            Of::Word(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                Err(format!("it is one of {}", words.join(", ")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_one_spelling() {
        let read = |name: &str, text: &str| find(name).unwrap().read(text).map(Cow::into_owned);
        assert_eq!(read("ssd", "true"), Ok("true".to_owned()));
        assert_eq!(read("mbps", "0100"), Ok("100".to_owned()));
        assert_eq!(read("blockSize", "4096"), Ok("4096".to_owned()));
        assert_eq!(read("fstype", "xfs"), Ok("xfs".to_owned()));
        for (name, text) in [
            ("ssd", "yes"),
            ("ssd", "1"),
            ("mbps", "0"),
            ("mbps", "+1"),
            ("mbps", "1.5"),
            ("iops", "many"),
            ("blockSize", "5000"),
            ("fstype", "zfs"),
            ("cache", "unsafe"),
        ] {
            assert!(read(name, text).is_err(), "{name} {text}");
        }
    }

    #[test]
    fn every_one_is_found_by_both_names() {
        for row in PARAMETERS {
            assert_eq!(find(row.name).unwrap().plugin, row.plugin);
            assert_eq!(find_of_plugin(row.plugin).unwrap().name, row.name);
        }
    }
}
