//! `explain`: a page for each code, and a way back from a misspelt one.

use crate::{command::common::Sandbox, snapshot};

#[test]
fn a_code_is_explained_and_a_misspelt_one_suggested() {
    let sandbox = Sandbox::new();
    let page = sandbox.run(&["explain", "quota-over-parent"]).exits(0);
    let lint = sandbox.run(&["explain", "unstable-disk"]).exits(0);
    let near = sandbox.run(&["explain", "quota-over-parnt"]).exits(64).says("quota-over-parent");
    let far = sandbox.run(&["explain", "bananas"]).exits(64);
    snapshot!("explain", page, lint, near, far);
}

#[test]
fn every_code_is_listed() {
    let sandbox = Sandbox::new();
    let all = sandbox.run(&["explain"]).exits(0);
    for line in all.out.lines() {
        let code = line.split(' ').next().unwrap();
        sandbox.run(&["explain", code]).exits(0).says(code);
    }
    assert!(all.out.lines().count() > 70, "{all}");
}
