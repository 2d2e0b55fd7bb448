//! Taking over a running host, on the real OpenZFS: a host that people and Proxmox have set up is described,
//! taken over with nothing changed but marks, changed by a spec, and gone back on.

use phoenix_lab::{MachineSpec, Session, mib};
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn a_running_host_is_taken_over_with_nothing_changed_but_marks() {
    let Some(lab) = &mut boot() else { return };
    let before = picture(lab);
    described(lab);
    is_still(lab, &before, "described");
    taken_over(lab);
    is_still(lab, &before, "taken over");
    stands(lab);
    changed_and_gone_back_from(lab);
    is_still(lab, &before, "gone back");
    // What gc may destroy is phoenix's own, and only once no kept generation needs it.
    lab.exits(0, "gc --keep 0 --yes");
    is_still(lab, &before, "collected");
    let_go(lab);
    is_still(lab, &before, "let go");
    given_back(lab);
    is_still(lab, &before, "given back")
}

/// What people have done on the host before.
const SETUP: &str = r#"
set -e
dev=/dev/disk/by-id/virtio
zpool create -o ashift=12 -o autotrim=on -O atime=off -O com.sun:auto-snapshot=false tank mirror $dev-A1 $dev-A2
# A pool with a blank in its name, by the kernel's name of the disk.
zpool create -o comment=archive -O compression=zstd -m "/srv/cold store" "cold store" "$(readlink -f $dev-B1)"
zfs create -o quota=300M -o recordsize=1M -o org.site:note='two  "words", a\b' tank/photos
zfs create -o mountpoint="/srv/raw files" -o quota=400M "tank/photos/raw files"
mkdir -p /srv/legacy
zfs create -o mountpoint=legacy tank/legacy
mount -t zfs tank/legacy /srv/legacy
zfs create -o canmount=off -o org.site:lines="$(printf 'one\ntwo\tthree')" tank/group
zfs create -o compression=zstd-7 -o exec=off -o acltype=posix -o xattr=sa tank/group/x.y
zfs create -o canmount=noauto -o mountpoint=/srv/noauto tank/noauto
zfs create -o utf8only=on -o casesensitivity=insensitive -o normalization=formD tank/smb
zfs create -V 64M -s -o volblocksize=8K tank/thin
zfs create -V 64M -o snapdev=visible tank/thick
zfs create -o sync=disabled -o reservation=10M -o filesystem_limit=5 "cold store/scratch"
zfs create tank/away
echo precious >/tank/photos/file
zfs snapshot tank/photos@before
zfs clone tank/photos@before tank/clone
zfs snapshot tank/group/x.y@sent
zfs send -p tank/group/x.y@sent | zfs receive -u "cold store/copy"
zfs mount "cold store/copy"
head -c 32 /dev/urandom >/root/key
for name in secret locked; do
    zfs create -o encryption=on -o keyformat=raw -o keylocation=file:///root/key tank/$name
done
zfs create tank/secret/inner
zfs unmount tank/locked
zfs unload-key tank/locked
zfs create tank/vms
zfs create tank/vms/subvol-101-disk-0
zfs create -V 16M -s tank/vms/vm-100-disk-0
zfs create tank/iso
pvesm add zfspool guests --pool tank/vms --content images,rootdir --sparse 1
pvesm add dir iso --path /tank/iso --content iso --is_mountpoint yes
pvesm add dir loose --path /tank/photos --content backup
printf 'cifs: nas\n\tpath /mnt/pve/nas\n\tserver 10.0.0.1\n\tshare backup\n\tusername bob\n\tcontent backup\n\n' >>/etc/pve/storage.cfg
mkdir -p /etc/pve/priv/storage
(umask 077; printf hunter2 >/etc/pve/priv/storage/nas.pw)
mkdir -p /tank/photos/public /srv/plain
echo one >/tank/photos/public/list
cat >/etc/pve/nodes/lab/lxc/101.conf <<END
arch: amd64
mp0: /tank/photos,mp=/mnt/photos,ro=1,mountoptions=noatime
mp1: /tank/photos/public,mp=/mnt/public
mp2: /srv/plain,mp=/mnt/plain
mp3: /tank/photos/public/list,mp=/etc/list
ostype: debian
unprivileged: 1
END
cat >/etc/exports <<END
/tank/photos 127.0.0.0/8(rw,no_root_squash,no_subtree_check) 10.1.0.0/16(ro,no_subtree_check)
"/srv/raw files" 127.0.0.1(ro,no_subtree_check)
/tank/photos/public 127.0.0.1(ro,no_subtree_check)
/srv/plain 127.0.0.1(ro,no_subtree_check)
END
zfs set sharenfs=ro=10.2.0.0/16 tank/smb
exportfs -ra
echo 134217728 >/sys/module/zfs/parameters/zfs_arc_max
zfs unmount tank/away
udevadm settle
"#;

/// Everything that a person could see change, without phoenix's marks.
const PICTURE: &str = r#"
zfs get -Hp -t filesystem,volume -s local,received all | grep -v -e "$(printf '\t')phoenix:" -e _count -e '^[a-z ]*/[.]phoenix'
zfs get -Hp -t filesystem,volume -o name,property,value mounted,mountpoint,canmount,volsize,refreservation,origin,keystatus | grep -v '/[.]phoenix'
zpool get -Hp -o name,property,value autotrim,ashift,comment,autoexpand,failmode,cachefile
zpool status -P | grep -e /dev -e mirror
cat /etc/exports /etc/pve/nodes/lab/lxc/101.conf; sort /var/lib/nfs/etab; cat /etc/pve/storage.cfg /etc/pve/priv/storage/*
grep -v rpc_pipefs /proc/mounts | sort
cat /sys/module/zfs/parameters/zfs_arc_max; ls /etc/exports.d /etc/modprobe.d; find /tank /srv | sort
"#;

fn boot() -> Option<Session> {
    let wanted = MachineSpec::new().disk("A1", mib(512)).disk("A2", mib(512)).disk("B1", mib(512)).with_nfs();
    let lab = super::boot(wanted)?;
    lab.put_pvesm();
    lab.ok(SETUP);
    Some(lab)
}

fn picture(lab: &Session) -> Vec<String> {
    lab.ok(PICTURE).lines().map(in_order).collect()
}

#[track_caller]
fn is_still(lab: &Session, before: &[String], after: &str) {
    let now = picture(lab);
    let gone: Vec<&String> = before.iter().filter(|line| !now.contains(line)).collect();
    let new: Vec<&String> = now.iter().filter(|line| !before.contains(line)).collect();
    assert!(gone.is_empty() && new.is_empty(), "{after}: gone {gone:#?}, new {new:#?}");
    assert_eq!(now.len(), before.len(), "{after}");
}

/// Runs phoenix, which does what is asked: returns what it printed, and what it said beside.
#[track_caller]
fn phoenix(lab: &Session, arguments: &str) -> (String, String) {
    let output = lab.run(&format!("cd /root && phoenix {arguments}"));
    assert!(output.ok(), "phoenix {arguments}: {output}");
    (output.out(), output.err())
}

fn spec(lab: &Session) -> String {
    lab.ok("cat /root/phoenix.kdl")
}

#[track_caller]
fn edit(lab: &Session, old: &str, new: &str) {
    let text = spec(lab);
    assert_eq!(text.matches(old).count(), 1, "{old} in:\n{text}");
    lab.put("phoenix.kdl", text.replace(old, new));
}

/// Puts the words of a registration's `content` in order: Proxmox writes them in any.
fn in_order(line: &str) -> String {
    let Some(words) = line.strip_prefix("\tcontent ") else { return line.to_owned() };
    let words: BTreeSet<&str> = words.split(',').collect();
    format!("\tcontent {}", words.into_iter().collect::<Vec<_>>().join(","))
}

fn described(lab: &Session) {
    let (_, beside) = phoenix(lab, "import --live --out phoenix.kdl");
    let text = spec(lab);
    assert!(beside.contains("changes nothing on this host but phoenix's marks"), "{beside}\n{text}");
    for line in [
        "pool \"tank\" ashift=12 autotrim=#true {",
        "disk \"/dev/disk/by-id/virtio-A1\"",
        "pool \"cold store\" comment=\"archive\" {",
        "disk \"/dev/disk/by-id/virtio-B1\"",
        "root compression=\"zstd\" mountpoint=\"/srv/cold store\"",
        "dataset \"photos\" \"org.site:note\"=\"two  \\\"words\\\", a\\\\b\" quota=\"300M\" recordsize=\"1M\" {",
        "dataset \"raw files\" mountpoint=\"/srv/raw files\" {",
        "// Left out: quota \"400M\": the quota of",
        "dataset \"legacy\" mountpoint=\"legacy\"",
        "dataset \"noauto\" canmount=\"noauto\" mountpoint=\"/srv/noauto\"",
        "volume \"thick\" size=\"64M\" snapdev=\"visible\"",
        "volume \"thin\" size=\"64M\" sparse=#true volblocksize=\"8K\"",
        "dataset \"scratch\" filesystem_limit=5 reservation=\"10M\" sync=\"disabled\"",
        "// Left out: it is not mounted, and declared it would be.",
        "// dataset \"away\"",
        "// It is a clone of tank/photos@before, which a spec does not say.",
        "encryption \"aes-256-gcm\"\n",
        "keylocation \"file:///root/key\"\n",
        "// Left out: it is encrypted (aes-256-gcm) and its key is not loaded",
        "// Disks of guests, which are Proxmox's to keep: subvol-101-disk-0, vm-100-disk-0.",
        "proxmox \"guests\" type=\"zfspool\" content=\"images,rootdir\" sparse=#true",
        "proxmox \"iso\" type=\"dir\" content=\"iso\"",
        "// Left out: declared, its is_mountpoint would change from no to yes.",
        "// zfs_arc_max is 134217728",
        "// It is exported to 10.1.0.0/16 (ro,sync) by /etc/exports, and stays so.",
        "// /tank/photos/public, a folder in it, is exported to 127.0.0.1",
        "// Left out: org.site:lines one\\ntwo\\tthree: a user property's value has no tabs",
        "by `sharenfs`, and stays so.",
        "proxmox \"nas\" {\n        // Its password stays as Proxmox keeps it. Name a file",
        "type \"cifs\"\n",
        "username \"bob\"\n",
        "stay as they are: local (dir).\n",
        "sharenfs \"ro=10.2.0.0/16\"",
        "lxc 101 at=\"/mnt/photos\" mountoptions=\"noatime\" ro=#true",
        "lxc 101 at=\"/mnt/public\" subdirectory=\"public\"",
    ] {
        assert!(text.contains(line), "{line} in:\n{text}");
    }
    assert!(!text.contains("hunter2") && !text.contains("/srv/plain"), "{text}");
    lab.exits(0, "check");
    lab.exits(0, "fmt --check phoenix.kdl");
    lab.exits(0, "build");
}

fn taken_over(lab: &Session) {
    let (plan, _) = phoenix(lab, "plan --adopt --json phoenix.kdl");
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let mut marks = 0;
    for action in plan["actions"].as_array().unwrap() {
        if action["subject"] == "files in /etc" {
            continue;
        }
        assert_eq!(action["kind"], "adopt", "{action}");
        for change in action["changes"].as_array().unwrap() {
            assert_eq!(change["setting"], "phoenix:owner", "{action}");
            marks += 1;
        }
    }
    assert!(marks >= 18, "{plan}");
    // Reviewed by one, carried out by another.
    lab.exits(0, "plan --adopt --out /root/plan.json phoenix.kdl");
    lab.ok("zfs set compression=lz4 tank/iso");
    let (told, _) = phoenix(lab, "switch --yes /root/plan.json");
    // What no spec declares is no part of the plan: it is still the truth.
    assert!(told.contains("Generation 1 is current."), "{told}");
    lab.ok("zfs inherit compression tank/iso");
    assert_eq!(lab.ok("cat /tank/photos/file"), "precious");
}

fn stands(lab: &Session) {
    let (status, _) = phoenix(lab, "status --json");
    let status: Value = serde_json::from_str(&status).unwrap();
    let foreign: Vec<&str> =
        status["foreign"].as_array().unwrap().iter().map(|one| one["key"].as_str().unwrap()).collect();
    for key in [
        "dataset:tank/away",
        "dataset:tank/locked",
        "dataset:tank/vms/subvol-101-disk-0",
        "volume:tank/vms/vm-100-disk-0",
        "export:/tank/photos",
        "export:/srv/plain",
        "storage:loose",
        "bind:lxc/101/etc/list",
    ] {
        assert!(foreign.contains(&key), "{key} in {foreign:?}");
    }
    assert!(!foreign.iter().any(|key| key.contains("101/mnt/")), "{foreign:?}");
    assert_eq!(status["missing"].as_array().unwrap().len() + status["differs"].as_array().unwrap().len(), 0);
}

fn changed_and_gone_back_from(lab: &Session) {
    // By default it is `on` since OpenZFS 2.2, and was `off`.
    let before = lab.get("compression", "tank/photos");
    edit(lab, "quota=\"300M\" recordsize=\"1M\"", "quota=\"350M\" recordsize=\"1M\" compression=\"lz4\"");
    edit(lab, "dataset \"legacy\"", "dataset \"fresh\"\n        dataset \"legacy\"");
    lab.exits(0, "switch --yes phoenix.kdl");
    assert_eq!(lab.get("quota", "tank/photos"), (350_u64 << 20).to_string());
    assert_eq!(lab.get("compression", "tank/photos"), "lz4");
    assert_eq!(lab.get("mounted", "tank/fresh"), "yes");
    lab.exits(0, "rollback --yes");
    assert_eq!(lab.get("compression", "tank/photos"), before);
    // It was empty but for nothing: what phoenix made is put away, and does not stand in the picture.
    lab.ok("test -z \"$(zfs list -H -o name | grep '^tank/fresh')\"");
    lab.exits(0, "status");
}

/// What was taken over and is in no spec any more is let go, and stays.
fn let_go(lab: &Session) {
    lab.ok("cd /root && rm phoenix.kdl");
    lab.exits(0, "import --live --pool 'cold store' --out phoenix.kdl");
    let (told, _) = phoenix(lab, "switch --yes phoenix.kdl");
    assert!(told.contains("pool:tank  left as it is, no longer managed"), "{told}");
    let marks = lab.ok("zfs get -H -o name -s local phoenix:owner | grep -v '/[.]phoenix'");
    assert!(marks.lines().all(|name| name.starts_with("cold store")) && !marks.is_empty(), "{marks}");
}

/// What is taken over again, changed in the same switch and in a later one, has its settings back once it
/// is gone back to before that.
fn given_back(lab: &Session) {
    lab.ok("cd /root && rm phoenix.kdl");
    lab.exits(0, "import --live --out phoenix.kdl");
    edit(lab, "quota=\"300M\" recordsize=\"1M\"", "quota=\"350M\" recordsize=\"1M\" compression=\"lz4\"");
    edit(lab, "ashift=12 autotrim=#true", "ashift=12 autotrim=#false");
    edit(lab, "type=\"dir\" content=\"iso\"", "type=\"dir\" content=\"iso,vztmpl\"");
    lab.exits(0, "switch --adopt --yes phoenix.kdl");
    assert_eq!(lab.ok("zpool get -Ho value autotrim tank"), "off");
    assert!(lab.ok("cat /etc/pve/storage.cfg").contains("vztmpl"));
    edit(lab, "recordsize=\"1M\"", "recordsize=\"512K\"");
    edit(lab, "snapdev=\"visible\"", "snapdev=\"hidden\"");
    lab.exits(0, "switch --yes phoenix.kdl");
    assert_eq!(lab.get("recordsize", "tank/photos"), (512 << 10).to_string());
    assert_eq!(lab.get("snapdev", "tank/thick"), "hidden");
    lab.exits(0, "rollback --yes");
    assert_eq!(lab.get("recordsize", "tank/photos"), (1 << 20).to_string());
    assert_eq!(lab.get("compression", "tank/photos"), "lz4");
    let (told, _) = phoenix(lab, "rollback --yes");
    assert!(told.contains("pool:tank"), "{told}");
    lab.exits(0, "status");
}
