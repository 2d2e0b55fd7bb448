//! What no rollback undoes of what is done to a pool: an action of its own, with consent, run last, and
//! behind a checkpoint where that is a way back.

use crate::{
    Kind, Reversibility, Subject, consent,
    draft::Draft,
    pool::{checkpoint, doing, layout::Step, topology},
    sketch::Sketch,
};
use phoenix_graph::{Key, Pool, PropertyName};
use phoenix_host::observed::PoolState;

/// Plans the steps that no rollback undoes, and features that are enabled for good.
pub fn plan(
    draft: &mut Draft<'_>,
    pool: &Pool,
    state: &PoolState,
    steps: &[Step],
    features: &[PropertyName],
) {
    let lasting: Vec<&Step> = steps.iter().filter(|step| topology::lasts(step)).collect();
    if lasting.is_empty() && features.is_empty() {
        return;
    }
    let key = Key::Pool(pool.name.clone());
    let changed = lasting.iter().map(|step| topology::describe(step));
    let enabled = features.iter().map(|feature| format!("{feature} would be enabled"));
    let what: Vec<String> = changed.chain(enabled).collect();
    if !consent::irreversible(draft, &key, Reversibility::ForwardOnly, &what.join("; ")) {
        return;
    }
    let mut sketch = Sketch::new(Kind::Update);
    sketch.class = Reversibility::ForwardOnly;
    checkpoint::take(draft, pool, state, steps, features, &mut sketch);
    for step in lasting {
        topology::carry_out(&pool.name, step, draft.inputs.observed, &mut sketch);
    }
    for feature in features {
        enable(pool, state, feature, &mut sketch);
    }
    draft.push_apart(Subject::Resource(key), sketch);
}

fn enable(pool: &Pool, state: &PoolState, feature: &PropertyName, sketch: &mut Sketch) {
    let old = state.settings.get(feature).map(|seen| &*seen.raw);
    sketch.tell(feature.as_str(), old, Some("enabled"));
    sketch.run(doing::enable(&pool.name, feature));
}
