//! Properties of a pool that is there: what is to be set, and what goes back to what it was.

use crate::{Inputs, Prior, before, code, draft::Draft, pool::doing, settings, sketch::Sketch};
use doing::BOOTFS;
use phoenix_graph::{
    Key, Pool, PropertyName, Settings, Target,
    property::{self, Unset},
};
use phoenix_host::observed::PoolState;

/// Where pools are listed by default (`zpoolprops(7)`).
const DEFAULT_CACHE: &str = "/etc/zfs/zpool.cache";

/// Plans what is to be set, and returns the features that are to be enabled, for good.
pub fn plan(draft: &mut Draft<'_>, pool: &Pool, state: &PoolState, sketch: &mut Sketch) -> Vec<PropertyName> {
    let mut features = Vec::new();
    let key = Key::Pool(pool.name.clone());
    let earlier =
        draft.inputs.current.and_then(|current| current.get(&key)).and_then(|node| node.resource.settings());
    for (name, value) in pool.settings.iter() {
        let seen = state.settings.get(name);
        let said = earlier.is_some_and(|earlier| earlier.get(name.as_str()).is_some());
        if !said && draft.inputs.prior(&key, name.as_str()).is_none() {
            let own = before::own(Target::Pool, name, seen).map(|own| (name.as_str().into(), own));
            draft.stands_over(&key, own.into_iter().collect());
        }
        let row = property::find(Target::Pool, name.as_str());
        let now = seen.and_then(|seen| row.and_then(|row| row.read(&seen.raw)));
        // It is set once what it names is there: `boot_from`. And a file that is so by default is not told.
        let default = name.as_str() == "cachefile" && now.is_none() && value.to_string() == DEFAULT_CACHE;
        if now.as_ref() == Some(value) || name.as_str() == BOOTFS || default {
            continue;
        }
        // A pool that chose `ashift` by itself answers 0: then nothing is known to differ.
        if name.as_str() == "ashift" && seen.is_some_and(|seen| &*seen.raw == "0") {
            draft.warn(
                &key,
                code::ASHIFT_UNKNOWN,
                "the pool chose its ashift by itself and does not tell it; it is left as it is",
            );
            continue;
        }
        if row.is_some_and(|row| row.creation_only) {
            let now = seen.map_or("-", |seen| &*seen.raw);
            draft.refuse(
                &key,
                code::SET_AT_CREATION,
                format!("{name} is {now} and can be given only when a pool is made; the spec says {value}"),
                format!("write {name}={now} in the spec, or leave it out"),
            );
            continue;
        }
        if name.as_str().starts_with("feature@") {
            match (seen, &*value.to_string()) {
                (Some(_), "enabled") => features.push(name.clone()),
                (Some(seen), _) => draft.refuse(
                    &key,
                    code::FEATURE_FOR_GOOD,
                    format!("{name} is {}, and it can be disabled only when a pool is made", seen.raw),
                    format!("write {name}=enabled in the spec, or leave it out"),
                ),
                (None, "enabled") => {
                    let (major, minor) = draft.inputs.observed.zfs;
                    draft.refuse(
                        &key,
                        code::NO_SUCH_FEATURE,
                        format!("{name}: OpenZFS {major}.{minor} on this host has no such feature"),
                        "`zpool upgrade -v` lists those that it has",
                    );
                }
                // What it does not have is as good as disabled.
                (None, _) => {}
            }
            continue;
        }
        let word = settings::word(Target::Pool, name, value);
        set(pool, sketch, name, word, seen.map(|seen| &*seen.raw));
    }
    give_back(draft.inputs, pool, state, Some(&pool.settings), sketch);
    features
}

/// Plans what of a pool's settings goes back to what it was: those that the current generation says, and the
/// new one does not.
pub fn give_back(
    inputs: &Inputs<'_>,
    pool: &Pool,
    state: &PoolState,
    said: Option<&Settings>,
    sketch: &mut Sketch,
) {
    let key = Key::Pool(pool.name.clone());
    let earlier = inputs.current.and_then(|current| current.get(&key)?.resource.settings());
    for (name, _) in earlier.into_iter().flat_map(Settings::iter) {
        if said.is_some_and(|said| said.get(name.as_str()).is_some()) {
            continue;
        }
        let (Some(row), Some(seen)) = (property::find(Target::Pool, name.as_str()), state.settings.get(name))
        else {
            continue;
        };
        let word: Box<str> = match (inputs.prior(&key, name.as_str()), row.unset()) {
            (Some(Prior::Own { word, .. }), _) => word.clone(),
            (_, Unset::Value(word)) => word.into(),
            _ => continue,
        };
        // Of what is cleared by an empty word nothing is told (`-`), or an empty text.
        let value = |raw: &str| row.read(raw).filter(|value| !value.to_string().is_empty());
        if value(&seen.raw) != value(&word) {
            set(pool, sketch, name, word, Some(&seen.raw));
        }
    }
}

pub fn set(pool: &Pool, sketch: &mut Sketch, name: &PropertyName, word: Box<str>, old: Option<&str>) {
    sketch.tell(name.as_str(), old, Some(&word));
    sketch.run(doing::set(&pool.name, name, word, old));
}
