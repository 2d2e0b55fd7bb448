//! Where a resource and each of its settings come from: who said a value, by way of which lets,
//! params, profiles and repetitions it came, and what it stands over. `phoenix why` tells it.

use crate::{
    resolve::{
        grammar::{Args, Kind},
        spec::{Block, Said, Scalar, Setting, Step, ViaId, Vias},
    },
    source::Place,
};
use phoenix_graph::{DatasetName, Key, Target, property};
#[cfg(test)]
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Where a node comes from, with its settings and its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "OriginView"))]
pub struct Origin<P = Place> {
    /// What the node is called: its word, and its name as it came out.
    pub title: String,
    /// Where it stands.
    pub place: P,
    /// How it, or its name, came from there.
    pub way: Vec<Hop<P>>,
    /// Its settings.
    pub settings: Vec<SettingOrigin<P>>,
    /// The nodes inside that are no resources of their own: clients, vdevs, disks.
    pub parts: Vec<Origin<P>>,
}

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "SettingView"))]
pub struct SettingOrigin<P = Place> {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub place: P,
    /// How it came from there.
    pub way: Vec<Hop<P>>,
    /// Its values.
    pub values: Vec<ValueOrigin<P>>,
    /// What profiles said, that it stands over, the nearest first.
    pub over: Vec<SettingOrigin<P>>,
    /// What further profiles said, that is the same.
    pub also: Vec<SettingOrigin<P>>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "ValueView"))]
pub struct ValueOrigin<P = Place> {
    /// The value, as KDL writes it.
    pub value: String,
    /// Where it stands as it is.
    pub place: P,
    /// How it came from there to the node, from the value outwards.
    pub way: Vec<Hop<P>>,
}

/// A step on the way of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "HopView"))]
pub struct Hop<P = Place> {
    /// What brought it on.
    pub by: By,
    /// Its name.
    pub name: String,
    /// Where that stands.
    pub place: P,
}

/// What brought a value on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "ByView"))]
pub enum By {
    /// A let.
    Let,
    /// A param of a profile.
    Param,
    /// A profile that is used.
    Profile,
    /// A value of `each`, which is bound to the name.
    Each,
    /// The name that `each` binds.
    Bound,
}

/// Returns the nearest dataset above whose setting a resource inherits, with the setting's origin.
#[must_use]
pub fn inherited<'o>(
    origins: &'o BTreeMap<Key, Origin>,
    key: &Key,
    setting: &str,
) -> Option<(Key, &'o SettingOrigin)> {
    let (Key::Dataset(name) | Key::Volume(name)) = key else { return None };
    let target = if matches!(key, Key::Dataset(_)) { Target::Filesystem } else { Target::Volume };
    if !setting.contains(':') && !property::find(target, setting)?.inheritable {
        return None;
    }
    let mut above: Option<DatasetName> = name.parent();
    while let Some(name) = above {
        let key = Key::Dataset(name.clone());
        if let Some(found) = origins.get(&key).and_then(|origin| origin.setting(setting)) {
            return Some((key, found));
        }
        above = name.parent();
    }
    None
}

impl Origin {
    /// Finds a setting.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&SettingOrigin> {
        self.settings.iter().find(|setting| setting.name == name)
    }

    /// Leaves out what is said of other settings.
    #[must_use]
    pub fn only(&self, name: &str) -> Self {
        let said = self.setting(name).cloned().into_iter().collect();
        let parts = self.parts.iter().filter(|part| part.setting(name).is_some());
        Self { settings: said, parts: parts.map(|part| part.only(name)).collect(), ..self.clone() }
    }

    /// Reads where a block comes from.
    pub(crate) fn of(block: &Block<'_>, vias: &Vias<'_>) -> Self {
        let word = block.kind.word();
        let title = match (word.args, block.name()) {
            (Args::Number(_), Some(name)) => format!("{} {name}", word.word),
            (Args::One(_) | Args::Words(_) | Args::Then(..), Some(name)) => format!("{} {name:?}", word.word),
            _ => word.word.to_owned(),
        };
        let parts = block.blocks.iter().filter(|inner| is_part(inner.kind));
        Self {
            title,
            place: block.place,
            way: way(block.arg.as_ref().map_or(block.via, |arg| arg.via), vias),
            settings: block.settings.iter().map(|setting| SettingOrigin::of(setting, vias)).collect(),
            parts: parts.map(|inner| Self::of(inner, vias)).collect(),
        }
    }
}

impl SettingOrigin {
    fn of(setting: &Setting<'_>, vias: &Vias<'_>) -> Self {
        Self {
            name: setting.name.to_string(),
            place: setting.place,
            way: way(setting.via, vias),
            values: setting.values().map(|said| ValueOrigin::of(said, vias)).collect(),
            over: setting.over.iter().map(|setting| Self::of(setting, vias)).collect(),
            also: setting.also.iter().map(|setting| Self::of(setting, vias)).collect(),
        }
    }
}

impl ValueOrigin {
    fn of(said: &Said<'_>, vias: &Vias<'_>) -> Self {
        let value = match &said.value {
            Scalar::Text(text) => format!("{text:?}"),
            Scalar::Integer(number) => number.to_string(),
            Scalar::Decimal(number) => number.to_string(),
            Scalar::Bool(value) => format!("#{value}"),
            Scalar::Null => "#null".to_owned(),
        };
        Self { value, place: said.place, way: way(said.via, vias) }
    }
}

/// Returns whether a node is no resource of its own, but a part of the one around it.
fn is_part(kind: Kind) -> bool {
    use Kind::{Arc, Bind, Dataset, Export, Host, Lxc, Permissions, Pool, Proxmox, Root, Vm, Volume};
    let about_datasets = matches!(kind, Export | Proxmox | Permissions | Bind | Lxc | Vm);
    !about_datasets && !matches!(kind, Host | Arc | Pool | Root | Dataset | Volume)
}

fn way(via: Option<ViaId>, vias: &Vias<'_>) -> Vec<Hop> {
    let hop = |step: Step<'_>, place| {
        let (by, name) = match step {
            Step::Let(name) => (By::Let, name),
            Step::Param(name) => (By::Param, name),
            Step::Profile(name) => (By::Profile, name),
            Step::Each(name) => (By::Each, name),
            Step::Bound(name) => (By::Bound, name),
        };
        Hop { by, name: name.to_owned(), place }
    };
    vias.way(via).map(|via| hop(via.step, via.place)).collect()
}
