//! Encrypted datasets on the real OpenZFS: keys in files and typed ones, power cuts, what is put away within
//! its encryption root, and no key anywhere in the state folder.
//!
//! One machine carries each of the two, since a boot costs more than most of what is done in it.

use phoenix_lab::{Machine, MachineSpec, Result, mib, prepare_or_skip};
use std::{path::Path, time::Duration};

const PASSPHRASE: &str = "correct horse battery staple";

/// What lies within the encrypted dataset at first.
const INSIDE: &str = r#"dataset "shared" { export { client "127.0.0.0/8" "rw" "sync" "no_root_squash" } }
            dataset "going" mountpoint="/srv/going"
            volume "disk" size="16M" sparse=#true"#;

fn spec(inside: &str, beside: &str) -> String {
    format!(
        r#"edition 1
host "box" {{
    pool "tank" {{
        disk "/dev/disk/by-id/virtio-DISK_1"
        allow "no-redundancy"
        dataset "enc" encryption="aes-256-gcm" keyformat="raw" keylocation="file:///root/key" {{
            {inside}
        }}
        {beside}
    }}
}}
"#
    )
}

/// The host without any of it.
const WITHOUT: &str = r#"edition 1
host "box" {
    pool "tank" {
        disk "/dev/disk/by-id/virtio-DISK_1"
        allow "no-redundancy"
    }
}
"#;

/// A dataset whose key is typed.
const TYPED: &str =
    r#"dataset "typed" encryption="on" keyformat="passphrase" keylocation="prompt" { dataset "in" }"#;

struct Lab {
    machine: Machine,
}

impl Lab {
    fn boot() -> Result<Option<Self>> {
        let Some(image) = prepare_or_skip()? else { return Ok(None) };
        let machine = Machine::boot(&image, MachineSpec::new().disk("DISK_1", mib(512)).with_nfs())?;
        machine.put_program(Path::new(env!("CARGO_BIN_EXE_phoenix")), "/usr/sbin/phoenix")?;
        machine.ok("mkdir -p /root/spec && head -c 32 /dev/urandom >/root/key")?;
        Ok(Some(Self { machine }))
    }

    fn write(&self, text: &str) -> Result<()> {
        self.machine.put_bytes(text.as_bytes(), "/root/spec/phoenix.kdl", 0o644)
    }

    /// Runs phoenix without a terminal.
    fn phoenix(&self, arguments: &str, status: i32) -> Result<String> {
        self.ran(&format!("phoenix {arguments} 2>&1"), status)
    }

    /// Runs phoenix in a terminal, where these lines are typed.
    fn typing(&self, arguments: &str, lines: &[&str], status: i32) -> Result<String> {
        // What is typed before it was asked for would be shown, and thrown away.
        let prompts = "grep -ac -e '^Key of' -e '^New key of' -e 'once more' /root/typescript";
        let typed = lines.iter().enumerate().map(|(before, line)| {
            format!("until [ \"$({prompts})\" -gt {before} ] 2>/dev/null; do sleep 0.3; done; echo '{line}';")
        });
        let typed: String = typed.collect();
        let command = format!(
            "rm -f /root/typescript; ({typed} sleep 2) | script -qefc 'phoenix {arguments}' /root/typescript"
        );
        let text = self.ran(&command, status)?;
        assert!(!text.contains(PASSPHRASE), "what is typed is shown: {text}");
        Ok(text)
    }

    fn ran(&self, command: &str, status: i32) -> Result<String> {
        let output =
            self.machine.run_within(&format!("cd /root/spec && {command}"), Duration::from_secs(300))?;
        assert_eq!(output.status, Some(status), "{command}: {}{}", output.out(), output.err());
        Ok(output.out())
    }

    fn says(&self, shell: &str, wanted: &str) -> Result<()> {
        assert_eq!(self.machine.ok(shell)?.trim(), wanted, "{shell}");
        Ok(())
    }

    /// Has `zfs` do something else where its first word is this one.
    fn wrap(&self, case: &str) -> Result<()> {
        let script = format!("#!/bin/sh\ncase \"$1\" in {case};; esac\nexec /usr/sbin/zfs.real \"$@\"\n");
        self.machine.ok("mv $(readlink -f $(command -v zfs)) /usr/sbin/zfs.real")?;
        self.machine.put_bytes(script.as_bytes(), "/usr/sbin/zfs", 0o755)
    }

    fn unwrap(&self) -> Result<()> {
        self.machine.ok("mv /usr/sbin/zfs.real /usr/sbin/zfs").map(drop)
    }

    fn is_whole(&self) -> Result<()> {
        self.phoenix("status", 0).map(drop)
    }

    fn boot_again(&mut self) -> Result<()> {
        self.machine.cut_power()?;
        self.machine.boot_again()
    }
}

#[test]
fn keys_in_files_are_loaded_and_what_shares_one_stays_within_its_root() -> Result<()> {
    let Some(mut lab) = Lab::boot()? else { return Ok(()) };
    files(&mut lab)?;
    within_the_root(&mut lab)?;
    nowhere(&lab)?;
    lab.machine.shutdown()
}

#[test]
fn typed_keys_are_asked_for_and_kept_nowhere() -> Result<()> {
    let Some(mut lab) = Lab::boot()? else { return Ok(()) };
    typed(&mut lab)?;
    nowhere(&lab)?;
    lab.machine.shutdown()
}

/// A key in a file: loaded after a power cut, before what needs it, and refused where it is not there.
fn files(lab: &mut Lab) -> Result<()> {
    lab.write(&spec(INSIDE, ""))?;
    lab.machine.ok("mv /root/key /root/aside")?;
    let refused = lab.phoenix("switch --yes phoenix.kdl", 4)?;
    assert!(refused.contains("there is no file /root/key"), "{refused}");
    lab.machine.ok("mv /root/aside /root/key")?;
    lab.phoenix("switch --yes phoenix.kdl", 0)?;
    lab.is_whole()?;
    lab.machine.ok("echo 'dear all' >/srv/going/letter && echo shared >/tank/enc/shared/file && sync")?;
    // OpenZFS takes any place for a key; where it does not open the dataset, the switch is undone.
    lab.machine.ok("head -c 32 /dev/urandom >/root/other && zfs load-key -n -L file:///root/key tank/enc")?;
    lab.write(&spec(INSIDE, "").replace("/root/key", "/root/other"))?;
    let failed = lab.phoenix("switch --yes phoenix.kdl", 1)?;
    assert!(failed.contains("Incorrect key provided for 'tank/enc'"), "{failed}");
    lab.says("zfs get -H -o value,source keylocation tank/enc", "file:///root/key\tlocal")?;
    lab.machine.ok("cp /root/key /root/other")?;
    lab.phoenix("switch --yes phoenix.kdl", 0)?;
    lab.phoenix("rollback --yes", 0)?;
    lab.write(&spec(INSIDE, ""))?;
    lab.is_whole()?;

    lab.boot_again()?;
    lab.says("zfs get -H -o value keystatus tank/enc", "unavailable")?;
    let told = lab.phoenix("status", 2)?;
    assert!(told.contains("key of tank/enc") && told.contains("phoenix switch"), "{told}");
    lab.phoenix("switch --yes phoenix.kdl", 0)?;
    lab.is_whole()?;
    lab.says("cat /tank/enc/shared/file", "shared")?;
    lab.says("exportfs -s | grep -c /tank/enc/shared", "1")?;
    // A switch that fails after it loaded the key unloads it.
    lab.boot_again()?;
    lab.wrap("mount) echo 'no mount today' >&2; exit 1")?;
    let failed = lab.phoenix("switch --yes phoenix.kdl", 1)?;
    assert!(failed.contains("no mount today") && failed.contains("the host is as it was before"), "{failed}");
    lab.unwrap()?;
    lab.says("zfs get -H -o value keystatus tank/enc", "unavailable")?;
    lab.phoenix("switch --yes phoenix.kdl", 0)?;
    lab.is_whole()
}

/// What shares a key is put away within its root, comes home, and goes along with the root.
fn within_the_root(lab: &mut Lab) -> Result<()> {
    let less = r#"dataset "shared" { export { client "127.0.0.0/8" "rw" "sync" "no_root_squash" } }"#;
    lab.write(&spec(less, ""))?;
    lab.phoenix("switch --yes phoenix.kdl", 0)?;
    lab.says("zfs list -H -o name -r tank/enc/.phoenix | grep -c enc:", "2")?;
    lab.boot_again()?;
    lab.phoenix("rollback --yes 1", 0)?;
    lab.is_whole()?;
    lab.says("cat /srv/going/letter", "dear all")?;
    // Again, then the root itself, which takes its area along; and all comes home at once.
    lab.write(&spec(less, ""))?;
    lab.phoenix("switch --yes phoenix.kdl", 0)?;
    lab.write(WITHOUT)?;
    lab.phoenix("switch --yes phoenix.kdl", 0)?;
    lab.says(
        "zfs list -H -o name | grep -c '^tank/[.]phoenix/[0-9]*/enc/[.]phoenix/[0-9]*/enc:going$'",
        "1",
    )?;
    lab.boot_again()?;
    lab.is_whole()?;
    lab.says("zfs list -H -o keystatus -r tank/.phoenix | grep -c ^available || true", "0")?;
    lab.phoenix("rollback --yes 1", 0)?;
    lab.is_whole()?;
    lab.says("cat /srv/going/letter", "dear all")
}

/// A key that is typed: twice when it is new, once after a boot, and never without a terminal.
fn typed(lab: &mut Lab) -> Result<()> {
    lab.write(&spec(INSIDE, TYPED))?;
    let refused = lab.phoenix("switch --yes phoenix.kdl", 4)?;
    assert!(refused.contains("the key of tank/typed has to be typed"), "{refused}");
    lab.typing("switch --yes phoenix.kdl", &[PASSPHRASE, PASSPHRASE], 0)?;
    lab.is_whole()?;
    lab.machine.ok("echo hidden >/tank/typed/in/file && sync")?;

    lab.boot_again()?;
    let refused = lab.phoenix("switch --yes phoenix.kdl", 4)?;
    assert!(refused.contains("`zfs load-key tank/typed` by hand first"), "{refused}");
    lab.says("zfs get -H -o value keystatus tank/enc tank/typed", "unavailable\nunavailable")?;
    let failed = lab.typing("switch --yes phoenix.kdl", &["not that one at all"], 1)?;
    assert!(failed.contains("Incorrect key provided for 'tank/typed'"), "{failed}");
    lab.says("zfs get -H -o value keystatus tank/enc tank/typed", "unavailable\nunavailable")?;
    lab.typing("switch --yes phoenix.kdl", &[PASSPHRASE], 0)?;
    lab.is_whole()?;
    lab.says("cat /tank/typed/in/file", "hidden")?;

    // Power is lost while something of it is put away: a recovery asks nobody.
    lab.write(&spec(INSIDE, &TYPED.replace("dataset \"in\"", "")))?;
    lab.wrap("rename) touch /run/marked; sleep 600")?;
    let waiting = "while [ ! -e /run/marked ]; do sleep 0.2; done; echo marked; sleep 600";
    let running =
        lab.machine.start(&format!("cd /root/spec && (phoenix switch --yes phoenix.kdl & {waiting})"))?;
    running.wait_for("marked", Duration::from_secs(120))?;
    lab.machine.cut_power()?;
    drop(running);
    lab.machine.boot_again()?;
    lab.unwrap()?;
    let told = lab.phoenix("recover", 0)?;
    for left in
        ["tank/typed stays unmounted, since its key", "tank/typed/in stays unmounted, since it lies in"]
    {
        assert!(told.contains(left), "{told}");
    }
    lab.write(&spec(INSIDE, TYPED))?;
    lab.typing("switch --yes phoenix.kdl", &[PASSPHRASE], 0)?;
    lab.is_whole()?;
    lab.says("cat /tank/typed/in/file", "hidden")
}

/// No key stands anywhere in the state folder, nor in what was shown.
fn nowhere(lab: &Lab) -> Result<()> {
    lab.says(&format!("grep -rlaF '{PASSPHRASE}' /var/lib/phoenix /root/typescript || echo none"), "none")?;
    let raw = "python3 -c \"import os; key = open('/root/key', 'rb').read(); print(sum(key in open(os.path.join(at, name), 'rb').read() or key.hex().encode() in open(os.path.join(at, name), 'rb').read() for at, _, names in os.walk('/var/lib/phoenix') for name in names))\"";
    lab.says(raw, "0")?;
    lab.says("test \"$(find /var/lib/phoenix -type f | wc -l)\" -gt 10 && echo many", "many")
}
