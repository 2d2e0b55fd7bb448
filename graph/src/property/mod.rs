//! The schema of OpenZFS properties: one table that the compiler checks against, the runtime
//! compares with, and the docs are made from.
//!
//! A text that a person wrote becomes a canonical [`Value`] by [`Property::parse`]; what
//! `zfs get -Hp` prints becomes one by [`Property::read`]; and [`Property::render`] turns one into
//! the word that `zfs set` takes. The rows stand in `table_*.rs`, by what they belong to.

mod table;
mod table_dataset;
mod table_filesystem;
mod table_pool;
mod table_reported;
mod table_volume;
mod user;
mod value;

pub use user::{UserPropertyError, user_property_name, user_property_value};
pub use value::{Kind, Value, ValueError};

use std::{fmt, str::FromStr};

/// What a property belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A file system (`zfsprops(7)`).
    Filesystem,
    /// A volume, or zvol (`zfsprops(7)`).
    Volume,
    /// A pool (`zpoolprops(7)`).
    Pool,
}

/// A version of OpenZFS. The oldest that the table tells apart is 0.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u16,
    /// The second number.
    pub minor: u16,
}

impl Version {
    /// Makes a version.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

/// Says that a text names no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no version of OpenZFS; one looks like 2.3.2 or zfs-2.3.2-1")]
pub struct VersionError(pub Box<str>);

/// Reads a line of `zfs version` (`zfs-2.3.2-1`, `zfs-kmod-2.2.8-pve1`) or a plain version; what
/// comes after the first two numbers is passed over.
impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let wrong = || VersionError(text.into());
        let plain = text.trim();
        let plain = plain.strip_prefix("zfs-").unwrap_or(plain);
        let plain = plain.strip_prefix("kmod-").unwrap_or(plain);
        let mut numbers = plain.split(['.', '-', '_']).map(str::parse);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok(Self { major, minor }),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// How a property that was set goes back to not being set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unset {
    /// By `zfs inherit NAME`.
    Inherit,
    /// By setting this value: the property cannot be inherited.
    Value(&'static str),
    /// Not at all: it is fixed at creation, only grows, or is only reported.
    Never,
}

/// One row of the schema.
#[derive(Debug)]
pub struct Property {
    /// The name as OpenZFS spells it; a family's ends in `@` (`userquota@`, `feature@`), and what
    /// a spec writes goes on behind it.
    pub name: &'static str,
    /// The legal values.
    pub kind: Kind,
    /// What takes it.
    pub targets: &'static [Target],
    /// Whether it can be given only when the pool or dataset is made.
    pub creation_only: bool,
    /// Whether children take it over; `zfs inherit` works on it if it is not creation-only.
    pub inheritable: bool,
    /// Whether OpenZFS only reports it.
    pub read_only: bool,
    /// The value where nothing is set, as a person writes it; nothing where it depends on the pool,
    /// the parent or the version.
    pub default: Option<&'static str>,
    /// The first version that has it, 0.8 for all older ones.
    pub since: Version,
    /// Words that came later than the property, with the first version that has them.
    pub later: &'static [(&'static str, Version)],
    /// Above this size it takes more since a later version. Before, a parameter of the module, which is not
    /// raised by itself, decides ([`LARGEST_BLOCK_PARAMETER`]).
    pub larger: Option<(u64, Version)>,
    /// What it does, in one line.
    pub doc: &'static str,
}

impl Property {
    /// Reads a value as a person writes it and returns its canonical form.
    ///
    /// # Errors
    /// Where the text is no legal value, with the reason and the legal values.
    pub fn parse(&self, text: &str) -> Result<Value, ValueError> {
        self.kind.parse(text).map_err(|reason| ValueError {
            property: self.name,
            text: text.into(),
            reason,
            legal: self.kind.describe().into(),
        })
    }

    /// Returns the value that `#true` or `#false` stands for, where the property has `on` and `off`.
    #[must_use]
    pub fn from_bool(&self, on: bool) -> Option<Value> {
        let word = if on { "on" } else { "off" };
        let other = if on { "off" } else { "on" };
        match self.kind {
            // Any word is a text; only these texts know these two.
            Kind::Text { words, .. } if !words.contains(&"on") => None,
            _ => self.parse(word).ok().filter(|_| self.parse(other).is_ok()),
        }
    }

    /// Reads what `zfs get -Hp` or `zpool get -Hp` prints and returns its canonical form;
    /// nothing for `-`, which stands where there is no value. It refuses nothing: what a host has
    /// is a fact.
    #[must_use]
    pub fn read(&self, raw: &str) -> Option<Value> {
        self.kind.read(raw)
    }

    /// Returns the word for `zfs set`, `zfs create -o` and their like: sizes in plain bytes, `none`
    /// for a quota of 0.
    #[must_use]
    pub fn render(&self, value: &Value) -> String {
        self.kind.render(value)
    }

    /// Returns the legal words, for suggestions; none where any size, number or text will do.
    #[must_use]
    pub fn legal_values(&self) -> &'static [&'static str] {
        self.kind.words()
    }

    /// Describes all legal values in one line, for help texts: `on, off`; `a size, or none`.
    #[must_use]
    pub fn legal(&self) -> String {
        self.kind.describe()
    }

    /// Tells how the property goes back to not being set.
    #[must_use]
    pub fn unset(&self) -> Unset {
        if self.read_only || self.creation_only {
            return Unset::Never;
        }
        if self.inheritable {
            return Unset::Inherit;
        }
        match self.name {
            // Made, grown and upgraded; no way leads back.
            "volsize" | "version" | "keylocation" | "feature@" => Unset::Never,
            // Empty is how these three are cleared.
            "bootfs" | "cachefile" | "comment" => Unset::Value(""),
            _ => self.default.map_or(Unset::Never, Unset::Value),
        }
    }

    /// Returns whether an observed value is what was asked for, on this version of OpenZFS.
    /// It differs from plain equality where two words mean the same: `xattr=on` is `sa` from 2.3
    /// on and `dir` before, whichever of them is printed.
    #[must_use]
    pub fn equal(&self, desired: &Value, observed: &Value, version: Version) -> bool {
        let plain = |value: &Value| match value {
            Value::Text(word) if self.name == "xattr" && &**word == "on" => {
                Value::Text(if version >= Version::new(2, 3) { "sa" } else { "dir" }.into())
            }
            other => other.clone(),
        };
        desired == observed || plain(desired) == plain(observed)
    }

    /// Returns the first version that takes this value.
    #[must_use]
    pub fn since_with(&self, value: &Value) -> Version {
        let value = match value {
            Value::Text(word) => {
                self.later.iter().find(|(later, _)| *later == &**word).map(|(_, since)| *since)
            }
            Value::Number(size) => self.larger.filter(|(most, _)| size > most).map(|(_, since)| since),
        };
        value.map_or(self.since, |since| since.max(self.since))
    }

    /// Returns whether `name` is this property's, or a member's of this family.
    fn answers_to(&self, name: &str) -> bool {
        name.strip_prefix(self.name).is_some_and(|member| member.is_empty() != self.name.ends_with('@'))
    }
}

/// The parameter of the zfs module that says how large a block may be (`zfs(4)`).
pub const LARGEST_BLOCK_PARAMETER: &str = "zfs_max_recordsize";

/// Finds a property that `target` takes, also one that is only reported. A family is found by any
/// member: `userquota@bob`. User properties (`module:name`) are not in the table.
#[must_use]
pub fn find(target: Target, name: &str) -> Option<&'static Property> {
    table::candidates(name).find(|property| property.answers_to(name) && property.targets.contains(&target))
}

/// Returns all properties that `target` takes, those that are only reported among them.
pub fn all(target: Target) -> impl Iterator<Item = &'static Property> {
    table::rows().filter(move |property| property.targets.contains(&target))
}

/// Returns the table's own copy of a name; nothing for members of families and user properties.
#[must_use]
pub fn static_name(name: &str) -> Option<&'static str> {
    table::candidates(name).map(|property| property.name).find(|known| *known == name)
}

#[cfg(test)]
mod tests;
