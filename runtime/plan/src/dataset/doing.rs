//! What is done to file systems and volumes, and what takes it back. What is made, or cloned, is unmade only after a
//! look into it; that is for whoever undoes.

use crate::{Inverse, Prior, doing::Doing, inverse::guid_of, mount::remounting};
use phoenix_graph::{Bytes, DatasetName, PropertyName, SnapshotName};
use phoenix_host::{
    area,
    observed::{DatasetState, KEPT_CANMOUNT, ORIGIN, Observed, Setting, Source},
    op::{Assignment, Op},
};

/// Makes a file system.
pub fn create(dataset: &DatasetName, settings: Vec<Assignment>) -> Doing {
    Doing::new(
        Op::DatasetCreate { dataset: dataset.clone(), settings },
        Inverse::DatasetAbsent { dataset: dataset.clone(), volume: false },
    )
}

/// Makes a volume of a size in bytes.
pub fn create_volume(dataset: &DatasetName, size: u64, sparse: bool, settings: Vec<Assignment>) -> Doing {
    Doing::new(
        Op::VolumeCreate { dataset: dataset.clone(), size, sparse, settings },
        Inverse::DatasetAbsent { dataset: dataset.clone(), volume: true },
    )
}

/// Sets several properties at once; each goes back to what it was, from the last to the first. A quota cannot be less
/// than what is reserved: what reserves less comes before quotas, and what reserves more after them, either way.
pub fn set(dataset: &DatasetName, mut settings: Vec<(Assignment, Prior)>) -> Doing {
    settings.sort_by_key(|((property, word), prior)| turn(property, word, prior));
    let before = |(property, _): &Assignment, prior| setting(dataset, property, prior);
    let (settings, before) =
        settings.into_iter().map(|(new, prior)| (new.clone(), before(&new, prior))).unzip();
    Doing { ops: vec![Op::DatasetSet { dataset: dataset.clone(), settings }], before }
}

/// Returns whether a property comes before others (-1) or after them (1), where one is set with them.
fn turn(property: &PropertyName, word: &str, prior: &Prior) -> i8 {
    if !matches!(property.as_str(), "reservation" | "refreservation") {
        return 0;
    }
    let before = match prior {
        Prior::Own { raw, .. } | Prior::Received { raw } | Prior::Unset { raw, .. } => reserved(raw),
        Prior::Inherited => 0,
    };
    if reserved(word) > before { 1 } else { -1 }
}

/// Returns how much a word reserves, in bytes; one that is no size reserves all that there is.
fn reserved(word: &str) -> u64 {
    if word == "none" { 0 } else { word.parse::<Bytes>().map_or(u64::MAX, |bytes| bytes.0) }
}

/// Has one property inherited again.
pub fn inherit(dataset: &DatasetName, property: PropertyName, prior: Prior) -> Doing {
    let before = setting(dataset, &property, prior);
    Doing::new(Op::DatasetInherit { dataset: dataset.clone(), property }, before)
}

/// Has one property be again what was received with a stream.
pub fn received(dataset: &DatasetName, property: PropertyName, prior: Prior) -> Doing {
    let before = setting(dataset, &property, prior);
    Doing::new(Op::DatasetReceived { dataset: dataset.clone(), property }, before)
}

/// Sets a mark: a user property of phoenix's, on the dataset itself.
pub fn mark(dataset: &DatasetName, property: &str, word: &str, seen: Option<&Setting>) -> Doing {
    set(dataset, vec![((PropertyName::new(property), word.into()), marked(seen))])
}

/// Takes a mark off.
pub fn unmark(dataset: &DatasetName, property: &str, seen: Option<&Setting>) -> Doing {
    inherit(dataset, PropertyName::new(property), marked(seen))
}

/// Sets `canmount`, which is never inherited.
pub fn canmount(dataset: &DatasetName, word: &str, state: &DatasetState) -> Doing {
    set(dataset, vec![((PropertyName::new("canmount"), word.into()), could_mount(state))])
}

/// Keeps a file system that would be mounted from being that, and keeps in mind that it would.
pub fn keep_unmounted(dataset: &DatasetName, state: &DatasetState) -> Doing {
    let kept = (PropertyName::new(KEPT_CANMOUNT), "on".into());
    let settings = vec![
        (kept, marked(state.settings.get(KEPT_CANMOUNT))),
        ((PropertyName::new("canmount"), "noauto".into()), could_mount(state)),
    ];
    set(dataset, settings)
}

/// Moves a dataset with all below it.
pub fn rename(from: DatasetName, to: DatasetName, volume: bool) -> Doing {
    Doing::new(
        Op::DatasetRename { from: from.clone(), to: to.clone(), volume },
        Inverse::Name { before: from, after: to, volume, guid: None },
    )
}

/// Gives a dataset another name, which another one may bear before it, or after: whose it is tells its GUID.
pub fn call(from: DatasetName, to: DatasetName, state: &DatasetState) -> Doing {
    let guid = state.guid();
    Doing::new(
        Op::DatasetRename { from: from.clone(), to: to.clone(), volume: state.volume },
        Inverse::Name { before: from, after: to, volume: state.volume, guid },
    )
}

/// Makes a dataset of a snapshot.
pub fn clone(
    snapshot: SnapshotName,
    dataset: &DatasetName,
    volume: bool,
    settings: Vec<Assignment>,
) -> Doing {
    Doing::new(
        Op::Clone { snapshot: snapshot.clone(), dataset: dataset.clone(), volume, settings },
        Inverse::Cloned { dataset: dataset.clone(), volume, origin: snapshot },
    )
}

/// Gives a clone the snapshot that it came from, which was another dataset's.
pub fn promote(dataset: &DatasetName, whose: &DatasetName, snapshot: SnapshotName) -> Doing {
    Doing::new(
        Op::Promote { dataset: dataset.clone() },
        Inverse::Promoted { before: whose.clone(), after: snapshot },
    )
}

/// Gives a volume another size, in bytes. Cut off before it was committed, one that grew goes back to its size: what was
/// in it lay below that. One that shrank does not.
pub fn resize(dataset: &DatasetName, now: u64, wanted: u64) -> Doing {
    let size = (PropertyName::new("volsize"), wanted.to_string().into());
    if wanted > now {
        let raw: Box<str> = now.to_string().into();
        return set(dataset, vec![(size, Prior::Own { raw: raw.clone(), word: raw })]);
    }
    Doing::alone(Op::DatasetSet { dataset: dataset.clone(), settings: vec![size] })
}

fn setting(dataset: &DatasetName, property: &PropertyName, prior: Prior) -> Inverse {
    Inverse::Setting { dataset: dataset.clone(), property: property.clone(), prior }
}

/// Says what a user property is: set to this on the dataset itself, or not.
fn marked(seen: Option<&Setting>) -> Prior {
    match seen {
        Some(seen) if seen.source == Source::Received => Prior::Received { raw: seen.raw.clone() },
        Some(seen) if seen.source == Source::Local => {
            Prior::Own { raw: seen.raw.clone(), word: seen.raw.clone() }
        }
        _ => Prior::Inherited,
    }
}

fn could_mount(state: &DatasetState) -> Prior {
    let raw: Box<str> = state.value("canmount").unwrap_or("on").into();
    Prior::Unset { raw: raw.clone(), word: raw }
}

/// Returns what takes back what was done to a dataset; nothing where it is as it was.
pub fn back(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    match inverse {
        Inverse::Setting { dataset, property, prior } => {
            let Some(state) = seen.datasets.get(dataset) else { return Vec::new() };
            prior.op(dataset, property, state.settings.get(property)).into_iter().collect()
        }
        Inverse::Name { before, after, volume, guid } => {
            let another = guid.is_some() && guid_of(seen, after) != *guid;
            if another || !seen.datasets.contains_key(after) || seen.datasets.contains_key(before) {
                return Vec::new();
            }
            let rename = Op::DatasetRename { from: after.clone(), to: before.clone(), volume: *volume };
            // Where it is put away again nothing is mounted, also where unmounting failed before; and what gets its name
            // back would stay mounted where the other one belongs.
            let inside = |name: &DatasetName| name == after || name.is_below(after);
            let moves = guid.is_some() || area::is_inside(before);
            let mut ops = if moves { remounting::away(seen, inside) } else { Vec::new() };
            ops.push(rename);
            ops
        }
        Inverse::Promoted { before, after } => {
            let origin = seen.datasets.get(before).and_then(|state| state.value(ORIGIN));
            let promoted = origin == Some(&*after.to_string());
            promoted.then(|| Op::Promote { dataset: before.clone() }).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order in which these are set, and the one in which they go back.
    fn order(words: &[(&str, &str, &str)]) -> (Vec<String>, Vec<String>) {
        let dataset = DatasetName::new("tank/a").unwrap();
        let own = |word: &str| Prior::Own { raw: word.into(), word: word.into() };
        let settings =
            words.iter().map(|(name, old, new)| ((PropertyName::new(name), (*new).into()), own(old)));
        let Doing { ops, before } = set(&dataset, settings.collect());
        let [Op::DatasetSet { settings, .. }] = &ops[..] else { panic!("{ops:?}") };
        let back = before.iter().rev().map(|inverse| match inverse {
            Inverse::Setting { property, .. } => property.to_string(),
            other => panic!("{other:?}"),
        });
        (settings.iter().map(|(property, _)| property.to_string()).collect(), back.collect())
    }

    #[test]
    fn a_quota_is_never_less_than_what_is_reserved_neither_forth_nor_back() {
        let (there, back) = order(&[("refreservation", "1073741824", "2T"), ("refquota", "1T", "none")]);
        assert_eq!(
            (there, back),
            (
                vec!["refquota".into(), "refreservation".into()],
                vec!["refreservation".into(), "refquota".into()]
            )
        );
        let (there, back) = order(&[("quota", "2T", "10G"), ("reservation", "1T", "none")]);
        assert_eq!(
            (there, back),
            (vec!["reservation".into(), "quota".into()], vec!["quota".into(), "reservation".into()])
        );
        // A volume's reservation may follow its size.
        let (there, _) = order(&[("refreservation", "0", "auto"), ("atime", "on", "off")]);
        assert_eq!(there, ["atime", "refreservation"]);
    }
}
