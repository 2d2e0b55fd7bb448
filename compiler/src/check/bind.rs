//! Mount points of containers (`pct(1)`): which dataset a container has, where, and how.

use super::{About, Checker, Mounted};
use crate::{
    diagnostic::{Diagnostic, code, did_you_mean, list},
    resolve::{
        grammar::{Kind, find_own},
        spec::{Block, Setting},
    },
    source::Place,
};
use phoenix_graph::{
    Bind, DatasetName, Resource,
    check::guest::{self, MOUNT_OPTIONS},
    mounts::Mount,
};
use std::collections::BTreeMap;

impl<'a> Checker<'_, 'a, '_> {
    /// Reads a `bind` inside a dataset: the containers that have it.
    pub(super) fn bind(&mut self, about: &About<'_, 'a>, mounts: &BTreeMap<DatasetName, Mount>) {
        let About { dataset, of, block, .. } = about;
        self.refuse_settings(block);
        if block.blocks.is_empty() {
            if !block.broken {
                self.tell(
                    block.via,
                    Diagnostic::new(code::MISSING_ARGUMENT, "a `bind` without guests")
                        .at(block.place, "no `lxc` in here")
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
        if let Err(reason) = guest::path_outside(&path) {
            self.tell(
                block.via,
                Diagnostic::new(code::BAD_VALUE, format!("{reason}: {path}"))
                    .at(block.place, "given to guests")
                    .at(of.place, format!("mounted at {path}"))
                    .help("give the dataset a `mountpoint` without a comma"),
            );
            return;
        }
        for guest in &block.blocks {
            self.allowing(&guest.allow, |checker| checker.container(guest, dataset, &path));
        }
    }

    fn container(&mut self, block: &Block<'a>, dataset: &DatasetName, path: &str) {
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
                // The path, read below.
                Some(_) => {}
                None => self.no_option(setting),
            }
        }
        let Some(container) = self.container_id(block) else { return };
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
        let Some(at) = self.path_inside(setting) else { return };
        let bind = Resource::Bind(Bind {
            container,
            at: at.clone(),
            dataset: dataset.clone(),
            path: path.into(),
            options,
        });
        if self.add(bind, block, code::DUPLICATE_BIND, &format!("{at} of container {container}")) {
            let diagnostic = Diagnostic::new(
                code::NOT_CARRIED_OUT,
                "this version of phoenix cannot carry out mount points of containers yet",
            )
            .at(block.place, "a switch refuses this")
            .help(format!("`pct set {container} -mp0 {path},mp={at}` does it by hand"));
            let diagnostic = self.vias.label(diagnostic, block.via);
            self.lint(diagnostic);
        }
    }

    /// Reads a container's id.
    fn container_id(&mut self, block: &Block<'a>) -> Option<u32> {
        let arg = block.arg.as_ref()?;
        let text = block.name()?;
        match text.parse::<u32>() {
            Ok(id) if guest::CONTAINERS.contains(&id) => Some(id),
            _ => {
                let diagnostic = Diagnostic::new(code::BAD_NAME, format!("{text:?} is no id of a container"))
                    .at(arg.place, "an id is a number from 100 to 999999999");
                self.push(diagnostic, arg.via);
                None
            }
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
        let mut wrong: Option<(String, Place, Option<crate::resolve::spec::ViaId>)> = None;
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
