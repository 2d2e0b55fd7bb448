//! Whether a mount stands in a machine as it is wanted, and what is wrong where it does not.

use super::seen::{Mounted, Seen};
use phoenix_graph::nfs::{NfsMount, Version, units::units};

/// How a mount stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// What is wrong with it, in words.
    pub wrong: Vec<String>,
    /// What is otherwise than the spec says, and no start of the mount changes.
    pub notes: Vec<String>,
}

/// Judges a mount by what was seen after it was used.
#[must_use]
pub fn judge(mount: &NfsMount, seen: &Seen) -> Standing {
    let mut wrong = Vec::new();
    if let Some(last) = units(mount).pop() {
        let unit = seen.unit(&last.name);
        if !unit.is_active() {
            wrong.push(format!("{} is {}", last.name, named(&unit.active)));
        }
        if !unit.is_enabled() {
            wrong.push(format!("no boot starts {}: it is {}", last.name, named(&unit.enabled)));
        }
    }
    let Some(there) = nfs(mount, seen) else {
        wrong.push(match seen.at(&mount.at) {
            Some(other) if other.kind != "autofs" => format!("{} is mounted there", other.source),
            _ => "it is not mounted".to_owned(),
        });
        return Standing { wrong, notes: Vec::new() };
    };
    wrong.extend(differs(mount, there));
    let connections = mount.options.nconnect.filter(|wanted| *wanted > 1);
    let has = there.options[1].iter().find_map(|word| word.strip_prefix("nconnect="));
    let has = has.unwrap_or("1");
    let notes = connections.filter(|wanted| wanted.to_string() != has).map(|wanted| {
        format!("it has nconnect={has}, not {wanted}: what was mounted from that server before it has set it")
    });
    Standing { wrong, notes: notes.into_iter().collect() }
}

fn named(state: &str) -> &str {
    if state.is_empty() { "not there" } else { state }
}

/// Returns what a machine has mounted over NFS at the path of a mount.
#[must_use]
pub fn nfs<'s>(mount: &NfsMount, seen: &'s Seen) -> Option<&'s Mounted> {
    seen.at(&mount.at).filter(|there| ["nfs", "nfs4"].contains(&&*there.kind))
}

/// Says how what is mounted is not as it is wanted, as far as mounting it anew changes it.
#[must_use]
pub fn differs(mount: &NfsMount, there: &Mounted) -> Vec<String> {
    let has = |word: &str| there.options.iter().flatten().any(|one| one == word);
    let value =
        |name: &str| there.options[1].iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let wanted = &mount.options;
    let mut found = Vec::new();
    if there.source != mount.source() {
        found.push(format!("it comes from {}, not from {}", there.source, mount.source()));
    }
    let version = value("vers").unwrap_or("unknown");
    let is_wanted = match wanted.vers {
        Version::V4 => version.starts_with('4'),
        exact => version == exact.to_string(),
    };
    if !is_wanted {
        found.push(format!("its version is {version}, not {}", wanted.vers));
    }
    for (word, is_on) in [("soft", wanted.soft), ("ro", wanted.ro), ("noatime", wanted.noatime)] {
        if has(word) != is_on {
            found.push(format!("it is {}mounted with `{word}`", if is_on { "not " } else { "" }));
        }
    }
    let flavour = value("sec").unwrap_or("unknown");
    if let Some(wanted) = wanted.sec.filter(|wanted| wanted.to_string() != flavour) {
        found.push(format!("its flavour is {flavour}, not {wanted}"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handover::seen::Unit;
    use phoenix_graph::nfs::{Flavour, NfsOptions};

    fn mount() -> NfsMount {
        NfsMount {
            server: "10.0.0.1".into(),
            what: "/t/a b".into(),
            at: "/srv/a".into(),
            options: NfsOptions { automount: None, ..NfsOptions::default() },
        }
    }

    fn mounted(source: &str, options: &str, more: &str) -> Mounted {
        let words = |text: &str| text.split(',').map(str::to_owned).collect();
        Mounted {
            at: "/srv/a".to_owned(),
            kind: "nfs4".to_owned(),
            source: source.to_owned(),
            options: [words(options), words(more)],
        }
    }

    fn there() -> Mounted {
        mounted("10.0.0.1:/t/a b", "rw,relatime", "rw,vers=4.2,hard,proto=tcp,sec=sys")
    }

    fn seen(mounted: Mounted) -> Seen {
        let unit = Unit { active: "active".to_owned(), enabled: "enabled".to_owned(), ..Unit::default() };
        Seen { units: [("srv-a.mount".to_owned(), unit)].into(), mounts: vec![mounted], ..Seen::default() }
    }

    #[test]
    fn what_is_mounted_as_wanted_stands() {
        assert_eq!(judge(&mount(), &seen(there())), Standing::default());
        let mut any = mount();
        any.options.vers = Version::V4;
        assert_eq!(judge(&any, &seen(there())), Standing::default());
    }

    #[test]
    fn each_difference_is_told() {
        let differs = |change: fn(&mut NfsMount)| {
            let mut mount = mount();
            change(&mut mount);
            super::differs(&mount, &there()).join("; ")
        };
        assert_eq!(
            differs(|m| m.what = "/t/b".into()),
            "it comes from 10.0.0.1:/t/a b, not from 10.0.0.1:/t/b"
        );
        assert_eq!(differs(|m| m.options.vers = Version::V3), "its version is 4.2, not 3");
        assert_eq!(differs(|m| m.options.soft = true), "it is not mounted with `soft`");
        assert_eq!(differs(|m| m.options.sec = Some(Flavour::Krb5)), "its flavour is sys, not krb5");
        assert_eq!(differs(|m| m.options.sec = Some(Flavour::Sys)), "");
        let other = mounted("10.0.0.1:/t/a b", "ro,noatime", "rw,vers=4.2,soft");
        let told = super::differs(&mount(), &other).join("; ");
        assert_eq!(told, "it is mounted with `soft`; it is mounted with `ro`; it is mounted with `noatime`");
    }

    #[test]
    fn what_is_not_there_is_told() {
        let mut away = seen(there());
        away.mounts[0].kind = "autofs".to_owned();
        away.units.clear();
        assert_eq!(
            judge(&mount(), &away).wrong,
            ["srv-a.mount is not there", "no boot starts srv-a.mount: it is not there", "it is not mounted"]
        );
        away.mounts[0].kind = "ext4".to_owned();
        assert!(judge(&mount(), &away).wrong.contains(&"10.0.0.1:/t/a b is mounted there".to_owned()));
    }

    #[test]
    fn connections_are_the_first_mounts_and_only_noted() {
        let mut many = mount();
        many.options.nconnect = Some(4);
        let standing = judge(&many, &seen(there()));
        assert_eq!((standing.wrong.len(), standing.notes.len()), (0, 1));
        let connected = mounted("10.0.0.1:/t/a b", "rw", "rw,vers=4.2,hard,nconnect=4");
        assert_eq!(judge(&many, &seen(connected)), Standing::default());
    }
}
