//! `kubernetes`: what a cluster is told, printed and written into files.

use crate::{command::common::Sandbox, snapshot};
use std::fs;

const SPEC: &str = r#"edition 1
host "pve1" {
    pool "tank" {
        mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
        dataset "k8s" quota="500G" { proxmox "tank-k8s" type="zfspool" content="images"; }
    }
    kubernetes region="home" {
        class "fast" on="tank-k8s" ssd=#true mbps=500
        namespace "apps" { total storage="200GiB"; access "developers" "read" "claim"; }
        namespace "more" { per-claim max="10GiB"; }
    }
}
"#;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.kdl", SPEC);
    sandbox
}

#[test]
fn manifests_are_printed_for_kubectl_and_written_with_what_the_plugin_needs() {
    let sandbox = sandbox();
    let printed = sandbox.run(&["kubernetes", "phoenix.kdl"]).exits(0);
    let written = sandbox.run(&["kubernetes", "phoenix.kdl", "--output", "out"]).exits(0);
    let again = sandbox.run(&["kubernetes", "phoenix.kdl", "--output", "out"]).exits(0);
    assert_eq!(written.out, again.out);
    for name in ["plugin/proxmox.sh", "plugin/values.yaml", "storage-classes.yaml", "namespace-apps.yaml"] {
        assert!(sandbox.path().join("out").join(name).exists(), "{name}");
    }
    // What is printed is what is written for kubectl, file after file.
    let mut names: Vec<_> =
        fs::read_dir(sandbox.path().join("out")).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.is_file());
    names.sort();
    let all: String = names.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    assert_eq!(printed.out, all);
    snapshot!("kubernetes", printed, written);
}

#[test]
fn a_closure_and_a_generation_say_the_same_as_their_spec() {
    let sandbox = sandbox();
    let spec = sandbox.run(&["kubernetes", "phoenix.kdl"]).exits(0);
    sandbox.sim(&["build"]).exits(0);
    assert_eq!(sandbox.sim(&["kubernetes", "./result"]).exits(0).out, spec.out);
    sandbox.sim(&["kubernetes"]).exits(64).says("there is no generation yet");
    sandbox.sim(&["switch", "--yes"]).exits(0);
    assert_eq!(sandbox.sim(&["kubernetes"]).exits(0).out, spec.out);
    sandbox.edit("phoenix.kdl", "mbps=500", "mbps=700");
    sandbox.sim(&["switch", "--yes"]).exits(0);
    sandbox.sim(&["kubernetes"]).exits(0).says("diskMBps: \"700\"");
    assert_eq!(sandbox.sim(&["kubernetes", "--generation", "1"]).exits(0).out, spec.out);
}

#[test]
fn the_switch_tells_what_to_apply_and_nothing_is_left_to_do_after_it() {
    let sandbox = sandbox();
    sandbox
        .sim(&["switch", "--yes"])
        .exits(0)
        .says("class:fast: the cluster of Kubernetes is to have it")
        .says("namespace:apps: the cluster of Kubernetes is to have it");
    sandbox.sim(&["status"]).exits(0).says_not("Kubernetes").says_not("9999");
    sandbox.sim(&["switch", "--yes"]).exits(0).says_not("Kubernetes").says("Nothing to do");
    sandbox.edit("phoenix.kdl", "mbps=500", "mbps=700");
    sandbox.edit("phoenix.kdl", "        namespace \"more\" { per-claim max=\"10GiB\"; }\n", "");
    sandbox
        .sim(&["plan"])
        .exits(0)
        .says("class:fast: Kubernetes keeps a class as it was made")
        .says("namespace:more: the cluster of Kubernetes is to have it no more")
        .says("Nothing to do on this host; above stands what to do in the cluster.");
    sandbox
        .sim(&["diff", "1", "phoenix.kdl"])
        .exits(0)
        .says("class:fast")
        .says("mbps")
        .says("namespace:more");
    sandbox.sim(&["switch", "--yes"]).exits(0).says("Generation 2 is current.");
    sandbox
        .sim(&["rollback", "--yes"])
        .exits(0)
        .says("namespace:more: the cluster of Kubernetes is to have it");
    sandbox.sim(&["status"]).exits(0);
}

#[test]
fn what_differs_is_left_and_nothing_is_written() {
    let sandbox = sandbox();
    sandbox.run(&["kubernetes", "phoenix.kdl", "--output", "out"]).exits(0);
    sandbox.edit("phoenix.kdl", "200GiB", "300GiB");
    sandbox.edit("phoenix.kdl", "region=\"home\"", "region=\"office\"");
    let values = || sandbox.read("out/plugin/proxmox.sh");
    let before = values();
    sandbox
        .run(&["kubernetes", "phoenix.kdl", "--output", "out"])
        .exits(4)
        .says("what is there differs: namespace-apps.yaml, storage-classes.yaml");
    assert_eq!(values(), before, "all or none, also in the folder of the plugin");
    sandbox.run(&["kubernetes", "phoenix.kdl", "--output", "out", "--overwrite"]).exits(0);
    assert_ne!(values(), before);
    // A namespace that is gone is named, and its file is left.
    sandbox.edit("phoenix.kdl", "        namespace \"more\" { per-claim max=\"10GiB\"; }\n", "");
    sandbox
        .run(&["kubernetes", "phoenix.kdl", "--output", "out"])
        .exits(0)
        .says("Also there, from an earlier run: `namespace-more.yaml`");
    assert!(sandbox.path().join("out/namespace-more.yaml").exists());
}

#[test]
fn a_host_that_tells_no_cluster_anything_is_told_so() {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.kdl", &(SPEC.split("    kubernetes").next().unwrap().to_owned() + "}\n"));
    sandbox.run(&["kubernetes", "phoenix.kdl"]).exits(64).says("tells no cluster of Kubernetes anything");
}
