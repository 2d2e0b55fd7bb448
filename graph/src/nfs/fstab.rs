//! An NFS mount as a line of `fstab(5)`, with the options that systemd reads out of it (`systemd.mount(5)`).

use super::{Automount, NfsMount, NfsOptions, source};
use crate::export::unescape_path;

/// What each line says: that it needs the network, that a boot goes on without it, and that `mount(8)` makes the folder.
const ALWAYS: [&str; 3] = ["_netdev", "nofail", "X-mount.mkdir"];

const AUTOMOUNT: &str = "x-systemd.automount";
const IDLE: &str = "x-systemd.idle-timeout=";
const TIMEOUT: &str = "x-systemd.mount-timeout=";

/// Writes a mount as a line, with its end.
#[must_use]
pub fn line(mount: &NfsMount) -> String {
    format!("{}\n", fields(mount).join(" "))
}

/// Writes the six fields of a line, each so that it stays one word.
#[must_use]
pub fn fields(mount: &NfsMount) -> [String; 6] {
    [
        escaped(&mount.source()),
        escaped(&mount.at),
        mount.kind().to_owned(),
        options(&mount.options).join(","),
        "0".to_owned(),
        "0".to_owned(),
    ]
}

fn options(options: &NfsOptions) -> Vec<String> {
    let mut words = options.words();
    words.extend(ALWAYS.map(str::to_owned));
    if let Some(Automount { idle_timeout }) = options.automount {
        words.push(AUTOMOUNT.to_owned());
        words.extend(idle_timeout.map(|seconds| format!("{IDLE}{seconds}s")));
    }
    words.extend(options.mount_timeout.map(|seconds| format!("{TIMEOUT}{seconds}s")));
    words
}

/// Reads a line; nothing where it is not written exactly as [`line`] writes it.
#[must_use]
pub fn read(line: &str) -> Option<NfsMount> {
    let mut words = line.strip_suffix('\n')?.split(' ');
    let (from, at, _, said) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let from = unescape_path(from);
    let (server, what) = source(&from)?;
    let mut options = NfsOptions::unread();
    said.split(',').try_for_each(|word| read_option(&mut options, word))?;
    let mount = NfsMount { server: server.into(), what: what.into(), at: unescape_path(at).into(), options };
    (mount.check().is_ok() && self::line(&mount) == line).then_some(mount)
}

fn read_option(options: &mut NfsOptions, word: &str) -> Option<()> {
    let seconds = |text: &str| text.strip_suffix('s')?.parse().ok();
    if word == AUTOMOUNT {
        options.automount = Some(Automount::default());
    } else if let Some(text) = word.strip_prefix(IDLE) {
        options.automount.as_mut()?.idle_timeout = Some(seconds(text)?);
    } else if let Some(text) = word.strip_prefix(TIMEOUT) {
        options.mount_timeout = Some(seconds(text)?);
    } else if !ALWAYS.contains(&word) {
        options.read(word)?;
    }
    Some(())
}

/// Writes a blank and a backslash as octal numbers: all that `getmntent(3)` reads back, and splits words at.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\134").replace(' ', "\\040")
}
