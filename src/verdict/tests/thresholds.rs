use super::super::generator_health::InvalidReason;
use super::*;

fn judged(text: &str) -> (String, Status) {
    let rules = [rule(text)];
    let mut evaluator = evaluator_of(&rules, timeline());
    evaluator.hear(&interval());
    let judged = evaluator.findings(at(15), Some(Closing::Complete))[0].judged;
    (judged.measured.map_or("no data".into(), |amount| amount.to_string()), judged.status)
}

#[test]
fn thresholds_are_judged_on_merged_numbers_without_the_warm_up() {
    for (text, measured, status) in [
        ("count == 125", "125", Status::Held),
        ("p50{endpoint=recall} < 100ms", "5ms", Status::Held),
        ("p90{endpoint=recall} < 100ms", "5ms", Status::Held),
        ("p91{endpoint=recall} < 100ms", "200ms", Status::Broken),
        ("max < 1s", "200ms", Status::Held),
        ("error_rate{tag=read} < 1%", "2%", Status::Broken),
        ("errors{status=500} == 2", "2", Status::Held),
        ("share{tag=read} >= 60%", "80%", Status::Held),
        ("share{tag!=read} >= 60%", "20%", Status::Broken),
        ("rate > 20/s", "25/s", Status::Held),
        ("count{stage=warm up} == 1", "1", Status::Held),
        ("rate{stage=~.*} > 8/s", "8.40/s", Status::Held),
        ("p50(found) == 5", "5", Status::Held),
        ("count(found) == 100", "100", Status::Held),
        ("bytes < 1kB", "1000B", Status::Broken),
        ("dropped == 0", "0", Status::Held),
        ("count{name=~/rec.*} == 100", "100", Status::Held),
        ("count{user=memory,task=t,endpoint=learn} == 25", "25", Status::Held),
    ] {
        assert_eq!(judged(text), (measured.to_owned(), status), "{text}");
    }
}

#[test]
fn without_samples_a_quantile_is_no_data_and_a_count_is_zero() {
    assert_eq!(judged("p95{name=nowhere} < 1s"), ("no data".into(), Status::NoData));
    assert_eq!(judged("error_rate{name=nowhere} < 1%"), ("no data".into(), Status::NoData));
    assert_eq!(judged("count{name=nowhere} == 0"), ("0".into(), Status::Held));
}

#[test]
fn a_stage_alone_is_judged_by_what_ended_in_it() {
    let mut totals = crate::metrics::Totals::new();
    totals.add(&interval());
    let judged = |text, stage| {
        let elapsed = timeline().elapsed(at(15));
        judge_stage(&rule(text), &totals, &catalog(), &elapsed, StageId(stage))
            .measured
            .map(|amount| amount.to_string())
    };
    assert_eq!(judged("max < 1s", 0).as_deref(), Some("9s"));
    assert_eq!(judged("max < 1s", 1).as_deref(), Some("200ms"));
    assert_eq!(judged("rate > 1/s", 1).as_deref(), Some("25/s"));
    assert_eq!(judged("avg(found) > 1", 0), None);
}

#[test]
fn a_baseline_that_is_not_known_is_no_data() {
    assert_eq!(judged("p50 <= baseline + 10%"), ("5ms".into(), Status::NoData));
    let mut evaluator = evaluator_of(&[rule("p50 <= baseline")], timeline());
    evaluator.hear(&interval());
    let was = evaluator.findings(at(15), Some(Closing::Complete))[0].judged.measured.unwrap();
    for (text, status) in [
        ("p50 <= baseline", Status::Held),
        ("p50 < baseline", Status::Broken),
        ("p50 >= baseline + 10%", Status::Broken),
        ("p50 < baseline + 1ms", Status::Held),
        ("p50 <= baseline - 1ms", Status::Broken),
    ] {
        let mut rule = rule(text);
        rule.require.limit = rule.require.limit.against(was);
        let mut evaluator = evaluator_of(&[rule], timeline());
        evaluator.hear(&interval());
        assert_eq!(evaluator.findings(at(15), Some(Closing::Complete))[0].judged.status, status, "{text}");
    }
}

#[test]
fn what_outranks_what() {
    let held = [found(Status::Held)];
    let broken = [found(Status::Broken)];
    let reason = InvalidReason { suspect: 5, seconds: 5, why: "it slept".to_owned() };
    let verdict = |closing, findings: &[Finding], trust| conclude(Some(closing), findings, &FINE, trust);
    assert_eq!(verdict(Closing::Complete, &held, Trust::Full), Verdict::Passed);
    assert_eq!(verdict(Closing::Complete, &broken, Trust::Full), Verdict::Failed(vec![0]));
    assert_eq!(verdict(Closing::Threshold(0), &held, Trust::Full), Verdict::Failed(vec![0]));
    assert_eq!(verdict(Closing::Complete, &broken, Trust::None(reason.clone())), Verdict::Invalid(reason.clone()));
    assert_eq!(verdict(Closing::Asked, &broken, Trust::None(reason.clone())), Verdict::Interrupted);
}

#[test]
fn what_got_nothing_done_never_passes() {
    let held = [found(Status::Held)];
    let verdict = |achievement| conclude(Some(Closing::Complete), &held, &achievement, Trust::Full);
    for (achievement, text) in [
        (FINE, "passed"),
        (Achievement::default(), "failed: no request was answered or failed, so nothing was measured"),
        (Achievement { calls_ok: 0, ..FINE }, "failed: of 10 calls none succeeded"),
        (Achievement { calls: 0, calls_ok: 0, ..FINE }, "failed: no call ended outside the warm-up"),
        (Achievement { tasks_completed: 0, tasks_failed: 3, ..FINE }, "failed: of 3 tasks none was completed"),
        // a task that takes the whole run is cut short
        (Achievement { tasks_completed: 0, ..FINE }, "passed"),
        (Achievement { levels: 2, ..FINE }, "failed: no level held"),
        (Achievement { levels: 2, levels_held: 1, ..FINE }, "passed"),
        (
            Achievement {
                levels: 2,
                levels_held: 1,
                missed: Some(MissedLevel { asked: "20 users".to_owned(), held: Some("10 users".to_owned()) }),
                ..FINE
            },
            "failed: the highest level that held is 10 users, and at least 20 users was asked for",
        ),
    ] {
        assert_eq!(verdict(achievement.clone()).to_string(), text, "{achievement:?}");
    }
}

/// An evaluation of the run of [`interval`] with more that came in its second, and where the endpoints have a timeout.
fn judged_with(text: &str, more: impl FnOnce(&mut Tally)) -> (String, Status) {
    let mut tally = Tally::new();
    more(&mut tally);
    let mut interval = interval();
    interval.merge(tally.take(14, 0, Health::default()));
    let mut catalog = catalog();
    catalog.endpoints.iter_mut().for_each(|endpoint| endpoint.timeout = Some(Duration::from_secs(30)));
    catalog.tasks.push(CatalogTask {
        name: "on_start".into(),
        user: UserTypeId(0),
        tags: vec![],
        role: TaskRole::Start,
    });
    catalog.metrics.push(CatalogMetric { name: "checkout".into(), kind: MetricKind::Time, unit: None });
    let mut evaluator = ThresholdEvaluator::new([rule(text)].into(), Arc::new(catalog), timeline(), Shard::WHOLE);
    evaluator.hear(&interval);
    let judged = evaluator.findings(at(15), Some(Closing::Complete))[0].judged;
    (judged.measured.map_or("no data".into(), |amount| amount.to_string()), judged.status)
}

fn task(task: u16) -> TaskKey {
    TaskKey { user: UserTypeId(0), task: TaskId(task), stage: StageId(1) }
}

#[test]
fn a_task_that_an_error_of_the_plan_ended_is_an_error_and_one_that_a_failed_call_ended_is_no_second() {
    let tasks = |tally: &mut Tally| {
        for outcome in [TaskOutcome::Failed(TaskFailure::Step); 25]
            .into_iter()
            .chain([TaskOutcome::Failed(TaskFailure::Call); 5])
            .chain([TaskOutcome::Completed; 70])
            .chain([TaskOutcome::Aborted; 9])
        {
            tally.start_task(task(0));
            tally.end_task(task(0), outcome);
        }
        for outcome in [TaskOutcome::Failed(TaskFailure::Call), TaskOutcome::Completed] {
            tally.start_task(task(1));
            tally.end_task(task(1), outcome);
        }
    };
    // 125 calls, 2 of them failed
    for (text, measured, status) in [
        ("error_rate < 1%", "18%", Status::Broken),
        ("error_rate{task=t} < 1%", "18%", Status::Broken),
        ("error_rate{endpoint!=recall} < 1%", "50%", Status::Broken),
        ("error_rate{endpoint=learn} < 1%", "0%", Status::Held),
        ("errors == 27", "27", Status::Held),
        ("task_error_rate <= 30%", "30%", Status::Held),
        ("task_error_rate{user=memory} < 1%", "30%", Status::Broken),
        ("task_error_rate{stage=warm up} < 1%", "no data", Status::NoData),
        ("start_error_rate < 1%", "50%", Status::Broken),
        ("count == 125", "125", Status::Held),
    ] {
        assert_eq!(judged_with(text, tasks), (measured.to_owned(), status), "{text}");
    }
}

#[test]
fn a_failed_request_is_no_quicker_than_its_limit() {
    for (text, measured) in [
        ("p99{endpoint=recall} < 1s", "30s"),
        ("p98{endpoint=recall} < 1s", "200ms"),
        ("max(service_time) < 1s", "30s"),
        ("p50{endpoint=recall} < 1s over 5s", "5ms"),
        ("p99{endpoint=recall} < 1s over 5s", "30s"),
    ] {
        assert_eq!(judged_with(text, |_| {}).0, measured, "{text}");
    }
    // where the limit is not known, as in the journals of old, it counts as it was
    assert_eq!(judged("max{endpoint=recall} < 1s").0, "200ms");
}

#[test]
fn a_transaction_that_failed_has_no_time_and_is_an_error_of_it() {
    let transactions = |tally: &mut Tally| {
        let series = tally.series(&SeriesKey {
            endpoint: EndpointId(u32::MAX),
            name: "checkout".into(),
            user: UserTypeId(0),
            task: TaskId(0),
            stage: StageId(1),
            status: None,
        });
        (0..3).for_each(|_| tally.metric(MetricId(1), series, 250.0));
        tally.transaction_failed(MetricId(1), series);
    };
    for (text, measured) in [
        ("error_rate(checkout) < 1%", "25%"),
        ("errors(checkout) < 1", "1"),
        ("count(checkout) == 3", "3"),
        ("p95(checkout) < 1s", "250ms"),
        ("error_rate(checkout) < 1% over 5s", "25%"),
    ] {
        assert_eq!(judged_with(text, transactions).0, measured, "{text}");
    }
}

#[test]
fn a_redirect_that_is_followed_is_no_call() {
    let redirects = |tally: &mut Tally| {
        let series = tally.series(&SeriesKey {
            endpoint: EndpointId(0),
            name: "/recall".into(),
            user: UserTypeId(0),
            task: TaskId(0),
            stage: StageId(1),
            status: Some(302),
        });
        let at = at(1);
        let sample = Sample {
            timing: Timing::new(at, at, at, at),
            phases: Phases::default(),
            outcome: Outcome::Redirected,
            transmission: Transmission::Sent,
            bytes_out: 1,
            bytes_in: 8,
            content: 4,
        };
        (0..900).for_each(|_| tally.record(series, &sample));
    };
    for (text, measured) in [
        ("error_rate{endpoint=recall} < 1%", "2%"),
        ("count == 125", "125"),
        ("rate > 1/s", "25/s"),
        ("share{tag=read} > 1%", "80%"),
        ("bytes < 1GB", "8.0KiB"),
    ] {
        assert_eq!(judged_with(text, redirects).0, measured, "{text}");
    }
}
