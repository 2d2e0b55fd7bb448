//! Codes about nodes, their arguments and what they hold.

use phoenix_graph::code::{
    Entry,
    Example::{Pool, Top},
    Examples,
    Level::Error,
};

phoenix_graph::codes! {
    pub NODES:

    UNKNOWN_NODE = Entry {
        name: "unknown-node",
        level: Error,
        title: "no such node or setting",
        explanation: "A word that means nothing at this place is never skipped: it may be a misspelt setting that somebody relies on.",
        why: "A dataset that is skipped for a slip of the pen is not there when a guest wants to write to it.",
        examples: Some(Examples {
            wrong: Pool(r#"datset "vms" { compression "lz4" }"#),
            right: Pool(r#"dataset "vms" { compression "lz4" }"#),
        }),
    };

    MISPLACED_NODE = Entry {
        name: "misplaced-node",
        level: Error,
        title: "a node stands where it cannot",
        explanation: "The word is known, but means nothing here. Nesting is containment: what a node is about is told by where it stands.",
        why: "Where a node stands says what it is about. An export that is about nothing exports nothing.",
        examples: Some(Examples {
            wrong: Pool(r#"export { client "10.0.0.0/24" }"#),
            right: Pool(r#"dataset "shared" { export { client "10.0.0.0/24" } }"#),
        }),
    };

    MISSING_ARGUMENT = Entry {
        name: "missing-argument",
        level: Error,
        title: "a node lacks its argument",
        explanation: "The node needs a name, an id or a value right after its word.",
        why: "Names are how phoenix knows its own again at the next switch; it never makes one up.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset { compression "lz4" }"#),
            right: Pool(r#"dataset "vms" { compression "lz4" }"#),
        }),
    };

    UNEXPECTED_ARGUMENT = Entry {
        name: "unexpected-argument",
        level: Error,
        title: "a node has an argument too many",
        explanation: "Settings are written `name=value` on the line, or as a child node of their own.",
        why: "A value that nobody reads is often a setting whose name is missing: the limit that was meant would not hold.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "vms" "800G""#),
            right: Pool(r#"dataset "vms" quota="800G""#),
        }),
    };

    UNEXPECTED_CHILDREN = Entry {
        name: "unexpected-children",
        level: Error,
        title: "a node has children that it cannot have",
        explanation: "A setting holds values only.",
        why: "What stands inside would be ignored, though somebody meant it to hold.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "vms" { quota "800G" { dataset "images" } }"#),
            right: Pool(r#"dataset "vms" { quota "800G"; dataset "images" }"#),
        }),
    };

    UNEXPECTED_TYPE = Entry {
        name: "unexpected-type",
        level: Error,
        title: "a type annotation means nothing here",
        explanation: "The annotations of the language are `(let)` and `(param)` for a value by its name and `(fmt)` for a text with names in it.",
        why: "A misspelt annotation would make the name of a value the value itself.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "vms" quota=(lte)"most""#),
            right: Top("let most \"800G\"", r#"dataset "vms" quota=(let)"most""#),
        }),
    };

    SAID_TWICE = Entry {
        name: "said-twice",
        level: Error,
        title: "a setting is said twice",
        explanation: "A setting may stand on the node's line or as a child node; both mean the same, and one of the two would be ignored.",
        why: "Of two limits only one can hold, and which one would depend on the order of lines.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "vms" quota="800G" { quota "1T" }"#),
            right: Pool(r#"dataset "vms" quota="800G""#),
        }),
    };

    WRONG_TYPE = Entry {
        name: "wrong-type",
        level: Error,
        title: "a value of the wrong type",
        explanation: "A text, a number or a boolean stands where another is needed.",
        why: "`1.5` bytes are no size; the unit that was meant cannot be guessed.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "vms" quota=1.5"#),
            right: Pool(r#"dataset "vms" quota="1.5T""#),
        }),
    };

    NOT_SUPPORTED = Entry {
        name: "not-supported",
        level: Error,
        title: "not supported by this version yet",
        explanation: "The word belongs to the language, but this version cannot carry it out. It is refused rather than skipped.",
        why: "If it were skipped, the host would look as if the spec held, and it would not.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "vms" { replicate to="slow/replicas/vms" }"#),
            right: Pool(r#"dataset "vms""#),
        }),
    };
}
