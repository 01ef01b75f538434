use std::collections::HashMap;
use std::fmt::Write;
use std::io;
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use super::courier::{Exporter, Missed};
use super::figures::{Figures, Item, Kind, Labels, Point, RunNames, Value};
use super::times::{Times, upper_bound};

/// Sends figures as StatsD's packets, with tags as DogStatsD has them. Counters and times go as what came since they were told
/// last.
#[derive(Debug)]
pub(super) struct Statsd {
    /// Where to: a host and a port.
    address: String,
    socket: Option<UdpSocket>,
    told: Option<Arc<Figures>>,
}

/// A name is looked up within this.
pub(super) const WITHIN: Duration = Duration::from_secs(10);
/// A packet is no larger: on any network it goes in one piece.
const PACKET: usize = 1432;

impl Statsd {
    pub(super) const fn new(address: String) -> Self {
        Self { address, socket: None, told: None }
    }

    async fn socket(&mut self) -> io::Result<&UdpSocket> {
        if self.socket.is_none() {
            let mut addresses = tokio::net::lookup_host(&self.address).await?;
            let address = addresses.next().ok_or_else(|| io::Error::other("the name has no address"))?;
            let own = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            let socket = UdpSocket::bind(own)?;
            socket.connect(address)?;
            self.socket = Some(socket);
        }
        self.socket.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    async fn send(&mut self, packets: &[String]) -> io::Result<()> {
        let socket = self.socket().await?;
        for packet in packets {
            socket.send(packet.as_bytes())?;
        }
        Ok(())
    }
}

impl Exporter for Statsd {
    async fn deliver(&mut self, item: &Item) -> Result<(), Missed> {
        let Some(figures) = item.figures() else { return Ok(()) };
        let packets = packets(&lines(figures, self.told.as_deref()));
        if let Err(error) = self.send(&packets).await {
            self.socket = None;
            // some may have arrived, and would count twice; what is said next goes on from here
            self.told = Some(figures.clone());
            return Err(Missed::ForGood(error.to_string()));
        }
        self.told = Some(figures.clone());
        Ok(())
    }
}

/// Lines in as few packets as hold them.
pub(super) fn packets(lines: &[String]) -> Vec<String> {
    let mut packets: Vec<String> = Vec::new();
    for line in lines {
        match packets.last_mut() {
            Some(packet) if packet.len() + 1 + line.len() <= PACKET => {
                packet.push('\n');
                packet.push_str(line);
            }
            _ => packets.push(line.clone()),
        }
    }
    packets
}

/// What there is to say of the figures, where others were told before.
pub(super) fn lines(figures: &Figures, before: Option<&Figures>) -> Vec<String> {
    let known = |stem: &str| -> HashMap<&Labels, &Value> {
        let families = before.into_iter().flat_map(|before| &before.families);
        let points = families.filter(|family| family.stem == stem).flat_map(|family| &family.points);
        points.map(|point| (&point.labels, &point.value)).collect()
    };
    let mut lines = Vec::new();
    for family in &figures.families {
        let name = format!("plimsoll.{}", family.stem);
        let before = known(family.stem);
        for point in &family.points {
            let tags = tags(point, &figures.names);
            let before = before.get(&point.labels).copied();
            match (&point.value, family.kind) {
                (Value::Whole(now), Kind::Counter) => {
                    let before = if let Some(Value::Whole(before)) = before { *before } else { 0 };
                    let more = now.saturating_sub(before);
                    if more > 0 {
                        lines.push(format!("{name}:{more}|c{tags}"));
                    }
                }
                (Value::Whole(now), _) => lines.push(format!("{name}:{now}|g{tags}")),
                (Value::Number(now), _) => gauge(&mut lines, &name, *now, &tags),
                (Value::Times(now), _) => {
                    let before = if let Some(Value::Times(before)) = before { Some(&**before) } else { None };
                    times(&mut lines, &name, (now, before), &tags);
                }
                (Value::Summary(summary), _) => {
                    for (word, (_, value)) in ["p50", "p90", "p95", "p99"].into_iter().zip(summary.quantiles) {
                        gauge(&mut lines, &format!("{name}.{word}"), value, &tags);
                    }
                }
            }
        }
    }
    lines
}

/// One below zero has to be set to zero first: a sign says that it changes by so much.
fn gauge(lines: &mut Vec<String>, name: &str, value: f64, tags: &str) {
    if !value.is_finite() {
        return;
    }
    if value < 0.0 {
        lines.push(format!("{name}:0|g{tags}"));
    }
    lines.push(format!("{name}:{value}|g{tags}"));
}

/// The times that came since, each exponential bucket as one of its own, and how many it stands for as the rate it was picked
/// at.
fn times(lines: &mut Vec<String>, name: &str, (now, before): (&Times, Option<&Times>), tags: &str) {
    let old: HashMap<i32, u64> = before.into_iter().flat_map(|before| before.exponential.iter().copied()).collect();
    let zero = now.zero.saturating_sub(before.map_or(0, |before| before.zero));
    let counted = now.exponential.iter().map(|(index, count)| {
        let more = count.saturating_sub(old.get(index).copied().unwrap_or(0));
        (upper_bound(*index).clamp(now.min, now.max) * 1e3, more)
    });
    for (ms, more) in [(0.0, zero)].into_iter().chain(counted).filter(|(_, more)| *more > 0) {
        let mut line = format!("{name}:{ms}|ms");
        if more > 1 {
            let _ = write!(line, "|@{}", 1.0 / more as f64);
        }
        lines.push(line + tags);
    }
}

fn tags(point: &Point, names: &RunNames) -> String {
    let own = point.labels.iter().map(|(key, value)| (&**key, &**value));
    let mut out = String::new();
    for (key, value) in own.chain([("run", names.run.as_str())]).filter(|(_, value)| !value.is_empty()) {
        out.push_str(if out.is_empty() { "|#" } else { "," });
        let is_plain = |c: char| !c.is_control() && !matches!(c, '|' | ',' | '#' | '@');
        let value: String = value.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
        // one tag is never most of a packet
        let shortened: String = value.chars().take(200).collect();
        let _ = write!(out, "{key}:{shortened}");
    }
    out
}
