use std::time::Duration;

use super::*;
use crate::journal::MinimumLevel;
use crate::journal::{Annotation, Closing, End, Entry, Environment, Fingerprint, Header, Level, Mark, PlanText, RunId};
use crate::journal::{Stage, Threshold};
use crate::load::Pace;
use crate::metrics::{Health, SeriesKey, Tally};
use crate::sample::{
    Catalog, EndpointId, FailureKind, Outcome, Phases, Sample, StageId, StagePurpose, TaskId, Timing, Transmission,
    UserTypeId,
};
use crate::threshold::{Amount, NoData, OnBreak};
use crate::units::{Offset, Seed, Shard};
use crate::verdict::{Integrity, Verdict};

fn at(seconds: u64) -> Offset {
    Offset::ZERO + Duration::from_secs(seconds)
}

/// A run of two stages of five seconds each.
fn header(thresholds: &[(&str, OnBreak)]) -> Header {
    let stage = |name: &str, start, end| Stage {
        name: name.to_owned(),
        scenario: String::new(),
        start: at(start),
        end: at(end),
        users: Some(1),
        rate: None,
        purpose: StagePurpose::Measured,
    };
    let threshold = |(require, on_break): &(&str, OnBreak)| Threshold {
        require: (*require).to_owned(),
        unscaled: None,
        name: None,
        on_break: *on_break,
        after: Duration::ZERO,
        no_data: NoData::Fails,
        place: String::new(),
        baseline: None,
    };
    Header {
        format: Header::FORMAT,
        plimsoll: "0".to_owned(),
        run: RunId::random(),
        began: std::time::SystemTime::UNIX_EPOCH,
        seed: Seed::new(1),
        shard: Shard::WHOLE,
        workers: 1,
        plan: PlanText {
            name: "two stages".to_owned(),
            description: String::new(),
            file: String::new(),
            profile: None,
            target: String::new(),
            text: String::new(),
            sha256: Fingerprint::of(""),
            effective: String::new(),
        },
        environment: Environment::here(Vec::new()),
        catalog: Catalog::default(),
        left_out: Vec::new(),
        scale: None,
        thresholds: thresholds.iter().map(threshold).collect(),
        stages: vec![stage("low", 0, 5), stage("high", 5, 10)],
        at_least: None,
        planned: None,
        pace: Pace::Planned,
        parts: Vec::new(),
        name: None,
        labels: Default::default(),
    }
}

/// A second in which so many requests took so long, the first of them failing.
fn second(second: u32, count: usize, failed: usize, took: Duration) -> Entry {
    let mut tally = Tally::new();
    let series = tally.series(&SeriesKey {
        endpoint: EndpointId(0),
        name: "/x".into(),
        user: UserTypeId(0),
        task: TaskId(0),
        stage: StageId(u16::from(second >= 5)),
        status: Some(200),
    });
    for index in 0..count {
        let began = at(second.into());
        let timing = Timing::new(began, began, began, began + took);
        let outcome = if index < failed { Outcome::Failed(FailureKind::Check) } else { Outcome::Ok };
        let (phases, transmission) = (Phases::default(), Transmission::Sent);
        tally.start();
        tally.record(series, &Sample { timing, phases, outcome, transmission, bytes_out: 1, bytes_in: 1, content: 1 });
    }
    Entry::Second(Box::new(tally.take(second, 3, Health::default())))
}

/// The same, in which the generator had no pause.
fn busy_second(number: u32, count: usize, took: Duration) -> Entry {
    let Entry::Second(mut interval) = second(number, count, 0, took) else { unreachable!() };
    interval.health.worker_cpu = Some(Duration::from_millis(990));
    interval.health.cpu_wait = Some(Duration::from_millis(3));
    Entry::Second(interval)
}

fn end(closing: Closing, elapsed: u64, levels: Vec<Level>) -> Entry {
    let elapsed = Duration::from_secs(elapsed);
    Entry::End(End { closing, elapsed, broken_workers: 0, teardown: Vec::new(), levels, exports: Vec::new() })
}

const FAST: Duration = Duration::from_millis(10);
const SLOW: Duration = Duration::from_millis(300);

#[test]
fn results_are_known_at_any_second_and_a_run_without_an_end_is_no_pass() {
    let mut results = Results::new(header(&[("p95 < 100ms", OnBreak::GoOn)])).unwrap();
    assert_eq!(results.verdict(), Verdict::CutOff);
    results.hear(&second(0, 10, 0, FAST));
    assert_eq!((results.verdict(), results.elapsed()), (Verdict::CutOff, Duration::from_secs(1)));
    assert!(results.findings()[0].judged.status.holds());
    assert_eq!(results.report().run.ended, "cut_off");
    results.hear(&second(1, 10, 0, SLOW));
    assert!(!results.findings()[0].judged.status.holds());
    results.hear(&end(Closing::Complete, 2, Vec::new()));
    assert_eq!(results.verdict(), Verdict::Failed(vec![0]));
    let report = results.report();
    assert_eq!((report.total.requests, report.verdict.exit_code, report.run.ended.as_str()), (20, 1, "complete"));
}

#[test]
fn a_threshold_that_aborts_wants_the_run_to_stop_as_soon_as_it_breaks() {
    let mut results = Results::new(header(&[("count > 0", OnBreak::GoOn), ("error_rate < 50%", OnBreak::Abort)]));
    let results = results.as_mut().unwrap();
    results.hear(&second(0, 10, 2, FAST));
    assert_eq!(results.fatal(), None);
    results.hear(&second(1, 10, 9, FAST));
    assert_eq!(results.fatal(), Some(1));
    // what follows while requests under way end changes nothing of why it stopped
    results.hear(&second(2, 90, 0, FAST));
    results.hear(&end(Closing::Threshold(1), 2, Vec::new()));
    assert_eq!(results.verdict(), Verdict::Failed(vec![1]));
    assert_eq!(results.report().thresholds[1].measured, "55%");
}

#[test]
fn a_run_at_full_speed_says_that_its_throughput_is_the_generators_and_which_thresholds_that_may_decide() {
    let of = |pace, thresholds: &[(&str, OnBreak)], busy: u32| {
        let mut results = Results::new(Header { pace, ..header(thresholds) }).unwrap();
        (0..10).for_each(|now| {
            results.hear(&if now < busy { busy_second(now, 10, FAST) } else { second(now, 10, 0, FAST) });
        });
        results.hear(&end(Closing::Complete, 10, Vec::new()));
        results.report()
    };
    let (full, planned) = (Pace::FullSpeed, Pace::Planned);
    let holds = [("p95 < 100ms", OnBreak::GoOn), ("rate >= 5/s", OnBreak::GoOn)];
    let report = of(full, &holds, 9);
    assert_eq!((report.verdict.exit_code, report.verdict.passed), (0, true), "{}", report.verdict.text);
    assert!(report.verdict.text.starts_with("passed; the generator was at its ceiling in 9 of 10 seconds"));
    assert!(report.generator.ceiling && report.thresholds.iter().all(|threshold| !threshold.decided_by_ceiling));
    assert_eq!((report.generator.ceiling_seconds, report.generator.suspect_seconds), (9, 0));
    assert_eq!(report.history.iter().filter(|second| second.at_ceiling && !second.suspect).count(), 9);

    let slow = of(full, &[("p95 < 100ms", OnBreak::GoOn), ("rate >= 50/s", OnBreak::GoOn)], 9);
    assert_eq!((slow.verdict.exit_code, slow.verdict.passed), (4, false));
    assert!(slow.verdict.text.contains("`rate >= 50/s`"), "{}", slow.verdict.text);
    assert_eq!(slow.thresholds.iter().map(|entry| entry.decided_by_ceiling).collect::<Vec<_>>(), [false, true]);

    // with a schedule, and in a journal that does not say, it stays what it was
    let report = of(planned, &holds, 9);
    assert_eq!((report.verdict.exit_code, report.generator.ceiling, report.generator.suspect_seconds), (4, false, 9));
    // two of ten prove nothing
    let report = of(full, &holds, 2);
    assert_eq!((report.verdict.text.as_str(), report.generator.ceiling_seconds), ("passed", 2));
    assert!(!report.generator.ceiling);
}

#[test]
fn the_highest_level_that_held_is_in_doubt_where_only_the_generator_may_have_broken_the_next() {
    let of = |at_least: Option<f64>| {
        let rules = [("rate >= 8/s", OnBreak::GoOn)];
        let least = at_least.map(|height| MinimumLevel { level: format!("{height} users"), height });
        let header = Header { pace: Pace::FullSpeed, at_least: least, ..header(&rules) };
        let mut results = Results::new(header).unwrap();
        (0..5).for_each(|now| results.hear(&busy_second(now, 10, FAST)));
        let low = results.judge_stage(StageId(0), at(5));
        (5..10).for_each(|now| results.hear(&busy_second(now, 5, SLOW)));
        let high = results.judge_stage(StageId(1), at(10));
        let levels = vec![
            level(StageId(0), ("10 users".to_owned(), 10.0), &low, results.rules(), 0),
            level(StageId(1), ("20 users".to_owned(), 20.0), &high, results.rules(), 0),
        ];
        results.hear(&end(Closing::Plan, 10, levels));
        results.report().verdict
    };
    let open = of(None);
    assert_eq!(open.exit_code, 4);
    assert!(open.text.ends_with("and for that alone no higher level may have held"), "{}", open.text);
    assert_eq!(of(Some(10.0)).exit_code, 0, "what was asked for held");
    assert_eq!(of(Some(20.0)).exit_code, 4);
}

#[test]
fn a_search_is_judged_on_the_highest_level_that_held() {
    let mut results = Results::new(header(&[("p95 < 100ms", OnBreak::GoOn)])).unwrap();
    (0..5).for_each(|now| results.hear(&second(now, 10, 0, FAST)));
    let low = results.judge_stage(StageId(0), at(5));
    results.hear(&second(5, 10, 0, SLOW));
    let high = results.judge_stage(StageId(1), at(10));
    let levels = vec![
        level(StageId(0), ("10/s".to_owned(), 10.0), &low, results.rules(), 0),
        level(StageId(1), ("20/s".to_owned(), 20.0), &high, results.rules(), 0),
    ];
    assert_eq!((levels[0].held(), levels[1].held()), (true, false));
    assert_eq!(levels[1].broken, ["p95 < 100ms: 300ms"]);
    assert_eq!(levels[0].measured, [Some(Amount::Time(FAST))]);
    results.hear(&end(Closing::Plan, 10, levels));
    assert_eq!(results.verdict(), Verdict::Passed);
    assert_eq!(results.report().levels.iter().map(|level| level.held).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn counts_that_do_not_add_up_at_the_end_are_a_bug_of_ours() {
    let mut results = Results::new(header(&[])).unwrap();
    let Entry::Second(mut interval) = second(0, 10, 0, FAST) else { unreachable!() };
    interval.accounting.ok -= 1;
    results.hear(&Entry::Second(interval));
    // under way, one request may still be out
    assert_eq!(results.integrity(), Integrity::Sound);
    results.hear(&end(Closing::Complete, 1, Vec::new()));
    assert_eq!((results.integrity(), results.report().verdict.exit_code), (Integrity::Broken, 70));
}

#[test]
fn a_snapshot_is_of_one_second_and_of_the_run_so_far() {
    let mut results = Results::new(header(&[])).unwrap();
    results.hear(&second(0, 4, 1, FAST));
    let last = second(6, 8, 2, SLOW);
    results.hear(&last);
    results.hear(&Entry::Annotation(Annotation { at: at(7), mark: Mark::Note, text: "a word".to_owned() }));
    let Entry::Second(interval) = last else { unreachable!() };
    let shown = Snapshot::of(&interval, &results);
    assert_eq!((shown.elapsed, shown.length), (Duration::from_secs(7), Duration::from_secs(10)));
    assert_eq!((shown.users, shown.ended, shown.failed_so_far), (3, 8, 3));
    assert_eq!(shown.p95, Some(SLOW));
    assert_eq!(results.stage_at(at(6)), Some(StageId(1)));
}

#[test]
fn what_is_watched_is_what_is_reported() {
    let mut results =
        Results::new(header(&[("error_rate < 1%", OnBreak::GoOn), ("count > 100", OnBreak::GoOn)])).unwrap();
    let (mut recent, mut board) = (Recent::new(), None);
    for (now, failed, took) in [(0, 0, FAST), (1, 2, FAST), (12, 1, SLOW)] {
        let entry = second(now, 10, failed, took);
        results.hear(&entry);
        let Entry::Second(interval) = &entry else { unreachable!() };
        recent.hear(interval);
        board = Some(Dashboard::of((Snapshot::of(interval, &results), interval), &results, &recent, board.as_ref()));
    }
    let (board, report) = (board.unwrap(), results.report());
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let (whole, times) = (board.whole.unwrap(), report.total.response_time.unwrap());
    for (watched, reported) in [(whole.p50, times.p50), (whole.p95, times.p95), (whole.p99, times.p99)] {
        assert!((ms(watched) - reported).abs() < 1e-9, "{watched:?} and {reported}");
    }
    assert_eq!((whole.count, board.errors.ended, board.errors.in_all), (times.count, 30, report.books.failed));
    assert_eq!((board.errors.now, board.second.ended), (1, 10));
    // what is older than ten seconds is not recent
    let recent = board.recent.unwrap();
    assert_eq!((recent.count, recent.p50), (10, SLOW));
    let [endpoint] = board.endpoints.as_slice() else { panic!("{:?}", board.endpoints) };
    assert_eq!((endpoint.requests, endpoint.failed), (report.total.requests, report.total.failed));
    assert_eq!(board.rates, [10, 10, 10]);
    // a count may still come, and a share is broken now
    let states: Vec<_> = board.second.thresholds.iter().map(|threshold| threshold.state).collect();
    assert_eq!(states, [ThresholdState::Broken, ThresholdState::NoData]);
}

#[test]
fn what_was_changed_by_hand_is_reported() {
    let mut results = Results::new(header(&[])).unwrap();
    let text = "the load was paused".to_owned();
    results.hear(&Entry::Annotation(Annotation { at: at(7), mark: Mark::Steered, text }));
    assert_eq!(results.report().run.steered, ["at 7s: the load was paused"]);
}

#[test]
fn a_threshold_that_this_version_does_not_read_is_named() {
    let error = Results::new(header(&[("p95 < 100ms over the moon", OnBreak::GoOn)])).err().unwrap();
    assert!(error.to_string().contains("`p95 < 100ms over the moon`"), "{error}");
}

#[test]
fn of_the_limits_that_a_run_met_so_many_are_kept_and_each_once() {
    let mut results = Results::new(header(&[])).unwrap();
    for number in (0..30).chain(0..30) {
        let text = format!("limit {number}");
        results.hear(&Entry::Annotation(Annotation { at: Offset::ZERO, mark: Mark::Folded, text }));
    }
    let expected: Vec<String> = (0..20).map(|number| format!("limit {number}")).collect();
    assert_eq!(results.report().run.folded, expected);
}

#[test]
fn a_level_that_had_to_hold_is_missed_unless_one_as_high_held() {
    use super::levels::missed;
    let level = |height: f64, broken: &[&str]| Level {
        stage: StageId(0),
        level: format!("{height} users"),
        height,
        broken: broken.iter().map(|text| (*text).to_owned()).collect(),
        dropped: 0,
        measured: Vec::new(),
    };
    let asked = crate::journal::MinimumLevel { level: "100 users".to_owned(), height: 100.0 };
    let held = |levels: &[Level]| missed(levels, Some(&asked)).map(|missed| missed.held);
    assert_eq!(held(&[]), Some(None));
    assert_eq!(held(&[level(100.0, &["p95"])]), Some(None));
    assert_eq!(held(&[level(50.0, &[]), level(99.0, &[]), level(100.0, &["p95"])]), Some(Some("99 users".to_owned())));
    assert_eq!(held(&[level(100.0, &[]), level(200.0, &["p95"])]), None);
    // made by adding up: as high but for rounding
    assert_eq!(held(&[level(0.1 * 3.0 * 1000.0 / 3.0 - 1e-12, &[])]), None);
    assert_eq!(missed(&[], None), None, "nothing was asked");
}

#[test]
fn only_failures_that_there_were_are_listed_by_kind() {
    use super::request_rows::{by_kind, share};
    let mut failed = [0; FailureKind::ALL.len()];
    assert!(by_kind(&failed).is_empty());
    failed[FailureKind::Timeout as usize] = 3;
    assert_eq!(by_kind(&failed).into_iter().collect::<Vec<_>>(), [("timeout".to_owned(), 3)]);
    assert_eq!((share(1, 4), share(0, 4), share(0, 0)), (Some(0.25), Some(0.0), None));
}
