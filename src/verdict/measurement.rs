use std::collections::VecDeque;
use std::time::Duration;

use super::evaluate::{Count, Figure, Source, evaluate};
use super::selection::Selection;
use crate::metrics::{
    Counts, Distribution, Interval, Measure, Scale, SeriesKey, SlidingDistribution, SparseHistogram, Totals,
};
use crate::sample::{Catalog, MetricId, MetricKind};
use crate::threshold::{Aggregate, Amount, Subject, Threshold};

/// A threshold's left side so far, kept up second by second: a second costs the series it touched, whatever came
/// before it.
pub(super) struct Measurement {
    subject: ResolvedSubject,
    counts: SelectedCounts,
    samples: Distribution,
    window: Option<Window>,
}

/// What a window holds, besides what came since the run began.
struct Window {
    /// In seconds.
    length: u32,
    seconds: VecDeque<(u32, SelectedCounts)>,
    counts: SelectedCounts,
    samples: SlidingDistribution,
}

/// What a threshold is of, with its names resolved.
#[derive(Debug, Clone, Copy)]
enum ResolvedSubject {
    /// Requests; the times that are asked for, where any are.
    Requests(&'static [Measure]),
    /// Samples of a metric.
    Metric(MetricId, MetricKind),
    /// A metric that there is not.
    Nothing,
}

/// How many requests a threshold selects, and those it is compared with.
#[derive(Debug, Clone, Copy, Default)]
struct SelectedCounts {
    selected: Counts,
    /// Requests of the same stages that ended, selected or not.
    all: u64,
    /// Arrivals nobody began, of the whole run.
    dropped: u64,
}

/// The figures of a run of ours for one threshold: all of them are exact.
struct ExactSource<'a> {
    subject: ResolvedSubject,
    counts: &'a SelectedCounts,
    samples: &'a Distribution,
    selects_all: bool,
    seconds: f64,
}

impl Measurement {
    pub(super) fn new(threshold: &Threshold, catalog: &Catalog) -> Self {
        let subject = ResolvedSubject::new(threshold, catalog);
        let window = threshold.window.map(|window| {
            let length = seconds(window);
            let (seconds, counts) = (VecDeque::new(), SelectedCounts::default());
            Window { length, seconds, counts, samples: SlidingDistribution::new(subject.scale(), length) }
        });
        Self { subject, counts: SelectedCounts::default(), samples: Distribution::new(subject.scale()), window }
    }

    /// Of all that a run has counted. The cost is that of merging the series that are selected.
    pub(super) fn of_totals(threshold: &Threshold, catalog: &Catalog, totals: &Totals, selection: &Selection) -> Self {
        let subject = ResolvedSubject::new(threshold, catalog);
        let samples = subject.all(threshold.aggregate, totals, selection);
        Self { subject, counts: SelectedCounts::of_totals(totals, selection), samples, window: None }
    }

    /// Takes a second.
    pub(super) fn hear(&mut self, interval: &Interval, threshold: &Threshold, selection: &Selection) {
        let counts = SelectedCounts::of(interval, selection);
        let samples = || self.subject.samples(threshold.aggregate, interval, selection);
        if let Some(window) = &mut self.window {
            window.hear(interval.second, counts, SparseHistogram::all(self.subject.scale(), samples()));
        }
        samples().for_each(|samples| self.samples.add(samples));
        self.counts.merge(&counts);
    }

    /// The left side over all seconds so far; `None` without data. `time` is how long the selected stages have lasted.
    pub(super) fn read(&self, threshold: &Threshold, selection: &Selection, time: Duration) -> Option<Amount> {
        self.evaluate(threshold, (&self.counts, &self.samples), selection, time)
    }

    /// The left side within the window; `time` is how long the selected stages have lasted within it.
    pub(super) fn read_window(&self, threshold: &Threshold, selection: &Selection, time: Duration) -> Option<Amount> {
        let window = self.window.as_ref()?;
        self.evaluate(threshold, (&window.counts, window.samples.distribution()), selection, time)
    }

    fn evaluate(
        &self,
        threshold: &Threshold,
        (counts, samples): (&SelectedCounts, &Distribution),
        selection: &Selection,
        time: Duration,
    ) -> Option<Amount> {
        let (selects_all, seconds) = (selection.takes_all(), time.as_secs_f64());
        let source = ExactSource { subject: self.subject, counts, samples, selects_all, seconds };
        evaluate(threshold, &source).exact()
    }
}

impl Window {
    fn hear(&mut self, second: u32, counts: SelectedCounts, samples: SparseHistogram) {
        self.samples.add(second, samples);
        self.seconds.push_back((second, counts));
        while self.seconds.front().is_some_and(|(old, _)| old.saturating_add(self.length) <= second) {
            self.seconds.pop_front();
        }
        self.counts = SelectedCounts::default();
        self.seconds.iter().for_each(|(_, counts)| self.counts.merge(counts));
    }
}

/// A window in whole seconds.
pub(super) fn seconds(window: Duration) -> u32 {
    u32::try_from(window.as_secs_f64().ceil() as u64).unwrap_or(u32::MAX)
}

impl ResolvedSubject {
    fn new(threshold: &Threshold, catalog: &Catalog) -> Self {
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
    const fn scale(self) -> Scale {
        match self {
            Self::Requests(_) => Scale::Time,
            Self::Metric(..) | Self::Nothing => Scale::Number,
        }
    }

    /// The samples a second has of it.
    fn samples<'a>(
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
    fn all(self, aggregate: Aggregate, totals: &Totals, selection: &Selection) -> Distribution {
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

impl SelectedCounts {
    fn of(interval: &Interval, selection: &Selection) -> Self {
        let mut counts = Self { dropped: interval.accounting.dropped, ..Self::default() };
        interval.series.iter().for_each(|count| counts.add(&count.counts, selection, &count.key));
        counts
    }

    fn of_totals(totals: &Totals, selection: &Selection) -> Self {
        let mut counts = Self { dropped: totals.accounting().dropped, ..Self::default() };
        totals.series().for_each(|(key, total)| counts.add(&total.counts, selection, key));
        counts
    }

    fn merge(&mut self, other: &Self) {
        self.selected.merge(&other.selected);
        self.all += other.all;
        self.dropped += other.dropped;
    }

    fn add(&mut self, counts: &Counts, selection: &Selection, key: &SeriesKey) {
        if selection.takes(key) {
            self.selected.merge(counts);
        }
        if selection.takes_stage(key.stage) {
            self.all += counts.ended();
        }
    }
}

impl Source for ExactSource<'_> {
    fn count(&self, count: Count) -> Figure<f64> {
        let selected = &self.counts.selected;
        let exact = |count: u64| Figure::Exact(count as f64);
        match (self.subject, count) {
            (ResolvedSubject::Nothing, _) => Figure::NoData,
            (_, Count::Seconds) => Figure::Exact(self.seconds),
            (ResolvedSubject::Metric(_, MetricKind::Counter), Count::Ended) => {
                Figure::Exact(self.samples.moments().sum())
            }
            (ResolvedSubject::Metric(..), Count::Ended) => exact(self.samples.count()),
            (ResolvedSubject::Metric(..), _) => Figure::NoData,
            (ResolvedSubject::Requests(_), Count::Ended) => exact(selected.ended()),
            (ResolvedSubject::Requests(_), Count::Failed) => exact(selected.failures()),
            (ResolvedSubject::Requests(_), Count::All) => exact(self.counts.all),
            (ResolvedSubject::Requests(_), Count::Dropped) => exact(self.counts.dropped),
            (ResolvedSubject::Requests(_), Count::BytesIn) => exact(selected.bytes_in),
        }
    }

    fn statistic(&self, aggregate: Aggregate) -> Figure<Amount> {
        let value = match aggregate {
            Aggregate::Min => self.samples.min(),
            Aggregate::Avg => self.samples.mean(),
            Aggregate::Max => self.samples.max(),
            Aggregate::Stddev => self.samples.deviation(),
            Aggregate::Quantile(quantile) => self.samples.quantile(quantile.share()),
            _ => None,
        };
        let amount = value.map(|value| match self.subject {
            ResolvedSubject::Requests(_) => Amount::Time(Duration::from_nanos(value.round() as u64)),
            // kept in milliseconds
            ResolvedSubject::Metric(_, MetricKind::Time) => Amount::milliseconds(value),
            ResolvedSubject::Metric(..) | ResolvedSubject::Nothing => Amount::Number(value),
        });
        amount.map_or(Figure::NoData, Figure::Exact)
    }

    fn selects_all(&self) -> bool {
        self.selects_all
    }
}
