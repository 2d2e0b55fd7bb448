//! Resolved spec → checked resources. [`pool`] reads layouts, [`dataset`] walks file systems and
//! volumes, [`settings`] holds each property against the schema; [`export`], [`storage`],
//! [`permissions`], [`bind`] and [`guest_mount`] come last, when it is known what is mounted where, and [`kubernetes`],
//! when it is known what is registered. Everything that can
//! be known without the host is checked here.

mod bind;
mod by_path;
mod dataset;
mod export;
mod fsid;
mod guest;
mod guest_mount;
mod kubernetes;
mod lifecycle;
mod nested;
mod permissions;
mod placeholder;
mod pool;
mod settings;
mod snapshots;
mod space;
mod standalone;
mod storage;
mod virtiofs;

pub use settings::{is_setting, settings_of, target};

use crate::{
    diagnostic::{Diagnostic, Sink, code},
    origin::Origin,
    resolve::{
        grammar::Kind,
        spec::{Block, Said, Scalar, Setting, ViaId, Vias},
    },
    size_hint,
    source::Place,
};
use phoenix_graph::{
    Bytes, Code, DatasetName, HostName, Key, Resource, Tunable,
    check::{ARC_LEAST, ARC_MAX},
    mounts::Mount,
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// One host with everything that it is to have.
#[derive(Debug)]
pub struct Checked {
    pub name: HostName,
    /// Its resources, in the order of the spec.
    pub resources: Vec<Resource>,
    /// Where each resource stands.
    pub places: HashMap<Key, Place>,
    /// Where each comes from, where that was asked for.
    pub origins: Option<BTreeMap<Key, Origin>>,
}

/// The name of a host that the spec leaves unsaid.
pub const UNSAID_HOST: &str = "localhost";

/// Checks one host. Returns it without what is in error; with `trace` it keeps where everything
/// comes from.
pub fn check(host: &Block<'_>, vias: &Vias<'_>, trace: bool, sink: &mut Sink) -> Option<Checked> {
    let text = host.name().unwrap_or(UNSAID_HOST);
    let name = match HostName::new(text) {
        Ok(name) => name,
        Err(error) => {
            sink.push(
                Diagnostic::new(code::BAD_NAME, format!("{text:?} is no name of a host: {error}"))
                    .at(host.arg.as_ref().map_or(host.place, |arg| arg.place), "not a legal name"),
            );
            return None;
        }
    };
    let mut checker = Checker {
        vias,
        sink,
        allow: Vec::new(),
        resources: Vec::new(),
        places: HashMap::new(),
        disks: HashMap::new(),
        about: Vec::new(),
        renames: Vec::new(),
        binds: Vec::new(),
        containers: BTreeMap::new(),
        machines: Vec::new(),
        inside: BTreeMap::new(),
        shared: Vec::new(),
        badly_exported: Vec::new(),
        mountpoints: HashMap::new(),
        quotas: HashMap::new(),
        unsure: HashSet::new(),
        origins: trace.then(BTreeMap::new),
    };
    checker.host(host);
    let Checker { resources, places, origins, .. } = checker;
    Some(Checked { name, resources, places, origins })
}

struct Checker<'b, 'a, 's> {
    vias: &'b Vias<'a>,
    sink: &'s mut Sink,
    /// The lints that are allowed here.
    allow: Vec<&'a str>,
    resources: Vec<Resource>,
    places: HashMap<Key, Place>,
    /// The disks that are in use, with the places that say so.
    disks: HashMap<Box<str>, Place>,
    /// What is about datasets, which waits until it is known what is mounted where.
    about: Vec<About<'b, 'a>>,
    /// The names that datasets are said to have had before.
    renames: Vec<Rename>,
    /// The mount points of containers.
    binds: Vec<Bound<'a>>,
    /// The containers that have something, and where that is said first.
    containers: BTreeMap<u32, Place>,
    /// The mounts of machines, which wait until it is known what is exported.
    machines: Vec<Waiting<'b, 'a>>,
    /// Where machines mount something.
    inside: BTreeMap<(u32, Box<str>), Place>,
    /// What is exported.
    shared: Vec<Shared<'a>>,
    /// Datasets whose exports had errors, which were told.
    badly_exported: Vec<DatasetName>,
    /// Where file systems say their mount points.
    mountpoints: HashMap<DatasetName, Place>,
    /// Where datasets say their quotas, and the lints that are allowed there.
    quotas: HashMap<DatasetName, Quota<'a>>,
    /// Datasets that may be mounted elsewhere than it seems, because of errors that were told.
    unsure: HashSet<DatasetName>,
    /// Where the resources come from, where that was asked for.
    origins: Option<BTreeMap<Key, Origin>>,
}

/// A name that a dataset is said to have had before.
struct Rename {
    was: DatasetName,
    name: DatasetName,
    place: Place,
    via: Option<ViaId>,
}

/// Where a quota is said, the way that it took, and the lints that are allowed there.
type Quota<'a> = (Place, Option<ViaId>, Vec<&'a str>);

/// A guest's mount, by its place among the resources, with the way that it took and the lints that are
/// allowed there.
type Bound<'a> = (usize, Option<ViaId>, Vec<&'a str>);

/// An export, by its place among the resources.
struct Shared<'a> {
    at: usize,
    /// Where it stands, with the way that it took, and the lints that are allowed there.
    place: Place,
    via: Option<ViaId>,
    allow: Vec<&'a str>,
    /// Where its clients stand, or what they say of `fsid`, with the way that they took.
    clients: BTreeMap<Box<str>, (Place, Option<ViaId>)>,
}

/// A `vm` that waits until it is known what is exported.
struct Waiting<'b, 'a> {
    dataset: DatasetName,
    /// Where the dataset is mounted.
    path: Box<str>,
    /// The dataset's own block.
    of: &'b Block<'a>,
    block: &'b Block<'a>,
    /// The lints that are allowed there.
    allow: Vec<&'a str>,
}

/// Where a dataset is mounted.
enum Mounted {
    /// Here.
    At(Box<str>),
    /// Nowhere: it is switched off, or has no path.
    Never,
    /// It, or what says where, was in error, which has been told.
    Unknown,
}

/// A block about a dataset.
struct About<'b, 'a> {
    dataset: DatasetName,
    /// The dataset's own block.
    of: &'b Block<'a>,
    block: &'b Block<'a>,
    /// The lints that are allowed there.
    allow: Vec<&'a str>,
    /// Whether it may be mounted elsewhere than it seems, because of an error that was told.
    unsure: bool,
    /// Where it is said that OpenZFS shares the dataset by itself.
    shared: Option<Place>,
    /// Whether its directories take access control lists.
    lists: bool,
    /// Where it is said that replication from elsewhere writes to it.
    replica: Option<Place>,
}

impl<'b, 'a> Checker<'b, 'a, '_> {
    fn host(&mut self, host: &'b Block<'a>) {
        self.allow.extend(&host.allow);
        self.refuse_settings(host);
        for block in &host.blocks {
            match block.kind {
                Kind::Arc => self.arc(block),
                Kind::Pool => self.pool(block),
                _ => {}
            }
        }
        // An import that could not be read may have brought them.
        let sound = self.sink.errors() == 0 && !host.broken;
        if sound && !host.blocks.iter().any(|block| block.kind == Kind::Pool) {
            let name = host.name().unwrap_or(UNSAID_HOST);
            self.lint(
                Diagnostic::new(code::NO_POOLS, format!("the host `{name}` has no pools"))
                    .at(host.place, "no `pool` in here")
                    .help("a switch would set nothing of ZFS up, and retire what an earlier one made"),
            );
        }
        self.look_at_renames();
        self.look_at_reservations();
        let mounts = self.mounts();
        let mounted = by_path::mounted_at(&mounts);
        for about in std::mem::take(&mut self.about) {
            self.allow.clone_from(&about.allow);
            match about.block.kind {
                Kind::Export => {
                    let before = self.sink.errors();
                    self.export(&about, &mounts);
                    if self.sink.errors() > before || about.block.broken {
                        self.badly_exported.push(about.dataset.clone());
                    }
                }
                Kind::Proxmox => self.storage(&about, &mounts),
                Kind::Permissions => self.permissions(&about, &mounts),
                Kind::Bind => self.bind(&about, &mounts, &mounted),
                Kind::Snapshots => self.snapshots(&about),
                _ => {}
            }
        }
        self.allow.clone_from(&host.allow);
        for block in host.blocks.iter().filter(|block| block.kind == Kind::Proxmox) {
            self.allowing(&block.allow, |checker| checker.standalone(block, &mounts));
        }
        self.look_at_fsids();
        self.look_at_exports(&mounts, &mounted);
        self.look_at_binds(&mounted);
        self.look_at_machines(&mounted);
        self.kubernetes(host);
    }

    /// Runs with further lints allowed.
    fn allowing<T>(&mut self, allow: &[&'a str], run: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.allow.len();
        self.allow.extend(allow);
        let made = run(self);
        self.allow.truncate(before);
        made
    }

    /// Returns where a dataset is mounted.
    fn mounted(&self, about: &About<'_, 'a>, mounts: &BTreeMap<DatasetName, Mount>) -> Mounted {
        let About { dataset, of, .. } = about;
        match mounts.get(dataset) {
            Some(Mount { path: Some(path), mounted: true }) => Mounted::At(path.clone()),
            Some(_) if about.unsure => Mounted::Unknown,
            Some(_) => Mounted::Never,
            // A root dataset without settings is mounted at its default place.
            None if of.kind == Kind::Root => Mounted::At(format!("/{dataset}").into()),
            None => Mounted::Unknown,
        }
    }

    /// Reads `arc max=…`: the most memory that ZFS caches in.
    fn arc(&mut self, block: &'b Block<'a>) {
        for setting in &block.settings {
            if setting.name != "max" {
                self.unknown_setting(Kind::Arc, setting);
                continue;
            }
            let Some(said) = self.one(setting) else { continue };
            let Some(bytes) = self.size(setting, said) else { continue };
            if bytes.0 < ARC_LEAST {
                self.bad_value(setting, said, "ARC needs 64M at least", None);
                continue;
            }
            let name: Box<str> = ARC_MAX.into();
            let key = Key::Tunable(name.clone());
            if let Some(first) = self.places.get(&key) {
                self.tell(
                    block.via,
                    Diagnostic::new(code::DUPLICATE_TUNABLE, "the size of the ARC is said twice")
                        .at(setting.place, "here again")
                        .at(*first, "here first"),
                );
                continue;
            }
            self.trace(&key, block);
            self.places.insert(key, setting.place);
            self.resources.push(Resource::Tunable(Tunable { name, value: bytes.0 }));
        }
    }

    /// Reads a size, in bytes.
    fn size(&mut self, setting: &Setting<'a>, said: &Said<'a>) -> Option<Bytes> {
        let text = self.text(setting, said)?;
        self.size_of(setting, said, &text)
    }

    /// Reads a size that may have a unit of Kubernetes, in bytes: `10Gi` is `10GiB`.
    fn quantity(&mut self, setting: &Setting<'a>, said: &Said<'a>) -> Option<Bytes> {
        let text = self.text(setting, said)?;
        let is_unit = |letters: &str| letters.ends_with(['K', 'M', 'G', 'T', 'P', 'E']);
        let plain = text.strip_suffix('i').filter(|rest| is_unit(rest)).unwrap_or(&text);
        self.size_of(setting, said, plain)
    }

    fn size_of(&mut self, setting: &Setting<'a>, said: &Said<'a>, text: &str) -> Option<Bytes> {
        match text.parse::<Bytes>() {
            Ok(bytes) if bytes <= Bytes::LARGEST => {
                self.decimal_unit(setting, said, text);
                Some(bytes)
            }
            Ok(_) => {
                let diagnostic = Diagnostic::new(code::BAD_SIZE, format!("{text:?} is too large"))
                    .at(said.place, format!("{} at most", Bytes::LARGEST));
                self.push(diagnostic, said.via);
                None
            }
            Err(error) => {
                let diagnostic = Diagnostic::new(code::BAD_SIZE, error.to_string())
                    .at(said.place, "not a size")
                    .help_maybe(size_hint::meant(text).map(|meant| format!("write {meant:?}")));
                self.push(diagnostic, said.via);
                None
            }
        }
    }

    /// Adds a resource, or tells that it stands there already.
    fn add(&mut self, resource: Resource, block: &Block<'a>, code: Code, what: &str) -> bool {
        let place = block.place;
        let key = resource.key();
        let other = match &key {
            Key::Dataset(name) => self.places.get(&Key::Volume(name.clone())),
            Key::Volume(name) => self.places.get(&Key::Dataset(name.clone())),
            _ => None,
        };
        if let Some(first) = other.or_else(|| self.places.get(&key)) {
            let mut diagnostic =
                Diagnostic::new(code, format!("{what} stands twice")).at(place, "here again");
            // In `each` and in profiles one place makes several.
            if *first != place {
                diagnostic = diagnostic.at(*first, "here first");
            }
            let via = block.arg.as_ref().map_or(block.via, |arg| arg.via);
            self.push(diagnostic, via);
            return false;
        }
        self.trace(&key, block);
        self.places.insert(key, place);
        self.resources.push(resource);
        true
    }

    /// Keeps where a resource comes from, where that was asked for.
    fn trace(&mut self, key: &Key, block: &Block<'a>) {
        if let Some(origins) = &mut self.origins {
            origins.insert(key.clone(), Origin::of(block, self.vias));
        }
    }

    /// Tells what is wrong with a node, with the way that it took.
    fn tell(&mut self, via: Option<ViaId>, diagnostic: Diagnostic) {
        self.push(diagnostic, via);
    }

    /// Pushes a diagnostic with the way of the value that it is about.
    fn push(&mut self, diagnostic: Diagnostic, via: Option<ViaId>) {
        let diagnostic = self.vias.label(diagnostic, via);
        self.sink.push(diagnostic);
    }

    /// Pushes a lint, unless it is allowed here.
    fn lint(&mut self, diagnostic: Diagnostic) {
        if !self.allow.contains(&diagnostic.code.name) {
            self.sink.push(diagnostic);
        }
    }

    /// Returns a setting's one value.
    fn one<'c>(&mut self, setting: &'c Setting<'a>) -> Option<&'c Said<'a>> {
        if let Some(second) = setting.rest.first() {
            let diagnostic =
                Diagnostic::new(code::UNEXPECTED_ARGUMENT, format!("`{}` has one value", setting.name))
                    .at(second.place, "not expected");
            self.push(diagnostic, setting.via);
            return None;
        }
        setting.first.as_ref()
    }

    /// Returns a value as a text; whole numbers count as such.
    fn text<'c>(&mut self, setting: &Setting<'a>, said: &'c Said<'a>) -> Option<std::borrow::Cow<'c, str>> {
        match &said.value {
            Scalar::Text(text) => Some(std::borrow::Cow::Borrowed(text)),
            Scalar::Integer(number) => Some(number.to_string().into()),
            other => {
                let what = match other {
                    Scalar::Bool(_) => "a boolean",
                    Scalar::Decimal(_) => "a number with a fraction",
                    _ => "nothing",
                };
                let diagnostic = Diagnostic::new(
                    code::WRONG_TYPE,
                    format!("`{}` takes a text or a whole number", setting.name),
                )
                .at(said.place, format!("this is {what}"))
                .help_maybe(
                    matches!(other, Scalar::Decimal(_))
                        .then(|| "write it as a text with its unit: \"1.5G\"".to_owned()),
                );
                self.push(diagnostic, said.via);
                None
            }
        }
    }
}
