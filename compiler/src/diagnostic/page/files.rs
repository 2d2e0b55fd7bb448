//! Pages about files: text, editions, imports, hosts.

use super::{
    Example::{Pool, Top, Whole},
    Page, page,
};
use crate::diagnostic::Code;

pub const PAGES: &[Page] = &[
    page(
        Code::Syntax,
        "A text that is not read to its end could be half a host. Nothing is built from it.",
        Pool(r#"dataset "vms" atime=false"#),
        Pool(r#"dataset "vms" atime=#false"#),
    ),
    page(
        Code::TooDeep,
        "A build runs as root on some hosts; a text must not be able to bring the machine down.",
        Pool(concat!(
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
        Pool(r#"dataset "a" { dataset "b" { dataset "c" } }"#),
    ),
    page(
        Code::TooLarge,
        "A few lines can come to more than any machine holds. A build that ends with an error is better than a host that runs out of memory.",
        Top(
            r#"let a "a text of 24 letters, or"
let b (fmt)"{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}"
let c (fmt)"{b}{b}{b}{b}{b}{b}{b}{b}{b}{b}{b}{b}{b}{b}{b}{b}"
let d (fmt)"{c}{c}{c}{c}{c}{c}{c}{c}{c}{c}{c}{c}{c}{c}{c}{c}""#,
            r#"dataset "vms" "site:note"=(let)"d""#,
        ),
        Top(
            r#"let a "a text of 24 letters, or"
let b (fmt)"{a}{a}""#,
            r#"dataset "vms" "site:note"=(let)"b""#,
        ),
    ),
    page(
        Code::Unreadable,
        "What an import would have brought is part of the host. Without it another host would be built.",
        Whole(
            "edition 1\nimport \"lib/common.kdl\"\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n",
        ),
        Whole(
            "edition 1\nimport \"lib/common.kdl\"\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n=== lib/common.kdl ===\nedition 1\n",
        ),
    ),
    page(
        Code::MissingEdition,
        "A spec is read again years later, on another version. What it says must not change by an upgrade.",
        Whole(
            "host \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n",
        ),
        Whole(
            "edition 1\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n",
        ),
    ),
    page(
        Code::UnknownEdition,
        "A newer edition may mean something else by the same words. Guessing would change a host.",
        Whole(
            "edition 2\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n",
        ),
        Whole(
            "edition 1\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n",
        ),
    ),
    page(
        Code::UnknownImport,
        "Without the file its profiles are missing, and datasets would be made with the defaults of OpenZFS.",
        Whole(
            "edition 1\nimport \"std/proxmx\"\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n",
        ),
        Whole(
            "edition 1\nimport \"std/proxmox\"\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n",
        ),
    ),
    page(
        Code::ImportOutside,
        "A file elsewhere on one machine is not there on the next, and not in the history of the spec. A spec from somebody else must not read your files either.",
        Whole(
            "edition 1\nimport \"../common.kdl\"\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n",
        ),
        Whole(
            "edition 1\nimport \"common.kdl\"\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n=== common.kdl ===\nedition 1\n",
        ),
    ),
    page(
        Code::ImportCycle,
        "Files that need each other cannot be read alone, and nobody can say which of them comes first.",
        Whole(
            "edition 1\nimport \"a.kdl\"\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n=== a.kdl ===\nedition 1\nimport \"b.kdl\"\n=== b.kdl ===\nedition 1\nimport \"a.kdl\"\n",
        ),
        Whole(
            "edition 1\nimport \"a.kdl\"\nimport \"b.kdl\"\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n=== a.kdl ===\nedition 1\nimport \"c.kdl\"\n=== b.kdl ===\nedition 1\nimport \"c.kdl\"\n=== c.kdl ===\nedition 1\n",
        ),
    ),
    page(
        Code::NoHost,
        "An empty spec would ask for an empty host: everything that phoenix made before would be retired.",
        Whole("edition 1\n"),
        Whole(
            "edition 1\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n",
        ),
    ),
    page(
        Code::DuplicateHost,
        "Of two descriptions of one host, one would be forgotten.",
        Whole(
            "edition 1\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n",
        ),
        Whole(
            "edition 1\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\nhost \"backup\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n",
        ),
    ),
    Page {
        code: Code::Internal,
        why: "Nothing is built from a spec that phoenix does not understand by its own fault.",
        examples: None,
    },
];
