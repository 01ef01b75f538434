//! What grows with a plan grows with it and no faster: four times as much of anything takes about four times the memory, and
//! four times the allocations. Both are counted and not timed, so that a busy machine changes nothing.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../support/counting_allocator.rs"]
mod counting_allocator;
#[path = "../support/program.rs"]
mod program;

use std::time::Duration;

use plimsoll::test_api::metrics::{Health, SeriesKey, Tally, Totals};
use plimsoll::test_api::sample::{
    EndpointId, Outcome, Phases, Sample, StageId, TaskId, Timing, Transmission, UserTypeId,
};
use plimsoll::test_api::units::Offset;

use crate::counting_allocator::BYTES;
use crate::program::program;

/// How many bytes something asks for, again and again.
fn bytes(work: impl FnOnce()) -> u64 {
    let before = BYTES.get();
    work();
    BYTES.get() - before
}

/// How much more four times as much may take.
const LINEAR: u64 = 6;

fn assert_linear(what: &str, of: impl Fn(usize) -> u64) {
    // what comes once is made before
    of(10);
    let (some, more) = (of(500), of(2000));
    assert!(more <= some * LINEAR, "{what}: {some} bytes for 500, {more} for 2000");
}

fn check(plan: &str) {
    drop(program(plan));
}

fn lines(number: usize, line: impl Fn(usize) -> String) -> String {
    (0..number).map(line).collect()
}

const HEAD: &str = "target: http://127.0.0.1:9\nshape: {constant: {users: 1, for: 1s}}\n";
const ONE: &str = "endpoints: {a: {get: /}}\n";

/// What has many of something.
type Plan = fn(usize) -> String;

/// Plans that are large in one way each.
fn large() -> [(&'static str, Plan); 14] {
    [
        ("endpoints", |n| format!("endpoints:\n{}", lines(n, |i| format!("  e{i}: {{get: /e{i}}}\n")))),
        ("endpoints that extend the one before", |n| {
            let extends = |i: usize| if i == 0 { "get: /".to_owned() } else { format!("extends: e{}", i - 1) };
            format!("endpoints:\n{}", lines(n, |i| format!("  e{i}: {{{}}}\n", extends(i))))
        }),
        ("endpoints that extend the one behind", |n| {
            let extends = |i: usize| if i + 1 == n { "get: /".to_owned() } else { format!("extends: e{}", i + 1) };
            format!("endpoints:\n{}", lines(n, |i| format!("  e{i}: {{{}}}\n", extends(i))))
        }),
        ("endpoints that extend the one before and remove what it has not", |n| {
            let extends = |i: usize| if i == 0 { "get: /".to_owned() } else { format!("extends: e{}", i - 1) };
            format!("endpoints:\n{}", lines(n, |i| format!("  e{i}: {{{}, headers: {{x-no: null}}}}\n", extends(i))))
        }),
        ("tasks", |n| format!("{ONE}users:\n  u:\n    tasks:\n{}", lines(n, |i| format!("      t{i}: {{call: a}}\n")))),
        ("steps", |n| {
            let steps = lines(n, |_| "          - call: a\n".to_owned());
            format!("{ONE}users:\n  u:\n    tasks:\n      t:\n        steps:\n{steps}")
        }),
        ("user types", |n| {
            format!("{ONE}users:\n{}", lines(n, |i| format!("  u{i}: {{tasks: {{t: {{call: a}}}}}}\n")))
        }),
        ("vars", |n| format!("{ONE}vars:\n{}", lines(n, |i| format!("  v{i}: {i}\n")))),
        ("vars that use the one before", |n| {
            let value = |i: usize| if i == 0 { "1".to_owned() } else { format!("\"{{{{ v{} }}}}\"", i - 1) };
            format!("{ONE}vars:\n{}", lines(n, |i| format!("  v{i}: {}\n", value(i))))
        }),
        ("headers", |n| {
            format!("endpoints:\n  a:\n    get: /\n    headers:\n{}", lines(n, |i| format!("      h{i}: x\n")))
        }),
        ("checks", |n| {
            let checks = lines(n, |i| format!("        $.a{i}: 1\n"));
            format!("endpoints:\n  a:\n    get: /\n    expect:\n      json:\n{checks}")
        }),
        ("keys that there are not", |n| format!("{ONE}{}", lines(n, |i| format!("k{i}: 1\n")))),
        ("endpoints that there are not", |n| {
            let steps = lines(n, |i| format!("          - call: b{i}\n"));
            format!("{ONE}users:\n  u:\n    tasks:\n      t:\n        steps:\n{steps}")
        }),
        ("endpoints and as many that are misspelt", |n| {
            let endpoints = lines(n, |i| format!("  endpoint_{i}: {{get: /e{i}}}\n"));
            let steps = lines(n, |i| format!("          - call: endpiont_{i}\n"));
            format!("endpoints:\n{endpoints}users:\n  u:\n    tasks:\n      t:\n        steps:\n{steps}")
        }),
    ]
}

#[test]
fn checking_a_plan_is_linear_in_whatever_it_has_many_of() {
    for (what, plan) in large() {
        assert_linear(what, |number| {
            let text = format!("{HEAD}{}", plan(number));
            bytes(|| check(&text))
        });
    }
}

/// The CPU time that something takes of its thread, which others who are at work do not change.
fn cpu_time(work: impl FnOnce()) -> Duration {
    let now = || Duration::try_from(rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime)).unwrap();
    let before = now();
    work();
    now() - before
}

#[test]
fn checking_a_plan_takes_time_that_is_linear_in_whatever_it_has_many_of() {
    for (what, plan) in large() {
        // each on a thread of its own: what is compared in all is counted by thread
        let time = |number: usize| {
            let text = format!("{HEAD}{}", plan(number));
            std::thread::spawn(move || cpu_time(|| check(&text))).join().unwrap()
        };
        let (some, more) = (time(1500).min(time(1500)), time(6000));
        // where it is quadratic it is sixteen times as much
        eprintln!("{what}: {some:?} for 1500, {more:?} for 6000");
        assert!(more < some * 9 + Duration::from_millis(200), "{what}: {some:?} for 1500, {more:?} for 6000");
    }
}

fn key(endpoint: usize, stage: usize, name: usize) -> SeriesKey {
    SeriesKey {
        endpoint: EndpointId(u32::try_from(endpoint).unwrap()),
        name: format!("/{name}").into(),
        user: UserTypeId(0),
        task: TaskId(0),
        stage: StageId(u16::try_from(stage).unwrap()),
        status: Some(200),
    }
}

/// Counts one request of each series for some seconds, with two workers.
fn count(series: &[SeriesKey], seconds: u32) -> Totals {
    let (mut tallies, mut totals) = ([Tally::new(), Tally::new()], Totals::new());
    for second in 0..seconds {
        let intervals = tallies.each_mut().map(|tally| {
            for (number, key) in series.iter().enumerate() {
                let series = tally.series(key);
                let ended = Offset::from_nanos(1_000_000 + number as u64 % 7 * 90_000);
                tally.start();
                tally.record(
                    series,
                    &Sample {
                        timing: Timing::new(Offset::ZERO, Offset::ZERO, Offset::ZERO, ended),
                        phases: Phases::default(),
                        outcome: Outcome::Ok,
                        transmission: Transmission::Sent,
                        bytes_out: 1,
                        bytes_in: 1,
                        content: 1,
                    },
                );
            }
            tally.take(second, 1, Health::default())
        });
        let [mut one, other] = intervals;
        one.merge(other);
        totals.add(&one);
    }
    totals
}

#[test]
fn counting_is_linear_in_endpoints_stages_and_names_and_keeps_nothing_of_each_second() {
    assert_linear("endpoints", |number| {
        let series: Vec<_> = (0..number).map(|endpoint| key(endpoint, 0, 0)).collect();
        bytes(|| drop(count(&series, 2)))
    });
    assert_linear("stages of ten endpoints", |number| {
        let series: Vec<_> = (0..number).map(|number| key(number % 10, number / 10, 0)).collect();
        bytes(|| drop(count(&series, 2)))
    });
    assert_linear("names of ten endpoints", |number| {
        let series: Vec<_> = (0..number).map(|number| key(number % 10, 0, number)).collect();
        bytes(|| drop(count(&series, 2)))
    });
    let series: Vec<_> = (0..1000).map(|endpoint| key(endpoint, 0, 0)).collect();
    assert_eq!(count(&series, 2).bytes(), count(&series, 50).bytes(), "what was seen before takes no more room");
}

#[test]
fn an_ordinary_plan_takes_little_memory() {
    // 30 endpoints in 200 stages, a few hundred requests in each
    let series: Vec<_> = (0..6000).map(|number| key(number % 30, number / 30, 0)).collect();
    let totals = count(&series, 3);
    assert!(totals.bytes() < 20 << 20, "{} bytes", totals.bytes());
}
