use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc::Receiver;

use super::access::Refused;
use super::socket::Serving;

/// What is answered to a request.
pub type Answer = Response<Content>;

/// The body of an answer: all of it, or a piece after the other for as long as there are some.
#[derive(Debug)]
pub struct Content {
    of: Of,
    /// Says that the connection waits for its next request, once this is gone.
    pub(super) serving: Option<Serving>,
}

#[derive(Debug)]
enum Of {
    Whole(Option<Bytes>),
    Stream(Receiver<Bytes>),
}

impl Content {
    fn whole(bytes: impl Into<Bytes>) -> Self {
        Self { of: Of::Whole(Some(bytes.into()).filter(|bytes: &Bytes| !bytes.is_empty())), serving: None }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match &mut self.of {
            Of::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Of::Stream(pieces) => pieces.poll_recv(cx).map(|piece| piece.map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.of, Of::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.of {
            Of::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Of::Stream(_) => SizeHint::default(),
        }
    }
}

fn answer(status: StatusCode, kind: &'static str, content: Content) -> Answer {
    let mut answer = Response::new(content);
    *answer.status_mut() = status;
    let fixed = [
        (header::CONTENT_TYPE, kind),
        // what is shown is of this second, and of nobody else
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    let headers = answer.headers_mut();
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for name in ["cross-origin-resource-policy", "cross-origin-opener-policy"] {
        headers.insert(name, HeaderValue::from_static("same-origin"));
    }
    answer
}

/// A page, and what a browser may load and run of it.
#[must_use]
pub fn html(status: StatusCode, page: impl Into<Bytes>, policy: &str) -> Answer {
    let mut answer = answer(status, "text/html; charset=utf-8", Content::whole(page));
    let strictest = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    let policy = HeaderValue::from_str(policy).unwrap_or(strictest);
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    answer
}

/// A document of JSON.
#[must_use]
pub fn json(status: StatusCode, document: &serde_json::Value) -> Answer {
    answer(status, "application/json", Content::whole(document.to_string()))
}

/// Why there is nothing else, in words.
#[must_use]
pub fn failure(status: StatusCode, why: &str) -> Answer {
    answer(status, "text/plain; charset=utf-8", Content::whole(format!("{why}\n")))
}

/// Events that a page listens to.
pub(super) fn events(pieces: Receiver<Bytes>) -> Answer {
    answer(StatusCode::OK, "text/event-stream", Content { of: Of::Stream(pieces), serving: None })
}

/// What a request that is refused hears, and what to do about it.
pub(super) fn refusal(refused: Refused) -> Answer {
    match refused {
        Refused::Host => failure(
            StatusCode::FORBIDDEN,
            "this server does not go by that name: open it by its address, as it was printed",
        ),
        Refused::Origin => failure(StatusCode::FORBIDDEN, "the request comes from another page"),
        Refused::Token => failure(
            StatusCode::UNAUTHORIZED,
            "a token is needed: open the address that was printed, with `?token=` and what is behind it",
        ),
    }
}
