//! Folders of file systems that guests are given, as they are seen.

use super::Directory;
use serde::{Deserialize, Serialize};

/// How far the way to a folder leads, from the root directory of its file system on. No link is followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderState {
    /// How many parts of its path are there, as folders of this very file system.
    pub there: usize,
    /// What the last of those has; where none is there, the root directory.
    pub last: Directory,
    /// Whether nothing lies in that.
    pub empty: bool,
    /// What stands in the place of the next part, where something does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<Instead>,
}

/// What stands where a folder is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Instead {
    /// A symbolic link, which leads there.
    Link(Box<str>),
    /// A file, or whatever else is no folder.
    File,
    /// Another file system is mounted there.
    Mount,
}
