//! Pages about pools, vdevs and disks.

use super::{Example::Whole, Page, page};
use crate::diagnostic::Code;

pub const PAGES: &[Page] = &[
    page(
        Code::DuplicatePool,
        "A pool that is described twice has two layouts, and a layout cannot be taken back.",
        Whole(
            r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
}
pool "tank" {
    mirror { disk "/dev/disk/by-id/c"; disk "/dev/disk/by-id/d" }
}
"#,
        ),
        Whole(
            r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
    mirror { disk "/dev/disk/by-id/c"; disk "/dev/disk/by-id/d" }
}
"#,
        ),
    ),
    page(
        Code::DiskTwice,
        "A mirror of a disk with itself survives nothing.",
        Whole(
            r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/a" }
}
"#,
        ),
        Whole(
            r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
}
"#,
        ),
    ),
    page(
        Code::BadDisk,
        "A path that is found by where the command was started may name another disk next time.",
        Whole(
            r#"edition 1
pool "tank" {
    mirror { disk "sda"; disk "sdb" }
}
"#,
        ),
        Whole(
            r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
}
"#,
        ),
    ),
    page(
        Code::UnstableDisk,
        "A pool made on /dev/sdb may be made on the disk with the backups, after a cable was moved.",
        Whole(
            r#"edition 1
pool "tank" {
    mirror { disk "/dev/sda"; disk "/dev/sdb" }
}
"#,
        ),
        Whole(
            r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/ata-A_1"; disk "/dev/disk/by-id/ata-B_2" }
}
"#,
        ),
    ),
    page(
        Code::TooFewDisks,
        "The pool would have no redundancy, though the spec reads as if it had.",
        Whole(
            r#"edition 1
pool "tank" {
    raidz2 { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
}
"#,
        ),
        Whole(
            r#"edition 1
pool "tank" {
    raidz2 { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b"; disk "/dev/disk/by-id/c"; disk "/dev/disk/by-id/d" }
}
"#,
        ),
    ),
    page(
        Code::BadDraid,
        "OpenZFS refuses the layout; of one that was corrected by guessing, nothing can be taken back.",
        Whole(
            r#"edition 1
pool "tank" {
    draid parity=2 data=4 { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b"; disk "/dev/disk/by-id/c" }
}
"#,
        ),
        Whole(
            r#"edition 1
pool "tank" {
    draid parity=1 data=2 { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b"; disk "/dev/disk/by-id/c" }
}
"#,
        ),
    ),
    page(
        Code::NoPools,
        "An import that was taken out by mistake would put everything away that the host serves.",
        Whole("edition 1\nhost \"nas\" {\n    arc max=\"8G\"\n}\n"),
        Whole(
            "edition 1\nhost \"nas\" {\n    arc max=\"8G\"\n    pool \"tank\" {\n        mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" }\n    }\n}\n",
        ),
    ),
    page(
        Code::NoDisks,
        "There is nothing that the pool could lie on.",
        Whole(
            r#"edition 1
pool "tank" {
    dataset "vms"
}
"#,
        ),
        Whole(
            r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
    dataset "vms"
}
"#,
        ),
    ),
    page(
        Code::NoRedundancy,
        "Disks fail. Of a pool on one disk nothing is left then, whatever its other vdevs are.",
        Whole(
            r#"edition 1
pool "tank" {
    disk "/dev/disk/by-id/a"
}
"#,
        ),
        Whole(
            r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
}
"#,
        ),
    ),
    page(
        Code::MixedRedundancy,
        "Data is spread over all vdevs: the disks of the safer ones are paid for and make nothing safer.",
        Whole(
            r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
    raidz2 { disk "/dev/disk/by-id/c"; disk "/dev/disk/by-id/d"; disk "/dev/disk/by-id/e"; disk "/dev/disk/by-id/f" }
}
"#,
        ),
        Whole(
            r#"edition 1
pool "tank" {
    raidz2 { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b"; disk "/dev/disk/by-id/c"; disk "/dev/disk/by-id/d" }
}
"#,
        ),
    ),
];
