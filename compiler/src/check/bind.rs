//! Mount points of containers (`pct(1)`): which dataset a container has, where, and how.

use super::{About, Checker, Mounted, by_path::Mounts, virtiofs::VIRTIOFS};
use crate::{
    diagnostic::{Diagnostic, code, did_you_mean, list},
    resolve::{
        grammar::{Kind, find_own},
        spec::{Block, Setting, ViaId},
        targets::{About as Of, Name, name},
    },
    source::Place,
};
use phoenix_graph::{
    Bind, DatasetName, Key, Resource,
    check::guest::{self, MOUNT_OPTIONS, READ_ONLY_OPTIONS},
    id_map::MountMap,
    kind::{inside, source_path},
    mounts::Mount,
};
use std::collections::{BTreeMap, HashSet};

/// How many datasets one diagnostic names.
const SHOWN: usize = 3;

impl<'b, 'a> Checker<'b, 'a, '_> {
    /// Reads a `bind` inside a dataset: the guests that have it.
    /// `mounted` is what is mounted, by where.
    pub(super) fn bind(
        &mut self,
        about: &About<'b, 'a>,
        mounts: &BTreeMap<DatasetName, Mount>,
        mounted: &Mounts<'_>,
    ) {
        let About { dataset, of, block, .. } = about;
        self.refuse_settings(block);
        if block.blocks.is_empty() {
            if !block.broken {
                self.tell(
                    block.via,
                    Diagnostic::new(code::MISSING_ARGUMENT, "a `bind` without guests")
                        .at(block.place, "no `lxc` or `vm` in here")
                        .help("`bind { lxc 101 at=\"/mnt/shared\" }`"),
                );
            }
            return;
        }
        let path = match self.mounted(about, mounts) {
            Mounted::At(path) => path,
            Mounted::Never => {
                self.tell(
                    block.via,
                    Diagnostic::new(
                        code::BIND_UNMOUNTED,
                        format!("`{dataset}` is given to guests, but never mounted"),
                    )
                    .at(block.place, "guests would see an empty directory")
                    .at(of.place, "this dataset has no mount"),
                );
                return;
            }
            Mounted::Unknown => return,
        };
        let is_machine = |guest: &&Block<'a>| guest.kind == Kind::Vm;
        let said = block.blocks.iter().filter(|guest| Of::of(guest) != Of::All);
        let said: HashSet<Name<'_>> = said.map(name).collect();
        // A profile's about all mounts of a guest has been laid under those that there are.
        let is_laid =
            |guest: &Block<'a>| !guest.own && Of::of(guest) == Of::All && said.contains(&name(guest));
        let guests = || block.blocks.iter().filter(|guest| !is_laid(guest));
        for machine in guests().filter(is_machine) {
            if machine.setting(VIRTIOFS).is_some() {
                self.allowing(&machine.allow, |checker| checker.shared(machine, about, &path));
            } else {
                self.machine(machine, about, &path);
            }
        }
        let mut containers = guests().filter(|guest| !is_machine(guest)).peekable();
        if let (Some(_), Err(reason)) = (containers.peek(), guest::path_outside(&path)) {
            self.tell(
                block.via,
                Diagnostic::new(code::BAD_VALUE, format!("{reason}: {path}"))
                    .at(block.place, "given to guests")
                    .at(of.place, format!("mounted at {path}"))
                    .help("give the dataset another `mountpoint`"),
            );
            return;
        }
        for guest in containers {
            self.allowing(&guest.allow, |checker| checker.container(guest, about, &path, mounted));
        }
    }

    fn container(&mut self, block: &Block<'a>, about: &About<'_, 'a>, path: &str, mounted: &Mounts<'_>) {
        let dataset = &about.dataset;
        let mut options: BTreeMap<Box<str>, Box<str>> = BTreeMap::new();
        for setting in &block.settings {
            let name = &*setting.name;
            match find_own(Kind::Lxc, name) {
                Some(own) if own.is_switch() => {
                    let on = self.switch(setting);
                    options.insert(name.into(), if on { "1" } else { "0" }.into());
                }
                Some(_) if name == "mountoptions" => {
                    let words = self.mount_options(setting);
                    options.extend(words.map(|words| (name.into(), words.into())));
                }
                Some(_) if name == "idmap" => {
                    let map = self.id_map(setting);
                    options.extend(map.map(|map| (name.into(), map.to_string().into())));
                }
                // The path, read below.
                Some(_) => {}
                None => self.no_option(setting),
            }
        }
        self.options_without_effect(block, &options);
        let Some(container) = self.guest_id(block, "container") else { return };
        let Some(setting) = block.setting("at") else {
            if block.may_miss("at") {
                return;
            }
            self.tell(
                block.via,
                Diagnostic::new(
                    code::BIND_WITHOUT_PATH,
                    format!("container {container} is told no path to have `{dataset}` at"),
                )
                .at(block.place, "`at` is missing")
                .help(format!("`lxc {container} at=\"/mnt/…\"`")),
            );
            return;
        };
        let at = self.path_inside(setting);
        let folder = self.ruled(block, "subdirectory", guest::folder);
        let (Some(at), Some(folder)) = (at, folder) else { return };
        let source = source_path(path, folder.as_deref());
        if let (Some(_), Err(reason)) = (&folder, guest::path_outside(&source)) {
            let message = format!("no container can be given {source}: {reason}");
            self.tell(
                block.via,
                Diagnostic::new(code::BAD_VALUE, message).at(place_of(block), "this folder"),
            );
            return;
        }
        if self.is_of_another(block, dataset, path, &source, mounted) {
            return;
        }
        self.over_its_system(block, &format!("container {container}"), &at);
        let bind = Resource::Bind(Bind {
            container,
            at: at.clone(),
            dataset: dataset.clone(),
            path: path.into(),
            subdirectory: folder,
            options,
        });
        if self.add(bind, block, code::DUPLICATE_BIND, &format!("{at} of container {container}")) {
            self.containers.entry(container).or_insert(block.place);
            self.binds.push((self.resources.len() - 1, block.via, self.allow.clone()));
        }
    }

    /// Tells of mount points of containers that show less than their directory has on the host: a bind shows one file
    /// system, and those mounted below it as empty directories.
    pub(super) fn look_at_binds(&mut self, mounted: &Mounts<'_>) {
        for (at, via, allow) in std::mem::take(&mut self.binds) {
            self.allow = allow;
            let Some(Resource::Bind(bind)) = self.resources.get(at) else { continue };
            let key = Key::Bind(bind.container, bind.at.clone());
            let bind = bind.clone();
            self.attributes_of_container(&bind, via, self.places.get(&key).copied());
            let source = bind.source_path();
            let empty = shown_empty((&source, &bind.at), mounted, |_, at| {
                self.places.contains_key(&Key::Bind(bind.container, at))
            });
            let (Some((first, at)), Some(place)) = (empty.first(), self.places.get(&key)) else { continue };
            let diagnostic = Diagnostic::new(
                code::BIND_SHOWS_EMPTY,
                format!(
                    "container {} sees {} as empty: a bind mount shows one file system",
                    bind.container,
                    named(&empty).unwrap_or_default(),
                ),
            )
            .at(
                *place,
                if bind.subdirectory.is_some() {
                    "this folder alone".to_owned()
                } else {
                    format!("`{}` alone", bind.dataset)
                },
            )
            .help(format!(
                "give it each of them: in `{first}`, `bind {{ lxc {} at=\"{at}\" }}`",
                bind.container
            ));
            let diagnostic = self.vias.label(diagnostic, via);
            self.lint(diagnostic);
        }
    }

    /// Tells of mount options that change nothing.
    fn options_without_effect(&mut self, block: &Block<'a>, options: &BTreeMap<Box<str>, Box<str>>) {
        let (Some(words), Some(setting)) = (options.get("mountoptions"), block.setting("mountoptions"))
        else {
            return;
        };
        let read_only = options.get("ro").is_some_and(|word| &**word == "1");
        for word in words.split(';') {
            let (why, help) = if word == "discard" {
                ("a bind mount has no such thing", "on ZFS freed blocks go by the pool's `autotrim`")
            } else if read_only && !READ_ONLY_OPTIONS.contains(&word) {
                (
                    "where the container can only read, Proxmox drops it without a word",
                    "leave it out, or `ro`",
                )
            } else {
                continue;
            };
            let diagnostic = Diagnostic::new(
                code::MOUNT_OPTION_WITHOUT_EFFECT,
                format!("`{word}` does nothing here: {why}"),
            )
            .at(setting.place, "no effect")
            .help(help);
            let diagnostic = self.vias.label(diagnostic, setting.via);
            self.lint(diagnostic);
        }
    }

    fn path_inside(&mut self, setting: &Setting<'a>) -> Option<Box<str>> {
        let said = self.one(setting)?;
        let text = self.text(setting, said)?;
        match guest::path_inside(&text) {
            Ok(path) => Some(path),
            Err(reason) => {
                self.bad_value(setting, said, reason, None);
                None
            }
        }
    }

    /// Reads `mountoptions "noatime" "discard"`; returns them sorted, as Proxmox joins them.
    fn mount_options(&mut self, setting: &Setting<'a>) -> Option<String> {
        let mut words: Vec<String> = Vec::new();
        let mut wrong: Option<(String, Place, Option<ViaId>)> = None;
        for said in setting.values() {
            let text = self.text(setting, said)?;
            for word in text.split([';', ',']) {
                if guest::foreign_mount_option(word) {
                    wrong = wrong.or(Some((word.to_owned(), said.place, said.via)));
                } else {
                    words.push(word.to_owned());
                }
            }
        }
        if let Some((word, place, via)) = wrong {
            let near = did_you_mean(&word, MOUNT_OPTIONS.iter().copied());
            let diagnostic =
                Diagnostic::new(code::BAD_VALUE, format!("{word:?} is no mount option that Proxmox takes"))
                    .at(place, "not taken")
                    .help(match near {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("it takes {}", list(MOUNT_OPTIONS.iter().copied())),
                    });
            self.push(diagnostic, via);
            return None;
        }
        Some(guest::mount_options(words.iter().map(String::as_str)))
    }

    /// Reads `idmap "passthrough"`, or `idmap "u:33:33:1" "g:33:33:1"`.
    fn id_map(&mut self, setting: &Setting<'a>) -> Option<MountMap> {
        let mut pieces: Vec<String> = Vec::new();
        for said in setting.values() {
            let text = self.text(setting, said)?;
            // Each alone first, so that the one that is wrong is named.
            if let Err(reason) = MountMap::read(&text) {
                self.bad_value(setting, said, &reason, None);
                return None;
            }
            pieces.push(text.into());
        }
        match MountMap::read(&pieces.join(";")) {
            Ok(map) => Some(map),
            Err(reason) => {
                if let Some(last) = setting.values().last() {
                    self.bad_value(setting, last, &reason, None);
                }
                None
            }
        }
    }

    /// Tells of a directory inside of a dataset that lies in another one, which is mounted there; returns whether it does.
    pub(super) fn is_of_another(
        &mut self,
        block: &Block<'a>,
        dataset: &DatasetName,
        path: &str,
        source: &str,
        mounted: &Mounts<'_>,
    ) -> bool {
        let Some(other) = inside(path, source).find_map(|at| mounted.get(at)) else { return false };
        let message = format!("{source} lies in `{other}`, not in `{dataset}`");
        let word = block.kind.word().word;
        let diagnostic = Diagnostic::new(code::BAD_VALUE, message)
            .at(place_of(block), "a file system of its own")
            .help(format!("say the `{word}` in `{other}`"));
        self.tell(block.via, diagnostic);
        true
    }

    /// Tells of `keepattrs` where the spec says, too, whose the root directory is.
    fn attributes_of_container(&mut self, bind: &Bind, via: Option<ViaId>, place: Option<Place>) {
        if bind.options.get("keepattrs").is_none_or(|word| &**word != "1") {
            return;
        }
        let key = Key::Permissions(bind.dataset.clone());
        let (Some(place), Some(permissions)) = (place, self.places.get(&key)) else { return };
        let message = format!(
            "container {} gives `{}` the owner and mode of its own directory at {}, each time it starts",
            bind.container, bind.dataset, bind.at
        );
        let diagnostic = Diagnostic::new(code::ATTRIBUTES_FROM_CONTAINER, message)
            .at(place, "`keepattrs`")
            .at(*permissions, "other ones are said here")
            .help("leave `keepattrs` out, or the `permissions`");
        let diagnostic = self.vias.label(diagnostic, via);
        self.lint(diagnostic);
    }

    fn no_option(&mut self, setting: &Setting<'a>) {
        let help = match &*setting.name {
            "mp" => "the path inside of the container is `at`",
            "size" | "quota" => "the dataset's own `quota` is the limit",
            _ => return self.unknown_setting(Kind::Lxc, setting),
        };
        let diagnostic =
            Diagnostic::new(code::UNKNOWN_SETTING, format!("an `lxc` has no setting `{}`", setting.name))
                .at(setting.place, "unknown")
                .help(help);
        self.push(diagnostic, setting.via);
    }
}

/// Returns where a guest is told which directory it has.
fn place_of(block: &Block<'_>) -> Place {
    block.setting("subdirectory").map_or(block.place, |setting| setting.place)
}

/// Lists what is mounted below what a guest has, from a path of the host to one of its own, and which it sees as empty:
/// each with the path that it would be at. `has` says by both paths that one is not empty.
pub(super) fn shown_empty<'m>(
    (from, to): (&str, &str),
    mounts: &Mounts<'m>,
    has: impl Fn(&str, Box<str>) -> bool,
) -> Vec<(&'m DatasetName, String)> {
    let top = format!("{}/", from.trim_end_matches('/'));
    let below = mounts.range(&*top..).take_while(|(path, _)| path.starts_with(&top));
    let inside = below.map(|(path, name)| (*path, *name, format!("{to}/{}", &path[top.len()..])));
    let empty = inside.filter(|(path, _, at)| !has(path, at.as_str().into()));
    empty.map(|(_, name, at)| (name, at)).collect()
}

/// Names the first of those; nothing where there are none.
pub(super) fn named(empty: &[(&DatasetName, String)]) -> Option<String> {
    let names = empty.iter().map(|(name, _)| name.as_str()).take(SHOWN);
    (!empty.is_empty()).then(|| list(names))
}
