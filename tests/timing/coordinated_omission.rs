//! Only this shows that a stall on a real socket comes as far as the report on disk as what it is: that no request is
//! left out and each time is exact is shown in virtual time (`src/engine/tests/times.rs`).

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::support::plan_folder::PlanFolder;

/// Answers each request of each connection at once, but for request number `nth` overall, which takes `stall`.
fn serve(nth: usize, stall: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let served = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let served = served.clone();
            thread::spawn(move || answer(stream, &served, nth, stall));
        }
    });
    address
}

fn answer(mut stream: TcpStream, served: &std::sync::atomic::AtomicUsize, nth: usize, stall: Duration) {
    let mut chunk = [0; 4096];
    let mut seen = Vec::new();
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        seen.extend_from_slice(&chunk[..read]);
        while let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
            seen.drain(..end + 4);
            if served.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == nth {
                thread::sleep(stall);
            }
            if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").is_err() {
                return;
            }
        }
    }
}

#[test]
fn a_stall_shows_in_response_time_and_not_in_service_time() {
    let _alone = crate::alone();
    let stall = Duration::from_millis(1000);
    let address = serve(20, stall);
    let plan = PlanFolder::of("timing/paced").aimed_at_url(&format!("http://{address}"));
    // 50 requests fall due while one is stalled
    let (code, _, stderr) = plan.run(&["--quiet"]);
    assert_eq!(code, 0, "{stderr}");
    let report = plan.report();
    let total = &report["total"];
    let figure = |clock: &str, name: &str| total[clock][name].as_f64().unwrap();
    let requests = total["requests"].as_u64().unwrap();

    // no request is left out because the user was waiting
    assert!((145..=151).contains(&requests), "{requests} requests");
    // both clocks see the stalled request itself
    assert!(figure("service_time", "max") >= 1000.0 && figure("response_time", "max") >= 1000.0);
    // those that fell due meanwhile waited half a second on average: about a third of all, so well above p75
    assert!(figure("response_time", "p80") >= 250.0, "{total:#}");
    assert!(figure("service_time", "p98") < 250.0, "{total:#}");
}
