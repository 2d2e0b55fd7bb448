//! Whether a machine can write what it mounts over NFS: the server takes what the export makes of those who ask
//! (`exports(5)`, "User ID Mapping"), and of that nobody may be let in.

use super::from::by_address;
use crate::{code, draft::Draft, permissions::after::after};
use phoenix_graph::{
    GuestMount, Resource,
    export::{
        ExportOptions,
        reach::{Exports, Way},
    },
    kind::acl::{May, Whom},
    nfs::Flavour,
};
use phoenix_host::observed::Directory;

/// Warns of each machine that is to write where the server lets nobody of it write. Where all that it is given is only
/// to read, the compiler has told it.
pub fn plan(draft: &mut Draft<'_>, exports: &Exports<'_>) {
    let inputs = draft.inputs;
    for resource in inputs.desired.resources() {
        let Resource::GuestMount(mount) = resource else { continue };
        let mut found = by_address(inputs, mount).into_iter().map(|mount| no_writer(draft, &mount, exports));
        let Some(Some(text)) = found.next() else { continue };
        if found.all(|text| text.is_some()) {
            draft.warn(&resource.key(), code::CANNOT_WRITE, text);
        }
    }
}

/// Says why nobody in a machine can write to the root directory of what it mounts, where that is sure.
fn no_writer(draft: &Draft<'_>, mount: &GuestMount, exports: &Exports<'_>) -> Option<String> {
    // Of a folder in it nobody knows whose it is.
    if mount.mount.options.ro || mount.subdirectory.is_some() {
        return None;
    }
    let way = Way::find(exports, mount.asks(&mount.path, &mount.path)).ok()?;
    let directory = after(draft, &mount.dataset, &mount.path)?;
    // It may be any of these clients, and come by any of these flavours.
    let mut why: Option<Option<Barred>> = None;
    for (_, options) in &way.clients {
        for flavour in options.flavours().filter(|flavour| is_used(mount, flavour)) {
            why = match (why, barred(options, flavour, &directory)?) {
                (None | Some(None), new) => Some(new),
                (told, _) => told,
            };
        }
    }
    let because = match why?? {
        Barred::All { user, group } => format!("makes everybody {user}:{group} (`all_squash`)"),
        Barred::Root { user } => format!("makes root of the machine {user} (`root_squash`)"),
    };
    let Directory { owner, group, mode, .. } = directory;
    let (machine, path) = (mount.machine, &mount.path);
    Some(format!(
        "nobody in machine {machine} can write there: the export of {} {because}, and {path} is owned by {owner}:{group} \
         with mode {mode}; say `permissions`, other squashing in the export, or `ro` where it is only to read",
        way.export
    ))
}

/// Returns whether a machine may come by a flavour of an export.
fn is_used(mount: &GuestMount, flavour: &str) -> bool {
    mount.mount.options.sec.as_ref().map(Flavour::to_string).is_none_or(|said| said == flavour)
}

/// What keeps all who ask from writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Barred {
    /// All are this account.
    All { user: u32, group: u32 },
    /// Root is this user, and root alone might write.
    Root { user: u32 },
}

/// Returns why nobody can write who comes by a flavour: nothing where somebody can, or may; nothing inside where the
/// export is only to read.
fn barred(options: &ExportOptions, flavour: &str, directory: &Directory) -> Option<Option<Barred>> {
    let holds = |word| options.holds_by(word, Some(flavour));
    if holds("ro") {
        return Some(None);
    }
    let (user, group) = options.anonymous()?;
    // Root of this host writes everywhere.
    if user == 0 {
        return None;
    }
    match (holds("all_squash"), holds("root_squash")) {
        (true, _) => (!one_writes(user, group, directory)).then_some(Some(Barred::All { user, group })),
        (false, true) => (!others_write(group, directory)).then_some(Some(Barred::Root { user })),
        (false, false) => None,
    }
}

/// Returns whether an account may write, by the first that fits of owner, users, groups and others (`acl(5)`).
fn one_writes(user: u32, group: u32, directory: &Directory) -> bool {
    let bits = directory.mode.bits();
    if user == directory.owner {
        return bits & 0o200 != 0;
    }
    // With a list the bits of the group are the most that users and groups may do.
    let most = bits & 0o020 != 0;
    let named = |of: fn(&Whom) -> Option<&str>, id: u32| {
        let entries = directory.acl.entries(false);
        entries
            .filter(move |(whom, _)| of(whom).is_some_and(|name| name.parse() == Ok(id)))
            .map(|(_, may)| may)
    };
    if let Some(may) = named(as_user, user).next() {
        return most && may.writes();
    }
    let own = (group == directory.group).then(|| owning_group(directory));
    let mut groups = own.into_iter().chain(named(as_group, group).map(May::writes)).peekable();
    if groups.peek().is_some() {
        return most && groups.any(|writes| writes);
    }
    bits & 0o002 != 0
}

/// Returns whether somebody who is not root may write, whatever numbers he has; of the group of root nobody is but
/// where that is what it is made. Accounts of a machine are what it says.
fn others_write(anonymous: u32, directory: &Directory) -> bool {
    let bits = directory.mode.bits();
    let is_group = |group: u32| group != 0 || anonymous == 0;
    let listed = directory.acl.entries(false).any(|(whom, may)| {
        let user = as_user(whom).and_then(|name| name.parse::<u32>().ok()).is_some_and(|user| user != 0);
        let group = as_group(whom).and_then(|name| name.parse().ok()).is_some_and(is_group);
        (user || group) && may.writes()
    });
    let group = is_group(directory.group) && owning_group(directory);
    directory.owner != 0 && bits & 0o200 != 0 || bits & 0o020 != 0 && (group || listed) || bits & 0o002 != 0
}

/// Returns whether the owning group may write, as far as the mask lets it.
fn owning_group(directory: &Directory) -> bool {
    directory.acl.get(false, &Whom::OwningGroup).is_none_or(May::writes)
}

fn as_user(whom: &Whom) -> Option<&str> {
    match whom {
        Whom::User(name) => Some(name),
        _ => None,
    }
}

fn as_group(whom: &Whom) -> Option<&str> {
    match whom {
        Whom::Group(name) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use phoenix_graph::kind::mode::Mode;

    fn directory(owner: u32, group: u32, mode: &str, entries: &[&str]) -> Directory {
        let mut directory = Directory { owner, group, mode: mode.parse::<Mode>().unwrap(), ..Directory::NEW };
        directory.acl.0.extend(entries.iter().map(|text| {
            let (entry, may) = text.rsplit_once(':').unwrap();
            (entry.parse().unwrap(), may.parse().unwrap())
        }));
        directory
    }

    fn barred_by(words: &str, directory: &Directory) -> Option<Option<Barred>> {
        barred(&ExportOptions::from_words(words.split(',')).unwrap(), "sys", directory)
    }

    #[test]
    fn everybody_as_one_account_writes_by_the_first_that_fits() {
        let all = "rw,all_squash,anonuid=1000,anongid=1001";
        let no = Some(Some(Barred::All { user: 1000, group: 1001 }));
        for (given, expected) in [
            (directory(0, 0, "0755", &[]), no),
            (directory(1000, 0, "0755", &[]), None),
            (directory(1000, 0, "0577", &[]), no),
            (directory(0, 1001, "0775", &[]), None),
            (directory(0, 1001, "0757", &[]), no),
            (directory(0, 0, "0757", &[]), None),
            (directory(0, 0, "0770", &["user:1000:rwx", "group::r-x", "mask::rwx"]), None),
            (directory(0, 0, "0757", &["user:1000:rwx", "group::r-x", "mask::r-x"]), no),
            (directory(0, 0, "0777", &["user:1000:r-x", "group::rwx", "mask::rwx"]), no),
            (directory(0, 0, "0770", &["group:1001:rwx", "group::r-x", "mask::rwx"]), None),
            (directory(0, 1001, "0770", &["group:1001:rwx", "group::r-x", "mask::rwx"]), None),
            (directory(0, 1001, "0777", &["user:7:rwx", "group::r-x", "mask::rwx"]), no),
        ] {
            assert_eq!(barred_by(all, &given), expected, "{given:?}");
        }
        assert_eq!(barred_by("rw,all_squash,anonuid=0", &directory(7, 7, "0555", &[])), None);
    }

    #[test]
    fn with_root_as_nobody_all_others_write_as_who_they_say_they_are() {
        let no = Some(Some(Barred::Root { user: 65534 }));
        for (given, expected) in [
            (directory(0, 0, "0755", &[]), no),
            (directory(0, 0, "0775", &[]), no),
            (directory(0, 0, "0757", &[]), None),
            (directory(1000, 0, "0755", &[]), None),
            (directory(1000, 0, "0555", &[]), no),
            (directory(0, 1000, "0775", &[]), None),
            (directory(0, 1000, "0755", &[]), no),
            (directory(0, 0, "0775", &["user:33:rwx", "group::r-x", "mask::rwx"]), None),
            (directory(0, 0, "0755", &["user:33:rwx", "group::r-x", "mask::r-x"]), no),
            (directory(0, 0, "0775", &["user:0:rwx", "group::r-x", "mask::rwx"]), no),
            (directory(0, 7, "0775", &["user:33:r-x", "group::r-x", "mask::rwx"]), no),
        ] {
            assert_eq!(barred_by("rw", &given), expected, "{given:?}");
        }
        assert_eq!(barred_by("rw,anongid=0", &directory(0, 0, "0775", &[])), None);
        assert_eq!(barred_by("rw,no_root_squash", &directory(0, 0, "0755", &[])), None);
        assert_eq!(barred_by("ro,no_root_squash", &directory(0, 0, "0755", &[])), Some(None));
    }
}
