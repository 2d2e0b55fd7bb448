//! Vdevs: the disks of a pool, and how they protect each other.

use serde::{Deserialize, Serialize};

/// A top-level vdev.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vdev {
    /// What the vdev is for.
    pub class: Class,
    /// How its disks protect each other.
    pub redundancy: Redundancy,
    /// Its disks, in the order of the spec.
    pub disks: Vec<Disk>,
}

impl Vdev {
    /// Says what its disks are for: `data mirror`, `log disk`.
    pub(super) fn role(&self) -> String {
        let class = match self.class {
            Class::Data => "data",
            class => class.word(),
        };
        match &self.redundancy {
            Redundancy::None => format!("{class} disk"),
            other => format!("{class} {}", String::from(other.clone())),
        }
    }
}

impl std::fmt::Display for Vdev {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&vdev_text(self.class, &self.redundancy, self.disks.iter().map(|disk| &*disk.0)))
    }
}

/// What a top-level vdev is for (`zpoolconcepts(7)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Ordinary data.
    Data,
    /// Metadata and small blocks.
    Special,
    /// Deduplication tables.
    Dedup,
    /// The intent log.
    Log,
    /// A read cache (L2ARC).
    Cache,
    /// Hot spares.
    Spare,
}

impl Class {
    /// Returns whether such vdevs hold what the pool cannot do without: losing one loses the pool, and before
    /// one is removed, what it holds is moved.
    #[must_use]
    pub fn holds_data(self) -> bool {
        matches!(self, Class::Data | Class::Special | Class::Dedup)
    }

    /// Returns the word that begins such a vdev on the command line of `zpool`; empty for data.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Class::Data => "",
            Class::Special => "special",
            Class::Dedup => "dedup",
            Class::Log => "log",
            Class::Cache => "cache",
            Class::Spare => "spare",
        }
    }
}

/// Writes a vdev the way `zpool create` takes it: `log mirror /dev/a /dev/b`.
#[must_use]
pub fn vdev_text<'a>(
    class: Class,
    redundancy: &Redundancy,
    disks: impl IntoIterator<Item = &'a str>,
) -> String {
    let redundancy = match redundancy {
        Redundancy::None => String::new(),
        other => String::from(other.clone()),
    };
    let mut words = vec![class.word().to_owned(), redundancy];
    words.retain(|word| !word.is_empty());
    words.extend(disks.into_iter().map(str::to_owned));
    words.join(" ")
}

/// How the disks of a vdev protect each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Redundancy {
    /// One disk alone.
    None,
    /// Every disk holds everything.
    Mirror,
    /// raidz with this many parity disks, 1 to 3.
    Raidz(u8),
    /// Distributed spare raid, by its whole vdev word: `draid2:4d:8c:1s`.
    Draid(Box<str>),
}

impl From<Redundancy> for String {
    fn from(redundancy: Redundancy) -> String {
        match redundancy {
            Redundancy::None => "none".to_owned(),
            Redundancy::Mirror => "mirror".to_owned(),
            Redundancy::Raidz(parity) => format!("raidz{parity}"),
            Redundancy::Draid(word) => word.into(),
        }
    }
}

impl TryFrom<String> for Redundancy {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "none" => Ok(Redundancy::None),
            "mirror" => Ok(Redundancy::Mirror),
            "raidz1" => Ok(Redundancy::Raidz(1)),
            "raidz2" => Ok(Redundancy::Raidz(2)),
            "raidz3" => Ok(Redundancy::Raidz(3)),
            draid if draid.starts_with("draid") => Ok(Redundancy::Draid(draid.into())),
            _ => Err(format!("no vdev is a {text:?}")),
        }
    }
}

/// A disk or partition, by the path that the spec gives it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Disk(pub Box<str>);
