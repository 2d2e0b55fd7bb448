//! User properties: names with a colon that OpenZFS keeps and never acts on (`zfsprops(7)`).

/// The longest name OpenZFS takes, in bytes.
const LONGEST_NAME: usize = 255;
/// The longest value OpenZFS takes, in bytes.
const LONGEST_VALUE: usize = 8191;

/// Says why a user property's name or value is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserPropertyError {
    /// There is no colon.
    #[error("{0:?} has no colon; the name of a user property is `module:name`")]
    NoColon(Box<str>),
    /// It starts with a dash, which a command would take for an option.
    #[error("{0:?} starts with a dash; a user property's name cannot")]
    Dash(Box<str>),
    /// It has a character that is not allowed.
    #[error(
        "{found:?} cannot stand in {name:?}; a user property's name has lower-case letters, digits and - . _ :"
    )]
    Character {
        name: Box<str>,
        /// The first character that is not allowed.
        found: char,
    },
    /// The name is too long.
    #[error("a user property's name has at most 255 bytes; this one has {0}")]
    NameLength(usize),
    /// The value is too long.
    #[error("a user property's value has at most 8191 bytes; this one has {0}")]
    ValueLength(usize),
    /// The value has a tab or a line break, which no tool could read back.
    #[error("a user property's value has no tabs, line breaks or other control characters")]
    ValueControl,
}

/// Checks the name of a user property (`zfsprops(7)`): lower-case letters, digits and `- . _ :`,
/// at least one colon, at most 255 bytes, no dash in front.
///
/// # Errors
/// Where it breaks one of these rules.
pub fn user_property_name(name: &str) -> Result<(), UserPropertyError> {
    if !name.contains(':') {
        return Err(UserPropertyError::NoColon(name.into()));
    }
    if name.starts_with('-') {
        return Err(UserPropertyError::Dash(name.into()));
    }
    let allowed = |found: char| matches!(found, 'a'..='z' | '0'..='9' | '-' | '.' | '_' | ':');
    if let Some(found) = name.chars().find(|found| !allowed(*found)) {
        return Err(UserPropertyError::Character { name: name.into(), found });
    }
    if name.len() > LONGEST_NAME {
        return Err(UserPropertyError::NameLength(name.len()));
    }
    Ok(())
}

/// Checks the value of a user property: at most 8191 bytes, on one line.
///
/// # Errors
/// Where it is longer, or has control characters.
pub fn user_property_value(value: &str) -> Result<(), UserPropertyError> {
    if value.len() > LONGEST_VALUE {
        return Err(UserPropertyError::ValueLength(value.len()));
    }
    if value.chars().any(char::is_control) {
        return Err(UserPropertyError::ValueControl);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_modules_are_taken() {
        for name in ["phoenix:owner", "com.sun:auto-snapshot", "a:", ":a", "org.zfs-1:x_2:y"] {
            assert_eq!(user_property_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_break_a_rule_say_which() {
        assert_eq!(user_property_name("owner"), Err(UserPropertyError::NoColon("owner".into())));
        assert_eq!(user_property_name("-a:b"), Err(UserPropertyError::Dash("-a:b".into())));
        let upper = UserPropertyError::Character { name: "Phoenix:owner".into(), found: 'P' };
        assert_eq!(user_property_name("Phoenix:owner"), Err(upper));
        let long = format!("a:{}", "b".repeat(254));
        assert_eq!(user_property_name(&long), Err(UserPropertyError::NameLength(256)));
    }

    #[test]
    fn values_stay_on_one_line_and_below_eight_kilobytes() {
        assert_eq!(user_property_value("any text, with spaces"), Ok(()));
        assert_eq!(user_property_value("a\tb"), Err(UserPropertyError::ValueControl));
        assert_eq!(user_property_value(&"x".repeat(8191)), Ok(()));
        assert_eq!(user_property_value(&"x".repeat(8192)), Err(UserPropertyError::ValueLength(8192)));
    }
}
