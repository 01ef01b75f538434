//! What one exchange costs in CPU, against a server that is already running.
//!
//! ```text
//! cargo bench --bench exchange -- URL [CLIENTS] [SECONDS] [drive|idle]
//! ```
//!
//! `drive`, the default, runs CLIENTS users as fast as the service answers, in one thread, and prints CPU time per
//! request. `idle` lets each make a hundred requests, then pause, and prints resident memory per client. Certificates are not verified.
#![allow(clippy::print_stdout)]

use std::cell::Cell;
use std::error::Error;
use std::rc::Rc;
use std::time::Duration;

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method};
use plimsoll::test_api::http::{Client, Content, Ending, Keep, Origin, Outgoing, Settings, Transport, Verify};
use plimsoll::test_api::units::Size;
use tokio::time::Instant;

type Anything = Box<dyn Error>;

fn main() -> Result<(), Anything> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let Some(url) = arguments.first() else {
        println!("exchange: no URL given, so nothing is measured");
        return Ok(());
    };
    let clients: usize = arguments.get(1).map_or(Ok(64), |text| text.parse())?;
    let seconds: u64 = arguments.get(2).map_or(Ok(5), |text| text.parse())?;
    let mode = match arguments.get(3).map(String::as_str) {
        None | Some("drive") => Mode::Drive,
        Some("idle") => Mode::Idle,
        Some(other) => return Err(format!("`{other}` is not a mode").into()),
    };

    let slash = url.find("://").and_then(|at| url[at + 3..].find('/').map(|end| at + 3 + end)).unwrap_or(url.len());
    let (origin, path) = url.split_at(slash);
    let target: PathAndQuery = if path.is_empty() { "/" } else { path }.parse()?;
    let settings = Settings { verify: Verify::No, ..Settings::default() };
    let transport = Rc::new(Transport::new(Origin::parse(origin)?, settings)?);
    let mut headers = HeaderMap::new();
    headers.insert(http::header::HOST, transport.origin().host_header().clone());
    headers.insert(http::header::USER_AGENT, HeaderValue::from_static("plimsoll"));
    let request = Outgoing {
        method: Method::GET,
        target,
        headers: headers.into(),
        body: Content::EMPTY,
        timeout: Duration::from_secs(10),
        keep: Keep::UpTo(Size::from_bytes(1 << 20)),
    };

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    let length = Duration::from_secs(seconds);
    match mode {
        Mode::Idle => local.block_on(&runtime, idle(transport, request, clients, length)),
        Mode::Drive => local.block_on(&runtime, drive(transport, request, clients, length)),
    }
}

enum Mode {
    Drive,
    Idle,
}

async fn drive(transport: Rc<Transport>, request: Outgoing, clients: usize, length: Duration) -> Result<(), Anything> {
    let (answers, failures) = (Rc::new(Cell::new(0u64)), Rc::new(Cell::new(0u64)));
    let began = Instant::now();
    let cpu = cpu_time()?;
    let users: Vec<_> = (0..clients)
        .map(|_| {
            let (request, answers, failures) = (request.clone(), Rc::clone(&answers), Rc::clone(&failures));
            let mut client = Client::new(Rc::clone(&transport));
            tokio::task::spawn_local(async move {
                let until = began + length;
                loop {
                    let exchange = client.exchange(&request, std::future::pending()).await;
                    match exchange.ending {
                        Ending::Answer(answer) if answer.status == 200 => answers.set(answers.get() + 1),
                        _ => failures.set(failures.get() + 1),
                    }
                    if exchange.ended >= until {
                        return;
                    }
                }
            })
        })
        .collect();
    for user in users {
        user.await?;
    }
    let (wall, cpu) = (began.elapsed(), cpu_time()?.saturating_sub(cpu));
    let requests = answers.get() + failures.get();
    println!(
        "{:.2} us CPU a request, {:.0} requests/s, {requests} requests, {} failed, {:.0} % of a core",
        cpu.as_secs_f64() * 1e6 / requests as f64,
        requests as f64 / wall.as_secs_f64(),
        failures.get(),
        100.0 * cpu.as_secs_f64() / wall.as_secs_f64(),
    );
    Ok(())
}

async fn idle(transport: Rc<Transport>, request: Outgoing, clients: usize, length: Duration) -> Result<(), Anything> {
    let before = resident_bytes()?;
    let failures = Rc::new(Cell::new(0u64));
    let ready = Rc::new(Cell::new(0usize));
    let users: Vec<_> = (0..clients)
        .map(|_| {
            let (request, failures, ready) = (request.clone(), Rc::clone(&failures), Rc::clone(&ready));
            let mut client = Client::new(Rc::clone(&transport));
            tokio::task::spawn_local(async move {
                for _ in 0..100 {
                    let exchange = client.exchange(&request, std::future::pending()).await;
                    if !matches!(exchange.ending, Ending::Answer(_)) {
                        failures.set(failures.get() + 1);
                    }
                }
                ready.set(ready.get() + 1);
                tokio::time::sleep(length).await;
            })
        })
        .collect();
    while ready.get() < clients {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let held = resident_bytes()?.saturating_sub(before);
    println!(
        "{:.1} KiB resident for each of {clients} idle clients, {} failed",
        held as f64 / 1024.0 / clients as f64,
        failures.get()
    );
    for user in users {
        user.await?;
    }
    Ok(())
}

/// The CPU time of this, the only busy, thread: the first figure of `schedstat`, in nanoseconds (proc(5)).
fn cpu_time() -> Result<Duration, Anything> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    Ok(Duration::from_nanos(text.split_whitespace().next().ok_or("no schedstat")?.parse()?))
}

/// Resident memory: the second figure of `statm`, in pages of 4 KiB (proc(5)).
fn resident_bytes() -> Result<u64, Anything> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    Ok(text.split_whitespace().nth(1).ok_or("no statm")?.parse::<u64>()? * 4096)
}
