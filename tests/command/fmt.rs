//! `fmt`: files, folders and standard input.

use super::common::{Sandbox, example};
use std::{fs, os::unix::fs::PermissionsExt};

const ODD: &str = "edition   1\nhost \"h\" { // of h\n  arc   max = \"8G\" }\n";
const EVEN: &str = "edition 1\nhost \"h\" {\n    // of h\n    arc max=\"8G\"\n}\n";

#[test]
fn files_and_folders_are_laid_out_and_named() {
    let sandbox = Sandbox::new();
    for name in ["phoenix.kdl", "lib/a.kdl", "lib/.hidden/b.kdl", "lib/c.txt"] {
        sandbox.write(name, ODD);
    }
    sandbox.write("lib/even.kdl", EVEN);
    sandbox.run(&["fmt", "--check"]).exits(2).says("phoenix.kdl");
    let checked = sandbox.run(&["fmt", "--check", "lib", "phoenix.kdl"]).exits(2);
    assert_eq!(checked.out, "lib/a.kdl\nphoenix.kdl\n");
    assert_eq!(sandbox.read("lib/a.kdl"), ODD, "--check changes nothing");
    fs::set_permissions(sandbox.path().join("lib/a.kdl"), fs::Permissions::from_mode(0o640)).unwrap();
    sandbox.run(&["fmt", "lib", "phoenix.kdl"]).exits(0).says("lib/a.kdl");
    for name in ["phoenix.kdl", "lib/a.kdl"] {
        assert_eq!(sandbox.read(name), EVEN, "{name}");
    }
    let mode = fs::metadata(sandbox.path().join("lib/a.kdl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(sandbox.read("lib/.hidden/b.kdl"), ODD);
    assert_eq!(sandbox.read("lib/c.txt"), ODD);
    assert_eq!(sandbox.tree("lib").len(), 6, "nothing is left beside the files");
    assert_eq!(sandbox.run(&["fmt", "--check", "lib", "phoenix.kdl"]).exits(0).out, "");
}

#[test]
fn standard_input_goes_to_standard_output() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.feed(ODD, &["fmt", "-"]).exits(0).out, EVEN);
    assert_eq!(sandbox.feed(ODD, &["fmt", "--check", "-"]).exits(2).out, "-\n");
}

#[test]
fn what_is_not_kdl_is_told_and_left_and_the_others_are_laid_out() {
    let sandbox = Sandbox::new();
    sandbox.write("bad.kdl", "edition 1\nhost \"h\" {\n");
    sandbox.write("odd.kdl", ODD);
    sandbox.run(&["fmt", "bad.kdl", "odd.kdl"]).exits(3).says("never closed").says("bad.kdl:2");
    assert_eq!(sandbox.read("bad.kdl"), "edition 1\nhost \"h\" {\n");
    assert_eq!(sandbox.read("odd.kdl"), EVEN);
    sandbox.run(&["fmt", "nowhere.kdl"]).exits(64);
    sandbox.run(&["fmt", "--check", example("phoenix").to_str().unwrap()]).exits(0);
}
