//! Values: what is legal, and the one canonical form of each.

use crate::size::Bytes;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A property's canonical value: numbers (sizes in bytes, counts) or one canonical word or text.
/// `none` for a quota or reservation is the number 0, as OpenZFS treats the two alike; for a limit
/// on file systems or snapshots it is the word, as a limit of 0 allows none at all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A size in bytes, or a count.
    Number(u64),
    /// A word (`on`, `lz4`) or a text (a path).
    Text(Box<str>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => write!(f, "{number}"),
            Value::Text(text) => f.write_str(text),
        }
    }
}

/// Says why a text is no legal value of a property.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no value of {property}: {reason}")]
pub struct ValueError {
    pub property: &'static str,
    /// What was written.
    pub text: Box<str>,
    /// Why it is not legal.
    pub reason: Box<str>,
    /// All legal values, described in one line.
    pub legal: Box<str>,
}

/// The legal values of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `on` or `off`.
    OnOff,
    /// One of these words.
    Words(&'static [&'static str]),
    /// One of these words; some have another spelling, which OpenZFS reads back as the first.
    Aliases {
        /// The canonical words.
        words: &'static [&'static str],
        /// Other spellings with the words they stand for.
        aliases: &'static [(&'static str, &'static str)],
    },
    /// A size in bytes.
    Size {
        min: u64,
        max: u64,
        /// Whether it must be a power of two.
        power_of_two: bool,
        /// Whether 0 is legal too, below `min`.
        zero: bool,
        /// Whether the 0 is spelled `none`.
        none: bool,
        /// Words that are legal beside sizes.
        words: &'static [&'static str],
    },
    /// A whole number.
    Count {
        min: u64,
        max: u64,
        /// Whether 0 is legal too, below `min`.
        zero: bool,
        /// Whether `none`, no limit at all, is legal too. It is no number: 0 is a limit.
        none: bool,
    },
    /// An absolute path, or one of these words.
    Path(&'static [&'static str]),
    /// Where a key is found: a URI, or one of these words.
    KeyLocation,
    /// Any text of at most so many bytes, or one of these words.
    Text {
        /// The words that mean something of their own.
        words: &'static [&'static str],
        /// The longest, in bytes.
        longest: usize,
    },
}

/// What OpenZFS keeps for "no limit".
const UNLIMITED: &str = "18446744073709551615";

impl Kind {
    /// Any size up to the largest that a spec may declare, or `none`.
    pub(super) const QUOTA: Self = Self::quota(&["none"]);

    pub(super) const fn quota(words: &'static [&'static str]) -> Self {
        Self::Size { min: 1, max: Bytes::LARGEST.0, power_of_two: false, zero: true, none: true, words }
    }

    /// A power of two between two sizes.
    pub(super) const fn block(min: u64, max: u64) -> Self {
        Self::Size { min, max, power_of_two: true, zero: false, none: false, words: &[] }
    }

    /// A text of at most 1023 bytes (what libzfs takes), with words that mean something.
    pub(super) const fn text(words: &'static [&'static str]) -> Self {
        Self::Text { words, longest: 1023 }
    }

    /// Returns the words among the legal values.
    pub(super) fn words(&self) -> &'static [&'static str] {
        match self {
            Self::OnOff => &["on", "off"],
            Self::Words(words)
            | Self::Aliases { words, .. }
            | Self::Size { words, .. }
            | Self::Path(words)
            | Self::Text { words, .. } => words,
            Self::Count { none: true, .. } => &["none"],
            Self::Count { none: false, .. } => &[],
            Self::KeyLocation => &["prompt"],
        }
    }

    /// Reads what a person wrote, or says why it is not legal.
    pub(super) fn parse(&self, text: &str) -> Result<Value, Box<str>> {
        let word = |text: &str| Value::Text(text.into());
        if self.words().contains(&text) {
            return Ok(match self {
                Self::Size { none: true, .. } if text == "none" => Value::Number(0),
                _ => word(text),
            });
        }
        match *self {
            Self::OnOff | Self::Words(_) => Err(unknown_word(text, self.words())),
            Self::Aliases { words, aliases } => match aliases.iter().find(|(alias, _)| *alias == text) {
                Some((_, canonical)) => Ok(word(canonical)),
                None => Err(unknown_word(text, words)),
            },
            Self::Size { min, max, power_of_two, zero, .. } => {
                let size = text.parse::<Bytes>().map_err(|error| error.to_string())?;
                match size.0 {
                    0 if zero => Ok(Value::Number(0)),
                    bytes if bytes < min => Err(format!("the smallest is {}", Bytes(min)).into()),
                    bytes if bytes > max => Err(format!("the largest is {}", Bytes(max)).into()),
                    bytes if power_of_two && !bytes.is_power_of_two() => {
                        Err(format!("{bytes} bytes is no power of two").into())
                    }
                    bytes => Ok(Value::Number(bytes)),
                }
            }
            Self::Count { min, max, zero, .. } => {
                let count: u64 = text.parse().map_err(|_| "it must be a whole number")?;
                match count {
                    0 if zero => Ok(Value::Number(0)),
                    count if count < min => Err(format!("the smallest is {min}").into()),
                    count if count > max => Err(format!("the largest is {max}").into()),
                    count => Ok(Value::Number(count)),
                }
            }
            Self::Path(_) => path(text).map(Value::Text),
            Self::KeyLocation => key_location(text).map(|()| word(text)),
            Self::Text { longest, .. } => match text {
                "" => Err("it is empty; to have none, leave the setting out".into()),
                "-" => Err("- is how OpenZFS shows that nothing is set".into()),
                text => line(text, longest).map(|()| word(text)),
            },
        }
    }

    /// Reads what `-Hp` prints. It judges nothing: what the host has is a fact.
    pub(super) fn read(&self, raw: &str) -> Option<Value> {
        if raw == "-" {
            return None;
        }
        let word = |text: &str| Some(Value::Text(text.into()));
        match *self {
            Self::Aliases { aliases, .. } => {
                word(aliases.iter().find(|(alias, _)| *alias == raw).map_or(raw, |(_, word)| word))
            }
            Self::Size { none: true, .. } if raw == "none" => Some(Value::Number(0)),
            Self::Size { words, .. } if raw == UNLIMITED && words.contains(&"auto") => word("auto"),
            Self::Count { none: true, .. } if raw == UNLIMITED => word("none"),
            Self::Size { .. } | Self::Count { .. } => {
                raw.parse().map_or_else(|_| word(raw), |number| Some(Value::Number(number)))
            }
            Self::Path(_) => Some(Value::Text(path(raw).unwrap_or_else(|_| raw.into()))),
            Self::OnOff | Self::Words(_) | Self::KeyLocation | Self::Text { .. } => word(raw),
        }
    }

    /// Returns the word that sets a canonical value.
    pub(super) fn render(&self, value: &Value) -> String {
        match (self, value) {
            (Self::Size { none: true, .. }, Value::Number(0)) => "none".to_owned(),
            _ => value.to_string(),
        }
    }

    /// Describes the legal values in one line.
    pub(super) fn describe(&self) -> String {
        let words = self.words().join(", ");
        match *self {
            Self::OnOff | Self::Words(_) | Self::Aliases { .. } => words,
            Self::Size { min, max, power_of_two, zero, .. } => {
                let from = if min <= 1 { String::new() } else { format!(" from {}", Bytes(min)) };
                let what = if power_of_two { "a power of two" } else { "a size such as 800G" };
                let zero = if zero && self.words().is_empty() { "0, or " } else { "" };
                let words = if words.is_empty() { words } else { format!("{words}, or ") };
                format!("{words}{zero}{what}{from} up to {}", Bytes(max))
            }
            Self::Count { min, max, zero, none } => {
                let none = if none {
                    "none, or "
                } else if zero {
                    "0, or "
                } else {
                    ""
                };
                match max {
                    max if max >= Bytes::LARGEST.0 => format!("{none}a whole number from {min}"),
                    max => format!("{none}a whole number from {min} to {max}"),
                }
            }
            Self::Path(_) if words.is_empty() => "an absolute path".to_owned(),
            Self::Path(_) => format!("{words}, or an absolute path"),
            Self::KeyLocation => "prompt, or where the key is: file:///path, https://…, http://…".to_owned(),
            Self::Text { longest, .. } if words.is_empty() => format!("a text of at most {longest} bytes"),
            Self::Text { longest, .. } => format!("{words}, or a text of at most {longest} bytes"),
        }
    }
}

fn unknown_word(text: &str, words: &[&str]) -> Box<str> {
    let lower = text.to_ascii_lowercase();
    match words.iter().find(|word| **word == lower) {
        Some(word) => format!("values are told apart by case; write {word}").into(),
        None => "there is no such value".into(),
    }
}

/// Checks an absolute path and returns it without doubled or trailing slashes.
fn path(text: &str) -> Result<Box<str>, Box<str>> {
    line(text, 1023)?;
    if !text.starts_with('/') {
        return Err("a path must be absolute: it starts with /".into());
    }
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
    if parts.iter().any(|part| matches!(*part, "." | "..")) {
        return Err("a path has no . and .. in it".into());
    }
    Ok(format!("/{}", parts.join("/")).into())
}

fn key_location(text: &str) -> Result<(), Box<str>> {
    line(text, 1023)?;
    let after = |scheme| text.strip_prefix(scheme).is_some_and(|rest: &str| !rest.is_empty());
    if after("file:///") || after("https://") || after("http://") {
        return Ok(());
    }
    if text.starts_with('/') {
        return Err(format!("a file is named by a URI: write file://{text}").into());
    }
    Err("it names no place where a key could be found".into())
}

fn line(text: &str, longest: usize) -> Result<(), Box<str>> {
    if text.len() > longest {
        return Err(format!("it has {} bytes; {longest} is the most", text.len()).into());
    }
    if text.chars().any(char::is_control) {
        return Err("it has a control character".into());
    }
    Ok(())
}
