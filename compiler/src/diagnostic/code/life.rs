//! Codes about what becomes of a spec: names it had, what is not carried out, defects.

use phoenix_graph::code::{
    Entry,
    Example::Pool,
    Examples,
    Level::{Error, Lint},
};

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

    NOT_CARRIED_OUT = Entry {
        name: "not-carried-out",
        level: Lint,
        title: "something that this version cannot carry out yet",
        explanation: "The spec is right, and a switch refuses it: mount points of containers are not written yet. The plan says which command does it by hand.",
        why: "A switch stops before anything is done, where somebody expected it to go through.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "shared" {
    bind { lxc 101 at="/mnt/shared" }
}"#),
            right: Pool(r#"dataset "shared""#),
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
