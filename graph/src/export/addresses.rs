//! Machines as the addresses that they have: those of one client without those of others.

use super::overlap::Network;

/// Addresses, as networks that do not meet.
#[derive(Debug, Clone)]
pub struct Addresses(Vec<Network>);

impl Addresses {
    /// Returns those of a client; nothing where only the server knows them.
    #[must_use]
    pub fn of(client: &str) -> Option<Self> {
        let networks = if client == "*" { vec!["0.0.0.0/0", "::/0"] } else { vec![client] };
        networks.into_iter().map(Network::read).collect::<Option<_>>().map(Self)
    }

    /// Takes those of a network out.
    #[must_use]
    pub fn without(self, network: Network) -> Self {
        let mut left = Vec::new();
        for one in self.0 {
            if !one.meets(network) {
                left.push(one);
                continue;
            }
            // Halved until the half that meets it lies in it.
            let mut near = one;
            while near.length < network.length
                && let Some([low, high]) = near.halves()
            {
                let (meets, other) = if low.meets(network) { (low, high) } else { (high, low) };
                left.push(other);
                near = meets;
            }
        }
        Self(left)
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn left(of: &str, without: &[&str]) -> Addresses {
        let networks = without.iter().map(|one| Network::read(one).unwrap());
        networks.fold(Addresses::of(of).unwrap(), Addresses::without)
    }

    #[test]
    fn what_is_left_of_a_network_is_what_no_other_has() {
        for (of, without, expected) in [
            ("10.0.0.0/24", &[][..], false),
            ("10.0.0.0/24", &["10.0.0.7"], false),
            ("10.0.0.0/24", &["10.0.0.0/25"], false),
            ("10.0.0.0/24", &["10.0.0.0/25", "10.0.0.128/25"], true),
            ("10.0.0.0/30", &["10.0.0.3", "10.0.0.0", "10.0.0.2", "10.0.0.1"], true),
            ("10.0.0.0/30", &["10.0.0.3", "10.0.0.0", "10.0.0.2"], false),
            ("10.0.0.0/24", &["10.0.0.0/8"], true),
            ("10.0.0.7", &["10.0.0.7/32"], true),
            ("10.0.0.7", &["10.0.0.8"], false),
            ("10.0.0.0/24", &["::/0"], false),
            ("*", &["0.0.0.0/0"], false),
            ("*", &["0.0.0.0/1", "128.0.0.0/1", "::/0"], true),
            ("fd00::/64", &["fd00::/65"], false),
            ("fd00::7", &["fd00::/64"], true),
        ] {
            assert_eq!(left(of, without).is_empty(), expected, "{of} {without:?}");
        }
        assert!(Addresses::of("web.lan").is_none() && Addresses::of("@group").is_none());
    }

    proptest::proptest! {
        #[test]
        fn an_address_is_left_where_it_is_in_the_one_and_in_no_other(
            of in (0_u32..256, 24_u32..=32), others in proptest::collection::vec((0_u32..256, 24_u32..=32), 0..5), last in 0_u32..256
        ) {
            let address = |last: u32| IpAddr::from((0x0a00_0000 | last).to_be_bytes());
            let network = |(last, length): (u32, u32)| {
                let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
                Network { address: address(last & mask & 0xff), length }
            };
            let one: Network = address(last).into();
            let all = others.iter().map(|other| network(*other));
            let left = all.fold(Addresses(vec![network(of)]), Addresses::without);
            let wanted = network(of).meets(one) && !others.iter().any(|other| network(*other).meets(one));
            proptest::prop_assert_eq!(left.0.iter().any(|left| left.meets(one)), wanted);
        }
    }
}
