//! Retired datasets: which of them no kept generation names, and how each is destroyed.
//!
//! A retired dataset stands in a folder `<n>` of an area (see `area`), with `n` the attempt that put it
//! away, or in `<n>.undone<k>` where undoing that attempt set it aside. A generation names it where its
//! graph has the home, or anything below it, and where it is older than the attempt: a newer one has a
//! dataset of its own there. What an undoing set aside stays, too, while the record of its attempt is kept.
//! And what was cloned from a snapshot in it and stays keeps it.

use super::{Apart, GcPlan, Inputs, Known, Left, Retired};
use phoenix_graph::{DatasetName, Graph, ObjectId, SnapshotName};
use phoenix_host::{
    area::{folder_of, is_area, number_of},
    observed::{DatasetState, HOME, SnapshotState},
    op::Op,
    snapshots::HOLD,
};
use phoenix_plan::record::{Claim, Entry};
use std::collections::{BTreeMap, BTreeSet};

/// Adds the retired datasets: those that go, those that stay, and those that cannot go.
pub fn plan(inputs: &Inputs<'_>, known: &Known, apart: &mut Apart<'_>, plan: &mut GcPlan) {
    let mut snapshots: BTreeMap<&DatasetName, Vec<&SnapshotState>> = BTreeMap::new();
    for snapshot in inputs.snapshots {
        snapshots.entry(snapshot.name.dataset()).or_default().push(snapshot);
    }
    let named = inputs.graphs.iter().map(|(system, graph)| (*system, named(graph))).collect();
    let survey = Survey { inputs, known, snapshots, named };
    let mut free = Vec::new();
    for (place, state) in &inputs.observed.datasets {
        let Some(folder) = folder_of(place) else { continue };
        if apart.holds(place) {
            apart.retired(place);
            continue;
        }
        match survey.retired(place, state, folder, plan) {
            Err(reason) => plan.strange.push(Left {
                what: place.to_string(),
                reason,
                help: "it is left as it is; destroy it yourself where you know that nobody needs it"
                    .to_owned(),
            }),
            Ok((retired, true)) => plan.staying.push(retired),
            Ok((retired, false)) => match survey.obstacle(&retired) {
                Some(left) => plan.obstacles.push(left),
                None => free.push(retired),
            },
        }
    }
    plan.destroyed = survey.in_order(free, plan);
}

/// Adds the folders of retired datasets that are empty once the plan is carried out.
pub fn plan_folders(inputs: &Inputs<'_>, apart: &Apart<'_>, plan: &mut GcPlan) {
    let named = |name: &DatasetName| inputs.graphs.values().any(|graph| graph.dataset(name).is_some());
    let mut gone: BTreeSet<&DatasetName> =
        plan.destroyed.iter().flat_map(|one| one.below.iter().chain([&one.place])).collect();
    // Inner folders come after outer ones by name, and go first.
    for (name, state) in inputs.observed.datasets.iter().rev() {
        // One that is locked cannot be looked into: a later run takes it, when its key is loaded.
        if !is_area(name) || state.is_locked() || !inputs.is_ours(name, state) || state.local(HOME).is_some()
        {
            continue;
        }
        // An earlier version let a spec have names of an area: then it holds what the spec says.
        if named(name) || apart.holds(name) {
            continue;
        }
        let is_used = inputs.snapshots.iter().any(|one| one.name.dataset() == name)
            || inputs.observed.below(name).any(|(below, _)| !gone.contains(below));
        if !is_used {
            gone.insert(name);
            plan.folders.push(name.clone());
        }
    }
}

/// Lists the datasets that a graph names, and all above them: each of them has something below it, or
/// is itself, named.
fn named(graph: &Graph) -> BTreeSet<DatasetName> {
    let names = graph.nodes().iter().filter_map(|node| node.resource.dataset_name());
    names.flat_map(|name| std::iter::successors(Some(name.clone()), DatasetName::parent)).collect()
}

struct Survey<'a> {
    inputs: &'a Inputs<'a>,
    known: &'a Known,
    snapshots: BTreeMap<&'a DatasetName, Vec<&'a SnapshotState>>,
    /// By system, the datasets that it names, and all above them.
    named: BTreeMap<ObjectId, BTreeSet<DatasetName>>,
}

impl Survey<'_> {
    /// Describes a retired dataset, and says whether it stays; or says why it is none of this store's.
    fn retired(
        &self,
        place: &DatasetName,
        state: &DatasetState,
        folder: &str,
        plan: &GcPlan,
    ) -> Result<(Retired, bool), String> {
        let (number, undone) = number_of(folder)
            .ok_or("it stands where phoenix puts retired datasets, in a folder that is none of its own")?;
        let entry = match self.inputs.claim(place, state) {
            Claim::Ours => self.inputs.record.entry(self.inputs.observed, &place.pool(), state),
            Claim::Unmarked => return Err("it does not bear the mark of this host any more".to_owned()),
            Claim::Unrecorded => {
                return Err("it bears the mark of this host, and this state folder has no record of it: \
                            it is a copy, or was put away by a record that is lost"
                    .to_owned());
            }
            Claim::Foreign => return Err("this state folder has no record of it".to_owned()),
        };
        let away = entry.and_then(|entry| entry.away_at(place));
        let away = away.ok_or("phoenix made it, and did not put it away there")?;
        if away.number != number {
            return Err(format!(
                "attempt {} put it away, and it stands where attempt {number} does",
                away.number
            ));
        }
        let home = away.home;
        if state.local(HOME) != Some(home.as_str()) {
            return Err(format!("its home was {home}, and its mark says something else"));
        }
        if home.pool() != place.pool() {
            return Err(format!("its home {home} is in a pool that has another name by now"));
        }
        // An earlier version let a spec have names of an area.
        let named = |graph: &Graph| graph.dataset(place).is_some();
        if self.inputs.graphs.values().any(named) {
            return Err("a generation on record has it in its spec".to_owned());
        }
        let attempt = self.known.attempts.get(&number);
        let attempt =
            attempt.ok_or_else(|| format!("attempt {number} put it away, and this store knows of none"))?;
        let mut kept = Vec::new();
        let mut going = Vec::new();
        // What lies in it may have lain elsewhere in an earlier generation.
        let inside: Vec<&Entry> = self.inside(place).collect();
        for generation in self.inputs.generations {
            let is_kept = plan.kept.contains_key(&generation.number);
            let older = generation.number < number;
            // It may have had another name in an earlier generation.
            let earlier = entry.filter(|entry| !entry.earlier.is_empty());
            let called = earlier.map_or(&home, |entry| entry.in_generation(generation.number));
            let inner = inside.iter().filter(|entry| entry.by <= generation.number);
            let mut called =
                inner.map(|entry| entry.in_generation(generation.number)).chain(std::iter::once(called));
            let named = self
                .named
                .get(&generation.system)
                .is_some_and(|names| called.any(|called| names.contains(called)));
            // What undoing an attempt set aside stays with its record, whatever is left of its graph.
            let own = undone && generation.number == number;
            if (older && named) || own {
                if is_kept { kept.push(generation.number) } else { going.push(generation.number) }
            }
        }
        let stays = !kept.is_empty();
        let below: Vec<DatasetName> =
            self.inputs.observed.below(place).map(|(name, _)| name.clone()).collect();
        let ops = if stays { Vec::new() } else { self.ops(place, &below) };
        let inside = || below.iter().chain([place]);
        let retired = Retired {
            place: place.clone(),
            home,
            number,
            time: attempt.time,
            bytes: state.value("used").and_then(|used| used.parse().ok()).unwrap_or(0),
            own_snapshots: inside()
                .flat_map(|name| self.snapshots_of(name))
                .filter(|one| !self.inputs.is_a_switchs(one))
                .map(|one| one.name.clone())
                .collect(),
            named_by: if stays { kept } else { going },
            ops,
            below,
        };
        Ok((retired, stays))
    }

    /// Lists what lies in a retired dataset and had names of its own before.
    fn inside(&self, place: &DatasetName) -> impl Iterator<Item = &Entry> {
        let (record, seen) = (self.inputs.record, self.inputs.observed);
        let entries = seen.below(place).filter_map(|(name, state)| record.entry(seen, &name.pool(), state));
        entries.filter(|entry| !entry.earlier.is_empty())
    }

    fn snapshots_of(&self, name: &DatasetName) -> impl Iterator<Item = &SnapshotState> {
        self.snapshots.get(name).into_iter().flatten().copied()
    }

    /// Lists what destroys a dataset with these below it.
    fn ops(&self, place: &DatasetName, below: &[DatasetName]) -> Vec<Op> {
        let children_first = || below.iter().rev().chain([place]);
        let mut ops = Vec::new();
        for dataset in children_first() {
            if self.inputs.observed.datasets.get(dataset).is_some_and(|state| state.mounted) {
                ops.push(Op::DatasetUnmount { dataset: dataset.clone() });
            }
        }
        for dataset in children_first() {
            for state in self.snapshots_of(dataset) {
                ops.extend(end_of(state));
            }
            ops.push(Op::DatasetDestroy { dataset: dataset.clone() });
        }
        ops
    }

    /// Says what keeps a dataset from being destroyed, apart from clones.
    fn obstacle(&self, retired: &Retired) -> Option<Left> {
        let left =
            |reason: String, help: String| Some(Left { what: retired.place.to_string(), reason, help });
        let foreign: Vec<&str> = self
            .inputs
            .observed
            .below(&retired.place)
            .filter(|(name, state)| !self.inputs.is_ours(name, state))
            .map(|(name, _)| name.as_str())
            .collect();
        if !foreign.is_empty() {
            let reason = format!("below it are datasets that are not phoenix's: {}", foreign.join(", "));
            return left(
                reason,
                "move them elsewhere with `zfs rename`, or destroy them yourself".to_owned(),
            );
        }
        let inside = || retired.below.iter().chain([&retired.place]);
        for snapshot in inside().flat_map(|name| self.snapshots_of(name)) {
            if snapshot.obscure {
                let reason = format!("{} is held by a tag that cannot be read", snapshot.name);
                return left(reason, format!("see them with `zfs holds {}`", snapshot.name));
            }
            let others: Vec<&str> = other_holds(snapshot).collect();
            if let Some(tag) = others.first() {
                let reason = format!("its snapshot {} is held by {}", snapshot.name, others.join(", "));
                return left(reason, format!("see who needs it, then `zfs release {tag} {}`", snapshot.name));
            }
        }
        let busy = inside().find_map(|name| Some((name, self.inputs.observed.in_use.get(name)?)));
        let (name, users) = busy?;
        left(
            format!("{name} is in use: {}", users.join(", ")),
            "end what uses it, then run `phoenix gc` again".to_owned(),
        )
    }

    /// Orders what goes so that clones go before what they were cloned from. What has a clone that stays
    /// cannot go; where that is kept for a generation, so is this.
    fn in_order(&self, mut waiting: Vec<Retired>, plan: &mut GcPlan) -> Vec<Retired> {
        let mut ordered: Vec<Retired> = Vec::new();
        let mut gone: BTreeSet<DatasetName> = BTreeSet::new();
        loop {
            let (free, blocked): (Vec<Retired>, Vec<Retired>) =
                waiting.into_iter().partition(|one| self.clone_of(one, &gone).is_none());
            if free.is_empty() {
                waiting = blocked;
                break;
            }
            for one in &free {
                gone.extend(one.below.iter().chain([&one.place]).cloned());
            }
            ordered.extend(free);
            waiting = blocked;
        }
        loop {
            let kept_for = |one: &Retired| {
                let (_, clone) = self.clone_of(one, &gone)?;
                let keeper = plan.staying.iter().find(|staying| staying.holds(&clone))?;
                Some(keeper.named_by.clone())
            };
            let found = waiting.iter().enumerate().find_map(|(at, one)| Some((at, kept_for(one)?)));
            let Some((at, named_by)) = found else { break };
            plan.staying.push(Retired { named_by, ops: Vec::new(), ..waiting.remove(at) });
        }
        plan.staying.sort_by(|a, b| a.place.cmp(&b.place));
        for one in waiting {
            if let Some((snapshot, clone)) = self.clone_of(&one, &gone) {
                plan.obstacles.push(Left {
                    what: one.place.to_string(),
                    reason: format!("{clone} was cloned from its snapshot {snapshot}"),
                    help: format!(
                        "`zfs promote {clone}` makes the clone stand alone; or destroy the clone yourself"
                    ),
                });
            }
        }
        ordered
    }

    /// Finds a clone of a snapshot inside that is there still when the snapshot's turn comes.
    fn clone_of(
        &self,
        retired: &Retired,
        gone: &BTreeSet<DatasetName>,
    ) -> Option<(SnapshotName, DatasetName)> {
        let mut gone_inside = BTreeSet::new();
        for name in retired.below.iter().rev().chain([&retired.place]) {
            for snapshot in self.snapshots_of(name) {
                let stays = |clone: &&DatasetName| !gone.contains(*clone) && !gone_inside.contains(*clone);
                if let Some(clone) = snapshot.clones.iter().find(stays) {
                    return Some((snapshot.name.clone(), clone.clone()));
                }
            }
            gone_inside.insert(name);
        }
        None
    }
}

/// Lists the tags of the holds on a snapshot that are not phoenix's.
pub fn other_holds(snapshot: &SnapshotState) -> impl Iterator<Item = &str> {
    snapshot.holds.iter().map(|tag| &**tag).filter(|tag| *tag != HOLD)
}

/// Returns what ends one snapshot: phoenix's hold is taken off where it is, then it is destroyed.
pub fn end_of(state: &SnapshotState) -> Vec<Op> {
    let release = Op::Release { snapshot: state.name.clone(), tag: HOLD.into() };
    let destroy = Op::SnapshotDestroy { snapshot: state.name.clone() };
    if state.holds.contains(HOLD) { vec![release, destroy] } else { vec![destroy] }
}
