use super::*;
use crate::observed::GuestKind;
use crate::text::directory_cfg;

fn found(text: &[u8]) -> Vec<String> {
    let guest = Guest { kind: GuestKind::Container, id: 101, node: "pve".into() };
    let shared = directory_cfg::read(b"media\n\tmap node=pve,path=/tank/media\n\tmap path=/srv/media,node=two\n\nother\n\tmap node=pve,path=/o\n").paths;
    uses(&guest, text, &shared)
        .into_iter()
        .map(|found| {
            let section = found.section.map(|name| format!("[{name}] ")).unwrap_or_default();
            let named = match found.named {
                Named::Volume { storage, volume } => format!("volume {storage} {volume}"),
                Named::Path(path) => format!("path {path}"),
                Named::Text(text) => format!("text {text}"),
            };
            format!("{section}{}: {named}", found.key)
        })
        .collect()
}

#[test]
fn volumes_and_paths_of_every_section_are_found() {
    let text = b"#mp9: /in/a/note\narch: amd64\nhostname: scsi0\nmp0: /tank/media,mp=/media,ro=1\nmp1: volume=vms:subvol-101-disk-1,mp=/x\n\
        net0: name=eth0,hwaddr=BC:24:11:00:00:01\nrootfs: vms:subvol-101-disk-0,size=8G\nunused0: vms:old\n\
        lxc.mount.entry: /tank/raw mnt none bind 0 0\nlxc.mount.entry = /tank/more x none bind\n\n[pve:pending]\ndelete: mp1\nmp2: /tank/next,mp=/n\n\n[before]\nmp3: /tank/old,mp=/o\n";
    assert_eq!(
        found(text),
        [
            "mp0: path /tank/media",
            "mp1: volume vms subvol-101-disk-1",
            "rootfs: volume vms subvol-101-disk-0",
            "unused0: volume vms old",
            "lxc.mount.entry: text /tank/raw mnt none bind 0 0",
            "lxc.mount.entry: text /tank/more x none bind",
            "[pve:pending] mp2: path /tank/next",
            "[before] mp3: path /tank/old",
        ]
    );
}

#[test]
fn machines_name_disks_images_snippets_and_folders() {
    let text = b"scsi0: vms:base-9-disk-0/vm-100-disk-0,iothread=1\nide2: local:iso/debian.iso,media=cdrom\nide0: none,media=cdrom\n\
        efidisk0: file=vms:vm-100-disk-1,size=4M\nvirtio3: /dev/zvol/tank/raw,size=1G\ncicustom: user=local:snippets/u.yaml,vendor=share:snippets/v.yaml\n\
        hookscript: local:snippets/h.pl\nvirtiofs0: dirid=media,cache=auto\nvirtiofs1: other\nargs: -drive file=/tank/img\n[s]\nvmstate: vms:vm-100-state-s\n";
    assert_eq!(
        found(text),
        [
            "scsi0: volume vms base-9-disk-0/vm-100-disk-0",
            "ide2: volume local iso/debian.iso",
            "efidisk0: volume vms vm-100-disk-1",
            "virtio3: path /dev/zvol/tank/raw",
            "cicustom: volume local snippets/u.yaml",
            "cicustom: volume share snippets/v.yaml",
            "hookscript: volume local snippets/h.pl",
            "virtiofs0: path /tank/media",
            "virtiofs0: path /srv/media",
            "virtiofs1: path /o",
            "args: text -drive file=/tank/img",
            "[s] vmstate: volume vms vm-100-state-s",
        ]
    );
}

#[test]
fn hostile_and_foreign_bytes_are_read() {
    assert_eq!(found(b"mp0: /tank/m\xe9dia,mp=/m\n"), ["mp0: path /tank/m\u{e9}dia"]);
    assert_eq!(found("mp0: /tank/m\u{e9}dia,mp=/m\n".as_bytes()), ["mp0: path /tank/m\u{e9}dia"]);
    assert_eq!(found(b"mp0: /a=b,mp=/m\r\nmp1:\n:\n[\n]\nmp2: ,,,\nrootfs: :\n\x00\xff"), ["mp0: path /a=b"]);
}

#[test]
fn what_is_told_of_a_guest_cannot_act_on_a_terminal() {
    let guest = Guest { kind: GuestKind::Machine, id: 1, node: "a\x1b[2J".into() };
    let uses = uses(&guest, b"[x\x1b]\nscsi0: a:b\n", &[]);
    assert_eq!(uses[0].to_string(), "machine 1 on node a\\u{1b}[2J (scsi0 in [x\\u{1b}])");
}
