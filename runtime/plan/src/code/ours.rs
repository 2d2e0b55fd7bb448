//! Codes about whose something is, and what became of it since.

use phoenix_graph::code::{
    Entry,
    Level::{Refusal, Warning},
};

phoenix_graph::codes! {
    pub OURS:

    NOT_OURS = Entry {
        name: "not-ours",
        level: Refusal,
        title: "something of this name is there, and phoenix did not make it",
        explanation: "See with `phoenix plan --adopt` what would change on it, and take it over with `phoenix switch --adopt`, or by `adopt` in the spec.",
        why: "Somebody else may rely on it as it is. What phoenix did not make it changes only where it is told to.",
        examples: None,
    };

    UNRECORDED = Entry {
        name: "unrecorded",
        level: Refusal,
        title: "something bears phoenix's mark, and is not on record",
        explanation: "It is a copy, the half of a pool, restored, or of a record that is lost. Where it is the right one, take it over with `phoenix switch --adopt`.",
        why: "A mark travels with a stream or a pool, and can be set by whoever may set properties. It is no proof.",
        examples: None,
    };

    UNREADABLE_MARK = Entry {
        name: "unreadable-mark",
        level: Refusal,
        title: "it cannot be read whose a dataset is",
        explanation: "The value of its property `phoenix:owner` is no text. Look who set it, take it off with `zfs inherit`, and plan again.",
        why: "What cannot be read is unknown. It may be somebody else's.",
        examples: None,
    };

    ANOTHER_IN_ITS_PLACE = Entry {
        name: "another-in-its-place",
        level: Warning,
        title: "the spec no longer names it, and another one has its name now",
        explanation: "What phoenix made under this name is not there any more. What is there is somebody else's, and stays as it is.",
        why: "To put away what only has the right name would take it from whoever made it.",
        examples: None,
    };

    MARK_REMOVED = Entry {
        name: "mark-removed",
        level: Warning,
        title: "somebody has taken phoenix's mark off a dataset",
        explanation: "One that is to be put away stays as it is: switch to the current spec, which marks it again, and then take it out. One that comes home is marked again.",
        why: "Whoever takes the mark off may have meant that phoenix leaves it alone.",
        examples: None,
    };

    RENAMED = Entry {
        name: "renamed",
        level: Warning,
        title: "a dataset of phoenix's has another name by now",
        explanation: "Somebody renamed it to a name that the spec has. It is taken as it is now; its snapshots are those of the earlier name.",
        why: "Two datasets that exchanged their names look right and hold each other's data.",
        examples: None,
    };

    MADE_ANEW = Entry {
        name: "made-anew",
        level: Warning,
        title: "a new dataset is made, and what had its name stands elsewhere",
        explanation: "Somebody renamed the one that phoenix made, or put it away on a record that is lost. Bring it back before the switch, as the warning says, where its data is wanted here.",
        why: "The new one is empty. Services that start on it find none of their files.",
        examples: None,
    };

    UNREADABLE_PROPERTY = Entry {
        name: "unreadable-property",
        level: Warning,
        title: "the value of a property is no text",
        explanation: "It is no UTF-8, so nobody can tell what it says. Where it is changed nothing gives it back, and what is cloned does not take it along. `zfs inherit` takes it off.",
        why: "A rollback gives back what was there before; of this it cannot.",
        examples: None,
    };
}
