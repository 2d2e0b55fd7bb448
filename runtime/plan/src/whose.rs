//! Whose a thing on the host is, where it went, and what of phoenix's lies over it: what follows from the inputs
//! alone, looked up once before the stages.

use crate::{
    Inputs,
    record::{Claim, stem, strays},
};
use phoenix_graph::{DatasetName, Graph, HostName, Key, PoolName};
use phoenix_host::{
    area,
    observed::{DatasetState, OWNER, Source},
};
use std::collections::{BTreeMap, BTreeSet};

/// Whose a thing on the host is, and where it went.
pub struct Whose<'a> {
    inputs: &'a Inputs<'a>,
    /// Retired datasets: by their home, where they are now; of several the last retired that was in the generation.
    retired: BTreeMap<DatasetName, &'a DatasetName>,
    /// What bears the marks of something put away, and is not on record: by the home that it says.
    strays: BTreeMap<&'a str, &'a DatasetName>,
    /// Where those of ours stand that somebody renamed, by the name that is on record.
    renamed: BTreeMap<&'a DatasetName, &'a DatasetName>,
    /// By dataset, what the current generation has over it.
    over: BTreeMap<DatasetName, Vec<&'a Key>>,
}

impl<'a> Whose<'a> {
    pub fn new(inputs: &'a Inputs<'a>) -> Self {
        Self {
            inputs,
            retired: retired(inputs),
            strays: strays(inputs.record, inputs.observed, &hosts(inputs)),
            renamed: inputs.record.renamed(inputs.observed).collect(),
            over: over(inputs),
        }
    }

    /// Says whose a dataset is that was seen in this pool.
    pub fn claim(&self, pool: &PoolName, state: &DatasetState) -> Claim {
        self.inputs.record.claim(self.inputs.observed, pool, state)
    }

    /// Returns whether a dataset is phoenix's: it is on record, and its mark agrees.
    pub fn is_ours(&self, name: &DatasetName, state: &DatasetState) -> bool {
        self.claim(&name.pool(), state) == Claim::Ours
    }

    /// Returns whether a dataset is on record, whatever became of its mark.
    pub fn is_on_record(&self, name: &DatasetName, state: &DatasetState) -> bool {
        self.claim(&name.pool(), state).is_on_record()
    }

    /// Returns whether a dataset bears the mark that one of this host is to have.
    pub fn is_marked(&self, state: &DatasetState) -> bool {
        let mark = state.settings.get(OWNER).filter(|mark| mark.source == Source::Local);
        mark.is_some_and(|mark| &*mark.raw == self.inputs.desired.host().as_str())
    }

    /// Returns whether a resource is phoenix's by record: in the current generation, or just made.
    pub fn is_known(&self, key: &Key) -> bool {
        self.inputs.made.contains(key)
            || self.inputs.current.is_some_and(|current| current.get(key).is_some())
    }

    /// Returns whether the current generation adopted it rather than made it.
    pub fn was_adopted(&self, key: &Key) -> bool {
        self.inputs.adopted.contains(key)
    }

    /// Returns whether something may be taken over that phoenix did not make.
    pub fn may_adopt(&self, key: &Key) -> bool {
        let lifecycle = self.inputs.desired.get(key).and_then(|node| node.resource.lifecycle());
        let said = lifecycle.is_some_and(|lifecycle| lifecycle.adopt);
        said || self.inputs.consent.adopt || self.inputs.consent.known.contains(key)
    }

    /// Finds the retired dataset whose home is `name`; one that is not on record where it may be adopted.
    pub fn retired(&self, name: &DatasetName) -> Option<&'a DatasetName> {
        let may = || self.inputs.desired.dataset(name).is_some_and(|node| self.may_adopt(&node.key));
        let stray = || self.stray(name).filter(|_| may());
        self.retired.get(name).copied().or_else(stray)
    }

    /// Returns whether anything is put away.
    pub fn any_retired(&self) -> bool {
        !self.retired.is_empty() || !self.strays.is_empty()
    }

    /// Finds what says that it was put away from `name`, and is not on record.
    pub fn stray(&self, name: &DatasetName) -> Option<&'a DatasetName> {
        self.strays.get(name.as_str()).copied()
    }

    /// Finds where the dataset of ours is that had this name until somebody renamed it.
    pub fn renamed(&self, name: &DatasetName) -> Option<&'a DatasetName> {
        self.renamed.get(name).copied()
    }

    /// Finds the name that a dataset of ours had until somebody renamed it.
    pub fn was(&self, place: &DatasetName) -> Option<&'a DatasetName> {
        let state = self.inputs.observed.datasets.get(place)?;
        let entry = self.inputs.record.entry(self.inputs.observed, &place.pool(), state)?;
        entry.is_renamed(place).then_some(&entry.name)
    }

    /// Lists what the current generation has over a dataset, or over something below it.
    pub fn over(&self, name: &DatasetName) -> impl Iterator<Item = &'a Key> {
        let alike = self
            .over
            .range(name.clone()..)
            .take_while(move |(other, _)| other.as_str().starts_with(name.as_str()));
        let inside = alike.filter(move |(other, _)| *other == name || other.is_below(name));
        inside.flat_map(|(_, keys)| keys.iter().copied())
    }
}

/// Of several that were put away from a name, the one that comes home: one that was in the generation, and the last.
type Rank = (bool, (u64, u64));

fn retired<'a>(inputs: &Inputs<'a>) -> BTreeMap<DatasetName, &'a DatasetName> {
    // What was in the generation that is gone back to comes before what was put away later.
    let mut found: BTreeMap<DatasetName, (Rank, &DatasetName)> = BTreeMap::new();
    let mut were_in_it: BTreeSet<(DatasetName, DatasetName)> = BTreeSet::new();
    let mut all = Vec::new();
    for (place, state, away) in inputs.record.away(inputs.observed) {
        if !inputs.record.claim(inputs.observed, &place.pool(), state).is_on_record() {
            continue;
        }
        // It may have had another name in the generation that is gone back to than when it was put away.
        let entry = inputs.record.entry(inputs.observed, &place.pool(), state);
        let renamed = entry.filter(|entry| !entry.earlier.is_empty());
        let home = renamed.map(|entry| entry.in_generation(inputs.to).clone()).unwrap_or(away.home);
        let stem = stem(inputs.observed, place);
        if entry.is_none_or(|entry| entry.was_in(inputs.to) == Some(&home)) {
            were_in_it.insert((home.clone(), stem.clone()));
        }
        all.push((home, stem, place));
    }
    for (home, stem, place) in all {
        // An earlier state of it, or a later one, is the same one.
        let rank = (were_in_it.contains(&(home.clone(), stem)), area::retired_in(place));
        if found.get(&home).is_none_or(|(other, _)| *other < rank) {
            found.insert(home, (rank, place));
        }
    }
    found.into_iter().map(|(home, (_, place))| (home, place)).collect()
}

/// Lists the names that the host has, and had.
fn hosts(inputs: &Inputs<'_>) -> BTreeSet<HostName> {
    let mut hosts = inputs.record.hosts.clone();
    hosts.insert(inputs.desired.host().clone());
    hosts
}

fn over<'a>(inputs: &Inputs<'a>) -> BTreeMap<DatasetName, Vec<&'a Key>> {
    let mut found: BTreeMap<DatasetName, Vec<&Key>> = BTreeMap::new();
    for node in inputs.current.into_iter().flat_map(Graph::nodes) {
        if let Some(dataset) = node.resource.over() {
            found.entry(dataset.clone()).or_default().push(&node.key);
        }
    }
    found
}
