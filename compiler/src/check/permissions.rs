//! Permissions of a dataset's root directory.

use super::{About, Checker, Mounted};
use crate::{
    diagnostic::{Diagnostic, code},
    resolve::{
        grammar::{Kind, find_own},
        spec::{Block, Scalar},
    },
};
use phoenix_graph::{
    DatasetName, Mode, Permissions, Resource,
    check::guest,
    kind::{
        account::account,
        acl::{self, Acl, Whom},
    },
    mounts::Mount,
};
use std::collections::BTreeMap;

impl<'a> Checker<'_, 'a, '_> {
    /// Reads a `permissions` inside a dataset.
    pub(super) fn permissions(&mut self, about: &About<'_, 'a>, mounts: &BTreeMap<DatasetName, Mount>) {
        let About { dataset, of, block, .. } = about;
        for setting in &block.settings {
            if find_own(Kind::Permissions, &setting.name).is_none() {
                self.unknown_setting(Kind::Permissions, setting);
            }
        }
        let owner = self.account(block, "owner");
        let group = self.account(block, "group");
        let mode = self.mode(block);
        let container = self.container_of(block);
        let acl = self.acl(about, container.is_some());
        let recursive = block.setting("recursive");
        let is_recursive = recursive.is_some_and(|setting| self.switch(setting));
        if let Some(setting) = recursive.filter(|_| is_recursive)
            && block.setting("owner").is_none()
            && block.setting("group").is_none()
        {
            let diagnostic = Diagnostic::new(
                code::EMPTY_PERMISSIONS,
                format!("`recursive` gives all that lies in `{dataset}` neither owner nor group"),
            )
            .at(setting.whole(), "of a mode or a list it gives nothing")
            .help("say an `owner` or a `group`, or leave `recursive` out");
            self.push(diagnostic, setting.via);
            return;
        }
        let unknown = [("owner", &owner), ("group", &group)];
        for (name, text) in unknown.into_iter().filter(|_| block.setting("container").is_some()) {
            let number = text.as_ref().is_none_or(|text| text.parse::<u32>().is_ok());
            if let (false, Some(setting)) = (number, block.setting(name))
                && let Some(said) = setting.first.as_ref()
            {
                self.bad_value(
                    setting,
                    said,
                    "inside of a container accounts are known by number alone",
                    None,
                );
            }
        }
        if block.settings.is_empty() {
            if !block.broken && block.unread.is_empty() {
                self.tell(
                    block.via,
                    Diagnostic::new(code::EMPTY_PERMISSIONS, "`permissions` says nothing")
                        .at(block.place, "neither owner, group, mode nor acl in here")
                        .help("`permissions owner=\"media\" group=\"media\" mode=\"2770\"`"),
                );
            }
            return;
        }
        if matches!(self.mounted(about, mounts), Mounted::Never) {
            self.tell(
                block.via,
                Diagnostic::new(
                    code::PERMISSIONS_UNMOUNTED,
                    format!("`{dataset}` is given permissions, but never mounted"),
                )
                .at(block.place, "there is no directory to give them to")
                .at(of.place, "this dataset has no mount"),
            );
            return;
        }
        if owner.is_none() && group.is_none() && mode.is_none() && acl.is_empty() {
            return;
        }
        let what = format!("`permissions` of `{dataset}`");
        let dataset = dataset.clone();
        let permissions =
            Permissions { dataset, owner, group, mode, acl, container, recursive: is_recursive };
        self.add(Resource::Permissions(permissions), block, code::SAID_TWICE, &what);
    }

    /// Reads the entries of an access control list; in a container accounts are known by number alone.
    fn acl(&mut self, about: &About<'_, 'a>, inside: bool) -> Acl {
        let mut acl = Acl::default();
        let Some(setting) = about.block.setting("acl") else { return acl };
        if !about.lists {
            let diagnostic = Diagnostic::new(
                code::ACL_WITHOUT_TYPE,
                format!("`{}` is given an access control list, and its directories take none", about.dataset),
            )
            .at(setting.whole(), "needs `acltype`")
            .at(about.of.place, "no `acltype=\"posix\"` here or above")
            .help("say `acltype=\"posix\" xattr=\"sa\"` in the dataset, or in one that contains it");
            self.push(diagnostic, setting.via);
        }
        for said in setting.values() {
            let Some(text) = self.text(setting, said) else { continue };
            for text in text.split(',') {
                let (entry, may) = match acl::read(text) {
                    Ok(read) => read,
                    Err(error) => {
                        self.bad_value(setting, said, &error.to_string(), None);
                        continue;
                    }
                };
                let by_number = |name: &str| name.parse::<u32>().is_ok();
                if let Whom::User(name) | Whom::Group(name) = &entry.whom
                    && inside
                    && !by_number(name)
                {
                    let reason = "inside of a container accounts are known by number alone";
                    self.bad_value(setting, said, reason, None);
                } else if acl.0.get(&entry).is_some_and(|other| *other != may) {
                    self.bad_value(
                        setting,
                        said,
                        &format!("`{entry}` stands there already, otherwise"),
                        None,
                    );
                } else {
                    if entry.default && entry.whom == Whom::Others && may.bits() & 0o2 != 0 {
                        let message = "everybody may write into what is made in this dataset";
                        let diagnostic = Diagnostic::new(code::WORLD_WRITABLE, message)
                            .at(said.place, "whoever makes a file opens it to all")
                            .help("`default:other::---`, and an entry for a group");
                        let diagnostic = self.vias.label(diagnostic, said.via.or(setting.via));
                        self.lint(diagnostic);
                    }
                    acl.0.insert(entry, may);
                }
            }
        }
        acl
    }

    /// Reads the container that owner and group are numbers in.
    fn container_of(&mut self, block: &Block<'a>) -> Option<u32> {
        let setting = block.setting("container")?;
        let said = self.one(setting)?;
        let text = self.text(setting, said)?;
        let id = text.parse::<u32>().ok().filter(|id| guest::IDS.contains(id));
        if let Some(id) = id {
            self.containers.entry(id).or_insert(said.place);
        } else {
            self.bad_value(setting, said, "an id of a container is a number from 100 to 999999999", None);
        }
        id
    }

    /// Reads a user or a group, by name or by number.
    fn account(&mut self, block: &Block<'a>, name: &str) -> Option<Box<str>> {
        let setting = block.setting(name)?;
        let said = self.one(setting)?;
        let text = self.text(setting, said)?;
        match account(&text) {
            Ok(account) => Some(account),
            Err(error) => {
                self.bad_value(setting, said, &error.to_string(), None);
                None
            }
        }
    }

    fn mode(&mut self, block: &Block<'a>) -> Option<Mode> {
        let setting = block.setting("mode")?;
        let said = self.one(setting)?;
        let mode = match &said.value {
            Scalar::Text(text) => text.parse::<Mode>(),
            // 750 would be read as seven hundred and fifty, which is another mode.
            Scalar::Integer(number) => {
                let octal = format!("{number}").parse::<Mode>().ok();
                let reason = match octal {
                    Some(mode) => {
                        format!("a mode is written as a text, \"{mode}\", so that it is read as octal")
                    }
                    None => "a mode is written as a text of octal digits, such as \"0750\"".to_owned(),
                };
                self.bad_value(setting, said, &reason, None);
                return None;
            }
            _ => {
                self.bad_value(setting, said, "it is a text of octal digits, such as \"0750\"", None);
                return None;
            }
        };
        let Ok(mode) = mode else {
            self.bad_value(setting, said, "it is three or four octal digits, such as \"0750\"", None);
            return None;
        };
        // chmod(1): without the sticky bit, whoever may write in a directory may remove what others have.
        if mode.bits() & 0o1002 == 0o0002 {
            let diagnostic = Diagnostic::new(code::WORLD_WRITABLE, "everybody may write into this dataset")
                .at(setting.whole(), "and may remove what others keep in it")
                .help("give it a group and `mode=\"2770\"`, or the sticky bit: `mode=\"1777\"`");
            let diagnostic = self.vias.label(diagnostic, setting.via);
            self.lint(diagnostic);
        }
        Some(mode)
    }
}
