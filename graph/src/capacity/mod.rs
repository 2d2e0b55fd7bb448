//! Space: what is promised of it, against what there is. Arithmetic alone: what there is was seen by somebody else; what a spec
//! promises follows from its resources ([`said`]).
//!
//! - *There* is what a file system may come to: what it uses and what is left for it, its quota and the pool both in the way. A
//!   volume has its size.
//! - *Promised* is what was said: a quota, a volume's size, what is reserved, what may be claimed. Where a file system has a
//!   quota that is all that it and everything below it may take; else it is its `refquota` and what is promised below. Nothing is
//!   promised to what has no limit.
//! - *Reserved* is what is set aside and not filled: nobody else can have it.

mod said;

pub use said::{claim, said};

use crate::{DatasetName, PoolName};
use std::collections::BTreeMap;

/// A file system or volume, as it is; all in bytes, and 0 where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Space {
    /// The size, where it is a volume.
    pub volume: Option<u64>,
    pub quota: u64,
    pub refquota: u64,
    pub reservation: u64,
    pub refreservation: u64,
    pub used: u64,
    /// What is left for it, what it reserves for itself with it.
    pub available: u64,
    /// What of `used` it holds itself, what its snapshots hold, and what it reserves for itself beyond that.
    pub used_by_dataset: u64,
    pub used_by_snapshots: u64,
    pub used_by_refreservation: u64,
    /// What others may claim of it: the namespaces of a cluster of Kubernetes.
    pub claims: u64,
}

/// What is to be told of a file system or volume, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub name: DatasetName,
    pub volume: bool,
    /// Whether a volume is promised more than is reserved for it.
    pub thin: bool,
    /// What it may come to.
    pub there: u64,
    /// What it and all below it use, what they reserve with it.
    pub used: u64,
    /// What of that is held by snapshots.
    pub snapshots: u64,
    /// What of that is reserved and not filled.
    pub reserved: u64,
    /// What it and all below it were promised.
    pub promised: u64,
    /// Its quota; 0 where it has none.
    pub quota: u64,
    /// What was promised below it, and what may be claimed of it.
    pub inside: u64,
    /// What may be claimed of it.
    pub claims: u64,
    /// Whether something, itself or below, has no limit but those above it.
    pub unlimited: bool,
    pub verdicts: Vec<Verdict>,
}

/// What is wrong with a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It can never be kept: the whole pool is smaller.
    NeverFits(Promise),
    /// More is promised inside than it may come to: not all can be kept.
    PromisedTwice,
    /// So many percent of it are used: 90 or more.
    Full,
    /// So many percent of it are used: 80 or more.
    NearlyFull,
}

/// What was promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    Quota,
    Refquota,
    Size,
    Reservation,
    Refreservation,
    Claims,
}

impl Promise {
    /// Returns what it is called.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Quota => "quota",
            Self::Refquota => "refquota",
            Self::Size => "volsize",
            Self::Reservation => "reservation",
            Self::Refreservation => "refreservation",
            Self::Claims => "claims",
        }
    }
}

impl Space {
    /// Returns what it may come to, in bytes.
    #[must_use]
    pub fn there(&self) -> u64 {
        // What it reserves for itself is used, and is left for it, too.
        let room = self.available.saturating_sub(self.used_by_refreservation);
        self.volume.unwrap_or_else(|| self.used.saturating_add(room))
    }

    fn promises(&self) -> impl Iterator<Item = (Promise, u64)> {
        let all = [
            (Promise::Quota, self.quota),
            (Promise::Refquota, self.refquota),
            (Promise::Size, self.volume.unwrap_or(0)),
            (Promise::Reservation, self.reservation),
            (Promise::Refreservation, self.refreservation),
            (Promise::Claims, self.claims),
        ];
        all.into_iter().filter(|(_, bytes)| *bytes > 0)
    }
}

impl Row {
    /// Returns the most that it may come to, however full the pool is by now.
    #[must_use]
    pub fn most(&self) -> u64 {
        if self.quota > 0 { self.quota } else { self.there }
    }

    /// Returns whether there is an end to what it may come to.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.there < NO_END
    }

    /// Returns what is used of what there is: of a volume what it holds itself, since neither its snapshots nor what it
    /// reserves are a part of its size.
    #[must_use]
    pub fn filled(&self) -> u64 {
        let kept = self.snapshots.saturating_add(self.reserved);
        if self.volume { self.used.saturating_sub(kept) } else { self.used }
    }

    /// Returns how many percent of what there is are used, rounded down.
    #[must_use]
    pub fn percent(&self) -> u64 {
        percent(self.filled(), self.there)
    }
}

/// No pool has so many bytes: a simulated one, of which nobody said a size, has no end.
const NO_END: u64 = 1 << 62;

fn percent(used: u64, there: u64) -> u64 {
    let hundredfold = u128::from(used) * 100;
    hundredfold.checked_div(u128::from(there)).map_or(0, |percent| u64::try_from(percent).unwrap_or(u64::MAX))
}

/// What those below one come to.
#[derive(Default)]
struct Below {
    promised: u64,
    snapshots: u64,
    reserved: u64,
    unlimited: bool,
}

/// Tells of each file system and volume what is promised of it, in order of names.
#[must_use]
pub fn rows(spaces: &BTreeMap<DatasetName, Space>) -> Vec<Row> {
    let pools: BTreeMap<PoolName, u64> = spaces
        .iter()
        .filter(|(name, _)| name.is_root())
        .map(|(name, space)| (name.pool(), space.there()))
        .collect();
    let mut below: BTreeMap<DatasetName, Below> = BTreeMap::new();
    let mut rows = Vec::with_capacity(spaces.len());
    // A name sorts before everything below it.
    for (name, space) in spaces.iter().rev() {
        let inner = below.remove(name).unwrap_or_default();
        let row = row(name, space, &inner, pools.get(&name.pool()).copied());
        if let Some(parent) = name.parent() {
            let above = below.entry(parent).or_default();
            above.promised = above.promised.saturating_add(row.promised);
            above.snapshots = above.snapshots.saturating_add(row.snapshots);
            let unfilled = space.reservation.saturating_sub(space.used);
            above.reserved = above.reserved.saturating_add(row.reserved).saturating_add(unfilled);
            // What has a quota is limited, whatever lies in it.
            above.unlimited |= row.unlimited && space.quota == 0;
        }
        rows.push(row);
    }
    rows.reverse();
    rows
}

fn row(name: &DatasetName, space: &Space, below: &Below, pool: Option<u64>) -> Row {
    let inside = below.promised.max(space.claims);
    let own = space.volume.unwrap_or(space.refquota).max(space.refreservation);
    let sum = own.saturating_add(inside).max(space.reservation);
    let promised = if space.quota > 0 { space.quota } else { sum };
    let unlimited = space.volume.is_none() && (space.quota == 0 && space.refquota == 0 || below.unlimited);
    let mut row = Row {
        name: name.clone(),
        volume: space.volume.is_some(),
        thin: space.volume.is_some_and(|size| space.refreservation < size),
        there: space.there(),
        used: space.used,
        snapshots: space.used_by_snapshots.saturating_add(below.snapshots),
        reserved: space.used_by_refreservation.saturating_add(below.reserved),
        promised,
        quota: space.quota,
        inside,
        claims: space.claims,
        unlimited,
        verdicts: Vec::new(),
    };
    row.verdicts = verdicts(&row, space, pool);
    row
}

fn verdicts(row: &Row, space: &Space, pool: Option<u64>) -> Vec<Verdict> {
    let mut found = Vec::new();
    if let Some(pool) = pool {
        let never = space.promises().filter(|(_, bytes)| *bytes > pool);
        found.extend(never.map(|(what, _)| Verdict::NeverFits(what)));
    }
    let most = row.most();
    // Of what has no limit the pool's root tells, once.
    if row.inside > most && (space.quota > 0 || row.name.is_root() || row.claims > most) {
        found.push(Verdict::PromisedTwice);
    }
    match row.percent() {
        0..80 => {}
        80..90 => found.push(Verdict::NearlyFull),
        _ => found.push(Verdict::Full),
    }
    found
}

#[cfg(test)]
mod tests;
