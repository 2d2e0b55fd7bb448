//! What `phoenix why --json` prints: where a resource and its settings come from.

use phoenix_compiler::{
    Origin, Place, Traced,
    origin::{By, Hop, SettingOrigin, ValueOrigin},
};
#[cfg(test)]
use schemars::JsonSchema;
use serde::Serialize;

/// `phoenix why --json` prints a list of these: one for each host and kind that has a resource of the
/// name.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct WhyView {
    /// The host's name.
    pub host: String,
    /// The resource's key, such as `dataset:tank/vms`.
    pub resource: String,
    /// The key of the dataset above that says the setting that was asked for, where it is inherited.
    pub inherited_from: Option<String>,
    /// Where it comes from, with all settings or the one that was asked for.
    pub origin: OriginView,
}

/// Where a node comes from, with its settings and its parts.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct OriginView {
    /// What the node is called: its word, and its name as it came out.
    pub title: String,
    /// Where it stands.
    pub place: PlaceView,
    /// How it, or its name, came from there.
    pub way: Vec<HopView>,
    /// Its settings.
    pub settings: Vec<SettingView>,
    /// The nodes inside that are no resources of their own: clients, vdevs, disks.
    pub parts: Vec<OriginView>,
}

/// Where a setting comes from.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct SettingView {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub place: PlaceView,
    /// How it came from there.
    pub way: Vec<HopView>,
    /// Its values.
    pub values: Vec<ValueView>,
    /// What profiles said, that it stands over, the nearest first.
    pub over: Vec<SettingView>,
    /// What further profiles said, that is the same.
    pub also: Vec<SettingView>,
}

/// Where a value comes from.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct ValueView {
    /// The value, as KDL writes it.
    pub value: String,
    /// Where it stands as it is.
    pub place: PlaceView,
    /// How it came from there to the node, from the value outwards.
    pub way: Vec<HopView>,
}

/// A step on the way of a value.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct HopView {
    /// What brought it on.
    pub by: ByView,
    /// Its name.
    pub name: String,
    /// Where that stands.
    pub place: PlaceView,
}

/// What brought a value on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ByView {
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

/// A place in a spec.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct PlaceView {
    /// The file's path from the folder that phoenix was started in, or `std/NAME.kdl`.
    pub file: String,
    /// The first byte and the first after the place.
    pub span: [u32; 2],
    /// Line and column of the first byte, both counted from 1.
    pub start: [usize; 2],
    /// Line and column of the first byte after the place.
    pub end: [usize; 2],
    /// The import that brought the file in; nothing for the spec itself.
    pub imported: Option<Box<PlaceView>>,
}

impl OriginView {
    /// Describes where a node comes from: all of it, or only what it says of one setting.
    #[must_use]
    pub fn new(origin: &Origin, setting: Option<&str>, traced: &Traced) -> Self {
        let said = origin.settings.iter().filter(|known| setting.is_none_or(|name| known.name == name));
        let has = |part: &&Origin| setting.is_none_or(|name| part.setting(name).is_some());
        Self {
            title: origin.title.clone(),
            place: PlaceView::new(origin.place, traced),
            way: way(&origin.way, traced),
            settings: said.map(|setting| SettingView::new(setting, traced)).collect(),
            parts: origin.parts.iter().filter(has).map(|part| Self::new(part, setting, traced)).collect(),
        }
    }
}

impl SettingView {
    /// Describes where a setting comes from.
    #[must_use]
    pub fn new(setting: &SettingOrigin, traced: &Traced) -> Self {
        let value = |value: &ValueOrigin| ValueView {
            value: value.text.clone(),
            place: PlaceView::new(value.place, traced),
            way: way(&value.way, traced),
        };
        Self {
            name: setting.name.clone(),
            place: PlaceView::new(setting.place, traced),
            way: way(&setting.way, traced),
            values: setting.values.iter().map(value).collect(),
            over: setting.over.iter().map(|over| Self::new(over, traced)).collect(),
            also: setting.also.iter().map(|also| Self::new(also, traced)).collect(),
        }
    }
}

impl PlaceView {
    fn new(place: Place, traced: &Traced) -> Self {
        let sources = &traced.compiled.sources;
        let position = |byte| {
            let at = sources.position(place.file, byte);
            [at.line, at.column]
        };
        Self {
            file: sources
                .get(place.file)
                .map(|source| sources.shown_name(source))
                .unwrap_or_default()
                .into_owned(),
            span: [place.start, place.end],
            start: position(place.start),
            end: position(place.end),
            imported: traced.imported(place.file).map(|import| Box::new(Self::new(import, traced))),
        }
    }
}

fn way(way: &[Hop], traced: &Traced) -> Vec<HopView> {
    let hop = |hop: &Hop| HopView {
        by: match hop.by {
            By::Let => ByView::Let,
            By::Param => ByView::Param,
            By::Profile => ByView::Profile,
            By::Each => ByView::Each,
            By::Bound => ByView::Bound,
        },
        name: hop.name.clone(),
        place: PlaceView::new(hop.place, traced),
    };
    way.iter().map(hop).collect()
}
