//! `guest`: what is to be carried into a virtual machine, printed and written into files.

use crate::{command::common::Sandbox, snapshot};
use std::{fs, os::unix::fs::symlink, path::Path};

const SPEC: &str = r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
    dataset "my-data" {
        export { client "10.0.0.0/24" "rw" "async" }
        bind {
            vm 201 at="/srv/my-data" server="10.0.0.1" noatime=#true nconnect=4 idle-timeout="10m" mount-timeout="30s"
            vm 202 at="/srv/it" server="nas.lan" subdirectory="100% it" automount=#false
        }
    }
    dataset "other" mountpoint="/srv/other" {
        export { client "10.0.0.0/24" "rw" }
        bind { vm 201 at="/data" server="10.0.0.1" vers="3"; }
    }
}
"#;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.kdl", SPEC);
    sandbox
}

fn switched() -> Sandbox {
    let sandbox = sandbox();
    sandbox.sim(&["switch", "--yes"]).exits(0);
    sandbox
}

#[test]
fn what_a_machine_mounts_is_printed_in_each_way() {
    let sandbox = switched();
    let units = sandbox.sim(&["guest", "201"]).exits(0);
    let fstab = sandbox.sim(&["guest", "201", "--format", "fstab"]).exits(0);
    let cloud = sandbox.sim(&["guest", "202", "--format", "cloud-init"]).exits(0);
    snapshot!("guest", units, fstab, cloud);
}

#[test]
fn the_switch_tells_what_to_carry_over_and_status_finds_nothing_after_it() {
    let sandbox = sandbox();
    let first = sandbox
        .sim(&["switch", "--yes"])
        .exits(0)
        .says("mount:vm/201/srv/my-data: machine 201 is to have it");
    first.says("`phoenix guest 202` prints");
    sandbox.sim(&["status"]).exits(0);
    sandbox.sim(&["switch", "--yes"]).exits(0).says_not("phoenix guest").says("Nothing to do: ");

    sandbox.edit("phoenix.kdl", " nconnect=4", "");
    sandbox.edit(
        "phoenix.kdl",
        "            vm 202 at=\"/srv/it\" server=\"nas.lan\" subdirectory=\"100% it\" automount=#false\n",
        "",
    );
    let plan = sandbox.sim(&["plan"]).exits(0);
    plan.says("machine 201 has it in another way")
        .says("machine 202 is to have it no more")
        .says("'srv-it.mount'")
        .says("Nothing to do on this host; above stands what to do in machines.");
    let diff = sandbox.sim(&["diff", "1", "phoenix.kdl"]).exits(0);
    diff.says("mount:vm/201/srv/my-data").says("nconnect").says("100% it");
    sandbox.sim(&["switch", "--yes"]).exits(0);
    sandbox.sim(&["status"]).exits(0);
    sandbox.sim(&["guest", "201"]).exits(0).says_not("nconnect");
    sandbox.sim(&["guest", "201", "--generation", "1"]).exits(0).says("nconnect=4");

    sandbox
        .sim(&["rollback", "--yes"])
        .exits(0)
        .says("machine 202 is to have it, from nas.lan:/tank/my-data/100% it");
    sandbox.sim(&["status"]).exits(0);
    sandbox.sim(&["guest", "202"]).exits(0).says("What=nas.lan:/tank/my-data/100%% it");
}

#[test]
fn a_generation_keeps_what_its_machines_are_to_have() {
    let sandbox = switched();
    let kept = |generation: u64, machine: &str| {
        sandbox.path().join(format!("sim/state/generations/{generation}/machines/{machine}"))
    };
    let printed = |format: &str| {
        let folder = format!("out-{format}");
        sandbox.sim(&["guest", "201", "--format", format, "--output", &folder]).exits(0);
        let files = fs::read_dir(sandbox.path().join(&folder)).unwrap();
        files.map(|file| file.unwrap().path()).collect::<Vec<_>>()
    };
    let files: Vec<_> = ["units", "fstab", "cloud-init"].into_iter().flat_map(printed).collect();
    assert_eq!(files.len(), fs::read_dir(kept(1, "201")).unwrap().count());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text, fs::read_to_string(kept(1, "201").join(file.file_name().unwrap())).unwrap());
    }
    // What another generation says is its own.
    sandbox.edit("phoenix.kdl", " nconnect=4", "");
    sandbox.edit("phoenix.kdl", "vm 202", "vm 203");
    sandbox.sim(&["switch", "--yes"]).exits(0);
    let unit =
        |generation| fs::read_to_string(kept(generation, "201").join(r"srv-my\x2ddata.mount")).unwrap();
    assert!(unit(1).contains("nconnect=4") && !unit(2).contains("nconnect"));
    assert!(kept(1, "202").is_dir() && kept(2, "203").is_dir() && !kept(2, "202").exists());
}

#[test]
fn a_dataset_that_goes_is_told_with_the_machine_that_has_it() {
    let sandbox = switched();
    let text = sandbox.read("phoenix.kdl");
    let rest = text.split("    dataset \"other\"").next().unwrap();
    sandbox.write("phoenix.kdl", &format!("{rest}}}\n"));
    let plan = sandbox.sim(&["plan"]).exits(0);
    plan.says("mount:vm/201/data: machine 201 may have it mounted, and /srv/other is exported no more");
    // The export alone cannot go.
    sandbox.write("phoenix.kdl", &text.replacen("        export { client \"10.0.0.0/24\" \"rw\" }\n", "", 1));
    sandbox.sim(&["plan"]).exits(3).says("machine-not-exported");
}

#[test]
fn a_spec_is_read_where_it_is_named_and_a_machine_that_is_not_there_is_told() {
    let sandbox = sandbox();
    sandbox
        .sim(&["guest", "201"])
        .exits(64)
        .says("there is no generation yet")
        .says("phoenix guest 201 phoenix.kdl");
    sandbox.sim(&["guest", "201", "phoenix.kdl"]).exits(0).says("Where=/data");
    let other = sandbox.sim(&["guest", "999", "phoenix.kdl"]).exits(64);
    other.says("machine 999 mounts nothing in spec phoenix.kdl").says("these machines do: 201, 202");
    sandbox.write(
        "bare.kdl",
        "edition 1\npool \"tank\" { disk \"/dev/disk/by-id/a\"; allow \"no-redundancy\"; }\n",
    );
    sandbox.sim(&["guest", "201", "bare.kdl"]).exits(64).says("no machine mounts anything there");
    sandbox.sim(&["switch", "--yes"]).exits(0);
    sandbox.sim(&["guest", "999"]).exits(64).says("machine 999 mounts nothing in generation 1");
    sandbox.sim(&["guest", "201", "--generation", "7"]).exits(4).says("there is no generation 7");
    sandbox
        .sim(&["guest", "201", "--host", "other"])
        .exits(64)
        .says("generation 1 is for the host localhost");
    sandbox.sim(&["guest", "201", "phoenix.kdl", "--generation", "1"]).exits(64);
    sandbox.sim(&["guest", "201", "--overwrite"]).exits(64);
}

#[test]
fn what_is_given_by_virtiofs_is_mounted_by_its_tag_beside_what_comes_over_nfs() {
    let sandbox = sandbox();
    sandbox.edit(
        "phoenix.kdl",
        "vm 201 at=\"/data\" server=\"10.0.0.1\" vers=\"3\";",
        "vm 201 at=\"/data\" virtiofs=\"other\" ro=#true automount=#false; vm 203 virtiofs=\"other\";",
    );
    let switched = sandbox.sim(&["switch", "--yes"]).exits(0);
    switched
        .says("machine 201 is to have it, by the tag other")
        .says("root in machine 203 is root in tank/other");
    let units = sandbox.sim(&["guest", "201"]).exits(0);
    units.says("What=other\nWhere=/data\nType=virtiofs\nOptions=ro\n").says("WantedBy=local-fs.target");
    let cloud = sandbox.sim(&["guest", "201", "--format", "cloud-init"]).exits(0);
    cloud.says("nfs-common").says("\"local-fs.target\", \"remote-fs.target\"");
    sandbox.sim(&["guest", "203"]).exits(64).says("say `at` beside that");
    let json = sandbox.sim(&["guest", "201", "--json"]).exits(0);
    json.says("virtiofs:vm/201/other").says("mount:vm/201/srv/my-data");
    sandbox.sim(&["status"]).exits(0).says("The host is as it says");
    sandbox.sim(&["switch", "--yes"]).exits(0).says("Nothing to do: ");
}

#[test]
fn files_are_written_and_none_that_differs_is_written_over_unasked() {
    let sandbox = switched();
    let names = [r"data.automount", r"data.mount", r"srv-my\x2ddata.automount", r"srv-my\x2ddata.mount"];
    let listed = || {
        let entries = fs::read_dir(sandbox.path().join("out")).unwrap();
        let mut found: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        found.sort();
        found
    };
    let ran = sandbox.sim(&["guest", "201", "--output", "out"]).exits(0);
    let order = [names[1], names[0], names[3], names[2]];
    assert_eq!(ran.out.lines().collect::<Vec<_>>(), order.map(|name| format!("out/{name}")));
    assert_eq!(listed(), names);
    assert!(sandbox.read("out/data.mount").contains("What=10.0.0.1:/srv/other\nWhere=/data\nType=nfs\n"));
    sandbox.sim(&["guest", "201", "--output", "out"]).exits(0);

    sandbox.write("out/data.mount", "mine");
    fs::remove_file(sandbox.path().join("out/data.automount")).unwrap();
    sandbox.sim(&["guest", "201", "--output", "out"]).exits(4).says("data.mount").says("--overwrite");
    assert_eq!((listed().len(), sandbox.read("out/data.mount").as_str()), (3, "mine"), "all or nothing");
    sandbox.sim(&["guest", "201", "--output", "out", "--overwrite"]).exits(0);
    assert_eq!(listed(), names);
    assert!(sandbox.read("out/data.mount").contains("Where=/data"));

    // Units of mounts that are gone are told, and nobody else's.
    let unit = sandbox.read("out/data.mount");
    sandbox.write("out/gone.mount", &unit);
    sandbox.write("out/theirs.mount", "[Unit]\n");
    let ran = sandbox
        .sim(&["guest", "201", "--output", "out"])
        .exits(0)
        .says("Also there, from an earlier run: `gone.mount`.");
    assert!(!ran.err.contains("theirs"), "{}", ran.err);
    fs::remove_file(sandbox.path().join("out/gone.mount")).unwrap();
    fs::remove_file(sandbox.path().join("out/theirs.mount")).unwrap();

    // What a link leads to is not written, nor read, also where it may be written over.
    sandbox.write("elsewhere", "mine");
    fs::remove_file(sandbox.path().join("out/data.mount")).unwrap();
    symlink("../elsewhere", sandbox.path().join("out/data.mount")).unwrap();
    for more in [&[][..], &["--overwrite"]] {
        let args = [&["guest", "201", "--output", "out"], more].concat();
        sandbox.sim(&args).exits(1).says("it is a link");
    }
    assert_eq!(sandbox.read("elsewhere"), "mine");

    sandbox.sim(&["guest", "201", "--output", "more", "--format", "fstab"]).exits(0);
    assert_eq!(sandbox.read("more/fstab-lines-201").lines().count(), 2);
    sandbox.sim(&["guest", "201", "--output", "more", "--format", "cloud-init"]).exits(0);
    assert!(sandbox.read("more/phoenix-201.yaml").starts_with("#cloud-config\n"));
    sandbox.sim(&["guest", "201", "--output", "no/such"]).exits(1).says("cannot write into no/such");
}

/// Runs a tool of systemd, and returns what it says, and whether it was content; nothing where it is not installed.
#[expect(clippy::disallowed_methods, reason = "the tests ask systemd what it makes of units")]
fn systemd(tool: &str, args: &[&str]) -> Option<(bool, String)> {
    match std::process::Command::new(tool).args(args).output() {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            Some((output.status.success(), String::from_utf8(text).unwrap()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("SKIPPED: {tool} is not installed, so systemd is not asked what it makes of the units");
            None
        }
        Err(error) => panic!("{tool}: {error}"),
    }
}

/// Paths with all that has a meaning of its own in units; but a colon, at which `systemd-analyze` splits names.
const ODD: [&str; 5] = ["/srv/my-data", "/srv/a b/100%", "/.hidden/x", "/srv/ü_.é", "/a\\b/'\"$c"];

/// A spec in which machine 300 mounts at each of these paths what is at the same path of the dataset.
fn oddly() -> Sandbox {
    let sandbox = sandbox();
    let mut vms = String::new();
    for (at, path) in ODD.iter().enumerate() {
        vms.push_str(&format!(
            "            vm 300 at={path:?} server=\"fd00::1\" subdirectory={:?} idle-timeout=\"5m\" automount={}\n",
            path.trim_start_matches('/'),
            if at % 2 == 0 { "#true" } else { "#false" },
        ));
    }
    sandbox.edit("phoenix.kdl", "            vm 202 at", &format!("{vms}            vm 202 at"));
    sandbox
}

#[test]
fn systemd_takes_the_units() {
    let sandbox = oddly();
    sandbox.sim(&["guest", "300", "phoenix.kdl", "--output", "units"]).exits(0);
    let folder = sandbox.path().join("units");
    let mut units: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    units.sort();
    assert_eq!(units.len(), 8);
    for path in ODD {
        let Some((_, name)) = systemd("systemd-escape", &["-p", "--suffix=mount", path]) else { break };
        assert!(units.iter().any(|unit| unit.ends_with(name.trim_end())), "{name} of {path} in {units:?}");
    }
    for unit in &units {
        let unit = unit.to_str().unwrap();
        let Some((content, said)) = systemd("systemd-analyze", &["verify", "--man=no", unit]) else { break };
        let of_ours: Vec<&str> =
            said.lines().filter(|line| line.contains("units/") || line.contains("Where")).collect();
        assert!(content && of_ours.is_empty(), "{unit}: {said}");
    }
    // It tells where a name and `Where=` disagree: that it says nothing means something.
    let wrong = folder.join("wrong.mount");
    fs::copy(Path::new(&units[units.len() - 1]).with_extension("mount"), &wrong).unwrap();
    if let Some((content, said)) =
        systemd("systemd-analyze", &["verify", "--man=no", wrong.to_str().unwrap()])
    {
        assert!(!content, "{said}");
    }
}

#[test]
fn systemd_makes_the_same_units_of_the_lines_of_fstab() {
    let sandbox = oddly();
    let generator = "/usr/lib/systemd/system-generators/systemd-fstab-generator";
    for format in ["units", "fstab"] {
        sandbox.sim(&["guest", "300", "phoenix.kdl", "--output", "out", "--format", format]).exits(0);
    }
    let made = ["made", "early", "late"].map(|name| sandbox.path().join(name));
    made.iter().for_each(|folder| fs::create_dir(folder).unwrap());
    let fstab = format!("SYSTEMD_FSTAB={}", sandbox.path().join("out/fstab-lines-300").display());
    let folders = made.each_ref().map(|folder| folder.to_str().unwrap());
    assert_eq!(sandbox.read("out/fstab-lines-300").lines().count(), ODD.len());
    if !Path::new(generator).exists() {
        eprintln!("SKIPPED: {generator} is not installed, so systemd is not asked what it makes of fstab");
        return;
    }
    let (content, said) = systemd("env", &[&[fstab.as_str(), generator], &folders[..]].concat()).unwrap();
    assert!(content, "{said}");
    let values = |text: &str, names: &[&str]| -> Vec<String> {
        let is_one = |line: &&str| names.iter().any(|name| line.starts_with(&format!("{name}=")));
        text.lines().filter(is_one).map(|line| line.replace("=300s", "=5min")).collect()
    };
    for entry in fs::read_dir(sandbox.path().join("out")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name == "fstab-lines-300" {
            continue;
        }
        let (ours, theirs) = (sandbox.read(&format!("out/{name}")), sandbox.read(&format!("made/{name}")));
        let names = ["What", "Where", "Type", "TimeoutIdleSec"];
        assert_eq!(values(&ours, &names), values(&theirs, &names), "{name}");
        let options = |text: &str| values(text, &["Options"]).concat();
        assert!(options(&theirs).starts_with(&options(&ours)), "{name}: {theirs}");
        // A boot does not wait for it, and only one of the two is wanted.
        let wanted = made[0].join("remote-fs.target.wants").join(&name).exists();
        assert_eq!(wanted, ours.contains("[Install]"), "{name}");
    }
}

#[test]
fn a_simulated_host_has_no_machine_that_units_are_handed_over_to() {
    let sandbox = switched();
    for more in [&[][..], &["--yes"], &["--yes", "--json"]] {
        let args = [&["guest", "201", "--agent"], more].concat();
        sandbox
            .sim(&args)
            .exits(4)
            .says("a simulated host has no machines that run")
            .says("leave `--agent` out");
    }
    for wrong in [&["--output", "out"][..], &["--format", "fstab"]] {
        sandbox.sim(&[&["guest", "201", "--agent"], wrong].concat()).exits(64);
    }
    sandbox.sim(&["guest", "201", "--yes"]).exits(64);
}
