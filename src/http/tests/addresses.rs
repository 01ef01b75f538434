use std::cell::RefCell;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::sleep;

use super::{answer, exchange, failure, get};
use crate::http::{
    Addresses, Client, Ending, KnownNames, MemoryNetwork, MemoryResolver, Network, NotReached, Origin, Place, Reuse,
    Settings, Transport, reach,
};
use crate::sample::FailureKind;

/// What an address does with who wants to connect to it.
#[derive(Clone, Copy)]
enum Takes {
    After(u64),
    Refuses,
}

/// Everything anybody tried to connect to, from where, in its order.
type Dialed = Rc<RefCell<Vec<(String, Option<IpAddr>)>>>;

/// Plays a test in virtual time.
fn played<F: Future<Output = ()>>(test: F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, test);
}

/// A network on which each address does as `takes` says, and what was dialed on it.
fn network(takes: impl Fn(SocketAddr) -> Takes + 'static) -> (MemoryNetwork, Dialed) {
    let (network, mut listener) = MemoryNetwork::new();
    let dialed = Dialed::default();
    let seen = dialed.clone();
    spawn_local(async move {
        while let Some(dialing) = listener.next().await {
            seen.borrow_mut().push((dialing.to().to_string(), dialing.from()));
            if let Takes::After(wait) = takes(dialing.to()) {
                spawn_local(async move {
                    sleep(Duration::from_millis(wait)).await;
                    if let Some(stream) = dialing.accept() {
                        serve(stream).await;
                    }
                });
            }
        }
    });
    (network, dialed)
}

/// Answers whatever comes.
async fn serve(mut stream: DuplexStream) {
    let mut unread = Vec::new();
    while stream.read_buf(&mut unread).await.is_ok_and(|read| read > 0) {
        if unread.ends_with(b"\r\n\r\n") {
            unread.clear();
            let written = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
            if written.is_err() {
                return;
            }
        }
    }
}

/// Tells every name the same addresses.
fn tell(mut resolver: MemoryResolver, addresses: &[&str]) {
    let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
    spawn_local(async move {
        while let Some(naming) = resolver.next().await {
            naming.tell_all(addresses.clone());
        }
    });
}

fn client(network: MemoryNetwork, settings: Settings) -> Client {
    let settings = Settings { network: Network::Memory(network), ..settings };
    Client::new(Rc::new(Transport::new(Origin::parse("http://api.test:8080").unwrap(), settings).unwrap()))
}

fn places(dialed: &Dialed) -> Vec<String> {
    dialed.borrow().iter().map(|(to, _)| to.clone()).collect()
}

/// Every request has a connection of its own.
fn each_its_own() -> Settings {
    Settings { reuse: Reuse::Once, ..Settings::default() }
}

#[test]
fn ipv6_has_a_head_start_of_250_ms_and_the_first_that_connects_wins() {
    played(async {
        // the first is silent, the second takes its time, the third would be quick
        let (network, dialed) = network(|to| match to.ip().to_string().as_str() {
            "fd00::1" => Takes::After(60_000),
            "10.0.0.1" => Takes::After(40),
            _ => Takes::After(0),
        });
        let (network, resolver) = network.with_resolver();
        tell(resolver, &["10.0.0.1", "10.0.0.2", "fd00::1"]);
        let exchange = exchange(&mut client(network, Settings::default()), get()).await;
        assert!(matches!(exchange.ending, Ending::Answer(_)), "{exchange:?}");
        assert_eq!(exchange.phases.connect, Some(Duration::from_millis(290)));
        assert_eq!(exchange.phases.dns, Some(Duration::ZERO));
        assert_eq!(places(&dialed), ["[fd00::1]:8080", "10.0.0.1:8080"]);
    });
}

#[test]
fn an_address_that_refuses_makes_room_for_the_next_at_once() {
    played(async {
        let (network, dialed) = network(|to| if to.is_ipv6() { Takes::Refuses } else { Takes::After(5) });
        let (network, resolver) = network.with_resolver();
        tell(resolver, &["10.0.0.1", "fd00::1"]);
        let exchange = exchange(&mut client(network, Settings::default()), get()).await;
        assert_eq!(exchange.phases.connect, Some(Duration::from_millis(5)));
        assert_eq!(places(&dialed), ["[fd00::1]:8080", "10.0.0.1:8080"]);
    });
}

#[test]
fn where_every_address_refuses_or_is_silent_the_connection_fails() {
    played(async {
        let (refusing, dialed) = network(|_| Takes::Refuses);
        let (refusing, resolver) = refusing.with_resolver();
        tell(resolver, &["10.0.0.1", "fd00::1"]);
        let refused = exchange(&mut client(refusing, Settings::default()), get()).await;
        assert_eq!(failure(&refused).message, "connection refused by api.test:8080");
        assert_eq!(dialed.borrow().len(), 2);
        let (silent, resolver) = network(|_| Takes::After(60_000)).0.with_resolver();
        tell(resolver, &["10.0.0.1", "fd00::1"]);
        let settings = Settings { connect_timeout: Duration::from_secs(1), ..Settings::default() };
        let silent = exchange(&mut client(silent, settings), get()).await;
        assert_eq!(failure(&silent).message, "no connection to api.test:8080 within 1s");
        assert_eq!(silent.ended - silent.sent, Duration::from_secs(1));
        let (nobody, resolver) = network(|_| Takes::Refuses).0.with_resolver();
        tell(resolver, &[]);
        let unknown = exchange(&mut client(nobody, Settings::default()), get()).await;
        assert_eq!(failure(&unknown).kind, FailureKind::Dns, "{unknown:?}");
    });
}

#[test]
fn connections_are_made_to_the_first_address_or_to_all_of_them_in_turn() {
    played(async {
        for (addresses, expected) in [(Addresses::First, ["1", "1", "1", "1"]), (Addresses::All, ["1", "2", "3", "1"])]
        {
            let (network, dialed) = network(|_| Takes::After(0));
            let (network, resolver) = network.with_resolver();
            tell(resolver, &["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
            let mut client = client(network, Settings { addresses, ..each_its_own() });
            for _ in 0..4 {
                assert_eq!(answer(&mut client, get()).await.status, 200);
            }
            assert_eq!(places(&dialed), expected.map(|last| format!("10.0.0.{last}:8080")));
        }
    });
}

#[test]
fn all_addresses_have_their_turn_also_where_the_resolver_turns_them_round() {
    played(async {
        let (network, dialed) = network(|_| Takes::After(0));
        let (network, mut resolver) = network.with_resolver();
        spawn_local(async move {
            let mut addresses = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse::<IpAddr>().unwrap());
            while let Some(naming) = resolver.next().await {
                naming.tell_all(addresses.to_vec());
                addresses.reverse();
            }
        });
        let mut client = client(network, Settings { addresses: Addresses::All, ..each_its_own() });
        for _ in 0..4 {
            assert_eq!(answer(&mut client, get()).await.status, 200);
        }
        assert_eq!(places(&dialed), ["1", "2", "1", "2"].map(|last| format!("10.0.0.{last}:8080")));
    });
}

#[test]
fn a_name_that_the_plan_resolves_is_not_looked_up() {
    played(async {
        let (network, dialed) = network(|_| Takes::After(0));
        // a resolver that answers nobody
        let (network, _resolver) = network.with_resolver();
        let mut known_names = KnownNames::default();
        let leads_to = ["10.0.0.7", "[fd00::7]:9090"].map(|text| Place::parse(text).unwrap());
        known_names.add("api.test", leads_to.to_vec()).unwrap();
        let mut client = client(network, Settings { known_names, addresses: Addresses::All, ..each_its_own() });
        for _ in 0..2 {
            let exchange = exchange(&mut client, get()).await;
            assert_eq!((exchange.phases.dns, exchange.phases.connect), (None, Some(Duration::ZERO)));
        }
        assert_eq!(places(&dialed), ["10.0.0.7:8080", "[fd00::7]:9090"]);
    });
}

#[test]
fn connections_come_from_the_source_addresses_in_turn() {
    played(async {
        let (network, dialed) = network(|_| Takes::After(0));
        let (network, resolver) = network.with_resolver();
        tell(resolver, &["fd00::1", "10.0.0.1"]);
        let sources: Vec<IpAddr> = ["127.0.0.2", "127.0.0.3"].map(|text| text.parse().unwrap()).to_vec();
        let mut client = client(network, Settings { sources: sources.clone(), ..each_its_own() });
        for _ in 0..3 {
            assert_eq!(answer(&mut client, get()).await.status, 200);
        }
        // no connection to an address of the other family can come from them
        let expected = [0, 1, 0].map(|nth: usize| ("10.0.0.1:8080".to_owned(), Some(sources[nth])));
        assert_eq!(*dialed.borrow(), expected);
    });
    played(async {
        let (network, resolver) = network(|_| Takes::After(0)).0.with_resolver();
        tell(resolver, &["10.0.0.1"]);
        let sources = vec!["::1".parse().unwrap()];
        let settings =
            Settings { sources: sources.clone(), network: Network::Memory(network.clone()), ..Settings::default() };
        let transport = Transport::new(Origin::parse("http://api.test:8080").unwrap(), settings).unwrap();
        assert!(matches!(reach(&transport).await, Err(NotReached::NoSource(_))));
        let exchange = exchange(&mut client(network, Settings { sources, ..Settings::default() }), get()).await;
        let message = "none of the source addresses is of a kind with those of api.test:8080, which are IPv4";
        assert_eq!(failure(&exchange).message, message);
    });
}

#[tokio::test]
async fn over_tcp_a_connection_comes_from_its_source() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let sources = ["127.0.0.2", "127.0.0.3"].map(|text| text.parse::<IpAddr>().unwrap()).to_vec();
    let settings = Settings { sources: sources.clone(), ..each_its_own() };
    let mut client = Client::new(Rc::new(Transport::new(Origin::parse(&origin).unwrap(), settings).unwrap()));
    for source in sources {
        let request = exchange(&mut client, get());
        let accepted = async {
            let (mut stream, from) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 204 X\r\nconnection: close\r\n\r\n").await.unwrap();
            from.ip()
        };
        let (exchange, from) = tokio::join!(request, accepted);
        assert_eq!(from, source, "{exchange:?}");
    }
    let elsewhere = Settings { sources: vec!["192.0.2.1".parse().unwrap()], ..Settings::default() };
    let mut client = Client::new(Rc::new(Transport::new(Origin::parse(&origin).unwrap(), elsewhere).unwrap()));
    let failed = exchange(&mut client, get()).await;
    assert!(failure(&failed).message.ends_with("192.0.2.1 is not an address of this machine"), "{failed:?}");
}
