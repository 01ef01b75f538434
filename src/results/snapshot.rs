use std::sync::Arc;
use std::time::Duration;

use super::fold::Results;
use crate::metrics::{Distribution, Interval, Measure, Scale};
use crate::units::Offset;

/// One second of a run under way, for whoever watches it.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// How much of the run is over.
    pub elapsed: Duration,
    /// How long load is to be made for.
    pub length: Duration,
    /// The stage the second began in; empty behind the last.
    pub stage: Arc<str>,
    /// How many users there are.
    pub users: u64,
    /// Requests that ended in this second.
    pub ended: u64,
    /// Requests that failed so far.
    pub failed_so_far: u64,
    /// Of those that ended in this second, the 95th percentile of the response time.
    pub p95: Option<Duration>,
}

impl Snapshot {
    /// The second that the results have heard last.
    #[must_use]
    pub fn of(interval: &Interval, results: &Results) -> Self {
        let mut times = Distribution::new(Scale::Time);
        for (measure, samples) in interval.series.iter().flat_map(|series| &series.times) {
            if matches!(measure, Measure::ResponseOk | Measure::ResponseFailed) {
                times.add(samples);
            }
        }
        let began = Duration::from_secs(u64::from(interval.second));
        let stage = results.stage_at(Offset::from(began));
        let stage = stage.and_then(|stage| results.header().catalog.stages.get(stage.index()));
        Self {
            elapsed: began + Duration::from_secs(1),
            length: results.length(),
            stage: stage.map_or_else(|| Arc::from(""), |stage| stage.name.clone()),
            users: interval.users,
            ended: interval.accounting.ok + interval.accounting.failures(),
            failed_so_far: results.totals().accounting().failures(),
            p95: times.quantile(0.95).map(|nanos| Duration::from_nanos(nanos as u64)),
        }
    }
}
