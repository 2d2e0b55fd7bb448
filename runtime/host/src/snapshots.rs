//! The snapshots that phoenix takes: what they are called, and the tag that holds them.

use crate::observed::sanoid::type_of;

/// The tag of the holds on phoenix's snapshots.
pub const HOLD: &str = "phoenix";

/// Returns the name of an attempt's snapshots, after the `@`. `part` counts the plans of one attempt: one that goes
/// on after an import has several.
#[must_use]
pub fn name(number: u64, part: usize) -> Box<str> {
    match part {
        0 => format!("phoenix-{number}").into(),
        part => format!("phoenix-{number}.{part}").into(),
    }
}

/// Reads the number of the attempt, and of the part of it, out of the name of a snapshot.
#[must_use]
pub fn taken_by(name: &str) -> Option<(u64, u64)> {
    let rest = name.strip_prefix("phoenix-")?;
    let (number, part) = rest.split_once('.').unwrap_or((rest, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(number) && digits(part)).then(|| Some((number.parse().ok()?, part.parse().ok()?))).flatten()
}

/// Who takes snapshots, as far as their names tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker<'a> {
    /// phoenix, before the attempt of this number.
    Phoenix(u64),
    /// sanoid, by the clock: the type, `hourly`.
    Clock(&'a str),
    /// syncoid or zrepl, for replication.
    Replication(&'static str),
    /// Proxmox, which replicates a guest.
    Proxmox,
    /// `vzdump`, while it backs a guest up.
    Backup,
    /// A person, or what nobody here knows.
    Others,
}

/// Tells who took a snapshot, by what follows the `@`: a name is a hint and no proof.
#[must_use]
pub fn maker(name: &str) -> Maker<'_> {
    if let Some((number, _)) = taken_by(name) {
        return Maker::Phoenix(number);
    }
    if let Some(kind) = type_of(name) {
        return Maker::Clock(kind);
    }
    let replication = [("syncoid_", "syncoid"), ("zrepl_", "zrepl")];
    if let Some((_, program)) = replication.into_iter().find(|(begin, _)| name.starts_with(begin)) {
        return Maker::Replication(program);
    }
    match name {
        "vzdump" => Maker::Backup,
        _ if name.starts_with("__replicate_") => Maker::Proxmox,
        _ => Maker::Others,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hint_at_who_took_it() {
        assert_eq!(maker("phoenix-3.1"), Maker::Phoenix(3));
        assert_eq!(maker("autosnap_2026-11-30_21:00:00_daily"), Maker::Clock("daily"));
        assert_eq!(maker("syncoid_box_2026-11-30:21:00:00-GMT00:00"), Maker::Replication("syncoid"));
        assert_eq!(maker("zrepl_20261130_210000_000"), Maker::Replication("zrepl"));
        assert_eq!(maker("__replicate_101-0_1700000000__"), Maker::Proxmox);
        assert_eq!(maker("vzdump"), Maker::Backup);
        for name in ["before-upgrade", "phoenix-x", "autosnap", "vzdump2"] {
            assert_eq!(maker(name), Maker::Others, "{name}");
        }
    }

    #[test]
    fn only_phoenix_and_a_number_is_a_switchs_name() {
        assert_eq!(taken_by("phoenix-12"), Some((12, 0)));
        assert_eq!(taken_by("phoenix-12.1"), Some((12, 1)));
        assert_eq!([0, 2].map(|part| taken_by(&name(7, part))), [Some((7, 0)), Some((7, 2))]);
        for name in [
            "phoenix-12.",
            "phoenix-.1",
            "phoenix-1.1.1",
            "phoenix-",
            "phoenix-1a",
            "phoenix",
            "my-phoenix-1",
            "phoenix-+1",
            "phoenix-1-1",
        ] {
            assert_eq!(taken_by(name), None, "{name}");
        }
    }
}
