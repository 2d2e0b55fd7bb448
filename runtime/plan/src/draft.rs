//! A plan in the making: actions with what they need, refusals, warnings.

use crate::{
    Action, Before, Change, Inputs, Kind, Plan, Prior, Refusal, Registry, Reversibility, Subject, Warning,
    code,
    dataset::{area::Area, moving},
    doing::Doing,
    mount::mounting::Mounting,
    record::{Claim, strays},
    why::Why,
};
use phoenix_graph::{Code, DatasetName, HostName, Key, PoolName, SnapshotName, graph::Node};
use phoenix_host::{
    area,
    observed::{DatasetState, HOME, OWNER, Source},
    op::Op,
    snapshots,
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
};

/// A plan in the making.
pub struct Draft<'a> {
    pub inputs: &'a Inputs<'a>,
    actions: Vec<Action>,
    snapshots: BTreeMap<PoolName, BTreeSet<DatasetName>>,
    refusals: Vec<Refusal>,
    warnings: Vec<Warning>,
    adopted: BTreeSet<Key>,
    by_key: HashMap<Key, usize>,
    /// By pool, the last of the actions that free names and mount points, each of which needs the one
    /// before it: whatever takes some comes after them.
    frees: BTreeMap<PoolName, usize>,
    /// Retired datasets: by their home, where they are now; the last retired where there are several.
    retired: BTreeMap<DatasetName, &'a DatasetName>,
    /// What bears the marks of something put away, and is not on record: by the home that it says.
    strays: BTreeMap<&'a str, &'a DatasetName>,
    /// Where those of ours stand that somebody renamed, by the name that is on record.
    renamed: BTreeMap<&'a DatasetName, &'a DatasetName>,
    /// Retired datasets that come home: by their home, where they are now.
    homecoming: BTreeMap<DatasetName, DatasetName>,
    /// The places that this plan makes for what it puts away.
    pub area: Area,
    /// What is moved while it is exported or registered: where it stands aside meanwhile.
    moving: BTreeMap<DatasetName, DatasetName>,
    /// The action that takes exports out of the file in force.
    pub files_away: Option<usize>,
    /// What is unmounted, and what is mounted.
    pub mounting: Mounting,
    /// The last action that runs `pvesm`, which runs one at a time.
    last_storage: Option<usize>,
    /// The actions that may mount something, once no more are added.
    mounters: Vec<usize>,
    /// The rendered files that are in force while exports are put away.
    pub between: Option<BTreeMap<Box<str>, String>>,
    /// What settings stand over that are said for the first time.
    before: Before,
    /// The file of registrations as it was, where the plan writes it.
    pub registry: Option<Registry>,
    /// Encryption roots whose keys lie in a dataset that is still to be mounted: that dataset.
    pub late_keys: BTreeMap<DatasetName, DatasetName>,
}

/// An action that is being put together.
pub struct Sketch {
    pub kind: Kind,
    pub changes: Vec<Change>,
    pub class: Reversibility,
    pub needs: Vec<usize>,
    doing: Doing,
    /// What stood before from here on holds only as long as this dataset stands aside.
    aside: Option<DatasetName>,
}

impl Sketch {
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            changes: Vec::new(),
            class: Reversibility::Reversible,
            needs: Vec::new(),
            doing: Doing::default(),
            aside: None,
        }
    }

    pub fn run(&mut self, doing: Doing) {
        let doing = match &self.aside {
            Some(aside) => doing.only_while(aside),
            None => doing,
        };
        self.doing = std::mem::take(&mut self.doing).then(doing);
    }

    /// Has what is run from here on be taken back only as long as a dataset stands aside.
    pub fn only_while(&mut self, aside: DatasetName) {
        self.aside = Some(aside);
    }

    /// Returns whether nothing is run.
    pub fn is_idle(&self) -> bool {
        self.doing.ops.is_empty()
    }
}

impl<'a> Draft<'a> {
    pub fn new(inputs: &'a Inputs<'a>) -> Self {
        Self {
            inputs,
            actions: Vec::new(),
            snapshots: BTreeMap::new(),
            refusals: Vec::new(),
            warnings: Vec::new(),
            adopted: inputs.adopted.clone(),
            by_key: HashMap::new(),
            frees: BTreeMap::new(),
            retired: retired(inputs),
            strays: strays(inputs.record, inputs.observed, &hosts(inputs)),
            renamed: inputs.record.renamed(inputs.observed).collect(),
            homecoming: BTreeMap::new(),
            area: Area::default(),
            moving: BTreeMap::new(),
            files_away: None,
            mounting: Mounting::default(),
            last_storage: None,
            mounters: Vec::new(),
            between: None,
            before: Before::new(),
            registry: None,
            late_keys: BTreeMap::new(),
        }
    }

    /// Adds an action and returns its index.
    pub fn push(&mut self, subject: Subject, sketch: Sketch) -> usize {
        if let Subject::Resource(key) = &subject {
            // A resource that is taken away and made anew has two actions; what comes later needs the last.
            self.by_key.insert(key.clone(), self.actions.len());
        }
        self.push_apart(subject, sketch)
    }

    /// Notes what a resource's settings stand over that are said for the first time.
    pub fn stands_over(&mut self, key: &Key, settings: BTreeMap<Box<str>, Prior>) {
        if !settings.is_empty() {
            self.before.entry(key.clone()).or_default().extend(settings);
        }
    }

    /// Adds an action on a registration: it waits for the one before it, and the first after all that is
    /// mounted for that.
    pub fn push_storage(&mut self, key: Key, mut sketch: Sketch) {
        sketch.needs.append(&mut self.mounters);
        sketch.needs.extend(self.last_storage);
        self.last_storage = Some(self.push(Subject::Resource(key), sketch));
    }

    /// Has what is registered from here on wait for everything that mounts, moves or makes a dataset.
    pub fn mounted_all(&mut self) {
        let mounts = |action: &Action| action.ops.iter().any(Op::may_mount);
        self.mounters = (0..self.actions.len()).filter(|&at| mounts(&self.actions[at])).collect();
    }

    /// Adds an action that nothing waits for, and returns its index.
    pub fn push_apart(&mut self, subject: Subject, sketch: Sketch) -> usize {
        let at = self.actions.len();
        let mut needs = sketch.needs;
        needs.sort_unstable();
        needs.dedup();
        self.actions.push(Action {
            subject,
            kind: sketch.kind,
            changes: sketch.changes,
            ops: sketch.doing.ops,
            inverses: sketch.doing.before,
            class: sketch.class,
            needs,
        });
        at
    }

    pub fn refuse(&mut self, key: &Key, code: Code, reason: impl Into<String>, help: impl Into<String>) {
        self.refuse_for(key, Why::new(code, reason, help));
    }

    pub fn refuse_for(&mut self, key: &Key, Why { code, reason, help }: Why) {
        self.refusals.push(Refusal { key: key.clone(), code, reason, help });
    }

    /// Returns whether something is refused already.
    pub fn is_refused(&self, key: &Key) -> bool {
        self.refusals.iter().any(|refusal| refusal.key == *key)
    }

    pub fn warn(&mut self, key: &Key, code: Code, text: impl Into<String>) {
        self.warnings.push(Warning { key: key.clone(), code, text: text.into() });
    }

    /// Asks for what cannot be undone: refuses where the person did not consent.
    pub fn consent(&mut self, key: &Key, class: Reversibility, what: &str) -> bool {
        if class == Reversibility::Reversible || self.inputs.consent.irreversible.contains(key) {
            return true;
        }
        let effect =
            if class == Reversibility::Destructive { "loses data" } else { "cannot be undone by a rollback" };
        self.refuse(
            key,
            code::NEEDS_CONSENT,
            format!("{what}, which {effect}"),
            format!("if you want it, say so: `--consent {key}`"),
        );
        false
    }

    /// Returns whether something may be taken over that phoenix did not make.
    fn may_adopt(&self, key: &Key) -> bool {
        let lifecycle = self.inputs.desired.get(key).and_then(|node| node.resource.lifecycle());
        let said = lifecycle.is_some_and(|lifecycle| lifecycle.adopt);
        said || self.inputs.consent.adopt || self.inputs.consent.known.contains(key)
    }

    /// Asks whether something that phoenix did not make may be taken over.
    pub fn adopt(&mut self, key: &Key, what: &str, claim: Claim) -> bool {
        if !self.may_adopt(key) {
            let (code, why) = match claim {
                Claim::Unrecorded => (
                    code::UNRECORDED,
                    "bears phoenix's mark; but this state folder has no record of it (a copy, a part of a pool, \
                     something restored, or of a record that is lost)",
                ),
                _ => (code::NOT_OURS, "was not made by phoenix"),
            };
            self.refuse(
                key,
                code,
                format!("{what} is there already, and {why}"),
                "see with `phoenix plan --adopt` what would change on it, and take it over with `phoenix switch --adopt`, or by `adopt` in the spec",
            );
            return false;
        }
        self.adopted.insert(key.clone());
        true
    }

    pub fn was_adopted(&self, key: &Key) -> bool {
        self.inputs.adopted.contains(key)
    }

    pub fn forget_adopted(&mut self, key: &Key) {
        self.adopted.remove(key);
    }

    /// Returns whether a resource is phoenix's by record: in the current generation, or just made.
    pub fn is_known(&self, key: &Key) -> bool {
        self.inputs.made.contains(key)
            || self.inputs.current.is_some_and(|current| current.get(key).is_some())
    }

    /// Finds a dataset as it is, or as it will be once what is retired has come home.
    pub fn seen(&self, name: &DatasetName) -> Option<Cow<'a, DatasetState>> {
        let datasets = &self.inputs.observed.datasets;
        if let Some(state) = datasets.get(name) {
            return Some(Cow::Borrowed(state));
        }
        let state = datasets.get(&self.place(name)?)?;
        Some(Cow::Owned(moving::at_home(state, false)))
    }

    /// Returns where a dataset stands now, if it is about to come home.
    pub fn place(&self, name: &DatasetName) -> Option<DatasetName> {
        // The nearest one counts: what is below another that comes home may come from elsewhere.
        self.homecoming.iter().rev().find_map(|(home, place)| {
            if name == home {
                return Some(place.clone());
            }
            let rest = name.as_str().strip_prefix(home.as_str())?.strip_prefix('/')?;
            place.child(rest).ok()
        })
    }

    /// Returns what a dataset is called once what it belongs to has come home; nothing where nothing does.
    pub fn comes_along(&self, name: &DatasetName) -> Option<DatasetName> {
        let mut above = std::iter::successors(name.parent(), DatasetName::parent);
        above.find_map(|above| {
            let (home, _) = self.homecoming.iter().find(|(_, place)| **place == above)?;
            moving::moved(name, &above, home)
        })
    }

    pub fn comes_home(&mut self, home: &DatasetName, place: &DatasetName) {
        self.homecoming.insert(home.clone(), place.clone());
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

    /// Lists everything below a dataset, as it is now, in order of names.
    pub fn below(
        &self,
        name: &DatasetName,
    ) -> impl Iterator<Item = (&'a DatasetName, &'a DatasetState)> + use<'a> {
        let datasets = &self.inputs.observed.datasets;
        let prefix = name.clone();
        // Between a name and what lies below it there may be siblings like `a-b` (before `a/`): they
        // are passed over, and the run ends with the first name that does not begin alike.
        let text = name.as_str().to_owned();
        datasets
            .range(name.clone()..)
            .skip(1)
            .take_while(move |(other, _)| other.as_str().starts_with(&text))
            .filter(move |(other, _)| other.is_below(&prefix))
    }

    /// Returns the actions that a node of the desired graph has to wait for: of what it needs, and
    /// where that needs no action, of what that needs.
    pub fn waits(&self, node: &Node) -> Vec<usize> {
        let nodes = self.inputs.desired.nodes();
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut look: Vec<usize> = node.needs.clone();
        while let Some(at) = look.pop() {
            if !seen.insert(at) {
                continue;
            }
            match self.by_key.get(&nodes[at].key) {
                Some(&action) => {
                    found.insert(action);
                }
                None => look.extend(&nodes[at].needs),
            }
        }
        found.into_iter().collect()
    }

    /// Has what needs a resource wait for this action as well: it completes the resource.
    pub fn completes(&mut self, key: Key, action: usize) {
        self.by_key.insert(key, action);
    }

    pub fn action_of(&self, key: &Key) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    /// Returns the actions after which all names and mount points that this plan frees are free.
    pub fn frees(&self) -> impl Iterator<Item = usize> {
        self.frees.values().copied()
    }

    /// Returns the last action that freed something in a pool.
    pub fn last_free(&self, pool: &PoolName) -> Option<usize> {
        self.frees.get(pool).copied()
    }

    pub fn add_free(&mut self, pool: PoolName, action: usize) {
        self.frees.insert(pool, action);
    }

    /// Says that a dataset moves with everything below it, and where it stands aside meanwhile.
    pub fn moves(&mut self, name: DatasetName, aside: DatasetName) {
        self.moving.insert(name, aside);
    }

    /// Returns where what a dataset belongs to stands aside while it is moved, if it is.
    pub fn aside(&self, name: &DatasetName) -> Option<&DatasetName> {
        let above = std::iter::successors(Some(name.clone()), DatasetName::parent);
        above.into_iter().find_map(|above| self.moving.get(&above))
    }

    /// Returns whether an earlier state of a dataset takes its place.
    pub fn is_exchanged(&self, name: &DatasetName) -> bool {
        self.moving.contains_key(name)
    }

    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// Tells more of an action.
    pub fn tell(&mut self, at: usize, changes: Vec<Change>) {
        if let Some(action) = self.actions.get_mut(at) {
            action.changes.extend(changes);
        }
    }

    pub fn has_imports(&self) -> bool {
        self.actions.iter().any(|action| action.kind == Kind::Import)
    }

    /// Has a dataset snapshot before anything else is done.
    pub fn snapshot(&mut self, name: &DatasetName) {
        // What this very transaction made, before it was cut off, has no state before it; and a snapshot
        // would keep it from being unmade.
        let made = [Key::Dataset, Key::Volume].map(|kind| kind(name.clone()));
        if made.iter().any(|key| self.inputs.made.contains(key)) || self.is_replica(name) {
            return;
        }
        if !self.has_room(name) {
            return;
        }
        self.tell_received(name);
        self.snapshots.entry(name.pool()).or_default().insert(name.clone());
    }

    /// Returns whether replication from elsewhere writes to a dataset, as the spec says of it or of one above:
    /// a snapshot of phoenix's would end that.
    pub fn is_replica(&self, name: &DatasetName) -> bool {
        let graphs = || std::iter::once(self.inputs.desired).chain(self.inputs.current);
        let home = self.inputs.observed.datasets.get(name).and_then(|state| state.local(HOME));
        let home = home.and_then(|home| DatasetName::seen(home).ok()).unwrap_or_else(|| name.clone());
        let mut above = std::iter::successors(Some(home), DatasetName::parent);
        above.any(|above| {
            graphs()
                .filter_map(|graph| graph.dataset(&above)?.resource.lifecycle())
                .any(|lifecycle| lifecycle.replica)
        })
    }

    /// Tells of a dataset whose name leaves no room for that of a snapshot.
    fn has_room(&mut self, name: &DatasetName) -> bool {
        // A switch that goes on after an import has parts.
        if SnapshotName::of(name, &snapshots::name(self.inputs.number, 1)).is_ok() {
            return true;
        }
        let node =
            self.inputs.desired.dataset(name).or(self.inputs.current.and_then(|graph| graph.dataset(name)));
        let key = node.map_or_else(|| Key::Dataset(name.clone()), |node| node.key.clone());
        self.warn(
            &key,
            code::NO_SNAPSHOT,
            "its name leaves no room for that of a snapshot, and none is taken: what it holds now is nothing that `rollback --with-data` could go back to",
        );
        false
    }

    /// Returns the datasets of a pool that are snapshot first.
    pub fn snapshots_in(&self, pool: &PoolName) -> BTreeSet<DatasetName> {
        self.snapshots.get(pool).cloned().unwrap_or_default()
    }

    /// Has a dataset not snapshot.
    pub fn without_snapshot(&mut self, name: &DatasetName) {
        self.snapshots.values_mut().for_each(|names| _ = names.remove(name));
        self.snapshots.retain(|_, names| !names.is_empty());
    }

    /// Has nothing of a pool snapshot.
    pub fn without_snapshots(&mut self, pool: &PoolName) {
        self.snapshots.remove(pool);
    }

    /// Tells of a dataset that is snapshot, and looks as if a replication wrote to it.
    fn tell_received(&mut self, name: &DatasetName) {
        let Some(state) = self.inputs.observed.datasets.get(name) else { return };
        let received = state.settings.iter().find(|(_, setting)| setting.source == Source::Received);
        let Some((property, _)) = received else { return };
        let node =
            self.inputs.desired.dataset(name).or(self.inputs.current.and_then(|graph| graph.dataset(name)));
        let Some(key) = node.map(|node| node.key.clone()) else { return };
        let text = format!(
            "its {property} came with a `zfs send`: where that goes on, the snapshot that this switch takes of it makes the next `zfs receive -F` fail; `replica` in its spec says that none is taken"
        );
        if !self.warnings.iter().any(|known| known.key == key && known.text == text) {
            self.warn(&key, code::ENDS_REPLICATION, text);
        }
    }

    /// Finds the retired dataset whose home is `name`; one that is not on record where it may be adopted.
    pub fn retired(&self, name: &DatasetName) -> Option<&'a DatasetName> {
        let may = || self.inputs.desired.dataset(name).is_some_and(|node| self.may_adopt(&node.key));
        let stray = || self.stray(name).filter(|_| may());
        self.retired.get(name).copied().or_else(stray)
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

    /// Finds what says that it was put away from `name`, and is not on record.
    pub fn stray(&self, name: &DatasetName) -> Option<&'a DatasetName> {
        self.strays.get(name.as_str()).copied()
    }

    /// Ends the plan, with the files that are in force after it.
    pub fn finish(mut self, partial: bool, rendered: BTreeMap<Box<str>, String>) -> Plan {
        let inputs = self.inputs;
        if !partial {
            self.adopted.retain(|key| inputs.desired.get(key).is_some());
        }
        Plan {
            number: inputs.number,
            system: inputs.desired.id(),
            actions: lasting_last(self.actions),
            snapshots: self
                .snapshots
                .into_iter()
                .map(|(pool, names)| (pool, names.into_iter().collect()))
                .collect(),
            refusals: self.refusals,
            warnings: self.warnings,
            partial,
            adopted: self.adopted,
            rendered,
            between: self.between,
            before: self.before,
            registry: self.registry,
        }
    }
}

/// Moves what no rollback undoes behind everything else, and has it wait for all of that: whatever fails
/// before can still be undone. What something needs stays in its place.
fn lasting_last(actions: Vec<Action>) -> Vec<Action> {
    let needed: BTreeSet<usize> = actions.iter().flat_map(|action| action.needs.iter().copied()).collect();
    let lasting: BTreeSet<usize> = (0..actions.len())
        .filter(|at| actions[*at].class != Reversibility::Reversible && !needed.contains(at))
        .collect();
    if lasting.is_empty() {
        return actions;
    }
    let before = actions.len() - lasting.len();
    let mut place = vec![0; actions.len()];
    let others = (0..actions.len()).filter(|at| !lasting.contains(at));
    for (to, at) in others.chain(lasting.iter().copied()).enumerate() {
        place[at] = to;
    }
    let mut ordered: Vec<(usize, Action)> =
        actions.into_iter().enumerate().map(|(at, action)| (place[at], action)).collect();
    ordered.sort_by_key(|(to, _)| *to);
    let moved = ordered.into_iter().map(|(to, mut action)| {
        if to < before {
            action.needs = action.needs.iter().map(|&need| place[need]).collect();
            action.needs.sort_unstable();
        } else {
            action.needs = (0..to).collect();
        }
        action
    });
    moved.collect()
}

fn retired<'a>(inputs: &Inputs<'a>) -> BTreeMap<DatasetName, &'a DatasetName> {
    let mut found: BTreeMap<DatasetName, &DatasetName> = BTreeMap::new();
    for (place, state, away) in inputs.record.away(inputs.observed) {
        if !inputs.record.claim(inputs.observed, &place.pool(), state).is_on_record() {
            continue;
        }
        let home = away.home;
        let newer = found.get(&home).is_none_or(|other| area::retired_in(other) < area::retired_in(place));
        if newer {
            found.insert(home, place);
        }
    }
    found
}

/// Lists the names that the host has, and had.
fn hosts(inputs: &Inputs<'_>) -> BTreeSet<HostName> {
    let mut hosts = inputs.record.hosts.clone();
    hosts.insert(inputs.desired.host().clone());
    hosts
}
