//! A repository of several hosts with a library beside them: `hosts/*/spec.kdl` and `lib/*.kdl`.

use super::common::Sandbox;
use std::{fs, os::unix::fs::symlink};

const SPEC: &str = "edition 1
import \"../../lib/common.kdl\"
host \"alpha\" {
    pool \"tank\" {
        mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" }
        dataset \"data\" use=\"big\"
    }
}
";

fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("hosts/alpha/spec.kdl", SPEC);
    sandbox.write("lib/common.kdl", "edition 1\nprofile \"big\" { recordsize \"1M\"; }\n");
    sandbox
}

#[test]
fn a_spec_imports_a_library_beside_its_folder_below_a_root() {
    let sandbox = repository();
    let refused = sandbox.run(&["check", "hosts/alpha"]).exits(3);
    refused.says("import-outside").says("an empty file `phoenix.root`");
    sandbox.write("phoenix.root", "");
    sandbox.run(&["check", "hosts/alpha"]).exits(0);
    sandbox.run(&["check", "."]).exits(0).says("2 files: 0 errors, 0 warnings");

    // The closure is what it is where all lies in one folder.
    let built = sandbox.sim(&["build", "hosts/alpha"]).exits(0);
    sandbox.write("flat.kdl", &SPEC.replace("../../lib", "lib"));
    assert_eq!(sandbox.sim(&["build", "flat.kdl"]).exits(0).out, built.out);

    // All that takes a spec takes this one, and what lies beside it stays there.
    sandbox.run(&["review", "--accept", "hosts/alpha"]).exits(0).says("hosts/alpha/reviews/alpha.snap");
    assert!(sandbox.path().join("hosts/alpha/reviews/alpha.snap").is_file());
    sandbox.run(&["review", "hosts/alpha"]).exits(0);
    sandbox.sim(&["switch", "--yes", "hosts/alpha/spec.kdl"]).exits(0);
    sandbox.sim(&["plan", "--detailed-exitcode", "hosts/alpha"]).exits(0);
    sandbox.sim(&["diff", "1", "hosts/alpha/spec.kdl"]).exits(0);
    let why = sandbox.run(&["why", "dataset:tank/data", "recordsize", "hosts/alpha"]).exits(0);
    why.says("lib/common.kdl:2:28").says("hosts/alpha/spec.kdl:6:24");
}

#[test]
fn places_are_named_from_the_working_folder_wherever_that_is() {
    let sandbox = repository();
    sandbox.write("phoenix.root", "");
    sandbox.write("lib/common.kdl", "edition 1\nprofile \"big\" { recordsise \"1M\"; }\n");
    let root = sandbox.path();
    symlink(root.join("hosts/alpha"), root.join("link")).unwrap();
    let absolute = root.join("hosts/alpha/spec.kdl");
    for (folder, spec, named, library) in [
        (".", "hosts/alpha", "hosts/alpha/spec.kdl", "lib/common.kdl"),
        (".", "link/spec.kdl", "hosts/alpha/spec.kdl", "lib/common.kdl"),
        ("hosts", "alpha/spec.kdl", "alpha/spec.kdl", "../lib/common.kdl"),
        ("hosts/alpha", "spec.kdl", "spec.kdl", "../../lib/common.kdl"),
        ("lib", "../hosts/alpha", "../hosts/alpha/spec.kdl", "common.kdl"),
        ("lib", absolute.to_str().unwrap(), "[SANDBOX]/hosts/alpha/spec.kdl", "[SANDBOX]/lib/common.kdl"),
    ] {
        let run = |args: &[&str]| {
            let output = sandbox.process(args).current_dir(root.join(folder)).output().unwrap();
            sandbox.ran(args, &output)
        };
        let people = run(&["check", spec]).exits(3);
        people.says(&format!("[{named}:6:24]")).says(&format!("[{library}:2:17]"));
        let programs = run(&["check", "--json", spec]).exits(3);
        programs.says(&format!("\"file\":\"{named}\"")).says(&format!("\"file\":\"{library}\""));
    }
}

#[test]
fn nothing_leads_out_of_a_root() {
    let sandbox = repository();
    let root = sandbox.path();
    // The nearest one counts.
    sandbox.write("phoenix.root", "");
    sandbox.write("hosts/phoenix.root", "");
    sandbox.run(&["check", "hosts/alpha"]).exits(3).says("import-outside");
    fs::remove_file(root.join("hosts/phoenix.root")).unwrap();
    // A link is none, whatever it leads to, nor is a folder.
    fs::rename(root.join("phoenix.root"), root.join("other")).unwrap();
    symlink(root.join("other"), root.join("phoenix.root")).unwrap();
    sandbox.run(&["check", "hosts/alpha"]).exits(3).says("import-outside");
    fs::remove_file(root.join("phoenix.root")).unwrap();
    fs::create_dir(root.join("phoenix.root")).unwrap();
    sandbox.run(&["check", "hosts/alpha"]).exits(3).says("import-outside");
    fs::remove_dir(root.join("phoenix.root")).unwrap();
    // Nor does a link out of it.
    sandbox.write("repository/phoenix.root", "");
    sandbox.write("repository/hosts/alpha/spec.kdl", SPEC);
    symlink(root.join("lib"), root.join("repository/lib")).unwrap();
    let refused = sandbox.run(&["check", "repository/hosts/alpha"]).exits(3);
    refused.says("the file lies outside the spec's folder");
    // What somebody else put there counts for nothing. Only root can give a file away.
    if rustix::process::geteuid().is_root() {
        fs::remove_file(root.join("repository/lib")).unwrap();
        sandbox.write("repository/lib/common.kdl", &sandbox.read("lib/common.kdl"));
        sandbox.run(&["check", "repository/hosts/alpha"]).exits(0);
        std::os::unix::fs::chown(root.join("repository/phoenix.root"), Some(4242), None).unwrap();
        sandbox.run(&["check", "repository/hosts/alpha"]).exits(3).says("import-outside");
        std::os::unix::fs::chown(root.join("repository/hosts/alpha/spec.kdl"), Some(4242), None).unwrap();
        sandbox.run(&["check", "repository/hosts/alpha"]).exits(0);
    }
}
