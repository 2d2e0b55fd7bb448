//! Exports: paths, clients and options. [`fsid`](super::fsid) and [`nested`](super::nested) look at them together.

use super::{About, Checker, Mounted, Shared, placeholder::is_placeholder};
use crate::{
    diagnostic::{Diagnostic, code, did_you_mean},
    resolve::{
        grammar::{Kind, option_group},
        spec::{Block, Said, Scalar, Setting},
    },
};
use phoenix_graph::{
    DatasetName, Export, Key, Resource,
    export::{
        ExportOptions, OptionError, canonical_client,
        squash::{AsRoot, Root},
        vocabulary,
    },
    mounts::Mount,
};
use std::collections::BTreeMap;

/// What every export says unless the spec says otherwise: no checks that break renamed files, and
/// nothing served while the dataset is not mounted.
const DEFAULTS: &[(&str, &str)] = &[("subtree_check", "no_subtree_check"), ("mountpoint", "mountpoint")];

impl<'a> Checker<'_, 'a, '_> {
    /// Reads an `export` inside a dataset.
    pub(super) fn export(&mut self, about: &About<'_, 'a>, mounts: &BTreeMap<DatasetName, Mount>) {
        let About { dataset, block, .. } = about;
        let fine = self.words(block);
        if block.of(Kind::Client).next().is_none() {
            // What only profiles say are settings for the exports that a dataset has.
            if block.own && !block.broken {
                self.tell(
                    block.via,
                    Diagnostic::new(
                        code::EXPORT_WITHOUT_CLIENTS,
                        format!("`{dataset}` is exported to nobody"),
                    )
                    .at(block.place, "no `client` in here")
                    .help("`client \"10.0.0.0/24\" \"rw\"`"),
                );
            }
            return;
        }
        if let Some(shared) = about.shared {
            self.tell(
                block.via,
                Diagnostic::new(
                    code::SHARED_TWICE,
                    format!("`{dataset}` is exported, and shared by OpenZFS too"),
                )
                .at(block.place, "exported here")
                .at(shared, "shared here")
                .help("take `sharenfs` away, or say `sharenfs=\"off\"` at this dataset"),
            );
            return;
        }
        let path = self.exported_path(about, mounts);
        let mut clients: BTreeMap<Box<str>, ExportOptions> = BTreeMap::new();
        let mut places = BTreeMap::new();
        for client in block.of(Kind::Client) {
            let (name, mut sound) = (self.client(client), self.words(client));
            for flavour in client.of(Kind::Flavour) {
                sound &= self.flavour(flavour);
            }
            sound &= !client.broken;
            let Some(name) = name.filter(|_| sound && fine) else { continue };
            let (Some(options), Some(path)) = (self.options(block, client), &path) else { continue };
            self.look_at_root(client, &name, &options, path);
            let fsid = client.setting("fsid").or_else(|| block.setting("fsid"));
            let place =
                fsid.and_then(|setting| setting.first.as_ref()).map_or(client.place, |said| said.place);
            places.entry(name.clone()).or_insert((place, client.via));
            if clients.insert(name.clone(), options).is_some() {
                let first = block.of(Kind::Client).find(|known| {
                    known.name().and_then(|name| canonical_client(name).ok()).as_deref() == Some(&*name)
                });
                self.tell(
                    client.via,
                    Diagnostic::new(code::DUPLICATE_CLIENT, format!("{path} is exported to {name} twice"))
                        .at(client.place, "here again")
                        .at(first.map_or(block.place, |first| first.place), "here first"),
                );
            }
        }
        let Some(path) = path.filter(|_| !clients.is_empty()) else { return };
        let key = Key::Export(path.clone());
        if let Some(first) = self.places.get(&key) {
            self.tell(
                block.via,
                Diagnostic::new(code::DUPLICATE_CLIENT, format!("{path} is exported twice"))
                    .at(block.place, "here again")
                    .at(*first, "here first")
                    .help("one `export` holds all clients"),
            );
            return;
        }
        self.trace(&key, block);
        self.places.insert(key, block.place);
        let (at, allow) = (self.resources.len(), self.allow.clone());
        self.shared.push(Shared { at, place: block.place, via: block.via, allow, clients: places });
        self.resources.push(Resource::Export(Export { path, dataset: dataset.clone(), clients }));
    }

    /// Tells of an export by which everybody on the network is root here, or of the group of root.
    fn look_at_root(&mut self, client: &Block<'a>, name: &str, options: &ExportOptions, path: &str) {
        let is_anyone = matches!(name, "*" | "0.0.0.0/0" | "::/0");
        let Some(AsRoot { root, by, flavours }) = options.as_root().filter(|_| is_anyone) else { return };
        let are = if root == Root::Group { "of the group root" } else { "root" };
        let through = match flavours.join(":") {
            all if all.is_empty() => String::new(),
            some => format!(", by `sec={some}`"),
        };
        let label = match (by, root) {
            ("no_root_squash", _) => "every machine, and no root_squash".to_owned(),
            (by, Root::Own) => format!("every machine, and its root is made `{by}`"),
            (by, _) => format!("every machine, and whoever is squashed is made `{by}`"),
        };
        let diagnostic = Diagnostic::new(
            code::ROOT_FOR_EVERYONE,
            format!("everybody who reaches this host is {are} in {path}{through}"),
        )
        .at(client.place, label)
        .help(format!("name the machines, or leave `{by}` out"));
        let diagnostic = self.vias.label(diagnostic, client.via);
        self.allowing(&client.allow, |checker| checker.lint(diagnostic));
    }

    /// Finds the path that is exported: where the dataset is mounted.
    fn exported_path(
        &mut self,
        about: &About<'_, 'a>,
        mounts: &BTreeMap<DatasetName, Mount>,
    ) -> Option<Box<str>> {
        let About { dataset, of, block, .. } = about;
        let unmounted = |label: &str| {
            Diagnostic::new(code::EXPORT_UNMOUNTED, format!("`{dataset}` is exported, but never mounted"))
                .at(block.place, label)
        };
        if of.kind == Kind::Volume {
            self.tell(block.via, unmounted("a volume is a block device: NFS shares file systems"));
            return None;
        }
        match self.mounted(about, mounts) {
            Mounted::At(path) => return Some(path),
            Mounted::Never => {}
            Mounted::Unknown => return None,
        }
        let mut diagnostic = unmounted("clients would see an empty directory");
        let culprit =
            ["canmount", "mountpoint"].into_iter().filter_map(|name| of.setting(name)).find(|setting| {
                matches!(&setting.first, Some(Said { value: Scalar::Text(text), .. })
                if matches!(&**text, "off" | "noauto" | "none" | "legacy"))
                    || matches!(&setting.first, Some(Said { value: Scalar::Bool(false), .. }))
            });
        diagnostic = match culprit {
            Some(setting) => diagnostic
                .at(setting.whole(), "this keeps it from being mounted")
                .help(format!("take the export or the `{}` away", setting.name)),
            None => diagnostic
                .at(of.place, "it has no mount point: a dataset above has none to pass on")
                .help("give it a `mountpoint` of its own"),
        };
        self.sink.push(diagnostic);
        None
    }

    fn client(&mut self, client: &Block<'a>) -> Option<Box<str>> {
        let text = client.name()?;
        let arg = client.arg.as_ref()?;
        if is_placeholder(text) {
            let diagnostic =
                Diagnostic::new(code::PLACEHOLDER, format!("{text:?} stands for a client still to be named"))
                    .at(arg.place, "a placeholder");
            self.push(diagnostic, arg.via);
            return None;
        }
        match canonical_client(text) {
            Ok(name) => Some(name.to_string().into()),
            Err(error) => {
                let diagnostic =
                    Diagnostic::new(code::BAD_CLIENT, error.to_string()).at(arg.place, "not a client").help(
                        "a client is a host, an address, a network (\"10.0.0.0/24\"), \"@netgroup\" or \"*\"",
                    );
                self.push(diagnostic, arg.via);
                None
            }
        }
    }

    /// Holds each option that a node says against `exports(5)`, by itself.
    fn words(&mut self, block: &Block<'a>) -> bool {
        let mut fine = true;
        for setting in &block.settings {
            match setting.first.as_ref().map(|said| &said.value) {
                Some(Scalar::Text(word)) if option_group(word) == setting.name => {
                    if let Err(error) = ExportOptions::from_words([&**word]) {
                        self.bad_option(setting, &error);
                        fine = false;
                    }
                }
                _ => {
                    self.unknown_setting(Kind::Export, setting);
                    fine = false;
                }
            }
        }
        fine
    }

    /// Holds a `sec` of a client against `exports(5)`, by itself.
    fn flavour(&mut self, block: &Block<'a>) -> bool {
        let mut fine = !block.broken;
        for setting in &block.settings {
            match setting.first.as_ref().map(|said| &said.value) {
                Some(Scalar::Text(word)) if option_group(word) == setting.name => {
                    if let Err(error) = ExportOptions::by_flavour([], vec![("sys", vec![&**word])]) {
                        self.bad_option(setting, &error);
                        fine = false;
                    }
                }
                _ => {
                    self.unknown_setting(Kind::Flavour, setting);
                    fine = false;
                }
            }
        }
        let Some((name, arg)) = block.name().zip(block.arg.as_ref()) else { return false };
        if let Err(error) = ExportOptions::by_flavour([], vec![(name, Vec::new())]) {
            let diagnostic = Diagnostic::new(code::BAD_EXPORT_OPTION, error.to_string())
                .at(arg.place, "not a security flavour")
                .help("the flavours are sys, krb5, krb5i and krb5p: `sec \"krb5i:krb5p\" \"rw\"`");
            self.push(diagnostic, arg.via);
            fine = false;
        }
        fine
    }

    /// Puts options together: our defaults, what the export says, what the client says, and of each security flavour what
    /// that says.
    fn options<'s>(&mut self, export: &'s Block<'a>, client: &'s Block<'a>) -> Option<ExportOptions> {
        let mut words: BTreeMap<&str, &str> = DEFAULTS.iter().copied().collect();
        for setting in export.settings.iter().chain(&client.settings) {
            if let Some(Said { value: Scalar::Text(word), .. }) = &setting.first {
                words.insert(&setting.name, word);
            }
        }
        let of = |block: &'s Block<'a>| {
            let said = block.settings.iter().filter_map(|setting| match &setting.first {
                Some(Said { value: Scalar::Text(word), .. }) => Some(&**word),
                _ => None,
            });
            Some((block.name()?, said.collect()))
        };
        let flavours: Vec<_> = client.of(Kind::Flavour).filter_map(of).collect();
        // What the client says of flavours stands over `sec=` of the export.
        if !flavours.is_empty() && client.setting("sec").is_none() {
            words.remove("sec");
        }
        match ExportOptions::by_flavour(words.into_values(), flavours) {
            Ok(options) => Some(options),
            Err(error) => {
                self.tell(
                    client.via,
                    Diagnostic::new(code::BAD_EXPORT_OPTION, error.to_string())
                        .at(client.place, "for this client"),
                );
                None
            }
        }
    }

    fn bad_option(&mut self, setting: &Setting<'a>, error: &OptionError) {
        let code = match error {
            OptionError::MountOption { .. } => code::MOUNT_OPTION,
            _ => code::BAD_EXPORT_OPTION,
        };
        let place = setting.first.as_ref().map_or(setting.place, |said| said.place);
        let word = error.word();
        let near = matches!(error, OptionError::Unknown(_))
            .then(|| did_you_mean(word, vocabulary().iter().copied()));
        let help = match (error, near.flatten()) {
            (_, Some(near)) => Some(format!("did you mean `{near}`?")),
            (OptionError::MountOption { .. }, _) if word.starts_with("noatime") => {
                Some("say `atime=#false` on the dataset, and `noatime` where the client mounts".to_owned())
            }
            (OptionError::MountOption { .. }, _) => Some("say it where the client mounts".to_owned()),
            _ => None,
        };
        let (message, label) = match error {
            OptionError::MountOption { .. } => (
                format!("`{word}` is an option of mounting, not of exporting"),
                "the NFS server would drop this entry and every later one",
            ),
            other => (other.to_string(), "not an option of exports"),
        };
        let diagnostic = Diagnostic::new(code, message).at(place, label).help_maybe(help);
        self.push(diagnostic, setting.via);
    }
}
