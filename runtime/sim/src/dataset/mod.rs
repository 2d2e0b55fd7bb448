//! File systems and volumes, with their snapshots, clones and streams.

mod clones;
mod life;
mod receive;
mod settings;
mod snapshots;
mod space;

use crate::{
    given::{Given, Roots},
    image::{DatasetImage, HostImage},
    properties::parts,
    state::State,
};
use phoenix_graph::{DatasetName, PropertyName, Target, property};
use phoenix_host::{
    HostError, area,
    observed::{ALWAYS, DatasetState, Directory, Observed, Query},
    op::Op,
};
use std::collections::{BTreeMap, BTreeSet};

/// Looks at all datasets, and at who uses what may leave.
pub fn look(state: &State, _: &Roots, query: &Query, seen: &mut Observed) -> Result<(), HostError> {
    let every = if query.everything { state.every_property() } else { BTreeSet::new() };
    let wanted: BTreeSet<&str> = query
        .properties
        .iter()
        .chain(&every)
        .map(PropertyName::as_str)
        .chain(ALWAYS)
        .filter(|name| !matches!(*name, "type" | "mounted"))
        .collect();
    let wanted: Vec<PropertyName> = wanted.into_iter().map(PropertyName::new).collect();
    let there = state.datasets.keys().filter(|name| state.imported(&name.pool()));
    seen.datasets = there.map(|name| (name.clone(), state.dataset_state(name, &wanted))).collect();
    seen.in_use = state.in_use(query);
    let open = state.nfs_open.iter().filter(|(name, _)| state.may_leave(query, name));
    seen.nfs_open = open.map(|(name, clients)| (name.clone(), clients.clone())).collect();
    Ok(())
}

/// Counts the processes of a look: one, and one more where everything is asked for (which properties there are).
pub fn processes(_: &State, query: &Query) -> u64 {
    1 + u64::from(query.everything)
}

/// Carries out what is done to a dataset or snapshot.
pub fn perform(state: &mut State, Given { keys, .. }: Given<'_>, op: &Op) -> Option<Result<(), HostError>> {
    let done = match op {
        Op::DatasetCreate { dataset, settings } => state.dataset_create(dataset, settings, keys),
        Op::VolumeCreate { dataset, size, sparse, settings } => {
            state.volume_create(dataset, *size, *sparse, settings, keys)
        }
        Op::DatasetSet { dataset, settings } => state.dataset_set(dataset, settings),
        Op::DatasetInherit { dataset, property } => state.dataset_inherit(dataset, property),
        Op::DatasetReceived { dataset, property } => state.dataset_received(dataset, property),
        Op::DatasetRename { from, to, .. } => state.dataset_rename(from, to),
        Op::DatasetDestroy { dataset } => state.dataset_destroy(dataset),
        Op::Clone { snapshot, dataset, settings, .. } => state.clone_of(snapshot, dataset, settings),
        Op::Promote { dataset } => state.promote(dataset),
        Op::Snapshot { datasets, name } => state.snapshot(datasets, name),
        Op::Hold { datasets, name, tag } => state.hold(datasets, name, tag),
        Op::Release { snapshot, tag } => state.release(snapshot, tag),
        Op::SnapshotDestroy { snapshot } => state.snapshot_destroy(snapshot),
        _ => return None,
    };
    if let Op::DatasetCreate { dataset, .. } | Op::VolumeCreate { dataset, .. } | Op::Clone { dataset, .. } =
        op
    {
        state.number(dataset);
    }
    Some(done.map_err(|refusal| refusal.of(op)))
}

/// Returns the first half of an operation that has several parts.
pub fn half(op: &Op) -> Option<Op> {
    match op {
        Op::DatasetSet { dataset, settings } if settings.len() > 1 => Some(Op::DatasetSet {
            dataset: dataset.clone(),
            settings: settings[..settings.len() / 2].to_vec(),
        }),
        Op::Hold { datasets, name, tag } if datasets.len() > 1 => Some(Op::Hold {
            datasets: datasets[..datasets.len() / 2].to_vec(),
            name: name.clone(),
            tag: tag.clone(),
        }),
        _ => None,
    }
}

/// Lists what a power cut may leave of what is made.
pub fn unfinished(op: &Op) -> Option<[Op; 2]> {
    let (target, all) = match op {
        Op::DatasetCreate { settings, .. } => (Target::Filesystem, settings),
        Op::VolumeCreate { settings, .. } => (Target::Volume, settings),
        Op::Clone { volume, settings, .. } => {
            (if *volume { Target::Volume } else { Target::Filesystem }, settings)
        }
        _ => return None,
    };
    Some(parts(all, target).map(|some| {
        let mut made = op.clone();
        if let Op::DatasetCreate { settings, .. }
        | Op::VolumeCreate { settings, .. }
        | Op::Clone { settings, .. } = &mut made
        {
            *settings = some;
        }
        made
    }))
}

/// Adds file systems and volumes to a picture; for `users` without what phoenix keeps for itself.
pub fn show(state: &State, users: bool, image: &mut HostImage) {
    let shown = state.datasets.keys().filter(|name| !users || !area::is_inside(name));
    image.datasets = shown.map(|name| (name.clone(), state.dataset_image(name, users))).collect();
}

/// Nothing is in use.
pub fn boot(state: &mut State, _: &Roots) {
    state.busy.clear();
}

impl State {
    /// Lists the properties that a look at all of them shows.
    fn every_property(&self) -> BTreeSet<PropertyName> {
        let set = self.datasets.values().flat_map(|state| state.settings.keys().cloned());
        let known = [Target::Filesystem, Target::Volume].into_iter().flat_map(property::all);
        let known = known.map(|row| row.name).filter(|name| !name.ends_with('@'));
        set.chain(known.map(PropertyName::new)).collect()
    }

    /// Says who uses what may leave, as a real host's `/proc` would.
    fn in_use(&self, query: &Query) -> BTreeMap<DatasetName, Vec<String>> {
        let user = "process 4242 (simulated)".to_owned();
        let busy = self.busy.iter().filter(|name| self.may_leave(query, name));
        let mut found: BTreeMap<DatasetName, Vec<String>> =
            busy.map(|name| (name.clone(), vec![user.clone()])).collect();
        for (machine, name) in self.served().filter(|(_, name)| self.may_leave(query, name)) {
            let server = format!("process 4243 (virtiofsd of machine {machine})");
            found.entry(name.clone()).or_default().push(server);
        }
        for (name, clients) in self.nfs_open.iter().filter(|(name, _)| self.may_leave(query, name)) {
            let clients = clients.iter().map(|client| format!("the NFS client {client}"));
            found.entry(name.clone()).or_default().extend(clients);
        }
        found
    }

    /// Returns whether it is asked for who uses something, and there is anything to use.
    fn may_leave(&self, query: &Query, name: &DatasetName) -> bool {
        query.leaving.iter().any(|top| name == top || name.is_below(top))
            && self.dataset(name).is_some_and(|state| state.volume || self.mounted_at(name).is_some())
    }

    fn dataset_state(&self, name: &DatasetName, wanted: &[PropertyName]) -> DatasetState {
        let seen =
            wanted.iter().filter_map(|property| Some((property, self.effective(name, property.as_str())?)));
        let mut state = DatasetState {
            volume: self.datasets.get(name).is_some_and(|state| state.volume),
            mounted: self.mounted_at(name).is_some(),
            ..DatasetState::default()
        };
        for (property, setting) in seen {
            if is_garbled(&setting.raw) {
                state.unreadable.insert(property.clone(), setting.source);
            } else {
                state.settings.insert(property.clone(), setting);
            }
        }
        state
    }

    fn dataset_image(&self, name: &DatasetName, users: bool) -> DatasetImage {
        let state = self.datasets.get(name).cloned().unwrap_or_default();
        let mut settings = state.settings;
        let holds = |name: &PropertyName| !settings.contains_key(name) && !state.passed_over.contains(name);
        let received = state.received.into_iter().filter(|(name, _)| holds(name)).collect();
        let mut snapshots = state.snapshots;
        if users {
            settings.retain(|name, _| !name.as_str().starts_with("phoenix:"));
            snapshots.retain(|name, _| !name.starts_with("phoenix-"));
        }
        let mounted = self
            .mounted_at(name)
            .map(|path| if self.hidden(name) { format!("{path} (hidden)") } else { path.to_owned() });
        let directory = state.directory.unwrap_or(Directory::NEW);
        DatasetImage {
            volume: state.volume,
            settings,
            received,
            mounted,
            locked: self.is_locked(name),
            files: state.files,
            directory,
            owners: state.owners,
            modes: state.modes,
            lists: state.lists,
            snapshots,
        }
    }
}

/// Says whether a value stands for bytes that are no text: it has a replacement character in it, since the
/// simulator keeps text alone.
pub fn is_garbled(raw: &str) -> bool {
    raw.contains(char::REPLACEMENT_CHARACTER)
}
