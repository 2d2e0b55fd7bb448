//! The documents say what is so: the reference is made from the tables, and every block of KDL in
//! README.md and docs compiles without a word.
//!
//! A block that does not begin with an edition stands in a pool of two disks. One that is marked
//! `kdl file=NAME` is a file that later blocks of the document may import.

use phoenix_compiler::{SpecPath, compile, fmt::format, reference};
use phoenix_graph::code::Example;
use phoenix_specs::Memory;
use std::{fs, path::PathBuf};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

#[test]
fn the_reference_is_made_from_the_tables() {
    let how = "write it anew: cargo test -p phoenix-compiler --test main -- --ignored write_the_reference";
    let published = fs::read_to_string(path("docs/language.md")).unwrap_or_default();
    assert!(published == reference::language(), "docs/language.md is out of date; {how}");
}

#[test]
#[ignore = "writes a file of the repository"]
fn write_the_reference() {
    fs::write(path("docs/language.md"), reference::language()).unwrap();
}

/// The blocks of KDL in a document, with what their marks say.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(mark) = line.strip_prefix("```kdl") {
            let block: String =
                lines.by_ref().take_while(|line| *line != "```").flat_map(|line| [line, "\n"]).collect();
            found.push((mark.trim().to_owned(), block));
        }
    }
    found
}

#[test]
fn every_block_of_kdl_in_the_documents_compiles() {
    let mut documents = vec![path("README.md")];
    documents.extend(fs::read_dir(path("docs")).unwrap().map(|entry| entry.unwrap().path()));
    documents.retain(|path| path.extension().is_some_and(|end| end == "md"));
    let mut seen = 0;
    for document in &documents {
        let mut world = Memory::default();
        for (mark, block) in blocks(&fs::read_to_string(document).unwrap()) {
            assert_eq!(format("block", &block).unwrap(), block, "{}: not laid out", document.display());
            if let Some(name) = mark.strip_prefix("file=") {
                world.0.insert(name.to_owned(), block.into());
                continue;
            }
            let whole = block.starts_with("edition");
            let text = if whole { block } else { Example::Pool(block.leak()).text().into_owned() };
            world.0.insert("spec.kdl".to_owned(), text.clone().into());
            let compiled = compile(&world, &SpecPath::new("spec.kdl").unwrap());
            assert!(
                compiled.diagnostics.is_empty(),
                "{}:\n{text}\n{}",
                document.display(),
                phoenix_specs::rendered(&compiled)
            );
            seen += 1;
        }
    }
    assert!(seen > 10 && documents.len() >= 3, "{seen} blocks in {} documents", documents.len());
}
