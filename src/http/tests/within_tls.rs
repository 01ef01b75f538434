use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;

use http::uri::PathAndQuery;
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};

use super::peer::{Peer, linger, request};
use super::{answer, exchange, failure, get};
use crate::http::transport::TransportError;
use crate::http::{Client, Ending, Origin, Outgoing, Settings, Transport, Verify};
use crate::sample::{FailureKind, Transmission};

/// A peer that speaks TLS with a certificate of its own making for `name`, and the certificate as PEM.
fn tls_peer(name: &str) -> (Peer, String) {
    self_signed(CertificateParams::new([name.to_owned()]).unwrap())
}

/// The same with a certificate that was made in some way.
fn self_signed(params: CertificateParams) -> (Peer, String) {
    let key = KeyPair::generate().unwrap();
    peer_with(params.self_signed(&key).unwrap(), &key)
}

fn peer_with(cert: Certificate, key: &KeyPair) -> (Peer, String) {
    let pem = cert.pem();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(cert)], key)
        .unwrap();
    let config = Arc::new(config);
    let peer = Peer::new(move |socket| {
        let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = Stream::new(&mut connection, socket);
        while let Some(asked) = request(&mut stream) {
            let body = match asked.starts_with("GET /sni ") {
                true => stream.conn.server_name().unwrap_or("none").to_owned(),
                false => "hello".to_owned(),
            };
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (peer, pem)
}

fn client_of(peer: &Peer, host: &str, settings: Settings) -> Client {
    let origin = Origin::parse(&format!("https://{host}:{}", peer.address().port())).unwrap();
    Client::new(Rc::new(Transport::new(origin, settings).unwrap()))
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_is_taken_and_the_handshake_timed() {
    for host in ["localhost", "127.0.0.1"] {
        let (peer, pem) = tls_peer(host);
        let mut client = client_of(&peer, host, Settings { authorities: pem.into_bytes(), ..Settings::default() });
        let first = exchange(&mut client, get()).await;
        assert!(matches!(&first.ending, Ending::Answer(answer) if answer.body == "hello"), "{first:?}");
        assert!(first.phases.tls.is_some() && first.phases.connect.is_some());
        assert_eq!(first.bytes_in, 43, "the bytes of HTTP, without TLS's own");
        let second = exchange(&mut client, get()).await;
        assert!(matches!(second.ending, Ending::Answer(_)) && second.phases.tls.is_none());
        assert_eq!(peer.connections(), 1);
    }
}

/// What `openssl req -x509` makes: a certificate that is an authority as well.
fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

#[tokio::test]
async fn a_certificate_that_is_named_itself_is_taken_as_curl_takes_it() {
    let issuer_key = KeyPair::generate().unwrap();
    let issuer = Issuer::new(authority("issuer.example"), &issuer_key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    // signed by itself as an authority, and by an authority that is not named
    for (peer, pem) in [self_signed(authority("localhost")), peer_with(leaf, &key)] {
        let settings = || Settings { authorities: pem.clone().into_bytes(), ..Settings::default() };
        assert_eq!(answer(&mut client_of(&peer, "localhost", settings()), get()).await.status, 200);
        // for another host it is no better than any
        let other = exchange(&mut client_of(&peer, "127.0.0.1", settings()), get()).await;
        assert!(failure(&other).message.ends_with("is not for `127.0.0.1`"), "{other:?}");
        // and it vouches for itself alone
        let (stranger, _) = self_signed(authority("localhost"));
        let refused = exchange(&mut client_of(&stranger, "localhost", settings()), get()).await;
        assert_eq!(failure(&refused).kind, FailureKind::Tls, "{refused:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_named_itself_has_to_be_in_date() {
    let mut old = authority("localhost");
    (old.not_before, old.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    let (peer, pem) = self_signed(old);
    let settings = Settings { authorities: pem.into_bytes(), ..Settings::default() };
    let exchange = exchange(&mut client_of(&peer, "localhost", settings), get()).await;
    assert!(failure(&exchange).message.ends_with("has expired"), "{exchange:?}");
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_fails_as_tls_with_nothing_sent() {
    let (peer, _) = tls_peer("localhost");
    let exchange = exchange(&mut client_of(&peer, "localhost", Settings::default()), get()).await;
    assert_eq!(
        (failure(&exchange).kind, exchange.transmission),
        (FailureKind::Tls, Transmission::NeverSent),
        "{exchange:?}"
    );
    let expected = format!("the certificate of localhost:{} is from an unknown authority", peer.address().port());
    assert_eq!(failure(&exchange).message, expected);
    assert!(exchange.phases.connect.is_some() && exchange.phases.tls.is_none());
}

#[tokio::test]
async fn a_certificate_for_another_host_fails_as_tls() {
    let (peer, pem) = tls_peer("elsewhere.example");
    let settings = Settings { authorities: pem.into_bytes(), ..Settings::default() };
    let exchange = exchange(&mut client_of(&peer, "localhost", settings), get()).await;
    assert_eq!(failure(&exchange).kind, FailureKind::Tls);
    assert!(failure(&exchange).message.ends_with("is not for `localhost`"), "{exchange:?}");
}

#[tokio::test]
async fn the_name_within_tls_may_be_another_than_the_host_and_the_certificate_is_for_it() {
    let (peer, pem) = tls_peer("api.example");
    let settings = |name: &'static str| Settings {
        authorities: pem.clone().into_bytes(),
        server_name: Some(name.try_into().unwrap()),
        ..Settings::default()
    };
    let asked = Outgoing { target: PathAndQuery::from_static("/sni"), ..get() };
    for host in ["localhost", "127.0.0.1"] {
        let answer = answer(&mut client_of(&peer, host, settings("api.example")), asked.clone()).await;
        assert_eq!(answer.body, "api.example");
    }
    let other = exchange(&mut client_of(&peer, "localhost", settings("other.example")), get()).await;
    assert!(failure(&other).message.ends_with("is not for `other.example`"), "{other:?}");
    // another place has a name of its own
    let origin = |host| Origin::parse(&format!("https://{host}:{}", peer.address().port())).unwrap();
    let transport = Transport::new(origin("127.0.0.1"), settings("api.example")).unwrap();
    let elsewhere = transport.toward(origin("localhost")).unwrap();
    let other = exchange(&mut Client::new(Rc::new(elsewhere)), get()).await;
    assert!(failure(&other).message.ends_with("is not for `localhost`"), "{other:?}");
}

#[tokio::test]
async fn any_certificate_will_do_where_it_is_not_verified() {
    let (peer, _) = tls_peer("elsewhere.example");
    let settings = Settings { verify: Verify::No, ..Settings::default() };
    assert_eq!(answer(&mut client_of(&peer, "localhost", settings), get()).await.status, 200);
}

#[tokio::test]
async fn a_peer_without_tls_fails_as_tls() {
    for (reply, words) in
        [(&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "does not speak TLS"), (b"", "closed the connection")]
    {
        let peer = Peer::new(move |stream| {
            let _ = std::io::Read::read(stream, &mut [0; 4096]);
            stream.write_all(reply).unwrap();
            if !reply.is_empty() {
                linger(stream);
            }
        });
        let exchange = exchange(&mut client_of(&peer, "localhost", Settings::default()), get()).await;
        assert_eq!(failure(&exchange).kind, FailureKind::Tls, "{exchange:?}");
        assert!(failure(&exchange).message.contains(words), "{exchange:?}");
    }
}

#[test]
fn authorities_that_cannot_be_read_are_reported_before_the_load() {
    for authorities in ["not a certificate", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"] {
        let settings = Settings { authorities: authorities.into(), ..Settings::default() };
        let made = Transport::new(Origin::parse("https://localhost").unwrap(), settings);
        assert!(matches!(made.err(), Some(TransportError::Authorities(_))), "{authorities}");
    }
}
