use std::sync::Arc;
use std::time::Duration;

use super::{Played, Reply, VirtualRun, ms, secs, tick};
use crate::load::{Arrivals, RateCurve};
use crate::metrics::Measure;
use crate::units::{Offset, Rate};

fn run(shape: &str) -> VirtualRun {
    VirtualRun::of(&format!("endpoints: {{root: {{get: /}}}}\nshape: {shape}\n"))
}

fn curve(rate: f64, seconds: u64) -> Arc<RateCurve> {
    Arc::new(RateCurve::constant(Rate::per_second(rate), secs(seconds)))
}

fn moments(arrivals: Arrivals) -> Vec<Duration> {
    arrivals.map(|(_, at)| tick(at.since(Offset::ZERO))).collect()
}

fn assert_nothing_dropped(played: &Played) {
    let books = played.totals.accounting();
    assert_eq!((books.scheduled, books.started, books.dropped), (books.ok, books.ok, 0));
    books.balance().unwrap();
}

#[test]
fn even_arrivals_come_rate_times_time_at_equal_gaps() {
    for workers in [1, 3] {
        let played = run("{arrivals: {rate: 50/s, for: 60s}}").workers(workers).play();
        let expected: Vec<Duration> = (0..3000).map(|number| ms(number * 20)).collect();
        assert_eq!(played.times(), expected);
        assert_nothing_dropped(&played);
        assert_eq!(played.measured(Measure::ResponseOk, "").max(), Some(0.0));
    }
}

#[test]
fn gaps_of_no_whole_millisecond_do_not_add_up() {
    let played = run("{arrivals: {rate: 7/s, for: 60s}}").play();
    assert_eq!(played.times(), moments(Arrivals::even(Offset::ZERO, curve(7.0, 60))));
    assert_eq!(played.received.len(), 420);
    // virtual time knows whole milliseconds alone: that, and no more, is how late each of them is
    let lateness = played.measured(Measure::ResponseOk, "");
    assert!(lateness.max() < Some(1e6), "{:?}", lateness.max());
}

#[test]
fn poisson_arrivals_come_exactly_when_the_seed_draws_them() {
    for workers in [1, 2] {
        let run = run("{arrivals: {rate: 40/s, for: 60s, spacing: poisson}}").workers(workers);
        let seed = run.program.seed.derive(1 << 62);
        let expected = moments(Arrivals::poisson(Offset::ZERO, curve(40.0, 60), seed));
        let played = run.play();
        assert_eq!(played.times(), expected);
        assert_nothing_dropped(&played);
    }
}

#[test]
fn a_ramp_of_the_rate_brings_what_lies_below_it() {
    let played = run("{stages: [{rate: 100/s, for: 10s, ramp: 10s}, {rate: 20/s, for: 10s}]}").play();
    let mut seconds = [0; 20];
    played.times().iter().for_each(|at| seconds[at.as_secs() as usize] += 1);
    assert_eq!(seconds[..10], [5, 15, 25, 35, 45, 55, 65, 75, 85, 95]);
    assert_eq!(seconds[10..], [20; 10]);
}

#[test]
fn recorded_arrivals_are_replayed_as_they_were() {
    let played = run("{replay: {file: arrivals.txt}}").play();
    assert_eq!(played.times(), [250, 1500, 1500, 3125].map(ms));
}

#[test]
fn arrivals_make_no_more_users_than_they_need() {
    let played = run("{arrivals: {rate: 10/s, for: 5s}}").answering(|_| Reply::after(ms(250))).play();
    assert_eq!(played.times().len(), 50);
    // three are under way at once, for the third arrival comes before the first answer
    assert_eq!(played.received.iter().map(|got| got.connection).max(), Some(2));
    assert_nothing_dropped(&played);
}

#[test]
fn arrivals_that_find_all_users_busy_are_dropped_and_counted() {
    let busy = run("{arrivals: {rate: 10/s, for: 2s, max_users: 4, when_busy: drop}}");
    let played = busy.answering(|_| Reply::after(ms(950))).play();
    assert_eq!(played.times(), [0, 100, 200, 300, 1000, 1100, 1200, 1300].map(ms));
    let books = played.totals.accounting();
    assert_eq!((books.scheduled, books.started, books.ok, books.dropped), (20, 8, 8, 12));
    books.balance().unwrap();
    let dropped: Vec<u64> = played.seconds.iter().map(|second| second.accounting.dropped).collect();
    assert_eq!(dropped[..2], [6, 6]);
}

#[test]
fn arrivals_that_wait_for_a_user_are_late_by_exactly_their_wait() {
    let late = run("{arrivals: {rate: 10/s, for: 3s, max_users: 4, when_busy: late}}");
    let played = late.answering(|_| Reply::after(ms(950))).play();
    // each of the four users takes the oldest that waits as soon as it is free
    let (mut free, mut sent, mut late) = ([0; 4], Vec::new(), 0);
    for number in 0..30 {
        let due = number * 100;
        let start = due.max(free[number as usize % 4]);
        free[number as usize % 4] = start + 950;
        if start < 3000 {
            sent.push(start);
            late += start - due;
        }
    }
    assert_eq!(played.times(), sent.iter().map(|at| ms(*at)).collect::<Vec<_>>());
    let books = played.totals.accounting();
    // those that still wait at the end never begin
    assert_eq!((books.scheduled, books.started, books.dropped), (30, sent.len() as u64, 30 - sent.len() as u64));
    let sum = |measure| played.measured(measure, "").mean().map(|mean| (mean * sent.len() as f64 / 1e6).round());
    assert_eq!(sum(Measure::ServiceOk), Some(950.0 * sent.len() as f64));
    assert_eq!(sum(Measure::ResponseOk), Some(950.0 * sent.len() as f64 + late as f64));
}

#[test]
fn a_stall_of_the_service_holds_back_no_arrival() {
    let played = run("{arrivals: {rate: 10/s, for: 10s}}")
        .answering(|got| Reply::after(if got.at >= secs(3) && got.at < secs(5) { secs(5) - got.at } else { ms(0) }))
        .play();
    assert_eq!(played.times(), (0..100).map(|number| ms(number * 100)).collect::<Vec<_>>());
    assert_nothing_dropped(&played);
    assert_eq!(played.measured(Measure::ResponseOk, "").max(), Some(2e9));
}
