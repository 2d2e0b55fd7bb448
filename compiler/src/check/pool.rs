//! Pools: their layout, their disks, their own properties.

use super::{Checker, placeholder::is_placeholder};
use crate::{
    diagnostic::{Diagnostic, code},
    resolve::{
        grammar::{Kind, find_own},
        spec::Block,
    },
    source::Place,
};
use phoenix_graph::{Class, Disk, Pool, PoolName, Redundancy, Resource, Vdev, check::vdev};

/// A top-level vdev with its place, and the lints that it allows.
struct Laid<'a> {
    vdev: Vdev,
    place: Place,
    allow: Vec<&'a str>,
}

impl<'b, 'a> Checker<'b, 'a, '_> {
    /// Reads a pool with all that it holds.
    pub(super) fn pool(&mut self, block: &'b Block<'a>) {
        self.allowing(&block.allow, |checker| checker.pool_itself(block));
    }

    fn pool_itself(&mut self, block: &'b Block<'a>) {
        let text = block.name().unwrap_or_default();
        match PoolName::new(text) {
            Ok(name) => {
                let layout = self.layout(block);
                self.lint_layout(block, &layout);
                let settings = self.settings(block, &[]);
                let special = block.may_say(&["special", "dedup"])
                    || layout.iter().any(|laid| matches!(laid.vdev.class, Class::Special | Class::Dedup));
                // The order of vdevs and disks means nothing to OpenZFS: one order, one id.
                let mut vdevs: Vec<Vdev> = layout.into_iter().map(|laid| laid.vdev).collect();
                for vdev in &mut vdevs {
                    vdev.disks.sort();
                }
                vdevs.sort();
                let what = format!("the pool `{name}`");
                let root = name.root();
                let lifecycle = self.lifecycle(block);
                let pool = Resource::Pool(Pool { name, layout: vdevs, settings, lifecycle });
                if self.add(pool, block, code::DUPLICATE_POOL, &what) {
                    self.datasets(block, &root, special);
                }
            }
            Err(error) => {
                let place = block.arg.as_ref().map_or(block.place, |arg| arg.place);
                self.tell(
                    block.via,
                    Diagnostic::new(code::BAD_NAME, format!("{text:?} is no name of a pool: {error}"))
                        .at(place, "not a legal name"),
                );
            }
        }
    }

    fn layout(&mut self, pool: &Block<'a>) -> Vec<Laid<'a>> {
        let mut layout = Vec::new();
        for block in &pool.blocks {
            match block.kind {
                Kind::Disk | Kind::Mirror | Kind::Raidz1 | Kind::Raidz2 | Kind::Raidz3 | Kind::Draid => {
                    self.vdev(Class::Data, block, &mut layout);
                }
                Kind::Special => self.class(Class::Special, block, &mut layout),
                Kind::Dedup => self.class(Class::Dedup, block, &mut layout),
                Kind::Log => self.class(Class::Log, block, &mut layout),
                Kind::Cache => self.class(Class::Cache, block, &mut layout),
                Kind::Spare => self.class(Class::Spare, block, &mut layout),
                _ => {}
            }
        }
        if !pool.broken
            && !layout.iter().any(|laid| laid.vdev.class == Class::Data)
            && !pool.blocks.iter().any(|block| matches!(block.kind, Kind::Disk | Kind::Mirror | Kind::Draid))
            && !pool.blocks.iter().any(|block| raidz(block.kind).is_some())
        {
            self.tell(
                pool.via,
                Diagnostic::new(code::NO_DISKS, "a pool without disks for data")
                    .at(pool.place, "no disk, mirror, raidz or draid in here")
                    .help("`mirror { disk \"/dev/disk/by-id/…\"; disk \"/dev/disk/by-id/…\" }`"),
            );
        }
        layout
    }

    fn class(&mut self, class: Class, block: &Block<'a>, layout: &mut Vec<Laid<'a>>) {
        self.refuse_settings(block);
        if block.blocks.is_empty() {
            self.no_disks(block);
        }
        self.allowing(&block.allow, |checker| {
            for inner in &block.blocks {
                checker.vdev(class, inner, layout);
            }
        });
    }

    fn no_disks(&mut self, block: &Block<'a>) {
        if block.broken {
            return;
        }
        let word = block.kind.word().word;
        self.tell(
            block.via,
            Diagnostic::new(code::NO_DISKS, format!("a `{word}` without disks"))
                .at(block.place, "no disk in here"),
        );
    }

    fn vdev(&mut self, class: Class, block: &Block<'a>, layout: &mut Vec<Laid<'a>>) {
        self.allowing(&block.allow, |checker| layout.extend(checker.laid(class, block)));
    }

    /// Reads one vdev: a disk, or what holds disks.
    fn laid(&mut self, class: Class, block: &Block<'a>) -> Option<Laid<'a>> {
        if block.kind != Kind::Draid {
            self.refuse_settings(block);
        }
        let laid = |redundancy, disks| Laid {
            vdev: Vdev { class, redundancy, disks },
            place: block.place,
            allow: block.allow.clone(),
        };
        if block.kind == Kind::Disk {
            return self.disk(block).map(|disk| laid(Redundancy::None, vec![disk]));
        }
        let mut disks: Vec<Disk> = Vec::new();
        for disk in block.of(Kind::Disk) {
            self.allowing(&disk.allow, |checker| disks.extend(checker.disk(disk)));
        }
        let written = block.of(Kind::Disk).count();
        if written == 0 {
            self.no_disks(block);
            return None;
        }
        let redundancy = match (block.kind, raidz(block.kind)) {
            (Kind::Draid, _) => Redundancy::Draid(self.draid(block, written)?.into()),
            (_, Some(parity)) => Redundancy::Raidz(parity),
            (_, None) => Redundancy::Mirror,
        };
        let least = vdev::fewest(&redundancy);
        if block.kind != Kind::Draid && written < least {
            if !block.broken {
                self.too_few(block, written, least);
            }
            return None;
        }
        Some(laid(redundancy, disks))
    }

    fn too_few(&mut self, block: &Block<'a>, written: usize, least: usize) {
        let word = block.kind.word().word;
        let help = match block.kind {
            Kind::Mirror => "a disk alone stands straight in the pool: `disk \"…\"`".to_owned(),
            _ => format!("add disks until there are {least}, or take less parity"),
        };
        let disks = if written == 1 { "1 disk".to_owned() } else { format!("{written} disks") };
        self.tell(
            block.via,
            Diagnostic::new(code::TOO_FEW_DISKS, format!("a `{word}` of {disks}"))
                .at(block.place, format!("{least} disks at least"))
                .help(help),
        );
    }

    /// Writes the word of a draid (`zpoolconcepts(7)`): `draid2:4d:11c:1s`.
    fn draid(&mut self, block: &Block<'a>, children: usize) -> Option<String> {
        for setting in block.settings.iter().filter(|setting| find_own(Kind::Draid, &setting.name).is_none())
        {
            self.unknown_setting(Kind::Draid, setting);
        }
        if block.broken || !block.unread.is_empty() {
            return None;
        }
        let mut number = |name: &str, otherwise: usize| -> Option<usize> {
            let Some(setting) = block.setting(name) else { return Some(otherwise) };
            let said = self.one(setting)?;
            match self.text(setting, said)?.parse() {
                Ok(number) => Some(number),
                Err(_) => {
                    self.bad_value(setting, said, "it is a whole number", None);
                    None
                }
            }
        };
        let parity = number("parity", 1)?;
        let spares = number("spares", 0)?;
        let rest = children.saturating_sub(parity.saturating_add(spares));
        // zpoolconcepts(7): 8 unless the disks are fewer.
        let data = number("data", rest.clamp(1, 8))?;
        match (vdev::Draid { parity, data, children, spares }).word() {
            Ok(word) => Some(word),
            Err(wrong) => {
                self.tell(
                    block.via,
                    Diagnostic::new(code::BAD_DRAID, "a draid that does not fit its disks")
                        .at(block.place, wrong),
                );
                None
            }
        }
    }

    fn disk(&mut self, block: &Block<'a>) -> Option<Disk> {
        self.refuse_settings(block);
        let path = block.name()?;
        let arg = block.arg.as_ref()?;
        if is_placeholder(path) {
            let diagnostic =
                Diagnostic::new(code::PLACEHOLDER, format!("{path:?} stands for a disk still to be named"))
                    .at(arg.place, "a placeholder")
                    .help("`ls -l /dev/disk/by-id` on the host lists its disks");
            self.push(diagnostic, arg.via);
            return None;
        }
        let below = match vdev::disk(path) {
            Ok(below) => below,
            Err(error) => {
                let help = (error == vdev::DiskError::Outside)
                    .then(|| "write the absolute path: \"/dev/disk/by-id/…\"".to_owned());
                let diagnostic =
                    Diagnostic::new(code::BAD_DISK, format!("{path:?} is not the path of a disk"))
                        .at(arg.place, error.to_string())
                        .help_maybe(help);
                self.push(diagnostic, arg.via);
                return None;
            }
        };
        if unstable(below) {
            let diagnostic =
                Diagnostic::new(code::UNSTABLE_DISK, format!("{path:?} may mean another disk after a boot"))
                    .at(arg.place, "given in the order of discovery")
                    .help("name the disk by its path in /dev/disk/by-id");
            let diagnostic = self.vias.label(diagnostic, arg.via);
            self.lint(diagnostic);
        }
        if let Some(first) = self.disks.get(path) {
            let diagnostic = Diagnostic::new(code::DISK_TWICE, format!("the disk {path:?} is used twice"))
                .at(arg.place, "here again")
                .at(*first, "here first");
            self.push(diagnostic, arg.via);
            return None;
        }
        self.disks.insert(path.into(), arg.place);
        Some(Disk(path.into()))
    }

    fn lint_layout(&mut self, pool: &Block<'a>, layout: &[Laid<'a>]) {
        let allows = |laid: &Laid<'_>| laid.allow.contains(&code::NO_REDUNDANCY.name);
        let mut bare = layout
            .iter()
            .filter(|laid| laid.vdev.class.holds_data() && laid.vdev.redundancy == Redundancy::None)
            .peekable();
        if bare.peek().is_some() {
            let Some(bare) = bare.find(|laid| !allows(laid)) else { return };
            let name = pool.name().unwrap_or_default();
            self.lint(
                Diagnostic::new(code::NO_REDUNDANCY, format!("the pool `{name}` is lost with one disk"))
                    .at(pool.place, "this pool")
                    .at(bare.place, "all of it is lost with this disk")
                    .help("put the disk into a `mirror`, or say that it is meant: `allow \"no-redundancy\"`"),
            );
            return;
        }
        let word = |laid: &Laid<'_>| match &laid.vdev.redundancy {
            Redundancy::Draid(_) => "draid".to_owned(),
            other => String::from(other.clone()),
        };
        let mut data = layout.iter().filter(|laid| laid.vdev.class == Class::Data);
        let Some(first) = data.next() else { return };
        if let Some(other) = data.find(|laid| word(laid) != word(first)) {
            self.lint(
                Diagnostic::new(code::MIXED_REDUNDANCY, "vdevs of different redundancy in one pool")
                    .at(other.place, word(other))
                    .at(first.place, word(first))
                    .help("the pool is as safe as the weaker of the two"),
            );
        }
    }
}

fn raidz(kind: Kind) -> Option<u8> {
    match kind {
        Kind::Raidz1 => Some(1),
        Kind::Raidz2 => Some(2),
        Kind::Raidz3 => Some(3),
        _ => None,
    }
}

/// Returns whether a name below /dev is given in the order of discovery.
fn unstable(below: &str) -> bool {
    let numbered = |prefix: &str, rest: fn(char) -> bool| {
        below.strip_prefix(prefix).and_then(|tail| tail.chars().next()).is_some_and(rest)
    };
    !below.contains('/')
        && (["sd", "vd", "hd", "xvd"].iter().any(|prefix| numbered(prefix, |c| c.is_ascii_lowercase()))
            || ["nvme", "mmcblk", "dm-", "md"].iter().any(|prefix| numbered(prefix, |c| c.is_ascii_digit())))
}
