use std::io::Write;
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use bytes::Bytes;
use http::Method;

use super::peer::{Peer, request};
use super::{answer, client_of, exchange, get};
use crate::http::{Ending, Keep, Outgoing};
use crate::sample::Transmission;
use crate::units::Size;

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

#[tokio::test]
async fn an_answer_comes_whole_with_its_status_headers_and_body() {
    let peer = Peer::answering("HTTP/1.1 418 Short\r\nx-a: b\r\ncontent-length: 5\r\n\r\nhello");
    let answer = answer(&mut client_of(&peer.origin()), get()).await;
    assert_eq!(
        (answer.status, &answer.headers.map()["x-a"], &answer.body[..]),
        (418, &"b".parse().unwrap(), &b"hello"[..])
    );
}

#[tokio::test]
async fn the_phases_say_where_the_time_went() {
    let peer = Peer::new(|stream| {
        request(stream);
        sleep(Duration::from_millis(60));
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe").unwrap();
        sleep(Duration::from_millis(120));
        stream.write_all(b"llo").unwrap();
    });
    let exchange = exchange(&mut client_of(&peer.origin()), get()).await;
    assert!(matches!(exchange.ending, Ending::Answer(_)));
    let phases = exchange.phases;
    let (connect, first_byte, receive) = (phases.connect.unwrap(), phases.first_byte.unwrap(), phases.receive.unwrap());
    assert_eq!((phases.dns, phases.tls), (None, None));
    assert!(first_byte >= Duration::from_millis(60), "{first_byte:?}");
    // the first piece may be read late, the last one not early
    assert!(receive >= Duration::from_millis(100), "{receive:?}");
    let whole = exchange.ended - exchange.sent;
    assert!(connect + first_byte + receive <= whole, "{phases:?} {whole:?}");
    assert!(whole - (connect + first_byte + receive) < Duration::from_millis(50), "{phases:?} {whole:?}");
}

#[tokio::test]
async fn a_name_is_looked_up_and_a_connection_kept_alive_has_no_phases_of_its_making() {
    let peer = Peer::answering(HELLO);
    let mut client = client_of(&format!("http://localhost:{}", peer.address().port()));
    let first = exchange(&mut client, get()).await.phases;
    assert!(first.dns.is_some() && first.connect.is_some());
    let second = exchange(&mut client, get()).await.phases;
    assert_eq!((second.dns, second.connect), (None, None));
    assert!(second.first_byte.is_some() && second.receive.is_some());
}

#[tokio::test]
async fn bytes_are_counted_as_the_peer_counts_them() {
    let seen = Arc::new(Mutex::new(String::new()));
    let saw = Arc::clone(&seen);
    let peer = Peer::new(move |stream| {
        while let Some(request) = request(stream) {
            *saw.lock().unwrap() = request;
            stream.write_all(HELLO.as_bytes()).unwrap();
        }
    });
    let mut client = client_of(&peer.origin());
    for body in ["", "name=value"] {
        let request = Outgoing { method: Method::POST, body: Bytes::from_static(body.as_bytes()).into(), ..get() };
        let exchange = exchange(&mut client, request).await;
        let seen = seen.lock().unwrap();
        assert_eq!((exchange.bytes_out, exchange.bytes_in), (seen.len() as u64, HELLO.len() as u64));
        assert_eq!(exchange.transmission, Transmission::Sent);
        assert!(seen.contains(&format!("\r\nhost: {}\r\n", peer.address())), "{seen}");
        assert!(seen.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{seen}");
        assert!(seen.ends_with(&format!("\r\n\r\n{body}")), "{seen}");
    }
}

#[tokio::test]
async fn one_connection_serves_every_exchange_of_its_user() {
    let peer = Peer::answering(HELLO);
    let mut client = client_of(&peer.origin());
    for _ in 0..20 {
        assert_eq!(answer(&mut client, get()).await.status, 200);
    }
    assert_eq!(peer.connections(), 1);
    assert_eq!(answer(&mut client_of(&peer.origin()), get()).await.status, 200);
    assert_eq!(peer.connections(), 2, "a second user has a connection of its own");
}

#[tokio::test]
async fn a_connection_the_peer_closed_while_idle_is_made_anew_without_a_failure() {
    let peer = Peer::new(|stream| {
        request(stream);
        stream.write_all(HELLO.as_bytes()).unwrap();
        sleep(Duration::from_millis(20));
    });
    let mut client = client_of(&peer.origin());
    for made in 1..=3 {
        assert_eq!(answer(&mut client, get()).await.status, 200);
        assert_eq!(peer.connections(), made);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_connection_the_peer_says_it_closes_is_not_used_again() {
    let peer = Peer::answering("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello");
    let mut client = client_of(&peer.origin());
    for made in 1..=3 {
        assert_eq!(answer(&mut client, get()).await.status, 200);
        assert_eq!(peer.connections(), made);
    }
}

#[tokio::test]
async fn a_body_comes_whole_in_chunks_by_length_and_to_the_end_of_the_connection() {
    for peer in [
        Peer::answering(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nx: y\r\n\r\n",
        ),
        Peer::answering(HELLO),
        Peer::new(|stream| {
            request(stream);
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhel").unwrap();
            sleep(Duration::from_millis(30));
            stream.write_all(b"lo").unwrap();
        }),
        Peer::new(|stream| {
            while request(stream).is_some() {
                for piece in [
                    "HTTP/1.1 20",
                    "0 OK\r\ntransfer-encoding: chun",
                    "ked\r\n\r\n3\r\nh",
                    "el\r",
                    "\n2\r\nlo\r\n0\r\n\r",
                    "\n",
                ] {
                    stream.write_all(piece.as_bytes()).unwrap();
                    sleep(Duration::from_millis(5));
                }
            }
        }),
    ] {
        let mut client = client_of(&peer.origin());
        for _ in 0..2 {
            assert_eq!(answer(&mut client, get()).await.body, "hello");
        }
        let drained = answer(&mut client, Outgoing { keep: Keep::Nothing, ..get() }).await;
        assert_eq!(drained.body, "");
    }
}

#[tokio::test]
async fn of_a_status_that_is_not_expected_the_beginning_is_kept_whatever_its_class() {
    let peer = Peer::new(|stream| {
        for status in ["200 OK", "201 Created", "302 Found", "404 Not Found", "200 OK"] {
            request(stream);
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 11\r\n\r\nhello world");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let mut client = client_of(&peer.origin());
    let keep = Keep::OfOthers(Size::from_bytes(5), [200, 404].into_iter().collect());
    for (status, body) in [(200, ""), (201, "hello"), (302, "hello"), (404, ""), (200, "")] {
        let told = answer(&mut client, Outgoing { keep, ..get() }).await;
        assert_eq!((told.status, &told.body[..]), (status, body.as_bytes()));
    }
}

#[tokio::test]
async fn answers_without_a_body_leave_the_connection_usable() {
    let answers = [
        (Method::HEAD, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"),
        (Method::GET, "HTTP/1.1 204 No Content\r\n\r\n"),
        (Method::GET, "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n"),
        (Method::GET, "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
    ];
    let peer = Peer::new(move |stream| {
        for (_, answer) in answers.clone() {
            request(stream);
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let mut client = client_of(&peer.origin());
    for (method, expected) in [(Method::HEAD, 200), (Method::GET, 204), (Method::GET, 304), (Method::GET, 200)] {
        let answer = answer(&mut client, Outgoing { method, ..get() }).await;
        assert_eq!((answer.status, &answer.body[..]), (expected, &b""[..]));
    }
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn a_connection_closed_or_spoilt_while_its_user_rests_is_made_anew_without_a_failure() {
    for afterwards in ["", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong"] {
        let peer = Peer::new(move |stream| {
            request(stream);
            stream.write_all(HELLO.as_bytes()).unwrap();
            sleep(Duration::from_millis(20));
            stream.write_all(afterwards.as_bytes()).unwrap();
            sleep(Duration::from_millis(if afterwards.is_empty() { 0 } else { 200 }));
        });
        let mut client = client_of(&peer.origin());
        for made in 1..=3 {
            assert_eq!(answer(&mut client, get()).await.body, "hello");
            assert_eq!(peer.connections(), made);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn an_exchange_weighs_little_in_its_user_s_task() {
    let mut client = client_of("http://127.0.0.1:1");
    let client_weighs = size_of_val(&client);
    let request = get();
    let exchange = client.exchange(&request, std::future::pending());
    let weighs = client_weighs + size_of_val(&exchange);
    assert!(weighs < 1 << 10, "{weighs}");
    drop(exchange);
}
