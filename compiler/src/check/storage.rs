//! Registrations with Proxmox VE.

use super::{About, Checker};
use crate::{
    diagnostic::{Code, Diagnostic},
    resolve::{grammar::Kind, spec::Scalar},
};
use phoenix_graph::{DatasetName, Resource, Storage, StorageId, mounts::Mount};
use std::collections::BTreeMap;

/// Returns the settings that a registration takes.
pub fn words() -> impl Iterator<Item = &'static str> {
    ["type", "content"].into_iter()
}

impl<'a> Checker<'_, 'a, '_> {
    /// Reads a `proxmox` inside a dataset.
    pub(super) fn storage(&mut self, about: &About<'_, 'a>, mounts: &BTreeMap<DatasetName, Mount>) {
        let About { dataset, block, .. } = about;
        let Some(arg) = block.arg.as_ref() else { return };
        let text = block.name().unwrap_or_default();
        let id = match StorageId::new(text) {
            Ok(id) => id,
            Err(error) => {
                let diagnostic =
                    Diagnostic::new(Code::BadName, format!("{text:?} is no storage id: {error}"))
                        .at(arg.place, "not a legal id");
                self.push(diagnostic, arg.via);
                return;
            }
        };
        let Some(Scalar::Text(kind)) =
            block.setting("type").and_then(|setting| setting.first.as_ref()).map(|said| &said.value)
        else {
            self.sink.push(
                Diagnostic::new(Code::StorageWithoutType, format!("the storage `{id}` has no type"))
                    .at(block.place, "the type is missing")
                    .help("`type=\"zfspool\"` or `type=\"dir\"`"),
            );
            return;
        };
        let mut properties: BTreeMap<Box<str>, Box<str>> = BTreeMap::new();
        if let Some(content) = block.setting("content") {
            let mut words: Vec<&str> = content
                .values()
                .filter_map(|said| match &said.value {
                    Scalar::Text(text) => Some(&**text),
                    _ => None,
                })
                .flat_map(|text| text.split(','))
                .collect();
            words.sort_unstable();
            properties.insert("content".into(), words.join(",").into());
        }
        let mount = mounts.get(dataset);
        let path = mount.and_then(|mount| mount.path.clone()).filter(|_| mount.is_some_and(|m| m.mounted));
        match &**kind {
            "zfspool" => {
                properties.insert("pool".into(), dataset.as_str().into());
                if let Some(path) = path {
                    properties.insert("mountpoint".into(), path);
                }
            }
            _ => {
                properties.insert("path".into(), path.unwrap_or_default());
                properties.insert("is_mountpoint".into(), "1".into());
            }
        }
        let what = format!("the storage `{id}`");
        let storage = Storage { id, kind: (&**kind).into(), dataset: Some(dataset.clone()), properties };
        self.add(Resource::Storage(storage), block.place, Code::DuplicateStorage, &what);
        let _ = Kind::Proxmox;
    }
}
