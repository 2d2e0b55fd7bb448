//! A user with rights on his own datasets, on the real OpenZFS: whatever he puts into properties, mount points,
//! names, tags and holds, nothing outside of them changes, and every verb goes on working.

use crate::boot;
use phoenix_lab::{MachineSpec, Session, mib};
use std::fmt::Write;

#[test]
fn a_delegated_user_brings_about_nothing_outside_of_his_datasets_and_stops_no_verb() {
    let spec = MachineSpec::new().disk("a", mib(256)).disk("b", mib(96));
    let Some(lab) = &boot(spec) else { return };
    switch(lab, true, true, 60);
    lab.ok(
        "echo precious >/tank/shared/file; echo own >/tank/mine/file; zpool create c3po /dev/disk/by-id/virtio-b && zfs create 'c3po/a b ' && \
         echo foreign >/c3po/file; zfs create tank/alien && echo alien >/tank/alien/file; \
         zfs create tank/zz && zfs create tank/zz/kid && zfs unmount tank/zz/kid && \
         zfs allow nobody userprop,mount,create,snapshot,hold,rename,canmount,mountpoint tank/zz && \
         zfs allow nobody userprop,snapshot,hold tank/mine && chmod 666 /dev/zfs",
    );
    // `shared` is put away, and the generation before needs it.
    switch(lab, false, true, 60);
    let before = others(lab);
    let mut dice = Dice(12);
    let mut took = 0;
    for round in 0..ROUNDS {
        let mut script = "mine=$(zfs list -H -o name -r tank | grep '/mine$' | head -n 1)\n".to_owned();
        for at in 0..EACH {
            writeln!(script, "( {} ) >/dev/null 2>&1 && echo took", dice.attack(round * EACH + at)).unwrap();
        }
        lab.put("attack", script);
        let said = lab.run("setpriv --reuid=65534 --regid=65534 --clear-groups bash -s </root/attack");
        took += said.out().lines().filter(|line| *line == "took").count();
        let status = lab.exits(0, "status; true");
        assert!(status.contains("pool:c3po"), "{status}");
        lab.exits(0, "gc --yes --keep 2");
        lab.exits(0, "plan phoenix.kdl");
        match round % 4 {
            0 => drop(lab.exits(0, "rollback --yes")),
            1 => switch(lab, false, false, 60 + round),
            2 => switch(lab, true, round == 2, 60),
            _ => switch(lab, false, true, 60),
        }
        assert_eq!(others(lab), before, "round {round}");
        let shared = lab.ok("zfs list -H -o name | grep -c shared");
        assert_ne!(shared, "0", "round {round}");
    }
    assert!(took > ROUNDS * EACH / 3, "the user did {took} things");
    println!("{took} of {} hostile values were taken by OpenZFS", ROUNDS * EACH);
    lab.exits(0, "import --live --pool tank");
    // What was put away comes home with what is in it.
    switch(lab, true, true, 70);
    assert_eq!(lab.ok("cat /tank/shared/file"), "precious");
    // What is his may be unmounted by what he set; it is there, and at home.
    lab.ok("zfs mount tank/mine 2>/dev/null; test \"$(cat /tank/mine/file)\" = own");
    lab.exits(0, "verify");
}

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

/// Switches to what root has then.
fn switch(lab: &Session, shared: bool, mine: bool, quota: usize) {
    lab.switch(0, &spec(shared, mine, quota));
}

/// What is set on, and what lies in, everything that is not the user's.
fn others(lab: &Session) -> String {
    lab.ok(
        "for d in c3po 'c3po/a b ' tank/alien; do zfs get -Hp -s local,received,none -o property,value,source \
         guid,createtxg,mountpoint,canmount,quota,mounted,phoenix:owner,phoenix:home \"$d\"; done; \
         cat /tank/alien/file /c3po/file; zfs get -Hp -o value guid tank tank/keep",
    )
}
