//! What is done to units, and what takes it back.

use crate::{Inverse, doing::Doing};
use phoenix_host::{
    observed::{Observed, Units},
    op::Op,
};

/// Has the files of all units read, these among them.
pub fn reload(names: &[&str], seen: &Units) -> Doing {
    Doing { ops: vec![Op::UnitsReload], before: names.iter().map(|name| was(name, seen)).collect() }
}

/// Starts a unit.
pub fn start(name: &str, seen: &Units) -> Doing {
    Doing::new(Op::UnitStart { unit: name.into() }, was(name, seen))
}

/// Stops a unit.
pub fn stop(name: &str, seen: &Units) -> Doing {
    Doing::new(Op::UnitStop { unit: name.into() }, was(name, seen))
}

fn was(name: &str, seen: &Units) -> Inverse {
    Inverse::Unit {
        unit: name.into(),
        active: seen.is_active(name),
        description: seen.loaded(name).map(Into::into),
    }
}

/// Returns what takes it back.
pub fn back(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    let stops = goes(inverse, seen).unwrap_or_default();
    stops.into_iter().chain(comes(inverse, seen)).collect()
}

/// Returns what stops a unit that was not started before.
pub fn goes(inverse: &Inverse, seen: &Observed) -> Option<Vec<Op>> {
    let Inverse::Unit { unit, active, .. } = inverse else { return None };
    let stops = !active && seen.units.is_active(unit);
    Some(stops.then(|| Op::UnitStop { unit: unit.clone() }).into_iter().collect())
}

/// Returns what has systemd read the file of before, once that is in force again, and starts what was started.
pub fn comes(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    let Inverse::Unit { unit, active, description } = inverse else { return Vec::new() };
    // Where nobody runs units any more there is nothing to bring back.
    let Units::Found(_) = &seen.units else { return Vec::new() };
    let reload = (seen.units.loaded(unit) != description.as_deref()).then_some(Op::UnitsReload);
    let starts = *active && !seen.units.is_active(unit);
    let start = starts.then(|| Op::UnitStart { unit: unit.clone() });
    reload.into_iter().chain(start).collect()
}

/// Returns whether it is a unit: a boot starts those that are linked in.
pub fn is_put_in_force_by_a_boot(inverse: &Inverse) -> bool {
    matches!(inverse, Inverse::Unit { .. })
}
