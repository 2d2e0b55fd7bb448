//! Random pairs of graphs: a random spec's host, of which each side has a part, with settings taken
//! away and exchanged between like resources.

use super::scenario::Pair;
use phoenix_compiler::{SpecPath, compile};
use phoenix_graph::{
    Class, Dataset, DatasetName, Graph, HostName, Lifecycle, Permissions, Pool, Resource, Settings, Storage,
    Target, Volume, mounts::mounts, property, storage::find_type,
};
use phoenix_specs::random::{choices::Choices, generate, write::write};
use proptest::{
    prelude::Rng,
    test_runner::{RngAlgorithm, TestRng},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    iter::successors,
};

/// The pairs of a seed, one after another; the same each time.
pub struct Pairs {
    rng: TestRng,
    count: usize,
}

impl Pairs {
    pub fn new(seed: u8) -> Self {
        Self { rng: TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]), count: 0 }
    }

    fn numbers(&mut self, most: u32) -> Vec<u16> {
        let count = self.rng.next_u32() % most;
        (0..count).map(|_| (self.rng.next_u32() >> 16) as u16).collect()
    }

    fn choices(&mut self) -> Choices {
        Choices::new((0..4000).map(|_| (self.rng.next_u32() >> 16) as u16).collect())
    }

    /// Returns a pair whose sides differ.
    pub fn next(&mut self) -> Pair {
        loop {
            let all = self.resources();
            let mut choices = self.choices();
            let first = part(&all, &mut choices);
            let second = part(&all, &mut choices);
            let (Some(first), Some(second)) = (first, second) else { continue };
            let Some(second) = renamed(&first, second, &mut choices) else { continue };
            if first.id() == second.id() || first.nodes().len().max(second.nodes().len()) > MOST {
                continue;
            }
            self.count += 1;
            let clustered = self.count.is_multiple_of(3);
            return Pair { name: format!("pair {}", self.count), first, second, clustered };
        }
    }

    /// Compiles a random spec, and returns what its first host has.
    fn resources(&mut self) -> Vec<Resource> {
        loop {
            let spec = generate::spec(self.numbers(160));
            let written = write(&spec, Choices::new(Vec::new()));
            let compiled = compile(&written.world(), &SpecPath::new("spec.kdl").unwrap());
            assert!(!compiled.has_errors(), "{:?}", compiled.diagnostics);
            let host = compiled.hosts.into_iter().next().and_then(|host| host.graph);
            let resources: Vec<Resource> = host.iter().flat_map(Graph::resources).cloned().collect();
            if resources.len() > 3 {
                return resources.into_iter().map(free).collect();
            }
        }
    }
}

/// So many steps a graph has at most: each is disturbed at every point.
const MOST: usize = 14;

/// So many mount points of containers a graph has at most: they are all alike.
const BOUND: usize = 1;

/// Takes what is said about a resource's life away, and its keys.
fn free(mut resource: Resource) -> Resource {
    // OpenZFS takes `special_small_blocks` for a new pool without a special device, and never after.
    let keys = ["encryption", "keyformat", "keylocation", "pbkdf2iters", "special_small_blocks"];
    match &mut resource {
        Resource::Dataset(Dataset { lifecycle, settings, .. })
        | Resource::Volume(Volume { lifecycle, settings, .. }) => {
            *lifecycle = Lifecycle::default();
            *settings =
                settings.iter().filter(|(name, _)| !keys.contains(&name.as_str())).map(owned).collect();
        }
        Resource::Pool(Pool { lifecycle, layout, settings, .. }) => {
            *lifecycle = Lifecycle::default();
            // zpool refuses vdevs that protect differently side by side, and files that are not there.
            layout.retain(|vdev| vdev.class == Class::Data);
            layout.truncate(1);
            *settings = settings.iter().filter(|(name, _)| name.as_str() != "cachefile").map(owned).collect();
        }
        Resource::Storage(Storage { lifecycle, .. }) => *lifecycle = Lifecycle::default(),
        Resource::Export(_)
        | Resource::Tunable(_)
        | Resource::Permissions(_)
        | Resource::Bind(_)
        | Resource::GuestMount(_)
        | Resource::Mapping(_)
        | Resource::Virtiofs(_)
        | Resource::Snapshots(_)
        | Resource::KubernetesCluster(_)
        | Resource::KubernetesClass(_)
        | Resource::KubernetesAttributes(_)
        | Resource::KubernetesNamespace(_) => {}
    }
    resource
}

fn owned<A: Clone, B: Clone>((a, b): (&A, &B)) -> (A, B) {
    (a.clone(), b.clone())
}

/// Takes a part of the resources: all pools, and of the rest what has all that it needs.
fn part(all: &[Resource], choices: &mut Choices) -> Option<Graph> {
    let mut all = all.to_vec();
    all.sort_by_key(Resource::key);
    let names: BTreeSet<DatasetName> = all.iter().filter_map(Resource::dataset_name).cloned().collect();
    let mut gone: BTreeSet<DatasetName> = BTreeSet::new();
    let mut kept = Vec::new();
    for resource in &all {
        let Some(name) = resource.dataset_name() else { continue };
        let orphan = name.parent().is_some_and(|parent| names.contains(&parent) && gone.contains(&parent));
        if orphan || (!name.is_root() && choices.one_in(3)) {
            gone.insert(name.clone());
        } else {
            kept.push(varied(resource, &all, choices));
        }
    }
    for resource in &all {
        let over = match resource {
            Resource::Dataset(_) | Resource::Volume(_) => continue,
            Resource::Export(export) => Some(&export.dataset),
            Resource::Storage(storage) => storage.dataset.as_ref(),
            Resource::Permissions(permissions) => Some(&permissions.dataset),
            Resource::Bind(bind) => Some(&bind.dataset),
            Resource::GuestMount(mount) => Some(&mount.dataset),
            Resource::Mapping(mapping) => Some(&mapping.dataset),
            Resource::Virtiofs(given) => Some(&given.dataset),
            Resource::Snapshots(snapshots) => Some(&snapshots.dataset),
            Resource::Pool(_)
            | Resource::Tunable(_)
            | Resource::KubernetesCluster(_)
            | Resource::KubernetesClass(_)
            | Resource::KubernetesAttributes(_)
            | Resource::KubernetesNamespace(_) => None,
        };
        // Exports and mappings come before what goes through them.
        if resource.through().is_some_and(|export| kept.iter().all(|one| one.key() != export)) {
            continue;
        }
        let pool = matches!(resource, Resource::Pool(_));
        let bound = kept.iter().filter(|one| matches!(one, Resource::Bind(_))).count();
        if matches!(resource, Resource::Bind(_)) && bound >= BOUND {
            continue;
        }
        if over.is_none_or(|name| !gone.contains(name)) && (pool || !choices.one_in(4)) {
            kept.extend(match resource {
                Resource::Storage(_) => Some(varied_registration(resource, choices)),
                Resource::Permissions(said) => varied_permissions(said, &kept, choices),
                _ => Some(resource.clone()),
            });
        }
    }
    Graph::assemble(HostName::new("box").unwrap(), kept).ok()
}

/// Gives some of what both graphs have another name in the second: a new one, or those of each other.
fn renamed(first: &Graph, second: Graph, choices: &mut Choices) -> Option<Graph> {
    let both: Vec<&DatasetName> = second
        .resources()
        .filter_map(Resource::dataset_name)
        .filter(|name| !name.is_root() && first.dataset(name).is_some())
        .collect();
    if both.is_empty() || choices.one_in(2) {
        return Some(second);
    }
    let one = choices.of(&both).clone();
    let kind = |graph: &Graph, name: &DatasetName| graph.dataset(name).map(|node| node.key.group());
    let apart = |other: &&DatasetName| {
        !one.is_below(other) && !other.is_below(&one) && **other != one && other.pool() == one.pool()
    };
    let others: Vec<&DatasetName> = both.iter().copied().filter(apart).collect();
    let (a, b) = if others.is_empty() || choices.one_in(2) {
        let new = one.parent()?.child(&format!("{}-new", one.leaf())).ok()?;
        (one.clone(), new)
    } else {
        (one.clone(), choices.of(&others).clone())
    };
    if kind(first, &a) != kind(&second, &a) || kind(first, &b) != kind(&second, &b) {
        return Some(second);
    }
    let swap = second.dataset(&b).is_some();
    let called = |name: &DatasetName| {
        let moved = |from: &DatasetName, to: &DatasetName| {
            let rest = name.as_str().strip_prefix(from.as_str())?;
            (rest.is_empty() || rest.starts_with('/'))
                .then(|| DatasetName::new(&format!("{to}{rest}")).ok())?
        };
        moved(&a, &b).or_else(|| moved(&b, &a).filter(|_| swap)).unwrap_or_else(|| name.clone())
    };
    let mut resources: Vec<Resource> = second.resources().cloned().collect();
    // What a machine mounts follows from the paths of exports, which become others.
    resources.retain(|resource| !matches!(resource, Resource::GuestMount(_)));
    for resource in &mut resources {
        match resource {
            Resource::Dataset(Dataset { name, lifecycle, .. })
            | Resource::Volume(Volume { name, lifecycle, .. }) => {
                let was = name.clone();
                *name = called(name);
                lifecycle.was = (was == a || was == b && swap).then_some(was);
            }
            Resource::Export(export) => export.dataset = called(&export.dataset),
            Resource::Permissions(permissions) => permissions.dataset = called(&permissions.dataset),
            Resource::Storage(storage) => {
                let dataset = storage.dataset.as_ref().map(&called);
                if let (Some(pool), Some(dataset)) = (storage.properties.get_mut("pool"), &dataset) {
                    *pool = dataset.as_str().into();
                }
                storage.dataset = dataset;
            }
            Resource::Mapping(mapping) => mapping.dataset = called(&mapping.dataset),
            Resource::Bind(bind) => bind.dataset = called(&bind.dataset),
            Resource::Virtiofs(given) => given.dataset = called(&given.dataset),
            Resource::Snapshots(snapshots) => snapshots.dataset = called(&snapshots.dataset),
            Resource::Pool(_)
            | Resource::Tunable(_)
            | Resource::GuestMount(_)
            | Resource::KubernetesCluster(_)
            | Resource::KubernetesClass(_)
            | Resource::KubernetesAttributes(_)
            | Resource::KubernetesNamespace(_) => {}
        }
    }
    let mounts = mounts(&resources);
    let path = |dataset: &DatasetName| mounts.get(dataset).and_then(|mount| mount.path.clone());
    let paths: Vec<Option<Box<str>>> = resources
        .iter()
        .map(|resource| match resource {
            Resource::Export(export) => path(&export.dataset),
            Resource::Storage(storage) => path(storage.dataset.as_ref()?),
            Resource::Mapping(mapping) => path(&mapping.dataset),
            Resource::Bind(bind) => path(&bind.dataset),
            _ => None,
        })
        .collect();
    for (resource, path) in resources.iter_mut().zip(paths) {
        match (resource, path) {
            (Resource::Export(export), Some(path)) => export.path = path,
            (Resource::Mapping(mapping), Some(path)) => mapping.path = path,
            (Resource::Bind(bind), Some(path)) => bind.path = path,
            (Resource::Storage(storage), Some(path)) => {
                for name in ["path", "mountpoint"] {
                    storage.properties.get_mut(name).into_iter().for_each(|word| *word = path.clone());
                }
            }
            _ => {}
        }
    }
    Graph::assemble(HostName::new("box").unwrap(), resources).ok()
}

/// Takes a part of what is said of who may do what in a dataset away, and gives all that lies in it away or not. Where
/// nothing is left of it, nothing is said.
fn varied_permissions(said: &Permissions, kept: &[Resource], choices: &mut Choices) -> Option<Resource> {
    let mut said = said.clone();
    let above = successors(Some(said.dataset.clone()), DatasetName::parent);
    let acltype = |name: DatasetName| {
        let of = kept.iter().find(|one| one.dataset_name() == Some(&name))?;
        of.settings()?.get("acltype").cloned()
    };
    let lists = above.filter_map(acltype).next().is_some_and(|value| value.to_string() == "posix");
    said.acl.0.retain(|_, _| lists && !choices.one_in(4));
    for part in [&mut said.owner, &mut said.group] {
        *part = part.take().filter(|_| !choices.one_in(4));
    }
    said.mode = said.mode.filter(|_| !choices.one_in(4));
    let owned = said.owner.is_some() || said.group.is_some();
    said.recursive = owned && said.recursive != choices.one_in(3);
    let is_empty = !owned && said.mode.is_none() && said.acl.is_empty();
    (!is_empty).then_some(Resource::Permissions(said))
}

/// Takes properties away from a registration, and names other files that hold its secrets. What it has to have, what follows
/// from its dataset and what a secret needs beside it stays.
fn varied_registration(resource: &Resource, choices: &mut Choices) -> Resource {
    let mut resource = resource.clone();
    let Resource::Storage(Storage { kind, properties, secret_files, .. }) = &mut resource else {
        return resource;
    };
    let kind = find_type(kind).unwrap();
    let beside: Vec<&str> = kind.secrets().filter_map(|secret| secret.beside).collect();
    let stays = |name: &str| {
        ["mountpoint", "is_mountpoint"].contains(&name)
            || beside.contains(&name)
            || kind.property(name).is_none_or(|row| row.required || row.fixed)
    };
    properties.retain(|name, _| stays(name) || !choices.one_in(4));
    for (secret, file) in secret_files {
        if choices.one_in(3) {
            *file = format!("/secrets/{secret}-{}", choices.below(2)).into();
        }
    }
    resource
}

/// Takes settings away from a dataset, and takes some over from another. Where it is mounted and what
/// can be given only when it is made stay.
fn varied(resource: &Resource, all: &[Resource], choices: &mut Choices) -> Resource {
    let mut resource = resource.clone();
    let volume = matches!(resource, Resource::Volume(_));
    let alike = all.iter().filter(|one| matches!(one, Resource::Volume(_)) == volume);
    let others: Vec<&Settings> =
        alike.filter(|one| one.dataset_name().is_some()).filter_map(Resource::settings).collect();
    let (Resource::Dataset(Dataset { settings, .. }) | Resource::Volume(Volume { settings, .. })) =
        &mut resource
    else {
        return resource;
    };
    let target = if volume { Target::Volume } else { Target::Filesystem };
    let stays = |name: &str| {
        matches!(name, "mountpoint" | "canmount" | "sharenfs")
            || property::find(target, name).is_some_and(|row| row.creation_only)
    };
    let mut varied: BTreeMap<_, _> = settings.iter().map(owned).collect();
    varied.retain(|name, _| stays(name.as_str()) || !choices.one_in(4));
    let other = choices.of(&others);
    varied.extend(other.iter().filter(|(name, _)| !stays(name.as_str()) && choices.one_in(3)).map(owned));
    *settings = varied.into_iter().collect();
    resource
}
