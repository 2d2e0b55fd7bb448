//! NFS mounts of virtual machines: which dataset a machine mounts, where, and how. They come once all exports are read:
//! each goes through one.

mod said;

use super::{
    About, Bound, Checker, Waiting,
    bind::{named, shown_empty},
    by_path::Mounts,
};
use crate::{
    diagnostic::{Diagnostic, code, list},
    resolve::spec::Block,
};
use phoenix_graph::{
    DatasetName, Export, GuestMount, Key, Resource,
    export::reach::{Exports, NoWay, Way, is_shown},
    kind::source_path,
    nfs::{NfsMount, NfsOptions, text},
};
use said::Said;

impl<'b, 'a> Checker<'b, 'a, '_> {
    /// Puts a `vm` off.
    pub(super) fn machine(&mut self, block: &'b Block<'a>, about: &About<'b, 'a>, path: &str) {
        let allow = self.allow.iter().chain(&block.allow).copied().collect();
        let About { dataset, of, .. } = about;
        self.machines.push(Waiting { dataset: dataset.clone(), path: path.into(), of, block, allow });
    }

    /// Reads every `vm`, and looks at what they see.
    pub(super) fn look_at_machines(&mut self, mounted: &Mounts<'_>) {
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
            if self.mounting(one, &exports, mounted) {
                mounting.push((self.resources.len() - 1, one.block.via, one.allow.clone()));
            }
        }
        self.look_at_what_machines_see(mounting, &exports, mounted);
    }

    /// Reads a `vm`; returns whether it became a resource.
    fn mounting(&mut self, one: &Waiting<'b, 'a>, exports: &Exports<'_>, mounted: &Mounts<'_>) -> bool {
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
        if self.is_of_another(block, dataset, path, &source, mounted) {
            return false;
        }
        let way = match Way::find(exports, said.asks(path, &source)) {
            Ok(way) => way,
            Err(no_way) => {
                self.no_way(one, &said, &no_way, exports);
                return false;
            }
        };
        let places = mounted.keys().copied();
        if let Some((stuck, root)) =
            way.stuck([exports, &Exports::new()], said.asks(path, &source), places).zip(way.root)
        {
            let message = format!(
                "machine {} cannot mount `{dataset}` by version 4, which begins at {root} and is not led through what is \
                 mounted at {stuck}",
                said.machine
            );
            let diagnostic = Diagnostic::new(code::OUTSIDE_EXPORT_ROOT, message)
                .at(block.place, "not reached")
                .help(format!(
                    "export {stuck} to it, too, or say `crossmnt` in the export of {root}; or take `fsid=0` out of that"
                ));
            self.tell(block.via, diagnostic);
            return false;
        }
        if !self.takes_flavour(block, &said, &way) {
            return false;
        }
        if !self.is_machine_alone(block, said.machine) || !self.mounts_inside(block, said.machine, &said.at) {
            return false;
        }
        self.over_its_system(block, &format!("machine {}", said.machine), &said.at);
        self.look_at_server(block, &said);
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
            NoWay::NoRoot(root) => Diagnostic::new(
                code::OUTSIDE_EXPORT_ROOT,
                format!(
                    "machine {machine} cannot mount `{dataset}` by version 4: {root} is the root of all that this shows, \
                     and is not exported to it"
                ),
            )
            .at(block.place, "shown nothing")
            .help(format!(
                "say `vers=\"3\"`, take `fsid=0` out of the export of {root}, or export that to the machine, too"
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
        let (Some(flavour), Some(setting)) = (said.options.sec, block.setting("sec")) else {
            self.wants_kerberos(block, said, way);
            return true;
        };
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

    /// Tells of a machine that says no flavour where the server takes Kerberos alone.
    fn wants_kerberos(&mut self, block: &Block<'a>, said: &Said, way: &Way<'_>) {
        let Some(flavours) = way.kerberos_alone() else { return };
        let message = format!(
            "machine {} is let in by Kerberos alone, and does not say so: the export of {} takes {}",
            said.machine,
            way.export,
            list(flavours.iter().copied())
        );
        let diagnostic =
            Diagnostic::new(code::KERBEROS_UNSAID, message).at(block.place, "no `sec`").help(format!(
                "say `sec=\"{}\"` here, and give the machine its keys; or `sec=sys` in the export, too",
                flavours[0]
            ));
        let diagnostic = self.vias.label(diagnostic, block.via);
        self.lint(diagnostic);
    }

    /// Tells of a server that is the machine itself.
    fn look_at_server(&mut self, block: &Block<'a>, said: &Said) {
        let Some(setting) = block.setting("server").filter(|_| text::is_itself(&said.server)) else { return };
        let message = format!("by {} machine {} reaches itself, not this host", said.server, said.machine);
        let diagnostic = Diagnostic::new(code::MACHINE_REACHES_ITSELF, message)
            .at(setting.place, "an address of each machine's own")
            .help("say the address of this host on the network that both are on");
        let diagnostic = self.vias.label(diagnostic, setting.via);
        self.lint(diagnostic);
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
        let flavour = said.options.sec.map(|flavour| flavour.to_string());
        if !ro && way.is_read_only(flavour.as_deref()) {
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
        mounted: &Mounts<'_>,
    ) {
        for (at, via, allow) in mounting {
            self.allow = allow;
            let Some(Resource::GuestMount(one)) = self.resources.get(at) else { continue };
            let key = Key::GuestMount(one.machine, one.mount.at.clone());
            let source = one.source_path();
            let way = Way::find(exports, one.asks(&one.path, &source));
            if way.is_ok_and(|way| way.crosses()) {
                continue;
            }
            let empty = shown_empty((&source, &one.mount.at), mounted, |path, at| {
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
}
