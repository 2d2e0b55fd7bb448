//! Codes about what is put away, and data that goes back.

use phoenix_graph::code::{Entry, Level::Refusal};

phoenix_graph::codes! {
    pub DATA:

    NO_PAST_STATE = Entry {
        name: "no-past-state",
        level: Refusal,
        title: "there is no earlier state of a dataset to go back to",
        explanation: "The generation does not have it, no switch has touched it since, or what it was is not there. The refusal says which. Without `--with-data` the data stays as it is.",
        why: "Another state than the one that was asked for would look right, and be wrong.",
        examples: None,
    };

    CANNOT_STEP_ASIDE = Entry {
        name: "cannot-step-aside",
        level: Refusal,
        title: "what stands there cannot step aside for an earlier state",
        explanation: "The earlier state takes its place, and what is there now is put away whole. Where that cannot be the refusal says why, and what to do first.",
        why: "Nothing is destroyed to go back: the newer data is kept, too.",
        examples: None,
    };

    FOREIGN_BELOW = Entry {
        name: "foreign-below",
        level: Refusal,
        title: "below what is to be put away are datasets that phoenix does not know",
        explanation: "Move or destroy them yourself first, or keep it in the spec.",
        why: "They would move with it, and whoever made them would not find them.",
        examples: None,
    };

    ADOPTED_BELOW = Entry {
        name: "adopted-below",
        level: Refusal,
        title: "below what is to be put away are datasets that were adopted",
        explanation: "phoenix does not move what it did not make. Move them yourself first, or keep it in the spec.",
        why: "What is adopted is let go of when the spec no longer names it, and stays where it is.",
        examples: None,
    };

    PROTECTED = Entry {
        name: "protected",
        level: Refusal,
        title: "what is protected is to be put away",
        explanation: "Take `protect` out of the spec, switch, and then take the dataset out; or say so by name: `--consent`.",
        why: "`protect` is for what must not go by a slip of the pen.",
        examples: None,
    };

    BUSY = Entry {
        name: "busy",
        level: Refusal,
        title: "what is to be put away is in use",
        explanation: "The refusal names who uses it: a process, a mount, a volume that is open. End that, and plan again; or keep it in the spec.",
        why: "It cannot be unmounted, and the switch would fail in the middle.",
        examples: None,
    };

    NOTHING_TO_RENAME = Entry {
        name: "nothing-to-rename",
        level: Refusal,
        title: "`was` gives a name that nothing has",
        explanation: "Neither the name nor the one before it is there. Write the name that the dataset has now (`zfs list`), or take `was` out where a new and empty one is wanted.",
        why: "Whoever writes `was` expects the data. An empty dataset in its place looks right until somebody looks for a file.",
        examples: None,
    };

    BOTH_NAMES = Entry {
        name: "both-names",
        level: Refusal,
        title: "a dataset would be renamed to a name that is taken",
        explanation: "Both names are there, and what has the new one is not put away by this switch: phoenix does not know it, or it was adopted. Or it was renamed before, `was` is left in the spec, and what has the name before now is another dataset, which would be put away. Move one of the two away by hand, or take `was` out where the two are not the same.",
        why: "Only a person knows which of the two holds what is wanted.",
        examples: None,
    };

    CANNOT_RENAME = Entry {
        name: "cannot-rename",
        level: Refusal,
        title: "a dataset cannot be renamed so",
        explanation: "What shares the key of an encryption root stays below that; the new name has a parent that is there; and no name gets longer than 255 characters. Give it a name where it can go, or make a new dataset there and copy the data. A rollback moves nothing that would keep its name while what it lies in gets another: go back over another generation first.",
        why: "OpenZFS would refuse it in the middle of a switch, or move along what was to stay.",
        examples: None,
    };

    NAME_TOO_LONG = Entry {
        name: "name-too-long",
        level: Refusal,
        title: "a name would be too long where it is put away",
        explanation: "OpenZFS takes names of 255 bytes, with all that is below. Give it, or what is too long in it, a shorter name; or keep it in the spec.",
        why: "Half of it could be moved, and the rest not.",
        examples: None,
    };
}
