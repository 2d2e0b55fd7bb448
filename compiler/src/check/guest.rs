//! What holds of guests of either kind, containers and machines: their ids, where in them something
//! may be mounted, and when.

use super::Checker;
use crate::{
    diagnostic::{Diagnostic, code},
    resolve::{
        grammar::Kind,
        spec::{Block, Scalar, Setting},
    },
};
use phoenix_graph::{
    Seconds,
    check::{
        guest,
        place::{Standing, standing},
    },
    nfs::{Automount, TIMEOUT},
};
use std::fmt::Display;

impl<'a> Checker<'_, 'a, '_> {
    /// Reads the id of a guest.
    pub(super) fn guest_id(&mut self, block: &Block<'a>, what: &str) -> Option<u32> {
        let arg = block.arg.as_ref()?;
        let text = block.name()?;
        match text.parse::<u32>() {
            Ok(id) if guest::IDS.contains(&id) => Some(id),
            _ => {
                let diagnostic = Diagnostic::new(code::BAD_NAME, format!("{text:?} is no id of a {what}"))
                    .at(arg.place, "an id is a number from 100 to 999999999");
                self.push(diagnostic, arg.via);
                None
            }
        }
    }

    /// Tells of a path inside of a guest that its own system runs from.
    pub(super) fn over_its_system(&mut self, block: &Block<'a>, guest: &str, at: &str) {
        if !matches!(standing(at), Standing::System | Standing::Never) {
            return;
        }
        let place = block.setting("at").map_or(block.place, |setting| setting.place);
        let diagnostic = Diagnostic::new(
            code::OVER_GUEST_SYSTEM,
            format!("{guest} would have the dataset over its own {at}"),
        )
        .at(place, "its system runs from there")
        .help("give the dataset a path of its own, below /srv or /mnt");
        let diagnostic = self.vias.label(diagnostic, block.via);
        self.lint(diagnostic);
    }

    /// Tells of an id that is a container's in one place and a machine's in another; returns whether it is a machine's alone.
    pub(super) fn is_machine_alone(&mut self, block: &Block<'a>, machine: u32) -> bool {
        let Some(container) = self.containers.get(&machine).copied() else { return true };
        let place = block.arg.as_ref().map_or(block.place, |arg| arg.place);
        let message = format!("{machine} is said to be a machine and a container");
        let diagnostic = Diagnostic::new(code::GUEST_OF_TWO_KINDS, message)
            .at(place, "a machine here")
            .at(container, "a container here")
            .help("an id belongs to one guest of the cluster: see `qm list` and `pct list`");
        self.tell(block.via, diagnostic);
        false
    }

    /// Reads when a machine mounts something, and how many seconds that may take.
    pub(super) fn when(&mut self, block: &Block<'a>) -> Option<(Option<Automount>, Option<u64>)> {
        let timeout = |text: &str| match text.parse::<Seconds>() {
            Ok(Seconds(seconds)) if TIMEOUT.contains(&seconds) => Ok(seconds),
            Ok(_) => Err("it is a duration from 1s to 1w".to_owned()),
            Err(reason) => Err(reason),
        };
        let idle_timeout = self.ruled(block, "idle-timeout", timeout);
        let mount_timeout = self.ruled(block, "mount-timeout", timeout);
        let automount = block.setting("automount").is_none_or(|setting| self.switch(setting));
        let (idle_timeout, mount_timeout) = (idle_timeout?, mount_timeout?);
        if let (false, Some(setting)) = (automount, block.setting("idle-timeout")) {
            let message = "`idle-timeout` does nothing here: what is mounted at boot stays mounted";
            let diagnostic = Diagnostic::new(code::MOUNT_OPTION_WITHOUT_EFFECT, message)
                .at(setting.place, "no effect")
                .help("leave it out, or `automount`");
            let diagnostic = self.vias.label(diagnostic, setting.via);
            self.lint(diagnostic);
        }
        Some((automount.then_some(Automount { idle_timeout }), mount_timeout))
    }

    /// Reads a setting by a rule: within, nothing where it is not said; and nothing at all where it is wrong.
    pub(super) fn ruled<T, E: Display>(
        &mut self,
        block: &Block<'a>,
        name: &str,
        rule: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Option<T>> {
        let Some(setting) = block.setting(name) else { return (!block.may_miss(name)).then_some(None) };
        let said = self.one(setting)?;
        if let Scalar::Decimal(number) = said.value {
            self.bad_value(setting, said, &format!("it is written as a text, \"{number}\""), None);
            return None;
        }
        let text = self.text(setting, said)?;
        match rule(&text) {
            Ok(value) => Some(Some(value)),
            Err(reason) => {
                self.bad_value(setting, said, &reason.to_string(), None);
                None
            }
        }
    }

    pub(super) fn no_machine_setting(&mut self, setting: &Setting<'a>) {
        let help = match &*setting.name {
            "mp" | "mountpoint" => "the path inside of the machine is `at`",
            "hard" => "that holds unless `soft` is said",
            "rw" => "it can write unless `ro` is said",
            "sync" | "async" => "that is said in the `export`",
            "options" | "mountoptions" => "each option is a setting of its own, such as `noatime`",
            _ => return self.unknown_setting(Kind::Vm, setting),
        };
        let diagnostic =
            Diagnostic::new(code::UNKNOWN_SETTING, format!("a `vm` has no setting `{}`", setting.name))
                .at(setting.place, "unknown")
                .help(help);
        self.push(diagnostic, setting.via);
    }
}
