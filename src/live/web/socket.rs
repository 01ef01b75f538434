use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::ReadBufCursor;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// So long a request may take to come, from when it may begin.
const ASKING: Duration = Duration::from_secs(10);
/// So long a connection may stay without asking anything more.
const IDLE: Duration = Duration::from_secs(30);
/// So long a peer may take no byte of what is sent to it.
const TAKING: Duration = Duration::from_secs(10);
/// How much is read at a time.
const CHUNK: usize = 4096;

/// A TCP stream in hyper's terms, whose peer has to ask in time, and to take what it asked for.
pub(super) struct Socket {
    stream: TcpStream,
    patience: Rc<Patience>,
    /// Until when the peer has to take something; none while it does.
    taking: Option<Pin<Box<Sleep>>>,
}

/// Until when the next request has to be there; none while one is answered.
pub(super) struct Patience(RefCell<Option<Pin<Box<Sleep>>>>);

/// A request is answered for as long as this is there.
#[derive(Debug)]
pub(super) struct Serving(Rc<Patience>);

impl Patience {
    /// Of a connection that has just been made.
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self(RefCell::new(Some(Box::pin(sleep(ASKING))))))
    }

    /// The whole request is there.
    pub(super) fn serve(self: &Rc<Self>) -> Serving {
        self.0.take();
        Serving(self.clone())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.0.replace(Some(Box::pin(sleep(IDLE))));
    }
}

impl Socket {
    pub(super) const fn new(stream: TcpStream, patience: Rc<Patience>) -> Self {
        Self { stream, patience, taking: None }
    }

    /// What came of writing; a peer that takes nothing for too long is gone.
    fn taken<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.taking = None;
            return written;
        }
        let taking = self.taking.get_or_insert_with(|| Box::pin(sleep(TAKING)));
        taking.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl hyper::rt::Read for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, mut out: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let mut chunk = [0; CHUNK];
        let room = out.remaining().min(CHUNK);
        let mut buffer = ReadBuf::new(&mut chunk[..room]);
        if let Poll::Ready(read) = Pin::new(&mut this.stream).poll_read(cx, &mut buffer) {
            read?;
            out.put_slice(buffer.filled());
            return Poll::Ready(Ok(()));
        }
        match this.patience.0.borrow_mut().as_mut() {
            Some(time) => time.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into())),
            None => Poll::Pending,
        }
    }
}

impl hyper::rt::Write for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.taken(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, bytes);
        this.taken(cx, written)
    }
}

impl std::fmt::Debug for Patience {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Patience").finish_non_exhaustive()
    }
}
