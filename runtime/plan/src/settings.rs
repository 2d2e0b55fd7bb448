//! Settings: what of a pool, file system or volume differs from what the spec declares.

use crate::{Change, Prior, before, dataset::doing, sketch::Sketch};
use phoenix_graph::{DatasetName, PropertyName, Settings, Target, Value, property};
use phoenix_host::{
    observed::{DatasetState, Setting, Source},
    op::{Assignment, Op},
};
use property::{Unset, Version};
use std::collections::BTreeMap;

/// What has to be done to the settings of one dataset.
#[derive(Default)]
pub struct Delta {
    /// To set, with the words that set them, and what they are now.
    pub set: Vec<(Assignment, Prior)>,
    /// To inherit again, with what they are now.
    pub inherit: Vec<(PropertyName, Prior)>,
    /// To go back to what was received, with what they are now.
    pub received: Vec<(PropertyName, Prior)>,
    /// What the settings stand over that are said for the first time.
    pub before: BTreeMap<Box<str>, Prior>,
    /// For people.
    pub changes: Vec<Change>,
    /// Settings that differ and can be given only at creation: name, value now, value wanted.
    pub fixed: Vec<(PropertyName, String, String)>,
}

impl Delta {
    /// Adds it to what is to be done.
    pub fn put(self, dataset: &DatasetName, sketch: &mut Sketch) {
        sketch.changes.extend(self.changes);
        if !self.set.is_empty() {
            sketch.run(doing::set(dataset, self.set));
        }
        for (property, prior) in self.inherit {
            sketch.run(doing::inherit(dataset, property, prior));
        }
        for (property, prior) in self.received {
            sketch.run(doing::received(dataset, property, prior));
        }
    }

    /// Lists what is to be set, with the words that set it.
    pub fn words(&self) -> Vec<Assignment> {
        self.set.iter().map(|(assignment, _)| assignment.clone()).collect()
    }

    /// Lists all properties that are set, inherited or received again.
    pub fn properties(&self) -> impl Iterator<Item = &PropertyName> {
        let set = self.set.iter().map(|((property, _), _)| property);
        set.chain(self.inherit.iter().chain(&self.received).map(|(property, _)| property))
    }
}

/// Compares what is declared with what was seen; what an earlier generation declared and this one
/// does not goes back to what it was before (`known`), or to not being set.
pub fn delta(
    name: &DatasetName,
    target: Target,
    desired: &Settings,
    earlier: Option<&Settings>,
    known: Option<&BTreeMap<Box<str>, Prior>>,
    state: &DatasetState,
    zfs: (u32, u32),
) -> Delta {
    let mut delta = Delta::default();
    let said = |property: &PropertyName| {
        earlier.is_some_and(|earlier| earlier.get(property.as_str()).is_some())
            || known.is_some_and(|known| known.contains_key(property.as_str()))
    };
    for (property, value) in desired.iter() {
        let seen = state.settings.get(property);
        if !said(property) {
            delta
                .before
                .extend(before::own(target, property, seen).map(|own| (property.as_str().into(), own)));
        }
        if holds(target, property, value, seen, zfs) {
            continue;
        }
        if let Some(row) = property::find(target, property.as_str())
            && row.creation_only
        {
            let now = seen.map_or_else(|| "-".to_owned(), |seen| seen.raw.to_string());
            delta.fixed.push((property.clone(), now, value.to_string()));
            continue;
        }
        let new = (property.clone(), word(target, property, value));
        delta.set.push((new, prior(target, property, seen)));
        let old = seen.map(|seen| shown(target, property, seen));
        delta.changes.push(Change::new(property.as_str(), old.as_deref(), Some(&value.to_string())));
    }
    let mut unsaid: BTreeMap<PropertyName, Option<&Prior>> =
        known.into_iter().flatten().map(|(name, prior)| (PropertyName::new(name), Some(prior))).collect();
    for (property, _) in earlier.into_iter().flat_map(Settings::iter) {
        unsaid.entry(property.clone()).or_default();
    }
    for (property, before) in unsaid {
        if desired.get(property.as_str()).is_some() {
            continue;
        }
        let seen = state.settings.get(&property);
        let unset = match (before, seen) {
            (Some(before), _) => before.clone(),
            // What was received is none of phoenix's.
            (None, Some(seen)) if seen.source == Source::Local => {
                let Some(unset) = before::unset(target, &property) else { continue };
                unset
            }
            (None, _) => continue,
        };
        let Some(op) = unset.op(name, &property, seen).filter(|_| !is_so(target, &property, &unset, seen))
        else {
            continue;
        };
        let new = match (&unset, &op) {
            (Prior::Received { raw }, _) => Some(format!("{raw} (received)")),
            (_, Op::DatasetSet { settings, .. }) => settings.first().map(|(_, word)| word.to_string()),
            _ => None,
        };
        let old = seen.map(|seen| shown(target, &property, seen));
        delta.changes.push(Change { setting: property.to_string(), old, new });
        let now = self::prior(target, &property, seen);
        match op {
            Op::DatasetSet { settings, .. } => {
                delta.set.extend(settings.into_iter().map(|new| (new, now.clone())));
            }
            Op::DatasetReceived { property, .. } => delta.received.push((property, now)),
            _ => delta.inherit.push((property, now)),
        }
    }
    delta
}

/// Returns whether a setting is so already, in whatever words.
fn is_so(target: Target, property: &PropertyName, prior: &Prior, seen: Option<&Setting>) -> bool {
    let (Some(row), Some(seen)) = (property::find(target, property.as_str()), seen) else { return false };
    match prior {
        Prior::Own { raw, .. } => seen.source == Source::Local && row.read(&seen.raw) == row.read(raw),
        Prior::Unset { raw, word } => {
            let now = row.read(&seen.raw);
            now == row.read(raw) || now == row.read(word)
        }
        Prior::Received { .. } | Prior::Inherited => false,
    }
}

/// Returns whether a declared value holds: the same value, and the dataset's own rather than inherited.
fn holds(
    target: Target,
    property: &PropertyName,
    value: &Value,
    seen: Option<&Setting>,
    zfs: (u32, u32),
) -> bool {
    let Some(seen) = seen else { return false };
    let Some(row) = property::find(target, property.as_str()) else {
        return *seen.raw == *value.to_string() && seen.source.is_own();
    };
    // Two words may mean the same, and which of them is printed depends on the version.
    let number = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
    let version = Version::new(number(zfs.0), number(zfs.1));
    let same = row.read(&seen.raw).is_some_and(|now| row.equal(value, &now, version));
    // What is given at creation alone has no source that tells anything; nor has a size, or a version.
    same && (row.creation_only || seen.source.is_own() || !matches!(row.unset(), Unset::Inherit))
}

/// Returns what a property is now, so that it can be that again.
fn prior(target: Target, property: &PropertyName, seen: Option<&Setting>) -> Prior {
    match (seen, unset(target, property)) {
        (Some(seen), _) if seen.source == Source::Received => Prior::Received { raw: seen.raw.clone() },
        (Some(seen), unset) if seen.source.is_own() || matches!(unset, Unset::Never) => {
            let known = property::find(target, property.as_str());
            let value = known.and_then(|row| row.read(&seen.raw));
            let word = value.map_or_else(|| seen.raw.clone(), |value| word(target, property, &value));
            Prior::Own { raw: seen.raw.clone(), word }
        }
        (Some(seen), Unset::Value(word)) => Prior::Unset { raw: seen.raw.clone(), word: word.into() },
        _ => Prior::Inherited,
    }
}

/// Returns the word that sets a property to a value.
pub fn word(target: Target, property: &PropertyName, value: &Value) -> Box<str> {
    match property::find(target, property.as_str()) {
        Some(row) => row.render(value).into(),
        None => value.to_string().into(),
    }
}

/// Returns the word that a spec says.
pub fn said(settings: &Settings, name: &str) -> Option<Box<str>> {
    settings.get(name).map(|value| value.to_string().into())
}

/// Returns the words for all settings, as a creation takes them.
pub fn words(target: Target, settings: &Settings) -> Vec<Assignment> {
    settings.iter().map(|(property, value)| (property.clone(), word(target, property, value))).collect()
}

/// Lays all settings out as changes from nothing.
pub fn all_new(settings: &Settings) -> Vec<Change> {
    let all = settings.iter();
    all.map(|(property, value)| Change::new(property.as_str(), None, Some(&value.to_string()))).collect()
}

fn unset(target: Target, property: &PropertyName) -> Unset {
    property::find(target, property.as_str()).map_or(Unset::Inherit, property::Property::unset)
}

fn shown(target: Target, property: &PropertyName, seen: &Setting) -> String {
    let value = property::find(target, property.as_str()).and_then(|row| row.read(&seen.raw));
    let value = value.map_or_else(|| seen.raw.to_string(), |value| value.to_string());
    if seen.source == Source::Local { value } else { format!("{value} ({})", source(seen)) }
}

fn source(seen: &Setting) -> String {
    match &seen.source {
        Source::Inherited(from) => format!("inherited from {from}"),
        Source::Default => "default".to_owned(),
        Source::Temporary => "temporary".to_owned(),
        Source::Received => "received".to_owned(),
        Source::Local | Source::None => "set".to_owned(),
    }
}
