use std::time::Duration;

use super::courier::{Exporter, Missed};
use super::figures::{Figures, Item, Kind, RunNames};
use super::peer::Peer;
use super::prometheus::samples;
use super::protobuf::Message;

/// Writes figures to Prometheus, or to what speaks its remote write protocol 1.0.
#[derive(Debug)]
pub(super) struct RemoteWrite(pub(super) Peer);

/// What each request says.
pub(super) const HEADERS: [(&str, &str); 3] = [
    ("content-encoding", "snappy"),
    ("content-type", "application/x-protobuf"),
    ("x-prometheus-remote-write-version", "0.1.0"),
];
/// One request may take so long.
pub(super) const WITHIN: Duration = Duration::from_secs(10);

impl Exporter for RemoteWrite {
    async fn deliver(&mut self, item: &Item) -> Result<(), Missed> {
        let Some(figures) = item.figures() else { return Ok(()) };
        let body = snap::raw::Encoder::new().compress_vec(&encoded(figures));
        let body = body.map_err(|error| Missed::ForGood(error.to_string()))?;
        self.0.post(body).await.map(drop)
    }
}

/// A `WriteRequest` with the figures of one moment.
pub(super) fn encoded(figures: &Figures) -> Vec<u8> {
    let mut request = Message::default();
    let always = always(&figures.names);
    for family in &figures.families {
        samples(family, |sample| {
            let more = sample.more.iter().map(|(key, value)| (*key, value.as_str()));
            let own = sample.labels.iter().map(|(key, value)| (&**key, &**value));
            let mut labels: Vec<(&str, &str)> = own.chain(more).chain([("__name__", sample.name)]).collect();
            // what is said of every series never takes the place of what is said of one
            let rest = always.iter().map(|(key, value)| (*key, *value));
            let rest: Vec<(&str, &str)> =
                rest.filter(|(key, _)| labels.iter().all(|(known, _)| known != key)).collect();
            labels.extend(rest);
            // an empty label is none, and the names are in order
            labels.retain(|(_, value)| !value.is_empty());
            labels.sort_unstable();
            request.message(1, |series| {
                for (key, value) in labels {
                    series.message(1, |label| {
                        label.text(1, key);
                        label.text(2, value);
                    });
                }
                series.message(2, |told| {
                    told.double(1, sample.value);
                    told.varint(2, figures.millis());
                });
            });
        });
    }
    for family in &figures.families {
        request.message(3, |metadata| {
            metadata.varint(
                1,
                match family.kind {
                    Kind::Counter => 1,
                    Kind::Gauge => 2,
                    Kind::Times => 3,
                    Kind::Summary => 5,
                },
            );
            metadata.text(2, &family.full_name());
            metadata.text(4, family.help);
        });
    }
    request.finish()
}

/// What is said of every series: two runs at once write two.
fn always(names: &RunNames) -> Vec<(&'static str, &str)> {
    let mut always = vec![("job", "plimsoll"), ("instance", names.host.as_str()), ("run", names.run.as_str())];
    always.extend(names.shard.as_deref().map(|shard| ("shard", shard)));
    always
}
