//! Whether one machine may be two clients of exports, by what they say: names, addresses, networks.

use std::net::IpAddr;

/// Whether some machine is both of two clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// Some machine is, for sure.
    Always,
    /// Names of hosts, wildcards and netgroups are resolved by the server alone.
    Maybe,
    /// None is.
    Never,
}

/// Compares two clients, each in its one spelling. A machine with addresses of both families is two clients to the
/// server.
#[must_use]
pub fn overlap(one: &str, other: &str) -> Overlap {
    if one == other || [one, other].contains(&"*") {
        return Overlap::Always;
    }
    match (Network::read(one), Network::read(other)) {
        (Some(one), Some(other)) if one.meets(other) => Overlap::Always,
        (Some(_), Some(_)) => Overlap::Never,
        _ => Overlap::Maybe,
    }
}

/// A network, or one address.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    /// An address in it.
    pub address: IpAddr,
    /// How many bits of it are those of the network: 32 and 128 at most, which is one address.
    pub length: u32,
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self { address, length: if address.is_ipv4() { 32 } else { 128 } }
    }
}

impl Network {
    /// Reads an address or a network of a client; nothing where it is neither.
    pub(super) fn read(client: &str) -> Option<Self> {
        let Some((address, length)) = client.split_once('/') else {
            return client.parse::<IpAddr>().ok().map(Self::from);
        };
        Some(Self { address: address.parse().ok()?, length: length.parse().ok()? })
    }

    /// Returns its two halves; nothing where it is one address.
    pub(super) fn halves(self) -> Option<[Self; 2]> {
        let length = self.length + 1;
        let high = match self.address {
            IpAddr::V4(address) => {
                IpAddr::V4((u32::from(address) | 1_u32 << 32_u32.checked_sub(length)?).into())
            }
            IpAddr::V6(address) => {
                IpAddr::V6((u128::from(address) | 1_u128 << 128_u32.checked_sub(length)?).into())
            }
        };
        Some([Self { address: self.address, length }, Self { address: high, length }])
    }

    /// Returns whether the larger one holds the other.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        let shift = |of: u32| of - self.length.min(other.length).min(of);
        match (self.address, other.address) {
            (IpAddr::V4(one), IpAddr::V4(two)) => {
                (u32::from(one) ^ u32::from(two)).checked_shr(shift(32)).unwrap_or(0) == 0
            }
            (IpAddr::V6(one), IpAddr::V6(two)) => {
                (u128::from(one) ^ u128::from(two)).checked_shr(shift(128)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Overlap::*, *};

    #[test]
    fn addresses_and_networks_are_compared_and_names_only_the_server_knows() {
        for (one, other, expected) in [
            ("10.0.0.7", "10.0.0.7", Always),
            ("10.0.0.7", "10.0.0.8", Never),
            ("10.0.0.0/24", "10.0.0.8", Always),
            ("10.0.0.0/24", "10.0.1.8", Never),
            ("10.0.0.0/8", "10.0.1.0/24", Always),
            ("10.0.0.0/24", "10.0.1.0/24", Never),
            ("0.0.0.0/0", "10.0.1.0/24", Always),
            ("0.0.0.0/0", "fd00::/64", Never),
            ("fd00::/64", "fd00::7", Always),
            ("fd00::/64", "fd01::7", Never),
            ("::/0", "fd01::7", Always),
            ("10.0.0.7/32", "10.0.0.7", Always),
            ("fd00::7/128", "fd00::8", Never),
            ("*", "fd00::8", Always),
            ("*", "@group", Always),
            ("@group", "@group", Always),
            ("@group", "10.0.0.7", Maybe),
            ("web.lan", "nas.lan", Maybe),
            ("*.lan", "nas.lan", Maybe),
            ("web.lan", "10.0.0.0/24", Maybe),
        ] {
            assert_eq!(overlap(one, other), expected, "{one} {other}");
            assert_eq!(overlap(other, one), expected, "{other} {one}");
        }
    }
}
