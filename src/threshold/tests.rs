use super::*;
use crate::secrets::{Secrets, Told};
use std::time::Duration;

use crate::units::{Rate, Ratio, Size};

fn parsed(text: &str) -> String {
    Threshold::parse(text).unwrap().to_string()
}

/// The part of the text that is wrong, and what is said of it.
fn wrong(text: &str) -> (&str, String) {
    let parse_error = Threshold::parse(text).unwrap_err();
    (&text[parse_error.range.clone()], format!("{}; {}", parse_error.message, parse_error.help.unwrap_or_default()))
}

#[test]
fn a_threshold_reads_back_as_it_was_written() {
    for text in [
        "p95 < 100ms",
        "p99.9{endpoint=targeted_recall} < 500ms",
        "error_rate < 1% over 30s",
        "share{tag=read} >= 60%",
        "avg(concepts_found) > 0",
        "max(service_time){user!=burst,stage=peak} <= 2s",
        "count{status=404} == 0",
        "bytes{name=~/recall.*} < 10.0MiB",
        "p95 <= baseline",
        "p95{tag=read} <= baseline + 10% over 30s",
        "error_rate <= baseline + 0.5%",
        "rate >= baseline - 5/s",
    ] {
        assert_eq!(parsed(text), text);
    }
    for written in ["rate{tag=read} >= 600/min", "rate >= 12000/min", "rate >= 3600/h", "rate >= baseline - 60/min"] {
        assert_eq!(parsed(written), written);
    }
    let measured = Threshold::parse("rate >= 12000/min").unwrap().show(Amount::Rate(Rate::per_second(210.0)));
    assert_eq!(measured, "12600/min", "what was measured stands beside it in its unit");
    assert_eq!(parsed("p95{name=/recall [LIMIT=5]} < 1s"), "p95{name=/recall [LIMIT=5]} < 1s");
}

#[test]
fn a_value_is_shown_in_quotes_where_it_needs_them() {
    for (text, shown) in [
        ("p95 { name = \"/a, {b}\" } < 1s", "p95{name=\"/a, {b}\"} < 1s"),
        ("p95{name='say \"hi\",'} < 1s", "p95{name='say \"hi\",'} < 1s"),
        ("p95{name=\"it's\"} < 1s", "p95{name=it's} < 1s"),
        ("p95{name=\" \"} < 1s", "p95{name=\" \"} < 1s"),
        ("p95{name=''} < 1s", "p95{name=\"\"} < 1s"),
        ("p95{name='[open'} < 1s", "p95{name=\"[open\"} < 1s"),
    ] {
        assert_eq!(parsed(text), shown);
        assert_eq!(parsed(shown), shown);
    }
}

#[test]
fn anything_left_over_is_a_problem_at_its_place() {
    assert_eq!(wrong("p95 < 100ms please").0, "please");
    assert_eq!(wrong("p95 < 100ms and p99 < 1s").0, "and p99 < 1s");
    assert!(wrong("error_rate < 1% ovr 30s").1.ends_with("did you mean `over`?"));
}

#[test]
fn a_misspelt_word_is_reported_with_ours() {
    assert_eq!(wrong("err_rate < 1%"), ("err_rate", "unknown aggregate `err_rate`; did you mean `error_rate`?".into()));
    assert_eq!(wrong("p95th < 1s").1, "unknown aggregate `p95th`; did you mean `p95`?");
    assert_eq!(wrong("median < 1s").1, "unknown aggregate `median`; did you mean `p50`?");
    assert_eq!(
        wrong("p95{endpont=a} < 1s"),
        ("endpont", "unknown selector `endpont`; did you mean `endpoint`?".into())
    );
    assert_eq!(wrong("error_rate = 1%"), ("=", "`=` does not compare; did you mean `==`?".into()));
}

#[test]
fn a_value_must_be_of_the_aggregates_kind() {
    assert_eq!(
        wrong("p95 < 100"),
        ("100", "`100` has no unit, and `p95` is a time; did you mean `100s` or `100ms`?".into())
    );
    assert_eq!(wrong("p95 < 100/s").0, "100/s");
    assert_eq!(
        wrong("error_rate < 0.01").1,
        "`0.01` has no unit, and `error_rate` is a share; write `1%` for 0.01 of all, or `0.01%` for 0.01 of a hundred"
    );
    assert_eq!(wrong("rate > 50").1, "`50` has no unit, and `rate` is a rate; did you mean `50/s`?");
    assert_eq!(wrong("errors(response_time) < 5").0, "response_time");
}

#[test]
fn what_is_cut_short_or_out_of_range_is_reported() {
    for text in [
        "",
        "p95",
        "p95 <",
        "p0 < 1s",
        "p101 < 1s",
        "p95( < 1s",
        "p95{ < 1s",
        "p95{endpoint} < 1s",
        "p95{endpoint=} < 1s",
        "p95{endpoint=a < 1s",
        "p95{name=~(} < 1s",
        "p95 < 1s over",
        "p95 < 1s over 10",
        "p95 < 1s over 2h",
        "p95{status=abc} < 1s",
        "p95 <= baseline +",
        "p95 <= baseline + 10",
        "p95 <= baseline * 2",
        "error_rate <= baseline + 5ms",
        "p95{name=\"a} < 1s",
        "é < 1s",
        "p95 < 1é",
    ] {
        assert!(Threshold::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_secret_is_taken_out_of_a_threshold_and_a_threshold_is_left_that_has_none() {
    let secrets = Secrets::default();
    ["hunter2x", "p95 <"].iter().for_each(|value| secrets.learn(value, Told::Declared));
    let texts = ["max{name=\"k hunter2x\"} < 1s", "p95 < 1s"];
    let mut rules = texts.map(|text| Rule::new(Threshold::parse(text).unwrap(), text));
    rules.iter_mut().for_each(|rule| rule.mask(&secrets));
    assert_eq!(rules[0].text, "max{name=\"k ***\"} < 1s");
    assert_eq!(rules[0].require.to_string(), "max{name=k ***} < 1s");
    assert_eq!(rules[1].text, "p95 < 1s");
}

#[test]
fn a_quantile_written_as_elsewhere_is_told_as_it_is_written_here() {
    for (text, help) in [
        ("p(95) < 1s", "did you mean `p95`?"),
        ("percentile(99.9) < 1s", "did you mean `p99.9`?"),
        ("quantile(0.5) < 1s", "did you mean `p50`?"),
        ("quantile(100) < 1s", "did you mean `p100`?"),
        ("p(0) < 1s", "a quantile looks like `p95`"),
        ("p(-5) < 1s", "a quantile looks like `p95`"),
        ("p(101) < 1s", "a quantile looks like `p95`"),
        ("p(x) < 1s", "a quantile looks like `p95`"),
    ] {
        let (_, said) = wrong(text);
        assert!(said.ends_with(help), "{text}: {said}");
    }
}

#[test]
fn a_threshold_takes_amounts_of_what_it_measures_and_no_others() {
    let amounts = [
        Amount::Time(Duration::from_secs(1)),
        Amount::Rate(Rate::per_second(1.0)),
        Amount::Ratio(Ratio::new(0.5)),
        Amount::Size(Size::from_bytes(1)),
        Amount::Number(1.0),
    ];
    for (text, takes) in [
        ("p95 < 1s", [true, false, false, false, false]),
        ("rate > 1/s", [false, true, false, false, false]),
        ("error_rate < 1%", [false, false, true, false, false]),
        ("bytes < 1MiB", [false, false, false, true, false]),
        // a transaction goes by a metric's name, and has a time
        ("avg(found) > 1", [true, false, false, false, true]),
    ] {
        let threshold = Threshold::parse(text).unwrap();
        assert_eq!(amounts.map(|amount| threshold.takes(amount)), takes, "{text}");
    }
}
