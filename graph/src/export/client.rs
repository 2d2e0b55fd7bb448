//! Clients of an export, as `exports(5)` writes them: a host, an address, a network, a name with
//! wildcards, a netgroup, or everyone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Says why a text is no client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// Nothing was written.
    #[error("a client is missing; write a host, a network such as 10.0.0.0/24, or * for everyone")]
    Empty,
    /// It has a character that would split or end the word.
    #[error("{found:?} cannot stand in a client ({client:?}): exportfs would read something else")]
    Character {
        /// The text.
        client: Box<str>,
        /// The character.
        found: char,
    },
    /// It is a Kerberos client of the old kind.
    #[error("{0:?} is the old way to ask for Kerberos; write the client, and sec=krb5 as an option")]
    Gss(Box<str>),
    /// It looks like an address and is none.
    #[error("{0:?} is no IP address")]
    Address(Box<str>),
    /// The network's length or mask is wrong.
    #[error("{0:?} is no network; write one as 10.0.0.0/24, 10.0.0.0/255.255.255.0 or fd00::/64")]
    Network(Box<str>),
    /// The address has bits that the mask does not cover.
    #[error("{client:?} names one address and means a network; write {network}")]
    HostBits {
        /// The text.
        client: Box<str>,
        /// The network that it lies in.
        network: Box<str>,
    },
    /// Wildcards among the digits of an address.
    #[error("{0:?}: wildcards do not work on addresses; write a network such as 10.0.0.0/24")]
    AddressWildcard(Box<str>),
    /// It is no netgroup's name.
    #[error("{0:?} names no netgroup; one looks like @servers")]
    Netgroup(Box<str>),
    /// It is no host's name.
    #[error("{0:?} is no host name: its parts have letters, digits, - and _, and are joined by single dots")]
    Host(Box<str>),
}

/// Checks a client.
///
/// # Errors
/// Where it is none that `exports(5)` knows, or one that could be read in two ways.
pub fn check_client(client: &str) -> Result<(), ClientError> {
    canonical_client(client).map(|_| ())
}

/// Checks a client and returns its one spelling: names in lower case, addresses in their shortest
/// form, masks as lengths. Two clients that exportfs takes for one have the same spelling.
///
/// # Errors
/// As [`check_client`].
pub fn canonical_client(client: &str) -> Result<String, ClientError> {
    if client.is_empty() {
        return Err(ClientError::Empty);
    }
    let splits = |c: char| c.is_whitespace() || c.is_control() || "()[]{}<>,;=\"'\\#!$&|`".contains(c);
    if let Some(found) = client.chars().find(|c| splits(*c)) {
        return Err(ClientError::Character { client: client.into(), found });
    }
    if client == "*" {
        return Ok(client.to_owned());
    }
    if client.starts_with("gss/") || client.starts_with("krb5") && client.contains('/') {
        return Err(ClientError::Gss(client.into()));
    }
    if let Some(group) = client.strip_prefix('@') {
        let fine = !group.is_empty() && group.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        return if fine { Ok(client.to_owned()) } else { Err(ClientError::Netgroup(client.into())) };
    }
    if let Some((address, mask)) = client.split_once('/') {
        return network(client, address, mask);
    }
    if client.contains(':') {
        return match client.parse::<Ipv6Addr>() {
            Ok(address) => Ok(address.to_string()),
            Err(_) => Err(ClientError::Address(client.into())),
        };
    }
    if client.bytes().all(|byte| byte.is_ascii_digit() || b".*?".contains(&byte)) {
        return match client.parse::<Ipv4Addr>() {
            Ok(address) => Ok(address.to_string()),
            Err(_) if client.contains(['*', '?']) => Err(ClientError::AddressWildcard(client.into())),
            Err(_) => Err(ClientError::Address(client.into())),
        };
    }
    host(client)
}

/// Returns whether a client is one host by its name. The live table does not keep such a name: it
/// shows what the resolver makes of it (`localhost` is `127.0.0.1` there).
#[must_use]
pub fn is_host_name(client: &str) -> bool {
    !client.contains(['*', '?', '@', '/', ':']) && client.parse::<Ipv4Addr>().is_err() && host(client).is_ok()
}

/// Checks a host name, which may have wildcards.
fn host(client: &str) -> Result<String, ClientError> {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || "-_*?".contains(c))
    };
    if client.len() > 253 || !client.split('.').all(label) {
        return Err(ClientError::Host(client.into()));
    }
    Ok(client.to_ascii_lowercase())
}

fn network(client: &str, address: &str, mask: &str) -> Result<String, ClientError> {
    let wrong = || ClientError::Network(client.into());
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let length = match (mask.parse::<Ipv4Addr>(), address) {
        (Ok(mask), IpAddr::V4(_)) => {
            let mask = u32::from(mask);
            // The ones of a mask stand before its zeros.
            if mask.leading_ones() + mask.trailing_zeros() != 32 && mask != u32::MAX {
                return Err(wrong());
            }
            mask.leading_ones()
        }
        _ if mask.bytes().all(|byte| byte.is_ascii_digit()) => mask.parse().map_err(|_| wrong())?,
        _ => return Err(wrong()),
    };
    let base = match address {
        IpAddr::V4(address) if length <= 32 => {
            IpAddr::V4((u32::from(address) & u32::MAX.checked_shl(32 - length).unwrap_or(0)).into())
        }
        IpAddr::V6(address) if length <= 128 => {
            IpAddr::V6((u128::from(address) & u128::MAX.checked_shl(128 - length).unwrap_or(0)).into())
        }
        _ => return Err(wrong()),
    };
    let network = format!("{base}/{length}");
    if base != address {
        return Err(ClientError::HostBits { client: client.into(), network: network.into() });
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hosts_addresses_networks_wildcards_and_netgroups_are_clients() {
        for client in [
            "*",
            "host",
            "nas-1.lan",
            "my_host.lan",
            "*.lan",
            "web?.lan",
            "192.168.1.7",
            "10.0.0.0/24",
            "0.0.0.0/0",
            "fd00::1",
            "fd00::/64",
            "@servers",
        ] {
            assert_eq!(canonical_client(client).as_deref(), Ok(client));
        }
    }

    #[test]
    fn only_plain_names_are_host_names() {
        assert!(is_host_name("localhost") && is_host_name("nas-1.lan"));
        for client in ["*", "*.lan", "10.0.0.1", "10.0.0.0/24", "fd00::1", "@servers", "a..b", ""] {
            assert!(!is_host_name(client), "{client}");
        }
    }

    #[test]
    fn one_client_has_one_spelling() {
        assert_eq!(canonical_client("10.0.0.0/255.255.255.0").as_deref(), Ok("10.0.0.0/24"));
        assert_eq!(canonical_client("10.1.2.3/255.255.255.255").as_deref(), Ok("10.1.2.3/32"));
        assert_eq!(canonical_client("NAS.Lan").as_deref(), Ok("nas.lan"));
        assert_eq!(canonical_client("FD00:0:0::0:1").as_deref(), Ok("fd00::1"));
    }

    #[test]
    fn what_is_no_client_says_why() {
        let text = |client: &str| -> Box<str> { client.into() };
        for (client, error) in [
            ("", ClientError::Empty),
            ("a b", ClientError::Character { client: text("a b"), found: ' ' }),
            ("10.0.0.0/24(rw)", ClientError::Character { client: text("10.0.0.0/24(rw)"), found: '(' }),
            ("[fd00::1]", ClientError::Character { client: text("[fd00::1]"), found: '[' }),
            ("gss/krb5", ClientError::Gss(text("gss/krb5"))),
            ("gss/krb5p", ClientError::Gss(text("gss/krb5p"))),
            ("10.0.0.256", ClientError::Address(text("10.0.0.256"))),
            ("10.0.0", ClientError::Address(text("10.0.0"))),
            ("10.0.0.*", ClientError::AddressWildcard(text("10.0.0.*"))),
            ("10.0.0.0/33", ClientError::Network(text("10.0.0.0/33"))),
            ("10.0.0.0/255.0.255.0", ClientError::Network(text("10.0.0.0/255.0.255.0"))),
            ("10.0.0.0/", ClientError::Network(text("10.0.0.0/"))),
            ("lan/24", ClientError::Network(text("lan/24"))),
            ("fd00::/129", ClientError::Network(text("fd00::/129"))),
            (
                "10.0.0.5/24",
                ClientError::HostBits { client: text("10.0.0.5/24"), network: text("10.0.0.0/24") },
            ),
            ("@", ClientError::Netgroup(text("@"))),
            ("-rw", ClientError::Host(text("-rw"))),
            ("a..b", ClientError::Host(text("a..b"))),
            ("höst", ClientError::Host(text("höst"))),
        ] {
            assert_eq!(check_client(client), Err(error), "{client}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_spelling_is_its_own(client in "[a-z0-9.:*/@-]{1,20}") {
            if let Ok(canonical) = canonical_client(&client) {
                prop_assert_eq!(canonical_client(&canonical), Ok(canonical));
            }
        }

        #[test]
        fn no_text_panics(client: String) {
            let _ = check_client(&client);
        }
    }
}
