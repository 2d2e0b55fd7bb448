//! Reading what a `vm` says: each setting by its rule.

use crate::{
    check::{Checker, Waiting},
    diagnostic::{Diagnostic, code},
    resolve::{
        grammar::{Kind, find_own},
        spec::{Block, Scalar, Setting},
    },
};
use phoenix_graph::{
    Seconds,
    export::reach::Asked,
    nfs::{Automount, CONNECTIONS, NfsOptions, TIMEOUT, Version, text},
};
use std::{fmt::Display, net::IpAddr};

/// What a `vm` says.
pub(super) struct Said {
    pub machine: u32,
    pub at: Box<str>,
    pub server: Box<str>,
    pub subdirectory: Option<Box<str>>,
    pub address: Option<IpAddr>,
    pub options: NfsOptions,
}

impl Said {
    /// Asks for the way to what is mounted at a path.
    pub fn asks<'p>(&self, mounted: &'p str, path: &'p str) -> Asked<'p> {
        Asked { mounted, path, address: self.address, from_root: self.options.vers != Version::V3 }
    }
}

impl<'a> Checker<'_, 'a, '_> {
    /// Reads the settings of a `vm`, and tells all that is wrong with them.
    pub(super) fn said(&mut self, one: &Waiting<'_, 'a>) -> Option<Said> {
        let block = one.block;
        for setting in &block.settings {
            if find_own(Kind::Vm, &setting.name).is_none() {
                self.no_setting(setting);
            }
        }
        let machine = self.guest_id(block, "machine");
        let at = self.ruled(block, "at", text::at);
        let server = self.ruled(block, "server", text::server);
        let subdirectory = self.ruled(block, "subdirectory", text::subdirectory);
        let address = self.ruled(block, "address", text::address);
        let options = self.nfs_options(block);
        let machine = machine?;
        let (at, server) = (at?, server?);
        if at.is_none() {
            let message = format!("machine {machine} is told no path to have `{}` at", one.dataset);
            let diagnostic = Diagnostic::new(code::BIND_WITHOUT_PATH, message)
                .at(block.place, "`at` is missing")
                .help(format!("`vm {machine} at=\"/srv/…\" server=\"…\"`"));
            self.tell(block.via, diagnostic);
        }
        if server.is_none() {
            let message = format!("machine {machine} is not told by which address it reaches this host");
            let diagnostic = Diagnostic::new(code::MACHINE_WITHOUT_SERVER, message)
                .at(block.place, "`server` is missing")
                .help(format!("`vm {machine} at=\"…\" server=\"10.0.0.1\"`"));
            self.tell(block.via, diagnostic);
        }
        Some(Said {
            machine,
            at: at?,
            server: server?,
            subdirectory: subdirectory?,
            address: address?,
            options: options?,
        })
    }

    fn nfs_options(&mut self, block: &Block<'a>) -> Option<NfsOptions> {
        let timeout = |text: &str| match text.parse::<Seconds>() {
            Ok(Seconds(seconds)) if TIMEOUT.contains(&seconds) => Ok(seconds),
            Ok(_) => Err("it is a duration from 1s to 1w".to_owned()),
            Err(reason) => Err(reason),
        };
        let connections = |text: &str| {
            let number = text.parse::<u8>().ok().filter(|number| CONNECTIONS.contains(number));
            number.ok_or("it is a number from 1 to 16")
        };
        let vers = self.ruled(block, "vers", str::parse::<Version>);
        let nconnect = self.ruled(block, "nconnect", connections);
        let sec = self.ruled(block, "sec", str::parse);
        let idle_timeout = self.ruled(block, "idle-timeout", timeout);
        let mount_timeout = self.ruled(block, "mount-timeout", timeout);
        let mut is_on = |name| block.setting(name).map(|setting| self.switch(setting));
        let (ro, soft, noatime) = (is_on("ro"), is_on("soft"), is_on("noatime"));
        let automount = is_on("automount").unwrap_or(true);
        let idle_timeout = idle_timeout?;
        if let (false, Some(setting)) = (automount, block.setting("idle-timeout")) {
            let message = "`idle-timeout` does nothing here: what is mounted at boot stays mounted";
            let diagnostic = Diagnostic::new(code::MOUNT_OPTION_WITHOUT_EFFECT, message)
                .at(setting.place, "no effect")
                .help("leave it out, or `automount`");
            let diagnostic = self.vias.label(diagnostic, setting.via);
            self.lint(diagnostic);
        }
        Some(NfsOptions {
            vers: vers?.unwrap_or(NfsOptions::default().vers),
            nconnect: nconnect?,
            sec: sec?,
            ro: ro.unwrap_or_default(),
            soft: soft.unwrap_or_default(),
            noatime: noatime.unwrap_or_default(),
            automount: automount.then_some(Automount { idle_timeout }),
            mount_timeout: mount_timeout?,
        })
    }

    /// Reads a setting by a rule: within, nothing where it is not said; and nothing at all where it is wrong.
    fn ruled<T, E: Display>(
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

    fn no_setting(&mut self, setting: &Setting<'a>) {
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
