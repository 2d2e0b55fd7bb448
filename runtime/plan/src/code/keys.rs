//! Codes about keys of encrypted datasets.

use phoenix_graph::code::{
    Entry,
    Level::{Refusal, Warning},
};

phoenix_graph::codes! {
    pub KEYS:

    NO_KEY = Entry {
        name: "no-key",
        level: Refusal,
        title: "a key cannot be had from where it is to be",
        explanation: "The file is missing, cannot be read, or has another size than `keyformat` says; or a raw key is to be typed. Bring the key there; for a new dataset make one, and keep a copy elsewhere.",
        why: "Whatever needs the key cannot be mounted or made, and a new key opens nothing that is there already.",
        examples: None,
    };

    KEY_BY_HAND = Entry {
        name: "key-by-hand",
        level: Refusal,
        title: "a key that is changed by hand alone",
        explanation: "A dataset gets a key of its own by `zfs change-key`, and a location with a password in it is replaced by `zfs set`. Do that first, or write the spec as it is.",
        why: "A key that is changed by a slip locks its data away; and a password would stand in the journal.",
        examples: None,
    };

    KEYS_IN_EACH_OTHER = Entry {
        name: "keys-in-each-other",
        level: Refusal,
        title: "a key lies in what it opens, or two lie in what the other one opens",
        explanation: "Put one of the keys elsewhere.",
        why: "It can be read as long as all is mounted; after the next boot none can be loaded, and all is lost.",
        examples: None,
    };

    KEY_TO_TYPE = Entry {
        name: "key-to-type",
        level: Refusal,
        title: "a key has to be typed, and nobody is there to type it",
        explanation: "Run it in a terminal, load the key by hand first (`zfs load-key`), or say a `keylocation` that can be read without anybody.",
        why: "A switch that waits for a passphrase without a terminal waits for ever.",
        examples: None,
    };

    STAYS_LOCKED = Entry {
        name: "stays-locked",
        level: Warning,
        title: "a key is not loaded, and stays so",
        explanation: "Nothing below it is to be mounted by this switch, so nobody needs it.",
        why: "What is locked cannot be looked into.",
        examples: None,
    };
}
