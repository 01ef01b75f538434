use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use tokio::task::coop::unconstrained;

use super::alarm::Alarm;
use super::connect::connect;
use super::failure;
use super::link::Link;
use super::message::{Answer, Ending, Exchange, Failure, Keep, Outgoing};
use super::transport::Transport;
use super::wire::{Gauge, Wire};
use crate::sample::{Phases, Reach};

/// The most that may come in before an answer's head is whole; the head itself is bounded lower, by the link's buffer,
/// but any number of `1xx` heads may stand before it.
const LONGEST_HEADS: u64 = 256 << 10;
/// How many headers an answer is expected to have; more are taken as well.
const ANSWER_HEADERS: usize = 8;
/// What is set aside at once for a body that comes in pieces, whatever length it claims.
const FIRST_ROOM: usize = 64 << 10;

/// One user's way to the service: at most one connection, kept alive between its exchanges, shared with nobody.
pub struct Client {
    transport: Rc<Transport>,
    link: Option<Box<Link>>,
    gauge: Rc<Gauge>,
    alarm: Alarm,
}

impl Client {
    /// A client without a connection; the first exchange makes one.
    #[must_use]
    pub fn new(transport: Rc<Transport>) -> Self {
        Self { transport, link: None, gauge: Rc::default(), alarm: Alarm::default() }
    }

    /// Sends one request and takes its answer. Nothing is retried: where a kept-alive connection turns out to be
    /// closed before a byte was written, another is made, and that is all.
    ///
    /// `cut` resolves when the run is cut off. A connection is kept only after a whole answer, so dropping the
    /// returned future is safe at any moment.
    pub fn exchange<'c>(
        &'c mut self,
        request: Outgoing,
        cut: impl Future<Output = ()> + 'c,
    ) -> impl Future<Output = Exchange> + 'c {
        let (limit, keep) = (request.timeout, request.keep);
        // Made here and lent from here on: each call a request is handed down through would copy its 300 bytes.
        let mut request = address(&self.transport, request).map(Some);
        async move { self.exchange_within(limit, keep, &mut request, cut).await }
    }

    async fn exchange_within(
        &mut self,
        limit: Duration,
        keep: Keep,
        request: &mut Result<Option<Request<Full<Bytes>>>, Failure>,
        cut: impl Future<Output = ()>,
    ) -> Exchange {
        let sent = Instant::now();
        let deadline = sent.checked_add(limit);
        let Self { transport, link, gauge, alarm } = self;
        gauge.reset();
        if let Some(deadline) = deadline {
            alarm.set(deadline);
        }

        let mut conversation = pin!(async {
            match request {
                Ok(request) => converse(transport, link, gauge, request, keep).await,
                Err(failure) => Err(failure.clone()),
            }
        });
        // Both have to be heard even when the peer keeps the connection so busy that the task's budget is used up.
        let mut ends = pin!(unconstrained(async {
            let mut cut = pin!(cut);
            poll_fn(|cx| {
                if cut.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Ended::Cut);
                }
                if deadline.is_none() { Poll::Pending } else { alarm.poll(cx).map(|()| Ended::TimedOut) }
            })
            .await
        }));
        let ended = poll_fn(|cx| match conversation.as_mut().poll(cx) {
            Poll::Ready(result) => Poll::Ready(Ended::Told(result)),
            Poll::Pending => ends.as_mut().poll(cx),
        })
        .await;

        let mut now = Instant::now();
        let ending = match ended {
            Ended::Told(Ok(answer)) => Ending::Answer(answer),
            Ended::Told(Err(failure)) => Ending::Failed(failure),
            Ended::Cut => Ending::Cut,
            Ended::TimedOut => {
                now = deadline.map_or(now, |deadline| now.max(deadline));
                Ending::Failed(failure::timed_out(transport.origin(), gauge, limit))
            }
        };
        let first_in = gauge.first_in.get();
        let answered = matches!(ending, Ending::Answer(_));
        Exchange {
            sent,
            ended: now,
            phases: Phases {
                first_byte: gauge.first_out.get().and_then(|out| Some(first_in?.duration_since(out))),
                receive: first_in.filter(|_| answered).map(|first| now.duration_since(first)),
                ..gauge.made.get()
            },
            reach: if gauge.bytes_out.get() == 0 { Reach::Never } else { Reach::Wire },
            bytes_out: gauge.bytes_out.get(),
            bytes_in: gauge.bytes_in.get(),
            ending,
        }
    }
}

enum Ended {
    Told(Result<Answer, Failure>),
    TimedOut,
    Cut,
}

async fn converse(
    transport: &Transport,
    kept: &mut Option<Box<Link>>,
    gauge: &Rc<Gauge>,
    request: &mut Option<Request<Full<Bytes>>>,
    keep: Keep,
) -> Result<Answer, Failure> {
    // The link leaves the client while it is in use, and comes back only after a whole answer.
    if let Some(mut link) = kept.take() {
        let spoken = speak(transport, gauge, &mut link, request, keep).await;
        if request.is_none() || gauge.bytes_out.get() > 0 {
            *kept = Some(link).filter(|link| spoken.is_ok() && link.is_reusable());
            return spoken;
        }
        // It was closed while it was idle, and the request came back unsent.
        gauge.reset();
    }
    let mut link = open(transport, gauge).await?;
    let spoken = speak(transport, gauge, &mut link, request, keep).await;
    *kept = Some(link).filter(|link| spoken.is_ok() && link.is_reusable());
    spoken
}

/// The request in hyper's terms, with the headers HTTP wants of it.
fn address(transport: &Transport, request: Outgoing) -> Result<Request<Full<Bytes>>, Failure> {
    let Outgoing { method, target, mut headers, body, .. } = request;
    // hyper puts the answer's headers where the request's were: room for them now saves growing it header by header.
    headers.reserve(ANSWER_HEADERS);
    if !headers.contains_key(HOST) {
        headers.insert(HOST, transport.origin().host_header().clone());
    }
    match headers.get(CONTENT_LENGTH) {
        // The peer would wait for the rest, or take what is left over for another request.
        Some(written) if written.to_str().ok().and_then(|text| text.parse().ok()) != Some(body.len()) => {
            return Err(failure::ill_measured());
        }
        None if body.is_empty() && matches!(method, Method::POST | Method::PUT | Method::PATCH) => {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        _ => {}
    }
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from(target);
    *request.headers_mut() = headers;
    Ok(request)
}

async fn open(transport: &Transport, gauge: &Rc<Gauge>) -> Result<Box<Link>, Failure> {
    // Boxed: connecting is rare, and its state is not to weigh on every user's task.
    let stream = Box::pin(connect(transport, gauge)).await?;
    let wire = Wire::new(stream, Rc::clone(gauge), Rc::clone(transport.scratch()));
    let link = Link::over(wire).await.map_err(|error| failure::broken(transport.origin(), gauge, &error))?;
    Ok(Box::new(link))
}

/// Sends the request and takes the whole answer. The request is back in its place where none of it was written.
async fn speak(
    transport: &Transport,
    gauge: &Gauge,
    link: &mut Link,
    request: &mut Option<Request<Full<Bytes>>>,
    keep: Keep,
) -> Result<Answer, Failure> {
    let origin = transport.origin();
    let (head, mut body) = {
        let Some(sendable) = request.take() else { return Err(failure::unsent(origin)) };
        let mut response = pin!(link.sender.try_send_request(sendable));
        poll_fn(|cx| {
            link.drive(cx);
            // Before anything has come in there is nothing to ask for, and asking has its price.
            if gauge.bytes_in.get() == 0 && !link.is_over() {
                return Poll::Pending;
            }
            match response.as_mut().poll(cx) {
                Poll::Ready(Ok(response)) => Poll::Ready(Ok(response.into_parts())),
                Poll::Ready(Err(mut unsent)) => {
                    *request = unsent.take_message();
                    Poll::Ready(Err(failure::broken(origin, gauge, &unsent.into_error())))
                }
                Poll::Pending if gauge.bytes_in.get() > LONGEST_HEADS => {
                    Poll::Ready(Err(failure::endless_head(origin, LONGEST_HEADS)))
                }
                Poll::Pending => Poll::Pending,
            }
        })
        .await?
    };
    let limit = match keep {
        Keep::Nothing => None,
        Keep::UpTo(size) => Some(size.min(transport.settings().body_cap).as_bytes()),
    };
    let mut sink = Sink { limit, claimed: body.size_hint().exact(), kept: Kept::Nothing };
    match poll_fn(|cx| drain(link, &mut body, &mut sink, cx)).await {
        Ok(()) => Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: sink.into_bytes() }),
        Err(Undrained::TooLong(limit)) => Err(failure::too_long(limit)),
        Err(Undrained::Broken(error)) => Err(failure::broken(origin, gauge, &link.take_trouble().unwrap_or(error))),
    }
}

enum Undrained {
    TooLong(u64),
    Broken(hyper::Error),
}

/// Takes what has come of the body; drives the connection for more until there is none for now.
fn drain(link: &mut Link, body: &mut Incoming, sink: &mut Sink, cx: &mut Context<'_>) -> Poll<Result<(), Undrained>> {
    let mut driven = false;
    loop {
        match Pin::new(&mut *body).poll_frame(cx) {
            Poll::Ready(None) => return Poll::Ready(Ok(())),
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(Undrained::Broken(error))),
            Poll::Ready(Some(Ok(frame))) => {
                if let Ok(piece) = frame.into_data()
                    && let Err(limit) = sink.take(piece)
                {
                    return Poll::Ready(Err(Undrained::TooLong(limit)));
                }
                driven = false;
            }
            Poll::Pending if driven => return Poll::Pending,
            Poll::Pending => {
                link.drive(cx);
                driven = true;
            }
        }
    }
}

/// Where a body goes: nowhere, or into memory up to a limit.
struct Sink {
    limit: Option<u64>,
    /// The length the answer's head claims.
    claimed: Option<u64>,
    kept: Kept,
}

enum Kept {
    Nothing,
    /// One piece is kept as it came, uncopied.
    Piece(Bytes),
    Pieces(BytesMut),
}

impl Sink {
    /// Takes a piece; the limit it goes beyond is the error.
    fn take(&mut self, piece: Bytes) -> Result<(), u64> {
        let Some(limit) = self.limit else { return Ok(()) };
        let whole = self.len().saturating_add(piece.len() as u64);
        if whole > limit || self.claimed.is_some_and(|claimed| claimed > limit) {
            return Err(limit);
        }
        self.kept = match std::mem::replace(&mut self.kept, Kept::Nothing) {
            Kept::Nothing => Kept::Piece(piece),
            Kept::Piece(first) => {
                let claimed = self.claimed.and_then(|claimed| usize::try_from(claimed).ok()).unwrap_or(0);
                let mut pieces = BytesMut::with_capacity(claimed.min(FIRST_ROOM).max(first.len() + piece.len()));
                pieces.extend_from_slice(&first);
                pieces.extend_from_slice(&piece);
                Kept::Pieces(pieces)
            }
            Kept::Pieces(mut pieces) => {
                pieces.extend_from_slice(&piece);
                Kept::Pieces(pieces)
            }
        };
        Ok(())
    }

    fn len(&self) -> u64 {
        match &self.kept {
            Kept::Nothing => 0,
            Kept::Piece(piece) => piece.len() as u64,
            Kept::Pieces(pieces) => pieces.len() as u64,
        }
    }

    fn into_bytes(self) -> Bytes {
        match self.kept {
            Kept::Nothing => Bytes::new(),
            Kept::Piece(piece) => piece,
            Kept::Pieces(pieces) => pieces.freeze(),
        }
    }
}
