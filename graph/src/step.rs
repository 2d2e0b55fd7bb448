//! Steps: a resource's desired state with the ids of the steps it needs, and the ids themselves.

use crate::{HostName, Resource, canonical};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The format of the objects that this version writes. It stands in every object.
pub const FORMAT: u32 = 1;

/// The BLAKE3 hash of an object's canonical bytes, written in lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ObjectId([u8; 32]);

impl ObjectId {
    /// Hashes an object's bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// Returns the first 12 digits, as people see them.
    #[must_use]
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(12);
        text
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({self})")
    }
}

/// Says that a text is no object id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no object id: an id has 64 lower-case hexadecimal digits")]
pub struct ObjectIdError(pub String);

impl FromStr for ObjectId {
    type Err = ObjectIdError;

    fn from_str(text: &str) -> Result<Self, ObjectIdError> {
        let error = || ObjectIdError(text.to_owned());
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(error());
        }
        blake3::Hash::from_hex(text).map(|hash| Self(*hash.as_bytes())).map_err(|_| error())
    }
}

impl TryFrom<String> for ObjectId {
    type Error = ObjectIdError;
    fn try_from(text: String) -> Result<Self, ObjectIdError> {
        text.parse()
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> String {
        id.to_string()
    }
}

/// One step of a graph, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The object format, [`FORMAT`].
    pub format: u32,
    /// The ids of the steps that must hold before this one, sorted.
    pub needs: Vec<ObjectId>,
    /// The desired state.
    pub resource: Resource,
}

impl Step {
    /// Returns the canonical bytes, over which the id is taken.
    ///
    /// # Errors
    /// As [`canonical::to_bytes`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        canonical::to_bytes(self)
    }
}

/// Returns the digest of a resource alone: a change to what it needs does not change it.
///
/// # Errors
/// As [`canonical::to_bytes`].
pub fn content_digest(resource: &Resource) -> Result<ObjectId, serde_json::Error> {
    #[derive(Serialize)]
    struct Content<'a> {
        format: u32,
        resource: &'a Resource,
    }
    canonical::to_bytes(&Content { format: FORMAT, resource }).map(|bytes| ObjectId::of(&bytes))
}

/// The step that names the whole of one host: it needs every other step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// The object format, [`FORMAT`].
    pub format: u32,
    /// The host's name.
    pub system: HostName,
    /// The ids of all steps, sorted.
    pub needs: Vec<ObjectId>,
}

impl System {
    /// Returns the canonical bytes, over which the id is taken.
    ///
    /// # Errors
    /// As [`canonical::to_bytes`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        canonical::to_bytes(self)
    }
}
