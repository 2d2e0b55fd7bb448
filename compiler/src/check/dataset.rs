//! Datasets and volumes: names, quotas and reservations, what is dangerous, and where they are mounted.

use super::{About, Checker};
use crate::{
    diagnostic::{Diagnostic, code},
    resolve::{grammar::Kind, spec::Block},
    source::Place,
};
use phoenix_graph::{
    Bytes, Dataset, DatasetName, Key, Lifecycle, PropertyName, Resource, Settings, Value, Volume,
    check::{
        self, least_multiple,
        place::{self, Standing},
        volume_size,
    },
    mounts::{Mount, mounts},
    name::AREA,
    room,
};
use std::collections::{BTreeMap, HashMap};

/// What holds for everything inside a dataset.
#[derive(Debug, Clone, Copy, Default)]
struct Above<'c> {
    /// The nearest quota, with its dataset and place.
    quota: Option<(u64, &'c DatasetName, Place)>,
    /// Whether a dataset above is encrypted.
    encrypted: bool,
    /// Where it is said that OpenZFS shares it by itself.
    shared: Option<Place>,
    /// Whether its directories take access control lists.
    lists: bool,
    /// Where it is said that replication from elsewhere writes to it.
    replica: Option<Place>,
    /// Whether the pool has a vdev that takes deduplication tables.
    special: bool,
    /// Whether something that says where it is mounted may be missing.
    unsure: bool,
}

/// The smallest quota that leaves room for anything, in bytes: an empty file system takes about 100K,
/// and three times that on raidz.
const LEAST_QUOTA: u64 = 1 << 20;

impl<'b, 'a> Checker<'b, 'a, '_> {
    /// Reads a pool's root dataset and everything inside the pool.
    pub(super) fn datasets(&mut self, pool: &'b Block<'a>, root: &DatasetName, special: bool) {
        let unsure = pool.may_say(&["root"]);
        let mut above = Above { special, unsure, encrypted: unsure, ..Above::default() };
        let mut seen: Option<Place> = None;
        for block in pool.of(Kind::Root) {
            if let Some(first) = seen {
                self.tell(
                    block.via,
                    Diagnostic::new(code::DUPLICATE_DATASET, "the pool's root dataset stands twice")
                        .at(block.place, "here again")
                        .at(first, "here first"),
                );
                continue;
            }
            seen = Some(block.place);
            let settings = self.settings(block, &[]);
            above = self.look(block, root, &settings, above);
            if let Some(setting) = block.setting("mountpoint") {
                self.mountpoints.insert(root.clone(), setting.whole());
            }
            self.about(block, root, above);
            if !settings.is_empty() {
                let dataset = Resource::Dataset(Dataset {
                    name: root.clone(),
                    settings,
                    lifecycle: Lifecycle::default(),
                });
                self.add(dataset, block, code::DUPLICATE_DATASET, "the root dataset");
            }
        }
        self.inside(pool, root, above);
    }

    fn inside(&mut self, block: &'b Block<'a>, name: &DatasetName, above: Above<'_>) {
        for inner in &block.blocks {
            if !matches!(inner.kind, Kind::Dataset | Kind::Volume) {
                continue;
            }
            self.allowing(&inner.allow, |checker| {
                let Some(name) = checker.child_name(inner, name) else { return };
                if inner.kind == Kind::Dataset {
                    checker.dataset(inner, name, above);
                } else {
                    checker.volume(inner, name, above);
                }
            });
        }
    }

    fn child_name(&mut self, block: &Block<'a>, parent: &DatasetName) -> Option<DatasetName> {
        let arg = block.arg.as_ref()?;
        let leaf = block.name()?;
        let (error, help) = if leaf.contains('/') {
            ("a name is one part; what contains it is told by nesting".to_owned(), nested(leaf))
        } else {
            match parent.child(leaf) {
                Ok(name) if name.is_in_area() => (
                    format!("phoenix keeps what is retired in `{AREA}`"),
                    Some("give it another name: what is in there belongs to phoenix alone".to_owned()),
                ),
                Ok(name) => return Some(name),
                Err(error) => (error.to_string(), None),
            }
        };
        let what = block.kind.word().word;
        let diagnostic = Diagnostic::new(code::BAD_NAME, format!("{leaf:?} is no name of a {what}: {error}"))
            .at(arg.place, "not a legal name")
            .help_maybe(help);
        self.push(diagnostic, arg.via);
        None
    }

    fn dataset(&mut self, block: &'b Block<'a>, name: DatasetName, above: Above<'_>) {
        let settings = self.settings(block, &[]);
        let inside = self.look(block, &name, &settings, above);
        self.about(block, &name, inside);
        if let Some(setting) = block.setting("mountpoint") {
            self.mountpoints.insert(name.clone(), setting.whole());
        }
        let what = format!("the dataset `{name}`");
        let lifecycle = self.lifecycle_of(block, &name);
        let dataset = Resource::Dataset(Dataset { name: name.clone(), settings, lifecycle });
        self.add(dataset, block, code::DUPLICATE_DATASET, &what);
        self.inside(block, &name, inside);
    }

    fn volume(&mut self, block: &'b Block<'a>, name: DatasetName, above: Above<'_>) {
        let mut settings = self.settings(block, &["size", "sparse", "volsize"]);
        let inside = self.look(block, &name, &settings, above);
        self.about(block, &name, inside);
        // What could not be read may say that nothing is reserved.
        let sparse = block.setting("sparse").is_some_and(|setting| self.switch(setting))
            || block.may_say(&["sparse", "refreservation"]);
        let (size, setting) = match (block.setting("size"), block.setting("volsize")) {
            (Some(first), Some(again)) => {
                let diagnostic = Diagnostic::new(code::SAID_TWICE, "the size is said twice")
                    .at(again.place, "here again")
                    .at(first.place, "here first")
                    .help("`size` and `volsize` are the same, keep one");
                self.push(diagnostic, again.via);
                return;
            }
            (Some(setting), None) | (None, Some(setting)) => {
                let Some(said) = self.one(setting) else { return };
                let Some(size) = self.size(setting, said) else { return };
                (size, setting)
            }
            (None, None) if block.may_miss("size") || block.may_miss("volsize") => return,
            (None, None) => {
                self.tell(
                    block.via,
                    Diagnostic::new(code::VOLUME_WITHOUT_SIZE, format!("the volume `{name}` has no size"))
                        .at(block.place, "the size is missing")
                        .help("`size=\"32G\"`"),
                );
                return;
            }
        };
        let blocks = number(&settings, "volblocksize");
        if !volume_size(size, blocks) {
            let diagnostic = Diagnostic::new(
                code::BAD_VOLUME_SIZE,
                format!("the size of `{name}` is {} bytes, no multiple of its blocks", size.0),
            )
            .at(setting.whole(), format!("not a multiple of {}", Bytes(least_multiple(blocks))));
            let diagnostic = match block.setting("volblocksize") {
                Some(blocks) => diagnostic.at(blocks.whole(), "the size of its blocks"),
                None => diagnostic,
            };
            self.push(diagnostic, setting.via);
        }
        if let (false, Some((quota, of, place))) = (sparse, above.quota)
            && size.0 > quota
        {
            let diagnostic = Diagnostic::new(
                code::RESERVATION_OVER_QUOTA,
                format!("the volume `{name}` reserves more than `{of}` may have"),
            )
            .at(setting.whole(), "reserved in full")
            .at(place, "the quota above it")
            .help("make it smaller, raise the quota, or say `sparse=#true`");
            self.push(diagnostic, setting.via);
        }
        // A spec that spells out what `sparse` stands for means the same.
        if sparse {
            let name = PropertyName::new("refreservation");
            if settings.get("refreservation") == Some(&Value::Number(0)) {
                settings = settings.iter().filter(|(known, _)| **known != name).map(pair).collect();
            }
        }
        let what = format!("the volume `{name}`");
        let lifecycle = self.lifecycle_of(block, &name);
        let volume = Resource::Volume(Volume { name, size, sparse, settings, lifecycle });
        self.add(volume, block, code::DUPLICATE_DATASET, &what);
    }

    /// Looks at a dataset's settings together, and with those above. Returns what holds inside.
    fn look<'c>(
        &mut self,
        block: &Block<'a>,
        name: &'c DatasetName,
        settings: &Settings,
        above: Above<'c>,
    ) -> Above<'c> {
        let mut inside = above;
        inside.unsure |= block.may_say(&["mountpoint", "canmount"]);
        inside.encrypted |= block.may_say(&["encryption"]);
        if inside.unsure {
            self.unsure.insert(name.clone());
        }
        if let (Some(quota), Some(setting)) = (number(settings, "quota"), block.setting("quota"))
            && quota > 0
        {
            if let Some((most, of, place)) = above.quota
                && quota > most
            {
                let diagnostic = Diagnostic::new(
                    code::QUOTA_OVER_PARENT,
                    format!("the quota of `{name}` is over that of `{of}`"),
                )
                .at(setting.whole(), format!("{} here", Bytes(quota)))
                .at(place, format!("{} above it", Bytes(most)))
                .help("lower this one or raise the one above");
                self.push(diagnostic, setting.via);
            }
            // What stands inside by a guess may stand beside it.
            inside.quota = if block.guessed() { None } else { Some((quota, name, setting.whole())) };
            if !block.guessed() {
                let allow = self.allow.iter().chain(&block.allow).copied().collect();
                self.quotas.insert(name.clone(), (setting.whole(), setting.via, allow));
            }
        }
        for (reservation, quota) in [("reservation", "quota"), ("refreservation", "refquota")] {
            self.reservation(block, name, settings, reservation, quota, inside);
        }
        self.encryption(block, name, settings, above, &mut inside);
        if let (Some(word), Some(setting)) = (settings.get("sharenfs"), block.setting("sharenfs")) {
            inside.shared = (word != &Value::Text("off".into())).then(|| setting.whole());
        }
        if let Some(word) = settings.get("acltype") {
            inside.lists = word.to_string() == "posix";
        } else if block.may_say(&["acltype"]) {
            inside.lists = true;
        }
        if let Some(setting) = block.setting("replica").filter(|setting| self.switch(setting)) {
            inside.replica = Some(setting.whole());
        }
        self.together(block, name, settings);
        self.allowing(&block.allow, |checker| checker.room(block, name));
        self.allowing(&block.allow, |checker| checker.dangers(block, name, settings, above));
        inside
    }

    fn reservation(
        &mut self,
        block: &Block<'a>,
        name: &DatasetName,
        settings: &Settings,
        reservation: &str,
        quota: &str,
        inside: Above<'_>,
    ) {
        let (Some(reserved), Some(setting)) = (number(settings, reservation), block.setting(reservation))
        else {
            return;
        };
        let own = number(settings, quota).filter(|quota| *quota > 0).zip(block.setting(quota));
        let own = own.map(|(quota, setting)| (quota, setting.whole()));
        let around = inside.quota.map(|(quota, _, place)| (quota, place));
        let Some((most, place)) = own.into_iter().chain(around).min() else { return };
        if reserved > most {
            let diagnostic = Diagnostic::new(
                code::RESERVATION_OVER_QUOTA,
                format!("the reservation of `{name}` is over its quota"),
            )
            .at(setting.whole(), format!("{} reserved", Bytes(reserved)))
            .at(place, format!("{} at most", Bytes(most)))
            .help("lower the reservation or raise the quota");
            self.push(diagnostic, setting.via);
        }
    }

    fn encryption(
        &mut self,
        block: &Block<'a>,
        name: &DatasetName,
        settings: &Settings,
        above: Above<'_>,
        inside: &mut Above<'_>,
    ) {
        let Some(setting) = block.setting("encryption") else { return };
        match settings.get("encryption") {
            Some(Value::Text(word)) if &**word != "off" => {}
            _ => return,
        }
        inside.encrypted = true;
        let missing: Vec<&str> =
            ["keyformat", "keylocation"].into_iter().filter(|name| block.setting(name).is_none()).collect();
        // Below an encrypted dataset the key is taken over, unless a new one is begun.
        if missing.is_empty()
            || missing.iter().any(|name| block.may_miss(name))
            || (above.encrypted && missing.len() == 2)
        {
            return;
        }
        let missing = crate::diagnostic::list(missing);
        let diagnostic = Diagnostic::new(
            code::ENCRYPTION_WITHOUT_KEY,
            format!("nothing says what the key of `{name}` is, or where it is found"),
        )
        .at(setting.whole(), "encrypted")
        .at(block.place, format!("{missing} missing"))
        .help("`keyformat=\"raw\" keylocation=\"file:///etc/zfs/keys/NAME\"`, a file of 32 random bytes");
        self.push(diagnostic, setting.via);
    }

    /// Tells settings of one dataset that OpenZFS does not have together, or that end what phoenix does with it.
    fn together(&mut self, block: &Block<'a>, name: &DatasetName, settings: &Settings) {
        let is = |name: &str, word: &str| settings.get(name).is_some_and(|value| value.to_string() == word);
        if let Some(setting) = block.setting("utf8only").filter(|_| is("utf8only", "off"))
            && let Some(other) = block.setting("normalization").filter(|_| !is("normalization", "none"))
        {
            let diagnostic = Diagnostic::new(
                code::BAD_VALUE,
                format!("`{name}` normalises names, and takes such as are no UTF-8"),
            )
            .at(setting.whole(), "OpenZFS refuses it")
            .at(other.whole(), "only names in UTF-8 can be normalised")
            .help("leave `utf8only` out: `normalization` brings it along");
            self.push(diagnostic, setting.via);
        }
        let elsewhere = ["off", "noauto"].iter().any(|word| is("canmount", word))
            || ["none", "legacy"].iter().any(|word| is("mountpoint", word));
        if let Some(setting) = block.setting("zoned").filter(|_| is("zoned", "on") && !elsewhere)
            && !block.may_say(&["canmount", "mountpoint"])
        {
            let diagnostic = Diagnostic::new(
                code::BAD_VALUE,
                format!("`{name}` is handed to a container, and to be mounted by the host"),
            )
            .at(setting.whole(), "the host cannot mount it any more")
            .help("say `canmount=\"noauto\"` as well, or leave `zoned` out");
            self.push(diagnostic, setting.via);
        }
    }

    /// Tells a name that leaves no room for the names that phoenix makes of it: that of a snapshot, and that of
    /// the place where it is put away.
    fn room(&mut self, block: &Block<'a>, name: &DatasetName) {
        let longest = room::longest(name);
        let Some(over) = name.as_str().len().checked_sub(longest).filter(|over| *over > 0) else { return };
        let place = block.arg.as_ref().map_or(block.place, |arg| arg.place);
        let diagnostic = Diagnostic::new(
            code::LONG_NAME,
            format!("the name of `{name}` leaves no room for a snapshot of it, or a place to put it away"),
        )
        .at(place, format!("{} bytes in all, {over} too many", name.as_str().len()))
        .help(
            "shorten it, or a name above it; it could be made, and then not be gone back on, or not be put away",
        );
        let diagnostic = self.vias.label(diagnostic, block.via);
        self.lint(diagnostic);
    }

    fn dangers(&mut self, block: &Block<'a>, name: &DatasetName, settings: &Settings, above: Above<'_>) {
        let is = |name: &str, word: &str| settings.get(name).is_some_and(|value| value.to_string() == word);
        if let Some(setting) = block.setting("sync").filter(|_| is("sync", "disabled")) {
            let diagnostic =
                Diagnostic::new(code::SYNC_DISABLED, format!("`{name}` loses writes in a power cut"))
                    .at(setting.whole(), "synchronous writes are not honoured")
                    .help("`sync=\"standard\"`; where the data can be made again, `allow \"sync-disabled\"`");
            let diagnostic = self.vias.label(diagnostic, setting.via);
            self.lint(diagnostic);
        }
        if let (Some(setting), Some(Value::Text(path))) =
            (block.setting("mountpoint"), settings.get("mountpoint"))
            && place::standing(path) == Standing::InUse
            && !is("canmount", "off")
            && !block.setting("adopt").is_some_and(|setting| self.switch(setting))
        {
            let diagnostic = Diagnostic::new(
                code::MOUNTPOINT_IN_USE,
                format!("`{name}` hides what stands in {path}, where most hosts have files"),
            )
            .at(setting.whole(), "mounted over them")
            .help("move them into the dataset first; where it is mounted there already, say `adopt`");
            let diagnostic = self.vias.label(diagnostic, setting.via);
            self.lint(diagnostic);
        }
        self.limits(block, name, settings, above);
        let dedup = settings.get("dedup").is_some_and(|value| value.to_string() != "off");
        if let Some(setting) = block.setting("dedup").filter(|_| dedup && !above.special) {
            let diagnostic = Diagnostic::new(
                code::DEDUP_WITHOUT_SPECIAL,
                format!("`{name}` is deduplicated, and its pool has no vdev for the tables"),
            )
            .at(setting.whole(), "tables on ordinary disks")
            .help("add `dedup { mirror { … } }` or `special { mirror { … } }` to the pool");
            let diagnostic = self.vias.label(diagnostic, setting.via);
            self.lint(diagnostic);
        }
    }

    /// Tells of quotas that say nothing, or leave no room for anything.
    fn limits(&mut self, block: &Block<'a>, name: &DatasetName, settings: &Settings, above: Above<'_>) {
        let limit = |name: &str| {
            let bytes = number(settings, name).filter(|bytes| *bytes > 0)?;
            Some((bytes, block.setting(name)?))
        };
        let own = limit("quota").map(|(bytes, setting)| (bytes, setting.whole()));
        let around = above.quota.map(|(bytes, _, place)| (bytes, place));
        if let (Some((most, setting)), Some((quota, place))) =
            (limit("refquota"), own.into_iter().chain(around).min())
            && most > quota
        {
            let diagnostic = Diagnostic::new(
                code::REFQUOTA_OVER_QUOTA,
                format!("the refquota of `{name}` is over its quota and says nothing"),
            )
            .at(setting.whole(), format!("{} by itself", Bytes(most)))
            .at(place, format!("{} with its snapshots and all it holds", Bytes(quota)))
            .help("make the refquota the smaller one, or leave it out");
            let diagnostic = self.vias.label(diagnostic, setting.via);
            self.lint(diagnostic);
        }
        for (bytes, setting) in ["quota", "refquota"].into_iter().filter_map(limit) {
            if bytes < LEAST_QUOTA {
                let diagnostic =
                    Diagnostic::new(code::TINY_QUOTA, format!("`{name}` is full as soon as it is made"))
                        .at(setting.whole(), format!("{bytes} bytes"))
                        .help(if bytes < 64 << 10 {
                            format!("was the unit forgotten? `\"{bytes}G\"`")
                        } else {
                            "an empty dataset takes about 100K, more on raidz".to_owned()
                        });
                let diagnostic = self.vias.label(diagnostic, setting.via);
                self.lint(diagnostic);
            }
        }
    }

    /// Puts off what needs to know where the dataset is mounted.
    fn about(&mut self, of: &'b Block<'a>, dataset: &DatasetName, inside: Above<'_>) {
        for block in &of.blocks {
            let is_about = matches!(
                block.kind,
                Kind::Export | Kind::Proxmox | Kind::Permissions | Kind::Bind | Kind::Snapshots
            );
            if !is_about {
                continue;
            }
            let allow = self.allow.iter().chain(&of.allow).chain(&block.allow).copied().collect();
            let Above { unsure, shared, lists, replica, .. } = inside;
            let dataset = dataset.clone();
            self.about.push(About { dataset, of, block, allow, unsure, shared, lists, replica });
        }
    }

    /// Finds where everything is mounted; two at one place are told, and what would hide the system.
    pub(super) fn mounts(&mut self) -> BTreeMap<DatasetName, Mount> {
        let mounts = mounts(&self.resources);
        for fault in check::over_the_system(&self.resources, &mounts) {
            let check::Reason::Place(path) = &fault.reason else { continue };
            let Key::Dataset(name) = &fault.key else { continue };
            if self.unsure.contains(name) {
                continue;
            }
            let own = self.mountpoints.get(name).copied();
            let Some(place) = own.or_else(|| self.places.get(&fault.key).copied()) else { continue };
            let help = match place::standing(path) {
                Standing::System => {
                    "give it another mount point; where it is mounted there already, say `adopt`"
                }
                _ => "give it another mount point",
            };
            self.sink.push(
                Diagnostic::new(
                    code::SYSTEM_MOUNTPOINT,
                    format!("`{name}` would be mounted over {path}, which the system runs from"),
                )
                .at(place, format!("mounted at {path}"))
                .help(help),
            );
        }
        let mut by_path: HashMap<&str, &DatasetName> = HashMap::with_capacity(mounts.len());
        for (name, mount) in &mounts {
            let Some(path) = mount.path.as_deref().filter(|_| mount.mounted) else { continue };
            let Some(other) = by_path.insert(path, name) else { continue };
            if [other, name].into_iter().any(|name| self.unsure.contains(name)) {
                continue;
            }
            let place = |name: &DatasetName| {
                let own = self.mountpoints.get(name).copied();
                own.or_else(|| self.places.get(&Key::Dataset(name.clone())).copied())
            };
            let mut diagnostic = Diagnostic::new(
                code::DUPLICATE_MOUNTPOINT,
                format!("`{other}` and `{name}` are both mounted at {path}"),
            )
            .help("give one of the two a `mountpoint` of its own, or `canmount=\"off\"`");
            for (label, name) in [("mounted here", name), ("and this one", other)] {
                if let Some(place) = place(name) {
                    diagnostic = diagnostic.at(place, label);
                }
            }
            self.sink.push(diagnostic);
        }
        mounts
    }
}

fn pair((name, value): (&PropertyName, &Value)) -> (PropertyName, Value) {
    (name.clone(), value.clone())
}

fn number(settings: &Settings, name: &str) -> Option<u64> {
    match settings.get(name) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    }
}

/// Shows how a name with slashes is written as nodes.
fn nested(name: &str) -> Option<String> {
    let (parent, child) = name.split_once('/')?;
    (!parent.is_empty() && !child.is_empty()).then(|| format!("`dataset {parent:?} {{ dataset {child:?} }}`"))
}
