//! Codes about what has one place, and places that are taken.

use phoenix_graph::code::{
    Entry,
    Example::{Pool, Whole},
    Examples,
    Level::{Error, Lint},
};

phoenix_graph::codes! {
    pub PLACES:

    DUPLICATE_POOL = Entry {
        name: "duplicate-pool",
        level: Error,
        title: "a pool stands twice",
        explanation: "Each pool of a host has one node.",
        why: "A pool that is described twice has two layouts, and a layout cannot be taken back.",
        examples: Some(Examples {
            wrong: Whole(r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
}
pool "tank" {
    mirror { disk "/dev/disk/by-id/c"; disk "/dev/disk/by-id/d" }
}
"#),
            right: Whole(r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
    mirror { disk "/dev/disk/by-id/c"; disk "/dev/disk/by-id/d" }
}
"#),
        }),
    };

    DUPLICATE_DATASET = Entry {
        name: "duplicate-dataset",
        level: Error,
        title: "a dataset stands twice",
        explanation: "Each dataset or volume has one node.",
        why: "Two descriptions of one dataset say different things sooner or later, and only one can hold.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "vms"
dataset "vms" quota="800G""#),
            right: Pool(r#"dataset "vms" quota="800G""#),
        }),
    };

    DUPLICATE_MOUNTPOINT = Entry {
        name: "duplicate-mountpoint",
        level: Error,
        title: "two datasets are mounted at one place",
        explanation: "The later mount would hide the earlier one, and its data with it.",
        why: "Programs would write into whichever was mounted last, and after the next boot it may be the other.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "a" mountpoint="/srv/data"
dataset "b" mountpoint="/srv/data""#),
            right: Pool(r#"dataset "a" mountpoint="/srv/data"
dataset "b" mountpoint="/srv/more""#),
        }),
    };

    SYSTEM_MOUNTPOINT = Entry {
        name: "system-mountpoint",
        level: Error,
        title: "a mount point that the system runs from",
        explanation: "What is mounted at `/`, `/usr`, `/etc`, `/var/lib` and their like hides the programs and records that the host runs from, phoenix's own among them. A dataset that is mounted there already, as on a host with its root on ZFS, says `adopt`. In `/proc`, `/sys`, `/dev`, `/run`, `/etc/pve` and `/var/lib/phoenix` no dataset is ever mounted.",
        why: "The host goes on until the next program is started or the next record is written, and then there is none.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "sys" mountpoint="/etc""#),
            right: Pool(r#"dataset "root" mountpoint="/" adopt=#true"#),
        }),
    };

    MOUNTPOINT_IN_USE = Entry {
        name: "mountpoint-in-use",
        level: Lint,
        title: "a mount point that is likely to hold files already",
        explanation: "Folders such as `/home`, `/opt` and `/var/log` hold files on most hosts. A new dataset mounted there hides them: they still take space, and nobody finds them. Move them into the dataset, or say `adopt` where it is mounted there already.",
        why: "Users log in and find no files; the disk below is still full of them.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "home" mountpoint="/home""#),
            right: Pool(r#"dataset "home" mountpoint="/home" adopt=#true"#),
        }),
    };

    DUPLICATE_CLIENT = Entry {
        name: "duplicate-client",
        level: Error,
        title: "a path is exported to a client twice",
        explanation: "The NFS server takes the first and drops the second without saying so at run time.",
        why: "A client that is to read only could be given the right to write, by the order of lines.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    export { client "10.0.0.1" "rw"; client "10.0.0.1" "ro" }
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.1" "rw"; client "10.0.0.2" "ro" }
}"#),
        }),
    };

    DUPLICATE_STORAGE = Entry {
        name: "duplicate-storage",
        level: Error,
        title: "a storage id stands twice",
        explanation: "Proxmox VE knows one storage by each id.",
        why: "Guests name their disks by the id. If it pointed elsewhere, they would not start.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "a" { proxmox "guests" type="zfspool" }
dataset "b" { proxmox "guests" type="zfspool" }"#),
            right: Pool(r#"dataset "a" { proxmox "guests-a" type="zfspool" }
dataset "b" { proxmox "guests-b" type="zfspool" }"#),
        }),
    };

    DUPLICATE_TUNABLE = Entry {
        name: "duplicate-tunable",
        level: Error,
        title: "a tunable stands twice",
        explanation: "A parameter of the kernel module has one value.",
        why: "ZFS may take all the memory that the larger of the two allows, and guests are killed for want of it.",
        examples: Some(Examples {
            wrong: Whole(r#"edition 1
arc max="8G"
arc max="16G"
pool "tank" { mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" } }
"#),
            right: Whole(r#"edition 1
arc max="8G"
pool "tank" { mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" } }
"#),
        }),
    };

    DISK_TWICE = Entry {
        name: "disk-twice",
        level: Error,
        title: "a disk is used twice",
        explanation: "A disk belongs to one place in one pool.",
        why: "A mirror of a disk with itself survives nothing.",
        examples: Some(Examples {
            wrong: Whole(r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/a" }
}
"#),
            right: Whole(r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
}
"#),
        }),
    };
}
