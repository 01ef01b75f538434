use std::time::Duration;

use super::{Conducted, conduct_virtually};
use crate::engine::tests::{Reply, VirtualRun, ms};
use crate::results::MetricEntry;

fn conduct(workers: u32, takes: u64, plan: &str) -> Conducted {
    let run = VirtualRun::of(plan).workers(workers).answering(move |_| Reply::after(ms(takes)));
    conduct_virtually(run, &[]).unwrap()
}

fn metric<'a>(conducted: &'a Conducted, name: &str) -> &'a MetricEntry {
    conducted.report.metrics.iter().find(|metric| metric.name == name).unwrap()
}

/// Fewest, mean and most users at once, and what a threshold on the most says.
fn users(conducted: &Conducted) -> [f64; 3] {
    let users = metric(conducted, "concurrent_users");
    [users.min, users.mean, users.max].map(|figure| (figure.unwrap() * 1e6).round() / 1e6)
}

fn about(found: f64, expected: f64) {
    assert!((found - expected).abs() < expected / 1e6, "{found} is not {expected}");
}

#[test]
fn what_ends_after_the_load_takes_its_time_from_the_rate() {
    // thirty users, ten rounds of 2.09 s each: the last answers come 900 ms after the load
    let plan = "
endpoints: {root: {get: /}}
users: {u: {tasks: {ask: {call: root}}}}
shape: {constant: {users: 30, for: 20s}}
thresholds: [rate < 14.4/s, \"rate{endpoint=root} < 14.4/s\"]
";
    for workers in [1, 2] {
        let conducted = conduct(workers, 2090, plan);
        let report = &conducted.report;
        assert_eq!((report.total.requests, report.run.seconds, report.run.rate_seconds), (300, 20.0, Some(20.9)));
        about(report.total.rate, 300.0 / 20.9);
        about(report.requests[0].rate, 300.0 / 20.9);
        about(report.users[0].rate, 300.0 / 20.9);
        assert!(report.verdict.passed, "{:?}", report.thresholds);
        about(report.thresholds[0].value.unwrap(), 300.0 / 20.9);
    }
    // where nothing ends later, the load's own time is right
    let short = conduct(1, 2, plan);
    assert_eq!((short.report.run.seconds, short.report.run.rate_seconds), (20.0, None));
}

#[test]
fn a_fixed_amount_of_work_is_divided_by_the_time_it_took_and_not_by_whole_beats() {
    let plan = |users: u32, each: u32| {
        format!(
            "
endpoints: {{root: {{get: /}}}}
users: {{u: {{tasks: {{ask: {{call: root}}}}}}}}
shape: {{iterations: {{users: {users}, each: {each}, within: 1m}}}}
thresholds: [max(concurrent_users) >= {users}, count > 0]
"
        )
    };
    for (workers, users_each, each, takes) in [(1, 4, 10, 11), (2, 4, 10, 11), (2, 4, 1, 3), (1, 5, 130, 11)] {
        let conducted = conduct(workers, takes, &plan(users_each, each));
        let report = &conducted.report;
        let time = (u64::from(each) * takes) as f64 / 1e3;
        assert_eq!((report.run.seconds, report.run.rate_seconds), (time, None));
        about(report.total.rate, f64::from(users_each * each) / time);
        assert_eq!((report.run.users, users(&conducted)), (u64::from(users_each), [f64::from(users_each); 3]));
        assert!(report.verdict.passed, "{:?}", report.thresholds);
    }
}

#[test]
fn users_count_for_as_long_as_they_are_there_whichever_worker_has_them() {
    let plan = "
endpoints: {root: {get: /}}
users: {u: {think_time: 100ms, tasks: {ask: {call: root}}}}
shape: {stages: [{users: 2, for: 1500ms}, {users: 7, for: 1500ms}]}
thresholds: [avg(concurrent_users) == 4.5, min(concurrent_users) >= 2, max(concurrent_users) <= 7]
";
    for workers in [1, 2, 3] {
        let conducted = conduct(workers, 0, plan);
        let report = &conducted.report;
        assert_eq!(users(&conducted), [2.0, 4.5, 7.0]);
        assert!(report.verdict.passed, "{:?}", report.thresholds);
        let second = &report.history[1];
        assert_eq!((second.users_min, second.users_mean, second.users), (Some(2), Some(4.5), 7));
        let steady = &report.history[2];
        assert_eq!((steady.users_min, steady.users_mean, steady.users), (None, None, 7));
    }
}

#[test]
fn users_of_two_workers_that_follow_each_other_are_never_there_at_once() {
    let plan = "
endpoints: {root: {get: /}}
users: {u: {think_time: 1h, tasks: {ask: {call: root}}}}
scenarios:
  first: {shape: {constant: {users: 1, for: 1500ms}}}
  then: {start: 1500ms, shape: {constant: {users: 1, for: 1500ms}}}
thresholds: [max(concurrent_users) <= 1, min(concurrent_users) >= 1, count > 0]
";
    for workers in [1, 2] {
        let conducted = conduct(workers, 0, plan);
        assert_eq!((conducted.report.run.users, users(&conducted)), (1, [1.0; 3]));
        assert!(conducted.report.verdict.passed, "{:?}", conducted.report.thresholds);
    }
}

#[test]
fn a_crowd_that_is_there_for_a_moment_only_is_seen() {
    let plan = "
endpoints: {root: {get: /}}
users: {u: {think_time: 5ms, tasks: {ask: {call: root}}}}
shape: {stages: [{users: 1, for: 990ms}, {users: 12, for: 20ms}, {users: 1, for: 990ms}]}
";
    let conducted = conduct(2, 1, plan);
    let most = users(&conducted)[2];
    assert!((12.0..=13.0).contains(&most), "{most}");
    assert_eq!(conducted.report.run.users, most as u64);
}

#[test]
fn a_run_that_is_ended_before_its_time_has_its_users_until_then() {
    let run = VirtualRun::of(
        "
endpoints: {root: {get: /}}
users: {u: {think_time: 100ms, tasks: {ask: {call: root}}}}
shape: {constant: {users: 10, for: 1h, spawn_rate: 10/s}}
",
    );
    let conducted = conduct_virtually(run, &[Duration::from_millis(1500)]).unwrap();
    let [least, mean, most] = users(&conducted);
    // 5.5 on average in the first second, ten in the half one after it
    assert_eq!((least, most), (1.0, 10.0));
    about(mean, (5.5 + 10.0 * 0.5) / 1.5);
    assert_eq!(conducted.report.run.seconds, 1.5);
}

#[test]
fn the_rate_of_a_run_that_has_no_whole_second_is_over_its_time() {
    let plan = "
endpoints: {root: {get: /}}
users: {u: {tasks: {ask: {call: root}}}}
shape: {iterations: {users: 4, each: 10, within: 1m}}
thresholds: [min(total_rps) >= 363]
";
    let conducted = conduct(2, 11, plan);
    about(metric(&conducted, "total_rps").mean.unwrap(), 40.0 / 0.11);
    assert!(conducted.report.verdict.passed, "{:?}", conducted.report.thresholds);
}

#[test]
fn what_is_judged_stands_beside_what_is_shown_where_a_warm_up_is_left_out() {
    let run = VirtualRun::of(
        "
endpoints: {root: {get: /}}
users: {u: {think_time: 100ms, tasks: {ask: {call: root}}}}
shape: {stages: [{name: warm, users: 1, for: 2s, warm_up: true}, {name: peak, users: 1, for: 2s}]}
thresholds: [p95 < 10ms, rate >= 540/min]
",
    );
    let run = run.answering(|got| Reply::after(ms(if got.at < Duration::from_millis(1900) { 300 } else { 1 })));
    let conducted = conduct_virtually(run, &[]).unwrap();
    let report = &conducted.report;
    let measured = report.measured.as_ref().unwrap();
    assert_eq!(report.thresholds[0].value, Some(measured.response_time.unwrap().p95 / 1e3));
    assert!(report.total.response_time.unwrap().p95 > 299.0 && measured.response_time.unwrap().p95 < 2.0);
    // as it is written, and what was measured in its unit
    assert_eq!(report.thresholds[1].require, "rate >= 540/min");
    assert!(report.thresholds[1].measured.ends_with("/min"), "{}", report.thresholds[1].measured);
    about(report.thresholds[1].value.unwrap(), measured.rate);
}
