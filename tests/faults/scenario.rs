//! A way from one graph to another on a host with files in it, to be disturbed anywhere.
//!
//! The host before the way is made once; each run begins with that host and its store again.

use super::{
    examples::KEY_FILES,
    picture::{difference, picture, unowned},
    tally::Tally,
};
use phoenix_graph::{DatasetName, Graph, Key, Permissions, Resource};
use phoenix_host::{HostError, op::Op};
use phoenix_plan::Subject;
use phoenix_sim::{Event, Fault, FaultKind, HostImage, inner};
use phoenix_support::{self as support, Saved, World};
use phoenix_transaction::switch::{Recovered, SwitchError, Switched};
use std::{
    collections::{BTreeMap, BTreeSet},
    iter::successors,
    path::PathBuf,
};

/// Two graphs of one host.
pub struct Pair {
    pub name: String,
    pub first: Graph,
    pub second: Graph,
    /// Whether the host is in a cluster, another node of which has what lies on no dataset in the first graph.
    pub clustered: bool,
}

impl Pair {
    /// Lists what both graphs have, by its name in the second: the name that it has in the first.
    fn names(&self) -> BTreeMap<DatasetName, DatasetName> {
        let names = || self.second.resources().filter_map(Resource::dataset_name);
        let was = |name: &DatasetName| self.second.dataset(name)?.resource.lifecycle()?.was.clone();
        let renamed = names().filter_map(|name| Some((name.clone(), was(name)?)));
        let (before, after): (BTreeMap<_, _>, BTreeMap<_, _>) =
            renamed.map(|(name, was)| ((name.clone(), was.clone()), (was, name))).unzip();
        // What goes by another name now was not what has the name.
        let both = names().map(|name| (name.clone(), moved(name, &before)));
        both.filter(|(name, was)| self.first.dataset(was).is_some() && moved(was, &after) == *name).collect()
    }

    /// Lists the datasets of both graphs, with what is said of their names and mount points.
    pub fn outline(&self) -> String {
        let of = |graph: &Graph| {
            let node = |resource: &Resource| {
                let name = resource.dataset_name()?;
                let was = resource.lifecycle().and_then(|lifecycle| lifecycle.was.as_ref());
                let was = was.map(|was| format!(" was={was}")).unwrap_or_default();
                let settings =
                    resource.settings().map(|settings| format!(" {settings:?}")).unwrap_or_default();
                Some(format!("{name}{was}{settings}"))
            };
            graph.resources().filter_map(node).collect::<Vec<_>>().join("\n    ")
        };
        format!("    {}\n  to\n    {}", of(&self.first), of(&self.second))
    }

    /// Lists the datasets all of which is given away by either graph, by their names in the first.
    fn given_away(&self) -> BTreeSet<DatasetName> {
        let names = self.names();
        let first = recursive(&self.first).map(|said| said.dataset.clone());
        let second = recursive(&self.second).filter_map(|said| names.get(&said.dataset).cloned());
        first.chain(second).collect()
    }

    /// Lists what the files of datasets say after a way, by the names of the datasets: what each was called in the first
    /// graph.
    fn letters(&self, way: Way) -> BTreeMap<DatasetName, String> {
        let volume = |name: &DatasetName| {
            self.first.dataset(name).is_some_and(|node| matches!(node.resource, Resource::Volume(_)))
        };
        let letter = |(name, was): (DatasetName, DatasetName)| (name, was.as_str().to_owned());
        let first = self.first.resources().filter_map(Resource::dataset_name);
        match way {
            Way::Fresh => BTreeMap::new(),
            Way::Edit => self.names().into_iter().filter(|(_, was)| !volume(was)).map(letter).collect(),
            Way::Back => {
                first.filter(|name| !volume(name)).map(|name| letter((name.clone(), name.clone()))).collect()
            }
        }
    }
}

/// Returns what becomes of a name where some are renamed, with what they hold.
fn moved(name: &DatasetName, ways: &BTreeMap<DatasetName, DatasetName>) -> DatasetName {
    let mut above = successors(Some(name.clone()), DatasetName::parent);
    let along = above.find_map(|above| Some((ways.get(&above)?.clone(), above)));
    let Some((to, from)) = along else { return name.clone() };
    DatasetName::seen(&format!("{to}{}", &name.as_str()[from.as_str().len()..])).unwrap()
}

/// Lists the permissions that give all that lies in a dataset away.
fn recursive(graph: &Graph) -> impl Iterator<Item = &Permissions> {
    graph.resources().filter_map(|resource| match resource {
        Resource::Permissions(said) => Some(said).filter(|said| said.recursive),
        _ => None,
    })
}

/// What is under way when a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Way {
    /// From a blank host to the first graph.
    Fresh,
    /// From the first graph to the second.
    Edit,
    /// Back from the second to the first.
    Back,
}

pub const WAYS: [Way; 3] = [Way::Fresh, Way::Edit, Way::Back];

/// The containers that there are.
const CONTAINERS: std::ops::Range<u32> = 100..105;

/// The machines that there are.
const MACHINES: std::ops::Range<u32> = 200..203;

/// How an operation fails.
pub const FAILURES: [FaultKind; 2] = [FaultKind::Fail, FaultKind::FailPartly];
/// How power is lost.
pub const CUTS: [FaultKind; 2] = [FaultKind::PowerBefore, FaultKind::PowerAfter];

/// Why a way is not gone.
#[derive(Debug)]
pub enum NotGone {
    /// The plan is refused, first for this reason.
    Refused(&'static str),
    /// The host does not take it, and it is undone.
    NotTaken(String),
    /// It ends as nothing should.
    Broken(String),
}

/// A way, and the host before it.
pub struct Scenario<'a> {
    pair: &'a Pair,
    way: Way,
    world: World,
    saved: Saved,
    before: HostImage,
    from: Option<u64>,
    /// What the files say, by their datasets: now, and after the way.
    letters: BTreeMap<DatasetName, String>,
    delivered: BTreeMap<DatasetName, String>,
    written: BTreeSet<String>,
    /// How many events the way has where nothing disturbs it.
    pub events: usize,
    /// What the host is told to do on the way.
    pub ops: Vec<Op>,
    /// By event, how many states it may be caught in when power is lost within it.
    pub inner: Vec<usize>,
    /// The host once one has gone an edit undisturbed, and back.
    back: Option<HostImage>,
}

impl<'a> Scenario<'a> {
    /// Prepares a host, and goes the way once, undisturbed.
    pub fn new(pair: &'a Pair, way: Way) -> Result<Self, NotGone> {
        let world = prepared(pair, way)?;
        let saved = world.save();
        let (before, from, written) = (picture(&world), world.current(), world.files());
        let mut scenario = Self {
            pair,
            way,
            letters: letters(&world),
            delivered: pair.letters(way),
            world,
            saved,
            before,
            from,
            written,
            events: 0,
            ops: Vec::new(),
            inner: Vec::new(),
            back: None,
        };
        gone(scenario.go())?;
        if let Some(astray) = scenario.astray() {
            return Err(NotGone::Broken(astray));
        }
        let drift = scenario.world.drift();
        assert!(drift.actions.is_empty(), "{}: {:?}", pair.name, support::kinds(&drift));
        let events = scenario.world.host.events();
        scenario.events = events.len();
        let of = |event: &Event| if let Event::Op(op) = event { inner(op) } else { 0 };
        scenario.inner = events.iter().map(of).collect();
        let ops =
            events.into_iter().filter_map(|event| if let Event::Op(op) = event { Some(op) } else { None });
        scenario.ops = ops.collect();
        if let (Way::Edit, Some(from)) = (way, from) {
            scenario.back = gone(scenario.world.rollback(from)).ok().map(|()| picture(&scenario.world));
        }
        Ok(scenario)
    }

    /// How what is told of a volume begins.
    fn volumes(&self) -> Vec<String> {
        let all = self.pair.first.resources().chain(self.pair.second.resources());
        let volumes = all.filter(|resource| matches!(resource, Resource::Volume(_)));
        volumes.filter_map(Resource::dataset_name).map(|name| format!("{name} was set aside")).collect()
    }

    fn go(&self) -> Result<Switched, SwitchError> {
        go(&self.world, self.pair, self.way)
    }

    fn named(&self, fault: &str) -> String {
        format!("{} {:?} {fault}", self.pair.name, self.way)
    }

    /// Lets an operation fail. Returns how many events undoing it took.
    pub fn failure(&self, at: usize, kind: FaultKind, tally: &mut Tally) -> usize {
        self.world.restore(&self.saved);
        self.world.host.inject(Fault::at(at, kind));
        let result = self.go();
        let events = self.world.host.events();
        let run = self.named(&format!("{kind:?} at {at} ({})", events[at]));
        tally.run("an operation fails");
        match &result {
            Ok(_) => {
                tally.hold(self.world.current() != self.from, || "it says done, and is not".into(), &run)
            }
            Err(SwitchError::Failed { .. }) => {
                tally.hold(self.world.current() == self.from, || "it says undone, and is not".into(), &run);
            }
            Err(error) => tally.hold(false, || format!("{error:?}"), &run),
        }
        self.check(&run, tally);
        if result.is_err() {
            self.world.host.clear_faults();
            self.again(&run, tally);
        }
        events.len() - at - 1
    }

    /// Lets an operation fail, and disturbs undoing it.
    pub fn failure_and(&self, at: usize, kind: FaultKind, then: (usize, FaultKind), tally: &mut Tally) {
        self.world.restore(&self.saved);
        self.world.host.inject(Fault::at(at, kind));
        self.world.host.inject(Fault::at(at + 1 + then.0, then.1));
        let result = self.go();
        let run = self.named(&format!("{kind:?} at {at}, then while undoing {:?} at {}", then.1, then.0));
        tally.run("an operation fails, and another disturbs undoing it");
        let told = match &result {
            Ok(_) => self.world.current() != self.from,
            Err(SwitchError::Failed { .. }) => self.world.current() == self.from,
            Err(SwitchError::Degraded { .. }) => FAILURES.contains(&then.1),
            Err(SwitchError::Host(HostError::PowerLost)) => CUTS.contains(&then.1),
            Err(_) => false,
        };
        tally.hold(told, || format!("{result:?}"), &run);
        self.world.host.clear_faults();
        if matches!(result, Err(SwitchError::Host(HostError::PowerLost))) {
            self.world.host.power_on();
        }
        self.recovered(false, &run, tally);
    }

    /// Lets the state folder be full from some point on, and makes room after.
    pub fn full(&self, at: usize, waits: bool, tally: &mut Tally) {
        self.world.restore(&self.saved);
        self.world.host.inject(Fault::at(at, FaultKind::Full));
        let result = if waits { self.world.switch_and_wait(&self.pair.second) } else { self.go() };
        let run = self.named(&format!("full at {at} waits={waits}"));
        tally.run(match &result {
            Ok(_) => "the state folder is full, and nothing was to be written any more",
            Err(SwitchError::Store(_)) => "the state folder is full before the switch begins",
            Err(SwitchError::Failed { .. }) => "the state folder is full, and the switch is undone",
            Err(_) => "the state folder is full, and what became of the switch is not on record",
        });
        let (store, from) = (&self.world.store, self.from);
        let open = store.open_transaction().map(|open| open.is_some());
        let whole = |what: bool| what && matches!(open, Ok(false));
        let told = match &result {
            Ok(_) => whole(self.world.current() != from),
            // The exit code is 1: the host is as it was, and nothing is left to be recovered.
            Err(SwitchError::Failed { .. } | SwitchError::Store(_)) => {
                whole(self.world.current() == from && store.pending().unwrap().is_none())
            }
            // It is 6: what is not on record is left to `recover`.
            Err(SwitchError::Unrecorded { .. } | SwitchError::Degraded { .. }) => true,
            Err(_) => false,
        };
        tally.hold(told, || format!("{result:?}, open: {open:?}"), &run);
        self.world.host.clear_faults();
        match &result {
            Ok(_) => {}
            Err(SwitchError::Failed { .. } | SwitchError::Store(_)) => {
                self.check(&run, tally);
                self.sound(&run, tally);
                self.again(&run, tally);
            }
            Err(_) => self.recovered(false, &run, tally),
        }
        self.sound(&run, tally);
    }

    /// Looks through the store: a write that came to nothing is no damage.
    fn sound(&self, run: &str, tally: &mut Tally) {
        let found = self.world.store.verify().unwrap().findings;
        tally.hold(found.is_empty(), || format!("`verify` tells of damage: {found:?}"), run);
    }

    /// Cuts the power, and recovers. Returns how many events that took.
    pub fn cut(&self, at: usize, kind: FaultKind, resume: bool, tally: &mut Tally) -> usize {
        let run = self.named(&format!("{kind:?} at {at} resume={resume}"));
        let within = matches!(kind, FaultKind::PowerWithin(_));
        tally.run(if within { "power is cut within an operation" } else { "power is cut" });
        self.lose_power(at, kind, &run, tally);
        self.recovered(resume, &run, tally);
        self.world.host.events().len()
    }

    /// Cuts the power, and disturbs the recovery.
    pub fn cut_and(
        &self,
        at: usize,
        kind: FaultKind,
        resume: bool,
        then: (usize, FaultKind),
        tally: &mut Tally,
    ) {
        let what =
            format!("{kind:?} at {at}, then while recovering {:?} at {} resume={resume}", then.1, then.0);
        let run = self.named(&what);
        tally.run("power is cut, and another fault disturbs the recovery");
        self.lose_power(at, kind, &run, tally);
        self.world.host.inject(Fault::at(then.0, then.1));
        match self.world.recover(resume) {
            Err(SwitchError::Host(HostError::PowerLost)) if CUTS.contains(&then.1) => {
                self.world.host.power_on()
            }
            Ok(_) => {}
            // Resumed, and failed: then it is undone, or that failed too.
            Err(SwitchError::Failed { .. } | SwitchError::Degraded { .. }) if FAILURES.contains(&then.1) => {}
            Err(error) => tally.hold(false, || format!("the first recovery: {error:?}"), &run),
        }
        self.world.host.clear_faults();
        self.recovered(resume, &run, tally);
    }

    fn lose_power(&self, at: usize, kind: FaultKind, run: &str, tally: &mut Tally) {
        self.world.restore(&self.saved);
        self.world.host.inject(Fault::at(at, kind));
        let result = self.go();
        tally.hold(
            matches!(result, Err(SwitchError::Host(HostError::PowerLost))),
            || format!("{result:?}"),
            run,
        );
        self.world.host.power_on();
        self.world.host.forget_events();
    }

    /// Recovers, and looks whether all is well after.
    fn recovered(&self, resume: bool, run: &str, tally: &mut Tally) {
        match self.world.recover(resume) {
            Ok(None) => {}
            Ok(Some(Recovered::Finished { generation })) => {
                let is = self.world.current() == Some(generation);
                tally.hold(is, || "it says finished, and is not".into(), run);
            }
            Ok(Some(Recovered::Undone { generation, kept, .. })) => {
                tally.hold(self.world.current() == generation, || "it says undone, and is not".into(), run);
                // Whether a volume holds something cannot be known, so one that was made is kept.
                let volumes = self.volumes();
                let is_told = |kept: &String| {
                    // Nor who had what was given away.
                    kept.contains(" has been given ") || volumes.iter().any(|name| kept.starts_with(name))
                };
                tally.hold(kept.iter().all(is_told), || format!("something was kept: {kept:?}"), run);
            }
            Err(error) => tally.hold(false, || format!("{error:?}"), run),
        }
        self.check(run, tally);
        self.sound(run, tally);
        let again = self.world.recover(false);
        tally.hold(matches!(again, Ok(None)), || format!("recovering again: {again:?}"), run);
        if self.world.current() == self.from {
            self.again(run, tally);
        } else if resume && self.way == Way::Edit {
            self.back(run, tally);
        }
    }

    /// Goes back from what was brought to its end in several plans: the host is as where nothing disturbs it.
    fn back(&self, run: &str, tally: &mut Tally) {
        let (Some(from), Some(wanted)) = (self.from, &self.back) else { return };
        let back = self.world.rollback(from);
        tally.hold(back.is_ok(), || format!("it cannot be gone back from: {back:?}"), run);
        let now = picture(&self.world);
        let differs = || format!("gone back, the host is otherwise: {}", difference(wanted, &now));
        tally.hold(back.is_err() || now == *wanted, differs, run);
    }

    /// Returns a file that is not in the dataset that it was written to, by whatever name this has.
    fn astray(&self) -> Option<String> {
        let old = self.world.current() == self.from;
        let now = letters(&self.world);
        let mut wanted = if old { self.letters.iter() } else { self.delivered.iter() };
        let (name, letter) = wanted.find(|(name, letter)| now.get(*name) != Some(letter))?;
        Some(format!("{name} has not what was written to {letter}, but {:?}", now.get(name)))
    }

    /// Finds a dataset that an edit gives away with all that lies in it, whose file is another's.
    fn not_given(&self) -> Option<DatasetName> {
        let names = self.pair.names();
        let before = |name: &DatasetName| recursive(&self.pair.first).any(|said| said.dataset == *name);
        let state = self.world.host.state();
        let mut given = recursive(&self.pair.second).filter(|_| self.way == Way::Edit);
        let number = |name: &Option<Box<str>>| match name.as_deref() {
            Some("root") => Some(0),
            name => name.and_then(|name| name.parse().ok()),
        };
        let is_kept = |said: &&Permissions| {
            let is_new = names.get(&said.dataset).is_some_and(|was| !before(was));
            let of = state.datasets.get(&said.dataset).and_then(|dataset| dataset.owners.get("precious"));
            let (owner, group) = of.copied().unwrap_or_default();
            is_new
                && (number(&said.owner).is_some_and(|wanted| wanted != owner)
                    || number(&said.group).is_some_and(|wanted| wanted != group))
        };
        given.find(is_kept).map(|said| said.dataset.clone())
    }

    /// Checks that the host is wholly the old or wholly the new generation, and that no file is lost.
    fn check(&self, run: &str, tally: &mut Tally) {
        let world = &self.world;
        if world.current() == self.from {
            // What was given away by then is told, and stays so.
            let given = self.pair.given_away();
            let (before, now) = (unowned(self.before.clone(), &given), unowned(picture(world), &given));
            let difference = || format!("the host is not as it was: {}", difference(&before, &now));
            tally.hold(now == before, difference, run);
        } else {
            let drift = world.drift();
            if drift.actions.iter().any(|action| matches!(action.subject, Subject::Key(_))) {
                // After a boot what is encrypted is locked, until somebody switches.
                let unlocked = self.world.rollback(self.world.current().unwrap());
                tally.hold(unlocked.is_ok(), || format!("it stays locked: {unlocked:?}"), run);
            }
            let drift = world.drift();
            let left = support::kinds(&drift);
            let told = || {
                let changes = drift.actions.iter().flat_map(|action| &action.changes);
                let changes =
                    changes.map(|change| format!("{} {:?} -> {:?}", change.setting, change.old, change.new));
                format!(
                    "the new generation does not hold: {left:?} ({})",
                    changes.collect::<Vec<_>>().join(", ")
                )
            };
            tally.hold(left.is_empty(), told, run);
            let kept = self.not_given();
            tally.hold(kept.is_none(), || format!("what lies in {} is not given away", kept.unwrap()), run);
        }
        let astray = self.astray();
        tally.hold(astray.is_none(), || astray.clone().unwrap_or_default(), run);
        let kept = world.files().is_superset(&self.written);
        tally.hold(kept, || "a file is lost".into(), run);
    }

    fn again(&self, run: &str, tally: &mut Tally) {
        let again = self.go();
        tally.hold(again.is_ok(), || format!("it cannot be done again: {again:?}"), run);
    }
}

fn go(world: &World, pair: &Pair, way: Way) -> Result<Switched, SwitchError> {
    match way {
        Way::Fresh => world.switch(&pair.first),
        Way::Edit => world.switch(&pair.second),
        Way::Back => world.rollback(1),
    }
}

/// Lists what the files of datasets say, by the names of the datasets.
fn letters(world: &World) -> BTreeMap<DatasetName, String> {
    let state = world.host.state();
    let letter = |name: &DatasetName| state.dataset(name)?.files.get("precious").cloned();
    datasets(world).into_iter().filter_map(|name| Some((name.clone(), letter(&name)?))).collect()
}

/// Goes to both graphs, puts all of that away, and goes back to each: the host is as it was then, with what was written to
/// each dataset by the name that it has there.
///
/// # Errors
/// Why a way is not gone.
pub fn wander(pair: &Pair, away: &Graph) -> Result<(), NotGone> {
    let world = prepared(pair, Way::Edit)?;
    gone(world.switch(&pair.second))?;
    let second = picture(&world);
    // Unset by a word of their own, some settings differ from what was never set: so the first counts when one comes back.
    gone(world.rollback(1))?;
    let first = picture(&world);
    gone(world.switch(away))?;
    let nothing = picture(&world);
    let number = world.current().unwrap_or_default();
    for (number, wanted) in [(1, &first), (2, &second), (1, &first), (number, &nothing), (2, &second)] {
        gone(world.rollback(number))?;
        let now = picture(&world);
        if now != *wanted {
            let how = difference(wanted, &now);
            return Err(NotGone::Broken(format!("gone back to {number}, the host is otherwise: {how}")));
        }
        let drift = world.drift();
        if !drift.actions.is_empty() {
            return Err(NotGone::Broken(format!("gone back to {number}: {:?}", support::kinds(&drift))));
        }
    }
    Ok(())
}

/// Makes a host just before a way begins, with a file in every file system.
pub fn prepared(pair: &Pair, way: Way) -> Result<World, NotGone> {
    let mut world = World::new();
    let recursive = [&pair.first, &pair.second].into_iter().flat_map(recursive);
    world.consent.irreversible = recursive.map(|said| Key::Permissions(said.dataset.clone())).collect();
    let disks = [&pair.first, &pair.second].into_iter().flat_map(Graph::resources);
    let disks = disks.filter_map(|resource| match resource {
        Resource::Pool(pool) => Some(pool.layout.iter().flat_map(|vdev| &vdev.disks)),
        _ => None,
    });
    world.host.add_blank_disks(disks.flatten().map(|disk| &*disk.0));
    let keys = KEY_FILES.map(|path| (path.into(), "0123456789abcdef0123456789abcdef".to_owned()));
    world.host.edit(|state| state.files.extend(keys));
    let graphs = [&pair.first, &pair.second];
    world.host.edit(|state| state.files.extend(graphs.into_iter().flat_map(secrets)));
    if pair.clustered {
        world.host.edit(|state| state.others = ["other".into()].into());
        for resource in pair.first.resources() {
            let Resource::Storage(storage) = resource else { continue };
            let (None, None, true) =
                (&storage.dataset, storage.properties.get("nodes"), storage.secret_files.is_empty())
            else {
                continue;
            };
            let mut properties = storage.properties.clone();
            properties.insert("nodes".into(), "other".into());
            let properties = properties.into_iter().collect();
            let (id, kind) = (storage.id.clone(), storage.kind.clone());
            world.host.by_hand(&Op::StorageAdd { id, kind, properties, secrets: vec![] }).unwrap();
        }
    }
    let conf = |kind: &str, id: u32| format!("/etc/pve/nodes/pve/{kind}/{id}.conf").into();
    let containers = CONTAINERS.map(|id| (conf("lxc", id), "arch: amd64\nostype: debian\n".to_owned()));
    let machines = MACHINES.map(|id| (conf("qemu-server", id), "memory: 512\nostype: l26\n".to_owned()));
    world.host.edit(|state| state.files.extend(containers.chain(machines)));
    if way != Way::Fresh {
        gone(world.switch(&pair.first))?;
    }
    for name in datasets(&world) {
        world.host.write_file(&name, "precious", name.as_str());
    }
    if way == Way::Back {
        gone(world.switch(&pair.second))?;
    }
    // What is not durable is not what a power cut is to bring back.
    world.host.power_on();
    world.host.forget_events();
    Ok(world)
}

/// Lists the files that are to hold secrets of registrations, each with another.
fn secrets(graph: &Graph) -> impl Iterator<Item = (PathBuf, String)> {
    let files = graph.resources().filter_map(|resource| match resource {
        Resource::Storage(storage) => Some(storage.secret_files.values()),
        _ => None,
    });
    files.flatten().map(|file| (file.as_ref().into(), format!("{{\"data\":\"{file}\"}}\n")))
}

/// Returns why a switch did not come about, where it did not.
fn gone(result: Result<Switched, SwitchError>) -> Result<(), NotGone> {
    match result {
        Ok(_) => Ok(()),
        Err(SwitchError::Refused(plan)) => {
            Err(NotGone::Refused(plan.refusals.first().map_or("refused", |refusal| refusal.code.name)))
        }
        Err(SwitchError::Failed { reason, .. }) => Err(NotGone::NotTaken(reason.to_string())),
        Err(error) => Err(NotGone::Broken(format!("{error:?}"))),
    }
}

fn datasets(world: &World) -> Vec<DatasetName> {
    let state = world.host.state();
    let own = |name: &DatasetName| name.as_str().contains("/.phoenix");
    let of_users = state.datasets.iter().filter(|(name, dataset)| !dataset.volume && !own(name));
    of_users.map(|(name, _)| name.clone()).collect()
}
