//! Which names what was renamed has had by then: as it is renamed itself, and with what it lies in.

use phoenix_graph::DatasetName;
use phoenix_plan::{Inverse, moved};

/// The renames of a transaction, in their order.
pub struct Names<'a>(Vec<&'a Inverse>);

impl<'a> Names<'a> {
    /// Finds the renames among what stood before, in the order in which it was changed.
    pub fn new(inverses: impl Iterator<Item = &'a Inverse>) -> Self {
        Self(inverses.filter(|inverse| matches!(inverse, Inverse::Name { .. })).collect())
    }

    /// Lists the names that a dataset has had before it was renamed, from the last to the first. At one of them it is
    /// once this is taken back, and perhaps more.
    pub fn before(&self, renamed: &Inverse) -> Vec<DatasetName> {
        let Inverse::Name { before, .. } = renamed else { return Vec::new() };
        let mut names = vec![before.clone()];
        let at = self.0.iter().rposition(|other| *other == renamed).unwrap_or_default();
        for earlier in self.0[..at].iter().rev() {
            let Inverse::Name { before, after, .. } = earlier else { continue };
            let Some(name) = names.last().filter(|name| *name == after || name.is_below(after)) else {
                continue;
            };
            names.extend(moved(name, after, before));
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(before: &str, after: &str) -> Inverse {
        let [before, after] = [before, after].map(|name| DatasetName::new(name).unwrap());
        Inverse::Name { before, after, volume: false, guid: None }
    }

    #[test]
    fn what_lies_in_what_is_renamed_has_had_names_by_that() {
        let all =
            [renamed("t/a", "t/b"), renamed("t/x", "t/y"), renamed("t/b/k", "t/k"), renamed("t/k", "t/y/k")];
        let names = Names::new(all.iter());
        let before: Vec<String> = names.before(&all[3]).iter().map(DatasetName::to_string).collect();
        assert_eq!(before, ["t/k", "t/b/k", "t/a/k"]);
        assert_eq!(names.before(&all[0]).len(), 1);
    }
}
