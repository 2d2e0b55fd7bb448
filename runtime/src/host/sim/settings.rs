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

    /// `zfs set`. An illegal value refuses the whole call before anything is set. What only the kernel
    /// refuses (a quota below what is used) leaves the other values set, and the call fails all the same.
    pub fn dataset_set(&mut self, name: &DatasetName, settings: &[Assignment]) -> Result<(), Refusal> {
        self.need(name)?;
        let cannot =
            |text: String| Refusal { code: 255, text: format!("cannot set property for '{name}': {text}") };
        let target = self.target(name);
        let mut legal = Vec::new();
        for (property, word) in settings {
            let raw = judge(target, property, word).map_err(cannot)?;
            if property::find(target, property.as_str()).is_some_and(|row| row.creation_only) {
                return Err(cannot(format!("'{property}' is readonly")));
            }
            if property.as_str() == "volsize" {
                self.check_size(name, &raw).map_err(cannot)?;
            }
            legal.push((property, raw));
        }
        let mut refusal = None;
        for (property, raw) in legal {
            if self.is_below_use(name, property.as_str(), &raw) {
                refusal = Some(cannot("size is less than current used or reserved space".to_owned()));
                continue;
            }
            self.change(name, property, |settings| settings.insert(property.clone(), raw))?;
        }
        refusal.map_or(Ok(()), Err)
    }

    /// Checks a volume's new size against its blocks.
    fn check_size(&self, name: &DatasetName, raw: &str) -> Result<(), String> {
        let block = self.effective(name, "volblocksize").and_then(|setting| setting.raw.parse().ok());
        let (block, size) = (block.unwrap_or(16_384), raw.parse().unwrap_or(0_u64));
        if size > 0 && size.is_multiple_of(block) {
            return Ok(());
        }
        Err(format!("'volsize' must be a multiple of volume block size ({}K)", block / 1024))
    }

    /// Returns whether a quota would be less than what is used already.
    fn is_below_use(&self, name: &DatasetName, property: &str, raw: &str) -> bool {
        let limit = raw.parse().unwrap_or(0_u64);
        limit > 0 && matches!(property, "quota" | "refquota") && limit < self.used(name, property == "quota")
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
                return refuse(1, format!("{property} property is read-only"));
            }
            if !row.inheritable {
                return refuse(2, format!("'{property}' property cannot be inherited"));
            }
        }
        self.need(name)?;
        if !property.is_user() && property::find(self.target(name), property.as_str()).is_none() {
            return refuse(
                1,
                format!(
                    "cannot inherit {property} for '{name}': property doesn't apply to datasets of this type"
                ),
            );
        }
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
