//! `stdlib`: the standard library, listed and shown.

use crate::{command::common::Sandbox, snapshot};

#[test]
fn the_standard_library_is_listed_and_shown() {
    let sandbox = Sandbox::new();
    let all = sandbox.run(&["stdlib"]).exits(0);
    let file = sandbox.run(&["stdlib", "std/pools"]).exits(0);
    assert_eq!(file.out, include_str!("../../stdlib/pools.kdl"));
    let profile = sandbox.run(&["stdlib", "postgres"]).exits(0);
    let near = sandbox.run(&["stdlib", "postgras"]).exits(64);
    snapshot!("stdlib", all, profile, near);
}
