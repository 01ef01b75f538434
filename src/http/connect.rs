use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UnixStream};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

use super::failure;
use super::message::Failure;
use super::metered_stream::{ByteCounter, Socket, Stream};
use super::origin::Origin;
use super::race::race;
use super::routes::{Addresses, Family, NotOfThisMachine, Route, interleaved};
use super::slow_line::SlowLine;
use super::tls::H2;
use super::transport::{Network, Proxy, Transport, Version};
use crate::sample::Phases;

/// A longer answer to `CONNECT` is not a proxy's.
const LONGEST_TUNNEL_ANSWER: usize = 16 << 10;

/// Makes a connection: name, TCP, a proxy's tunnel, TLS, each timed into `counter` as it is over.
pub(super) async fn connect(transport: &Transport, counter: &ByteCounter) -> Result<Stream, Failure> {
    let origin = transport.origin();
    let began = Instant::now();
    let (mut socket, found) = reach_peer(transport, counter, began).await?;
    if let Some(proxy) = transport.settings().proxy.as_ref().filter(|_| transport.forward_proxy().is_none()) {
        open_tunnel(&mut socket, proxy, origin).await?;
    }
    counter.connecting.set(Phases { connect: Some(found.elapsed()), ..counter.connecting.get() });
    let socket = match transport.settings().bandwidth {
        None => socket,
        Some(bandwidth) => Socket::Slow(Box::new(SlowLine::new(socket, bandwidth))),
    };
    let (Some(connector), Some(name)) = (transport.tls(), transport.certified_name()) else {
        return Ok(Stream::Plain(socket));
    };
    let connected = Instant::now();
    let stream = connector.connect(name.clone(), socket).await;
    let stream = stream.map_err(|error| failure::untrusted(origin, name, &error))?;
    counter.connecting.set(Phases { tls: Some(connected.elapsed()), ..counter.connecting.get() });
    if transport.settings().version == Version::Two && stream.get_ref().1.alpn_protocol() != Some(H2) {
        return Err(failure::no_http2(origin));
    }
    Ok(Stream::Tls(Box::new(stream)))
}

/// Why nobody is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotReached {
    /// None of the source addresses is of a kind with those of the peer.
    NoSource(String),
    /// Anything else.
    NoPeer(String),
}

/// Makes a connection to the service, or to the proxy before it, and gives it up: whether somebody is there.
///
/// # Errors
/// Why there is no connection.
pub async fn reach(transport: &Transport) -> Result<(), NotReached> {
    let reached = reach_peer(transport, &ByteCounter::default(), Instant::now()).await;
    reached.map(drop).map_err(|failure| {
        let is_of_source =
            [Family::Four, Family::Six].iter().any(|family| failure == failure::no_source(transport.peer(), *family));
        if is_of_source { NotReached::NoSource(failure.message) } else { NotReached::NoPeer(failure.message) }
    })
}

/// Makes a connection to the service or to the proxy; with the moment at which its address was known.
async fn reach_peer(
    transport: &Transport,
    counter: &ByteCounter,
    began: Instant,
) -> Result<(Socket, Instant), Failure> {
    match &transport.settings().network {
        Network::Tcp => to_an_address(transport, counter, began, tcp).await,
        Network::Unix(path) => {
            let limit = transport.settings().connect_timeout;
            let connected = timeout(limit, UnixStream::connect(path)).await;
            let connected = connected.map_err(|_| failure::slow_connect(transport.origin(), limit))?;
            let socket = connected.map_err(|error| failure::no_socket(path, &error))?;
            Ok((Socket::Unix(socket), began))
        }
        #[cfg(test)]
        Network::Memory(network) => {
            let connect = |route| async move { network.connect(route).await.map(Socket::Memory) };
            to_an_address(transport, counter, began, connect).await
        }
    }
}

/// Makes a connection to one of the peer's addresses.
async fn to_an_address<D: Future<Output = io::Result<Socket>>>(
    transport: &Transport,
    counter: &ByteCounter,
    began: Instant,
    dial: impl Fn(Route) -> D,
) -> Result<(Socket, Instant), Failure> {
    let peer = transport.peer();
    let limit = transport.settings().connect_timeout;
    let (addresses, found) = match transport.known_addresses() {
        Some(addresses) => (addresses, began),
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
    let routes = transport.next_routes(&addresses);
    if routes.is_empty() {
        // had they both kinds, some route would fit
        let family = addresses.first().map_or(Family::Four, Family::of);
        return Err(failure::no_source(peer, family));
    }
    // the name and the connection share the time
    let left = limit.saturating_sub(found - began);
    let connected = timeout(left, race(routes.into_iter().map(dial))).await;
    let connected = connected.map_err(|_| failure::slow_connect(peer, limit))?;
    Ok((connected.map_err(|error| failure::unconnected(peer, &error))?, found))
}

async fn tcp(route: Route) -> io::Result<Socket> {
    let stream = match route.from {
        None => TcpStream::connect(route.to).await?,
        Some(from) => {
            let socket = if route.to.is_ipv6() { TcpSocket::new_v6() } else { TcpSocket::new_v4() }?;
            port_when_connecting(&socket);
            socket.bind(SocketAddr::new(from, 0)).map_err(|error| match error.kind() {
                io::ErrorKind::AddrNotAvailable => io::Error::other(NotOfThisMachine(from)),
                _ => error,
            })?;
            socket.connect(route.to).await?
        }
    };
    stream.set_nodelay(true)?;
    Ok(Socket::Tcp(stream))
}

/// Leaves the choice of a port to the connection: bound without it, a socket has one for itself, of those that no other
/// has towards anybody and that have rested for a minute, and the search for it takes the longer the fewer are left. Where
/// the system does not know this, it is done without.
fn port_when_connecting(socket: &TcpSocket) {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::socket::setsockopt(socket, nix::sys::socket::sockopt::IpBindAddressNoPort, &true);
    #[cfg(not(target_os = "linux"))]
    let _ = socket;
}

/// The addresses of a name, in the order they are tried in.
async fn look_up(transport: &Transport, origin: &Origin) -> Result<Vec<SocketAddr>, Failure> {
    let found = match &transport.settings().network {
        #[cfg(test)]
        Network::Memory(network) => network.look_up(origin.port()).await,
        Network::Tcp | Network::Unix(_) => ask_system(transport, origin).await,
    };
    let mut found = found.map_err(|error| failure::unresolved(origin, Some(&error)))?;
    if transport.settings().addresses == Addresses::All {
        // a resolver may answer in another order each time: with ours on top, some would never have their turn
        found.sort_unstable();
    }
    let addresses = interleaved(found);
    if addresses.is_empty() { Err(failure::unresolved(origin, None)) } else { Ok(addresses) }
}

/// Looks a name up on a thread of the runtime's own: the worker goes on meanwhile. The system's resolver cannot be stopped,
/// so a look-up has its place until it comes back, though nobody may wait for it any more.
async fn ask_system(transport: &Transport, origin: &Origin) -> io::Result<Vec<SocketAddr>> {
    let place = transport.look_ups().clone().acquire_owned().await.map_err(io::Error::other)?;
    let (host, port) = (Arc::<str>::from(origin.host()), origin.port());
    let looked_up = spawn_blocking(move || {
        let addresses = (&*host, port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        drop(place);
        addresses
    });
    looked_up.await.map_err(io::Error::other)?
}

/// Asks a proxy for a tunnel to a service (RFC 9110, section 9.3.6).
async fn open_tunnel(stream: &mut Socket, proxy: &Proxy, origin: &Origin) -> Result<(), Failure> {
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
