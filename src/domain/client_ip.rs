//! The client IP of a request, from the peer and `X-Forwarded-For`.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// The IP address of a client: as the outermost trusted proxy saw it, or the peer when there is no proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientIp(IpAddr);

/// The part of an IPv6 address that a provider gives to one customer: the first 64 bits.
const IPV6_NETWORK: u128 = u128::MAX << 64;

impl ClientIp {
    /// The address of a client that has none, such as one on a local socket.
    pub const UNKNOWN: Self = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

    /// The `hops`-th from the right of all entries of the `X-Forwarded-For` lines, in their order: each
    /// trusted proxy appends the address it saw, and a client can have sent any entry further left.
    /// The peer when there are no proxies, fewer entries than proxies, or no address at that place.
    pub fn from_forwarded_for<'a>(
        peer: IpAddr,
        forwarded: impl DoubleEndedIterator<Item = &'a [u8]>,
        hops: u8,
    ) -> Self {
        let mut from_the_right = forwarded
            .flat_map(|line| line.split(|byte| *byte == b','))
            .rev();
        let seen = usize::from(hops)
            .checked_sub(1)
            .and_then(|place| from_the_right.nth(place))
            .and_then(parse);
        // An IPv4 client of a socket that takes both looks like IPv6.
        Self(seen.unwrap_or(peer).to_canonical())
    }

    /// The network that rate limits count as one client: an IPv4 address, or the /64 of an IPv6 address,
    /// whose holder can choose among the addresses in it.
    #[must_use]
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & IPV6_NETWORK).into(),
        }
    }
}

/// The peer, for a client without proxies.
impl From<IpAddr> for ClientIp {
    fn from(peer: IpAddr) -> Self {
        Self(peer.to_canonical())
    }
}

impl Default for ClientIp {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

impl fmt::Display for ClientIp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Parses an address as proxies write it: some add a port, and put IPv6 in brackets.
fn parse(entry: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(entry).ok()?.trim_ascii();
    let without_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let without_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    let bare = text.parse().ok();
    bare.or_else(without_port)
        .or_else(|| without_brackets().map(|address: Ipv6Addr| address.into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

    fn of(lines: &[&[u8]], hops: u8) -> String {
        ClientIp::from_forwarded_for(PEER, lines.iter().copied(), hops).to_string()
    }

    #[test]
    fn each_trusted_proxy_counts_one_entry_from_the_right() {
        let lines: [&[u8]; 2] = [b"6.6.6.6, 1.1.1.1", b"2.2.2.2"];
        for (hops, expected) in [
            (0, "10.0.0.1"),
            (1, "2.2.2.2"),
            (2, "1.1.1.1"),
            (3, "6.6.6.6"),
            (4, "10.0.0.1"),
        ] {
            assert_eq!(of(&lines, hops), expected, "{hops}");
        }
    }

    #[test]
    fn a_forwarded_entry_may_have_a_port_brackets_and_spaces() {
        for (entry, expected) in [
            ("1.2.3.4", "1.2.3.4"),
            (" \t1.2.3.4 ", "1.2.3.4"),
            ("1.2.3.4:5678", "1.2.3.4"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("[::ffff:1.2.3.4]:80", "1.2.3.4"),
        ] {
            assert_eq!(of(&[entry.as_bytes()], 1), expected, "{entry}");
        }
    }

    #[test]
    fn an_invalid_forwarded_entry_leaves_the_peer_address() {
        for entry in [
            "",
            " ",
            ",",
            "unknown",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.4:99999",
            "[1.2.3.4]",
            "1.2.3.4, ",
            "\"1.2.3.4\"",
            "fe80::1%eth0",
        ] {
            assert_eq!(of(&[entry.as_bytes()], 1), "10.0.0.1", "{entry:?}");
        }
        assert_eq!(of(&[b"1.2.3.4, \xff\xfe"], 1), "10.0.0.1");
        assert_eq!(of(&[], 1), "10.0.0.1");
    }

    #[test]
    fn ipv6_is_grouped_by_64_bits_and_ipv4_by_address() {
        let network = |text: &str| {
            ClientIp::from_forwarded_for(text.parse().expect("an address"), [].into_iter(), 0)
                .network()
        };
        assert_eq!(
            network("2001:db8:1:2:3:4:5:6"),
            network("2001:db8:1:2:ffff::1")
        );
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("1.2.3.4"), network("1.2.3.5"));
        assert_eq!(network("::ffff:1.2.3.4"), network("1.2.3.4"));
    }

    /// What a client may put into a header, and what is likely to confuse who reads it.
    fn line() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            any::<Ipv4Addr>().prop_map(|address| address.to_string().into_bytes()),
            any::<Ipv6Addr>().prop_map(|address| format!("[{address}]:80").into_bytes()),
            proptest::collection::vec(any::<u8>(), 0..8),
            Just(b",".to_vec()),
            Just(b" , ".to_vec()),
        ];
        proptest::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
    }

    fn cases(cases: u32) -> ProptestConfig {
        ProptestConfig {
            cases,
            failure_persistence: None,
            ..ProptestConfig::default()
        }
    }

    proptest! {
        #![proptest_config(cases(10_000))]

        /// As a proxy appends: to the last line, or as a line of its own.
        #[test]
        fn a_client_cannot_choose_its_own_rate_limit_bucket(
            sent in proptest::collection::vec(line(), 0..4),
            client in any::<IpAddr>(),
            others in proptest::collection::vec(any::<IpAddr>(), 0..3),
            as_own_line in any::<bool>(),
        ) {
            let mut lines = sent;
            for address in std::iter::once(&client).chain(&others) {
                let address = address.to_string().into_bytes();
                match lines.last_mut().filter(|_| !as_own_line) {
                    Some(line) => {
                        line.extend(b", ");
                        line.extend(address);
                    }
                    None => lines.push(address),
                }
            }
            let hops = u8::try_from(1 + others.len()).expect("few");
            let found = ClientIp::from_forwarded_for(PEER, lines.iter().map(Vec::as_slice), hops);
            let expected = ClientIp(client.to_canonical());
            prop_assert_eq!(found.network(), expected.network());
        }

        #[test]
        fn any_header_and_number_of_proxies_gives_an_address(
            lines in proptest::collection::vec(line(), 0..4),
            hops in any::<u8>(),
        ) {
            let found = ClientIp::from_forwarded_for(PEER, lines.iter().map(Vec::as_slice), hops);
            prop_assert!(found.to_string().parse::<IpAddr>().is_ok());
        }
    }
}
