use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, HOST,
    LOCATION, USER_AGENT,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{CONTROLS, percent_encode};
use url::Url;

use super::secrets::Sent;
use crate::compile::{BodyUse, Compression, Endpoint, HeaderSource, Path, Service};
use crate::expression::{EvalError, Scope};
use crate::http::{CODINGS, Keep, Outgoing};
use crate::memory::{Held, hold};
use crate::metrics::SEEN_FOR_EXAMPLE;
use crate::secrets::Secrets;
use crate::units::Size;

/// What an endpoint sends unchanged, as one worker's own copy: counts of shared owners would otherwise be contended
/// by all workers at every request.
pub(super) struct Prepared {
    headers: HeaderMap,
    path: Option<PathAndQuery>,
    secret: SecretParts,
    /// Whether the name that its requests go by is made of what was answered before.
    pub(super) named_by_answer: bool,
}

/// Which parts of an endpoint's requests are filled in each time and may hold a secret by their names.
struct SecretParts {
    headers: Vec<HeaderName>,
    query: bool,
    body: bool,
}

/// What an answer asks its caller to do next.
pub(super) enum Redirect {
    /// Nothing: it is the answer.
    None,
    /// To make this request.
    Follow(Box<Outgoing>),
    /// To go where the plan does not go; the place.
    Elsewhere(String),
    /// To go nowhere: the answer does not say where to, or nobody can read it.
    Unreadable(String),
}

const AGENT: &str = concat!("plimsoll/", env!("CARGO_PKG_VERSION"));
/// So much of an answer's body is kept that is only shown.
const SHOWN_BODY: Size = Size::from_bytes(1 << 20);
/// A body longer than this is not kept, and fails where the plan needs it.
pub(super) const LONGEST_BODY: Size = Size::from_bytes(16 << 20);

impl Prepared {
    pub(super) fn new(endpoint: &Endpoint, service: &Service, secrets: &Secrets) -> Self {
        let mut headers = HeaderMap::with_capacity(endpoint.headers.len() + endpoint.live_headers.len() + 4);
        headers.insert(HOST, own(service.origin.host_header()));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        if service.compression == Compression::On {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(CODINGS));
        }
        for (name, value) in &endpoint.headers {
            headers.insert(name.clone(), own(value));
        }
        let path = match &endpoint.path {
            Path::Fixed(path) => path.as_str().parse().ok(),
            Path::Live(_) => None,
        };
        let named_by_answer =
            endpoint.label.names().iter().any(|name| matches!(name.as_str(), "body" | "headers" | "json"));
        Self { headers, path, secret: SecretParts::of(endpoint, secrets), named_by_answer }
    }

    /// What of a request is to be remembered, for it may turn up in what is said of it.
    pub(super) fn sent(&self, outgoing: &Outgoing) -> Option<Sent> {
        let SecretParts { headers, query, body } = &self.secret;
        if headers.is_empty() && !query && !body {
            return None;
        }
        let value = |name: &HeaderName| Some((name.clone(), outgoing.headers.get(name)?.clone()));
        Some(Sent {
            target: query.then(|| outgoing.target.clone()),
            headers: headers.iter().filter_map(value).collect(),
            body: if *body { outgoing.body.clone() } else { bytes::Bytes::new() },
        })
    }

    /// Counts a body that was made for one request in the run's memory, for as long as what is given back lives.
    ///
    /// # Errors
    /// A run whose memory is used up.
    pub(super) fn hold(endpoint: &Endpoint, outgoing: &Outgoing) -> Result<Option<Held>, EvalError> {
        if endpoint.payload.is_shared() {
            return Ok(None);
        }
        hold(outgoing.body.len()).map_err(|no_room| EvalError { message: format!("the body: {no_room}") })
    }

    /// The request as it goes out now.
    ///
    /// # Errors
    /// A template that cannot be filled in, or whose text no request may hold.
    pub(super) fn outgoing(&self, endpoint: &Endpoint, scope: &Arc<Scope>) -> Result<Outgoing, EvalError> {
        let target = match &self.path {
            Some(path) => path.clone(),
            None => live_path(endpoint, scope)?,
        };
        let mut headers = self.headers.clone();
        for (name, source) in &endpoint.live_headers {
            let text = match source {
                HeaderSource::Text(template) => template.render(scope)?,
                HeaderSource::Basic(user, password) => {
                    let pair = format!("{}:{}", user.render(scope)?, password.render(scope)?);
                    format!("Basic {}", STANDARD.encode(pair))
                }
            };
            let value = HeaderValue::from_str(&text).map_err(|_| EvalError {
                message: format!("header `{name}` holds a character that no header may hold"),
            })?;
            headers.insert(name.clone(), value);
        }
        Ok(Outgoing {
            method: endpoint.method.clone(),
            target,
            headers,
            body: endpoint.payload.render(scope)?,
            timeout: endpoint.timeout,
            keep: match endpoint.body_use {
                BodyUse::Unread => Keep::OfErrors(Size::from_bytes(SEEN_FOR_EXAMPLE as u64)),
                BodyUse::Read => Keep::UpTo(LONGEST_BODY),
                BodyUse::Shown => Keep::First(SHOWN_BODY),
            },
        })
    }
}

impl SecretParts {
    fn of(endpoint: &Endpoint, secrets: &Secrets) -> Self {
        let names = endpoint.live_headers.iter().map(|(name, _)| name);
        let query = match &endpoint.path {
            Path::Fixed(_) => false,
            // a query may also be written in the path
            Path::Live(path) => {
                path.query.iter().any(|(name, _)| secrets.names_secret(name)) || path.path.has_text("?")
            }
        };
        let body = endpoint.payload.names().iter().any(|name| secrets.names_secret(name));
        Self { headers: names.filter(|name| secrets.names_secret(name.as_str())).cloned().collect(), query, body }
    }
}

/// The next request of a redirect (RFC 9110, section 15.4), with its place read as the URL standard reads it. Load goes to the
/// plan's target alone: another host is not followed.
pub(super) fn redirect(status: u16, headers: &HeaderMap, origin: &str, asked: Outgoing) -> Redirect {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Redirect::None;
    }
    let location = match location(headers) {
        Ok(location) => location,
        Err(why) => return Redirect::Unreadable(format!("it redirects ({status}), and {why}")),
    };
    let base = Url::parse(&format!("{origin}{}", asked.target));
    let unreadable = || Redirect::Unreadable(format!("it redirects ({status}) to `{location}`, which is not a URL"));
    let Ok(next) = base.and_then(|base| base.join(&location)) else { return unreadable() };
    let home = Url::parse(origin).map(|url| url.origin());
    if home.is_ok_and(|home| home != next.origin()) {
        let origin = next.origin();
        return Redirect::Elsewhere(if origin.is_tuple() { origin.ascii_serialization() } else { location });
    }
    let path = match next.query() {
        Some(query) => format!("{}?{query}", next.path()),
        None => next.path().to_owned(),
    };
    let Ok(target) = path.parse::<PathAndQuery>() else { return unreadable() };
    let mut request = Outgoing { target, ..asked };
    let becomes_get = status == 303 && request.method != Method::HEAD
        || matches!(status, 301 | 302) && request.method == Method::POST;
    if becomes_get {
        request.method = Method::GET;
        request.body = bytes::Bytes::new();
        // what the Fetch standard calls the names of request-body headers, and the length
        for name in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION] {
            request.headers.remove(name);
        }
    }
    Redirect::Follow(Box::new(request))
}

/// Where an answer redirects to. Bytes beyond ASCII are taken as browsers take them: as UTF-8, or each for itself.
fn location(headers: &HeaderMap) -> Result<String, &'static str> {
    let mut all = headers.get_all(LOCATION).iter();
    let first = all.next().ok_or("it has no `Location` header")?;
    if all.any(|other| other != first) {
        return Err("it has several `Location` headers");
    }
    let text = std::str::from_utf8(first.as_bytes()).map(str::to_owned);
    Ok(text.unwrap_or_else(|_| percent_encode(first.as_bytes(), CONTROLS).to_string()))
}

fn live_path(endpoint: &Endpoint, scope: &Arc<Scope>) -> Result<PathAndQuery, EvalError> {
    match &endpoint.path {
        Path::Fixed(path) => Ok(path.clone()),
        Path::Live(live) => live.render(scope),
    }
}

fn own(value: &HeaderValue) -> HeaderValue {
    let mut copy = HeaderValue::from_bytes(value.as_bytes()).unwrap_or_else(|_| value.clone());
    copy.set_sensitive(value.is_sensitive());
    copy
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, locations: &[&[u8]]) -> Redirect {
        let mut headers = HeaderMap::new();
        for location in locations {
            headers.append(LOCATION, HeaderValue::from_bytes(location).unwrap());
        }
        let asked = Outgoing {
            method: Method::POST,
            target: "/shop/cart?id=1".parse().unwrap(),
            headers: HeaderMap::new(),
            body: bytes::Bytes::from_static(b"{}"),
            timeout: std::time::Duration::from_secs(1),
            keep: Keep::Nothing,
        };
        redirect(status, &headers, "http://shop.test:8080", asked)
    }

    #[test]
    fn a_redirect_is_followed_as_the_url_standard_reads_it() {
        let followed: [(&[u8], &str); 10] = [
            (b"/a", "/a"),
            (b"b?c#d", "/shop/b?c"),
            (b"../up/./here", "/up/here"),
            (b"?only=query", "/shop/cart?only=query"),
            (b"//shop.test:8080/x", "/x"),
            (b" HTTP://SHOP.test:8080/y ", "/y"),
            (b"\\back\\slash", "/back/slash"),
            ("/caf\u{e9} au lait".as_bytes(), "/caf%C3%A9%20au%20lait"),
            (b"/caf\xe9", "/caf%E9"),
            (b"", "/shop/cart?id=1"),
        ];
        for (location, target) in followed {
            match answered(302, &[location]) {
                Redirect::Follow(next) => assert_eq!((next.target.as_str(), &next.method), (target, &Method::GET)),
                _ => panic!("{location:?} is not followed"),
            }
        }
        assert!(matches!(answered(307, &[b"/a"]), Redirect::Follow(next) if next.method == Method::POST));
    }

    #[test]
    fn a_redirect_that_nobody_can_follow_is_no_answer() {
        for status in [301, 302, 303, 307, 308] {
            assert!(matches!(answered(status, &[]), Redirect::Unreadable(why) if why.contains("no `Location`")));
            assert!(
                matches!(answered(status, &[b"http://[::1"]), Redirect::Unreadable(why) if why.contains("not a URL"))
            );
            assert!(matches!(answered(status, &[b"/a", b"/b"]), Redirect::Unreadable(why) if why.contains("several")));
            assert!(matches!(answered(status, &[b"/a", b"/a"]), Redirect::Follow(_)));
        }
        for status in [200, 300, 304, 305, 404] {
            assert!(matches!(answered(status, &[]), Redirect::None));
        }
    }

    #[test]
    fn a_redirect_never_leads_away_from_the_target() {
        let away: [(&[u8], &str); 5] = [
            (b"https://shop.test:8080/a", "https://shop.test:8080"),
            (b"http://shop.test/a", "http://shop.test"),
            (b"//user:secret@elsewhere.test/a", "http://elsewhere.test"),
            (b"mailto:a@b.c", "mailto:a@b.c"),
            (b"file:///etc/passwd", "file:///etc/passwd"),
        ];
        for (location, place) in away {
            assert!(matches!(answered(302, &[location]), Redirect::Elsewhere(to) if to == place), "{location:?}");
        }
    }
}
