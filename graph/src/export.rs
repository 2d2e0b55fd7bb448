//! The vocabulary of `exports(5)`: clients, options, and their explicit form.
//!
//! [`ExportOptions`] is what a spec asks for and what the live table shows, in one form, so that the
//! two compare: every toggle is said, every alias is resolved. The words and their rules stand in
//! `words.rs`, clients in [`client`], the spelling of paths in [`path`].

pub mod client;
pub mod path;
pub mod reach;
mod words;

pub use client::{ClientError, canonical_client, check_client, is_host_name};
pub use path::{escape_path, unescape_bytes, unescape_path};
pub use words::{OptionError, vocabulary};

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use words::{Known, TOGGLES};

/// The options of one export to one client, every one explicit, as the live table shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExportOptions(BTreeSet<Box<str>>);

/// What holds where nobody says otherwise, beside the toggles.
const DEFAULTS: [&str; 3] = ["anonuid=65534", "anongid=65534", "sec=sys"];

/// Toggles that can differ from one security flavour to the next (`exports(5)`), by their default.
const BY_FLAVOUR: [&str; 4] = ["ro", "secure", "root_squash", "no_all_squash"];

impl ExportOptions {
    /// Takes the words of a spec and makes every option explicit: what is not said is what
    /// `exports(5)` assumes, and `no_subtree_check`.
    ///
    /// # Errors
    /// The first word that is no export option, belongs to a client's mount, has a wrong value, or
    /// says the opposite of an earlier word.
    pub fn from_words<'a, I: IntoIterator<Item = &'a str>>(words: I) -> Result<Self, OptionError> {
        let mut options = Self::default();
        for word in words {
            let option = words::read(word)?;
            if let Some(earlier) = options.opposite(&option) {
                return Err(OptionError::Contradiction { first: earlier.into(), second: word.into() });
            }
            if &*option.word != "reexport=none" {
                options.0.insert(option.word);
            }
        }
        Ok(options.explicit())
    }

    /// Reads the options of one entry of the live table (`/var/lib/nfs/etab`), without its brackets.
    /// Words that are not known are kept, so that such an entry equals no spec's.
    #[must_use]
    pub fn from_etab(options: &str) -> Self {
        let mut pieces = options.split(',').filter(|piece| !piece.is_empty()).peekable();
        let mut read = Self::default();
        let mut flavours: Vec<(Box<str>, Vec<Box<str>>)> = Vec::new();
        for piece in pieces.by_ref() {
            let option = words::read(piece).unwrap_or_else(|_| Known { key: "", word: piece.into() });
            match flavours.last_mut() {
                _ if option.key == "sec" => flavours.push((option.word, Vec::new())),
                Some((_, flags)) if BY_FLAVOUR.contains(&option.key) => flags.push(option.word),
                _ => _ = read.0.insert(option.word),
            }
        }
        for (flavour, flags) in flavours {
            let mut differing: Vec<_> = flags.into_iter().filter(|flag| !read.0.contains(flag)).collect();
            differing.insert(0, flavour);
            read.0.insert(differing.join(",").into());
        }
        // The number that nfs-utils has drawn by itself is no one's wish.
        if read.0.contains("reexport=auto-fsidnum") {
            read.0.retain(|word| !word.starts_with("fsid="));
        }
        read.explicit()
    }

    /// Writes the options for a line of an exports file. What nobody needs to say there is left
    /// out: defaults for which `exports(5)` has no word, and the default ids and flavour.
    #[must_use]
    pub fn render(&self) -> String {
        let mut line: Vec<&str> = Vec::with_capacity(self.0.len());
        for toggle in TOGGLES {
            let said = [toggle.default, toggle.other].into_iter().find(|word| self.0.contains(*word));
            line.extend(said.filter(|word| toggle.documented || *word != toggle.default));
        }
        let toggles = line.len();
        line.extend(self.iter().filter(|word| words::is_toggle(word).is_none() && !DEFAULTS.contains(word)));
        // `fsid=` must come before `reexport=`, and what follows `sec=` holds for that flavour only.
        line[toggles..].sort_by_key(|word| (word.starts_with("sec="), *word));
        line.join(",")
    }

    /// Returns the options in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|option| &**option)
    }

    /// Lists the security flavours, the preferred one first.
    pub fn flavours(&self) -> impl Iterator<Item = &str> {
        // In the live table more may follow, which holds for one flavour alone.
        let said = self.iter().filter_map(|word| word.strip_prefix("sec=")?.split(',').next());
        said.flat_map(|flavours| flavours.split(':'))
    }

    /// Returns whether this word is among the options.
    #[must_use]
    pub fn contains(&self, word: &str) -> bool {
        self.0.contains(word)
    }

    /// Returns the word already said about what `option` is about, where it says something else.
    fn opposite(&self, option: &Known) -> Option<&str> {
        self.iter().find(|said| *said != &*option.word && words::key(said) == option.key)
    }

    /// Adds the defaults of all that is not said.
    fn explicit(mut self) -> Self {
        for toggle in TOGGLES {
            if !self.0.contains(toggle.other) {
                self.0.insert(toggle.default.into());
            }
        }
        for default in DEFAULTS {
            let key = words::key(default);
            if !self.iter().any(|word| words::key(word) == key) {
                self.0.insert(default.into());
            }
        }
        self
    }
}

/// One entry of the live table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveExport {
    /// The path, unescaped.
    pub path: String,
    /// The client, as it was written in the exports file.
    pub client: String,
    pub options: ExportOptions,
}

impl LiveExport {
    /// Reads one line of `/var/lib/nfs/etab`: path, tab, client, options in brackets. Returns
    /// nothing for a line of any other form.
    #[must_use]
    pub fn from_etab(line: &str) -> Option<Self> {
        let (path, rest) = line.trim_end().split_once('\t')?;
        let (client, options) = rest.strip_suffix(')')?.split_once('(')?;
        Some(Self {
            path: unescape_path(path),
            client: client.to_owned(),
            options: ExportOptions::from_etab(options),
        })
    }
}

#[cfg(test)]
mod tests;
