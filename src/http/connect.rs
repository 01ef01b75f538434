use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::time::timeout;

use super::failure;
use super::message::Failure;
use super::metered_stream::{ByteCounter, Socket, Stream};
use super::origin::Origin;
use super::tls::H2;
use super::transport::{Transport, Version};
use super::tunnel;
use crate::sample::Phases;

/// Makes a connection: name, TCP, a proxy's tunnel, TLS, each timed into `gauge` as it is over.
pub(super) async fn connect(transport: &Transport, gauge: &ByteCounter) -> Result<Stream, Failure> {
    let origin = transport.origin();
    let began = Instant::now();
    let socket = match &transport.settings().unix_socket {
        Some(path) => {
            let limit = transport.settings().connect_timeout;
            let connected = timeout(limit, UnixStream::connect(path)).await;
            let connected = connected.map_err(|_| failure::slow_connect(origin, limit))?;
            let socket = connected.map_err(|error| failure::no_socket(path, &error))?;
            gauge.made.set(Phases { connect: Some(began.elapsed()), ..gauge.made.get() });
            Socket::Unix(socket)
        }
        None => Socket::Tcp(over_tcp(transport, gauge, began).await?),
    };
    let (Some(connector), Some(name)) = (transport.tls(), origin.certified_name()) else {
        return Ok(socket.plain());
    };
    let connected = Instant::now();
    let name: ServerName<'static> = name.clone();
    let stream = connector.connect(name, socket).await.map_err(|error| failure::untrusted(origin, &error))?;
    gauge.made.set(Phases { tls: Some(connected.elapsed()), ..gauge.made.get() });
    if transport.settings().version == Version::Two && stream.get_ref().1.alpn_protocol() != Some(H2) {
        return Err(failure::no_http2(origin));
    }
    Ok(Stream::Tls(Box::new(stream)))
}

async fn over_tcp(transport: &Transport, gauge: &ByteCounter, began: Instant) -> Result<TcpStream, Failure> {
    let peer = transport.peer();
    let (addresses, found) = match peer.address() {
        Some(address) => (vec![SocketAddr::new(address, peer.port())], began),
        None => {
            let addresses = look_up(peer).await?;
            let found = Instant::now();
            gauge.made.set(Phases { dns: Some(found - began), ..gauge.made.get() });
            (addresses, found)
        }
    };
    let limit = transport.settings().connect_timeout;
    let mut stream = match timeout(limit, first_of(&addresses)).await {
        Ok(connected) => connected.map_err(|error| failure::unconnected(peer, &error))?,
        Err(_) => return Err(failure::slow_connect(peer, limit)),
    };
    stream.set_nodelay(true).map_err(|error| failure::unconnected(peer, &error))?;
    if let Some(proxy) = transport.settings().proxy.as_ref().filter(|_| transport.forwarder().is_none()) {
        tunnel::open(&mut stream, proxy, transport.origin()).await?;
    }
    gauge.made.set(Phases { connect: Some(found.elapsed()), ..gauge.made.get() });
    Ok(stream)
}

async fn look_up(origin: &Origin) -> Result<Vec<SocketAddr>, Failure> {
    // Looked up on the runtime's blocking threads: the worker goes on meanwhile.
    match lookup_host((origin.host(), origin.port())).await {
        Ok(addresses) => {
            let addresses: Vec<_> = addresses.collect();
            if addresses.is_empty() { Err(failure::unresolved(origin, None)) } else { Ok(addresses) }
        }
        Err(error) => Err(failure::unresolved(origin, Some(&error))),
    }
}

/// The first address that answers, in the order the resolver gave them; the last one's error where none does.
async fn first_of(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}
