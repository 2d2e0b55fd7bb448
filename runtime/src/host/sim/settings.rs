//! Properties of file systems and volumes: which values are legal, what a dataset has by itself,
//! what it inherits, and what is so by default. The rules are the schema's.

use super::state::{Refusal, State, refuse};
use crate::{
    observed::{Setting, Source},
    op::Assignment,
};
use phoenix_graph::{DatasetName, PropertyName, Target, property};

/// Judges an assignment and returns the value as `-Hp` prints it, or says in the words of the tools what is wrong with it.
pub fn judge(target: Target, name: &PropertyName, word: &str) -> Result<Box<str>, String> {
    if name.is_user() {
        return Ok(word.into());
    }
    let name = name.as_str();
    let Some(row) = property::find(target, name) else {
        let elsewhere = [Target::Filesystem, Target::Volume]
            .iter()
            .any(|other| target != Target::Pool && property::find(*other, name).is_some());
        return Err(if elsewhere {
            format!("'{name}' does not apply to datasets of this type")
        } else {
            format!("invalid property '{name}'")
        });
    };
    if row.read_only {
        return Err(format!("'{name}' is readonly"));
    }
    let value = row.parse(word).map_err(|_| complaint(row, word))?;
    Ok(value.to_string().into())
}

fn complaint(row: &property::Property, word: &str) -> String {
    let name = row.name;
    match name {
        "recordsize" => format!("'{name}' must be power of 2 from 512B to 16M"),
        "volblocksize" => format!("'{name}' must be power of 2 from 512B to 128K"),
        _ if row.legal_values().len() > 1 => {
            format!("'{name}' must be one of '{}'", row.legal_values().join(" | "))
        }
        "mountpoint" => format!("'{name}' must be an absolute path, 'none', or 'legacy'"),
        _ => format!("bad numeric value '{word}'"),
    }
}

impl State {
    /// What the schema calls a dataset.
    pub fn target(&self, name: &DatasetName) -> Target {
        if self.datasets.get(name).is_some_and(|dataset| dataset.volume) {
            Target::Volume
        } else {
            Target::Filesystem
        }
    }

    /// Tells a property's effective value and where it comes from; nothing where it does not apply.
    pub fn effective(&self, name: &DatasetName, property: &str) -> Option<Setting> {
        let dataset = self.datasets.get(name)?;
        if property == "mountpoint" && !dataset.volume {
            return self.mountpoint_setting(name);
        }
        if let Some(raw) = dataset.settings.get(property) {
            return Some(Setting { raw: raw.clone(), source: Source::Local });
        }
        let user = property.contains(':');
        let row = property::find(self.target(name), property);
        if user || row.is_some_and(|row| row.inheritable) {
            let mut above = name.parent();
            while let Some(parent) = above {
                if let Some(raw) = self.datasets.get(&parent).and_then(|state| state.settings.get(property)) {
                    return Some(Setting {
                        raw: raw.clone(),
                        source: Source::Inherited(parent.as_str().into()),
                    });
                }
                above = parent.parent();
            }
        }
        let row = row?;
        let raw: Box<str> = match (property, row.default) {
            ("type", _) => if dataset.volume { "volume" } else { "filesystem" }.into(),
            // So it is printed whatever it means: up to 2.2 `dir`, from 2.3 on `sa`.
            ("xattr", _) => "on".into(),
            (_, Some(default)) => {
                row.parse(default).map_or_else(|_| default.into(), |v| v.to_string().into())
            }
            (_, None) => return None,
        };
        let told = !row.read_only && !matches!(property, "casesensitivity" | "normalization" | "utf8only");
        let source = if told { Source::Default } else { Source::None };
        Some(Setting { raw, source })
    }

    /// `mountpoint` alone changes on its way down: a child's is its parent's with the child's name.
    fn mountpoint_setting(&self, name: &DatasetName) -> Option<Setting> {
        let mut below = String::new();
        let mut at = name.clone();
        loop {
            if let Some(raw) = self.datasets.get(&at)?.settings.get("mountpoint") {
                let source = if at == *name { Source::Local } else { Source::Inherited(at.as_str().into()) };
                return Some(Setting { raw: join(raw, &below), source });
            }
            let Some(parent) = at.parent() else {
                return Some(Setting { raw: join(&format!("/{at}"), &below), source: Source::Default });
            };
            below = format!("/{}{below}", at.leaf());
            at = parent;
        }
    }

    /// `zfs set`: values that are refused leave the others applied, and the call fails.
    pub fn dataset_set(&mut self, name: &DatasetName, settings: &[Assignment]) -> Result<(), Refusal> {
        self.need(name)?;
        let mut refusals = Vec::new();
        for (property, word) in settings {
            if let Err(text) = self.set_one(name, property, word) {
                refusals.push(text);
            }
        }
        if refusals.is_empty() { Ok(()) } else { refuse(255, refusals.join("\n")) }
    }

    fn set_one(&mut self, name: &DatasetName, property: &PropertyName, word: &str) -> Result<(), String> {
        let cannot = |text: String| format!("cannot set property for '{name}': {text}");
        let target = self.target(name);
        let raw = judge(target, property, word).map_err(cannot)?;
        if property::find(target, property.as_str()).is_some_and(|row| row.creation_only) {
            return Err(cannot(format!("'{property}' is readonly")));
        }
        if matches!(property.as_str(), "quota" | "refquota") {
            let below = property.as_str() == "quota";
            let limit = raw.parse().unwrap_or(0_u64);
            if limit > 0 && limit < self.used(name, below) {
                return Err(cannot("size is less than current used or reserved space".to_owned()));
            }
        }
        self.change(name, property, |settings| settings.insert(property.clone(), raw))
            .map_err(|refusal| refusal.text)
    }

    /// `zfs inherit`.
    pub fn dataset_inherit(&mut self, name: &DatasetName, property: &PropertyName) -> Result<(), Refusal> {
        if !property.is_user() {
            let known =
                [Target::Filesystem, Target::Volume].map(|target| property::find(target, property.as_str()));
            let Some(row) = known.into_iter().flatten().next() else {
                return refuse(2, format!("invalid property '{property}'"));
            };
            if row.read_only || row.creation_only {
                return refuse(2, format!("'{property}' property is read-only"));
            }
            if !row.inheritable {
                return refuse(2, format!("'{property}' property cannot be inherited"));
            }
        }
        self.need(name)?;
        self.change(name, property, |settings| settings.remove(property))
    }

    /// Counts the bytes in a file system's files, with those below it where asked.
    fn used(&self, name: &DatasetName, below: bool) -> u64 {
        let own = |name: &DatasetName| -> u64 {
            self.datasets
                .get(name)
                .map_or(0, |state| state.files.values().map(|text| text.len() as u64).sum())
        };
        if below { self.subtree(name).iter().map(own).sum() } else { own(name) }
    }

    /// Refuses where a dataset is not there.
    pub fn need(&self, name: &DatasetName) -> Result<(), Refusal> {
        match self.dataset(name) {
            Some(_) => Ok(()),
            None => refuse(1, format!("cannot open '{name}': dataset does not exist")),
        }
    }
}

/// Puts a child's path below a mount point; `none` and `legacy` stay what they are.
fn join(mountpoint: &str, below: &str) -> Box<str> {
    match mountpoint {
        "none" | "legacy" => mountpoint.into(),
        "/" if !below.is_empty() => below.into(),
        path => format!("{path}{below}").into(),
    }
}
