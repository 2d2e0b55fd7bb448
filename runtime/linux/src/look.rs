//! Looks at the whole host: which commands are run, and how what they say becomes one value.

use super::{
    LinuxPaths, altroot, directory,
    disks::{self, Findings},
    grid::{self, Cells, Table},
    importing, keys, properties, proxmox,
    run::Runner,
    users,
    zpool::{self, Leaf, Shown, Status},
};
use phoenix_graph::{DatasetName, Disk, PoolName, PropertyName, Target, export::ExportOptions, property};
use phoenix_host::{
    HostError,
    error::{failed, unreadable},
    links,
    observed::{
        self, ALWAYS, DatasetState, DiskState, Found, HeldExport, ImportObstacle, Label, Mounts, Observed,
        PoolState, Query, VdevDisk, VdevState,
    },
    op::render::DISK_LINKS,
    text::{self, complaints::Complaint},
};
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
    let (settings, status, datasets) = thread::scope(|scope| {
        let pools = scope.spawn(|| {
            let features = features(runner, query)?;
            let cells = table(runner, Table::Pools, query, pool_properties(query, known, &features))?;
            properties::pools(&cells)
        });
        let status = scope.spawn(|| runner.look_lossy(&["zpool", "status", "-P"]));
        let datasets = table(runner, Table::Datasets, query, dataset_properties(query, known))
            .and_then(|cells| properties::datasets(&cells));
        (join(pools), join(status), datasets)
    });
    let (mut datasets, settings) = (datasets?, settings?);
    let altroots = altroot::take_off(&mut datasets, &settings);
    let (importable, obstacles) = importable(runner, query, &settings)?;
    let (mut statuses, disks) = layouts(paths, runner, query, &settings, status?)?;
    let pools = settings
        .into_iter()
        .map(|(name, settings)| {
            let status = statuses.remove(&name).unwrap_or_default();
            let layout = disks.vdevs(paths, &status.layout);
            let state = PoolState {
                work: status.work,
                checkpoint: status.checkpoint,
                layout,
                ..pool_state(query, settings)?
            };
            Ok((name, state))
        })
        .collect::<Result<_, HostError>>()?;
    let mut mounts = mounts(paths, &datasets)?;
    altroot::lead(&mut mounts, &datasets, &altroots);
    let mut links = BTreeMap::new();
    for path in &query.links {
        links.insert(path.clone(), links::look(path)?);
    }
    let (storages, guests) = proxmox::look(paths, runner, query)?;
    Ok(Observed {
        // The tools load the module where it was not.
        zfs: known.map_or_else(|| version(paths), Ok)?,
        pools,
        importable,
        obstacles,
        disks: disks.states,
        in_use: in_use(paths, query, &datasets),
        key_files: keys::look(query, &datasets),
        datasets,
        mounts,
        exports: if query.exports || query.foreign { exports(paths)? } else { BTreeMap::new() },
        storages,
        guests,
        written: disks.written,
        tunables: tunables(paths, query)?,
        links,
        links_passed: query.mountpoints.iter().filter_map(|path| links::passed(path)).collect(),
        directories: directory::look(paths, query)?,
        users: directory::accounts(runner, "passwd", &query.users)?,
        groups: directory::accounts(runner, "group", &query.groups)?,
        disk_names: if query.everything { disks::names(paths)? } else { BTreeMap::new() },
        held_exports: if query.everything { held_exports(paths)? } else { Vec::new() },
    })
}

/// Reads these properties of all pools or datasets; where everything is asked for, first which there are.
fn table(runner: &Runner, table: Table, query: &Query, asked: BTreeSet<&str>) -> Result<Cells, HostError> {
    let all = if query.everything { grid::sources(runner, table, &[])? } else { BTreeMap::new() };
    let there = all.values().flatten().map(|(property, _)| property.as_str());
    let properties: BTreeSet<&str> = asked.into_iter().chain(there).collect();
    grid::get(runner, table, &properties, &[])
}

/// Reads what is mounted where.
pub fn mount_table(paths: &LinuxPaths) -> Result<Mounts, HostError> {
    let path = paths.proc.join("self/mountinfo");
    // Anybody may mount something at a path that is no text.
    let bytes = fs::read(&path).map_err(|error| failed("read", &path, error))?;
    observed::mounts::read(&String::from_utf8_lossy(&bytes))
        .map_err(|line| unreadable("/proc/self/mountinfo", "a line of it is no mount", &line))
}

/// Reads what is mounted where, and where the mount points lead.
fn mounts(paths: &LinuxPaths, datasets: &BTreeMap<DatasetName, DatasetState>) -> Result<Mounts, HostError> {
    let mut table = mount_table(paths)?;
    let mounted = datasets.iter().filter(|(_, state)| state.mounted);
    let placed = mounted.filter_map(|(name, state)| Some((name, state.value("mountpoint")?)));
    let placed = placed.filter(|(_, path)| path.starts_with('/'));
    table.links = observed::mounts::links(&table, placed, |path| {
        path.canonicalize().ok()?.into_os_string().into_string().ok().map(String::into_boxed_str)
    });
    Ok(table)
}

/// How often a pool's layout is read again that changes while it is read.
const TRIES: usize = 5;

/// Reads the layouts of all pools and finds the disks. Where something may be changed, each is named by its
/// GUID, since a path may lead elsewhere by then. A replacement that ends between the two commands changes
/// the tree, and then both are run again.
fn layouts(
    paths: &LinuxPaths,
    runner: &Runner,
    query: &Query,
    settings: &BTreeMap<PoolName, properties::PoolSettings>,
    mut status: String,
) -> Result<(BTreeMap<PoolName, Status>, Disks), HostError> {
    for left in (0..TRIES).rev() {
        let statuses = zpool::statuses(&status, None)?;
        let asked = |pool: &PoolName| query.everything || query.pools.contains_key(pool);
        let mut unread = statuses.iter().filter(|(pool, _)| asked(pool));
        if let Some((pool, reason)) = unread.find_map(|(pool, status)| Some((pool, status.unread.as_ref()?)))
        {
            return Err(unreadable("zpool status", &format!("the layout of {pool}: {reason}"), ""));
        }
        let disks = Disks::look(paths, runner, query, &statuses, settings)?;
        if !disks.differ(paths, query, &statuses) {
            return Ok((statuses, disks));
        }
        let numbers = runner.look(&["zpool", "status", "-g"])?;
        match zpool::statuses(&status, Some(&numbers)) {
            Ok(statuses) => return Ok((statuses, disks)),
            Err(error) if left == 0 => return Err(error),
            Err(_) => status = runner.look_lossy(&["zpool", "status", "-P"])?,
        }
    }
    Err(unreadable("zpool status", "the pools change faster than they can be looked at", ""))
}

fn join<T>(thread: thread::ScopedJoinHandle<'_, Result<T, HostError>>) -> Result<T, HostError> {
    thread.join().unwrap_or_else(|_| Err(unreadable("phoenix", "a thread that looked has ended", "")))
}

/// Finds who uses what may leave. What is not mounted here may be in another mount namespace.
fn in_use(
    paths: &LinuxPaths,
    query: &Query,
    datasets: &BTreeMap<DatasetName, DatasetState>,
) -> BTreeMap<DatasetName, Vec<String>> {
    if query.leaving.is_empty() {
        return BTreeMap::new();
    }
    let leaves = |name: &DatasetName| {
        std::iter::successors(Some(name.clone()), DatasetName::parent)
            .any(|above| query.leaving.contains(&above))
    };
    let asked = datasets.iter().filter(|(name, _)| leaves(name));
    users::users(paths, asked.map(|(name, state)| (name, state.volume)).collect::<Vec<_>>())
}

/// Returns the properties to ask for. One that this version of OpenZFS does not have would end the
/// whole command, so it is left out; then no dataset has it.
fn dataset_properties(query: &Query, version: Option<(u32, u32)>) -> BTreeSet<&str> {
    let has = |name: &&str| has(&[Target::Filesystem, Target::Volume], name, version);
    let asked = query.properties.iter().map(PropertyName::as_str).filter(has);
    ALWAYS.into_iter().chain(asked).collect()
}

fn has(targets: &[Target], name: &str, version: Option<(u32, u32)>) -> bool {
    let row = targets.iter().find_map(|target| property::find(*target, name));
    match (row, version) {
        (Some(row), Some((major, minor))) => {
            (u32::from(row.since.major), u32::from(row.since.minor)) <= (major, minor)
        }
        _ => true,
    }
}

fn pool_properties<'q>(
    query: &'q Query,
    version: Option<(u32, u32)>,
    features: &BTreeSet<String>,
) -> BTreeSet<&'q str> {
    let has = |name: &&str| has(&[Target::Pool], name, version);
    let is_there = |name: &&str| !name.starts_with(FEATURE) || features.contains(*name);
    let asked = query.pool_properties.iter().map(PropertyName::as_str).filter(has).filter(is_there);
    // This one came later than the oldest version that phoenix knows.
    let feature = version.filter(|version| *version >= (2, 3)).map(|_| EXPANSION);
    ["altroot", "guid", "health", CHECKPOINT].into_iter().chain(feature).chain(asked).collect()
}

/// Finds the features that this version of OpenZFS has, where a feature is asked for: of another one it tells
/// nothing, not even that it does not know it.
fn features(runner: &Runner, query: &Query) -> Result<BTreeSet<String>, HostError> {
    if !query.pool_properties.iter().any(|name| name.as_str().starts_with(FEATURE)) {
        return Ok(BTreeSet::new());
    }
    let all = grid::sources(runner, Table::Pools, &[])?;
    Ok(all.into_values().flatten().map(|(property, _)| property).collect())
}

/// What the names of features begin with.
const FEATURE: &str = "feature@";

/// The feature that lets raidz vdevs be widened.
const EXPANSION: &str = "feature@raidz_expansion";

/// The feature that lets checkpoints be taken.
const CHECKPOINT: &str = "feature@zpool_checkpoint";

fn pool_state(query: &Query, mut settings: properties::PoolSettings) -> Result<PoolState, HostError> {
    let guid = settings.remove("guid").map(|setting| setting.raw).unwrap_or_default();
    let guid = guid.parse().map_err(|_| unreadable("zpool get", "a GUID", &guid))?;
    let health = settings.remove("health").map_or_else(|| "UNKNOWN".into(), |setting| setting.raw);
    let has = |feature: &str| settings.get(feature).is_some_and(|setting| &*setting.raw != "disabled");
    let (expands, checkpoints) = (has(EXPANSION), has(CHECKPOINT));
    settings.retain(|name, _| query.everything || query.pool_properties.contains(name));
    Ok(PoolState {
        guid,
        health,
        layout: Vec::new(),
        settings,
        work: Vec::new(),
        checkpoint: false,
        checkpoints,
        expands,
    })
}

/// The exported pools that were found, and what keeps some from being imported.
type Importable = (BTreeSet<PoolName>, BTreeMap<PoolName, Vec<ImportObstacle>>);

/// Looks for exported pools, where one that is asked for is not there.
fn importable(
    runner: &Runner,
    query: &Query,
    there: &BTreeMap<PoolName, properties::PoolSettings>,
) -> Result<Importable, HostError> {
    if query.pools.keys().all(|pool| there.contains_key(pool)) {
        return Ok((BTreeSet::new(), BTreeMap::new()));
    }
    let (mut found, mut obstacles) = match runner.look_lossy(&["zpool", "import", "-d", DISK_LINKS]) {
        Ok(text) => (importing::importable(&text), importing::obstacles(&text)),
        // Some versions end in an error where there are none, and where there is no folder of links.
        Err(error) if error.complains_of(Complaint::NoPools) || error.complains_of(Complaint::NoFile) => {
            (BTreeSet::new(), BTreeMap::new())
        }
        Err(error) => return Err(error),
    };
    found.retain(|pool| query.pools.contains_key(pool) && !there.contains_key(pool));
    obstacles.retain(|pool, _| found.contains(pool));
    Ok((found, obstacles))
}

/// The disks that were asked for.
struct Disks {
    states: BTreeMap<Disk, DiskState>,
    /// Those of the blank ones that have bytes other than zero at their beginning or end.
    written: BTreeSet<Disk>,
    /// The devices that the paths asked for lead to.
    named: BTreeSet<Box<str>>,
}

impl Disks {
    /// Finds every disk, and looks into those that are in no imported pool.
    fn look(
        paths: &LinuxPaths,
        runner: &Runner,
        query: &Query,
        statuses: &BTreeMap<PoolName, Status>,
        settings: &BTreeMap<PoolName, properties::PoolSettings>,
    ) -> Result<Self, HostError> {
        let found: Vec<_> = query
            .pools
            .iter()
            .flat_map(|(pool, disks)| disks.iter().map(move |disk| (pool, disk, disks::device(&disk.0))))
            .collect();
        let named: BTreeSet<Box<str>> = found.iter().filter_map(|(_, _, device)| device.clone()).collect();
        let members = members(paths, statuses, &named);
        let strange: BTreeSet<Box<str>> =
            named.iter().filter(|device| !members.contains_key(*device)).cloned().collect();
        let findings = if strange.is_empty() {
            Findings::default()
        } else {
            let probed = disks::probed(paths, &strange);
            let mut argv = vec!["wipefs", "--no-act", "--json", "--"];
            argv.extend(probed.iter().map(|device| &**device));
            disks::findings(paths, &runner.look_lossy(&argv)?)?
        };
        let guid = |pool: &PoolName| settings.get(pool)?.get("guid")?.raw.parse::<u64>().ok();
        let mut looked = Disks { states: BTreeMap::new(), written: BTreeSet::new(), named };
        for (pool, disk, device) in found {
            let state = match device {
                None => DiskState::Missing,
                Some(device) => match members.get(&device) {
                    Some(owner) if *owner == pool => DiskState::Device(device),
                    Some(owner) => {
                        let words = format!("a disk of the imported pool \"{owner}\"");
                        DiskState::Holds(device, vec![Found::other(words)])
                    }
                    None if let Some(label) =
                        guid(pool).and_then(|guid| findings.label_alone(paths, &device, guid)) =>
                    {
                        // Where that cannot be read, `zpool` refuses the disk itself.
                        let said = runner.look_lossy(&["zdb", "-l", "--", &label]).unwrap_or_default();
                        if disks::is_exported(&said) {
                            let label = Found::label(Label::Of(pool.as_str().into()));
                            let words = label.words.clone() + ", as exported";
                            DiskState::Holds(device, vec![Found { words, ..label }])
                        } else {
                            DiskState::Left(device)
                        }
                    }
                    None => match findings.on(paths, &device) {
                        things if things.is_empty() => {
                            if disks::is_written(paths, &device) {
                                looked.written.insert(disk.clone());
                            }
                            DiskState::Blank(device)
                        }
                        things => DiskState::Holds(device, things),
                    },
                },
            };
            looked.states.insert(disk.clone(), state);
        }
        Ok(looked)
    }

    /// Says whether a pool has other disks than those that are asked for, or is not whole: then something
    /// may be changed in it.
    fn differ(&self, paths: &LinuxPaths, query: &Query, statuses: &BTreeMap<PoolName, Status>) -> bool {
        query.pools.iter().any(|(pool, asked)| {
            let (Some(status), false) = (statuses.get(pool), asked.is_empty()) else { return false };
            let leaves = || status.layout.iter().flat_map(Shown::leaves);
            let there: BTreeSet<Box<str>> =
                leaves().map(|leaf| disks::vdev_device(paths, &leaf.path, &self.named)).collect();
            let wanted: BTreeSet<Box<str>> = asked
                .iter()
                .map(|disk| self.states.get(disk).and_then(DiskState::device).unwrap_or(&disk.0).into())
                .collect();
            there != wanted || leaves().any(|leaf| leaf.lost || leaf.replaces.is_some())
        })
    }

    fn vdevs(&self, paths: &LinuxPaths, layout: &[Shown]) -> Vec<VdevState> {
        let vdev = |vdev: &Shown| VdevState {
            class: vdev.class,
            redundancy: vdev.redundancy.clone(),
            disks: vdev.disks.iter().map(|leaf| self.disk(paths, leaf)).collect(),
            name: vdev.name.clone(),
            leaving: vdev.leaving,
        };
        layout.iter().map(vdev).collect()
    }

    fn disk(&self, paths: &LinuxPaths, leaf: &Leaf) -> VdevDisk {
        let device = disks::vdev_device(paths, &leaf.path, &self.named);
        VdevDisk {
            given: disks::given(&leaf.path, &device),
            path: leaf.path.clone(),
            device,
            name: leaf.name.clone(),
            state: leaf.state.clone(),
            lost: leaf.lost,
            replaces: leaf.replaces.as_ref().map(|old| Box::new(self.disk(paths, old))),
        }
    }
}

/// Lists the devices that are in imported pools. What is at the path of a disk that its pool has lost is
/// no disk of it.
fn members<'a>(
    paths: &LinuxPaths,
    statuses: &'a BTreeMap<PoolName, Status>,
    named: &BTreeSet<Box<str>>,
) -> BTreeMap<Box<str>, &'a PoolName> {
    let mut members: BTreeMap<Box<str>, &PoolName> = BTreeMap::new();
    for (pool, status) in statuses {
        for leaf in status.layout.iter().flat_map(Shown::leaves).filter(|leaf| !leaf.lost) {
            members.insert(disks::vdev_device(paths, &leaf.path, named), pool);
            let device = disks::shown_device(&leaf.path);
            // The whole disk is no other's either, where a pool has but a partition of it.
            members.extend(disks::whole_disk(paths, &device).map(|disk| (disk, pool)));
            members.insert(device, pool);
        }
    }
    members
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

/// Reads what `/etc/exports` and `/etc/exports.d/*.exports` hold (`exports(5)`).
fn held_exports(paths: &LinuxPaths) -> Result<Vec<HeldExport>, HostError> {
    let folder = paths.etc.join("exports.d");
    let mut files = match fs::read_dir(&folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(failed("read", &folder, error)),
    };
    files.retain(|path| {
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        !hidden && path.extension().is_some_and(|end| end == "exports")
    });
    files.sort();
    files.insert(0, paths.etc.join("exports"));
    let texts: Vec<(String, String)> = files
        .iter()
        .map(|path| Ok((path.display().to_string(), read_or_empty(path)?)))
        .collect::<Result<_, HostError>>()?;
    Ok(text::exports::held(texts.iter().map(|(file, text)| (file.as_str(), text.as_str()))))
}

fn read_or_empty(path: &PathBuf) -> Result<String, HostError> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(failed("read", path, error)),
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
            Err(error) => return Err(failed("read", &path, error)),
        };
        let value = text
            .trim()
            .parse()
            .map_err(|_| unreadable("zfs", &format!("the parameter {name} is no whole number"), &text))?;
        found.insert(name.clone(), value);
    }
    Ok(found)
}
