//! What others than phoenix export: by `/etc/exports`, a file in `/etc/exports.d`, `sharenfs`, or by hand. It stays theirs.

use crate::{EXPORTS_LINK, Inputs, export::live};
use phoenix_host::observed::mount::plain;
use std::{collections::BTreeSet, fmt};

/// Where OpenZFS writes what `sharenfs` says.
const SHARENFS: &str = "/etc/exports.d/zfs.exports";

/// An entry that somebody else made.
pub struct Other<'a> {
    /// The path, without a slash at its end.
    pub path: String,
    pub client: &'a str,
    by: By<'a>,
}

/// Who made it.
enum By<'a> {
    File(&'a str, usize),
    Sharenfs,
    Hand,
}

impl Other<'_> {
    /// Returns whether OpenZFS itself keeps it: it follows the dataset.
    pub fn follows(&self) -> bool {
        matches!(self.by, By::Sharenfs)
    }
}

impl fmt::Display for Other<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} by ", self.path, self.client)?;
        match self.by {
            By::File(file, line) => write!(f, "{file}, line {line}"),
            By::Sharenfs => f.write_str("`sharenfs`"),
            By::Hand => f.write_str("hand (`exportfs -o`)"),
        }
    }
}

/// Lists what others export, in force or only in a file. What `exportfs` was told by hand is in no file; where a graph
/// exports the path, too, nobody can tell the one from the other.
pub fn others<'a>(inputs: &Inputs<'a>) -> Vec<Other<'a>> {
    let seen = inputs.observed;
    let by = |file, line| if file == SHARENFS { By::Sharenfs } else { By::File(file, line) };
    let files = seen.held_exports.iter().filter(|held| &*held.file != EXPORTS_LINK);
    let files = files.map(move |held| Other {
        path: plain(&held.path),
        client: &held.client,
        by: by(&held.file, held.line),
    });
    let said = [Some(inputs.desired), inputs.current].into_iter().flatten().flat_map(live::all);
    let mut known: BTreeSet<String> = said.map(|(_, export)| plain(&export.path)).collect();
    known.extend(seen.held_exports.iter().map(|held| plain(&held.path)));
    let hand = seen.exports.keys().map(|(path, client)| (plain(path), client));
    let hand = hand.filter(|(path, _)| !known.contains(path));
    files.chain(hand.map(|(path, client)| Other { path, client, by: By::Hand })).collect()
}
