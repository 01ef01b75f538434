use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

#[cfg(test)]
use super::memory::MemoryStream;
use super::message::Failure;
use super::slow_line::SlowLine;
use super::tcp;
use crate::sample::Phases;

/// What one exchange has put on the wire so far; shared between the connection, which writes it, and the exchange.
#[derive(Default)]
pub(super) struct ByteCounter {
    /// Bytes of HTTP written.
    pub bytes_out: Cell<u64>,
    /// Bytes of HTTP read.
    pub bytes_in: Cell<u64>,
    /// Bytes of the answer's body, as they came, once it is whole.
    pub content: Cell<u64>,
    /// When the first was written.
    pub first_out: Cell<Option<Instant>>,
    /// When the first was read.
    pub first_in: Cell<Option<Instant>>,
    /// When the last was read, or the end of the connection.
    pub last_in: Cell<Option<Instant>>,
    /// The phases of making the connection that are over.
    pub connecting: Cell<Phases>,
    /// Whether the peer's name is being looked up.
    pub looking_up: Cell<bool>,
    /// Whether the connection has carried an exchange before.
    pub reused: Cell<bool>,
    /// Why no more of the request's body came, where it broke off.
    pub unread: Cell<Option<Box<Failure>>>,
    /// How much of the request's body there is to send.
    pub to_send: Cell<ToSend>,
}

/// How much of a request's body there is to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToSend {
    /// So many bytes in all.
    Bytes(u64),
    /// Nobody knows: more of it is being made.
    More,
}

impl Default for ToSend {
    fn default() -> Self {
        Self::Bytes(0)
    }
}

impl ByteCounter {
    /// Back to nothing: another exchange begins. What it has to send is known before.
    pub fn reset(&self) {
        self.bytes_out.set(0);
        self.bytes_in.set(0);
        self.content.set(0);
        self.first_out.set(None);
        self.first_in.set(None);
        self.last_in.set(None);
        self.connecting.set(Phases::default());
        self.looking_up.set(false);
        self.reused.set(false);
        self.unread.set(None);
    }

    /// Counts bytes that were written, of which the first were about to be at a moment.
    pub fn wrote(&self, bytes: usize, began: Option<Instant>) {
        if self.first_out.get().is_none() {
            self.first_out.set(began);
        }
        self.bytes_out.set(self.bytes_out.get() + bytes as u64);
    }

    /// Counts bytes that were read; none at the end of the connection.
    pub fn read(&self, bytes: usize) {
        let now = Some(Instant::now());
        self.last_in.set(now);
        if bytes > 0 && self.first_in.get().is_none() {
            self.first_in.set(now);
        }
        self.bytes_in.set(self.bytes_in.get() + bytes as u64);
    }

    /// The moment to note as that of the first byte, taken before it is written; the clock is read once an exchange.
    pub fn about_to_write(&self) -> Option<Instant> {
        self.first_out.get().is_none().then(Instant::now)
    }
}

/// The bytes to and from the peer, in the clear or within TLS.
pub(super) enum Stream {
    /// In the clear.
    Plain(Socket),
    /// Within TLS; boxed, for it is ten times the size.
    Tls(Box<TlsStream<Socket>>),
}

/// What HTTP, or TLS, is spoken over.
pub(super) enum Socket {
    /// A connection to a host.
    Tcp(TcpStream),
    /// A socket of this machine.
    Unix(UnixStream),
    /// One of these that carries no more than so much in a second; boxed, for it is rare and large.
    Slow(Box<SlowLine>),
    /// A connection in memory, to a service that a test plays.
    #[cfg(test)]
    Memory(MemoryStream),
}

/// The same call on whichever stream it is.
macro_rules! each {
    ($socket:expr, $stream:ident => $call:expr) => {
        match $socket {
            Socket::Tcp($stream) => $call,
            Socket::Unix($stream) => $call,
            Socket::Slow($stream) => $call,
            #[cfg(test)]
            Socket::Memory($stream) => $call,
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => tcp::poll_receive(stream, cx, into),
            other => each!(other, stream => Pin::new(stream).poll_read(cx, into)),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => tcp::poll_send(stream, cx, bytes),
            other => each!(other, stream => Pin::new(stream).poll_write(cx, bytes)),
        }
    }

    fn is_write_vectored(&self) -> bool {
        each!(self, stream => stream.is_write_vectored())
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_write_vectored(cx, parts))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(cx))
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, into),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// A stream for HTTP/2, whose bytes are counted and whose first ones are timed.
///
/// Reads go through the worker's one read buffer and are copied from there: filling hyper's own uninitialised
/// buffer would take `unsafe`, and zeroing it first costs more than the copy.
pub(super) struct MeteredStream {
    stream: Stream,
    counter: Rc<ByteCounter>,
    read_buffer: Rc<RefCell<Box<[u8]>>>,
}

impl MeteredStream {
    pub fn new(stream: Stream, counter: Rc<ByteCounter>, read_buffer: Rc<RefCell<Box<[u8]>>>) -> Self {
        Self { stream, counter, read_buffer }
    }
}

impl Read for MeteredStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, mut into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let mut buffer = this.read_buffer.borrow_mut();
        let room = into.remaining().min(buffer.len());
        let mut read = ReadBuf::new(&mut buffer[..room]);
        ready!(Pin::new(&mut this.stream).poll_read(cx, &mut read))?;
        this.counter.read(read.filled().len());
        into.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl Write for MeteredStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let began = this.counter.about_to_write();
        let written = ready!(Pin::new(&mut this.stream).poll_write(cx, bytes))?;
        this.counter.wrote(written, began);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let began = this.counter.about_to_write();
        let written = ready!(Pin::new(&mut this.stream).poll_write_vectored(cx, parts))?;
        this.counter.wrote(written, began);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
