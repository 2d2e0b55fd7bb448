//! The vocabulary of `exports(5)`: clients, options, and their explicit form.
//!
//! [`ExportOptions`] is what a spec asks for and what the live table shows, in one form, so that the
//! two compare: every toggle is said, every alias is resolved. The words and their rules stand in
//! `words.rs`, what differs by security flavour in `flavours.rs`, clients in [`client`], the spelling of paths in
//! [`path`].

pub mod addresses;
pub mod client;
mod flavours;
pub mod fsid;
pub mod overlap;
pub mod path;
pub mod reach;
pub mod sharenfs;
pub mod squash;
mod words;

pub use client::{ClientError, canonical_client, check_client, is_host_name};
pub use flavours::OF_A_FLAVOUR;
pub use fsid::Fsid;
pub use path::{escape_path, unescape_bytes, unescape_path};
pub use words::{OptionError, vocabulary};

use flavours::{Flags, Flavours};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use words::{Known, TOGGLES};

/// The options of one export to one client, every one explicit, as the live table shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExportOptions(BTreeSet<Box<str>>);

/// What holds where nobody says otherwise, beside the toggles.
const DEFAULTS: [&str; 3] = ["anonuid=65534", "anongid=65534", "sec=sys"];

/// Security flavours as they are said, joined by colons, with words that hold for those alone.
pub type Said<'a> = (&'a str, Vec<&'a str>);

impl ExportOptions {
    /// Takes the words of a spec and makes every option explicit: what is not said is what
    /// `exports(5)` assumes, and `no_subtree_check`.
    ///
    /// # Errors
    /// The first word that is no export option, belongs to a client's mount, has a wrong value, or
    /// says the opposite of an earlier word.
    pub fn from_words<'a, I: IntoIterator<Item = &'a str>>(words: I) -> Result<Self, OptionError> {
        Self::by_flavour(words, Vec::new())
    }

    /// Takes the words of a spec as [`from_words`](Self::from_words) does, and what is said of security flavours, the
    /// preferred ones first: of each its words stand over those for all.
    ///
    /// # Errors
    /// As [`from_words`](Self::from_words), and where a flavour is none, is said twice, or is told what holds for all.
    pub fn by_flavour<'a, I>(words: I, said: Vec<Said<'a>>) -> Result<Self, OptionError>
    where
        I: IntoIterator<Item = &'a str>,
    {
        let mut options = Self::default();
        let mut mixed: Option<&str> = None;
        for word in words {
            if is_mixed(word) {
                if let Some(earlier) = mixed.replace(word).filter(|earlier| *earlier != word) {
                    return Err(OptionError::Contradiction { first: earlier.into(), second: word.into() });
                }
                continue;
            }
            let option = words::read(word)?;
            if let Some(earlier) = options.opposite(&option) {
                return Err(OptionError::Contradiction { first: earlier.into(), second: word.into() });
            }
            if &*option.word != "reexport=none" {
                options.0.insert(option.word);
            }
        }
        let mut all = mixed.map(flavours::pieces).unwrap_or_default();
        all.extend(said);
        if let Some((first, _)) = all.first() {
            if let Some(earlier) = options.iter().find(|word| word.starts_with("sec=")) {
                let second = format!("sec={first}");
                return Err(OptionError::Contradiction { first: earlier.into(), second: second.into() });
            }
            let mut common = Flags::default();
            for (at, other) in options.iter().filter_map(flavours::flag) {
                common[at] = other;
            }
            let said = flavours::read(common, all)?;
            options.holds(common, &said);
        }
        Ok(options.explicit())
    }

    /// Reads the options of one entry of the live table (`/var/lib/nfs/etab`), without its brackets, or of a line of an
    /// exports file, as nfs-utils does: the last word holds, and behind `sec=` for those flavours, and any that come
    /// later. Words that are not known are kept, so that such an entry equals no spec's.
    #[must_use]
    pub fn from_etab(options: &str) -> Self {
        let mut read = Self::default();
        let mut common = Flags::default();
        let mut said = Flavours::new();
        let mut active: Vec<usize> = Vec::new();
        for piece in options.split(',').filter(|piece| !piece.is_empty()) {
            let option = words::read(piece).unwrap_or_else(|_| Known { key: "", word: piece.into() });
            if let Some((at, other)) = flavours::flag(&option.word) {
                common[at] = other;
                active.iter().for_each(|one| said[*one].1[at] = other);
            } else if let Some(names) = option.word.strip_prefix("sec=").filter(|_| !option.key.is_empty()) {
                active.clear();
                for name in names.split(':') {
                    let at = said.iter().position(|(known, _)| **known == *name).unwrap_or(said.len());
                    if at == said.len() {
                        said.push((name.into(), common));
                    }
                    active.push(at);
                }
            } else {
                if !option.key.is_empty() {
                    read.0.retain(|word| words::key(word) != option.key);
                }
                read.0.insert(option.word);
            }
        }
        read.holds(common, &said);
        // The number that nfs-utils has drawn by itself is no one's wish.
        if read.0.contains("reexport=auto-fsidnum") {
            read.0.retain(|word| !word.starts_with("fsid="));
        }
        read.explicit()
    }

    /// Says what holds for all flavours, and what differs among them.
    fn holds(&mut self, common: Flags, said: &[(Box<str>, Flags)]) {
        self.0.retain(|word| flavours::flag(word).is_none());
        for (at, common) in common.into_iter().enumerate().filter(|(at, _)| !flavours::differs(said, *at)) {
            let other = said.first().map_or(common, |(_, flags)| flags[at]);
            self.0.insert(flavours::word(at, other).into());
        }
        if !said.is_empty() {
            self.0.insert(flavours::write(said).into());
        }
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

    /// Returns the options in order: what differs by flavour last, as in a line.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.common().chain(self.mixed())
    }

    /// Lists the options that hold for all security flavours.
    pub fn common(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|option| &**option).filter(|word| !is_mixed(word))
    }

    /// Lists what differs by security flavour, the preferred ones first; nothing where none does.
    #[must_use]
    pub fn differing(&self) -> Vec<Said<'_>> {
        self.mixed().map(flavours::pieces).unwrap_or_default()
    }

    fn mixed(&self) -> Option<&str> {
        self.0.iter().map(|option| &**option).find(|word| is_mixed(word))
    }

    /// Lists the security flavours, the preferred one first.
    pub fn flavours(&self) -> impl Iterator<Item = &str> {
        let said = self.0.iter().filter(|word| word.starts_with("sec="));
        said.flat_map(|word| flavours::pieces(word)).flat_map(|(flavours, _)| flavours.split(':'))
    }

    /// Returns whether this word is among the options, for all security flavours.
    #[must_use]
    pub fn contains(&self, word: &str) -> bool {
        self.0.contains(word)
    }

    /// Returns whether this word holds for one security flavour at least.
    #[must_use]
    pub fn may_hold(&self, word: &str) -> bool {
        self.contains(word) || self.differing().iter().any(|(_, words)| words.contains(&word))
    }

    /// Returns whether this word holds for a security flavour; for all of them where none is said.
    #[must_use]
    pub fn holds_by(&self, word: &str, flavour: Option<&str>) -> bool {
        let of = |names: &str| flavour.is_none_or(|flavour| names.split(':').any(|name| name == flavour));
        let mut said = self.differing().into_iter().filter(|(names, _)| of(names)).peekable();
        self.contains(word) || said.peek().is_some() && said.all(|(_, words)| words.contains(&word))
    }

    /// Returns the word already said about what `option` is about, where it says something else.
    fn opposite(&self, option: &Known) -> Option<&str> {
        self.iter().find(|said| *said != &*option.word && words::key(said) == option.key)
    }

    /// Adds the defaults of all that is not said.
    fn explicit(mut self) -> Self {
        for toggle in TOGGLES {
            if !self.may_hold(toggle.other) {
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

/// Returns whether a word says what differs by security flavour.
fn is_mixed(word: &str) -> bool {
    word.starts_with("sec=") && word.contains(',')
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
