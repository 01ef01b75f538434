use std::fmt::Write as _;
use std::io::Write;
use std::time::Duration;

use super::courier::{Exporter, Missed};
use super::figures::{Figures, Item, RunNames, Value};
use super::peer::Peer;
use crate::disk::plain;

/// Writes figures in InfluxDB's line protocol.
#[derive(Debug)]
pub(super) enum Influx<W> {
    /// To a service.
    Service(Peer),
    /// Into a file.
    File(W),
}

/// One request may take so long.
pub(super) const WITHIN: Duration = Duration::from_secs(10);
/// What each request says.
pub(super) const HEADERS: [(&str, &str); 1] = [("content-type", "text/plain; charset=utf-8")];

impl<W: Write + Send + 'static> Exporter for Influx<W> {
    async fn deliver(&mut self, item: &Item) -> Result<(), Missed> {
        let Some(figures) = item.figures() else { return Ok(()) };
        let lines = lines(figures);
        match self {
            Self::Service(peer) => peer.post(lines.into_bytes()).await.map(drop),
            Self::File(place) => {
                let written = place.write_all(lines.as_bytes()).and_then(|()| place.flush());
                written.map_err(|error| Missed::ForGood(plain(&error)))
            }
        }
    }
}

/// The figures of one moment, a line each; times in milliseconds since 1970.
pub(super) fn lines(figures: &Figures) -> String {
    let mut out = String::new();
    let always = always(&figures.names);
    for family in &figures.families {
        for point in &family.points {
            let fields = fields(&point.value);
            if fields.is_empty() {
                continue;
            }
            // our own names need no escapes
            let _ = write!(out, "plimsoll_{}", family.stem);
            let own = point.labels.iter().map(|(key, value)| (&**key, &**value));
            let own: Vec<(&str, &str)> = own.collect();
            let rest = always.iter().copied().filter(|(key, _)| own.iter().all(|(known, _)| known != key));
            for (key, value) in own.iter().copied().chain(rest) {
                let value = tag(value);
                // an empty tag is none
                if !value.is_empty() {
                    let _ = write!(out, ",{}={value}", tag(key));
                }
            }
            let _ = writeln!(out, " {} {}", fields.join(","), figures.millis());
        }
    }
    out
}

/// What is said in every line: two runs at once write two.
fn always(names: &RunNames) -> Vec<(&'static str, &str)> {
    let mut always = vec![("run", names.run.as_str()), ("plan", names.plan.as_str())];
    always.extend(names.shard.as_deref().map(|shard| ("shard", shard)));
    always
}

fn fields(value: &Value) -> Vec<String> {
    let number = |(key, number): (&str, f64)| number.is_finite().then(|| format!("{key}={number}"));
    let whole = |key: &str, number: u64| format!("{key}={}i", i64::try_from(number).unwrap_or(i64::MAX));
    let quantiles = |quantiles: [(f64, f64); 4]| {
        let names = ["p50", "p90", "p95", "p99"];
        names.into_iter().zip(quantiles).filter_map(move |(name, (_, value))| number((name, value)))
    };
    match value {
        Value::Whole(count) => vec![whole("value", *count)],
        Value::Number(value) => number(("value", *value)).into_iter().collect(),
        Value::Times(times) => {
            let rest = [("sum", times.sum), ("min", times.min), ("max", times.max)].into_iter().filter_map(number);
            [whole("count", times.count)].into_iter().chain(rest).chain(quantiles(times.quantiles)).collect()
        }
        Value::Summary(summary) => {
            let sum = number(("sum", summary.sum));
            [whole("count", summary.count)].into_iter().chain(sum).chain(quantiles(summary.quantiles)).collect()
        }
    }
}

/// A tag's key or value: commas, equals signs and blanks are escaped. A backslash has no escape of its own and would swallow what
/// follows it, and so becomes a slash; what would end the line becomes a blank.
fn tag(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ',' | '=' | ' ' => out.extend(['\\', c]),
            '\\' => out.push('/'),
            c if c.is_control() => out.push_str("\\ "),
            c => out.push(c),
        }
    }
    out
}
