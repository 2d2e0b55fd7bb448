//! Reading what a `vm` says: each setting by its rule.

use crate::{
    check::{Checker, Waiting},
    diagnostic::{Diagnostic, code},
    resolve::{
        grammar::{Kind, find_own},
        spec::Block,
    },
};
use phoenix_graph::{
    export::reach::Asked,
    nfs::{CONNECTIONS, NfsOptions, Version, text},
};
use std::net::IpAddr;

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
                self.no_machine_setting(setting);
            }
        }
        self.refuse_sharing(block);
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
        let connections = |text: &str| {
            let number = text.parse::<u8>().ok().filter(|number| CONNECTIONS.contains(number));
            number.ok_or("it is a number from 1 to 16")
        };
        let vers = self.ruled(block, "vers", str::parse::<Version>);
        let nconnect = self.ruled(block, "nconnect", connections);
        let sec = self.ruled(block, "sec", str::parse);
        let when = self.when(block);
        let mut is_on = |name| block.setting(name).map(|setting| self.switch(setting));
        let (ro, soft, noatime) = (is_on("ro"), is_on("soft"), is_on("noatime"));
        let (automount, mount_timeout) = when?;
        Some(NfsOptions {
            vers: vers?.unwrap_or(NfsOptions::default().vers),
            nconnect: nconnect?,
            sec: sec?,
            ro: ro.unwrap_or_default(),
            soft: soft.unwrap_or_default(),
            noatime: noatime.unwrap_or_default(),
            automount,
            mount_timeout,
        })
    }
}
