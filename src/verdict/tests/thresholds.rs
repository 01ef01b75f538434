use super::super::generator_health::InvalidReason;
use super::super::threshold_history::ThresholdHistory;
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

fn found(status: Status) -> Finding {
    Finding {
        judged: Judged { measured: None, status, broken_at: None, window_end: None },
        history: ThresholdHistory::new(),
    }
}

#[test]
fn what_outranks_what() {
    let accounting = Accounting { scheduled: 1, started: 1, ok: 1, ..Accounting::default() };
    let held = [found(Status::Held)];
    let broken = [found(Status::Broken)];
    let reason = InvalidReason { suspect: 5, seconds: 5, why: "it slept".to_owned() };
    assert_eq!(conclude(Some(Closing::Complete), &held, &accounting, Ok(())), Verdict::Passed);
    assert_eq!(conclude(Some(Closing::Complete), &broken, &accounting, Ok(())), Verdict::Failed(vec![0]));
    assert_eq!(conclude(Some(Closing::Threshold(0)), &held, &accounting, Ok(())), Verdict::Failed(vec![0]));
    assert_eq!(
        conclude(Some(Closing::Complete), &broken, &accounting, Err(reason.clone())),
        Verdict::Invalid(reason.clone())
    );
    assert_eq!(conclude(Some(Closing::Asked), &broken, &accounting, Err(reason.clone())), Verdict::Interrupted);
    assert_eq!(conclude(Some(Closing::Complete), &held, &Accounting::default(), Ok(())), Verdict::Empty);
    let aborted = Accounting { scheduled: 1, started: 1, aborted: 1, ..Accounting::default() };
    assert_eq!(conclude(Some(Closing::Complete), &held, &aborted, Ok(())), Verdict::Empty);
}
