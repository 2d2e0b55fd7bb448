//! Pages about exports and registrations.

use super::{Example::Pool, Page, page};
use crate::diagnostic::Code;

pub const PAGES: &[Page] = &[
    page(
        Code::PermissionsUnmounted,
        "Owner and mode would go to the empty directory below, on the disk that the system boots from.",
        Pool(
            r#"dataset "shared" canmount="off" {
    permissions owner="media"
}"#,
        ),
        Pool(
            r#"dataset "shared" {
    permissions owner="media"
}"#,
        ),
    ),
    page(
        Code::EmptyPermissions,
        "Somebody meant to say who may do what; the next reader would believe that it is said.",
        Pool(
            r#"dataset "shared" {
    permissions
}"#,
        ),
        Pool(
            r#"dataset "shared" {
    permissions group="media" mode="2770"
}"#,
        ),
    ),
    page(
        Code::WorldWritable,
        "One compromised guest that mounts the export can remove or replace the files of all the others.",
        Pool(
            r#"dataset "shared" {
    permissions mode="0777"
}"#,
        ),
        Pool(
            r#"dataset "shared" {
    permissions group="media" mode="2770"
}"#,
        ),
    ),
    page(
        Code::BindUnmounted,
        "The container fills the disk that the host boots from, and its files are not where backups look for them.",
        Pool(
            r#"dataset "shared" canmount="off" {
    allow "not-carried-out"
    bind { lxc 101 at="/mnt/shared" }
}"#,
        ),
        Pool(
            r#"dataset "shared" {
    allow "not-carried-out"
    bind { lxc 101 at="/mnt/shared" }
}"#,
        ),
    ),
    page(
        Code::BindWithoutPath,
        "A container that does not get its files starts all the same, and its programs begin with nothing.",
        Pool(
            r#"dataset "shared" {
    allow "not-carried-out"
    bind { lxc 101 }
}"#,
        ),
        Pool(
            r#"dataset "shared" {
    allow "not-carried-out"
    bind { lxc 101 at="/mnt/shared" }
}"#,
        ),
    ),
    page(
        Code::DuplicateBind,
        "Which of the two the container sees depends on the order of its mount points.",
        Pool(
            r#"dataset "a" {
    allow "not-carried-out"
    bind { lxc 101 at="/mnt/shared" }
}
dataset "b" {
    allow "not-carried-out"
    bind { lxc 101 at="/mnt/shared/" }
}"#,
        ),
        Pool(
            r#"dataset "a" {
    allow "not-carried-out"
    bind { lxc 101 at="/mnt/shared" }
}
dataset "b" {
    allow "not-carried-out"
    bind { lxc 101 at="/mnt/other" }
}"#,
        ),
    ),
    page(
        Code::BadRename,
        "A rename carries the data along. Of a name that is wrong, an empty dataset would be made beside the full one.",
        Pool(r#"dataset "new" was="old""#),
        Pool(
            r#"dataset "new" was="tank/old" {
    allow "not-carried-out"
}"#,
        ),
    ),
    page(
        Code::ExportUnmounted,
        "Clients would write to the disk that the system boots from until it is full.",
        Pool(
            r#"dataset "shared" canmount="off" {
    export { client "10.0.0.0/24" }
}"#,
        ),
        Pool(
            r#"dataset "shared" {
    export { client "10.0.0.0/24" }
}"#,
        ),
    ),
    page(
        Code::ExportWithoutClients,
        "An export to nobody is as good as none; one to everybody should be said.",
        Pool(
            r#"dataset "shared" {
    export
}"#,
        ),
        Pool(
            r#"dataset "shared" {
    export { client "10.0.0.0/24" }
}"#,
        ),
    ),
    page(
        Code::SharedTwice,
        "A client that the spec allows to write may only read, or the other way round.",
        Pool(
            r#"dataset "shared" sharenfs="on" {
    export { client "10.0.0.0/24" }
}"#,
        ),
        Pool(
            r#"dataset "shared" {
    export { client "10.0.0.0/24" }
}"#,
        ),
    ),
    page(
        Code::RootForEveryone,
        "One laptop on the network owns every file that the host serves.",
        Pool(
            r#"dataset "shared" {
    export { client "*" "rw" "no_root_squash" }
}"#,
        ),
        Pool(
            r#"dataset "shared" {
    export { client "10.0.0.5" "rw" "no_root_squash" }
}"#,
        ),
    ),
    page(
        Code::BadClient,
        "The NFS server would not find the client, and the guest that mounts it would hang at boot.",
        Pool(
            r#"dataset "shared" {
    export { client "10.0.0.0/33" }
}"#,
        ),
        Pool(
            r#"dataset "shared" {
    export { client "10.0.0.0/24" }
}"#,
        ),
    ),
    page(
        Code::BadExportOption,
        "A dozen exports can be gone because of one letter in one of them, and the server says so only in its log.",
        Pool(
            r#"dataset "shared" {
    export { client "10.0.0.0/24" "rww" }
}"#,
        ),
        Pool(
            r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" }
}"#,
        ),
    ),
    page(
        Code::MountOption,
        "Written as an export option it takes the export away from all clients.",
        Pool(
            r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" "noatime" }
}"#,
        ),
        Pool(
            r#"dataset "shared" atime=#false {
    export { client "10.0.0.0/24" "rw" }
}"#,
        ),
    ),
    page(
        Code::DuplicateClient,
        "A client that is to read only could be given the right to write, by the order of lines.",
        Pool(
            r#"dataset "shared" {
    export { client "10.0.0.1" "rw"; client "10.0.0.1" "ro" }
}"#,
        ),
        Pool(
            r#"dataset "shared" {
    export { client "10.0.0.1" "rw"; client "10.0.0.2" "ro" }
}"#,
        ),
    ),
    page(
        Code::GuestDisksExported,
        "A client that writes into the disk of a running guest destroys its file system.",
        Pool(
            r#"dataset "guests" {
    proxmox "guests" type="zfspool"
    export { client "10.0.0.0/24" }
}"#,
        ),
        Pool(
            r#"dataset "guests" {
    proxmox "guests" type="zfspool"
}
dataset "shared" {
    export { client "10.0.0.0/24" }
}"#,
        ),
    ),
    page(
        Code::DuplicateStorage,
        "Guests name their disks by the id. If it pointed elsewhere, they would not start.",
        Pool(
            r#"dataset "a" { proxmox "guests" type="zfspool" }
dataset "b" { proxmox "guests" type="zfspool" }"#,
        ),
        Pool(
            r#"dataset "a" { proxmox "guests-a" type="zfspool" }
dataset "b" { proxmox "guests-b" type="zfspool" }"#,
        ),
    ),
    page(
        Code::StorageWithoutType,
        "The type decides whether guests get volumes or files, which cannot be changed under them.",
        Pool(r#"dataset "guests" { proxmox "guests" }"#),
        Pool(r#"dataset "guests" { proxmox "guests" type="zfspool" }"#),
    ),
    page(
        Code::UnknownStorageType,
        "Proxmox drops what it does not know from its configuration, without a word.",
        Pool(r#"dataset "guests" { proxmox "guests" type="zfs-pool" }"#),
        Pool(r#"dataset "guests" { proxmox "guests" type="zfspool" }"#),
    ),
    page(
        Code::BadStorageType,
        "Such a storage lies on another machine or on another file system; the dataset would stay empty.",
        Pool(r#"dataset "guests" { proxmox "guests" type="nfs" }"#),
        Pool(r#"dataset "guests" { proxmox "guests" type="zfspool" }"#),
    ),
    page(
        Code::BadStorageProperty,
        "`pvesm` refuses it in the middle of a switch, or keeps it and nobody ever reads it.",
        Pool(r#"dataset "guests" { proxmox "guests" type="zfspool" prune-backups="keep-all=1" }"#),
        Pool(r#"dataset "backups" { proxmox "backups" type="dir" prune-backups="keep-all=1" }"#),
    ),
    page(
        Code::BadContent,
        "Backups would be written nowhere, and that is found on the day when one is needed.",
        Pool(r#"dataset "backups" { proxmox "backups" type="zfspool" { content "backup" } }"#),
        Pool(r#"dataset "backups" { proxmox "backups" type="dir" { content "backup" } }"#),
    ),
    page(
        Code::StorageUnmounted,
        "Backups would fill the disk that the system boots from, and the host would stop.",
        Pool(r#"dataset "backups" mountpoint="none" { proxmox "backups" type="dir" }"#),
        Pool(r#"dataset "backups" { proxmox "backups" type="dir" }"#),
    ),
    page(
        Code::SharedLocalStorage,
        "A cluster that believes it moves a guest without its disk, and starts it elsewhere without one.",
        Pool(r#"dataset "iso" { proxmox "iso" type="dir" shared=#true }"#),
        Pool(r#"dataset "iso" { proxmox "iso" type="dir" }"#),
    ),
    page(
        Code::NotCarriedOut,
        "A switch stops before anything is done, where somebody expected it to go through.",
        Pool(
            r#"dataset "shared" {
    bind { lxc 101 at="/mnt/shared" }
}"#,
        ),
        Pool(r#"dataset "shared""#),
    ),
];
