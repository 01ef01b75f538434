use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method};
use url::Url;

use crate::http::Outgoing;

/// Where an answer sends its caller.
pub(super) enum Hop {
    /// Nowhere: it is the answer.
    Here,
    /// Asking again, so.
    On(Box<Outgoing>),
    /// To a host the plan does not name.
    Elsewhere(String),
}

/// The next request of a redirect (RFC 9110, section 15.4). Load goes to the plan's target alone: another host is not
/// followed.
pub(super) fn hop(status: u16, headers: &HeaderMap, origin: &str, asked: Outgoing) -> Hop {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Hop::Here;
    }
    let Some(location) = headers.get(LOCATION).and_then(|value| value.to_str().ok()) else { return Hop::Here };
    let base = Url::parse(&format!("{origin}{}", asked.target));
    let Ok(next) = base.and_then(|base| base.join(location)) else { return Hop::Here };
    let home = Url::parse(origin).map(|url| url.origin());
    if home.is_ok_and(|home| home != next.origin()) {
        return Hop::Elsewhere(next.host_str().unwrap_or_default().to_owned());
    }
    let path = match next.query() {
        Some(query) => format!("{}?{query}", next.path()),
        None => next.path().to_owned(),
    };
    let Ok(target) = path.parse::<PathAndQuery>() else { return Hop::Here };
    let mut request = Outgoing { target, ..asked };
    let becomes_get = status == 303 && request.method != Method::HEAD
        || matches!(status, 301 | 302) && request.method == Method::POST;
    if becomes_get {
        request.method = Method::GET;
        request.body = bytes::Bytes::new();
        request.headers.remove(CONTENT_TYPE);
        request.headers.remove(CONTENT_LENGTH);
    }
    Hop::On(Box::new(request))
}
