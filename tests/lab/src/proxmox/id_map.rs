//! The numbers that a container's mount point has on disk, as Proxmox reckons them (`PVE::LXC::parse_id_maps` and
//! `resolve_mountpoint_idmap`), and a mount that has them, by the calls that Proxmox makes.

use std::process::{Command, Stdio};

/// Mounts a folder with numbers of its own: SOURCE, TARGET, and `u:DISK:HOST:COUNT`, `g:…`.
const MOUNT: &str = include_str!("id_map.pl");

/// So many numbers from one on, as others from another on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Chunk {
    kind: char,
    from: u64,
    to: u64,
    count: u64,
}

impl Chunk {
    fn read(text: &str, between: char) -> Option<Self> {
        let mut words = text.split(between).filter(|word| !word.is_empty());
        let kind = words.next()?.chars().next().filter(|kind| "ug".contains(*kind))?;
        let mut number = || words.next()?.parse().ok();
        Some(Self { kind, from: number()?, to: number()?, count: number()? })
    }
}

/// Returns what a mount point's `idmap` comes to for a container of this configuration, as lines of `uid_map` and
/// `gid_map` with their kind: the number on disk, that on the host, how many. Nothing where Proxmox applies none.
///
/// # Errors
/// The piece that cannot be read.
pub fn lines(conf: &str, words: &str) -> Result<Vec<String>, String> {
    let main = || conf.lines().take_while(|line| !line.starts_with('['));
    let own: Vec<Chunk> =
        main().filter_map(|line| Chunk::read(line.strip_prefix("lxc.idmap:")?, ' ')).collect();
    let container = match own.is_empty() {
        false => own,
        true if main().any(|line| line == "unprivileged: 1") => {
            ['u', 'g'].map(|kind| Chunk { kind, from: 0, to: 100_000, count: 65_536 }).into()
        }
        true => return Ok(Vec::new()),
    };
    if words == "passthrough" {
        return Ok(container
            .iter()
            .map(|chunk| line(chunk.kind, chunk.from, chunk.to, chunk.count))
            .collect());
    }
    let piece = |text: &str| {
        Chunk::read(text, ':').ok_or_else(|| format!("failed to parse mount point idmap: {text}"))
    };
    let mut pieces = words.split(';').map(piece).collect::<Result<Vec<Chunk>, String>>()?;
    pieces.sort_by_key(|piece| piece.from);
    let mut lines = Vec::new();
    for chunk in ['u', 'g'].iter().flat_map(|kind| container.iter().filter(|chunk| chunk.kind == *kind)) {
        let end = chunk.from + chunk.count;
        let host = |inside: u64| chunk.to + inside - chunk.from;
        let mut at = chunk.from;
        let inside = pieces.iter().filter(|piece| {
            piece.kind == chunk.kind && piece.from < end && piece.from + piece.count > chunk.from
        });
        for piece in inside {
            let (from, to) = (piece.from.max(chunk.from), (piece.from + piece.count).min(end));
            if at < from {
                lines.push(line(chunk.kind, host(at), host(at), from - at));
            }
            lines.push(line(chunk.kind, piece.to + from - piece.from, host(from), to - from));
            at = to;
        }
        if at < end {
            lines.push(line(chunk.kind, host(at), host(at), end - at));
        }
    }
    Ok(lines)
}

fn line(kind: char, disk: u64, host: u64, count: u64) -> String {
    format!("{kind}:{disk}:{host}:{count}")
}

/// Mounts a folder so, through a command that enters the container.
///
/// # Errors
/// What the kernel does not take.
pub fn mount(through: &[&str], source: &str, target: &str, lines: &[String]) -> Result<(), String> {
    let program = ["perl", "-e", MOUNT, "--", source, target];
    let words: Vec<&str> =
        through.iter().copied().chain(program).chain(lines.iter().map(String::as_str)).collect();
    let [tool, words @ ..] = &words[..] else { return Err("nothing to run".to_owned()) };
    let done =
        Command::new(tool).args(words).stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    match done.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&done.stderr).trim_end().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "arch: amd64\nunprivileged: 1\n";

    #[test]
    fn what_no_piece_has_is_the_same_on_disk_as_on_the_host() {
        assert_eq!(
            lines(PLAIN, "u:33:33:1;g:5:5:2").unwrap(),
            [
                "u:100000:100000:33",
                "u:33:100033:1",
                "u:100034:100034:65502",
                "g:100000:100000:5",
                "g:5:100005:2",
                "g:100007:100007:65529"
            ]
        );
        assert_eq!(lines(PLAIN, "passthrough").unwrap(), ["u:0:100000:65536", "g:0:100000:65536"]);
        assert_eq!(lines("arch: amd64\n", "u:33:33:1").unwrap(), [""; 0]);
    }

    #[test]
    fn a_piece_reaches_over_the_chunks_of_a_container() {
        let conf = "lxc.idmap: u 0 100000 1000\nlxc.idmap: u 1000 1000 1\nlxc.idmap: u 1001 101001 64535\n[snap]\nunprivileged: 1\n";
        assert_eq!(
            lines(conf, "u:999:500:3").unwrap(),
            [
                "u:100000:100000:999",
                "u:500:100999:1",
                "u:501:1000:1",
                "u:502:101001:1",
                "u:101002:101002:64534"
            ]
        );
        assert!(lines(PLAIN, "u:1").is_err());
    }
}
