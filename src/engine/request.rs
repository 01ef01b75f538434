use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, ACCEPT_ENCODING, HOST, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue};

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

const AGENT: &str = concat!("plimsoll/", env!("CARGO_PKG_VERSION"));
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
    /// A template that cannot be filled in, or comes to what no request may hold.
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
            let value = HeaderValue::from_str(&text)
                .map_err(|_| EvalError { message: format!("header `{name}` comes to what no header may hold") })?;
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

fn live_path(endpoint: &Endpoint, scope: &Arc<Scope>) -> Result<PathAndQuery, EvalError> {
    match &endpoint.path {
        Path::Fixed(path) => Ok(path.clone()),
        Path::Live { path, query } => {
            let mut text = path.render(scope)?;
            for (name, value) in query {
                append_query(&mut text, name, &value.eval(scope)?);
            }
            text.parse().map_err(|_| EvalError { message: format!("the path comes to `{text}`, which is no path") })
        }
    }
}

fn own(value: &HeaderValue) -> HeaderValue {
    let mut copy = HeaderValue::from_bytes(value.as_bytes()).unwrap_or_else(|_| value.clone());
    copy.set_sensitive(value.is_sensitive());
    copy
}
