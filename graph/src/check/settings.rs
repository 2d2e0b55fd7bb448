//! Settings, one by one, against the schema.

use crate::{
    PropertyName, Settings, Target, Value,
    property::{self, UserPropertyError, ValueError},
};

/// Says why a setting is none that a spec can say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// What it stands at has no such property.
    #[error("{0:?} is no property of it")]
    Unknown(Box<str>),
    /// OpenZFS only reports it.
    #[error("{0:?} cannot be set: OpenZFS only reports it")]
    ReadOnly(Box<str>),
    /// It is said elsewhere.
    #[error("{0:?} is no setting: it is the size")]
    Size(Box<str>),
    /// The value is not legal.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The value is not in the one spelling that has one id.
    #[error("{value:?} is not how a value of {name:?} is kept")]
    Spelling {
        /// The setting.
        name: Box<str>,
        value: Box<str>,
    },
    /// The name behind the `@` of a family is none.
    #[error("{0:?} names nobody: behind the @ stands one word")]
    Member(Box<str>),
    /// The name or value of a user property is not legal.
    #[error(transparent)]
    User(#[from] UserPropertyError),
    /// It is one of phoenix's own marks.
    #[error("phoenix keeps its own marks under {0:?}")]
    Mark(Box<str>),
    /// There is a password in it.
    #[error("there is a password in the value of {0:?}: secrets do not stand in a spec")]
    Password(Box<str>),
}

/// Checks all settings of a pool, file system or volume.
///
/// # Errors
/// The first that is none.
pub fn settings(target: Target, settings: &Settings) -> Result<(), SettingError> {
    settings.iter().try_for_each(|(name, value)| setting(target, name, value))
}

fn setting(target: Target, name: &PropertyName, value: &Value) -> Result<(), SettingError> {
    let text = name.as_str();
    if target == Target::Volume && text == "volsize" {
        return Err(SettingError::Size(text.into()));
    }
    let Some(property) = property::find(target, text) else {
        if !name.is_user() || target == Target::Pool {
            return Err(SettingError::Unknown(text.into()));
        }
        user_name(text)?;
        return match value {
            Value::Text(value) => Ok(property::user_property_value(value)?),
            Value::Number(_) => Err(spelling(text, value)),
        };
    };
    if property.read_only {
        return Err(SettingError::ReadOnly(text.into()));
    }
    member(text)?;
    let written = property.render(value);
    if has_password(&written) {
        return Err(SettingError::Password(text.into()));
    }
    if property.parse(&written)? == *value { Ok(()) } else { Err(spelling(text, value)) }
}

fn spelling(name: &str, value: &Value) -> SettingError {
    SettingError::Spelling { name: name.into(), value: value.to_string().into() }
}

/// Checks the name of a user property that a spec sets.
///
/// # Errors
/// Where it is not legal, or one of phoenix's own.
pub fn user_name(name: &str) -> Result<(), SettingError> {
    property::user_property_name(name)?;
    if name.starts_with("phoenix:") { Err(SettingError::Mark(name.into())) } else { Ok(()) }
}

/// Checks the part of a name behind the `@` of a family: `userquota@bob`, `feature@encryption`.
///
/// # Errors
/// Where it is no one word.
pub fn member(name: &str) -> Result<(), SettingError> {
    let Some((_, member)) = name.split_once('@') else { return Ok(()) };
    let plain = |c: char| c.is_alphanumeric() || "-_.@+$\\".contains(c);
    if !member.is_empty() && member.len() <= 255 && member.chars().all(plain) {
        Ok(())
    } else {
        Err(SettingError::Member(name.into()))
    }
}

/// Returns whether an address has a password in it: `https://user:word@host/`.
#[must_use]
pub fn has_password(text: &str) -> bool {
    let user = text.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'));
    user.is_some_and(|(user, _)| user.contains(':'))
}
