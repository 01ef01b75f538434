use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::access::Reach;

/// Where a server listens, as a person types it: `8089`, `127.0.0.1:8089`, `0.0.0.0`, `[::1]:0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebAddress(SocketAddr);

impl WebAddress {
    /// This machine alone, on a port that is free.
    pub const USUAL: &str = "127.0.0.1:0";

    /// Reads it. What is left out is as in [`WebAddress::USUAL`].
    ///
    /// # Errors
    /// What is no address, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let named = text.replacen("localhost", "127.0.0.1", 1);
        let bare = named.trim_start_matches('[').trim_end_matches(']');
        let address = named
            .parse()
            .ok()
            .or_else(|| named.trim_start_matches(':').parse().ok().map(|port: u16| SocketAddr::new(local, port)))
            .or_else(|| bare.parse().ok().map(|host: IpAddr| SocketAddr::new(host, 0)));
        address
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no address: write one such as `127.0.0.1:8089`, or a port"))
    }

    /// The address.
    #[must_use]
    pub const fn get(self) -> SocketAddr {
        self.0
    }
}

/// Who can connect to an address.
#[must_use]
pub fn reach(address: SocketAddr) -> Reach {
    if address.ip().to_canonical().is_loopback() { Reach::Loopback } else { Reach::Anywhere }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_of_an_address_is_this_machine_and_a_free_port() {
        let read = |text: &str| WebAddress::parse(text).map(|address| address.get().to_string());
        for (text, address) in [
            ("127.0.0.1:8089", "127.0.0.1:8089"),
            ("8089", "127.0.0.1:8089"),
            (":8089", "127.0.0.1:8089"),
            ("localhost", "127.0.0.1:0"),
            ("localhost:9", "127.0.0.1:9"),
            ("0.0.0.0", "0.0.0.0:0"),
            ("[::1]:0", "[::1]:0"),
            ("[::1]", "[::1]:0"),
        ] {
            assert_eq!(read(text).unwrap(), address, "{text}");
        }
        for text in ["", "plan.yaml", "127.0.0.1:99999", "http://127.0.0.1:8089"] {
            assert!(read(text).unwrap_err().contains("is no address"), "{text}");
        }
        let at = |text: &str| reach(WebAddress::parse(text).unwrap().get());
        assert_eq!([at("[::1]:0"), at("8089"), at("127.3.2.1")], [Reach::Loopback; 3]);
        assert_eq!([at("0.0.0.0"), at("[::]:0"), at("10.0.0.1:1")], [Reach::Anywhere; 3]);
    }
}
