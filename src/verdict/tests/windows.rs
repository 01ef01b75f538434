use super::*;

/// A second in which recalls took so long each; of them so many failed.
fn second(second: u32, stage: u16, times_ms: &[u64], failed: usize) -> Interval {
    let mut tally = Tally::new();
    let series = tally.series(&SeriesKey {
        endpoint: EndpointId(0),
        name: Arc::from("/recall"),
        user: UserTypeId(0),
        task: TaskId(0),
        stage: StageId(stage),
        status: Some(200),
    });
    for (index, ms) in times_ms.iter().enumerate() {
        let outcome = if index < failed { Outcome::Failed(FailureKind::Check) } else { Outcome::Ok };
        let ended = Offset::ZERO + Duration::from_millis(*ms);
        let timing = Timing::new(Offset::ZERO, Offset::ZERO, Offset::ZERO, ended);
        let (phases, transmission) = (Phases::default(), Transmission::Sent);
        tally.start();
        tally.record(series, &Sample { timing, phases, outcome, transmission, bytes_out: 1, bytes_in: 1, content: 1 });
    }
    tally.take(second, 1, Health::default())
}

/// A minute of one stage, in which each second has ten requests of 5 ms; those apart are other seconds.
fn minute(rules: &[Rule], apart: &[(u32, &[u64], usize)]) -> (Vec<Finding>, Option<usize>) {
    let mut evaluator = evaluator_of(rules, Timeline::new([("", at(0), at(0)), ("", at(0), at(60))]));
    for now in 0..62 {
        let usual: &[u64] = if now < 60 { &[5; 10] } else { &[] };
        let (times, failed) =
            apart.iter().find(|(second, ..)| *second == now).map_or((usual, 0), |(_, times, failed)| (*times, *failed));
        evaluator.hear(&second(now, 1, times, failed));
    }
    let fatal = evaluator.fatal();
    (evaluator.findings(at(60), Some(fatal.map_or(Closing::Complete, Closing::Threshold))), fatal)
}

#[test]
fn a_window_that_breaks_once_breaks_the_threshold_though_it_holds_again() {
    let rules = [rule("error_rate < 10% over 10s"), rule("error_rate < 10%"), rule("max < 1s over 5s")];
    let (findings, _) = minute(&rules, &[(20, &[5; 20], 12), (30, &[1500], 0)]);
    let shown = |finding: &Finding| {
        let judged = finding.judged;
        (judged.status, judged.measured.map(|amount| amount.to_string()), judged.broken_at.map(|at| at.second()))
    };
    assert_eq!(shown(&findings[0]), (Status::Broken, Some("10.909%".into()), Some(21)));
    assert_eq!(shown(&findings[1]), (Status::Held, Some("1.997%".into()), None));
    assert_eq!(shown(&findings[2]), (Status::Broken, Some("1.5s".into()), Some(31)));
}

#[test]
fn a_threshold_over_the_whole_run_says_when_it_broke_for_good() {
    let rules = [rule("error_rate < 10%"), rule("p95 < 1s"), rule("errors < 5"), rule("count > 700")];
    // errors come, are outweighed, and come back; what only the end judges has no moment
    let (findings, _) = minute(&rules, &[(2, &[5; 10], 6), (40, &[5; 100], 99), (50, &[5; 10], 2)]);
    let broken_at = |finding: &Finding| finding.judged.broken_at.map(|at| at.second());
    assert_eq!(broken_at(&findings[0]), Some(41), "{:?}", findings[0].judged);
    assert_eq!(findings[1].judged.status, Status::Held);
    assert_eq!((broken_at(&findings[1]), broken_at(&findings[2])), (None, Some(3)));
    assert_eq!((findings[3].judged.status, broken_at(&findings[3])), (Status::Broken, None));
}

#[test]
fn of_a_threshold_that_held_in_every_window_the_worst_is_shown_and_when_it_was() {
    let rules = [
        rule("error_rate < 50% over 5s"),
        rule("p95 < 1s over 5s"),
        rule("rate >= 2/s over 5s"),
        rule("count != 7 over 5s"),
        rule("p95 < 1s"),
    ];
    let (findings, _) = minute(&rules, &[(20, &[5; 10], 15), (40, &[700; 20], 0), (50, &[5; 3], 0), (51, &[5; 3], 0)]);
    let shown = |finding: &Finding| {
        let judged = finding.judged;
        let at = judged.window_end.map(|at| at.second());
        (judged.status, judged.measured.map(|amount| amount.to_string()).unwrap_or_default(), at)
    };
    let expected = [("20%", Some(21)), ("700ms", Some(41)), ("7.20/s", Some(52)), ("36", Some(52)), ("5ms", None)];
    for (finding, (measured, at)) in findings.iter().zip(expected) {
        assert_eq!(shown(finding), (Status::Held, measured.to_owned(), at));
    }
}

#[test]
fn a_worst_window_of_long_ago_is_remembered_and_what_came_after_the_load_is_left_out() {
    let rules = [rule("max < 9s over 5s")];
    let mut evaluator = evaluator_of(&rules, Timeline::new([("", at(0), at(0)), ("", at(0), at(9000))]));
    for now in 0..5000 {
        evaluator.hear(&second(now, 1, if now == 70 { &[2000] } else { &[5] }, 0));
    }
    let judged = evaluator.findings(at(5000), Some(Closing::Asked))[0].judged;
    assert_eq!(
        (judged.measured.map(|amount| amount.to_string()).as_deref(), judged.window_end),
        (Some("2s"), Some(at(71)))
    );
    // the run was ended at its 5000th second: what drains is no load
    evaluator.hear(&second(5000, 1, &[8000], 0));
    let judged = evaluator.findings(at(5000), Some(Closing::Asked))[0].judged;
    assert_eq!(judged.window_end, Some(at(71)));
}

#[test]
fn a_window_is_judged_only_where_it_lies_in_the_load_whole() {
    // the first second is slow, but no window of ten seconds is over by then; what drains after the load is left out
    let rules = [rule("p95 < 1s over 10s"), rule("rate >= 10/s over 10s")];
    let (findings, _) = minute(&rules, &[(61, &[9000; 100], 0)]);
    assert!(findings.iter().all(|finding| finding.judged.status == Status::Held), "{findings:?}");
    assert_eq!(findings[0].history.points().len(), 51);
    let (findings, _) = minute(&rules, &[(3, &[5; 9], 0)]);
    assert_eq!(findings[1].judged.broken_at, Some(at(10)));
    // where no window has room the whole run is looked at
    let hidden = [rule("errors < 5 over 5m"), rule("error_rate < 1% over 5m"), rule("count > 500 over 5m")];
    let (findings, _) = minute(&hidden, &[(3, &[5; 20], 20)]);
    let status: Vec<_> = findings.iter().map(|finding| finding.judged.status).collect();
    assert_eq!(status, [Status::Broken, Status::Broken, Status::Held]);
    let (findings, _) = minute(&[rule("max < 1s over 5m")], &[(3, &[1500], 0)]);
    assert_eq!((findings[0].judged.status, findings[0].history.points().len()), (Status::Broken, 0));
}

#[test]
fn where_no_window_has_room_what_failed_first_is_not_forgotten() {
    // two seconds that fail, then a warm-up in which the answers come that were late
    let rules = [rule("errors < 5 over 3s"), rule("rate{stage=peak} >= 9/s over 3s")];
    let timeline = Timeline::new([("", at(2), at(10)), ("", at(0), at(2))]);
    let mut evaluator = evaluator_of(&rules, timeline);
    for now in 0..10 {
        evaluator.hear(&second(now, u16::from(now < 2), &[5; 10], if now < 2 { 10 } else { 0 }));
    }
    let findings = evaluator.findings(at(10), Some(Closing::Complete));
    let shown: Vec<_> = findings.iter().map(|finding| (finding.judged.status, finding.judged.measured)).collect();
    let measured: Vec<_> = shown.iter().map(|(_, measured)| measured.map(|amount| amount.to_string())).collect();
    assert_eq!(measured, [Some("20".into()), Some("10/s".into())]);
    assert_eq!((shown[0].0, shown[1].0), (Status::Broken, Status::Held));
}

#[test]
fn a_window_of_one_stage_begins_with_it() {
    let rules = [rule("rate{stage=peak} >= 10/s over 3s")];
    let mut evaluator = evaluator_of(&rules, timeline());
    for now in 0..15 {
        let stage = u16::from(now >= 10);
        evaluator.hear(&second(now, stage, if stage == 1 { &[5; 10] } else { &[5] }, 0));
    }
    let findings = evaluator.findings(at(15), Some(Closing::Complete));
    assert_eq!(findings[0].judged.status, Status::Held, "{findings:?}");
    assert_eq!(findings[0].history.points().iter().map(|point| point.second).collect::<Vec<_>>(), [12, 13, 14]);
}

#[test]
fn an_abort_waits_for_its_time_and_stays_broken() {
    let stop = Rule { on_break: OnBreak::Abort, after: Duration::from_secs(10), ..rule("error_rate < 50% over 2s") };
    let (findings, fatal) = minute(std::slice::from_ref(&stop), &[(3, &[5; 100], 90)]);
    assert_eq!((fatal, findings[0].judged.broken_at), (None, Some(at(4))));
    let (findings, fatal) = minute(&[stop], &[(12, &[5; 100], 90)]);
    assert_eq!((fatal, findings[0].judged.broken_at), (Some(0), Some(at(13))));
    // one without a window may hold again by the end: what ended the run is reported all the same
    let stop = Rule { on_break: OnBreak::Abort, ..rule("error_rate < 50%") };
    let (findings, fatal) = minute(&[stop], &[(0, &[5; 10], 8)]);
    assert_eq!((fatal, findings[0].judged.status), (Some(0), Status::Broken));
}

#[test]
fn without_data_in_any_window_there_is_no_data() {
    let rules = [rule("p95{name=nowhere} < 1s over 5s"), rule("count{name=nowhere} == 0 over 5s")];
    let (findings, _) = minute(&rules, &[]);
    assert_eq!(findings[0].judged.status, Status::NoData);
    assert_eq!(findings[1].judged.status, Status::Held);
}

#[test]
fn a_long_history_is_bounded_and_forgets_no_break() {
    let rules = [rule("max < 1s over 1s")];
    let mut evaluator = evaluator_of(&rules, Timeline::new([("", at(0), at(0)), ("", at(0), at(20_000))]));
    for now in 0..20_000 {
        evaluator.hear(&second(now, 1, if now == 7001 { &[2000] } else { &[5] }, 0));
    }
    let findings = evaluator.findings(at(20_000), Some(Closing::Complete));
    let points = findings[0].history.points();
    assert!(points.len() <= 600 && points.iter().map(|point| point.length).sum::<u32>() == 20_000);
    let broken: Vec<_> = points.iter().filter(|point| point.broken).collect();
    assert_eq!(broken.len(), 1);
    assert_eq!(broken[0].measured.map(|amount| amount.to_string()).as_deref(), Some("2s"));
    assert!(broken[0].second <= 7001 && 7001 < broken[0].second + broken[0].length);
}
