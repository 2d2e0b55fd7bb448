//! Reviews: what a spec comes to, held against what was accepted.

use crate::{
    command::common::{Sandbox, example},
    snapshot,
};
use std::fs;

#[test]
fn the_examples_are_as_accepted() {
    let sandbox = Sandbox::new();
    for name in ["phoenix", "detailed"] {
        sandbox.run(&["review", example(name).to_str().unwrap()]).exits(0).says("is as accepted");
    }
}

/// Whoever edits an example breaks no test but by a mistake in it; a review that differs is told, since
/// that is what reviews are for.
#[test]
fn an_example_of_the_repository_may_be_edited_and_has_no_errors() {
    let sandbox = Sandbox::new();
    for name in ["phoenix", "detailed"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
        let checked = sandbox.run(&["check", folder.to_str().unwrap()]);
        assert_eq!(checked.code, 0, "examples/{name} was edited, and has a mistake now:\n{checked}");
        let reviewed = sandbox.run(&["review", folder.to_str().unwrap()]);
        if reviewed.code != 0 {
            println!("examples/{name} was edited: `phoenix review --accept examples/{name}` accepts it");
        }
    }
}

#[test]
fn a_difference_is_shown_and_accepted() {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.kdl", &fs::read_to_string(example("phoenix/phoenix.kdl")).unwrap());
    sandbox.run(&["review"]).exits(2).says("was never accepted");
    assert!(!sandbox.path().join("reviews").exists());
    sandbox.run(&["review", "--accept"]).exits(0).says("is accepted");
    sandbox.run(&["review"]).exits(0);

    sandbox.edit("phoenix.kdl", "800G", "900G");
    sandbox.edit(
        "phoenix.kdl",
        "        dataset \"shared-iso\"",
        "        root atime=#false\n        dataset \"shared-iso\"",
    );
    let different = sandbox.run(&["review"]).exits(2);
    snapshot!("review", different);
    sandbox.run(&["review", "--accept"]).exits(0);
    sandbox.run(&["review"]).exits(0);
}

#[test]
fn comments_and_order_are_no_difference() {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.kdl", &fs::read_to_string(example("phoenix/phoenix.kdl")).unwrap());
    sandbox.run(&["review", "--accept"]).exits(0);
    sandbox.edit("phoenix.kdl", "quota=\"800G\"", "quota=\"819200M\" /* the same */");
    sandbox.run(&["review"]).exits(0);
}
