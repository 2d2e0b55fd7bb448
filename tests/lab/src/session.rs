//! A machine with phoenix in it, as a test goes through it. Whatever a verb asks for has to be so: else it
//! panics with all that was said.

#![allow(clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::time::Duration;

use crate::link::Running;
use crate::{Machine, MachineSpec, Output, Result, prepare_or_skip};

/// How long anything may take: so long that no slow machine meets it.
const LIMIT: Duration = Duration::from_secs(600);

/// Cuts the power from within the machine, at this very instruction.
pub const CUT: &str = "echo b >/proc/sysrq-trigger";

/// A machine with `/usr/sbin/phoenix`, which is run in `/root`.
#[derive(Debug)]
pub struct Session {
    machine: Machine,
}

/// Sees that all of these words stand in a text.
#[track_caller]
pub fn says<W: AsRef<str>>(text: &str, words: &[W]) {
    for word in words.iter().map(W::as_ref) {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

#[track_caller]
fn must<T>(result: Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

impl Session {
    /// Boots a machine and puts this program into it; returns `None` where the lab is left out.
    #[track_caller]
    pub fn boot(phoenix: &Path, spec: MachineSpec) -> Option<Session> {
        let image = must(prepare_or_skip())?;
        let machine = must(Machine::boot(&image, spec));
        must(machine.put_program(phoenix, "/usr/sbin/phoenix"));
        Some(Session { machine })
    }

    /// Puts the stand-ins for `pvesm`, `pvesh` and `pct` into the machine, and for `qm` where it is to have machines of
    /// its own.
    #[track_caller]
    pub fn put_pvesm(&self) {
        must(self.machine.put_pvesm());
    }

    /// Writes a file in `/root`.
    #[track_caller]
    pub fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        must(self.machine.put_bytes(content.as_ref(), &format!("/root/{name}"), 0o755));
    }

    /// Runs phoenix; all that it prints is in the standard output.
    #[track_caller]
    pub fn phoenix(&self, arguments: &str) -> Output {
        self.run(&format!("cd /root; : >/run/calls; phoenix {arguments} 2>&1"))
    }

    /// Runs phoenix, which ends with this code; returns all that it prints.
    #[track_caller]
    pub fn exits(&self, code: i32, arguments: &str) -> String {
        let output = self.phoenix(arguments);
        assert_eq!(output.status, Some(code), "phoenix {arguments}: {output}");
        output.out()
    }

    /// Writes `phoenix.kdl` and switches to it.
    #[track_caller]
    pub fn switch(&self, code: i32, spec: &str) -> String {
        self.put("phoenix.kdl", spec);
        self.exits(code, "switch --yes phoenix.kdl")
    }

    /// Runs a text in the shell, however it ends.
    #[track_caller]
    pub fn run(&self, shell: &str) -> Output {
        self.run_within(shell, LIMIT)
    }

    /// Runs a text in the shell, however it ends, at most so long.
    #[track_caller]
    pub fn run_within(&self, shell: &str, limit: Duration) -> Output {
        must(self.machine.run_within(shell, limit))
    }

    /// Runs a text in the shell, which ends with 0; returns what it prints, without blanks around.
    #[track_caller]
    pub fn ok(&self, shell: &str) -> String {
        let output = self.run(shell);
        assert!(output.ok(), "`{shell}`: {output}");
        output.out().trim().to_owned()
    }

    /// Sees that a text in the shell prints just this.
    #[track_caller]
    pub fn prints(&self, shell: &str, wanted: &str) {
        assert_eq!(self.ok(shell), wanted, "{shell}");
    }

    /// Starts what goes on, and waits until it prints a word.
    #[track_caller]
    pub fn start(&self, shell: &str, word: &str) -> Running {
        let running = must(self.machine.start(shell));
        must(running.wait_for(word, LIMIT));
        running
    }

    /// Returns the value of a dataset's property, in exact numbers.
    #[track_caller]
    pub fn get(&self, property: &str, dataset: &str) -> String {
        self.ok(&format!("zfs get -Hp -o value {property} '{dataset}'"))
    }

    /// Reads a file of a file system that is not mounted, by mounting it read-only elsewhere.
    #[track_caller]
    pub fn read(&self, dataset: &str, file: &str) -> String {
        let mount = format!("mkdir -p /mnt/look && mount -t zfs -o ro,zfsutil '{dataset}' /mnt/look");
        self.ok(&format!("{mount} && cat /mnt/look/{file} && umount /mnt/look"))
    }

    /// Tells whether a dataset is there.
    #[track_caller]
    pub fn there(&self, dataset: &str) -> bool {
        self.run(&format!("zfs list '{dataset}'")).ok()
    }

    /// Returns where the link to the current generation leads.
    #[track_caller]
    pub fn current(&self) -> String {
        self.ok("readlink /var/lib/phoenix/current || true")
    }

    /// Sees that nothing differs from the current generation.
    #[track_caller]
    pub fn holds(&self) {
        self.exits(0, "status");
    }

    /// Puts a script before a tool, which is `TOOL.real` from then on, and is run where the script does not
    /// end; what the tool is called with is written down.
    #[track_caller]
    pub fn wrap(&self, tool: &str, script: &str) {
        let wrapper = format!(
            "#!/bin/bash\necho \"{tool} $*\" >>/run/calls\n{script}\nexec -a {tool} {tool}.real \"$@\"\n"
        );
        self.ok(&format!("cd /usr/sbin && mv $(readlink -f $(command -v {tool})) {tool}.real"));
        must(self.machine.put_bytes(wrapper.as_bytes(), &format!("/usr/sbin/{tool}"), 0o755));
    }

    /// Takes the script away again.
    #[track_caller]
    pub fn unwrap(&self, tool: &str) {
        self.ok(&format!("cd /usr/sbin && mv {tool}.real {tool}"));
    }

    /// Returns what wrapped tools were called with since phoenix was last started.
    #[track_caller]
    pub fn calls(&self) -> Vec<String> {
        self.ok("cat /run/calls").lines().map(str::to_owned).collect()
    }

    /// Cuts the power and boots again.
    #[track_caller]
    pub fn boot_again(&mut self) {
        must(self.machine.boot_again());
    }

    /// Runs what at some point cuts the power ([`CUT`]), waits for that, and boots again.
    #[track_caller]
    pub fn cut(&mut self, shell: &str) {
        drop(must(self.machine.start(shell)));
        must(self.machine.wait_off(LIMIT));
        self.boot_again();
    }

    /// Switches the machine off in order.
    #[track_caller]
    pub fn shutdown(&mut self) {
        must(self.machine.shutdown());
    }
}
