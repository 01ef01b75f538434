use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cookie_store::CookieStore;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE, USER_AGENT,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method};
use url::Url;

use crate::compile::{BodyUse, Compression, Endpoint, HeaderSource, Path, append_query};
use crate::expression::{EvalError, Scope};
use crate::http::{CODINGS, Keep, Origin, Outgoing};
use crate::units::Size;

/// What an endpoint sends unchanged, as one worker's own copy: counts of shared owners would otherwise be contended
/// by all workers at every request.
pub(super) struct Prepared {
    headers: HeaderMap,
    path: Option<PathAndQuery>,
}

/// What an answer asks its caller to do next.
pub(super) enum Redirect {
    /// Nothing: it is the answer.
    None,
    /// To make this request.
    Follow(Box<Outgoing>),
    /// To go to a host the plan does not name.
    OtherHost(String),
}

/// The cookies one user has been sent (RFC 6265). Made when the first comes, for most users never have one.
#[derive(Default)]
pub(super) struct CookieJar(Option<Box<CookieStore>>);

const AGENT: &str = concat!("plimsoll/", env!("CARGO_PKG_VERSION"));
/// How many cookies a user keeps; a service that sends more is not remembered further.
const MOST_COOKIES: usize = 200;
/// A body longer than this is not kept, and fails where the plan needs it.
pub(super) const LONGEST_BODY: Size = Size::from_bytes(16 << 20);

impl Prepared {
    pub(super) fn new(endpoint: &Endpoint, origin: &Origin, compression: Compression) -> Self {
        let mut headers = HeaderMap::with_capacity(endpoint.headers.len() + endpoint.live_headers.len() + 4);
        headers.insert(HOST, own(origin.host_header()));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        if compression == Compression::On {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(CODINGS));
        }
        for (name, value) in &endpoint.headers {
            headers.insert(name.clone(), own(value));
        }
        let path = match &endpoint.path {
            Path::Fixed(path) => path.as_str().parse().ok(),
            Path::Live { .. } => None,
        };
        Self { headers, path }
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
                BodyUse::Unread => Keep::Nothing,
                BodyUse::Read => Keep::UpTo(LONGEST_BODY),
            },
        })
    }
}

/// The next request of a redirect (RFC 9110, section 15.4). Load goes to the plan's target alone: another host is not
/// followed.
pub(super) fn redirect(status: u16, headers: &HeaderMap, origin: &str, asked: Outgoing) -> Redirect {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Redirect::None;
    }
    let Some(location) = headers.get(LOCATION).and_then(|value| value.to_str().ok()) else { return Redirect::None };
    let base = Url::parse(&format!("{origin}{}", asked.target));
    let Ok(next) = base.and_then(|base| base.join(location)) else { return Redirect::None };
    let home = Url::parse(origin).map(|url| url.origin());
    if home.is_ok_and(|home| home != next.origin()) {
        return Redirect::OtherHost(next.host_str().unwrap_or_default().to_owned());
    }
    let path = match next.query() {
        Some(query) => format!("{}?{query}", next.path()),
        None => next.path().to_owned(),
    };
    let Ok(target) = path.parse::<PathAndQuery>() else { return Redirect::None };
    let mut request = Outgoing { target, ..asked };
    let becomes_get = status == 303 && request.method != Method::HEAD
        || matches!(status, 301 | 302) && request.method == Method::POST;
    if becomes_get {
        request.method = Method::GET;
        request.body = bytes::Bytes::new();
        request.headers.remove(CONTENT_TYPE);
        request.headers.remove(CONTENT_LENGTH);
    }
    Redirect::Follow(Box::new(request))
}

impl CookieJar {
    /// Adds the cookies that belong to a request, behind those the plan itself gives.
    pub(super) fn add_to(&self, origin: &str, target: &PathAndQuery, headers: &mut HeaderMap) {
        let Some(store) = &self.0 else { return };
        let Ok(url) = Url::parse(&format!("{origin}{target}")) else { return };
        let own = headers.get(COOKIE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let kept = store.get_request_values(&url).map(|(name, value)| format!("{name}={value}"));
        let all: Vec<String> = own.into_iter().chain(kept).collect();
        if let Ok(value) = HeaderValue::from_str(&all.join("; "))
            && !value.is_empty()
        {
            headers.insert(COOKIE, value);
        }
    }

    /// Keeps what an answer sets.
    pub(super) fn keep(&mut self, origin: &str, target: &PathAndQuery, headers: &HeaderMap) {
        if !headers.contains_key(SET_COOKIE) {
            return;
        }
        let Ok(url) = Url::parse(&format!("{origin}{target}")) else { return };
        let store = self.0.get_or_insert_default();
        for value in headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            if store.iter_unexpired().count() < MOST_COOKIES {
                // one that is malformed, or for another host, is not kept
                drop(store.parse(value, &url));
            }
        }
    }
}

fn live_path(endpoint: &Endpoint, scope: &Arc<Scope>) -> Result<PathAndQuery, EvalError> {
    match &endpoint.path {
        Path::Fixed(path) => Ok(path.clone()),
        Path::Live { path, query } => {
            let mut text = path.render(scope)?;
            for (name, value) in query {
                append_query(&mut text, name, &value.eval(scope)?);
            }
            text.parse().map_err(|_| EvalError { message: format!("`{text}` is not a valid path") })
        }
    }
}

fn own(value: &HeaderValue) -> HeaderValue {
    let mut copy = HeaderValue::from_bytes(value.as_bytes()).unwrap_or_else(|_| value.clone());
    copy.set_sensitive(value.is_sensitive());
    copy
}
