//! Looks at the whole host: which commands are run, and how what they say becomes one value.

use super::{
    LinuxPaths, directory,
    disks::{self, Findings},
    properties::{self, COLUMNS, unreadable},
    run::Runner,
    zpool::{self, Shown},
};
use crate::{
    host::{HostError, links, links::failed, text},
    observed::{ALWAYS, DiskState, Observed, PoolState, Query, Storages, VdevDisk, VdevState},
    op::render::DISK_LINKS,
};
use phoenix_graph::{PoolName, PropertyName, Target, export::ExportOptions, property};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::PathBuf,
    thread,
};

/// Looks at everything that is asked for.
pub fn observe(paths: &LinuxPaths, runner: &Runner, query: &Query) -> Result<Observed, HostError> {
    // What a tool that is missing would end later is said now, before anything is changed.
    if query.exports {
        runner.tool("exportfs")?;
    }
    let known = version(paths).ok();
    let dataset_properties = dataset_properties(query, known);
    let pool_properties = pool_properties(query);
    let (pool_rows, status, dataset_rows) = thread::scope(|scope| {
        let pools = scope.spawn(|| runner.look(&["zpool", "get", "-Hp", "-o", COLUMNS, &pool_properties]));
        let status = scope.spawn(|| runner.look(&["zpool", "status", "-P"]));
        let datasets = runner
            .look(&["zfs", "get", "-Hp", "-t", "filesystem,volume", "-o", COLUMNS, &dataset_properties])
            .and_then(|text| properties::datasets(&text));
        (join(pools), join(status), datasets)
    });
    let settings = properties::pools(&pool_rows?)?;
    let layouts = zpool::layouts(&status?)?;
    let importable = importable(runner, query, &settings)?;
    let disks = Disks::look(paths, runner, query, &layouts)?;
    let pools = settings
        .into_iter()
        .map(|(name, settings)| {
            let layout = layouts.get(&name).map(Vec::as_slice).unwrap_or_default();
            let state = pool_state(settings, disks.vdevs(paths, layout))?;
            Ok((name, state))
        })
        .collect::<Result<_, HostError>>()?;
    let mut links = BTreeMap::new();
    for path in &query.links {
        links.insert(path.clone(), links::look(path)?);
    }
    Ok(Observed {
        // The tools load the module where it was not.
        zfs: known.map_or_else(|| version(paths), Ok)?,
        pools,
        importable,
        disks: disks.states,
        datasets: dataset_rows?,
        exports: if query.exports { exports(paths)? } else { BTreeMap::new() },
        storages: if query.storages { storages(paths, runner)? } else { Storages::NotAsked },
        tunables: tunables(paths, query)?,
        links,
        directories: directory::look(paths, query)?,
        users: directory::accounts(runner, "passwd", &query.users)?,
        groups: directory::accounts(runner, "group", &query.groups)?,
    })
}

fn join<T>(thread: thread::ScopedJoinHandle<'_, Result<T, HostError>>) -> Result<T, HostError> {
    thread.join().unwrap_or_else(|_| Err(unreadable("phoenix", "a thread that looked has ended", "")))
}

/// Returns the properties to ask for. One that this version of OpenZFS does not have would end the
/// whole command, so it is left out; then no dataset has it.
fn dataset_properties(query: &Query, version: Option<(u32, u32)>) -> String {
    let asked = query.properties.iter().map(PropertyName::as_str).filter(|name| has(name, version));
    let names: BTreeSet<&str> = ALWAYS.into_iter().chain(asked).collect();
    names.into_iter().collect::<Vec<_>>().join(",")
}

fn has(name: &str, version: Option<(u32, u32)>) -> bool {
    let row =
        [Target::Filesystem, Target::Volume].into_iter().find_map(|target| property::find(target, name));
    match (row, version) {
        (Some(row), Some((major, minor))) => {
            (u32::from(row.since.major), u32::from(row.since.minor)) <= (major, minor)
        }
        _ => true,
    }
}

fn pool_properties(query: &Query) -> String {
    let asked = query.pool_properties.iter().map(PropertyName::as_str);
    let names: BTreeSet<&str> = ["guid", "health"].into_iter().chain(asked).collect();
    names.into_iter().collect::<Vec<_>>().join(",")
}

fn pool_state(
    mut settings: properties::PoolSettings,
    layout: Vec<VdevState>,
) -> Result<PoolState, HostError> {
    let guid = settings.remove("guid").map(|setting| setting.raw).unwrap_or_default();
    let guid = guid.parse().map_err(|_| unreadable("zpool get", "a GUID", &guid))?;
    let health = settings.remove("health").map_or_else(|| "UNKNOWN".into(), |setting| setting.raw);
    Ok(PoolState { guid, health, layout, settings })
}

/// Looks for exported pools, where one that is asked for is not there.
fn importable(
    runner: &Runner,
    query: &Query,
    there: &BTreeMap<PoolName, properties::PoolSettings>,
) -> Result<BTreeSet<PoolName>, HostError> {
    if query.pools.keys().all(|pool| there.contains_key(pool)) {
        return Ok(BTreeSet::new());
    }
    let mut found = match runner.look(&["zpool", "import", "-d", DISK_LINKS]) {
        Ok(text) => zpool::importable(&text),
        // Some versions end in an error where there are none, and where there is no folder of links.
        Err(HostError::Command { stderr, .. })
            if stderr.contains("no pools available") || stderr.contains("No such file or directory") =>
        {
            BTreeSet::new()
        }
        Err(error) => return Err(error),
    };
    found.retain(|pool| query.pools.contains_key(pool) && !there.contains_key(pool));
    Ok(found)
}

/// The disks that were asked for.
struct Disks {
    states: BTreeMap<phoenix_graph::Disk, DiskState>,
    /// The devices that the paths asked for lead to.
    named: BTreeSet<Box<str>>,
}

impl Disks {
    /// Finds every disk, and looks into those that are in no imported pool.
    fn look(
        paths: &LinuxPaths,
        runner: &Runner,
        query: &Query,
        layouts: &BTreeMap<PoolName, Vec<Shown>>,
    ) -> Result<Self, HostError> {
        let found: Vec<_> = query
            .pools
            .iter()
            .flat_map(|(pool, disks)| disks.iter().map(move |disk| (pool, disk, disks::device(&disk.0))))
            .collect();
        let named: BTreeSet<Box<str>> = found.iter().filter_map(|(_, _, device)| device.clone()).collect();
        let mut members: BTreeMap<Box<str>, &PoolName> = BTreeMap::new();
        for (pool, layout) in layouts {
            for path in layout.iter().flat_map(|vdev| &vdev.disks) {
                members.insert(disks::vdev_device(paths, path, &named), pool);
                let device = disks::shown_device(path);
                // The whole disk is no other's either, where a pool has but a partition of it.
                members.extend(disks::whole_disk(paths, &device).map(|disk| (disk, pool)));
                members.insert(device, pool);
            }
        }
        let strange: BTreeSet<Box<str>> =
            named.iter().filter(|device| !members.contains_key(*device)).cloned().collect();
        let findings = if strange.is_empty() {
            Findings::default()
        } else {
            let probed = disks::probed(paths, &strange);
            let mut argv = vec!["wipefs", "--no-act", "--json", "--"];
            argv.extend(probed.iter().map(|device| &**device));
            disks::findings(paths, &runner.look(&argv)?)?
        };
        let states = found
            .into_iter()
            .map(|(pool, disk, device)| {
                let state = match device {
                    None => DiskState::Missing,
                    Some(device) => match members.get(&device) {
                        Some(owner) if *owner == pool => DiskState::Device(device),
                        Some(owner) => {
                            DiskState::Holds(device, vec![format!("a disk of the imported pool \"{owner}\"")])
                        }
                        None => match findings.on(paths, &device) {
                            things if things.is_empty() => DiskState::Blank(device),
                            things => DiskState::Holds(device, things),
                        },
                    },
                };
                (disk.clone(), state)
            })
            .collect();
        Ok(Disks { states, named })
    }

    fn vdevs(&self, paths: &LinuxPaths, layout: &[Shown]) -> Vec<VdevState> {
        let disk =
            |path: &str| VdevDisk { path: path.into(), device: disks::vdev_device(paths, path, &self.named) };
        layout
            .iter()
            .map(|vdev| VdevState {
                class: vdev.class,
                redundancy: vdev.redundancy.clone(),
                disks: vdev.disks.iter().map(|path| disk(path)).collect(),
            })
            .collect()
    }
}

/// Reads the module's version: `2.3.2-1~bpo12+1`.
fn version(paths: &LinuxPaths) -> Result<(u32, u32), HostError> {
    let path = paths.sys.join("module/zfs/version");
    let text = fs::read_to_string(&path).map_err(|error| HostError::NoTool {
        tool: "zfs kernel module".to_owned(),
        looked: format!("{}: {error}", path.display()),
        help: "install it for the running kernel (`zfs-dkms`; Proxmox VE has it), then `modprobe zfs`"
            .to_owned(),
    })?;
    let mut numbers = text.trim().split(['.', '-', '~']).map(|part| part.parse().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) => Ok((major, minor)),
        _ => Err(unreadable("zfs", "the module's version", &text)),
    }
}

type ExportTable = BTreeMap<(Box<str>, Box<str>), ExportOptions>;

/// Reads the live export table.
fn exports(paths: &LinuxPaths) -> Result<ExportTable, HostError> {
    let text = read_or_empty(&paths.etab)?;
    Ok(text::exports::table(&text)
        .map(|(path, client, options)| ((path, client), ExportOptions::from_etab(&options)))
        .collect())
}

fn storages(paths: &LinuxPaths, runner: &Runner) -> Result<Storages, HostError> {
    match runner.tool("pvesm") {
        Err(HostError::NoTool { .. }) => Ok(Storages::NoProxmox),
        Err(error) => Err(error),
        Ok(_) => Ok(text::storage_cfg::storages(&read_or_empty(&paths.storage_cfg)?)),
    }
}

fn read_or_empty(path: &PathBuf) -> Result<String, HostError> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(failed("read", path, &error)),
    }
}

/// Returns the file of a parameter of the zfs module.
pub fn parameter(paths: &LinuxPaths, name: &str) -> PathBuf {
    paths.sys.join("module/zfs/parameters").join(name)
}

fn tunables(paths: &LinuxPaths, query: &Query) -> Result<BTreeMap<Box<str>, u64>, HostError> {
    let mut found = BTreeMap::new();
    for name in &query.tunables {
        let path = parameter(paths, name);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed("read", &path, &error)),
        };
        let value = text
            .trim()
            .parse()
            .map_err(|_| unreadable("zfs", &format!("the parameter {name} is no whole number"), &text))?;
        found.insert(name.clone(), value);
    }
    Ok(found)
}
