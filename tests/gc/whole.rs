//! Nothing is concluded from what is missing of the record.

use super::{Switched, names, old};
use phoenix_store::StoreError;
use phoenix_support::*;
use phoenix_transaction::switch::SwitchError::Store as StoreFailed;
use std::fs;

/// A host whose second generation took things out of the first.
fn two_generations() -> World {
    World::new().switched(&old()).switched(&without(old(), &["dataset:tank/old", "dataset:tank/old/deep"]))
}

/// What stands on the host stays, whatever is asked.
#[track_caller]
fn refuses(world: &World, says: &[&str]) {
    let before = world.host.state();
    for keep in [0, 1, 10] {
        let error = world.gc(keep).unwrap_err();
        let StoreFailed(StoreError::NotWhole { path, problem, repair }) = &error else { panic!("{error:?}") };
        let told = format!("{}: {problem}; {repair}", path.display());
        assert!(says.iter().all(|text| told.contains(text)), "{told}");
    }
    assert_eq!(world.host.state(), before);
    let found = world.store.verify().unwrap().findings;
    assert!(!found.is_empty(), "verify says nothing");
}

#[test]
fn nothing_is_collected_where_the_link_to_the_current_generation_is_gone_or_leads_nowhere() {
    let world = two_generations();
    let link = world.root().join("current");
    fs::remove_file(&link).unwrap();
    refuses(&world, &["current", "the link is missing", "ln -sfn generations/2"]);
    std::os::unix::fs::symlink("generations/99", &link).unwrap();
    refuses(&world, &["leads to generation 99", "ln -sfn generations/2"]);
    // Every other reader of it says the same, and takes the host for no new one.
    for error in [world.with(|runtime| runtime.drift().unwrap_err()), world.rollback(1).unwrap_err()] {
        assert!(matches!(error, StoreFailed(StoreError::NotWhole { .. })), "{error:?}");
    }
    fs::remove_file(&link).unwrap();
    let error = world.switch(&graph(old())).unwrap_err();
    assert!(matches!(error, StoreFailed(StoreError::NotWhole { .. })), "{error:?}");
    std::os::unix::fs::symlink("generations/2", &link).unwrap();
    assert_eq!(names(&world.gc_plan(1)), [""; 0]);
}

#[test]
fn nothing_is_collected_where_a_generation_that_others_speak_of_has_no_record() {
    let record =
        |world: &World, number: u64| world.root().join(format!("generations/{number}/generation.json"));
    let world = two_generations();
    fs::remove_file(record(&world, 1)).unwrap();
    refuses(&world, &["generation 1 has no record", "restore the file"]);
    fs::remove_dir_all(world.root().join("generations/1")).unwrap();
    refuses(&world, &["generation 1 has no record", "generation 2 was made from it"]);
    // One that no other was made from: its folder, or its journal alone, speaks of it.
    let world = two_generations();
    world.rollback(1).unwrap();
    fs::remove_file(record(&world, 2)).unwrap();
    refuses(&world, &["generation 2 has no record"]);
    fs::remove_dir_all(world.root().join("generations/2")).unwrap();
    refuses(&world, &["generation 2 has no record"]);
    // What was cut off before it began has left nothing, and keeps from nothing.
    let world = two_generations();
    fs::create_dir(world.root().join("generations/7")).unwrap();
    world.gc(10).unwrap();
    // Half a record is none.
    fs::write(record(&world, 1), "{").unwrap();
    let error = world.gc(10).unwrap_err();
    assert!(matches!(error, StoreFailed(StoreError::Unreadable { .. })), "{error:?}");
}
