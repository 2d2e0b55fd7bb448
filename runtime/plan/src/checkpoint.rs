//! Checkpoints of pools: the way back from what no rollback undoes, where one can serve.
//!
//! As long as a pool has a checkpoint, nothing that is deleted frees space and no disk or vdev leaves or is
//! attached. So one is taken only where nothing else of the switch, or of undoing it, needs that; and it is
//! for people to return to it or to give it up.

use super::{
    Change, Inverse, code,
    draft::{Draft, Sketch},
    lasting,
    layout::Step,
    topology,
};
use phoenix_graph::{Key, Pool, PoolName, PropertyName, Vdev};
use phoenix_host::{
    observed::{Observed, PoolState, Work, WorkKind},
    op::Op,
};

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
        && topology::all_removable(state)
        && vdevs.iter().all(|vdev| topology::is_removable(vdev.class, &vdev.redundancy));
    let forbids = |work: &&Work| !matches!(work.kind, WorkKind::Resilver | WorkKind::Scrub);
    let (code, text) = if state.checkpoint {
        let text =
            format!("the checkpoint that the pool has is a way back from that, too: {}", way_back(name));
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
        sketch.changes.push(Change {
            setting: "checkpoint".to_owned(),
            old: None,
            new: Some("taken first".to_owned()),
        });
        sketch.run(
            Op::PoolCheckpoint { pool: name.clone() },
            Inverse::CheckpointAbsent {
                pool: name.clone(),
                vdevs: vdevs.into_iter().cloned().collect(),
                features: features.to_vec(),
            },
        );
        let text = format!(
            "a checkpoint is taken first: {}. Until you give it up with `zpool checkpoint -d {name}`, nothing \
             that is deleted frees space",
            way_back(name)
        );
        (code::CHECKPOINT_TAKEN, text)
    };
    draft.warn(&key, code, text);
}

/// Tells how a pool is returned to its checkpoint.
pub fn way_back(pool: &PoolName) -> String {
    format!(
        "`zpool export {pool}`, then `zpool import --rewind-to-checkpoint {pool}` returns the whole pool to \
         its checkpoint, without what was written since"
    )
}

fn added(step: &Step) -> Option<&Vdev> {
    match step {
        Step::Add { vdev } => Some(vdev),
        _ => None,
    }
}

/// Returns what gives a checkpoint up that was taken for vdevs and features: nothing where one of them stays,
/// since it is the only way back then.
pub fn ops(pool: &PoolName, vdevs: &[Vdev], features: &[PropertyName], seen: &Observed) -> Vec<Op> {
    let Some(state) = seen.pools.get(pool) else { return Vec::new() };
    let wait = Op::PoolCheckpointWait { pool: pool.clone() };
    if state.work.iter().any(|work| work.kind == WorkKind::Discard) {
        return vec![wait];
    }
    if !state.checkpoint || serves(pool, vdevs, features, seen) {
        return Vec::new();
    }
    vec![Op::PoolCheckpointDiscard { pool: pool.clone() }, wait]
}

/// Says that a checkpoint stays, where it does.
pub fn kept(pool: &PoolName, vdevs: &[Vdev], features: &[PropertyName], seen: &Observed) -> Option<String> {
    let stays = seen.pools.get(pool)?.checkpoint && serves(pool, vdevs, features, seen);
    stays.then(|| {
        let way_back = way_back(pool);
        format!("the pool {pool} keeps its checkpoint: {way_back}; `zpool checkpoint -d {pool}` gives it up")
    })
}

/// Returns whether a checkpoint is the only way back from what was done, as far as it was.
fn serves(pool: &PoolName, vdevs: &[Vdev], features: &[PropertyName], seen: &Observed) -> bool {
    let there = vdevs.iter().filter_map(|vdev| topology::find_vdev(seen, pool, vdev));
    let (going, staying): (Vec<_>, Vec<_>) = there.partition(|found| topology::can_go(seen, pool, found));
    going.is_empty()
        && (!staying.is_empty() || features.iter().any(|feature| lasting::is_enabled(seen, pool, feature)))
}
