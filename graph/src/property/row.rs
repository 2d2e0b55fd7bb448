//! A row of the schema: what OpenZFS knows of a property.

use super::{
    value::{Kind, Value, ValueError},
    version::Version,
};

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

pub(super) const FILESYSTEM: &[Target] = &[Target::Filesystem];
pub(super) const VOLUME: &[Target] = &[Target::Volume];
pub(super) const DATASET: &[Target] = &[Target::Filesystem, Target::Volume];
pub(super) const POOL: &[Target] = &[Target::Pool];
pub(super) const ANY: &[Target] = &[Target::Filesystem, Target::Volume, Target::Pool];

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
    pub(super) fn answers_to(&self, name: &str) -> bool {
        name.strip_prefix(self.name).is_some_and(|member| member.is_empty() != self.name.ends_with('@'))
    }
}

/// How the rows are written: what most properties are, then what makes one different.
impl Property {
    /// A property that can be set at any time and inherited.
    pub(super) const fn new(
        name: &'static str,
        targets: &'static [Target],
        kind: Kind,
        default: &'static str,
        doc: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            targets,
            creation_only: false,
            inheritable: true,
            read_only: false,
            default: Some(default),
            since: Version::new(0, 8),
            later: &[],
            larger: None,
            doc,
        }
    }

    /// A property that OpenZFS only reports.
    pub(super) const fn reported(name: &'static str, targets: &'static [Target], doc: &'static str) -> Self {
        let row = Self::new(name, targets, Kind::text(&[]), "", doc).own().no_default();
        Self { read_only: true, ..row }
    }

    /// Each has its own: children do not take it over.
    pub(super) const fn own(self) -> Self {
        Self { inheritable: false, ..self }
    }

    /// It can be given only at creation.
    pub(super) const fn at_creation(self) -> Self {
        Self { creation_only: true, ..self }
    }

    /// What holds where nothing is set depends on something else.
    pub(super) const fn no_default(self) -> Self {
        Self { default: None, ..self }
    }

    /// Later versions have some of its words.
    pub(super) const fn later(self, later: &'static [(&'static str, Version)]) -> Self {
        Self { later, ..self }
    }

    /// Up to 2.1 blocks of more than 1 MiB have to be allowed by a parameter of the module.
    pub(super) const fn large_blocks(self) -> Self {
        Self { larger: Some((1 << 20, Version::new(2, 2))), ..self }
    }

    /// Later versions have it.
    pub(super) const fn since(self, major: u16, minor: u16) -> Self {
        Self { since: Version::new(major, minor), ..self }
    }
}
