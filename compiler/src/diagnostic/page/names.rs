//! Pages about names and settings.

use super::{
    Example::{Pool, Whole},
    Page, page,
};
use crate::diagnostic::Code;

pub const PAGES: &[Page] = &[
    page(
        Code::BadName,
        "OpenZFS and Proxmox refuse the name in the middle of a switch; it is better refused before one begins.",
        Pool(r#"dataset "vm disks@old""#),
        Pool(r#"dataset "vm-disks""#),
    ),
    page(
        Code::UnknownSetting,
        "OpenZFS takes nothing that it does not know, and a misspelt limit is no limit.",
        Pool(r#"dataset "vms" recordsise="16K""#),
        Pool(r#"dataset "vms" recordsize="16K""#),
    ),
    page(
        Code::WrongKind,
        "A volume has blocks of one size and no records; what was meant for the one does nothing for the other.",
        Pool(r#"volume "vm-101" size="32G" recordsize="16K""#),
        Pool(r#"volume "vm-101" size="32G" volblocksize="16K""#),
    ),
    page(
        Code::ReadOnly,
        "Who sets what can only be read means another setting, most often a limit.",
        Pool(r#"dataset "vms" used="800G""#),
        Pool(r#"dataset "vms" quota="800G""#),
    ),
    page(
        Code::BadValue,
        "A switch that fails half-way has to be undone. What can be known before is told before.",
        Pool(r#"dataset "db" recordsize="100K""#),
        Pool(r#"dataset "db" recordsize="128K""#),
    ),
    page(
        Code::BadSize,
        "A size that is guessed may be a thousand times too small, or too large.",
        Pool(r#"volume "vm-101" size="32 gigs""#),
        Pool(r#"volume "vm-101" size="32G""#),
    ),
    page(
        Code::DecimalUnit,
        "A quota that is to fit the disk of its label is a tenth larger than the disk.",
        Pool(r#"dataset "media" quota="1.4TB""#),
        Pool(r#"dataset "media" quota="1400000000000""#),
    ),
    page(
        Code::Placeholder,
        "A pool on the wrong disk is a pool without the data that was there.",
        Whole(
            r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/CHANGEME"; disk "/dev/disk/by-id/b" }
}
"#,
        ),
        Whole(
            r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/nvme-A_1"; disk "/dev/disk/by-id/nvme-B_2" }
}
"#,
        ),
    ),
    page(
        Code::SecretInSpec,
        "Specs lie in repositories, in the store and in every generation. A secret in there is known to all who can read one of them, for ever.",
        Pool(
            r#"dataset "iso" {
    proxmox "tank-iso" type="dir" password="hunter2"
}"#,
        ),
        Pool(
            r#"dataset "iso" {
    proxmox "tank-iso" type="dir"
}"#,
        ),
    ),
    page(
        Code::DuplicateTunable,
        "ZFS may take all the memory that the larger of the two allows, and guests are killed for want of it.",
        Whole(
            r#"edition 1
arc max="8G"
arc max="16G"
pool "tank" { mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" } }
"#,
        ),
        Whole(
            r#"edition 1
arc max="8G"
pool "tank" { mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" } }
"#,
        ),
    ),
];
