use std::io;
use std::net::{IpAddr, SocketAddr};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{AsHeaderName, COOKIE, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, Method};
use ring::rand::{SecureRandom, SystemRandom};

/// Who may see what a server shows, and change it: whoever has its token, in a page of its own.
#[derive(Debug)]
pub struct Access {
    address: SocketAddr,
    reach: Reach,
    token: String,
    /// The cookie that keeps the token: browsers do not tell ports apart, so each port has a name of its own.
    cookie: String,
}

/// Who can connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// This machine alone.
    Loopback,
    /// Whoever the network lets through.
    Anywhere,
}

/// A visit that is welcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visit {
    /// The token came with the address: the cookie is to be given.
    First,
    /// It came with the cookie.
    Known,
}

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// It was sent to a name that is not this server's: the name of a page that wants to look like it.
    Host,
    /// It comes from another page.
    Origin,
    /// It has no token, or a wrong one.
    Token,
}

/// Bytes of a token: more than anybody can try.
const TOKEN: usize = 24;

impl Access {
    /// With a new token, for a server that listens there.
    ///
    /// # Errors
    /// A system that gives no randomness.
    pub fn new(address: SocketAddr, reach: Reach) -> io::Result<Self> {
        let mut bytes = [0; TOKEN];
        SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("the system gives no randomness"))?;
        let cookie = format!("plimsoll_{}", address.port());
        Ok(Self { address, reach, token: URL_SAFE_NO_PAD.encode(bytes), cookie })
    }

    /// The address that lets a person in.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/?token={}", self.address, self.token)
    }

    /// What keeps the token in a browser.
    pub(super) fn cookie(&self) -> String {
        format!("{}={}; HttpOnly; SameSite=Strict; Path=/", self.cookie, self.token)
    }

    /// Whether a request is to be answered.
    pub(super) fn judge(&self, head: &Parts) -> Result<Visit, Refused> {
        let host = only(&head.headers, HOST).ok_or(Refused::Host)?;
        // a name can be made to lead here by whoever owns it, an address cannot
        if !self.is_own(name(host)) {
            return Err(Refused::Host);
        }
        self.judge_origin(head, host)?;
        let query = head.uri.query().unwrap_or_default();
        let typed = query.split('&').filter_map(|pair| pair.strip_prefix("token="));
        if typed.into_iter().any(|token| self.is_token(token)) {
            return Ok(Visit::First);
        }
        let cookies = head.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|all| all.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let known = pairs.any(|(name, value)| name == self.cookie && self.is_token(value));
        if known { Ok(Visit::Known) } else { Err(Refused::Token) }
    }

    /// Whether it comes from a page of this server, as far as a browser says where it comes from. What changes something has
    /// to say so.
    fn judge_origin(&self, head: &Parts, host: &str) -> Result<(), Refused> {
        let changes = head.method != Method::GET && head.method != Method::HEAD;
        let is_own = |origin: &str| origin.strip_prefix("http://").is_some_and(|own| own.eq_ignore_ascii_case(host));
        let has_origin = head.headers.contains_key(ORIGIN);
        if has_origin && !only(&head.headers, ORIGIN).is_some_and(is_own) || changes && !has_origin {
            return Err(Refused::Origin);
        }
        // a link from elsewhere may lead here, but nothing else is fetched from there
        let site = only(&head.headers, "sec-fetch-site");
        let navigates = only(&head.headers, "sec-fetch-mode") == Some("navigate") && !changes;
        if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) && !navigates {
            return Err(Refused::Origin);
        }
        Ok(())
    }

    fn is_own(&self, name: &str) -> bool {
        if name.eq_ignore_ascii_case("localhost") {
            return true;
        }
        let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        address.is_ok_and(|address| address.to_canonical().is_loopback() || self.reach == Reach::Anywhere)
    }

    /// Takes as long whatever is wrong with it.
    fn is_token(&self, token: &str) -> bool {
        let (token, own) = (token.as_bytes(), self.token.as_bytes());
        token.len() == own.len() && token.iter().zip(own).fold(0, |wrong, (a, b)| wrong | (a ^ b)) == 0
    }
}

/// A header that is there once, as text.
fn only(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    let mut all = headers.get_all(name).iter();
    let first = all.next()?.to_str().ok()?;
    all.next().is_none().then_some(first)
}

/// A host without its port, which a tunnel may change.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() => {
            if host.ends_with(']') { host } else { name }
        }
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn access(reach: Reach) -> Access {
        Access::new("127.0.0.1:8089".parse().unwrap(), reach).unwrap()
    }

    fn head(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_request_needs_the_token_in_its_address_or_in_the_cookie() {
        let access = access(Reach::Loopback);
        let (token, cookie) = (&access.token, format!("a=b; plimsoll_8089={}; c=d", access.token));
        let host = ("host", "127.0.0.1:8089");
        let judge = |uri: &str, headers: &[(&str, &str)]| access.judge(&head("GET", uri, headers));
        assert_eq!(judge(&format!("/?token={token}"), &[host]), Ok(Visit::First));
        assert_eq!(judge("/", &[host, ("cookie", &cookie)]), Ok(Visit::Known));
        let other_port = format!("plimsoll_8090={token}");
        for headers in [&[host][..], &[host, ("cookie", "plimsoll_8089=x")], &[host, ("cookie", &other_port)]] {
            assert_eq!(judge("/events", headers), Err(Refused::Token));
            assert_eq!(judge(&format!("/?token={}", &token[1..]), headers), Err(Refused::Token));
        }
        assert!(token.len() >= 32 && access.url() == format!("http://127.0.0.1:8089/?token={token}"));
        assert_ne!(self::access(Reach::Loopback).token, *token, "each server has its own");
        assert!(access.cookie().ends_with("; HttpOnly; SameSite=Strict; Path=/"));
    }

    #[test]
    fn a_name_that_was_made_to_lead_here_is_refused() {
        let judge = |reach, host: &str| {
            let access = access(reach);
            let uri = format!("/?token={}", access.token);
            access.judge(&head("GET", &uri, &[("host", host)]))
        };
        for host in ["127.0.0.1:8089", "localhost:8089", "LOCALHOST", "[::1]:9000", "127.0.0.1", "[::ffff:127.0.0.1]:1"]
        {
            assert_eq!(judge(Reach::Loopback, host), Ok(Visit::First), "{host}");
        }
        let names =
            ["evil.example", "evil.example:8089", "localhost.evil.example", "127.0.0.1.evil.example:8089", "", ":8089"];
        for host in names {
            assert_eq!(judge(Reach::Loopback, host), Err(Refused::Host), "{host}");
            assert_eq!(judge(Reach::Anywhere, host), Err(Refused::Host), "{host}");
        }
        assert_eq!(judge(Reach::Loopback, "10.0.0.7:8089"), Err(Refused::Host));
        assert_eq!(judge(Reach::Anywhere, "10.0.0.7:8089"), Ok(Visit::First));
        let access = access(Reach::Loopback);
        let two = [("host", "127.0.0.1"), ("host", "evil.example")];
        assert_eq!(access.judge(&head("GET", "/", &two)), Err(Refused::Host));
        assert_eq!(access.judge(&head("GET", "/", &[])), Err(Refused::Host));
    }

    #[test]
    fn what_changes_something_comes_from_a_page_of_the_server() {
        let access = access(Reach::Loopback);
        let cookie = format!("plimsoll_8089={}", access.token);
        let judge = |method: &str, more: &[(&str, &str)]| {
            let mut headers = vec![("host", "127.0.0.1:8089"), ("cookie", cookie.as_str())];
            headers.extend(more);
            access.judge(&head(method, "/control", &headers))
        };
        assert_eq!(judge("POST", &[("origin", "http://127.0.0.1:8089")]), Ok(Visit::Known));
        let own = [("origin", "http://127.0.0.1:8089"), ("sec-fetch-site", "same-origin")];
        assert_eq!(judge("POST", &own), Ok(Visit::Known));
        for origin in
            ["http://127.0.0.1:9000", "http://localhost:8089", "https://127.0.0.1:8089", "null", "http://evil.example"]
        {
            assert_eq!(judge("POST", &[("origin", origin)]), Err(Refused::Origin), "{origin}");
            assert_eq!(judge("GET", &[("origin", origin)]), Err(Refused::Origin), "{origin}");
        }
        assert_eq!(judge("POST", &[]), Err(Refused::Origin), "no origin is none");
        assert_eq!(judge("GET", &[]), Ok(Visit::Known));
        for site in ["cross-site", "same-site"] {
            assert_eq!(judge("GET", &[("sec-fetch-site", site), ("sec-fetch-mode", "cors")]), Err(Refused::Origin));
            let link = [("sec-fetch-site", site), ("sec-fetch-mode", "navigate")];
            assert_eq!(judge("GET", &link), Ok(Visit::Known), "a link from elsewhere");
            assert_eq!(judge("POST", &link), Err(Refused::Origin), "a form from elsewhere");
        }
    }
}
