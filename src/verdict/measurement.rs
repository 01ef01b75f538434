use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::Duration;

use super::evaluate::{Count, Figure, Source, evaluate};
use super::selection::Selection;
use crate::metrics::{
    Counts, Distribution, Interval, Measure, MetricTotal, Scale, SeriesKey, SlidingDistribution, SparseHistogram,
    TaskCounts, TaskGroups, Totals,
};
use crate::sample::{Catalog, MetricId, MetricKind, TaskRole};
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
    Requests(Times),
    /// Samples of a metric.
    Metric(MetricId, MetricKind),
    /// A metric that there is not.
    Nothing,
}

/// A time of requests: of those that were ok, and of those that failed, where these are told apart.
///
/// A failed request is quick, or late, for reasons of its own. So that it never makes a quantile better, it counts as
/// no quicker than its limit: that is when a user would have given it up.
#[derive(Debug, Clone, Copy)]
struct Times {
    ok: Measure,
    failed: Option<Measure>,
}

/// How many requests a threshold selects, and those it is compared with.
#[derive(Debug, Clone, Copy, Default)]
struct SelectedCounts {
    selected: Counts,
    /// Calls of the same stages that ended, selected or not.
    all: u64,
    /// Tasks, without those of the users' start.
    tasks: TaskCounts,
    /// Starts of users.
    starts: TaskCounts,
    /// Transactions that failed.
    failed_transactions: u64,
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
        Self { subject, counts: subject.counts_of_totals(totals, selection), samples, window: None }
    }

    /// Takes a second.
    pub(super) fn hear(&mut self, interval: &Interval, threshold: &Threshold, selection: &Selection) {
        let counts = self.subject.counts(interval, selection);
        let samples = || self.subject.samples(threshold.aggregate, interval, selection);
        if let Some(window) = &mut self.window {
            let samples: Vec<_> = samples().collect();
            let all = SparseHistogram::all(self.subject.scale(), samples.iter().map(|samples| &**samples));
            window.hear(interval.second, counts, all);
        }
        samples().for_each(|samples| self.samples.add(&samples));
        self.counts.merge(&counts);
    }

    /// How many samples there are so far.
    pub(super) const fn samples(&self) -> u64 {
        self.samples.count()
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
        self.samples.add(second, &samples);
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
            Subject::ResponseTime => Times { ok: Measure::ResponseOk, failed: Some(Measure::ResponseFailed) },
            Subject::ServiceTime => Times { ok: Measure::ServiceOk, failed: Some(Measure::ServiceFailed) },
            Subject::TimeToFirstByte => Times { ok: Measure::FirstByte, failed: Some(Measure::FirstByteFailed) },
            // a connection that was made is one, whatever came of the request
            Subject::ConnectTime => Times { ok: Measure::Connect, failed: None },
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
    ) -> Box<dyn Iterator<Item = Cow<'a, SparseHistogram>> + 'a> {
        match self {
            Self::Requests(wanted) if aggregate.is_of_samples() => {
                let taken = interval.series.iter().filter(|count| selection.takes(&count.key));
                Box::new(taken.flat_map(move |count| {
                    let limit = selection.limit(&count.key);
                    count.times.iter().filter_map(move |(measure, samples)| match limit {
                        _ if *measure == wanted.ok => Some(Cow::Borrowed(samples)),
                        _ if Some(*measure) != wanted.failed => None,
                        Some(limit) => Some(Cow::Owned(samples.at_least(limit))),
                        None => Some(Cow::Borrowed(samples)),
                    })
                }))
            }
            Self::Metric(metric, _) => {
                let of = interval.metrics.iter().filter(move |count| count.metric == metric);
                Box::new(of.filter(|count| selection.takes(&count.key)).map(|count| Cow::Borrowed(&count.samples)))
            }
            Self::Requests(_) | Self::Nothing => Box::new(std::iter::empty()),
        }
    }

    /// All samples of it so far.
    fn all(self, aggregate: Aggregate, totals: &Totals, selection: &Selection) -> Distribution {
        let mut all = Distribution::new(self.scale());
        match self {
            Self::Requests(wanted) if aggregate.is_of_samples() => {
                for (key, total) in totals.series().filter(|(key, _)| selection.takes(key)) {
                    total.time(wanted.ok).into_iter().for_each(|times| all.merge(times));
                    match (wanted.failed.and_then(|failed| total.time(failed)), selection.limit(key)) {
                        (Some(times), Some(limit)) => all.merge(&times.at_least(limit)),
                        (Some(times), None) => all.merge(times),
                        (None, _) => {}
                    }
                }
            }
            Self::Metric(..) => self.of_metric(totals, selection).for_each(|total| all.merge(&total.samples)),
            Self::Requests(_) | Self::Nothing => {}
        }
        all
    }

    fn of_metric<'a>(
        self,
        totals: &'a Totals,
        selection: &'a Selection<'_>,
    ) -> impl Iterator<Item = &'a MetricTotal> + use<'a> {
        let metric = match self {
            Self::Metric(metric, _) => Some(metric),
            Self::Requests(_) | Self::Nothing => None,
        };
        let series = metric.into_iter().flat_map(|metric| totals.metric(metric));
        series.filter(|(key, _)| selection.takes(key)).map(|(_, total)| total)
    }

    /// What a second has of what is counted.
    fn counts(self, interval: &Interval, selection: &Selection) -> SelectedCounts {
        let mut counts = SelectedCounts { dropped: interval.accounting.dropped, ..SelectedCounts::default() };
        interval.series.iter().for_each(|count| counts.add(&count.counts, selection, &count.key));
        counts.add_tasks(&interval.tasks, selection);
        if let Self::Metric(metric, MetricKind::Time) = self {
            let of = interval.metrics.iter().filter(|count| count.metric == metric && selection.takes(&count.key));
            counts.failed_transactions = of.map(|count| count.failed).sum();
        }
        counts
    }

    /// What all seconds so far have of what is counted.
    fn counts_of_totals(self, totals: &Totals, selection: &Selection) -> SelectedCounts {
        let mut counts = SelectedCounts { dropped: totals.accounting().dropped, ..SelectedCounts::default() };
        totals.series().for_each(|(key, total)| counts.add(&total.counts, selection, key));
        counts.add_tasks(totals.tasks(), selection);
        counts.failed_transactions = self.of_metric(totals, selection).map(|total| total.failed).sum();
        counts
    }
}

impl SelectedCounts {
    fn merge(&mut self, other: &Self) {
        self.selected.merge(&other.selected);
        self.all += other.all;
        self.dropped += other.dropped;
        self.tasks.merge(&other.tasks);
        self.starts.merge(&other.starts);
        self.failed_transactions += other.failed_transactions;
    }

    fn add(&mut self, counts: &Counts, selection: &Selection, key: &SeriesKey) {
        if selection.takes(key) {
            self.selected.merge(counts);
        }
        if selection.takes_stage(key.stage) {
            self.all += counts.calls();
        }
    }

    fn add_tasks(&mut self, tasks: &TaskGroups, selection: &Selection) {
        for (key, counts) in tasks.iter().filter(|(key, _)| selection.takes_task(key)) {
            match selection.role(key.task) {
                TaskRole::Start => self.starts.merge(counts),
                TaskRole::Work | TaskRole::Stop => self.tasks.merge(counts),
            }
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
            (ResolvedSubject::Metric(_, MetricKind::Time), Count::Failed) => exact(self.counts.failed_transactions),
            (ResolvedSubject::Metric(_, MetricKind::Time), Count::Attempted) => {
                exact(self.samples.count() + self.counts.failed_transactions)
            }
            (ResolvedSubject::Metric(..), _) => Figure::NoData,
            (ResolvedSubject::Requests(_), Count::Ended | Count::Attempted) => exact(selected.calls()),
            (ResolvedSubject::Requests(_), Count::Failed) => exact(selected.failures()),
            (ResolvedSubject::Requests(_), Count::All) => exact(self.counts.all),
            (ResolvedSubject::Requests(_), Count::Dropped) => exact(self.counts.dropped),
            (ResolvedSubject::Requests(_), Count::BytesIn) => exact(selected.bytes_in),
            (ResolvedSubject::Requests(_), Count::FailedTasks) => exact(self.counts.tasks.failures()),
            (ResolvedSubject::Requests(_), Count::EndedTasks) => exact(self.counts.tasks.ended()),
            (ResolvedSubject::Requests(_), Count::TasksLost) => {
                let lost = [self.counts.tasks, self.counts.starts].map(|counts| counts.failures_without_request());
                exact(lost.iter().sum())
            }
            (ResolvedSubject::Requests(_), Count::FailedStarts) => exact(self.counts.starts.failures()),
            (ResolvedSubject::Requests(_), Count::EndedStarts) => exact(self.counts.starts.ended()),
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
