//! A snapshot's whole name: it has an `@` by its type, so that a dataset can never be meant.

use crate::name::{DatasetName, MAX_DATASET_NAME, NameError};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A snapshot's whole name, `pool/a@name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SnapshotName {
    dataset: DatasetName,
    name: Box<str>,
}

impl SnapshotName {
    /// Makes the name, or says why the text is none.
    ///
    /// # Errors
    /// [`NameError`] with the rule that the text breaks.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let Some((dataset, name)) = text.split_once('@') else {
            return Err(NameError::Start("a snapshot's name has an `@` in it"));
        };
        Self::of(&DatasetName::new(dataset)?, name)
    }

    /// Takes the name of a snapshot that is there: also one that nothing new may have.
    ///
    /// # Errors
    /// [`NameError`] where no snapshot can have it.
    pub fn seen(text: &str) -> Result<Self, NameError> {
        let Some((dataset, name)) = text.split_once('@') else {
            return Err(NameError::Start("a snapshot's name has an `@` in it"));
        };
        let dataset = DatasetName::seen(dataset)?;
        match name.chars().find(|c| c.is_control() || "@#/".contains(*c)) {
            _ if name.is_empty() => Err(NameError::Empty),
            Some(strange) => Err(NameError::Character(strange, "a snapshot's name")),
            None if text.len() > MAX_DATASET_NAME => Err(NameError::TooLong(text.len(), MAX_DATASET_NAME)),
            None => Ok(Self { dataset, name: name.into() }),
        }
    }

    /// Makes the name of a dataset's snapshot. `name` is what follows the `@`.
    ///
    /// # Errors
    /// [`NameError`] with the rule that the name breaks.
    pub fn of(dataset: &DatasetName, name: &str) -> Result<Self, NameError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.: ".contains(c);
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if let Some(strange) = name.chars().find(|c| !allowed(*c)) {
            return Err(NameError::Character(strange, "a snapshot's name"));
        }
        let long = dataset.as_str().len() + 1 + name.len();
        if long > MAX_DATASET_NAME {
            return Err(NameError::TooLong(long, MAX_DATASET_NAME));
        }
        Ok(Self { dataset: dataset.clone(), name: name.into() })
    }

    /// Returns the dataset that the snapshot is of.
    #[must_use]
    pub fn dataset(&self) -> &DatasetName {
        &self.dataset
    }

    /// Returns what follows the `@`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for SnapshotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.dataset, self.name)
    }
}

impl TryFrom<String> for SnapshotName {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::seen(&text)
    }
}

impl From<SnapshotName> for String {
    fn from(name: SnapshotName) -> String {
        name.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_has_a_dataset_and_a_name() {
        let name = SnapshotName::new("tank/a b@phoenix-1").unwrap();
        assert_eq!((name.dataset().as_str(), name.name()), ("tank/a b", "phoenix-1"));
        assert_eq!(name.to_string(), "tank/a b@phoenix-1");
        assert_eq!(SnapshotName::new("tank@a").unwrap().dataset().as_str(), "tank");
    }

    #[test]
    fn a_dataset_a_range_and_a_list_are_no_snapshot() {
        for text in
            ["tank/a", "tank/a@", "@a", "tank/a@b@c", "tank/a@b%c", "tank/a@b,c", "tank/a@b/c", "tank/a@%"]
        {
            assert!(SnapshotName::new(text).is_err(), "{text}");
        }
        let long = format!("tank/a@{}", "x".repeat(MAX_DATASET_NAME));
        assert!(matches!(SnapshotName::new(&long), Err(NameError::TooLong(..))));
    }
}
