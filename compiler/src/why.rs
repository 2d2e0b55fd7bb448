//! Origins as JSON, with places that programs find: what `phoenix why --json` prints.

use crate::{
    compile::Traced,
    origin::{Hop, Origin, SettingOrigin, ValueOrigin},
    source::Place,
};
#[cfg(test)]
use schemars::JsonSchema;
use serde::Serialize;

/// A place in a spec.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "PlaceView"))]
pub struct Found {
    /// The file's path from the folder that phoenix was started in, or `std/NAME.kdl`.
    pub file: String,
    /// The first byte and the first after the place.
    pub span: [u32; 2],
    /// Line and column of the first byte, both counted from 1.
    pub start: [usize; 2],
    /// Line and column of the first byte after the place.
    pub end: [usize; 2],
    /// The import that brought the file in; nothing for the spec itself.
    pub imported: Option<Box<Found>>,
}

/// `phoenix why --json` prints a list of these: one for each host and kind that has a resource of the
/// name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "WhyView"))]
pub struct Why {
    /// The host's name.
    pub host: String,
    /// The resource's key, such as `dataset:tank/vms`.
    pub resource: String,
    /// The key of the dataset above that says the setting that was asked for, where it is inherited.
    pub inherited_from: Option<String>,
    /// Where it comes from, with all settings or the one that was asked for.
    pub origin: Origin<Found>,
}

impl Traced {
    /// Finds where a node comes from.
    #[must_use]
    pub fn find(&self, origin: &Origin) -> Origin<Found> {
        Origin {
            title: origin.title.clone(),
            place: self.found(origin.place),
            way: self.find_way(&origin.way),
            settings: origin.settings.iter().map(|setting| self.find_setting(setting)).collect(),
            parts: origin.parts.iter().map(|part| self.find(part)).collect(),
        }
    }

    /// Finds where a setting comes from.
    #[must_use]
    pub fn find_setting(&self, setting: &SettingOrigin) -> SettingOrigin<Found> {
        let all = |settings: &[SettingOrigin]| settings.iter().map(|one| self.find_setting(one)).collect();
        let value = |value: &ValueOrigin| ValueOrigin {
            value: value.value.clone(),
            place: self.found(value.place),
            way: self.find_way(&value.way),
        };
        SettingOrigin {
            name: setting.name.clone(),
            place: self.found(setting.place),
            way: self.find_way(&setting.way),
            values: setting.values.iter().map(value).collect(),
            over: all(&setting.over),
            also: all(&setting.also),
        }
    }

    fn find_way(&self, way: &[Hop]) -> Vec<Hop<Found>> {
        let hop = |hop: &Hop| Hop { by: hop.by, name: hop.name.clone(), place: self.found(hop.place) };
        way.iter().map(hop).collect()
    }

    fn found(&self, place: Place) -> Found {
        let sources = &self.compiled.sources;
        let position = |byte| {
            let at = sources.position(place.file, byte);
            [at.line, at.column]
        };
        let file = sources.get(place.file).map(|source| sources.shown_name(source).into_owned());
        Found {
            file: file.unwrap_or_default(),
            span: [place.start, place.end],
            start: position(place.start),
            end: position(place.end),
            imported: self.imported(place.file).map(|import| Box::new(self.found(import))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::PathBuf};

    fn file() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/json/why.schema.json")
    }

    fn text() -> String {
        serde_json::to_string_pretty(&schemars::schema_for!(Vec<Why>)).unwrap() + "\n"
    }

    #[test]
    fn the_published_schema_of_why_is_that_of_the_types() {
        let how = "write it anew: cargo test -p phoenix-compiler --lib -- --ignored write_the_schema";
        assert!(fs::read_to_string(file()).unwrap_or_default() == text(), "it is out of date; {how}");
    }

    #[test]
    #[ignore = "writes a file of the repository"]
    fn write_the_schema() {
        fs::write(file(), text()).unwrap();
    }
}
