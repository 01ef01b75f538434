use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// What a request asks, besides its body.
pub(super) struct Ask<'a> {
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
}

/// An answer before it is written: status, JSON, and headers of its own.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Value,
    pub(super) headers: Vec<(&'static str, String)>,
    /// How long the work for it takes from here on.
    pub(super) after: Duration,
}

impl<'a> Ask<'a> {
    /// A header that is text.
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Reply {
    pub(super) fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body, headers: Vec::new(), after: Duration::ZERO }
    }

    pub(super) fn ok(body: Value) -> Self {
        Self::new(StatusCode::OK, body)
    }
}
