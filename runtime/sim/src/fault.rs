//! Faults: an operation that fails, wholly or in part, or power that is lost before or after it.

use phoenix_host::op::Op;

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
    /// the one of this number ([`crate::inner`] tells how many there are) is durable.
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
