//! What went wrong, in words that are the same each time: no local port, no time of day, no address that changes.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use rustls::CertificateError;
use rustls::pki_types::ServerName;

use super::body::Refused;
use super::message::Failure;
use super::metered_stream::{ByteCounter, ToSend};
use super::one::{Broken, LONGEST_HEAD, LONGEST_HEADS, Malformed};
use super::origin::Origin;
use super::routes::{Family, NotOfThisMachine};
use super::transport::Transport;
use crate::headers::MOST_HEADERS;
use crate::sample::FailureKind;
use crate::units::{Size, show_duration};

/// `EMFILE` and `ENFILE`: the process, or the system, has no file handle left.
const NO_HANDLE: [i32; 2] = [24, 23];

/// The name did not resolve.
pub(super) fn unresolved(origin: &Origin, error: Option<&io::Error>) -> Failure {
    let why = match error.map(ToString::to_string) {
        None => "it has no address".to_owned(),
        Some(text) => text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned(),
    };
    Failure::new(FailureKind::Dns, format!("`{}` does not resolve: {why}", origin.host()))
}

/// The name did not resolve within what a connection, or the request, may take.
pub(super) fn slow_resolver(origin: &Origin, limit: Duration) -> Failure {
    let message = format!("`{}` does not resolve within {}", origin.host(), show_duration(limit));
    Failure::new(FailureKind::Dns, message)
}

/// No TCP connection.
pub(super) fn unconnected(origin: &Origin, error: &io::Error) -> Failure {
    let peer = origin.authority();
    let message = match error.kind() {
        ErrorKind::ConnectionRefused => format!("connection refused by {peer}"),
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => format!("{peer} is unreachable"),
        ErrorKind::AddrNotAvailable | ErrorKind::AddrInUse => {
            format!("no local port left for {peer}: keep connections alive")
        }
        ErrorKind::TimedOut => format!("{peer} did not answer the connection"),
        _ if error.raw_os_error().is_some_and(|code| NO_HANDLE.contains(&code)) => {
            format!("no file handle left to connect to {peer}: raise `ulimit -n`")
        }
        kind => match error.get_ref().and_then(|inner| inner.downcast_ref::<NotOfThisMachine>()) {
            Some(source) => format!("no connection to {peer}: {source}"),
            None => format!("no connection to {peer}: {kind}"),
        },
    };
    Failure::new(FailureKind::Connect, message)
}

/// No address of this machine is of the family that the peer's are of.
pub(super) fn no_source(origin: &Origin, family: Family) -> Failure {
    let family = match family {
        Family::Four => "IPv4",
        Family::Six => "IPv6",
    };
    let peer = origin.authority();
    let message = format!("none of the source addresses is of a kind with those of {peer}, which are {family}");
    Failure::new(FailureKind::Connect, message)
}

/// The TCP connection took longer than it may.
pub(super) fn slow_connect(origin: &Origin, limit: Duration) -> Failure {
    let message = format!("no connection to {} within {}", origin.authority(), show_duration(limit));
    Failure::new(FailureKind::Connect, message)
}

/// No connection over a socket of this machine.
pub(super) fn no_socket(path: &Path, error: &io::Error) -> Failure {
    let shown = path.display();
    let message = match error.kind() {
        ErrorKind::NotFound => format!("there is no socket {shown}"),
        ErrorKind::ConnectionRefused => format!("nobody listens on {shown}"),
        kind => format!("no connection to {shown}: {kind}"),
    };
    Failure::new(FailureKind::Connect, message)
}

/// A proxy made no tunnel.
pub(super) fn no_tunnel(proxy: &Origin, status: Option<u16>) -> Failure {
    let why = match status {
        Some(407) => "it wants a user name and a password (407)".to_owned(),
        Some(status) => format!("it answered {status}"),
        None => "its answer is not HTTP".to_owned(),
    };
    Failure::new(FailureKind::Connect, format!("no tunnel through the proxy {}: {why}", proxy.authority()))
}

/// The service does not offer HTTP/2.
pub(super) fn no_http2(origin: &Origin) -> Failure {
    Failure::new(FailureKind::Protocol, format!("{} does not offer HTTP/2", origin.authority()))
}

/// The body's compression cannot be undone.
pub(super) fn undecodable(coding: &str) -> Failure {
    let shown: String = coding.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(60).collect();
    Failure::new(FailureKind::Body, format!("the answer's body is not readable as `{shown}`"))
}

/// The TLS handshake failed.
pub(super) fn untrusted(origin: &Origin, name: &ServerName<'_>, error: &io::Error) -> Failure {
    let peer = origin.authority();
    let message = match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(error)) => certificate(origin, &name.to_str(), error),
        Some(rustls::Error::InvalidMessage(_)) => format!("{peer} does not speak TLS: is it `http`?"),
        Some(rustls::Error::AlertReceived(alert)) => format!("{peer} ended the TLS handshake: {alert:?}"),
        Some(error) => format!("no TLS with {peer}: {error}"),
        None => format!("{peer} closed the connection during the TLS handshake"),
    };
    Failure::new(FailureKind::Tls, message)
}

// Some of rustls's own texts hold the time of day: they would never group.
fn certificate(origin: &Origin, name: &str, error: &CertificateError) -> String {
    let peer = origin.authority();
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("the certificate of {peer} has expired")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("the certificate of {peer} is not valid yet")
        }
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            format!("the certificate of {peer} is not for `{name}`: it names no host (`subjectAltName`)")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("the certificate of {peer} is not for `{name}`")
        }
        CertificateError::UnknownIssuer => format!("the certificate of {peer} is from an unknown authority"),
        CertificateError::Revoked => format!("the certificate of {peer} is revoked"),
        CertificateError::BadSignature => format!("the certificate of {peer} has a bad signature"),
        CertificateError::BadEncoding => format!("the certificate of {peer} cannot be read"),
        CertificateError::Other(other) => format!("the certificate of {peer} is not valid: {other}"),
        _ => format!("the certificate of {peer} is not valid"),
    }
}

/// The request claims another length than its body has.
pub(super) fn wrong_length() -> Failure {
    Failure::new(FailureKind::Template, "the request's `content-length` does not fit its body: leave it out")
}

/// The request's body broke off.
pub(super) fn unread(why: String) -> Failure {
    Failure::new(FailureKind::Template, why)
}

/// The exchange took longer than it may; says how far it came.
pub(super) fn timed_out(transport: &Transport, counter: &ByteCounter, limit: Duration) -> Failure {
    if counter.looking_up.get() {
        return slow_resolver(transport.peer(), limit);
    }
    let (peer, limit) = (transport.origin().authority(), show_duration(limit));
    let is_connected = counter.reused.get() || counter.connecting.get().connect.is_some();
    let unsent = || unsent_body(counter).unwrap_or_default();
    let message = match (counter.first_out.get(), counter.first_in.get()) {
        (None, _) if !is_connected => format!("no connection to {peer} within {limit}"),
        (None, _) if transport.tls().is_some() && !counter.reused.get() && counter.connecting.get().tls.is_none() => {
            format!("no TLS with {peer} within {limit}")
        }
        (None, _) if transport.settings().bandwidth.is_some() => {
            format!("nothing came through to {peer} within {limit}: `bandwidth` is too low")
        }
        (None, _) => format!("nothing could be sent to {peer} within {limit}"),
        (Some(_), None) => format!("no answer from {peer} within {limit}{}", unsent()),
        (Some(_), Some(_)) => format!("no whole answer from {peer} within {limit}{}", unsent()),
    };
    Failure::new(FailureKind::Timeout, message)
}

/// How much of the request's body was sent, where that was not all: in tenths, for failures that are alike are to group.
fn unsent_body(counter: &ByteCounter) -> Option<String> {
    let sent = counter.bytes_out.get();
    match counter.to_send.get() {
        ToSend::More => Some(": the body was still being sent".to_owned()),
        // what was sent has a head before the body
        ToSend::Bytes(length) if sent < length => Some(match sent.saturating_mul(10) / length {
            0 => ": less than 10% of the body was sent".to_owned(),
            tenths => format!(": {tenths}0% of the body was sent"),
        }),
        ToSend::Bytes(_) => None,
    }
}

/// The body is longer than what is kept of one.
pub(super) fn too_long(limit: u64) -> Failure {
    let message = format!("the answer's body is longer than the {} kept", Size::from_bytes(limit));
    Failure::new(FailureKind::Body, message)
}

/// The body is not kept.
pub(super) fn not_kept(why: &Refused) -> Failure {
    match why {
        Refused::TooLong(limit) => too_long(*limit),
        Refused::NoRoom(no_room) => {
            Failure::new(FailureKind::Body, format!("the answer's body is too large to be kept: {no_room}"))
        }
    }
}

/// There is no whole answer of HTTP/1.1.
pub(super) fn broken_one(origin: &Origin, counter: &ByteCounter, broken: &Broken) -> Failure {
    let peer = origin.authority();
    match broken {
        Broken::Closed => reset(&peer, "closed", counter),
        Broken::Io(error) => broken_stream(&peer, counter, Some(error)),
        Broken::Malformed(Malformed::TooLarge) => {
            let limit = Size::from_bytes(LONGEST_HEAD as u64);
            let message =
                format!("the head of the answer of {peer} is longer than the {MOST_HEADERS} headers and {limit} taken");
            Failure::new(FailureKind::Protocol, message)
        }
        Broken::Malformed(malformed) => {
            Failure::new(FailureKind::Protocol, format!("the answer of {peer} is not HTTP: {malformed}"))
        }
        Broken::Endless => endless_head(origin),
        Broken::Refused(why) => not_kept(why),
        // what its exchange was told goes before this
        Broken::Unread => unread("the request's body cannot be read".to_owned()),
    }
}

/// There is no whole answer of HTTP/2.
pub(super) fn broken_two(origin: &Origin, counter: &ByteCounter, error: &hyper::Error) -> Failure {
    let peer = origin.authority();
    if error.is_user() {
        return Failure::new(FailureKind::Template, format!("the request cannot be sent: {error}"));
    }
    if error.is_parse() {
        return Failure::new(FailureKind::Protocol, format!("the answer of {peer} is not HTTP: {error}"));
    }
    match source::<h2::Error>(error).filter(|error| !error.is_io()) {
        Some(error) => named_by_two(&peer, error),
        None => broken_stream(&peer, counter, source::<io::Error>(error)),
    }
}

/// The connection broke.
fn broken_stream(peer: &str, counter: &ByteCounter, error: Option<&io::Error>) -> Failure {
    let inner = error.and_then(io::Error::get_ref);
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return Failure::new(FailureKind::Tls, format!("TLS with {peer} broke: {error}"));
    }
    match error.map(io::Error::kind) {
        Some(ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted) => reset(peer, "reset", counter),
        _ => reset(peer, "closed", counter),
    }
}

/// HTTP/2 ended a request or the connection, by the names of RFC 9113 (sections 6.4, 6.8 and 7).
fn named_by_two(peer: &str, error: &h2::Error) -> Failure {
    let reason = error.reason().map_or_else(|| "without a reason".to_owned(), |reason| format!("{reason:?}"));
    let (kind, message) = if error.is_remote() && error.is_go_away() {
        (FailureKind::Reset, format!("connection closed by {peer}: GOAWAY, {reason}"))
    } else if error.is_remote() {
        (FailureKind::Reset, format!("request refused by {peer}: RST_STREAM, {reason}"))
    } else {
        (FailureKind::Protocol, format!("the answer of {peer} breaks HTTP/2: {reason}"))
    };
    Failure::new(kind, message)
}

/// There is no request to send.
pub(super) fn unsent(origin: &Origin) -> Failure {
    Failure::new(FailureKind::Reset, format!("no request was sent to {}", origin.authority()))
}

/// The answer's head goes on and on.
pub(super) fn endless_head(origin: &Origin) -> Failure {
    let message = format!("{} sent {} and no answer", origin.authority(), Size::from_bytes(LONGEST_HEADS as u64));
    Failure::new(FailureKind::Protocol, message)
}

fn reset(peer: &str, how: &str, counter: &ByteCounter) -> Failure {
    let when = match (counter.bytes_out.get(), counter.bytes_in.get()) {
        (0, _) => "before the request was sent",
        (_, 0) => "before an answer",
        _ => "before the answer was whole",
    };
    // the peer may have meant the close for the request before
    let reused = if counter.reused.get() { ", on a connection that was used before" } else { "" };
    Failure::new(FailureKind::Reset, format!("connection {how} by {peer} {when}{reused}"))
}

/// The first cause of a kind, however deep; an `io::Error` is looked into as well.
fn source<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}
