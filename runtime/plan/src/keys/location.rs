//! Where keys are to be found, now and from now on: whether they can be had from there, and why not.

use crate::{code, doing::Doing, draft::Draft, settings::said, why::Why};
use phoenix_graph::{DatasetName, Settings, mounts::mounts};
use phoenix_host::{
    observed::{DatasetState, HOME, KeyFile},
    op::Op,
    secret::PROMPT,
};
use std::{collections::BTreeSet, path::Path};

/// Finds the dataset that the file of the key of an encryption root, by its name after, lies in, where that is mounted by
/// this very switch: then nothing is known of the file before.
pub fn comes_with(draft: &Draft<'_>, root: &DatasetName, location: &str) -> Option<DatasetName> {
    let path = location.strip_prefix("file://")?;
    let holder = holder_of(draft, path)?;
    (!is_mounted(draft, &holder) && holder != *root && !holder.is_below(root)).then_some(holder)
}

/// Returns whether a dataset of the spec is mounted already, and is not renamed.
pub fn is_mounted(draft: &Draft<'_>, name: &DatasetName) -> bool {
    draft.standing(name).is_some_and(|(now, state)| state.mounted && !draft.found.moves.is_renamed(now))
}

/// Tells which dataset a missing key would lie in: what is made below a mount point where nothing is mounted
/// is hidden later, and is no key.
fn lies_in(draft: &Draft<'_>, path: &str) -> Option<String> {
    let datasets = draft.inputs.observed.datasets.iter();
    let above = datasets.filter(|(_, state)| !state.volume).filter_map(|(name, state)| {
        let at = state.value("mountpoint").filter(|at| at.starts_with('/') && *at != "/")?;
        Path::new(path).starts_with(at).then_some((at.len(), name, state.mounted))
    });
    let (_, name, mounted) = above.max()?;
    Some(if mounted {
        format!(
            "the path lies in {name}: bring the key there from its copy, where it is that of a dataset that is there already; a new key opens nothing"
        )
    } else {
        format!(
            "the path lies in {name}, which is not mounted: mount it first (`zfs mount {name}`), and look there again; make no file in its place"
        )
    })
}

/// Finds the dataset of the spec that a path lies in: the one whose mount point is nearest above it.
pub fn holder_of(draft: &Draft<'_>, path: &str) -> Option<DatasetName> {
    let mounts = mounts(draft.inputs.desired.resources());
    let above = mounts.into_iter().filter(|(_, mount)| mount.mounted).filter_map(|(name, mount)| {
        let at = mount.path?;
        Path::new(path).starts_with(&*at).then_some((at.len(), name))
    });
    above.max().map(|(_, name)| name)
}

/// Returns where the key of an encryption root that is there is to be found.
pub fn location_of(draft: &Draft<'_>, root: &DatasetName) -> Box<str> {
    let state = draft.inputs.observed.datasets.get(root);
    let home = state.and_then(|state| state.local(HOME)).and_then(|home| DatasetName::seen(home).ok());
    let declared = draft.inputs.desired.dataset(&home.unwrap_or_else(|| draft.found.moves.after(root)));
    let declared = declared.and_then(|node| said(node.resource.settings()?, "keylocation"));
    declared.unwrap_or_else(|| state.and_then(|state| state.value("keylocation")).unwrap_or(PROMPT).into())
}

/// Returns what tries the key that an encryption root is to have from now on: a location whose key does not open it
/// would be taken, and told at the next boot. What is typed is tried when it is typed, and what lies in a dataset
/// that is mounted by this very switch when it is loaded.
pub fn check(draft: &Draft<'_>, name: &DatasetName, state: &DatasetState, location: &str) -> Option<Doing> {
    state.encryption_root()?;
    let known = location.starts_with("file://") && comes_with(draft, name, location).is_none();
    known.then(|| Doing::alone(Op::KeyCheck { dataset: name.clone(), location: location.into() }))
}

/// Says why a key would lie where nobody can read it without it: in what it opens, or in what is opened by a key that
/// lies there in turn. As long as all is mounted it can be read, so that nobody notices before the next boot.
pub fn circle(draft: &Draft<'_>, root: &DatasetName, location: &str) -> Option<Why> {
    let holder = holder_of(draft, location.strip_prefix("file://")?)?;
    let mut seen = BTreeSet::new();
    let mut at = holder.clone();
    loop {
        let (opener, location) = declared(draft, &at)?;
        if opener == *root {
            let (why, help) = match seen.is_empty() {
                true => ("which it opens itself", "put the key elsewhere"),
                false => ("which needs a key that lies in it", "put one of the keys elsewhere"),
            };
            return Some(Why::new(
                code::KEYS_IN_EACH_OTHER,
                format!("its key is to lie in {holder}, {why}"),
                help,
            ));
        }
        if !seen.insert(opener) {
            return None;
        }
        at = holder_of(draft, location.strip_prefix("file://")?)?;
    }
}

/// Finds what the spec says of the key that opens a dataset: the nearest at or above it that has one, and where.
fn declared(draft: &Draft<'_>, name: &DatasetName) -> Option<(DatasetName, Box<str>)> {
    std::iter::successors(Some(name.clone()), DatasetName::parent).find_map(|at| {
        let node = draft.inputs.desired.dataset(&at)?;
        let location = said(node.resource.settings()?, "keylocation")?;
        Some((at, location))
    })
}

/// Says why a key cannot be had from where it is to be, and the way out.
pub fn unreachable(draft: &Draft<'_>, location: &str, format: &str) -> Option<Why> {
    if location == PROMPT && format == "raw" {
        return Some(Why::new(
            code::NO_KEY,
            "a raw key cannot be typed",
            "say keylocation=\"file:///…\", a file of 32 random bytes; a passphrase can be typed, which a dataset has from its creation on (`keyformat=\"passphrase\"`)",
        ));
    }
    let path = location.strip_prefix("file://")?;
    let reason = match draft.inputs.observed.key_files.get(path)? {
        KeyFile::Missing => format!("there is no file {path}, where its key is to be"),
        KeyFile::Unreadable(error) => {
            format!("the file {path}, where its key is to be, cannot be read: {error}")
        }
        KeyFile::Bytes(32) if format == "raw" => return None,
        KeyFile::Bytes(bytes) if format == "raw" => {
            format!("the file {path} has {bytes} bytes, and a raw key has 32")
        }
        KeyFile::Bytes(0) => format!("the file {path}, where its key is to be, is empty"),
        KeyFile::Bytes(_) => return None,
    };
    let help = match draft.inputs.observed.key_files.get(path) {
        Some(KeyFile::Missing) if lies_in(draft, path).is_some() => lies_in(draft, path).unwrap_or_default(),
        Some(KeyFile::Missing) => format!(
            "bring the key there, or for a new dataset make one (`head -c 32 /dev/urandom > {path}`, and keep a copy elsewhere)"
        ),
        _ => "put the key there as `keyformat` says: raw is just 32 bytes".to_owned(),
    };
    Some(Why { code: code::NO_KEY, reason, help })
}

/// Says why what the spec says of a dataset's key cannot be brought about on the dataset that is there.
pub fn unchangeable(at: &DatasetName, state: &DatasetState, settings: &Settings) -> Option<Why> {
    let declared = said(settings, "keylocation")?;
    let root = state.encryption_root()?;
    if root != *at {
        return Some(Why::new(
            code::KEY_BY_HAND,
            format!("its key is that of {root}; the spec gives it one of its own"),
            format!(
                "`zfs change-key -o keyformat=… -o keylocation=… {at}` gives it one; or take `keyformat` and `keylocation` out of the spec"
            ),
        ));
    }
    let own = state.value("keylocation").unwrap_or_default();
    let holds_password = own.split_once("://").is_some_and(|(kind, rest)| {
        kind != "file" && rest.split('/').next().is_some_and(|host| host.contains('@'))
    });
    (holds_password && *own != *declared).then(|| {
        Why::new(
            code::KEY_BY_HAND,
            "its keylocation now holds a password, which the journal would keep",
            format!("change it by hand first: `zfs set keylocation=… {at}`"),
        )
    })
}

/// Says why the key cannot be had from where the spec has it from now on, where that is elsewhere than now.
pub fn changes_to(
    draft: &Draft<'_>,
    at: &DatasetName,
    state: &DatasetState,
    settings: &Settings,
) -> Option<Why> {
    let declared =
        said(settings, "keylocation").filter(|word| state.value("keylocation") != Some(&**word))?;
    state.encryption_root()?;
    let after = draft.found.moves.after(at);
    if let Some(why) = circle(draft, &after, &declared) {
        return Some(why);
    }
    if comes_with(draft, &after, &declared).is_some() {
        return None;
    }
    unreachable(draft, &declared, state.value("keyformat").unwrap_or_default())
}
