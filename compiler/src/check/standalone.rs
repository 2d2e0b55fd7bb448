//! Registrations with Proxmox VE that lie on no dataset: on another machine, or on another file system of the host.

use super::{Checker, by_path::Mounts};
use crate::{
    diagnostic::{Diagnostic, code},
    resolve::spec::Block,
};
use phoenix_graph::{
    DatasetName, Resource, Storage,
    kind::inside,
    mounts::{Mount, unsaid_roots},
    nfs::text::is_itself,
    storage::{FILE, STANDALONE, StorageType},
};
use std::collections::BTreeMap;

impl<'a> Checker<'_, 'a, '_> {
    /// Reads a `proxmox` that stands in a host: what lies on no dataset of it.
    pub(super) fn standalone(&mut self, block: &Block<'a>, mounts: &BTreeMap<DatasetName, Mount>) {
        let Some(id) = self.storage_id(block) else { return self.template(block) };
        let text = block.name().unwrap_or_default();
        let Some(kind) = self.standalone_type(block, text) else { return };
        let before = self.sink.errors();
        let properties = self.storage_properties(block, kind, false);
        let secret_files = self.secret_files(block, kind);
        if self.sink.errors() > before || block.broken || self.lacks(block, kind, &properties, &secret_files)
        {
            return;
        }
        if self.lies_on_a_dataset(block, properties.get("path").map(|path| &**path), mounts) {
            return;
        }
        self.look_at_the_server(block, &properties);
        let Some(id) = id else { return };
        let what = format!("the storage `{id}`");
        let lifecycle = self.lifecycle(block);
        let kind = kind.name.into();
        let storage = Storage { id, kind, dataset: None, properties, secret_files, lifecycle };
        self.add(Resource::Storage(storage), block, code::DUPLICATE_STORAGE, &what);
    }

    /// Reads which files hold the secrets of a registration.
    fn secret_files(
        &mut self,
        block: &Block<'a>,
        kind: &'static StorageType,
    ) -> BTreeMap<Box<str>, Box<str>> {
        let mut files = BTreeMap::new();
        for setting in &block.settings {
            let Some(secret) = kind.secret(&setting.name) else { continue };
            let Some(said) = self.one(setting) else { continue };
            let Some(text) = self.text(setting, said) else { continue };
            match kind.secret_file(secret.name, &text) {
                Ok(path) => _ = files.insert(secret.name.into(), path.into()),
                Err(error) => self.bad_storage_value(setting, &error),
            }
        }
        files
    }

    /// Tells what a registration is not made without.
    fn lacks(
        &mut self,
        block: &Block<'a>,
        kind: &'static StorageType,
        properties: &BTreeMap<Box<str>, Box<str>>,
        files: &BTreeMap<Box<str>, Box<str>>,
    ) -> bool {
        let alone = files.keys().find_map(|secret| Some((secret, kind.alone(secret, properties, files)?)));
        let (missing, message) = match (kind.missing(properties), alone) {
            (Some(missing), _) => (missing.to_owned(), "is missing".to_owned()),
            (None, Some((secret, beside))) => {
                let is_secret = kind.secrets().any(|secret| secret.name == beside);
                let beside = format!("{beside}{}", if is_secret { FILE } else { "" });
                (beside, format!("is missing, without which `{secret}{FILE}` says nothing"))
            }
            (None, None) => return false,
        };
        let id = block.name().unwrap_or_default();
        let what = format!("the `{}` storage `{id}` has no `{missing}`", kind.name);
        let diagnostic = Diagnostic::new(code::STORAGE_INCOMPLETE, what)
            .at(block.place, format!("`{missing}` {message}"))
            .help(format!("`{missing} \"…\"` in it"));
        self.tell(block.via, diagnostic);
        true
    }

    /// Tells where a folder is a dataset's, or lies in one.
    fn lies_on_a_dataset(
        &mut self,
        block: &Block<'a>,
        path: Option<&str>,
        mounts: &BTreeMap<DatasetName, Mount>,
    ) -> bool {
        let Some(path) = path else { return false };
        let roots = unsaid_roots(&self.resources, mounts);
        let mounted = mounts.iter().filter(|(_, mount)| mount.mounted);
        let mounted = mounted.filter_map(|(name, mount)| Some((mount.path.as_deref()?, name)));
        let places: Mounts<'_> = mounted.chain(roots.iter().map(|(path, name)| (&**path, name))).collect();
        let over = inside("/", path).find_map(|at| Some((at, *places.get(at)?)));
        let Some((at, dataset)) = over else { return false };
        let place = block.setting("path").map_or(block.place, |setting| setting.place);
        let help = if at == path {
            format!("say the `proxmox` in `{dataset}`, without `path`")
        } else {
            format!("make a dataset of that folder, and say the `proxmox` in it; or say it in `{dataset}`")
        };
        let diagnostic = Diagnostic::new(code::BAD_STORAGE_PROPERTY, format!("{path} lies in `{dataset}`"))
            .at(place, "on a dataset of this spec")
            .help(help);
        self.tell(block.via, diagnostic);
        true
    }

    /// Tells of an NFS server that is this very host.
    fn look_at_the_server(&mut self, block: &Block<'a>, properties: &BTreeMap<Box<str>, Box<str>>) {
        let Some(server) = properties.get("server") else { return };
        if !is_itself(server) {
            return;
        }
        let place = block.setting("server").map_or(block.place, |setting| setting.place);
        let diagnostic = Diagnostic::new(code::LOOPBACK_STORAGE, format!("{server} is this host itself"))
            .at(place, "mounted over NFS from itself")
            .help("say `proxmox` with `type=\"dir\"` in the dataset: no NFS is needed");
        let diagnostic = self.vias.label(diagnostic, block.via);
        self.lint(diagnostic);
    }

    /// Reads the type of a registration that lies on no dataset.
    fn standalone_type(&mut self, block: &Block<'a>, id: &str) -> Option<&'static StorageType> {
        let (kind, said) = self.said_type(block, id, true, STANDALONE)?;
        let stays = "what `storage.cfg` has of it stays as it is";
        let (message, help) = match kind {
            Ok(kind) if STANDALONE.contains(&kind.name) => return Some(kind),
            Ok(kind) => (
                format!("a `{}` storage lies on a dataset", kind.name),
                "say the `proxmox` in the dataset or the pool's `root`",
            ),
            Err(text) => (format!("phoenix registers no `{text}` storage"), stays),
        };
        self.bad_type(said, message, help);
        None
    }
}
