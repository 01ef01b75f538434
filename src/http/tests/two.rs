use std::io::Write;
use std::rc::Rc;
use std::thread::sleep;
use std::time::Duration;

use http::header::HOST;
use http::{HeaderMap, HeaderValue, Method, Response};
use tokio::net::TcpListener;
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use super::bodies::{Fixture, unpacked};
use super::peer::Peer;
use super::{answer, exchange, failure, get};
use crate::http::{Client, Coding, Content, Ending, Framing, Origin, Outgoing, Settings, Transport, Version};
use crate::sample::FailureKind;

/// `SETTINGS` without any (RFC 9113, section 6.5).
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];

/// How a request over HTTP/2 fails against a peer that sends its settings and then these bytes; what stands for the peer's
/// address in the message is `PEER`.
async fn failed(then: &'static [u8]) -> (FailureKind, String) {
    let peer = Peer::new(move |stream| {
        stream.write_all(&SETTINGS).unwrap();
        // by then the request is there
        sleep(Duration::from_millis(50));
        stream.write_all(then).unwrap();
        sleep(Duration::from_millis(50));
    });
    let settings = Settings { version: Version::Two, ..Settings::default() };
    let transport = Transport::new(Origin::parse(&peer.origin()).unwrap(), settings).unwrap();
    let mut client = Client::new(Rc::new(transport));
    let exchange = LocalSet::new().run_until(exchange(&mut client, get())).await;
    let failure = failure(&exchange);
    (failure.kind, failure.message.replace(&peer.address().to_string(), "PEER"))
}

#[tokio::test]
async fn a_failure_of_http_2_has_the_name_that_the_standard_gives_it() {
    let refused = failed(&[0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 7]).await;
    assert_eq!(refused, (FailureKind::Reset, "request refused by PEER: RST_STREAM, REFUSED_STREAM".to_owned()));
    let calm = failed(&[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11]).await;
    assert_eq!(calm, (FailureKind::Reset, "connection closed by PEER: GOAWAY, ENHANCE_YOUR_CALM".to_owned()));
    // data of no stream
    let wrong = failed(&[0, 0, 1, 0, 0, 0, 0, 0, 0, 0]).await;
    assert_eq!(wrong, (FailureKind::Protocol, "the answer of PEER breaks HTTP/2: PROTOCOL_ERROR".to_owned()));
    let one = failed(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(one, (FailureKind::Protocol, "the answer of PEER breaks HTTP/2: FRAME_SIZE_ERROR".to_owned()));
    let gone = failed(b"").await;
    assert_eq!(gone.0, FailureKind::Reset, "{gone:?}");
}

#[tokio::test]
async fn a_host_of_the_plan_is_the_authority_and_a_header_may_come_twice() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let settings = Settings { version: Version::Two, ..Settings::default() };
    let mut client = Client::new(Rc::new(Transport::new(origin, settings).unwrap()));
    let (tell, told) = oneshot::channel();
    let serve = async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let (request, mut respond) = connection.accept().await.unwrap().unwrap();
        respond.send_response(Response::builder().status(204).body(()).unwrap(), true).unwrap();
        tell.send(request.into_parts().0).unwrap();
        // until the client closes
        while connection.accept().await.is_some() {}
    };
    let mut request = get();
    request.headers.own().insert(HOST, HeaderValue::from_static("other.example"));
    for tag in ["a", "b"] {
        request.headers.own().append("x-tag", HeaderValue::from_static(tag));
    }
    let local = LocalSet::new();
    local.spawn_local(serve);
    assert_eq!(local.run_until(answer(&mut client, request)).await.status, 204);
    let head = told.await.unwrap();
    assert_eq!(head.uri.authority().unwrap(), "other.example");
    assert_eq!(head.headers.get_all("x-tag").iter().collect::<Vec<_>>(), ["a", "b"]);
}

/// What a service that speaks HTTP/2 gets of some content: its headers, and its bytes.
async fn sent(content: Content) -> (HeaderMap, Vec<u8>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let (told, mut heard) = unbounded_channel();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(socket).await.unwrap();
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            let told = told.clone();
            tokio::spawn(async move {
                let (head, mut body) = request.into_parts();
                let mut bytes = Vec::new();
                while let Some(piece) = body.data().await {
                    let Ok(piece) = piece else { return };
                    body.flow_control().release_capacity(piece.len()).unwrap();
                    bytes.extend_from_slice(&piece);
                }
                told.send((head.headers, bytes)).unwrap();
                respond.send_response(http::Response::new(()), true).unwrap();
            });
        }
    });
    let settings = Settings { version: Version::Two, ..Settings::default() };
    let transport = Transport::new(Origin::parse(&origin).unwrap(), settings).unwrap();
    let mut client = Client::new(Rc::new(transport));
    let request = Outgoing { method: Method::POST, body: content, ..get() };
    let exchange = LocalSet::new().run_until(exchange(&mut client, request)).await;
    assert!(matches!(&exchange.ending, Ending::Answer(answer) if answer.status == 200), "{exchange:?}");
    heard.recv().await.unwrap()
}

#[tokio::test]
async fn a_file_goes_over_http_2_in_frames_with_its_length_unless_it_is_compressed() {
    let file = Fixture::new("two", 300_000);
    let (headers, bytes) = sent(Content::of_parts(vec![file.part()])).await;
    assert_eq!((headers.get("content-length").unwrap(), bytes), (&"300000".parse().unwrap(), file.content().to_vec()));
    let (headers, bytes) = sent(Content::of_parts(vec![file.part()]).packed(Coding::Gzip, Framing::Length)).await;
    assert!(!headers.contains_key("content-length") && !headers.contains_key("transfer-encoding"), "{headers:?}");
    assert_eq!(unpacked(&bytes), file.content());
}
