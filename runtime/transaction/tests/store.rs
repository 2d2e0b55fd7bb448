//! The store: what is written stays, what is torn or damaged is told, and one changes at a time.

use phoenix_graph::FORMAT;
use phoenix_plan::Consent;
use phoenix_store::{Generation, LockError, Outcome, Record, Store, StoreError};
use phoenix_support::{graph, small};
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("state")).unwrap();
    (folder, store)
}

fn generation(number: u64) -> Generation {
    Generation {
        format: FORMAT,
        number,
        parent: number.checked_sub(1).filter(|parent| *parent > 0),
        system: graph(small()).id(),
        sources: Vec::new(),
        time: 1_700_000_000,
        who: "root".to_owned(),
        verb: "switch".to_owned(),
        message: None,
        outcome: Outcome::Committed,
        adopted: std::collections::BTreeSet::new(),
    }
}

fn begin(number: u64) -> Record {
    Record::Begin {
        format: FORMAT,
        number,
        from: None,
        to: number,
        system: graph(small()).id(),
        consent: Consent::default(),
    }
}

fn objects(store: &Store) -> Vec<PathBuf> {
    store.object_names().unwrap().into_values().collect()
}

#[test]
fn a_graph_comes_back_as_it_was_and_is_stored_once() {
    let (_folder, store) = store();
    let graph = graph(small());
    store.put_graph(&graph).unwrap();
    let inodes = |store: &Store| -> Vec<u64> {
        objects(store).iter().map(|path| fs::metadata(path).unwrap().ino()).collect()
    };
    let first = inodes(&store);
    store.put_graph(&graph).unwrap();
    assert_eq!(inodes(&store), first, "an object was written again");
    assert_eq!(store.graph(&graph.id()).unwrap(), graph);
    for path in objects(&store) {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o444, "{}", path.display());
    }
    assert_eq!(fs::metadata(store.root()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_damaged_object_is_told_by_name_and_not_used() {
    let (_folder, store) = store();
    let graph = graph(small());
    store.put_graph(&graph).unwrap();
    let path = objects(&store).into_iter().find(|path| path.to_string_lossy().contains("dataset")).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&path, text.replace("tank", "bank")).unwrap();
    let Err(StoreError::Damaged(told)) = store.graph(&graph.id()) else { panic!("it was used") };
    assert_eq!(told, path);
    fs::remove_file(&path).unwrap();
    assert!(matches!(store.graph(&graph.id()), Err(StoreError::Missing { .. })));
}

#[test]
fn the_current_generation_moves_in_one_rename_and_numbers_are_never_used_again() {
    let (_folder, store) = store();
    assert_eq!(store.current().unwrap(), None);
    assert_eq!(store.next_number().unwrap(), 1);
    store.put_generation(&generation(1)).unwrap();
    store.put_generation(&generation(2)).unwrap();
    store.set_current(2).unwrap();
    assert_eq!(store.current().unwrap(), Some(generation(2)));
    store.set_current(1).unwrap();
    assert_eq!(store.current_number().unwrap(), Some(1));
    assert_eq!(fs::read_link(store.root().join("current")).unwrap(), Path::new("generations/1"));
    assert_eq!(store.next_number().unwrap(), 3);
    assert_eq!(store.generations().unwrap(), [generation(1), generation(2)]);
    assert!(matches!(store.generation(7), Err(StoreError::NoGeneration(7))));
}

#[test]
fn rendered_files_are_in_force_through_one_link() {
    let (_folder, store) = store();
    assert_eq!(store.rendered_in_force().unwrap(), BTreeMap::new());
    let files = BTreeMap::from([("phoenix.exports".into(), "/srv *(ro)\n".to_owned())]);
    store.put_rendered(1, &files).unwrap();
    std::os::unix::fs::symlink(store.places(1, 1).after, store.etc_link()).unwrap();
    assert_eq!(store.rendered_in_force().unwrap(), files);
}

#[test]
fn a_journal_is_open_until_its_end_is_on_record_and_a_torn_last_line_is_none() {
    let (_folder, store) = store();
    assert_eq!(store.open_transaction().unwrap(), None);
    let mut journal = store.begin(&begin(1)).unwrap();
    let id = journal.id().clone();
    journal.write(&Record::Undoing { reason: "why".to_owned(), found: [].into() }).unwrap();
    drop(journal);
    let path = store.root().join("txn").join(id.to_string()).join("journal");
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"record\":\"en").unwrap();
    let open = store.open_transaction().unwrap().unwrap();
    assert_eq!((open.number, open.undoing.as_deref(), open.end), (1, Some("why"), None));

    // Written on after the tear, the journal is whole again.
    let mut journal = store.journal(id).unwrap();
    journal.write(&Record::End { outcome: Outcome::Committed }).unwrap();
    assert_eq!(store.open_transaction().unwrap().unwrap().end, Some(Outcome::Committed));
    store.close().unwrap();
    assert_eq!(store.open_transaction().unwrap(), None);
}

#[test]
fn a_journal_that_makes_no_sense_is_told_with_its_line() {
    let (_folder, store) = store();
    let journal = store.begin(&begin(1)).unwrap();
    let path = store.root().join("txn").join(journal.id().to_string()).join("journal");
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"record\":\"dance\"}\n").unwrap();
    let error = store.open_transaction().unwrap_err().to_string();
    assert!(error.contains("line 2") && error.contains("dance"), "{error}");
}

#[test]
fn a_second_change_at_the_same_time_is_refused_and_told_who_is_first() {
    let (_folder, store) = store();
    let first = store.lock("switch").unwrap();
    let Err(LockError::Held(holder)) = store.lock("rollback") else { panic!("locked twice") };
    assert!(
        holder.contains("phoenix switch") && holder.contains(&std::process::id().to_string()),
        "{holder}"
    );
    drop(first);
    store.lock("rollback").unwrap();
}

#[test]
fn a_state_folder_that_is_not_ours_alone_is_refused_or_closed() {
    use std::os::unix::fs::symlink;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let chmod = |path: &Path, to: u32| fs::set_permissions(path, fs::Permissions::from_mode(to)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("state");
    Store::open(&root).unwrap();
    assert_eq!(mode(&root), 0o700);
    // What others could only read is closed.
    chmod(&root, 0o755);
    Store::open(&root).unwrap();
    assert_eq!(mode(&root), 0o700);
    // What others could write is not believed.
    for open in [root.clone(), root.join("txn")] {
        chmod(&open, 0o777);
        let error = Store::open(&root).unwrap_err();
        assert!(
            matches!(&error, StoreError::NotOurs { path, .. } if path.ends_with(open.file_name().unwrap()))
        );
        assert!(error.to_string().contains("others may write"), "{error}");
        chmod(&open, 0o700);
    }
    // A folder in it is no link to elsewhere.
    fs::remove_dir(root.join("generations")).unwrap();
    symlink(folder.path(), root.join("generations")).unwrap();
    assert!(matches!(Store::open(&root), Err(StoreError::NotOurs { .. })));
}
