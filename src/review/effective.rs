//! What a host comes to, laid out line by line: every line tells its resource, so that a difference
//! can be read without what stands around it.

use crate::show::value::{export_options, value};
use phoenix_graph::{
    Dataset, DatasetName, Graph, Key, Lifecycle, Pool, PropertyName, Redundancy, Resource, Settings, Target,
    Value, Volume,
    mounts::{Mount, mounts},
    property,
};
use std::{collections::BTreeMap, fmt::Write};

/// Lays a host out: its pools with their disks, file systems and volumes with the settings that they
/// declare and those that they inherit from declared parents, exports, registrations, parameters.
#[must_use]
pub fn effective(graph: &Graph) -> String {
    let mut text = format!("host {}\n", graph.host());
    let datasets: BTreeMap<&DatasetName, &Settings> =
        graph.resources().filter_map(|one| Some((one.dataset_name()?, one.settings()?))).collect();
    let mounts = mounts(graph.resources());
    let mut resources: Vec<&Resource> = graph.resources().collect();
    resources.sort_by_key(|one| one.key());
    for resource in resources {
        text.push('\n');
        for (fact, says) in facts(resource, &datasets, &mounts).into_iter().chain(life(resource)) {
            // Writing to a string does not fail.
            let _ = match says.as_str() {
                "" => writeln!(text, "{fact}"),
                says => writeln!(text, "{fact} {says}"),
            };
        }
    }
    text
}

type Facts = Vec<(String, String)>;

fn facts(
    resource: &Resource,
    datasets: &BTreeMap<&DatasetName, &Settings>,
    mounts: &BTreeMap<DatasetName, Mount>,
) -> Facts {
    let key = resource.key();
    match resource {
        Resource::Pool(pool) => pool_facts(&key, pool),
        Resource::Dataset(Dataset { name, .. }) => {
            let mut facts = vec![(key.to_string(), mounted(mounts.get(name)))];
            facts.extend(settings(&key, name, Target::Filesystem, datasets));
            facts
        }
        Resource::Volume(Volume { name, size, sparse, .. }) => {
            let sparse = if *sparse { " sparse" } else { "" };
            let mut facts = vec![(
                key.to_string(),
                format!("size {}{sparse}", value(&key, "volsize", &size.0.to_string())),
            )];
            facts.extend(settings(&key, name, Target::Volume, datasets));
            facts
        }
        Resource::Export(export) => {
            let mut facts = vec![(key.to_string(), format!("of {}", export.dataset))];
            for (client, options) in &export.clients {
                let options: Vec<&str> = options.iter().collect();
                facts.push((format!("{key} to {client}"), export_options(&options.join(","))));
            }
            facts
        }
        Resource::Storage(storage) => {
            let mut facts = vec![(key.to_string(), format!("type {}", storage.kind))];
            facts.extend(
                storage.properties.iter().map(|(name, value)| (format!("{key} {name}"), value.to_string())),
            );
            facts
        }
        Resource::Tunable(_) => {
            resource.facts().iter().map(|(name, says)| (key.to_string(), value(&key, name, says))).collect()
        }
        // What a kind tells of itself, where nothing is to be read together.
        _ => {
            let mut facts = vec![(key.to_string(), String::new())];
            facts.extend(resource.facts().into_iter().map(|(name, says)| (format!("{key} {name}"), says)));
            facts
        }
    }
}

/// Lists what is said about a resource's life.
fn life(resource: &Resource) -> Facts {
    let Some(Lifecycle { adopt, protect, replica, was }) = resource.lifecycle() else { return Facts::new() };
    let key = resource.key();
    let mut facts = Facts::new();
    for (word, on) in [("adopt", *adopt), ("protect", *protect), ("replica", *replica)] {
        if on {
            facts.push((format!("{key} {word}"), "on".to_owned()));
        }
    }
    facts.extend(was.iter().map(|name| (format!("{key} was"), name.to_string())));
    facts
}

fn pool_facts(key: &Key, pool: &Pool) -> Facts {
    let mut facts = vec![(key.to_string(), String::new())];
    for vdev in &pool.layout {
        let class = format!("{:?}", vdev.class).to_ascii_lowercase();
        let redundancy = match &vdev.redundancy {
            Redundancy::None => "disk".to_owned(),
            other => String::from(other.clone()),
        };
        for disk in &vdev.disks {
            facts.push((format!("{key} {class} {redundancy}"), disk.0.to_string()));
        }
    }
    facts.extend(
        pool.settings
            .iter()
            .map(|(name, says)| (format!("{key} {name}"), value(key, name.as_str(), &says.to_string()))),
    );
    facts
}

fn mounted(mount: Option<&Mount>) -> String {
    match mount {
        Some(Mount { path: Some(path), mounted: true }) => format!("mounted at {path}"),
        Some(Mount { path: Some(path), mounted: false }) => format!("not mounted by itself, at {path}"),
        Some(Mount { path: None, .. }) | None => "not mounted".to_owned(),
    }
}

/// Lists a dataset's own settings and, from the nearest declared parent that says it, what it inherits.
fn settings(
    key: &Key,
    name: &DatasetName,
    target: Target,
    datasets: &BTreeMap<&DatasetName, &Settings>,
) -> Facts {
    let mut found: BTreeMap<&PropertyName, (&Value, Option<DatasetName>)> = BTreeMap::new();
    let mut at = Some(name.clone());
    while let Some(here) = at {
        let own = here == *name;
        for (property, says) in datasets.get(&here).into_iter().flat_map(|settings| settings.iter()) {
            if own || is_inherited(property, target) {
                found.entry(property).or_insert_with(|| (says, (!own).then(|| here.clone())));
            }
        }
        at = here.parent();
    }
    found
        .into_iter()
        .map(|(property, (says, from))| {
            let says = value(key, property.as_str(), &says.to_string());
            let from = from.map(|from| format!(" (inherited from {from})")).unwrap_or_default();
            (format!("{key} {property}"), format!("{says}{from}"))
        })
        .collect()
}

/// A mount point is told in whole on the dataset's first line.
fn is_inherited(property: &PropertyName, target: Target) -> bool {
    let known = property::find(target, property.as_str());
    property.as_str() != "mountpoint" && (property.is_user() || known.is_some_and(|row| row.inheritable))
}

#[cfg(test)]
mod tests {
    use super::*;
    use phoenix_graph::{Bytes, Class, Disk, HostName, PoolName, Vdev};

    fn dataset(name: &str, settings: &[(&str, &str)]) -> Resource {
        Resource::Dataset(Dataset {
            name: DatasetName::new(name).unwrap(),
            settings: set(settings),
            lifecycle: Lifecycle::default(),
        })
    }

    fn set(settings: &[(&str, &str)]) -> Settings {
        let value = |text: &str| text.parse().map_or_else(|_| Value::Text(text.into()), Value::Number);
        settings.iter().map(|(name, text)| (PropertyName::new(name), value(text))).collect()
    }

    #[test]
    fn what_a_dataset_inherits_is_told_with_where_from() {
        let disk = |path: &str| Disk(path.into());
        let graph = Graph::assemble(
            HostName::new("h").unwrap(),
            vec![
                Resource::Pool(Pool {
                    name: PoolName::new("tank").unwrap(),
                    layout: vec![
                        Vdev {
                            class: Class::Data,
                            redundancy: Redundancy::Raidz(1),
                            disks: vec![disk("/a"), disk("/b")],
                        },
                        Vdev { class: Class::Log, redundancy: Redundancy::None, disks: vec![disk("/c")] },
                    ],
                    settings: Settings::default(),
                    lifecycle: Lifecycle::default(),
                }),
                dataset(
                    "tank",
                    &[("compression", "lz4"), ("quota", "1099511627776"), ("mountpoint", "/srv")],
                ),
                dataset("tank/a", &[("compression", "zstd"), ("canmount", "off"), ("my:note", "kept")]),
                dataset("tank/a/b", &[("mountpoint", "none")]),
                Resource::Volume(Volume {
                    name: DatasetName::new("tank/a/v").unwrap(),
                    size: Bytes(1 << 30),
                    sparse: true,
                    settings: set(&[("volblocksize", "16384")]),
                    lifecycle: Lifecycle::default(),
                }),
            ],
        )
        .unwrap();
        let told = effective(&graph);
        assert_eq!(
            told,
            "host h

pool:tank
pool:tank data raidz1 /a
pool:tank data raidz1 /b
pool:tank log disk /c

dataset:tank mounted at /srv
dataset:tank compression lz4
dataset:tank mountpoint /srv
dataset:tank quota 1T

dataset:tank/a not mounted by itself, at /srv/a
dataset:tank/a canmount off
dataset:tank/a compression zstd
dataset:tank/a my:note kept

dataset:tank/a/b not mounted
dataset:tank/a/b compression zstd (inherited from tank/a)
dataset:tank/a/b mountpoint none
dataset:tank/a/b my:note kept (inherited from tank/a)

volume:tank/a/v size 1G sparse
volume:tank/a/v compression zstd (inherited from tank/a)
volume:tank/a/v my:note kept (inherited from tank/a)
volume:tank/a/v volblocksize 16K
"
        );
    }
}
