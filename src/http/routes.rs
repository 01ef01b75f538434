use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

/// Which of a name's addresses a connection is first tried at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Addresses {
    /// The first of them, always.
    #[default]
    First,
    /// Each in turn, one after the other connection.
    All,
}

/// One way to make a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route {
    /// Where to.
    pub to: SocketAddr,
    /// From which address of this machine; the system's choice where there is none.
    pub from: Option<IpAddr>,
}

/// The two kinds of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// IPv4.
    Four,
    /// IPv6.
    Six,
}

impl Family {
    /// That of an address.
    pub(super) const fn of(address: &SocketAddr) -> Self {
        if address.is_ipv6() { Self::Six } else { Self::Four }
    }
}

/// This machine has no such address.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not an address of this machine")]
pub(super) struct NotOfThisMachine(pub IpAddr);

/// What is wrong with an address that connections are to be made from; `None` where it is one of this machine's.
#[must_use]
pub fn unusable_source(address: IpAddr) -> Option<String> {
    let error = UdpSocket::bind(SocketAddr::new(address, 0)).err()?;
    Some(match error.kind() {
        io::ErrorKind::AddrNotAvailable => NotOfThisMachine(address).to_string(),
        _ => format!("no connection can be made from {address}: {error}"),
    })
}

/// The addresses of a name in the order they are tried in (RFC 8305, section 4): IPv6 first, then both families in turn.
pub(super) fn interleaved(found: impl IntoIterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let (six, four): (Vec<_>, Vec<_>) = found.into_iter().partition(SocketAddr::is_ipv6);
    let (mut six, mut four) = (six.into_iter(), four.into_iter());
    let mut order = Vec::new();
    loop {
        let pair = [six.next(), four.next()];
        if pair == [None, None] {
            return order;
        }
        order.extend(pair.into_iter().flatten());
    }
}

/// The ways that connection number `turn` is tried in, one after the other. With all addresses in turn, a source is used
/// for as many connections as there are addresses: so each pair of both has its turn.
pub(super) fn routes(found: &[SocketAddr], addresses: Addresses, sources: &[IpAddr], turn: usize) -> Vec<Route> {
    let around = match addresses {
        Addresses::First => 1,
        Addresses::All => found.len().max(1),
    };
    let mut order = found.to_vec();
    order.rotate_left(turn % around);
    let route = |to: SocketAddr| {
        if sources.is_empty() {
            return Some(Route { to, from: None });
        }
        let fitting: Vec<IpAddr> = sources.iter().filter(|from| from.is_ipv6() == to.is_ipv6()).copied().collect();
        let from = (turn / around).checked_rem(fitting.len()).map(|place| fitting[place])?;
        Some(Route { to, from: Some(from) })
    };
    order.into_iter().filter_map(route).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn ipv6_comes_first_and_both_families_take_turns() {
        let found = places(&["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "[::1]:80", "[::2]:80"]);
        let order = places(&["[::1]:80", "10.0.0.1:80", "[::2]:80", "10.0.0.2:80", "10.0.0.3:80"]);
        assert_eq!(interleaved(found), order);
    }

    #[test]
    fn the_first_address_stays_the_first_and_all_of_them_take_turns() {
        let found = places(&["[::1]:80", "10.0.0.1:80", "10.0.0.2:80"]);
        let first = |addresses, turn| routes(&found, addresses, &[], turn)[0].to;
        assert!((0..9).all(|turn| first(Addresses::First, turn) == found[0]));
        assert!((0..9).all(|turn| first(Addresses::All, turn) == found[turn % 3]));
        let second = routes(&found, Addresses::All, &[], 2);
        assert_eq!(second.iter().map(|route| route.to).collect::<Vec<_>>(), [found[2], found[0], found[1]]);
    }

    #[test]
    fn each_source_meets_each_address_of_its_family() {
        let found = places(&["10.0.0.1:80", "10.0.0.2:80"]);
        let sources: Vec<IpAddr> = ["127.0.0.2", "127.0.0.3", "::1"].map(|text| text.parse().unwrap()).to_vec();
        let mut pairs: Vec<_> = (0..4)
            .map(|turn| routes(&found, Addresses::All, &sources, turn)[0])
            .map(|route| (route.from.unwrap().to_string(), route.to.to_string()))
            .collect();
        pairs.sort();
        pairs.dedup();
        assert_eq!(pairs.len(), 4, "{pairs:?}");
        assert!(routes(&places(&["[::2]:80"]), Addresses::First, &sources[..2], 0).is_empty());
    }

    #[test]
    fn an_address_of_another_machine_is_told_apart() {
        assert_eq!(unusable_source("127.0.0.2".parse().unwrap()), None);
        // for documentation alone (RFC 5737)
        let told = unusable_source("192.0.2.1".parse().unwrap());
        assert_eq!(told.as_deref(), Some("192.0.2.1 is not an address of this machine"));
    }
}
