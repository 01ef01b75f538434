//! What a request allocates, in a whole run over real sockets: counted in the process, and told by the difference between a
//! short run and a longer one, so that what a run, a user or a second takes does not count. Nothing else runs in the process
//! meanwhile: whatever it allocated would count.

#![allow(clippy::unwrap_used)]

#[path = "../support/conducted.rs"]
mod conducted;
#[path = "../support/counting_allocator.rs"]
mod counting_allocator;
#[path = "../support/program.rs"]
mod program;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll::test_api::units::Shard;

use crate::conducted::conducted;
use crate::counting_allocator::ALLOCATIONS;
use crate::program::program;

/// One test at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// A service that allocates nothing for a request: it takes what comes up to the end of a request it knows, and says the same
/// each time.
fn service() -> SocketAddr {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 48\r\n\r\n\
        {\"concepts_found\":3,\"name\":\"x\",\"query_time\":1.5}";
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                // a request of these plans comes in one read
                while stream.read(&mut buffer).is_ok_and(|read| read > 0) && stream.write_all(ANSWER).is_ok() {}
            });
        }
    });
    address
}

/// How many allocations a plan's run takes, and how many requests it makes.
fn allocations(plan: &str, address: SocketAddr, iterations: u64) -> (u64, u64) {
    let plan = plan.replace("TARGET", &format!("http://{address}")).replace("EACH", &iterations.to_string());
    let program = Arc::new(program(&plan).unwrap());
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let results = conducted(&program, Shard::WHOLE, 1);
    let taken = ALLOCATIONS.load(Ordering::Relaxed) - before;
    let books = results.totals().accounting();
    assert_eq!(books.failed, [0; 9], "{plan}");
    (taken, books.ok)
}

fn allocations_a_request(plan: &str) -> f64 {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let address = service();
    let (short, long) = (allocations(plan, address, 500), allocations(plan, address, 4_500));
    (long.0 as f64 - short.0 as f64) / (long.1 - short.1) as f64
}

#[test]
fn a_request_that_is_the_same_each_time_allocates_nothing() {
    let a_request = allocations_a_request(
        "
target: TARGET
endpoints: {root: {get: /}}
shape: {iterations: {users: 8, each: EACH}}
",
    );
    // what many share is allocated now and then
    assert!(a_request < 0.2, "{a_request}");
}

#[test]
fn a_request_with_a_body_checks_and_metrics_allocates_no_more_than_twice() {
    let a_request = allocations_a_request(
        "
target: TARGET
data: {messages: {list: [quantum computers, reusable rockets, deep sea cables]}}
metrics: {concepts_found: {trend: {}}, query_time: {trend: {unit: ms}}}
endpoints:
  recall:
    post: /recall
    json: {message: \"{{ choice(messages) }}\", max_concepts: \"{{ random_int(5, 20) }}\"}
    expect: {status: 200, json: {$.concepts_found: {at_least: 0}}}
    record: {concepts_found: $.concepts_found, query_time: $.query_time}
shape: {iterations: {users: 8, each: EACH}}
",
    );
    assert!(a_request <= 2.0, "{a_request}");
}
