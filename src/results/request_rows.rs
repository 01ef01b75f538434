use std::collections::BTreeMap;

use super::document::{MetricEntry, RequestEntry, TimeEntry};
use crate::metrics::{Counts, Distribution, Measure, MetricTotal, Scale, SeriesTotal, Totals};
use crate::sample::{Catalog, FailureKind, MetricId, MetricKind, StageId};

/// Requests gathered for one row.
pub(super) struct Row {
    pub(super) counts: Counts,
    status: BTreeMap<u16, u64>,
    times: BTreeMap<Measure, Distribution>,
}

/// The rows by method and name, in that order, and the row of all.
pub(super) fn requests(totals: &Totals, catalog: &Catalog, seconds: f64) -> (Vec<RequestEntry>, RequestEntry) {
    let mut rows: BTreeMap<(String, String), Row> = BTreeMap::new();
    let mut all = Row::new();
    for (key, total) in totals.series() {
        let method = catalog.endpoints.get(key.endpoint.index()).map_or("", |endpoint| &*endpoint.method);
        let row = rows.entry((method.to_owned(), key.name.to_string())).or_insert_with(Row::new);
        row.add(key.status, total);
        all.add(key.status, total);
    }
    let rows = rows.into_iter().map(|((method, name), row)| row.entry(method, name, seconds)).collect();
    (rows, all.entry(String::new(), "all".to_owned(), seconds))
}

/// The requests of some stages, all together.
pub(super) fn measured(totals: &Totals, counts: impl Fn(StageId) -> bool, seconds: f64) -> RequestEntry {
    let mut all = Row::new();
    let counted = totals.series().filter(|(key, _)| counts(key.stage));
    counted.for_each(|(key, total)| all.add(key.status, total));
    all.entry(String::new(), "measured".to_owned(), seconds)
}

/// Each declared metric.
pub(super) fn metrics(totals: &Totals, catalog: &Catalog) -> Vec<MetricEntry> {
    let declared = catalog.metrics.iter().enumerate();
    let entries = declared.map(|(index, metric)| {
        let mut all = MetricTotal::new();
        let id = MetricId(u16::try_from(index).unwrap_or(u16::MAX));
        totals.metric(id).for_each(|(_, total)| all.merge(total));
        let MetricTotal { samples: all, failed } = all;
        MetricEntry {
            name: metric.name.to_string(),
            kind: match metric.kind {
                MetricKind::Trend => "trend",
                MetricKind::Counter => "counter",
                MetricKind::Gauge => "gauge",
                MetricKind::Time => "transaction",
            }
            .to_owned(),
            unit: metric.unit.as_deref().map(str::to_owned),
            count: all.count(),
            sum: all.moments().sum(),
            min: all.min(),
            mean: all.mean(),
            p50: all.quantile(0.5),
            p95: all.quantile(0.95),
            p99: all.quantile(0.99),
            max: all.max(),
            last: (all.count() > 0).then_some(all.moments().last),
            refused: all.moments().refused,
            failed,
        }
    });
    entries.collect()
}

/// A part of a whole; none where there is no whole.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Failures by kind, those there were.
pub(super) fn by_kind(failed: &[u64; FailureKind::ALL.len()]) -> BTreeMap<String, u64> {
    let kinds = FailureKind::ALL.iter().zip(failed).filter(|(_, count)| **count > 0);
    kinds.map(|(kind, count)| (kind.name().to_owned(), *count)).collect()
}

/// A distribution of nanoseconds as the report's figures; `None` without samples.
pub(super) fn times(all: &Distribution) -> Option<TimeEntry> {
    let ms = |nanos: f64| nanos / 1e6;
    let quantile = |p: f64| all.quantile(p).map(ms);
    Some(TimeEntry {
        count: all.count(),
        min: ms(all.min()?),
        mean: ms(all.mean()?),
        stddev: ms(all.deviation()?),
        p50: quantile(0.5)?,
        p66: quantile(0.66)?,
        p75: quantile(0.75)?,
        p80: quantile(0.8)?,
        p90: quantile(0.9)?,
        p95: quantile(0.95)?,
        p98: quantile(0.98)?,
        p99: quantile(0.99)?,
        p999: quantile(0.999)?,
        p9999: quantile(0.9999)?,
        max: ms(all.max()?),
        beyond: all.moments().clipped,
    })
}

impl Row {
    pub(super) fn new() -> Self {
        Self { counts: Counts::default(), status: BTreeMap::new(), times: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, status: Option<u16>, total: &SeriesTotal) {
        self.counts.merge(&total.counts);
        if let Some(status) = status {
            *self.status.entry(status).or_default() += total.counts.ended();
        }
        for measure in Measure::ALL {
            if let Some(times) = total.time(measure) {
                self.times.entry(measure).or_insert_with(|| Distribution::new(Scale::Time)).merge(times);
            }
        }
    }

    pub(super) fn of(&self, measures: &[Measure]) -> Option<TimeEntry> {
        let mut all = Distribution::new(Scale::Time);
        measures.iter().filter_map(|measure| self.times.get(measure)).for_each(|times| all.merge(times));
        times(&all)
    }

    fn entry(self, method: String, name: String, seconds: f64) -> RequestEntry {
        let phases = [
            ("dns", &[Measure::Dns][..]),
            ("connect", &[Measure::Connect]),
            ("tls", &[Measure::Tls]),
            ("first_byte", &[Measure::FirstByte, Measure::FirstByteFailed]),
            ("receive", &[Measure::Receive]),
        ];
        let ended = self.counts.ended();
        RequestEntry {
            method,
            name,
            requests: ended,
            ok: self.counts.ok,
            failed: self.counts.failures(),
            aborted: self.counts.aborted,
            failed_by_kind: by_kind(&self.counts.failed),
            rate: if seconds > 0.0 { ended as f64 / seconds } else { 0.0 },
            redirected: self.counts.redirected,
            error_rate: share(self.counts.failures(), self.counts.calls()),
            bytes_out: self.counts.bytes_out,
            bytes_in: self.counts.bytes_in,
            content_bytes: self.counts.content,
            response_time: self.of(&Measure::RESPONSE),
            service_time: self.of(&Measure::SERVICE),
            response_time_ok: self.of(&[Measure::ResponseOk]),
            response_time_failed: self.of(&[Measure::ResponseFailed]),
            phases: phases
                .into_iter()
                .filter_map(|(name, measures)| Some((name.to_owned(), self.of(measures)?)))
                .collect(),
            status: self.status,
        }
    }
}
