//! A row of the table: what a setting of a schedule takes.

/// The most snapshots of one type that a schedule keeps: more make every listing slow.
pub const MOST: u16 = 9999;

/// The minutes of an hour, which a period has to divide.
const HOUR: u16 = 60;

/// A setting of a schedule.
#[derive(Debug)]
pub struct Row {
    /// Its name in `sanoid.conf`.
    pub name: &'static str,
    pub of: Of,
    /// What holds where it is not said, in canonical form.
    pub default: &'static str,
    /// What it says, in a sentence.
    pub doc: &'static str,
}

/// What a setting is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// How many are kept, 0 to [`MOST`].
    Count,
    /// A whole number.
    Number { least: u16, most: u16 },
    /// Minutes that divide an hour, less than a whole one.
    Period,
    /// The absolute path of a program, without blanks and what a shell reads; an empty text for none.
    Program,
    /// `yes` or `no`.
    Switch,
}

impl Row {
    /// Reads a value as a person writes it, into its canonical form.
    ///
    /// # Errors
    /// What it takes instead.
    pub fn read(&self, text: &str) -> Result<Box<str>, String> {
        match self.of {
            Of::Count => number(text, 0, MOST),
            Of::Number { least, most } => number(text, least, most),
            Of::Period => {
                let read = number(text, 1, HOUR / 2)?;
                let divides = read.parse().is_ok_and(|minutes: u16| HOUR.is_multiple_of(minutes));
                if divides { Ok(read) } else { Err(format!("it divides an hour of {HOUR} minutes")) }
            }
            Of::Program => program(text),
            Of::Switch => Err("it is #true or #false".to_owned()),
        }
    }

    /// Returns whether a text is a value in canonical form.
    #[must_use]
    pub fn is_canonical(&self, text: &str) -> bool {
        match self.of {
            Of::Switch => ["yes", "no"].contains(&text),
            _ => self.read(text).is_ok_and(|read| *read == *text),
        }
    }

    /// Returns whether it says how many are kept.
    #[must_use]
    pub fn is_count(&self) -> bool {
        self.of == Of::Count
    }
}

fn number(text: &str, least: u16, most: u16) -> Result<Box<str>, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u16>() {
        Ok(number) if digits && (least..=most).contains(&number) => Ok(number.to_string().into()),
        _ => Err(format!("it is a whole number from {least} to {most}")),
    }
}

/// sanoid hands the text to a shell where anything in it means something there, and its file ends a value at `#` or
/// `;` in some versions.
fn program(text: &str) -> Result<Box<str>, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@".contains(c);
    // None, where a profile says one.
    if text.is_empty() {
        return Ok(text.into());
    }
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    match text.strip_prefix('/') {
        Some(rest) if text.chars().all(plain) && rest.split('/').all(part) && text.len() < 4096 => {
            Ok(text.into())
        }
        _ => Err("it is the absolute path of a program, of letters, digits and `/._-+@` alone: what else it needs it says itself".to_owned()),
    }
}
