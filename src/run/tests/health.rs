use std::time::Duration;

use tokio::time::{advance, sleep};

use super::conduct_virtually;
use crate::engine::tests::{Received, Reply, VirtualRun, ms};

/// Twenty users for ten seconds; the first request comes with the load, and brings on what befalls the generator.
fn run() -> VirtualRun {
    VirtualRun::of(
        "
endpoints: {root: {get: /}}
users: {u: {think_time: 20ms..80ms, tasks: {ask: {call: root}}}}
shape: {constant: {users: 20, for: 10s}}
thresholds: [error_rate < 1%]
",
    )
}

/// Answers within milliseconds; with the first request the process begins to be held up, so often and for so long.
fn held_up(times: u32, held: Duration, running: Duration) -> impl Fn(&Received) -> Reply {
    let begun = std::cell::Cell::new(false);
    move |got| {
        if !begun.replace(true) {
            tokio::task::spawn_local(async move {
                for _ in 0..times {
                    sleep(running).await;
                    // time passes and nobody may do anything meanwhile
                    advance(held).await;
                }
            });
        }
        Reply::after(ms(1 + got.connection as u64 % 5))
    }
}

#[test]
fn a_generator_at_ease_is_never_suspect() {
    let conducted = conduct_virtually(run().workers(2).answering(held_up(0, ms(0), ms(0))), &[]).unwrap();
    let generator = &conducted.report.generator;
    assert_eq!((generator.suspect_seconds, conducted.report.verdict.exit_code), (0, 0));
    assert!(conducted.report.history.iter().all(|second| !second.suspect));
}

#[test]
fn a_generator_that_runs_a_tenth_of_the_time_is_suspect_in_each_of_those_seconds_and_the_result_is_not_valid() {
    // 90 ms of each 100 ms, for five seconds
    let conducted = conduct_virtually(run().workers(2).answering(held_up(50, ms(90), ms(10))), &[]).unwrap();
    let (generator, report) = (&conducted.report.generator, &conducted.report);
    assert_eq!((report.verdict.exit_code, report.verdict.passed), (4, false));
    // it is stalled in five seconds; what was sent late in the last of them ends in the one after it
    assert_eq!((generator.suspect_by["stalled"], generator.suspect_by["late"]), (5, 6), "{generator:?}");
    assert_eq!(generator.suspect_seconds, 6, "{generator:?}");
    let suspect: Vec<u32> = report.history.iter().filter(|second| second.suspect).map(|second| second.second).collect();
    assert_eq!(suspect, [0, 1, 2, 3, 4, 5]);
    assert_eq!((generator.worker_lag, generator.stalled), (50.0, 500.0));
    assert!(report.books.balanced);
}

#[test]
fn a_generator_that_is_held_up_once_is_suspect_in_that_second_and_the_result_stays_valid() {
    let conducted = conduct_virtually(run().answering(held_up(1, ms(500), ms(2250))), &[]).unwrap();
    let (generator, report) = (&conducted.report.generator, &conducted.report);
    // its checks come every 50 ms: the one at 2.25 s was about to begin
    assert_eq!((generator.worker_lag, generator.stalled), (500.0, 500.0), "{generator:?}");
    assert_eq!((generator.suspect_seconds, report.verdict.exit_code), (1, 0), "{generator:?}");
    let suspect: Vec<u32> = report.history.iter().filter(|second| second.suspect).map(|second| second.second).collect();
    assert_eq!(suspect, [2]);
}
