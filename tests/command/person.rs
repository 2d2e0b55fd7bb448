//! What a person meets who is not root, whose switch runs elsewhere, or who mistypes the name of a host.

use crate::command::{
    common::{Ran, Sandbox, example},
    refusals::interrupt,
};
use phoenix_store::Store;
use std::{
    fs,
    io::ErrorKind,
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::PathBuf,
    process::Stdio,
};

/// A state of a folder, by name.
type Way = (&'static str, fn(&PathBuf));

/// Nobody's number on every Linux.
const NOBODY: u32 = 65_534;

/// Runs phoenix in a folder as nobody; the program stands where everybody may run it.
fn nobody(sandbox: &Sandbox, home: PathBuf) -> impl Fn(&[&str]) -> Ran {
    let program = sandbox.path().join("phoenix");
    fs::copy(env!("CARGO_BIN_EXE_phoenix"), &program).unwrap();
    fs::set_permissions(sandbox.path(), fs::Permissions::from_mode(0o755)).unwrap();
    move |args| {
        let mut process = sandbox.process_of(&program, args);
        process.current_dir(&home).env("HOME", &home).uid(NOBODY).gid(NOBODY).stdin(Stdio::null());
        // A process that another test starts meanwhile may have the copy open for writing for an instant.
        let output = loop {
            match process.output() {
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
                other => break other.unwrap(),
            }
        };
        sandbox.ran(args, &output)
    }
}

#[test]
fn who_may_not_look_into_a_state_folder_checks_what_lies_beside_it() {
    if !rustix::process::geteuid().is_root() {
        println!("left out: it takes root to be somebody else");
        return;
    }
    let sandbox = Sandbox::switched();
    let as_nobody = nobody(&sandbox, sandbox.path());
    as_nobody(&["check", "."]).exits(0).says("phoenix.kdl: 0 errors").says("sim/state is a state folder");
    // Any other is named.
    fs::create_dir_all(sandbox.path().join("specs/closed")).unwrap();
    fs::set_permissions(sandbox.path().join("specs/closed"), fs::Permissions::from_mode(0o700)).unwrap();
    for verb in ["check", "fmt"] {
        as_nobody(&[verb, "."]).exits(1).says("specs/closed").says("Permission denied");
    }
}

#[test]
fn a_user_beside_a_state_folder_of_roots_builds_to_a_store_of_his_own() {
    if !rustix::process::geteuid().is_root() {
        println!("left out: it takes root to be somebody else");
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write("home/phoenix.kdl", &fs::read_to_string(example("phoenix/phoenix.kdl")).unwrap());
    let home = sandbox.path().join("home");
    for path in [home.clone(), home.join("phoenix.kdl")] {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let roots = sandbox.path().join("state");
    let as_nobody = nobody(&sandbox, home.clone());
    let ways: [Way; 4] = [
        ("never used", |_| {}),
        ("closed", |roots| {
            Store::open(roots).unwrap();
        }),
        ("readable", |roots| {
            Store::open(roots).unwrap();
            fs::set_permissions(roots, fs::Permissions::from_mode(0o755)).unwrap();
            fs::set_permissions(roots.join("store"), fs::Permissions::from_mode(0o755)).unwrap();
        }),
        ("empty, and open to all", |roots| {
            fs::create_dir(roots).unwrap();
            fs::set_permissions(roots, fs::Permissions::from_mode(0o777)).unwrap();
        }),
    ];
    for (name, put) in ways {
        let _ = fs::remove_dir_all(&roots);
        let _ = fs::remove_dir_all(home.join(".local"));
        put(&roots);
        let state = roots.to_str().unwrap();
        let built = as_nobody(&["build", "--state-dir", state]).exits(0).says_not("chown");
        let link = fs::read_link(home.join("result")).unwrap();
        assert!(link.starts_with(home.join(".local/share/phoenix")), "{name}: {built} {}", link.display());
        // Twice, as an unchanged build finds it there.
        as_nobody(&["build", "--state-dir", state]).exits(0);
    }
    // What takes root says so, and what a user can do.
    let refused = as_nobody(&["pin", "1", "--state-dir", roots.to_str().unwrap()]);
    assert!(refused.code != 0 && !refused.err.contains("chown"), "{refused}");
}

#[test]
fn a_switch_that_runs_is_called_running() {
    let sandbox = Sandbox::switched();
    sandbox.edit("phoenix.kdl", "800G", "900G");
    interrupt(&sandbox);
    let store = Store::open(&sandbox.path().join("sim/state")).unwrap();
    let lock = store.lock("switch").unwrap();
    for verb in [&["plan"][..], &["status"], &["verify"], &["gc", "--dry-run"], &["import", "--live"]] {
        let ran = sandbox.sim(verb).exits(5).says("the host is being changed by `phoenix switch`, process");
        ran.says_not("interrupted").says_not("recover");
    }
    sandbox.sim(&["generations"]).exits(0).says("under way").says_not("interrupted");
    drop(lock);
    sandbox.sim(&["generations"]).exits(0).says("switch, interrupted").says("run `phoenix recover`");
    sandbox.sim(&["plan"]).exits(6).says("was interrupted");
}

#[test]
fn a_slip_in_the_name_of_a_simulated_host_makes_none() {
    let sandbox = Sandbox::switched();
    let before = sandbox.tree("");
    let verbs: [&[&str]; 14] = [
        &["plan"],
        &["build"],
        &["status"],
        &["generations"],
        &["diff", "1", "phoenix.kdl"],
        &["verify"],
        &["gc", "--dry-run"],
        &["gc", "--yes"],
        &["recover"],
        &["rollback", "--yes"],
        &["confirm"],
        &["pin", "1"],
        &["import", "--live"],
        &["graph"],
    ];
    for verb in verbs {
        let ran = sandbox.run(&[verb, &["--sim", "sin"]].concat());
        if verb[0] == "graph" && ran.code == 0 {
            continue;
        }
        let ran = ran.exits(64).says("there is no simulated host in sin");
        ran.says("`phoenix switch --sim sin` makes one");
    }
    assert_eq!(sandbox.tree(""), before);
    sandbox.run(&["switch", "--yes", "--sim", "sin"]).exits(0).says("Made a simulated host in sin.");
    sandbox.run(&["switch", "--yes", "--sim", "sin"]).exits(0).says_not("Made a");
}

#[test]
fn a_copied_simulated_host_is_one_of_its_own() {
    let sandbox = Sandbox::switched();
    sandbox.sim(&["status"]).exits(0);
    fn copy(from: &std::path::Path, to: &std::path::Path) {
        let kind = fs::symlink_metadata(from).unwrap();
        if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(from).unwrap(), to).unwrap();
        } else if kind.is_dir() {
            fs::create_dir(to).unwrap();
            for entry in fs::read_dir(from).unwrap() {
                let entry = entry.unwrap();
                copy(&entry.path(), &to.join(entry.file_name()));
            }
        } else {
            fs::copy(from, to).unwrap();
        }
    }
    copy(&sandbox.path().join("sim"), &sandbox.path().join("other"));
    fs::rename(sandbox.path().join("sim"), sandbox.path().join("gone")).unwrap();
    let other = |args: &[&str]| sandbox.run(&[args, &["--sim", "other"]].concat());
    other(&["status"]).exits(0);
    other(&["plan"]).exits(0).says("Nothing to do.");
    sandbox.edit("phoenix.kdl", "800G", "900G");
    other(&["switch", "--yes"]).exits(0);
    other(&["rollback", "--yes"]).exits(0);
    other(&["verify"]).exits(0);
    let text = sandbox.read("other/host.json");
    assert!(!text.contains(sandbox.path().to_str().unwrap()), "it leads back to where it was copied from");
}

#[test]
fn a_slip_in_the_name_of_a_state_folder_is_no_whole_store() {
    let sandbox = Sandbox::new();
    sandbox.write("file", "");
    for verb in ["verify", "status", "generations"] {
        sandbox
            .run(&[verb, "--state-dir", "slip"])
            .exits(64)
            .says("there is no state folder at")
            .says("slip");
        sandbox.run(&[verb, "--state-dir", "file"]).exits(64).says("it is no folder");
    }
    assert!(!sandbox.path().join("slip").exists());
}
