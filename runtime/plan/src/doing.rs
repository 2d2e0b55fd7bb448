//! What is done, with what stood before it: both are made together, by one constructor for each operation, so that
//! none is without its way back. Each kind has its own in a module `doing`, where undoing reads as the mirror:
//! what was done, and what takes it back.

use crate::Inverse;
use phoenix_graph::DatasetName;
use phoenix_host::op::Op;

/// Whom something is about, where names pass from one dataset to another.
#[derive(Debug, Clone)]
pub enum Whom {
    /// The dataset of this GUID, whatever it is called.
    Stands(u64),
    /// One that is made under a name, and not the one of this GUID, which bears that before.
    New { name: DatasetName, before: u64 },
}

/// Operations, in order, and what stood before them; it is taken back from the last.
#[derive(Debug, Default)]
pub struct Doing {
    pub ops: Vec<Op>,
    pub before: Vec<Inverse>,
}

impl Doing {
    pub fn new(op: Op, before: Inverse) -> Self {
        Self { ops: vec![op], before: vec![before] }
    }

    /// What has nothing to be taken back by itself: it changes nothing, or goes with what it is done to.
    pub fn alone(op: Op) -> Self {
        Self { ops: vec![op], before: Vec::new() }
    }

    /// Adds what is done next.
    #[must_use]
    pub fn then(mut self, next: Doing) -> Self {
        if self.ops.is_empty() && self.before.is_empty() {
            return next;
        }
        self.ops.extend(next.ops);
        self.before.extend(next.before);
        self
    }

    /// Has what stood before be about a dataset whose name another one has before, or by then.
    #[must_use]
    pub fn about(mut self, whom: &Whom) -> Self {
        let about = |inverse: Inverse| match whom {
            Whom::Stands(guid) => inverse.of(*guid),
            Whom::New { name, before } => inverse.only_unless(name, *before),
        };
        self.before = self.before.into_iter().map(about).collect();
        self
    }

    /// Has what stood before hold only as long as a dataset stands aside.
    #[must_use]
    pub fn only_while(mut self, aside: &DatasetName) -> Self {
        self.before = self.before.into_iter().map(|inverse| inverse.only_while(aside)).collect();
        self
    }
}
