use std::num::NonZeroU64;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::sleep;

use super::{answer, get};
use crate::http::{Client, KeepAlive, MemoryNetwork, Network, Origin, Reuse, Settings, Transport};

/// Over which connection, from 0, each request of a user goes that pauses for so many milliseconds before it.
fn connections(keep_alive: KeepAlive, pauses: &[u64]) -> Vec<usize> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let (network, mut listener) = MemoryNetwork::new();
        spawn_local(async move {
            let mut made = 0;
            while let Some(dialing) = listener.next().await {
                let (number, Some(mut stream)) = (made, dialing.accept()) else { continue };
                made += 1;
                spawn_local(async move {
                    let mut unread = Vec::new();
                    while stream.read_buf(&mut unread).await.is_ok_and(|read| read > 0) {
                        if unread.ends_with(b"\r\n\r\n") {
                            unread.clear();
                            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{number}");
                            stream.write_all(answer.as_bytes()).await.unwrap();
                        }
                    }
                });
            }
        });
        let settings =
            Settings { reuse: Reuse::Kept(keep_alive), network: Network::Memory(network), ..Settings::default() };
        let transport = Transport::new(Origin::parse("http://api.test").unwrap(), settings).unwrap();
        let mut client = Client::new(Rc::new(transport));
        let mut over = Vec::new();
        for pause in pauses {
            sleep(Duration::from_millis(*pause)).await;
            let body = answer(&mut client, get()).await.body;
            over.push(String::from_utf8(body.to_vec()).unwrap().parse().unwrap());
        }
        over
    })
}

#[test]
fn a_connection_that_was_unused_for_too_long_is_made_anew() {
    let keep_alive = KeepAlive { idle: Some(Duration::from_secs(5)), requests: None };
    assert_eq!(connections(keep_alive, &[9_000, 4_999, 4_999, 5_000, 1, 60_000]), [0, 0, 0, 1, 1, 2]);
    assert_eq!(connections(KeepAlive::default(), &[0, 3_600_000]), [0, 0]);
}

#[test]
fn a_connection_serves_so_many_requests_and_no_more() {
    let at_most = |requests| KeepAlive { idle: None, requests: NonZeroU64::new(requests) };
    assert_eq!(connections(at_most(3), &[0; 8]), [0, 0, 0, 1, 1, 1, 2, 2]);
    assert_eq!(connections(at_most(1), &[0; 3]), [0, 1, 2]);
}
