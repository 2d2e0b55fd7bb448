//! The one door that every operation passes through: a fault may strike there, then the kind whose operation it is
//! changes the [`State`], and what it changed is written.

use super::{
    fault::{Event, Fault, FaultKind},
    given::{Given, Roots},
    keep::Keep,
    kinds,
    state::State,
};
use phoenix_host::{HostError, op::Op, secret::Keys};

/// What is behind the door.
#[derive(Debug)]
pub struct Inner {
    pub state: State,
    /// Where the state is kept; nothing for a host in memory.
    pub keep: Option<Keep>,
    pub powered: bool,
    /// Whether the state folder has no room.
    pub full: bool,
    /// The keys that were typed.
    pub keys: Keys,
    pub faults: Vec<Fault>,
    pub events: Vec<Event>,
    pub processes: u64,
}

impl Inner {
    /// Keeps what changed.
    pub fn save(&mut self) -> Result<(), HostError> {
        self.keep.as_mut().map_or(Ok(()), |keep| keep.save(&mut self.state))
    }

    /// Carries an operation out, and keeps nothing of it yet.
    pub fn apply(&mut self, roots: &Roots, op: &Op) -> Result<(), HostError> {
        self.state.perform(Given { roots, keys: &self.keys }, op)
    }

    /// Carries an operation out, but for the fault that strikes at it.
    pub fn perform(&mut self, roots: &Roots, op: &Op) -> Result<(), HostError> {
        let strike = self.event(Event::Op(op.clone()))?;
        self.processes += u64::from(op.argv().is_some());
        let done = match strike {
            None | Some(FaultKind::Full) => self.apply(roots, op),
            Some(FaultKind::Fail | FaultKind::PowerBefore) => return Err(struck(op)),
            Some(FaultKind::FailPartly) => {
                let part = kinds::half(op).unwrap_or_else(|| op.clone());
                self.apply(roots, &part).and(Err(struck(op)))
            }
            Some(FaultKind::PowerWithin(number)) => {
                if let Some(part) = kinds::within(op).get(number) {
                    let _ = self.apply(roots, part);
                }
                self.powered = false;
                Err(HostError::PowerLost)
            }
            Some(FaultKind::PowerAfter) => {
                let _ = self.apply(roots, op);
                self.powered = false;
                Err(HostError::PowerLost)
            }
        };
        self.save()?;
        done
    }

    /// Counts an event and tells the fault that strikes at it; power that is lost before it is lost here.
    pub fn event(&mut self, event: Event) -> Result<Option<FaultKind>, HostError> {
        if !self.powered {
            return Err(HostError::PowerLost);
        }
        let number = self.events.len();
        let op = if let Event::Op(op) = &event { Some(op) } else { None };
        let struck = self.faults.iter().position(|fault| fault.strikes(number, op).is_some());
        let kind = struck.and_then(|index| self.faults.remove(index).strikes(number, op));
        self.events.push(event);
        self.full |= kind == Some(FaultKind::Full);
        if kind == Some(FaultKind::PowerBefore) {
            self.powered = false;
            return Err(HostError::PowerLost);
        }
        Ok(kind)
    }
}

/// What an operation says that a fault struck.
fn struck(op: &Op) -> HostError {
    let argv = op.argv().unwrap_or_else(|| vec![op.describe()]);
    HostError::Command { argv, status: Some(1), stderr: "a simulated failure".to_owned() }
}
