//! Random valid specs, and what is so of each: it compiles without a word, the same way however it is
//! written, and one mistake put into it is told of as that one mistake.
//!
//! `phoenix_specs::random` makes them, and [`mistakes`] spoils one.

mod mistakes;

use phoenix_compiler::{Compiled, SpecPath, compile, fmt::format};
use phoenix_graph::{HostName, ObjectId};
use phoenix_specs::{
    invariants,
    random::{
        choices::Choices,
        generate,
        spec::{Spec, shuffled, unrolled},
        write::{Written, write},
    },
    rendered,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The choices for a spec.
fn specs() -> impl Strategy<Value = Spec> {
    prop::collection::vec(any::<u16>(), 0..500).prop_map(generate::spec)
}

/// The choices for how it is written.
fn styles() -> impl Strategy<Value = Choices> {
    prop::collection::vec(any::<u16>(), 0..600).prop_map(Choices::new)
}

fn build(written: &Written) -> Compiled {
    compile(&written.world(), &SpecPath::new("spec.kdl").unwrap())
}

/// Builds a spec that is to give no diagnostic, and returns the id of each host.
#[track_caller]
fn ids(written: &Written) -> BTreeMap<HostName, ObjectId> {
    let compiled = build(written);
    assert!(compiled.diagnostics.is_empty(), "{}", rendered(&compiled));
    let hosts = compiled.hosts.iter();
    hosts.map(|host| (host.name.clone(), host.graph.as_ref().unwrap().id())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_valid_spec_compiles_without_a_word_and_twice_to_the_same(spec in specs(), style in styles()) {
        let written = write(&spec, style);
        prop_assert_eq!(ids(&written), ids(&written));
    }

    #[test]
    fn what_holds_for_every_text_holds_for_a_valid_spec(spec in specs(), style in styles()) {
        invariants::hold(&write(&spec, style).world());
    }

    #[test]
    fn the_layout_keeps_the_ids_and_every_comment(spec in specs(), style in styles()) {
        let written = write(&spec, style);
        let lay = |(name, text): (&String, &String)| (name.clone(), format(name, text).unwrap());
        let laid = Written { files: written.files.iter().map(lay).collect(), comments: Vec::new() };
        prop_assert_eq!(ids(&laid), ids(&written));
        let all: String = laid.files.values().map(String::as_str).collect();
        for comment in &written.comments {
            prop_assert_eq!(all.matches(comment.trim_end()).count(), 1, "{}", comment);
        }
    }

    #[test]
    fn order_and_spelling_change_no_id(spec in specs(), order in styles(), one in styles(), other in styles()) {
        let mut order = order;
        prop_assert_eq!(ids(&write(&spec, one)), ids(&write(&shuffled(&spec, &mut order), other)));
    }

    #[test]
    fn an_each_written_out_by_hand_is_the_same(spec in specs(), style in styles()) {
        prop_assert_eq!(ids(&write(&spec, style.clone())), ids(&write(&unrolled(&spec), style)));
    }

    #[test]
    fn one_mistake_is_told_of_as_that_one_at_its_place(
        spec in specs(), which in any::<u16>(), at in any::<u16>(), style in styles()
    ) {
        let mut spoiled = spec;
        let Some(wanted) = mistakes::spoil(&mut spoiled, which, at) else { return Ok(()) };
        let written = write(&spoiled, style);
        let compiled = build(&written);
        prop_assert_eq!(compiled.diagnostics.len(), 1, "{:?}\n{}", wanted, rendered(&compiled));
        let found = &compiled.diagnostics[0];
        prop_assert_eq!(found.code, wanted.code, "{:?}\n{}", wanted, rendered(&compiled));
        prop_assert!(wanted.is_at(found, &compiled), "{:?}\n{}", wanted, rendered(&compiled));
    }
}

#[test]
fn every_mistake_can_be_made() {
    let names = mistakes::made_in(generate::spec, 150);
    let missing: Vec<_> = mistakes::codes().filter(|code| !names.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
