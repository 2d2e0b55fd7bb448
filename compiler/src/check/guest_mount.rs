//! NFS mounts of virtual machines: which dataset a machine mounts, where, and how. They come once all exports are read:
//! each goes through one.

use super::{
    About, Bound, Checker, Waiting,
    bind::{named, shown_empty},
};
use crate::{
    diagnostic::{Diagnostic, code, list},
    resolve::{
        grammar::{Kind, find_own},
        spec::{Block, Scalar, Setting},
    },
};
use phoenix_graph::{
    DatasetName, Export, GuestMount, Key, Resource, Seconds,
    check::guest,
    export::reach::{Asked, Exports, NoWay, Way, is_shown},
    kind::source_path,
    mounts::Mount,
    nfs::{Automount, CONNECTIONS, NfsMount, NfsOptions, TIMEOUT, Version, text},
};
use std::{collections::BTreeMap, fmt::Display, net::IpAddr};

/// What a `vm` says.
struct Said {
    machine: u32,
    at: Box<str>,
    server: Box<str>,
    subdirectory: Option<Box<str>>,
    address: Option<IpAddr>,
    options: NfsOptions,
}

impl Said {
    /// Asks for the way to what is mounted at a path.
    fn asks<'p>(&self, mounted: &'p str, path: &'p str) -> Asked<'p> {
        Asked { mounted, path, address: self.address, from_root: self.options.vers != Version::V3 }
    }
}

impl<'b, 'a> Checker<'b, 'a, '_> {
    /// Puts a `vm` off.
    pub(super) fn machine(&mut self, block: &'b Block<'a>, about: &About<'b, 'a>, path: &str) {
        let allow = self.allow.iter().chain(&block.allow).copied().collect();
        let About { dataset, of, .. } = about;
        self.machines.push(Waiting { dataset: dataset.clone(), path: path.into(), of, block, allow });
    }

    /// Reads every `vm`, and looks at what they see.
    pub(super) fn look_at_machines(&mut self, mounts: &BTreeMap<DatasetName, Mount>) {
        let waiting = std::mem::take(&mut self.machines);
        if waiting.is_empty() {
            return;
        }
        let export = |resource: &Resource| match resource {
            Resource::Export(export) => Some(export.clone()),
            _ => None,
        };
        let exports: Vec<Export> = self.resources.iter().filter_map(export).collect();
        let exports: Exports<'_> = exports.iter().map(|one| (&*one.path, &one.clients)).collect();
        let mut mounting = Vec::new();
        for one in &waiting {
            self.allow.clone_from(&one.allow);
            if self.mounting(one, &exports) {
                mounting.push((self.resources.len() - 1, one.block.via, one.allow.clone()));
            }
        }
        self.look_at_what_machines_see(mounting, &exports, mounts);
    }

    /// Reads a `vm`; returns whether it became a resource.
    fn mounting(&mut self, one: &Waiting<'b, 'a>, exports: &Exports<'_>) -> bool {
        let Waiting { dataset, path, block, .. } = one;
        let Some(said) = self.said(one) else { return false };
        let source = source_path(path, said.subdirectory.as_deref());
        if let Err(reason) = text::what(&source) {
            let diagnostic =
                Diagnostic::new(code::BAD_VALUE, format!("no machine can mount {source}: {reason}"))
                    .at(block.place, "mounted over NFS")
                    .at(one.of.place, format!("mounted at {path}"));
            self.tell(block.via, diagnostic);
            return false;
        }
        let way = match Way::find(exports, said.asks(path, &source)) {
            Ok(way) => way,
            Err(no_way) => {
                self.no_way(one, &said, &no_way, exports);
                return false;
            }
        };
        if !self.takes_flavour(block, &said, &way) {
            return false;
        }
        self.look_at_options(block, &said, &way);
        let what = format!("{} of machine {}", said.at, said.machine);
        let mount = Resource::GuestMount(GuestMount {
            machine: said.machine,
            dataset: dataset.clone(),
            path: path.clone(),
            subdirectory: said.subdirectory,
            export: way.export.into(),
            address: said.address.map(|address| address.to_string().into()),
            mount: NfsMount {
                server: said.server,
                what: way.what.into(),
                at: said.at,
                options: said.options,
            },
        });
        self.add(mount, block, code::DUPLICATE_BIND, &what)
    }

    /// Reads the settings of a `vm`, and tells all that is wrong with them.
    fn said(&mut self, one: &Waiting<'b, 'a>) -> Option<Said> {
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

    /// Tells why a machine does not reach what it is to mount.
    fn no_way(&mut self, one: &Waiting<'b, 'a>, said: &Said, no_way: &NoWay, exports: &Exports<'_>) {
        let Waiting { dataset, of, block, .. } = one;
        let machine = said.machine;
        let diagnostic = match no_way {
            NoWay::NotExported(_) | NoWay::NotCrossed { .. } if self.may_be_exported(one) => return,
            NoWay::NotExported(_) => Diagnostic::new(
                code::MACHINE_NOT_EXPORTED,
                format!("machine {machine} is to mount `{dataset}`, which is exported to nobody"),
            )
            .at(block.place, "mounted over NFS")
            .at(of.place, "no `export` in here, nor in a dataset above")
            .help("`export { client \"…\" \"rw\" }` in the dataset"),
            NoWay::NotCrossed { above, .. } => Diagnostic::new(
                code::MACHINE_NOT_EXPORTED,
                format!(
                    "machine {machine} is to mount `{dataset}`, and the export of {above} shows nothing that is \
                     mounted below it"
                ),
            )
            .at(block.place, "mounted over NFS")
            .at(of.place, "a file system of its own, without an `export`")
            .help(format!("give it an `export` of its own, or the export of {above} the option `crossmnt`")),
            NoWay::NoClient { address, export } => {
                let clients = exports.get(&**export).into_iter().flat_map(|clients| clients.keys());
                let place = block.setting("address").map_or(block.place, |setting| setting.place);
                Diagnostic::new(
                    code::MACHINE_NO_CLIENT,
                    format!("machine {machine} is no client of the export of {export}: its address is {address}"),
                )
                .at(place, "the server refuses it")
                .help(format!("the clients are {}", list(clients.map(|client| &**client))))
            }
            NoWay::OutsideRoot { root, .. } => Diagnostic::new(
                code::OUTSIDE_EXPORT_ROOT,
                format!("machine {machine} cannot mount `{dataset}` by version 4, which begins at {root}"),
            )
            .at(block.place, "not below it")
            .help(format!("say `vers=\"3\"`, or take `fsid=0` out of the export of {root}")),
            NoWay::UnsureRoot(root) => Diagnostic::new(
                code::OUTSIDE_EXPORT_ROOT,
                format!(
                    "by which path machine {machine} mounts `{dataset}` is not known: for some clients version 4 \
                     begins at {root}"
                ),
            )
            .at(block.place, "one of those, or not")
            .help(format!(
                "say its `address`, `vers=\"3\"`, or take `fsid=0` out of the export of {root}"
            )),
        };
        self.tell(block.via, diagnostic);
    }

    /// Returns whether an export is only missing because of an error that was told.
    fn may_be_exported(&self, one: &Waiting<'b, 'a>) -> bool {
        let unread = |name: &DatasetName| *name == one.dataset || one.dataset.is_below(name);
        one.of.may_say(&["export"]) || self.badly_exported.iter().any(unread)
    }

    /// Returns whether the server takes the security flavour, and tells where it does not.
    fn takes_flavour(&mut self, block: &Block<'a>, said: &Said, way: &Way<'_>) -> bool {
        let (Some(flavour), Some(setting)) = (said.options.sec, block.setting("sec")) else { return true };
        if way.takes(&flavour.to_string()) {
            return true;
        }
        let flavours: Vec<&str> = way.clients.iter().flat_map(|(_, options)| options.flavours()).collect();
        let diagnostic = Diagnostic::new(
            code::FLAVOUR_NOT_EXPORTED,
            format!("the export of {} takes no `sec={flavour}` from machine {}", way.export, said.machine),
        )
        .at(setting.place, "the server refuses it")
        .help(format!("it takes {}; say `sec={flavour}` in the export, too", list(flavours)));
        self.push(diagnostic, setting.via);
        false
    }

    /// Tells of options that lose what is written, or refuse it.
    fn look_at_options(&mut self, block: &Block<'a>, said: &Said, way: &Way<'_>) {
        let NfsOptions { soft, ro, .. } = said.options;
        if let (true, false, Some(setting)) = (soft, ro, block.setting("soft")) {
            let message =
                format!("machine {} loses what it writes while this host does not answer", said.machine);
            let diagnostic = Diagnostic::new(code::SOFT_MOUNT, message)
                .at(setting.place, "programs get an error, and go on")
                .help("leave `soft` out: then they wait; or say `ro`");
            let diagnostic = self.vias.label(diagnostic, setting.via);
            self.lint(diagnostic);
        }
        if !ro && way.is_read_only() {
            let message =
                format!("machine {} can only read: so says the export of {}", said.machine, way.export);
            let diagnostic = Diagnostic::new(code::READ_ONLY_EXPORT, message)
                .at(block.place, "mounted to be written to")
                .help("say `ro` here, or \"rw\" of the client");
            let diagnostic = self.vias.label(diagnostic, block.via);
            self.lint(diagnostic);
        }
    }

    /// Tells of machines that see file systems as empty directories: over NFS, too, one mount shows one file system,
    /// where the export does not lead on.
    fn look_at_what_machines_see(
        &mut self,
        mounting: Vec<Bound<'a>>,
        exports: &Exports<'_>,
        mounts: &BTreeMap<DatasetName, Mount>,
    ) {
        let mounted = mounts.iter().filter(|(_, mount)| mount.mounted);
        let mounted = mounted.filter_map(|(name, mount)| Some((mount.path.as_deref()?, name))).collect();
        for (at, via, allow) in mounting {
            self.allow = allow;
            let Some(Resource::GuestMount(one)) = self.resources.get(at) else { continue };
            let key = Key::GuestMount(one.machine, one.mount.at.clone());
            let source = one.source_path();
            let way = Way::find(exports, one.asks(&one.path, &source));
            if way.is_ok_and(|way| way.crosses()) {
                continue;
            }
            let empty = shown_empty((&source, &one.mount.at), &mounted, |path, at| {
                self.places.contains_key(&Key::GuestMount(one.machine, at))
                    || is_shown(exports, one.asks(path, path))
            });
            let (Some(names), Some(place)) = (named(&empty), self.places.get(&key)) else {
                continue;
            };
            let message =
                format!("machine {} sees {names} as empty: what it mounts is one file system", one.machine);
            let diagnostic = Diagnostic::new(code::BIND_SHOWS_EMPTY, message)
                .at(*place, format!("`{}` alone", one.dataset))
                .help("`crossmnt` in the export shows them; or give the machine each of them, by a `vm` of its own");
            let diagnostic = self.vias.label(diagnostic, via);
            self.lint(diagnostic);
        }
    }

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
}
