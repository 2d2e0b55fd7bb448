//! Taking over a running host, on the real OpenZFS: a host that people and Proxmox have set up is described,
//! taken over with nothing changed but marks, changed by a spec, and gone back on.

use phoenix_lab::{Machine, MachineSpec, Result, mib, prepare_or_skip};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path, time::Duration};

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
mkdir -p /tank/photos/public /srv/plain
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
cat /etc/exports; sort /var/lib/nfs/etab; cat /etc/pve/storage.cfg
grep -v rpc_pipefs /proc/mounts | sort
cat /sys/module/zfs/parameters/zfs_arc_max; ls /etc/exports.d /etc/modprobe.d; find /tank /srv | sort
"#;

struct Lab {
    machine: Machine,
}

impl Lab {
    fn boot() -> Result<Option<Self>> {
        let Some(image) = prepare_or_skip()? else { return Ok(None) };
        let wanted =
            MachineSpec::new().disk("A1", mib(512)).disk("A2", mib(512)).disk("B1", mib(512)).with_nfs();
        let machine = Machine::boot(&image, wanted)?;
        machine.put_program(Path::new(env!("CARGO_BIN_EXE_phoenix")), "/usr/sbin/phoenix")?;
        machine.put_pvesm()?;
        machine.ok(SETUP)?;
        machine.ok("mkdir -p /root/spec")?;
        Ok(Some(Self { machine }))
    }

    /// Runs phoenix in the folder of the spec; returns what it printed, and what it said beside.
    fn phoenix(&self, arguments: &str, code: i32) -> Result<(String, String)> {
        let shell = format!("cd /root/spec && phoenix {arguments} 2>/run/beside");
        let output = self.machine.run_within(&shell, Duration::from_secs(300))?;
        let beside = self.machine.ok("cat /run/beside")?;
        assert_eq!(output.status, Some(code), "phoenix {arguments}: {}{beside}", output.out());
        Ok((output.out(), beside))
    }

    fn picture(&self) -> Result<Vec<String>> {
        Ok(self.machine.ok(PICTURE)?.lines().map(in_order).collect())
    }

    #[track_caller]
    fn is_still(&self, before: &[String], after: &str) -> Result<()> {
        let now = self.picture()?;
        let gone: Vec<&String> = before.iter().filter(|line| !now.contains(line)).collect();
        let new: Vec<&String> = now.iter().filter(|line| !before.contains(line)).collect();
        assert!(gone.is_empty() && new.is_empty(), "{after}: gone {gone:#?}, new {new:#?}");
        assert_eq!(now.len(), before.len(), "{after}");
        Ok(())
    }

    fn spec(&self) -> Result<String> {
        self.machine.ok("cat /root/spec/phoenix.kdl")
    }

    fn edit(&self, old: &str, new: &str) -> Result<()> {
        let text = self.spec()?;
        assert_eq!(text.matches(old).count(), 1, "{old} in:\n{text}");
        self.machine.put_bytes(text.replace(old, new).as_bytes(), "/root/spec/phoenix.kdl", 0o644)
    }

    fn get(&self, property: &str, dataset: &str) -> Result<String> {
        Ok(self.machine.ok(&format!("zfs get -Hp -o value {property} '{dataset}'"))?.trim().to_owned())
    }
}

/// Puts the words of a registration's `content` in order: Proxmox writes them in any.
fn in_order(line: &str) -> String {
    let Some(words) = line.strip_prefix("\tcontent ") else { return line.to_owned() };
    let words: BTreeSet<&str> = words.split(',').collect();
    format!("\tcontent {}", words.into_iter().collect::<Vec<_>>().join(","))
}

#[test]
fn a_running_host_is_taken_over_with_nothing_changed_but_marks() -> Result<()> {
    let Some(lab) = Lab::boot()? else { return Ok(()) };
    let before = lab.picture()?;
    described(&lab)?;
    lab.is_still(&before, "described")?;
    taken_over(&lab)?;
    lab.is_still(&before, "taken over")?;
    stands(&lab)?;
    changed_and_gone_back_from(&lab)?;
    lab.is_still(&before, "gone back")?;
    // What gc may destroy is phoenix's own, and only once no kept generation needs it.
    lab.phoenix("gc --keep 0 --yes", 0)?;
    lab.is_still(&before, "collected")?;
    let_go(&lab)?;
    lab.is_still(&before, "let go")?;
    given_back(&lab)?;
    lab.is_still(&before, "given back")
}

fn described(lab: &Lab) -> Result<()> {
    let (_, beside) = lab.phoenix("import --live --out phoenix.kdl", 0)?;
    let text = lab.spec()?;
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
        "(cifs).",
        "sharenfs \"ro=10.2.0.0/16\"",
    ] {
        assert!(text.contains(line), "{line} in:\n{text}");
    }
    assert!(!text.contains("bob") && !text.contains("/srv/plain"), "{text}");
    lab.phoenix("check", 0)?;
    lab.phoenix("fmt --check phoenix.kdl", 0)?;
    lab.phoenix("build", 0)?;
    Ok(())
}

fn taken_over(lab: &Lab) -> Result<()> {
    let (plan, _) = lab.phoenix("plan --adopt --json phoenix.kdl", 0)?;
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
    lab.phoenix("plan --adopt --out /root/plan.json phoenix.kdl", 0)?;
    lab.machine.ok("zfs set compression=lz4 tank/iso")?;
    let (told, _) = lab.phoenix("switch --yes /root/plan.json", 0)?;
    // What no spec declares is no part of the plan: it is still the truth.
    assert!(told.contains("Generation 1 is current."), "{told}");
    lab.machine.ok("zfs inherit compression tank/iso")?;
    assert_eq!(lab.machine.ok("cat /tank/photos/file")?, "precious\n");
    Ok(())
}

fn stands(lab: &Lab) -> Result<()> {
    let (status, _) = lab.phoenix("status --json", 0)?;
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
        "storage:nas",
    ] {
        assert!(foreign.contains(&key), "{key} in {foreign:?}");
    }
    assert_eq!(status["missing"].as_array().unwrap().len() + status["differs"].as_array().unwrap().len(), 0);
    Ok(())
}

fn changed_and_gone_back_from(lab: &Lab) -> Result<()> {
    // By default it is `on` since OpenZFS 2.2, and was `off`.
    let before = lab.get("compression", "tank/photos")?;
    lab.edit("quota=\"300M\" recordsize=\"1M\"", "quota=\"350M\" recordsize=\"1M\" compression=\"lz4\"")?;
    lab.edit("dataset \"legacy\"", "dataset \"fresh\"\n        dataset \"legacy\"")?;
    lab.phoenix("switch --yes phoenix.kdl", 0)?;
    assert_eq!(lab.get("quota", "tank/photos")?, (350_u64 << 20).to_string());
    assert_eq!(lab.get("compression", "tank/photos")?, "lz4");
    assert_eq!(lab.get("mounted", "tank/fresh")?, "yes");
    lab.phoenix("rollback --yes", 0)?;
    assert_eq!(lab.get("compression", "tank/photos")?, before);
    // It was empty but for nothing: what phoenix made is put away, and does not stand in the picture.
    lab.machine.ok("test -z \"$(zfs list -H -o name | grep '^tank/fresh')\"")?;
    lab.phoenix("status", 0)?;
    Ok(())
}

/// What was taken over and is in no spec any more is let go, and stays.
fn let_go(lab: &Lab) -> Result<()> {
    lab.machine.ok("cd /root/spec && rm phoenix.kdl")?;
    lab.phoenix("import --live --pool 'cold store' --out phoenix.kdl", 0)?;
    let (told, _) = lab.phoenix("switch --yes phoenix.kdl", 0)?;
    assert!(told.contains("pool:tank  left as it is, no longer managed"), "{told}");
    let marks = lab.machine.ok("zfs get -H -o name -s local phoenix:owner | grep -v '/[.]phoenix'")?;
    assert!(marks.lines().all(|name| name.starts_with("cold store")) && !marks.is_empty(), "{marks}");
    Ok(())
}

/// What is taken over again, changed in the same switch and in a later one, has its settings back once it
/// is gone back to before that.
fn given_back(lab: &Lab) -> Result<()> {
    lab.machine.ok("cd /root/spec && rm phoenix.kdl")?;
    lab.phoenix("import --live --out phoenix.kdl", 0)?;
    lab.edit("quota=\"300M\" recordsize=\"1M\"", "quota=\"350M\" recordsize=\"1M\" compression=\"lz4\"")?;
    lab.edit("ashift=12 autotrim=#true", "ashift=12 autotrim=#false")?;
    lab.edit("type=\"dir\" content=\"iso\"", "type=\"dir\" content=\"iso,vztmpl\"")?;
    lab.phoenix("switch --adopt --yes phoenix.kdl", 0)?;
    assert_eq!(lab.machine.ok("zpool get -Ho value autotrim tank")?, "off\n");
    assert!(lab.machine.ok("cat /etc/pve/storage.cfg")?.contains("vztmpl"));
    lab.edit("recordsize=\"1M\"", "recordsize=\"512K\"")?;
    lab.edit("snapdev=\"visible\"", "snapdev=\"hidden\"")?;
    lab.phoenix("switch --yes phoenix.kdl", 0)?;
    assert_eq!(lab.get("recordsize", "tank/photos")?, (512 << 10).to_string());
    assert_eq!(lab.get("snapdev", "tank/thick")?, "hidden");
    lab.phoenix("rollback --yes", 0)?;
    assert_eq!(lab.get("recordsize", "tank/photos")?, (1 << 20).to_string());
    assert_eq!(lab.get("compression", "tank/photos")?, "lz4");
    let (told, _) = lab.phoenix("rollback --yes", 0)?;
    assert!(told.contains("pool:tank"), "{told}");
    lab.phoenix("status", 0)?;
    Ok(())
}
