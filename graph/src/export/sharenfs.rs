//! Whom OpenZFS shares a file system with by itself: the value of `sharenfs` (`zfsprops(7)`).

use super::{ExportOptions, canonical_client, reach::Clients};

/// Reads it; nothing where it shares nothing. A client that is none that is known may be any.
#[must_use]
pub fn clients(value: &str) -> Option<Clients> {
    if value == "off" {
        return None;
    }
    // So does `zfs`.
    let words: Vec<&str> = if value == "on" { vec!["rw", "crossmnt"] } else { value.split(',').collect() };
    let crossmnt = words.contains(&"crossmnt");
    let mut found = Clients::new();
    for word in words {
        let (access, hosts) = word.split_once('=').unwrap_or((word, "*"));
        if !matches!(access, "rw" | "ro") {
            continue;
        }
        let options = ExportOptions::from_etab(if crossmnt { "crossmnt" } else { "" });
        found.extend(listed(hosts).into_iter().map(|host| (client(host), options.clone())));
    }
    if found.is_empty() {
        found.insert("*".into(), ExportOptions::from_etab("crossmnt"));
    }
    Some(found)
}

/// Splits hosts at the colons between them; an address of IPv6 stands in brackets.
fn listed(hosts: &str) -> Vec<&str> {
    let mut inside = false;
    let parts = hosts.split(move |c: char| {
        inside = (inside || c == '[') && c != ']';
        c == ':' && !inside
    });
    parts.filter(|host| !host.is_empty()).collect()
}

fn client(host: &str) -> Box<str> {
    let plain: String = host.trim_start_matches('@').chars().filter(|c| !"[]".contains(*c)).collect();
    canonical_client(&plain).map_or_else(|_| "*".into(), String::into_boxed_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shares_with_all_or_with_those_whom_it_names() {
        let names = |value: &str| clients(value).map(|all| all.into_keys().collect::<Vec<_>>().join(" "));
        for (value, expected) in [
            ("off", None),
            ("on", Some("*")),
            ("rw", Some("*")),
            ("ro,no_root_squash", Some("*")),
            ("rw=@10.0.0.0/8", Some("10.0.0.0/8")),
            ("ro=10.2.0.0/16,rw=10.1.0.7:web.lan,sync", Some("10.1.0.7 10.2.0.0/16 web.lan")),
            ("rw=[fd00::7]:@[fd01::]/64", Some("fd00::7 fd01::/64")),
            ("rw=a b", Some("*")),
            ("sec=krb5", Some("*")),
        ] {
            assert_eq!(names(value).as_deref(), expected, "{value}");
        }
        let crosses = |value: &str| clients(value).unwrap().values().all(|one| one.contains("crossmnt"));
        assert!(crosses("on") && crosses("rw=10.0.0.7,crossmnt") && !crosses("rw=10.0.0.7"));
    }
}
