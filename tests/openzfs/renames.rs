//! New names on the real OpenZFS: chains, swaps and circles, with children, exports, a volume and a shared key; power cuts
//! after each `zfs rename`, and between any two operations of one; and rollbacks over one generation and over two.

use super::{asked, boot};
use phoenix_lab::{CUT, MachineSpec, Session, mib, says};

#[test]
fn names_are_given_passed_on_exchanged_and_gone_back_from() {
    let Some(lab) = &mut boot(MachineSpec::new().disk("DISK_1", mib(512)).with_nfs()) else { return };
    lab.ok("head -c 32 /dev/urandom >/root/key");
    lab.switch(0, &spec(FIRST));
    written(lab);
    lab.holds();
    there_and_back(lab);
    busy(lab);
    cut_after_each(lab);
    over_two_generations(lab);
    entangled(lab);
    lab.shutdown();
}

fn spec(inside: &str) -> String {
    format!(
        r#"edition 1
let key "file:///root/key"
host "box" {{
    pool "tank" {{
        disk "/dev/disk/by-id/virtio-DISK_1"
        allow "no-redundancy"
        {inside}
    }}
}}
"#
    )
}

const FIRST: &str = r#"dataset "a" compression="lz4" { dataset "x" { export { client "127.0.0.0/8" "rw" } } }
        dataset "b" mountpoint="/srv/b" { dataset "x" }
        dataset "c"
        dataset "d"
        dataset "enc" encryption="aes-256-gcm" keyformat="raw" keylocation=(let)"key" { dataset "one"; dataset "two" }
        volume "v" size="16M" sparse=#true"#;

/// A swap, a chain, a circle within an encryption root that is renamed itself, a volume.
const SECOND: &str = r#"dataset "a" was="tank/b" mountpoint="/srv/b" { dataset "x" }
        dataset "b" was="tank/a" compression="zstd" { dataset "x" { export { client "127.0.0.0/8" "rw" } } }
        dataset "d" was="tank/c"
        dataset "e" was="tank/d" { permissions mode="0710" }
        dataset "safe" was="tank/enc" encryption="aes-256-gcm" keyformat="raw" keylocation=(let)"key" {
            dataset "one" was="tank/enc/two"
            dataset "two" was="tank/enc/one"
        }
        volume "w" size="16M" sparse=#true was="tank/v""#;

/// All names once more, `was` left out where nothing changes.
const THIRD: &str = r#"dataset "a" mountpoint="/srv/b" { dataset "x" }
        dataset "bb" was="tank/b" compression="zstd" { dataset "y" was="tank/b/x" }
        dataset "d"
        dataset "e"
        dataset "safer" was="tank/safe" encryption="aes-256-gcm" keyformat="raw" keylocation=(let)"key" {
            dataset "one"
            dataset "two"
        }
        volume "w" size="16M" sparse=#true"#;

/// The names at first, each of which stands in a letter.
const NAMES: [&str; 9] = ["a", "a/x", "b", "b/x", "c", "d", "enc", "enc/one", "enc/two"];

/// Their names after the second spec, and after the third.
const LATER: [[&str; 9]; 2] = [
    ["b", "b/x", "a", "a/x", "d", "e", "safe", "safe/two", "safe/one"],
    ["bb", "bb/y", "a", "a/x", "d", "e", "safer", "safer/two", "safer/one"],
];

/// Writes a letter into each file system.
fn written(lab: &Session) {
    for name in NAMES {
        lab.ok(&format!("echo 'from {name}' >\"$(zfs get -H -o value mountpoint tank/{name})/letter\""));
    }
    lab.ok("echo 'from v' | dd of=/dev/zvol/tank/v conv=fsync status=none && zpool sync");
}

/// Sees that each letter is where its dataset is by these names, and that this is mounted where it belongs.
#[track_caller]
fn read(lab: &Session, names: [&str; 9], volume: &str) {
    for (name, now) in NAMES.into_iter().zip(names) {
        lab.prints(&format!("cat \"$(findmnt -n -o TARGET -S tank/{now})/letter\""), &format!("from {name}"));
        lab.prints(
            &format!("test \"$(findmnt -n -o TARGET -S tank/{now})\" = \"$(zfs get -H -o value mountpoint tank/{now})\"; echo $?"),
            "0",
        );
    }
    lab.prints(&format!("head -c 6 /dev/zvol/tank/{volume}"), "from v");
}

fn there_and_back(lab: &Session) {
    let told = lab.switch(0, &spec(SECOND));
    assert!(told.contains("renamed from tank/a"), "{told}");
    lab.holds();
    read(lab, LATER[0], "w");
    lab.prints("exportfs -s | grep -c ^/tank/b/x", "1");
    lab.prints("exportfs -s | grep -c ^/tank/a/x || true", "0");
    // `was` stays in the spec, and is done.
    lab.switch(0, &spec(SECOND));
    read(lab, LATER[0], "w");
    lab.exits(0, "rollback --yes 1");
    lab.holds();
    read(lab, NAMES, "v");
    lab.prints("exportfs -s | grep -c ^/tank/a/x", "1");
    lab.exits(0, "rollback --yes 2");
    lab.holds();
    read(lab, LATER[0], "w");
    lab.exits(0, "rollback --yes 1");
    read(lab, NAMES, "v");
}

/// What somebody uses is refused by name, and nothing has moved.
fn busy(lab: &Session) {
    let sitting = lab.start("cd /tank/c && echo sitting && exec sleep 1000", "sitting");
    let refused = lab.switch(4, &spec(SECOND));
    assert!(refused.contains("tank/d") && refused.contains("is in use"), "{refused}");
    read(lab, NAMES, "v");
    lab.ok("pkill sleep; true");
    drop(sitting);
}

/// The power goes after each of the renames: the host is as it was after that, or as it was to be.
fn cut_after_each(lab: &mut Session) {
    lab.put("phoenix.kdl", spec(SECOND));
    lab.put("first.kdl", spec(FIRST));
    let script = format!(
        "if [ \"$1\" = rename ] && [ -e /root/at ]; then \
             echo x >>/root/renames; \
             if [ \"$(wc -l </root/renames)\" = \"$(cat /root/at)\" ]; then zfs.real \"$@\"; zpool sync; {CUT}; fi; \
         fi"
    );
    lab.wrap("zfs", &script);
    // Each costs a boot: where cuts are asked for, all of them.
    let step = if asked("PHOENIX_CUTS").is_some() { 1 } else { 3 };
    for (number, at) in (1..=RENAMES).step_by(step).enumerate() {
        lab.ok(&format!("rm -f /root/renames; echo {at} >/root/at; sync"));
        lab.cut("cd /root; phoenix switch --yes phoenix.kdl");
        lab.ok("rm -f /root/at; sync");
        let resumed = number % 2 == 1;
        lab.exits(0, if resumed { "recover --resume --yes" } else { "recover" });
        if resumed {
            lab.holds();
            read(lab, LATER[0], "w");
            lab.exits(0, "rollback --yes 1");
        } else {
            // What is encrypted stays locked until something wants it.
            lab.exits(0, "switch --yes first.kdl");
        }
        lab.holds();
        read(lab, NAMES, "v");
    }
    lab.unwrap("zfs");
}

/// So many times a dataset is renamed on the way to the second spec: three for each of the two circles of two, two for
/// the chain, the encryption root, the volume.
const RENAMES: usize = 10;

fn over_two_generations(lab: &Session) {
    lab.switch(0, &spec(SECOND));
    lab.prints("stat -c %a /tank/e", "710");
    lab.switch(0, &spec(THIRD));
    lab.holds();
    read(lab, LATER[1], "w");
    // No spec says its mode any more.
    lab.prints("stat -c %a /tank/e", "755");
    lab.exits(0, "rollback --yes 1");
    lab.holds();
    read(lab, NAMES, "v");
}

/// A tree that is turned over: a name is passed on and what is inside goes elsewhere, one changes places with what it lies
/// in, and what one leaves gets another mount point.
fn entangled(lab: &Session) {
    const TURNED: &str = r#"dataset "b" was="tank/a" compression="lz4" mountpoint="/srv/turned" { export { client "127.0.0.0/8" "rw" } }
        dataset "x" was="tank/a/x" { dataset "y" was="tank/b/x" { dataset "a" was="tank/b" mountpoint="/srv/b" } }
        dataset "d" was="tank/c" { dataset "c" was="tank/d" }
        dataset "enc" encryption="aes-256-gcm" keyformat="raw" keylocation=(let)"key" {
            dataset "two" was="tank/enc/one" { dataset "one" was="tank/enc/two" }
        }
        volume "v" size="16M" sparse=#true"#;
    const TURNED_NAMES: [&str; 9] = ["b", "x", "x/y/a", "x/y", "d", "d/c", "enc", "enc/two", "enc/two/one"];
    lab.switch(0, &spec(FIRST));
    lab.switch(0, &spec(TURNED));
    lab.holds();
    read(lab, TURNED_NAMES, "v");
    lab.exits(0, "rollback --yes 1");
    lab.holds();
    read(lab, NAMES, "v");
    // Where a rename in the middle fails all names are as they were.
    lab.put("phoenix.kdl", spec(TURNED));
    for at in [2, 4, 7] {
        lab.wrap("zfs", &format!("if [ \"$1\" = rename ]; then echo x >>/root/turns; [ \"$(wc -l </root/turns)\" != {at} ] || exit 1; fi"));
        lab.ok("rm -f /root/turns");
        lab.exits(1, "switch --yes phoenix.kdl");
        lab.unwrap("zfs");
        lab.holds();
        read(lab, NAMES, "v");
    }
}

/// Where the power goes in a switch that gives one dataset a new name, which has a child, an export and a registration:
/// just before the first operation that begins so. Where cuts are asked for, before each that there is.
const POINTS: [&str; 5] = ["exportfs", "zfs rename", "zfs mount", "pvesm remove", "pvesm add"];

/// What changes anything is written down, and the power goes before one of these: once, since a boot knows of none.
const BEFORE: &str = r#"
if [ -e /run/at ]; then
    case "TOOL $1" in
        "zfs get" | "zfs list" | "zfs holds" | "exportfs " | "exportfs -s") ;;
        *)
            echo "TOOL $*" >>/run/done
            if [ "$(grep -c "^$(cat /run/at)" /run/done)" = "$(cat /run/nth)" ]; then CUT; fi ;;
    esac
fi
"#;

#[test]
fn between_any_two_operations_of_a_rename_the_power_may_go() {
    let Some(lab) = &mut boot(MachineSpec::new().disk("DISK_1", mib(512)).with_nfs()) else { return };
    lab.put_pvesm();
    let named = |name: &str| {
        spec(&format!(
            r#"dataset "{name}" {{
            proxmox "isos" type="dir" {{ content "iso" }}
            export {{ client "127.0.0.0/8" "rw" }}
            dataset "deep"
        }}"#
        ))
    };
    let was = named("images").replace("dataset \"images\" {", "dataset \"images\" was=\"tank/isos\" {");
    lab.put("first.kdl", named("isos"));
    lab.put("phoenix.kdl", &was);
    lab.exits(0, "switch --yes first.kdl");
    lab.ok("echo 'from isos' >/tank/isos/letter; echo 'from deep' >/tank/isos/deep/letter; zpool sync");
    for tool in ["zfs", "exportfs", "pvesm"] {
        lab.wrap(tool, &BEFORE.replace("TOOL", tool).replace("CUT", CUT));
    }
    // Undisturbed, it tells what there is to cut between.
    lab.ok("echo none >/run/at; echo 1 >/run/nth");
    lab.exits(0, "switch --yes phoenix.kdl");
    let done = lab.ok("cat /run/done");
    println!("{done}");
    whole(lab, "images", "isos");
    lab.ok("rm /run/at /run/done");
    lab.exits(0, "rollback --yes 1");
    whole(lab, "isos", "images");
    let done: Vec<&str> = done.lines().collect();
    // What runs side by side comes in any order: a point is told by its words, and by how often they came before.
    // A snapshot has another number in each switch.
    let words = |call: &str| call.split('@').next().unwrap_or_default().to_owned();
    let points: Vec<(String, usize)> = match asked("PHOENIX_CUTS") {
        Some(_) => (0..done.len())
            .map(|at| {
                let begins = words(done[at]);
                let nth = done[..=at].iter().filter(|call| call.starts_with(&begins)).count();
                (begins, nth)
            })
            .collect(),
        None => POINTS.map(|begins| (begins.to_owned(), 1)).to_vec(),
    };
    for (number, (begins, nth)) in points.into_iter().enumerate() {
        assert!(done.iter().any(|call| call.starts_with(&begins)), "{begins}: {done:?}");
        let before = lab.current();
        lab.ok(&format!("rm -f /run/done; echo '{begins}' >/run/at; echo {nth} >/run/nth"));
        lab.cut("cd /root; phoenix switch --yes phoenix.kdl");
        lab.exits(6, "switch --yes phoenix.kdl");
        let resumed = number % 2 == 1;
        lab.exits(0, if resumed { "recover --resume --yes" } else { "recover" });
        println!("cut before the {nth}. `{begins}`, resumed: {resumed}");
        if resumed {
            assert_ne!(lab.current(), before);
            whole(lab, "images", "isos");
            lab.exits(0, "rollback --yes 1");
        } else {
            assert_eq!(lab.current(), before);
        }
        whole(lab, "isos", "images");
    }
    lab.shutdown();
}

/// All of it goes by the one name, and nothing by the other.
#[track_caller]
fn whole(lab: &Session, name: &str, other: &str) {
    lab.holds();
    lab.prints(
        &format!(
            "cat /tank/{name}/letter /tank/{name}/deep/letter; findmnt -n -o TARGET -S tank/{name}/deep"
        ),
        &format!("from isos\nfrom deep\n/tank/{name}/deep"),
    );
    lab.prints("cut -f 1 /var/lib/nfs/etab", &format!("/tank/{name}"));
    let storages = lab.ok("cat /etc/pve/storage.cfg");
    says(&storages, &["dir: isos", &format!("path /tank/{name}\n")]);
    assert!(!lab.there(&format!("tank/{other}")), "tank/{other} is there");
    assert!(!storages.contains(&format!("/tank/{other}")), "{storages}");
}
