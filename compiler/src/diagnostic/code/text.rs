//! Codes about the text of files, and their edition.

use phoenix_graph::code::{
    Entry,
    Example::{Pool, Top, Whole},
    Examples,
    Level::Error,
};

phoenix_graph::codes! {
    pub TEXT:

    SYNTAX = Entry {
        name: "syntax",
        level: Error,
        title: "the text is not KDL 2",
        explanation: "A spec is written in KDL 2. The place is where the parser could not go on; the mistake may stand just before it. What can be read is checked all the same; what may only follow from the part that cannot is not told. Strings need quotation marks unless they are plain words, and booleans are `#true` and `#false`.",
        why: "A text that is not read to its end could be half a host. Nothing is built from it.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "vms" atime=false"#),
            right: Pool(r#"dataset "vms" atime=#false"#),
        }),
    };

    TOO_DEEP = Entry {
        name: "too-deep",
        level: Error,
        title: "nodes are nested too deep",
        explanation: "No host needs this many levels. The limit keeps a damaged or hostile text from exhausting the machine. Nodes, and comments in comments, are nested 48 deep at most, lets 64, profiles and imports 32.",
        why: "A build runs as root on some hosts; a text must not be able to bring the machine down.",
        examples: Some(Examples {
            wrong: Pool(concat!(
                "dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" {\n",
                "dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" {\n",
                "dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" {\n",
                "dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" {\n",
                "dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" {\n",
                "dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" {\n",
                "dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" {\n",
                "dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" { dataset \"a\" {\n",
                "}}}}}} }}}}}} }}}}}} }}}}}} }}}}}} }}}}}} }}}}}} }}}}}}",
            )),
            right: Pool(r#"dataset "a" { dataset "b" { dataset "c" } }"#),
        }),
    };

    TOO_LARGE = Entry {
        name: "too-large",
        level: Error,
        title: "the spec is too large",
        explanation: "The text, the files it imports, or what its profiles and repetitions come to is beyond the limits. The limits keep a build from running away. A spec with all that it imports has 64 MiB and 500,000 nodes and values at most, a single text 64 KiB; with its profiles and repetitions written out it has 1,000,000 nodes and settings, which are counted before any is made, and 64 MiB of text. A node has 1,024 settings and profiles, a profile 256 params, a file 10,000 `/-`.",
        why: "A few lines can come to more than any machine holds. A build that ends with an error is better than a host that runs out of memory.",
        examples: Some(Examples {
            wrong: Top(
                r#"let a "a text of 24 letters, or"
let b (fmt)"{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}"
let c (fmt)"{b}{b}{b}{b}{b}{b}{b}{b}{b}{b}{b}{b}{b}{b}{b}{b}"
let d (fmt)"{c}{c}{c}{c}{c}{c}{c}{c}{c}{c}{c}{c}{c}{c}{c}{c}""#,
                r#"dataset "vms" "site:note"=(let)"d""#,
            ),
            right: Top(
                r#"let a "a text of 24 letters, or"
let b (fmt)"{a}{a}""#,
                r#"dataset "vms" "site:note"=(let)"b""#,
            ),
        }),
    };

    UNREADABLE = Entry {
        name: "unreadable",
        level: Error,
        title: "a source cannot be read",
        explanation: "The file is missing, is not UTF-8, or may not be read.",
        why: "What an import would have brought is part of the host. Without it another host would be built.",
        examples: Some(Examples {
            wrong: Whole("edition 1\nimport \"lib/common.kdl\"\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n"),
            right: Whole("edition 1\nimport \"lib/common.kdl\"\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n=== lib/common.kdl ===\nedition 1\n"),
        }),
    };

    MISSING_EDITION = Entry {
        name: "missing-edition",
        level: Error,
        title: "the edition is missing",
        explanation: "Each file begins with `edition 1`, so that a later version of phoenix still reads it as it was meant.",
        why: "A spec is read again years later, on another version. What it says must not change by an upgrade.",
        examples: Some(Examples {
            wrong: Whole("host \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n"),
            right: Whole("edition 1\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n"),
        }),
    };

    UNKNOWN_EDITION = Entry {
        name: "unknown-edition",
        level: Error,
        title: "the edition is not known",
        explanation: "This version of phoenix knows edition 1. A newer edition needs a newer phoenix.",
        why: "A newer edition may mean something else by the same words. Guessing would change a host.",
        examples: Some(Examples {
            wrong: Whole("edition 2\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n"),
            right: Whole("edition 1\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n"),
        }),
    };
}
