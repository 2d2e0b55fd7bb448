//! A host as a case describes it: what a look at it would show, and what is on record of it.

use super::{proxmox, scheduled, words::Words};
use kdl::KdlDocument;
use phoenix_graph::{
    Bytes, Class, DatasetName, Disk, Key, PoolName, PropertyName, Redundancy, Target, Value, property,
};
use phoenix_host::observed::{
    DatasetState, Directory, DiskState, FolderState, Found, HOME, HeldExport, ImportObstacle, Instead,
    KeyFile, LinkState, MountState, Mounts, OWNER, Observed, PoolState, Setting, Source, VdevDisk, VdevState,
    Work, WorkKind,
};
use phoenix_plan::{
    Before, Past, Prior,
    record::{Away, Earlier, Entry, Identity, Record},
};
use std::collections::{BTreeMap, BTreeSet};

/// The name of the host that specs leave out.
const NAME: &str = "localhost";

#[derive(Default)]
pub struct Host {
    pub observed: Observed,
    pub record: Record,
    /// What the current generation adopted.
    pub adopted: BTreeSet<Key>,
    /// What stood before phoenix set it.
    pub before: Before,
    /// What is known of datasets whose data goes back.
    pub past: Past,
    /// What has been said, by its word and its name.
    said: BTreeSet<String>,
    /// Where file systems are mounted, in the order of mounting.
    mounted: Vec<(DatasetName, String)>,
    /// What else is mounted: its kind, and where.
    others: Vec<(String, String)>,
}

pub fn dataset(name: &str) -> Result<DatasetName, String> {
    DatasetName::seen(name).map_err(|error| error.to_string())
}

/// Whose a dataset or a pool is: on record or not, and with a mark or without.
const WHOSE: [&str; 4] = ["ours", "unmarked", "unrecorded", "foreign"];

impl Host {
    /// Reads what a case says of a host. The pool `tank` of two disks is there where it does not say otherwise.
    pub fn read(text: &KdlDocument) -> Result<Self, String> {
        let mut host = Host { observed: Observed { zfs: (2, 3), ..Observed::default() }, ..Host::default() };
        host.observed.sanoid.installed = true;
        host.record.hosts.extend(phoenix_graph::HostName::new(NAME));
        let said = |node: &kdl::KdlNode| matches!(node.name().value(), "pool" | "importable" | "no-pool");
        if !text.nodes().iter().any(said) {
            let tank: KdlDocument = "pool tank".parse().map_err(|error: kdl::KdlError| error.to_string())?;
            tank.nodes().iter().try_for_each(|node| host.node(Words::new(node)))?;
        }
        text.nodes().iter().try_for_each(|node| host.node(Words::new(node)))?;
        host.mount();
        Ok(host)
    }

    fn node(&mut self, mut words: Words<'_>) -> Result<(), String> {
        if !self.said.insert(words.what(match words.word() {
            "zfs" | "pct" | "qemu" | "mappings" | "no-virtiofsd" | "storages" | "cluster" | "guests"
            | "containers" | "no-proxmox" | "no-pool" | "no-systemd" | "no-sanoid" | "sanoid-conf" => 0,
            "export" | "mount" | "before" | "held" | "folder" => 2,
            _ => 1,
        })) {
            return Err(words.wrong("this was said before"));
        }
        let seen = &mut self.observed;
        match words.word() {
            "zfs" => seen.zfs = (words.arg()?, words.arg()?),
            "no-pool" => {}
            "pool" => self.pool(&mut words)?,
            "importable" => {
                let pool = words.arg::<String>()?;
                let pool = PoolName::seen(&pool).map_err(|why| words.wrong(why))?;
                let obstacles = words.children().map(obstacle).collect::<Result<Vec<_>, _>>()?;
                if !obstacles.is_empty() {
                    seen.obstacles.insert(pool.clone(), obstacles);
                }
                seen.importable.insert(pool);
            }
            "dataset" => self.dataset(&mut words, false)?,
            "volume" => self.dataset(&mut words, true)?,
            "mount" => self.others.push((words.arg()?, words.arg()?)),
            "disk" => {
                let path: Box<str> = words.arg::<String>()?.into();
                if words.is("written")? {
                    seen.written.insert(Disk(path.clone()));
                }
                let state = match words.one_of(&["blank", "left", "missing", "holds"]) {
                    Some("blank") => DiskState::Blank(path.clone()),
                    Some("left") => DiskState::Left(path.clone()),
                    Some("holds") => {
                        DiskState::Holds(path.clone(), words.args().into_iter().map(Found::other).collect())
                    }
                    Some(_) => DiskState::Missing,
                    None => return Err(words.wrong("a disk is in no such state")),
                };
                seen.disks.insert(Disk(path), state);
            }
            "export" => {
                let of = (words.arg::<String>()?.into(), words.arg::<String>()?.into());
                let options = words.args();
                let options =
                    phoenix_graph::export::ExportOptions::from_words(options.iter().map(String::as_str));
                seen.exports.insert(of, options.map_err(|why| words.wrong(why))?);
            }
            "held" => {
                let (file, line) = (words.arg::<String>()?.into(), words.arg()?);
                let (path, client) = (words.arg::<String>()?.into(), words.arg::<String>()?.into());
                let options = phoenix_graph::export::ExportOptions::from_etab(&words.args().join(","));
                seen.held_exports.push(HeldExport { file, line, path, client, options });
            }
            "unread" => {
                seen.unread_exports.insert(words.arg::<String>()?.into(), words.arg()?);
            }
            "tunable" => _ = seen.tunables.insert(words.arg::<String>()?.into(), words.arg()?),
            "file" => _ = seen.links.insert(words.arg::<String>()?.into(), LinkState::Other),
            "link-passed" => {
                let (at, link, to): (String, String, String) = (words.arg()?, words.arg()?, words.arg()?);
                seen.links_passed.insert(at.into(), (link.into(), to.into()));
            }
            "directory" => {
                let name = dataset(&words.arg::<String>()?)?;
                let directory = Directory {
                    owner: words.arg()?,
                    group: words.arg()?,
                    mode: words.arg()?,
                    acl: words.prop("acl")?.unwrap_or_default(),
                };
                let holds = words.prop::<u64>("holds")?;
                seen.contents.extend(holds.map(|holds| (name.clone(), holds)));
                seen.directories.insert(name, directory);
            }
            "folder" => {
                let (name, folder) = (dataset(&words.arg::<String>()?)?, words.arg::<String>()?);
                let link = words.prop::<String>("link")?.map(|target| Instead::Link(target.into()));
                let instead = match words.one_of(&["file", "mount"]) {
                    Some("file") => Some(Instead::File),
                    Some(_) => Some(Instead::Mount),
                    None => link,
                };
                let last = Directory {
                    owner: words.prop("owner")?.unwrap_or_default(),
                    group: words.prop("group")?.unwrap_or_default(),
                    mode: words.prop("mode")?.unwrap_or(Directory::NEW.mode),
                    ..Directory::NEW
                };
                let there = words.prop("there")?.unwrap_or_default();
                let state = FolderState { there, last, empty: words.is("empty")?, instead };
                seen.folders.entry(name).or_default().insert(folder.into(), state);
            }
            "user" => _ = seen.users.insert(words.arg::<String>()?.into(), words.arg()?),
            "group" => _ = seen.groups.insert(words.arg::<String>()?.into(), words.arg()?),
            "key-file" => {
                let path = words.arg::<String>()?.into();
                let file = match words.one_of(&["missing", "unreadable"]) {
                    Some("unreadable") => KeyFile::Unreadable(words.arg()?),
                    Some(_) => KeyFile::Missing,
                    None => KeyFile::Bytes(words.arg()?),
                };
                seen.key_files.insert(path, file);
            }
            "adopted" => _ = self.adopted.insert(words.arg()?),
            "before" => {
                let (key, setting): (Key, String) = (words.arg()?, words.arg()?);
                let received = words.one_of(&["received", "own"]);
                let received = received.ok_or_else(|| words.wrong("it was the host's own, or received"))?;
                let raw: Box<str> = words.arg::<String>()?.into();
                let prior = match received {
                    "received" => Prior::Received { raw },
                    _ => Prior::Own { raw: raw.clone(), word: raw },
                };
                self.before.entry(key).or_default().insert(setting.into(), prior);
            }
            "past" => self.past(&mut words)?,
            _ if proxmox::said(seen, &mut words)? || scheduled::said(seen, &mut words)? => {}
            _ => return Err(words.wrong("a host has nothing like it")),
        }
        words.end()
    }

    fn pool(&mut self, words: &mut Words<'_>) -> Result<(), String> {
        let text = words.arg::<String>()?;
        let name = PoolName::seen(&text).map_err(|why| words.wrong(why))?;
        let whose = words.one_of(&WHOSE).unwrap_or("ours");
        let was: String = words.prop("was")?.unwrap_or_else(|| text.clone());
        let mut pool = PoolState {
            guid: 1000 + self.observed.pools.len() as u64,
            health: words.prop::<String>("health")?.unwrap_or_else(|| "ONLINE".to_owned()).into(),
            checkpoint: words.is("checkpoint")?,
            checkpoints: words.prop("checkpoints")?.unwrap_or(true),
            expands: words.is("expands")?,
            ..PoolState::default()
        };
        for mut words in words.children() {
            match words.word() {
                "work" => pool.work.push(work(&mut words)?),
                _ => pool.layout.push(vdev(&mut words)?),
            }
            words.end()?;
        }
        if pool.layout.is_empty() {
            let disks = ["/dev/disk/by-id/a", "/dev/disk/by-id/b"].map(|path| disk(path, Class::Data));
            pool.layout.push(VdevState {
                class: Class::Data,
                redundancy: Redundancy::Mirror,
                disks: disks.into(),
                name: "mirror-0".into(),
                leaving: false,
            });
        }
        for disk in pool.disks() {
            let state = if disk.lost { DiskState::Missing } else { DiskState::Device(disk.device.clone()) };
            self.observed.disks.insert(Disk(disk.path.clone()), state);
        }
        for (name, raw) in settings(words, Target::Pool)? {
            let source = if name.as_str() == "altroot" { Source::None } else { Source::Local };
            pool.settings.insert(name, Setting { raw, source });
        }
        self.observed.pools.insert(name.clone(), pool);
        self.add(name.root(), DatasetState::default(), whose, &dataset(&was)?, None)?;
        self.mounted.push((name.root(), format!("/{name}")));
        Ok(())
    }

    fn dataset(&mut self, words: &mut Words<'_>, volume: bool) -> Result<(), String> {
        let text: String = words.arg()?;
        let name = dataset(&text)?;
        let whose = words.one_of(&WHOSE).unwrap_or("ours");
        let was = dataset(&words.prop("was")?.unwrap_or(text))?;
        let home: Option<String> = words.prop("home")?;
        let mounted = words.prop("mounted")?.unwrap_or(true);
        let mut state = DatasetState { volume, ..DatasetState::default() };
        let target = if volume { Target::Volume } else { Target::Filesystem };
        for (name, raw) in settings(words, target)? {
            let fact = property::find(target, name.as_str()).is_some_and(|row| row.read_only);
            let source = if fact { Source::None } else { Source::Local };
            state.settings.insert(name, Setting { raw, source });
        }
        let (mut unreadable, mut places, mut earlier) = (Vec::new(), Vec::new(), Vec::new());
        for mut words in words.children() {
            match words.word() {
                "received" => {
                    let (name, raw) = raw(target, &words.arg::<String>()?, &words.arg::<String>()?)
                        .map_err(|why| words.wrong(why))?;
                    if state.settings.insert(name, Setting { raw, source: Source::Received }).is_some() {
                        return Err(words.wrong("this was said before"));
                    }
                }
                "unreadable" => {
                    let (name, _) =
                        raw(target, &words.arg::<String>()?, "").map_err(|why| words.wrong(why))?;
                    unreadable.push(name);
                }
                "mounted" => places.push(words.arg::<String>()?),
                "earlier" => {
                    earlier.push(Earlier {
                        name: dataset(&words.arg::<String>()?)?,
                        until: words.arg()?,
                        away: None,
                    });
                }
                "open-by" => {
                    let clients = words.args().into_iter().map(Into::into).collect();
                    _ = self.observed.nfs_open.insert(name.clone(), clients);
                }
                "used-by" => _ = self.observed.in_use.insert(name.clone(), words.args()),
                _ => return Err(words.wrong("a dataset has nothing like it")),
            }
            words.end()?;
        }
        state.unreadable = unreadable.into_iter().map(|property| (property, Source::Local)).collect();
        let nowhere = is_nowhere(&state) || !mounted;
        let guid = self.observed.datasets.len() as u64 + 1;
        self.add(name.clone(), state, whose, &was, home.as_deref().map(dataset).transpose()?)?;
        for entry in self.record.entries.values_mut().filter(|entry| entry.identity.dataset == guid) {
            entry.earlier = std::mem::take(&mut earlier);
        }
        if places.is_empty() && !nowhere {
            let place =
                self.observed.datasets[&name].value("mountpoint").filter(|path| path.starts_with('/'));
            places.extend(place.map(str::to_owned));
        }
        self.mounted.extend(places.into_iter().map(|place| (name.clone(), place)));
        Ok(())
    }

    /// Adds a dataset with what every one has: a GUID, a place, and whose it is.
    fn add(
        &mut self,
        name: DatasetName,
        mut state: DatasetState,
        whose: &str,
        was: &DatasetName,
        home: Option<DatasetName>,
    ) -> Result<(), String> {
        let guid = 1 + self.observed.datasets.len() as u64;
        let mut set = |name: &str, raw: &str, source: Source| {
            let setting = Setting { raw: raw.into(), source };
            state.settings.entry(PropertyName::new(name)).or_insert(setting);
        };
        set("guid", &guid.to_string(), Source::None);
        if matches!(whose, "ours" | "unrecorded") {
            set(OWNER, NAME, Source::Local);
        }
        if let Some(home) = &home {
            set(HOME, home.as_str(), Source::Local);
        }
        if !state.volume {
            let above = name.parent().and_then(|above| self.observed.datasets.get(&above));
            let above = above.and_then(|above| above.settings.get("mountpoint"));
            let (place, source) = match above {
                None => (format!("/{name}"), Source::Default),
                Some(Setting { raw, source }) => {
                    let path =
                        if raw.starts_with('/') { format!("{raw}/{}", name.leaf()) } else { raw.to_string() };
                    let parent = name.parent().map(|above| above.as_str().into());
                    let own = parent.filter(|_| source.is_own()).map(Source::Inherited);
                    (path, own.unwrap_or_else(|| source.clone()))
                }
            };
            set("mountpoint", &place, source);
            set("canmount", "on", Source::Default);
        }
        let pool = name.pool();
        if matches!(whose, "ours" | "unmarked") {
            let guid = self.observed.pools.get(&pool).ok_or(format!("there is no pool {pool}"))?.guid;
            let identity = Identity { pool: guid, dataset: self.observed.datasets.len() as u64 + 1 };
            let away = home.map(|home| Away { home, number: 1 });
            let entry =
                Entry { identity, name: was.clone(), by: 1, away, released: None, earlier: Vec::new() };
            self.record.entries.insert(identity, entry);
        }
        self.observed.datasets.insert(name, state);
        Ok(())
    }

    /// Mounts everything: file systems first, in their order, and then what else there is.
    fn mount(&mut self) {
        for (name, _) in &self.mounted {
            if let Some(state) = self.observed.datasets.get_mut(name) {
                state.mounted = true;
            }
        }
        let mut mounts = Mounts::of(self.mounted.iter().map(|(name, place)| (name, place.as_str())));
        for (kind, place) in &self.others {
            let below = |mount: &&MountState| std::path::Path::new(place).starts_with(&*mount.place);
            let parent = mounts.all.iter().rfind(below).map_or(1, |mount| mount.id);
            mounts.all.push(MountState {
                id: mounts.all.len() as u32 + 1,
                parent,
                root: "/".into(),
                place: place.as_str().into(),
                kind: kind.as_str().into(),
                source: "none".into(),
            });
        }
        self.observed.mounts = mounts;
    }

    fn past(&mut self, words: &mut Words<'_>) -> Result<(), String> {
        use phoenix_host::observed::{Lineage, SnapshotState};
        use phoenix_plan::{Choice, Found};
        let name = dataset(&words.arg::<String>()?)?;
        let snapshot: Option<String> = words.prop("snapshot")?;
        let retired: Option<String> = words.prop("retired")?;
        let choice = match (snapshot, retired) {
            (Some(text), None) => Choice::Snapshot(SnapshotState {
                name: phoenix_graph::SnapshotName::seen(&text).map_err(|why| words.wrong(why))?,
                guid: 1,
                created: 0,
                used: 0,
                written: 0,
                holds: BTreeSet::new(),
                obscure: false,
                clones: BTreeSet::new(),
            }),
            (None, Some(place)) => Choice::Retired { place: dataset(&place)?, number: 1 },
            _ => Choice::None { reason: words.arg()?, help: words.arg()? },
        };
        let mut lineage = Lineage {
            available: words.prop::<Bytes>("available")?.map_or(1 << 40, |bytes| bytes.0),
            encrypted: words.is("encrypted")?,
            ..Lineage::default()
        };
        let unreadable: Option<String> = words.prop("unreadable")?;
        lineage.unreadable.extend(unreadable.map(|name| PropertyName::new(&name)));
        lineage.own.extend(settings(words, Target::Filesystem)?);
        self.past.found.insert(name, Found { choice, lineage: Some(lineage) });
        Ok(())
    }
}

/// Returns whether a dataset is mounted nowhere, where nothing says that it is.
fn is_nowhere(state: &DatasetState) -> bool {
    let is = |name: &str, word: &str| state.value(name) == Some(word);
    state.volume || is("canmount", "off") || is("canmount", "noauto") || state.is_locked()
}

/// Reads what is left of a node as settings.
fn settings(words: &mut Words<'_>, target: Target) -> Result<BTreeMap<PropertyName, Box<str>>, String> {
    let mut settings = BTreeMap::new();
    for (name, value) in words.props() {
        let (name, raw) = raw(target, &name, &value).map_err(|why| words.wrong(why))?;
        if settings.insert(name.clone(), raw).is_some() {
            return Err(words.wrong(format_args!("{name} is said twice")));
        }
    }
    Ok(settings)
}

/// Returns a property that OpenZFS has, or a user's, with its value as `-Hp` prints it.
fn raw(target: Target, name: &str, value: &str) -> Result<(PropertyName, Box<str>), String> {
    let row = property::find(target, name);
    if row.is_none() && !name.contains(':') {
        return Err(format!("nothing has a property {name}"));
    }
    let row = row.filter(|row| !row.read_only).and_then(|row| row.parse(value).ok());
    let bytes = || value.parse::<Bytes>().ok().filter(|_| value.ends_with(char::is_uppercase));
    let raw = match (row, bytes()) {
        (Some(Value::Number(number)), _) => number.to_string(),
        (None, Some(bytes)) => bytes.0.to_string(),
        _ => value.to_owned(),
    };
    Ok((PropertyName::new(name), raw.into()))
}

fn disk(path: &str, class: Class) -> VdevDisk {
    VdevDisk {
        path: path.into(),
        device: path.into(),
        given: path.into(),
        name: path.into(),
        state: if class == Class::Spare { "AVAIL" } else { "ONLINE" }.into(),
        ..VdevDisk::default()
    }
}

/// Reads `mirror DISK DISK`, `disk DISK`, `spare DISK`, `special mirror DISK DISK`; a disk that is not sound is a
/// child: `disk DISK state=FAULTED`.
fn vdev(words: &mut Words<'_>) -> Result<VdevState, String> {
    let class = match words.word() {
        "special" => Class::Special,
        "dedup" => Class::Dedup,
        "log" => Class::Log,
        "cache" => Class::Cache,
        "spare" => Class::Spare,
        _ => Class::Data,
    };
    let kind = match words.word() {
        "disk" => "none",
        word if class == Class::Data => word,
        _ => words.one_of(&["mirror", "raidz1"]).unwrap_or("none"),
    };
    let redundancy = Redundancy::try_from(kind.to_owned()).map_err(|why| words.wrong(why))?;
    let mut disks: Vec<VdevDisk> = words.args().iter().map(|path| disk(path, class)).collect();
    for mut words in words.children() {
        if words.word() != "disk" {
            return Err(words.wrong("a vdev has disks alone"));
        }
        let mut one = disk(&words.arg::<String>()?, class);
        one.state = words.prop::<String>("state")?.unwrap_or_default().into();
        one.lost = words.is("lost")?;
        words.end()?;
        disks.push(one);
    }
    let name = match disks.first() {
        Some(disk) if redundancy == Redundancy::None => disk.name.clone(),
        _ => format!("{kind}-0").into(),
    };
    Ok(VdevState { class, redundancy, disks, name, leaving: false })
}

fn work(words: &mut Words<'_>) -> Result<Work, String> {
    let kinds = [
        ("resilver", WorkKind::Resilver),
        ("scrub", WorkKind::Scrub),
        ("removal", WorkKind::Removal),
        ("expansion", WorkKind::Expansion),
        ("discard", WorkKind::Discard),
    ];
    let word: String = words.arg()?;
    let kind = kinds.iter().find(|(name, _)| *name == word).ok_or_else(|| words.wrong("no such work"))?.1;
    Ok(Work { kind, done: words.prop::<String>("done")?.unwrap_or_default().into() })
}

fn obstacle(mut words: Words<'_>) -> Result<ImportObstacle, String> {
    let obstacle = match words.word() {
        "unavailable" => ImportObstacle::Unavailable { status: words.arg::<String>()?.into() },
        "other-system" => ImportObstacle::OtherSystem,
        "in-use" => ImportObstacle::InUse,
        "log" => ImportObstacle::Log { devices: words.args().into_iter().map(Into::into).collect() },
        "read-only" => ImportObstacle::ReadOnly,
        "other" => ImportObstacle::Other { action: words.arg::<String>()?.into() },
        "several" => ImportObstacle::Several { ids: words.args().into_iter().map(Into::into).collect() },
        _ => return Err(words.wrong("no such obstacle")),
    };
    words.end()?;
    Ok(obstacle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Result<Host, String> {
        Host::read(&text.parse().unwrap())
    }

    #[test]
    fn a_host_has_the_pool_tank_and_what_is_said() {
        let host = host("dataset \"tank/a\" foreign quota=\"1G\"\nvolume \"tank/v\" volsize=\"1G\"").unwrap();
        let names: Vec<_> = host.observed.datasets.keys().map(DatasetName::as_str).collect();
        assert_eq!(names, ["tank", "tank/a", "tank/v"]);
        let a = &host.observed.datasets[&dataset("tank/a").unwrap()];
        assert_eq!(
            (a.local("quota"), a.value("mountpoint"), a.mounted),
            (Some("1073741824"), Some("/tank/a"), true)
        );
        assert_eq!(host.record.entries.len(), 2);
    }

    #[test]
    fn what_nobody_knows_is_an_error() {
        for bad in [
            "datset \"tank/a\"",
            "zfs 2",
            "pct 6 1 5",
            "zfs 2 3 4",
            "dataset \"tank/a\" { like it; }",
            "pool tank { mirrr \"/a\" \"/b\"; }",
            "key-file \"/k\" some",
            // A property that OpenZFS does not have, or not there.
            "dataset \"tank/a\" qouta=\"1G\"",
            "dataset \"tank/a\" volsize=\"1G\"",
            "dataset \"tank/a\" { received qouta \"1G\"; }",
            "dataset \"tank/a\" { unreadable qouta; }",
            "volume \"tank/a\" recordsize=\"1M\"",
            "pool tank quota=\"1G\"",
            "past \"tank/a\" snapshot=\"tank/a@one\" qouta=\"1G\"",
            "before \"dataset:tank/a\" quota \"1G\"",
            "pool tank { mirror { dsk \"/a\" state=ONLINE; disk \"/b\" state=ONLINE; }; }",
            "folder \"tank/a\"",
            "folder \"tank/a\" \"x\" there=two",
            "folder \"tank/a\" \"x\" socket",
            "disk \"/a\"",
            "disk \"/a\" empty",
            // What was said before.
            "dataset \"tank/a\" quota=\"1G\" quota=\"2G\"",
            "dataset \"tank/a\" { received quota \"1G\"; received quota \"2G\"; }",
            "dataset \"tank/a\" mounted=#true mounted=#false",
            "dataset \"tank/a\"\ndataset \"tank/a\" foreign",
            "dataset \"tank/a\"\nvolume \"tank/a\"",
            "pool tank\npool tank foreign",
            "disk \"/a\" blank\ndisk \"/a\" left",
            "zfs 2 1\nzfs 2 2",
            "storages \"\"\nstorages unknown \"a\" \"b\"",
            "export \"/a\" \"10.0.0.1\" \"ro\"\nexport \"/a\" \"10.0.0.1\" \"rw\"",
        ] {
            assert!(host(bad).is_err(), "{bad}");
        }
    }
}
