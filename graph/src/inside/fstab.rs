//! A mount as a line of `fstab(5)`, with the options that systemd reads out of it (`systemd.mount(5)`).

use super::MachineMount;
use crate::{export::unescape_path, nfs::Automount};

/// What a line says of a mount that needs the network.
const REMOTE: &str = "_netdev";
/// What each line says: that a boot goes on without it, and that `mount(8)` makes the folder.
const ALWAYS: [&str; 2] = ["nofail", "X-mount.mkdir"];

const AUTOMOUNT: &str = "x-systemd.automount";
const IDLE: &str = "x-systemd.idle-timeout=";
const TIMEOUT: &str = "x-systemd.mount-timeout=";

/// Writes a mount as a line, with its end.
#[must_use]
pub fn line(mount: &MachineMount) -> String {
    format!("{}\n", fields(mount).join(" "))
}

/// Writes the six fields of a line, each so that it stays one word.
#[must_use]
pub fn fields(mount: &MachineMount) -> [String; 6] {
    [
        escaped(&mount.source()),
        escaped(mount.at()),
        mount.kind().to_owned(),
        options(mount).join(","),
        "0".to_owned(),
        "0".to_owned(),
    ]
}

fn options(mount: &MachineMount) -> Vec<String> {
    let mut words = mount.words();
    words.extend(mount.is_remote().then(|| REMOTE.to_owned()));
    words.extend(ALWAYS.map(str::to_owned));
    if let Some(Automount { idle_timeout }) = mount.automount() {
        words.push(AUTOMOUNT.to_owned());
        words.extend(idle_timeout.map(|seconds| format!("{IDLE}{seconds}s")));
    }
    words.extend(mount.mount_timeout().map(|seconds| format!("{TIMEOUT}{seconds}s")));
    words
}

/// Reads a line; nothing where it is not written exactly as [`line`] writes it.
#[must_use]
pub fn read(line: &str) -> Option<MachineMount> {
    let mut words = line.strip_suffix('\n')?.split(' ');
    let (from, at, kind, said) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let mut mount = MachineMount::unread(kind, &unescape_path(from), &unescape_path(at))?;
    let (mut automount, mut timeout) = (None::<Automount>, None);
    let seconds = |text: &str| text.strip_suffix('s')?.parse().ok();
    for word in said.split(',') {
        if word == AUTOMOUNT {
            automount = Some(Automount::default());
        } else if let Some(text) = word.strip_prefix(IDLE) {
            automount.as_mut()?.idle_timeout = Some(seconds(text)?);
        } else if let Some(text) = word.strip_prefix(TIMEOUT) {
            timeout = Some(seconds(text)?);
        } else if word != REMOTE && !ALWAYS.contains(&word) {
            mount.read_word(word)?;
        }
    }
    mount.set_when(automount, timeout);
    (mount.check().is_ok() && self::line(&mount) == line).then_some(mount)
}

/// Writes a blank and a backslash as octal numbers: all that `getmntent(3)` reads back, and splits words at.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\134").replace(' ', "\\040")
}
