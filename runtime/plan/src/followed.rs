//! Where datasets have got to by the renames that plans have carried out: those that a spec says, of what is put away, and
//! of what comes home.

use crate::{Kind, Plan, begun, dataset::moving};
use phoenix_graph::DatasetName;
use phoenix_host::{area, op::Op};
use std::collections::BTreeMap;

/// A rename that a plan has carried out.
pub struct Rename<'a> {
    from: &'a DatasetName,
    to: &'a DatasetName,
    /// Whether an earlier state takes the place of what steps aside, with its settings.
    is_copied: bool,
}

impl Rename<'_> {
    fn of(&self, name: &DatasetName) -> Option<DatasetName> {
        (name == self.from || name.is_below(self.from)).then(|| moving::moved(name, self.from, self.to))?
    }

    fn back(&self) -> Self {
        Self { from: self.to, to: self.from, is_copied: false }
    }
}

/// Lists the renames that plans have carried out, in their order.
pub fn renames<'a>(plans: impl IntoIterator<Item = &'a (Plan, Vec<usize>)>) -> Vec<Rename<'a>> {
    let renames = begun(plans).flat_map(|action| {
        action.ops.iter().filter_map(|op| match op {
            Op::DatasetRename { from, to, .. } => {
                let steps_aside = area::is_inside(to) && !area::is_inside(from);
                Some(Rename { from, to, is_copied: action.kind == Kind::Exchange && steps_aside })
            }
            _ => None,
        })
    });
    renames.collect()
}

/// Lists the names after renames of what has a name before them, its own last; before that what has stepped aside for an
/// earlier state of it.
pub fn names_after(name: &DatasetName, renames: &[Rename<'_>]) -> Vec<DatasetName> {
    let mut aside = Vec::new();
    let mut own = name.clone();
    for rename in renames {
        for name in &mut aside {
            if let Some(to) = rename.of(name) {
                *name = to;
            }
        }
        match rename.of(&own) {
            Some(to) if rename.is_copied => aside.push(to),
            Some(to) => own = to,
            None => {}
        }
    }
    aside.push(own);
    aside
}

/// Returns the name before renames of what has a name after them.
pub fn earlier_name(name: &DatasetName, renames: &[Rename<'_>]) -> DatasetName {
    renames.iter().rev().fold(name.clone(), |at, rename| rename.back().of(&at).unwrap_or(at))
}

/// Lists what has come home by plans, as far as it was begun: by its name there, where it was put away.
pub fn came_home<'a>(
    plans: impl IntoIterator<Item = &'a (Plan, Vec<usize>)>,
) -> BTreeMap<DatasetName, DatasetName> {
    let renames = renames(plans);
    let came = renames.iter().enumerate().filter_map(|(at, rename)| {
        let place = earlier_name(rename.from, &renames[..at]);
        let name = names_after(rename.to, &renames[at + 1..]).pop()?;
        (area::is_inside(&place) && !area::is_inside(&name)).then_some((name, place))
    });
    came.collect()
}
