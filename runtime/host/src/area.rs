//! The area: where what is put away stands. This is the one module that knows its name and its shape.
//!
//! A retired dataset stands at `<holder>/.phoenix/<folder>/<leaf>`. The holder is the pool's root dataset; for
//! a dataset that shares the key of an encryption root above it, it is that root, since OpenZFS moves no
//! dataset out of its encryption root. A root itself may go anywhere, and takes its area along: so areas lie
//! in areas, and what counts as put away by itself is what stands right in a folder of the outermost.

use crate::observed::{DatasetState, Observed};
use phoenix_graph::DatasetName;

const NAME: &str = ".phoenix";

/// Returns whether a dataset is an area, or lies anywhere in one.
#[must_use]
pub fn is_inside(name: &DatasetName) -> bool {
    below(name).is_some()
}

/// Returns whether a dataset is an area itself, or a folder of one: they hold no data.
#[must_use]
pub fn is_area(name: &DatasetName) -> bool {
    below(name).is_some_and(|rest| !rest.contains('/'))
}

/// Returns the folder that a dataset stands right in, if it is put away by itself.
#[must_use]
pub fn folder_of(place: &DatasetName) -> Option<&str> {
    let (folder, leaf) = below(place)?.split_once('/')?;
    (!leaf.contains('/')).then_some(folder)
}

/// Returns the folder that a dataset stands right in, also where the area that it is in was put away with
/// its holder.
#[must_use]
pub fn innermost_folder_of(place: &DatasetName) -> Option<&str> {
    let (_, rest) = place.as_str().rsplit_once("/.phoenix/")?;
    let (folder, leaf) = rest.split_once('/')?;
    (!leaf.contains('/')).then_some(folder)
}

/// Returns the area of a holder; nothing where its name would become too long.
#[must_use]
pub fn top(holder: &DatasetName) -> Option<DatasetName> {
    holder.child(NAME).ok()
}

/// Returns the dataset whose area takes another: the encryption root whose key it shares, else the pool's
/// root dataset.
#[must_use]
pub fn holder(name: &DatasetName, state: Option<&DatasetState>) -> DatasetName {
    let root = state.and_then(DatasetState::encryption_root).filter(|root| name.is_below(root));
    root.unwrap_or_else(|| name.pool().root())
}

/// Returns the holder of a dataset that was seen.
#[must_use]
pub fn holder_in(seen: &Observed, name: &DatasetName) -> DatasetName {
    holder(name, seen.datasets.get(name))
}

/// Returns whose area a dataset is, or lies in; of several the innermost.
#[must_use]
pub fn holder_of(name: &DatasetName) -> Option<DatasetName> {
    let text = name.as_str();
    let holder = text.strip_suffix("/.phoenix").or_else(|| Some(text.rsplit_once("/.phoenix/")?.0))?;
    DatasetName::seen(holder).ok()
}

/// Reads a folder's name: the number of the attempt, and whether an undoing set aside what is in it.
#[must_use]
pub fn number_of(folder: &str) -> Option<(u64, bool)> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (number, rest) = folder.split_once('.').unwrap_or((folder, "0"));
    let undone = rest.strip_prefix("undone");
    (digits(number) && digits(undone.unwrap_or(rest)))
        .then(|| number.parse().ok().map(|number| (number, undone.is_some())))
        .flatten()
}

/// Reads the number of the attempt, and the count within it, out of a retired dataset's place: of two, the
/// later one has the greater.
#[must_use]
pub fn retired_in(place: &DatasetName) -> (u64, u64) {
    let folder = innermost_folder_of(place).unwrap_or_default();
    let (number, count) = folder.split_once('.').unwrap_or((folder, "0"));
    (number.parse().unwrap_or(0), count.parse().unwrap_or(0))
}

/// Returns what follows the outermost area in a name: empty for the area itself.
fn below(name: &DatasetName) -> Option<&str> {
    let text = name.as_str();
    let at = text.match_indices("/.phoenix").map(|(at, word)| at + word.len());
    let mut ends = at.map(|end| &text[end..]).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    ends.next().map(|rest| rest.strip_prefix('/').unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DatasetName {
        DatasetName::new(text).unwrap()
    }

    #[test]
    fn a_folder_says_its_attempt_and_whether_it_was_set_aside() {
        assert_eq!(number_of("12"), Some((12, false)));
        assert_eq!(number_of("12.3"), Some((12, false)));
        assert_eq!(number_of("12.undone0"), Some((12, true)));
        for text in ["", "x", "12.", "12.x", "12.undone", ".3", "-1", "1.2.3", "99999999999999999999999"] {
            assert_eq!(number_of(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_stands_right_in_a_folder_of_the_outermost_area_is_put_away_by_itself() {
        let folder = |text: &str| folder_of(&name(text)).map(str::to_owned);
        assert_eq!(folder("tank/.phoenix/3/a:b").as_deref(), Some("3"));
        assert_eq!(folder("tank/enc/.phoenix/3/enc:a").as_deref(), Some("3"));
        for text in [
            "tank/.phoenix",
            "tank/.phoenix/3",
            "tank/.phoenix/3/a/b",
            "tank/.phoenix/3/enc/.phoenix/2/enc:a",
            "tank/a/b/c",
            "tank/.phoenixes/3/a",
        ] {
            assert_eq!(folder(text), None, "{text}");
        }
        assert_eq!(innermost_folder_of(&name("tank/.phoenix/3/enc/.phoenix/2/enc:a")), Some("2"));
        assert_eq!(retired_in(&name("tank/enc/.phoenix/4.1/enc:a")), (4, 1));
    }

    #[test]
    fn an_area_and_its_folders_hold_nothing_of_their_own() {
        for text in ["tank/.phoenix", "tank/.phoenix/3", "tank/enc/.phoenix", "tank/enc/.phoenix/3.undone0"] {
            assert!(is_area(&name(text)) && is_inside(&name(text)), "{text}");
        }
        for text in ["tank/.phoenix/3/a", "tank/.phoenix/3/enc/.phoenix"] {
            assert!(!is_area(&name(text)) && is_inside(&name(text)), "{text}");
        }
        assert!(!is_inside(&name("tank/.phoenixes")) && !is_inside(&name("tank")));
    }
}
