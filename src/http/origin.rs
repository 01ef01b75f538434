use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::HeaderValue;
use rustls::pki_types::ServerName;

use crate::units::InvalidValue;

const EXAMPLE: &str = "write where the service is, such as `http://127.0.0.1:8000` or `https://api.example`";
const LONGEST_NAME: usize = 253;

/// How a service is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// In the clear; port 80 unless another is written.
    Http,
    /// Over TLS; port 443 unless another is written.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port where none is written.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Where a service is: scheme, host and port (RFC 6454, section 4). It has no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
    text: String,
    address: Option<IpAddr>,
    host_header: HeaderValue,
    certified_name: Option<ServerName<'static>>,
}

impl Origin {
    /// Reads `http://127.0.0.1:8000`, `https://api.example` or `http://[::1]:8080`; one `/` may follow.
    ///
    /// # Errors
    /// No scheme or another one, credentials, a path or query, a host that is neither a name nor an address, a bad port.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        if text.contains('@') {
            // Whatever stands before the `@` may be a password: it is not repeated.
            return Err(invalid("an origin has no user or password in it", "send credentials as a header"));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(match text {
                "" => invalid("an origin is missing", EXAMPLE),
                _ => invalid(format!("`{text}` has no scheme"), format!("did you mean `http://{text}`?")),
            });
        };
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => {
                return Err(invalid(
                    format!("`{scheme}` is not a scheme of HTTP"),
                    "the schemes are `http` and `https`",
                ));
            }
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if let Some(end) = authority.find(['/', '?', '#']) {
            let origin = format!("{}://{}", scheme.name(), &authority[..end]);
            return Err(invalid(format!("`{text}` goes on after the origin"), format!("did you mean `{origin}`?")));
        }
        let (host, port) = split_port(authority).ok_or_else(|| match in_brackets(authority) {
            Some(written) => {
                let help = format!("an IPv6 address stands in brackets: `{}://{written}`", scheme.name());
                invalid(format!("`{text}` is not an origin"), help)
            }
            None => invalid(format!("`{text}` is not an origin"), EXAMPLE),
        })?;
        let port = match port {
            None => scheme.port(),
            Some(port) => match port.parse::<u16>() {
                Ok(port) if port > 0 => port,
                _ => return Err(invalid(format!("`{port}` is not a port"), "a port is a number from 1 to 65535")),
            },
        };
        Self::new(scheme, host, port)
    }

    fn new(scheme: Scheme, host: &str, port: u16) -> Result<Self, InvalidValue> {
        let not_a_host = || invalid(format!("`{host}` is not a host"), EXAMPLE);
        let (host, address) = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(inner) => {
                let address = inner.parse::<Ipv6Addr>().map_err(|_| not_a_host())?;
                (format!("[{address}]"), Some(IpAddr::V6(address)))
            }
            None if is_name(host) => (host.to_ascii_lowercase(), host.parse::<Ipv4Addr>().ok().map(IpAddr::V4)),
            None if host.is_ascii() => return Err(not_a_host()),
            None => {
                return Err(invalid(
                    format!("`{host}` is not a host in ASCII"),
                    "write an international name in its `xn--` form",
                ));
            }
        };
        let shown = if port == scheme.port() { host.clone() } else { format!("{host}:{port}") };
        let text = format!("{}://{shown}", scheme.name());
        let host_header = HeaderValue::from_str(&shown).map_err(|_| not_a_host())?;
        let certified_name = match (scheme, address) {
            (Scheme::Http, _) => None,
            (Scheme::Https, Some(address)) => Some(ServerName::IpAddress(address.into())),
            (Scheme::Https, None) => Some(ServerName::try_from(host.clone()).map_err(|_| not_a_host())?),
        };
        Ok(Self { scheme, host, port, text, address, host_header, certified_name })
    }

    /// As it is written: `http://127.0.0.1:8000`, without the port that is the scheme's own.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How it is spoken to.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Its name or address; an IPv6 address stands in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port, written or the scheme's own.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The value of the `host` header: the port is left out where it is the scheme's own.
    #[must_use]
    pub const fn host_header(&self) -> &HeaderValue {
        &self.host_header
    }

    /// The address, where the host is one and needs no looking up.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// What a certificate has to be for; `None` in the clear.
    pub(super) const fn certified_name(&self) -> Option<&ServerName<'static>> {
        self.certified_name.as_ref()
    }

    /// `host:port`, as messages name the peer.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Splits `host`, `host:port`, `[v6]` and `[v6]:port`; `None` where it is none of these.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if authority.starts_with('[') {
        let (host, rest) = authority.split_at(authority.find(']')? + 1);
        return match rest {
            "" => Some((host, None)),
            _ => Some((host, Some(rest.strip_prefix(':')?))),
        };
    }
    match authority.split_once(':') {
        None => Some((authority, None)),
        // More than one colon is an IPv6 address without its brackets.
        Some((_, port)) if port.contains(':') => None,
        Some((host, port)) => Some((host, Some(port))),
    }
}

/// An IPv6 address without its brackets, with them: `::1:8000` as `[::1]:8000`.
#[must_use]
pub fn in_brackets(authority: &str) -> Option<String> {
    let address = |text: &str| text.parse::<Ipv6Addr>().is_ok();
    match authority.rsplit_once(':') {
        // what could be a port is taken for one
        Some((host, port)) if address(host) && port.parse::<u16>().is_ok() => Some(format!("[{host}]:{port}")),
        _ => address(authority).then(|| format!("[{authority}]")),
    }
}

fn is_name(host: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    !host.is_empty() && host.len() <= LONGEST_NAME && host.chars().all(known)
}

fn invalid(message: impl Into<String>, help: impl Into<String>) -> InvalidValue {
    InvalidValue { message: message.into(), help: help.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_reads_with_the_port_of_its_scheme() {
        let read = |text| Origin::parse(text).unwrap();
        assert_eq!(read("http://127.0.0.1:8000").port(), 8000);
        assert_eq!(read("http://127.0.0.1:8000").address(), Some(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        assert_eq!(read("https://API.example/").port(), 443);
        assert_eq!(read("https://API.example/").host(), "api.example");
        assert_eq!(read("http://my_service").port(), 80);
        assert_eq!(read("HTTP://[::1]:8080").address(), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
    }

    #[test]
    fn the_host_header_leaves_out_the_port_of_the_scheme() {
        let header = |text| Origin::parse(text).unwrap().host_header().clone();
        assert_eq!(header("http://api.example:80"), "api.example");
        assert_eq!(header("http://api.example:443"), "api.example:443");
        assert_eq!(header("https://api.example:443"), "api.example");
        assert_eq!(header("http://[0:0::1]:8000"), "[::1]:8000");
    }

    #[test]
    fn what_is_shown_reads_back() {
        for text in ["http://127.0.0.1:8000", "https://api.example", "http://[::1]:8080", "http://api.example:443"] {
            assert_eq!(Origin::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_an_origin_is_a_problem_with_a_way_out() {
        assert_eq!(Origin::parse("localhost:8000").unwrap_err().help, "did you mean `http://localhost:8000`?");
        assert_eq!(Origin::parse("http://a/api").unwrap_err().help, "did you mean `http://a`?");
        for (text, meant) in [("http://::1", "http://[::1]"), ("https://fd00::1:8443", "https://[fd00::1]:8443")] {
            let help = Origin::parse(text).unwrap_err().help;
            assert_eq!(help, format!("an IPv6 address stands in brackets: `{meant}`"));
        }
        for text in [
            "",
            "http://",
            "http:///",
            "ftp://a",
            "http://a:0",
            "http://a:70000",
            "http://a:",
            "http://::1",
            "http://[::1",
            "http://[::1]x",
            "http://a b",
            "http://[::1%eth0]",
            "http://ä.example",
            "http://a?x",
            "http://a#x",
            "://a",
            "http://a\r\nx: y",
            "https://a..b",
        ] {
            assert!(Origin::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_in_an_origin_is_not_repeated() {
        let invalid = Origin::parse("http://ann:secret@a").unwrap_err();
        assert!(!invalid.to_string().contains("secret"));
    }
}
