use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING};
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, Uri};
use hyper::body::Body;
use tokio::time::Instant;

use super::body::{BodyLimit, BodySink, DrainError, drain};
use super::connect::connect;
use super::connection::{Connection, Resting};
use super::deadline::Deadline;
use super::failure;
use super::message::{Answer, Ending, Exchange, Failure, Keep, Outgoing, Statuses};
use super::metered_stream::{ByteCounter, MeteredStream, ToSend};
use super::sending::Sending;
use super::transport::{KeepAlive, Reuse, Transport, Version};
use crate::sample::{Phases, Transmission};

/// The most that may come in before an answer's head is whole; the head itself is bounded lower, by the connection's buffer,
/// but any number of `1xx` heads may stand before it.
const LONGEST_HEADS: u64 = 256 << 10;
/// How many headers an answer is expected to have; more are taken as well.
const ANSWER_HEADERS: usize = 8;

/// One user's way to the service: at most one connection, kept alive between its exchanges, shared with nobody.
pub struct Client {
    transport: Rc<Transport>,
    kept: Kept,
    /// When the last exchange ended: since then the connection is unused.
    ended: Option<Instant>,
    counter: Rc<ByteCounter>,
    timer: Deadline,
}

impl Client {
    /// A client without a connection; the first exchange makes one.
    #[must_use]
    pub fn new(transport: Rc<Transport>) -> Self {
        Self { transport, kept: Kept::default(), ended: None, counter: Rc::default(), timer: Deadline::default() }
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
        let mut request = hyper_request(&self.transport, request, &self.counter).map(Some);
        async move { self.exchange_within(limit, keep, &mut request, cut).await }
    }

    /// Gives back the 25 KiB a connection needs only while an exchange is under way; the connection itself stays open.
    /// For a user who is about to pause: the next exchange takes a fraction of a microsecond longer.
    pub fn rest(&mut self) {
        self.kept.idle = match std::mem::take(&mut self.kept.idle) {
            Idle::Ready(connection) => match connection.rest() {
                Resting::Stream(stream) => Idle::Resting(stream),
                Resting::Whole(connection) => Idle::Ready(connection),
                Resting::Nothing => Idle::Nothing,
            },
            idle => idle,
        };
    }

    async fn exchange_within(
        &mut self,
        limit: Duration,
        keep: Keep,
        request: &mut Result<Option<Request<Sending>>, Failure>,
        cut: impl Future<Output = ()>,
    ) -> Exchange {
        let sent = Instant::now();
        let deadline = sent.checked_add(limit);
        let Self { transport, kept, ended: unused_since, counter, timer } = self;
        kept.close_unused(transport.settings().reuse, unused_since.map(|since| sent.duration_since(since)));
        counter.reset();
        if let Some(deadline) = deadline {
            timer.set(deadline);
        }

        let mut exchange = pin!(async {
            match request {
                Ok(request) => exchange_over(transport, kept, counter, request, keep).await,
                Err(failure) => Err(failure.clone()),
            }
        });
        let mut cut = pin!(cut);
        let ended = poll_fn(|cx| match exchange.as_mut().poll(cx) {
            Poll::Ready(result) => Poll::Ready(Ended::Completed(result)),
            Poll::Pending if cut.as_mut().poll(cx).is_ready() => Poll::Ready(Ended::Cut),
            Poll::Pending if deadline.is_some() => timer.poll(cx).map(|()| Ended::TimedOut),
            Poll::Pending => Poll::Pending,
        })
        .await;

        let mut now = Instant::now();
        let ending = match ended {
            Ended::Completed(Ok(answer)) => Ending::Answer(answer),
            Ended::Completed(Err(failure)) => Ending::Failed(counter.unread.take().map_or(failure, |unread| *unread)),
            Ended::Cut => Ending::Cut,
            Ended::TimedOut => {
                now = deadline.map_or(now, |deadline| now.max(deadline));
                Ending::Failed(failure::timed_out(transport, counter, limit))
            }
        };
        *unused_since = Some(now);
        let first_in = counter.first_in.get();
        let answered = matches!(ending, Ending::Answer(_));
        Exchange {
            sent,
            ended: now,
            phases: Phases {
                first_byte: counter.first_out.get().and_then(|out| Some(first_in?.duration_since(out))),
                receive: first_in.filter(|_| answered).map(|first| now.duration_since(first)),
                ..counter.connecting.get()
            },
            transmission: if counter.bytes_out.get() == 0 { Transmission::NeverSent } else { Transmission::Sent },
            bytes_out: counter.bytes_out.get(),
            bytes_in: counter.bytes_in.get(),
            content: counter.content.get(),
            ending,
        }
    }
}

/// What a client holds between its exchanges.
#[derive(Default)]
struct Kept {
    idle: Idle,
    /// How many exchanges the connection has served, the one under way included.
    served: u64,
}

/// A connection between two exchanges.
#[derive(Default)]
enum Idle {
    /// No connection.
    #[default]
    Nothing,
    /// A connection, ready for a request.
    Ready(Box<Connection>),
    /// The stream of one, and nothing else.
    Resting(Box<MeteredStream>),
}

impl Kept {
    /// Closes a connection that was unused for longer than it may be.
    fn close_unused(&mut self, reuse: Reuse, unused: Option<Duration>) {
        if let Reuse::Kept(KeepAlive { idle: Some(limit), .. }) = reuse
            && unused.is_some_and(|unused| unused >= limit)
        {
            self.idle = Idle::Nothing;
        }
    }

    /// The connection, for one more exchange.
    fn take(&mut self) -> Option<Box<Connection>> {
        let connection = match std::mem::take(&mut self.idle) {
            Idle::Nothing => None,
            Idle::Ready(connection) => Some(connection),
            Idle::Resting(stream) => Connection::over(*stream),
        };
        self.served = self.served.saturating_add(1);
        connection
    }

    fn put_back(&mut self, connection: Box<Connection>, result: &Result<Answer, Failure>, reuse: Reuse) {
        let Reuse::Kept(KeepAlive { requests, .. }) = reuse else { return };
        let is_spent = requests.is_some_and(|most| self.served >= most.get());
        if result.is_ok() && !is_spent && connection.is_reusable() {
            self.idle = Idle::Ready(connection);
        }
    }
}

enum Ended {
    Completed(Result<Answer, Failure>),
    TimedOut,
    Cut,
}

async fn exchange_over(
    transport: &Transport,
    kept: &mut Kept,
    counter: &Rc<ByteCounter>,
    request: &mut Option<Request<Sending>>,
    keep: Keep,
) -> Result<Answer, Failure> {
    let reuse = transport.settings().reuse;
    // The connection leaves the client while it is in use, and comes back only after a whole answer.
    if let Some(mut connection) = kept.take() {
        counter.reused.set(true);
        let result = send_and_receive(transport, counter, &mut connection, request, keep).await;
        // HTTP/2 writes for itself as well; what it gives back, it did not send
        let unsent = request.is_some() && (counter.bytes_out.get() == 0 || connection.is_driven_elsewhere());
        if !unsent {
            kept.put_back(connection, &result, reuse);
            return result;
        }
        // It was closed while it was idle, and the request came back unsent.
        counter.reset();
    }
    let mut connection = open(transport, counter).await?;
    kept.served = 1;
    let result = send_and_receive(transport, counter, &mut connection, request, keep).await;
    kept.put_back(connection, &result, reuse);
    result
}

/// The request in hyper's terms, with the headers HTTP wants of it.
fn hyper_request(
    transport: &Transport,
    request: Outgoing,
    counter: &Rc<ByteCounter>,
) -> Result<Request<Sending>, Failure> {
    let Outgoing { method, target, mut headers, body, .. } = request;
    // hyper puts the answer's headers where the request's were: room for them now saves growing it header by header.
    headers.reserve(ANSWER_HEADERS);
    let two = transport.settings().version == Version::Two;
    let forward_proxy = transport.forward_proxy();
    if !two && !headers.contains_key(HOST) {
        headers.insert(HOST, transport.origin().host_header().clone());
    }
    // what is named in the target itself: HTTP/2 has no `host`, and a proxy has to know the service
    let authority = match headers.get(HOST) {
        _ if !two && forward_proxy.is_none() => None,
        Some(host) if two => Some(host.clone()),
        _ => Some(transport.origin().host_header().clone()),
    };
    if two {
        headers.remove(HOST);
    }
    if let Some(authorization) = forward_proxy.and_then(|proxy| proxy.authorization.clone()) {
        headers.insert(PROXY_AUTHORIZATION, authorization);
    }
    let uri = match authority {
        None => Uri::from(target),
        Some(authority) => absolute(transport, &authority, target)?,
    };
    let body = Sending::of(body, counter);
    let length = body.length();
    counter.to_send.set(length.map_or(ToSend::More, ToSend::Bytes));
    match headers.get(CONTENT_LENGTH) {
        // The peer would wait for the rest, or take what is left over for another request.
        Some(written) if written.to_str().ok().and_then(|text| text.parse().ok()) != length || length.is_none() => {
            return Err(failure::wrong_length());
        }
        // HTTP/2 frames each body itself
        None if length.is_none() && !two => {
            drop(headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked")))
        }
        None if length == Some(0) && matches!(method, Method::POST | Method::PUT | Method::PATCH) => {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        _ => {}
    }
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}

/// A target in absolute form.
fn absolute(transport: &Transport, authority: &HeaderValue, target: PathAndQuery) -> Result<Uri, Failure> {
    let whole = Uri::builder().scheme(transport.origin().scheme().name());
    let whole = whole.authority(authority.as_bytes()).path_and_query(target).build();
    whole.map_err(|_| failure::unsent(transport.origin()))
}

async fn open(transport: &Transport, counter: &Rc<ByteCounter>) -> Result<Box<Connection>, Failure> {
    // Boxed: connecting is rare, and its state is not to weigh on every user's task.
    Box::pin(async {
        let stream = connect(transport, counter).await?;
        let stream = MeteredStream::new(stream, Rc::clone(counter), Rc::clone(transport.read_buffer()));
        match transport.settings().version {
            Version::One => Connection::over(stream).ok_or_else(|| failure::unsent(transport.origin())),
            Version::Two => {
                let connection = Connection::over_two(stream).await;
                connection.map_err(|error| failure::broken(transport.origin(), counter, &error))
            }
        }
    })
    .await
}

/// Whether an answer has another status than these, and a body that can be read as it comes.
fn is_other(head: &http::response::Parts, than: &Statuses) -> bool {
    !than.contains(head.status.as_u16()) && !head.headers.contains_key(http::header::CONTENT_ENCODING)
}

/// Sends the request and takes the whole answer. The request is back in its place where none of it was written.
async fn send_and_receive(
    transport: &Transport,
    counter: &ByteCounter,
    connection: &mut Connection,
    request: &mut Option<Request<Sending>>,
    keep: Keep,
) -> Result<Answer, Failure> {
    let origin = transport.origin();
    let (head, mut body) = {
        let Some(sendable) = request.take() else { return Err(failure::unsent(origin)) };
        let mut response = pin!(connection.send(sendable));
        poll_fn(|cx| {
            connection.drive(cx);
            // Before anything has come in there is nothing to ask for, and asking has its price.
            if counter.bytes_in.get() == 0 && !connection.is_over() && !connection.is_driven_elsewhere() {
                return Poll::Pending;
            }
            match response.as_mut().poll(cx) {
                Poll::Ready(Ok(response)) => Poll::Ready(Ok(response.into_parts())),
                Poll::Ready(Err(mut unsent)) => {
                    *request = unsent.take_message();
                    Poll::Ready(Err(failure::broken(origin, counter, &unsent.into_error())))
                }
                Poll::Pending if counter.bytes_in.get() > LONGEST_HEADS => {
                    Poll::Ready(Err(failure::endless_head(origin, LONGEST_HEADS)))
                }
                Poll::Pending => Poll::Pending,
            }
        })
        .await?
    };
    let limit = match keep {
        Keep::OfOthers(size, than) if is_other(&head, &than) => BodyLimit::First(size.as_bytes()),
        Keep::Nothing | Keep::OfOthers(..) => BodyLimit::Nothing,
        Keep::UpTo(size) => BodyLimit::Whole(size.min(transport.settings().body_cap).as_bytes()),
        Keep::First(size) => BodyLimit::First(size.min(transport.settings().body_cap).as_bytes()),
    };
    let mut sink = BodySink::new(limit, body.size_hint().exact());
    match poll_fn(|cx| drain(connection, &mut body, &mut sink, cx)).await {
        Ok(()) => {
            counter.content.set(sink.taken());
            Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: sink.into_bytes() })
        }
        Err(DrainError::Refused(why)) => Err(failure::not_kept(&why)),
        Err(DrainError::Broken(error)) => {
            Err(failure::broken(origin, counter, &connection.take_error().unwrap_or(error)))
        }
    }
}
