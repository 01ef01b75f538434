use std::time::Duration;

use super::select::Selection;
use crate::metrics::{Counts, Distribution, Interval, Measure, Scale, SparseHistogram, Totals};
use crate::sample::{Catalog, MetricId, MetricKind};
use crate::threshold::{Aggregate, Amount, Subject, Threshold};
use crate::units::{Rate, Ratio, Size};

/// What a threshold is of, with its names resolved.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of {
    /// Requests; the times that are asked for, where any are.
    Requests(&'static [Measure]),
    /// Samples of a metric.
    Metric(MetricId, MetricKind),
    /// A metric that there is not.
    Nothing,
}

/// How many requests a threshold selects, and those it is compared with.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tallied {
    /// The selected ones.
    pub(super) counts: Counts,
    /// Those of the same stages that ended, selected or not.
    pub(super) whole: u64,
    /// Arrivals nobody began, of the whole run.
    pub(super) dropped: u64,
}

impl Of {
    pub(super) fn new(threshold: &Threshold, catalog: &Catalog) -> Self {
        Self::Requests(match &threshold.subject {
            Subject::ResponseTime => &[Measure::ResponseOk, Measure::ResponseFailed],
            Subject::ServiceTime => &[Measure::ServiceOk, Measure::ServiceFailed],
            Subject::TimeToFirstByte => &[Measure::FirstByte],
            Subject::ConnectTime => &[Measure::Connect],
            Subject::Declared(name) => {
                let index = catalog.metrics.iter().position(|metric| *metric.name == **name);
                let found = index.and_then(|index| Some((u16::try_from(index).ok()?, catalog.metrics[index].kind)));
                return found.map_or(Self::Nothing, |(index, kind)| Self::Metric(MetricId(index), kind));
            }
        })
    }

    /// What its samples are.
    pub(super) const fn scale(self) -> Scale {
        match self {
            Self::Requests(_) => Scale::Time,
            Self::Metric(..) | Self::Nothing => Scale::Number,
        }
    }

    /// The samples a second has of it.
    pub(super) fn samples<'a>(
        self,
        aggregate: Aggregate,
        interval: &'a Interval,
        selection: &'a Selection<'_>,
    ) -> Box<dyn Iterator<Item = &'a SparseHistogram> + 'a> {
        match self {
            Self::Requests(measures) if aggregate.is_of_samples() => {
                let taken = interval.series.iter().filter(|count| selection.takes(&count.key));
                let times = taken.flat_map(|count| &count.times);
                Box::new(times.filter(|(measure, _)| measures.contains(measure)).map(|(_, samples)| samples))
            }
            Self::Metric(metric, _) => {
                let of = interval.metrics.iter().filter(move |count| count.metric == metric);
                Box::new(of.filter(|count| selection.takes(&count.key)).map(|count| &count.samples))
            }
            Self::Requests(_) | Self::Nothing => Box::new(std::iter::empty()),
        }
    }

    /// All samples of it so far.
    pub(super) fn all(self, aggregate: Aggregate, totals: &Totals, selection: &Selection) -> Distribution {
        let mut all = Distribution::new(self.scale());
        match self {
            Self::Requests(measures) if aggregate.is_of_samples() => {
                let taken = totals.series().filter(|(key, _)| selection.takes(key));
                taken.for_each(|(_, total)| {
                    measures.iter().filter_map(|measure| total.time(*measure)).for_each(|times| all.merge(times));
                });
            }
            Self::Metric(metric, _) => {
                let taken = totals.metric(metric).filter(|(key, _)| selection.takes(key));
                taken.for_each(|(_, samples)| all.merge(samples));
            }
            Self::Requests(_) | Self::Nothing => {}
        }
        all
    }
}

impl Tallied {
    /// Of a second.
    pub(super) fn of(interval: &Interval, selection: &Selection) -> Self {
        let mut tallied = Self { dropped: interval.books.dropped, ..Self::default() };
        interval.series.iter().for_each(|count| tallied.add(&count.counts, selection, &count.key));
        tallied
    }

    /// Of everything so far.
    pub(super) fn of_all(totals: &Totals, selection: &Selection) -> Self {
        let mut tallied = Self { dropped: totals.books().dropped, ..Self::default() };
        totals.series().for_each(|(key, total)| tallied.add(&total.counts, selection, key));
        tallied
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.counts.merge(&other.counts);
        self.whole += other.whole;
        self.dropped += other.dropped;
    }

    fn add(&mut self, counts: &Counts, selection: &Selection, key: &crate::metrics::SeriesKey) {
        if selection.takes(key) {
            self.counts.merge(counts);
        }
        if selection.takes_stage(key) {
            self.whole += counts.ended();
        }
    }
}

/// What a threshold's left side comes to; `None` without data. A count without samples is 0. `time` is how long the
/// selected stages have lasted.
pub(super) fn measure(
    threshold: &Threshold,
    (of, selection): (Of, &Selection),
    tallied: &Tallied,
    samples: &Distribution,
    time: Duration,
) -> Option<Amount> {
    let seconds = time.as_secs_f64();
    match of {
        Of::Nothing => None,
        Of::Metric(_, kind) => of_metric(threshold.aggregate, kind, samples, seconds),
        Of::Requests(_) if threshold.aggregate.is_of_samples() => {
            let nanos = of_samples(threshold.aggregate, samples)?;
            Some(Amount::Time(Duration::from_nanos(nanos.round() as u64)))
        }
        Of::Requests(_) => of_requests(threshold.aggregate, tallied, selection, seconds),
    }
}

fn of_metric(aggregate: Aggregate, kind: MetricKind, samples: &Distribution, seconds: f64) -> Option<Amount> {
    let count = match kind {
        MetricKind::Counter => samples.moments().sum(),
        MetricKind::Trend | MetricKind::Gauge | MetricKind::Time => samples.count() as f64,
    };
    match aggregate {
        Aggregate::Count => Some(Amount::Number(count)),
        Aggregate::Rate => (seconds > 0.0).then(|| Amount::Rate(Rate::per_second(count / seconds))),
        _ => of_samples(aggregate, samples).map(|value| match kind {
            // kept in milliseconds
            MetricKind::Time => Amount::Time(Duration::from_secs_f64(value.clamp(0.0, 1e12) / 1e3)),
            _ => Amount::Number(value),
        }),
    }
}

fn of_requests(aggregate: Aggregate, tallied: &Tallied, selection: &Selection, seconds: f64) -> Option<Amount> {
    let Tallied { counts, whole, dropped } = tallied;
    Some(match aggregate {
        Aggregate::Count => Amount::Number(counts.ended() as f64),
        Aggregate::Errors => Amount::Number(counts.failures() as f64),
        Aggregate::Dropped => Amount::Number(*dropped as f64),
        Aggregate::Bytes => Amount::Size(Size::from_bytes(counts.bytes_in)),
        Aggregate::Rate if seconds > 0.0 => Amount::Rate(Rate::per_second(counts.ended() as f64 / seconds)),
        Aggregate::ErrorRate => {
            // what was due and never begun has failed whoever it was for
            let dropped = if selection.takes_all() { *dropped } else { 0 };
            Amount::Ratio(Ratio::of(counts.failures() + dropped, counts.ended() + dropped)?)
        }
        Aggregate::Share => Amount::Ratio(Ratio::of(counts.ended(), *whole)?),
        _ => return None,
    })
}

fn of_samples(aggregate: Aggregate, all: &Distribution) -> Option<f64> {
    match aggregate {
        Aggregate::Min => all.min(),
        Aggregate::Avg => all.mean(),
        Aggregate::Max => all.max(),
        Aggregate::Stddev => all.deviation(),
        Aggregate::Quantile(quantile) => all.quantile(quantile.share()),
        _ => None,
    }
}
