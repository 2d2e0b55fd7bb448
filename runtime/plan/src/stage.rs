//! The stages of planning: each kind has its own, and says after which others they come.

use crate::draft::Draft;
use std::collections::BTreeSet;

/// A stage: something that is added to a plan.
pub struct Stage {
    pub name: &'static str,
    /// The stages that it builds on, or that are told before it.
    pub after: &'static [&'static str],
    /// Whether it has to know what is in the pools: of one that is exported nobody does before it is imported.
    pub looks_inside: bool,
    pub run: fn(&mut Draft<'_>),
}

/// Puts stages in order: each after those that it says, else as they are listed.
pub fn ordered(stages: impl IntoIterator<Item = &'static Stage>) -> Vec<&'static Stage> {
    fn visit(
        stage: &'static Stage,
        stages: &[&'static Stage],
        seen: &mut BTreeSet<&'static str>,
        ordered: &mut Vec<&'static Stage>,
    ) {
        if !seen.insert(stage.name) {
            return;
        }
        for before in stages.iter().filter(|other| stage.after.contains(&other.name)) {
            visit(before, stages, seen, ordered);
        }
        ordered.push(stage);
    }
    let stages: Vec<_> = stages.into_iter().collect();
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    stages.iter().for_each(|stage| visit(stage, &stages, &mut seen, &mut found));
    found
}
