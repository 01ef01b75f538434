//! The figures of a run under way, sent to where a team watches: a listener makes them once a second from the one fold, and each
//! exporter takes them from a bounded queue by a thread of its own. No peer holds a run up; what one does not get is counted
//! and told.
//!
//! What is sent is a [`Figures`](figures::Figures), without secrets; each format is a pure function of it.

mod figures;
mod times;

mod capped;
mod collect;
mod figure_families;

mod courier;
mod queue;

mod numbers;
mod prometheus;
mod scrape;
mod stream;

mod influx;
mod notify;
mod otlp;
mod otlp_settings;
mod peer;
mod protobuf;
mod remote_write;
mod statsd;

mod destinations;
mod listener;

#[cfg(test)]
mod tests;

pub use destinations::{Destination, NotADestination};
pub use listener::{Exporters, Surroundings};
