use std::future::{pending, ready};
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;

use super::peer::{Peer, linger, request};
use super::{answer, client_of, exchange, failure, get};
use crate::http::{Client, Ending, Keep, Origin, Outgoing, Settings, Transport};
use crate::sample::{FailureKind, Transmission};
use crate::units::Size;

const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

/// An address nobody listens at: it was free a moment ago.
fn nobody() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn a_timeout_counts_at_no_less_than_its_limit_and_ends_the_connection() {
    let peer = Peer::new(linger);
    let mut client = client_of(&peer.origin());
    for made in 1..=2 {
        let exchange = exchange(&mut client, Outgoing { timeout: Duration::from_millis(80), ..get() }).await;
        let failure = failure(&exchange);
        assert_eq!(failure.kind, FailureKind::Timeout);
        assert_eq!(failure.message, format!("no answer from {} within 80ms", peer.address()));
        let took = exchange.ended - exchange.sent;
        assert!(took >= Duration::from_millis(80) && took < Duration::from_millis(500), "{took:?}");
        assert_eq!((exchange.transmission, exchange.phases.receive), (Transmission::Sent, None));
        assert_eq!(peer.connections(), made);
    }
}

#[tokio::test]
async fn a_short_limit_after_a_long_one_is_kept() {
    let peer = Peer::new(|stream| {
        request(stream);
        stream.write_all(HELLO).unwrap();
        linger(stream);
    });
    let mut client = client_of(&peer.origin());
    assert_eq!(answer(&mut client, Outgoing { timeout: Duration::from_secs(60), ..get() }).await.status, 200);
    let began = Instant::now();
    let exchange = exchange(&mut client, Outgoing { timeout: Duration::from_millis(50), ..get() }).await;
    assert_eq!(failure(&exchange).kind, FailureKind::Timeout);
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_refused_connection_counts_at_its_real_time() {
    let address = nobody();
    let exchange = exchange(&mut client_of(&format!("http://{address}")), get()).await;
    assert_eq!(failure(&exchange).kind, FailureKind::Connect);
    assert_eq!(failure(&exchange).message, format!("connection refused by {address}"));
    assert_eq!((exchange.transmission, exchange.bytes_out), (Transmission::NeverSent, 0));
    assert!(exchange.ended - exchange.sent < Duration::from_secs(1));
}

#[tokio::test]
async fn a_connection_nobody_takes_fails_as_connect_before_the_whole_limit() {
    // A listener with its queue full: the kernel leaves further connections without an answer.
    let listener = {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        socket.listen(1).unwrap()
    };
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    for _ in 0..4 {
        queued.push(tokio::spawn(tokio::net::TcpStream::connect(address)));
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let settings = Settings { connect_timeout: Duration::from_millis(100), ..Settings::default() };
    let origin = Origin::parse(&format!("http://{address}")).unwrap();
    let mut client = Client::new(Rc::new(Transport::new(origin, settings).unwrap()));
    let exchange = exchange(&mut client, get()).await;
    assert_eq!(failure(&exchange).kind, FailureKind::Connect);
    assert_eq!(failure(&exchange).message, format!("no connection to {address} within 100ms"));
    assert!(exchange.ended - exchange.sent >= Duration::from_millis(100));
    for connection in queued {
        connection.abort();
    }
}

#[tokio::test]
async fn a_name_that_does_not_resolve_fails_as_dns() {
    // No label may be this long (RFC 1035, section 2.3.4): the resolver knows without asking anyone.
    let name = format!("{}.invalid", "x".repeat(64));
    let exchange = exchange(&mut client_of(&format!("http://{name}")), get()).await;
    assert_eq!(failure(&exchange).kind, FailureKind::Dns);
    assert!(failure(&exchange).message.starts_with(&format!("`{name}` does not resolve: ")), "{exchange:?}");
    assert_eq!(exchange.transmission, Transmission::NeverSent);
}

#[tokio::test]
async fn a_connection_that_dies_is_a_reset_and_says_how_far_it_came() {
    let cases: [(&'static [u8], &str); 3] = [
        (b"", "before an answer"),
        (b"HTTP/1.1 200 OK\r\ncontent-le", "before the answer was whole"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe", "before the answer was whole"),
    ];
    for (part, when) in cases {
        let peer = Peer::new(move |stream| {
            request(stream);
            stream.write_all(part).unwrap();
        });
        let exchange = exchange(&mut client_of(&peer.origin()), get()).await;
        assert_eq!(failure(&exchange).kind, FailureKind::Reset, "{exchange:?}");
        assert_eq!(failure(&exchange).message, format!("connection closed by {} {when}", peer.address()));
        assert_eq!(exchange.transmission, Transmission::Sent);
        assert_eq!(exchange.bytes_in, part.len() as u64);
        assert_eq!(peer.connections(), 1, "nothing is retried");
    }
}

#[tokio::test]
async fn an_answer_with_more_headers_than_are_taken_names_the_limit() {
    for (headers, taken) in [(100, true), (101, false)] {
        let peer = Peer::new(move |stream| {
            request(stream);
            let lines = (1..headers).map(|number| format!("x-{number}: 1\r\n")).collect::<String>();
            stream.write_all(format!("HTTP/1.1 200 OK\r\n{lines}content-length: 0\r\n\r\n").as_bytes()).unwrap();
        });
        let exchange = exchange(&mut client_of(&peer.origin()), get()).await;
        let told =
            format!("the head of the answer of {} is longer than the 100 headers and 64.0KiB taken", peer.address());
        match &exchange.ending {
            Ending::Answer(answer) => assert!(taken && answer.status == 200),
            _ => assert_eq!((taken, failure(&exchange).message.as_str()), (false, told.as_str())),
        }
    }
}

#[tokio::test]
async fn a_chunked_body_cut_short_is_a_reset() {
    let peer = Peer::new(|stream| {
        request(stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel").unwrap();
    });
    for keep in [Keep::Nothing, Keep::UpTo(Size::from_bytes(100))] {
        let exchange = exchange(&mut client_of(&peer.origin()), Outgoing { keep, ..get() }).await;
        assert_eq!(failure(&exchange).kind, FailureKind::Reset, "{exchange:?}");
    }
}

#[tokio::test]
async fn a_reset_by_the_peer_is_a_reset() {
    let peer = Peer::new(|stream| {
        // Closed with the request unread, the kernel sends a reset.
        std::thread::sleep(Duration::from_millis(30));
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe").unwrap();
    });
    let exchange = exchange(&mut client_of(&peer.origin()), get()).await;
    assert_eq!(failure(&exchange).kind, FailureKind::Reset, "{exchange:?}");
}

#[tokio::test]
async fn a_reused_connection_that_dies_under_a_request_is_a_reset_and_not_a_retry() {
    let peer = Peer::new(|stream| {
        request(stream);
        stream.write_all(HELLO).unwrap();
        request(stream);
    });
    let mut client = client_of(&peer.origin());
    assert_eq!(answer(&mut client, get()).await.status, 200);
    let exchange = exchange(&mut client, get()).await;
    assert_eq!((failure(&exchange).kind, exchange.transmission), (FailureKind::Reset, Transmission::Sent));
    let told =
        format!("connection closed by {} before an answer, on a connection that was used before", peer.address());
    assert_eq!(failure(&exchange).message, told);
    assert_eq!(peer.connections(), 1);
    assert_eq!(answer(&mut client, get()).await.status, 200, "and the next exchange has a new connection");
}

#[tokio::test]
async fn a_cut_while_waiting_ends_as_cut_with_the_request_on_the_wire() {
    let peer = Peer::new(linger);
    let mut client = client_of(&peer.origin());
    let cut = tokio::time::sleep(Duration::from_millis(60));
    let exchange = client.exchange(&get(), cut).await;
    assert!(matches!(exchange.ending, Ending::Cut), "{exchange:?}");
    assert_eq!(exchange.transmission, Transmission::Sent);
    assert!(exchange.ended - exchange.sent >= Duration::from_millis(60));
    let mut elsewhere = client_of(&format!("http://{}", nobody()));
    let never = elsewhere.exchange(&get(), ready(())).await;
    assert!(matches!(never.ending, Ending::Cut | Ending::Failed(_)) && never.transmission == Transmission::NeverSent);
}

#[tokio::test]
async fn an_exchange_dropped_midway_leaves_no_half_read_answer_behind() {
    let peer = Peer::new(|stream| {
        while let Some(request) = request(stream) {
            let late = if request.contains("GET /slow ") { 150 } else { 0 };
            std::thread::sleep(Duration::from_millis(late));
            let body = if late > 0 { "slow!" } else { "quick" };
            let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{body}");
        }
    });
    let mut client = client_of(&peer.origin());
    let slow = Outgoing { target: "/slow".parse().unwrap(), ..get() };
    assert!(tokio::time::timeout(Duration::from_millis(50), client.exchange(&slow, pending())).await.is_err());
    assert_eq!(answer(&mut client, get()).await.body, "quick");
    assert_eq!(peer.connections(), 2);
}

#[tokio::test]
async fn an_answer_before_the_request_has_gone_out_whole_ends_the_connection() {
    let peer = Peer::new(|stream| {
        // The head is read, the body is not.
        let mut byte = [0; 64];
        let _ = std::io::Read::read(stream, &mut byte);
        let _ = stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno");
        std::thread::sleep(Duration::from_millis(300));
    });
    let mut client = client_of(&peer.origin());
    let body = Bytes::from(vec![b'x'; 32 << 20]);
    let request = Outgoing { method: Method::POST, body: body.into(), ..get() };
    let answer = answer(&mut client, request).await;
    assert_eq!((answer.status, &answer.body[..]), (413, &b"no"[..]));
    let next = exchange(&mut client, get()).await;
    assert!(matches!(next.ending, Ending::Answer(_)));
    assert_eq!(peer.connections(), 2);
}

#[tokio::test]
async fn a_length_that_does_not_fit_the_body_is_a_fault_of_the_request() {
    let peer = Peer::new(linger);
    for (length, body) in [("10", "abc"), ("2", "abc"), ("3", ""), ("-1", "abc")] {
        let mut request = Outgoing { method: Method::POST, body: Bytes::from_static(body.as_bytes()).into(), ..get() };
        request.headers.own().insert("content-length", length.parse().unwrap());
        let exchange = exchange(&mut client_of(&peer.origin()), request).await;
        assert_eq!(
            (failure(&exchange).kind, exchange.transmission),
            (FailureKind::Template, Transmission::NeverSent),
            "{exchange:?}"
        );
    }
}

#[tokio::test]
async fn a_name_that_is_not_found_in_time_is_a_failure_of_dns() {
    let transport = || {
        let settings = Settings { connect_timeout: Duration::from_millis(120), ..Settings::default() };
        Rc::new(Transport::new(Origin::parse("http://localhost:9").unwrap(), settings).unwrap())
    };
    // by the connection's limit, and by the request's own
    for (timeout, limit) in [(Duration::from_secs(20), "120ms"), (Duration::from_millis(60), "60ms")] {
        let transport = transport();
        // a resolver that does not come back keeps every place
        let _places = transport.look_ups().clone().acquire_many_owned(128).await.unwrap();
        let mut client = Client::new(transport);
        let exchange = exchange(&mut client, Outgoing { timeout, ..get() }).await;
        let failure = failure(&exchange);
        assert_eq!((failure.kind, exchange.transmission), (FailureKind::Dns, Transmission::NeverSent));
        assert_eq!(failure.message, format!("`localhost` does not resolve within {limit}"));
        assert!(exchange.ended - exchange.sent >= Duration::from_millis(60));
    }
}
