//! What the tests of verdicts share: a small run, rules, and an evaluator that hears them.

mod ceiling;
mod generator;
mod thresholds;
mod windows;

use std::sync::Arc;
use std::time::Duration;

use super::threshold_history::ThresholdHistory;
use super::*;
use crate::journal::Closing;
use crate::metrics::{Accounting, Health, Interval, SeriesKey, Tally, TaskKey};
use crate::sample::{
    Catalog, CatalogEndpoint, CatalogMetric, CatalogStage, CatalogTask, CatalogUserType, EndpointId, FailureKind,
    MetricId, MetricKind, Outcome, Phases, Sample, StageId, StagePurpose, TaskFailure, TaskId, TaskOutcome, TaskRole,
    Timing, Transmission, UserTypeId,
};
use crate::threshold::{OnBreak, Rule, Threshold};
use crate::units::{Offset, Shard};

fn found(status: Status) -> Finding {
    Finding {
        judged: Judged { measured: None, status, broken_at: None, window_end: None },
        history: ThresholdHistory::new(),
    }
}

/// Ten requests that were ok, and as many tasks.
const FINE: Achievement = Achievement {
    ended: 10,
    calls: 10,
    calls_ok: 10,
    tasks_completed: 10,
    tasks_failed: 0,
    levels: 0,
    levels_held: 0,
    missed: None,
};

fn catalog() -> Catalog {
    let endpoint = |name: &str, tag: &str| CatalogEndpoint {
        name: name.into(),
        method: "GET".into(),
        service: None,
        tags: vec![tag.into()],
        timeout: None,
    };
    let stage = |name: &str, purpose| CatalogStage { name: name.into(), scenario: "".into(), purpose };
    Catalog {
        endpoints: vec![endpoint("recall", "read"), endpoint("learn", "write")],
        users: vec![CatalogUserType { name: "memory".into(), tags: vec![] }],
        tasks: vec![CatalogTask { name: "t".into(), user: UserTypeId(0), tags: vec![], role: TaskRole::Work }],
        stages: vec![stage("warm up", StagePurpose::WarmUp), stage("peak", StagePurpose::Measured)],
        metrics: vec![CatalogMetric { name: "found".into(), kind: MetricKind::Trend, unit: None }],
    }
}

/// A run: in the warm-up one slow failure; at the peak 90 recalls of 5 ms, 10 of 200 ms, 2 of them failed, and 25 learns.
fn interval() -> Interval {
    let mut tally = Tally::new();
    let mut end = |endpoint, stage, status, ms, outcome| {
        let key = SeriesKey {
            endpoint: EndpointId(endpoint),
            name: Arc::from(if endpoint == 0 { "/recall" } else { "/learn" }),
            user: UserTypeId(0),
            task: TaskId(0),
            stage: StageId(stage),
            status: Some(status),
        };
        let series = tally.series(&key);
        let ended = Offset::from(Duration::from_millis(ms));
        let timing = Timing::new(Offset::ZERO, Offset::ZERO, Offset::ZERO, ended);
        let sample = Sample {
            timing,
            phases: Phases::default(),
            outcome,
            transmission: Transmission::Sent,
            bytes_out: 1,
            bytes_in: 8,
            content: 4,
        };
        tally.start();
        tally.record(series, &sample);
        if endpoint == 0 && stage == 1 {
            tally.metric(MetricId(0), series, 5.0);
        }
    };
    end(0, 0, 500, 9_000, Outcome::Failed(FailureKind::Check));
    (0..90).for_each(|_| end(0, 1, 200, 5, Outcome::Ok));
    (0..8).for_each(|_| end(0, 1, 200, 200, Outcome::Ok));
    (0..2).for_each(|_| end(0, 1, 500, 200, Outcome::Failed(FailureKind::Check)));
    (0..25).for_each(|_| end(1, 1, 200, 20, Outcome::Ok));
    tally.take(14, 1, Health::default())
}

/// An evaluator of rules of this run.
fn evaluator_of(rules: &[Rule], timeline: Timeline) -> ThresholdEvaluator {
    ThresholdEvaluator::new(rules.into(), Arc::new(catalog()), timeline, Shard::WHOLE)
}

fn rule(text: &str) -> Rule {
    Rule::new(Threshold::parse(text).unwrap(), text)
}

fn at(seconds: u64) -> Offset {
    Offset::ZERO + Duration::from_secs(seconds)
}

/// Ten seconds of warm-up, then five of the peak.
fn timeline() -> Timeline {
    Timeline::new([("", at(0), at(10)), ("", at(10), at(15))])
}
