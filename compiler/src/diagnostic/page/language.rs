//! Pages about the language: nodes, arguments, lets, params, profiles.

use super::{
    Example::{Pool, Top, Whole},
    Page, page,
};
use crate::diagnostic::Code;

pub const PAGES: &[Page] = &[
    page(
        Code::UnknownNode,
        "A dataset that is skipped for a slip of the pen is not there when a guest wants to write to it.",
        Pool(r#"datset "vms" { compression "lz4" }"#),
        Pool(r#"dataset "vms" { compression "lz4" }"#),
    ),
    page(
        Code::MisplacedNode,
        "Where a node stands says what it is about. An export that is about nothing exports nothing.",
        Pool(r#"export { client "10.0.0.0/24" }"#),
        Pool(r#"dataset "shared" { export { client "10.0.0.0/24" } }"#),
    ),
    page(
        Code::MissingArgument,
        "Names are how phoenix knows its own again at the next switch; it never makes one up.",
        Pool(r#"dataset { compression "lz4" }"#),
        Pool(r#"dataset "vms" { compression "lz4" }"#),
    ),
    page(
        Code::UnexpectedArgument,
        "A value that nobody reads is often a setting whose name is missing: the limit that was meant would not hold.",
        Pool(r#"dataset "vms" "800G""#),
        Pool(r#"dataset "vms" quota="800G""#),
    ),
    page(
        Code::UnexpectedChildren,
        "What stands inside would be ignored, though somebody meant it to hold.",
        Pool(r#"dataset "vms" { quota "800G" { dataset "images" } }"#),
        Pool(r#"dataset "vms" { quota "800G"; dataset "images" }"#),
    ),
    page(
        Code::UnexpectedType,
        "A misspelt annotation would make the name of a value the value itself.",
        Pool(r#"dataset "vms" quota=(lte)"most""#),
        Top("let most \"800G\"", r#"dataset "vms" quota=(let)"most""#),
    ),
    page(
        Code::SaidTwice,
        "Of two limits only one can hold, and which one would depend on the order of lines.",
        Pool(r#"dataset "vms" quota="800G" { quota "1T" }"#),
        Pool(r#"dataset "vms" quota="800G""#),
    ),
    page(
        Code::WrongType,
        "`1.5` bytes are no size; the unit that was meant cannot be guessed.",
        Pool(r#"dataset "vms" quota=1.5"#),
        Pool(r#"dataset "vms" quota="1.5T""#),
    ),
    page(
        Code::NotSupported,
        "If it were skipped, the host would look as if the spec held, and it would not.",
        Pool(r#"dataset "vms" { snapshots hourly=24 }"#),
        Pool(r#"dataset "vms""#),
    ),
    page(
        Code::UnknownLet,
        "The value is not known, so neither is the host.",
        Top(r#"let most "800G""#, r#"dataset "vms" quota=(let)"mots""#),
        Top(r#"let most "800G""#, r#"dataset "vms" quota=(let)"most""#),
    ),
    page(
        Code::UnknownParam,
        "A value given to nobody is a limit that does not hold.",
        Top(
            r#"profile "limited" { param "most"; quota (param)"most" }"#,
            r#"dataset "vms" use="limited" { with mots="800G"; with most="1T" }"#,
        ),
        Top(
            r#"profile "limited" { param "most"; quota (param)"most" }"#,
            r#"dataset "vms" use="limited" { with most="800G" }"#,
        ),
    ),
    page(
        Code::MissingParam,
        "The profile leaves to each node what nobody else can know, such as how much space it may take.",
        Top(r#"profile "limited" { param "most"; quota (param)"most" }"#, r#"dataset "vms" use="limited""#),
        Top(
            r#"profile "limited" { param "most"; quota (param)"most" }"#,
            r#"dataset "vms" use="limited" { with most="800G" }"#,
        ),
    ),
    page(
        Code::BadFormat,
        "The text would become the name of a dataset or a storage, with a brace in it.",
        Top(r#"let site "berlin""#, r#"dataset "vms" "site:name"=(fmt)"{site""#),
        Top(r#"let site "berlin""#, r#"dataset "vms" "site:name"=(fmt)"{site}""#),
    ),
    page(
        Code::Circular,
        "What needs itself never comes to a value; a build must end.",
        Top(
            r#"profile "one" use="two"
profile "two" use="one""#,
            r#"dataset "vms" use="one""#,
        ),
        Top(
            r#"profile "one" use="two"
profile "two" { compression "lz4" }"#,
            r#"dataset "vms" use="one""#,
        ),
    ),
    page(
        Code::UnknownProfile,
        "Without the profile the dataset would get the defaults of OpenZFS, such as a record size that a database suffers from for as long as its files live.",
        Top(r#"import "std/proxmox""#, r#"dataset "vms" use="vm-disk""#),
        Top(r#"import "std/proxmox""#, r#"dataset "vms" use="vm-disks""#),
    ),
    page(
        Code::ProfileConflict,
        "If the order of names decided, turning two words around would change how data is written.",
        Top(
            r#"profile "fast" { compression "lz4" }
profile "small" { compression "zstd" }"#,
            r#"dataset "logs" { use "fast" "small" }"#,
        ),
        Top(
            r#"profile "fast" { compression "lz4" }
profile "small" { compression "zstd" }"#,
            r#"dataset "logs" compression="zstd" { use "fast" "small" }"#,
        ),
    ),
    page(
        Code::DuplicateDefinition,
        "Whoever reads only one of the two believes in another host.",
        Top(
            r#"let most "800G"
let most "1T""#,
            r#"dataset "vms" quota=(let)"most""#,
        ),
        Top(r#"let most "800G""#, r#"dataset "vms" quota=(let)"most""#),
    ),
    page(
        Code::UnusedLet,
        "A limit that somebody wrote down and that holds nowhere is found when the pool is full.",
        Top(r#"let most "800G""#, r#"dataset "vms""#),
        Top(r#"let most "800G""#, r#"dataset "vms" quota=(let)"most""#),
    ),
    page(
        Code::UnusedParam,
        "Who gives the param believes that it does something.",
        Top(
            r#"profile "limited" { param "most" default="1T"; quota "1T" }"#,
            r#"dataset "vms" use="limited""#,
        ),
        Top(
            r#"profile "limited" { param "most" default="1T"; quota (param)"most" }"#,
            r#"dataset "vms" use="limited""#,
        ),
    ),
    page(
        Code::UnusedProfile,
        "The datasets that it was written for are made without it.",
        Top(r#"profile "database" { recordsize "16K" }"#, r#"dataset "db""#),
        Top(r#"profile "database" { recordsize "16K" }"#, r#"dataset "db" use="database""#),
    ),
    page(
        Code::UnknownLint,
        "A misspelt permission permits nothing, and the warning would come as a surprise.",
        Top(r#"allow "no-redundnacy""#, r#"dataset "vms""#),
        Top(r#"allow "no-redundancy""#, r#"dataset "vms""#),
    ),
    page(
        Code::AmbiguousName,
        "Which of the two holds would depend on the order of imports.",
        Whole(
            r#"edition 1
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
"#,
        ),
        Whole(
            r#"edition 1
import "a.kdl"
arc max=(let)"memory"
pool "tank" { mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" } }
=== a.kdl ===
edition 1
let memory "8G"
"#,
        ),
    ),
];
