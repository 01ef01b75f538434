use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, ACCEPT_ENCODING, HOST, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::secrets::Sent;
use crate::compile::{BodyBuffer, BodyUse, Compression, Endpoint, Expectation, HeaderSource, Path, Service, StatusSet};
use crate::expression::{EvalError, Scope};
use crate::http::{CODINGS, Keep, Origin, Outgoing, PreparedHeaders, RequestHeaders, Statuses};
use crate::memory::{Held, hold};
use crate::metrics::SEEN_FOR_EXAMPLE;
use crate::secrets::Secrets;
use crate::units::Size;

/// What an endpoint sends unchanged, as one worker's own copy: counts of shared owners would otherwise be contended
/// by all workers at every request.
pub(super) struct Prepared {
    headers: Arc<PreparedHeaders>,
    path: Option<PathAndQuery>,
    secret: SecretParts,
    /// The statuses that are expected: of an answer with another, people see the beginning.
    expected: Statuses,
    /// Whether the name that its requests go by is made of what was answered before.
    pub(super) named_by_answer: bool,
}

/// Which parts of an endpoint's requests are filled in each time and may hold a secret by their names.
struct SecretParts {
    headers: Vec<HeaderName>,
    query: bool,
    body: bool,
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
        for name in endpoint.headers.keys() {
            let mut lines = endpoint.headers.get_all(name).iter();
            // the first takes the place of what every request has
            lines.next().map(|first| headers.insert(name.clone(), own(first)));
            for more in lines {
                headers.append(name.clone(), own(more));
            }
        }
        let path = match &endpoint.path {
            Path::Fixed(path) => path.as_str().parse().ok(),
            Path::Live(_) | Path::Whole(_) => None,
        };
        let named_by_answer =
            endpoint.label.names().iter().any(|name| matches!(name.as_str(), "body" | "headers" | "json"));
        let expected = endpoint.expect.iter().find_map(|check| match &check.expectation {
            Expectation::Status(statuses) => Some(statuses.0.iter().cloned().flatten().collect()),
            _ => None,
        });
        let expected = expected.unwrap_or_else(|| StatusSet::usual().0.into_iter().flatten().collect());
        Self {
            headers: Arc::new(headers.into()),
            path,
            secret: SecretParts::of(endpoint, secrets),
            expected,
            named_by_answer,
        }
    }

    /// What of a request is to be remembered, for it may turn up in what is said of it.
    pub(super) fn sent(&self, outgoing: &Outgoing) -> Option<Sent> {
        let SecretParts { headers, query, body } = &self.secret;
        if headers.is_empty() && !query && !body {
            return None;
        }
        let values = |name| {
            outgoing.headers.map().get_all(name).iter().map(move |value| (HeaderName::clone(name), value.clone()))
        };
        Some(Sent {
            target: query.then(|| outgoing.target.clone()),
            headers: headers.iter().flat_map(values).collect(),
            body: if *body { outgoing.body.in_memory() } else { bytes::Bytes::new() },
        })
    }

    /// Counts a body that was made for one request in the run's memory, for as long as what is given back lives.
    ///
    /// # Errors
    /// A run whose memory is used up.
    pub(super) fn hold(endpoint: &Endpoint, outgoing: &Outgoing) -> Result<Option<Held>, EvalError> {
        let taken = endpoint.payload.memory(&outgoing.body);
        hold(taken).map_err(|no_room| EvalError { message: format!("the body: {no_room}") })
    }

    /// The request as it goes out now, and where a whole URL leads; `None` for a path of the endpoint's service.
    ///
    /// # Errors
    /// A template that cannot be filled in, or whose text no request may hold.
    pub(super) fn outgoing(
        &self,
        endpoint: &Endpoint,
        scope: &Arc<Scope>,
        buffer: &mut BodyBuffer,
    ) -> Result<(Outgoing, Option<Origin>), EvalError> {
        let (origin, target) = match (&self.path, &endpoint.path) {
            (Some(path), _) => (None, path.clone()),
            (None, Path::Fixed(path)) => (None, path.clone()),
            (None, Path::Live(live)) => (None, live.render(scope)?),
            (None, Path::Whole(whole)) => whole.render(scope)?,
        };
        let mut headers = RequestHeaders::Prepared(self.headers.clone());
        for (name, source) in &endpoint.live_headers {
            match source {
                HeaderSource::Lines(lines) => {
                    for (nth, line) in lines.iter().enumerate() {
                        let value = header_value(name, &line.render(scope)?)?;
                        // the first takes the place of what every request has
                        if nth == 0 {
                            headers.own().insert(name.clone(), value);
                        } else {
                            headers.own().append(name.clone(), value);
                        }
                    }
                }
                HeaderSource::Basic(user, password) => {
                    let pair = format!("{}:{}", user.render(scope)?, password.render(scope)?);
                    let value = header_value(name, &format!("Basic {}", STANDARD.encode(pair)))?;
                    headers.own().insert(name.clone(), value);
                }
            }
        }
        let body = endpoint.payload.fill(scope, &mut headers, buffer)?;
        let outgoing = Outgoing {
            method: endpoint.method.clone(),
            target,
            headers,
            body,
            timeout: endpoint.timeout,
            keep: match endpoint.body_use {
                BodyUse::Unread => Keep::OfOthers(Size::from_bytes(SEEN_FOR_EXAMPLE as u64), self.expected),
                BodyUse::Read => Keep::UpTo(LONGEST_BODY),
                BodyUse::Shown => Keep::First(SHOWN_BODY),
            },
        };
        Ok((outgoing, origin))
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
            // as an answer gave it, a signature in it
            Path::Whole(_) => true,
        };
        let body = endpoint.payload.names().iter().any(|name| secrets.names_secret(name));
        Self { headers: names.filter(|name| secrets.names_secret(name.as_str())).cloned().collect(), query, body }
    }
}

fn header_value(name: &HeaderName, text: &str) -> Result<HeaderValue, EvalError> {
    HeaderValue::from_str(text)
        .map_err(|_| EvalError { message: format!("header `{name}` holds a character that no header may hold") })
}

fn own(value: &HeaderValue) -> HeaderValue {
    let mut copy = HeaderValue::from_bytes(value.as_bytes()).unwrap_or_else(|_| value.clone());
    copy.set_sensitive(value.is_sensitive());
    copy
}
