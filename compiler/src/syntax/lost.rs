//! What could not be read of a text: where it stood, and what it may have said, so that no later
//! stage tells an error that only comes from a line that it never saw.

use kdl::{KdlDocument, KdlNode};
use std::collections::{HashMap, HashSet};

/// A text's nodes, and what could not be read of it.
#[derive(Debug)]
pub struct Parsed {
    /// The nodes that could be read, with the places that they have in the text.
    pub document: KdlDocument,
    /// What is not among them. Where it is not empty, an error was told.
    pub lost: Lost,
}

/// What is missing from a file's nodes.
#[derive(Debug, Default)]
pub struct Lost {
    /// What is missing straight in the file.
    file: Option<Gap>,
    /// What is missing on the line or straight inside of a node, by the first byte of its word.
    nodes: HashMap<usize, Gap>,
    /// What stood where a let may have been defined.
    lets: Gap,
    /// What stood where a profile may have been defined.
    profiles: Gap,
}

/// What is missing at one node, or straight in a file.
#[derive(Debug, Default)]
pub struct Gap {
    /// The words that stood there, and at the node itself.
    words: HashSet<Box<str>>,
    /// Whether what stands inside was guessed from a text whose braces, texts or comments have no
    /// end, so that something may stand in the wrong node.
    pub unsure: bool,
    /// Whether anything may have stood there.
    anything: bool,
}

impl Lost {
    /// Returns whether everything could be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.file.is_none() && self.nodes.is_empty()
    }

    /// Returns what is missing straight in the file.
    #[must_use]
    pub fn in_file(&self) -> Option<&Gap> {
        self.file.as_ref()
    }

    /// Returns what is missing on the line or straight inside of a node.
    #[must_use]
    pub fn in_node(&self, node: &KdlNode) -> Option<&Gap> {
        self.nodes.get(&node.name().span().offset())
    }

    /// Returns whether the definition of a let may be missing.
    #[must_use]
    pub fn may_let(&self, name: &str) -> bool {
        self.lets.may_say(name)
    }

    /// Returns whether the definition of a profile may be missing.
    #[must_use]
    pub fn may_profile(&self, name: &str) -> bool {
        self.profiles.may_say(name)
    }

    /// Adds what could not be read, at the node with this first byte of its word or in the file.
    pub fn add(&mut self, holder: Option<usize>, text: &str) {
        let mut gap = Gap::default();
        gap.add(text);
        for (word, definitions) in [("let", &mut self.lets), ("profile", &mut self.profiles)] {
            definitions.anything |= gap.may_say("import");
            if gap.may_say(word) {
                definitions.take(&gap);
            }
        }
        self.at(holder).take(&gap);
    }

    /// Says that what stands inside a node, or in the file, was guessed.
    pub fn guessed(&mut self, holder: Option<usize>) {
        self.at(holder).unsure = true;
    }

    fn at(&mut self, holder: Option<usize>) -> &mut Gap {
        match holder {
            Some(word) => self.nodes.entry(word).or_default(),
            None => self.file.get_or_insert_default(),
        }
    }
}

impl Gap {
    /// Returns whether what is missing may hold a word or name.
    #[must_use]
    pub fn may_say(&self, name: &str) -> bool {
        self.anything || words(name).all(|word| self.words.contains(word))
    }

    fn take(&mut self, other: &Gap) {
        self.anything |= other.anything;
        self.words.extend(other.words.iter().cloned());
    }

    fn add(&mut self, text: &str) {
        // An escape in a text may spell any word.
        self.anything |= text.contains('\\') && text.contains('"');
        for word in words(text) {
            if !self.words.contains(word) {
                self.words.insert(word.into());
            }
        }
    }
}

/// Splits a text into what may be names.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || "_-".contains(c))).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_missing_where_all_its_words_are() {
        let mut lost = Lost::default();
        assert!(lost.is_empty() && !lost.may_let("lan"));
        lost.add(None, "let lan-2 \"10.0.0.0/24");
        lost.add(None, "dataset \"lan\" quota=1G");
        assert!(lost.may_let("lan-2"));
        assert!(!lost.may_let("lan") && !lost.may_profile("lan-2"));
        lost.add(Some(7), "import \"x\"");
        assert!(lost.may_profile("anything"));
        assert!(lost.in_file().unwrap().may_say("quota") && !lost.in_file().unwrap().may_say("import"));
    }
}
