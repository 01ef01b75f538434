//! Frames that break HTTP/2, one at a time (RFC 9113, RFC 7541): each is a failure with one of the standard's names, none a
//! hang or an answer. Where the standard has a name of its own for a wrong length or a wrong compression, the library says
//! `PROTOCOL_ERROR`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::LocalSet;

use super::peer::Peer;
use super::{exchange, failure, get};
use crate::http::{Client, Ending, Exchange, Origin, Settings, Transport, Version};
use crate::sample::FailureKind;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
/// Of `SETTINGS` and `PING`; of the others the same bit ends the stream.
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;

/// A frame (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A setting and its value (section 6.5.1).
fn setting(name: u16, value: u32) -> Vec<u8> {
    [&name.to_be_bytes()[..], &value.to_be_bytes()[..]].concat()
}

/// A field of a header block, written out and not indexed (RFC 7541, section 6.2.2).
fn field(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).unwrap();
    [&[0, length(name)], name.as_bytes(), &[length(value)], value.as_bytes()].concat()
}

/// `:status: 200`, from the static table.
const OK: u8 = 0x88;

/// The head of an answer with these fields.
fn head(flags: u8, fields: &[(&str, &str)]) -> Vec<u8> {
    let fields = fields.iter().flat_map(|(name, value)| field(name, value));
    frame(HEADERS, END_HEADERS | flags, 1, &[OK].into_iter().chain(fields).collect::<Vec<_>>())
}

/// Reads the preface, and frames up to the head of a request.
fn read_request(stream: &mut TcpStream) {
    if stream.read_exact(&mut [0; 24]).is_err() {
        return;
    }
    let mut head = [0; 9];
    while head[3] != HEADERS && stream.read_exact(&mut head).is_ok() {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        if stream.read_exact(&mut vec![0; length]).is_err() {
            return;
        }
    }
}

/// A request to a peer that says `settings`, waits for the request, sends `then`, and closes when the client does.
async fn answered(settings: Vec<u8>, then: Vec<u8>) -> (Exchange, String) {
    let peer = Peer::new(move |stream| {
        let _ = stream.write_all(&settings);
        read_request(stream);
        let _ = stream.write_all(&then);
        super::peer::linger(stream);
    });
    let settings = Settings { version: Version::Two, ..Settings::default() };
    let transport = Transport::new(Origin::parse(&peer.origin()).unwrap(), settings).unwrap();
    let mut client = Client::new(Rc::new(transport));
    let exchange = LocalSet::new().run_until(exchange(&mut client, get())).await;
    (exchange, peer.address().to_string())
}

fn ready() -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[])
}

#[tokio::test(flavor = "current_thread")]
async fn what_breaks_http_2_fails_by_its_name_in_the_standard() {
    let no = |bytes: &[u8]| bytes.to_vec();
    let ended = END_STREAM;
    let cases: Vec<(&str, Vec<u8>, Vec<u8>, &str)> = vec![
        ("6.1 data of no stream", ready(), frame(DATA, 0, 0, b"x"), "PROTOCOL_ERROR"),
        (
            "6.1 more padding than frame",
            ready(),
            [head(0, &[]), frame(DATA, PADDED, 1, &[9, b'x'])].concat(),
            "PROTOCOL_ERROR",
        ),
        ("5.1 data of a stream nobody opened", ready(), frame(DATA, 0, 5, b"x"), "PROTOCOL_ERROR"),
        ("8.1 data before the head", ready(), frame(DATA, ended, 1, b"x"), "PROTOCOL_ERROR"),
        ("6.2 a head of no stream", ready(), frame(HEADERS, END_HEADERS, 0, &[OK]), "PROTOCOL_ERROR"),
        ("5.1.1 a head of a stream of the server's", ready(), frame(HEADERS, END_HEADERS, 2, &[OK]), "PROTOCOL_ERROR"),
        ("6.4 the end of no stream", ready(), frame(RST_STREAM, 0, 0, &[0; 4]), "PROTOCOL_ERROR"),
        ("6.4 the end of a stream nobody opened", ready(), frame(RST_STREAM, 0, 7, &[0; 4]), "PROTOCOL_ERROR"),
        ("6.4 an end of three bytes", ready(), frame(RST_STREAM, 0, 1, &[0; 3]), "PROTOCOL_ERROR"),
        ("6.5 settings of a stream", frame(SETTINGS, 0, 1, &[]), no(&[]), "PROTOCOL_ERROR"),
        ("6.5 settings of five bytes", frame(SETTINGS, 0, 0, &[0; 5]), no(&[]), "PROTOCOL_ERROR"),
        ("6.5 an acknowledgment that says more", ready(), frame(SETTINGS, ACK, 0, &setting(4, 1)), "PROTOCOL_ERROR"),
        ("6.5.2 a window beyond 2^31", frame(SETTINGS, 0, 0, &setting(4, 1 << 31)), no(&[]), "PROTOCOL_ERROR"),
        ("6.5.2 frames of one byte", frame(SETTINGS, 0, 0, &setting(5, 1)), no(&[]), "PROTOCOL_ERROR"),
        (
            "8.4 a push that is not wanted",
            ready(),
            frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x82, 0x84, 0x86]),
            "PROTOCOL_ERROR",
        ),
        ("6.7 a ping of a stream", ready(), frame(PING, 0, 1, &[0; 8]), "PROTOCOL_ERROR"),
        ("6.7 a ping of six bytes", ready(), frame(PING, 0, 0, &[0; 6]), "PROTOCOL_ERROR"),
        ("6.8 a farewell of a stream", ready(), frame(GOAWAY, 0, 1, &[0; 8]), "PROTOCOL_ERROR"),
        ("6.9 a window that grows by nothing", ready(), frame(WINDOW_UPDATE, 0, 0, &[0; 4]), "PROTOCOL_ERROR"),
        ("6.9 a window of three bytes", ready(), frame(WINDOW_UPDATE, 0, 0, &[0; 3]), "PROTOCOL_ERROR"),
        (
            "6.9.1 a window beyond 2^31",
            ready(),
            frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]),
            "FLOW_CONTROL_ERROR",
        ),
        ("6.10 a continuation of nothing", ready(), frame(CONTINUATION, END_HEADERS, 1, &[OK]), "PROTOCOL_ERROR"),
        (
            "6.10 another frame within a head",
            ready(),
            [frame(HEADERS, 0, 1, &[OK]), frame(PING, 0, 0, &[0; 8])].concat(),
            "PROTOCOL_ERROR",
        ),
        (
            "6.10 a continuation of another head",
            ready(),
            [frame(HEADERS, 0, 1, &[OK]), frame(CONTINUATION, END_HEADERS, 3, &[])].concat(),
            "PROTOCOL_ERROR",
        ),
        (
            "4.2 a frame beyond what was allowed",
            ready(),
            [head(0, &[]), frame(DATA, 0, 1, &[0; (1 << 20) + 1])].concat(),
            "FRAME_SIZE_ERROR",
        ),
        ("4.3 an index of nothing", ready(), frame(HEADERS, END_HEADERS, 1, &[0xff, 0xff, 0x7f]), "PROTOCOL_ERROR"),
        ("4.3 a field that is cut off", ready(), frame(HEADERS, END_HEADERS, 1, &[OK, 0, 9, b'x']), "PROTOCOL_ERROR"),
        ("8.2.1 a name in capitals", ready(), head(ended, &[("X-Loud", "1")]), "PROTOCOL_ERROR"),
        ("8.2.2 a header of a connection", ready(), head(ended, &[("connection", "close")]), "PROTOCOL_ERROR"),
        ("8.2.2 a coding of a connection", ready(), head(ended, &[("transfer-encoding", "chunked")]), "PROTOCOL_ERROR"),
        (
            "8.3 a pseudo-header behind a header",
            ready(),
            head(ended, &[("x", "1"), (":status", "200")]),
            "PROTOCOL_ERROR",
        ),
        ("8.3 two statuses", ready(), head(ended, &[(":status", "201")]), "PROTOCOL_ERROR"),
        ("8.3.2 no status", ready(), frame(HEADERS, END_HEADERS | ended, 1, &field("x", "1")), "PROTOCOL_ERROR"),
        (
            "8.1.1 less than the length",
            ready(),
            [head(0, &[("content-length", "9")]), frame(DATA, ended, 1, b"x")].concat(),
            "PROTOCOL_ERROR",
        ),
        (
            "8.1.1 more than the length",
            ready(),
            [head(0, &[("content-length", "1")]), frame(DATA, ended, 1, b"xyz")].concat(),
            "PROTOCOL_ERROR",
        ),
        (
            "8.1 trailers that do not end it",
            ready(),
            [head(0, &[]), frame(HEADERS, END_HEADERS, 1, &field("x", "1"))].concat(),
            "PROTOCOL_ERROR",
        ),
    ];
    let mut wrong = Vec::new();
    for (what, settings, then, name) in cases {
        let (exchange, peer) = answered(settings, then).await;
        match &exchange.ending {
            Ending::Failed(failed)
                if failed.kind == FailureKind::Protocol
                    && failed.message == format!("the answer of {peer} breaks HTTP/2: {name}") => {}
            other => wrong.push((what, name, format!("{other:?}"))),
        }
    }
    assert!(wrong.is_empty(), "{} of them: {wrong:#?}", wrong.len());
}

#[tokio::test(flavor = "current_thread")]
async fn what_the_standard_lets_pass_is_passed_over() {
    let after = |frames: Vec<u8>| [frames, head(0, &[]), frame(DATA, END_STREAM, 1, b"here")].concat();
    let long_head = [
        frame(HEADERS, 0, 1, &[OK]),
        frame(CONTINUATION, 0, 1, &field("x-a", "1")),
        frame(CONTINUATION, END_HEADERS, 1, &field("x-b", "2")),
        frame(DATA, END_STREAM, 1, b"here"),
    ];
    for (what, settings, then) in [
        ("5.5 a frame of no known kind", ready(), after(frame(0xbe, 0xff, 1, b"what"))),
        ("6.3 a priority", ready(), after(frame(2, 0, 1, &[0, 0, 0, 0, 9]))),
        ("6.5.2 a setting of no known kind", frame(SETTINGS, 0, 0, &setting(0xbeef, 7)), after(Vec::new())),
        // these three the standard forbids, and the library passes over: nothing hangs on them
        ("6.5.2 a server that takes pushes", frame(SETTINGS, 0, 0, &setting(2, 1)), after(Vec::new())),
        ("6.9.1 a window beyond 2^31 of a stream that sends no more", ready(), {
            after(frame(WINDOW_UPDATE, 0, 1, &[0x7f, 0xff, 0xff, 0xff]))
        }),
        ("8.3 a pseudo-header of a request", ready(), {
            [head(0, &[(":path", "/")]), frame(DATA, END_STREAM, 1, b"here")].concat()
        }),
        ("6.7 a ping", ready(), after(frame(PING, 0, 0, b"are you?"))),
        ("6.9 a window that grows", ready(), after(frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 9]))),
        ("6.10 a head in pieces", ready(), long_head.concat()),
        ("6.1 padding", ready(), [head(0, &[]), frame(DATA, PADDED | END_STREAM, 1, b"\x02here..")].concat()),
        ("8.1 early hints", ready(), {
            let hints = [&field(":status", "103")[..], &field("link", "</a>")[..]].concat();
            after(frame(HEADERS, END_HEADERS, 1, &hints))
        }),
        ("8.1 trailers", ready(), {
            let trailers = frame(HEADERS, END_HEADERS | END_STREAM, 1, &field("x-sum", "9"));
            [head(0, &[]), frame(DATA, 0, 1, b"here"), trailers].concat()
        }),
        ("8.1 an end without an error behind the answer", ready(), {
            [head(0, &[]), frame(DATA, END_STREAM, 1, b"here"), frame(RST_STREAM, 0, 1, &[0; 4])].concat()
        }),
    ] {
        let (exchange, _) = answered(settings, then).await;
        match &exchange.ending {
            Ending::Answer(answer) => assert_eq!((answer.status, &answer.body[..]), (200, &b"here"[..]), "{what}"),
            other => panic!("{what}: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_connection_that_says_farewell_is_not_used_again() {
    let farewell = frame(GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]);
    let peer = Peer::new(move |stream| {
        let _ = stream.write_all(&ready());
        read_request(stream);
        let _ = stream.write_all(&[farewell.clone(), head(END_STREAM, &[])].concat());
        super::peer::linger(stream);
    });
    let settings = Settings { version: Version::Two, ..Settings::default() };
    let transport = Transport::new(Origin::parse(&peer.origin()).unwrap(), settings).unwrap();
    let mut client = Client::new(Rc::new(transport));
    LocalSet::new()
        .run_until(async {
            for _ in 0..3 {
                let exchange = exchange(&mut client, get()).await;
                assert!(matches!(exchange.ending, Ending::Answer(_)), "{exchange:?}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    assert_eq!(peer.connections(), 3);
}

#[tokio::test(flavor = "current_thread")]
async fn an_endless_stream_of_frames_ends_with_the_timeout_and_takes_no_memory() {
    for (what, piece) in [
        ("pings", frame(PING, 0, 0, &[0; 8])),
        ("settings", ready()),
        ("empty data", frame(DATA, 0, 1, &[])),
        ("continuations", frame(CONTINUATION, 0, 1, &field("x", "1"))),
        ("unknown frames", frame(0xbe, 0, 0, &[0; 64])),
    ] {
        let first = if what == "continuations" { frame(HEADERS, 0, 1, &[OK]) } else { head(0, &[]) };
        let peer = Peer::new(move |stream| {
            let _ = stream.write_all(&ready());
            read_request(stream);
            let _ = stream.write_all(&first);
            let pieces = piece.repeat(4096 / piece.len() + 1);
            let _ = stream.set_read_timeout(Some(Duration::from_millis(1)));
            while stream.write_all(&pieces).is_ok() {
                // what it says to that is thrown away, so that it is never held up by us
                let _ = stream.read(&mut [0; 4096]);
            }
        });
        let settings = Settings { version: Version::Two, ..Settings::default() };
        let transport = Transport::new(Origin::parse(&peer.origin()).unwrap(), settings).unwrap();
        let mut client = Client::new(Rc::new(transport));
        let exchange = LocalSet::new().run_until(exchange(&mut client, get())).await;
        let failed = failure(&exchange);
        assert!(matches!(failed.kind, FailureKind::Timeout | FailureKind::Protocol), "{what}: {failed:?}");
    }
}
