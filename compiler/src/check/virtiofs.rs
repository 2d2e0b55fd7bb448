//! Directories that virtual machines are given by virtiofs: which dataset a machine has, by which id, and where it mounts
//! it.

use super::{About, Checker};
use crate::{
    diagnostic::{Diagnostic, code},
    resolve::{
        grammar::{Kind, find_own},
        spec::{Block, Setting},
    },
};
use phoenix_graph::{
    Key, Mapping, Resource, Virtiofs,
    check::guest::{self, SHARING},
    inside::TagOptions,
    kind::Inside,
    nfs::text,
};
use std::collections::BTreeMap;

/// The setting that says it.
pub(super) const VIRTIOFS: &str = "virtiofs";

/// What is of a mount over NFS alone.
const OF_NFS: [&str; 7] = ["server", "address", "subdirectory", "vers", "nconnect", "sec", "soft"];

/// What a machine does with what it mounts.
const OF_MOUNT: [&str; 5] = ["ro", "noatime", "automount", "idle-timeout", "mount-timeout"];

impl<'a> Checker<'_, 'a, '_> {
    /// Reads a `vm` that is given a directory by virtiofs.
    pub(super) fn shared(&mut self, block: &Block<'a>, about: &About<'_, 'a>, path: &str) {
        let dataset = about.dataset.clone();
        for setting in &block.settings {
            if find_own(Kind::Vm, &setting.name).is_none() {
                self.no_machine_setting(setting);
            } else if OF_NFS.contains(&&*setting.name) {
                self.not_of(setting, "belongs to a mount over NFS", "leave it out, or `virtiofs`");
            }
        }
        let machine = self.guest_id(block, "machine");
        let id = self.ruled(block, VIRTIOFS, |text| guest::mapping_id(text).map(|()| Box::from(text)));
        let at = self.ruled(block, "at", text::at);
        let options = self.sharing(block);
        let inside = self.in_machine(block);
        let (Some(machine), Some(Some(id)), Some(at), Some(options), Some(inside)) =
            (machine, id, at, options, inside)
        else {
            return;
        };
        if let Err(reason) = guest::path_mapped(path) {
            let message = format!("no machine can be given {path}: {reason}");
            let diagnostic = Diagnostic::new(code::BAD_VALUE, message)
                .at(block.place, "given by virtiofs")
                .at(about.of.place, format!("mounted at {path}"))
                .help("give the dataset another `mountpoint`");
            self.tell(block.via, diagnostic);
            return;
        }
        if !self.is_machine_alone(block, machine) || !self.maps(block, &id, about, path) {
            return;
        }
        let inside = match at {
            Some(at) if !self.mounts_inside(block, machine, &at) => return,
            Some(at) => {
                self.over_its_system(block, &format!("machine {machine}"), &at);
                Some(Inside { at, options: inside })
            }
            None => {
                self.mounts_nothing(block, machine);
                None
            }
        };
        let what = format!("the directory {id} of machine {machine}");
        let given = Virtiofs { machine, id, dataset, options, inside };
        self.add(Resource::Virtiofs(given), block, code::DUPLICATE_BIND, &what);
    }

    /// Says which dataset an id stands for; returns whether it is this one.
    fn maps(&mut self, block: &Block<'a>, id: &str, about: &About<'_, 'a>, path: &str) -> bool {
        let key = Key::Mapping(id.into());
        let is_it = |one: &Resource| matches!(one, Resource::Mapping(mapping) if *mapping.id == *id);
        let Some(first) = self.places.get(&key).copied() else {
            let mapping = Mapping { id: id.into(), dataset: about.dataset.clone(), path: path.into() };
            return self.add(Resource::Mapping(mapping), block, code::MAPPING_OF_TWO, id);
        };
        let Some(Resource::Mapping(mapping)) = self.resources.iter().find(|one| is_it(one)) else {
            return false;
        };
        if mapping.dataset == about.dataset {
            return true;
        }
        let message = format!("{id:?} is the id of `{}` and of `{}`", mapping.dataset, about.dataset);
        let diagnostic = Diagnostic::new(code::MAPPING_OF_TWO, message)
            .at(block.place, "another dataset here")
            .at(first, "one here")
            .help("give each dataset an id of its own");
        self.tell(block.via, diagnostic);
        false
    }

    /// Takes a path in a machine; returns whether nothing else is mounted there.
    pub(super) fn mounts_inside(&mut self, block: &Block<'a>, machine: u32, at: &str) -> bool {
        let Some(first) = self.inside.insert((machine, at.into()), block.place) else { return true };
        let message = format!("{at} of machine {machine} stands twice");
        let mut diagnostic = Diagnostic::new(code::DUPLICATE_BIND, message).at(block.place, "here again");
        // In `each` and in profiles one place makes several.
        if first != block.place {
            diagnostic = diagnostic.at(first, "here first");
        }
        let via = block.arg.as_ref().map_or(block.via, |arg| arg.via);
        self.push(diagnostic, via);
        false
    }

    /// Reads how a directory is shared, in canonical form.
    fn sharing(&mut self, block: &Block<'a>) -> Option<BTreeMap<Box<str>, Box<str>>> {
        let mut options = BTreeMap::new();
        for (name, words) in SHARING {
            let Some(setting) = block.setting(name) else { continue };
            let value = if find_own(Kind::Vm, name).is_some_and(|own| own.is_switch()) {
                if self.switch(setting) { "1" } else { "0" }.into()
            } else {
                let rule = |text: &str| match words.contains(&text) {
                    true => Ok(Box::from(text)),
                    false => Err(format!("it is one of {}", words.join(", "))),
                };
                self.ruled(block, name, rule)??
            };
            options.insert((*name).into(), value);
        }
        Some(options)
    }

    /// Reads how the machine mounts it.
    fn in_machine(&mut self, block: &Block<'a>) -> Option<TagOptions> {
        let (automount, mount_timeout) = self.when(block)?;
        let mut is_on = |name| block.setting(name).is_some_and(|setting| self.switch(setting));
        Some(TagOptions { ro: is_on("ro"), noatime: is_on("noatime"), automount, mount_timeout })
    }

    /// Tells of what is said of a mount where nothing says that there is one.
    fn mounts_nothing(&mut self, block: &Block<'a>, machine: u32) {
        for setting in block.settings.iter().filter(|setting| OF_MOUNT.contains(&&*setting.name)) {
            let message = format!(
                "`{}` does nothing here: machine {machine} is told no path to mount it at",
                setting.name
            );
            let diagnostic = Diagnostic::new(code::MOUNT_OPTION_WITHOUT_EFFECT, message)
                .at(setting.place, "no effect")
                .help("say `at`, or leave it out");
            let diagnostic = self.vias.label(diagnostic, setting.via);
            self.lint(diagnostic);
        }
    }

    /// Refuses what says how a directory is shared, of a machine that mounts over NFS.
    pub(super) fn refuse_sharing(&mut self, block: &Block<'a>) {
        for setting in &block.settings {
            if SHARING.iter().any(|(name, _)| *name == &*setting.name) {
                self.not_of(
                    setting,
                    "belongs to what is given by virtiofs",
                    "say `virtiofs=\"ID\"`, or leave it out",
                );
            }
        }
    }

    fn not_of(&mut self, setting: &Setting<'a>, why: &str, help: &str) {
        let diagnostic = Diagnostic::new(code::UNKNOWN_SETTING, format!("`{}` {why}", setting.name))
            .at(setting.place, "not here")
            .help(help);
        self.push(diagnostic, setting.via);
    }
}
