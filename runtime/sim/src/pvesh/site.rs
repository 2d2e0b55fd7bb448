//! What `pvesh` sees and does outside itself: the file, and folders.

/// The host that mappings are on. Errors are messages as the tools themselves give them.
pub trait Site {
    /// This node's name.
    fn node(&self) -> String;
    /// Keeps other runs out until this one ends.
    fn lock(&mut self) -> Result<(), String>;
    /// Reads `directory.cfg`; `None` where there is none.
    fn read(&mut self) -> Result<Option<String>, String>;
    /// Replaces `directory.cfg`.
    fn write(&mut self, text: &str) -> Result<(), String>;
    /// Returns a text's SHA-1 in hex.
    fn digest(&mut self, text: &str) -> Result<String, String>;
    /// Tells whether something is at a path, links followed.
    fn exists(&self, path: &str) -> bool;
    /// Tells whether a path is a folder.
    fn is_folder(&self, path: &str) -> bool;
}
