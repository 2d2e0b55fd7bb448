//! Codes about names, settings and their values.

use phoenix_graph::code::{
    Entry,
    Example::Pool,
    Examples,
    Level::{Error, Lint},
};

phoenix_graph::codes! {
    pub SETTINGS:

    BAD_NAME = Entry {
        name: "bad-name",
        level: Error,
        title: "a name is not legal",
        explanation: "Names follow OpenZFS (letters, digits, `-`, `_`, `.`, `:` and space, beginning as it demands), Proxmox VE for storage ids, and the usual rules for hosts.",
        why: "OpenZFS and Proxmox refuse the name in the middle of a switch; it is better refused before one begins.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "vm disks@old""#),
            right: Pool(r#"dataset "vm-disks""#),
        }),
    };

    UNKNOWN_SETTING = Entry {
        name: "unknown-setting",
        level: Error,
        title: "no such setting",
        explanation: "The setting is no property of OpenZFS at this place, and has no colon as a user property has.",
        why: "OpenZFS takes nothing that it does not know, and a misspelt limit is no limit.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "vms" recordsise="16K""#),
            right: Pool(r#"dataset "vms" recordsize="16K""#),
        }),
    };

    WRONG_KIND = Entry {
        name: "wrong-kind",
        level: Error,
        title: "a setting of another kind",
        explanation: "The property exists, but belongs to another kind: a pool, a file system or a volume.",
        why: "A volume has blocks of one size and no records; what was meant for the one does nothing for the other.",
        examples: Some(Examples {
            wrong: Pool(r#"volume "vm-101" size="32G" recordsize="16K""#),
            right: Pool(r#"volume "vm-101" size="32G" volblocksize="16K""#),
        }),
    };

    READ_ONLY = Entry {
        name: "read-only",
        level: Error,
        title: "a setting that cannot be set",
        explanation: "OpenZFS reports this property; nobody sets it.",
        why: "Who sets what can only be read means another setting, most often a limit.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "vms" used="800G""#),
            right: Pool(r#"dataset "vms" quota="800G""#),
        }),
    };

    BAD_VALUE = Entry {
        name: "bad-value",
        level: Error,
        title: "a value that the setting does not take",
        explanation: "The value would be refused by OpenZFS when the host is switched; it is refused here, before anything changes.",
        why: "A switch that fails half-way has to be undone. What can be known before is told before.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "db" recordsize="100K""#),
            right: Pool(r#"dataset "db" recordsize="128K""#),
        }),
    };

    BAD_SIZE = Entry {
        name: "bad-size",
        level: Error,
        title: "a size that cannot be read",
        explanation: "Sizes are written as in `zfs(8)`: a number and one of B K M G T P E Z, which are powers of 1024.",
        why: "A size that is guessed may be a thousand times too small, or too large.",
        examples: Some(Examples {
            wrong: Pool(r#"volume "vm-101" size="32 gigs""#),
            right: Pool(r#"volume "vm-101" size="32G""#),
        }),
    };

    DECIMAL_UNIT = Entry {
        name: "decimal-unit",
        level: Lint,
        title: "a size in KB, MB, GB or TB, which ZFS reads by powers of 1024",
        explanation: "A disk of 1.4TB has 1,400,000,000,000 bytes on its label; to ZFS, and so to phoenix, `1.4TB`, `1.4TiB` and `1.4T` are all 1,539,316,278,886. Write `1.4T` where that is meant, and the bytes as a plain number where it is not. `allow \"decimal-unit\"` says that it is known.",
        why: "A quota that is to fit the disk of its label is a tenth larger than the disk.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "media" quota="1.4TB""#),
            right: Pool(r#"dataset "media" quota="1400000000000""#),
        }),
    };
}
