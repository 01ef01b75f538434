use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use super::connect::connect;
use super::deadline::Deadline;
use super::failure;
use super::message::{Answer, Ending, Exchange, Failure, Outgoing};
use super::metered_stream::ByteCounter;
use super::transport::{KeepAlive, Reuse, Transport, Version};
use super::{one, two};
use crate::sample::{Phases, Transmission};

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
    pub async fn exchange(&mut self, request: &Outgoing, cut: impl Future<Output = ()>) -> Exchange {
        let limit = request.timeout;
        let sent = Instant::now();
        let deadline = sent.checked_add(limit);
        let Self { transport, kept, ended: unused_since, counter, timer } = self;
        kept.close_unused(transport.settings().reuse, unused_since.map(|since| sent.duration_since(since)));
        counter.reset();
        if let Some(deadline) = deadline {
            timer.set(deadline);
        }

        let order = one::Order { request, sent, transport, counter };
        let mut work = Work::begin(kept, order);
        let mut cut = pin!(cut);
        let ended = poll_fn(|cx| match work.poll(kept, order, cx) {
            Poll::Ready(result) => Poll::Ready(Ended::Completed(result)),
            Poll::Pending if cut.as_mut().poll(cx).is_ready() => Poll::Ready(Ended::Cut),
            Poll::Pending if deadline.is_some() => timer.poll(cx).map(|()| Ended::TimedOut),
            Poll::Pending => Poll::Pending,
        })
        .await;

        let first_in = counter.first_in.get();
        let (now, ending) = match ended {
            // HTTP/1.1 reads nothing behind the answer, so what was read last was its end
            Ended::Completed(Ok(answer)) => {
                let read = counter.last_in.get().filter(|_| transport.settings().version == Version::One);
                (read.unwrap_or_else(Instant::now), Ending::Answer(answer))
            }
            Ended::Completed(Err(failure)) => {
                (Instant::now(), Ending::Failed(counter.unread.take().map_or(failure, |unread| *unread)))
            }
            Ended::Cut => (Instant::now(), Ending::Cut),
            Ended::TimedOut => {
                let now = Instant::now();
                let now = deadline.map_or(now, |deadline| now.max(deadline));
                (now, Ending::Failed(failure::timed_out(transport, counter, limit)))
            }
        };
        *unused_since = Some(now);
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
    /// One that speaks HTTP/1.1.
    One(Box<one::Connection>),
    /// One that speaks HTTP/2.
    Two(Box<two::Connection>),
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

    /// Keeps a connection that may be used again, where it has not served as many exchanges as it may.
    fn put_back(&mut self, idle: Idle, reuse: Reuse) {
        let Reuse::Kept(KeepAlive { requests, .. }) = reuse else { return };
        if requests.is_none_or(|most| self.served < most.get()) {
            self.idle = idle;
        }
    }
}

enum Ended {
    Completed(Result<Answer, Failure>),
    TimedOut,
    Cut,
}

/// What an exchange waits for. The usual case lies in place; the others are boxed, for their state is not to weigh on every
/// user's task. The connection leaves the client while it is in use, and comes back only after a whole answer.
enum Work {
    /// An answer, over a connection that was there or has been made.
    One(Box<one::Connection>, one::Ongoing),
    /// A connection, to begin over.
    Opening(Pin<Box<dyn Future<Output = Result<Box<one::Connection>, Failure>>>>, one::Ongoing),
    /// The whole of it, over HTTP/2.
    Two(Pin<Box<dyn Future<Output = two::Ended>>>),
    /// Nothing: the request cannot be sent.
    Nothing(Option<Failure>),
}

impl Work {
    fn begin(kept: &mut Kept, order: one::Order) -> Self {
        let one::Order { request, transport, counter, .. } = order;
        let idle = std::mem::take(&mut kept.idle);
        kept.served = kept.served.saturating_add(1);
        if transport.settings().version == Version::Two {
            let connection = match idle {
                Idle::Two(connection) => Some(connection),
                Idle::One(_) | Idle::Nothing => None,
            };
            return match two::hyper_request(transport, request, counter) {
                Ok(made) => {
                    let exchange = two::exchange(transport.clone(), counter.clone(), connection, (made, request.keep));
                    Self::Two(Box::pin(exchange))
                }
                Err(failure) => Self::Nothing(Some(failure)),
            };
        }
        match (one::Ongoing::of(order), idle) {
            (Err(one::WrongLength), _) => Self::Nothing(Some(failure::wrong_length())),
            (Ok(ongoing), Idle::One(connection)) => {
                counter.reused.set(true);
                Self::One(connection, ongoing)
            }
            (Ok(ongoing), Idle::Nothing | Idle::Two(_)) => Self::open(ongoing, order),
        }
    }

    fn open(ongoing: one::Ongoing, order: one::Order) -> Self {
        let (transport, counter) = (order.transport.clone(), order.counter.clone());
        let opening =
            async move { connect(&transport, &counter).await.map(|stream| Box::new(one::Connection(stream))) };
        Self::Opening(Box::pin(opening), ongoing)
    }

    fn poll(&mut self, kept: &mut Kept, order: one::Order, cx: &mut Context<'_>) -> Poll<Result<Answer, Failure>> {
        let one::Order { transport, counter, .. } = order;
        let reuse = transport.settings().reuse;
        loop {
            match self {
                Self::One(connection, ongoing) => {
                    let is_closed = counter.reused.get() && !ongoing.has_begun() && connection.is_stale(cx);
                    let broken = match is_closed {
                        true => one::Broken::Closed,
                        false => match ready!(connection.poll(ongoing, order, cx)) {
                            Ok(finished) => {
                                counter.content.set(finished.content);
                                let used = std::mem::replace(self, Self::Nothing(None));
                                if let (Self::One(connection, _), true) = (used, finished.is_reusable) {
                                    kept.put_back(Idle::One(connection), reuse);
                                }
                                return Poll::Ready(Ok(finished.answer));
                            }
                            Err(broken) => broken,
                        },
                    };
                    // it was closed while it was idle, and nothing was written to it
                    let is_unsent = counter.reused.get() && counter.bytes_out.get() == 0;
                    if !is_unsent || !matches!(broken, one::Broken::Closed | one::Broken::Io(_)) {
                        return Poll::Ready(Err(failure::broken_one(transport.origin(), counter, &broken)));
                    }
                    counter.reset();
                    *self = match one::Ongoing::of(order) {
                        Ok(ongoing) => Self::open(ongoing, order),
                        Err(one::WrongLength) => Self::Nothing(Some(failure::wrong_length())),
                    };
                }
                Self::Opening(opening, _) => {
                    let connection = ready!(opening.as_mut().poll(cx))?;
                    kept.served = 1;
                    if let Self::Opening(_, ongoing) = std::mem::replace(self, Self::Nothing(None)) {
                        *self = Self::One(connection, ongoing);
                    }
                }
                Self::Two(exchange) => {
                    let ended = ready!(exchange.as_mut().poll(cx));
                    if ended.is_new {
                        kept.served = 1;
                    }
                    if let Some(connection) = ended.connection {
                        kept.put_back(Idle::Two(connection), reuse);
                    }
                    return Poll::Ready(ended.result);
                }
                Self::Nothing(failure) => {
                    return Poll::Ready(Err(failure.take().unwrap_or_else(|| failure::unsent(transport.origin()))));
                }
            }
        }
    }
}
