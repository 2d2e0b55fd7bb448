//! The same spec is the same graph, and every stored object proves itself.

use super::common::{Sandbox, example};
use std::fs;

#[test]
fn comments_order_spelling_and_folder_change_no_id() {
    let plain = "edition 1
host \"h\" {
    pool \"tank\" autotrim=#true {
        mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" }
        dataset \"a\" quota=\"800G\" recordsize=\"128K\" {
            export { client \"10.0.0.0/24\" \"rw\" \"sync\" }
        }
        dataset \"b\" atime=#false
    }
}
";
    let other = "// The same host, said otherwise.
edition 1
let net \"10.0.0.0/24\"
profile \"big\" { quota \"800GiB\" }
host \"h\" {
    pool \"tank\" {
        autotrim \"on\"
        /* order is nothing */
        dataset \"b\" { atime \"off\" }
        dataset \"a\" use=\"big\" {
            recordsize 131072
            export { client (let)\"net\" \"sync\" \"rw\" }
        }
        mirror {
            disk \"/dev/disk/by-id/a\"
            disk \"/dev/disk/by-id/b\"
        }
    }
}
";
    let id = |text: &str, folder: &str| {
        let sandbox = Sandbox::new();
        sandbox.write(&format!("{folder}/phoenix.kdl"), text);
        sandbox.sim(&["build", folder]).exits(0).out
    };
    let first = id(plain, "one");
    assert_eq!(first, id(other, "a/folder of/another name"));
    assert_ne!(first, id(&plain.replace("800G", "801G"), "one"));
}

#[test]
fn every_stored_object_has_the_hash_of_its_name() {
    let sandbox = Sandbox::new();
    for name in ["phoenix", "detailed"] {
        sandbox.sim(&["build", example(name).to_str().unwrap()]).exits(0);
    }
    let mut objects = 0;
    for entry in fs::read_dir(sandbox.path().join("sim/state/store")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let hash = blake3::hash(&fs::read(entry.path()).unwrap()).to_hex();
        assert_eq!(&name[..64], hash.as_str(), "{name}");
        assert!(entry.metadata().unwrap().permissions().readonly(), "{name}");
        objects += 1;
    }
    assert!(objects > 30, "{objects}");
}

#[test]
fn a_damaged_object_is_not_switched_to() {
    let sandbox = Sandbox::new();
    sandbox.sim(&["build", example("phoenix").to_str().unwrap()]).exits(0);
    let store = sandbox.path().join("sim/state/store");
    let names = fs::read_dir(store).unwrap().map(|entry| entry.unwrap().path());
    let step = names.into_iter().find(|path| path.to_str().unwrap().contains("vm-disks")).unwrap();
    fs::remove_file(&step).unwrap();
    fs::write(&step, "{}").unwrap();
    sandbox.sim(&["switch", "--yes", "result"]).exits(1).says("is damaged");
    assert!(!sandbox.path().join("sim/state/current").exists());
}
