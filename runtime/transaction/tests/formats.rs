//! Stores written by earlier versions stay readable. Each format has a store of its own among the
//! fixtures, written by the version that made it; none is ever written anew.

use phoenix_graph::{FORMAT, Resource};
use phoenix_store::{Outcome, Store};
use std::{fs, path::PathBuf};

fn fixture(format: u32) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/store-{format}"))
}

#[test]
fn every_format_has_a_store_that_is_read() {
    for format in 1..=FORMAT {
        assert!(fixture(format).is_dir(), "there is no store of format {format} among the fixtures");
    }
    assert!(!fixture(FORMAT + 1).exists(), "a store of a format to come stands among the fixtures");
}

#[test]
fn a_store_of_every_format_is_read_whole() {
    for format in 1..=FORMAT {
        read_whole(format);
    }
}

fn read_whole(format: u32) {
    let store = Store::read_only(&fixture(format));
    let generations = store.generations().unwrap();
    assert_eq!(
        generations.iter().map(|one| (one.number, one.parent)).collect::<Vec<_>>(),
        [(1, None), (2, Some(1))]
    );
    assert!(generations.iter().all(|one| one.format == format && one.outcome == Outcome::Committed));
    assert_eq!(store.current_number().unwrap(), Some(2));
    for generation in &generations {
        let graph = store.graph(&generation.system).unwrap();
        assert_eq!(graph.nodes().len(), 7);
        let newest = graph.resources().map(Resource::format).max();
        assert_eq!(newest, Some(format), "nothing in it needs its format");
        for source in &generation.sources {
            let text = String::from_utf8(store.object(&source.id).unwrap()).unwrap();
            assert!(text.contains("edition 1"), "{}", source.name);
        }
    }
    assert!(store.rendered_in_force().unwrap()["phoenix.exports"].contains("/tank/share"));
    for entry in fs::read_dir(fixture(format).join("txn")).unwrap() {
        let id = serde_json::to_string(entry.unwrap().file_name().to_str().unwrap()).unwrap();
        let transaction = store.transaction(serde_json::from_str(&id).unwrap()).unwrap();
        assert_eq!(transaction.end, Some(Outcome::Committed));
        assert!(transaction.holds && !transaction.plans.is_empty());
    }
    assert_eq!(store.open_transaction().unwrap(), None);
}

#[test]
fn nothing_is_wrong_with_what_earlier_versions_have_beside_a_generation() {
    for format in 1..=FORMAT {
        let store = Store::read_only(&fixture(format));
        let found = store.verify().unwrap();
        let beside = |path: &std::path::Path| path.starts_with(store.root().join("generations"));
        assert!(found.findings.iter().all(|finding| !beside(&finding.path)), "{:#?}", found.findings);
        assert_eq!(found.generations, 2);
        // Those before format 5 have no hashes: what differs from what this version writes is told as not proved.
        assert_eq!(fixture(format).join("generations/1/files.json").exists(), format > 4);
    }
}
