use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use super::{Conducted, conduct_virtually};
use crate::compile::{Search, Shape};
use crate::engine::tests::{Received, Reply, VirtualRun, ms, secs};
use crate::journal::{Closing, Mark};
use crate::units::Rate;
use crate::verdict::{LevelResult, RateSearch};

/// A service that takes so many requests in any second, and refuses what is beyond.
fn taking(most: usize) -> impl Fn(&Received) -> Reply {
    let taken: RefCell<VecDeque<Duration>> = RefCell::default();
    move |got| {
        let mut taken = taken.borrow_mut();
        while taken.front().is_some_and(|first| got.at - *first >= secs(1)) {
            taken.pop_front();
        }
        if taken.len() >= most {
            return Reply::status(503);
        }
        taken.push_back(got.at);
        Reply::after(ms(3))
    }
}

fn held(conducted: &Conducted) -> Vec<(&str, bool)> {
    conducted.report.levels.iter().map(|level| (level.level.as_str(), level.held)).collect()
}

#[test]
fn a_search_tries_each_level_at_its_time_and_ends_at_the_highest_that_holds() {
    for workers in [1, 2] {
        let run = VirtualRun::of(
            "
endpoints: {root: {get: /}}
shape: {search: {rate: {from: 10/s, to: 160/s}, each: 5s, precision: 5/s}}
thresholds: [error_rate < 1%]
",
        );
        let Shape::Search(search) = run.program.scenarios[0].shape else { panic!("no search") };
        let conducted = conduct_virtually(run.workers(workers).answering(taking(50)), &[]).unwrap();

        // each level begins as long after the last as it lasts, and the pause to judge it in
        let mut expected = RateSearch::new(search.from, search.to, search.precision);
        let (mut levels, mut moments) = (Vec::new(), Vec::new());
        while let Some(rate) = expected.next() {
            let start = (search.each + Search::REST) * levels.len() as u32;
            let count = (rate.as_per_second() * 5.0).ceil() as u32;
            moments.extend(
                (0..count).map(|number| start + Duration::from_secs_f64(f64::from(number) / rate.as_per_second())),
            );
            let tried = if rate <= Rate::per_second(50.0) { LevelResult::Held } else { LevelResult::Broken };
            levels.push((rate.to_string(), tried == LevelResult::Held));
            expected.record(tried);
        }
        assert_eq!(levels.len(), 7);
        let levels: Vec<(&str, bool)> = levels.iter().map(|(rate, held)| (rate.as_str(), *held)).collect();
        assert_eq!(held(&conducted), levels);
        assert_eq!(conducted.received.len(), moments.len());
        for (got, due) in conducted.received.iter().zip(&moments) {
            let late = got.at.saturating_sub(*due);
            assert!(late < ms(1) && got.at + Duration::from_nanos(1) >= *due, "{:?}, due at {due:?}", got.at);
        }
        // the last level is judged a second after its end, and the run ends with that
        let step = search.each + Search::REST;
        let judged = step * 6 + search.each + secs(1);
        assert_eq!((conducted.end.closing, conducted.end.elapsed), (Closing::Plan, judged));
        let marks = conducted.marks(Mark::LevelTried);
        let times: Vec<Duration> = marks.iter().map(|(at, _)| *at).collect();
        assert_eq!(times, (0..7).map(|level| step * level + secs(6)).collect::<Vec<_>>());
        assert_eq!(conducted.report.verdict.exit_code, 0, "a search is judged by the level that held");
    }
}

#[test]
fn a_step_whose_slowest_answers_come_after_its_end_does_not_hold() {
    let run = VirtualRun::of(
        "
endpoints: {root: {get: '/'}}
users: {u: {tasks: {ask: {call: root}}}}
shape: {steps: {rate: 10/s, add: 10/s, every: 10s, for: 40s, until: failing}}
thresholds: [p95 < 150ms]
",
    );
    // those that begin in the last second of the second step take four seconds
    let slower = |got: &Received| Reply::after(ms(if (19..20).contains(&got.at.as_secs()) { 4_000 } else { 20 }));
    let conducted = conduct_virtually(run.workers(2).answering(slower), &[]).unwrap();
    assert_eq!(held(&conducted)[..2], [("10/s", true), ("20/s", false)]);
    assert_eq!(conducted.report.levels[1].broken, ["p95 < 150ms: 4s"]);
    assert!(conducted.end.elapsed > secs(20) && conducted.end.elapsed < secs(26), "{:?}", conducted.end.elapsed);
}

#[test]
fn a_staircase_until_failing_ends_with_the_step_that_breaks() {
    // each user beyond the fourth makes every answer 100 ms slower
    let run = VirtualRun::of(
        "
endpoints: {root: {get: '/{{ user.id }}'}}
users: {u: {pacing: 1s, tasks: {ask: {call: root}}}}
shape: {steps: {users: 2, add: 2, every: 10s, for: 5m, until: failing}}
thresholds: [p95 < 150ms]
",
    );
    let slower = |got: &Received| {
        let users = 2 + 2 * (got.at.as_secs() / 10);
        Reply::after(ms(20 + 100 * users.saturating_sub(4)))
    };
    let conducted = conduct_virtually(run.workers(2).answering(slower), &[]).unwrap();
    assert_eq!(held(&conducted), [("2 users", true), ("4 users", true), ("6 users", false)]);
    assert_eq!((conducted.end.closing, conducted.end.elapsed), (Closing::Plan, secs(30)));
    let marks: Vec<Duration> = conducted.marks(Mark::LevelTried).iter().map(|(at, _)| *at).collect();
    assert_eq!(marks, [10, 20, 30].map(secs));
    // the next step begins at its time: the one before is judged in that moment
    assert_eq!(conducted.received.iter().filter(|got| got.at < secs(30)).count(), (2 + 4 + 6) * 10);
    assert!(conducted.received.iter().all(|got| got.at <= secs(30)));
    assert_eq!(conducted.report.levels[2].broken, ["p95 < 150ms: 220ms"]);
}

/// The exit code and the verdict of a run that holds four users, or 50 requests a second.
fn verdict(shape: &str) -> (u8, String) {
    let run = VirtualRun::of(&format!(
        "
endpoints: {{root: {{get: /}}}}
users: {{u: {{pacing: 1s, tasks: {{ask: {{call: root}}}}}}}}
shape: {shape}
thresholds: [p95 < 150ms]
"
    ));
    let conducted = if shape.contains("users") {
        let slower = |got: &Received| Reply::after(ms(20 + 100 * (2 * (got.at.as_secs() / 10)).saturating_sub(2)));
        conduct_virtually(run.answering(slower), &[]).unwrap()
    } else {
        conduct_virtually(run.answering(taking(50)), &[]).unwrap()
    };
    let report = conducted.report;
    assert_eq!(report.at_least.is_some(), shape.contains("at_least"));
    (report.verdict.exit_code, report.verdict.text)
}

#[test]
fn a_staircase_or_a_search_that_does_not_come_as_high_as_it_must_fails() {
    let too_low = |held: &str, asked: &str| {
        (1, format!("failed: the highest level that held is {held}, and at least {asked} was asked for"))
    };
    let passed = (0, "passed".to_owned());
    let steps = "{steps: {users: 2, add: 2, every: 10s, for: 1m, until: failing";
    assert_eq!(verdict(&format!("{steps}}}}}")), passed);
    assert_eq!(verdict(&format!("{steps}, at_least: 4}}}}")), passed);
    assert_eq!(verdict(&format!("{steps}, at_least: 5}}}}")), too_low("4 users", "5 users"));
    assert_eq!(verdict(&format!("{steps}, at_least: 12}}}}")), too_low("4 users", "12 users"));
    let rates = "{steps: {rate: 20/s, add: 20/s, every: 10s, for: 1m, until: failing";
    assert_eq!(verdict(&format!("{rates}, at_least: 40/s}}}}")), passed);
    assert_eq!(verdict(&format!("{rates}, at_least: 60/s}}}}")), too_low("40/s", "60/s"));
    let search = "{search: {rate: {from: 10/s, to: 160/s}, each: 5s, precision: 5/s";
    assert_eq!(verdict(&format!("{search}, at_least: 50/s}}}}")), passed);
    assert_eq!(verdict(&format!("{search}, at_least: 51/s}}}}")), too_low("50/s", "51/s"));
}

#[test]
fn a_staircase_of_rates_breaks_where_arrivals_are_dropped() {
    let run = VirtualRun::of(
        "
endpoints: {root: {get: /, timeout: 30s}}
shape: {steps: {rate: 5/s, add: 5/s, every: 10s, for: 1m, until: failing}}
thresholds: [error_rate < 1%]
",
    );
    // the pool is enough for ten seconds of the highest rate, and from the third step on nobody is answered
    let stuck = |got: &Received| if got.at < secs(20) { Reply::after(ms(40)) } else { Reply::Silence };
    let conducted = conduct_virtually(run.answering(stuck), &[]).unwrap();
    let tried: Vec<bool> = conducted.report.levels.iter().map(|level| level.held).collect();
    assert_eq!(tried[..2], [true, true]);
    assert!(!tried[tried.len() - 1]);
    assert!(conducted.report.books.dropped > 0 || conducted.report.books.failed > 0);
}
