use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::time::{sleep, timeout};

use crate::compile::{Program, Ready, Service};
use crate::engine::{Platform, ready_check};
use crate::http::Network;
use crate::units::show_duration;

/// The target could not be reached, or did not say that it is ready.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

const BETWEEN: Duration = Duration::from_millis(250);
const CONNECT: Duration = Duration::from_secs(3);
/// What the only answer that is missing has to say comes when the time is up, and is waited for.
const LAST_WORD: Duration = Duration::from_millis(100);

/// Waits until each service is there: by its `ready` question where it has one, else by a connection. Where one is
/// not there at once, `waiting` hears why, once.
///
/// # Errors
/// What kept one from being there, with what the last try met.
pub async fn probe(program: &Program, platform: &Platform, mut waiting: impl FnMut(&str)) -> Result<(), Unreachable> {
    for service in &program.services {
        match &service.ready {
            Some(ready) => ask((service, platform), ready, &mut waiting).await?,
            // in a simulation the first request finds out
            #[cfg(test)]
            None if matches!(platform, Platform::Simulated(_)) => {}
            None => connect(service).await?,
        }
    }
    Ok(())
}

async fn ask(
    (service, platform): (&Service, &Platform),
    ready: &Ready,
    mut waiting: impl FnMut(&str),
) -> Result<(), Unreachable> {
    let url = format!("{}{}", service.origin, ready.path);
    let mut said = "did not answer".to_owned();
    let mut said_so = false;
    let asking = async {
        loop {
            said = match ready_check(service, platform, &ready.path, ready.within).await {
                Ok(status) if status < 400 => return,
                Ok(status) => format!("answered {status}"),
                Err(why) => format!("did not answer: {why}"),
            };
            // a service that refuses now may be coming up
            if !said_so {
                waiting(&format!("waiting up to {} for {url}: it {said}", show_duration(ready.within)));
                said_so = true;
            }
            sleep(BETWEEN).await;
        }
    };
    let answered = timeout(ready.within + LAST_WORD, asking).await;
    answered.map_err(|_| Unreachable(format!("{url} {said} (asked for {})", show_duration(ready.within))))
}

async fn connect(service: &Service) -> Result<(), Unreachable> {
    if let Network::Unix(path) = &service.connections.network {
        let shown = path.display();
        let connected = UnixStream::connect(path).await.map(drop);
        return connected.map_err(|error| Unreachable(format!("{shown} cannot be connected to: {}", reason(&error))));
    }
    // what lies behind a proxy is its business
    let origin = service.connections.proxy.as_ref().map_or(&service.origin, |proxy| &proxy.origin);
    let (host, limit) = (origin.host(), show_duration(CONNECT));
    let address = format!("{host}:{}", origin.port());
    let found = timeout(CONNECT, lookup_host(&address)).await;
    let found = found.map_err(|_| Unreachable(format!("`{host}` does not resolve within {limit}")))?;
    let found = found.map_err(|error| Unreachable(format!("`{host}` does not resolve: {error}")))?;
    let found: Vec<SocketAddr> = found.collect();
    match timeout(CONNECT, TcpStream::connect(&*found)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(Unreachable(format!("{address} cannot be connected to: {}", reason(&error)))),
        Err(_) => Err(Unreachable(format!("{address} does not answer within {limit}"))),
    }
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        _ => error.to_string(),
    }
}
