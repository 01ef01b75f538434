use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::failure;
use super::message::Failure;
use super::origin::Origin;
use super::transport::Transport;
use super::wire::{Gauge, Stream};
use crate::sample::Phases;

/// Makes a connection: name, TCP, TLS, each timed into `gauge` as it is over.
pub(super) async fn connect(transport: &Transport, gauge: &Gauge) -> Result<Stream, Failure> {
    let origin = transport.origin();
    let began = Instant::now();
    let (addresses, found) = match origin.address() {
        Some(address) => (vec![SocketAddr::new(address, origin.port())], began),
        None => {
            let addresses = look_up(origin).await?;
            let found = Instant::now();
            gauge.made.set(Phases { dns: Some(found - began), ..gauge.made.get() });
            (addresses, found)
        }
    };
    let limit = transport.settings().connect_timeout;
    let stream = match timeout(limit, first_of(&addresses)).await {
        Ok(connected) => connected.map_err(|error| failure::unconnected(origin, &error))?,
        Err(_) => return Err(failure::slow_connect(origin, limit)),
    };
    stream.set_nodelay(true).map_err(|error| failure::unconnected(origin, &error))?;
    let connected = Instant::now();
    gauge.made.set(Phases { connect: Some(connected - found), ..gauge.made.get() });

    let (Some(connector), Some(name)) = (transport.tls(), origin.certified_name()) else {
        return Ok(Stream::Plain(stream));
    };
    let stream = connector.connect(name.clone(), stream).await.map_err(|error| failure::untrusted(origin, &error))?;
    gauge.made.set(Phases { tls: Some(connected.elapsed()), ..gauge.made.get() });
    Ok(Stream::Tls(Box::new(stream)))
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
