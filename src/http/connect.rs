use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

use super::failure;
use super::message::Failure;
use super::metered_stream::{ByteCounter, Socket, Stream};
use super::origin::Origin;
use super::tls::H2;
use super::transport::{Network, Proxy, Transport, Version};
use crate::sample::Phases;

/// A longer answer to `CONNECT` is not a proxy's.
const LONGEST_TUNNEL_ANSWER: usize = 16 << 10;

/// Makes a connection: name, TCP, a proxy's tunnel, TLS, each timed into `counter` as it is over.
pub(super) async fn connect(transport: &Transport, counter: &ByteCounter) -> Result<Stream, Failure> {
    let origin = transport.origin();
    let limit = transport.settings().connect_timeout;
    let began = Instant::now();
    let socket = match &transport.settings().network {
        Network::Tcp => Socket::Tcp(over_tcp(transport, counter, began).await?),
        Network::Unix(path) => {
            let connected = within(limit, origin, UnixStream::connect(path)).await?;
            let socket = connected.map_err(|error| failure::no_socket(path, &error))?;
            counter.connecting.set(Phases { connect: Some(began.elapsed()), ..counter.connecting.get() });
            Socket::Unix(socket)
        }
        #[cfg(test)]
        Network::Memory(network) => {
            let looked = network.look_up().await.map_err(|error| failure::unresolved(origin, Some(&error)))?;
            let found = Instant::now();
            if looked == super::memory::Looked::Up {
                counter.connecting.set(Phases { dns: Some(found - began), ..counter.connecting.get() });
            }
            let connected = within(limit, origin, network.connect()).await?;
            let stream = connected.map_err(|error| failure::unconnected(origin, &error))?;
            counter.connecting.set(Phases { connect: Some(found.elapsed()), ..counter.connecting.get() });
            Socket::Memory(stream)
        }
    };
    let (Some(connector), Some(name)) = (transport.tls(), origin.certified_name()) else {
        return Ok(Stream::Plain(socket));
    };
    let connected = Instant::now();
    let name: ServerName<'static> = name.clone();
    let stream = connector.connect(name, socket).await.map_err(|error| failure::untrusted(origin, &error))?;
    counter.connecting.set(Phases { tls: Some(connected.elapsed()), ..counter.connecting.get() });
    if transport.settings().version == Version::Two && stream.get_ref().1.alpn_protocol() != Some(H2) {
        return Err(failure::no_http2(origin));
    }
    Ok(Stream::Tls(Box::new(stream)))
}

async fn over_tcp(transport: &Transport, counter: &ByteCounter, began: Instant) -> Result<TcpStream, Failure> {
    let peer = transport.peer();
    let limit = transport.settings().connect_timeout;
    let (addresses, found) = match peer.address() {
        Some(address) => (vec![SocketAddr::new(address, peer.port())], began),
        None => {
            counter.looking_up.set(true);
            let looked_up = timeout(limit, look_up(transport, peer)).await;
            let addresses = looked_up.map_err(|_| failure::slow_resolver(peer, limit))??;
            counter.looking_up.set(false);
            let found = Instant::now();
            counter.connecting.set(Phases { dns: Some(found - began), ..counter.connecting.get() });
            (addresses, found)
        }
    };
    // the name and the connection share the time
    let left = limit.saturating_sub(found - began);
    let connected = timeout(left, first_of(&addresses)).await.map_err(|_| failure::slow_connect(peer, limit))?;
    let mut stream = connected.map_err(|error| failure::unconnected(peer, &error))?;
    stream.set_nodelay(true).map_err(|error| failure::unconnected(peer, &error))?;
    if let Some(proxy) = transport.settings().proxy.as_ref().filter(|_| transport.forward_proxy().is_none()) {
        open_tunnel(&mut stream, proxy, transport.origin()).await?;
    }
    counter.connecting.set(Phases { connect: Some(found.elapsed()), ..counter.connecting.get() });
    Ok(stream)
}

async fn within<T>(limit: Duration, peer: &Origin, connecting: impl Future<Output = T>) -> Result<T, Failure> {
    timeout(limit, connecting).await.map_err(|_| failure::slow_connect(peer, limit))
}

/// Looks a name up on a thread of the runtime's own: the worker goes on meanwhile. The system's resolver cannot be stopped,
/// so a look-up has its place until it comes back, though nobody may wait for it any more.
async fn look_up(transport: &Transport, origin: &Origin) -> Result<Vec<SocketAddr>, Failure> {
    let unresolved = |error: &io::Error| failure::unresolved(origin, Some(error));
    let place = transport.look_ups().clone().acquire_owned().await;
    let place = place.map_err(|closed| unresolved(&io::Error::other(closed)))?;
    let (host, port) = (Arc::<str>::from(origin.host()), origin.port());
    let looked_up = spawn_blocking(move || {
        let addresses = (&*host, port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        drop(place);
        addresses
    });
    let addresses = looked_up.await.map_err(|gone| unresolved(&io::Error::other(gone)))?;
    let addresses = addresses.map_err(|error| unresolved(&error))?;
    if addresses.is_empty() { Err(failure::unresolved(origin, None)) } else { Ok(addresses) }
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

/// Asks a proxy for a tunnel to a service (RFC 9110, section 9.3.6).
async fn open_tunnel(stream: &mut TcpStream, proxy: &Proxy, origin: &Origin) -> Result<(), Failure> {
    let authority = format!("{}:{}", origin.host(), origin.port());
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n").into_bytes();
    if let Some(authorization) = &proxy.authorization {
        request.extend_from_slice(b"proxy-authorization: ");
        request.extend_from_slice(authorization.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    let broken = |error: io::Error| failure::unconnected(&proxy.origin, &error);
    stream.write_all(&request).await.map_err(broken)?;
    // byte by byte: what follows the answer's head belongs to the service
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= LONGEST_TUNNEL_ANSWER {
            return Err(failure::no_tunnel(&proxy.origin, None));
        }
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(failure::no_tunnel(&proxy.origin, None));
            }
            Err(error) => return Err(broken(error)),
        }
    }
    let status = std::str::from_utf8(&head).ok().and_then(|head| head.split(' ').nth(1)).unwrap_or_default();
    match status.parse::<u16>() {
        Ok(200..=299) => Ok(()),
        Ok(status) => Err(failure::no_tunnel(&proxy.origin, Some(status))),
        Err(_) => Err(failure::no_tunnel(&proxy.origin, None)),
    }
}
