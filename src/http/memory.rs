use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::sync::{mpsc, oneshot};

/// A network in memory: no real I/O happens on it, so that paused time advances by itself.
#[derive(Debug, Clone)]
pub struct MemoryNetwork {
    dial: mpsc::UnboundedSender<Dialing>,
    /// Who looks names up; where there is nobody, every name is known.
    resolver: Option<mpsc::UnboundedSender<Naming>>,
}

/// The service's side of a network in memory.
pub(crate) struct MemoryListener(mpsc::UnboundedReceiver<Dialing>);

/// The resolver's side of a network in memory.
pub(crate) struct MemoryResolver(mpsc::UnboundedReceiver<Naming>);

/// A connection that somebody wants to make; dropped, it is refused.
#[derive(Debug)]
pub(crate) struct Dialing(oneshot::Sender<MemoryStream>);

/// A name that somebody wants to know the address of; dropped, it does not resolve.
#[derive(Debug)]
pub(crate) struct Naming(oneshot::Sender<()>);

/// The client's end of a connection in memory.
#[derive(Debug)]
pub struct MemoryStream {
    stream: DuplexStream,
    reset: Arc<AtomicBool>,
}

/// The service's means of resetting a connection: once its own end is dropped, the client's breaks instead of ending.
#[derive(Debug)]
pub(crate) struct Reset(Arc<AtomicBool>);

/// What a connection holds in each direction before its writer has to wait.
const CAPACITY: usize = 64 << 10;

impl MemoryNetwork {
    /// A network with one service on it, which listens at every address.
    pub(crate) fn new() -> (Self, MemoryListener) {
        let (dial, dialed) = mpsc::unbounded_channel();
        (Self { dial, resolver: None }, MemoryListener(dialed))
    }

    /// The same network, on which names have to be looked up.
    pub(crate) fn with_resolver(self) -> (Self, MemoryResolver) {
        let (resolver, names) = mpsc::unbounded_channel();
        (Self { resolver: Some(resolver), ..self }, MemoryResolver(names))
    }

    /// Looks a name up, where there is anybody who does.
    pub(super) async fn look_up(&self) -> io::Result<Looked> {
        let Some(resolver) = &self.resolver else { return Ok(Looked::Nowhere) };
        let (answer, answered) = oneshot::channel();
        let unknown = || io::Error::new(io::ErrorKind::NotFound, "Name or service not known");
        resolver.send(Naming(answer)).map_err(|_| unknown())?;
        answered.await.map_err(|_| unknown())?;
        Ok(Looked::Up)
    }

    /// Makes a connection, once the service takes it.
    pub(super) async fn connect(&self) -> io::Result<MemoryStream> {
        let (answer, answered) = oneshot::channel();
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        self.dial.send(Dialing(answer)).map_err(|_| refused())?;
        answered.await.map_err(|_| refused())
    }
}

/// Whether a name was looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    Up,
    Nowhere,
}

impl MemoryListener {
    /// The next connection that somebody wants to make; `None` once nobody can any more.
    pub(crate) async fn next(&mut self) -> Option<Dialing> {
        self.0.recv().await
    }
}

impl MemoryResolver {
    /// The next name that somebody wants to know; `None` once nobody can any more.
    pub(crate) async fn next(&mut self) -> Option<Naming> {
        self.0.recv().await
    }
}

impl Naming {
    /// Tells the address.
    pub(crate) fn tell(self) {
        // whoever asked may have given up
        let _ = self.0.send(());
    }
}

impl Dialing {
    /// Takes the connection; `None` where whoever wanted it has given up.
    pub(crate) fn accept(self) -> Option<DuplexStream> {
        self.accept_resettable().map(|(stream, _)| stream)
    }

    /// The same, with the means of resetting it.
    pub(crate) fn accept_resettable(self) -> Option<(DuplexStream, Reset)> {
        let (stream, service) = duplex(CAPACITY);
        let reset = Arc::new(AtomicBool::new(false));
        let client = MemoryStream { stream, reset: reset.clone() };
        self.0.send(client).ok().map(|()| (service, Reset(reset)))
    }
}

impl Reset {
    /// Resets the connection, whose service's end is dropped next.
    pub(crate) fn reset(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl MemoryStream {
    fn broken<T>(&self, result: io::Result<T>) -> io::Result<T> {
        let reset = self.reset.load(Ordering::Relaxed);
        result.map_err(|error| if reset { io::ErrorKind::ConnectionReset.into() } else { error })
    }
}

impl AsyncRead for MemoryStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = into.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, into))?;
        let ended = into.filled().len() == before && into.remaining() > 0;
        if ended && this.reset.load(Ordering::Relaxed) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for MemoryStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.stream).poll_write(cx, bytes));
        Poll::Ready(this.broken(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
