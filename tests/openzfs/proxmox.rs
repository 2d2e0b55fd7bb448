//! Proxmox beside phoenix, on the real OpenZFS with a stand-in for `pvesm`: many registrations at once, guests,
//! what a write would lose, a broken file, and an `/etc/pve` that is away, in the virtual machine of `tests/lab`.
//!
//! One machine carries all of it.

use phoenix_lab::{Machine, MachineSpec, Result, mib, prepare_or_skip};
use std::{path::Path, time::Duration};

/// Writes down what is run and whether two run at once; fails a call that `/run/fail-before` or
/// `/run/fail-after` names, before or after it has done its work.
const WRAP: &str = r#"
mv /usr/sbin/pvesm /usr/sbin/pvesm.real
cat >/usr/sbin/pvesm <<'WRAPPED'
#!/bin/bash
echo "$*" >>/run/calls
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
WRAPPED
chmod 755 /usr/sbin/pvesm
"#;

/// What a person could see change: datasets with what is set on them, what is mounted, and the registrations.
const PICTURE: &str = r"
zfs get -Hp -t filesystem -s local all | grep -v -e phoenix: -e '/[.]phoenix'
zfs list -H -o name,mounted,mountpoint | grep -v '/[.]phoenix'
tr , '\n' </etc/pve/storage.cfg | sort
";

const LOSSY: &str = "# what the night shift wrote\nlinstordb: l1\n\tredundancy 2\n\n";

struct Lab {
    machine: Machine,
}

impl Lab {
    fn boot() -> Result<Option<Self>> {
        let Some(image) = prepare_or_skip()? else { return Ok(None) };
        let machine = Machine::boot(&image, MachineSpec::new().disk("ONE", mib(256)).with_nfs())?;
        machine.put_program(Path::new(env!("CARGO_BIN_EXE_phoenix")), "/usr/sbin/phoenix")?;
        machine.put_pvesm()?;
        machine.ok(WRAP)?;
        Ok(Some(Self { machine }))
    }

    /// Runs phoenix with a spec whose pool has these datasets, and a fresh list of calls.
    #[track_caller]
    fn exits(&self, code: i32, datasets: &str, arguments: &str) -> String {
        let text = format!(
            "edition 1\nhost \"box\" {{\n  pool \"t1\" {{\n    allow \"no-redundancy\"\n    \
             disk \"/dev/disk/by-id/virtio-ONE\"\n{datasets}\n  }}\n}}\n"
        );
        self.machine.put_bytes(text.as_bytes(), "/root/spec/phoenix.kdl", 0o644).unwrap();
        let shell = format!("cd /root/spec && : >/run/calls && phoenix {arguments} 2>&1");
        let output = self.machine.run_within(&shell, Duration::from_secs(300)).unwrap();
        let calls = self.calls();
        assert_eq!(output.status, Some(code), "phoenix {arguments}: {}\ncalls: {calls:#?}", output.out());
        assert!(!calls.iter().any(|call| call == "two at once"), "{calls:#?}");
        output.out()
    }

    #[track_caller]
    fn switch(&self, code: i32, datasets: &str) -> String {
        self.exits(code, datasets, "switch --yes phoenix.kdl")
    }

    #[track_caller]
    fn stands(&self) {
        self.verb(0, "status");
    }

    #[track_caller]
    fn verb(&self, code: i32, arguments: &str) -> String {
        let shell = format!("cd /root/spec && : >/run/calls && phoenix {arguments} 2>&1");
        let output = self.machine.run_within(&shell, Duration::from_secs(300)).unwrap();
        assert_eq!(output.status, Some(code), "phoenix {arguments}: {}", output.out());
        output.out()
    }

    fn calls(&self) -> Vec<String> {
        self.ok("cat /run/calls").lines().map(str::to_owned).collect()
    }

    #[track_caller]
    fn ok(&self, shell: &str) -> String {
        self.machine.ok(shell).unwrap()
    }

    #[track_caller]
    fn picture(&self) -> String {
        self.ok(PICTURE)
    }

    #[track_caller]
    fn cfg(&self) -> String {
        self.ok("cat /etc/pve/storage.cfg")
    }
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

/// A dataset with a registration of this type for itself.
fn registered(name: &str, kind: &str, more: &str) -> String {
    let content = if kind == "dir" { "iso" } else { "images" };
    format!("dataset \"{name}\" {more} {{ proxmox \"{name}\" type=\"{kind}\" content=\"{content}\"; }}\n")
}

fn small() -> String {
    registered("aa", "dir", "") + &registered("zz", "zfspool", "")
}

#[test]
fn proxmox_and_its_guests_lose_nothing_beside_phoenix() -> Result<()> {
    let Some(lab) = Lab::boot()? else { return Ok(()) };
    nineteen_registrations_at_once_starve_on_no_lock(&lab)?;
    a_failed_set_is_undone_by_set(&lab);
    a_changed_path_is_undone_once_the_mount_is_back(&lab);
    what_is_not_in_force_is_drift(&lab);
    what_a_guest_names_keeps_its_ground(&lab);
    an_adopted_registration_keeps_its_dataset(&lab);
    local_is_only_ever_set(&lab);
    what_a_write_would_lose_is_asked_for_and_kept(&lab);
    a_broken_section_stops_registrations_alone(&lab);
    nothing_is_concluded_while_the_cluster_is_away(&lab);
    Ok(())
}

/// Sixteen at once, datasets and their registrations in one switch, and somebody else holds the lock for longer
/// than `pvesm` waits for it.
fn nineteen_registrations_at_once_starve_on_no_lock(lab: &Lab) -> Result<()> {
    let name = |at: usize| format!("r{at:02}");
    let kind = |at: usize| if at.is_multiple_of(2) { "dir" } else { "zfspool" };
    let many: String = (0..19).map(|at| registered(&name(at), kind(at), "")).collect();
    lab.ok("mkdir -p /root/spec; : >/run/pvesm.lock");
    let holder = lab.machine.start(
        "exec 9>/run/pvesm.lock; flock 9; echo held; \
         until grep -q add /run/calls; do sleep 0.1; done; sleep 11",
    )?;
    holder.wait_for("held", Duration::from_secs(30))?;
    lab.exits(0, &many, "switch --yes --jobs 16 phoenix.kdl");
    let adds = lab.calls().into_iter().filter(|call| call.starts_with("add ")).count();
    assert!(adds > 19, "no lock was waited for: {:#?}", lab.calls());
    holder.wait(Duration::from_secs(30))?;
    lab.stands();
    for at in 0..19 {
        let (name, kind) = (name(at), kind(at));
        says(&lab.cfg(), &[&format!("{kind}: {name}\n")]);
        assert_eq!(lab.ok(&format!("zfs get -H -o value mounted t1/{name}")), "yes\n");
    }
    // What Proxmox makes below a registered path lies in the dataset, not under its mount.
    lab.ok("zfs unmount t1/r00 && test -z \"$(ls -A /t1/r00)\" && zfs mount t1/r00 && test -d /t1/r00/template/iso");
    assert!(lab.exits(0, &many, "switch --yes phoenix.kdl").contains("Nothing to do"));
    assert_eq!(lab.calls(), [""; 0]);
    // All of them go and come, and two stay.
    lab.exits(0, &small(), "switch --yes --jobs 16 phoenix.kdl");
    lab.stands();
    assert_eq!(lab.cfg().matches(": r").count(), 0);
    Ok(())
}

fn a_failed_set_is_undone_by_set(lab: &Lab) {
    let before = lab.picture();
    lab.ok("echo 'set zz' >/run/fail-after");
    lab.switch(1, &small().replace("content=\"images\"", "content=\"rootdir\" sparse=#true"));
    let calls = lab.calls();
    assert_eq!(calls.len(), 2, "{calls:#?}");
    assert!(calls.iter().all(|call| call.starts_with("set zz ")), "{calls:#?}");
    assert_eq!(lab.picture(), before);
    lab.stands();
}

fn a_changed_path_is_undone_once_the_mount_is_back(lab: &Lab) {
    let before = lab.picture();
    let moved = registered("aa", "dir", "mountpoint=\"/srv/moved\"");
    lab.ok("echo 'set zz' >/run/fail-before");
    lab.switch(
        1,
        &(moved.clone() + &registered("zz", "zfspool", "").replace("\"images\"", "\"images\" sparse=#true")),
    );
    let calls = lab.calls();
    assert_eq!(calls.iter().filter(|call| call.starts_with("add dir aa ")).count(), 2, "{calls:#?}");
    assert_eq!(lab.picture(), before);
    lab.stands();
    // Where nothing fails it moves, and comes back.
    lab.switch(0, &(moved + &registered("zz", "zfspool", "")));
    says(&lab.cfg(), &["path /srv/moved"]);
    lab.stands();
    lab.verb(0, "rollback --yes");
    assert_eq!(lab.picture(), before);
    lab.stands();
}

fn what_is_not_in_force_is_drift(lab: &Lab) {
    let before = lab.picture();
    for by_hand in ["--disable 1", "--nodes far"] {
        lab.ok(&format!("pvesm.real set zz {by_hand}"));
        says(&lab.verb(2, "status"), &["storage:zz"]);
        lab.switch(0, &small());
        lab.stands();
        assert_eq!(lab.picture(), before);
    }
}

fn what_a_guest_names_keeps_its_ground(lab: &Lab) {
    let before = lab.picture();
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
        says(&lab.switch(4, spec), &[told]);
        assert_eq!(lab.calls(), [""; 0]);
        assert_eq!(lab.picture(), before);
        // What takes nothing from a guest goes on.
        lab.switch(0, &small());
        lab.ok(&format!("rm {path}"));
    }
}

fn an_adopted_registration_keeps_its_dataset(lab: &Lab) {
    let bare = small() + "dataset \"mm\"";
    lab.switch(0, &bare);
    lab.ok("pvesm.real add dir mm --path /t1/mm --content iso --is_mountpoint yes");
    let before = lab.picture();
    lab.exits(0, &(small() + &registered("mm", "dir", "")), "switch --yes --adopt phoenix.kdl");
    assert_eq!(lab.picture(), before);
    // Both go from the spec: the registration was somebody else's, and would be left over nothing.
    says(&lab.switch(4, &small()), &["stays registered with Proxmox as mm"]);
    assert_eq!(lab.picture(), before);
    // Let go of alone, it stays.
    lab.switch(0, &bare);
    assert_eq!(lab.picture(), before);
    lab.ok("pvesm.real remove mm");
    lab.switch(0, &small());
    lab.stands();
}

/// Proxmox has `local` whatever its file says: adding it fails, and removing it brings it back.
fn local_is_only_ever_set(lab: &Lab) {
    let vz = "dataset \"vz\" mountpoint=\"/var/lib/vz\"";
    lab.switch(0, &(small() + vz));
    let before = lab.picture();
    let with_local = format!("{vz} {{ proxmox \"local\" type=\"dir\" content=\"iso\"; }}");
    lab.exits(0, &(small() + &with_local), "switch --yes --adopt phoenix.kdl");
    says(&lab.ok("cat /etc/pve/storage.cfg"), &["dir: local\n"]);
    let calls = lab.calls();
    assert!(!calls.is_empty() && calls.iter().all(|call| call.starts_with("set local ")), "{calls:#?}");
    lab.stands();
    lab.verb(0, "rollback --yes");
    let calls = lab.calls();
    assert!(!calls.is_empty() && calls.iter().all(|call| call.starts_with("set local ")), "{calls:#?}");
    assert_eq!(lab.picture(), before);
    lab.stands();
    // The dataset goes, and `local` is the folder below.
    says(&lab.switch(0, &small()), &["Proxmox's `local` lies in it"]);
    lab.stands();
    assert_eq!(lab.calls(), [""; 0]);
}

fn what_a_write_would_lose_is_asked_for_and_kept(lab: &Lab) {
    lab.ok(&format!("printf '{LOSSY}' >>/etc/pve/storage.cfg"));
    let before = lab.cfg();
    let sparse = small().replace("\"images\"", "\"images\" sparse=#true");
    let told = lab.switch(4, &sparse);
    says(&told, &["# what the night shift wrote", "linstordb: l1", "redundancy 2", "--consent storage.cfg"]);
    assert_eq!(lab.cfg(), before);
    // What does not write the file asks for nothing.
    lab.switch(0, &small().replace("\"aa\"  {", "\"aa\" quota=\"40M\" {"));
    assert_eq!(lab.ok("zfs get -Hpo value quota t1/aa"), "41943040\n");
    assert_eq!(lab.cfg(), before);
    // A switch that fails does not claim that all is as it was.
    lab.ok("echo 'set zz' >/run/fail-after");
    let told = lab.exits(1, &sparse, "switch --yes --consent storage.cfg phoenix.kdl");
    says(&told, &["# what the night shift wrote"]);
    assert!(!lab.cfg().contains("linstordb") && !lab.cfg().contains("sparse"), "{}", lab.cfg());
    let copy = lab.ok("ls -t /var/lib/phoenix/txn/*/storage.cfg | head -n 1");
    let copy = copy.trim();
    assert_eq!(lab.ok(&format!("cat {copy}")), before);
    assert_eq!(lab.ok(&format!("stat -c %a {copy}")), "600\n");
    // Put back by hand, it goes with consent, once.
    lab.ok(&format!("cat {copy} >/etc/pve/storage.cfg"));
    lab.exits(0, &sparse, "switch --yes --consent storage.cfg phoenix.kdl");
    lab.switch(0, &small());
    lab.stands();
}

/// Nor does a node without quorum take any change.
fn a_broken_section_stops_registrations_alone(lab: &Lab) {
    lab.ok("cp -a /etc/pve/. /root/kept");
    for (broken, told) in [
        ("printf 'zfspool: broken\\n\\tcontent images\\n\\n' >>/etc/pve/storage.cfg", "has no \"pool\""),
        ("echo '{\"nodename\":\"lab\",\"cluster\":{\"quorate\":0}}' >/etc/pve/.members", "no quorum"),
    ] {
        lab.ok(broken);
        let before = lab.cfg();
        says(&lab.switch(4, &registered("aa", "dir", "")), &[told]);
        lab.switch(0, &small().replace("\"aa\"  {", "\"aa\" quota=\"50M\" {"));
        lab.verb(0, "rollback --yes");
        assert_eq!(lab.ok("zfs get -Hpo value quota t1/aa"), "0\n");
        assert_eq!(lab.cfg(), before);
        lab.ok("cp -a /root/kept/. /etc/pve/");
    }
    lab.stands();
}

fn nothing_is_concluded_while_the_cluster_is_away(lab: &Lab) {
    let before = lab.picture();
    lab.ok("umount /etc/pve");
    assert_eq!(lab.ok("ls /etc/pve"), "");
    let told = lab.verb(2, "status");
    says(&told, &["storage:aa", "storage:zz", "nothing is mounted at /etc/pve"]);
    assert!(!told.contains("missing"), "{told}");
    // As before, it has nothing to do; a quota and the way back are carried out.
    lab.switch(0, &small());
    lab.switch(0, &small().replace("\"aa\"  {", "\"aa\" quota=\"50M\" {"));
    lab.verb(0, "rollback --yes");
    assert_eq!(lab.calls(), [""; 0]);
    // What depends on the file is refused, and so is what may lie under a guest.
    says(&lab.switch(4, &registered("aa", "dir", "")), &["storage:zz", "nothing is mounted at /etc/pve"]);
    says(&lab.switch(4, &(small() + &registered("mm", "dir", ""))), &["storage:mm"]);
    let moved = registered("aa", "dir", "mountpoint=\"/srv/moved\"") + &registered("zz", "zfspool", "");
    says(&lab.switch(4, &moved), &["nothing is mounted at /etc/pve"]);
    lab.ok("mount --bind /var/lib/pve-cluster /etc/pve");
    assert_eq!(lab.picture(), before);
    lab.switch(0, &small());
    lab.stands();
}
