//! Codes about datasets and volumes: what they are, and the space they take.

use phoenix_graph::code::{
    Entry,
    Level::{Refusal, Warning},
};

phoenix_graph::codes! {
    pub DATASETS:

    OTHER_KIND = Entry {
        name: "other-kind",
        level: Refusal,
        title: "a volume is there where a file system is wanted, or the other way round",
        explanation: "Give the new one another name, or rename the one that is there.",
        why: "One does not become the other, and what stands there may be needed.",
        examples: None,
    };

    LIMIT_TOO_LOW = Entry {
        name: "limit-too-low",
        level: Refusal,
        title: "a limit below what is used or reserved already",
        explanation: "Say at least what it holds now (`zfs list -o space`), free some of it first, or lower the reservation as well.",
        why: "OpenZFS refuses it in the middle of a switch.",
        examples: None,
    };

    NO_ROOM = Entry {
        name: "no-room",
        level: Refusal,
        title: "more space is to be reserved than is free",
        explanation: "Say less, free some space first, or reserve nothing: `sparse` for a new volume, `refreservation=\"none\"` for one that grows.",
        why: "OpenZFS refuses it in the middle of a switch; and what is reserved is taken from all others.",
        examples: None,
    };

    POOL_FULL = Entry {
        name: "pool-full",
        level: Refusal,
        title: "a pool is so full that nothing can be made in it",
        explanation: "Free some space first: files, or snapshots. `phoenix gc` destroys what no kept generation needs.",
        why: "Even an empty dataset takes some blocks, and the switch would fail at that.",
        examples: None,
    };

    NO_SNAPSHOT = Entry {
        name: "no-snapshot",
        level: Warning,
        title: "no snapshot is taken of what the switch touches",
        explanation: "The pool is nearly full, the dataset reserves space that a snapshot would need again, or its name leaves no room. The switch goes on without.",
        why: "What it holds now is nothing that `rollback --with-data` could go back to.",
        examples: None,
    };

    ENDS_REPLICATION = Entry {
        name: "ends-replication",
        level: Warning,
        title: "a snapshot is taken of what looks like a replica",
        explanation: "Some of its properties came with `zfs send`. Where that goes on, say `replica` in its spec: then no snapshot of it is taken.",
        why: "A snapshot that the sender does not know makes the next `zfs receive -F` fail.",
        examples: None,
    };

    SNAPSHOT_RENAMED = Entry {
        name: "snapshot-renamed",
        level: Warning,
        title: "a snapshot of phoenix's was renamed",
        explanation: "`zfs receive` does so where one of the same name comes. `phoenix gc` tells it, and collects what no kept generation needs.",
        why: "It stops the next `zfs receive`.",
        examples: None,
    };
}
