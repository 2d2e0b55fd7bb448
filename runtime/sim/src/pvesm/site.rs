//! What `pvesm` sees and does outside itself: the file, secrets, pools, folders, mounts, servers.

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

    /// Tells whether a dataset, or one below it, is mounted.
    fn is_dataset_mounted(&self, dataset: &str) -> bool;
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
    /// Tells whether a volume group has a thin pool of this name.
    fn has_thin_pool(&mut self, group: &str, pool: &str) -> bool;

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

    /// Asks whether the server of a storage of this type is there; an error is what it refuses with.
    fn answers(&mut self, kind: &str, server: &str, options: Option<&str>) -> Result<bool, String>;
    /// Mounts what a server has.
    fn mount(&mut self, kind: &str, source: &str, path: &str, options: Option<&str>) -> Result<(), String>;

    /// Reads a password from the standard input: its first line.
    fn password(&mut self) -> Result<String, String>;
    /// Reads a file that an option names.
    fn file(&mut self, path: &str) -> Result<String, String>;
    /// Tells whether a file is kept at this place below `/etc/pve`.
    fn is_kept(&self, place: &str) -> bool;
    /// Keeps a text at this place below `/etc/pve`.
    fn keep(&mut self, place: &str, text: &str) -> Result<(), String>;
    /// Drops what is kept at this place below `/etc/pve`, if anything is.
    fn drop_kept(&mut self, place: &str) -> Result<(), String>;
}
