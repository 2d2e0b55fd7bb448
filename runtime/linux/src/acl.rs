//! Access control lists of directories, as the kernel keeps them: two extended attributes of a fixed form (`acl(5)`,
//! `linux/posix_acl_xattr.h`). They are read and written through a descriptor; `setfacl(1)` goes by a path, which may lead
//! elsewhere by then.

use phoenix_graph::{
    Mode,
    kind::acl::{Acl, Entry, May, Whom},
};
use rustix::{
    fd::BorrowedFd,
    fs::{XattrFlags, fgetxattr, fremovexattr, fsetxattr},
    io::Errno,
};
use std::{collections::BTreeMap, io};

const ACCESS: &str = "system.posix_acl_access";
const DEFAULT: &str = "system.posix_acl_default";

const VERSION: u32 = 2;
/// What stands for a number where there is none.
const NOBODY: u32 = u32::MAX;
const OWNER: u16 = 0x01;
const USER: u16 = 0x02;
const OWNING_GROUP: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHERS: u16 = 0x20;

/// The most that an extended attribute holds (`xattr(7)`), and what is enough for all but a few lists: 31 entries.
const LARGEST: usize = 1 << 16;
const USUAL: usize = 252;

/// Reads the list of a directory. What its mode says is left out.
///
/// # Errors
/// The system's; or one that says that what the kernel gave is no list.
pub fn read(directory: BorrowedFd<'_>) -> io::Result<Acl> {
    let mut all = BTreeMap::new();
    for default in [false, true] {
        let Some(bytes) = get(directory, if default { DEFAULT } else { ACCESS })? else { continue };
        let entries =
            decoded(&bytes).ok_or_else(|| io::Error::other("the kernel's access control list is none"))?;
        let mask = entries.iter().any(|(whom, _)| *whom == Whom::Mask);
        let kept = entries.into_iter().filter(|(whom, _)| match whom {
            Whom::Owner | Whom::Others => default,
            Whom::OwningGroup => default || mask,
            _ => true,
        });
        all.extend(kept.map(|(whom, may)| (Entry { default, whom }, may)));
    }
    Ok(Acl(all))
}

/// Writes the list of what is made in a directory.
///
/// # Errors
/// The system's.
pub fn write_default(directory: BorrowedFd<'_>, acl: &Acl) -> io::Result<()> {
    if !acl.has(true) {
        return remove(directory, DEFAULT);
    }
    set(directory, DEFAULT, acl.entries(true))
}

/// Writes the list of a directory itself, which has this mode with it: the bits of the group are the mask there.
///
/// # Errors
/// The system's.
pub fn write_own(directory: BorrowedFd<'_>, acl: &Acl, mode: Mode) -> io::Result<()> {
    let bits = mode.bits();
    if !acl.has(false) {
        return remove(directory, ACCESS);
    }
    let base = [(&Whom::Owner, May::of_bits(bits >> 6)), (&Whom::Others, May::of_bits(bits))];
    set(directory, ACCESS, base.into_iter().chain(acl.entries(false)))
}

fn get(directory: BorrowedFd<'_>, name: &str) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = vec![0; USUAL];
    let read = fgetxattr(directory, name, &mut bytes[..]).or_else(|error| {
        if error != Errno::RANGE {
            return Err(error);
        }
        bytes.resize(LARGEST, 0);
        fgetxattr(directory, name, &mut bytes[..])
    });
    match read {
        Ok(length) => {
            bytes.truncate(length);
            Ok(Some(bytes))
        }
        // With `acltype=off` there is none.
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn remove(directory: BorrowedFd<'_>, name: &str) -> io::Result<()> {
    match fremovexattr(directory, name) {
        Ok(()) | Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn set<'a>(
    directory: BorrowedFd<'_>,
    name: &str,
    entries: impl Iterator<Item = (&'a Whom, May)>,
) -> io::Result<()> {
    let bytes = encoded(entries)?;
    fsetxattr(directory, name, &bytes, XattrFlags::empty()).map_err(|error| match error {
        Errno::OPNOTSUPP => {
            io::Error::other("the file system takes no access control list: `acltype` is not `posix`")
        }
        error => error.into(),
    })
}

/// Writes entries as the kernel reads them: in the order of their kinds, and then of their numbers.
fn encoded<'a>(entries: impl Iterator<Item = (&'a Whom, May)>) -> io::Result<Vec<u8>> {
    let number = |name: &str| {
        name.parse::<u32>().map_err(|_| io::Error::other(format!("{name:?} is no number of an account")))
    };
    let mut all: Vec<(u16, u32, u16)> = Vec::new();
    for (whom, may) in entries {
        let (tag, id) = match whom {
            Whom::Owner => (OWNER, NOBODY),
            Whom::User(name) => (USER, number(name)?),
            Whom::OwningGroup => (OWNING_GROUP, NOBODY),
            Whom::Group(name) => (GROUP, number(name)?),
            Whom::Mask => (MASK, NOBODY),
            Whom::Others => (OTHERS, NOBODY),
        };
        all.push((tag, id, may.bits()));
    }
    all.sort_unstable();
    let mut bytes = VERSION.to_le_bytes().to_vec();
    for (tag, id, bits) in all {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(bits.to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    Ok(bytes)
}

/// Reads entries; nothing where these bytes are no list.
fn decoded(bytes: &[u8]) -> Option<BTreeMap<Whom, May>> {
    let (version, rest) = bytes.split_first_chunk::<4>()?;
    let (entries, left) = rest.as_chunks::<8>();
    if u32::from_le_bytes(*version) != VERSION || !left.is_empty() {
        return None;
    }
    let mut found = BTreeMap::new();
    for [t0, t1, b0, b1, i0, i1, i2, i3] in entries {
        let id = u32::from_le_bytes([*i0, *i1, *i2, *i3]);
        let name = || -> Box<str> { id.to_string().into() };
        let whom = match u16::from_le_bytes([*t0, *t1]) {
            OWNER => Whom::Owner,
            USER => Whom::User(name()),
            OWNING_GROUP => Whom::OwningGroup,
            GROUP => Whom::Group(name()),
            MASK => Whom::Mask,
            OTHERS => Whom::Others,
            _ => return None,
        };
        let bits = u16::from_le_bytes([*b0, *b1]);
        if bits > 7 || found.insert(whom, May::of_bits(bits)).is_some() {
            return None;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_kept_in_the_form_of_the_kernel() {
        // getfattr -m- -e hex -n system.posix_acl_access: user::rwx user:33:r-x group::--- mask::r-x other::---
        let kept = b"\x02\0\0\0\x01\0\x07\0\xff\xff\xff\xff\x02\0\x05\0\x21\0\0\0\x04\0\0\0\xff\xff\xff\xff\x10\0\x05\0\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff";
        let found = decoded(kept).unwrap();
        assert_eq!(found.len(), 5);
        assert_eq!(found.get(&Whom::User("33".into())).map(May::to_string).as_deref(), Some("r-x"));
        let back = encoded(found.iter().map(|(whom, may)| (whom, *may))).unwrap();
        assert_eq!(back, kept);
        for wrong in [&kept[..], b"", b"\x01\0\0\0"].map(|bytes| [bytes, b"\0"].concat()) {
            assert_eq!(decoded(&wrong), None);
        }
    }
}
