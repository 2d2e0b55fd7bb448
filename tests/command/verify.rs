//! `verify`: what is damaged or missing in a store is named, with the way out.

use super::common::{Ran, Sandbox};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
};

/// A host with two generations, and their store.
fn sandbox() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::switched();
    sandbox.edit("phoenix.kdl", "800G", "900G");
    sandbox.sim(&["switch", "--yes"]).exits(0);
    sandbox.sim(&["verify"]).exits(0).says("2 generations, 2 journals: nothing is wrong");
    let state = sandbox.path().join("sim/state");
    (sandbox, state)
}

/// Finds the object that holds this step.
fn object(state: &std::path::Path, end: &str) -> PathBuf {
    let mut found: Vec<PathBuf> = fs::read_dir(state.join("store"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().ends_with(end))
        .collect();
    found.sort();
    found.pop().unwrap()
}

fn verify(sandbox: &Sandbox) -> Ran {
    let before = sandbox.tree("sim/state");
    let ran = sandbox.sim(&["verify"]).exits(1);
    assert!(before == sandbox.tree("sim/state"), "looking changed something");
    ran
}

#[test]
fn a_damaged_object_is_named_with_every_generation_that_needs_it() {
    let (sandbox, state) = sandbox();
    let path = object(&state, "-pool-quickOS");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&path, "{}").unwrap();
    verify(&sandbox)
        .says("-pool-quickOS: its bytes do not have the BLAKE3 hash of its name")
        .says("generations/1: its system is not whole")
        .says("generations/2: its system is not whole")
        .says("3 things wrong");
    // The way out that it tells.
    fs::remove_file(&path).unwrap();
    sandbox.sim(&["build"]).exits(0);
    sandbox.sim(&["verify"]).exits(0).says("nothing is wrong");
}

#[test]
fn a_lost_object_and_a_lost_spec_are_named() {
    let (sandbox, state) = sandbox();
    fs::remove_file(object(&state, "-system-phoenix")).unwrap();
    verify(&sandbox).says("its system is not whole").says("build the spec that it came from again");
    let (sandbox, state) = self::sandbox();
    fs::remove_file(object(&state, "-spec-phoenix.kdl")).unwrap();
    verify(&sandbox).says("the text of its spec phoenix.kdl is not in the store");
}

#[test]
fn what_does_not_belong_into_a_store_is_named() {
    let (sandbox, state) = sandbox();
    fs::write(state.join("store/notes.txt"), "mine").unwrap();
    fs::create_dir(state.join("generations/three")).unwrap();
    fs::create_dir_all(state.join("generations/7/etc")).unwrap();
    let object = object(&state, "-system-phoenix");
    let elsewhere = sandbox.path().join("elsewhere");
    fs::rename(&object, &elsewhere).unwrap();
    symlink(&elsewhere, &object).unwrap();
    verify(&sandbox)
        .says("notes.txt: it is no object")
        .says("generations/three: it is no generation")
        .says("generations/7: it has no generation.json, and was a generation")
        .says("-system-phoenix: it is no regular file");
}

#[test]
fn what_a_cut_left_before_anything_counted_on_it_is_no_damage_and_goes() {
    let (sandbox, state) = sandbox();
    fs::write(state.join("store/.new-abc"), "half").unwrap();
    fs::create_dir(state.join("generations/7")).unwrap();
    fs::write(state.join("generations/7/.new-abc"), "{").unwrap();
    for (folder, journal) in [("1", None), ("2", Some("")), ("3", Some("{\"record\":\"beg"))] {
        let folder = state.join("txn").join(folder.repeat(16));
        fs::create_dir(&folder).unwrap();
        if let Some(text) = journal {
            fs::write(folder.join("journal"), text).unwrap();
        }
    }
    symlink("2".repeat(16), state.join("txn/.new-open")).unwrap();
    sandbox
        .sim(&["verify"])
        .exits(0)
        .says("2 generations, 2 journals: nothing is wrong (6 writes that came to nothing");
    // It stands in nobody's way.
    sandbox.edit("phoenix.kdl", "900G", "950G");
    sandbox.sim(&["switch", "--yes"]).exits(0).says("Generation 8 is current");
    sandbox.sim(&["gc", "--yes"]).exits(0);
    // What is less than a day old may be somebody's who is at work.
    sandbox.sim(&["verify"]).exits(0).says("(1 write that came to nothing");
    assert!(!state.join("generations/7").exists());
}

/// A host whose generations give a machine a mount and export it.
fn with_machine() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    for quota in ["1G", "2G"] {
        let inside = format!(
            "dataset \"a\" quota=\"{quota}\" {{ export {{ client \"10.0.0.0/24\" \"rw\" }}; bind {{ vm 201 at=\"/srv/a\" \
             server=\"10.0.0.1\" }} }}"
        );
        let disks = "mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" }";
        sandbox.write(
            "phoenix.kdl",
            &format!("edition 1\nhost \"h\" {{ pool \"tank\" {{ {disks}\n{inside} }} }}\n"),
        );
        sandbox.sim(&["switch", "--yes"]).exits(0);
    }
    sandbox
        .sim(&["verify"])
        .exits(0)
        .says("2 generations, 2 journals: nothing is wrong")
        .says_not("Not proved");
    let state = sandbox.path().join("sim/state");
    (sandbox, state)
}

#[test]
fn what_was_changed_lost_or_added_beside_a_generation_is_named() {
    for generation in ["1", "2"] {
        let (sandbox, state) = with_machine();
        let folder = state.join("generations").join(generation);
        let exports = folder.join("etc/phoenix.exports");
        fs::write(&exports, fs::read_to_string(&exports).unwrap().replace("10.0.0.0/24", "*")).unwrap();
        fs::remove_file(folder.join("etc/phoenix.conf")).unwrap();
        fs::write(folder.join("machines/201/srv-a.mount"), "[Mount]\n").unwrap();
        fs::remove_file(folder.join("machines/201/srv-a.automount")).unwrap();
        fs::write(folder.join("etc/other.exports"), "/ *(rw)\n").unwrap();
        fs::create_dir(folder.join("machines/999")).unwrap();
        fs::write(folder.join("machines/999/fstab"), "").unwrap();
        let told = verify(&sandbox)
            .says("etc/phoenix.exports: its bytes are not those that the generation wrote")
            .says("etc/phoenix.conf: it is missing, and the generation wrote it")
            .says("etc/other.exports: the generation did not write it")
            .says("machines/201/srv-a.mount: its bytes are not those that the generation wrote")
            .says("machines/201/srv-a.automount: it is missing")
            .says("machines/999/fstab: the generation did not write it")
            .says("6 things wrong");
        // The ways out that it tells.
        assert_eq!(told.out.contains("`phoenix rollback 1` writes it anew"), generation == "1", "{told}");
        assert_eq!(
            told.out.contains("switch to the current spec: it is written anew"),
            generation == "2",
            "{told}"
        );
        fs::remove_file(folder.join("etc/other.exports")).unwrap();
        fs::remove_dir_all(folder.join("machines/999")).unwrap();
        if generation == "1" {
            sandbox.sim(&["rollback", "--yes", "1"]).exits(0);
        } else {
            sandbox.sim(&["switch", "--yes"]).exits(0);
        }
        sandbox.sim(&["verify"]).exits(0).says("nothing is wrong");
    }
}

#[test]
fn files_that_nothing_stands_for_are_unproved_and_no_link_is_read() {
    let (sandbox, state) = with_machine();
    let folder = state.join("generations/1");
    // Written by an earlier version: held against what the system says.
    fs::remove_file(folder.join("files.json")).unwrap();
    sandbox.sim(&["verify"]).exits(0).says("nothing is wrong").says_not("Not proved");
    fs::write(folder.join("etc/phoenix.conf"), "# as an earlier version wrote it\n").unwrap();
    sandbox.sim(&["verify"]).exits(0).says("nothing is wrong").says("Not proved").says("of generation 1,");
    sandbox.sim(&["verify", "--json"]).exits(0).says("\"unproved\": [\n    1\n  ]");
    sandbox.sim(&["rollback", "--yes", "1"]).exits(0);
    sandbox.sim(&["verify"]).exits(0).says("nothing is wrong").says_not("Not proved");

    let conf = folder.join("etc/phoenix.conf");
    let elsewhere = sandbox.path().join("elsewhere");
    fs::rename(&conf, &elsewhere).unwrap();
    symlink(&elsewhere, &conf).unwrap();
    verify(&sandbox).says("etc/phoenix.conf: it is no regular file").says("1 thing wrong");
    fs::remove_file(&conf).unwrap();
    fs::rename(&elsewhere, &conf).unwrap();
    fs::write(folder.join("files.json"), "{\"format\": 1, \"files\": {}, \"more\": 1}").unwrap();
    verify(&sandbox).says("files.json").says("unknown field `more`").says("1 thing wrong");
}

#[test]
fn damaged_records_and_links_are_named() {
    let (sandbox, state) = sandbox();
    fs::write(state.join("generations/1/generation.json"), "{").unwrap();
    fs::remove_file(state.join("current")).unwrap();
    symlink("generations/9", state.join("current")).unwrap();
    fs::remove_file(state.join("etc")).unwrap();
    symlink("generations/9/etc", state.join("etc")).unwrap();
    let journals = fs::read_dir(state.join("txn")).unwrap();
    let journal = journals.map(|entry| entry.unwrap().path()).find(|path| path.is_dir()).unwrap();
    fs::write(journal.join("journal"), "nonsense\n").unwrap();
    fs::set_permissions(&state, fs::Permissions::from_mode(0o777)).unwrap();
    verify(&sandbox)
        .says("generations/1: cannot understand")
        .says("current: the link leads to generation 9, which has no record")
        .says("etc: it leads to generations/9/etc, which is not there")
        .says("it tells of the past alone")
        .says("others may write into it (mode 0777)")
        .says("5 things wrong");
}

#[test]
fn a_journal_that_is_lost_empty_or_torn_is_told_by_its_generation() {
    for (what, left) in [("lost", None), ("empty", Some(0)), ("torn", Some(100))] {
        let (sandbox, state) = sandbox();
        let journals = fs::read_dir(state.join("txn")).unwrap();
        let journal = journals.map(|entry| entry.unwrap().path()).find(|path| path.is_dir()).unwrap();
        match left {
            None => fs::remove_dir_all(&journal).unwrap(),
            Some(length) => {
                fs::File::options()
                    .write(true)
                    .open(journal.join("journal"))
                    .unwrap()
                    .set_len(length)
                    .unwrap();
            }
        }
        println!("{what}");
        verify(&sandbox).says("its journal is lost or empty").says("1 thing wrong");
    }
}

#[test]
fn an_interrupted_switch_and_an_empty_store_are_told() {
    let sandbox = Sandbox::new();
    sandbox.sim(&["verify"]).exits(0).says("0 objects, 0 generations, 0 journals: nothing is wrong");
    let (sandbox, state) = self::sandbox();
    let journals = fs::read_dir(state.join("txn")).unwrap();
    let journal = journals.map(|entry| entry.unwrap().file_name()).next().unwrap();
    symlink(&journal, state.join("txn/open")).unwrap();
    verify(&sandbox).says("was interrupted").says("`phoenix recover`");
}

#[test]
fn the_length_of_a_damaged_file_does_not_hide_what_is_wrong_with_it() {
    let long = format!("{{\"format\": \"{}\"}}", "é".repeat(100_000));
    for name in
        ["record.json", "snapshots.json", "released.json", "past.json", "generations/2/generation.json"]
    {
        let (sandbox, state) = sandbox();
        let path = state.join(name);
        fs::write(&path, &long).unwrap();
        for verb in [&["verify"][..], &["status"], &["plan"], &["generations"], &["gc", "--yes"]] {
            let ran = sandbox.sim(verb);
            let said = ran.out.len() + ran.err.len();
            assert!(said < 50_000, "{verb:?} says {said} bytes of {name}");
            if ran.code != 0 {
                ran.says(name).says("characters left out");
            }
        }
        assert_ne!(sandbox.sim(&["verify"]).code, 0, "{name}");
        assert_eq!(fs::read_to_string(&path).unwrap(), long, "{name}");
    }
}

#[test]
fn what_is_no_regular_file_is_not_waited_for() {
    for name in
        ["record.json", "snapshots.json", "generations/2/before.json", "generations/2/generation.json"]
    {
        let (sandbox, state) = sandbox();
        let path = state.join(name);
        fs::remove_file(&path).unwrap_or_default();
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR).unwrap();
        for verb in [&["verify"][..], &["status"], &["plan"], &["gc", "--yes"], &["rollback", "--yes"]] {
            let ran = sandbox.sim(verb);
            assert!(ran.code == 0 || ran.err.contains(name) || ran.out.contains(name), "{verb:?}: {ran}");
        }
        assert_ne!(sandbox.sim(&["verify"]).code, 0, "{name}");
    }
}
