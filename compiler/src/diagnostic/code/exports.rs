//! Codes about exports.

use phoenix_graph::code::{
    Entry,
    Example::Pool,
    Examples,
    Level::{Error, Lint},
};

phoenix_graph::codes! {
    pub EXPORTS:

    EXPORT_UNMOUNTED = Entry {
        name: "export-unmounted",
        level: Error,
        title: "an export of what is never mounted",
        explanation: "Clients would see the empty directory below the mount point, or nothing.",
        why: "Clients would write to the disk that the system boots from until it is full.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" canmount="off" {
    export { client "10.0.0.0/24" }
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" }
}"#),
        }),
    };

    EXPORT_WITHOUT_CLIENTS = Entry {
        name: "export-without-clients",
        level: Error,
        title: "an export without clients",
        explanation: "An export says to whom: `client \"10.0.0.0/24\" \"rw\"`.",
        why: "An export to nobody is as good as none; one to everybody should be said.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    export
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" }
}"#),
        }),
    };

    SHARED_TWICE = Entry {
        name: "shared-twice",
        level: Error,
        title: "an export beside `sharenfs`",
        explanation: "OpenZFS shares the path by itself where `sharenfs` is on, here or above. Of two entries for one path the NFS server takes the first, so who may do what depends on which was written first.",
        why: "A client that the spec allows to write may only read, or the other way round.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" sharenfs="on" {
    export { client "10.0.0.0/24" }
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" }
}"#),
        }),
    };

    ROOT_FOR_EVERYONE = Entry {
        name: "root-for-everyone",
        level: Lint,
        title: "everybody on the network is root in an export",
        explanation: "With `no_root_squash` whoever is root on a client is root in the dataset, for all security flavours or for one (`sec`); so it is where those who are squashed are made root (`anonuid=0`; with `all_squash` that is whoever asks), or of its group (`anongid=0`). `*` lets every machine be a client. Any machine that reaches the server may read and replace every file, and plant programs that run as root.",
        why: "One laptop on the network owns every file that the host serves.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    export { client "*" "rw" "no_root_squash" }
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.5" "rw" "no_root_squash" }
}"#),
        }),
    };

    BAD_CLIENT = Entry {
        name: "bad-client",
        level: Error,
        title: "not a client of an export",
        explanation: "A client is a host's name or address, a network (`10.0.0.0/24`), a netgroup (`@group`) or `*` (`exports(5)`).",
        why: "The NFS server would not find the client, and the guest that mounts it would hang at boot.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/33" }
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" }
}"#),
        }),
    };

    BAD_EXPORT_OPTION = Entry {
        name: "bad-export-option",
        level: Error,
        title: "not an option of exports",
        explanation: "One unknown option makes the NFS server drop the entry and every later one of the file, so options are checked before anything is written.",
        why: "A dozen exports can be gone because of one letter in one of them, and the server says so only in its log.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rww" }
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" }
}"#),
        }),
    };

    MOUNT_OPTION = Entry {
        name: "mount-option",
        level: Error,
        title: "an option of mounting, not of exporting",
        explanation: "The option belongs to the client's mount. As an export option it would make the NFS server drop the entry and every later one.",
        why: "Written as an export option it takes the export away from all clients.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" "noatime" }
}"#),
            right: Pool(r#"dataset "shared" atime=#false {
    export { client "10.0.0.0/24" "rw" }
}"#),
        }),
    };

    GUEST_DISKS_EXPORTED = Entry {
        name: "guest-disks-exported",
        level: Lint,
        title: "a dataset of guest disks is exported",
        explanation: "Proxmox makes the file systems below by itself; clients of the export see them empty or write into them.",
        why: "A client that writes into the disk of a running guest destroys its file system.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "guests" {
    proxmox "guests" type="zfspool"
    export { client "10.0.0.0/24" }
}"#),
            right: Pool(r#"dataset "guests" {
    proxmox "guests" type="zfspool"
}
dataset "shared" {
    export { client "10.0.0.0/24" }
}"#),
        }),
    };

    DUPLICATE_FSID = Entry {
        name: "duplicate-fsid",
        level: Error,
        title: "two exports with the same `fsid` to one client",
        explanation: "File handles begin with the `fsid` of the export, in whatever way it is spelled; `fsid=0` (or `root`) is the root of all that version 4 sees. Of two paths that say the same to one client the server serves one under the handles of both. Clients that cannot be one machine may have one `fsid` for two paths: `10.0.0.0/24` here and `10.0.1.0/24` there. Of names, wildcards and netgroups only the server knows.",
        why: "A client reads and writes in another dataset than the one that it has mounted.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "a" {
    export { client "10.0.0.0/24" "rw" "fsid=7" }
}
dataset "b" {
    export { client "10.0.0.0/24" "rw" "fsid=7" }
}"#),
            right: Pool(r#"dataset "a" {
    export { client "10.0.0.0/24" "rw" "fsid=7" }
}
dataset "b" {
    export { client "10.0.0.0/24" "rw" "fsid=8" }
}"#),
        }),
    };

    FSID_BY_CLIENT = Entry {
        name: "fsid-by-client",
        level: Lint,
        title: "one export has several `fsid`, or one for some clients only",
        explanation: "The server goes by the `fsid` of the client that a machine is taken for: a host before a network, and that before `*`. Where a machine may be two of them, it is taken for the other one as soon as the first goes, and no handle that it has is known then. Say `fsid` once for all clients, by `options` in the export.",
        why: "Programs that have files open fail with \"stale file handle\" after a change that has nothing to do with them.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    export {
        client "10.0.0.7" "rw" "fsid=7"
        client "10.0.0.0/24" "ro"
    }
}"#),
            right: Pool(r#"dataset "shared" {
    export {
        options "fsid=7"
        client "10.0.0.7" "rw"
        client "10.0.0.0/24" "ro"
    }
}"#),
        }),
    };

    EXPORT_SHOWS_EMPTY = Entry {
        name: "export-shows-empty",
        level: Lint,
        title: "an export whose clients see datasets in it as empty",
        explanation: "Every dataset is a file system of its own, and an export shows one. With `crossmnt` clients see what is mounted below, too; or give each dataset below an `export` of its own to the same client, which version 4 shows by itself, and version 3 with `nohide`. What OpenZFS shares by itself (`sharenfs`) is such an export, too. One to some machines of a client alone leaves the others with an empty folder.",
        why: "A client finds an empty folder where the files are, and writes into it, on the dataset above.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" }
    dataset "music"
}"#),
            right: Pool(r#"dataset "shared" {
    export { client "10.0.0.0/24" "rw" "crossmnt" }
    dataset "music"
}"#),
        }),
    };
}
