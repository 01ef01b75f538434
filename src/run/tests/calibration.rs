//! What a run reports of times, held against a service whose every delay is known: under each shape, with any number of
//! workers, however connections and users are made. In virtual time there is nothing to distort, so the report has to be
//! right to the histogram's 0.1 % and a tick of the timer.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::{Conducted, conduct_virtually};
use crate::engine::tests::{Received, Reply, VirtualRun, ms};
use crate::results::TimeEntry;

/// Delays from quick to slow, in an order that repeats nothing soon, in milliseconds.
fn delay(number: usize) -> u64 {
    const DELAYS: [u64; 11] = [3, 7, 12, 20, 20, 33, 50, 71, 120, 260, 480];
    DELAYS[number * 7 % DELAYS.len()] + (number as u64 * 13) % 5
}

/// How each request went at the service.
#[derive(Debug, Clone, Copy)]
struct Served {
    at: Duration,
    took: Duration,
}

/// A run, and what its service knows of it.
fn conduct(plan: &str, workers: u32) -> (Conducted, Vec<Served>) {
    let served = Rc::new(RefCell::new(Vec::new()));
    let known = served.clone();
    let answer = move |got: &Received| {
        let mut known = known.borrow_mut();
        let took = ms(delay(known.len()));
        known.push(Served { at: got.at, took });
        Reply::after(took)
    };
    let conducted = conduct_virtually(VirtualRun::of(plan).workers(workers).answering(answer), &[]).unwrap();
    let served = served.borrow().clone();
    (conducted, served)
}

/// Times as reported, against the truth: each figure within 0.1 % and a tick.
fn assert_right(what: &str, told: &TimeEntry, mut truth: Vec<Duration>) {
    const TICK: f64 = 1.0;
    truth.sort();
    assert_eq!(told.count, truth.len() as u64, "{what}");
    let in_ms = |time: Duration| time.as_secs_f64() * 1e3;
    // the smallest value with at least that share of the samples at or below
    let quantile = |share: f64| in_ms(truth[((share * truth.len() as f64).ceil() as usize).clamp(1, truth.len()) - 1]);
    let mean = truth.iter().map(|time| in_ms(*time)).sum::<f64>() / truth.len() as f64;
    for (name, told, truth) in [
        ("min", told.min, quantile(0.0)),
        ("mean", told.mean, mean),
        ("p50", told.p50, quantile(0.5)),
        ("p66", told.p66, quantile(0.66)),
        ("p75", told.p75, quantile(0.75)),
        ("p80", told.p80, quantile(0.8)),
        ("p90", told.p90, quantile(0.9)),
        ("p95", told.p95, quantile(0.95)),
        ("p98", told.p98, quantile(0.98)),
        ("p99", told.p99, quantile(0.99)),
        ("p999", told.p999, quantile(0.999)),
        ("max", told.max, quantile(1.0)),
    ] {
        assert!((told - truth).abs() <= truth * 1e-3 + TICK, "{what}: {name} is told as {told} ms and was {truth} ms");
    }
}

const SHAPES: [&str; 10] = [
    "constant: {users: 7, for: 20s}",
    "constant: {users: 40, for: 10s, spawn_rate: 20/s}",
    // everybody at once
    "constant: {users: 60, for: 5s, spawn_rate: 1000000/s}",
    "stages: [{users: 10, for: 5s, ramp: 5s}, {users: 3, for: 5s, ramp: 2s}, {users: 12, for: 5s}]",
    "steps: {users: 4, add: 4, every: 4s, for: 16s}",
    "iterations: {users: 6, each: 30, within: 5m}",
    "iterations: {users: 6, total: 100, within: 5m}",
    "arrivals: {rate: 50/s, for: 10s}",
    "arrivals: {rate: 50/s, for: 10s, spacing: poisson}",
    "arrivals: {rate: 15/s, for: 10s, max_users: 30, when_busy: late}",
];

#[test]
fn the_service_time_that_is_told_is_the_one_the_service_took_under_every_shape_and_flag() {
    let users = [
        ("", "per_user"),
        ("think_time: 40ms,", "per_user"),
        ("think_time: 5ms..90ms,", "per_request"),
        ("pacing: 150ms,", "per_request"),
    ];
    // each shape with two of the ways users are made, and each of these with several shapes
    for (number, shape) in SHAPES.into_iter().enumerate() {
        for (user, connections, workers) in [(number % 4, 1), ((number + 1 + number / 4) % 4, 3)]
            .map(|(way, workers)| (users[way].0, users[way].1, workers))
        {
            let plan = format!(
                "
target: {{url: 'http://service.test', http: {{connections: {connections}}}}}
endpoints: {{root: {{get: /}}}}
users: {{u: {{{user} tasks: {{ask: {{call: root}}}}}}}}
shape: {{{shape}}}
"
            );
            let what = format!("{shape}, {user} {connections}, {workers} workers");
            let (conducted, served) = conduct(&plan, workers);
            assert!(served.len() > 50, "{what}: {} requests", served.len());
            let report = &conducted.report;
            assert_eq!(report.total.requests, served.len() as u64, "{what}");
            let took = served.iter().map(|served| served.took).collect();
            assert_right(&what, report.total.service_time.as_ref().unwrap(), took);
            assert_eq!(report.generator.suspect_seconds, 0, "{what}: {:?}", report.generator.suspect_by);
            assert!(report.verdict.passed, "{what}: {}", report.verdict.text);
        }
    }
}

#[test]
fn the_response_time_that_is_told_counts_from_when_a_request_was_due_though_all_are_busy() {
    // three users cannot keep up with 40 arrivals a second of 98 ms: each waits longer than the one before
    let plan = "
endpoints: {root: {get: /}}
users: {u: {tasks: {ask: {call: root}}}}
shape: {arrivals: {rate: 40/s, for: 10s, max_users: 3, when_busy: late}}
thresholds: [error_rate <= 100%]
";
    let (conducted, served) = conduct(plan, 1);
    let due = |number: usize| Duration::from_secs_f64(number as f64 / 40.0);
    let truth: Vec<Duration> = served
        .iter()
        .enumerate()
        .map(|(number, served)| (served.at + served.took).saturating_sub(due(number)))
        .collect();
    assert!(truth.iter().max() > Some(&Duration::from_secs(2)), "nobody waited");
    assert_right("late arrivals", conducted.report.total.response_time.as_ref().unwrap(), truth);
}
