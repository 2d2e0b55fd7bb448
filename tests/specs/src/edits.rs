//! Both examples, as the tests keep them, and an edit of each, as texts.

/// An example and its edit.
pub struct Edited {
    pub name: &'static str,
    pub first: String,
    pub second: String,
}

const PHOENIX: &str = include_str!("../phoenix/phoenix.kdl");
const DETAILED: &str = include_str!("../detailed/detailed.kdl");

/// The examples, each with an edit of it: a property changed, a dataset added, one removed that holds a
/// file, an export changed, a registration or a mount point of a container changed.
pub fn examples() -> [Edited; 2] {
    let edited = |text: &str, edits: &[(&str, &str)]| {
        edits.iter().fold(text.to_owned(), |text, (old, new)| {
            assert_eq!(text.matches(old).count(), 1, "the edit {old:?} does not fit the example");
            text.replace(old, new)
        })
    };
    let phoenix = edited(
        PHOENIX,
        &[
            (r#"use="vm-disks" quota="800G""#, r#"use="vm-disks" quota="900G""#),
            (
                "dataset \"shared-iso\" use=\"iso\" quota=\"100G\" {\n            proxmox \"fastData-shared-iso\"\n        }",
                "dataset \"scratch\" mountpoint=\"/srv/scratch\" {\n            dataset \"deep\"\n        }",
            ),
            (
                "dataset \"shared-prod-data\" use=\"shared-data\" quota=\"400G\" {\n            export { client (let)\"lan\"",
                "dataset \"shared-prod-data\" use=\"shared-data\" quota=\"400G\" {\n            export { client \"10.1.0.0/16\"",
            ),
            (
                "lxc 101 at=\"/mnt/bulk-data\" mountoptions=\"noatime\"",
                "lxc 101 at=\"/mnt/bulk-data\" mountoptions=\"noatime;nodev\"",
            ),
            ("arc max=\"30GiB\"", "arc max=\"20GiB\""),
        ],
    );
    let detailed = edited(
        DETAILED,
        &[
            ("dataset \"LXCs\" recordsize=\"16K\" {", "dataset \"LXCs\" recordsize=\"64K\" {"),
            ("content \"iso\" \"vztmpl\"", "content \"iso\""),
            ("permissions group=\"users\" mode=\"2775\"", "permissions owner=\"backup\" mode=\"0751\""),
            ("client (let)\"guests\" \"rw\" \"sync\"", "client (let)\"guests\" \"ro\" \"sync\""),
            (
                "dataset \"VMs\" {\n            proxmox \"fastData-VMs\" type=\"zfspool\" {\n                content \"images\"\n            }\n        }",
                "dataset \"machines\" atime=#true\n",
            ),
        ],
    );
    [
        Edited { name: "phoenix", first: PHOENIX.to_owned(), second: phoenix },
        Edited { name: "detailed", first: DETAILED.to_owned(), second: detailed },
    ]
}
