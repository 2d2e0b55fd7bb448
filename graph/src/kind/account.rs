//! Users and groups, by name or by number.

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
