use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderValue, Method, Request, Response, Uri};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use tokio::task::coop::unconstrained;

use super::alarm::Alarm;
use super::connect::connect;
use super::failure;
use super::link::Link;
use super::message::{Answer, Ending, Exchange, Failure, Keep, Outgoing, Reach};
use super::transport::Transport;
use super::wire::{Gauge, Wire};
use crate::sample::Phases;

/// The most that may come in before an answer's head is whole; the head itself is bounded lower, by the link's buffer,
/// but any number of `1xx` heads may stand before it.
const LONGEST_HEADS: u64 = 256 << 10;
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
    pub async fn exchange(&mut self, request: Outgoing, cut: impl Future<Output = ()>) -> Exchange {
        let sent = Instant::now();
        let limit = request.timeout;
        let deadline = sent.checked_add(limit);
        let Self { transport, link, gauge, alarm } = self;
        gauge.reset();
        if let Some(deadline) = deadline {
            alarm.set(deadline);
        }

        let mut conversation = pin!(converse(transport, link, gauge, request));
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
    request: Outgoing,
) -> Result<Answer, Failure> {
    let limit = match request.keep {
        Keep::Nothing => None,
        Keep::UpTo(size) => Some(size.min(transport.settings().body_cap).as_bytes()),
    };
    let mut request = address(transport, request)?;
    // The link leaves the client while it is in use, and comes back only after a whole answer.
    if let Some(mut link) = kept.take() {
        match send(transport, gauge, &mut link, request).await {
            Ok(response) => return receive(transport, gauge, kept, link, response, limit).await,
            Err(Unsent { request: Some(unsent), .. }) if gauge.bytes_out.get() == 0 => {
                gauge.reset();
                request = unsent;
            }
            Err(Unsent { failure, .. }) => return Err(failure),
        }
    }
    let mut link = open(transport, gauge).await?;
    let response = send(transport, gauge, &mut link, request).await.map_err(|unsent| unsent.failure)?;
    receive(transport, gauge, kept, link, response, limit).await
}

/// The request in hyper's terms, with the headers HTTP wants of it.
fn address(transport: &Transport, request: Outgoing) -> Result<Request<Full<Bytes>>, Failure> {
    let Outgoing { method, target, mut headers, body, .. } = request;
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

/// Why no head of an answer came, and the request where none of it was written.
struct Unsent {
    failure: Failure,
    request: Option<Request<Full<Bytes>>>,
}

async fn send(
    transport: &Transport,
    gauge: &Gauge,
    link: &mut Link,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, Unsent> {
    let mut response = pin!(link.sender.try_send_request(request));
    poll_fn(|cx| {
        link.drive(cx);
        // Before anything has come in there is nothing to ask for, and asking has its price.
        if gauge.bytes_in.get() == 0 && !link.is_over() {
            return Poll::Pending;
        }
        match response.as_mut().poll(cx) {
            Poll::Ready(Ok(response)) => Poll::Ready(Ok(response)),
            Poll::Ready(Err(mut unsent)) => {
                let request = unsent.take_message();
                let failure = failure::broken(transport.origin(), gauge, &unsent.into_error());
                Poll::Ready(Err(Unsent { failure, request }))
            }
            Poll::Pending if gauge.bytes_in.get() > LONGEST_HEADS => {
                let failure = failure::endless_head(transport.origin(), LONGEST_HEADS);
                Poll::Ready(Err(Unsent { failure, request: None }))
            }
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

async fn receive(
    transport: &Transport,
    gauge: &Gauge,
    kept: &mut Option<Box<Link>>,
    mut link: Box<Link>,
    response: Response<Incoming>,
    limit: Option<u64>,
) -> Result<Answer, Failure> {
    let (head, mut body) = response.into_parts();
    let mut sink = Sink { limit, room: body.size_hint().exact(), kept: Kept::Nothing };
    poll_fn(|cx| drain(&mut link, &mut body, &mut sink, cx)).await.map_err(|undrained| match undrained {
        Undrained::TooLong(limit) => failure::too_long(limit),
        Undrained::Broken(error) => failure::broken(transport.origin(), gauge, &link.take_trouble().unwrap_or(error)),
    })?;
    if link.is_reusable() {
        *kept = Some(link);
    }
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: sink.into_bytes() })
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
    room: Option<u64>,
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
        if whole > limit || self.room.is_some_and(|claimed| claimed > limit) {
            return Err(limit);
        }
        self.kept = match std::mem::replace(&mut self.kept, Kept::Nothing) {
            Kept::Nothing => Kept::Piece(piece),
            Kept::Piece(first) => {
                let claimed = self.room.and_then(|claimed| usize::try_from(claimed).ok()).unwrap_or(0);
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
