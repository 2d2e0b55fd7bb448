//! The pages of `phoenix explain` say the truth: each wrong example gives its code, and the right
//! one gives nothing at all.

use phoenix_compiler::{Compiled, SpecPath, code, compile};
use phoenix_graph::code::{Example, Examples, Level};
use phoenix_specs::Memory;

fn build(example: &Example) -> Compiled {
    let files = example.files().into_iter().map(|(name, text)| (name, text.into())).collect();
    compile(&Memory(files), &SpecPath::new("spec.kdl").unwrap())
}

#[test]
fn the_wrong_example_of_a_page_gives_its_code() {
    for code in code::all() {
        let Some(Examples { wrong, .. }) = &code.examples else { continue };
        let compiled = build(wrong);
        let given = compiled.diagnostics.iter().any(|diagnostic| diagnostic.code == code);
        assert!(given, "{}:\n{}\n{}", code, wrong.text(), phoenix_specs::rendered(&compiled));
    }
}

#[test]
fn the_right_example_of_a_page_gives_nothing() {
    for code in code::all() {
        let Some(Examples { right, .. }) = &code.examples else { continue };
        let compiled = build(right);
        let fine = compiled.diagnostics.is_empty() && compiled.hosts.iter().all(|host| host.graph.is_some());
        assert!(fine, "{}:\n{}\n{}", code, right.text(), phoenix_specs::rendered(&compiled));
    }
}

#[test]
fn the_wrong_example_of_a_page_has_no_other_error() {
    for code in code::all() {
        let Some(Examples { wrong, .. }) = &code.examples else { continue };
        let compiled = build(wrong);
        for diagnostic in &compiled.diagnostics {
            assert_eq!(diagnostic.code, code, "{}\n{}", wrong.text(), phoenix_specs::rendered(&compiled));
        }
    }
}

#[test]
fn every_warning_is_silenced_by_its_name_and_no_error_is() {
    let mut silenced = 0;
    for code in code::all() {
        let Some(Examples { wrong, .. }) = &code.examples else { continue };
        let allowed = wrong.text().replacen("edition 1\n", &format!("edition 1\nallow {:?}\n", code.name), 1);
        let compiled = build(&Example::Whole(String::leak(allowed)));
        let told: Vec<_> = compiled.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        if code.level == Level::Lint {
            assert_eq!(told, [], "{}", code);
            silenced += 1;
        } else {
            assert!(compiled.has_errors(), "{}: {told:?}", code);
        }
    }
    assert_eq!(silenced, code::lints().count());
}
