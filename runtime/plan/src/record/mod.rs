//! What is ours: the record of each dataset that a switch of this state folder made, adopted or put away.
//!
//! A mark (`phoenix:owner`, `phoenix:home`) travels: with a stream, with the half of a pool that was split
//! off, with a state folder that is lost; and whoever was given the right to set properties can set it. So a
//! mark is no proof. What is ours is named here, by GUIDs that no other dataset ever has, and the mark on it
//! only has to agree. [`Record::after`] says what is ours once a transaction has done its work, [`infer`]
//! what is of a store that was written before there was a record.

mod after;
mod infer;

pub use after::{ADOPTED, Stage, Step, is_adopted};
pub use infer::{Life, infer};

use phoenix_graph::{DatasetName, Graph, HostName, PoolName, Resource, SnapshotName};
use phoenix_host::{
    area,
    observed::{DatasetState, HOME, ORIGIN, OWNER, Observed, Source},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    iter::successors,
};

/// What no other dataset ever has. The half of a pool that was split off keeps the GUIDs of its datasets, and
/// gets one of its own; what is received or cloned gets one of its own, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    /// The GUID of its pool.
    pub pool: u64,
    /// Its own GUID.
    pub dataset: u64,
}

impl Identity {
    /// Reads the identity of a dataset that was seen in a pool; nothing where one of the GUIDs is not known.
    #[must_use]
    pub fn of(seen: &Observed, pool: &PoolName, state: &DatasetState) -> Option<Self> {
        let pool = seen.pools.get(pool)?.guid;
        let dataset = state.guid()?;
        (pool != 0).then_some(Self { pool, dataset })
    }
}

/// A dataset on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What tells it from all others.
    #[serde(flatten)]
    pub identity: Identity,
    /// Its name when it was last looked for.
    pub name: DatasetName,
    /// The attempt that made or adopted it.
    pub by: u64,
    /// Where it was before it was put away, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<Away>,
    /// The attempt that let go of it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<u64>,
    /// The names that it had before this one, the first first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Earlier>,
}

/// A name that a dataset had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// The name.
    pub name: DatasetName,
    /// The attempt that found it by another one when it was done.
    pub until: u64,
    /// The attempt that put it away under this name, where it was put away and has come home since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<u64>,
}

/// That a dataset is put away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// Its name before.
    pub home: DatasetName,
    /// The attempt that put it away.
    pub number: u64,
}

impl Entry {
    /// Says whether it stands elsewhere in its pool than when it was last looked for, and is neither put away nor
    /// let go of.
    #[must_use]
    pub fn is_renamed(&self, place: &DatasetName) -> bool {
        self.away.is_none()
            && self.released.is_none()
            && !area::is_inside(place)
            && within(&self.name) != within(place)
    }

    /// Returns the name that it had in a generation, which a generation is gone back to by; of what was put away since,
    /// its name before.
    #[must_use]
    pub fn in_generation(&self, generation: u64) -> &DatasetName {
        let earlier = self.earlier.iter().find(|earlier| earlier.until > generation);
        let now = || self.away.as_ref().map_or(&self.name, |away| &away.home);
        earlier.map_or_else(now, |earlier| &earlier.name)
    }

    /// Returns the name that it had in a generation; nothing where it was made later, or was put away then and has come
    /// home since.
    #[must_use]
    pub fn was_in(&self, generation: u64) -> Option<&DatasetName> {
        let earlier = self.earlier.iter().find(|earlier| earlier.until > generation);
        let away = earlier.and_then(|earlier| earlier.away).is_some_and(|away| away <= generation);
        (self.by <= generation && !away).then(|| self.in_generation(generation))
    }

    /// Returns whether it had a name before.
    #[must_use]
    pub fn was(&self, name: &DatasetName) -> bool {
        self.earlier.iter().any(|earlier| earlier.name == *name)
    }

    /// Notes the name that it is found by, by an attempt that is done: another than before, or one that it comes home to.
    fn is_called(&mut self, name: &DatasetName, number: u64) {
        if self.away.is_none() && area::is_inside(&self.name) {
            // It was put away with what it lies in.
            match self.earlier.last_mut() {
                Some(last) if last.until < number => (last.away, last.until) = (Some(last.until), number),
                Some(_) => _ = self.earlier.pop(),
                None => {}
            }
            return;
        }
        let (before, away) = match &self.away {
            Some(away) => (&away.home, Some(away.number)),
            None => (&self.name, None),
        };
        if within(before) != within(name) || away.is_some_and(|away| away < number) {
            self.earlier.push(Earlier { name: before.clone(), until: number, away });
        }
    }

    /// Notes the name that it had until it was put away with what it lies in.
    fn goes_along(&mut self, number: u64) {
        if self.away.is_none() && !area::is_inside(&self.name) {
            self.earlier.push(Earlier { name: self.name.clone(), until: number, away: None });
        }
    }

    /// Says where it was before it was put away, where it stands in an area by now: as it is on record; or, where
    /// a record that was lost put it away, under the name that this one knows.
    #[must_use]
    pub fn away_at(&self, place: &DatasetName) -> Option<Away> {
        if self.away.is_some() {
            return self.away.clone().filter(|_| area::is_inside(place));
        }
        let (number, _) = area::number_of(area::innermost_folder_of(place)?)?;
        if !area::is_inside(&self.name) {
            return Some(Away { home: self.name.clone(), number });
        }
        // What it was put away with has come home without it.
        let went_along = area::innermost_folder_of(&self.name).is_none();
        let before = self.earlier.last().filter(|_| went_along)?;
        Some(Away { home: before.name.clone(), number: before.until })
    }
}

/// Returns what follows the pool in a name: a pool may be imported by another name, with all that is in it.
fn within(name: &DatasetName) -> &str {
    name.as_str().split_once('/').map_or("", |(_, rest)| rest)
}

/// Returns what something was cloned from in the end: where an earlier state of it took the place of a dataset, both have
/// one stem, and which of them stands there is for `--with-data` to say.
#[must_use]
pub fn stem(seen: &Observed, name: &DatasetName) -> DatasetName {
    let origin = |at: &DatasetName| {
        let origin = SnapshotName::new(seen.datasets.get(at)?.value(ORIGIN)?).ok()?;
        Some(origin.dataset().clone())
    };
    // What lies cannot go round.
    successors(Some(name.clone()), origin)
        .take(seen.datasets.len().max(1))
        .last()
        .unwrap_or_else(|| name.clone())
}

/// Lists the pools that a graph names.
#[must_use]
pub fn pools(graph: &Graph) -> BTreeSet<PoolName> {
    let named = |resource: &Resource| match resource {
        Resource::Pool(pool) => Some(pool.name.clone()),
        other => other.dataset_name().map(DatasetName::pool),
    };
    graph.resources().filter_map(named).collect()
}

/// What is on record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The names that the host had: they stand in the marks of what is on record.
    pub hosts: BTreeSet<HostName>,
    /// By identity.
    pub entries: BTreeMap<Identity, Entry>,
}

/// Whose a dataset is, as far as the record and the mark tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is on record, and its mark agrees.
    Ours,
    /// It is on record, and its mark is gone, another's, or cannot be read.
    Unmarked,
    /// It bears the mark of this host, and is not on record: a copy, half a pool, or of a record that is lost.
    Unrecorded,
    /// Neither.
    Foreign,
}

impl Claim {
    /// Returns whether it is on record, whatever became of its mark.
    #[must_use]
    pub fn is_on_record(self) -> bool {
        matches!(self, Self::Ours | Self::Unmarked)
    }
}

impl Record {
    /// Returns whether the mark on a dataset itself was set there, and names this host.
    #[must_use]
    pub fn agrees(&self, state: &DatasetState) -> bool {
        let mark = state.settings.get(OWNER).filter(|mark| mark.source == Source::Local);
        mark.is_some_and(|mark| self.hosts.iter().any(|host| host.as_str() == &*mark.raw))
    }

    /// Says whose a dataset is that was seen in this pool.
    #[must_use]
    pub fn claim(&self, seen: &Observed, pool: &PoolName, state: &DatasetState) -> Claim {
        let known = self.entry(seen, pool, state).is_some_and(|entry| entry.released.is_none());
        match (known, self.agrees(state)) {
            (true, true) => Claim::Ours,
            (true, false) => Claim::Unmarked,
            (false, _) if self.bears(state) => Claim::Unrecorded,
            (false, _) => Claim::Foreign,
        }
    }

    /// Says whose the dataset of this name is; nothing where there is none.
    #[must_use]
    pub fn claim_of(&self, seen: &Observed, name: &DatasetName) -> Option<Claim> {
        Some(self.claim(seen, &name.pool(), seen.datasets.get(name)?))
    }

    /// Returns what is on record of a dataset that was seen in this pool.
    #[must_use]
    pub fn entry(&self, seen: &Observed, pool: &PoolName, state: &DatasetState) -> Option<&Entry> {
        self.entries.get(&Identity::of(seen, pool, state)?)
    }

    /// Lists what somebody renamed, by the name that is on record.
    pub fn renamed<'a>(
        &'a self,
        seen: &'a Observed,
    ) -> impl Iterator<Item = (&'a DatasetName, &'a DatasetName)> {
        seen.datasets.iter().filter_map(|(place, state)| {
            let entry = self.entry(seen, &place.pool(), state)?;
            entry.is_renamed(place).then_some((&entry.name, place))
        })
    }

    /// Returns the name on record of a pool that was seen, by its GUID, where it has another one now: it was
    /// imported by that (`zpool import tank barn`). One that was let go of is nobody's.
    #[must_use]
    pub fn pool_was(&self, seen: &Observed, pool: &PoolName) -> Option<PoolName> {
        let guid = seen.pools.get(pool)?.guid;
        let range = Identity { pool: guid, dataset: 0 }..=Identity { pool: guid, dataset: u64::MAX };
        let entries = || self.entries.range(range.clone()).map(|(_, entry)| entry);
        let entry = entries().find(|entry| entry.name.is_root()).or_else(|| entries().next())?;
        let was = Some(entry.name.pool()).filter(|was| guid != 0 && was != pool);
        was.filter(|_| entry.released.is_none())
    }

    /// Finds the pool that had this name when it was last looked for, and has another one now.
    #[must_use]
    pub fn pool_now<'a>(&self, seen: &'a Observed, was: &PoolName) -> Option<&'a PoolName> {
        seen.pools.keys().find(|pool| self.pool_was(seen, pool).as_ref() == Some(was))
    }

    /// Lists what is put away and still is where its folder says so, each with what is on record of it.
    pub fn away<'a>(
        &'a self,
        seen: &'a Observed,
    ) -> impl Iterator<Item = (&'a DatasetName, &'a DatasetState, Away)> {
        seen.datasets.iter().filter_map(|(place, state)| {
            area::innermost_folder_of(place)?;
            let away = self.entry(seen, &place.pool(), state)?.away_at(place)?;
            (away.home.pool() == place.pool()).then_some((place, state, away))
        })
    }

    /// Returns whether a dataset bears the mark of this host, from wherever it came.
    fn bears(&self, state: &DatasetState) -> bool {
        state.local(OWNER).is_some_and(|mark| self.hosts.iter().any(|host| host.as_str() == mark))
    }
}

/// Lists what was put away from a name by attempts that are not on record, the last first: it stands in an
/// area that takes what has that name, and its marks were set there. It is nobody's until somebody adopts it.
#[must_use]
pub fn strays<'a>(
    record: &Record,
    seen: &'a Observed,
    hosts: &BTreeSet<HostName>,
) -> BTreeMap<&'a str, &'a DatasetName> {
    let mut found: BTreeMap<&str, &DatasetName> = BTreeMap::new();
    for (place, state) in &seen.datasets {
        let Some(home) = put_away_from(seen, hosts, place, state) else { continue };
        if record.entry(seen, &place.pool(), state).is_some() {
            continue;
        }
        let newer = found.get(home).is_none_or(|other| area::retired_in(other) < area::retired_in(place));
        if newer {
            found.insert(home, place);
        }
    }
    found
}

/// Reads from the marks alone where a dataset was put away from; nothing where they were not set on it itself,
/// or where it does not stand in the area that takes what has that name.
fn put_away_from<'a>(
    seen: &Observed,
    hosts: &BTreeSet<HostName>,
    place: &DatasetName,
    state: &'a DatasetState,
) -> Option<&'a str> {
    area::number_of(area::innermost_folder_of(place)?)?;
    let set = |name: &str| state.settings.get(name).filter(|mark| mark.source == Source::Local);
    let owner = set(OWNER)?;
    let home = &*set(HOME)?.raw;
    let name = DatasetName::seen(home).ok()?;
    let holder = area::holder_of(place)?;
    // A holder that was put away itself takes what was below its own home.
    let above = match seen.datasets.get(&holder).filter(|_| area::is_inside(&holder)) {
        Some(state) => DatasetName::seen(put_away_from(seen, hosts, &holder, state)?).ok()?,
        None => holder,
    };
    let agrees = hosts.iter().any(|host| host.as_str() == &*owner.raw);
    (agrees && (above.is_root() || name.is_below(&above)) && name.pool() == place.pool()).then_some(home)
}
