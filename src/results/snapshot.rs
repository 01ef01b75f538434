use std::sync::Arc;
use std::time::Duration;

use super::document::ThresholdState;
use super::fold::Results;
use crate::metrics::Interval;
use crate::threshold::{Amount, Rule};
use crate::units::Offset;
use crate::verdict::{Judged, Status};

/// One second of a run under way, for whoever watches it.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// How much of the run is over.
    pub elapsed: Duration,
    /// How long load is to be made for.
    pub length: Duration,
    /// The stage the second began in; empty behind the last.
    pub stage: Arc<str>,
    /// The stages that began in this second, by their places in the header.
    pub begun: Vec<usize>,
    /// How many users there are.
    pub users: u64,
    /// Requests that ended in this second.
    pub ended: u64,
    /// Requests that failed so far.
    pub failed_so_far: u64,
    /// Of those that ended in this second, the 95th percentile of the response time.
    pub p95: Option<Duration>,
    /// Each threshold as things stand, in the header's order.
    pub thresholds: Vec<ThresholdNow>,
}

/// A threshold as things stand.
#[derive(Debug, Clone, PartialEq)]
pub struct ThresholdNow {
    /// The condition, as it was written.
    pub require: String,
    /// What was measured last; `None` without data.
    pub measured: Option<String>,
    /// Whether that holds.
    pub state: ThresholdState,
}

impl Snapshot {
    /// The second that the results have heard last.
    #[must_use]
    pub fn of(interval: &Interval, results: &Results) -> Self {
        let began = Duration::from_secs(u64::from(interval.second));
        let over = began + Duration::from_secs(1);
        let stage = results.stage_at(Offset::from(began));
        let header = results.header();
        let stage = stage.and_then(|stage| header.catalog.stages.get(stage.index()));
        let begins = |at: Offset| Offset::from(began) <= at && at < Offset::from(over);
        let begun = header.stages.iter().enumerate().filter(|(_, stage)| begins(stage.start)).map(|(index, _)| index);
        let times = interval.response_times();
        Self {
            elapsed: over,
            length: results.length(),
            stage: stage.map_or_else(|| Arc::from(""), |stage| stage.name.clone()),
            begun: begun.collect(),
            users: interval.users,
            ended: interval.accounting.ok + interval.accounting.failures(),
            failed_so_far: results.totals().accounting().failures(),
            p95: times.quantile(0.95).map(|nanos| Duration::from_nanos(nanos as u64)),
            thresholds: results.rules().iter().zip(results.latest()).map(|(rule, judged)| now(rule, judged)).collect(),
        }
    }
}

fn now(rule: &Rule, judged: Option<Judged>) -> ThresholdNow {
    let show = |amount: Amount| rule.require.show(amount);
    ThresholdNow {
        require: rule.text.trim().to_owned(),
        measured: judged.and_then(|judged| judged.measured).map(show),
        state: match judged.map(|judged| judged.status) {
            // what only grows, and is to be more than so much, may still come to that
            Some(Status::Broken) if rule.require.may_still_hold() => ThresholdState::NoData,
            status => status.map_or(ThresholdState::NoData, ThresholdState::from),
        },
    }
}
