//! Pools that a transaction made, and labels that it left on disks: taken back where they hold nothing, and
//! bear nobody else's name.

use super::{
    dataset::{is_bare, is_marked},
    undoing::Undoing,
};
use phoenix_graph::{DatasetName, Disk, PoolName};
use phoenix_host::{
    HostError,
    observed::{DatasetState, DiskState, Label},
    op::Op,
};
use phoenix_plan::{Inverse, away, labels};

/// Takes back what was done to a pool, where that takes more than operations, or leaves labels.
pub fn take_back(undoing: &mut Undoing<'_>, inverse: &Inverse) -> Option<Result<(), HostError>> {
    match inverse {
        Inverse::PoolAbsent { pool, disks } => Some(undoing.unmake_pool(pool, disks)),
        Inverse::DiskOutside { .. } | Inverse::DiskBefore { .. } | Inverse::VdevAbsent { .. } => {
            Some(undoing.plainly(inverse).and_then(|()| undoing.clear_labels(inverse)))
        }
        _ => None,
    }
}

impl Undoing<'_> {
    /// Unmakes a pool that the transaction made, where nothing is in it; its disks are blank again.
    fn unmake_pool(&mut self, pool: &PoolName, disks: &[Box<str>]) -> Result<(), HostError> {
        let mut seen = self.look()?;
        if !seen.pools.contains_key(pool) && seen.importable.contains(pool) {
            if !self.run(&Op::PoolImport { pool: pool.clone() })? {
                return Ok(());
            }
            seen = self.look()?;
        }
        let root = pool.root();
        let Some(mut seen) = self.unlock(&root, seen)? else {
            if self.key_failed {
                return Ok(());
            }
            self.undone
                .kept
                .push(format!("the pool {pool} stays: the key of its root dataset is not loaded"));
            return Ok(());
        };
        // The disks were blank before: a pool on all of them that bears nobody's mark is what was being made.
        let on_ours = |disk: &str| matches!(seen.disks.get(&Disk(disk.into())), Some(DiskState::Device(_)));
        let bare = |state: &DatasetState| is_bare(state) && disks.iter().all(|disk| on_ours(disk));
        let ours = seen.datasets.get(&root).filter(|state| is_marked(state, self.owner) || bare(state));
        if let Some(state) = ours.cloned() {
            let inside: Vec<&str> =
                seen.datasets.keys().filter(|name| name.is_below(&root)).map(DatasetName::as_str).collect();
            if !inside.is_empty() {
                self.undone.kept.push(format!("the pool {pool} stays, because of {}", inside.join(", ")));
                return Ok(());
            }
            let mounted = state.mounted;
            if !self.run_each(&away(&seen, |name| *name == root))? {
                return Ok(());
            }
            if !self.is_empty(&root)? {
                self.undone.kept.push(format!("the pool {pool} stays: its root dataset holds something"));
                if mounted {
                    self.run(&Op::DatasetMount { dataset: root })?;
                }
                return Ok(());
            }
            if !self.run(&Op::PoolDestroy { pool: pool.clone() })? {
                return Ok(());
            }
            seen = self.look()?;
        }
        // A label of this pool alone is taken off, and none while a pool of this name is there.
        let own = Some(Label::Of(pool.as_str().into()));
        let label_left = |disk: &str| match seen.disks.get(&Disk(disk.into())) {
            Some(DiskState::Holds(_, found)) => found.iter().all(|thing| thing.label == own),
            _ => false,
        };
        let gone = !seen.pools.contains_key(pool);
        let labelled: Vec<Box<str>> = disks.iter().filter(|disk| gone && label_left(disk)).cloned().collect();
        self.seen = Some(seen);
        for disk in labelled {
            self.run(&Op::LabelClear { disk })?;
        }
        Ok(())
    }

    /// Takes the labels off disks that were blank before the transaction. Where that fails, the label stays
    /// and is told: nothing depends on it.
    fn clear_labels(&mut self, inverse: &Inverse) -> Result<(), HostError> {
        let seen = self.look()?;
        let ops = labels(inverse, &seen);
        self.seen = Some(seen);
        for op in ops {
            self.seen = None;
            match self.host.perform(&op) {
                Err(lost @ HostError::PowerLost) => return Err(lost),
                Err(error) => self.undone.kept.push(format!("a label of the pool: {error}")),
                Ok(()) => {}
            }
        }
        Ok(())
    }
}
