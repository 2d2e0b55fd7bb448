//! Codes about permissions, and mount points of guests.

use phoenix_graph::code::{
    Entry,
    Example::{Pool, Top},
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
        explanation: "`permissions` says an owner, a group, a mode, an access control list, or several of them; `recursive` needs an owner or a group, which all that lies in the dataset is given.",
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

    ACL_WITHOUT_TYPE = Entry {
        name: "acl-without-type",
        level: Error,
        title: "an access control list where directories take none",
        explanation: "OpenZFS keeps POSIX access control lists only with `acltype=\"posix\"`; unless it is said, there are none. `xattr=\"sa\"` keeps them where they are read without a further seek.",
        why: "A switch would fail in the middle, and whoever counts on the list could not write.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    permissions acl="user:media:rwx"
}"#),
            right: Pool(r#"dataset "shared" acltype="posix" xattr="sa" {
    permissions acl="user:media:rwx"
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
        title: "a guest that is told no path",
        explanation: "`lxc ID at=\"/mnt/shared\"`: the path inside of the container, or of the machine (`vm`), at which it has the dataset.",
        why: "A guest that does not get its files starts all the same, and its programs begin with nothing.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    bind { lxc 101 }
}"#),
            right: Pool(r#"dataset "shared" {
    bind { lxc 101 at="/mnt/shared" }
}"#),
        }),
    };

    UNCLEAR_GUEST = Entry {
        name: "unclear-guest",
        level: Error,
        title: "two nodes of a guest that may be one mount, or two",
        explanation: "A profile's `lxc` or `vm` goes under the one of the same guest that has the same `at`, or the same `virtiofs`. Where the one says its path alone and the other its mapping alone, both may be meant.",
        why: "Guessed wrongly, a machine would have the dataset at a path that nobody said, or would not have it at all.",
        examples: Some(Examples {
            wrong: Top(
                r#"profile "media" { bind { vm 201 virtiofs="media" cache="never" } }"#,
                r#"dataset "films" use="media" {
    bind { vm 201 at="/films" }
}"#,
            ),
            right: Top(
                r#"profile "media" { bind { vm 201 virtiofs="media" cache="never" } }"#,
                r#"dataset "films" use="media" {
    bind { vm 201 at="/films" virtiofs="media" }
}"#,
            ),
        }),
    };

    DUPLICATE_BIND = Entry {
        name: "duplicate-bind",
        level: Error,
        title: "two datasets at one path of a guest",
        explanation: "The later mount would hide the earlier one.",
        why: "Which of the two the guest sees depends on the order of its mounts.",
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
        explanation: "A bind mount has no `discard`: freed blocks of a pool go by its `autotrim`. Where a container can only read, Proxmox applies `nodev`, `noexec` and `nosuid`, and drops the others. Only what a machine mounts when it is used (`automount`) is unmounted after a time without use. What a machine is given by virtiofs, and told no path for (`at`), is mounted in no way.",
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

    ATTRIBUTES_FROM_CONTAINER = Entry {
        name: "attributes-from-container",
        level: Lint,
        title: "a container changes whose a directory is",
        explanation: "With `keepattrs` Proxmox gives the dataset's root directory owner and mode of the container's own directory at that path, each time the container starts. Say the one or the other.",
        why: "What `permissions` says would last until the container's next start, and every switch would change it back.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    permissions mode="2770"
    bind { lxc 101 at="/mnt/shared" keepattrs=#true; }
}"#),
            right: Pool(r#"dataset "shared" {
    permissions mode="2770"
    bind { lxc 101 at="/mnt/shared"; }
}"#),
        }),
    };

    MAPPING_OF_TWO = Entry {
        name: "mapping-of-two",
        level: Error,
        title: "one id of a directory mapping for two datasets",
        explanation: "`virtiofs=\"ID\"` names a directory mapping of Proxmox, which has one directory on each node. Machines that are to have the same dataset share its id.",
        why: "Each machine would get the dataset that was written last, under a name that says the other.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "films" {
    bind { vm 201 at="/films" virtiofs="media" }
}
dataset "music" {
    bind { vm 201 at="/music" virtiofs="media" }
}"#),
            right: Pool(r#"dataset "films" {
    bind { vm 201 at="/films" virtiofs="films" }
}
dataset "music" {
    bind { vm 201 at="/music" virtiofs="music" }
}"#),
        }),
    };

    OVER_GUEST_SYSTEM = Entry {
        name: "over-guest-system",
        level: Lint,
        title: "a dataset over what a guest's system runs from",
        explanation: "What is mounted at a path hides what the guest has there. Give the dataset a path of its own.",
        why: "A guest whose `/etc` or `/usr` is hidden does not start any more, or runs with files that nobody looks after.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    bind { lxc 101 at="/etc"; }
}"#),
            right: Pool(r#"dataset "shared" {
    bind { lxc 101 at="/srv/shared"; }
}"#),
        }),
    };

    GUEST_OF_TWO_KINDS = Entry {
        name: "guest-of-two-kinds",
        level: Error,
        title: "one id as a container and as a machine",
        explanation: "Proxmox gives each id to one guest of the whole cluster: it is a container (`lxc`) or a machine (`vm`).",
        why: "One of the two does not exist: a switch would be refused, or what is written for the machine is carried nowhere.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw"; }
    bind {
        lxc 201 at="/mnt/shared"
        vm 201 at="/srv/shared" server="10.0.0.1"
    }
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw"; }
    bind {
        lxc 101 at="/mnt/shared"
        vm 201 at="/srv/shared" server="10.0.0.1"
    }
}"#),
        }),
    };

    BIND_SHOWS_EMPTY = Entry {
        name: "bind-shows-empty",
        level: Lint,
        title: "datasets that a guest sees as empty directories",
        explanation: "A bind mount shows one file system: what is mounted below it on the host is an empty directory inside. Give the container each dataset at a path of its own. Over NFS it is the same, but where the export has `crossmnt`, or what lies below is exported to the machine, too: by version 3 with `nohide`.",
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

    MACHINE_WITHOUT_SERVER = Entry {
        name: "machine-without-server",
        level: Error,
        title: "a machine that is not told where this host is",
        explanation: "`vm ID at=\"/srv/shared\" server=\"10.0.0.1\"`: the address or host name by which the machine reaches this host. A host has several, and no spec tells which of them a machine can use.",
        why: "Without it nothing can be written that the machine could mount.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" }
    bind { vm 201 at="/srv/shared" }
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" }
    bind { vm 201 at="/srv/shared" server="10.0.0.1" }
}"#),
        }),
    };

    MACHINE_REACHES_ITSELF = Entry {
        name: "machine-reaches-itself",
        level: Lint,
        title: "a machine that is to mount from itself",
        explanation: "`server` is how the machine reaches this host. `localhost` and 127.0.0.1 are the machine itself.",
        why: "The mount fails, or waits for ever; that the address is right on the host tells nothing of the machine.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" }
    bind { vm 201 at="/srv/shared" server="127.0.0.1"; }
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" }
    bind { vm 201 at="/srv/shared" server="10.0.0.1"; }
}"#),
        }),
    };

    MACHINE_NOT_EXPORTED = Entry {
        name: "machine-not-exported",
        level: Error,
        title: "a machine that is to mount what is not exported",
        explanation: "A virtual machine mounts over NFS: through the export of the dataset, or through one above it with the option `crossmnt`, without which an export ends where another file system is mounted.",
        why: "The machine gets an error at boot, or waits for ever, and its programs begin with nothing.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    bind { vm 201 at="/srv/shared" server="10.0.0.1" }
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" }
    bind { vm 201 at="/srv/shared" server="10.0.0.1" }
}"#),
        }),
    };

    MACHINE_NO_CLIENT = Entry {
        name: "machine-no-client",
        level: Error,
        title: "a machine that the export does not have as a client",
        explanation: "The machine's `address` is in none of the export's networks, and none of its hosts. Hosts by name, wildcards and netgroups are known to the server alone: where the export has such a client nothing is said.",
        why: "The server refuses the mount: access denied.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" }
    bind { vm 201 at="/srv/shared" server="10.0.0.1" address="10.0.1.21"; }
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw"; client "10.0.1.21" "rw"; }
    bind { vm 201 at="/srv/shared" server="10.0.0.1" address="10.0.1.21"; }
}"#),
        }),
    };

    FLAVOUR_NOT_EXPORTED = Entry {
        name: "flavour-not-exported",
        level: Error,
        title: "a security flavour that the export does not take",
        explanation: "`sec` of a machine is one of those that the export's client has: `sys` unless `sec=` says otherwise.",
        why: "The server refuses the mount: access denied.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" }
    bind { vm 201 at="/srv/shared" server="10.0.0.1" sec="krb5p"; }
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" "sec=krb5p:krb5i" }
    bind { vm 201 at="/srv/shared" server="10.0.0.1" sec="krb5p"; }
}"#),
        }),
    };

    KERBEROS_UNSAID = Entry {
        name: "kerberos-unsaid",
        level: Lint,
        title: "a machine that does not say the Kerberos that it needs",
        explanation: "The client of the export that the machine is, or may be, has flavours of Kerberos alone (`sec=krb5`). A machine that is not set up for them is refused. Say `sec` of the machine, too, so that whoever sets it up knows; or let the export take `sys`.",
        why: "The mount fails in the machine with \"Operation not permitted\", which says nothing of Kerberos.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" "sec=krb5p" }
    bind { vm 201 at="/srv/shared" server="10.0.0.1" }
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" "sec=krb5p" }
    bind { vm 201 at="/srv/shared" server="10.0.0.1" sec="krb5p"; }
}"#),
        }),
    };

    OUTSIDE_EXPORT_ROOT = Entry {
        name: "outside-export-root",
        level: Error,
        title: "a machine that mounts what version 4 does not show",
        explanation: "An export with `fsid=0` is the root of all that its clients see by version 4: paths begin there, and nothing beside it can be reached, nor what lies behind a file system that is mounted in it and not exported (`crossmnt` leads through). Whoever is no client of it is shown nothing at all by version 4. NFS of today needs no such root; version 3 knows none.",
        why: "The machine is told that there is no such file or directory.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "pub" {
    export { client "10.0.0.0/24" "rw" "fsid=0" }
}
dataset "shared" {
    export { client "10.0.0.0/24" "rw" }
    bind { vm 201 at="/srv/shared" server="10.0.0.1" }
}"#),
            right: Pool(r#"dataset "pub" {
    export { client "10.0.0.0/24" "rw" }
}
dataset "shared" {
    export { client "10.0.0.0/24" "rw" }
    bind { vm 201 at="/srv/shared" server="10.0.0.1" }
}"#),
        }),
    };

    SOFT_MOUNT = Entry {
        name: "soft-mount",
        level: Lint,
        title: "a mount that loses what is written",
        explanation: "With `soft` a program gets an error where the server does not answer in time, and what the kernel had still to write is gone. Without it programs wait until the server is back.",
        why: "A restart of this host is enough: few programs look whether what they wrote has arrived.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" }
    bind { vm 201 at="/srv/shared" server="10.0.0.1" soft=#true; }
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" }
    bind { vm 201 at="/srv/shared" server="10.0.0.1" soft=#true ro=#true; }
}"#),
        }),
    };

    READ_ONLY_EXPORT = Entry {
        name: "read-only-export",
        level: Lint,
        title: "a machine that can only read, and does not say so",
        explanation: "The client's options have `ro`, which holds where `rw` is not said. Say `ro` of the machine, too, or `rw` of the client.",
        why: "Programs find out at their first write.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" }
    bind { vm 201 at="/srv/shared" server="10.0.0.1" }
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" }
    bind { vm 201 at="/srv/shared" server="10.0.0.1" }
}"#),
        }),
    };
}
