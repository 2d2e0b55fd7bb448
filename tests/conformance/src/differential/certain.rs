//! Keeps away from what is decided by single bytes: what a file or a block of metadata takes on the disks
//! is not modelled. Each function returns something where the model is surely right, and nothing elsewhere.

use phoenix_graph::DatasetName;
use phoenix_sim::State;

/// What metadata may make of nothing, for each dataset.
const SLACK: u64 = 512 << 10;

/// How far off the model may be: copies, whole blocks and metadata make of a file up to four times of it.
fn least_and_most(state: &State, name: &DatasetName) -> (u64, u64) {
    let count = state.datasets.keys().filter(|other| *other == name || other.is_below(name)).count() as u64;
    let used = state.used(name);
    let files: u64 = state
        .datasets
        .keys()
        .filter(|other| *other == name || other.is_below(name))
        .map(|other| state.referenced(other))
        .sum();
    // Of a dataset without anything in it something is used still.
    (used.saturating_sub(files / 2).max(8 << 10), used + 3 * files + count * SLACK)
}

/// Returns whether a quota or reservation is surely judged as OpenZFS judges it.
pub fn judged(state: &State, name: &DatasetName, property: &str, size: u64) -> Option<()> {
    if size == 0 {
        return Some(());
    }
    let (least, most) = least_and_most(state, name);
    let certain = match property {
        "quota" | "refquota" => size < least || size > most,
        _ => fits(state, name, size).is_some(),
    };
    certain.then_some(())
}

/// Returns whether a dataset surely takes so much more, or surely not.
pub fn fits(state: &State, name: &DatasetName, size: u64) -> Option<()> {
    let mut above = Some(name.clone());
    while let Some(now) = above {
        let quota = state.limit(&now, "quota");
        let (least, most) = least_and_most(state, &now);
        // A quota far above all that there is does not matter, and one below is not reached twice.
        if quota > 0 && most + size.saturating_mul(2) > quota && least + size / 2 <= quota {
            return None;
        }
        above = now.parent();
    }
    Some(())
}

/// Up to this quota, what is changed and not yet written may be all that it allows: OpenZFS counts it with
/// 24 times its size (`spa_asize_inflation` in `zfs(4)`).
const INFLATED: u64 = 64 << 20;

/// Returns whether a subtree surely fits where it is renamed to, or surely not.
pub fn moves(state: &State, from: &DatasetName, to: &DatasetName) -> Option<()> {
    let (_, most) = least_and_most(state, from);
    let above = to.parent();
    let narrow = |name: &DatasetName| (1..=INFLATED).contains(&state.limit(name, "quota"));
    if std::iter::successors(above.clone(), DatasetName::parent).any(|name| narrow(&name)) {
        return None;
    }
    above.map_or(Some(()), |above| fits(state, &above, most))
}

/// Returns whether a file surely fits where it is written to.
pub fn fits_at(state: &State, path: &str, size: u64) -> Option<()> {
    let Some(mount) = state.covering(path) else { return Some(()) };
    let refquota = state.limit(&mount.dataset, "refquota");
    let most = state.referenced(&mount.dataset) * 4 + SLACK + size * 4;
    let available = state.available(&mount.dataset);
    // What does not fit is refused in the middle of the file: only what does fit is written.
    let room = available == u64::MAX || available > size * 4 + SLACK;
    (room && (refquota == 0 || refquota > most) && fits(state, &mount.dataset, size * 2).is_some())
        .then_some(())
}
