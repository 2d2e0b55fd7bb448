//! What people may do with the claims of a namespace.

use super::name;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What somebody may do in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// See the claims.
    Read,
    /// Make, change, grow and delete claims.
    Claim,
    /// Make and delete snapshots of claims, as Kubernetes has them.
    Snapshot,
}

impl Right {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 3] = [Self::Read, Self::Claim, Self::Snapshot];

    /// Returns its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Claim => "claim",
            Self::Snapshot => "snapshot",
        }
    }

    /// Finds one by its word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.word() == word)
    }
}

/// Somebody who is given something: a group, a user, or an account of a program in the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Subject {
    Group(Box<str>),
    User(Box<str>),
    ServiceAccount(Box<str>),
}

impl Subject {
    /// The words for the kinds of them.
    pub const KINDS: [&str; 3] = ["group", "user", "serviceaccount"];

    /// Makes one of a kind.
    ///
    /// # Errors
    /// With what its name is instead, or that there is no such kind.
    pub fn new(kind: &str, text: &str) -> Result<Self, &'static str> {
        let make = match kind {
            "group" => Self::Group,
            "user" => Self::User,
            "serviceaccount" if name::is_label(text) => return Ok(Self::ServiceAccount(text.into())),
            "serviceaccount" => {
                return Err("an account of a program is called by small letters, digits and `-`");
            }
            _ => return Err("it is `group`, `user` or `serviceaccount`"),
        };
        name::account(text).map(|()| make(text.into()))
    }

    /// Returns the word of its kind, and its name.
    #[must_use]
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Group(name) => ("group", name),
            Self::User(name) => ("user", name),
            Self::ServiceAccount(name) => ("serviceaccount", name),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = self.parts();
        write!(f, "{kind}:{name}")
    }
}

impl FromStr for Subject {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, name) = text.split_once(':').ok_or("its kind is missing")?;
        Self::new(kind, name)
    }
}

impl TryFrom<String> for Subject {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> String {
        subject.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_written_and_read_again() {
        for (kind, name) in [("group", "oidc:devs"), ("user", "jane@example.org"), ("serviceaccount", "ci")] {
            let subject = Subject::new(kind, name).unwrap();
            assert_eq!(subject.to_string().parse(), Ok(subject.clone()));
            assert_eq!(subject.parts(), (kind, name));
        }
        assert!(Subject::new("serviceaccount", "CI").is_err());
        assert!(Subject::new("robot", "a").is_err());
        assert!("devs".parse::<Subject>().is_err());
    }

    #[test]
    fn every_right_is_found_by_its_word() {
        for right in Right::ALL {
            assert_eq!(Right::find(right.word()), Some(right));
        }
        assert_eq!(Right::find("admin"), None);
    }
}
