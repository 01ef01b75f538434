use std::collections::BTreeMap;

use super::accounting::Accounting;
use super::errors::{ErrorCount, ErrorGroups};
use super::health::Health;
use super::series::{Counts, Measure, SeriesKey};
use super::sparse_histogram::SparseHistogram;
use crate::sample::MetricId;

/// One second of one worker, or of several merged.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// Which second of the run, from 0.
    pub second: u32,
    /// What ended in it, by series.
    pub series: Vec<SeriesCount>,
    /// Samples of declared metrics, by the series of the request that gave them.
    pub metrics: Vec<MetricCount>,
    /// Failures in groups.
    pub errors: Vec<ErrorCount>,
    /// Entries of the books.
    pub books: Accounting,
    /// Users there were at its end.
    pub users: u64,
    /// How the generator fared.
    pub health: Health,
}

/// One series' second.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesCount {
    /// Which series.
    pub key: SeriesKey,
    /// How many ended how.
    pub counts: Counts,
    /// Its times; a measure without samples is left out.
    pub times: Vec<(Measure, SparseHistogram)>,
}

/// One metric's samples in one series' second.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricCount {
    /// The metric.
    pub metric: MetricId,
    /// The series of the request they came from.
    pub key: SeriesKey,
    /// The samples.
    pub samples: SparseHistogram,
}

/// How many groups of failures an interval keeps apart.
pub(super) const ERROR_CAP: usize = 256;

impl Interval {
    /// A second in which nothing happened.
    #[must_use]
    pub fn empty(second: u32) -> Self {
        Self {
            second,
            series: Vec::new(),
            metrics: Vec::new(),
            errors: Vec::new(),
            books: Accounting::default(),
            users: 0,
            health: Health::default(),
        }
    }

    /// Adds another worker's second.
    pub fn merge(&mut self, other: Self) {
        self.books.merge(&other.books);
        self.users += other.users;
        self.health.merge(&other.health);
        let mut series: BTreeMap<SeriesKey, usize> =
            self.series.iter().enumerate().map(|(index, count)| (count.key.clone(), index)).collect();
        for theirs in other.series {
            match series.get(&theirs.key) {
                Some(index) => self.series[*index].merge(theirs),
                None => {
                    series.insert(theirs.key.clone(), self.series.len());
                    self.series.push(theirs);
                }
            }
        }
        let place = |count: &MetricCount| (count.metric, count.key.clone());
        let mut metrics: BTreeMap<_, usize> =
            self.metrics.iter().enumerate().map(|(index, count)| (place(count), index)).collect();
        for theirs in other.metrics {
            match metrics.get(&place(&theirs)) {
                Some(index) => self.metrics[*index].samples.merge(&theirs.samples),
                None => {
                    metrics.insert(place(&theirs), self.metrics.len());
                    self.metrics.push(theirs);
                }
            }
        }
        let mut errors = ErrorGroups::new(ERROR_CAP);
        let mine = std::mem::take(&mut self.errors);
        mine.into_iter().chain(other.errors).for_each(|error| errors.merge(error));
        self.errors = errors.take();
    }
}

impl SeriesCount {
    fn merge(&mut self, other: Self) {
        self.counts.merge(&other.counts);
        for (measure, sparse) in other.times {
            match self.times.iter_mut().find(|(mine, _)| *mine == measure) {
                Some((_, mine)) => mine.merge(&sparse),
                None => self.times.push((measure, sparse)),
            }
        }
    }
}
