use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::metrics::{Books, Health, Second, SeriesKey, Tally, Totals};
use crate::plan::threshold::{NoData, OnBreak, Rule, Threshold};
use crate::sample::{
    Catalog, EndpointEntry, EndpointId, FailureKind, MetricEntry, MetricId, MetricKind, Outcome, Phases, Reach, Sample,
    StageEntry, StageId, StagePurpose, TaskEntry, TaskId, Timing, UserEntry, UserTypeId,
};
use crate::units::Offset;

fn catalog() -> Catalog {
    let endpoint =
        |name: &str, tag: &str| EndpointEntry { name: name.into(), method: "GET".into(), tags: vec![tag.into()] };
    let stage = |name: &str, purpose| StageEntry { name: name.into(), scenario: "".into(), purpose };
    Catalog {
        endpoints: vec![endpoint("recall", "read"), endpoint("learn", "write")],
        users: vec![UserEntry { name: "memory".into(), tags: vec![] }],
        tasks: vec![TaskEntry { name: "t".into(), user: UserTypeId(0), tags: vec![] }],
        stages: vec![stage("warm up", StagePurpose::WarmUp), stage("peak", StagePurpose::Measured)],
        metrics: vec![MetricEntry { name: "found".into(), kind: MetricKind::Trend, unit: None }],
    }
}

/// A run: in the warm-up one slow failure; at the peak 90 recalls of 5 ms, 10 of 200 ms, 2 of them failed, and 25 learns.
fn totals() -> Totals {
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
        let timing =
            Timing { scheduled: Offset::ZERO, ready: Offset::ZERO, sent: Offset::ZERO, ended: Offset::from(Duration::from_millis(ms)) };
        let sample =
            Sample { timing, phases: Phases::default(), outcome, reach: Reach::Wire, bytes_out: 1, bytes_in: 8, content: 4 };
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
    let mut totals = Totals::new(60);
    totals.add(tally.take(0, 1, Health::default()));
    totals
}

fn judged(text: &str) -> (String, Standing) {
    let rule = Rule {
        require: Threshold::parse(text).unwrap(),
        text: text.to_owned(),
        name: None,
        on_break: OnBreak::GoOn,
        after: Duration::ZERO,
        no_data: NoData::Fails,
        place: String::new(),
    };
    let elapsed = Elapsed(vec![Duration::from_secs(10), Duration::from_secs(5)]);
    let judged = judge(&rule, &totals(), &catalog(), &elapsed);
    (judged.measured.map_or("no data".into(), |amount| amount.to_string()), judged.standing)
}

#[test]
fn thresholds_are_judged_on_merged_numbers_without_the_warm_up() {
    for (text, measured, standing) in [
        ("count == 125", "125", Standing::Held),
        ("p50{endpoint=recall} < 100ms", "5ms", Standing::Held),
        ("p90{endpoint=recall} < 100ms", "5ms", Standing::Held),
        ("p91{endpoint=recall} < 100ms", "200ms", Standing::Broken),
        ("max < 1s", "200ms", Standing::Held),
        ("error_rate{tag=read} < 1%", "2%", Standing::Broken),
        ("errors{status=500} == 2", "2", Standing::Held),
        ("share{tag=read} >= 60%", "80%", Standing::Held),
        ("share{tag!=read} >= 60%", "20%", Standing::Broken),
        ("rate > 20/s", "25/s", Standing::Held),
        ("count{stage=warm up} == 1", "1", Standing::Held),
        ("rate{stage=~.*} > 8/s", "8.40/s", Standing::Held),
        ("p50(found) == 5", "5", Standing::Held),
        ("count(found) == 100", "100", Standing::Held),
        ("bytes < 1kB", "1000B", Standing::Broken),
        ("dropped == 0", "0", Standing::Held),
        ("count{name=~/rec.*} == 100", "100", Standing::Held),
        ("count{user=memory,task=t,endpoint=learn} == 25", "25", Standing::Held),
    ] {
        assert_eq!(judged(text), (measured.to_owned(), standing), "{text}");
    }
}

#[test]
fn without_samples_a_quantile_is_no_data_and_a_count_is_zero() {
    assert_eq!(judged("p95{name=nowhere} < 1s"), ("no data".into(), Standing::NoData));
    assert_eq!(judged("error_rate{name=nowhere} < 1%"), ("no data".into(), Standing::NoData));
    assert_eq!(judged("count{name=nowhere} == 0"), ("0".into(), Standing::Held));
}

fn seconds(lags_ms: &[u64]) -> Vec<Second> {
    let second = |(index, ms): (usize, &u64)| Second {
        second: index as u32,
        length: 1,
        started: 1,
        ok: 1,
        failed: 0,
        users: 1,
        health: Health { worker_lag: Duration::from_millis(*ms), ..Health::default() },
    };
    lags_ms.iter().enumerate().map(second).collect()
}

#[test]
fn a_generator_that_lags_too_often_makes_the_result_invalid() {
    assert!(validity(&seconds(&[1, 2, 1, 3, 300])).is_ok());
    assert_eq!(validity(&seconds(&[1, 200, 1, 3, 300])).unwrap_err().suspect, 2);
    assert!(validity(&seconds(&[200, 300])).is_ok(), "two seconds prove nothing");
}

#[test]
fn what_outranks_what() {
    let books = Books { scheduled: 1, started: 1, ok: 1, ..Books::default() };
    let held = [Judged { measured: None, standing: Standing::Held }];
    let broken = [Judged { measured: None, standing: Standing::Broken }];
    let doubt = Doubt { suspect: 5, seconds: 5, worst_lag: Duration::from_secs(1) };
    assert_eq!(conclude(Closing::Complete, &held, &books, Ok(())), Verdict::Passed);
    assert_eq!(conclude(Closing::Complete, &broken, &books, Ok(())), Verdict::Failed(vec![0]));
    assert_eq!(conclude(Closing::Threshold(0), &held, &books, Ok(())), Verdict::Failed(vec![0]));
    assert_eq!(conclude(Closing::Complete, &broken, &books, Err(doubt)), Verdict::Invalid(doubt));
    assert_eq!(conclude(Closing::Asked, &broken, &books, Err(doubt)), Verdict::Interrupted);
    assert_eq!(conclude(Closing::Complete, &held, &Books::default(), Ok(())), Verdict::Empty);
    let aborted = Books { scheduled: 1, started: 1, aborted: 1, ..Books::default() };
    assert_eq!(conclude(Closing::Complete, &held, &aborted, Ok(())), Verdict::Empty);
}
