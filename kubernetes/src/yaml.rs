//! Objects → YAML, as Kubernetes reads it: by the rules of YAML 1.1, in which `yes`, `on` and `1_000` are no texts.

use serde::Serialize;

/// Something cannot be written as YAML, which no checked graph brings about.
#[derive(Debug, thiserror::Error)]
#[error("a manifest cannot be written as YAML: {0}")]
pub struct Unwritten(#[from] serde_saphyr::SerializeError);

/// Writes objects one after the other.
///
/// # Errors
/// [`Unwritten`]
pub fn documents<T: Serialize>(objects: &[T]) -> Result<String, Unwritten> {
    let mut text = String::new();
    for object in objects {
        text.push_str("---\n");
        text.push_str(&document(object)?);
    }
    Ok(text)
}

/// Writes one object.
///
/// # Errors
/// [`Unwritten`]
pub fn document<T: Serialize>(object: &T) -> Result<String, Unwritten> {
    let text = serde_saphyr::to_string(object)?;
    Ok(if text.ends_with('\n') { text } else { text + "\n" })
}
