//! Where datasets have got to by the renames that plans have carried out: those that a spec says, of what is put away, and
//! of what comes home.

use crate::{Kind, Plan, begun, dataset::moving};
use phoenix_graph::DatasetName;
use phoenix_host::{area, op::Op};
use std::{collections::BTreeMap, iter::successors};

/// A rename that a plan has carried out.
struct Rename<'a> {
    from: &'a DatasetName,
    to: &'a DatasetName,
    /// Whether an earlier state takes the place of what steps aside, with its settings.
    is_copied: bool,
}

/// Lists the renames that plans have carried out, in their order.
fn renames<'a>(plans: impl IntoIterator<Item = &'a (Plan, Vec<usize>)>) -> impl Iterator<Item = Rename<'a>> {
    begun(plans).flat_map(|action| {
        action.ops.iter().filter_map(|op| match op {
            Op::DatasetRename { from, to, .. } => {
                let steps_aside = area::is_inside(to) && !area::is_inside(from);
                Some(Rename { from, to, is_copied: action.kind == Kind::Exchange && steps_aside })
            }
            _ => None,
        })
    })
}

/// Names now, each with the name before.
#[derive(Default)]
struct Names(BTreeMap<DatasetName, DatasetName>);

impl Names {
    /// Renames what has a name by then, and all below it.
    fn rename(&mut self, rename: &Rename<'_>) {
        let alike = self.0.range(rename.from.clone()..).map(|(now, _)| now);
        let inside: Vec<DatasetName> = moving::inside(alike, rename.from).cloned().collect();
        for now in inside {
            let before = if rename.is_copied { self.0.get(&now).cloned() } else { self.0.remove(&now) };
            let to = moving::moved(&now, rename.from, rename.to);
            self.0.extend(to.zip(before));
        }
    }

    /// Returns the name before of what has a name now, by itself or by what it lies in.
    fn before(&self, now: &DatasetName) -> DatasetName {
        let mut above = successors(Some(now.clone()), DatasetName::parent);
        let before = above.find_map(|above| moving::moved(now, &above, self.0.get(&above)?));
        before.unwrap_or_else(|| now.clone())
    }
}

/// Where datasets were before plans were carried out, and are after.
pub struct Followed {
    names: Names,
    after: BTreeMap<DatasetName, Vec<DatasetName>>,
}

impl Followed {
    /// Follows datasets, by their names before, through all that plans have renamed.
    pub fn new<'n>(names: impl Iterator<Item = &'n DatasetName>, plans: &[(Plan, Vec<usize>)]) -> Self {
        let mut now = Names(names.map(|name| (name.clone(), name.clone())).collect());
        renames(plans).for_each(|rename| now.rename(&rename));
        let mut after: BTreeMap<DatasetName, Vec<DatasetName>> = BTreeMap::new();
        for (now, before) in &now.0 {
            after.entry(before.clone()).or_default().push(now.clone());
        }
        Self { names: now, after }
    }

    /// Lists the names after of one that was followed: two where an earlier state of it took its place, and it stepped
    /// aside.
    pub fn after(&self, before: &DatasetName) -> &[DatasetName] {
        self.after.get(before).map_or(&[], Vec::as_slice)
    }

    /// Returns the name before of what has a name after.
    pub fn before(&self, after: &DatasetName) -> DatasetName {
        self.names.before(after)
    }
}

/// Lists what has come home by plans, as far as it was begun: by its name there, where it was put away.
pub fn came_home<'a>(
    plans: impl IntoIterator<Item = &'a (Plan, Vec<usize>)>,
) -> BTreeMap<DatasetName, DatasetName> {
    let mut names = Names::default();
    for rename in renames(plans) {
        let before = names.before(rename.from);
        names.rename(&Rename { is_copied: false, ..rename });
        names.0.insert(rename.to.clone(), before);
    }
    let came = |now: &DatasetName, before: &DatasetName| area::is_inside(before) && !area::is_inside(now);
    names.0.into_iter().filter(|(now, before)| came(now, before)).collect()
}
