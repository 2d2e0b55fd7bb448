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
        explanation: "With `no_root_squash` whoever is root on a client is root in the dataset; `*` lets every machine be a client. Any machine that reaches the server may read and replace every file, and plant programs that run as root.",
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
}
