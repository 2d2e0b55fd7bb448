//! A cache beside the objects: bytes under a key, one file each.
//!
//! Nothing needs it, and it may be deleted at any time. What is read from it is whole and was written
//! for this very key, or it counts as missing; what it says is for its reader to prove.

use super::{Store, StoreError, durable, io_error, regular};
use phoenix_graph::ObjectId;
use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// The most entries that are kept: more than anybody edits at once, and little to store.
const KEPT: usize = 64;

impl Store {
    /// Returns what the cache has under a key; nothing where that is missing, damaged, or belongs to
    /// another key.
    #[must_use]
    pub fn cached(&self, key: &ObjectId) -> Option<Vec<u8>> {
        let mut file = regular::read(&self.cache_folder().join(key.to_string())).ok()?;
        let (seal, bytes) = file.split_at_checked(SEAL)?;
        if seal != self::seal(key, bytes).as_bytes() {
            return None;
        }
        file.drain(..SEAL);
        Some(file)
    }

    /// Puts bytes into the cache under a key, over what was there, and lets go of the oldest entries.
    ///
    /// Nothing is synced: an entry that a power cut damages is none.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it cannot be written; then the cache is as good as before.
    pub fn put_cached(&self, key: &ObjectId, bytes: &[u8]) -> Result<(), StoreError> {
        let folder = self.cache_folder();
        durable::private_folder(&folder)?;
        let mut file = seal(key, bytes).into_bytes();
        file.extend_from_slice(bytes);
        durable::write_unsynced(&folder.join(key.to_string()), &file, 0o600, false)?;
        let_go(&folder)
    }

    fn cache_folder(&self) -> PathBuf {
        self.root().join("cache")
    }
}

/// How many bytes of a file are its seal.
const SEAL: usize = 64;

/// Returns what proves that bytes are whole and belong to a key.
fn seal(key: &ObjectId, bytes: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(key.to_string().as_bytes());
    hasher.update(bytes);
    hasher.finalize().to_string()
}

/// Removes all but the newest files. What another build is writing just now is among the newest;
/// what it removed first is gone all the same.
fn let_go(folder: &Path) -> Result<(), StoreError> {
    let entries = fs::read_dir(folder).map_err(io_error("read the folder", folder))?;
    let mut files: Vec<(SystemTime, PathBuf)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let found = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((found.modified().ok()?, entry.path()))
        })
        .collect();
    let Some(many) = files.len().checked_sub(KEPT) else { return Ok(()) };
    files.sort_unstable();
    for (_, path) in files.iter().take(many) {
        match fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(io_error("remove", path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        (folder, store)
    }

    fn file(store: &Store, key: &ObjectId) -> PathBuf {
        store.cache_folder().join(key.to_string())
    }

    #[test]
    fn what_was_put_comes_back_until_it_is_put_anew_or_deleted() {
        let (_folder, store) = store();
        let key = ObjectId::of(b"key");
        assert_eq!(store.cached(&key), None);
        for bytes in [&b"first"[..], b"", b"second"] {
            store.put_cached(&key, bytes).unwrap();
            assert_eq!(store.cached(&key).as_deref(), Some(bytes));
        }
        fs::remove_dir_all(store.cache_folder()).unwrap();
        assert_eq!(store.cached(&key), None);
        store.put_cached(&key, b"third").unwrap();
        assert_eq!(store.cached(&key).as_deref(), Some(&b"third"[..]));
    }

    #[test]
    fn no_changed_byte_and_no_shorter_or_longer_entry_is_believed() {
        let (_folder, store) = store();
        let key = ObjectId::of(b"key");
        store.put_cached(&key, b"some bytes").unwrap();
        let whole = fs::read(file(&store, &key)).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(file(&store, &key), &changed).unwrap();
            assert_eq!(store.cached(&key), None, "byte {at} changed");
            fs::write(file(&store, &key), &whole[..at]).unwrap();
            assert_eq!(store.cached(&key), None, "{at} bytes left");
        }
        fs::write(file(&store, &key), [&whole[..], b" "].concat()).unwrap();
        assert_eq!(store.cached(&key), None);
        fs::write(file(&store, &key), &whole).unwrap();
        assert_eq!(store.cached(&key).as_deref(), Some(&b"some bytes"[..]));
    }

    #[test]
    fn an_entry_of_another_key_is_not_believed() {
        let (_folder, store) = store();
        let (one, other) = (ObjectId::of(b"one"), ObjectId::of(b"other"));
        store.put_cached(&one, b"bytes").unwrap();
        fs::copy(file(&store, &one), file(&store, &other)).unwrap();
        assert_eq!(store.cached(&other), None);
    }

    #[test]
    fn the_oldest_entries_are_let_go() {
        let (_folder, store) = store();
        let key = |at: usize| ObjectId::of(at.to_string().as_bytes());
        for at in 0..KEPT + 10 {
            store.put_cached(&key(at), b"bytes").unwrap();
            // The clock of a file system may stand still between two writes.
            let written = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(at as u64);
            fs::File::options()
                .write(true)
                .open(file(&store, &key(at)))
                .unwrap()
                .set_modified(written)
                .unwrap();
        }
        store.put_cached(&key(KEPT + 10), b"bytes").unwrap();
        let kept: Vec<usize> = (0..=KEPT + 10).filter(|at| store.cached(&key(*at)).is_some()).collect();
        assert_eq!(kept, Vec::from_iter(11..=KEPT + 10));
        assert_eq!(fs::read_dir(store.cache_folder()).unwrap().count(), KEPT);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told_and_reads_as_empty() {
        let (_folder, store) = store();
        fs::write(store.cache_folder(), "no folder").unwrap();
        let key = ObjectId::of(b"key");
        assert!(store.put_cached(&key, b"bytes").is_err());
        assert_eq!(store.cached(&key), None);
    }
}
