//! Reads `mountinfo` (`proc_pid_mountinfo(5)`). The kernel escapes blanks, tabs, line ends and backslashes, so
//! that no name ends a field or a line; other bytes stand as they are, and need not be text.

use phoenix_graph::export::unescape_bytes;
use std::{ffi::OsString, fs, io, os::unix::ffi::OsStringExt, path::Path, path::PathBuf};

/// A device's number: major and minor.
pub type Device = (u32, u32);

/// A mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountEntry {
    /// The device that its files have.
    pub device: Device,
    /// Whether the whole file system is mounted, and no folder of it.
    pub whole: bool,
    /// Where.
    pub place: PathBuf,
    /// The group of mounts that unmounting this one propagates to, and from.
    pub shared: Option<String>,
    /// Whether unmounting propagates to it from another namespace.
    pub is_slave: bool,
    /// The kind of file system.
    pub kind: String,
    /// What is mounted: of ZFS the dataset. Other kinds say what they like.
    pub source: String,
}

/// Reads a table; a line of another form is passed over, as the kernel makes none.
///
/// # Errors
/// Where the file cannot be read.
pub fn read(path: &Path) -> io::Result<Vec<MountEntry>> {
    Ok(fs::read(path)?.split(|byte| *byte == b'\n').filter_map(entry).collect())
}

fn entry(line: &[u8]) -> Option<MountEntry> {
    let text = |word: &[u8]| String::from_utf8_lossy(&unescape_bytes(word)).into_owned();
    let mut words = line.split(|byte| *byte == b' ').skip(2);
    let device = numbers(std::str::from_utf8(words.next()?).ok()?, 10)?;
    let whole = words.next()? == b"/";
    let place = PathBuf::from(OsString::from_vec(unescape_bytes(words.next()?)));
    let fields: Vec<String> = words.by_ref().skip(1).take_while(|word| *word != b"-").map(text).collect();
    Some(MountEntry {
        device,
        whole,
        place,
        shared: fields.iter().find_map(|field| field.strip_prefix("shared:")).map(str::to_owned),
        is_slave: fields.iter().any(|field| field.starts_with("master:")),
        kind: text(words.next()?),
        source: text(words.next()?),
    })
}

/// Reads `MAJOR:MINOR`.
pub fn numbers(text: &str, radix: u32) -> Option<Device> {
    let (major, minor) = text.trim().split_once(':')?;
    Some((u32::from_str_radix(major, radix).ok()?, u32::from_str_radix(minor, radix).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_place_may_have_any_bytes_and_hides_no_other_mount() {
        let table =
            b"49 28 0:45 / /tank/a\\040b\\012c rw,noatime shared:1 master:2 - zfs tank/a\\040b rw,xattr\n\
            50 28 0:46 / /home/u/\xff\xfe rw - fuse.x /dev/sda rw\n\
            51 28 0:47 /sub /mnt rw - zfs tank/c rw\nnonsense\n";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mountinfo");
        fs::write(&path, table).unwrap();
        let found = read(&path).unwrap();
        let told: Vec<_> = found
            .iter()
            .map(|one| (one.device, one.whole, one.place.as_os_str().as_encoded_bytes(), &*one.source))
            .collect();
        assert_eq!(
            told,
            [
                ((0, 45), true, &b"/tank/a b\nc"[..], "tank/a b"),
                ((0, 46), true, b"/home/u/\xff\xfe", "/dev/sda"),
                ((0, 47), false, b"/mnt", "tank/c"),
            ]
        );
        assert_eq!(
            (found[0].shared.as_deref(), found[0].is_slave, &*found[0].kind),
            (Some("1"), true, "zfs")
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(line in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = entry(&line);
            let _ = entry(&[b"1 2 0:3 ", &line[..]].concat());
        }
    }
}
