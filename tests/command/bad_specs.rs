//! Bad specs: each a diagnostic with place, reason and help, exit 3, and nothing written.

use crate::{command::common::Sandbox, snapshot};

/// A spec with this in its pool.
fn spec(inside: &str) -> String {
    format!(
        "edition 1\nhost \"h\" {{\n    pool \"tank\" {{\n        mirror {{ disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" }}\n{inside}\n    }}\n}}\n"
    )
}

fn bad(name: &str, text: &str) -> String {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.kdl", text);
    let built = sandbox.sim(&["build"]).exits(3);
    sandbox.sim(&["switch", "--yes"]).exits(3);
    let written: Vec<_> = sandbox.tree("sim/state");
    assert_eq!(written, [], "{name}");
    assert!(!sandbox.path().join("result").exists(), "{name}");
    for part in ["phoenix.kdl:", "help:"] {
        assert!(built.err.contains(part), "{name} lacks {part}: {built}");
    }
    format!("{name}\n{built}")
}

#[test]
fn every_bad_spec_is_told_with_place_reason_and_help() {
    let placeholder =
        "edition 1\nhost \"h\" {\n    pool \"tank\" { disk \"__DISK_ID_1__\"; allow \"no-redundancy\" }\n}\n";
    let told = [
        bad("an unknown property", &spec("        dataset \"a\" recordsiez=\"128K\"")),
        bad("a bad recordsize", &spec("        dataset \"a\" recordsize=\"100K\"")),
        bad(
            "a quota over the parent's",
            &spec("        dataset \"a\" quota=\"1G\" {\n            dataset \"b\" quota=\"2G\"\n        }"),
        ),
        bad(
            "a duplicate mount point",
            &spec("        dataset \"a\" mountpoint=\"/srv\"\n        dataset \"b\" mountpoint=\"/srv\""),
        ),
        bad(
            "an export of what is never mounted",
            &spec("        dataset \"a\" canmount=\"off\" {\n            export { client \"*\" }\n        }"),
        ),
        bad("a placeholder disk", placeholder),
        bad("an unknown profile", &spec("        dataset \"a\" use=\"vm-disk\"")),
        bad("a syntax error", &spec("        dataset \"a\" quota=\"1G")),
    ];
    snapshot!("bad_specs", told.join("\n"));
}

#[test]
fn diagnostics_are_json_for_programs() {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.kdl", &spec("        dataset \"a\" recordsiez=\"128K\""));
    let ran = sandbox.sim(&["build", "--json"]).exits(3);
    assert_eq!(ran.out, "");
    let first: serde_json::Value = serde_json::from_str(ran.err.lines().next().unwrap()).unwrap();
    assert_eq!(first["severity"], "error", "{ran}");
    assert_eq!(first["labels"][0]["file"], "phoenix.kdl", "{ran}");
}

#[test]
fn an_import_does_not_leave_the_specs_folder() {
    let sandbox = Sandbox::new();
    sandbox.write("secret.kdl", "edition 1\n");
    sandbox.write(
        "specs/phoenix.kdl",
        &spec("").replace("edition 1\n", "edition 1\nimport \"../secret.kdl\"\n"),
    );
    sandbox.sim(&["build", "specs"]).exits(3).says("secret.kdl");
    // Nor by a link.
    std::os::unix::fs::symlink(sandbox.path().join("secret.kdl"), sandbox.path().join("specs/inner.kdl"))
        .unwrap();
    sandbox.write("specs/phoenix.kdl", &spec("").replace("edition 1\n", "edition 1\nimport \"inner.kdl\"\n"));
    sandbox.sim(&["build", "specs"]).exits(3).says("outside");
}

#[test]
fn a_link_that_leads_out_of_the_folder_is_not_followed() {
    let sandbox = Sandbox::new();
    sandbox.write("elsewhere.kdl", "edition 1\n");
    sandbox.write("spec/inside.kdl", "edition 1\n");
    sandbox.write("spec/phoenix.kdl", "edition 1\nimport \"lib.kdl\"\nhost \"h\" { arc max=\"1G\"; }\n");
    let lib = sandbox.path().join("spec/lib.kdl");
    for (target, code) in [("inside.kdl", 0), ("../elsewhere.kdl", 3), ("/etc/passwd", 3), ("lib.kdl", 3)] {
        let _ = std::fs::remove_file(&lib);
        std::os::unix::fs::symlink(target, &lib).unwrap();
        sandbox.sim(&["build", "spec"]).exits(code).says_not("root:");
    }
}
