//! Codes about snapshots that are taken by a clock.

use phoenix_graph::code::{
    Entry,
    Example::Pool,
    Examples,
    Level::{Error, Lint},
};

phoenix_graph::codes! {
    pub SNAPSHOTS:

    UNKNOWN_TO_SANOID = Entry {
        name: "unknown-to-sanoid",
        level: Error,
        title: "snapshots of a name that sanoid does not take",
        explanation: "sanoid, which takes and destroys the snapshots, hands names to a shell without quotes: below a name with a blank it finds nothing. What begins with `template`, as a pool may, it takes for no dataset.",
        why: "Snapshots would be taken of a part or of nothing, and nobody would be told.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "my files" {
    snapshots daily=7
}"#),
            right: Pool(r#"dataset "my-files" was="tank/my files" {
    snapshots daily=7
}"#),
        }),
    };

    SNAPSHOTS_OF_POOL = Entry {
        name: "snapshots-of-pool",
        level: Error,
        title: "snapshots of all that is in a pool",
        explanation: "The children of a pool's root dataset are everything in the pool: disks of guests, replicas, and what phoenix has put away in `.phoenix`.",
        why: "Snapshots of replicas end their replication, those of guests' disks keep Proxmox from going back, and what is put away would grow.",
        examples: Some(Examples {
            wrong: Pool(r#"root { snapshots daily=7 children=#true; }
dataset "a""#),
            right: Pool(r#"dataset "a" { snapshots daily=7; }"#),
        }),
    };

    SNAPSHOTS_OF_REPLICA = Entry {
        name: "snapshots-of-replica",
        level: Error,
        title: "snapshots of what is replicated to",
        explanation: "A dataset marked `replica` is written to by replication from elsewhere. A snapshot that is taken here is one that the source does not have: the next stream does not go on from it.",
        why: "Replication would stop, or destroy the snapshot to go on.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "copy" replica=#true {
    snapshots daily=7
}"#),
            right: Pool(r#"dataset "copy" replica=#true"#),
        }),
    };

    SNAPSHOTS_WITHOUT_NUMBER = Entry {
        name: "snapshots-without-number",
        level: Lint,
        title: "a schedule that keeps no snapshot",
        explanation: "`snapshots` says how many of each type are kept: `hourly`, `daily`, `weekly`, `monthly`, `yearly`, `frequently`. What is not said is 0, and of that type none is taken.",
        why: "Somebody who reads when snapshots are taken believes that there are some.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "a" {
    snapshots daily_hour=3
}"#),
            right: Pool(r#"dataset "a" {
    snapshots daily=7 daily_hour=3
}"#),
        }),
    };

    SNAPSHOTS_OF_GUESTS = Entry {
        name: "snapshots-of-guests",
        level: Lint,
        title: "snapshots of guests' disks",
        explanation: "Proxmox goes back to a snapshot of a guest only where that is the newest one of each of its disks. One that is taken by the clock is newer, and has to be destroyed by hand first.",
        why: "`qm rollback` and `pct rollback` refuse when they are needed most.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "vms" {
    proxmox "tank-vms" type="zfspool" content="images"
    snapshots daily=7 children=#true
}"#),
            right: Pool(r#"dataset "vms" {
    proxmox "tank-vms" type="zfspool" content="images"
}"#),
        }),
    };

    SNAPSHOTS_WITHOUT_GUESTS = Entry {
        name: "snapshots-without-guests",
        level: Lint,
        title: "snapshots that hold no guest's disk",
        explanation: "Proxmox makes a dataset or volume of its own for each disk, below the one that is registered. A schedule is for the dataset alone unless it says `children`.",
        why: "The snapshots would be empty, and be found so when one is needed.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "vms" {
    proxmox "tank-vms" type="zfspool" content="images"
    snapshots daily=7
}"#),
            right: Pool(r#"dataset "vms" {
    proxmox "tank-vms" type="zfspool" content="images"
    snapshots daily=7 children=#true
    allow "snapshots-of-guests"
}"#),
        }),
    };
}
