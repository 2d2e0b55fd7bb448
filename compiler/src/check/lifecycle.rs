//! What a node says about its life: `adopt`, `protect`, `replica` and `was`.

use super::{Checker, Rename};
use crate::{
    diagnostic::{Diagnostic, code},
    resolve::spec::{Block, Scalar, Setting},
    source::Place,
};
use phoenix_graph::{DatasetName, Key, Lifecycle};
use std::collections::{HashMap, HashSet};

impl<'a> Checker<'_, 'a, '_> {
    /// Reads whether what is there may be taken over, and whether it is protected.
    pub(super) fn lifecycle(&mut self, block: &Block<'a>) -> Lifecycle {
        let mut said = |name: &str| block.setting(name).is_some_and(|setting| self.switch(setting));
        Lifecycle { adopt: said("adopt"), protect: said("protect"), replica: said("replica"), was: None }
    }

    /// Reads the same of a file system or volume, and its name before.
    pub(super) fn lifecycle_of(&mut self, block: &Block<'a>, name: &DatasetName) -> Lifecycle {
        let was = block.setting("was");
        let was = was.and_then(|setting| self.was(setting, name));
        Lifecycle { was, ..self.lifecycle(block) }
    }

    /// Reads `#true` or `#false`.
    pub(super) fn switch(&mut self, setting: &Setting<'a>) -> bool {
        let Some(said) = self.one(setting) else { return false };
        match &said.value {
            Scalar::Bool(on) => *on,
            Scalar::Text(text) if &**text == "on" => true,
            Scalar::Text(text) if &**text == "off" => false,
            _ => {
                self.bad_value(setting, said, "it is #true or #false", None);
                false
            }
        }
    }

    fn was(&mut self, setting: &Setting<'a>, name: &DatasetName) -> Option<DatasetName> {
        let said = self.one(setting)?;
        let text = self.text(setting, said)?;
        let was = match DatasetName::new(&text) {
            Ok(was) => was,
            Err(error) => {
                let diagnostic =
                    Diagnostic::new(code::BAD_NAME, format!("{text:?} is no name of a dataset: {error}"))
                        .at(said.place, "not a legal name");
                self.push(diagnostic, said.via);
                return None;
            }
        };
        let (why, help) = if was.pool() != name.pool() {
            let inside = format!("{}/{text}", name.pool());
            (
                "it lies in another pool",
                format!("write the whole name; in this pool that is `was {inside:?}`"),
            )
        } else if was.is_root() {
            ("the root dataset of a pool keeps its name", "name a dataset below the pool".to_owned())
        } else if was == *name {
            ("it is its name already", "take `was` out".to_owned())
        } else if was.is_in_area() {
            ("that is phoenix's own area", "a rollback brings back what was retired".to_owned())
        } else {
            self.renames.push(Rename {
                was: was.clone(),
                name: name.clone(),
                place: setting.whole(),
                via: setting.via,
            });
            return Some(was);
        };
        let diagnostic =
            Diagnostic::new(code::BAD_RENAME, format!("`{name}` cannot have been `{was}`: {why}"))
                .at(said.place, "not a name that it had")
                .help(help);
        self.push(diagnostic, said.via);
        None
    }

    /// Holds the names before against those that the spec gives, when all are known. A name that the spec gives may be
    /// one before where what has it now had another itself: names are passed on and exchanged.
    pub(super) fn look_at_renames(&mut self) {
        let mut claimed: HashMap<DatasetName, (DatasetName, Place)> = HashMap::new();
        let renames = std::mem::take(&mut self.renames);
        let renamed: HashSet<DatasetName> = renames.iter().map(|rename| rename.name.clone()).collect();
        for Rename { was, name, place, via } in renames {
            let keys = [Key::Dataset(was.clone()), Key::Volume(was.clone())];
            let declared = keys.iter().find_map(|key| self.places.get(key)).copied();
            let declared = declared.filter(|_| !renamed.contains(&was));
            let diagnostic = Diagnostic::new(code::BAD_RENAME, format!("`{name}` cannot have been `{was}`"))
                .at(place, "renamed from there");
            if let Some(declared) = declared {
                let diagnostic = diagnostic
                    .at(declared, "the spec has a dataset of this name")
                    .help("take `was` out, or give the other one another name; where that had another name itself, say its `was`, too");
                self.push(diagnostic, via);
            } else if let Some((other, first)) = claimed.get(&was) {
                let diagnostic = diagnostic.at(*first, format!("`{other}` is said to have been it, too"));
                self.push(diagnostic, via);
            } else {
                claimed.insert(was, (name, place));
            }
        }
    }
}
