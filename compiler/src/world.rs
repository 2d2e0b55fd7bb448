//! The one trait through which the compiler asks for anything outside itself: source texts.

use std::{fmt, sync::Arc};

/// The file that makes a folder the root of the specs below it: imports reach everything in there. It says
/// nothing. Without one, a spec's root is its own folder.
pub const ROOT: &str = "phoenix.root";

/// Gives the compiler the files of a spec.
///
/// The command reads them below the spec's root folder and must not follow a link out of it, nor read
/// more than [`MAX_BYTES`](crate::MAX_BYTES); tests keep them in memory.
pub trait World {
    /// Returns the text of a file.
    ///
    /// # Errors
    /// [`SourceError`] where there is none that can be read.
    fn source(&self, path: &SpecPath) -> Result<Arc<str>, SourceError>;
}

/// Says why a file gives no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    #[error("there is no such file")]
    NotFound,
    #[error("the file is not UTF-8 text")]
    NotText,
    /// By a link.
    #[error("the file lies outside the spec's folder")]
    Outside,
    /// It has more than [`MAX_BYTES`](crate::MAX_BYTES).
    #[error("the file is too large")]
    TooLarge,
    #[error("{0}")]
    Unreadable(String),
}

/// A path below the spec's root folder: relative, with `/`, without `.` and `..`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpecPath(Box<str>);

/// Says that a path leads out of the spec's root folder, or nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the path leads out of the spec's folder")]
pub struct OutsideError;

impl SpecPath {
    /// Takes a path relative to the root folder.
    ///
    /// # Errors
    /// [`OutsideError`] for an absolute path, one that climbs out, or an empty one.
    pub fn new(path: &str) -> Result<Self, OutsideError> {
        Self::resolve("", path)
    }

    /// Takes a path relative to this file.
    ///
    /// # Errors
    /// As [`SpecPath::new`].
    pub fn join(&self, path: &str) -> Result<Self, OutsideError> {
        Self::resolve(self.0.rsplit_once('/').map_or("", |(folder, _)| folder), path)
    }

    /// Returns the path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn resolve(folder: &str, path: &str) -> Result<Self, OutsideError> {
        if path.starts_with('/') || path.contains('\\') || path.contains('\0') {
            return Err(OutsideError);
        }
        let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop().ok_or(OutsideError)?;
                }
                part => parts.push(part),
            }
        }
        if parts.is_empty() { Err(OutsideError) } else { Ok(Self(parts.join("/").into())) }
    }
}

impl fmt::Display for SpecPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A world of one text, for tests and for what is read from standard input: it imports nothing
/// but the standard library.
#[derive(Debug, Clone)]
pub struct OneFile(pub Arc<str>);

impl World for OneFile {
    fn source(&self, path: &SpecPath) -> Result<Arc<str>, SourceError> {
        if path.as_str() == "spec.kdl" { Ok(self.0.clone()) } else { Err(SourceError::NotFound) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_never_leads_out_of_the_folder() {
        for bad in ["/etc/passwd", "..", "a/../..", "", ".", "a\\b"] {
            assert_eq!(SpecPath::new(bad), Err(OutsideError), "{bad}");
        }
        let file = SpecPath::new("hosts/a.kdl").unwrap();
        assert_eq!(file.join("../common/./x.kdl").unwrap().as_str(), "common/x.kdl");
        assert_eq!(file.join("../../x.kdl"), Err(OutsideError));
    }
}
