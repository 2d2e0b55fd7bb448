//! Mount points that do not follow the tree, on the real OpenZFS: exchanged, moved, put away, hidden, busy, cut
//! off, in the virtual machine of `tests/lab`.
//!
//! One machine carries all of it. `PHOENIX_ALL_MOUNTS=1` takes every pair of nestings instead of a walk through
//! all of them.

use phoenix_lab::{Machine, MachineSpec, Result, mib, prepare_or_skip};
use std::{path::Path, time::Duration};

const PLACES: [&str; 3] = ["/n", "/n/b", "/n/b/c"];

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1], [0, 2, 1], [1, 2, 0]];

struct Lab {
    machine: Machine,
}

struct Ran {
    status: Option<i32>,
    text: String,
}

impl Lab {
    fn boot() -> Result<Option<Self>> {
        let Some(image) = prepare_or_skip()? else { return Ok(None) };
        let wanted = MachineSpec::new().disk("ONE", mib(256)).with_nfs();
        let machine = Machine::boot(&image, wanted)?;
        machine.put_program(Path::new(env!("CARGO_BIN_EXE_phoenix")), "/usr/sbin/phoenix")?;
        Ok(Some(Self { machine }))
    }

    /// Writes a spec whose pool has these datasets.
    fn spec(&self, datasets: &str) -> Result<()> {
        let text = format!(
            "edition 1\nhost \"box\" {{\n  pool \"t1\" {{\n    allow \"no-redundancy\"\n    \
             disk \"/dev/disk/by-id/virtio-ONE\"\n{datasets}\n  }}\n}}\n"
        );
        self.machine.ok("mkdir -p /root/spec")?;
        self.machine.put_bytes(text.as_bytes(), "/root/spec/phoenix.kdl", 0o644)
    }

    fn phoenix(&self, arguments: &str) -> Result<Ran> {
        let shell = format!("cd /root/spec && phoenix {arguments} 2>&1");
        let output = self.machine.run_within(&shell, Duration::from_secs(300))?;
        Ok(Ran { status: output.status, text: output.out() })
    }

    fn ends(&self, arguments: &str, code: i32) -> Result<String> {
        let ran = self.phoenix(arguments)?;
        let mounts = self.machine.ok("grep ' zfs ' /proc/mounts || true")?;
        assert_eq!(ran.status, Some(code), "phoenix {arguments}: {}\n{mounts}", ran.text);
        Ok(ran.text)
    }

    /// Switches to these datasets, after which nothing differs.
    fn to(&self, datasets: &str) -> Result<()> {
        self.spec(datasets)?;
        self.ends("switch --yes phoenix.kdl", 0)?;
        self.ends("status", 0)?;
        Ok(())
    }

    fn back(&self) -> Result<()> {
        self.ends("rollback --yes", 0)?;
        self.ends("status", 0)?;
        Ok(())
    }

    /// Leaves in each file system a file that says which it is.
    fn sign(&self, datasets: &[&str]) -> Result<()> {
        for dataset in datasets {
            let place = self.machine.ok(&format!("zfs get -H -o value mountpoint {dataset}"))?;
            self.machine.ok(&format!("echo {dataset} >{}/id", place.trim()))?;
        }
        Ok(())
    }

    fn is_at(&self, dataset: &str, place: &str) -> Result<()> {
        let found = self.machine.run(&format!("cat {place}/id"))?.out();
        assert_eq!(found.trim(), dataset, "at {place}: {}", self.machine.ok("cat /proc/self/mountinfo")?);
        Ok(())
    }

    fn mounted(&self, dataset: &str) -> Result<bool> {
        Ok(self.machine.ok(&format!("zfs get -H -o value mounted {dataset}"))?.trim() == "yes")
    }
}

#[test]
fn mounts_follow_their_paths_whatever_becomes_of_them() -> Result<()> {
    let Some(mut lab) = Lab::boot()? else { return Ok(()) };
    nested_places_are_exchanged(&lab)?;
    what_is_mounted_inside_stays(&lab)?;
    every_canmount_of_what_is_mounted(&lab)?;
    a_mount_point_that_is_inherited_already(&lab)?;
    what_comes_above_hides_nothing(&lab)?;
    what_is_hidden_is_told_and_put_right(&lab)?;
    what_is_in_the_way_is_named(&lab)?;
    what_is_exported_moves(&lab)?;
    what_contains_it_may_be_mounted_inside_it(&lab)?;
    nothing_is_mounted_inside_what_is_not(&mut lab)
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

fn nested_places_are_exchanged(lab: &Lab) -> Result<()> {
    let names = [["t1/a", "t1/b", "t1/c"], ["t1/d", "t1/d/b", "t1/d/b/c"], ["t1/e", "t1/e/b", "t1/f"]];
    #[expect(clippy::disallowed_methods, reason = "how much is run is told from outside")]
    let all = std::env::var_os("PHOENIX_ALL_MOUNTS").is_some();
    for (kind, names) in names.iter().enumerate() {
        lab.to(&tree(kind, ORDERS[0]))?;
        lab.sign(names)?;
        let seen = |order: [usize; 3]| {
            names.iter().zip(order).try_for_each(|(name, place)| lab.is_at(name, PLACES[place]))
        };
        let walk: Vec<[[usize; 3]; 2]> = if all {
            ORDERS.iter().flat_map(|from| ORDERS.iter().map(move |to| [*from, *to])).collect()
        } else {
            let next = ORDERS.iter().zip(ORDERS.iter().cycle().skip(1));
            next.map(|(from, to)| [*from, *to]).step_by(if kind == 0 { 1 } else { 2 }).collect()
        };
        for [from, to] in walk {
            lab.spec(&tree(kind, from))?;
            lab.ends("switch --yes phoenix.kdl", 0)?;
            seen(from)?;
            if from == to {
                continue;
            }
            lab.spec(&tree(kind, to))?;
            lab.ends("switch --yes phoenix.kdl", 0)?;
            seen(to)?;
            lab.ends("rollback --yes", 0)?;
            seen(from)?;
        }
        lab.ends("status", 0)?;
        lab.to("")?;
    }
    Ok(())
}

fn what_is_mounted_inside_stays(lab: &Lab) -> Result<()> {
    let first = "dataset \"o\" mountpoint=\"/A\"\ndataset \"i\" mountpoint=\"/A/B\"";
    lab.to(first)?;
    lab.sign(&["t1/o", "t1/i"])?;
    for other in [
        "dataset \"o\" mountpoint=\"/A\" canmount=\"off\"\n",
        "dataset \"o\" mountpoint=\"none\"\n",
        "dataset \"o\" mountpoint=\"legacy\"\n",
        "dataset \"o\" mountpoint=\"/AA\"\n",
        "",
    ] {
        lab.to(&format!("{other}dataset \"i\" mountpoint=\"/A/B\""))?;
        lab.is_at("t1/i", "/A/B")?;
        lab.back()?;
        lab.is_at("t1/o", "/A")?;
        lab.is_at("t1/i", "/A/B")?;
    }
    lab.to("dataset \"o\" mountpoint=\"/C\"\ndataset \"i\" mountpoint=\"/C/B\"")?;
    lab.is_at("t1/i", "/C/B")?;
    lab.to("")
}

fn every_canmount_of_what_is_mounted(lab: &Lab) -> Result<()> {
    let spec = |word: &str| format!("dataset \"p\" canmount=\"{word}\" {{ dataset \"x\"; }}");
    lab.to(&spec("on"))?;
    lab.sign(&["t1/p", "t1/p/x"])?;
    for (word, mounted) in
        [("noauto", true), ("off", false), ("on", true), ("off", false), ("noauto", false), ("on", true)]
    {
        lab.to(&spec(word))?;
        assert_eq!(lab.mounted("t1/p")?, mounted, "{word}");
        lab.is_at("t1/p/x", "/t1/p/x")?;
    }
    lab.to("")
}

fn a_mount_point_that_is_inherited_already(lab: &Lab) -> Result<()> {
    lab.to("dataset \"p\" { dataset \"x\"; }")?;
    lab.sign(&["t1/p", "t1/p/x"])?;
    let reader = lab.machine.start("cd /t1/p/x && echo reading && exec sleep 1000")?;
    reader.wait_for("reading", Duration::from_secs(30))?;
    // OpenZFS unmounts for it, though nothing moves: in use, that fails, and is as it was.
    lab.spec("dataset \"p\" mountpoint=\"/t1/p\" { dataset \"x\"; }")?;
    lab.ends("switch --yes phoenix.kdl", 1)?;
    lab.is_at("t1/p/x", "/t1/p/x")?;
    // What moves is in use: that fails, and is as it was.
    lab.spec("dataset \"p\" mountpoint=\"/t1/q\" { dataset \"x\"; }")?;
    let text = lab.ends("switch --yes phoenix.kdl", 1)?;
    assert!(text.contains("sleep"), "{text}");
    lab.is_at("t1/p", "/t1/p")?;
    lab.spec("dataset \"p\" { dataset \"x\"; }")?;
    lab.ends("status", 0)?;
    lab.machine.ok("pkill sleep; true")?;
    drop(reader);
    lab.to("dataset \"p\" mountpoint=\"/t1/p\" { dataset \"x\"; }")?;
    lab.is_at("t1/p/x", "/t1/p/x")?;
    lab.to("")
}

fn what_comes_above_hides_nothing(lab: &Lab) -> Result<()> {
    let inner = "dataset \"u\" mountpoint=\"/U/V\" { export { client \"127.0.0.0/8\"; }; }";
    lab.to(inner)?;
    lab.sign(&["t1/u"])?;
    lab.to(&format!("{inner}\ndataset \"w\" mountpoint=\"/U\""))?;
    lab.is_at("t1/u", "/U/V")?;
    let etab = lab.machine.ok("cat /var/lib/nfs/etab")?;
    assert!(etab.contains("/U/V\t"), "{etab}");
    lab.back()?;
    lab.is_at("t1/u", "/U/V")?;
    lab.to("")
}

fn what_is_hidden_is_told_and_put_right(lab: &Lab) -> Result<()> {
    lab.to("dataset \"h\" mountpoint=\"/H\"\ndataset \"k\" mountpoint=\"/H/K\"")?;
    lab.sign(&["t1/h", "t1/k"])?;
    lab.machine.ok("zfs unmount t1/k && zfs unmount t1/h && zfs mount t1/k && zfs mount t1/h")?;
    let text = lab.ends("status", 2)?;
    assert!(text.contains("hidden by t1/h at /H"), "{text}");
    lab.ends("switch --yes phoenix.kdl", 0)?;
    lab.is_at("t1/k", "/H/K")?;
    lab.ends("status", 0)?;
    Ok(())
}

fn what_is_in_the_way_is_named(lab: &Lab) -> Result<()> {
    lab.machine.ok("mkdir -p /H/tmp && mount -t tmpfs none /H/tmp")?;
    lab.spec("dataset \"h\" mountpoint=\"/HH\"\ndataset \"k\" mountpoint=\"/H/K\"")?;
    let text = lab.ends("switch --yes phoenix.kdl", 4)?;
    assert!(text.contains("tmpfs at /H/tmp") && text.contains("umount /H/tmp"), "{text}");
    lab.machine.ok("umount /H/tmp && mount -t tmpfs none /H")?;
    let text = lab.phoenix("status")?.text;
    assert!(text.contains("tmpfs at /H"), "{text}");
    lab.machine.ok("umount /H")?;
    lab.ends("status", 0)?;
    lab.to("")
}

/// Mount points of what is exported change with their exports, are swapped, and come back.
fn what_is_exported_moves(lab: &Lab) -> Result<()> {
    let spec = |places: [&str; 2]| {
        let one = |(name, place): (&str, &str)| {
            format!("dataset \"{name}\" {place} {{ export {{ client \"127.0.0.0/8\" \"rw\" }} }}\n")
        };
        ["ea", "eb"].into_iter().zip(places).map(one).collect::<String>()
    };
    let at = |place: &str| format!("mountpoint={place:?}");
    let [one, two] = ["/srv/one", "/srv/two"].map(at);
    let exported = || -> Result<Vec<String>> {
        let text = lab.machine.ok("cut -f 1 /var/lib/nfs/etab | sort")?;
        Ok(text.lines().map(str::to_owned).collect())
    };
    lab.to(&spec(["", ""]))?;
    lab.sign(&["t1/ea", "t1/eb"])?;
    for (places, there) in [
        ([&*one, ""], ["/srv/one", "/t1/eb"]),
        ([&*one, &*two], ["/srv/one", "/srv/two"]),
        ([&*two, &*one], ["/srv/two", "/srv/one"]),
        (["", &*two], ["/t1/ea", "/srv/two"]),
    ] {
        let before = exported()?;
        lab.to(&spec(places))?;
        let mut wanted = there.map(str::to_owned).to_vec();
        wanted.sort_unstable();
        assert_eq!(exported()?, wanted, "{places:?}");
        lab.is_at("t1/ea", there[0])?;
        lab.is_at("t1/eb", there[1])?;
        lab.back()?;
        assert_eq!(exported()?, before, "back from {places:?}");
        lab.to(&spec(places))?;
    }
    lab.to("")
}

fn what_contains_it_may_be_mounted_inside_it(lab: &Lab) -> Result<()> {
    lab.to("dataset \"r\" mountpoint=\"/srv/a\" { dataset \"s\" mountpoint=\"/srv\"; }")?;
    lab.sign(&["t1/r", "t1/r/s"])?;
    lab.machine.ok("zpool export t1 && zpool import -d /dev/disk/by-id t1")?;
    lab.is_at("t1/r", "/srv/a")?;
    lab.ends("status", 0)?;
    lab.to("")
}

fn nothing_is_mounted_inside_what_is_not(lab: &mut Lab) -> Result<()> {
    lab.machine.ok("head -c 32 /dev/urandom >/root/key")?;
    let outer =
        "dataset \"k8\" encryption=\"aes-256-gcm\" keyformat=\"raw\" keylocation=\"file:///root/key\"";
    lab.to(&format!("{outer} {{ dataset \"in\"; }}"))?;
    lab.sign(&["t1/k8", "t1/k8/in"])?;
    lab.machine.ok("sync; zpool sync")?;
    // The inner one goes; the power is cut once it is renamed.
    lab.spec(&format!("{outer}\ndataset \"y\" {{ dataset \"z\" {{ dataset \"q\"; }}; }}"))?;
    let running = lab.machine.start(
        "cd /root/spec && phoenix switch --yes phoenix.kdl >/dev/null 2>&1 & \
         until zfs list -H -o name | grep -q '/k8:in$'; do :; done; echo renamed; exec sleep 1000",
    )?;
    running.wait_for("renamed", Duration::from_secs(120))?;
    lab.machine.cut_power()?;
    lab.machine.boot_again()?;
    lab.machine.run("zpool import -f -d /dev/disk/by-id t1; zfs mount -a")?;
    let ran = lab.phoenix("recover --yes")?;
    assert_eq!(ran.status, Some(0), "{}", ran.text);
    let open = lab.machine.run("ls /t1/k8/in/id")?.ok();
    let status = lab.phoenix("status")?;
    // It was undone, or had come to its end just before.
    if ran.text.contains("undone") {
        assert!(open, "{}", lab.machine.ok("zfs list -o name,mounted,keystatus; cat /proc/mounts")?);
        lab.is_at("t1/k8", "/t1/k8")?;
        lab.is_at("t1/k8/in", "/t1/k8/in")?;
        assert_eq!(status.status, Some(0), "{}", status.text);
    }
    // Mounting everything hides nothing.
    lab.machine.ok("zfs mount -a")?;
    if ran.text.contains("undone") {
        lab.is_at("t1/k8/in", "/t1/k8/in")?;
    }
    Ok(())
}
