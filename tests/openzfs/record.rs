//! What is ours, on the real OpenZFS: what is received, split off, forged or of another life is nobody's, and keeps
//! nothing from coming home; what power was cut off within the making of is taken back.

use crate::boot;
use phoenix_lab::{MachineSpec, Session, mib, says};

#[test]
fn only_what_is_on_record_is_ours() {
    let spec = MachineSpec::new().disk("one", mib(256)).disk("two", mib(256)).disk("three", mib(256));
    let Some(lab) = &mut boot(spec) else { return };
    lab.wrap("zfs", BARE);
    switch(lab, 0, &[KEEP, PAPERS, IN]);
    lab.ok("echo precious >/tank/papers/file && echo deeper >/tank/papers/deep/file && sync");
    the_guids_stay(lab);
    a_received_copy_is_nobodys(lab);
    a_replica_keeps_nothing_from_coming_home(lab);
    a_forged_home_brings_nothing_home(lab);
    a_restored_state_folder_takes_nothing(lab);
    a_cut_within_a_creation_is_taken_back(lab);
    half_a_pool_is_nobodys(lab);
}

/// Cuts the power where `/root/bare` names what is made, once it is made and before its properties are set: OpenZFS
/// does both in transactions of their own.
const BARE: &str = r#"
last=${@: -1}
if test "$1" = create && test -e /root/bare && test "$(cat /root/bare)" = "$last"; then
    rm /root/bare
    zfs.real create -u "$last" && zpool sync && sync && echo b >/proc/sysrq-trigger
    sleep 60
fi
"#;

/// Writes the spec of the pool with these parts.
fn put(lab: &Session, parts: &[&str]) {
    let text = format!(
        "edition 1\nhost \"box\" {{ pool \"tank\" {{\n    mirror {{ disk \"/dev/disk/by-id/virtio-one\"; disk \"/dev/disk/by-id/virtio-two\" }}\n    {}\n}} }}\n",
        parts.join("\n    ")
    );
    lab.put("phoenix.kdl", text);
}

#[track_caller]
fn switch(lab: &Session, code: i32, parts: &[&str]) -> String {
    put(lab, parts);
    lab.exits(code, "switch --yes phoenix.kdl")
}

/// Destroys a dataset by hand, with the snapshots that switches hold.
#[track_caller]
fn destroy(lab: &Session, dataset: &str) {
    lab.ok(&format!(
        "zfs.real list -Hro name -t snapshot {dataset} | while read -r one; do zfs.real release phoenix $one; done; \
         zfs.real destroy -r {dataset}"
    ));
}

const KEEP: &str = "dataset \"keep\"";
const PAPERS: &str = "dataset \"papers\" { dataset \"deep\" }";
const IN: &str = "dataset \"in\"";

/// The record is by GUID: these have to outlive what people do to a dataset.
fn the_guids_stay(lab: &Session) {
    let guid = || lab.ok("zfs.real get -Hpo value guid tank/papers");
    let before = guid();
    lab.ok(
        "cd / && zfs.real snapshot tank/papers@a && echo more >/tank/papers/more && zfs.real snapshot tank/papers@b && \
         zfs.real send tank/papers@a | zfs.real receive -u tank/twin && \
         zfs.real send -i @a tank/papers@b | zfs.real receive -u tank/twin",
    );
    let twin = || lab.ok("zfs.real get -Hpo value guid tank/twin");
    let received = twin();
    assert_ne!(received, before, "a received copy has a GUID of its own");
    lab.ok("zfs.real rollback -r tank/papers@a && zfs.real rollback -r tank/twin@a");
    assert_eq!((guid(), twin()), (before.clone(), received));
    lab.ok("zfs.real clone tank/papers@a tank/clone && zfs.real promote tank/clone");
    assert_eq!(guid(), before);
    lab.ok("zfs.real promote tank/papers && zfs.real destroy tank/clone && zfs.real destroy -r tank/twin");
    lab.ok("zfs.real destroy tank/papers@a");
    lab.exits(0, "status");
}

fn a_received_copy_is_nobodys(lab: &Session) {
    lab.ok("zfs.real snapshot -r tank/papers@r && zfs.real send -R tank/papers@r | zfs.real receive -u tank/in/copy");
    assert_eq!(lab.ok("zfs.real get -Ho source phoenix:owner tank/in/copy"), "received");
    says(&lab.exits(0, "status"), &["dataset:tank/in/copy (bears phoenix's mark)"]);
    says(
        &switch(lab, 4, &[KEEP, PAPERS]),
        &["datasets that phoenix does not know: tank/in/copy, tank/in/copy/deep"],
    );
    let named = "dataset \"in\" { dataset \"copy\" atime=#false }";
    says(&switch(lab, 4, &[KEEP, PAPERS, named]), &["tank/in/copy", "this state folder has no record of it"]);
    put(lab, &[KEEP, PAPERS, IN]);
    says(&lab.exits(0, "gc --keep 1 --yes"), &["Nothing to collect."]);
    assert_eq!(lab.ok("zfs.real get -Hpo value atime tank/in/copy"), "on");
}

fn a_replica_keeps_nothing_from_coming_home(lab: &Session) {
    switch(lab, 0, &[KEEP, IN]);
    lab.ok("zpool create backup /dev/disk/by-id/virtio-three && zfs.real snapshot -r tank@rep && zfs.real send -R tank@rep | zfs.real receive -u backup/tank");
    let replica = "zfs.real list -Hro name backup";
    let before = lab.ok(replica);
    says(&before, &["backup/tank/.phoenix/2/papers"]);
    says(&lab.exits(0, "rollback --yes"), &["Generation 1 is current."]);
    assert_eq!(lab.ok("cat /tank/papers/file /tank/papers/deep/file"), "precious\ndeeper");
    switch(lab, 0, &[KEEP, IN]);
    lab.exits(0, "gc --keep 1 --yes");
    assert_eq!(lab.ok(replica), before);
    lab.exits(0, "rollback --yes");
    assert_eq!(lab.ok("cat /tank/papers/file"), "precious");
    lab.ok("zpool destroy backup && zpool labelclear -f /dev/disk/by-id/virtio-three-part1; wipefs -a /dev/disk/by-id/virtio-three; true");
}

fn a_forged_home_brings_nothing_home(lab: &Session) {
    lab.ok("zfs.real create tank/zz && zfs.real create -u -o canmount=off tank/zz/.phoenix && \
         zfs.real create -u -o canmount=off tank/zz/.phoenix/99 && \
         zfs.real create -u -o phoenix:home=tank/new -o phoenix:owner=box tank/zz/.phoenix/99/x");
    let text = switch(lab, 0, &[KEEP, PAPERS, IN, "dataset \"new\" mountpoint=\"/srv/new\""]);
    assert!(!text.contains("comes home") && !text.contains("tank/zz"), "{text}");
    assert!(lab.there("tank/zz/.phoenix/99/x") && lab.there("tank/new"));
    lab.exits(0, "gc --keep 1 --yes");
    assert!(lab.there("tank/zz/.phoenix/99/x"));
    lab.ok("zfs.real destroy -r tank/zz");
    switch(lab, 0, &[KEEP, PAPERS, IN]);
}

fn a_restored_state_folder_takes_nothing(lab: &Session) {
    lab.ok("cp -a /var/lib/phoenix /root/backup");
    let late = "dataset \"late\" { }";
    switch(lab, 0, &[KEEP, PAPERS, IN, late]);
    lab.ok("echo late >/tank/late/file && sync");
    switch(lab, 0, &["dataset \"keep\" atime=#false", PAPERS, IN]);
    let place = lab.ok("zfs.real list -Hro name tank | grep '/late$'");
    lab.ok("rm -rf /var/lib/phoenix/* && cp -a /root/backup/. /var/lib/phoenix/");
    let told = lab.phoenix("status").out();
    says(&told, &[&format!("dataset:{place} (bears phoenix's mark)")]);
    // The numbers of the other life are not given again: nothing fails on its snapshots.
    switch(lab, 0, &["dataset \"keep\" recordsize=\"64K\"", PAPERS, IN]);
    lab.exits(0, "gc --keep 1 --yes");
    assert!(lab.there(&place), "what was put away in the other life is gone");
    says(&switch(lab, 0, &[KEEP, PAPERS, IN, late]), &["--adopt"]);
    switch(lab, 0, &[KEEP, PAPERS, IN]);
    let all = lab.ok("zfs.real list -Hro name tank | grep '/late$'");
    all.lines().filter(|one| *one != place).for_each(|one| destroy(lab, one));
    put(lab, &[KEEP, PAPERS, IN, late]);
    lab.exits(0, "switch --yes --adopt phoenix.kdl");
    assert_eq!(lab.ok("cat /tank/late/file"), "late");
    switch(lab, 0, &[KEEP, PAPERS, IN]);
    destroy(lab, "tank/late");
}

fn a_cut_within_a_creation_is_taken_back(lab: &mut Session) {
    put(lab, &[KEEP, PAPERS, IN, "dataset \"z\" quota=\"10M\""]);
    lab.ok("echo tank/z >/root/bare && sync");
    lab.cut("cd /root && phoenix switch --yes phoenix.kdl >/dev/null 2>&1");
    assert!(lab.there("tank/z"), "the cut came before it was made");
    assert_eq!(lab.ok("zfs.real get -Ho value phoenix:owner tank/z"), "box", "it is inherited");
    assert_ne!(lab.ok("zfs.real get -Ho source phoenix:owner tank/z"), "local");
    says(&lab.exits(0, "recover --yes"), &["The switch was undone"]);
    assert!(!lab.there("tank/z"));
    lab.exits(0, "switch --yes phoenix.kdl");
    lab.exits(0, "status");
}

fn half_a_pool_is_nobodys(lab: &Session) {
    lab.ok("zpool split tank half && zpool import half");
    assert_eq!(lab.ok("zfs.real get -Ho source phoenix:owner half/papers"), "local");
    let guid = |name: &str| lab.ok(&format!("zfs.real get -Hpo value guid {name}"));
    assert_eq!(guid("half/papers"), guid("tank/papers"), "the half keeps the GUIDs");
    let before = lab.ok("zfs.real list -Hro name half");
    let text = "edition 1\nhost \"box\" { pool \"tank\" { allow \"no-redundancy\"\n disk \"/dev/disk/by-id/virtio-one\"\n dataset \"keep\" }\n pool \"half\" { allow \"no-redundancy\"\n disk \"/dev/disk/by-id/virtio-two\"\n dataset \"keep\" } }\n";
    lab.put("phoenix.kdl", text);
    says(&lab.exits(4, "switch --yes phoenix.kdl"), &["pool:half", "this state folder has no record of it"]);
    lab.exits(0, "gc --keep 1 --yes");
    assert_eq!(lab.ok("zfs.real list -Hro name half"), before);
}
