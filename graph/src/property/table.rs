//! The table itself.

use super::Property;

/// Properties of file systems and volumes.
pub static DATASET: &[Property] = &[];
