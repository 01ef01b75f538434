use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::failure;
use super::message::Failure;
use super::origin::Origin;
use super::transport::Proxy;

/// A proxy whose answer to `CONNECT` is longer than this is none.
const LONGEST_ANSWER: usize = 16 << 10;

/// Asks a proxy for a tunnel to a service (RFC 9110, section 9.3.6).
pub(super) async fn open(stream: &mut TcpStream, proxy: &Proxy, origin: &Origin) -> Result<(), Failure> {
    let authority = format!("{}:{}", origin.host(), origin.port());
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n").into_bytes();
    if let Some(authorization) = &proxy.authorization {
        request.extend_from_slice(b"proxy-authorization: ");
        request.extend_from_slice(authorization.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    let broken = |error: std::io::Error| failure::unconnected(&proxy.origin, &error);
    stream.write_all(&request).await.map_err(broken)?;
    // byte by byte: what follows the answer's head belongs to the service
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= LONGEST_ANSWER {
            return Err(failure::no_tunnel(&proxy.origin, None));
        }
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
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
