//! Space: what datasets use, keep free and may take, by the rules of the DSL (`dsl_dir.c`, `dsl_dataset.c`).
//!
//! Sizes are not those of OpenZFS to the byte: what metadata, copies and compression make of a file is
//! left out. A simulated pool has no end, but where a test says by its `free` how much can be made in it.

use crate::state::State;
use phoenix_graph::{DatasetName, PoolName};

/// What a dataset without a file takes, on disks with sectors of 512 bytes.
pub const EMPTY: u64 = 24 << 10;

impl State {
    /// Returns what a dataset uses with its snapshots and all below it, and what is kept free for them.
    #[must_use]
    pub fn used(&self, name: &DatasetName) -> u64 {
        let below = self.datasets.keys().filter(|child| child.parent().as_ref() == Some(name));
        let below: u64 = below.map(|child| self.used(child).max(self.limit(child, "reservation"))).sum();
        self.referenced(name) + self.kept(name) + below
    }

    /// Returns what a dataset alone holds.
    #[must_use]
    pub fn referenced(&self, name: &DatasetName) -> u64 {
        let files = self.datasets.get(name).map(|state| state.files.values());
        EMPTY + files.into_iter().flatten().map(|text| text.len() as u64).sum::<u64>()
    }

    /// Returns what a dataset holds that no snapshot of it holds.
    #[must_use]
    pub fn unique(&self, name: &DatasetName) -> u64 {
        let Some(state) = self.datasets.get(name) else { return 0 };
        if state.snapshots.is_empty() {
            return self.referenced(name);
        }
        let kept = |file: &str| state.snapshots.values().any(|snapshot| snapshot.files.contains_key(file));
        let new = state.files.iter().filter(|(file, _)| !kept(file));
        new.map(|(_, text)| text.len() as u64).sum()
    }

    /// Returns a quota or reservation of a dataset; 0 where there is none.
    #[must_use]
    pub fn limit(&self, name: &DatasetName, property: &str) -> u64 {
        let own = self.datasets.get(name).and_then(|state| state.own(property));
        own.and_then(|raw| raw.parse().ok()).unwrap_or(0)
    }

    /// Returns what a dataset reserves for itself and does not hold yet.
    #[must_use]
    pub fn kept(&self, name: &DatasetName) -> u64 {
        self.limit(name, "refreservation").saturating_sub(self.unique(name))
    }

    /// Returns how much more a dataset may take.
    #[must_use]
    pub fn available(&self, name: &DatasetName) -> u64 {
        let above = name.parent().map_or_else(|| self.room(&name.pool()), |above| self.available(&above));
        let used = self.used(name);
        let kept = self.limit(name, "reservation").saturating_sub(used);
        let own = match self.limit(name, "quota") {
            0 => u64::MAX,
            quota => quota.saturating_sub(used),
        };
        own.min(above.saturating_add(kept))
    }

    /// Returns how much can be made in a pool.
    fn room(&self, pool: &PoolName) -> u64 {
        let free = self.pools.get(pool).and_then(|pool| pool.settings.get("free")?.parse().ok());
        free.unwrap_or(u64::MAX)
    }

    /// Returns whether a pool has room for some blocks of OpenZFS's own, in three copies (`dsl_sync_task_sync`).
    #[must_use]
    pub fn has_room(&self, pool: &PoolName, blocks: u64) -> bool {
        self.room(pool) >= blocks * 3 * (16 << 10)
    }

    /// Returns whether what a snapshot would keep of a dataset is there a second time, where the dataset
    /// reserves it for itself (`dsl_dataset_snapshot_reserve_space`).
    #[must_use]
    pub fn can_be_kept(&self, name: &DatasetName) -> bool {
        self.unique(name).min(self.limit(name, "refreservation")) <= self.available(name)
    }

    /// Says why a quota or reservation cannot be had; nothing where it can, and for other properties.
    #[must_use]
    pub fn space_refusal(&self, name: &DatasetName, property: &str, raw: &str) -> Option<&'static str> {
        let size: u64 = raw.parse().ok().filter(|size| *size > 0)?;
        let used = self.used(name);
        let over = |limit: &str| Some(self.limit(name, limit)).is_some_and(|limit| limit > 0 && size > limit);
        let little = match property {
            "quota" => size < used || size < self.limit(name, "reservation"),
            "refquota" => size < self.referenced(name) || size < self.limit(name, "refreservation"),
            _ => false,
        };
        let more = |now: u64, own: u64| size.max(now).saturating_sub(own.max(now));
        let much = match property {
            "reservation" => {
                let more = more(used, self.limit(name, property));
                let available = name.parent().map_or(u64::MAX, |above| self.available(&above));
                more > 0 && (more > available || over("quota"))
            }
            "refreservation" => {
                let more = more(self.unique(name), self.limit(name, property));
                more > 0 && (more > self.available(name) || over("quota") || over("refquota"))
            }
            _ => false,
        };
        if little {
            Some("size is less than current used or reserved space")
        } else if much {
            Some("size is greater than available space")
        } else {
            None
        }
    }
}

/// What a volume reserves: its size and the most that its block pointers can need
/// (`zvol_volsize_to_reservation` of OpenZFS).
pub(super) fn reservation(size: u64, block: u64) -> u64 {
    let mut blocks = size / block;
    let mut metadata: u64 = 7;
    while blocks > 1 {
        blocks = blocks.div_ceil(1024);
        metadata += blocks;
    }
    size + metadata * 2 * (128 << 10)
}
