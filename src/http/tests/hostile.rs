use std::future::{Future, poll_fn};
use std::io::Write;
use std::net::TcpStream;
use std::pin::pin;
use std::time::{Duration, Instant};

use super::peer::{Peer, linger, request};
use super::{client_of, exchange, failure, get};
use crate::http::{Ending, Keep, Outgoing};
use crate::sample::FailureKind;
use crate::units::Size;

/// Writes a beginning, then the same piece for as long as the client reads.
fn endless(beginning: &'static str, piece: &'static str) -> Peer {
    Peer::new(move |stream| {
        request(stream);
        let pieces = piece.repeat(4096 / piece.len() + 1);
        let _ = stream.write_all(beginning.as_bytes());
        while stream.write_all(pieces.as_bytes()).is_ok() {}
    })
}

#[tokio::test]
async fn what_is_not_http_is_a_protocol_failure() {
    for garbage in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5, 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a size\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        "\u{0}\u{1}\u{2}\u{3}",
    ] {
        let peer = Peer::new(move |stream: &mut TcpStream| {
            request(stream);
            stream.write_all(garbage.as_bytes()).unwrap();
            linger(stream);
        });
        let exchange = exchange(&mut client_of(&peer.origin()), get()).await;
        assert_eq!(failure(&exchange).kind, FailureKind::Protocol, "{garbage:?}: {exchange:?}");
    }
}

#[tokio::test]
async fn bytes_nobody_asked_for_are_not_taken_as_an_answer() {
    let peer = Peer::new(|stream| {
        while request(stream).is_some() {
            let one = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1";
            let two = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n2";
            stream.write_all(format!("{one}{two}").as_bytes()).unwrap();
        }
    });
    let mut client = client_of(&peer.origin());
    for _ in 0..3 {
        let exchange = exchange(&mut client, get()).await;
        match exchange.ending {
            Ending::Answer(answer) => assert_eq!(answer.body, "1"),
            other => panic!("{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(peer.connections(), 3);
}

#[tokio::test]
async fn endless_headers_are_bounded() {
    for (beginning, piece) in
        [("HTTP/1.1 200 OK\r\n", "x: y\r\n"), ("HTTP/1.1 200 OK\r\nx: ", "yyyy"), ("HTTP/1.1 200 ", "O"), ("", "\r\n")]
    {
        let peer = endless(beginning, piece);
        let exchange = exchange(&mut client_of(&peer.origin()), get()).await;
        assert_eq!(failure(&exchange).kind, FailureKind::Protocol, "{exchange:?}");
        assert!(exchange.bytes_in < 4 << 20, "{}", exchange.bytes_in);
    }
}

#[tokio::test]
async fn endless_early_hints_are_bounded() {
    let peer = endless("", "HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n");
    let exchange = exchange(&mut client_of(&peer.origin()), get()).await;
    assert_eq!(failure(&exchange).kind, FailureKind::Protocol, "{exchange:?}");
    assert!(exchange.bytes_in < 16 << 20, "{}", exchange.bytes_in);
}

#[tokio::test]
async fn a_body_beyond_what_is_kept_fails_as_body() {
    for beginning in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 9000000000\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffff\r\n",
    ] {
        let peer = endless(beginning, "x");
        let keep = Keep::UpTo(Size::from_bytes(100 << 10));
        let exchange = exchange(&mut client_of(&peer.origin()), Outgoing { keep, ..get() }).await;
        assert_eq!(failure(&exchange).kind, FailureKind::Body, "{exchange:?}");
        assert_eq!(failure(&exchange).message, "the answer's body is longer than the 100.0KiB kept");
        assert!(exchange.bytes_in < 1 << 20, "{}", exchange.bytes_in);
    }
}

#[tokio::test]
async fn a_body_of_exactly_what_is_kept_is_whole() {
    let peer = Peer::answering("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    let keep = |bytes| Outgoing { keep: Keep::UpTo(Size::from_bytes(bytes)), ..get() };
    let mut client = client_of(&peer.origin());
    assert!(matches!(exchange(&mut client, keep(5)).await.ending, Ending::Answer(_)));
    assert_eq!(failure(&exchange(&mut client, keep(4)).await).kind, FailureKind::Body);
}

#[tokio::test]
async fn an_endless_body_that_is_not_kept_ends_at_the_limit_of_time() {
    for piece in ["x", "1\r\nx\r\n"] {
        let head = if piece == "x" { "" } else { "transfer-encoding: chunked\r\n" };
        let peer = endless(format!("HTTP/1.1 200 OK\r\n{head}\r\n").leak(), piece);
        let request = Outgoing { keep: Keep::Nothing, timeout: Duration::from_millis(200), ..get() };
        let began = Instant::now();
        let exchange = exchange(&mut client_of(&peer.origin()), request).await;
        assert_eq!(failure(&exchange).kind, FailureKind::Timeout, "{exchange:?}");
        assert!(failure(&exchange).message.starts_with("no whole answer"), "{exchange:?}");
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_body_in_many_small_pieces_lets_other_users_have_their_turn() {
    let body = "1\r\nx\r\n".repeat(1_000_000);
    let peer = Peer::answering(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{body}0\r\n\r\n").leak());
    let mut client = client_of(&peer.origin());
    let mut turns = 0;
    let mut exchange = pin!(exchange(&mut client, get()));
    let exchange = poll_fn(|cx| {
        turns += 1;
        exchange.as_mut().poll(cx)
    })
    .await;
    assert!(matches!(exchange.ending, Ending::Answer(answer) if answer.body.len() == 1_000_000));
    // 6 MB, of which at most a MiB is read before others have their turn
    assert!(turns > 5, "{turns}");
}

#[tokio::test]
async fn an_upgrade_nobody_asked_for_does_not_hang() {
    let peer = Peer::new(|stream| {
        request(stream);
        stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n").unwrap();
        linger(stream);
    });
    let mut client = client_of(&peer.origin());
    for made in 1..=2 {
        match exchange(&mut client, get()).await.ending {
            Ending::Answer(answer) => assert_eq!(answer.status, 101),
            other => panic!("{other:?}"),
        }
        assert_eq!(peer.connections(), made);
    }
}
