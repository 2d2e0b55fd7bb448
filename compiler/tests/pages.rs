//! The pages of `phoenix explain` say the truth: each wrong example gives its code, and the right
//! one gives nothing at all.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::Memory;
use phoenix_compiler::{
    Code, Compiled, SpecPath, compile,
    diagnostic::{Example, page::pages},
};

fn build(example: &Example) -> Compiled {
    let files = example.files().into_iter().map(|(name, text)| (name, text.into())).collect();
    compile(&Memory(files), &SpecPath::new("spec.kdl").unwrap())
}

#[test]
fn the_wrong_example_of_a_page_gives_its_code() {
    for page in pages() {
        let Some((wrong, _)) = &page.examples else { continue };
        let compiled = build(wrong);
        let given = compiled.diagnostics.iter().any(|diagnostic| diagnostic.code == page.code);
        assert!(given, "{}:\n{}\n{}", page.code, wrong.text(), common::rendered(&compiled));
    }
}

#[test]
fn the_right_example_of_a_page_gives_nothing() {
    for page in pages() {
        let Some((_, right)) = &page.examples else { continue };
        let compiled = build(right);
        let fine = compiled.diagnostics.is_empty() && compiled.hosts.iter().all(|host| host.graph.is_some());
        assert!(fine, "{}:\n{}\n{}", page.code, right.text(), common::rendered(&compiled));
    }
}

#[test]
fn the_wrong_example_of_a_page_has_no_other_error() {
    for page in pages() {
        let Some((wrong, _)) = &page.examples else { continue };
        let compiled = build(wrong);
        for diagnostic in &compiled.diagnostics {
            assert_eq!(diagnostic.code, page.code, "{}\n{}", wrong.text(), common::rendered(&compiled));
        }
    }
}

#[test]
fn every_warning_is_silenced_by_its_name_and_no_error_is() {
    let mut silenced = 0;
    for page in pages() {
        let Some((wrong, _)) = &page.examples else { continue };
        let allowed =
            wrong.text().replacen("edition 1\n", &format!("edition 1\nallow {:?}\n", page.code.name()), 1);
        let compiled = build(&Example::Whole(String::leak(allowed)));
        let told: Vec<_> = compiled.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        if page.code.entry().lint {
            assert_eq!(told, [], "{}", page.code);
            silenced += 1;
        } else {
            assert!(compiled.has_errors(), "{}: {told:?}", page.code);
        }
    }
    assert_eq!(silenced, Code::lints().count());
}
