//! Proxmox beside phoenix, on the real OpenZFS with a stand-in for `pvesm`: many registrations at once, guests,
//! what a write would lose, a broken file, and an `/etc/pve` that is away, in the virtual machine of `tests/lab`.
//!
//! One machine carries all of it.

use phoenix_lab::{MachineSpec, Session, mib, says};

#[test]
fn proxmox_and_its_guests_lose_nothing_beside_phoenix() {
    let Some(lab) = &mut boot() else { return };
    nineteen_registrations_at_once_starve_on_no_lock(lab);
    a_failed_set_is_undone_by_set(lab);
    a_changed_path_is_undone_once_the_mount_is_back(lab);
    what_is_not_in_force_is_drift(lab);
    what_a_guest_names_keeps_its_ground(lab);
    an_adopted_registration_keeps_its_dataset(lab);
    local_is_only_ever_set(lab);
    what_lies_on_no_dataset_is_registered(lab);
    secrets_come_from_their_files_and_come_back(lab);
    what_a_write_would_lose_is_asked_for_and_kept(lab);
    a_broken_section_stops_registrations_alone(lab);
    nothing_is_concluded_while_the_cluster_is_away(lab);
}

/// Writes down whether two run at once; fails a call that `/run/fail-before` or `/run/fail-after` names, before or
/// after it has done its work.
const FAIL: &str = r#"
mkdir /run/one 2>/dev/null || echo "two at once" >>/run/calls
named() { test -e "$1" && case "$2" in "$(cat "$1")"*) rm "$1" ;; *) false ;; esac; }
code=0
if named /run/fail-before "$*"; then
    code=255
else
    /usr/sbin/pvesm.real "$@" || code=$?
    named /run/fail-after "$*" && code=255
fi
rmdir /run/one
exit $code
"#;

/// What a person could see change: datasets with what is set on them, what is mounted, and the registrations.
const PICTURE: &str = r"
zfs get -Hp -t filesystem -s local all | grep -v -e phoenix: -e '/[.]phoenix'
zfs list -H -o name,mounted,mountpoint | grep -v '/[.]phoenix'
tr , '\n' </etc/pve/storage.cfg | sort
";

const LOSSY: &str = "# what the night shift wrote\nlinstordb: l1\n\tredundancy 2\n\n";

fn boot() -> Option<Session> {
    let lab = super::boot(MachineSpec::new().disk("ONE", mib(256)).with_nfs())?;
    lab.put_pvesm();
    lab.wrap("pvesm", FAIL);
    Some(lab)
}

/// Runs phoenix with a spec whose pool has these datasets.
#[track_caller]
fn exits(lab: &Session, code: i32, datasets: &str, arguments: &str) -> String {
    let text = format!(
        "edition 1\nhost \"box\" {{\n  pool \"t1\" {{\n    allow \"no-redundancy\"\n    \
         disk \"/dev/disk/by-id/virtio-ONE\"\n{datasets}\n  }}\n}}\n"
    );
    lab.put("phoenix.kdl", text);
    let output = lab.phoenix(arguments);
    let calls = lab.calls();
    assert_eq!(output.status, Some(code), "phoenix {arguments}: {output}\ncalls: {calls:#?}");
    assert!(!calls.iter().any(|call| call == "two at once"), "{calls:#?}");
    output.out()
}

#[track_caller]
fn switch(lab: &Session, code: i32, datasets: &str) -> String {
    exits(lab, code, datasets, "switch --yes phoenix.kdl")
}

fn picture(lab: &Session) -> String {
    lab.ok(PICTURE)
}

/// What is registered. It ends with a line, as the sections in it do.
fn cfg(lab: &Session) -> String {
    lab.run("cat /etc/pve/storage.cfg").out()
}

/// A dataset with a registration of this type for itself.
fn registered(name: &str, kind: &str, more: &str) -> String {
    let content = if kind == "dir" { "iso" } else { "images" };
    format!("dataset \"{name}\" {more} {{ proxmox \"{name}\" type=\"{kind}\" content=\"{content}\"; }}\n")
}

fn small() -> String {
    registered("aa", "dir", "") + &registered("zz", "zfspool", "")
}

/// Sixteen at once, datasets and their registrations in one switch, and somebody else holds the lock for longer
/// than `pvesm` waits for it.
fn nineteen_registrations_at_once_starve_on_no_lock(lab: &Session) {
    let name = |at: usize| format!("r{at:02}");
    let kind = |at: usize| if at.is_multiple_of(2) { "dir" } else { "zfspool" };
    let many: String = (0..19).map(|at| registered(&name(at), kind(at), "")).collect();
    lab.ok(": >/run/pvesm.lock");
    let holder = lab.start(
        "exec 9>/run/pvesm.lock; flock 9; echo held; \
         until grep -q add /run/calls; do sleep 0.1; done; sleep 11",
        "held",
    );
    exits(lab, 0, &many, "switch --yes --jobs 16 phoenix.kdl");
    let adds = lab.calls().into_iter().filter(|call| call.starts_with("pvesm add ")).count();
    assert!(adds > 19, "no lock was waited for: {:#?}", lab.calls());
    holder.wait(std::time::Duration::from_secs(600)).unwrap();
    lab.holds();
    for at in 0..19 {
        let (name, kind) = (name(at), kind(at));
        says(&cfg(lab), &[&format!("{kind}: {name}\n")]);
        assert_eq!(lab.ok(&format!("zfs get -H -o value mounted t1/{name}")), "yes");
    }
    // What Proxmox makes below a registered path lies in the dataset, not under its mount.
    lab.ok("zfs unmount t1/r00 && test -z \"$(ls -A /t1/r00)\" && zfs mount t1/r00 && test -d /t1/r00/template/iso");
    assert!(exits(lab, 0, &many, "switch --yes phoenix.kdl").contains("Nothing to do"));
    assert_eq!(lab.calls(), [""; 0]);
    // All of them go and come, and two stay.
    exits(lab, 0, &small(), "switch --yes --jobs 16 phoenix.kdl");
    lab.holds();
    assert_eq!(cfg(lab).matches(": r").count(), 0);
}

fn a_failed_set_is_undone_by_set(lab: &Session) {
    let before = picture(lab);
    lab.ok("echo 'set zz' >/run/fail-after");
    switch(lab, 1, &small().replace("content=\"images\"", "content=\"rootdir\" sparse=#true"));
    let calls = lab.calls();
    assert_eq!(calls.len(), 2, "{calls:#?}");
    assert!(calls.iter().all(|call| call.starts_with("pvesm set zz ")), "{calls:#?}");
    assert_eq!(picture(lab), before);
    lab.holds();
}

fn a_changed_path_is_undone_once_the_mount_is_back(lab: &Session) {
    let before = picture(lab);
    let moved = registered("aa", "dir", "mountpoint=\"/srv/moved\"");
    lab.ok("echo 'set zz' >/run/fail-before");
    switch(
        lab,
        1,
        &(moved.clone() + &registered("zz", "zfspool", "").replace("\"images\"", "\"images\" sparse=#true")),
    );
    let calls = lab.calls();
    assert_eq!(calls.iter().filter(|call| call.starts_with("pvesm add dir aa ")).count(), 2, "{calls:#?}");
    assert_eq!(picture(lab), before);
    lab.holds();
    // Where nothing fails it moves, and comes back.
    switch(lab, 0, &(moved + &registered("zz", "zfspool", "")));
    says(&cfg(lab), &["path /srv/moved"]);
    lab.holds();
    lab.exits(0, "rollback --yes");
    assert_eq!(picture(lab), before);
    lab.holds();
}

fn what_is_not_in_force_is_drift(lab: &Session) {
    let before = picture(lab);
    for by_hand in ["--disable 1", "--nodes far"] {
        lab.ok(&format!("pvesm.real set zz {by_hand}"));
        says(&lab.exits(2, "status"), &["storage:zz"]);
        switch(lab, 0, &small());
        lab.holds();
        assert_eq!(picture(lab), before);
    }
}

fn what_a_guest_names_keeps_its_ground(lab: &Session) {
    let before = picture(lab);
    let without_zz = registered("aa", "dir", "") + "dataset \"zz\"";
    let moved = registered("aa", "dir", "mountpoint=\"/srv/moved\"") + &registered("zz", "zfspool", "");
    let gone = registered("zz", "zfspool", "");
    for (file, line, spec, told) in [
        ("far/lxc/101.conf", "mp0: /t1/aa/deep,mp=/s", &gone, "container 101 on node far (mp0)"),
        ("far/lxc/102.conf", "mp0: /t1/aa,mp=/s", &moved, "container 102 on node far (mp0)"),
        (
            "lab/qemu-server/103.conf",
            "scsi0: zz:vm-103-disk-0,size=1G",
            &without_zz,
            "machine 103 on node lab (scsi0)",
        ),
        (
            "lab/qemu-server/104.conf",
            "ide2: aa:iso/x.iso,media=cdrom",
            &gone,
            "machine 104 on node lab (ide2)",
        ),
    ] {
        let path = format!("/etc/pve/nodes/{file}");
        lab.ok(&format!("mkdir -p $(dirname {path}); echo '{line}' >{path}"));
        says(&switch(lab, 4, spec), &[told]);
        assert_eq!(lab.calls(), [""; 0]);
        assert_eq!(picture(lab), before);
        // What takes nothing from a guest goes on.
        switch(lab, 0, &small());
        lab.ok(&format!("rm {path}"));
    }
}

fn an_adopted_registration_keeps_its_dataset(lab: &Session) {
    let bare = small() + "dataset \"mm\"";
    switch(lab, 0, &bare);
    lab.ok("pvesm.real add dir mm --path /t1/mm --content iso --is_mountpoint yes");
    let before = picture(lab);
    exits(lab, 0, &(small() + &registered("mm", "dir", "")), "switch --yes --adopt phoenix.kdl");
    assert_eq!(picture(lab), before);
    // Both go from the spec: the registration was somebody else's, and would be left over nothing.
    says(&switch(lab, 4, &small()), &["stays registered with Proxmox as mm"]);
    assert_eq!(picture(lab), before);
    // Let go of alone, it stays.
    switch(lab, 0, &bare);
    assert_eq!(picture(lab), before);
    lab.ok("pvesm.real remove mm");
    switch(lab, 0, &small());
    lab.holds();
}

/// Proxmox has `local` whatever its file says: adding it fails, and removing it brings it back.
fn local_is_only_ever_set(lab: &Session) {
    let vz = "dataset \"vz\" mountpoint=\"/var/lib/vz\"";
    switch(lab, 0, &(small() + vz));
    let before = picture(lab);
    let with_local = format!("{vz} {{ proxmox \"local\" type=\"dir\" content=\"iso\"; }}");
    exits(lab, 0, &(small() + &with_local), "switch --yes --adopt phoenix.kdl");
    says(&lab.ok("cat /etc/pve/storage.cfg"), &["dir: local\n"]);
    let calls = lab.calls();
    assert!(!calls.is_empty() && calls.iter().all(|call| call.starts_with("pvesm set local ")), "{calls:#?}");
    lab.holds();
    lab.exits(0, "rollback --yes");
    let calls = lab.calls();
    assert!(!calls.is_empty() && calls.iter().all(|call| call.starts_with("pvesm set local ")), "{calls:#?}");
    assert_eq!(picture(lab), before);
    lab.holds();
    // The dataset goes, and `local` is the folder below.
    says(&switch(lab, 0, &small()), &["Proxmox's `local` lies in it"]);
    lab.holds();
    assert_eq!(lab.calls(), [""; 0]);
}

/// A registration of what this very host serves needs its export first, in the same switch.
/// Neither SMB nor a backup server is in the lab: both are registered as not in force, so that Proxmox does not log in.
fn secrets_come_from_their_files_and_come_back(lab: &Session) {
    let said = |share: &str, file: &str| {
        format!(
            "{}\n}}\nproxmox \"team\" type=\"cifs\" {{ server \"10.0.0.5\"; share \"{share}\"; username \"backup\"; \
             password-file \"/root/{file}\"; disable #true }}\n\
             proxmox \"safe\" type=\"pbs\" {{ server \"10.0.0.7\"; datastore \"main\"; password-file \"/root/one\"; \
             encryption-key-file \"/root/key\"; disable #true",
            small()
        )
    };
    let kept = |name: &str| lab.run(&format!("cat /etc/pve/priv/storage/{name}")).out();
    lab.ok("umask 077; cd /root; echo 'correct horse' >one; echo 'battery staple' >two; echo '{\"data\": \"x\"}' >key");
    switch(lab, 0, &said("a", "one"));
    assert_eq!((&*kept("team.pw"), &*kept("safe.pw")), ("password=correct horse\n", "correct horse\n"));
    says(&kept("safe.enc"), &["\"data\""]);
    lab.holds();
    // It goes with another share, and with another file; and comes back each time.
    let before = picture(lab);
    lab.ok("echo 'add cifs team' >/run/fail-after");
    switch(lab, 1, &said("b", "two"));
    assert_eq!((picture(lab), &*kept("team.pw")), (before, "password=correct horse\n"));
    switch(lab, 0, &said("b", "two"));
    assert_eq!(kept("team.pw"), "password=battery staple\n");
    lab.exits(0, "rollback --yes");
    assert_eq!(kept("team.pw"), "password=correct horse\n");
    lab.holds();
    // A password that no file holds is not dropped; a file that others may read is none.
    lab.ok("echo 'password=by hand' >/etc/pve/priv/storage/team.pw");
    says(&switch(lab, 4, &small()), &["secret-lost"]);
    lab.ok("chmod 644 /root/two");
    says(&switch(lab, 4, &said("a", "two")), &["chmod 600"]);
    lab.ok("chmod 600 /root/two");
    says(&switch(lab, 4, &said("a", "two")), &["--consent storage:team"]);
    exits(lab, 0, &said("a", "two"), "switch --yes --consent storage:team phoenix.kdl");
    assert_eq!(kept("team.pw"), "password=battery staple\n");
    switch(lab, 0, &small());
    assert_eq!(lab.ok("ls /etc/pve/priv/storage"), "");
    lab.ok("! grep -rqe horse -e staple -e 'by hand' /var/lib/phoenix");
}

fn what_lies_on_no_dataset_is_registered(lab: &Session) {
    switch(lab, 0, &small());
    let before = picture(lab);
    let said = |export: &str| {
        let shared = "dataset \"shared\" { export { client \"127.0.0.0/8\" \"rw\" \"no_root_squash\"; }; }";
        format!(
            "{}{shared}\n}}\nproxmox \"plain\" type=\"dir\" path=\"/srv/plain\" content=\"iso\"\n\
             proxmox \"nas\" type=\"nfs\" {{ server \"127.0.0.1\"; export \"{export}\"; content \"iso\"; \
             options \"vers=4.2\"; allow \"loopback-storage\"",
            small()
        )
    };
    switch(lab, 0, &said("/t1/shared"));
    says(&lab.ok("cat /etc/pve/storage.cfg"), &["nfs: nas\n", "export /t1/shared", "dir: plain\n"]);
    says(&lab.ok("grep ' /mnt/pve/nas ' /proc/mounts"), &["127.0.0.1:/t1/shared", "vers=4.2"]);
    lab.holds();
    // The server says no: all is as it was.
    let registered = picture(lab);
    lab.ok("umount /mnt/pve/nas");
    switch(lab, 1, &said("/t1/elsewhere"));
    assert_eq!(picture(lab), registered);
    lab.holds();
    // Proxmox leaves it mounted, and so it would stay in use.
    lab.ok("umount /mnt/pve/nas 2>/dev/null || true");
    lab.exits(0, "rollback --yes");
    assert_eq!(picture(lab), before);
    lab.holds();
}

fn what_a_write_would_lose_is_asked_for_and_kept(lab: &Session) {
    lab.ok(&format!("printf '{LOSSY}' >>/etc/pve/storage.cfg"));
    let before = cfg(lab);
    let sparse = small().replace("\"images\"", "\"images\" sparse=#true");
    let told = switch(lab, 4, &sparse);
    says(&told, &["# what the night shift wrote", "linstordb: l1", "redundancy 2", "--consent storage.cfg"]);
    assert_eq!(cfg(lab), before);
    // What does not write the file asks for nothing.
    switch(lab, 0, &small().replace("\"aa\"  {", "\"aa\" quota=\"40M\" {"));
    assert_eq!(lab.ok("zfs get -Hpo value quota t1/aa"), "41943040");
    assert_eq!(cfg(lab), before);
    // A switch that fails does not claim that all is as it was.
    lab.ok("echo 'set zz' >/run/fail-after");
    let told = exits(lab, 1, &sparse, "switch --yes --consent storage.cfg phoenix.kdl");
    says(&told, &["# what the night shift wrote"]);
    assert!(!cfg(lab).contains("linstordb") && !cfg(lab).contains("sparse"), "{}", cfg(lab));
    let copy = lab.ok("ls -t /var/lib/phoenix/txn/*/storage.cfg | head -n 1");
    assert_eq!(lab.run(&format!("cat {copy}")).out(), before);
    assert_eq!(lab.ok(&format!("stat -c %a {copy}")), "600");
    // Put back by hand, it goes with consent, once.
    lab.ok(&format!("cat {copy} >/etc/pve/storage.cfg"));
    exits(lab, 0, &sparse, "switch --yes --consent storage.cfg phoenix.kdl");
    switch(lab, 0, &small());
    lab.holds();
}

/// Nor does a node without quorum take any change.
fn a_broken_section_stops_registrations_alone(lab: &Session) {
    lab.ok("cp -a /etc/pve/. /root/kept");
    for (broken, told) in [
        ("printf 'zfspool: broken\\n\\tcontent images\\n\\n' >>/etc/pve/storage.cfg", "has no \"pool\""),
        ("echo '{\"nodename\":\"lab\",\"cluster\":{\"quorate\":0}}' >/etc/pve/.members", "no quorum"),
    ] {
        lab.ok(broken);
        let before = cfg(lab);
        says(&switch(lab, 4, &registered("aa", "dir", "")), &[told]);
        switch(lab, 0, &small().replace("\"aa\"  {", "\"aa\" quota=\"50M\" {"));
        lab.exits(0, "rollback --yes");
        assert_eq!(lab.ok("zfs get -Hpo value quota t1/aa"), "0");
        assert_eq!(cfg(lab), before);
        lab.ok("cp -a /root/kept/. /etc/pve/");
    }
    lab.holds();
}

fn nothing_is_concluded_while_the_cluster_is_away(lab: &Session) {
    let before = picture(lab);
    lab.ok("umount /etc/pve");
    assert_eq!(lab.ok("ls /etc/pve"), "");
    let told = lab.exits(2, "status");
    says(&told, &["storage:aa", "storage:zz", "nothing is mounted at /etc/pve"]);
    assert!(!told.contains("missing"), "{told}");
    // As before, it has nothing to do; a quota and the way back are carried out.
    switch(lab, 0, &small());
    switch(lab, 0, &small().replace("\"aa\"  {", "\"aa\" quota=\"50M\" {"));
    lab.exits(0, "rollback --yes");
    assert_eq!(lab.calls(), [""; 0]);
    // What depends on the file is refused, and so is what may lie under a guest.
    says(&switch(lab, 4, &registered("aa", "dir", "")), &["storage:zz", "nothing is mounted at /etc/pve"]);
    says(&switch(lab, 4, &(small() + &registered("mm", "dir", ""))), &["storage:mm"]);
    let moved = registered("aa", "dir", "mountpoint=\"/srv/moved\"") + &registered("zz", "zfspool", "");
    says(&switch(lab, 4, &moved), &["nothing is mounted at /etc/pve"]);
    lab.ok("mount --bind /var/lib/pve-cluster /etc/pve");
    assert_eq!(picture(lab), before);
    switch(lab, 0, &small());
    lab.holds();
}
