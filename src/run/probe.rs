use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::compile::{Ready, Target};
use crate::units::show_duration;

/// The target could not be reached, or did not say that it is ready.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

const BETWEEN: Duration = Duration::from_millis(250);
const CONNECT: Duration = Duration::from_secs(3);

/// Waits until the target is there: by its `ready` question where the plan has one, else by a connection. Where it is
/// not there at once, `waiting` is told why, one time.
///
/// # Errors
/// What kept it from being there, with what the last try met.
pub async fn probe(target: &Target, waiting: impl FnMut(&str)) -> Result<(), Unreachable> {
    match &target.ready {
        Some(ready) => ask(target, ready, waiting).await,
        None => connect(target).await,
    }
}

async fn ask(target: &Target, ready: &Ready, mut waiting: impl FnMut(&str)) -> Result<(), Unreachable> {
    let url = format!("{}{}", target.origin, ready.path);
    // an error says that one is installed already, which is as good
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().connect_timeout(CONNECT).timeout(ready.within).no_proxy().build();
    let client = client.map_err(|error| Unreachable(format!("no question can be asked: {error}")))?;
    let mut said = "did not answer".to_owned();
    let mut told = false;
    let asking = async {
        loop {
            said = match client.get(&url).send().await {
                Ok(answer) if answer.status().as_u16() < 400 => return,
                Ok(answer) => format!("answered {}", answer.status()),
                Err(error) => plain(&error),
            };
            // a service that refuses now may be coming up
            if !told {
                waiting(&format!("waiting up to {} for {url}: it {said}", show_duration(ready.within)));
                told = true;
            }
            sleep(BETWEEN).await;
        }
    };
    let answered = timeout(ready.within, asking).await;
    answered.map_err(|_| Unreachable(format!("{url} {said} (asked for {})", show_duration(ready.within))))
}

async fn connect(target: &Target) -> Result<(), Unreachable> {
    let address = target.origin.split_once("://").map_or(target.origin.as_str(), |(_, address)| address);
    let has_port = address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let port = if target.origin.starts_with("https") { 443 } else { 80 };
    let address = if has_port { address.to_owned() } else { format!("{address}:{port}") };
    match timeout(CONNECT, TcpStream::connect(&address)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(Unreachable(format!("{address} cannot be connected to: {}", reason(&error)))),
        Err(_) => Err(Unreachable(format!("{address} does not answer"))),
    }
}

fn plain(error: &reqwest::Error) -> String {
    if error.is_connect() {
        let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
        while let Some(inner) = cause {
            if let Some(io) = inner.downcast_ref::<std::io::Error>() {
                return format!("cannot be connected to: {}", reason(io));
            }
            cause = inner.source();
        }
        return "cannot be connected to".to_owned();
    }
    if error.is_timeout() { "did not answer in time".to_owned() } else { "did not answer as HTTP".to_owned() }
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        _ => error.to_string(),
    }
}
