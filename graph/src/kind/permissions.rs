//! Permissions: who owns a file system's root directory, and who may do what in it.

use super::{
    acl::{Acl, Whom},
    common::{FORMAT_2, FORMAT_3, FORMAT_4, Fact, Kind, Said},
    key::Key,
};
use crate::{
    DatasetName,
    check::{guest, others::Others, reason::Reason},
    name::NameError,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Owner, group, mode and access control list of a file system's root directory; what is not said stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permissions {
    /// The file system.
    pub dataset: DatasetName,
    /// The owner: a user's name, or a number without leading zeros.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Box<str>>,
    /// The group: its name, or a number without leading zeros.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Box<str>>,
    /// The mode, 0 to 0o7777.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Who else may do what in it, and in what is made there (`acl(5)`).
    #[serde(default, skip_serializing_if = "Acl::is_empty")]
    pub acl: Acl,
    /// The container that owner, group and the accounts of `acl` are numbers in; without one they are the host's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<u32>,
}

impl Kind for Permissions {
    fn key(&self) -> Key {
        Key::Permissions(self.dataset.clone())
    }

    fn over(&self) -> Option<&DatasetName> {
        Some(&self.dataset)
    }

    fn check_names(&self) -> Result<(), NameError> {
        self.dataset.check_new()
    }

    fn check(&self) -> Result<(), Reason> {
        let Permissions { owner, group, mode, acl, .. } = self;
        if owner.is_none() && group.is_none() && mode.is_none() && acl.is_empty() {
            return Err(Reason::Empty);
        }
        let all = || [owner, group].into_iter().flatten().chain(acl.accounts());
        if let Some(id) = self.container {
            if !guest::IDS.contains(&id) {
                return Err(Reason::Guest(format!("{id} is no id of a container")));
            }
            if let Some(text) = all().find(|text| text.parse::<u32>().is_err()) {
                return Err(Reason::Guest(format!("what {text:?} is inside of a container is not known")));
            }
        }
        for text in all() {
            if account(text).ok().as_deref() != Some(text) {
                return Err(Reason::Account(text.clone()));
            }
        }
        if acl.entries(false).any(|(whom, _)| matches!(whom, Whom::Owner | Whom::OwningGroup | Whom::Others))
        {
            return Err(Reason::Spelling(acl.to_string()));
        }
        Ok(())
    }

    fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        if !self.acl.is_empty() {
            others.takes_lists(&self.dataset)?;
        }
        others.mounted(&self.dataset).map(drop)
    }

    fn facts(&self) -> Vec<Fact> {
        let mode = self.mode.map(|mode| mode.to_string().into());
        let container = self.container.map(|id| id.to_string().into());
        let said =
            [("container", &container), ("group", &self.group), ("mode", &mode), ("owner", &self.owner)];
        let fact = |(name, value): (&str, &Option<_>)| Some(Fact::new(name, value.as_ref()?, Said::Line));
        let entries = self
            .acl
            .0
            .iter()
            .map(|(entry, may)| Fact::new(&format!("acl {entry}"), may.to_string(), Said::Line));
        entries.chain(said.into_iter().filter_map(fact)).collect()
    }

    fn format(&self) -> u32 {
        match self.container {
            _ if !self.acl.is_empty() => FORMAT_4,
            Some(_) => FORMAT_3,
            None => FORMAT_2,
        }
    }
}

/// Permission bits of a directory (`chmod(1)`), 0 to 0o7777; written as four octal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Mode(u16);

impl Mode {
    /// The mode of a new file system's root directory.
    pub const NEW: Mode = Mode(0o755);

    /// Takes the permission bits of what `stat(2)` says; those of the file's type are left off.
    #[must_use]
    pub fn of(bits: u32) -> Self {
        Self((bits & 0o7777) as u16)
    }

    /// Returns the bits.
    #[must_use]
    pub fn bits(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

/// Says why a text is no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// It is a number that no account has.
    #[error("a number of an account is 0 to 4294967294")]
    Number,
    /// It is neither.
    #[error("it is the name or the number of an account")]
    Name,
}

/// Reads the name or number of a user or group and returns its one spelling.
///
/// # Errors
/// [`AccountError`]
pub fn account(text: &str) -> Result<Box<str>, AccountError> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // 4294967295 means "leave it as it is" to chown(2).
        return match text.parse::<u32>() {
            Ok(number) if number < u32::MAX => Ok(number.to_string().into()),
            _ => Err(AccountError::Number),
        };
    }
    let odd = |c: char| c.is_whitespace() || c.is_control() || ":/,".contains(c);
    if text.is_empty() || text.starts_with(['-', '+']) || text.contains(odd) || text.len() > 255 {
        return Err(AccountError::Name);
    }
    Ok(text.into())
}

/// Says that a text is no mode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no mode: it is three or four octal digits, such as \"0750\"")]
pub struct ModeError(pub String);

impl FromStr for Mode {
    type Err = ModeError;

    fn from_str(text: &str) -> Result<Self, ModeError> {
        let octal = (3..=4).contains(&text.len()) && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
        let bits = if octal { u16::from_str_radix(text, 8).ok() } else { None };
        bits.map(Self).ok_or_else(|| ModeError(text.to_owned()))
    }
}

impl TryFrom<String> for Mode {
    type Error = ModeError;
    fn try_from(text: String) -> Result<Self, ModeError> {
        text.parse()
    }
}

impl From<Mode> for String {
    fn from(mode: Mode) -> String {
        mode.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_octal_digits_and_nothing_else() {
        for (text, shown) in [("750", "0750"), ("0750", "0750"), ("2770", "2770"), ("000", "0000")] {
            assert_eq!(text.parse::<Mode>().map(|mode| mode.to_string()), Ok(shown.to_owned()));
        }
        for bad in ["", "7", "75", "0o750", "758", "00750", "+75", "rwx"] {
            assert!(bad.parse::<Mode>().is_err(), "{bad}");
        }
    }
}
