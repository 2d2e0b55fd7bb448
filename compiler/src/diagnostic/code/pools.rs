//! Codes about disks, vdevs and pools.

use phoenix_graph::code::{
    Entry,
    Example::Whole,
    Examples,
    Level::{Error, Lint},
};

phoenix_graph::codes! {
    pub POOLS:

    BAD_DISK = Entry {
        name: "bad-disk",
        level: Error,
        title: "not the path of a disk",
        explanation: "Disks are named by absolute paths below /dev, best in /dev/disk/by-id, which stay the same whatever the order of discovery.",
        why: "A path that is found by where the command was started may name another disk next time.",
        examples: Some(Examples {
            wrong: Whole(r#"edition 1
pool "tank" {
    mirror { disk "sda"; disk "sdb" }
}
"#),
            right: Whole(r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
}
"#),
        }),
    };

    PLACEHOLDER = Entry {
        name: "placeholder",
        level: Error,
        title: "a placeholder was left in",
        explanation: "The text stands for a value that somebody meant to fill in.",
        why: "A pool on the wrong disk is a pool without the data that was there.",
        examples: Some(Examples {
            wrong: Whole(r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/CHANGEME"; disk "/dev/disk/by-id/b" }
}
"#),
            right: Whole(r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/nvme-A_1"; disk "/dev/disk/by-id/nvme-B_2" }
}
"#),
        }),
    };

    UNSTABLE_DISK = Entry {
        name: "unstable-disk",
        level: Lint,
        title: "a disk by a name that may change",
        explanation: "Names such as /dev/sda are given in the order of discovery: after a boot or with a new disk they may mean another one. Names in /dev/disk/by-id stay.",
        why: "A pool made on /dev/sdb may be made on the disk with the backups, after a cable was moved.",
        examples: Some(Examples {
            wrong: Whole(r#"edition 1
pool "tank" {
    mirror { disk "/dev/sda"; disk "/dev/sdb" }
}
"#),
            right: Whole(r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/ata-A_1"; disk "/dev/disk/by-id/ata-B_2" }
}
"#),
        }),
    };

    TOO_FEW_DISKS = Entry {
        name: "too-few-disks",
        level: Error,
        title: "too few disks for the vdev",
        explanation: "A mirror needs two disks, raidz one more than its parity at least, draid its data, parity and spares.",
        why: "The pool would have no redundancy, though the spec reads as if it had.",
        examples: Some(Examples {
            wrong: Whole(r#"edition 1
pool "tank" {
    raidz2 { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
}
"#),
            right: Whole(r#"edition 1
pool "tank" {
    raidz2 { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b"; disk "/dev/disk/by-id/c"; disk "/dev/disk/by-id/d" }
}
"#),
        }),
    };

    BAD_DRAID = Entry {
        name: "bad-draid",
        level: Error,
        title: "a draid layout that does not fit",
        explanation: "A draid has a parity of 1 to 3, and its data, parity and spare disks fit into the disks that it holds.",
        why: "OpenZFS refuses the layout; of one that was corrected by guessing, nothing can be taken back.",
        examples: Some(Examples {
            wrong: Whole(r#"edition 1
pool "tank" {
    draid parity=2 data=4 { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b"; disk "/dev/disk/by-id/c" }
}
"#),
            right: Whole(r#"edition 1
pool "tank" {
    draid parity=1 data=2 { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b"; disk "/dev/disk/by-id/c" }
}
"#),
        }),
    };

    NO_POOLS = Entry {
        name: "no-pools",
        level: Lint,
        title: "a host without pools",
        explanation: "Nothing of ZFS is set up, and a switch retires every dataset that the generation before had. Where that is not meant, a profile or an import is missing.",
        why: "An import that was taken out by mistake would put everything away that the host serves.",
        examples: Some(Examples {
            wrong: Whole("edition 1\nhost \"nas\" {\n    arc max=\"8G\"\n}\n"),
            right: Whole("edition 1\nhost \"nas\" {\n    arc max=\"8G\"\n    pool \"tank\" {\n        mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" }\n    }\n}\n"),
        }),
    };

    NO_DISKS = Entry {
        name: "no-disks",
        level: Error,
        title: "a pool or vdev without disks",
        explanation: "A pool has at least one vdev for data, and each vdev its disks.",
        why: "There is nothing that the pool could lie on.",
        examples: Some(Examples {
            wrong: Whole(r#"edition 1
pool "tank" {
    dataset "vms"
}
"#),
            right: Whole(r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
    dataset "vms"
}
"#),
        }),
    };

    NO_REDUNDANCY = Entry {
        name: "no-redundancy",
        level: Lint,
        title: "a pool that does not survive the loss of a disk",
        explanation: "One disk fails and all of the pool is lost. Where that is meant (what can be made again, what lies elsewhere too) say `allow \"no-redundancy\"` in the pool.",
        why: "Disks fail. Of a pool on one disk nothing is left then, whatever its other vdevs are.",
        examples: Some(Examples {
            wrong: Whole(r#"edition 1
pool "tank" {
    disk "/dev/disk/by-id/a"
}
"#),
            right: Whole(r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
}
"#),
        }),
    };

    MIXED_REDUNDANCY = Entry {
        name: "mixed-redundancy",
        level: Lint,
        title: "vdevs of different redundancy in one pool",
        explanation: "A pool is lost with its weakest vdev.",
        why: "Data is spread over all vdevs: the disks of the safer ones are paid for and make nothing safer.",
        examples: Some(Examples {
            wrong: Whole(r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
    raidz2 { disk "/dev/disk/by-id/c"; disk "/dev/disk/by-id/d"; disk "/dev/disk/by-id/e"; disk "/dev/disk/by-id/f" }
}
"#),
            right: Whole(r#"edition 1
pool "tank" {
    raidz2 { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b"; disk "/dev/disk/by-id/c"; disk "/dev/disk/by-id/d" }
}
"#),
        }),
    };
}
