//! The codes of all diagnostics, a module of them for each thing that they are about.

mod datasets;
mod definitions;
mod exports;
mod guests;
mod kubernetes;
mod life;
mod nodes;
mod places;
mod pools;
mod settings;
mod snapshots;
mod storages;
mod text;

pub use {
    datasets::*, definitions::*, exports::*, guests::*, kubernetes::*, life::*, nodes::*, places::*,
    pools::*, settings::*, snapshots::*, storages::*, text::*,
};

use phoenix_graph::{Code, code::Level};

/// Returns all codes, in the order in which they are listed, and told where several are at one place.
pub fn all() -> impl Iterator<Item = Code> + Clone {
    let tables = [
        TEXT,
        NODES,
        DEFINITIONS,
        SETTINGS,
        PLACES,
        POOLS,
        DATASETS,
        EXPORTS,
        STORAGES,
        GUESTS,
        SNAPSHOTS,
        KUBERNETES,
        LIFE,
    ];
    tables.into_iter().flatten().copied()
}

/// Finds a code by its name.
#[must_use]
pub fn find(name: &str) -> Option<Code> {
    all().find(|code| code.name == name)
}

/// Returns the lints, which `allow` can silence.
pub fn lints() -> impl Iterator<Item = Code> {
    all().filter(|code| code.level == Level::Lint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for (at, code) in all().enumerate() {
            assert_eq!(all().position(|other| other == code), Some(at), "{code}");
        }
    }

    #[test]
    fn each_says_what_it_is_in_one_line_and_why_it_matters() {
        for code in all() {
            assert!(!code.title.is_empty() && !code.title.ends_with('.'), "{code}");
            let sentences = [code.explanation, code.why];
            assert!(sentences.iter().all(|text| text.ends_with('.') && !text.contains('\n')), "{code}");
        }
    }

    #[test]
    fn only_a_defect_has_no_examples() {
        let without: Vec<_> = all().filter(|code| code.examples.is_none()).collect();
        assert_eq!(without, [INTERNAL]);
    }
}
