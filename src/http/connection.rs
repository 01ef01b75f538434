use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};

use super::metered_stream::MeteredStream;
use super::sending::Sending;

/// The most an answer's head may be, and the most that is read ahead of a body.
pub(super) const BUFFER_BYTES: usize = 64 << 10;
/// How many headers an answer may have: what hyper takes without an allocation for each answer.
pub(super) const MOST_HEADERS: usize = 100;

/// One connection: both halves of hyper's, driven by the task of the user who owns it.
pub(super) struct Connection {
    sender: Sender,
    /// `None` once the connection is over.
    driver: Option<Driver>,
    error: Option<hyper::Error>,
}

enum Sender {
    One(http1::SendRequest<Sending>),
    Two(http2::SendRequest<Sending>),
}

// the usual one lies in place: it is made once a user
#[allow(clippy::large_enum_variant)]
enum Driver {
    One(http1::Connection<MeteredStream, Sending>),
    /// Boxed, for it is rare and large.
    Two(Box<http2::Connection<MeteredStream, Sending, Local>>),
}

enum Either<A, B> {
    One(A),
    Two(B),
}

/// An answer's head, or why there is none; with the request, where none of it was sent.
pub(super) type Sent = Result<Response<Incoming>, TrySendError<Request<Sending>>>;

/// Runs what HTTP/2 does in the background on the worker itself.
#[derive(Clone)]
struct Local;

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for Local {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

impl Connection {
    /// Speaks HTTP/1.1 over a stream; nothing is sent yet. It has no handshake: `None` cannot happen, but hyper's
    /// signature has room for one.
    pub fn over(stream: MeteredStream) -> Option<Box<Self>> {
        // Polled here, once: awaited, its state would weigh a KiB in every user's task.
        let handshake = pin!(http1::Builder::new().max_buf_size(BUFFER_BYTES).handshake(stream));
        match handshake.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok((sender, connection))) => {
                let (sender, driver) = (Sender::One(sender), Driver::One(connection));
                Some(Box::new(Self { sender, driver: Some(driver), error: None }))
            }
            Poll::Ready(Err(_)) | Poll::Pending => None,
        }
    }

    /// Speaks HTTP/2 over a stream: sends its preface.
    pub async fn over_two(stream: MeteredStream) -> Result<Box<Self>, hyper::Error> {
        let (sender, connection) = http2::Builder::new(Local).handshake(stream).await?;
        let (sender, driver) = (Sender::Two(sender), Driver::Two(Box::new(connection)));
        Ok(Box::new(Self { sender, driver: Some(driver), error: None }))
    }

    /// Sends a request; the answer's head comes while the connection is driven.
    pub fn send(&mut self, request: Request<Sending>) -> impl Future<Output = Sent> + use<> {
        let sending = match &mut self.sender {
            Sender::One(sender) => Either::One(sender.try_send_request(request)),
            Sender::Two(sender) => Either::Two(sender.try_send_request(request)),
        };
        async move {
            match sending {
                Either::One(sending) => sending.await,
                Either::Two(sending) => sending.await,
            }
        }
    }

    /// Lets the connection read and write as far as it can now.
    pub fn drive(&mut self, cx: &mut Context<'_>) {
        let over = match &mut self.driver {
            None => return,
            Some(Driver::One(connection)) => Pin::new(connection).poll(cx),
            Some(Driver::Two(connection)) => Pin::new(connection).poll(cx),
        };
        if let Poll::Ready(over) = over {
            self.driver = None;
            self.error = over.err();
        }
    }

    /// Takes the connection apart, and keeps the stream alone; the connection itself where that cannot be done, `None` where
    /// it is over or the peer has sent more.
    pub fn rest(mut self: Box<Self>) -> Resting {
        match self.driver.take() {
            Some(Driver::One(connection)) if self.error.is_none() => {
                let parts = connection.into_parts();
                if parts.read_buf.is_empty() { Resting::Stream(Box::new(parts.io)) } else { Resting::Nothing }
            }
            Some(two @ Driver::Two(_)) => {
                self.driver = Some(two);
                Resting::Whole(self)
            }
            _ => Resting::Nothing,
        }
    }

    /// Whether the connection is over: no more will come of it.
    pub const fn is_over(&self) -> bool {
        self.driver.is_none()
    }

    /// Whether an answer may be looked for before any byte came in by way of this task.
    pub const fn is_driven_elsewhere(&self) -> bool {
        matches!(self.sender, Sender::Two(_))
    }

    /// What broke the connection, where the exchange itself has not got it.
    pub fn take_error(&mut self) -> Option<hyper::Error> {
        self.error.take()
    }

    /// Whether another request may follow: the peer keeps it open, and the last request has gone out whole.
    pub fn is_reusable(&self) -> bool {
        self.driver.is_some()
            && match &self.sender {
                Sender::One(sender) => sender.is_ready(),
                Sender::Two(sender) => sender.is_ready(),
            }
    }
}

/// What is left of a connection that rests.
pub(super) enum Resting {
    /// Its stream.
    Stream(Box<MeteredStream>),
    /// All of it.
    Whole(Box<Connection>),
    /// Nothing: it was over.
    Nothing,
}
