use std::io::{self, Write};

use serde_json::{Value, json};

use super::courier::{Exporter, Missed};
use super::figures::{Ending, Figures, Item, RunNames, SecondNow};
use crate::disk::plain;
use crate::secrets::Secrets;

/// Writes a run as lines of JSON: one at its begin, one for each second, one at its end.
pub(super) struct Stream<W> {
    place: W,
    secrets: Secrets,
}

impl<W: Write + Send + 'static> Stream<W> {
    pub(super) const fn new(place: W, secrets: Secrets) -> Self {
        Self { place, secrets }
    }

    fn write(&mut self, line: &Value) -> io::Result<()> {
        let line = line.to_string();
        let line = self.secrets.mask_json(&line);
        self.place.write_all(format!("{line}\n").as_bytes())?;
        self.place.flush()
    }
}

impl<W: Write + Send + 'static> Exporter for Stream<W> {
    async fn deliver(&mut self, item: &Item) -> Result<(), Missed> {
        let Some(line) = line(item) else { return Ok(()) };
        match self.write(&line) {
            Ok(()) => Ok(()),
            // who reads no further has what it wanted
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            // half a line may be there, and cannot be taken back
            Err(error) => Err(Missed::ForGood(plain(&error))),
        }
    }
}

/// What an item is as a line; `None` of what has none.
pub(super) fn line(item: &Item) -> Option<Value> {
    match item {
        Item::Begin(names) => Some(begin(names)),
        Item::Second(figures) => Some(second(figures)),
        Item::End(ending) => Some(end(ending)),
        Item::Broke(_) => None,
    }
}

fn begin(names: &RunNames) -> Value {
    json!({
        "type": "begin",
        "run": names.run,
        "name": names.name,
        "plan": names.plan,
        "target": names.target,
        "labels": names.labels,
        "shard": names.shard,
        "plimsoll": names.version,
        "began": humantime::format_rfc3339_millis(names.began).to_string(),
    })
}

fn second(figures: &Figures) -> Value {
    let SecondNow {
        number,
        stages,
        users,
        started,
        ok,
        failed,
        dropped,
        quantiles,
        thresholds,
        suspect,
        ended_so_far,
        failed_so_far,
    } = &figures.second;
    let ms = |place: usize| quantiles.and_then(|all| all.get(place).map(|seconds| (seconds * 1e9).round() / 1e6));
    let thresholds = thresholds.iter().map(
        |threshold| json!({"require": threshold.require, "measured": threshold.measured, "state": threshold.state}),
    );
    json!({
        "type": "second",
        "second": number,
        "at": humantime::format_rfc3339_millis(figures.at).to_string(),
        "stages": stages,
        "users": users,
        "started": started,
        "ok": ok,
        "failed": failed,
        "dropped": dropped,
        "p50": ms(0),
        "p95": ms(1),
        "p99": ms(2),
        "so_far": {"requests": ended_so_far, "failed": failed_so_far},
        "thresholds": thresholds.collect::<Vec<_>>(),
        "suspect": suspect,
    })
}

fn end(ending: &Ending) -> Value {
    let report = &ending.report;
    let thresholds = report.thresholds.iter().map(
        |threshold| json!({"require": threshold.require, "measured": threshold.measured, "state": threshold.state}),
    );
    json!({
        "type": "end",
        "run": ending.figures.names.run,
        "ended": report.run.ended,
        "ended_by": report.run.ended_by,
        "seconds": report.run.seconds,
        "verdict": report.verdict,
        "total": report.total,
        "thresholds": thresholds.collect::<Vec<_>>(),
    })
}
