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
    ///
    /// Where a name passes from one to another, the other's rename is none of its own: a switch that was gone on with has
    /// the same renames twice, also where none of the first was done.
    pub fn before(&self, renamed: &Inverse) -> Vec<DatasetName> {
        let Inverse::Name { before, guid, .. } = renamed else { return Vec::new() };
        let mut names = vec![before.clone()];
        let at = self.0.iter().rposition(|other| *other == renamed).unwrap_or_default();
        for earlier in self.0[..at].iter().rev() {
            let Inverse::Name { before, after, guid: whose, .. } = earlier else { continue };
            let is_another = guid.is_some() && whose.is_some() && guid != whose;
            let is_its = |name: &&DatasetName| *name == after && !is_another || name.is_below(after);
            let Some(name) = names.last().filter(is_its) else {
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
        passed(before, after, None)
    }

    fn passed(before: &str, after: &str, guid: Option<u64>) -> Inverse {
        let [before, after] = [before, after].map(|name| DatasetName::new(name).unwrap());
        Inverse::Name { before, after, volume: false, guid }
    }

    #[test]
    fn the_renames_of_one_that_had_the_name_are_none_of_its_own() {
        // An exchange that was cut off as it began, and gone on with: the same twice.
        let begun = [passed("t/b", "t/aside", Some(2)), passed("t/a", "t/b", Some(1))];
        let all = begun.iter().chain(&begun).cloned().chain([passed("t/aside", "t/a", Some(2))]);
        let all: Vec<Inverse> = all.collect();
        let before: Vec<String> =
            Names::new(all.iter()).before(&all[4]).iter().map(DatasetName::to_string).collect();
        assert_eq!(before, ["t/aside", "t/b"]);
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
