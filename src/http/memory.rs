use std::io;

use tokio::io::{DuplexStream, duplex};
use tokio::sync::{mpsc, oneshot};

/// A network in memory: no real I/O happens on it, so that paused time advances by itself.
#[derive(Debug, Clone)]
pub struct MemoryNetwork(mpsc::UnboundedSender<Dialing>);

/// The service's side of a network in memory.
pub(crate) struct MemoryListener(mpsc::UnboundedReceiver<Dialing>);

/// A connection that somebody wants to make; dropped, it is refused.
#[derive(Debug)]
pub(crate) struct Dialing(oneshot::Sender<DuplexStream>);

/// What a connection holds in each direction before its writer has to wait.
const CAPACITY: usize = 64 << 10;

impl MemoryNetwork {
    /// A network with one service on it, which listens at every address.
    pub(crate) fn new() -> (Self, MemoryListener) {
        let (dial, dialed) = mpsc::unbounded_channel();
        (Self(dial), MemoryListener(dialed))
    }

    /// Makes a connection, once the service takes it.
    pub(super) async fn connect(&self) -> io::Result<DuplexStream> {
        let (answer, answered) = oneshot::channel();
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        self.0.send(Dialing(answer)).map_err(|_| refused())?;
        answered.await.map_err(|_| refused())
    }
}

impl MemoryListener {
    /// The next connection that somebody wants to make; `None` once nobody can any more.
    pub(crate) async fn next(&mut self) -> Option<Dialing> {
        self.0.recv().await
    }
}

impl Dialing {
    /// Takes the connection; `None` where whoever wanted it has given up.
    pub(crate) fn accept(self) -> Option<DuplexStream> {
        let (client, service) = duplex(CAPACITY);
        self.0.send(client).ok().map(|()| service)
    }
}
