//! Codes about permissions, and mount points of guests.

use phoenix_graph::code::{
    Entry,
    Example::Pool,
    Examples,
    Level::{Error, Lint},
};

phoenix_graph::codes! {
    pub GUESTS:

    PERMISSIONS_UNMOUNTED = Entry {
        name: "permissions-unmounted",
        level: Error,
        title: "permissions of what is never mounted",
        explanation: "The root directory of a dataset is reached where it is mounted; below an empty mount point lies another one.",
        why: "Owner and mode would go to the empty directory below, on the disk that the system boots from.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" canmount="off" {
    permissions owner="media"
}"#),
            right: Pool(r#"dataset "shared" {
    permissions owner="media"
}"#),
        }),
    };

    EMPTY_PERMISSIONS = Entry {
        name: "empty-permissions",
        level: Error,
        title: "permissions that say nothing",
        explanation: "`permissions` says an owner, a group, a mode, or several of them.",
        why: "Somebody meant to say who may do what; the next reader would believe that it is said.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    permissions
}"#),
            right: Pool(r#"dataset "shared" {
    permissions group="media" mode="2770"
}"#),
        }),
    };

    WORLD_WRITABLE = Entry {
        name: "world-writable",
        level: Lint,
        title: "everybody may write into a dataset's root",
        explanation: "Whoever reaches the directory, on any client and in any container, may remove or replace what others keep in it. A group of its own, or the sticky bit, keeps them apart.",
        why: "One compromised guest that mounts the export can remove or replace the files of all the others.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    permissions mode="0777"
}"#),
            right: Pool(r#"dataset "shared" {
    permissions group="media" mode="2770"
}"#),
        }),
    };

    BIND_UNMOUNTED = Entry {
        name: "bind-unmounted",
        level: Error,
        title: "a mount point of a guest on what is never mounted",
        explanation: "The guest would see the empty directory below the mount point, and write onto another disk.",
        why: "The container fills the disk that the host boots from, and its files are not where backups look for them.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" canmount="off" {
    bind { lxc 101 at="/mnt/shared" }
}"#),
            right: Pool(r#"dataset "shared" {
    bind { lxc 101 at="/mnt/shared" }
}"#),
        }),
    };

    BIND_WITHOUT_PATH = Entry {
        name: "bind-without-path",
        level: Error,
        title: "a container that is told no path",
        explanation: "`lxc ID at=\"/mnt/shared\"`: the path inside of the container at which it has the dataset.",
        why: "A container that does not get its files starts all the same, and its programs begin with nothing.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    bind { lxc 101 }
}"#),
            right: Pool(r#"dataset "shared" {
    bind { lxc 101 at="/mnt/shared" }
}"#),
        }),
    };

    DUPLICATE_BIND = Entry {
        name: "duplicate-bind",
        level: Error,
        title: "two datasets at one path of a container",
        explanation: "The later mount would hide the earlier one.",
        why: "Which of the two the container sees depends on the order of its mount points.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "a" {
    bind { lxc 101 at="/mnt/shared" }
}
dataset "b" {
    bind { lxc 101 at="/mnt/shared/" }
}"#),
            right: Pool(r#"dataset "a" {
    bind { lxc 101 at="/mnt/shared" }
}
dataset "b" {
    bind { lxc 101 at="/mnt/other" }
}"#),
        }),
    };

    MOUNT_OPTION_WITHOUT_EFFECT = Entry {
        name: "mount-option-without-effect",
        level: Lint,
        title: "a mount option that changes nothing",
        explanation: "A bind mount has no `discard`: freed blocks of a pool go by its `autotrim`. Where a container can only read, Proxmox applies `nodev`, `noexec` and `nosuid`, and drops the others.",
        why: "Somebody counts on something that is not done.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    bind { lxc 101 at="/mnt/shared" mountoptions="discard;noatime"; }
}"#),
            right: Pool(r#"dataset "shared" {
    bind { lxc 101 at="/mnt/shared" mountoptions="noatime"; }
}"#),
        }),
    };

    BIND_SHOWS_EMPTY = Entry {
        name: "bind-shows-empty",
        level: Lint,
        title: "datasets that a container sees as empty directories",
        explanation: "A bind mount shows one file system: what is mounted below it on the host is an empty directory inside. Give the container each dataset at a path of its own.",
        why: "Programs write into the empty directory, onto the dataset above, and what they write is hidden on the host.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "media" {
    bind { lxc 101 at="/media" }
    dataset "films"
}"#),
            right: Pool(r#"dataset "media" {
    bind { lxc 101 at="/media" }
    dataset "films" {
        bind { lxc 101 at="/media/films" }
    }
}"#),
        }),
    };
}
