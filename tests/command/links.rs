//! Links that somebody else put beside a spec, or into the working folder: none leads a verb elsewhere, for
//! reading nor for writing.

use super::common::{Sandbox, example};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::{fs, os::unix::fs::symlink};

/// A sandbox with a spec in `work`, and a file of somebody's outside of it.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("work/phoenix.kdl", &fs::read_to_string(example("phoenix/phoenix.kdl")).unwrap());
    sandbox.write("victim", SECRET);
    sandbox
}

/// A way to put a link somewhere, by name.
type Way = (&'static str, fn(&Sandbox));

const SECRET: &str = "somebody's own words\n";

fn link(sandbox: &Sandbox, target: &str, path: &str) {
    let path = sandbox.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    symlink(target, path).unwrap();
}

#[test]
fn a_review_that_is_a_link_is_neither_read_nor_written() {
    let reviews: [Way; 5] = [
        ("the file leads out", |sandbox| link(sandbox, "../../victim", "work/reviews/phoenix.snap")),
        ("by a whole path", |sandbox| {
            let victim = sandbox.path().join("victim");
            link(sandbox, victim.to_str().unwrap(), "work/reviews/phoenix.snap");
        }),
        ("the file leads to another beside it", |sandbox| {
            sandbox.write("work/other", SECRET);
            link(sandbox, "../other", "work/reviews/phoenix.snap");
        }),
        ("the file leads nowhere yet", |sandbox| {
            link(sandbox, "../../victim2", "work/reviews/phoenix.snap");
        }),
        ("the folder leads out", |sandbox| {
            sandbox.write("elsewhere/phoenix.snap", SECRET);
            link(sandbox, "../elsewhere", "work/reviews");
        }),
    ];
    for (name, put) in reviews {
        let sandbox = sandbox();
        put(&sandbox);
        let before = sandbox.tree("");
        for args in [&["review", "work"][..], &["review", "--accept", "work"]] {
            let ran = sandbox.run(args).exits(1).says("it is a link").says_not("somebody's");
            assert!(ran.err.contains("work/reviews"), "{name}: {ran}");
        }
        assert_eq!(sandbox.tree(""), before, "{name}");
    }
}

#[test]
fn a_review_that_is_no_plain_file_is_told_and_not_waited_for() {
    let sandbox = sandbox();
    fs::create_dir_all(sandbox.path().join("work/reviews/phoenix.snap")).unwrap();
    sandbox.run(&["review", "--accept", "work"]).exits(1).says("it is no regular file");
    let sandbox = self::sandbox();
    fs::create_dir_all(sandbox.path().join("work/reviews")).unwrap();
    let pipe = sandbox.path().join("work/reviews/phoenix.snap");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    sandbox.run(&["review", "--accept", "work"]).exits(1).says("it is no regular file");
    let sandbox = self::sandbox();
    sandbox.write("work/reviews", "a file where the folder should be");
    sandbox.run(&["review", "--accept", "work"]).exits(1).says("Not a directory");
}

#[test]
fn an_accepted_review_replaces_the_file_and_keeps_its_rights() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = sandbox();
    sandbox.run(&["review", "--accept", "work"]).exits(0);
    let file = sandbox.path().join("work/reviews/phoenix.snap");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    fs::hard_link(&file, sandbox.path().join("kept")).unwrap();
    let accepted = sandbox.read("kept");
    sandbox.edit("work/phoenix.kdl", "800G", "900G");
    sandbox.run(&["review", "--accept", "work"]).exits(0);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(sandbox.read("kept"), accepted, "written as a whole, under a name of its own first");
    assert_eq!(fs::read_dir(sandbox.path().join("work/reviews")).unwrap().count(), 1, "nothing is left");
}

#[test]
fn the_link_to_what_was_built_is_exchanged_and_never_written_through() {
    for (name, put) in [("result", "victim"), (".result.new", "victim"), ("result", "nowhere")] {
        let sandbox = sandbox();
        link(&sandbox, put, name);
        sandbox.run(&["build", "work", "--sim", "sim"]).exits(0);
        assert_eq!(sandbox.read("victim"), SECRET, "{name} → {put}");
        assert!(!sandbox.path().join("nowhere").exists());
        assert!(fs::read_link(sandbox.path().join("result")).unwrap().to_str().unwrap().contains("-system-"));
        assert!(!sandbox.path().join(".result.new").is_symlink());
    }
    let sandbox = sandbox();
    sandbox.write("result", SECRET);
    sandbox.run(&["build", "work", "--sim", "sim"]).exits(1).says("something that is no link stands there");
    assert_eq!(sandbox.read("result"), SECRET);
}

#[test]
fn what_is_written_anew_goes_through_no_link() {
    let sandbox = sandbox();
    for (target, path) in [("../victim", "work/there"), ("nowhere", "work/leads-nowhere")] {
        link(&sandbox, target, path);
    }
    link(&sandbox, "../nowhere", "fresh/phoenix.kdl");
    sandbox.run(&["switch", "--sim", "sim", "--yes", "work"]).exits(0);
    for out in ["work/there", "work/leads-nowhere"] {
        sandbox.run(&["plan", "--sim", "sim", "--out", out, "work"]).exits(4).says("it is there already");
        sandbox.run(&["import", "--live", "--sim", "sim", "--out", out]).exits(4).says("it is there already");
    }
    sandbox.run(&["init", "fresh"]).exits(4).says("it is there already");
    assert_eq!(sandbox.read("victim"), SECRET);
    for nowhere in ["nowhere", "work/nowhere"] {
        assert!(!sandbox.path().join(nowhere).is_symlink() && !sandbox.path().join(nowhere).exists());
    }
}

#[test]
fn laying_out_a_folder_follows_no_link_and_a_named_link_is_its_file() {
    const ODD: &str = "edition   1\nhost \"h\" { // of h\n  arc   max = \"8G\" }\n";
    let sandbox = Sandbox::new();
    for name in ["outside/a.kdl", "work/b.kdl", "linked.kdl"] {
        sandbox.write(name, ODD);
    }
    link(&sandbox, "../outside", "work/folder");
    link(&sandbox, "../linked.kdl", "work/file.kdl");
    assert_eq!(sandbox.run(&["fmt", "work"]).exits(0).out, "work/b.kdl\n");
    assert_eq!(sandbox.read("outside/a.kdl"), ODD);
    assert_eq!(sandbox.read("linked.kdl"), ODD);
    sandbox.run(&["fmt", "work/file.kdl"]).exits(0);
    assert_ne!(sandbox.read("linked.kdl"), ODD);
    assert!(sandbox.path().join("work/file.kdl").is_symlink(), "the link stays one");
}

#[test]
fn standard_input_in_place_of_a_file_reads_nothing_through_links() {
    let sandbox = sandbox();
    link(&sandbox, "../victim", "work/lib.kdl");
    let spec = "edition 1\nimport \"lib.kdl\"\nhost \"h\" { pool \"t\" { disk \"/dev/a\" }; }\n";
    sandbox.feed(spec, &["check", "-", "--file", "work/phoenix.kdl"]).exits(3).says_not("somebody's");
}
