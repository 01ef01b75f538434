//! The codec of HTTP/1.1 beside hyper's: both are fed the same answer, in the same pieces, and make the same of it.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use hyper::body::{Body, Frame};
use hyper::client::conn::http1::Builder;
use hyper::rt::{Read, ReadBufCursor, Write};
use plimsoll::test_api::http::{AnswerDecoder, AnswerMemory, Broken, Fed, Keep};
use plimsoll::test_api::units::Size;

/// What was made of an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Made {
    /// A whole answer.
    Answer {
        /// The status code.
        status: u16,
        /// The headers, by name.
        headers: HeaderMap,
        /// The body, without its framing.
        body: Vec<u8>,
        /// Whether the connection may be used again.
        is_reusable: bool,
    },
    /// It ended too early.
    Closed,
    /// It is none.
    Malformed,
    /// More has to come.
    Waits,
}

/// Whether the peer closes the connection behind what it sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It does not.
    Open,
    /// It does.
    Closed,
}

/// Any bytes as an answer: the first says to what, and in how large pieces it comes.
pub fn codec(bytes: &[u8]) {
    let [first, answer @ ..] = bytes else { return };
    // where exactly a head is too large each has its own limit for
    if answer.len() > 32 << 10 {
        return;
    }
    let method = [Method::GET, Method::HEAD, Method::POST][usize::from(*first) % 3].clone();
    let size = [usize::MAX, 1, 7, 64][usize::from(*first / 3) % 4];
    let pieces: Vec<&[u8]> = answer.chunks(size.min(answer.len().max(1))).collect();
    for end in [End::Open, End::Closed] {
        let (ours, theirs) = (ours(&method, &pieces, end), theirs(&method, &pieces, end));
        assert!(agree(&ours, &theirs, &pieces), "{end:?}: ours {ours:?}, hyper's {theirs:?}");
    }
}

/// Whether both made the same of it. Where a head ends in a line of either kind, LF and then CR LF, hyper finds its end
/// only where it came in one piece.
pub fn agree(ours: &Made, theirs: &Made, pieces: &[&[u8]]) -> bool {
    let answer = pieces.concat();
    let ends_in_two_ways = answer.windows(4).any(|four| four[0] != b'\r' && four[1..] == *b"\n\r\n");
    ours == theirs || pieces.len() > 1 && (ends_in_two_ways || answer.starts_with(b"\n\r\n"))
}

/// What the codec makes of it.
pub fn ours(method: &Method, pieces: &[&[u8]], end: End) -> Made {
    // of the answer before, as a worker has it: the same bytes again are the same answer
    let mut buffer = AnswerMemory::default();
    let again = read(method, pieces, end, &mut buffer);
    let first = read(method, pieces, end, &mut buffer);
    assert_eq!(first, again, "an answer is the same the second time");
    first
}

fn read(method: &Method, pieces: &[&[u8]], end: End, buffer: &mut AnswerMemory) -> Made {
    let mut decoder = AnswerDecoder::new(method.clone(), Keep::First(Size::from_bytes(1 << 30)));
    let finish = |decoder: AnswerDecoder, behind: usize| {
        let is_reusable = decoder.persists() && behind == 0 && end == End::Open;
        let answer = decoder.into_answer();
        let headers = answer.headers.map().clone();
        Made::Answer { status: answer.status, headers, body: answer.body.to_vec(), is_reusable }
    };
    for (index, piece) in pieces.iter().enumerate() {
        match decoder.feed(piece, buffer) {
            Ok(Fed::More) => {}
            Ok(Fed::Whole(behind)) => {
                let more = pieces[index + 1..].iter().map(|piece| piece.len()).sum::<usize>();
                return finish(decoder, behind + more);
            }
            Err(broken) => return of(&broken),
        }
    }
    match end {
        End::Open => Made::Waits,
        End::Closed => match decoder.close() {
            Ok(()) => finish(decoder, 0),
            Err(broken) => of(&broken),
        },
    }
}

fn of(broken: &Broken) -> Made {
    match broken {
        Broken::Closed | Broken::Io(_) => Made::Closed,
        Broken::Malformed(_) | Broken::Endless | Broken::Refused(_) | Broken::Unread => Made::Malformed,
    }
}

/// What hyper makes of it.
pub fn theirs(method: &Method, pieces: &[&[u8]], end: End) -> Made {
    let pieces = pieces.iter().map(|piece| Bytes::copy_from_slice(piece)).filter(|piece| !piece.is_empty()).collect();
    let peer = Peer { pieces, is_asked: false, end };
    let mut cx = Context::from_waker(Waker::noop());
    let handshake = pin!(Builder::new().max_buf_size(64 << 10).handshake(peer));
    let Poll::Ready(Ok((mut sender, mut connection))) = handshake.poll(&mut cx) else { return Made::Waits };
    let mut request = Request::new(Nothing);
    *request.method_mut() = method.clone();
    request.headers_mut().insert("host", http::HeaderValue::from_static("a.test"));
    let mut response = pin!(sender.send_request(request));
    let mut over = None;
    let mut drive = |cx: &mut Context<'_>| {
        if over.is_none()
            && let Poll::Ready(result) = Pin::new(&mut connection).poll(cx)
        {
            over = Some(result.err());
        }
        over.is_some()
    };
    let mut head = None;
    for _ in 0..TURNS {
        drive(&mut cx);
        match response.as_mut().poll(&mut cx) {
            Poll::Ready(Ok(response)) => {
                head = Some(response);
                break;
            }
            Poll::Ready(Err(error)) => return of_hyper(&error),
            Poll::Pending => {}
        }
    }
    let Some(head) = head else { return Made::Waits };
    let (head, mut body) = head.into_parts();
    let mut content = Vec::new();
    let mut pending = 0;
    loop {
        match Pin::new(&mut body).poll_frame(&mut cx) {
            Poll::Ready(None) => break,
            Poll::Ready(Some(Ok(frame))) => {
                pending = 0;
                content.extend(frame.into_data().unwrap_or_default());
            }
            Poll::Ready(Some(Err(error))) => return of_hyper(&error),
            Poll::Pending => {
                drive(&mut cx);
                pending += 1;
                if pending > TURNS {
                    return Made::Waits;
                }
            }
        }
    }
    let is_over = (0..4).any(|_| drive(&mut cx));
    let is_reusable = !is_over && sender.is_ready();
    Made::Answer { status: head.status.as_u16(), headers: head.headers, body: content, is_reusable }
}

/// After so many turns in which nothing came nothing will.
const TURNS: usize = 16;

fn of_hyper(error: &hyper::Error) -> Made {
    let io =
        std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>()).map(io::Error::kind);
    match io {
        _ if error.is_parse() || error.is_parse_too_large() => Made::Malformed,
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => Made::Malformed,
        _ => Made::Closed,
    }
}

/// A peer that says its pieces, one a read, once it is asked.
struct Peer {
    pieces: VecDeque<Bytes>,
    is_asked: bool,
    end: End,
}

impl Read for Peer {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, mut into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        if !self.is_asked {
            return Poll::Pending;
        }
        let this = self.get_mut();
        match (this.pieces.front_mut(), this.end) {
            (Some(piece), _) => {
                let taken = piece.split_to(piece.len().min(into.remaining()));
                into.put_slice(&taken);
                if piece.is_empty() {
                    this.pieces.pop_front();
                }
                Poll::Ready(Ok(()))
            }
            (None, End::Closed) => Poll::Ready(Ok(())),
            (None, End::Open) => Poll::Pending,
        }
    }
}

impl Write for Peer {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.is_asked = true;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A request's body that is none.
struct Nothing;

impl Body for Nothing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }
}
