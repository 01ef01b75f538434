use std::pin::Pin;
use std::task::{Context, Poll};

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
    /// Speaks HTTP over a fresh stream; nothing is sent yet.
    pub async fn over(wire: Wire) -> Result<Self, hyper::Error> {
        let (sender, connection) = Builder::new().max_buf_size(BUFFER_BYTES).handshake(wire).await?;
        Ok(Self { sender, connection: Some(connection), trouble: None })
    }

    /// Lets the connection read and write as far as it can now.
    pub fn drive(&mut self, cx: &mut Context<'_>) {
        let Some(connection) = &mut self.connection else { return };
        if let Poll::Ready(over) = Pin::new(connection).poll(cx) {
            self.connection = None;
            self.trouble = over.err();
        }
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
