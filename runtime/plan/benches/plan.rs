//! How long planning takes over many observed datasets: nothing to do, one property changed, and all
//! to be made. `cargo bench -p phoenix-plan`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot prepare itself ends")]

use phoenix_graph::{
    Class, Dataset, DatasetName, Disk, Graph, HostName, Lifecycle, Pool, PoolName, PropertyName, Redundancy,
    Resource, Settings, Value, Vdev,
};
use phoenix_host::observed::{
    DatasetState, DiskState, Mounts, OWNER, Observed, PoolState, Setting, Source, VdevDisk, VdevState,
};
use phoenix_plan::{
    Consent, Inputs, Past, Places, Plan, plan,
    record::{Entry, Identity, Record},
    rendered,
};
use std::collections::{BTreeMap, BTreeSet};

const SIZES: [usize; 3] = [10, 1_000, 10_000];
const DISK: &str = "/dev/disk/by-id/one";

fn main() {
    divan::main();
}

/// A host of so many datasets, as it is to be and as it is.
#[derive(Clone)]
struct Case {
    graph: Graph,
    observed: Observed,
    record: Record,
}

impl Case {
    fn new(count: usize) -> Self {
        let pool = PoolName::new("tank").unwrap();
        let disk = Disk(DISK.into());
        let vdev = Vdev { class: Class::Data, redundancy: Redundancy::None, disks: vec![disk.clone()] };
        let mut resources = vec![Resource::Pool(Pool {
            name: pool.clone(),
            layout: vec![vdev],
            settings: Settings::default(),
            lifecycle: Lifecycle::default(),
        })];
        // A version that has all properties: what it lacks would be refused.
        let mut observed = Observed { zfs: (2, 3), ..Observed::default() };
        let words = [
            ("recordsize", Value::Number(131_072)),
            ("compression", Value::Text("lz4".into())),
            ("quota", Value::Number(1 << 30)),
        ];
        for at in 0..count {
            let name = DatasetName::new(&format!("tank/d{at}")).unwrap();
            let settings =
                words.iter().map(|(name, value)| (PropertyName::new(name), value.clone())).collect();
            resources.push(Resource::Dataset(Dataset {
                name: name.clone(),
                settings,
                lifecycle: Lifecycle::default(),
            }));
            observed.datasets.insert(name.clone(), state(&name, &words));
        }
        observed.datasets.insert(pool.root(), state(&pool.root(), &[]));
        observed.disks.insert(disk, DiskState::Device("/dev/vda".into()));
        let disks = vec![VdevDisk {
            path: DISK.into(),
            device: "/dev/vda".into(),
            given: DISK.into(),
            name: DISK.into(),
            state: "ONLINE".into(),
            ..VdevDisk::default()
        }];
        let layout = vec![VdevState {
            class: Class::Data,
            redundancy: Redundancy::None,
            disks,
            name: DISK.into(),
            leaving: false,
        }];
        let state = PoolState {
            guid: 1,
            health: "ONLINE".into(),
            layout,
            settings: BTreeMap::new(),
            work: Vec::new(),
            checkpoint: false,
            checkpoints: true,
            expands: true,
        };
        observed.pools.insert(pool, state);
        let places: Vec<(DatasetName, String)> =
            observed.datasets.keys().map(|name| (name.clone(), format!("/{name}"))).collect();
        observed.mounts = Mounts::of(places.iter().map(|(name, place)| (name, place.as_str())));
        let host = HostName::new("box").unwrap();
        let entries = (1..).zip(&observed.datasets).map(|(guid, (name, _))| {
            let identity = Identity { pool: 1, dataset: guid };
            (
                identity,
                Entry {
                    identity,
                    name: name.clone(),
                    by: 1,
                    away: None,
                    released: None,
                    earlier: Vec::new(),
                },
            )
        });
        let record = Record { hosts: [host.clone()].into(), entries: entries.collect() };
        for (guid, state) in (1_u64..).zip(observed.datasets.values_mut()) {
            let guid = Setting { raw: guid.to_string().into(), source: Source::None };
            state.settings.insert(PropertyName::new("guid"), guid);
        }
        Self { graph: Graph::assemble(host, resources).unwrap(), observed, record }
    }

    fn plan(&self, current: Option<&Graph>) -> Plan {
        let (none, in_force) = (BTreeSet::new(), rendered(&self.graph).unwrap());
        plan(&Inputs {
            desired: &self.graph,
            current,
            adopted: &none,
            made: &none,
            coming_home: &std::collections::BTreeSet::new(),
            came_home: &std::collections::BTreeMap::new(),
            observed: &self.observed,
            record: &self.record,
            in_force: &in_force,
            before: &BTreeMap::new(),
            gives_back: false,
            places: &Places::default(),
            number: 2,
            to: 2,
            consent: &Consent::default(),
            past: &Past::default(),
        })
    }
}

fn state(name: &DatasetName, words: &[(&str, Value)]) -> DatasetState {
    let local = |raw: String| Setting { raw: raw.into(), source: Source::Local };
    let mut settings: BTreeMap<PropertyName, Setting> =
        words.iter().map(|(name, value)| (PropertyName::new(name), local(value.to_string()))).collect();
    settings.insert(PropertyName::new(OWNER), local("box".to_owned()));
    settings.insert(PropertyName::new("canmount"), Setting { raw: "on".into(), source: Source::Default });
    settings.insert(
        PropertyName::new("mountpoint"),
        Setting { raw: format!("/{name}").into(), source: Source::Default },
    );
    DatasetState { mounted: true, settings, ..DatasetState::default() }
}

#[divan::bench(args = SIZES)]
fn nothing_to_do(bencher: divan::Bencher<'_, '_>, count: usize) {
    let case = Case::new(count);
    assert!(case.plan(Some(&case.graph)).is_empty());
    bencher.bench_local(|| case.plan(Some(&case.graph)));
}

#[divan::bench(args = SIZES)]
fn everything_to_make(bencher: divan::Bencher<'_, '_>, count: usize) {
    let mut case = Case::new(count);
    case.observed.datasets.retain(|name, _| name.is_root());
    case.observed.mounts.all.truncate(2);
    // One more mounts them all.
    let plan = case.plan(None);
    assert_eq!((plan.actions.len(), plan.refusals.len()), (count + 1, 0));
    bencher.bench_local(|| case.plan(None));
}

#[divan::bench(args = SIZES)]
fn everything_to_put_away(bencher: divan::Bencher<'_, '_>, count: usize) {
    let all = Case::new(count);
    let case = Case { graph: Case::new(0).graph, ..all.clone() };
    // One more unmounts them all.
    assert_eq!(case.plan(Some(&all.graph)).actions.len(), count + 1);
    bencher.bench_local(|| case.plan(Some(&all.graph)));
}
