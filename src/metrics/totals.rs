use std::collections::BTreeMap;
use std::time::Duration;

use super::accounting::Accounting;
use super::bucket::Scale;
use super::distribution::Distribution;
use super::errors::{ErrorCount, ErrorGroups};
use super::interval::{Health, Interval};
use super::last_ended::LastEnded;
use super::series::{Counts, Measure, SeriesKey};
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
    last_ended: LastEnded,
}

/// One series so far.
#[derive(Debug, Clone, Default)]
pub struct SeriesTotal {
    /// How many ended how.
    pub counts: Counts,
    times: BTreeMap<Measure, Distribution>,
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
    /// How the generator fared, at its worst.
    pub health: Health,
}

/// How many entries the history may have before neighbours are folded into one.
const HISTORY: usize = 7200;
const ERROR_CAP: usize = 1000;

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
            last_ended: LastEnded::default(),
        }
    }

    /// Adds a second of all workers.
    pub fn add(&mut self, interval: &Interval) {
        for count in &interval.series {
            let total = self.series.entry(count.key.clone()).or_default();
            total.counts.merge(&count.counts);
            for (measure, samples) in &count.times {
                total.times.entry(*measure).or_insert_with(|| Distribution::new(Scale::Time)).add(samples);
            }
        }
        for count in &interval.metrics {
            let series = self.metrics.entry(count.metric).or_default().entry(count.key.clone());
            let total = series.or_default();
            total.samples.add(&count.samples);
            total.failed += count.failed;
        }
        interval.errors.iter().cloned().for_each(|error| self.errors.merge(error));
        self.accounting.merge(&interval.accounting);
        tasks::merge(&mut self.tasks, &interval.tasks);
        self.remember(interval);
        self.seconds = self.seconds.max(interval.second + 1);
        self.last_ended.merge(&interval.last_ended);
    }

    /// Each series so far.
    pub fn series(&self) -> impl Iterator<Item = (&SeriesKey, &SeriesTotal)> {
        self.series.iter()
    }

    /// A declared metric's samples so far, by series.
    pub fn metric(&self, metric: MetricId) -> impl Iterator<Item = (&SeriesKey, &MetricTotal)> {
        self.metrics.get(&metric).into_iter().flatten()
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
        self.times.get(&measure)
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
        self.health.merge(&other.health);
    }
}
