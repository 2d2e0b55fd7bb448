//! Disks and how they are laid together: what `zpool create` takes (`zpoolconcepts(7)`).

use crate::kind::{Class, Redundancy, Vdev};

/// Says why a disk's path is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DiskError {
    /// It is not below `/dev`.
    #[error("not below /dev")]
    Outside,
    /// It has empty parts, dots, white space or control characters.
    #[error("not a plain path")]
    Odd,
}

/// Checks the path of a disk and returns its part below `/dev`.
///
/// # Errors
/// [`DiskError`]
pub fn disk(path: &str) -> Result<&str, DiskError> {
    let below = path.strip_prefix("/dev/").ok_or(DiskError::Outside)?;
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if below.contains(odd) || below.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(DiskError::Odd);
    }
    Ok(below)
}

/// The numbers of a draid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draid {
    /// The disks of a group that may fail.
    pub parity: usize,
    /// The data disks of a group.
    pub data: usize,
    /// All disks.
    pub children: usize,
    /// The disks' worth of spare space.
    pub spares: usize,
}

impl Draid {
    /// Checks the numbers and writes the vdev's word: `draid2:4d:11c:1s`.
    ///
    /// # Errors
    /// Why they do not fit each other.
    pub fn word(self) -> Result<String, String> {
        let Self { parity, data, children, spares } = self;
        if !(1..=3).contains(&parity) {
            return Err(format!("parity is {parity}; it is 1, 2 or 3"));
        }
        if data == 0 {
            return Err("a group needs a data disk".to_owned());
        }
        if data.saturating_add(parity).saturating_add(spares) > children {
            return Err(format!(
                "{data} data, {parity} parity and {spares} spare do not fit into {children} disks"
            ));
        }
        if spares > 100 || children > 255 {
            return Err(format!("{children} disks with {spares} spares; 255 and 100 at most"));
        }
        Ok(format!("draid{parity}:{data}d:{children}c:{spares}s"))
    }

    /// Reads a vdev's word, in the one spelling that [`Draid::word`] writes.
    fn read(word: &str) -> Option<Self> {
        let mut parts = word.strip_prefix("draid")?.split(':');
        let mut number = |suffix: &str| parts.next()?.strip_suffix(suffix)?.parse().ok();
        let read =
            Self { parity: number("")?, data: number("d")?, children: number("c")?, spares: number("s")? };
        (read.word().as_deref() == Ok(word)).then_some(read)
    }
}

/// Returns the fewest disks of a vdev.
#[must_use]
pub fn fewest(redundancy: &Redundancy) -> usize {
    match redundancy {
        Redundancy::None | Redundancy::Draid(_) => 1,
        Redundancy::Mirror => 2,
        Redundancy::Raidz(parity) => usize::from(*parity) + 1,
    }
}

/// Says why a vdev is none that a spec can ask for.
pub fn wrong(vdev: &Vdev) -> Option<String> {
    let Vdev { class, redundancy, disks } = vdev;
    let word = String::from(redundancy.clone());
    let count = disks.len();
    if let Some((bad, error)) = disks.iter().find_map(|one| Some((one, disk(&one.0).err()?))) {
        return Some(format!("{:?} is not the path of a disk: {error}", bad.0));
    }
    let taken = match class {
        Class::Data => true,
        Class::Special | Class::Dedup | Class::Log => {
            matches!(redundancy, Redundancy::None | Redundancy::Mirror)
        }
        Class::Cache | Class::Spare => *redundancy == Redundancy::None,
    };
    let fits = match redundancy {
        Redundancy::None => count == 1,
        Redundancy::Draid(word) => Draid::read(word).is_some_and(|draid| draid.children == count),
        other => count >= fewest(other),
    };
    match (taken, fits) {
        (false, _) => Some(format!("a {} vdev is no {word:?}", class.word())),
        (_, false) => Some(format!("a vdev of {count} disks is no {word:?}")),
        (true, true) => None,
    }
}
