//! Codes about what files define and import: lets, profiles, hosts.

use phoenix_graph::code::{
    Entry,
    Example::{Top, Whole},
    Examples,
    Level::{Error, Lint},
};

phoenix_graph::codes! {
    pub DEFINITIONS:

    UNKNOWN_LET = Entry {
        name: "unknown-let",
        level: Error,
        title: "no such let",
        explanation: "`(let)\"NAME\"` needs a `let NAME value` in this file or in one that it imports.",
        why: "The value is not known, so neither is the host.",
        examples: Some(Examples {
            wrong: Top(r#"let most "800G""#, r#"dataset "vms" quota=(let)"mots""#),
            right: Top(r#"let most "800G""#, r#"dataset "vms" quota=(let)"most""#),
        }),
    };

    UNKNOWN_PARAM = Entry {
        name: "unknown-param",
        level: Error,
        title: "no such param",
        explanation: "`(param)\"NAME\"` needs a `param NAME` in the profile around it, and `with NAME=…` a profile that declares it.",
        why: "A value given to nobody is a limit that does not hold.",
        examples: Some(Examples {
            wrong: Top(
                r#"profile "limited" { param "most"; quota (param)"most" }"#,
                r#"dataset "vms" use="limited" { with mots="800G"; with most="1T" }"#,
            ),
            right: Top(
                r#"profile "limited" { param "most"; quota (param)"most" }"#,
                r#"dataset "vms" use="limited" { with most="800G" }"#,
            ),
        }),
    };

    MISSING_PARAM = Entry {
        name: "missing-param",
        level: Error,
        title: "a param is given no value",
        explanation: "The profile declares a param without a default, so each node that uses it must say `with NAME=…`.",
        why: "The profile leaves to each node what nobody else can know, such as how much space it may take.",
        examples: Some(Examples {
            wrong: Top(
                r#"profile "limited" { param "most"; quota (param)"most" }"#,
                r#"dataset "vms" use="limited""#,
            ),
            right: Top(
                r#"profile "limited" { param "most"; quota (param)"most" }"#,
                r#"dataset "vms" use="limited" { with most="800G" }"#,
            ),
        }),
    };

    BAD_FORMAT = Entry {
        name: "bad-format",
        level: Error,
        title: "a format text that cannot be read",
        explanation: "In `(fmt)\"…\"` a name stands in braces: `{NAME}`. Two braces, `{{` or `}}`, stand for one.",
        why: "The text would become the name of a dataset or a storage, with a brace in it.",
        examples: Some(Examples {
            wrong: Top(r#"let site "berlin""#, r#"dataset "vms" "site:name"=(fmt)"{site""#),
            right: Top(r#"let site "berlin""#, r#"dataset "vms" "site:name"=(fmt)"{site}""#),
        }),
    };

    CIRCULAR = Entry {
        name: "circular",
        level: Error,
        title: "a definition needs itself",
        explanation: "Lets and profiles may use others, but none may come back to itself.",
        why: "What needs itself never comes to a value; a build must end.",
        examples: Some(Examples {
            wrong: Top(
                r#"profile "one" use="two"
profile "two" use="one""#,
                r#"dataset "vms" use="one""#,
            ),
            right: Top(
                r#"profile "one" use="two"
profile "two" { compression "lz4" }"#,
                r#"dataset "vms" use="one""#,
            ),
        }),
    };

    UNKNOWN_PROFILE = Entry {
        name: "unknown-profile",
        level: Error,
        title: "no such profile",
        explanation: "`use` names a profile of this file or of one that it imports.",
        why: "Without the profile the dataset would get the defaults of OpenZFS, such as a record size that a database suffers from for as long as its files live.",
        examples: Some(Examples {
            wrong: Top(r#"import "std/proxmox""#, r#"dataset "vms" use="vm-disk""#),
            right: Top(r#"import "std/proxmox""#, r#"dataset "vms" use="vm-disks""#),
        }),
    };

    AMBIGUOUS_NAME = Entry {
        name: "ambiguous-name",
        level: Error,
        title: "a name comes from two imports",
        explanation: "Two imported files declare the name. Declare it in this file, or import one of the two.",
        why: "Which of the two holds would depend on the order of imports.",
        examples: Some(Examples {
            wrong: Whole(r#"edition 1
import "a.kdl"
import "b.kdl"
arc max=(let)"memory"
pool "tank" { mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" } }
=== a.kdl ===
edition 1
let memory "8G"
=== b.kdl ===
edition 1
let memory "16G"
"#),
            right: Whole(r#"edition 1
import "a.kdl"
arc max=(let)"memory"
pool "tank" { mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" } }
=== a.kdl ===
edition 1
let memory "8G"
"#),
        }),
    };

    PROFILE_CONFLICT = Entry {
        name: "profile-conflict",
        level: Error,
        title: "two profiles disagree",
        explanation: "Neither profile is above the other, so the node settles it by saying the setting itself.",
        why: "If the order of names decided, turning two words around would change how data is written.",
        examples: Some(Examples {
            wrong: Top(
                r#"profile "fast" { compression "lz4" }
profile "small" { compression "zstd" }"#,
                r#"dataset "logs" { use "fast" "small" }"#,
            ),
            right: Top(
                r#"profile "fast" { compression "lz4" }
profile "small" { compression "zstd" }"#,
                r#"dataset "logs" compression="zstd" { use "fast" "small" }"#,
            ),
        }),
    };

    DUPLICATE_DEFINITION = Entry {
        name: "duplicate-definition",
        level: Error,
        title: "a definition stands twice",
        explanation: "A let, a param or a profile has one meaning in a file.",
        why: "Whoever reads only one of the two believes in another host.",
        examples: Some(Examples {
            wrong: Top(
                r#"let most "800G"
let most "1T""#,
                r#"dataset "vms" quota=(let)"most""#,
            ),
            right: Top(r#"let most "800G""#, r#"dataset "vms" quota=(let)"most""#),
        }),
    };

    UNKNOWN_IMPORT = Entry {
        name: "unknown-import",
        level: Error,
        title: "no such file to import",
        explanation: "`std/…` names a file of the standard library; anything else is a path relative to the importing file.",
        why: "Without the file its profiles are missing, and datasets would be made with the defaults of OpenZFS.",
        examples: Some(Examples {
            wrong: Whole("edition 1\nimport \"std/proxmx\"\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n"),
            right: Whole("edition 1\nimport \"std/proxmox\"\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n"),
        }),
    };

    IMPORT_OUTSIDE = Entry {
        name: "import-outside",
        level: Error,
        title: "an import leads out of the spec's folder",
        explanation: "A spec is its folder: what it needs is in there, so it builds the same on any machine. Where several specs share files, as in a repository of `hosts/*/spec.kdl` and `lib/*.kdl`, a file `phoenix.root` at the top makes that folder the root of all specs below it, and imports reach everything in there. The file may be empty. The nearest one counts; it has to be a plain file of root, of yourself, or of the spec's owner.",
        why: "A file elsewhere on one machine is not there on the next, and not in the history of the spec. A spec from somebody else must not read your files either.",
        examples: Some(Examples {
            wrong: Whole("edition 1\nimport \"../common.kdl\"\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n"),
            right: Whole("edition 1\nimport \"common.kdl\"\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n=== common.kdl ===\nedition 1\n"),
        }),
    };

    IMPORT_CYCLE = Entry {
        name: "import-cycle",
        level: Error,
        title: "files import each other in a circle",
        explanation: "Move what both need into a third file.",
        why: "Files that need each other cannot be read alone, and nobody can say which of them comes first.",
        examples: Some(Examples {
            wrong: Whole("edition 1\nimport \"a.kdl\"\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n=== a.kdl ===\nedition 1\nimport \"b.kdl\"\n=== b.kdl ===\nedition 1\nimport \"a.kdl\"\n"),
            right: Whole("edition 1\nimport \"a.kdl\"\nimport \"b.kdl\"\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n=== a.kdl ===\nedition 1\nimport \"c.kdl\"\n=== b.kdl ===\nedition 1\nimport \"c.kdl\"\n=== c.kdl ===\nedition 1\n"),
        }),
    };

    UNKNOWN_LINT = Entry {
        name: "unknown-lint",
        level: Error,
        title: "no such lint",
        explanation: "`allow` silences a lint by its name. Errors cannot be silenced.",
        why: "A misspelt permission permits nothing, and the warning would come as a surprise.",
        examples: Some(Examples {
            wrong: Top(r#"allow "no-redundnacy""#, r#"dataset "vms""#),
            right: Top(r#"allow "no-redundancy""#, r#"dataset "vms""#),
        }),
    };

    UNUSED_LET = Entry {
        name: "unused-let",
        level: Lint,
        title: "a let is never used",
        explanation: "What nobody uses is often a misspelt use of it.",
        why: "A limit that somebody wrote down and that holds nowhere is found when the pool is full.",
        examples: Some(Examples {
            wrong: Top(r#"let most "800G""#, r#"dataset "vms""#),
            right: Top(r#"let most "800G""#, r#"dataset "vms" quota=(let)"most""#),
        }),
    };

    UNUSED_PARAM = Entry {
        name: "unused-param",
        level: Lint,
        title: "a param is never used",
        explanation: "The profile takes a value and does nothing with it.",
        why: "Who gives the param believes that it does something.",
        examples: Some(Examples {
            wrong: Top(
                r#"profile "limited" { param "most" default="1T"; quota "1T" }"#,
                r#"dataset "vms" use="limited""#,
            ),
            right: Top(
                r#"profile "limited" { param "most" default="1T"; quota (param)"most" }"#,
                r#"dataset "vms" use="limited""#,
            ),
        }),
    };

    UNUSED_PROFILE = Entry {
        name: "unused-profile",
        level: Lint,
        title: "a profile is never used",
        explanation: "What nobody uses is often a misspelt use of it. Its settings were not checked.",
        why: "The datasets that it was written for are made without it.",
        examples: Some(Examples {
            wrong: Top(r#"profile "database" { recordsize "16K" }"#, r#"dataset "db""#),
            right: Top(r#"profile "database" { recordsize "16K" }"#, r#"dataset "db" use="database""#),
        }),
    };

    NO_HOST = Entry {
        name: "no-host",
        level: Error,
        title: "the spec describes no host",
        explanation: "A spec has `host NAME { … }`, or the pools of one host straight in the file.",
        why: "An empty spec would ask for an empty host: everything that phoenix made before would be retired.",
        examples: Some(Examples {
            wrong: Whole("edition 1\n"),
            right: Whole("edition 1\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n"),
        }),
    };

    DUPLICATE_HOST = Entry {
        name: "duplicate-host",
        level: Error,
        title: "a host stands twice",
        explanation: "Each host has one node.",
        why: "Of two descriptions of one host, one would be forgotten.",
        examples: Some(Examples {
            wrong: Whole("edition 1\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n"),
            right: Whole("edition 1\nhost \"storage\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\nhost \"backup\" {\n    pool \"tank\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" } }\n}\n"),
        }),
    };
}
