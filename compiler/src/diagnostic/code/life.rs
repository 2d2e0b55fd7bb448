//! Codes about what becomes of a spec: names it had, and defects.

use phoenix_graph::code::{Entry, Example::Pool, Examples, Level::Error};

phoenix_graph::codes! {
    pub LIFE:

    BAD_RENAME = Entry {
        name: "bad-rename",
        level: Error,
        title: "a name that the dataset cannot have had",
        explanation: "`was` gives the whole name that the dataset had before, in the same pool. No two datasets of the spec had the same one. Another may have it now where that had another name itself: names can be passed on and exchanged.",
        why: "A rename carries the data along. Of a name that is wrong, an empty dataset would be made beside the full one.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "new" was="old""#),
            right: Pool(r#"dataset "new" was="tank/old""#),
        }),
    };

    INTERNAL = Entry {
        name: "internal",
        level: Error,
        title: "phoenix could not make the graph",
        explanation: "This is a defect of phoenix; please report it with the spec.",
        why: "Nothing is built from a spec that phoenix does not understand by its own fault.",
        examples: None,
    };
}
