//! Steps: a resource's desired state with the ids of the steps it needs, and the ids themselves.

use crate::{HostName, Resource, canonical};
use serde::{Deserialize, Serialize};
use std::{fmt, io, str::FromStr};

/// The newest format of objects that this version reads and writes. It stands in every object.
///
/// A step has the lowest format that can say its resource ([`Resource::format`]), so that what an
/// older version can carry out keeps its id, and what it cannot is refused there, not skipped:
/// 1 is what there was first; 2 adds permissions, binds, and what is said about a resource's life; 3 permissions in the
/// numbers of a container; 4 the mounts of machines; 5 schedules of snapshots.
pub const FORMAT: u32 = 5;

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

    /// Hashes what a reader gives, in pieces that stay in the processor's caches.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn of_reader(reader: impl io::Read) -> io::Result<Self> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(reader)?;
        Ok(Self(*hasher.finalize().as_bytes()))
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
        let mut id = [0; 32];
        // A store has tens of thousands of ids, and each of its names is read: every digit is looked up,
        // and whether all were digits is asked once.
        let mut seen = 0;
        for (byte, pair) in id.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let (high, low) = (DIGITS[usize::from(pair[0])], DIGITS[usize::from(pair[1])]);
            seen |= high | low;
            *byte = high << 4 | low & 0xf;
        }
        if text.len() == 64 && seen < 16 { Ok(Self(id)) } else { Err(ObjectIdError(text.to_owned())) }
    }
}

/// The value of each byte that is a lower-case hexadecimal digit, and 16 for every other.
const DIGITS: [u8; 256] = {
    let mut digits = [16; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

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
    /// The object format: [`Resource::format`].
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

/// Returns the id of a resource's step and the digest of its content.
///
/// Both are hashes of canonical JSON, and the resource stands in both: it is written once and set
/// into what stands around it. RFC 8785 sorts keys, so `format` and `needs` come before `resource`.
///
/// # Errors
/// As [`canonical::to_bytes`].
pub(crate) fn digests(
    needs: &[ObjectId],
    resource: &Resource,
) -> Result<(ObjectId, ObjectId), serde_json::Error> {
    let format = resource.format();
    let resource = canonical::to_bytes(resource)?;
    let mut bytes = Vec::with_capacity(resource.len() + needs.len() * 67 + 48);
    let head = format!("{{\"format\":{format},");
    let body = |bytes: &mut Vec<u8>| {
        bytes.extend_from_slice(b"\"resource\":");
        bytes.extend_from_slice(&resource);
        bytes.push(b'}');
    };
    bytes.extend_from_slice(head.as_bytes());
    body(&mut bytes);
    let content = ObjectId::of(&bytes);
    bytes.truncate(head.len());
    bytes.extend_from_slice(b"\"needs\":[");
    for (at, need) in needs.iter().enumerate() {
        if at > 0 {
            bytes.push(b',');
        }
        bytes.push(b'"');
        bytes.extend_from_slice(blake3::Hash::from_bytes(need.0).to_hex().as_bytes());
        bytes.push(b'"');
    }
    bytes.extend_from_slice(b"],");
    body(&mut bytes);
    Ok((ObjectId::of(&bytes), content))
}

/// The step that names the whole of one host: it needs every other step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// The object format, [`System::FORMAT`].
    pub format: u32,
    /// The host's name.
    pub system: HostName,
    /// The ids of all steps, sorted.
    pub needs: Vec<ObjectId>,
}

impl System {
    /// The format of system steps: nothing was added to them since the first.
    pub const FORMAT: u32 = 1;

    /// Returns the canonical bytes, over which the id is taken.
    ///
    /// # Errors
    /// As [`canonical::to_bytes`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        canonical::to_bytes(self)
    }
}
