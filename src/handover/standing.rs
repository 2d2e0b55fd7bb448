//! Whether a mount stands in a machine as it is wanted, and what is wrong where it does not.

use super::seen::{Mounted, Seen};
use phoenix_graph::{
    inside::{MachineMount, TagMount, VIRTIOFS, units::units},
    nfs::{NfsMount, Version},
};

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
pub fn judge(mount: &MachineMount, seen: &Seen) -> Standing {
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
    let Some(there) = there(mount, seen) else {
        wrong.push(match seen.at(mount.at()) {
            Some(other) if other.kind != "autofs" => format!("{} is mounted there", other.source),
            _ if mount.is_remote() => "it is not mounted".to_owned(),
            _ => "it is not mounted: the machine has it from its next start on, and needs `virtiofs` in its kernel"
                .to_owned(),
        });
        return Standing { wrong, notes: Vec::new() };
    };
    wrong.extend(differs(mount, there));
    let MachineMount::Nfs(mount) = mount else { return Standing { wrong, notes: Vec::new() } };
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

/// Returns what a machine has mounted in the way of a mount at its path.
#[must_use]
pub fn there<'s>(mount: &MachineMount, seen: &'s Seen) -> Option<&'s Mounted> {
    let kinds = if mount.is_remote() { &["nfs", "nfs4"][..] } else { &[VIRTIOFS] };
    seen.at(mount.at()).filter(|there| kinds.contains(&&*there.kind))
}

/// Says how what is mounted is not as it is wanted, as far as mounting it anew changes it.
#[must_use]
pub fn differs(mount: &MachineMount, there: &Mounted) -> Vec<String> {
    let mut found = Vec::new();
    if there.source != mount.source() {
        found.push(format!("it comes from {}, not from {}", there.source, mount.source()));
    }
    let switches = match mount {
        MachineMount::Nfs(NfsMount { options, .. }) => {
            vec![("soft", options.soft), ("ro", options.ro), ("noatime", options.noatime)]
        }
        MachineMount::Tag(TagMount { options, .. }) => vec![("ro", options.ro), ("noatime", options.noatime)],
    };
    if let MachineMount::Nfs(mount) = mount {
        found.extend(other_version(mount, there));
    }
    let has = |word: &str| there.options.iter().flatten().any(|one| one == word);
    for (word, is_on) in switches {
        if has(word) != is_on {
            found.push(format!("it is {}mounted with `{word}`", if is_on { "not " } else { "" }));
        }
    }
    if let MachineMount::Nfs(mount) = mount {
        found.extend(other_flavour(mount, there));
    }
    found
}

fn value<'t>(there: &'t Mounted, name: &str) -> Option<&'t str> {
    there.options[1].iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

fn other_version(mount: &NfsMount, there: &Mounted) -> Option<String> {
    let version = value(there, "vers").unwrap_or("unknown");
    let is_wanted = match mount.options.vers {
        Version::V4 => version.starts_with('4'),
        exact => version == exact.to_string(),
    };
    (!is_wanted).then(|| format!("its version is {version}, not {}", mount.options.vers))
}

fn other_flavour(mount: &NfsMount, there: &Mounted) -> Option<String> {
    let flavour = value(there, "sec").unwrap_or("unknown");
    let wanted = mount.options.sec.filter(|wanted| wanted.to_string() != flavour)?;
    Some(format!("its flavour is {flavour}, not {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handover::seen::Unit;
    use phoenix_graph::{
        inside::TagOptions,
        nfs::{Flavour, NfsOptions},
    };

    fn mount() -> MachineMount {
        changed(|_| {})
    }

    fn changed(change: impl FnOnce(&mut NfsMount)) -> MachineMount {
        let mut mount = NfsMount {
            server: "10.0.0.1".into(),
            what: "/t/a b".into(),
            at: "/srv/a".into(),
            options: NfsOptions { automount: None, ..NfsOptions::default() },
        };
        change(&mut mount);
        MachineMount::Nfs(mount)
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
        let any = changed(|mount| mount.options.vers = Version::V4);
        assert_eq!(judge(&any, &seen(there())), Standing::default());
    }

    #[test]
    fn each_difference_is_told() {
        let differs = |change: fn(&mut NfsMount)| super::differs(&changed(change), &there()).join("; ");
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
        let many = changed(|mount| mount.options.nconnect = Some(4));
        let standing = judge(&many, &seen(there()));
        assert_eq!((standing.wrong.len(), standing.notes.len()), (0, 1));
        let connected = mounted("10.0.0.1:/t/a b", "rw", "rw,vers=4.2,hard,nconnect=4");
        assert_eq!(judge(&many, &seen(connected)), Standing::default());
    }

    #[test]
    fn what_is_given_by_virtiofs_stands_by_its_tag() {
        let options = TagOptions { ro: false, noatime: true, automount: None, mount_timeout: None };
        let mount = MachineMount::Tag(TagMount { tag: "media".into(), at: "/srv/a".into(), options });
        let tagged = |kind: &str| Mounted { kind: kind.to_owned(), ..mounted("media", "rw,noatime", "rw") };
        assert_eq!(judge(&mount, &seen(tagged("virtiofs"))), Standing::default());
        assert_eq!(judge(&mount, &seen(tagged("nfs4"))).wrong, ["media is mounted there"]);
        assert!(judge(&mount, &seen(tagged("autofs"))).wrong[0].contains("from its next start on"));
        let other = Mounted { kind: "virtiofs".to_owned(), ..mounted("films", "ro", "rw") };
        assert_eq!(
            super::differs(&mount, &other),
            [
                "it comes from films, not from media",
                "it is mounted with `ro`",
                "it is not mounted with `noatime`"
            ]
        );
    }
}
