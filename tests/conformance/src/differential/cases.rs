//! What OpenZFS does, each a short sequence with its outcomes, named as a sentence: seen in the lab, or read
//! from the rules of libzfs. Played on both sides by the driver, and on the simulator alone by
//! `tests/model.rs`; where the real side does otherwise, case and simulator are wrong. Each begins with the
//! pools `qa` and `q b`, mounted and empty.

use super::act::Act;
use super::case::{
    Case,
    Fact::{Folder, Has, Mounted, Value},
    Origin::{Default, None as Neither, Own, Received, Temporary},
    Then::{Done, Refused},
    create, destroy, destroy_later, destroy_pool, destroy_snapshot, directory, export, folder, folder_make,
    folder_remove, hold, hold_open, hold_volume_open, import, inherit, inherit_received, mount, mount_all,
    pool_set, receive, release, rename, set, snapshot, umount, unmount, volume,
};

/// All cases.
pub const CASES: &[Case] = &[
    Case {
        name: "a child with a mount point of its own is unmounted with its parent",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (create("qa/a/b", &[("mountpoint", "/q1")]), Done),
                (create("qa/a/c", &[]), Done),
                (mount_all(), Done),
                (unmount("qa/a"), Done),
            ]
        },
        facts: &[Mounted("qa/a", None), Mounted("qa/a/b", None), Mounted("qa/a/c", None)],
    },
    Case {
        name: "a child with a mount point of its own below its parent's is unmounted before it",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (create("qa/a/b", &[("mountpoint", "/qa/a/x")]), Done),
                (mount_all(), Done),
                (unmount("qa/a"), Done),
            ]
        },
        facts: &[Mounted("qa/a", None), Mounted("qa/a/b", None), Folder("/qa/a", true)],
    },
    Case {
        name: "unmounting goes by the path, and takes what lies on top there",
        acts: || {
            vec![
                (create("qa/a", &[("mountpoint", "/q1")]), Done),
                (create("qa/b", &[("mountpoint", "/q1")]), Done),
                (mount("qa/a"), Done),
                (mount("qa/b"), Done),
                (unmount("qa/a"), Done),
            ]
        },
        facts: &[Mounted("qa/a", Some("/q1")), Mounted("qa/b", None)],
    },
    Case {
        name: "a new mount point mounts what follows it, mounted before or not",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (create("qa/a/b", &[]), Done),
                (create("qa/a/c", &[("canmount", "noauto")]), Done),
                (set("qa/a", &[("mountpoint", "/q1")]), Done),
            ]
        },
        facts: &[Mounted("qa/a", Some("/q1")), Mounted("qa/a/b", Some("/q1/b")), Mounted("qa/a/c", None)],
    },
    Case {
        name: "canmount=off unmounts, and what follows is mounted again",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (create("qa/a/b", &[]), Done),
                (mount_all(), Done),
                (set("qa/a", &[("canmount", "off")]), Done),
            ]
        },
        facts: &[Mounted("qa/a", None), Mounted("qa/a/b", Some("/qa/a/b"))],
    },
    Case {
        name: "a follower that is busy keeps a mount point from being changed, and what was unmounted comes back",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (create("qa/a/b", &[]), Done),
                (mount_all(), Done),
                (hold_open("/qa/a"), Done),
                (
                    set("qa/a", &[("mountpoint", "/q1")]),
                    Refused("cannot unmount '/qa/a': pool or dataset is busy"),
                ),
                (Act::LetGo, Done),
            ]
        },
        facts: &[
            Mounted("qa/a", Some("/qa/a")),
            Mounted("qa/a/b", Some("/qa/a/b")),
            Value("qa/a", "mountpoint", "/qa/a", Default),
        ],
    },
    Case {
        name: "the folder of a mount point goes with it, also where canmount=off is said in the same call",
        acts: || vec![(set("qa", &[("mountpoint", "none"), ("canmount", "off")]), Done)],
        facts: &[Folder("/qa", false), Mounted("qa", None)],
    },
    Case {
        name: "a mount point keeps its slashes, and is mounted without them",
        acts: || vec![(create("qa/a", &[("mountpoint", "/q1//a/")]), Done), (mount("qa/a"), Done)],
        facts: &[Value("qa/a", "mountpoint", "/q1//a/", Own), Mounted("qa/a", Some("/q1/a"))],
    },
    Case {
        name: "without overlay nothing is mounted on a folder that holds something",
        acts: || {
            vec![
                (folder("/q1"), Done),
                (folder("/q1/x"), Done),
                (create("qa/a", &[("mountpoint", "/q1"), ("overlay", "off")]), Done),
                (mount("qa/a"), Refused("cannot mount '/q1': directory is not empty")),
                (set("qa/a", &[("overlay", "on")]), Done),
                (mount("qa/a"), Done),
            ]
        },
        facts: &[Mounted("qa/a", Some("/q1")), Folder("/q1/x", false)],
    },
    Case {
        name: "a read-only file system takes no folder to mount on",
        acts: || {
            vec![
                (set("qa", &[("readonly", "on")]), Done),
                (create("qa/a", &[]), Done),
                (mount("qa/a"), Refused("failed to create mountpoint: Read-only file system")),
            ]
        },
        facts: &[Mounted("qa/a", None)],
    },
    Case {
        name: "a refused mount tells the mount point as it was set",
        acts: || {
            vec![
                (create("qa/a", &[("mountpoint", "/q1")]), Done),
                (mount("qa/a"), Done),
                (set("qa/a", &[("readonly", "on")]), Done),
                (create("q b/b", &[("mountpoint", "/q1//b/")]), Done),
                (
                    mount("q b/b"),
                    Refused("cannot mount '/q1//b/': failed to create mountpoint: Read-only file system"),
                ),
            ]
        },
        facts: &[Mounted("q b/b", None)],
    },
    Case {
        name: "a quota that is refused leaves what was unmounted for a mount point in the same call unmounted",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (mount("qa/a"), Done),
                (
                    set("qa/a", &[("mountpoint", "/q1"), ("quota", "1K")]),
                    Refused(
                        "cannot set property for 'qa/a': size is less than current used or reserved space",
                    ),
                ),
            ]
        },
        facts: &[Mounted("qa/a", None), Value("qa/a", "mountpoint", "/q1", Own)],
    },
    Case {
        name: "renaming to the own name does nothing, and another pool is refused first",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (rename("qa/a", "qa/a"), Done),
                (
                    rename("qa/a", "q b/a"),
                    Refused("cannot rename to 'q b/a': datasets must be within same pool"),
                ),
                (rename("qa", "qa/b"), Refused("cannot rename to 'qa/b': datasets must be within same pool")),
                (rename("qa/a", "qa/a/b"), Refused("cannot be a descendant")),
                (rename("qa/a", "q b"), Refused("cannot create 'q b': missing dataset name")),
            ]
        },
        facts: &[],
    },
    Case {
        name: "an import mounts in order, and takes no notice of what does not mount by itself",
        acts: || {
            vec![
                (create("qa/a", &[("canmount", "off")]), Done),
                (create("qa/a/b", &[]), Done),
                (create("qa/c", &[("mountpoint", "/qa/a/b/c")]), Done),
                (export("qa"), Done),
                (import("qa"), Done),
            ]
        },
        facts: &[
            Mounted("qa", Some("/qa")),
            Mounted("qa/a", None),
            Mounted("qa/a/b", Some("/qa/a/b")),
            Mounted("qa/c", Some("/qa/a/b/c")),
        ],
    },
    Case {
        name: "an import passes over what lies below canmount=noauto, and mounts such a root dataset",
        acts: || {
            vec![
                (set("qa", &[("canmount", "noauto")]), Done),
                (create("qa/a", &[("canmount", "noauto")]), Done),
                (create("qa/a/b", &[]), Done),
                (create("qa/c", &[]), Done),
                (export("qa"), Done),
                (import("qa"), Done),
            ]
        },
        facts: &[
            Mounted("qa", Some("/qa")),
            Mounted("qa/a", None),
            Mounted("qa/a/b", None),
            Mounted("qa/c", Some("/qa/c")),
        ],
    },
    Case {
        name: "all that mounts by itself is mounted below canmount=noauto too",
        acts: || {
            vec![
                (create("qa/a", &[("canmount", "noauto")]), Done),
                (create("qa/a/b", &[]), Done),
                (mount_all(), Done),
            ]
        },
        facts: &[Mounted("qa/a", None), Mounted("qa/a/b", Some("/qa/a/b"))],
    },
    Case {
        name: "a child mounted before its parent is hidden, and cannot be unmounted by its path",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (create("qa/a/b", &[]), Done),
                (mount("qa/a/b"), Done),
                (mount("qa/a"), Done),
                (unmount("qa/a/b"), Refused("cannot unmount '/qa/a/b': no such pool or dataset")),
                (folder("/qa/a/b"), Done),
                (unmount("qa/a"), Refused("cannot unmount '/qa/a/b': unmount failed")),
            ]
        },
        facts: &[Mounted("qa/a", Some("/qa/a")), Mounted("qa/a/b", Some("/qa/a/b"))],
    },
    Case {
        name: "an option of the mount cannot be changed while a file system is mounted at its old name's place",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (mount("qa/a"), Done),
                (rename("qa/a", "qa/b"), Done),
                (set("qa/b", &[("compression", "lz4")]), Done),
                (set("qa/b", &[("atime", "off")]), Refused("cannot mount 'qa/b': Invalid argument")),
                (inherit("qa/b", "exec"), Refused("cannot mount 'qa/b': Invalid argument")),
            ]
        },
        facts: &[Mounted("qa/b", Some("/qa/a")), Folder("/qa/b", true), Value("qa/b", "atime", "off", Own)],
    },
    Case {
        name: "an option is given to what is mounted over a file system, which keeps its own for a time",
        acts: || {
            vec![
                (create("qa/a", &[("mountpoint", "/qa")]), Done),
                (mount("qa/a"), Done),
                (set("qa", &[("relatime", "off")]), Done),
                (unmount("qa/a"), Done),
            ]
        },
        facts: &[Mounted("qa", Some("/qa")), Value("qa", "relatime", "on", Temporary)],
    },
    Case {
        // A pool with a volume that is held open is not exported here: OpenZFS waits until it is let go.
        name: "a volume in use is not destroyed",
        acts: || {
            vec![
                (volume("qa/v", 1 << 20, true, &[]), Done),
                (hold_volume_open("qa/v"), Done),
                (destroy("qa/v"), Refused("cannot destroy 'qa/v': dataset is busy")),
                (Act::LetGo, Done),
                (destroy("qa/v"), Done),
            ]
        },
        facts: &[],
    },
    Case {
        name: "a busy file system keeps its pool from being exported, after others were unmounted",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (create("qa/b", &[]), Done),
                (mount_all(), Done),
                (hold_open("/qa/a"), Done),
                (export("qa"), Refused("cannot unmount '/qa/a': pool or dataset is busy")),
                (Act::LetGo, Done),
            ]
        },
        facts: &[Mounted("qa/a", Some("/qa/a")), Mounted("qa/b", None)],
    },
    Case {
        name: "a block size that was given has no source, but for the one that is the default",
        acts: || {
            vec![
                (volume("qa/v", 1 << 20, true, &[("volblocksize", "8K")]), Done),
                (volume("qa/w", 1 << 20, true, &[("volblocksize", "16K")]), Done),
                (create("qa/n", &[("normalization", "formD")]), Done),
            ]
        },
        facts: &[
            Value("qa/v", "volblocksize", "8192", Neither),
            Value("qa/w", "volblocksize", "16384", Default),
            Value("qa/n", "utf8only", "on", Neither),
        ],
    },
    Case {
        name: "a volume's reservation follows its size while it is just what the size needs",
        acts: || {
            vec![
                (volume("qa/v", 8 << 20, false, &[]), Done),
                (set("qa/v", &[("volsize", "16M")]), Done),
                (set("qa/v", &[("refreservation", "1M")]), Done),
                (set("qa/v", &[("volsize", "32M")]), Done),
            ]
        },
        facts: &[Value("qa/v", "refreservation", "1048576", Own), Value("qa/v", "volsize", "33554432", Own)],
    },
    Case {
        name: "blocks on a special device may be asked for before there is one",
        acts: || {
            vec![
                (set("qa", &[("special_small_blocks", "4K")]), Done),
                (create("qa/a", &[("special_small_blocks", "0")]), Done),
            ]
        },
        facts: &[Value("qa/a", "special_small_blocks", "0", Own)],
    },
    Case {
        name: "what follows a mount point that is taken away comes back with it",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (create("qa/a/b", &[]), Done),
                (create("qa/a/c", &[]), Done),
                (mount_all(), Done),
                (set("qa/a", &[("mountpoint", "none")]), Done),
                (inherit("qa/a", "mountpoint"), Done),
            ]
        },
        facts: &[
            Mounted("qa/a", Some("/qa/a")),
            Mounted("qa/a/b", Some("/qa/a/b")),
            Mounted("qa/a/c", Some("/qa/a/c")),
        ],
    },
    Case {
        name: "a destroyed file system takes its folder along, where its mount point is not its own",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (create("qa/b", &[("mountpoint", "/q1")]), Done),
                (mount_all(), Done),
                (destroy("qa/a"), Done),
                (destroy("qa/b"), Done),
            ]
        },
        facts: &[Folder("/qa/a", false), Folder("/q1", true)],
    },
    Case {
        name: "a follower that cannot be unmounted lets those after it be mounted that were not",
        acts: || {
            vec![
                (hold_open("/q b"), Done),
                (create("q b/a", &[]), Done),
                (
                    set("q b", &[("mountpoint", "none")]),
                    Refused("cannot unmount '/q b': pool or dataset is busy"),
                ),
                (Act::LetGo, Done),
            ]
        },
        facts: &[Mounted("q b", Some("/q b")), Mounted("q b/a", Some("/q b/a"))],
    },
    Case {
        name: "the name of a property of one's own has no capital letters",
        acts: || {
            vec![
                (
                    set("qa", &[("test:C", "z"), ("logbias", "throughput")]),
                    Refused("cannot set property for 'qa': invalid property 'test:C'"),
                ),
                (
                    create("qa/a", &[("test:C", "z")]),
                    Refused("cannot create 'qa/a': invalid property 'test:C'"),
                ),
                (set("qa", &[("test:c", "z")]), Done),
            ]
        },
        facts: &[Value("qa", "logbias", "latency", Default), Value("qa", "test:c", "z", Own)],
    },
    Case {
        name: "extended attributes in the inode are called on",
        acts: || vec![(set("qa", &[("xattr", "sa")]), Done), (set("q b", &[("xattr", "dir")]), Done)],
        facts: &[Value("qa", "xattr", "on", Own), Value("q b", "xattr", "dir", Own)],
    },
    Case {
        name: "a quota is taken away by none and not by 0, a reservation by either",
        acts: || {
            vec![
                (
                    set("qa", &[("quota", "0")]),
                    Refused("cannot set property for 'qa': use 'none' to disable quota/refquota"),
                ),
                (set("qa", &[("refquota", "0")]), Refused("use 'none' to disable quota/refquota")),
                (set("qa", &[("quota", "none"), ("reservation", "0")]), Done),
            ]
        },
        facts: &[Value("qa", "quota", "0", Own)],
    },
    Case {
        name: "a quota that not even an empty file system fits in refuses its creation",
        acts: || {
            vec![
                (create("qa/a", &[("quota", "1K")]), Refused("cannot create 'qa/a': out of space")),
                (create("qa/a", &[("refquota", "1K")]), Refused("cannot create 'qa/a': out of space")),
            ]
        },
        facts: &[],
    },
    Case {
        name: "a new file system takes over what its parent was made with, for good",
        acts: || {
            vec![
                (create("qa/a", &[("utf8only", "on"), ("casesensitivity", "mixed")]), Done),
                (create("qa/a/b", &[]), Done),
            ]
        },
        facts: &[
            Value("qa/a/b", "utf8only", "on", Neither),
            Value("qa/a/b", "casesensitivity", "mixed", Neither),
        ],
    },
    Case {
        name: "a pool's property that is set to its default is told as the default",
        acts: || {
            vec![(pool_set("qa", "autoexpand", "on"), Done), (pool_set("qa", "autoexpand", "off"), Done)]
        },
        facts: &[],
    },
    Case {
        name: "refusals of values are told in words of their own",
        acts: || {
            vec![
                (
                    set("qa", &[("compression", "LZ4")]),
                    Refused("'compression' must be one of 'on | off | lzjb | gzip | gzip-[1-9] | zle | lz4"),
                ),
                (volume("qa/v", 0, false, &[]), Refused("cannot create 'qa/v': volume size cannot be zero")),
            ]
        },
        facts: &[],
    },
    Case {
        name: "a new mount point whose folder holds something is set, and not mounted on without overlay",
        acts: || {
            vec![
                (folder("/q1"), Done),
                (folder("/q1/x"), Done),
                (create("qa/a", &[("overlay", "off")]), Done),
                (set("qa/a", &[("mountpoint", "/q1")]), Done),
            ]
        },
        facts: &[Mounted("qa/a", None), Value("qa/a", "mountpoint", "/q1", Own), Folder("/q1/x", true)],
    },
    Case {
        name: "a rename removes the empty folders where nothing is mounted any more",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (create("qa/a/b", &[("canmount", "noauto")]), Done),
                (create("qa/c", &[]), Done),
                (mount("qa/a"), Done),
                (mount("qa/c"), Done),
                (unmount("qa/a"), Done),
                (folder("/qa/a/b"), Done),
                (rename("qa/a", "qa/d"), Done),
                (rename("qa/c", "qa/e"), Done),
            ]
        },
        facts: &[Folder("/qa/a", false), Folder("/qa/c", true), Mounted("qa/e", Some("/qa/c"))],
    },
    Case {
        name: "what is mounted elsewhere than at its mount point cannot be remounted, also for xattr",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (mount("qa/a"), Done),
                (rename("qa/a", "qa/b"), Done),
                (set("qa/b", &[("xattr", "dir")]), Refused("cannot mount 'qa/b': Invalid argument")),
            ]
        },
        facts: &[Value("qa/b", "xattr", "dir", Own), Mounted("qa/b", Some("/qa/a")), Folder("/qa/b", true)],
    },
    Case {
        name: "an import succeeds also where something cannot be mounted",
        acts: || {
            vec![
                (create("qa/a", &[("overlay", "off"), ("mountpoint", "/q1")]), Done),
                (create("qa/b", &[]), Done),
                (export("qa"), Done),
                (folder("/q1"), Done),
                (folder("/q1/x"), Done),
                (import("qa"), Done),
            ]
        },
        facts: &[Mounted("qa/a", None), Mounted("qa/b", Some("/qa/b"))],
    },
    Case {
        name: "what cannot be mounted keeps what lies below its path from it: at `zfs mount -a`",
        acts: || {
            vec![
                (folder("/q1"), Done),
                (folder("/q1/x"), Done),
                (create("qa/a", &[("mountpoint", "/q1"), ("overlay", "off")]), Done),
                (create("qa/a/b", &[("overlay", "on")]), Done),
                (create("qa/a/c", &[("overlay", "on"), ("mountpoint", "/q2")]), Done),
                (create("q b/d", &[("mountpoint", "/q1/d")]), Done),
                (create("q b/e", &[("mountpoint", "/q10")]), Done),
                (mount_all(), Refused("cannot mount '/q1': directory is not empty")),
            ]
        },
        facts: &[
            Mounted("qa/a", None),
            Mounted("qa/a/b", None),
            Mounted("qa/a/c", Some("/q2")),
            Mounted("q b/d", None),
            Mounted("q b/e", Some("/q10")),
        ],
    },
    Case {
        name: "what cannot be mounted keeps what lies below its path from it: at an import",
        acts: || {
            vec![
                (create("qa/a", &[("overlay", "off"), ("mountpoint", "/q1")]), Done),
                (create("qa/a/b", &[("overlay", "on")]), Done),
                (create("qa/c", &[("mountpoint", "/q1/c")]), Done),
                (create("q b/d", &[("mountpoint", "/q1/d")]), Done),
                (export("qa"), Done),
                (folder("/q1"), Done),
                (folder("/q1/x"), Done),
                (import("qa"), Done),
                (mount("q b/d"), Done),
            ]
        },
        facts: &[
            Mounted("qa/a", None),
            Mounted("qa/a/b", None),
            Mounted("qa/c", None),
            Mounted("q b/d", Some("/q1/d")),
        ],
    },
    Case {
        name: "readonly=on and off reach at once what is mounted below",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (create("qa/a/b", &[]), Done),
                (mount_all(), Done),
                (set("qa/a", &[("readonly", "on")]), Done),
                (folder("/qa/a/b/x"), Refused("Read-only file system")),
                (set("qa/a", &[("readonly", "off")]), Done),
                (folder("/qa/a/b/y"), Done),
            ]
        },
        facts: &[Folder("/qa/a/b/x", false), Folder("/qa/a/b/y", true)],
    },
    Case {
        name: "an unmounting that fails removes the folder of what was to be unmounted",
        acts: || {
            vec![
                (create("q b/b", &[]), Done),
                (set("q b", &[("mountpoint", "/qa/c")]), Done),
                (unmount("q b"), Done),
                (mount("q b/b"), Done),
                (mount("q b"), Done),
                (unmount("q b/b"), Refused("cannot unmount '/qa/c/b': unmount failed")),
            ]
        },
        facts: &[Folder("/qa/c/b", false)],
    },
    Case {
        name: "a refreservation above the refquota is refused",
        acts: || {
            vec![
                (create("qa/a", &[("refquota", "8M")]), Done),
                (
                    set("qa/a", &[("refreservation", "64M")]),
                    Refused("cannot set property for 'qa/a': size is greater than available space"),
                ),
                (set("qa/a", &[("refreservation", "4M")]), Done),
            ]
        },
        facts: &[],
    },
    Case {
        name: "a new mount point that cannot be mounted on is set",
        acts: || {
            vec![
                (set("q b", &[("mountpoint", "/q2 x")]), Done),
                (create("q b/b", &[]), Done),
                (set("q b", &[("readonly", "on")]), Done),
                (set("q b", &[("mountpoint", "/q1")]), Done),
            ]
        },
        facts: &[Mounted("q b", Some("/q1")), Mounted("q b/b", None), Folder("/q1/b", false)],
    },
    Case {
        name: "snapshots in two pools are not taken at once",
        acts: || {
            vec![(
                snapshot(&["qa", "q b"], "s"),
                Refused("cannot create snapshots : multiple snapshots of same fs not allowed"),
            )]
        },
        facts: &[],
    },
    Case {
        name: "a pool's comment may be empty",
        acts: || vec![(pool_set("qa", "comment", "words"), Done), (pool_set("qa", "comment", ""), Done)],
        facts: &[],
    },
    Case {
        name: "values and names that are refused are told in words of their own, each",
        acts: || {
            vec![
                (hold("qa/gone", "s"), Refused("cannot open 'qa/gone': dataset does not exist")),
                (hold("qa", "s"), Refused("cannot hold snapshot 'qa@s': dataset does not exist")),
                (
                    create("qa/a", &[("recordsize", "K")]),
                    Refused("cannot create 'qa/a': bad numeric value 'K'"),
                ),
                (
                    set("qa", &[("special_small_blocks", "32M")]),
                    Refused("invalid 'special_small_blocks=33554432' property: must be zero or a power of 2"),
                ),
                (
                    set("qa", &[("refreservation", "auto")]),
                    Refused("'refreservation=auto' only allowed on volumes"),
                ),
                (set("qa", &[("reservation", "auto")]), Refused("'auto' is invalid value for 'reservation'")),
                (volume("qa/v", 1 << 20, true, &[]), Done),
                (set("qa/v", &[("volsize", "0")]), Refused("'volsize' cannot be zero")),
            ]
        },
        facts: &[],
    },
    Case {
        name: "what was received stands where nothing is set, and comes back",
        acts: || {
            vec![
                (create("qa/a", &[("compression", "zstd"), ("atime", "off"), ("test:a", "x")]), Done),
                (snapshot(&["qa/a"], "s"), Done),
                (receive("qa/a", "s", "qa/b"), Done),
                (set("qa/b", &[("compression", "lz4")]), Done),
                (inherit("qa/b", "atime"), Done),
                (set("qa/b", &[("test:a", "y")]), Done),
                (inherit_received("qa/b", "test:a"), Done),
                (receive("qa/a", "s", "qa/c"), Done),
                (set("qa/c", &[("compression", "lz4")]), Done),
                (inherit("qa/c", "compression"), Done),
                (inherit_received("qa/c", "compression"), Done),
                (inherit("qa/c", "test:a"), Done),
            ]
        },
        facts: &[
            Value("qa/b", "compression", "lz4", Own),
            Value("qa/b", "atime", "on", Default),
            Value("qa/b", "test:a", "x", Received),
            Value("qa/c", "compression", "zstd", Received),
            Value("qa/c", "atime", "off", Received),
        ],
    },
    Case {
        name: "a received mount point is one of its own, and what is received is not mounted",
        acts: || {
            vec![
                (create("qa/a", &[("mountpoint", "/q1"), ("canmount", "noauto")]), Done),
                (snapshot(&["qa/a"], "s"), Done),
                (receive("qa/a", "s", "qa/b"), Done),
                (mount_all(), Done),
                (mount("qa/b"), Done),
                (set("qa/b", &[("mountpoint", "/q2 x")]), Done),
                (inherit_received("qa/b", "mountpoint"), Done),
            ]
        },
        facts: &[
            Mounted("qa/a", None),
            Mounted("qa/b", Some("/q1")),
            Value("qa/b", "mountpoint", "/q1", Received),
            Value("qa/b", "canmount", "noauto", Received),
        ],
    },
    Case {
        name: "the folder of a pool's root goes with the pool, also where the root was unmounted before",
        acts: || vec![(umount("qa", "/qa"), Done), (destroy_pool("qa"), Done)],
        facts: &[Folder("/qa", false)],
    },
    Case {
        name: "what is to be destroyed later goes at once, or with its last hold",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (snapshot(&["qa/a"], "s"), Done),
                (destroy_later("qa/a", "s"), Done),
                (destroy_later("qa/a", "s"), Refused("could not find any snapshots to destroy")),
                (snapshot(&["qa/a"], "s"), Done),
                (hold("qa/a", "s"), Done),
                (destroy_snapshot("qa/a", "s"), Refused("it's being held")),
                (destroy_later("qa/a", "s"), Done),
                (destroy_later("qa/a", "s"), Done),
                (destroy_snapshot("qa/a", "s"), Refused("it's being held")),
                (release("qa/a", "s"), Done),
                (release("qa/a", "s"), Refused("dataset does not exist")),
                (destroy_snapshot("qa/a", "s"), Refused("could not find any snapshots to destroy")),
                (destroy("qa/a"), Done),
            ]
        },
        facts: &[Folder("/qa/a", false)],
    },
    Case {
        name: "names are normalised only where they are UTF-8",
        acts: || {
            vec![
                (
                    create("qa/a", &[("normalization", "formD"), ("utf8only", "off")]),
                    Refused("'utf8only' must be set 'on' if normalization chosen"),
                ),
                (create("qa/a", &[("normalization", "none"), ("utf8only", "off")]), Done),
                (create("qa/b", &[("normalization", "formC"), ("utf8only", "on")]), Done),
            ]
        },
        facts: &[Value("qa/a", "utf8only", "off", Neither), Value("qa/b", "utf8only", "on", Neither)],
    },
    Case {
        name: "what was renamed and stays mounted where it was is not mounted where it belongs",
        acts: || {
            vec![
                (create("qa/a", &[]), Done),
                (mount("qa/a"), Done),
                (mount("qa/a"), Done),
                (rename("qa/a", "qa/b"), Done),
                (mount("qa/b"), Refused("filesystem already mounted")),
                (set("qa/b", &[("mountpoint", "/qa/a")]), Done),
                (mount("qa/b"), Done),
            ]
        },
        facts: &[Mounted("qa/b", Some("/qa/a"))],
    },
    Case {
        name: "a new folder has the group of the one above, and what its list says of new ones",
        acts: || {
            vec![
                (create("qa/a", &[("acltype", "posix")]), Done),
                (mount("qa/a"), Done),
                (directory("qa/a", 7, "2750", "default:user:33:rwx"), Done),
                (folder("/qa/a/m"), Done),
                (folder_make("qa/a", "n/n"), Done),
                // Where a file system is to be mounted, its folder is asked for with 0755.
                (create("qa/a/b", &[]), Done),
                (mount("qa/a/b"), Done),
                (umount("qa/a/b", "/qa/a/b"), Done),
            ]
        },
        facts: &[
            Has(
                "/qa/a/m",
                "0:7 2770 user:33:rwx,group::r-x,mask::rwx,default:user::rwx,default:user:33:rwx,default:group::r-x,default:mask::rwx,default:other::---",
            ),
            Has(
                "/qa/a/n/n",
                "0:7 2770 user:33:rwx,group::r-x,mask::rwx,default:user::rwx,default:user:33:rwx,default:group::r-x,default:mask::rwx,default:other::---",
            ),
            Has(
                "/qa/a/b",
                "0:7 2750 user:33:rwx,group::r-x,mask::r-x,default:user::rwx,default:user:33:rwx,default:group::r-x,default:mask::rwx,default:other::---",
            ),
        ],
    },
    Case {
        name: "a list that is out of force says nothing of new folders, and is in force again with its acltype",
        acts: || {
            vec![
                (create("qa/a", &[("acltype", "posix")]), Done),
                (mount("qa/a"), Done),
                (directory("qa/a", 0, "0750", "default:group:7:rwx"), Done),
                (folder("/qa/a/before"), Done),
                (set("qa/a", &[("acltype", "off")]), Done),
                (folder("/qa/a/m"), Done),
                (folder_make("qa/a", "n"), Done),
                (set("qa/a", &[("acltype", "posix")]), Done),
                (folder_remove("qa/a", "n", 0), Done),
            ]
        },
        facts: &[
            Has(
                "/qa/a/before",
                "0:0 0770 group::r-x,group:7:rwx,mask::rwx,default:user::rwx,default:group::r-x,default:group:7:rwx,default:mask::rwx,default:other::---",
            ),
            Has("/qa/a/m", "0:0 0755 "),
            Folder("/qa/a/n", false),
        ],
    },
];
