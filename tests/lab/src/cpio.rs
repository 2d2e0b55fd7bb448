//! An archive in the form that the kernel unpacks before it boots (`newc`, see the kernel's
//! `buffer-format.rst`). Several may follow one another, each at a multiple of four bytes.

/// One regular file.
pub(crate) struct Entry<'a> {
    /// Its path, without a leading slash.
    pub(crate) path: &'a str,
    /// Its permission bits.
    pub(crate) mode: u32,
    /// What is in it.
    pub(crate) content: &'a [u8],
}

/// Appends the entries to an archive, which may already hold another one.
pub(crate) fn append(archive: &mut Vec<u8>, entries: &[Entry<'_>]) {
    pad(archive);
    for (number, entry) in entries.iter().enumerate() {
        header(archive, number as u32 + 1, 0o100_000 | entry.mode, entry.content.len() as u32, entry.path);
        archive.extend_from_slice(entry.content);
        pad(archive);
    }
    header(archive, 0, 0, 0, "TRAILER!!!");
}

fn header(archive: &mut Vec<u8>, inode: u32, mode: u32, size: u32, path: &str) {
    let name_size = path.len() as u32 + 1;
    // inode, mode, uid, gid, links, mtime, size, device and its kind, name's size, no checksum
    let fields = [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name_size, 0];
    archive.extend_from_slice(b"070701");
    for field in fields {
        archive.extend_from_slice(format!("{field:08x}").as_bytes());
    }
    archive.extend_from_slice(path.as_bytes());
    archive.push(0);
    pad(archive);
}

fn pad(archive: &mut Vec<u8>) {
    while !archive.len().is_multiple_of(4) {
        archive.push(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_header_starts_at_a_multiple_of_four() {
        let mut archive = vec![1, 2, 3];
        let entries = [
            Entry { path: "a", mode: 0o755, content: b"12345" },
            Entry { path: "bcd", mode: 0o644, content: b"" },
        ];
        append(&mut archive, &entries);
        let starts: Vec<_> =
            archive.windows(6).enumerate().filter_map(|(at, w)| (w == b"070701").then_some(at)).collect();
        assert_eq!(starts.len(), 3, "two files and the trailer");
        assert!(starts.iter().all(|at| at % 4 == 0), "{starts:?}");
        assert!(archive.len().is_multiple_of(4));
    }
}
