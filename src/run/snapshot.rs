use std::sync::Arc;
use std::time::Duration;

use crate::metrics::{Distribution, Interval, Measure, Scale};
use crate::units::Offset;

/// One second of a run under way, for those who watch it.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// How much of the run is over.
    pub elapsed: Offset,
    /// How long it is to last.
    pub length: Offset,
    /// The stage it is in.
    pub stage: Arc<str>,
    /// How many users there are.
    pub users: u64,
    /// Requests that ended in this second.
    pub ended: u64,
    /// Of those, how many failed.
    pub failed: u64,
    /// Requests that failed so far.
    pub failed_so_far: u64,
    /// Of those that ended, the 95th percentile of the response time.
    pub p95: Option<Duration>,
}

impl Snapshot {
    pub(super) fn of(interval: &Interval, length: Offset, stage: Arc<str>, failed_before: u64) -> Self {
        let mut times = Distribution::new(Scale::Time);
        for (measure, samples) in interval.series.iter().flat_map(|series| &series.times) {
            if matches!(measure, Measure::ResponseOk | Measure::ResponseFailed) {
                times.add(samples);
            }
        }
        let failed = interval.books.failures();
        Self {
            elapsed: Offset::from(Duration::from_secs(u64::from(interval.second) + 1)),
            length,
            stage,
            users: interval.users,
            ended: interval.books.ok + failed,
            failed,
            failed_so_far: failed_before + failed,
            p95: times.quantile(0.95).map(|nanos| Duration::from_nanos(nanos as u64)),
        }
    }
}
