//! Faults: an operation that fails, wholly or in part, or power that is lost before or after it.

use phoenix_graph::{Target, property};
use phoenix_host::op::{Assignment, Op};

/// What happens at a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The operation fails and changes nothing. A pulse cannot fail: nothing happens there.
    Fail,
    /// The operation fails, and yet a part is done: the first half of several properties or holds; of
    /// an operation that has no parts, all of it, as where a tool dies after its work.
    FailPartly,
    /// Power is lost before the event.
    PowerBefore,
    /// Power is lost after the event: it is done and durable, and nobody heard of it.
    PowerAfter,
    /// Power is lost within an operation, which OpenZFS does in several transactions: of what it may leave then,
    /// the one of this number ([`inner`] tells how many there are) is durable.
    PowerWithin(usize),
    /// From here on the state folder has no room: every durable write that is no operation fails, until the
    /// faults are taken back. Before it nothing of it is done; after it, all of it is, as where only the
    /// folder could not be synced.
    Full,
}

/// A fault that strikes once.
pub struct Fault {
    at: At,
    kind: FaultKind,
}

enum At {
    Event(usize),
    Op(Box<dyn Fn(&Op) -> bool + Send>),
}

impl Fault {
    /// Strikes at the event of this number, counted from 0 as [`super::SimHost::events`] lists them.
    #[must_use]
    pub fn at(event: usize, kind: FaultKind) -> Self {
        Fault { at: At::Event(event), kind }
    }

    /// Strikes at the first operation that the predicate holds for.
    #[must_use]
    pub fn when(holds: impl Fn(&Op) -> bool + Send + 'static, kind: FaultKind) -> Self {
        Fault { at: At::Op(Box::new(holds)), kind }
    }

    /// Returns whether the fault strikes at an event, and how.
    pub(super) fn strikes(&self, number: usize, op: Option<&Op>) -> Option<FaultKind> {
        let hit = match &self.at {
            At::Event(at) => *at == number,
            At::Op(holds) => op.is_some_and(holds),
        };
        hit.then_some(self.kind)
    }
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.at {
            At::Event(number) => write!(f, "{:?} at event {number}", self.kind),
            At::Op(_) => write!(f, "{:?} at an operation", self.kind),
        }
    }
}

/// Something at which a fault can strike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An operation.
    Op(Op),
    /// A durable write that is no operation was about to be made, or had been.
    Pulse,
}

impl std::fmt::Display for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Event::Op(op) => f.write_str(&op.describe()),
            Event::Pulse => f.write_str("a durable write"),
        }
    }
}

/// Returns how many states an operation may be caught in, when power is lost within it.
#[must_use]
pub fn inner(op: &Op) -> usize {
    within(op).len()
}

/// Lists what a power cut within an operation may leave: each state as the operation that would have brought it
/// about. What OpenZFS makes it makes first, and sets the properties on it after that, those with a number each
/// by itself (`zfs_ioc_create`, `zfs_ioc_clone`, `zfs_ioc_pool_create`, `zfs_set_prop_nvlist`).
pub(super) fn within(op: &Op) -> Vec<Op> {
    match op {
        Op::DatasetCreate { dataset, settings } => parts(settings, Target::Filesystem)
            .map(|settings| Op::DatasetCreate { dataset: dataset.clone(), settings })
            .into(),
        Op::VolumeCreate { dataset, size, sparse, settings } => parts(settings, Target::Volume)
            .map(|settings| Op::VolumeCreate {
                dataset: dataset.clone(),
                size: *size,
                sparse: *sparse,
                settings,
            })
            .into(),
        Op::PoolCreate { pool, layout, settings, root } => parts(root, Target::Filesystem)
            .map(|root| Op::PoolCreate {
                pool: pool.clone(),
                layout: layout.clone(),
                settings: settings.clone(),
                root,
            })
            .into(),
        Op::Clone { snapshot, dataset, volume, settings } => {
            let target = if *volume { Target::Volume } else { Target::Filesystem };
            parts(settings, target)
                .map(|settings| Op::Clone {
                    snapshot: snapshot.clone(),
                    dataset: dataset.clone(),
                    volume: *volume,
                    settings,
                })
                .into()
        }
        other => half(other).into_iter().collect(),
    }
}

/// Returns what may be set on something new when power is lost: what only its creation sets, and nothing else or
/// the first half of the rest.
fn parts(settings: &[Assignment], target: Target) -> [Vec<Assignment>; 2] {
    const WITH_IT: [&str; 3] = ["keylocation", "keyformat", "pbkdf2iters"];
    let fixed = |name: &str| {
        WITH_IT.contains(&name) || property::find(target, name).is_some_and(|row| row.creation_only)
    };
    let (mut bare, rest): (Vec<_>, Vec<_>) =
        settings.iter().cloned().partition(|(name, _)| fixed(name.as_str()));
    let none = bare.clone();
    bare.extend(rest[..rest.len() / 2].iter().cloned());
    [none, bare]
}

/// Returns the first half of an operation that has several parts.
pub(super) fn half(op: &Op) -> Option<Op> {
    match op {
        Op::DatasetSet { dataset, settings } if settings.len() > 1 => Some(Op::DatasetSet {
            dataset: dataset.clone(),
            settings: settings[..settings.len() / 2].to_vec(),
        }),
        Op::Hold { datasets, name, tag } if datasets.len() > 1 => Some(Op::Hold {
            datasets: datasets[..datasets.len() / 2].to_vec(),
            name: name.clone(),
            tag: tag.clone(),
        }),
        Op::MountAll { datasets } if datasets.len() > 1 => {
            datasets.first().map(|dataset| Op::DatasetMount { dataset: dataset.clone() })
        }
        // The owner is given, the mode not yet.
        Op::DirectorySet { dataset, path, owner, group, mode: Some(_) } => Some(Op::DirectorySet {
            dataset: dataset.clone(),
            path: path.clone(),
            owner: *owner,
            group: *group,
            mode: None,
        }),
        _ => None,
    }
}
