//! Keys that a person types: held in memory alone, wiped when they are let go, and never shown. Nothing
//! here can be printed or written anywhere.

use phoenix_graph::DatasetName;
use std::{collections::BTreeMap, fmt};
use zeroize::Zeroizing;

/// The word for a key that a person types (`keylocation` of `zfsprops(7)`).
pub const PROMPT: &str = "prompt";

/// A passphrase, or a key in hexadecimal digits.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes what was typed, without the end of the line.
    #[must_use]
    pub fn new(typed: Zeroizing<Vec<u8>>) -> Self {
        Self(typed)
    }

    /// Returns the bytes, for the one who needs them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// A key that has to be asked for before a plan is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub dataset: DatasetName,
    /// The form of the key (`passphrase`, `hex`), where the dataset is to be made with it: then it is asked
    /// for twice.
    pub new: Option<Box<str>>,
}

/// Who is asked for keys.
pub trait KeySource: Sync {
    /// Returns whether there is somebody to ask.
    fn can_ask(&self) -> bool;

    /// Asks for one key.
    ///
    /// # Errors
    /// Why there is none, in words for people.
    fn ask(&self, asked: &Asked) -> Result<Secret, String>;
}

/// Nobody.
pub struct Nobody;

impl KeySource for Nobody {
    fn can_ask(&self) -> bool {
        false
    }

    fn ask(&self, _: &Asked) -> Result<Secret, String> {
        Err("there is no terminal to ask on".to_owned())
    }
}

/// The keys that were typed for one switch, by dataset.
#[derive(Clone, Default)]
pub struct Keys(BTreeMap<DatasetName, Secret>);

impl Keys {
    /// Adds a dataset's key.
    pub fn add(&mut self, dataset: DatasetName, key: Secret) {
        self.0.insert(dataset, key);
    }

    /// Returns a dataset's key.
    #[must_use]
    pub fn get(&self, dataset: &DatasetName) -> Option<&Secret> {
        self.0.get(dataset)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} keys", self.0.len())
    }
}
