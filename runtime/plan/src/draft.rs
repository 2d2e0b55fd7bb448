//! A plan in the making: actions with what they need, refusals, warnings; and what the rooms found for each other.

use crate::{
    Action, Before, Inputs, Kind, Plan, Prior, Refusal, Registry, Subject, Warning,
    dataset::{doing, moves::Moves},
    doing::{Doing, Whom},
    export::others::Others,
    keys::late::Late,
    mount::mounting::Mounting,
    order::{Milestone, Reached, lasting_last},
    sketch::Sketch,
    snapshots::lost::Lost,
    whose::Whose,
    why::Why,
};
use phoenix_graph::{Code, DatasetName, Key, PoolName, graph::Node};
use phoenix_host::observed::{DatasetState, Directory};
use std::collections::{BTreeMap, BTreeSet};

/// A plan in the making.
pub struct Draft<'a> {
    pub inputs: &'a Inputs<'a>,
    pub whose: Whose<'a>,
    /// What others than phoenix export.
    pub others: Others<'a>,
    pub found: Findings,
    /// What is adopted after this plan.
    pub adopted: BTreeSet<Key>,
    /// The datasets that are snapshot first, by pool.
    pub snapshots: BTreeMap<PoolName, BTreeSet<DatasetName>>,
    actions: Vec<Action>,
    reached: Reached,
    refusals: Vec<Refusal>,
    warnings: Vec<Warning>,
    /// What settings stand over that are said for the first time.
    before: Before,
}

/// What each room found, for others to ask.
#[derive(Default)]
pub struct Findings {
    pub moves: Moves,
    pub mounting: Mounting,
    /// Root directories whose lists go before their `acltype` does, as they are then, by the names after.
    pub lists_off: BTreeMap<DatasetName, Directory>,
    /// Keys that lie in what is still to be mounted.
    pub late: Late,
    /// What becomes of snapshots that were taken by the clock.
    pub lost: Lost,
    /// The rendered files that are in force while exports are put away.
    pub between: Option<BTreeMap<Box<str>, String>>,
    /// The file of registrations as it was, where the plan writes it.
    pub registry: Option<Registry>,
}

impl<'a> Draft<'a> {
    pub fn new(inputs: &'a Inputs<'a>) -> Self {
        Self {
            inputs,
            whose: Whose::new(inputs),
            others: Others::new(inputs),
            found: Findings::default(),
            adopted: inputs.adopted.clone(),
            snapshots: BTreeMap::new(),
            actions: Vec::new(),
            reached: Reached::default(),
            refusals: Vec::new(),
            warnings: Vec::new(),
            before: Before::new(),
        }
    }

    /// Adds an action. A resource that is taken away and made anew has two; what comes later waits for the last.
    pub fn push(&mut self, subject: Subject, sketch: Sketch) {
        let reached = match &subject {
            Subject::Resource(key) => Some(Milestone::Done(key.clone())),
            Subject::Files => Some(Milestone::Files),
            Subject::Mounts | Subject::Key(_) | Subject::Units => None,
        };
        self.push_apart(subject, sketch);
        if let Some(milestone) = reached {
            self.reached.reach(milestone, self.actions.len() - 1);
        }
    }

    /// Adds an action that is not all that is done to its subject: what waits for that does not wait for this.
    pub fn push_apart(&mut self, subject: Subject, sketch: Sketch) {
        let needs = self.reached.resolve(&sketch.needs, &subject, self.inputs.desired, &self.actions);
        for milestone in sketch.reaches {
            self.reached.reach(milestone, self.actions.len());
        }
        self.actions.push(Action {
            subject,
            kind: sketch.kind,
            changes: sketch.changes,
            ops: sketch.doing.ops,
            inverses: sketch.doing.before,
            class: sketch.class,
            needs,
        });
    }

    /// Has what waits for one milestone from here on wait for another, if that is reached.
    pub fn comes_with(&mut self, milestone: Milestone, with: &Milestone) {
        if let Some(action) = self.reached.action(with) {
            self.reached.reach(milestone, action);
        }
    }

    /// Begins an action on a dataset, by the name that it has after.
    pub fn sketch(&self, kind: Kind, name: &DatasetName) -> Sketch {
        let mut sketch = Sketch::new(kind);
        sketch.about(self.whom(name));
        sketch
    }

    /// Says whom an action is about that is on a dataset, by the name that this has after; nothing where no name passes
    /// from or to it.
    pub fn whom(&self, name: &DatasetName) -> Option<Whom> {
        let moves = &self.found.moves;
        if !self.names_pass() {
            return None;
        }
        let seen = self.inputs.observed;
        let before = moves.got_to(name);
        match self.standing(name) {
            Some((now, _)) if before.as_ref() == Some(now) => None,
            Some((_, state)) => state.guid().map(Whom::Stands),
            None => Some(Whom::New { name: name.clone(), before: seen.datasets.get(&before?)?.guid()? }),
        }
    }

    /// Returns whether names pass from one dataset to another in this transaction.
    fn names_pass(&self) -> bool {
        self.found.moves.any_renames() || self.found.moves.any_done()
    }

    /// Says whom an action on what is there is about, where any names pass from one to another.
    pub fn itself(&self, state: &DatasetState) -> Option<Whom> {
        self.names_pass().then(|| state.guid().map(Whom::Stands))?
    }

    /// Moves a dataset, whose names another one may bear where any pass from one to another.
    pub fn renaming(&self, from: DatasetName, to: DatasetName, state: &DatasetState) -> Doing {
        if self.names_pass() { doing::call(from, to, state) } else { doing::rename(from, to, state.volume) }
    }

    /// Finds a dataset where it is now, by the name that it has after; nothing where it is put away.
    pub fn standing(&self, name: &DatasetName) -> Option<(&'a DatasetName, &'a DatasetState)> {
        self.inputs.observed.datasets.get_key_value(&self.found.moves.now(name)?)
    }

    /// Finds a dataset in the current generation, by the name that it has after.
    pub fn earlier(&self, name: &DatasetName) -> Option<&'a Node> {
        self.inputs.current?.dataset(&self.found.moves.known(name))
    }

    /// Returns what is known to have stood before phoenix set it, of what has a name after, or of its root directory.
    pub fn noted(&self, key: &Key, name: &DatasetName) -> Option<&'a BTreeMap<Box<str>, Prior>> {
        self.inputs.noted(key, &self.found.moves.known(name))
    }

    /// Returns whether something is done to a resource.
    pub fn changes(&self, key: &Key) -> bool {
        self.reached.is_done(key)
    }

    /// Returns whether something is done to what a resource of the desired graph needs.
    pub fn changes_below(&self, key: &Key) -> bool {
        let mut found = Vec::new();
        self.reached.ground(self.inputs.desired, key, &mut found);
        !found.is_empty()
    }

    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// Finds the last action that reaches a milestone.
    pub fn action_mut(&mut self, milestone: &Milestone) -> Option<&mut Action> {
        self.actions.get_mut(self.reached.action(milestone)?)
    }

    /// Notes what a resource's settings stand over that are said for the first time.
    pub fn stands_over(&mut self, key: &Key, settings: BTreeMap<Box<str>, Prior>) {
        if !settings.is_empty() {
            self.before.entry(key.clone()).or_default().extend(settings);
        }
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

    /// Tells something unless it is told already.
    pub fn warn_once(&mut self, key: &Key, code: Code, text: String) {
        if !self.warnings.iter().any(|known| known.key == *key && known.text == text) {
            self.warn(key, code, text);
        }
    }

    /// Ends the plan, with the files that are in force after it.
    pub fn finish(mut self, partial: bool, rendered: BTreeMap<Box<str>, String>) -> Plan {
        let inputs = self.inputs;
        if !partial {
            self.adopted.retain(|key| inputs.desired.get(key).is_some());
        }
        let snapshots = self.snapshots.into_iter().filter(|(_, names)| !names.is_empty());
        Plan {
            number: inputs.number,
            system: inputs.desired.id(),
            actions: lasting_last(self.actions),
            snapshots: snapshots.map(|(pool, names)| (pool, names.into_iter().collect())).collect(),
            refusals: self.refusals,
            warnings: self.warnings,
            partial,
            adopted: self.adopted,
            rendered,
            between: self.found.between,
            before: self.before,
            registry: self.found.registry,
        }
    }
}
