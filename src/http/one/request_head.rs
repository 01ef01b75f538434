use http::header::{CONTENT_LENGTH, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::http::message::Outgoing;
use crate::http::request_headers::RequestHeaders;
use crate::http::transport::Transport;

/// How a request's body goes over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyCoding {
    /// As it is.
    Plain,
    /// In chunks (RFC 9112, section 7.1).
    Chunked,
}

/// The request claims another length than its body has: the peer would wait for the rest, or take what is left over for
/// another request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongLength;

/// Holds a `content-length` of the plan's own against the body.
///
/// # Errors
/// One that does not fit.
pub fn check_length(headers: &RequestHeaders, length: Option<u64>) -> Result<(), WrongLength> {
    let fits = |said: &HeaderValue| length.is_some() && said.to_str().ok().and_then(|said| said.parse().ok()) == length;
    let is_unsaid = headers.usual_lines().is_some();
    if is_unsaid || headers.map().get(CONTENT_LENGTH).is_none_or(fits) { Ok(()) } else { Err(WrongLength) }
}

/// Writes the head of a request (RFC 9112, section 3) whose body has so many bytes, or nobody knows how many. Gives how the
/// body has to follow.
pub(super) fn write_head(
    out: &mut Vec<u8>,
    request: &Outgoing,
    transport: &Transport,
    length: Option<u64>,
) -> BodyCoding {
    let proxy = transport.forward_proxy();
    out.extend_from_slice(request.method.as_str().as_bytes());
    out.push(b' ');
    if proxy.is_some() {
        // a proxy has to know the service
        out.extend_from_slice(transport.origin().scheme().name().as_bytes());
        out.extend_from_slice(b"://");
        out.extend_from_slice(transport.origin().host_header().as_bytes());
    }
    out.extend_from_slice(request.target.as_str().as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\n");
    if let (Some(lines), None) = (request.headers.usual_lines(), proxy) {
        out.extend_from_slice(lines);
        let coding = say_length(out, request, length, false);
        out.extend_from_slice(b"\r\n");
        return coding;
    }
    let headers = request.headers.map();
    let is_said = headers.contains_key(CONTENT_LENGTH);
    let authorization = proxy.and_then(|proxy| proxy.authorization.as_ref());
    let replaced = |name: &HeaderName| authorization.is_some() && *name == PROXY_AUTHORIZATION;
    let coding = match headers.get_all(TRANSFER_ENCODING).iter().next_back() {
        None => {
            write_lines(out, headers, |name| !replaced(name));
            say_length(out, request, length, is_said)
        }
        // what the plan says of it holds: the body goes in chunks
        Some(coding) if length != Some(0) => {
            let left_out = [TRANSFER_ENCODING, CONTENT_LENGTH];
            write_lines(out, headers, |name| !left_out.contains(name) && !replaced(name));
            write_line(out, &TRANSFER_ENCODING, &with_chunks(coding));
            BodyCoding::Chunked
        }
        Some(_) => {
            write_lines(out, headers, |name| *name != TRANSFER_ENCODING && !replaced(name));
            say_length(out, request, length, is_said)
        }
    };
    if !headers.contains_key(HOST) {
        write_line(out, &HOST, transport.origin().host_header().as_bytes());
    }
    if let Some(authorization) = authorization {
        write_line(out, &PROXY_AUTHORIZATION, authorization.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    coding
}

/// Says how long the body is, where the plan has not.
fn say_length(out: &mut Vec<u8>, request: &Outgoing, length: Option<u64>, is_said: bool) -> BodyCoding {
    match length {
        None => {
            write_line(out, &TRANSFER_ENCODING, b"chunked");
            return BodyCoding::Chunked;
        }
        Some(_) if is_said => {}
        // a service may wait for one otherwise (RFC 9110, section 8.6)
        Some(0) if !matches!(request.method, Method::POST | Method::PUT | Method::PATCH) => {}
        Some(length) => {
            write_line(out, &CONTENT_LENGTH, itoa::Buffer::new().format(length).as_bytes());
        }
    }
    BodyCoding::Plain
}

/// Writes those headers that are wanted, each as a line.
pub fn write_lines(out: &mut Vec<u8>, headers: &HeaderMap, is_wanted: impl Fn(&HeaderName) -> bool) {
    for (name, value) in headers.iter().filter(|(name, _)| is_wanted(name)) {
        write_line(out, name, value.as_bytes());
    }
}

fn write_line(out: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// A transfer coding whose last is `chunked`.
fn with_chunks(coding: &HeaderValue) -> Vec<u8> {
    let bytes = coding.as_bytes();
    let last = bytes.rsplit(|byte| *byte == b',').next().unwrap_or_default();
    match last.trim_ascii().eq_ignore_ascii_case(b"chunked") {
        true => bytes.to_vec(),
        false => [bytes, b", chunked"].concat(),
    }
}
