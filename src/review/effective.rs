//! What a host comes to, laid out line by line: every line tells its resource, so that a difference
//! can be read without what stands around it.

use crate::show::value::value;
use phoenix_graph::{
    DatasetName, Graph, Key, Lifecycle, PropertyName, Resource, Said, Settings, Target, Value,
    capacity::{Row, rows, said},
    mounts::{Mount, mounts},
    property,
};
use std::{collections::BTreeMap, fmt::Write};

/// Lays a host out: its pools with their disks and all that is promised of them, file systems and volumes with the settings that they
/// declare and those that they inherit from declared parents, exports, registrations, parameters.
#[must_use]
pub fn effective(graph: &Graph) -> String {
    let mut text = format!("host {}\n", graph.host());
    let datasets: BTreeMap<&DatasetName, &Settings> =
        graph.resources().filter_map(|one| Some((one.dataset_name()?, one.settings()?))).collect();
    let mounts = mounts(graph.resources());
    let promised = promised(graph);
    let mut resources: Vec<&Resource> = graph.resources().collect();
    resources.sort_by_key(|one| one.key());
    for resource in resources {
        text.push('\n');
        let key = resource.key();
        let mounted = match resource {
            Resource::Dataset(dataset) => Some(mounted(mounts.get(&dataset.name))),
            _ => None,
        };
        let (first, mut below) = own_facts(&key, resource);
        if let Resource::Pool(pool) = resource {
            below.extend(promised.get(&pool.name.root()).map(|text| ("promised".to_owned(), text.clone())));
        }
        // Writing to a string does not fail, here and below.
        let _ = writeln!(
            text,
            "{}",
            [key.to_string()].into_iter().chain(mounted).chain(first).collect::<Vec<_>>().join(" ")
        );
        let life = resource.lifecycle().into_iter().flat_map(Lifecycle::facts);
        for (fact, says) in below.into_iter().chain(settings(&key, resource, &datasets)).chain(life) {
            let _ = match says.as_str() {
                "" => writeln!(text, "{key} {fact}"),
                says => writeln!(text, "{key} {fact} {says}"),
            };
        }
    }
    text
}

/// Lists what a kind tells of itself: in the first line, and in lines below it.
fn own_facts(key: &Key, resource: &Resource) -> (Vec<String>, Vec<(String, String)>) {
    let (mut first, mut below) = (Vec::new(), Vec::new());
    for fact in resource.own_facts() {
        let show = |text: &str| if text.is_empty() { String::new() } else { value(key, &fact.name, text) };
        match fact.said {
            Said::First(words) => first.push(format!("{words}{}", show(&fact.value))),
            Said::Word => first.push(fact.name),
            Said::Line => below.push((fact.name.clone(), show(&fact.value))),
            Said::Lines(name, values) => {
                below.extend(values.iter().map(|value| (name.clone(), show(value))));
            }
        }
    }
    (first, below)
}

/// Writes what is promised of each pool, by its root dataset: nothing of one of which nothing is.
fn promised(graph: &Graph) -> BTreeMap<DatasetName, String> {
    let resources: Vec<&Resource> = graph.resources().collect();
    let roots = rows(&said(resources)).into_iter().filter(|row| row.name.is_root() && row.promised > 0);
    let shown = |row: &Row| value(&Key::Dataset(row.name.clone()), "quota", &row.promised.to_string());
    roots.map(|row| (row.name.clone(), shown(&row))).collect()
}

fn mounted(mount: Option<&Mount>) -> String {
    match mount {
        Some(Mount { path: Some(path), mounted: true }) => format!("mounted at {path}"),
        Some(Mount { path: Some(path), mounted: false }) => format!("not mounted by itself, at {path}"),
        Some(Mount { path: None, .. }) | None => "not mounted".to_owned(),
    }
}

/// Lists a resource's own settings and, from the nearest declared parent that says it, what a dataset inherits.
fn settings(
    key: &Key,
    resource: &Resource,
    datasets: &BTreeMap<&DatasetName, &Settings>,
) -> Vec<(String, String)> {
    let own = resource.settings().into_iter().flat_map(Settings::iter);
    let mut found: BTreeMap<&PropertyName, (&Value, Option<DatasetName>)> =
        own.map(|(property, says)| (property, (says, None))).collect();
    let target = match resource {
        Resource::Volume(_) => Target::Volume,
        _ => Target::Filesystem,
    };
    let mut above = resource.dataset_name().and_then(DatasetName::parent);
    while let Some(here) = above {
        for (property, says) in datasets.get(&here).into_iter().flat_map(|settings| settings.iter()) {
            if is_inherited(property, target) {
                found.entry(property).or_insert_with(|| (says, Some(here.clone())));
            }
        }
        above = here.parent();
    }
    let line = |(property, (says, from)): (&PropertyName, (&Value, Option<DatasetName>))| {
        let says = value(key, property.as_str(), &says.to_string());
        let from = from.map(|from| format!(" (inherited from {from})")).unwrap_or_default();
        (property.to_string(), format!("{says}{from}"))
    };
    found.into_iter().map(line).collect()
}

/// A mount point is told in whole on the dataset's first line.
fn is_inherited(property: &PropertyName, target: Target) -> bool {
    let known = property::find(target, property.as_str());
    property.as_str() != "mountpoint" && (property.is_user() || known.is_some_and(|row| row.inheritable))
}

#[cfg(test)]
mod tests {
    use super::*;
    use phoenix_graph::{Bytes, Class, Dataset, Disk, HostName, Pool, PoolName, Redundancy, Vdev, Volume};

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
pool:tank promised 1T

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
