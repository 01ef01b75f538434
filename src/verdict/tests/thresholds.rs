use super::*;

fn judged(text: &str) -> (String, Standing) {
    let rules = [rule(text)];
    let catalog = catalog();
    let mut jury = Jury::new(&rules, &catalog, timeline(), Shard::WHOLE);
    jury.hear(&interval());
    let judged = jury.close(at(15), Closing::Complete)[0].judged;
    (judged.measured.map_or("no data".into(), |amount| amount.to_string()), judged.standing)
}

#[test]
fn thresholds_are_judged_on_merged_numbers_without_the_warm_up() {
    for (text, measured, standing) in [
        ("count == 125", "125", Standing::Held),
        ("p50{endpoint=recall} < 100ms", "5ms", Standing::Held),
        ("p90{endpoint=recall} < 100ms", "5ms", Standing::Held),
        ("p91{endpoint=recall} < 100ms", "200ms", Standing::Broken),
        ("max < 1s", "200ms", Standing::Held),
        ("error_rate{tag=read} < 1%", "2%", Standing::Broken),
        ("errors{status=500} == 2", "2", Standing::Held),
        ("share{tag=read} >= 60%", "80%", Standing::Held),
        ("share{tag!=read} >= 60%", "20%", Standing::Broken),
        ("rate > 20/s", "25/s", Standing::Held),
        ("count{stage=warm up} == 1", "1", Standing::Held),
        ("rate{stage=~.*} > 8/s", "8.40/s", Standing::Held),
        ("p50(found) == 5", "5", Standing::Held),
        ("count(found) == 100", "100", Standing::Held),
        ("bytes < 1kB", "1000B", Standing::Broken),
        ("dropped == 0", "0", Standing::Held),
        ("count{name=~/rec.*} == 100", "100", Standing::Held),
        ("count{user=memory,task=t,endpoint=learn} == 25", "25", Standing::Held),
    ] {
        assert_eq!(judged(text), (measured.to_owned(), standing), "{text}");
    }
}

#[test]
fn without_samples_a_quantile_is_no_data_and_a_count_is_zero() {
    assert_eq!(judged("p95{name=nowhere} < 1s"), ("no data".into(), Standing::NoData));
    assert_eq!(judged("error_rate{name=nowhere} < 1%"), ("no data".into(), Standing::NoData));
    assert_eq!(judged("count{name=nowhere} == 0"), ("0".into(), Standing::Held));
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
    assert_eq!(judged("p50 <= baseline + 10%"), ("5ms".into(), Standing::NoData));
    let (unknown, known) = (rule("p50 <= baseline"), catalog());
    let mut jury = Jury::new(std::slice::from_ref(&unknown), &known, timeline(), Shard::WHOLE);
    jury.hear(&interval());
    let was = jury.close(at(15), Closing::Complete)[0].judged.measured.unwrap();
    for (text, standing) in [
        ("p50 <= baseline", Standing::Held),
        ("p50 < baseline", Standing::Broken),
        ("p50 >= baseline + 10%", Standing::Broken),
        ("p50 < baseline + 1ms", Standing::Held),
        ("p50 <= baseline - 1ms", Standing::Broken),
    ] {
        let mut rule = rule(text);
        rule.require.limit = rule.require.limit.against(crate::plan::threshold::Was::Known(was));
        let (rules, catalog) = ([rule], catalog());
        let mut jury = Jury::new(&rules, &catalog, timeline(), Shard::WHOLE);
        jury.hear(&interval());
        assert_eq!(jury.close(at(15), Closing::Complete)[0].judged.standing, standing, "{text}");
    }
}

fn found(standing: Standing) -> Finding {
    Finding { judged: Judged { measured: None, standing, broke: None }, course: Course::new() }
}

#[test]
fn what_outranks_what() {
    let books = Books { scheduled: 1, started: 1, ok: 1, ..Books::default() };
    let held = [found(Standing::Held)];
    let broken = [found(Standing::Broken)];
    let doubt = Doubt { suspect: 5, seconds: 5, why: "it slept".to_owned() };
    assert_eq!(conclude(Closing::Complete, &held, &books, Ok(())), Verdict::Passed);
    assert_eq!(conclude(Closing::Complete, &broken, &books, Ok(())), Verdict::Failed(vec![0]));
    assert_eq!(conclude(Closing::Threshold(0), &held, &books, Ok(())), Verdict::Failed(vec![0]));
    assert_eq!(conclude(Closing::Complete, &broken, &books, Err(doubt.clone())), Verdict::Invalid(doubt.clone()));
    assert_eq!(conclude(Closing::Asked, &broken, &books, Err(doubt.clone())), Verdict::Interrupted);
    assert_eq!(conclude(Closing::Complete, &held, &Books::default(), Ok(())), Verdict::Empty);
    let aborted = Books { scheduled: 1, started: 1, aborted: 1, ..Books::default() };
    assert_eq!(conclude(Closing::Complete, &held, &aborted, Ok(())), Verdict::Empty);
}
