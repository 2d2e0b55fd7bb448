//! The mounts of a machine as vendor data of cloud-init, which a new machine carries out at its first boot.

use super::{MachineMount, fstab};
use std::fmt::Write;

/// Writes all mounts of one machine as one document. The targets bring up what systemd has read of `fstab` since.
#[must_use]
pub fn document(mounts: &[MachineMount]) -> String {
    let some = |remote: bool| mounts.iter().any(|mount| mount.is_remote() == remote);
    let mut text = "#cloud-config\n".to_owned();
    if some(true) {
        text.push_str("packages:\n  - \"nfs-common\"\n");
    }
    text.push_str("mounts:\n");
    for mount in mounts {
        let fields = fstab::fields(mount).map(|field| quoted(&field));
        // Writing to a string does not fail, here and below.
        let _ = writeln!(text, "  - [{}]", fields.join(", "));
    }
    text.push_str("runcmd:\n");
    let targets = [(false, "local-fs.target"), (true, "remote-fs.target")];
    let targets = targets.into_iter().filter_map(|(remote, target)| some(remote).then_some(target));
    let start: Vec<&str> = ["systemctl", "start"].into_iter().chain(targets).collect();
    for command in [&["systemctl", "daemon-reload"], &start[..]] {
        let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
        let _ = writeln!(text, "  - [{}]", words.join(", "));
    }
    text
}

/// Writes a text as YAML in double quotes, in ASCII alone.
fn quoted(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    for c in text.chars() {
        let number = u32::from(c);
        let _ = match c {
            '"' | '\\' => write!(written, "\\{c}"),
            ' '..='~' => write!(written, "{c}"),
            _ if number <= 0xffff => write!(written, "\\u{number:04x}"),
            _ => write!(written, "\\U{number:08x}"),
        };
    }
    written.push('"');
    written
}
