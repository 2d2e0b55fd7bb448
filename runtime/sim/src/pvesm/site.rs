//! What the stand-in sees and does outside itself: the file, pools, folders, mounts.

/// Room in a storage, in bytes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// In all.
    pub total: u64,
    /// Taken.
    pub used: u64,
    /// Left.
    pub available: u64,
}

/// The host that storages are on. Errors are messages as the tools themselves give them.
pub trait Site {
    /// This node's name.
    fn node(&self) -> String;
    /// Keeps other runs out until this one ends.
    fn lock(&mut self) -> Result<(), String>;
    /// Reads `storage.cfg`; `None` where there is none.
    fn read(&mut self) -> Result<Option<String>, String>;
    /// Replaces `storage.cfg`.
    fn write(&mut self, text: &str) -> Result<(), String>;
    /// Returns a text's SHA-1 in hex.
    fn digest(&mut self, text: &str) -> Result<String, String>;
    /// Brings words into an order that nobody can rely on, as Perl's hashes do.
    fn shuffle(&mut self, words: &mut Vec<String>);
    /// Looks for an imported pool.
    fn pool(&mut self, pool: &str) -> Result<(), String>;
    /// Imports a pool.
    fn import(&mut self, pool: &str) -> Result<(), String>;
    /// Mounts every dataset that is to be mounted.
    fn mount_all(&mut self) -> Result<(), String>;
    /// Reads a dataset's property `mountpoint`.
    fn mountpoint(&mut self, dataset: &str) -> Result<String, String>;
    /// Reads a dataset's room.
    fn dataset_space(&mut self, dataset: &str) -> Result<Space, String>;
    /// Tells whether a path is a folder.
    fn is_folder(&self, path: &str) -> bool;
    /// Makes a folder with those above it.
    fn make_folder(&mut self, path: &str) -> Result<(), String>;
    /// Reads the room of the file system at a path.
    fn folder_space(&mut self, path: &str) -> Result<Space, String>;
    /// Tells whether something is mounted at exactly this path.
    fn is_mounted(&self, path: &str) -> bool;
    /// Tells whether a path is on btrfs.
    fn is_btrfs(&self, path: &str) -> bool;
    /// Tells whether an NFS server answers.
    fn nfs_answers(&mut self, server: &str, options: Option<&str>) -> bool;
    /// Mounts an NFS export.
    fn mount_nfs(&mut self, source: &str, path: &str, options: Option<&str>) -> Result<(), String>;
    /// Reads a password from the standard input: its first line.
    fn password(&mut self) -> Result<String, String>;
    /// Reads a file that an option names.
    fn file(&mut self, path: &str) -> Result<String, String>;
    /// Keeps a secret of a storage's out of `storage.cfg`, in a file of this name.
    fn keep_secret(&mut self, name: &str, text: &str) -> Result<(), String>;
    /// Forgets a storage's secrets.
    fn forget_secrets(&mut self, id: &str) -> Result<(), String>;
}
