//! Mount points that do not follow the tree, on the real OpenZFS: exchanged, moved, put away, hidden, busy, cut
//! off, in the virtual machine of `tests/lab`.
//!
//! One machine carries all of it. `PHOENIX_ALL_MOUNTS=1` takes every pair of nestings instead of a walk through
//! all of them.

use crate::boot;
use phoenix_lab::{MachineSpec, Session, mib};

#[test]
fn mounts_follow_their_paths_whatever_becomes_of_them() {
    let Some(lab) = &mut boot(MachineSpec::new().disk("ONE", mib(256)).with_nfs()) else { return };
    nested_places_are_exchanged(lab);
    what_is_mounted_inside_stays(lab);
    every_canmount_of_what_is_mounted(lab);
    a_mount_point_that_is_inherited_already(lab);
    what_comes_above_hides_nothing(lab);
    what_is_hidden_is_told_and_put_right(lab);
    what_is_in_the_way_is_named(lab);
    what_is_exported_moves(lab);
    what_contains_it_may_be_mounted_inside_it(lab);
    nothing_is_mounted_inside_what_is_not(lab)
}

const PLACES: [&str; 3] = ["/n", "/n/b", "/n/b/c"];

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1], [0, 2, 1], [1, 2, 0]];

fn spec(datasets: &str) -> String {
    format!(
        "edition 1\nhost \"box\" {{\n  pool \"t1\" {{\n    allow \"no-redundancy\"\n    \
         disk \"/dev/disk/by-id/virtio-ONE\"\n{datasets}\n  }}\n}}\n"
    )
}

/// Switches to these datasets, after which nothing differs.
#[track_caller]
fn to(lab: &Session, datasets: &str) {
    lab.switch(0, &spec(datasets));
    lab.holds();
}

#[track_caller]
fn back(lab: &Session) {
    lab.exits(0, "rollback --yes");
    lab.holds();
}

/// Leaves in each file system a file that says which it is.
fn sign(lab: &Session, datasets: &[&str]) {
    for dataset in datasets {
        let place = lab.get("mountpoint", dataset);
        lab.ok(&format!("echo {dataset} >{place}/id"));
    }
}

#[track_caller]
fn is_at(lab: &Session, dataset: &str, place: &str) {
    let found = lab.run(&format!("cat {place}/id")).out();
    assert_eq!(found.trim(), dataset, "at {place}: {}", lab.ok("cat /proc/self/mountinfo"));
}

fn tree(kind: usize, order: [usize; 3]) -> String {
    let [a, b, c] = order.map(|at| PLACES[at]);
    match kind {
        0 => format!(
            "dataset \"a\" mountpoint={a:?}\ndataset \"b\" mountpoint={b:?}\ndataset \"c\" mountpoint={c:?}"
        ),
        1 => format!(
            "dataset \"d\" mountpoint={a:?} {{ dataset \"b\" mountpoint={b:?} {{ dataset \"c\" mountpoint={c:?}; }}; }}"
        ),
        _ => format!(
            "dataset \"e\" mountpoint={a:?} {{ dataset \"b\" mountpoint={b:?}; }}\ndataset \"f\" mountpoint={c:?}"
        ),
    }
}

fn nested_places_are_exchanged(lab: &Session) {
    let names = [["t1/a", "t1/b", "t1/c"], ["t1/d", "t1/d/b", "t1/d/b/c"], ["t1/e", "t1/e/b", "t1/f"]];
    #[expect(clippy::disallowed_methods, reason = "how much is run is told from outside")]
    let all = std::env::var_os("PHOENIX_ALL_MOUNTS").is_some();
    for (kind, names) in names.iter().enumerate() {
        to(lab, &tree(kind, ORDERS[0]));
        sign(lab, names);
        let seen = |order: [usize; 3]| {
            names.iter().zip(order).for_each(|(name, place)| is_at(lab, name, PLACES[place]))
        };
        let walk: Vec<[[usize; 3]; 2]> = if all {
            ORDERS.iter().flat_map(|from| ORDERS.iter().map(move |to| [*from, *to])).collect()
        } else {
            let next = ORDERS.iter().zip(ORDERS.iter().cycle().skip(1));
            next.map(|(from, to)| [*from, *to]).step_by(if kind == 0 { 1 } else { 2 }).collect()
        };
        for [from, to] in walk {
            lab.switch(0, &spec(&tree(kind, from)));
            seen(from);
            if from == to {
                continue;
            }
            lab.switch(0, &spec(&tree(kind, to)));
            seen(to);
            lab.exits(0, "rollback --yes");
            seen(from);
        }
        lab.holds();
        to(lab, "");
    }
}

fn what_is_mounted_inside_stays(lab: &Session) {
    let first = "dataset \"o\" mountpoint=\"/A\"\ndataset \"i\" mountpoint=\"/A/B\"";
    to(lab, first);
    sign(lab, &["t1/o", "t1/i"]);
    for other in [
        "dataset \"o\" mountpoint=\"/A\" canmount=\"off\"\n",
        "dataset \"o\" mountpoint=\"none\"\n",
        "dataset \"o\" mountpoint=\"legacy\"\n",
        "dataset \"o\" mountpoint=\"/AA\"\n",
        "",
    ] {
        to(lab, &format!("{other}dataset \"i\" mountpoint=\"/A/B\""));
        is_at(lab, "t1/i", "/A/B");
        back(lab);
        is_at(lab, "t1/o", "/A");
        is_at(lab, "t1/i", "/A/B");
    }
    to(lab, "dataset \"o\" mountpoint=\"/C\"\ndataset \"i\" mountpoint=\"/C/B\"");
    is_at(lab, "t1/i", "/C/B");
    to(lab, "")
}

fn every_canmount_of_what_is_mounted(lab: &Session) {
    let with = |word: &str| format!("dataset \"p\" canmount=\"{word}\" {{ dataset \"x\"; }}");
    to(lab, &with("on"));
    sign(lab, &["t1/p", "t1/p/x"]);
    for (word, mounted) in
        [("noauto", true), ("off", false), ("on", true), ("off", false), ("noauto", false), ("on", true)]
    {
        to(lab, &with(word));
        assert_eq!(lab.get("mounted", "t1/p") == "yes", mounted, "{word}");
        is_at(lab, "t1/p/x", "/t1/p/x");
    }
    to(lab, "")
}

fn a_mount_point_that_is_inherited_already(lab: &Session) {
    to(lab, "dataset \"p\" { dataset \"x\"; }");
    sign(lab, &["t1/p", "t1/p/x"]);
    let reader = lab.start("cd /t1/p/x && echo reading && exec sleep 1000", "reading");
    // OpenZFS unmounts for it, though nothing moves: in use, that fails, and is as it was.
    lab.switch(1, &spec("dataset \"p\" mountpoint=\"/t1/p\" { dataset \"x\"; }"));
    is_at(lab, "t1/p/x", "/t1/p/x");
    // What moves is in use: that fails, and is as it was.
    let text = lab.switch(1, &spec("dataset \"p\" mountpoint=\"/t1/q\" { dataset \"x\"; }"));
    assert!(text.contains("sleep"), "{text}");
    is_at(lab, "t1/p", "/t1/p");
    lab.put("phoenix.kdl", spec("dataset \"p\" { dataset \"x\"; }"));
    lab.holds();
    lab.ok("pkill sleep; true");
    drop(reader);
    to(lab, "dataset \"p\" mountpoint=\"/t1/p\" { dataset \"x\"; }");
    is_at(lab, "t1/p/x", "/t1/p/x");
    to(lab, "")
}

fn what_comes_above_hides_nothing(lab: &Session) {
    let inner = "dataset \"u\" mountpoint=\"/U/V\" { export { client \"127.0.0.0/8\"; }; }";
    to(lab, inner);
    sign(lab, &["t1/u"]);
    to(lab, &format!("{inner}\ndataset \"w\" mountpoint=\"/U\""));
    is_at(lab, "t1/u", "/U/V");
    let etab = lab.ok("cat /var/lib/nfs/etab");
    assert!(etab.contains("/U/V\t"), "{etab}");
    back(lab);
    is_at(lab, "t1/u", "/U/V");
    to(lab, "")
}

fn what_is_hidden_is_told_and_put_right(lab: &Session) {
    to(lab, "dataset \"h\" mountpoint=\"/H\"\ndataset \"k\" mountpoint=\"/H/K\"");
    sign(lab, &["t1/h", "t1/k"]);
    lab.ok("zfs unmount t1/k && zfs unmount t1/h && zfs mount t1/k && zfs mount t1/h");
    let text = lab.exits(2, "status");
    assert!(text.contains("hidden by t1/h at /H"), "{text}");
    lab.exits(0, "switch --yes phoenix.kdl");
    is_at(lab, "t1/k", "/H/K");
    lab.holds();
}

fn what_is_in_the_way_is_named(lab: &Session) {
    lab.ok("mkdir -p /H/tmp && mount -t tmpfs none /H/tmp");
    let text = lab.switch(4, &spec("dataset \"h\" mountpoint=\"/HH\"\ndataset \"k\" mountpoint=\"/H/K\""));
    assert!(text.contains("tmpfs at /H/tmp") && text.contains("umount /H/tmp"), "{text}");
    lab.ok("umount /H/tmp && mount -t tmpfs none /H");
    let text = lab.phoenix("status").out();
    assert!(text.contains("tmpfs at /H"), "{text}");
    lab.ok("umount /H");
    lab.holds();
    to(lab, "")
}

/// Mount points of what is exported change with their exports, are swapped, and come back.
fn what_is_exported_moves(lab: &Session) {
    let with = |places: [&str; 2]| {
        let one = |(name, place): (&str, &str)| {
            format!("dataset \"{name}\" {place} {{ export {{ client \"127.0.0.0/8\" \"rw\" }} }}\n")
        };
        ["ea", "eb"].into_iter().zip(places).map(one).collect::<String>()
    };
    let at = |place: &str| format!("mountpoint={place:?}");
    let [one, two] = ["/srv/one", "/srv/two"].map(at);
    let exported = || -> Vec<String> {
        let text = lab.ok("cut -f 1 /var/lib/nfs/etab | sort");
        text.lines().map(str::to_owned).collect()
    };
    to(lab, &with(["", ""]));
    sign(lab, &["t1/ea", "t1/eb"]);
    for (places, there) in [
        ([&*one, ""], ["/srv/one", "/t1/eb"]),
        ([&*one, &*two], ["/srv/one", "/srv/two"]),
        ([&*two, &*one], ["/srv/two", "/srv/one"]),
        (["", &*two], ["/t1/ea", "/srv/two"]),
    ] {
        let before = exported();
        to(lab, &with(places));
        let mut wanted = there.map(str::to_owned).to_vec();
        wanted.sort_unstable();
        assert_eq!(exported(), wanted, "{places:?}");
        is_at(lab, "t1/ea", there[0]);
        is_at(lab, "t1/eb", there[1]);
        back(lab);
        assert_eq!(exported(), before, "back from {places:?}");
        to(lab, &with(places));
    }
    to(lab, "")
}

fn what_contains_it_may_be_mounted_inside_it(lab: &Session) {
    to(lab, "dataset \"r\" mountpoint=\"/srv/a\" { dataset \"s\" mountpoint=\"/srv\"; }");
    sign(lab, &["t1/r", "t1/r/s"]);
    lab.ok("zpool export t1 && zpool import -d /dev/disk/by-id t1");
    is_at(lab, "t1/r", "/srv/a");
    lab.holds();
    to(lab, "")
}

fn nothing_is_mounted_inside_what_is_not(lab: &mut Session) {
    lab.ok("head -c 32 /dev/urandom >/root/key");
    let outer =
        "dataset \"k8\" encryption=\"aes-256-gcm\" keyformat=\"raw\" keylocation=\"file:///root/key\"";
    to(lab, &format!("{outer} {{ dataset \"in\"; }}"));
    sign(lab, &["t1/k8", "t1/k8/in"]);
    lab.ok("sync; zpool sync");
    // The inner one goes; the power is cut once it is renamed.
    lab.put(
        "phoenix.kdl",
        spec(&format!("{outer}\ndataset \"y\" {{ dataset \"z\" {{ dataset \"q\"; }}; }}")),
    );
    lab.start(
        "cd /root && phoenix switch --yes phoenix.kdl >/dev/null 2>&1 & \
         until zfs list -H -o name | grep -q '/k8:in$'; do :; done; echo renamed; exec sleep 1000",
        "renamed",
    );
    lab.boot_again();
    lab.run("zpool import -f -d /dev/disk/by-id t1; zfs mount -a");
    let told = lab.exits(0, "recover --yes");
    let open = lab.run("ls /t1/k8/in/id").ok();
    let status = lab.phoenix("status");
    // It was undone, or had come to its end just before.
    if told.contains("undone") {
        assert!(open, "{}", lab.ok("zfs list -o name,mounted,keystatus; cat /proc/mounts"));
        is_at(lab, "t1/k8", "/t1/k8");
        is_at(lab, "t1/k8/in", "/t1/k8/in");
        assert_eq!(status.status, Some(0), "{status}");
    }
    // Mounting everything hides nothing.
    lab.ok("zfs mount -a");
    if told.contains("undone") {
        is_at(lab, "t1/k8/in", "/t1/k8/in");
    }
}
