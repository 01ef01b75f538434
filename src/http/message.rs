use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::uri::PathAndQuery;
use tokio::time::Instant;

use super::content::Content;
use super::request_headers::RequestHeaders;
use crate::headers::AnswerHeaders;
use crate::sample::{FailureKind, Phases, Transmission};
use crate::units::Size;

/// One request, ready to be sent.
#[derive(Clone)]
pub struct Outgoing {
    /// The method.
    pub method: Method,
    /// What is asked for, in origin form: `/search?q=1`. A clone of it shares its text.
    pub target: PathAndQuery,
    /// The headers; `host` and, for a body, `content-length` are added where they are missing.
    pub headers: RequestHeaders,
    /// The body; empty for none.
    pub body: Content,
    /// How long the whole exchange may take: looking up, connecting, sending and the answer to its last byte.
    pub timeout: Duration,
    /// What becomes of the answer's body.
    pub keep: Keep,
}

/// How much of an answer's body is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing: it is read to its end and counted, however long it is.
    Nothing,
    /// The same, but so much of one that has another status than these, and that can be read as it comes.
    OfOthers(Size, Statuses),
    /// All of it; an answer with a longer body than this fails as [`FailureKind::Body`].
    UpTo(Size),
    /// So much of it, for people to see: what is beyond is read and counted.
    First(Size),
}

impl Keep {
    /// The same, but no more than this.
    pub(super) fn within(self, cap: Size) -> Self {
        match self {
            Self::UpTo(size) => Self::UpTo(size.min(cap)),
            Self::First(size) => Self::First(size.min(cap)),
            Self::Nothing | Self::OfOthers(..) => self,
        }
    }
}

/// A set of statuses: cheap to ask, and to hand on with each request. What is above 611 is in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statuses([u64; 8]);

impl Statuses {
    /// Whether a status is one of these.
    #[must_use]
    pub fn contains(&self, status: u16) -> bool {
        let bit = usize::from(status.saturating_sub(100));
        status >= 100 && self.0.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }
}

impl FromIterator<u16> for Statuses {
    fn from_iter<T: IntoIterator<Item = u16>>(statuses: T) -> Self {
        let mut set = Self::default();
        for bit in statuses.into_iter().filter(|status| *status >= 100).map(|status| usize::from(status) - 100) {
            if let Some(word) = set.0.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
        }
        set
    }
}

/// One exchange, from its first moment to its last.
#[derive(Debug)]
pub struct Exchange {
    /// When it began; a connection, if one was needed, was made after this.
    pub sent: Instant,
    /// The last byte of the body, or the moment of the failure; no earlier than `sent` plus the limit after a timeout.
    pub ended: Instant,
    /// Where the time went.
    pub phases: Phases,
    /// Whether the request reached the wire.
    pub transmission: Transmission,
    /// Bytes of HTTP written: head and body, without TLS's own.
    pub bytes_out: u64,
    /// Bytes of HTTP read: head, body and its framing, without TLS's own.
    pub bytes_in: u64,
    /// Of those, bytes of a whole answer's body as it came: without its framing, still compressed where it was.
    pub content: u64,
    /// How it ended.
    pub ending: Ending,
}

/// How an exchange ended.
#[derive(Debug)]
pub enum Ending {
    /// A whole answer came.
    Answer(Answer),
    /// None came.
    Failed(Failure),
    /// The run was cut off while it was under way.
    Cut,
}

/// A whole answer.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: AnswerHeaders,
    /// The body, as the request's [`Keep`] asked; empty where nothing is kept.
    pub body: Bytes,
}

/// Why no whole answer came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Where it failed.
    pub kind: FailureKind,
    /// What happened, in words that are the same each time it happens, so that failures group.
    pub message: String,
}

impl Failure {
    pub(super) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

// Targets, headers and bodies may hold secrets: neither type prints them.

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("method", &self.method)
            .field("headers", &self.headers.map().len())
            .field("body", &self.body)
            .field("timeout", &self.timeout)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body", &self.body.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    #[test]
    fn what_may_be_secret_is_not_printed() {
        let headers = HeaderMap::from_iter([(http::header::COOKIE, http::HeaderValue::from_static("hush"))]);
        let body = Bytes::from_static(b"hush");
        let outgoing = Outgoing {
            method: Method::GET,
            target: PathAndQuery::from_static("/?token=hush"),
            headers: headers.clone().into(),
            body: Content::Whole(body.clone()),
            timeout: Duration::ZERO,
            keep: Keep::Nothing,
        };
        let answer = Answer { status: 200, headers: headers.into(), body };
        assert!(!format!("{outgoing:?} {answer:?}").contains("hush"));
    }
}
