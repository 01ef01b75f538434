use std::collections::BTreeMap;
use std::time::Duration;

use super::accounting::Accounting;
use super::bucket::Scale;
use super::distribution::Distribution;
use super::errors::{ErrorCount, ErrorGroups, ErrorKey};
use super::interval::{Health, Interval};
use super::last_ended::LastEnded;
use super::series::{Counts, Measure, SeriesKey};
use super::sparse_histogram::SparseHistogram;
use super::tasks::{self, TaskGroups};
use super::user_steps::UserFigures;
use crate::sample::MetricId;

/// Everything so far. Its memory is a function of the plan, not of the run's length.
#[derive(Debug)]
pub struct Totals {
    series: BTreeMap<SeriesKey, SeriesTotal>,
    metrics: BTreeMap<MetricId, BTreeMap<SeriesKey, MetricTotal>>,
    errors: ErrorGroups,
    accounting: Accounting,
    tasks: TaskGroups,
    history: Vec<Second>,
    /// How many seconds one entry of the history stands for.
    stride: u32,
    seconds: u32,
    /// How many bytes the series and metrics take.
    bytes: usize,
    last_ended: LastEnded,
    /// How late each request was sent.
    lateness: Distribution,
}

/// One series so far.
#[derive(Debug, Clone, Default)]
pub struct SeriesTotal {
    /// How many ended how.
    pub counts: Counts,
    /// The times there are samples of.
    times: Vec<(Measure, Distribution)>,
}

/// One metric of one series so far.
#[derive(Debug, Clone)]
pub struct MetricTotal {
    /// Its samples.
    pub samples: Distribution,
    /// Of a transaction: how many failed.
    pub failed: u64,
}

/// One second of the run in a few numbers; in a long run, several seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Second {
    /// Its first second, from 0.
    pub second: u32,
    /// How many seconds it stands for.
    pub length: u32,
    /// Requests begun.
    pub started: u64,
    /// Requests answered as expected.
    pub ok: u64,
    /// Requests failed.
    pub failed: u64,
    /// The most users there were.
    pub users: u64,
    /// The fewest there were.
    pub fewest: u64,
    /// Their mean over its time.
    pub mean: f64,
    /// Quantiles of the response times of requests that ended in it: of several seconds, those of the slowest, since
    /// quantiles cannot be put together. `None` where none ended.
    pub response: Option<SecondTimes>,
    /// How the generator fared, at its worst.
    pub health: Health,
}

/// Quantiles of one second's response times, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SecondTimes {
    /// The median.
    pub p50: f64,
    /// The 95th percentile.
    pub p95: f64,
    /// The 99th percentile.
    pub p99: f64,
}

/// How many entries the history may have before neighbours are folded into one.
const HISTORY: usize = 7200;
const ERROR_CAP: usize = 1000;

/// What a series takes, with its node of the tree and the times it usually has; their counts come on top.
const SERIES: usize =
    (size_of::<SeriesKey>() + size_of::<SeriesTotal>()) * 3 / 2 + 8 * size_of::<(Measure, Distribution)>();
/// What a metric of a series takes.
const METRIC: usize = (size_of::<SeriesKey>() + size_of::<MetricTotal>()) * 3 / 2;

/// Adds samples; by how many bytes that made the counts grow.
fn grown(distribution: &mut Distribution, samples: &SparseHistogram) -> usize {
    let before = distribution.bytes();
    distribution.add(samples);
    distribution.bytes().saturating_sub(before)
}

impl Totals {
    /// Of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            series: BTreeMap::new(),
            metrics: BTreeMap::new(),
            errors: ErrorGroups::new(ERROR_CAP),
            accounting: Accounting::default(),
            tasks: TaskGroups::new(),
            history: Vec::new(),
            stride: 1,
            seconds: 0,
            bytes: 0,
            last_ended: LastEnded::default(),
            lateness: Distribution::new(Scale::Time),
        }
    }

    /// Adds a second of all workers.
    pub fn add(&mut self, interval: &Interval) {
        for count in &interval.series {
            let total = match self.series.get_mut(&count.key) {
                Some(total) => total,
                None => {
                    self.bytes += SERIES;
                    self.series.entry(count.key.clone()).or_default()
                }
            };
            total.counts.merge(&count.counts);
            for (measure, samples) in &count.times {
                self.bytes += grown(total.distribution(*measure), samples);
            }
        }
        for count in &interval.metrics {
            let series = self.metrics.entry(count.metric).or_default();
            let total = match series.get_mut(&count.key) {
                Some(total) => total,
                None => {
                    self.bytes += METRIC;
                    series.entry(count.key.clone()).or_default()
                }
            };
            self.bytes += grown(&mut total.samples, &count.samples);
            total.failed += count.failed;
        }
        interval.errors.iter().cloned().for_each(|error| self.errors.merge(error));
        self.accounting.merge(&interval.accounting);
        tasks::merge(&mut self.tasks, &interval.tasks);
        self.remember(interval);
        self.seconds = self.seconds.max(interval.second + 1);
        self.last_ended.merge(&interval.last_ended);
        self.lateness.add(&interval.lateness);
    }

    /// How many bytes the series and metrics take, about: what grows with the names a plan makes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Each series so far.
    pub fn series(&self) -> impl Iterator<Item = (&SeriesKey, &SeriesTotal)> {
        self.series.iter()
    }

    /// A declared metric's samples so far, by series.
    pub fn metric(&self, metric: MetricId) -> impl Iterator<Item = (&SeriesKey, &MetricTotal)> {
        self.metrics.get(&metric).into_iter().flatten()
    }

    /// The failure that was told most often, and how often.
    #[must_use]
    pub fn most_frequent_error(&self) -> Option<(&ErrorKey, u64)> {
        self.errors.most_frequent()
    }

    /// The groups of failures so far.
    #[must_use]
    pub fn errors(&self) -> Vec<ErrorCount> {
        self.errors.list()
    }

    /// Where all requests went so far.
    #[must_use]
    pub const fn accounting(&self) -> &Accounting {
        &self.accounting
    }

    /// Where all tasks went so far.
    #[must_use]
    pub const fn tasks(&self) -> &TaskGroups {
        &self.tasks
    }

    /// The run second by second; in a long run, in longer steps.
    #[must_use]
    pub fn history(&self) -> &[Second] {
        &self.history
    }

    /// How long each request was sent after it could have been; nothing where that is not known.
    #[must_use]
    pub const fn lateness(&self) -> &Distribution {
        &self.lateness
    }

    /// When the last request that was answered or failed ended; `None` where there was none, or it is not known.
    #[must_use]
    pub const fn last_ended(&self) -> &LastEnded {
        &self.last_ended
    }

    /// How many seconds have been added.
    #[must_use]
    pub const fn seconds(&self) -> u32 {
        self.seconds
    }

    fn remember(&mut self, interval: &Interval) {
        let users = interval.user_figures(Duration::from_secs(1));
        let users = users.unwrap_or(UserFigures { least: 0, most: 0, mean: 0.0 });
        let entry = Second {
            second: interval.second,
            length: 1,
            started: interval.accounting.started,
            ok: interval.accounting.ok,
            failed: interval.accounting.failures(),
            users: users.most,
            fewest: users.least,
            mean: users.mean,
            response: SecondTimes::of(&interval.response_times()),
            health: interval.health,
        };
        match self.history.last_mut() {
            Some(last) if interval.second < last.second + self.stride => last.fold(&entry),
            _ => self.history.push(entry),
        }
        if self.history.len() > HISTORY {
            self.stride *= 2;
            let folded = self.history.chunks(2).map(|pair| {
                let mut first = pair[0];
                pair[1..].iter().for_each(|second| first.fold(second));
                first
            });
            self.history = folded.collect();
        }
    }
}

impl Default for Totals {
    fn default() -> Self {
        Self::new()
    }
}

impl MetricTotal {
    /// Of nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { samples: Distribution::new(Scale::Number), failed: 0 }
    }

    /// Adds another's.
    pub fn merge(&mut self, other: &Self) {
        self.samples.merge(&other.samples);
        self.failed += other.failed;
    }
}

impl Default for MetricTotal {
    fn default() -> Self {
        Self::new()
    }
}

impl SeriesTotal {
    /// A time's distribution; `None` without samples.
    #[must_use]
    pub fn time(&self, measure: Measure) -> Option<&Distribution> {
        self.times.iter().find(|(known, _)| *known == measure).map(|(_, times)| times)
    }

    fn distribution(&mut self, measure: Measure) -> &mut Distribution {
        let place = self.times.iter().position(|(known, _)| *known == measure).unwrap_or_else(|| {
            self.times.push((measure, Distribution::new(Scale::Time)));
            self.times.len() - 1
        });
        &mut self.times[place].1
    }
}

impl SecondTimes {
    fn of(times: &Distribution) -> Option<Self> {
        Some(Self { p50: times.quantile(0.5)?, p95: times.quantile(0.95)?, p99: times.quantile(0.99)? })
    }

    /// The larger of each.
    fn slower(self, other: Self) -> Self {
        Self { p50: self.p50.max(other.p50), p95: self.p95.max(other.p95), p99: self.p99.max(other.p99) }
    }
}

impl Second {
    fn fold(&mut self, other: &Self) {
        let (mine, theirs) = (f64::from(self.length), f64::from(other.length));
        self.mean = (self.mean * mine + other.mean * theirs) / (mine + theirs).max(1.0);
        self.length = (other.second + other.length).saturating_sub(self.second);
        self.started += other.started;
        self.ok += other.ok;
        self.failed += other.failed;
        self.users = self.users.max(other.users);
        self.fewest = self.fewest.min(other.fewest);
        self.response = match (self.response, other.response) {
            (Some(mine), Some(theirs)) => Some(mine.slower(theirs)),
            (one, other) => one.or(other),
        };
        self.health.merge(&other.health);
    }
}
