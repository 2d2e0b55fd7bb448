//! `why`: the whole chain of a value, through a param, profiles that use profiles, `each`, imports.

use crate::{command::common::Sandbox, snapshot};

const SPEC: &str = r#"edition 1
import "lib/profiles.kdl"

let lan "10.0.0.0/24"

pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
    dataset "guests" atime=#false {
        each "n" "one" "two" {
            dataset (fmt)"app-{n}" use="app" compression="zstd" {
                with most="2G" whose=(let)"n"
                export { client (let)"lan" "ro" }
            }
        }
    }
}
"#;

const PROFILES: &str = r#"edition 1
import "base.kdl"

profile "app" use="base" {
    param "most"
    param "whose"
    with owner=(fmt)"team {whose}"
    quota (param)"most"
    compression "lz4"
    export { options "rw" "async" }
}
"#;

const BASE: &str = r#"edition 1
let block "16K"
profile "base" {
    param "owner"
    "site:owner" (param)"owner"
    recordsize (let)"block"
    compression "lzjb"
}
"#;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.kdl", SPEC);
    sandbox.write("lib/profiles.kdl", PROFILES);
    sandbox.write("lib/base.kdl", BASE);
    sandbox
}

#[test]
fn the_whole_chain_of_every_setting_is_told() {
    let sandbox = sandbox();
    let all = sandbox.run(&["why", "tank/guests/app-two"]).exits(0);
    let one = sandbox.run(&["why", "dataset:tank/guests/app-one", "recordsize"]).exits(0);
    // By way of everything at once.
    let owner = sandbox.run(&["why", "tank/guests/app-two", "site:owner"]).exits(0);
    let inherited = sandbox.run(&["why", "tank/guests/app-one", "atime"]).exits(0);
    let export = sandbox.run(&["why", "export:/tank/guests/app-one"]).exits(0);
    let pool = sandbox.run(&["why", "pool:tank", "phoenix.kdl"]).exits(0);
    snapshot!("why", all, one, owner, inherited, export, pool);
}

#[test]
fn profiles_that_agree_are_both_told() {
    let sandbox = Sandbox::new();
    let profiles = "profile \"a\" { recordsize \"16K\" }\nprofile \"b\" { recordsize 16384 }\n";
    let pool = "pool \"t\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" }\n    \
                dataset \"x\" { use \"a\" \"b\" } }\n";
    sandbox.write("phoenix.kdl", &format!("edition 1\n{profiles}{pool}"));
    let both = sandbox.run(&["why", "t/x", "recordsize"]).exits(0);
    snapshot!("why_agreeing", both);
}

#[test]
fn what_is_not_there_is_told_with_the_nearest_name() {
    let sandbox = sandbox();
    sandbox.run(&["why", "tank/guest"]).exits(64).says("did you mean tank/guests?");
    sandbox.run(&["why", "tank/guests", "atme"]).exits(64).says("did you mean `atime`?");
    sandbox.run(&["why", "tank/guests", "quota"]).exits(64).says("the spec says atime");
    sandbox.run(&["why", "tank/guests", "atime", "."]).exits(0).says("#false");
    sandbox.edit("phoenix.kdl", "\"2G\"", "\"lots\"");
    sandbox.run(&["why", "tank/guests"]).exits(3).says("bad-value");
}
