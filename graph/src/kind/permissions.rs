//! Permissions: who owns a file system's root directory, and who may do what in it.

use super::{
    account::account,
    acl::{Acl, Whom},
    common::{FORMAT_2, FORMAT_3, FORMAT_4, Fact, Kind, Said},
    key::Key,
    mode::Mode,
};
use crate::{
    DatasetName,
    check::{
        guest,
        others::{Guest, Others},
        reason::Reason,
    },
    name::NameError,
};
use serde::{Deserialize, Serialize};

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
    /// Whether all that lies in the file system is given owner and group, too, in the switch that first says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recursive: bool,
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
        if self.recursive && owner.is_none() && group.is_none() {
            return Err(Reason::NothingGiven);
        }
        let all = || [owner, group].into_iter().flatten().chain(acl.accounts());
        if let Some(id) = self.container {
            guest::id(id, "container").map_err(Reason::Guest)?;
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
        if let Some(id) = self.container {
            others.guest(Guest::Container, id)?;
        }
        if !self.acl.is_empty() {
            others.takes_lists(&self.dataset)?;
        }
        others.mounted(&self.dataset).map(drop)
    }

    fn facts(&self) -> Vec<Fact> {
        let mode = self.mode.map(|mode| mode.to_string().into());
        let container = self.container.map(|id| id.to_string().into());
        let recursive = self.recursive.then(|| "yes".into());
        let said = [
            ("container", &container),
            ("group", &self.group),
            ("mode", &mode),
            ("owner", &self.owner),
            ("recursive", &recursive),
        ];
        let fact = |(name, value): (&str, &Option<_>)| Some(Fact::new(name, value.as_ref()?, Said::Line));
        let entries = self
            .acl
            .0
            .iter()
            .map(|(entry, may)| Fact::new(format!("acl {entry}"), may.to_string(), Said::Line));
        entries.chain(said.into_iter().filter_map(fact)).collect()
    }

    fn format(&self) -> u32 {
        match self.container {
            _ if !self.acl.is_empty() || self.recursive => FORMAT_4,
            Some(_) => FORMAT_3,
            None => FORMAT_2,
        }
    }
}
