use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::compile::{Program, Ready, Service};
use crate::engine::{Platform, connection_check, ready_check};
use crate::http::{NotReached, unusable_source};
use crate::units::show_duration;

/// Why the load cannot begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// The target could not be reached, or did not say that it is ready.
    #[error("the target is not ready: {0}")]
    Target(String),
    /// This machine has not got an address that connections are to be made from.
    #[error("{place}: {why}")]
    Source {
        /// `plan.yaml:3:40`.
        place: String,
        /// Which address, and what is wrong with it.
        why: String,
    },
    /// The addresses that connections are to be made from are IPv4, and those of the service IPv6, or the other way round.
    #[error("{place}: {why}")]
    SourceKind {
        /// `plan.yaml:3:40`.
        place: String,
        /// Which kind is missing.
        why: String,
    },
}

impl Unreachable {
    /// What to do.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Target(_) => {
                "start the service, aim elsewhere with `--target URL`, or try the plan with `--embedded`"
            }
            Self::Source { .. } => "name addresses of this machine, as `ip address` lists them",
            Self::SourceKind { .. } => "give `source_addresses` an address of that kind as well, or remove it",
        }
    }
}

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
        if matches!(platform, Platform::System) {
            sources(service)?;
        }
        match &service.ready {
            Some(ready) => {
                // whoever has no address to ask from would ask in vain
                if matches!(platform, Platform::System)
                    && !service.connections.sources.is_empty()
                    && let Err(missed @ NotReached::NoSource(_)) = connection_check(service, platform, CONNECT).await
                {
                    return Err(unreached(service, missed));
                }
                ask((service, platform), ready, &mut waiting).await?;
            }
            // in a simulation the first request finds out
            #[cfg(test)]
            None if matches!(platform, Platform::Simulated(_)) => {}
            None => connection_check(service, platform, CONNECT).await.map_err(|missed| unreached(service, missed))?,
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
            said = match ready_check(service, platform, ready).await {
                Ok(status) if status < 400 => return,
                Ok(status @ (401 | 403)) => {
                    format!("answered {status}: the question has no headers of the target but `host`, and no `auth`")
                }
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
    answered.map_err(|_| Unreachable::Target(format!("{url} {said} (asked for {})", show_duration(ready.within))))
}

fn unreached(service: &Service, missed: NotReached) -> Unreachable {
    match missed {
        NotReached::NoSource(why) => Unreachable::SourceKind { place: place_of_sources(service), why },
        NotReached::NoPeer(why) => Unreachable::Target(why),
    }
}

fn place_of_sources(service: &Service) -> String {
    service.sources_place.as_deref().unwrap_or_default().to_owned()
}

/// Whether this machine has the addresses that connections to a service are made from.
fn sources(service: &Service) -> Result<(), Unreachable> {
    let Some(why) = service.connections.sources.iter().find_map(|source| unusable_source(*source)) else {
        return Ok(());
    };
    Err(Unreachable::Source { place: place_of_sources(service), why })
}
