//! Resources and small graphs of them.

use phoenix_graph::{
    Bytes, Class, Dataset, DatasetName, Disk, Export, Graph, HostName, Lifecycle, Permissions, Pool,
    PoolName, PropertyName, Redundancy, Resource, Settings, Snapshots, Storage, StorageId, Target as Of,
    Tunable, Vdev, Volume,
    export::ExportOptions,
    kind::acl::Acl,
    property,
    schedule::{Schedule, find},
};

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

pub fn plain(text: &str) -> Resource {
    dataset(text, &[])
}

/// Says which name a dataset had before.
pub fn was(resource: Resource, before: &str) -> Resource {
    said(resource, Lifecycle { was: Some(name(before)), ..Lifecycle::default() })
}

/// A host with a pool, and this in it.
pub fn tank(rest: impl IntoIterator<Item = Resource>) -> Graph {
    graph([pool("tank", &["one", "two"], &[])].into_iter().chain(rest).collect())
}

pub fn volume(text: &str, size: u64) -> Resource {
    Resource::Volume(Volume {
        name: name(text),
        size: Bytes(size),
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
        secret_files: [].into(),
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
        acl: Acl::default(),
        container: None,
        recursive: false,
    })
}

/// A schedule of snapshots, with these settings in canonical form.
pub fn schedule(of: &str, said: &[(&str, &str)], children: bool) -> Resource {
    let mut schedule = Schedule::default();
    for (row, value) in said {
        schedule.say(find(row).unwrap(), (*value).into());
    }
    Resource::Snapshots(Snapshots { dataset: name(of), schedule, children })
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
