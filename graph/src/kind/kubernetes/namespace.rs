//! A namespace: how much its claims may take, and who may make them.

use super::wrong;
use crate::{
    Bytes,
    check::{others::Others, reason::Reason},
    kind::{
        common::{FORMAT_5, Fact, Kind, Said, Unit},
        key::Key,
    },
    kubernetes::{Right, Subject, name},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A namespace of Kubernetes, with what its claims may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KubernetesNamespace {
    /// Its name.
    pub name: Box<str>,
    /// How large each claim is.
    #[serde(default, skip_serializing_if = "PerClaim::is_empty")]
    pub per_claim: PerClaim,
    /// What all of them may come to.
    #[serde(default, skip_serializing_if = "Total::is_empty")]
    pub total: Total,
    /// What those of a class may come to, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<Box<str>, Total>,
    /// Who may do what.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub access: BTreeMap<Subject, BTreeSet<Right>>,
    /// What its pods may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_security: Option<PodSecurity>,
}

/// How large a claim is, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerClaim {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Bytes>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Bytes>,
}

/// What several claims may come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Total {
    /// In bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Bytes>,
    /// How many there may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<u64>,
    /// How many snapshots of them there may be; of a whole namespace alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshots: Option<u64>,
}

/// What pods of a namespace may be (Pod Security Standards).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PodSecurity {
    Privileged,
    Baseline,
    Restricted,
}

impl PodSecurity {
    /// The words for them.
    pub const WORDS: &[&str] = &["privileged", "baseline", "restricted"];

    /// Finds one by its word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        [Self::Privileged, Self::Baseline, Self::Restricted].into_iter().find(|one| one.word() == word)
    }

    /// Returns its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

impl PerClaim {
    /// Returns whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Total {
    /// The most claims or snapshots that can be said.
    pub const MOST: u64 = 1_000_000;

    /// Returns whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn check(&self) -> Result<(), Reason> {
        let counts = [self.claims, self.snapshots].into_iter().flatten();
        if counts.max().is_some_and(|count| count > Self::MOST) {
            return Err(wrong("so many are none"));
        }
        size(self.storage)
    }

    fn facts(&self, of: &str) -> Vec<Fact> {
        let fact = |name: &str, value: u64| Fact::new(format!("{of} {name}"), value, Said::Line);
        let storage = self.storage.map(|size| fact("storage", size.0));
        let claims = self.claims.map(|count| fact("claims", count));
        let snapshots = self.snapshots.map(|count| fact("snapshots", count));
        [storage, claims, snapshots].into_iter().flatten().collect()
    }
}

fn size(said: Option<Bytes>) -> Result<(), Reason> {
    if said.is_some_and(|size| size > Bytes::LARGEST) { Err(wrong("a size is too large")) } else { Ok(()) }
}

impl Kind for KubernetesNamespace {
    fn key(&self) -> Key {
        Key::KubernetesNamespace(self.name.clone())
    }

    fn check(&self) -> Result<(), Reason> {
        name::namespace(&self.name).map_err(wrong)?;
        let PerClaim { min, max } = self.per_claim;
        size(min)?;
        size(max)?;
        if max.is_some_and(|max| max.0 == 0 || min.is_some_and(|min| min > max)) {
            return Err(wrong("no claim has such a size"));
        }
        self.total.check()?;
        for total in self.classes.values() {
            if total.snapshots.is_some() || total.is_empty() {
                return Err(Reason::Empty);
            }
            total.check()?;
        }
        match self.access.values().any(BTreeSet::is_empty) {
            true => Err(Reason::Empty),
            false => Ok(()),
        }
    }

    fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        others.kubernetes.is_there()?;
        self.classes.keys().try_for_each(|class| others.kubernetes.has_class(class))
    }

    fn facts(&self) -> Vec<Fact> {
        let size = |name: &str, size: Option<Bytes>| size.map(|size| Fact::new(name, size.0, Said::Line));
        let mut facts: Vec<Fact> =
            [size("each min", self.per_claim.min), size("each max", self.per_claim.max)]
                .into_iter()
                .flatten()
                .collect();
        facts.extend(self.total.facts("total"));
        facts.extend(self.classes.iter().flat_map(|(class, total)| total.facts(&format!("of {class}"))));
        facts.extend(self.access.iter().map(|(subject, rights)| {
            let words: Vec<&str> = rights.iter().map(|right| right.word()).collect();
            Fact::new(format!("access {subject}"), words.join(","), Said::Line)
        }));
        facts.extend(self.pod_security.map(|one| Fact::new("pod-security", one.word(), Said::Line)));
        facts
    }

    fn format(&self) -> u32 {
        FORMAT_5
    }
}

/// Returns what the value of a fact is.
pub fn unit(name: &str) -> Unit {
    let is_size = name.starts_with("each ")
        || (name.starts_with("total ") || name.starts_with("of ")) && name.ends_with(" storage");
    if is_size { Unit::Bytes { none: false } } else { Unit::Word }
}
