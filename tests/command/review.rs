//! Reviews: what a spec comes to, held against what was accepted.

use crate::{
    command::common::{Sandbox, example},
    snapshot,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

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
    for (name, folder) in shown() {
        let checked = sandbox.run(&["check", folder.to_str().unwrap()]);
        assert_eq!(checked.code, 0, "examples/{name} was edited, and has a mistake now:\n{checked}");
        let reviewed = sandbox.run(&["review", folder.to_str().unwrap()]);
        if reviewed.code != 0 {
            println!("examples/{name} was edited: `phoenix review --accept examples/{name}` accepts it");
        }
    }
}

/// Lists the examples of the repository, with their folders.
fn shown() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let folders = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    folders.map(|entry| (entry.file_name().into_string().unwrap(), entry.path())).collect()
}

#[test]
fn an_example_of_the_repository_is_carried_out_and_nothing_is_left_to_do_and_it_goes_back() {
    for (name, folder) in shown() {
        let sandbox = Sandbox::new();
        let text = fs::read_to_string(folder.join(format!("{name}.kdl"))).unwrap();
        sandbox.write("phoenix.kdl", &text);
        sandbox.sim(&["switch", "--yes"]).exits(0);
        sandbox.sim(&["switch", "--yes"]).exits(0).says("Nothing to do");
        // Each has one of these.
        sandbox.write(
            "phoenix.kdl",
            &text
                .replace("recordsize=\"1M\"", "recordsize=\"512K\"")
                .replace("quota=\"100G\"", "quota=\"150G\""),
        );
        sandbox.sim(&["switch", "--yes"]).exits(0).says("Generation 2 is current.");
        sandbox.sim(&["rollback", "--yes"]).exits(0);
        sandbox.write("phoenix.kdl", &text);
        sandbox.sim(&["switch", "--yes"]).exits(0).says("Nothing to do");
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
