use std::convert::Infallible;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::sync::watch;
use tokio::time::sleep;

use super::collect::Collector;
use super::courier::Courier;
use super::destinations::{Destination, InfluxPlace, StreamPlace};
use super::figures::{Broke, Ending, Item};
use super::influx::Influx;
use super::notify::Notify;
use super::otlp::Otlp;
use super::peer::{Peer, Post, tls};
use super::queue::Balance;
use super::remote_write::RemoteWrite;
use super::scrape::Scrape;
use super::statsd::Statsd;
use super::stream::Stream;
use super::{influx, notify, otlp, remote_write, statsd};
use crate::disk::{Disk, DiskFile};
use crate::journal::{Closing, Entry, Export};
use crate::results::Results;
use crate::run::{Event, Interrupts};
use crate::secrets::Secrets;

/// Listens to a run, and gives what it comes to, once a second, to whoever takes it out of the process.
pub struct Exporters {
    secrets: Secrets,
    collector: Option<Collector>,
    couriers: Vec<(Destination, Courier)>,
    scrape: Option<Scrape>,
    tls: Option<Arc<ClientConfig>>,
    /// When the last second was over, in seconds from the begin.
    reached: f64,
}

/// A destination that nothing can be sent to.
#[derive(Debug, thiserror::Error)]
#[error("`--{flag} {shown}`: {error}")]
pub struct NotExported {
    /// The flag.
    flag: &'static str,
    /// What may be shown of its value.
    shown: String,
    error: io::Error,
}

/// What exporters need of the process.
pub struct Surroundings<'a> {
    /// What nothing may show.
    pub secrets: &'a Secrets,
    /// A file of authorities that vouch for peers, besides the public ones.
    pub authorities: Option<&'a Path>,
    /// Stdout, for who is to have it as it is.
    pub stdout: fn() -> Box<dyn Write + Send>,
}

/// How long what is left at the end is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Patience {
    None,
    /// Only who comes for the figures is waited for.
    ForVisitors,
    ForAll,
}

/// What waits at the end has so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// A request that ends by its own limit says so itself.
const SLACK: Duration = Duration::from_secs(1);
/// One write may take as long as it takes: it has a thread of its own.
const WRITTEN_WITHIN: Duration = Duration::from_secs(60);

impl Exporters {
    /// Starts an exporter for each destination.
    ///
    /// # Errors
    /// A file that cannot be made, an address that cannot be listened on, no thread.
    pub fn start(destinations: &[Destination], surroundings: &Surroundings<'_>) -> Result<Self, NotExported> {
        let secrets = surroundings.secrets.clone();
        let mut exporters =
            Self { secrets, collector: None, couriers: Vec::new(), scrape: None, tls: None, reached: 0.0 };
        for destination in destinations {
            exporters.add(destination, surroundings).map_err(|error| NotExported {
                flag: destination.flag(),
                shown: destination.shown(),
                error,
            })?;
        }
        Ok(exporters)
    }

    /// Those of a run that sends nothing.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self {
            secrets: Secrets::default(),
            collector: None,
            couriers: Vec::new(),
            scrape: None,
            tls: None,
            reached: 0.0,
        }
    }

    fn add(&mut self, destination: &Destination, surroundings: &Surroundings<'_>) -> io::Result<()> {
        let courier = match destination {
            Destination::Prometheus(address) => {
                self.scrape = Some(Scrape::start(*address)?);
                return Ok(());
            }
            Destination::RemoteWrite(post) => {
                let peer = Peer::new(post, &*self.tls(surroundings.authorities)?, &remote_write::HEADERS)?;
                Courier::start("remote write", within(post), of_figures, RemoteWrite(peer))?
            }
            Destination::Otlp(place) => {
                let tls = match &place.authorities {
                    Some(path) => tls(Some(path))?,
                    None => self.tls(surroundings.authorities)?,
                };
                let peer = Peer::new(&place.post, &tls, otlp::headers(place.packing))?;
                let otlp = Otlp { peer, packing: place.packing, attributes: place.attributes.clone() };
                Courier::start("otlp", within(&place.post), of_figures, otlp)?
            }
            Destination::Influx(InfluxPlace::Service(post)) => {
                let peer = Peer::new(post, &*self.tls(surroundings.authorities)?, &influx::HEADERS)?;
                Courier::start("influxdb", within(post), of_figures, Influx::<DiskFile>::Service(peer))?
            }
            Destination::Influx(InfluxPlace::File(path)) => {
                let file = Influx::File(Disk::System.create_new(path)?);
                Courier::start("influxdb", WRITTEN_WITHIN, of_figures, file)?
            }
            Destination::Statsd(address) => {
                Courier::start("statsd", statsd::WITHIN, of_figures, Statsd::new(address.clone()))?
            }
            Destination::Notify(post, audience) => {
                let peer = Peer::new(post, &*self.tls(surroundings.authorities)?, &notify::HEADERS)?;
                let takes = |item: &Item| matches!(item, Item::Broke(_) | Item::End(_));
                let notify = Notify { peer, audience: *audience, secrets: self.secrets.clone() };
                Courier::start("notify", within(post), takes, notify)?
            }
            Destination::Stream(place) => {
                let place: Box<dyn Write + Send> = match place {
                    StreamPlace::Stdout => (surroundings.stdout)(),
                    StreamPlace::File(path) => Box::new(Disk::System.create_new(path)?),
                };
                let takes = |item: &Item| !matches!(item, Item::Broke(_));
                Courier::start("stream", WRITTEN_WITHIN, takes, Stream::new(place, self.secrets.clone()))?
            }
        };
        self.couriers.push((destination.clone(), courier));
        Ok(())
    }

    /// How TLS is spoken with peers; made once, where it is needed.
    fn tls(&mut self, authorities: Option<&Path>) -> io::Result<Arc<ClientConfig>> {
        if let Some(tls) = &self.tls {
            return Ok(tls.clone());
        }
        Ok(self.tls.insert(tls(authorities)?).clone())
    }

    /// Where the figures are served, where they are.
    #[must_use]
    pub fn served_at(&self) -> Option<SocketAddr> {
        self.scrape.as_ref().map(Scrape::address)
    }

    fn is_empty(&self) -> bool {
        self.couriers.is_empty() && self.scrape.is_none()
    }

    /// Takes an event of the run; waits for nothing.
    pub fn hear(&mut self, event: &Event<'_>) {
        if self.is_empty() {
            return;
        }
        match event {
            Event::Began(header) => {
                let collector = Collector::new(header, self.secrets.clone());
                self.leave(&Item::Begin(collector.names()));
                self.collector = Some(collector);
            }
            Event::Entry(Entry::Second(interval), results) => {
                self.reached = f64::from(interval.second) + 1.0;
                let Some(collector) = &mut self.collector else { return };
                let figures = collector.second(interval, results);
                self.scrape.iter().for_each(|scrape| scrape.show(&figures));
                self.leave(&Item::Second(figures));
            }
            Event::Stopping(Closing::Threshold(_), why) => {
                let Some(collector) = &self.collector else { return };
                let broke = Broke { names: collector.names(), threshold: collector.text(why), at: self.reached };
                self.leave(&Item::Broke(Arc::new(broke)));
            }
            Event::Entry(..)
            | Event::Waiting(_)
            | Event::Steered(_)
            | Event::Stopping(..)
            | Event::TearingDown
            | Event::TakingBack => {}
        }
    }

    fn leave(&self, item: &Item) {
        self.couriers.iter().for_each(|(_, courier)| courier.leave(item));
    }

    /// Tells the end of a run that is over, and waits for nothing: whoever comes from now on sees the last figures.
    pub fn conclude(&mut self, results: &Results) {
        if self.is_empty() {
            return;
        }
        let figures = self.collector.as_mut().map(|collector| collector.end(results));
        self.scrape.iter().for_each(|scrape| scrape.show_last(figures.as_ref()));
        if let Some(figures) = figures.filter(|_| !self.couriers.is_empty()) {
            self.leave(&Item::End(Arc::new(Ending { figures, report: results.report() })));
        }
    }

    /// Waits for bounded time until everything arrived, the end included, or until an interrupt; what became of it, by
    /// destination.
    pub async fn close(self, interrupts: &mut Interrupts) -> Vec<Export> {
        if self.is_empty() {
            return Vec::new();
        }
        self.couriers.iter().for_each(|(_, courier)| courier.close());
        let Self { secrets, couriers, scrape, .. } = self;
        let (patience, _) = watch::channel(Patience::ForAll);
        let worn = |down_to: Patience| {
            let mut patience = patience.subscribe();
            // whoever wears it down is there as long as this is waited for
            async move { drop(patience.wait_for(|patience| *patience <= down_to).await) }
        };
        let carried = async {
            let mut carried = Vec::new();
            for (destination, courier) in couriers {
                let balance = courier.finish(worn(Patience::ForVisitors)).await;
                carried.push((destination.flag(), destination.shown(), balance));
            }
            carried
        };
        let seen = async {
            let scrape = scrape?;
            let address = scrape.address().to_string();
            Some(("prometheus", address, scrape.finish(worn(Patience::None)).await))
        };
        let mut both = pin!(async { tokio::join!(seen, carried) });
        let late = async {
            sleep(PATIENCE).await;
            patience
                .send_if_modified(|patience| std::mem::replace(patience, Patience::ForVisitors) == Patience::ForAll);
            std::future::pending::<Infallible>().await
        };
        let (seen, carried) = tokio::select! {
            biased;
            both = &mut both => both,
            () = interrupts.next() => {
                patience.send_replace(Patience::None);
                both.await
            }
            never = late => match never {},
        };
        let export = |(by, to, balance): (&str, String, Balance)| Export {
            by: by.to_owned(),
            to: secrets.mask(&to).into_owned(),
            delivered: balance.delivered,
            lost: balance.lost,
            why: balance.why.map(|why| secrets.mask(&why).into_owned()),
        };
        seen.into_iter().chain(carried).map(export).collect()
    }
}

/// Whether there are figures in it.
const fn of_figures(item: &Item) -> bool {
    matches!(item, Item::Second(_) | Item::End(_))
}

fn within(post: &Post) -> Duration {
    post.within + SLACK
}
