use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};

use super::wire::Wire;

/// The most an answer's head may be, and the most that is read ahead of a body.
const BUFFER_BYTES: usize = 64 << 10;

/// One connection: both halves of hyper's, driven by the task of the user who owns it.
pub(super) struct Link {
    /// Takes the requests.
    pub sender: SendRequest<Full<Bytes>>,
    connection: Option<Connection<Wire, Full<Bytes>>>,
    trouble: Option<hyper::Error>,
}

impl Link {
    /// Speaks HTTP over a stream; nothing is sent yet. HTTP/1 has no handshake: `None` cannot happen, but hyper's
    /// signature has room for one.
    pub fn over(wire: Wire) -> Option<Box<Self>> {
        // Polled here, once: awaited, its state would weigh a KiB in every user's task.
        let handshake = pin!(Builder::new().max_buf_size(BUFFER_BYTES).handshake(wire));
        match handshake.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok((sender, connection))) => {
                Some(Box::new(Self { sender, connection: Some(connection), trouble: None }))
            }
            Poll::Ready(Err(_)) | Poll::Pending => None,
        }
    }

    /// Lets the connection read and write as far as it can now.
    pub fn drive(&mut self, cx: &mut Context<'_>) {
        let Some(connection) = &mut self.connection else { return };
        if let Poll::Ready(over) = Pin::new(connection).poll(cx) {
            self.connection = None;
            self.trouble = over.err();
        }
    }

    /// Takes the connection apart, and keeps the stream alone; `None` where it is over, or the peer has sent more.
    pub fn into_wire(self: Box<Self>) -> Option<Wire> {
        let parts = self.connection.filter(|_| self.trouble.is_none())?.into_parts();
        parts.read_buf.is_empty().then_some(parts.io)
    }

    /// Whether the connection is over: no more will come of it.
    pub const fn is_over(&self) -> bool {
        self.connection.is_none()
    }

    /// What broke the connection, where it was not told to the exchange itself.
    pub fn take_trouble(&mut self) -> Option<hyper::Error> {
        self.trouble.take()
    }

    /// Whether another request may follow: the peer keeps it open, and the last request has gone out whole.
    pub fn is_reusable(&self) -> bool {
        self.connection.is_some() && self.sender.is_ready()
    }
}
