//! What the runtime's tests share: small graphs, a simulated host with a store, and a quiet observer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "their names say it")]

use phoenix_graph::{
    Class, Dataset, DatasetName, Disk, Export, Graph, HostName, Lifecycle, Permissions, Pool, PoolName,
    PropertyName, Redundancy, Resource, Settings, Storage, StorageId, Target as Of, Tunable, Vdev, Volume,
    export::ExportOptions, property,
};
use phoenix_host::secret::{Asked, KeySource, Secret};
use phoenix_plan::{Consent, Plan};
use phoenix_sim::{Content, SimHost, State};
use phoenix_store::Store;
use phoenix_transaction::{
    execute::{Event, Events},
    gc::{Collected, GcPlan, Policy},
    switch::{Recovered, Runtime, SwitchError, Switched, Target, Wait},
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

/// The time at which the tests switch.
pub const NOW: u64 = 1_700_000_000;

pub struct Quiet;

impl Events for Quiet {
    fn event(&self, _: Event<'_>) {}
}

/// A simulated host in a folder of its own, with its store.
pub struct World {
    pub host: SimHost,
    pub store: Store,
    pub jobs: usize,
    /// The time, in seconds since 1970-01-01 UTC.
    pub now: u64,
    /// What somebody types who is asked for keys.
    pub typed: Typed,
    _folder: tempfile::TempDir,
}

/// Somebody at a terminal who knows keys, by dataset; nobody where there are none.
#[derive(Default)]
pub struct Typed(pub BTreeMap<DatasetName, String>);

impl KeySource for Typed {
    fn can_ask(&self) -> bool {
        !self.0.is_empty()
    }

    fn ask(&self, asked: &Asked) -> Result<Secret, String> {
        let known = self.0.get(&asked.dataset).ok_or("nobody knows it")?;
        Ok(Secret::new(known.clone().into_bytes().into()))
    }
}

impl Default for World {
    fn default() -> Self {
        // In memory where there is such a place: each of thousands of runs syncs its store many times.
        let memory = Path::new("/dev/shm");
        let folder =
            if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let state = folder.path().join("state");
        let store = Store::open(&state).unwrap();
        let host = SimHost::in_memory(&state);
        host.add_blank_disks(["/dev/disk/by-id/one", "/dev/disk/by-id/two", "/dev/disk/by-id/three"]);
        Self { host, store, jobs: 1, now: NOW, typed: Typed::default(), _folder: folder }
    }
}

impl World {
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on at another time.
    pub fn at(self, now: u64) -> Self {
        Self { now, ..self }
    }

    pub fn with<T>(&self, act: impl FnOnce(&Runtime<'_>) -> T) -> T {
        let stop = AtomicBool::new(false);
        act(&Runtime {
            host: &self.host,
            store: &self.store,
            jobs: self.jobs,
            stop: &stop,
            events: &Quiet,
            now: self.now,
            keys: &self.typed,
            who: "root".to_owned(),
            message: None,
        })
    }

    pub fn switch(&self, graph: &Graph) -> Result<Switched, SwitchError> {
        self.switch_with(graph, &Consent::default())
    }

    pub fn switch_with(&self, graph: &Graph, consent: &Consent) -> Result<Switched, SwitchError> {
        let target = Target::New { graph: graph.clone(), sources: Vec::new() };
        self.with(|runtime| runtime.switch("switch", &target, consent, &mut |_| true))
    }

    /// Switches to a graph that then waits to be confirmed; nobody watches.
    pub fn switch_and_wait(&self, graph: &Graph) -> Result<Switched, SwitchError> {
        let target = Target::New { graph: graph.clone(), sources: Vec::new() };
        let wait = Wait { seconds: 60, watcher: &|_| Ok(()) };
        let consent = Consent::default();
        self.with(|runtime| runtime.switch_and_wait("switch", &target, &consent, &wait, &mut |_| true))
    }

    pub fn rollback(&self, number: u64) -> Result<Switched, SwitchError> {
        let consent = Consent::default();
        self.with(|runtime| runtime.switch("rollback", &Target::Generation(number), &consent, &mut |_| true))
    }

    pub fn recover(&self, resume: bool) -> Result<Option<Recovered>, SwitchError> {
        self.with(|runtime| runtime.recover(resume, &mut |_| true))
    }

    pub fn plan(&self, graph: &Graph) -> Plan {
        self.plan_with(graph, &Consent::default())
    }

    pub fn plan_with(&self, graph: &Graph, consent: &Consent) -> Plan {
        let target = Target::New { graph: graph.clone(), sources: Vec::new() };
        self.with(|runtime| runtime.plan(&target, consent)).unwrap()
    }

    /// Plans the way back to a generation.
    pub fn plan_to(&self, number: u64) -> Plan {
        self.with(|runtime| runtime.plan(&Target::Generation(number), &Consent::default())).unwrap()
    }

    pub fn drift(&self) -> Plan {
        self.with(|runtime| runtime.drift()).unwrap()
    }

    /// Collects, and says yes.
    pub fn standing(&self) -> phoenix_transaction::switch::Standing {
        self.with(|runtime| runtime.standing()).unwrap()
    }

    pub fn gc(&self, keep: usize) -> Result<(GcPlan, Collected), SwitchError> {
        let policy = Policy { keep, since: None };
        self.with(|runtime| runtime.gc(&policy, &mut |_| true))
    }

    pub fn gc_plan(&self, keep: usize) -> GcPlan {
        self.with(|runtime| runtime.gc_plan(&Policy { keep, since: None })).unwrap()
    }

    /// Imports a pool by another name, as `zpool export tank` and `zpool import tank barn` do.
    pub fn import_as(&self, from: &str, to: &str) {
        let (from, to) = (PoolName::new(from).unwrap(), PoolName::new(to).unwrap());
        let moved = |name: &DatasetName| {
            if name.pool() != from {
                return name.clone();
            }
            DatasetName::seen(&name.as_str().replacen(from.as_str(), to.as_str(), 1)).unwrap()
        };
        self.host.edit(|state| {
            let pool = state.pools.remove(&from).unwrap();
            for content in state.devices.values_mut() {
                if let Content::Label { pool: named, guid, .. } = content
                    && *guid == pool.guid
                {
                    named.clone_from(&to);
                }
            }
            state.pools.insert(to.clone(), pool);
            let datasets = std::mem::take(&mut state.datasets);
            state.datasets = datasets.into_iter().map(|(name, one)| (moved(&name), one)).collect();
            for dataset in state.datasets.values_mut() {
                for snapshot in dataset.snapshots.values_mut() {
                    snapshot.clones = snapshot.clones.iter().map(moved).collect();
                }
            }
            for mount in &mut state.mounts {
                mount.dataset = moved(&mount.dataset);
            }
        });
    }

    pub fn current(&self) -> Option<u64> {
        self.store.current_number().unwrap()
    }

    pub fn root(&self) -> &Path {
        self.store.root()
    }

    /// Takes a copy of the store alone, as a backup of the state folder does.
    pub fn save_store(&self) -> Saved {
        self.save()
    }

    /// Puts the store back to what it was, on a host that has lived on.
    pub fn restore_store(&self, saved: &Saved) {
        let now = self.host.state();
        self.restore(saved);
        self.host.edit(|state| *state = now);
    }

    /// Takes a copy of the host and of its store, but for the objects: those never change.
    pub fn save(&self) -> Saved {
        let mut files = Vec::new();
        for name in KEPT {
            walk(&self.root().join(name), &mut files);
        }
        Saved { state: self.host.state(), files }
    }

    /// Puts the host and its store back to what they were, with power and without faults.
    pub fn restore(&self, saved: &Saved) {
        for name in KEPT {
            let path = self.root().join(name);
            match fs::symlink_metadata(&path) {
                Ok(about) if about.is_dir() => fs::remove_dir_all(&path).unwrap(),
                Ok(_) => fs::remove_file(&path).unwrap(),
                Err(_) => {}
            }
        }
        for (path, kept) in &saved.files {
            match kept {
                Kept::Folder => fs::create_dir(path).unwrap(),
                Kept::Link(target) => std::os::unix::fs::symlink(target, path).unwrap(),
                Kept::File(bytes) => fs::write(path, bytes).unwrap(),
            }
        }
        self.host.clear_faults();
        self.host.power_on();
        self.host.edit(|state| *state = saved.state.clone());
        self.host.forget_events();
    }
}

/// What of a store changes, besides its objects.
const KEPT: [&str; 8] =
    ["generations", "txn", "current", "etc", "pending", "record.json", "past.json", "released.json"];

/// A copy of a host and of what of its store changes.
pub struct Saved {
    state: State,
    files: Vec<(PathBuf, Kept)>,
}

enum Kept {
    Folder,
    Link(PathBuf),
    File(Vec<u8>),
}

fn walk(path: &Path, found: &mut Vec<(PathBuf, Kept)>) {
    let Ok(about) = fs::symlink_metadata(path) else { return };
    if about.is_symlink() {
        found.push((path.to_owned(), Kept::Link(fs::read_link(path).unwrap())));
    } else if about.is_dir() {
        found.push((path.to_owned(), Kept::Folder));
        fs::read_dir(path).unwrap().for_each(|entry| walk(&entry.unwrap().path(), found));
    } else {
        found.push((path.to_owned(), Kept::File(fs::read(path).unwrap())));
    }
}

pub fn name(text: &str) -> DatasetName {
    DatasetName::new(text).unwrap()
}

pub fn settings(of: Of, words: &[(&str, &str)]) -> Settings {
    words
        .iter()
        .map(|(name, word)| {
            let row = property::find(of, name).unwrap();
            (PropertyName::new(name), row.parse(word).unwrap())
        })
        .collect()
}

pub fn pool(text: &str, disks: &[&str], words: &[(&str, &str)]) -> Resource {
    let redundancy = if disks.len() > 1 { Redundancy::Mirror } else { Redundancy::None };
    let disks = disks.iter().map(|disk| Disk(format!("/dev/disk/by-id/{disk}").into())).collect();
    Resource::Pool(Pool {
        name: PoolName::new(text).unwrap(),
        layout: vec![Vdev { class: Class::Data, redundancy, disks }],
        settings: settings(Of::Pool, words),
        lifecycle: Lifecycle::default(),
    })
}

pub fn dataset(text: &str, words: &[(&str, &str)]) -> Resource {
    Resource::Dataset(Dataset {
        name: name(text),
        settings: settings(Of::Filesystem, words),
        lifecycle: Lifecycle::default(),
    })
}

pub fn volume(text: &str, size: u64) -> Resource {
    Resource::Volume(Volume {
        name: name(text),
        size: phoenix_graph::Bytes(size),
        sparse: true,
        settings: Settings::default(),
        lifecycle: Lifecycle::default(),
    })
}

pub fn export(path: &str, of: &str, clients: &[(&str, &[&str])]) -> Resource {
    let clients = clients
        .iter()
        .map(|(client, words)| ((*client).into(), ExportOptions::from_words(words.iter().copied()).unwrap()));
    Resource::Export(Export { path: path.into(), dataset: name(of), clients: clients.collect() })
}

pub fn zfspool(id: &str, of: &str, content: &str) -> Resource {
    let properties = [("pool", of), ("content", content), ("mountpoint", &format!("/{of}"))];
    Resource::Storage(Storage {
        id: StorageId::new(id).unwrap(),
        kind: "zfspool".into(),
        dataset: Some(name(of)),
        properties: properties.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        lifecycle: Lifecycle::default(),
    })
}

pub fn arc_max(value: u64) -> Resource {
    Resource::Tunable(Tunable { name: "zfs_arc_max".into(), value })
}

pub fn graph(resources: Vec<Resource>) -> Graph {
    Graph::assemble(HostName::new("box").unwrap(), resources).unwrap()
}

pub fn permissions(of: &str, owner: Option<&str>, group: Option<&str>, mode: Option<&str>) -> Resource {
    Resource::Permissions(Permissions {
        dataset: name(of),
        owner: owner.map(Into::into),
        group: group.map(Into::into),
        mode: mode.map(|mode| mode.parse().unwrap()),
    })
}

/// A host with a pool, two datasets, an export, a registration and a parameter.
pub fn small() -> Vec<Resource> {
    vec![
        pool("tank", &["one", "two"], &[("autotrim", "on")]),
        dataset("tank/vms", &[("recordsize", "16K"), ("quota", "1G")]),
        dataset("tank/share", &[("compression", "lz4"), ("atime", "off")]),
        export("/tank/share", "tank/share", &[("10.0.0.0/24", &["rw", "async"])]),
        zfspool("tank-vms", "tank/vms", "images"),
        arc_max(32_212_254_720),
    ]
}

/// Replaces the resource of the same key, or adds it.
pub fn with(mut resources: Vec<Resource>, resource: Resource) -> Vec<Resource> {
    resources.retain(|other| other.key() != resource.key());
    resources.push(resource);
    resources
}

pub fn without(mut resources: Vec<Resource>, keys: &[&str]) -> Vec<Resource> {
    resources.retain(|resource| !keys.contains(&resource.key().to_string().as_str()));
    resources
}

/// Says something about a dataset's or a volume's life.
pub fn said(mut resource: Resource, lifecycle: Lifecycle) -> Resource {
    match &mut resource {
        Resource::Pool(Pool { lifecycle: own, .. })
        | Resource::Dataset(Dataset { lifecycle: own, .. })
        | Resource::Volume(Volume { lifecycle: own, .. })
        | Resource::Storage(Storage { lifecycle: own, .. }) => *own = lifecycle,
        other => panic!("nothing is said about the life of {}", other.key()),
    }
    resource
}

/// Lists a plan's actions as `kind subject`.
pub fn kinds(plan: &Plan) -> Vec<String> {
    let counted: BTreeMap<usize, String> = plan
        .actions
        .iter()
        .map(|action| format!("{:?} {}", action.kind, action.subject).to_lowercase())
        .enumerate()
        .collect();
    counted.into_values().collect()
}
