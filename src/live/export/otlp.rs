use std::io::Write;
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::courier::{Exporter, Missed};
use super::figures::{Family, Figures, Item, Kind, Labels, Point, RunNames, Unit, Value};
use super::peer::Peer;
use super::protobuf::{Message, Read, fields};
use super::times::{SCALE, Times};

/// Sends figures over OTLP: HTTP with protocol buffers.
#[derive(Debug)]
pub(super) struct Otlp {
    pub(super) peer: Peer,
    pub(super) packing: Packing,
    /// What the environment says of the process that sends.
    pub(super) attributes: Vec<(String, String)>,
}

/// Whether what is sent is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// As it is.
    None,
    /// With gzip.
    Gzip,
}

/// What each request says.
pub(super) const fn headers(packing: Packing) -> &'static [(&'static str, &'static str)] {
    match packing {
        Packing::None => &[("content-type", "application/x-protobuf")],
        Packing::Gzip => &[("content-type", "application/x-protobuf"), ("content-encoding", "gzip")],
    }
}
/// One request may take so long, where the environment says nothing else.
pub const OTLP_WITHIN: Duration = Duration::from_secs(10);
/// Sums and histograms are over the whole run so far.
const CUMULATIVE: u64 = 2;

impl Exporter for Otlp {
    async fn deliver(&mut self, item: &Item) -> Result<(), Missed> {
        let Some(figures) = item.figures() else { return Ok(()) };
        let body = encoded(figures, &self.attributes);
        let body = match self.packing {
            Packing::None => body,
            Packing::Gzip => packed(&body).map_err(|error| Missed::ForGood(error.to_string()))?,
        };
        rejected(&self.peer.post(body).await?).map_or(Ok(()), |why| Err(Missed::ForGood(why)))
    }
}

fn packed(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(body)?;
    packer.finish()
}

/// Why a receiver that answered did not take all points; `None` where it did.
pub(super) fn rejected(answer: &[u8]) -> Option<String> {
    let partial = fields(answer).into_iter().find_map(|(field, value)| match (field, value) {
        (1, Read::Bytes(partial)) => Some(fields(partial)),
        _ => None,
    })?;
    let points = partial.iter().find_map(|(field, value)| match (field, value) {
        (1, Read::Varint(points)) if *points > 0 => Some(*points),
        _ => None,
    })?;
    let why = partial.iter().find_map(|(field, value)| match (field, value) {
        (2, Read::Bytes(why)) => Some(String::from_utf8_lossy(why).into_owned()),
        _ => None,
    });
    Some(format!("{points} points were rejected: {}", why.unwrap_or_default()))
}

/// An `ExportMetricsServiceRequest` with the figures of one moment.
pub(super) fn encoded(figures: &Figures, attributes: &[(String, String)]) -> Vec<u8> {
    let mut request = Message::default();
    request.message(1, |metrics| {
        metrics.message(1, |resource| {
            for (key, value) in all_attributes(&figures.names, attributes) {
                attribute(resource, 1, &key, &value);
            }
        });
        metrics.message(2, |scope| {
            scope.message(1, |library| {
                library.text(1, "plimsoll");
                library.text(2, &figures.names.version);
            });
            let moments = (nanos(figures.names.began), nanos(figures.at));
            figures.families.iter().for_each(|family| scope.message(2, |metric| self::metric(metric, family, moments)));
        });
    });
    request.finish()
}

/// What is said of the run; what the environment says goes before it.
fn all_attributes(names: &RunNames, given: &[(String, String)]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = given.to_vec();
    let mut add = |key: String, value: &str| {
        if !value.is_empty() && all.iter().all(|(known, _)| *known != key) {
            all.push((key, value.to_owned()));
        }
    };
    add("service.name".to_owned(), "plimsoll");
    add("service.version".to_owned(), &names.version);
    add("service.instance.id".to_owned(), &names.run);
    add("host.name".to_owned(), &names.host);
    add("plimsoll.run".to_owned(), &names.run);
    add("plimsoll.run_name".to_owned(), names.name.as_deref().unwrap_or_default());
    add("plimsoll.plan".to_owned(), &names.plan);
    add("plimsoll.target".to_owned(), &names.target);
    add("plimsoll.shard".to_owned(), names.shard.as_deref().unwrap_or_default());
    names.labels.iter().for_each(|(key, value)| add(format!("plimsoll.label.{key}"), value));
    all
}

fn attribute(message: &mut Message, field: u64, key: &str, value: &str) {
    message.message(field, |attribute| {
        attribute.text(1, key);
        attribute.message(2, |any| any.text(1, value));
    });
}

fn metric(metric: &mut Message, family: &Family, moments: (u64, u64)) {
    metric.text(1, &format!("plimsoll.{}", family.stem));
    metric.text(2, family.help);
    metric.text(3, &unit(family.unit));
    let points = |data: &mut Message, write: fn(&mut Message, &Point, (u64, u64))| {
        family.points.iter().for_each(|point| data.message(1, |message| write(message, point, moments)));
    };
    match family.kind {
        Kind::Gauge => metric.message(5, |data| points(data, number_point)),
        Kind::Counter => metric.message(7, |data| {
            points(data, number_point);
            data.varint(2, CUMULATIVE);
            data.varint(3, 1);
        }),
        Kind::Times => metric.message(10, |data| {
            points(data, times_point);
            data.varint(2, CUMULATIVE);
        }),
        Kind::Summary => metric.message(11, |data| points(data, summary_point)),
    }
}

fn unit(unit: Unit) -> String {
    match unit {
        Unit::Seconds => "s".to_owned(),
        Unit::Bytes => "By".to_owned(),
        Unit::Of(what) => format!("{{{what}}}"),
        Unit::None => "1".to_owned(),
    }
}

fn labels(message: &mut Message, field: u64, labels: &Labels) {
    labels.iter().for_each(|(key, value)| attribute(message, field, key, value));
}

fn number_point(message: &mut Message, point: &Point, (began, at): (u64, u64)) {
    message.fixed(2, began);
    message.fixed(3, at);
    match &point.value {
        Value::Whole(whole) => message.fixed(6, *whole),
        Value::Number(number) => message.double(4, *number),
        Value::Times(_) | Value::Summary(_) => {}
    }
    labels(message, 7, &point.labels);
}

fn times_point(message: &mut Message, point: &Point, (began, at): (u64, u64)) {
    labels(message, 1, &point.labels);
    message.fixed(2, began);
    message.fixed(3, at);
    let Value::Times(times) = &point.value else { return };
    let Times { count, sum, min, max, zero, exponential, .. } = &**times;
    message.fixed(4, *count);
    message.double(5, *sum);
    message.zigzag(6, SCALE);
    message.fixed(7, *zero);
    if let (Some((first, _)), Some((last, _))) = (exponential.first(), exponential.last()) {
        message.message(8, |buckets| {
            buckets.zigzag(1, *first);
            // buckets lie side by side: those that hold nothing are there, too
            let mut known = exponential.iter().peekable();
            let counts = (*first..=*last)
                .map(|index| known.next_if(|(other, _)| *other == index).map_or(0, |(_, count)| *count));
            buckets.packed(2, counts);
        });
    }
    message.double(12, *min);
    message.double(13, *max);
}

fn summary_point(message: &mut Message, point: &Point, (began, at): (u64, u64)) {
    message.fixed(2, began);
    message.fixed(3, at);
    let Value::Summary(summary) = &point.value else { return };
    message.fixed(4, summary.count);
    message.double(5, summary.sum);
    for (share, value) in summary.quantiles {
        message.message(6, |quantile| {
            quantile.double(1, share);
            quantile.double(2, value);
        });
    }
    labels(message, 7, &point.labels);
}

/// Nanoseconds since 1970.
fn nanos(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
