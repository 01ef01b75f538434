use std::collections::BTreeMap;
use std::time::Duration;

use super::accounting::Accounting;
use super::bucket::Scale;
use super::distribution::Distribution;
use super::errors::{ErrorCount, ErrorGroups};
use super::last_ended::LastEnded;
use super::series::{Counts, Measure, SeriesKey};
use super::sparse_histogram::SparseHistogram;
use super::tasks::{self, TaskGroups};
use super::user_steps::{UserFigures, UserSteps};
use crate::sample::MetricId;
use crate::units::Size;

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
    /// Where its requests went.
    pub accounting: Accounting,
    /// Where its tasks went.
    pub tasks: TaskGroups,
    /// Users there were at its end.
    pub users: u64,
    /// Users there were through it; none where that is not known: in old journals.
    pub user_steps: Option<UserSteps>,
    /// When the last of its requests ended.
    pub last_ended: LastEnded,
    /// How the generator fared.
    pub health: Health,
    /// How long each request was sent after it could have been; nothing in old journals.
    pub lateness: SparseHistogram,
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
    /// Of a transaction: how many failed. They have no sample.
    pub failed: u64,
}

/// How the generator itself fared in one second.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Health {
    /// The longest a worker woke later than it asked to.
    pub worker_lag: Duration,
    /// How much of the second a worker could not run although it wanted to.
    pub stalled: Duration,
    /// The longest a request was sent after it could have been: it was due, and its user had nothing else under way.
    pub lateness: Duration,
    /// How many requests were sent later than [`Health::LATE`] after they could have been.
    pub late: u64,
    /// The process's own CPU time in that second, in cores: 2.0 is two cores busy.
    pub cpu_cores: f64,
    /// Files and sockets the process has open.
    pub open_files: u64,
    /// Memory the process holds.
    pub memory: Size,
    /// How many whole seconds after its end the interval was put together of what the workers counted.
    pub backlog: u64,
    /// For how much of the second the busiest worker was on a CPU; none where the system does not say.
    pub worker_cpu: Option<Duration>,
    /// For how much of the second the worker that was worst off could have run and had no CPU; none where the system does
    /// not say.
    pub cpu_wait: Option<Duration>,
    /// For how much of the second the process's control group was kept from running, as its quota was used up; none where
    /// it has no quota, or the system does not say.
    pub throttled: Option<Duration>,
    /// How much of a second the host kept each CPU from this machine, as a mean; none where the system does not say.
    pub stolen: Option<Duration>,
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
            accounting: Accounting::default(),
            tasks: TaskGroups::new(),
            users: 0,
            user_steps: None,
            last_ended: LastEnded::default(),
            health: Health::default(),
            lateness: SparseHistogram::empty(Scale::Time),
        }
    }

    /// The response times of all requests that ended in it.
    #[must_use]
    pub fn response_times(&self) -> Distribution {
        let times = self.series.iter().flat_map(|series| &series.times);
        let mut response = Distribution::new(Scale::Time);
        times.filter(|(measure, _)| Measure::RESPONSE.contains(measure)).for_each(|(_, samples)| response.add(samples));
        response
    }

    /// What its users come to in the first so much of it; `None` in no time. Where only those at its end are known, they
    /// stand for all of it.
    #[must_use]
    pub fn user_figures(&self, length: Duration) -> Option<UserFigures> {
        match &self.user_steps {
            Some(steps) => steps.figures(length),
            None => Some(UserFigures { least: self.users, most: self.users, mean: self.users as f64 }),
        }
    }

    /// Adds another worker's second.
    pub fn merge(&mut self, other: Self) {
        self.accounting.merge(&other.accounting);
        tasks::merge(&mut self.tasks, &other.tasks);
        self.users += other.users;
        self.user_steps = match (self.user_steps.take(), &other.user_steps) {
            (Some(mut mine), Some(theirs)) => {
                mine.merge(theirs);
                Some(mine)
            }
            _ => None,
        };
        self.last_ended.merge(&other.last_ended);
        self.health.merge(&other.health);
        self.lateness.merge(&other.lateness);
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
                Some(index) => self.metrics[*index].merge(&theirs),
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

impl MetricCount {
    fn merge(&mut self, other: &Self) {
        self.samples.merge(&other.samples);
        self.failed += other.failed;
    }
}

impl Health {
    /// A request sent later than this has waited for the generator: a worker that has time for it is well below.
    pub const LATE: Duration = Duration::from_millis(10);

    /// The worse of both, figure by figure, for workers share one process; late requests are added up.
    pub fn merge(&mut self, other: &Self) {
        self.worker_lag = self.worker_lag.max(other.worker_lag);
        self.stalled = self.stalled.max(other.stalled);
        self.lateness = self.lateness.max(other.lateness);
        self.late += other.late;
        self.cpu_cores = self.cpu_cores.max(other.cpu_cores);
        self.open_files = self.open_files.max(other.open_files);
        self.memory = self.memory.max(other.memory);
        self.backlog = self.backlog.max(other.backlog);
        // what only one of them knows is better than nothing: `None` is below every figure
        self.worker_cpu = self.worker_cpu.max(other.worker_cpu);
        self.cpu_wait = self.cpu_wait.max(other.cpu_wait);
        self.throttled = self.throttled.max(other.throttled);
        self.stolen = self.stolen.max(other.stolen);
    }
}
