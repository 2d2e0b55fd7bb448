//! One host by hand, and what holds for every host.

use crate::graph;
use phoenix_graph::{Graph, kubernetes::PARAMETERS};
use phoenix_kubernetes::{File, head, render};
use phoenix_specs::{
    Memory,
    random::{choices::Choices, generate, spec::Spec, spec::shuffled, write::write},
};
use proptest::prelude::*;
use std::collections::BTreeSet;

const SPEC: &str = r#"edition 1
host "pve1" {
    pool "tank" {
        mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
        dataset "k8s" quota="500G" {
            proxmox "tank-k8s" type="zfspool" content="images" nodes="pve1,pve2"
        }
    }
    kubernetes region="home" controller-vmid=9000 kubelet-dir="/var/lib/k0s/kubelet" {
        class "fast" on="tank-k8s" ssd=#true mbps=500 backup=#false fstype="xfs" default=#true reclaim="Retain" mountoptions="noatime" encryption-secret="csi-proxmox/luks"
        namespace "apps" {
            per-claim min="1Gi" max="10GiB"
            total storage="200GiB" claims=20
            of-class "fast" storage=0
            access "ci" "claim" subject="serviceaccount"
            access "jane@example.org" "read" subject="user"
        }
    }
}
"#;

fn files(graph: &Graph) -> Vec<File> {
    render(graph).unwrap()
}

fn text(files: &[File], path: &str) -> String {
    let file = files.iter().find(|file| file.path() == path);
    file.unwrap_or_else(|| panic!("{path} is not among {files:?}")).text.clone()
}

#[test]
fn a_class_says_all_that_the_plugin_takes_as_texts() {
    let files = files(&graph(&Memory::one(SPEC)));
    let classes = text(&files, "storage-classes.yaml");
    assert_eq!(
        classes,
        r#"# Written by phoenix from the spec of the host pve1: what is changed here is lost.
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
  labels:
    app.kubernetes.io/managed-by: phoenix
  annotations:
    storageclass.kubernetes.io/is-default-class: "true"
provisioner: csi.proxmox.sinextra.dev
parameters:
  backup: "false"
  csi.storage.k8s.io/fstype: xfs
  csi.storage.k8s.io/node-expand-secret-name: luks
  csi.storage.k8s.io/node-expand-secret-namespace: csi-proxmox
  csi.storage.k8s.io/node-stage-secret-name: luks
  csi.storage.k8s.io/node-stage-secret-namespace: csi-proxmox
  diskMBps: "500"
  ssd: "true"
  storage: tank-k8s
reclaimPolicy: Retain
volumeBindingMode: WaitForFirstConsumer
allowVolumeExpansion: true
mountOptions:
- noatime
allowedTopologies:
- matchLabelExpressions:
  - key: topology.kubernetes.io/region
    values:
    - home
  - key: topology.kubernetes.io/zone
    values:
    - pve1
    - pve2
"#
    );
}

#[test]
fn a_namespace_has_its_limits_and_each_who_may_do_the_same_one_role() {
    let files = files(&graph(&Memory::one(SPEC)));
    let namespace = text(&files, "namespace-apps.yaml");
    for part in [
        "kind: LimitRange",
        "  - type: PersistentVolumeClaim\n    min:\n      storage: 1Gi\n    max:\n      storage: 10Gi\n",
        "    fast.storageclass.storage.k8s.io/requests.storage: \"0\"\n    persistentvolumeclaims: \"20\"\n    requests.storage: 200Gi\n",
        "  name: storage-claim\n  namespace: apps\n",
        "subjects:\n- kind: ServiceAccount\n  name: ci\n  namespace: apps\n",
        "- apiGroup: rbac.authorization.k8s.io\n  kind: User\n  name: jane@example.org\n",
    ] {
        assert!(namespace.contains(part), "{part}\n--- is not in\n{namespace}");
    }
    assert_eq!(namespace.matches("kind: Role\n").count(), 4, "two roles, each bound once:\n{namespace}");
}

#[test]
fn the_plugin_is_told_where_its_secret_lies_and_no_secret() {
    let files = files(&graph(&Memory::one(SPEC)));
    let values = text(&files, "plugin/values.yaml");
    assert!(values.contains("existingConfigSecret: proxmox-csi-plugin\n"), "{values}");
    assert!(values.contains("storageClass: []\n"), "the classes have one owner:\n{values}");
    assert!(values.contains("kubeletDir: /var/lib/k0s/kubelet\n"), "{values}");
    assert!(!values.contains("controller:"), "no attributes, no gates:\n{values}");
    let commands = text(&files, "plugin/proxmox.sh");
    assert!(commands.starts_with("#!/bin/sh\n"), "{commands}");
    assert!(commands.contains("pveum aclmod '/storage/tank-k8s' -user kubernetes-csi@pve -role CSI\n"));
    // As the plugin's code reads it, which is not as its page spells it.
    assert!(commands.contains("#       controllerVmID: 9000\n"), "{commands}");
}

#[test]
fn a_host_that_tells_no_cluster_has_no_files() {
    let spec = SPEC.split("    kubernetes").next().unwrap().to_owned() + "}\n";
    assert_eq!(files(&graph(&Memory::one(&spec))), []);
}

fn specs() -> impl Strategy<Value = Spec> {
    prop::collection::vec(any::<u16>(), 0..300).prop_map(generate::cluster)
}

fn styles() -> impl Strategy<Value = Choices> {
    prop::collection::vec(any::<u16>(), 0..300).prop_map(Choices::new)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn order_and_spelling_change_no_byte(spec in specs(), order in styles(), one in styles(), other in styles()) {
        let mut order = order;
        let first = files(&graph(&write(&spec, one).world()));
        let second = files(&graph(&write(&shuffled(&spec, &mut order), other).world()));
        prop_assert_eq!(first, second);
    }

    #[test]
    fn files_are_told_apart_by_their_names_and_begin_with_the_head(spec in specs(), style in styles()) {
        let graph = graph(&write(&spec, style).world());
        let files = files(&graph);
        let paths: BTreeSet<String> = files.iter().map(File::path).collect();
        prop_assert_eq!(paths.len(), files.len());
        for file in &files {
            let first = file.text.lines().find(|line| !line.starts_with("#!")).unwrap();
            prop_assert_eq!(first, head(graph.host()));
            prop_assert!(file.name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)), "{}", file.name);
        }
    }
}

/// What a spec may say of a class is all that the plugin reads, but for what is told why it cannot be had.
#[test]
fn the_plugins_parameters_are_those_that_its_code_reads() {
    let mut names: Vec<&str> = PARAMETERS.iter().map(|row| row.plugin).collect();
    names.sort_unstable();
    let read = [
        "aio",
        "backup",
        "blockSize",
        "cache",
        "csi.storage.k8s.io/fstype",
        "diskIOPS",
        "diskMBps",
        "inodeSize",
        "ssd",
    ];
    assert_eq!(names, read);
}
