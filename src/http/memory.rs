use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::sync::{mpsc, oneshot};

use super::routes::Route;

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
pub(crate) struct Dialing {
    answer: oneshot::Sender<MemoryStream>,
    route: Route,
}

/// A name that somebody wants to know the address of; dropped, it does not resolve.
#[derive(Debug)]
pub(crate) struct Naming(oneshot::Sender<Vec<IpAddr>>);

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

    /// Whether names have to be looked up.
    pub(super) const fn has_resolver(&self) -> bool {
        self.resolver.is_some()
    }

    /// Looks a name up.
    pub(super) async fn look_up(&self, port: u16) -> io::Result<Vec<SocketAddr>> {
        let unknown = || io::Error::new(io::ErrorKind::NotFound, "Name or service not known");
        let (answer, answered) = oneshot::channel();
        self.resolver.as_ref().ok_or_else(unknown)?.send(Naming(answer)).map_err(|_| unknown())?;
        let addresses = answered.await.map_err(|_| unknown())?;
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    /// Makes a connection, once the service takes it.
    pub(super) async fn connect(&self, route: Route) -> io::Result<MemoryStream> {
        let (answer, answered) = oneshot::channel();
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        self.dial.send(Dialing { answer, route }).map_err(|_| refused())?;
        answered.await.map_err(|_| refused())
    }
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
    /// Tells an address.
    pub(crate) fn tell(self) {
        self.tell_all(vec![IpAddr::from([0, 0, 0, 0])]);
    }

    /// Tells several.
    pub(crate) fn tell_all(self, addresses: Vec<IpAddr>) {
        // whoever asked may have given up
        let _ = self.0.send(addresses);
    }
}

impl Dialing {
    /// Where it is to lead.
    pub(crate) const fn to(&self) -> SocketAddr {
        self.route.to
    }

    /// Where it is to come from, where that was said.
    pub(crate) const fn from(&self) -> Option<IpAddr> {
        self.route.from
    }

    /// Takes the connection; `None` where whoever wanted it has given up.
    pub(crate) fn accept(self) -> Option<DuplexStream> {
        self.accept_resettable().map(|(stream, _)| stream)
    }

    /// The same, with the means of resetting it.
    pub(crate) fn accept_resettable(self) -> Option<(DuplexStream, Reset)> {
        let (stream, service) = duplex(CAPACITY);
        let reset = Arc::new(AtomicBool::new(false));
        let client = MemoryStream { stream, reset: reset.clone() };
        self.answer.send(client).ok().map(|()| (service, Reset(reset)))
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
