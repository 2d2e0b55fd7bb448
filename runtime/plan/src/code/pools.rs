//! Codes about pools: importing them, and their settings.

use phoenix_graph::code::{
    Entry,
    Level::{Refusal, Warning},
};

phoenix_graph::codes! {
    pub POOLS:

    POOL_UNAVAILABLE = Entry {
        name: "pool-unavailable",
        level: Refusal,
        title: "a pool is on disks, and cannot be imported",
        explanation: "Disks that it cannot do without are missing or damaged; `zpool import -d /dev/disk/by-id` shows which. Bring them back, then plan again.",
        why: "A pool that is made anew on what is left would be an empty one.",
        examples: None,
    };

    POOL_ELSEWHERE = Entry {
        name: "pool-elsewhere",
        level: Refusal,
        title: "another system has a pool, or used it last",
        explanation: "Export it there. Where that system is surely off, or is this one under another hostid, import it by hand as the refusal says. One that is imported elsewhere now is never imported by force.",
        why: "Two systems that write to one pool destroy it within seconds.",
        examples: None,
    };

    LOG_DEVICE_MISSING = Entry {
        name: "log-device-missing",
        level: Refusal,
        title: "a device of a pool's intent log is not there",
        explanation: "Bring it back; or import the pool by hand without it (`zpool import -m`).",
        why: "What was synced in the last seconds before the pool stopped may stand in that log alone, and is lost without it.",
        examples: None,
    };

    POOL_TOO_NEW = Entry {
        name: "pool-too-new",
        level: Refusal,
        title: "a pool has features that this OpenZFS does not know",
        explanation: "It can be imported to be read alone. Use a newer OpenZFS, or copy the data off.",
        why: "A host that was set up anew with an older system finds its pools of before.",
        examples: None,
    };

    IMPORT_BY_HAND = Entry {
        name: "import-by-hand",
        level: Refusal,
        title: "a pool is not imported by its name alone",
        explanation: "There are several of its name, or `zpool import` wants something else. Import the right one by hand, as the refusal says, then plan again.",
        why: "Which of two pools is meant nobody can tell by their name. phoenix forces nothing.",
        examples: None,
    };

    POOL_BY_ANOTHER_NAME = Entry {
        name: "pool-by-another-name",
        level: Refusal,
        title: "the pool is there, by another name",
        explanation: "Its GUID tells that it is the one that phoenix knows. Export it and import it by its own name, or call it in the spec as it is called now.",
        why: "To make it anew, or to import another one of its name, would leave the data behind.",
        examples: None,
    };

    POOL_RENAMED = Entry {
        name: "pool-renamed",
        level: Warning,
        title: "a pool was imported by another name",
        explanation: "It is taken as it is called now. Where another pool has its earlier name, that one is another pool.",
        why: "Who looks for data under the earlier name finds that of another pool, or nothing.",
        examples: None,
    };

    ALTROOT_CHANGES = Entry {
        name: "altroot-changes",
        level: Refusal,
        title: "something is to change in a pool that was imported below another folder",
        explanation: "With `altroot` every mount point is seen below that folder. Export the pool, and import it without `-R` and `altroot`.",
        why: "What is mounted, exported and registered there is at other paths than the spec says.",
        examples: None,
    };

    ALTROOT = Entry {
        name: "altroot",
        level: Warning,
        title: "a pool was imported below another folder",
        explanation: "With `altroot` every mount point is seen below that folder. Nothing is changed in it until it is imported without.",
        why: "It was imported for a repair, most likely, and services look for their files elsewhere.",
        examples: None,
    };

    POOL_NOT_ONLINE = Entry {
        name: "pool-not-online",
        level: Warning,
        title: "a pool is not sound",
        explanation: "`zpool status` tells which disk is missing, faulted or being filled. The switch goes on.",
        why: "Another disk that fails may take the pool with it.",
        examples: None,
    };

    POOL_BUSY = Entry {
        name: "pool-busy",
        level: Warning,
        title: "a pool is busy with a change of its layout",
        explanation: "A resilver, a removal, an expansion or the discarding of a checkpoint goes on in the background. `zpool status` shows how far it is.",
        why: "Until it is done the pool is slower, protects less, and takes no other change of its layout.",
        examples: None,
    };

    HAS_CHECKPOINT = Entry {
        name: "has-checkpoint",
        level: Warning,
        title: "a pool has a checkpoint",
        explanation: "The whole pool can be returned to it. Give it up with `zpool checkpoint -d` when it is needed no longer.",
        why: "As long as it is there nothing that is deleted frees space, and disks and vdevs cannot leave.",
        examples: None,
    };

    SET_AT_CREATION = Entry {
        name: "set-at-creation",
        level: Refusal,
        title: "a setting that is given at creation alone",
        explanation: "Write it in the spec as it is; or make a new pool or dataset with the other value beside this one, and copy the data.",
        why: "OpenZFS would refuse it, and nothing short of copying brings it about.",
        examples: None,
    };

    ASHIFT_UNKNOWN = Entry {
        name: "ashift-unknown",
        level: Warning,
        title: "a pool does not tell its ashift",
        explanation: "It chose one by itself when it was made, and answers 0. It is left as it is.",
        why: "Whether the spec holds is not known.",
        examples: None,
    };

    FEATURE_FOR_GOOD = Entry {
        name: "feature-for-good",
        level: Refusal,
        title: "a feature of a pool is to be disabled",
        explanation: "A feature can be disabled only when a pool is made. Write it as enabled, or leave it out.",
        why: "What it changed on the disks stays.",
        examples: None,
    };

    NO_SUCH_FEATURE = Entry {
        name: "no-such-feature",
        level: Refusal,
        title: "this OpenZFS has no such feature",
        explanation: "`zpool upgrade -v` lists those that it has.",
        why: "OpenZFS would refuse it in the middle of a switch.",
        examples: None,
    };

    NO_SUCH_BOOTFS = Entry {
        name: "no-such-bootfs",
        level: Refusal,
        title: "the file system to boot from is not in the pool",
        explanation: "`bootfs` names a file system of the same pool, with its whole name.",
        why: "The machine would not start again.",
        examples: None,
    };

    POOL_NOT_RETIRED = Entry {
        name: "pool-not-retired",
        level: Refusal,
        title: "the spec no longer names a pool that phoenix made",
        explanation: "Whole pools are not put away yet. Keep it in the spec, where its datasets may go; or export it by hand first.",
        why: "A pool that is left alone without a word would be nobody's, with all it holds.",
        examples: None,
    };
}
