//! Compares two documents by what they say, whatever their layout.

use kdl::{KdlDocument, KdlEntry, KdlIdentifier, KdlNode};

/// Returns whether two documents say the same.
pub fn documents(a: &KdlDocument, b: &KdlDocument) -> bool {
    a.nodes().len() == b.nodes().len() && a.nodes().iter().zip(b.nodes()).all(|(a, b)| nodes(a, b))
}

fn nodes(a: &KdlNode, b: &KdlNode) -> bool {
    let (inner, other) = (a.children(), b.children());
    names(a.ty(), b.ty())
        && a.name().value() == b.name().value()
        && a.entries().len() == b.entries().len()
        && a.entries().iter().zip(b.entries()).all(|(a, b)| entries(a, b))
        && match (inner, other) {
            (Some(a), Some(b)) => documents(a, b),
            (None, None) => true,
            _ => false,
        }
}

fn entries(a: &KdlEntry, b: &KdlEntry) -> bool {
    names(a.ty(), b.ty()) && names(a.name(), b.name()) && a.value() == b.value()
}

fn names(a: Option<&KdlIdentifier>, b: Option<&KdlIdentifier>) -> bool {
    a.map(KdlIdentifier::value) == b.map(KdlIdentifier::value)
}
