//! Checkpoints of pools: the way back from what no rollback undoes, where one can serve.
//!
//! As long as a pool has a checkpoint, nothing that is deleted frees space and no disk or vdev leaves or is
//! attached. So one is taken only where nothing else of the switch, or of undoing it, needs that; and it is
//! for people to return to it or to give it up.

use crate::{
    code,
    draft::Draft,
    pool::{doing, layout::Step, topology},
    sketch::Sketch,
};
use phoenix_graph::{Key, Pool, PropertyName, Vdev};
use phoenix_host::observed::{PoolState, Work, WorkKind};

/// Has a checkpoint taken before vdevs are added that no rollback takes out again, or features are enabled;
/// or tells why none is. What else lasts, a checkpoint forbids.
pub fn take(
    draft: &mut Draft<'_>,
    pool: &Pool,
    state: &PoolState,
    steps: &[Step],
    features: &[PropertyName],
    sketch: &mut Sketch,
) {
    let vdevs: Vec<&Vdev> = steps.iter().filter(|step| topology::lasts(step)).filter_map(added).collect();
    if vdevs.is_empty() && features.is_empty() {
        return;
    }
    let (name, key) = (&pool.name, Key::Pool(pool.name.clone()));
    // Where the checkpoint would go with the rest if all is undone, it is in nobody's way.
    let goes = features.is_empty()
        && steps.iter().all(|step| added(step).is_some())
        && doing::all_removable(state)
        && vdevs.iter().all(|vdev| doing::is_removable(vdev.class, &vdev.redundancy));
    let forbids = |work: &&Work| !matches!(work.kind, WorkKind::Resilver | WorkKind::Scrub);
    let (code, text) = if state.checkpoint {
        let text = format!(
            "the checkpoint that the pool has is a way back from that, too: {}",
            doing::way_back(name)
        );
        (code::HAS_CHECKPOINT, text)
    } else if !state.checkpoints {
        let text = "no checkpoint is taken before that, since the pool's feature zpool_checkpoint is disabled: there is \
         no way back";
        (code::NO_CHECKPOINT, text.to_owned())
    } else if let Some(work) = state.work.iter().find(forbids) {
        let text =
            format!("no checkpoint is taken before that, since {work}; for a way back wait until it is done");
        (code::NO_CHECKPOINT, text)
    } else if vdevs.len() != steps.len() && !goes {
        let text = "no checkpoint is taken before that, since it would forbid what else changes in the layout; for a way \
         back switch to the rest first";
        (code::NO_CHECKPOINT, text.to_owned())
    } else {
        sketch.tell("checkpoint", None, Some("taken first"));
        sketch.run(doing::checkpoint(name, vdevs.into_iter().cloned().collect(), features.to_vec()));
        let text = format!(
            "a checkpoint is taken first: {}. Until you give it up with `zpool checkpoint -d {name}`, nothing \
             that is deleted frees space",
            doing::way_back(name)
        );
        (code::CHECKPOINT_TAKEN, text)
    };
    draft.warn(&key, code, text);
}

fn added(step: &Step) -> Option<&Vdev> {
    match step {
        Step::Add { vdev } => Some(vdev),
        _ => None,
    }
}
