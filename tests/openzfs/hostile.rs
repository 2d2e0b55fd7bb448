//! A user with rights on his own datasets, on the real OpenZFS: whatever he puts into properties, mount points,
//! names, tags and holds, nothing outside of them changes, and every verb goes on working.

use phoenix_lab::{Machine, MachineSpec, Result, mib, prepare_or_skip};
use std::{fmt::Write, path::Path, time::Duration};

const ROUNDS: usize = 8;
const EACH: usize = 25;

/// What root has. `shared`, which the user has no rights on, comes and goes, and so does `mine`, which he has.
fn spec(shared: bool, mine: bool, quota: usize) -> String {
    let shared = if shared { "dataset \"shared\"\n" } else { "" };
    let mine = if mine { "dataset \"mine\"\n" } else { "" };
    format!(
        "edition 1\nhost \"h\" {{ pool \"tank\" {{\n allow \"no-redundancy\"\n disk \"/dev/disk/by-id/virtio-a\"\n\
         dataset \"keep\" quota=\"{quota}M\"\n {mine}{shared}}} }}\n"
    )
}

/// Numbers that only look random: the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }

    /// A value, as `printf` in a shell reads it: rows of other datasets, ends of lines, and worse.
    fn value(&mut self) -> String {
        let mut value = String::new();
        for _ in 0..=self.roll(7) {
            let name =
                self.one(&["tank", "tank/keep", "tank/.phoenix/2/shared", "tank/zz", "tank/no", "c3po"]);
            let property = self.one(&[
                "type",
                "mounted",
                "mountpoint",
                "canmount",
                "phoenix:owner",
                "phoenix:home",
                "guid",
            ]);
            let word = self.one(&["h", "tank/keep", "tank/nothing", "volume", "none", "-", "on", "/etc"]);
            let source = self.one(&["local", "-", "default", "received", "inherited from tank"]);
            let row = format!("{name}\\t{property}\\t{word}\\t{source}");
            let piece = match self.roll(9) {
                0 => "\\033[2J\\r".to_owned(),
                1 => "\\377\\376".to_owned(),
                2 => "\\342\\200\\256".to_owned(),
                3 => "h".to_owned(),
                4 => "tank/keep@phoenix-2\\tphoenix\\tSat Nov 28 09:51 2026".to_owned(),
                5 => "\\n@bad\\t".to_owned(),
                _ => row,
            };
            value.push_str(&piece);
            if self.roll(3) > 0 {
                value.push_str("\\n");
            }
        }
        value
    }

    fn attack(&mut self, number: usize) -> String {
        let value = format!("\"$(printf '{}_')\"", self.value());
        let own = self.one(&["tank/zz", "tank/zz/kid", "\"$mine\""]);
        let marks = ["phoenix:owner", "phoenix:home", "phoenix:canmount", "site:x", "site:y", ":"];
        match self.roll(12) {
            0..=4 => format!("zfs set {}={value} {own}", self.one(&marks)),
            5 if number.is_multiple_of(2) => {
                let place =
                    self.one(&["/", "/tank", "/tank/keep", "/tank/shared", "/var/lib/phoenix", "/etc"]);
                format!("zfs set mountpoint={place} tank/zz/kid")
            }
            5 => format!("zfs set mountpoint=/{value} tank/zz/kid"),
            6 => format!("zfs snapshot tank/zz@s{number} && zfs hold {value} tank/zz@s{number}"),
            7 => {
                let taken = [number % 40, 999_999_999, 1_000_000_000, usize::MAX][self.roll(4)];
                format!("zfs snapshot {own}@phoenix-{taken} && zfs hold {value} {own}@phoenix-{taken}")
            }
            8 => format!("zfs set canmount={} tank/zz/kid", self.one(&["on", "off", "noauto"])),
            9 => {
                let name = self.one(&["kid b", "kid/.phoenix", ".phoenix", "phoenix-1", "shared"]);
                format!(
                    "zfs rename -u tank/zz/kid tank/zz/{name} && zfs rename -u tank/zz/{name} tank/zz/kid"
                )
            }
            10 => format!("zfs create tank/zz/n{number} && zfs set phoenix:home={value} tank/zz/n{number}"),
            _ => format!("zfs create 'tank/zz/ %{number}' || zfs create 'tank/zz/-{number} '"),
        }
    }
}

struct Lab {
    machine: Machine,
}

impl Lab {
    fn phoenix(&self, arguments: &str) -> Result<String> {
        let shell = format!("cd /root && phoenix {arguments} 2>&1");
        let output = self.machine.run_within(&shell, Duration::from_secs(300))?;
        assert_eq!(output.status, Some(0), "phoenix {arguments}: {}", output.out());
        Ok(output.out())
    }

    fn switch(&self, shared: bool, mine: bool, quota: usize) -> Result<String> {
        self.machine.put_bytes(spec(shared, mine, quota).as_bytes(), "/root/spec.kdl", 0o644)?;
        self.phoenix("switch --yes spec.kdl")
    }

    /// What is set on, and what lies in, everything that is not the user's.
    fn others(&self) -> Result<String> {
        self.machine.ok(
            "for d in c3po 'c3po/a b ' tank/alien; do zfs get -Hp -s local,received,none -o property,value,source \
             guid,createtxg,mountpoint,canmount,quota,mounted,phoenix:owner,phoenix:home \"$d\"; done; \
             cat /tank/alien/file /c3po/file; zfs get -Hp -o value guid tank tank/keep",
        )
    }
}

#[test]
fn a_delegated_user_brings_about_nothing_outside_of_his_datasets_and_stops_no_verb() -> Result<()> {
    let Some(image) = prepare_or_skip()? else { return Ok(()) };
    let machine = Machine::boot(&image, MachineSpec::new().disk("a", mib(256)).disk("b", mib(96)))?;
    machine.put_program(Path::new(env!("CARGO_BIN_EXE_phoenix")), "/usr/sbin/phoenix")?;
    let lab = Lab { machine };
    lab.switch(true, true, 60)?;
    lab.machine.ok(
        "echo precious >/tank/shared/file; echo own >/tank/mine/file; zpool create c3po /dev/disk/by-id/virtio-b && zfs create 'c3po/a b ' && \
         echo foreign >/c3po/file; zfs create tank/alien && echo alien >/tank/alien/file; \
         zfs create tank/zz && zfs create tank/zz/kid && zfs unmount tank/zz/kid && \
         zfs allow nobody userprop,mount,create,snapshot,hold,rename,canmount,mountpoint tank/zz && \
         zfs allow nobody userprop,snapshot,hold tank/mine && chmod 666 /dev/zfs",
    )?;
    // `shared` is put away, and the generation before needs it.
    lab.switch(false, true, 60)?;
    let before = lab.others()?;
    let mut dice = Dice(12);
    let mut took = 0;
    for round in 0..ROUNDS {
        let mut script = "mine=$(zfs list -H -o name -r tank | grep '/mine$' | head -n 1)\n".to_owned();
        for at in 0..EACH {
            writeln!(script, "( {} ) >/dev/null 2>&1 && echo took", dice.attack(round * EACH + at)).unwrap();
        }
        lab.machine.put_bytes(script.as_bytes(), "/root/attack", 0o644)?;
        let said = lab.machine.run_within(
            "setpriv --reuid=65534 --regid=65534 --clear-groups bash -s </root/attack",
            Duration::from_secs(300),
        )?;
        took += said.out().lines().filter(|line| *line == "took").count();
        let status = lab.phoenix("status; true")?;
        assert!(status.contains("pool:c3po"), "{status}");
        lab.phoenix("gc --yes --keep 2")?;
        lab.phoenix("plan spec.kdl")?;
        match round % 4 {
            0 => drop(lab.phoenix("rollback --yes")?),
            1 => drop(lab.switch(false, false, 60 + round)?),
            2 => drop(lab.switch(true, round == 2, 60)?),
            _ => drop(lab.switch(false, true, 60)?),
        }
        assert_eq!(lab.others()?, before, "round {round}");
        let shared = lab.machine.ok("zfs list -H -o name | grep -c shared")?;
        assert_ne!(shared.trim(), "0", "round {round}");
    }
    assert!(took > ROUNDS * EACH / 3, "the user did {took} things");
    println!("{took} of {} hostile values were taken by OpenZFS", ROUNDS * EACH);
    lab.phoenix("import --live --pool tank")?;
    // What was put away comes home with what is in it.
    lab.switch(true, true, 70)?;
    assert_eq!(lab.machine.ok("cat /tank/shared/file")?, "precious\n");
    // What is his may be unmounted by what he set; it is there, and at home.
    lab.machine.ok("zfs mount tank/mine 2>/dev/null; test \"$(cat /tank/mine/file)\" = own")?;
    lab.phoenix("verify")?;
    Ok(())
}
