use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::accounting::Accounting;
use super::bucket::{Scale, nanos};
use super::errors::ErrorGroups;
use super::interval::{ERROR_CAP, Health, Interval, MetricCount, SeriesCount};
use super::last_ended::LastEnded;
use super::recorder::Recorder;
use super::series::{Counts, Measure, SeriesKey};
use super::tasks::{TaskCounts, TaskGroups, TaskKey};
use crate::memory::{Held, MemoryBudget, Part};
use crate::sample::{EndpointId, FailureKind, IdMap, MetricId, Outcome, Sample, TaskId, TaskOutcome, UserTypeId};
use crate::units::Offset;

/// What one worker counts: the only numbers that change under load. No lock, no channel; each second it is taken.
#[derive(Debug)]
pub struct Tally {
    slots: Vec<Slot>,
    index: HashMap<SeriesKey, u32>,
    /// The names each endpoint has gone by.
    names: HashMap<EndpointId, HashSet<Arc<str>>>,
    /// In an order of its own, so that the same run gives the same journal.
    metrics: BTreeMap<(MetricId, u32), MetricSlot>,
    errors: ErrorGroups,
    accounting: Accounting,
    tasks: IdMap<TaskKey, TaskCounts>,
    touched: Vec<u32>,
    lateness: Duration,
    late: u64,
    /// How late each request was sent.
    lateness_times: Recorder,
    /// The memory of what is here; none where nobody limits it.
    memory: Option<Held>,
    /// How many series are here though there was no memory for them.
    unheld: usize,
    folds: Vec<Fold>,
    /// How many of them were told.
    told: usize,
}

/// Why some of what is counted is in `other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// An endpoint goes by more names than are kept apart.
    Names(EndpointId),
    /// There are more series than are kept apart.
    Series,
    /// The run's memory for what is measured is used up.
    Memory,
}

/// A series of this tally, found once and kept: it stays valid for the tally's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesRef(u32);

#[derive(Debug)]
struct Slot {
    key: SeriesKey,
    counts: Counts,
    last_ended: Option<Offset>,
    /// Made when the first sample of a second comes: most series rest.
    times: [Option<Box<Recorder>>; Measure::ALL.len()],
}

/// What one series gave to one metric.
#[derive(Debug)]
struct MetricSlot {
    samples: Recorder,
    failed: u64,
}

/// How many names one endpoint may go by; a name filled in with an id would otherwise grow without end.
pub const NAMES: usize = 1000;
/// How many series one worker keeps apart.
pub const SERIES: usize = 20_000;
/// How many series named `other` there may be beyond what there is memory for: a plan has so many endpoints, stages and
/// tasks, and a service so many statuses. Beyond these they are one series a stage and class of status.
const UNHELD: usize = 2_000;
/// How many folds are kept to be told; a plan with more has said enough.
const FOLDS: usize = 20;
const OTHER: &str = "other";

/// What a series takes here, with its place in the index and in the caller's; what it takes in a second it is touched in
/// is most of it.
const SLOT: u64 = (size_of::<Slot>() + 2 * size_of::<SeriesKey>() + 1536) as u64;

impl Tally {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self {
            slots: Vec::new(),
            index: HashMap::new(),
            names: HashMap::new(),
            metrics: BTreeMap::new(),
            errors: ErrorGroups::new(ERROR_CAP),
            accounting: Accounting::default(),
            tasks: IdMap::default(),
            touched: Vec::new(),
            lateness: Duration::ZERO,
            late: 0,
            lateness_times: Recorder::new(Scale::Time),
            memory: None,
            unheld: 0,
            folds: Vec::new(),
            told: 0,
        }
    }

    /// An empty one that takes no more memory than a budget has.
    #[must_use]
    pub fn within(budget: &MemoryBudget) -> Self {
        Self { memory: budget.hold(Part::Series, 0).ok(), ..Self::new() }
    }

    /// What was folded into `other` since the last time, each kind once.
    pub fn folds(&mut self) -> impl Iterator<Item = Fold> + '_ {
        // what is told stays in the list, to be told once
        let told = std::mem::replace(&mut self.told, self.folds.len());
        self.folds[told..].iter().copied()
    }

    /// Counts a request that was due and begins.
    pub fn start(&mut self) {
        self.accounting.scheduled += 1;
        self.accounting.started += 1;
    }

    /// Counts a request that was due and that nobody was free to begin.
    pub fn drop_due(&mut self) {
        self.accounting.scheduled += 1;
        self.accounting.dropped += 1;
    }

    /// Finds or makes a series. Names beyond a thousand an endpoint, series beyond twenty thousand, and what there is no
    /// memory for, fold into one named `other`.
    pub fn series(&mut self, key: &SeriesKey) -> SeriesRef {
        if let Some(slot) = self.index.get(key) {
            return SeriesRef(*slot);
        }
        let is_other = &*key.name == OTHER;
        if !is_other && let Some(fold) = self.no_room(key) {
            if !self.folds.contains(&fold) && self.folds.len() < FOLDS {
                self.folds.push(fold);
            }
            return self.series(&SeriesKey { name: Arc::from(OTHER), ..key.clone() });
        }
        if is_other && !self.take_memory(SLOT) {
            let rest = SeriesKey {
                endpoint: EndpointId(u32::MAX),
                // nobody's
                user: UserTypeId(u16::MAX),
                task: TaskId(u16::MAX),
                status: key.status.map(|status| status / 100 * 100),
                ..key.clone()
            };
            if self.unheld >= UNHELD && *key != rest {
                return self.series(&rest);
            }
            self.unheld += 1;
        }
        self.names.entry(key.endpoint).or_default().insert(key.name.clone());
        let slot = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        self.slots.push(Slot {
            key: key.clone(),
            counts: Counts::default(),
            last_ended: None,
            times: Default::default(),
        });
        self.index.insert(key.clone(), slot);
        SeriesRef(slot)
    }

    /// Why a series cannot be kept apart; where it can, its memory is held.
    fn no_room(&mut self, key: &SeriesKey) -> Option<Fold> {
        let names = self.names.get(&key.endpoint);
        let known = names.is_some_and(|names| names.contains(&key.name));
        if !known && names.is_some_and(|names| names.len() >= NAMES) {
            return Some(Fold::Names(key.endpoint));
        }
        if self.slots.len() >= SERIES {
            return Some(Fold::Series);
        }
        let name = if known { 0 } else { key.name.len() as u64 };
        (!self.take_memory(SLOT + name)).then_some(Fold::Memory)
    }

    fn take_memory(&mut self, bytes: u64) -> bool {
        self.memory.as_mut().is_none_or(|memory| memory.grow(bytes).is_ok())
    }

    /// Counts the end of a request. Times of aborted requests are no measurements and are left out.
    pub fn record(&mut self, series: SeriesRef, sample: &Sample) {
        self.accounting.end(sample);
        let slot = &mut self.slots[series.0 as usize];
        if slot.counts.is_empty() {
            self.touched.push(series.0);
        }
        slot.counts.add(sample);
        let (response, service, first_byte) = match sample.outcome {
            Outcome::Ok | Outcome::Redirected => (Measure::ResponseOk, Measure::ServiceOk, Measure::FirstByte),
            Outcome::Failed(_) => (Measure::ResponseFailed, Measure::ServiceFailed, Measure::FirstByteFailed),
            Outcome::Aborted => return,
        };
        slot.time(response, Some(sample.timing.response_time()));
        slot.time(service, Some(sample.timing.service_time()));
        slot.time(first_byte, sample.phases.first_byte);
        slot.time(Measure::Receive, sample.phases.receive);
        slot.time(Measure::Dns, sample.phases.dns);
        slot.time(Measure::Connect, sample.phases.connect);
        slot.time(Measure::Tls, sample.phases.tls);
        slot.last_ended = slot.last_ended.max(Some(sample.timing.ended()));
        let lateness = sample.timing.lateness();
        self.lateness = self.lateness.max(lateness);
        self.lateness_times.record(nanos(lateness));
        self.late += u64::from(lateness > Health::LATE);
    }

    /// Counts a sample of a declared metric, under the series of the request that gave it.
    pub fn metric(&mut self, metric: MetricId, series: SeriesRef, value: f64) {
        self.metrics.entry((metric, series.0)).or_insert_with(MetricSlot::new).samples.record(value);
    }

    /// Counts a transaction that failed.
    pub fn transaction_failed(&mut self, metric: MetricId, series: SeriesRef) {
        self.metrics.entry((metric, series.0)).or_insert_with(MetricSlot::new).failed += 1;
    }

    /// Counts a task that begins.
    pub fn start_task(&mut self, key: TaskKey) {
        self.tasks.entry(key).or_default().started += 1;
    }

    /// Counts the end of a task.
    pub fn end_task(&mut self, key: TaskKey, outcome: TaskOutcome) {
        self.tasks.entry(key).or_default().end(outcome);
    }

    /// Counts a failure under its message. `example` gives the beginning of what was answered, without secrets; it is
    /// asked for the first of each kind.
    pub fn error(
        &mut self,
        series: SeriesRef,
        kind: FailureKind,
        message: &str,
        at: Offset,
        example: impl FnOnce() -> Option<Arc<str>>,
    ) {
        let key = &self.slots[series.0 as usize].key;
        self.errors.add((key.endpoint, &key.name), kind, message, at, example);
    }

    /// Counts an error of the plan itself that shows at run time and belongs to no request.
    pub fn exception(&mut self, name: &Arc<str>, message: &str, at: Offset) {
        self.errors.add((EndpointId(u32::MAX), name), FailureKind::Template, message, at, || None);
    }

    /// What was counted since the last take, as second number `second`; it costs what was touched.
    pub fn take(&mut self, second: u32, users: u64, health: Health) -> Interval {
        let touched = std::mem::take(&mut self.touched);
        let mut last_ended = LastEnded::default();
        let take = |slot: &u32| {
            let slot = &mut self.slots[*slot as usize];
            slot.last_ended.take().into_iter().for_each(|at| last_ended.add(slot.key.stage, at));
            slot.take()
        };
        let series = touched.iter().map(take).collect();
        let slots = &self.slots;
        let filled = self.metrics.iter_mut().filter(|(_, counted)| !counted.is_empty());
        let metrics = filled.map(|((metric, slot), counted)| MetricCount {
            metric: *metric,
            key: slots[*slot as usize].key.clone(),
            samples: counted.samples.take(),
            failed: std::mem::take(&mut counted.failed),
        });
        Interval {
            second,
            series,
            metrics: metrics.collect(),
            errors: self.errors.take(),
            accounting: std::mem::take(&mut self.accounting),
            tasks: self.tasks.drain().collect::<TaskGroups>(),
            users,
            user_steps: None,
            last_ended,
            health: Health {
                lateness: std::mem::take(&mut self.lateness),
                late: std::mem::take(&mut self.late),
                ..health
            },
            lateness: self.lateness_times.take(),
        }
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self::new()
    }
}

impl MetricSlot {
    const fn new() -> Self {
        Self { samples: Recorder::new(Scale::Number), failed: 0 }
    }

    const fn is_empty(&self) -> bool {
        self.samples.is_empty() && self.failed == 0
    }
}

impl Slot {
    fn time(&mut self, measure: Measure, time: Option<Duration>) {
        if let Some(time) = time {
            let recorder = self.times[measure as usize].get_or_insert_with(|| Box::new(Recorder::new(Scale::Time)));
            recorder.record(nanos(time));
        }
    }

    fn take(&mut self) -> SeriesCount {
        let filled = Measure::ALL.iter().zip(&mut self.times);
        let filled = filled.filter_map(|(measure, recorder)| Some((*measure, recorder.take()?.take())));
        SeriesCount { key: self.key.clone(), counts: std::mem::take(&mut self.counts), times: filled.collect() }
    }
}
