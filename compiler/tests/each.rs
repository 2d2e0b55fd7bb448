//! The specs that the benchmarks time against each other say the same.

use phoenix_compiler::{OneFile, SpecPath, compile};
use phoenix_graph::Graph;
use phoenix_specs::large::{Said, alike, various};

fn graph(text: String) -> Graph {
    let mut compiled = compile(&OneFile(text.into()), &SpecPath::new("spec.kdl").unwrap());
    assert!(!compiled.has_errors(), "{:?}", compiled.diagnostics);
    compiled.hosts.remove(0).graph.unwrap()
}

#[test]
fn datasets_written_out_and_by_each_are_the_same_graph() {
    let many = 1_000;
    let written = graph(alike(many, Said::WrittenOut));
    // The pool; each dataset with its export.
    assert_eq!(written.nodes().len(), 1 + 2 * many);
    for said in [Said::Each, Said::EachInProfile, Said::EachUnderNodes] {
        let text = alike(many, said);
        assert!(said == Said::EachUnderNodes || text.lines().count() <= 12, "{said:?}");
        assert_eq!(graph(text).id(), written.id(), "{said:?}");
    }
}

#[test]
fn the_other_spec_of_the_benchmarks_compiles() {
    assert!(graph(various(10)).nodes().len() > 10);
}
