//! Codes about what a spec asks for and this host, or this version of phoenix, does not do.

use phoenix_graph::code::{Entry, Level::Refusal};

phoenix_graph::codes! {
    pub SPEC:

    ILLEGAL_CLOSURE = Entry {
        name: "illegal-closure",
        level: Refusal,
        title: "the closure says what no spec can say",
        explanation: "Everything that is read from a store is held against the rules of specs. Build the spec anew with this version of phoenix, and change what it refuses.",
        why: "A closure that somebody else made may say what its spec does not; one that an older version made may say what is known to be dangerous by now.",
        examples: None,
    };

    NEEDS_NEWER_OPENZFS = Entry {
        name: "needs-newer-openzfs",
        level: Refusal,
        title: "the OpenZFS of this host, or the pool, does not have this yet",
        explanation: "The property, the value or the change of a layout came with a later version than the one that runs here, or needs a feature that the pool has disabled. Leave it out, say another value, bring the host to that version, or enable the feature by hand.",
        why: "OpenZFS would refuse it in the middle of a switch, after other things were changed.",
        examples: None,
    };

    BLOCK_TOO_LARGE = Entry {
        name: "block-too-large",
        level: Refusal,
        title: "blocks larger than this host takes",
        explanation: "A parameter of the module zfs (`zfs_max_recordsize`) limits the size of blocks. Say a smaller size, or raise the parameter, now and at boot.",
        why: "OpenZFS before 2.2 takes blocks of 1M at most where nobody raised the limit, and refuses larger ones in the middle of a switch.",
        examples: None,
    };

    NEEDS_CONSENT = Entry {
        name: "needs-consent",
        level: Refusal,
        title: "something that no rollback undoes needs consent by name",
        explanation: "What loses data (a volume that shrinks, a schedule that keeps fewer snapshots than there are) or stays for good (a vdev, a feature, a volume that grows, files that `recursive` gives to somebody) is done only where the command says `--consent` and the key of the resource.",
        why: "Everything else that a switch does can be gone back from, so nobody expects what cannot.",
        examples: None,
    };
}
