//! The order of actions: what they reach and what they wait for has names, which are resolved here and nowhere else.
//!
//! An action waits for what is planned by then: of several that reach a milestone, for the last before it.

use crate::{Action, Reversibility, Subject};
use phoenix_graph::{Graph, Key, PoolName};
use phoenix_host::op::Op;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What actions reach.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Milestone {
    /// What is done to a resource is done.
    Done(Key),
    /// The rendered files are in force, for a time or for good.
    Files,
    /// Names and mount points in a pool are free that the plan frees. Each action that frees some waits for the one
    /// before it, and whatever takes some comes after them.
    Free(PoolName),
    /// A mount point is set. OpenZFS mounts by itself then, and in which order is to be known.
    MountPointSet,
    /// `pvesm` has run, which runs one at a time.
    Registered,
    /// All that mounts, moves or makes a dataset is done. Until an action reaches it, that is each that may mount.
    Mounted,
}

/// What an action waits for.
#[derive(Debug, Clone)]
pub enum Need {
    Reached(Milestone),
    /// All names and mount points that the plan frees, in whatever pool.
    AllFree,
    /// What the desired graph says that a resource needs; and where nothing is done to that, what that needs.
    Ground(Key),
    /// The ground of the resource that the action is about.
    OwnGround,
}

impl From<Milestone> for Need {
    fn from(milestone: Milestone) -> Self {
        Self::Reached(milestone)
    }
}

/// The milestones that are reached so far, each with the last action that reaches it.
#[derive(Default)]
pub struct Reached {
    done: HashMap<Key, usize>,
    free: BTreeMap<PoolName, usize>,
    others: BTreeMap<Milestone, usize>,
}

impl Reached {
    pub fn reach(&mut self, milestone: Milestone, action: usize) {
        match milestone {
            Milestone::Done(key) => self.done.insert(key, action),
            Milestone::Free(pool) => self.free.insert(pool, action),
            other => self.others.insert(other, action),
        };
    }

    pub fn action(&self, milestone: &Milestone) -> Option<usize> {
        match milestone {
            Milestone::Done(key) => self.done.get(key),
            Milestone::Free(pool) => self.free.get(pool),
            other => self.others.get(other),
        }
        .copied()
    }

    pub fn is_done(&self, key: &Key) -> bool {
        self.done.contains_key(key)
    }

    /// Returns the actions that all that an action waits for comes to, in their order.
    pub fn resolve(
        &self,
        needs: &[Need],
        subject: &Subject,
        desired: &Graph,
        actions: &[Action],
    ) -> Vec<usize> {
        let mut found = Vec::new();
        for need in needs {
            match need {
                Need::AllFree => found.extend(self.free.values()),
                Need::OwnGround => {
                    if let Subject::Resource(key) = subject {
                        self.ground(desired, key, &mut found);
                    }
                }
                Need::Ground(key) => self.ground(desired, key, &mut found),
                Need::Reached(milestone) => match self.action(milestone) {
                    None if *milestone == Milestone::Mounted => found.extend(mounting(actions)),
                    action => found.extend(action),
                },
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Adds what is done to what a resource needs; where nothing is done to that, to what that needs.
    pub fn ground(&self, desired: &Graph, key: &Key, found: &mut Vec<usize>) {
        let nodes = desired.nodes();
        let Some(mut node) = desired.get(key) else { return };
        let (mut look, mut seen) = (Vec::new(), BTreeSet::new());
        loop {
            for &at in &node.needs {
                match self.done.get(&nodes[at].key) {
                    Some(&action) => found.push(action),
                    None if seen.insert(at) => look.push(at),
                    None => {}
                }
            }
            let Some(next) = look.pop() else { return };
            node = &nodes[next];
        }
    }
}

fn mounting(actions: &[Action]) -> impl Iterator<Item = usize> {
    let mounts = |action: &Action| action.ops.iter().any(Op::may_mount);
    actions.iter().enumerate().filter(move |(_, action)| mounts(action)).map(|(at, _)| at)
}

/// Moves what no rollback undoes behind everything else, and has it wait for all of that: whatever fails
/// before can still be undone. What something else needs stays in its place.
pub fn lasting_last(actions: Vec<Action>) -> Vec<Action> {
    let mut lasting = BTreeSet::new();
    for at in (0..actions.len()).rev().filter(|at| actions[*at].class != Reversibility::Reversible) {
        let mut waiting = (0..actions.len()).filter(|by| actions[*by].needs.contains(&at));
        if waiting.all(|by| lasting.contains(&by)) {
            lasting.insert(at);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use phoenix_graph::{Dataset, DatasetName, HostName, Lifecycle, Pool, Resource, Settings};

    fn key(name: &str) -> Key {
        Key::Dataset(DatasetName::new(name).unwrap())
    }

    fn tank() -> PoolName {
        PoolName::new("tank").unwrap()
    }

    /// The pool `tank`, and what is in it.
    fn graph(names: &[&str]) -> Graph {
        let pool = Resource::Pool(Pool {
            name: tank(),
            layout: Vec::new(),
            settings: Settings::default(),
            lifecycle: Lifecycle::default(),
        });
        let dataset = |name: &&str| {
            Resource::Dataset(Dataset {
                name: DatasetName::new(name).unwrap(),
                settings: Settings::default(),
                lifecycle: Lifecycle::default(),
            })
        };
        let resources = std::iter::once(pool).chain(names.iter().map(dataset)).collect();
        Graph::assemble(HostName::new("box").unwrap(), resources).unwrap()
    }

    fn action(ops: Vec<Op>) -> Action {
        Action {
            subject: Subject::Mounts,
            kind: Kind::Update,
            changes: Vec::new(),
            ops,
            inverses: Vec::new(),
            class: Reversibility::Reversible,
            needs: Vec::new(),
        }
    }

    #[test]
    fn the_last_action_that_reaches_a_milestone_counts_and_none_before_there_is_one() {
        let (mut reached, graph) = (Reached::default(), graph(&[]));
        let needs = [Milestone::Done(key("tank/a")).into(), Milestone::Files.into()];
        assert_eq!(reached.resolve(&needs, &Subject::Mounts, &graph, &[]), [0; 0]);
        reached.reach(Milestone::Done(key("tank/a")), 1);
        reached.reach(Milestone::Files, 2);
        reached.reach(Milestone::Done(key("tank/a")), 5);
        assert_eq!(reached.resolve(&needs, &Subject::Mounts, &graph, &[]), [2, 5]);
    }

    #[test]
    fn where_nothing_is_done_to_the_ground_what_lies_below_it_is_waited_for() {
        let (mut reached, graph) = (Reached::default(), graph(&["tank/a", "tank/a/b"]));
        let (subject, needs) = (Subject::Resource(key("tank/a/b")), [Need::OwnGround]);
        reached.reach(Milestone::Done(Key::Pool(tank())), 0);
        assert_eq!(reached.resolve(&needs, &subject, &graph, &[]), [0]);
        reached.reach(Milestone::Done(key("tank/a")), 3);
        assert_eq!(reached.resolve(&needs, &subject, &graph, &[]), [3]);
    }

    #[test]
    fn names_are_free_pool_by_pool_or_all_together() {
        let (mut reached, graph) = (Reached::default(), graph(&[]));
        let free = |pool| Milestone::Free(PoolName::new(pool).unwrap());
        reached.reach(free("one"), 0);
        reached.reach(free("two"), 1);
        assert_eq!(reached.resolve(&[free("two").into()], &Subject::Mounts, &graph, &[]), [1]);
        assert_eq!(reached.resolve(&[Need::AllFree], &Subject::Mounts, &graph, &[]), [0, 1]);
    }

    #[test]
    fn what_lasts_goes_behind_all_else_unless_something_else_needs_it() {
        let lasting = |needs: &[usize]| Action {
            class: Reversibility::ForwardOnly,
            needs: needs.into(),
            ..action(Vec::new())
        };
        let plain = |needs: &[usize]| Action { needs: needs.into(), ..action(Vec::new()) };
        // Of three that last the second waits for the first, and something else waits for the third.
        let actions = vec![plain(&[]), lasting(&[0]), lasting(&[1]), lasting(&[]), plain(&[3]), plain(&[0])];
        let ordered = lasting_last(actions);
        let told: Vec<(bool, &[usize])> = ordered
            .iter()
            .map(|action| (action.class == Reversibility::Reversible, &*action.needs))
            .collect();
        assert_eq!(
            told,
            [
                (true, &[][..]),
                (false, &[]),
                (true, &[1]),
                (true, &[0]),
                (false, &[0, 1, 2, 3]),
                (false, &[0, 1, 2, 3, 4])
            ]
        );
    }

    #[test]
    fn all_that_may_mount_is_waited_for_once() {
        let (mut reached, graph) = (Reached::default(), graph(&[]));
        let mount = || action(vec![Op::DatasetMount { dataset: DatasetName::new("tank/a").unwrap() }]);
        let actions = [mount(), action(Vec::new()), mount()];
        let needs = [Milestone::Mounted.into()];
        assert_eq!(reached.resolve(&needs, &Subject::Mounts, &graph, &actions), [0, 2]);
        reached.reach(Milestone::Mounted, 2);
        assert_eq!(reached.resolve(&needs, &Subject::Mounts, &graph, &actions), [2]);
    }
}
