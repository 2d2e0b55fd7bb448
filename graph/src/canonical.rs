//! Canonical bytes: JSON by RFC 8785, with integers and strings as its only scalars.

use serde::Serialize;

/// Returns the canonical JSON of a value.
///
/// # Errors
/// Where the value cannot be written as JSON (a map with keys that are no strings).
pub fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    serde_json_canonicalizer::to_vec(value)
}
