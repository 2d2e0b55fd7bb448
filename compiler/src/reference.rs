//! The reference of the language, `docs/language.md`, made from the tables that the compiler itself
//! works by: words, properties, storage types, export options, diagnostics, the standard library.

use crate::{
    Severity, check,
    diagnostic::{code, list},
    resolve::grammar::{Args, Kind, NOT_YET, OWN, WORDS, Word},
    stdlib,
};
use phoenix_graph::{
    Property, Target,
    export::{self, OF_A_FLAVOUR},
    kubernetes, property, schedule, storage,
};
use std::fmt::Write;

/// Writes the reference, as Markdown.
#[must_use]
pub fn language() -> String {
    let mut text = include_str!("reference/language.md").to_owned();
    nodes(&mut text);
    settings(&mut text);
    shares(&mut text);
    schedules(&mut text);
    parameters(&mut text);
    library(&mut text);
    diagnostics(&mut text);
    text
}

// Writing to a string does not fail, below.

fn nodes(text: &mut String) {
    text.push_str("\n## Nodes\n");
    for row in WORDS {
        let _ = write!(text, "\n### `{}`\n\n{}\n\n", head(row), row.doc);
        if !row.within.is_empty() {
            let _ = writeln!(text, "Stands in {}.", list(row.within.iter().map(|kind| kind.word().word)));
        }
        let here: Vec<&str> = row.kind.words_within().filter(|word| !later(word)).collect();
        if !here.is_empty() {
            let _ = writeln!(text, "Holds {}.", list(here));
        }
        let of = match row.kind {
            Kind::Pool => "Settings: the [properties of pools](#pools).".to_owned(),
            Kind::Root | Kind::Dataset => {
                "Settings: the [properties of file systems](#file-systems).".to_owned()
            }
            Kind::Volume => "Settings: the [properties of volumes](#volumes).".to_owned(),
            Kind::Export | Kind::Client => {
                "Settings: the [options of exports](#options-of-exports).".to_owned()
            }
            Kind::Flavour => format!(
                "Settings: of the [options of exports](#options-of-exports) {}.",
                list(OF_A_FLAVOUR.iter().copied())
            ),
            Kind::Snapshots => "Settings: those of [schedules](#schedules-of-snapshots).".to_owned(),
            Kind::Proxmox => "Settings: the [properties of its type](#registrations).".to_owned(),
            Kind::Class | Kind::Attributes => {
                "Settings: the [parameters of the plugin](#parameters-of-the-csi-plugin).".to_owned()
            }
            _ => String::new(),
        };
        if !of.is_empty() {
            let _ = writeln!(text, "\n{of}");
        }
        let mut own = OWN.iter().filter(|own| own.within.contains(&row.kind)).peekable();
        if own.peek().is_some() {
            text.push_str("\n| setting | what it says |\n|---|---|\n");
        }
        for own in own {
            let _ = writeln!(text, "| `{}` | {} |", own.name, cell(own.doc));
        }
    }
    let _ = writeln!(
        text,
        "\n### Words for later\n\nThese belong to the language, and are refused by name until a version carries them out: {}.",
        list(NOT_YET.iter().map(|(word, _)| *word))
    );
}

fn head(row: &Word) -> String {
    match row.args {
        Args::None => row.word.to_owned(),
        Args::One(what) => format!("{} {}", row.word, what.to_uppercase()),
        Args::Number(what) => format!("{} {}", row.word, what.to_uppercase()),
        Args::Words(what) => format!("{} {} OPTIONS", row.word, what.to_uppercase()),
        Args::Then(what, then) => format!("{} {} {}", row.word, what.to_uppercase(), then.to_uppercase()),
    }
}

fn later(word: &str) -> bool {
    NOT_YET.iter().any(|(later, _)| *later == word)
}

fn settings(text: &mut String) {
    text.push_str("\n## Properties\n\nWhere a default is left out, it depends on the pool, the dataset above or the version of OpenZFS. A dataset takes over from the one above what is marked *inherited*.\n");
    for (title, target) in
        [("Pools", Target::Pool), ("File systems", Target::Filesystem), ("Volumes", Target::Volume)]
    {
        let _ = write!(
            text,
            "\n### {title}\n\n| property | values | default | what it does |\n|---|---|---|---|\n"
        );
        let mut rows: Vec<&Property> = property::all(target).filter(|row| !row.read_only).collect();
        rows.sort_by_key(|row| row.name);
        for row in rows {
            let mut doc = row.doc.to_owned();
            let oldest = property::Version::new(0, 8);
            for (holds, what) in
                [(row.inheritable, " *Inherited.*"), (row.creation_only, " *Only at creation.*")]
            {
                doc.push_str(if holds { what } else { "" });
            }
            if row.since > oldest {
                let _ = write!(doc, " *Since OpenZFS {}.*", row.since);
            }
            let default = row.default.filter(|text| !text.is_empty());
            let default = default.map_or(String::new(), |text| format!("`{}`", cell(text)));
            let _ =
                writeln!(text, "| `{}` | {} | {default} | {} |", row.name, cell(&row.legal()), cell(&doc));
        }
    }
}

fn shares(text: &mut String) {
    text.push_str("\n## Options of exports\n\nThe words of `exports(5)`. Of two that contradict each other one holds: the client's stands over the export's, and that over a profile's.\n\n");
    let _ = writeln!(text, "{}", list(export::vocabulary().iter().copied()));
    text.push_str("\n## Registrations\n\nOn a dataset lie `zfspool` and `dir`. What follows from the dataset (`path`, `pool`, `is_mountpoint`) is said by phoenix itself. In a host stand all others, and a `dir` on another file system. What a registration needs is marked with *needed*; what is *fixed* is changed by making it anew.\n");
    for kind in storage::types() {
        let _ = write!(
            text,
            "\n### `type=\"{}\"`\n\n{}\n\nContent: {}.\n\n| property | what it does |\n|---|---|\n",
            kind.name,
            kind.doc,
            list(kind.contents.iter().copied())
        );
        let taken: Vec<&str> = check::settings_of(Kind::Proxmox).collect();
        let derived = |name: &str| kind.name == "zfspool" && name == "pool";
        for row in kind.properties().filter(|row| taken.contains(&row.name) && !derived(row.name)) {
            let marks = [("needed", row.required), ("fixed", row.fixed)];
            let marks: Vec<&str> = marks.into_iter().filter(|(_, is)| *is).map(|(mark, _)| mark).collect();
            let default = row.default.map_or(String::new(), |word| format!(" Else `{word}`."));
            let marks = if marks.is_empty() { String::new() } else { format!(" *{}.*", marks.join(", ")) };
            let _ = writeln!(text, "| `{}` | {}{default}{marks} |", row.name, cell(row.doc));
        }
        for secret in kind.secrets() {
            let mut doc = format!("Names the file that holds {}", secret.doc.trim_start_matches("Is "));
            if let Some(beside) = secret.beside {
                let is_file = kind.secrets().any(|secret| secret.name == beside);
                let _ = write!(doc, " Needs `{beside}{}`.", if is_file { storage::FILE } else { "" });
            }
            doc.push_str(if secret.needed { " *needed.*" } else { "" });
            let _ = writeln!(text, "| `{}{}` | {} |", secret.name, storage::FILE, cell(&doc));
        }
    }
}

fn schedules(text: &mut String) {
    text.push_str("\n## Schedules of snapshots\n\nThe words of `sanoid.conf`. Times are UTC. A number that is not said is 0: of that type none is taken, and sanoid destroys those that there are.\n\n| setting | values | default | what it says |\n|---|---|---|---|\n");
    for row in schedule::TABLE {
        let values = match row.of {
            schedule::Of::Count => format!("0 to {}", schedule::MOST),
            schedule::Of::Number { least, most } => format!("{least} to {most}"),
            schedule::Of::Period => "1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30".to_owned(),
            schedule::Of::Program => "a path".to_owned(),
            schedule::Of::Switch => "`#true` or `#false`".to_owned(),
        };
        let default = match (row.of, row.default) {
            (_, "") => String::new(),
            (schedule::Of::Switch, word) => format!("`#{}`", word == "yes"),
            (_, word) => format!("`{word}`"),
        };
        let _ = writeln!(text, "| `{}` | {values} | {default} | {} |", row.name, cell(row.doc));
    }
}

fn parameters(text: &mut String) {
    text.push_str("\n## Parameters of the CSI plugin\n\nThe plugin passes a name over that it does not know, and takes a word that is no boolean for false: here both are errors. What is marked with *attributes* can be said there, too.\n\n| setting | values | the plugin's name | what it says |\n|---|---|---|---|\n");
    for row in kubernetes::PARAMETERS {
        let values = match row.of {
            kubernetes::Of::Switch => "`#true` or `#false`".to_owned(),
            kubernetes::Of::Number { least, most } => format!("{least} to {most}"),
            kubernetes::Of::PowerOfTwo { least, most } => format!("a power of two, {least} to {most}"),
            kubernetes::Of::Word(words) => list(words.iter().copied()),
        };
        let mark = if row.mutable { " *attributes*" } else { "" };
        let _ = writeln!(text, "| `{}` | {values} | `{}` | {}{mark} |", row.name, row.plugin, cell(row.doc));
    }
}

fn library(text: &mut String) {
    text.push_str("\n## Standard library\n\n`phoenix stdlib NAME` shows a file.\n");
    for (name, _) in stdlib::FILES {
        let _ = write!(text, "\n### `import \"std/{name}\"`\n\n| profile | for |\n|---|---|\n");
        for profile in stdlib::profiles(name) {
            let _ = writeln!(text, "| `{}` | {} |", profile.name, cell(&profile.title));
        }
    }
}

fn diagnostics(text: &mut String) {
    text.push_str("\n## Diagnostics\n\n`phoenix explain CODE` tells more about each, with an example that is wrong and one that is right. Warnings are silenced by `allow \"CODE\"` where they are meant.\n\n| code | | what it means |\n|---|---|---|\n");
    for code in code::all() {
        let severity = match code.level.into() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let _ = writeln!(text, "| `{code}` | {severity} | {} |", cell(code.title));
    }
}

/// Writes a text so that it stays in its cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
