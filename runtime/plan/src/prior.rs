//! What a setting was before phoenix set it, and what brings that about again.

use phoenix_graph::{DatasetName, Key, PropertyName};
use phoenix_host::{
    observed::{Setting, Source},
    op::Op,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a dataset's property was, or another setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "prior", rename_all = "kebab-case")]
pub enum Prior {
    /// Set on the dataset itself, to this value.
    Own {
        /// The value as `-Hp` prints it.
        raw: Box<str>,
        /// The word that sets it.
        word: Box<str>,
    },
    /// Not set, but received with a stream: given back by `zfs inherit -S`.
    Received {
        /// The value as `-Hp` prints it.
        raw: Box<str>,
    },
    /// Not set on the dataset itself: inherited again.
    Inherited,
    /// Not set; it cannot be inherited, and this word stands for not set.
    Unset {
        /// The value as `-Hp` prints it.
        raw: Box<str>,
        /// The word that sets it.
        word: Box<str>,
    },
}

impl Prior {
    /// Returns whether it is a value that was there: given by somebody, or received.
    #[must_use]
    pub fn is_somebodys(&self) -> bool {
        matches!(self, Prior::Own { .. } | Prior::Received { .. })
    }

    /// Returns what brings it about, where that is not so already.
    pub fn op(&self, dataset: &DatasetName, property: &PropertyName, now: Option<&Setting>) -> Option<Op> {
        let set = |word: &str| Op::DatasetSet {
            dataset: dataset.clone(),
            settings: vec![(property.clone(), word.into())],
        };
        match self {
            Prior::Own { raw, word } => {
                let holds = now.is_some_and(|now| now.source.is_own() && now.raw == *raw);
                (!holds).then(|| set(word))
            }
            // Whatever was received last is what comes back.
            Prior::Received { .. } => now
                .is_none_or(|now| now.source != Source::Received)
                .then(|| Op::DatasetReceived { dataset: dataset.clone(), property: property.clone() }),
            Prior::Unset { raw, word } => {
                let holds = now.is_none_or(|now| now.raw == *raw);
                (!holds).then(|| set(word))
            }
            Prior::Inherited => now
                .is_some_and(|now| now.source.is_own())
                .then(|| Op::DatasetInherit { dataset: dataset.clone(), property: property.clone() }),
        }
    }
}

/// By resource and setting, what was there before phoenix set it. Of what phoenix made and put away, also
/// that nothing was. An adopted resource has an entry, be it an empty one: of one that has none, nothing is
/// known. Of permissions also to whom all that lies in the file system was given, which no look tells.
pub type Before = BTreeMap<Key, BTreeMap<Box<str>, Prior>>;
