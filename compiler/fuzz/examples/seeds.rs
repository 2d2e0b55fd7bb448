//! Writes what the fuzzer begins with: `corpus/spec` from the examples, the standard library, the
//! cases of the suite and the kept corpus, and `spec.dict` with the words of the language, taken
//! from the reference that is made from the compiler's tables.

use phoenix_compiler::{reference, stdlib};
use std::{collections::BTreeSet, fmt::Write, fs, path::Path};

fn main() -> std::io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = here.join("corpus/spec");
    fs::create_dir_all(&corpus)?;
    for (name, text) in stdlib::FILES {
        fs::write(corpus.join(format!("std-{name}")), text)?;
    }
    for name in ["phoenix", "detailed"] {
        let path = here.join(format!("../../examples/{name}/{name}.kdl"));
        fs::copy(path, corpus.join(format!("example-{name}")))?;
    }
    for entry in fs::read_dir(here.join("../../tests/suite"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "kdl") {
            cases(&fs::read_to_string(path)?, &corpus)?;
        }
    }
    for entry in fs::read_dir(here.join("../../tests/corpus"))? {
        let entry = entry?;
        fs::copy(entry.path(), corpus.join(entry.file_name()))?;
    }
    fs::write(here.join("spec.dict"), dictionary())
}

/// Writes each case as an input of its own, its annotations as the comments that they are.
fn cases(text: &str, corpus: &Path) -> std::io::Result<()> {
    for case in text.split("\n--- ").skip(1) {
        let Some((name, text)) = case.split_once(" ---\n") else { continue };
        fs::write(corpus.join(format!("case-{}", name.replace('/', "-"))), text)?;
    }
    Ok(())
}

/// The words of the language, a line each.
fn dictionary() -> String {
    let reference = reference::language();
    let marks = [
        "{",
        "}",
        "/-",
        "/*",
        "*/",
        "//",
        "\\\n",
        "\"\"\"",
        "#\"",
        "(let)",
        "(param)",
        "(fmt)",
        "=== a.kdl ===",
    ];
    let part = |c: char| c.is_ascii_alphanumeric() || "-_@=:/#".contains(c);
    let quoted = reference.split('`').skip(1).step_by(2);
    let words = quoted.flat_map(|text| text.split(|c| !part(c))).filter(|word| word.len() > 1);
    let words: BTreeSet<&str> = words.chain(marks).collect();
    let mut text = String::new();
    for word in words {
        let word = word.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\x0a");
        // Writing to a string does not fail.
        let _ = writeln!(text, "\"{word}\"");
    }
    text
}
