//! Letting go of what was there before phoenix: it stays, and where one goes back to before it was adopted,
//! its settings are again what they were then.

use super::{Change, Inputs, Inverse, Prior, draft::Sketch, settings};
use crate::observed::{Observed, Storages};
use phoenix_graph::{Key, Target};

/// Adds what gives a resource back what it was before it was adopted.
pub fn give_back(inputs: &Inputs<'_>, key: &Key, sketch: &mut Sketch) {
    let priors = inputs.priors.get(key).map(Vec::as_slice).unwrap_or_default();
    for prior in priors.iter().rev() {
        let ops = prior.ops(inputs.observed);
        let Some((now, change)) = now(prior, inputs.observed).filter(|_| !ops.is_empty()) else { continue };
        sketch.changes.push(change);
        sketch.ops.extend(ops);
        sketch.inverses.push(now);
    }
}

/// Tells how a setting is now, and what changes where it is given back.
fn now(prior: &Inverse, seen: &Observed) -> Option<(Inverse, Change)> {
    match prior {
        Inverse::Setting { dataset, property, prior } => {
            let state = seen.datasets.get(dataset)?;
            let target = if state.volume { Target::Volume } else { Target::Filesystem };
            let setting = state.settings.get(property);
            let new = match prior {
                Prior::Own { raw, .. } => Some(raw.to_string()),
                Prior::Unset { word, .. } => Some(word.to_string()),
                Prior::Inherited => None,
            };
            let old = setting.map(|setting| setting.raw.to_string());
            let change = Change { setting: property.to_string(), old, new };
            Some((settings::inverse(dataset, target, property, setting), change))
        }
        Inverse::PoolSetting { pool, property, value } => {
            let raw = seen.pools.get(pool)?.settings.get(property)?.raw.clone();
            let change = Change {
                setting: property.to_string(),
                old: Some(raw.to_string()),
                new: Some(value.to_string()),
            };
            let (pool, property) = (pool.clone(), property.clone());
            Some((Inverse::PoolSetting { pool, property, value: raw }, change))
        }
        Inverse::Storage { id, .. } => {
            let Storages::Found(found) = &seen.storages else { return None };
            let change = Change {
                setting: "registration".to_owned(),
                old: Some("as phoenix had it".to_owned()),
                new: Some("as it was before".to_owned()),
            };
            Some((Inverse::Storage { id: id.clone(), before: found.get(id).cloned() }, change))
        }
        _ => None,
    }
}
