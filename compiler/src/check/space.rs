//! Space that is promised: what is reserved inside a dataset, all together, against its quota.

use super::Checker;
use crate::{
    diagnostic::{Code, Diagnostic},
    source::Place,
};
use phoenix_graph::{Bytes, DatasetName, Resource, Settings, Value};
use std::collections::BTreeMap;

/// What one file system or volume takes of the space above it.
struct Promise {
    /// What it reserves by itself, in bytes.
    own: u64,
    /// What it reserves for everything in it (`reservation`), in bytes.
    whole: u64,
    /// The most that it may take, where there is a limit, in bytes.
    quota: Option<u64>,
}

/// The most reservations that one diagnostic shows.
const SHOWN: usize = 3;

impl Checker<'_, '_, '_> {
    /// Tells of datasets in which more is reserved than they may have. What is over the quota by
    /// itself has been told where it stands, and is left out.
    pub(super) fn look_at_reservations(&mut self) {
        if self.quotas.is_empty() {
            return;
        }
        let mut promises: BTreeMap<&DatasetName, Promise> = BTreeMap::new();
        for resource in &self.resources {
            let Some(name) = resource.dataset_name() else { continue };
            promises.insert(name, promise(resource));
        }
        // By dataset, what its children reserve. A name sorts before everything below it.
        let mut inside: BTreeMap<DatasetName, Vec<(u64, DatasetName)>> = BTreeMap::new();
        let mut told = Vec::new();
        for (name, promise) in promises.iter().rev() {
            let mut children = inside.remove(*name).unwrap_or_default();
            if let Some(quota) = promise.quota {
                children.retain(|(reserved, _)| *reserved <= quota);
            }
            let sum = children.iter().fold(promise.own, |sum, (reserved, _)| sum.saturating_add(*reserved));
            if let Some(quota) = promise.quota.filter(|quota| sum > *quota && promise.own <= *quota) {
                children.sort_by(|a, b| b.cmp(a));
                told.push(((*name).clone(), sum, quota, children));
            }
            let reserved = sum.max(promise.whole).min(promise.quota.unwrap_or(u64::MAX));
            if let Some(parent) = name.parent().filter(|_| reserved > 0) {
                inside.entry(parent).or_default().push((reserved, (*name).clone()));
            }
        }
        for (name, sum, quota, children) in told {
            self.over(&name, sum, quota, &children);
        }
    }

    fn over(&mut self, name: &DatasetName, sum: u64, quota: u64, children: &[(u64, DatasetName)]) {
        let Some(&(place, via)) = self.quotas.get(name) else { return };
        let mut diagnostic = Diagnostic::new(
            Code::ReservationOverQuota,
            format!("inside of `{name}` more is reserved than it may have: {}", Bytes(sum)),
        )
        .at(place, format!("{} at most", Bytes(quota)))
        .help("reserve less in there, or raise the quota; a volume reserves its size unless it is sparse");
        for (reserved, child) in children.iter().take(SHOWN) {
            if let Some(place) = self.place_of(child) {
                diagnostic = diagnostic.at(place, format!("{} reserved", Bytes(*reserved)));
            }
        }
        self.push(diagnostic, via);
    }

    fn place_of(&self, name: &DatasetName) -> Option<Place> {
        use phoenix_graph::Key;
        let keys = [Key::Dataset(name.clone()), Key::Volume(name.clone())];
        keys.iter().find_map(|key| self.places.get(key)).copied()
    }
}

fn promise(resource: &Resource) -> Promise {
    let nothing = Settings::default();
    let settings = resource.settings().unwrap_or(&nothing);
    let number = |name: &str| match settings.get(name) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    };
    let own = number("refreservation").unwrap_or(match resource {
        // zfsprops(7): a volume reserves its size, unless it is sparse.
        Resource::Volume(volume) if !volume.sparse => volume.size.0,
        _ => 0,
    });
    Promise {
        own,
        whole: number("reservation").unwrap_or(0),
        quota: number("quota").filter(|quota| *quota > 0),
    }
}
