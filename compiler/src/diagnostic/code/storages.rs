//! Codes about registrations in Proxmox VE.

use phoenix_graph::code::{
    Entry,
    Example::{Pool, Top},
    Examples,
    Level::{Error, Lint},
};

phoenix_graph::codes! {
    pub STORAGES:

    STORAGE_WITHOUT_TYPE = Entry {
        name: "storage-without-type",
        level: Error,
        title: "a registration without a type",
        explanation: "`proxmox ID type=\"zfspool\"` or `type=\"dir\"`; a profile may say it.",
        why: "The type decides whether guests get volumes or files, which cannot be changed under them.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "guests" { proxmox "guests" }"#),
            right: Pool(r#"dataset "guests" { proxmox "guests" type="zfspool" }"#),
        }),
    };

    STORAGE_INCOMPLETE = Entry {
        name: "storage-incomplete",
        level: Error,
        title: "a registration without what its type needs",
        explanation: "An `nfs` storage needs `server` and `export`, a `cifs` one `server` and `share`, a `dir` or `btrfs` one that lies on no dataset `path`; docs/language.md marks what each type needs. A secret that says nothing by itself needs what stands beside it: `password-file` of `cifs` a `username`.",
        why: "`pvesm` refuses it in the middle of a switch.",
        examples: Some(Examples {
            wrong: Top(
                r#"proxmox "nas" type="nfs" {
    server "10.0.0.5"
}"#,
                r#"dataset "isos""#,
            ),
            right: Top(
                r#"proxmox "nas" type="nfs" {
    server "10.0.0.5"
    export "/backups"
}"#,
                r#"dataset "isos""#,
            ),
        }),
    };

    LOOPBACK_STORAGE = Entry {
        name: "loopback-storage",
        level: Lint,
        title: "an NFS storage that this very host serves",
        explanation: "What lies on a dataset of this host needs no NFS to be seen by it: say `proxmox` with `type=\"dir\"` in the dataset.",
        why: "A host that mounts from itself hangs when memory is short or its NFS server stops, and cannot be shut down.",
        examples: Some(Examples {
            wrong: Top(
                r#"proxmox "isos" type="nfs" {
    server "127.0.0.1"
    export "/tank/isos"
}"#,
                r#"dataset "isos""#,
            ),
            right: Top(
                r#"proxmox "isos" type="nfs" {
    server "10.0.0.5"
    export "/tank/isos"
}"#,
                r#"dataset "isos""#,
            ),
        }),
    };

    UNKNOWN_STORAGE_TYPE = Entry {
        name: "unknown-storage-type",
        level: Error,
        title: "no such storage type",
        explanation: "It is none of Proxmox VE's own. phoenix registers `zfspool` and `dir` on datasets of this host, and all others in a host, but for `iscsidirect`, `glusterfs` and `zfs` (over iSCSI): these, and those of plugins, stay in `storage.cfg` as they are.",
        why: "Proxmox drops what it does not know from its configuration, without a word.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "guests" { proxmox "guests" type="zfs-pool" }"#),
            right: Pool(r#"dataset "guests" { proxmox "guests" type="zfspool" }"#),
        }),
    };

    BAD_STORAGE_TYPE = Entry {
        name: "bad-storage-type",
        level: Error,
        title: "a storage type that does not lie on this",
        explanation: "On a dataset of this host lie `zfspool` and `dir`; all others, and a `dir` on another file system, are said in the host. `iscsidirect`, `glusterfs` and `zfs` (over iSCSI) phoenix leaves as they are.",
        why: "Such a storage lies on another machine or on another file system; the dataset would stay empty.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "guests" { proxmox "guests" type="nfs" }"#),
            right: Pool(r#"dataset "guests" { proxmox "guests" type="zfspool" }"#),
        }),
    };

    BAD_STORAGE_PROPERTY = Entry {
        name: "bad-storage-property",
        level: Error,
        title: "a storage property that is not taken",
        explanation: "Proxmox refuses a property of another type, a value of the wrong form, and what phoenix derives from the dataset by itself.",
        why: "`pvesm` refuses it in the middle of a switch, or keeps it and nobody ever reads it.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "guests" { proxmox "guests" type="zfspool" prune-backups="keep-all=1" }"#),
            right: Pool(r#"dataset "backups" { proxmox "backups" type="dir" prune-backups="keep-all=1" }"#),
        }),
    };

    BAD_CONTENT = Entry {
        name: "bad-content",
        level: Error,
        title: "content that the storage type does not take",
        explanation: "A zfspool holds images and rootdir; a dir also vztmpl, iso, backup, snippets and import.",
        why: "Backups would be written nowhere, and that is found on the day when one is needed.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "backups" { proxmox "backups" type="zfspool" { content "backup" } }"#),
            right: Pool(r#"dataset "backups" { proxmox "backups" type="dir" { content "backup" } }"#),
        }),
    };

    STORAGE_UNMOUNTED = Entry {
        name: "storage-unmounted",
        level: Error,
        title: "a directory storage on what is never mounted",
        explanation: "Proxmox would write into the empty directory below the mount point, on another disk than was meant.",
        why: "Backups would fill the disk that the system boots from, and the host would stop.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "backups" mountpoint="none" { proxmox "backups" type="dir" }"#),
            right: Pool(r#"dataset "backups" { proxmox "backups" type="dir" }"#),
        }),
    };

    SHARED_LOCAL_STORAGE = Entry {
        name: "shared-local-storage",
        level: Lint,
        title: "local storage marked as shared",
        explanation: "`shared` tells a cluster that every node sees the same files; a directory of this host is seen by this host alone, and migrations would lose disks.",
        why: "A cluster that believes it moves a guest without its disk, and starts it elsewhere without one.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "iso" { proxmox "iso" type="dir" shared=#true }"#),
            right: Pool(r#"dataset "iso" { proxmox "iso" type="dir" }"#),
        }),
    };
}
