use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use super::times::Times;
use crate::results::{Report, ThresholdNow};

/// What an exporter is given, one after another.
#[derive(Debug, Clone)]
pub(super) enum Item {
    /// The load began.
    Begin(Arc<RunNames>),
    /// A second is over.
    Second(Arc<Figures>),
    /// A threshold that aborts was broken.
    Broke(Arc<Broke>),
    /// The run is over, teardown included.
    End(Arc<Ending>),
}

/// Who a run is, for all that is said of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RunNames {
    /// Its id.
    pub(super) run: String,
    /// What a person called it.
    pub(super) name: Option<String>,
    /// The plan's name.
    pub(super) plan: String,
    /// What it is aimed at.
    pub(super) target: String,
    /// What a person noted about it.
    pub(super) labels: BTreeMap<String, String>,
    /// Which part of a run it is: `2/8`.
    pub(super) shard: Option<String>,
    /// The machine that makes the load.
    pub(super) host: String,
    /// The version that makes it.
    pub(super) version: String,
    /// When the load began.
    pub(super) began: SystemTime,
}

/// A run as it stands at the end of a second, without secrets.
#[derive(Debug, Clone)]
pub(super) struct Figures {
    pub(super) names: Arc<RunNames>,
    /// When: by the wall clock.
    pub(super) at: SystemTime,
    /// The second.
    pub(super) second: SecondNow,
    /// Everything that is counted, from the run's begin.
    pub(super) families: Vec<Family>,
}

/// One second in a few numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct SecondNow {
    /// Which, from 0.
    pub(super) number: u32,
    /// The stages under way.
    pub(super) stages: Vec<String>,
    /// Users at its end.
    pub(super) users: u64,
    /// Requests that began in it.
    pub(super) started: u64,
    /// Requests that ended in it as expected.
    pub(super) ok: u64,
    /// Requests that failed in it.
    pub(super) failed: u64,
    /// Arrivals in it that nobody was free to begin.
    pub(super) dropped: u64,
    /// Quantiles of its response times, in seconds: p50, p95, p99.
    pub(super) quantiles: Option<[f64; 3]>,
    /// Each threshold as things stand.
    pub(super) thresholds: Vec<ThresholdNow>,
    /// What was wrong with the generator.
    pub(super) suspect: Vec<&'static str>,
    /// Requests that ended so far.
    pub(super) ended_so_far: u64,
    /// Of those, how many failed.
    pub(super) failed_so_far: u64,
}

/// A threshold that aborts was broken.
#[derive(Debug, Clone)]
pub(super) struct Broke {
    pub(super) names: Arc<RunNames>,
    /// The threshold, as it is written.
    pub(super) threshold: String,
    /// When, in seconds from the begin.
    pub(super) at: f64,
}

/// A run that is over.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    /// The figures at its end.
    pub(super) figures: Arc<Figures>,
    pub(super) report: Report,
}

/// What is counted under one name, by its labels.
#[derive(Debug, Clone)]
pub(super) struct Family {
    /// Its name, without what a format says before and behind it: `response_time`.
    pub(super) stem: &'static str,
    /// What it is, in a sentence.
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    pub(super) unit: Unit,
    pub(super) points: Vec<Point>,
}

/// What may become of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It only grows.
    Counter,
    /// It may be anything.
    Gauge,
    /// The times of requests.
    Times,
    /// A number's quantiles, sum and count.
    Summary,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Bytes,
    /// Things of a kind, which the name says: `request`.
    Of(&'static str),
    /// Anything else.
    None,
}

/// One set of labels with its value.
#[derive(Debug, Clone)]
pub(super) struct Point {
    /// In the order in which they are shown; the keys are ours, but those of the run's own labels.
    pub(super) labels: Labels,
    pub(super) value: Value,
}

pub(super) type Labels = Vec<(Cow<'static, str>, Arc<str>)>;

#[derive(Debug, Clone)]
pub(super) enum Value {
    Whole(u64),
    Number(f64),
    Times(Arc<Times>),
    Summary(Summary),
}

/// A number's quantiles, sum and count.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Summary {
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) quantiles: [(f64, f64); 4],
}

impl Item {
    /// Of a second, or of the end, its figures.
    pub(super) fn figures(&self) -> Option<&Arc<Figures>> {
        match self {
            Self::Second(figures) => Some(figures),
            Self::End(ending) => Some(&ending.figures),
            Self::Begin(_) | Self::Broke(_) => None,
        }
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.figures().map_or(512, |figures| figures.bytes())
    }
}

impl Figures {
    fn bytes(&self) -> usize {
        const POINT: usize = 160;
        let point = |point: &Point| match &point.value {
            Value::Times(times) => POINT + times.bytes(),
            _ => POINT,
        };
        self.families.iter().flat_map(|family| &family.points).map(point).sum::<usize>() + 1024
    }

    /// Milliseconds since 1970, at which it was.
    pub(super) fn millis(&self) -> u64 {
        millis(self.at)
    }
}

/// Milliseconds since 1970.
pub(super) fn millis(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

impl Family {
    /// Its name as Prometheus has it, without what stands behind a counter's: `plimsoll_response_time_seconds`.
    pub(super) fn base_name(&self) -> String {
        let unit = match self.unit {
            Unit::Seconds => "_seconds",
            Unit::Bytes => "_bytes",
            Unit::Of(_) | Unit::None => "",
        };
        format!("plimsoll_{}{unit}", self.stem)
    }

    /// The same with it: `plimsoll_requests_total`.
    pub(super) fn full_name(&self) -> String {
        let total = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("{}{total}", self.base_name())
    }
}
