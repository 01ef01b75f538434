use std::path::Path;

use super::advice::advise;
use super::document::{State, Symptom};
use super::targets::judge;
use super::trend::Point;
use super::*;
use crate::threshold::{Rule, Threshold};

fn rule(text: &str) -> Rule {
    Rule::new(Threshold::parse(text).unwrap(), text)
}

const HEAD: &str = "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,\
                    Max Response Time,Average Content Size,Requests/s,Failures/s,50%,95%,99%,100%\r\n";

/// A run of 100 s with 10,000 requests: their failures, mean and p95, and whether the users are known.
struct Run {
    failed: u64,
    mean: f64,
    p95: f64,
    users: Option<u64>,
    failures: Vec<(&'static str, u64)>,
    exceptions: u64,
    spawned_after: f64,
    requests: u64,
}

impl Run {
    const HEALTHY: Self = Self {
        failed: 0,
        mean: 10.0,
        p95: 20.0,
        users: Some(50),
        failures: Vec::new(),
        exceptions: 0,
        spawned_after: 5.0,
        requests: 10_000,
    };

    fn figures(&self) -> Figures {
        let Self { failed, mean, p95, requests, .. } = self;
        let rate = *requests as f64 / 100.0;
        let row = |kind: &str, name: &str| {
            format!("{kind},{name},{requests},{failed},{mean},{mean},1,{p95},9,{rate},0,{mean},{p95},{p95},{p95}\r\n")
        };
        let csv = format!("{HEAD}{}{}", row("GET", "/stats"), row("", "Aggregated"));
        let mut errors = "Method,Name,Error,Occurrences\r\n".to_owned();
        for (message, count) in &self.failures {
            errors.push_str(&format!("GET,/stats,\"{message}\",{count}\r\n"));
        }
        let history = self.users.map(|users| {
            let mut trend = Trend::default();
            for second in 0..=100 {
                let there = if f64::from(second) < self.spawned_after { users / 2 } else { users };
                trend.add(Point { second: f64::from(second), users: Some(there), rate: Some(rate), p95: Some(*p95) });
            }
            trend
        });
        let failures = Some(read_failures(errors.as_bytes()).unwrap());
        let companions = CompanionCsvs { failures, exceptions: self.exceptions, history, notes: Vec::new() };
        read_stats(Path::new("a_stats.csv"), csv.as_bytes(), companions).unwrap()
    }

    fn symptoms(&self) -> Vec<Symptom> {
        advise(&self.figures()).into_iter().map(|advice| advice.symptom).collect()
    }
}

#[test]
fn a_recommendation_is_there_if_and_only_if_its_symptom_is() {
    use Symptom::{Connections, Errors, Exceptions, RateLimit, SlowAnswers, Throughput};
    const HEALTHY: Run = Run::HEALTHY;
    let five_hundred = "HTTPError('500 Server Error: for url: /stats')";
    let refused = "ConnectionRefusedError(111, 'Connection refused')";
    let cases: Vec<(&str, Run, &[Symptom])> = vec![
        ("healthy", HEALTHY, &[]),
        ("5 % failed", Run { failed: 500, failures: vec![(five_hundred, 500)], ..HEALTHY }, &[]),
        ("more than 5 % failed", Run { failed: 501, failures: vec![(five_hundred, 501)], ..HEALTHY }, &[Errors]),
        ("a few refused", Run { failed: 99, failures: vec![(refused, 99)], ..HEALTHY }, &[]),
        ("one in a hundred refused", Run { failed: 100, failures: vec![(refused, 100)], ..HEALTHY }, &[Connections]),
        ("many refused", Run { failed: 900, failures: vec![(refused, 900)], ..HEALTHY }, &[Errors, Connections]),
        ("all refused", Run { failed: 10_000, failures: vec![(refused, 10_000)], ..HEALTHY }, &[Errors]),
        (
            "one without a file handle",
            Run { failed: 1, failures: vec![("OSError(24, 'Too many open files')", 1)], ..HEALTHY },
            &[Connections],
        ),
        (
            "a 429",
            Run { failed: 1, failures: vec![("HTTPError('429 Client Error: for url: /stats')", 1)], ..HEALTHY },
            &[RateLimit],
        ),
        ("p95 of 500 ms", Run { p95: 500.0, ..HEALTHY }, &[]),
        ("p95 above 500 ms", Run { p95: 510.0, ..HEALTHY }, &[SlowAnswers]),
        ("few users that make few requests", Run { users: Some(99), ..HEALTHY }, &[]),
        ("many users that make few requests", Run { users: Some(100), ..HEALTHY }, &[Throughput]),
        ("many users that make many requests", Run { users: Some(200), requests: 20_000, ..HEALTHY }, &[]),
        ("users nobody knows", Run { users: None, ..HEALTHY }, &[]),
        ("exceptions", Run { exceptions: 1, ..HEALTHY }, &[Exceptions]),
    ];
    for (what, run, symptoms) in cases {
        assert_eq!(run.symptoms(), symptoms, "{what}");
    }
}

#[test]
fn users_that_mostly_think_are_not_advised_to_add_servers() {
    let advice = |run: Run| {
        let figures = run.figures();
        let found = advise(&figures).into_iter().find(|advice| advice.symptom == Symptom::Throughput);
        found.unwrap().look_at.join("; ")
    };
    // 100 requests/s of 300 users: once in three seconds each, and 10 ms of it waiting
    let thinking = advice(Run { users: Some(300), ..Run::HEALTHY });
    assert!(thinking.contains("think time") && !thinking.contains("servers"), "{thinking}");
    let waiting = advice(Run { users: Some(300), mean: 2900.0, p95: 2900.0, ..Run::HEALTHY });
    assert!(!waiting.contains("think time") && waiting.contains("more servers"), "{waiting}");
    let spawning = advice(Run { users: Some(300), spawned_after: 80.0, ..Run::HEALTHY });
    assert!(spawning.contains("spawn rate"), "{spawning}");
    assert!(!thinking.contains("spawn rate"), "{thinking}");
}

#[test]
fn a_target_between_the_bounds_is_neither_met_nor_missed() {
    let judge = |figures: &Figures, text: &str| judge(&rule(text), figures, &EndpointNames::default()).state;
    let csv =
        format!("{HEAD}GET,/a,100,0,10,10,1,90,9,1,0,10,20,30,90\r\nGET,/b,100,0,10,10,1,90,9,1,0,60,70,80,90\r\n");
    let figures = read_stats(Path::new("x"), csv.as_bytes(), CompanionCsvs::default()).unwrap();
    let states = [
        ("p50 < 61ms", State::Met),
        ("p50 < 9ms", State::Missed),
        ("p50 < 40ms", State::NotJudged),
        ("p50{name=/a} < 40ms", State::Met),
        ("p50{name=/b} < 40ms", State::Missed),
        ("p50{name=/c} < 40ms", State::NoData),
        ("count{name!=/b} == 100", State::Met),
        ("share{name=/a} == 50%", State::Met),
        ("avg < 11ms", State::Met),
        ("max <= 90ms", State::Met),
        ("rate > 1.9/s", State::Met),
        ("error_rate < 1%", State::Met),
        ("stddev < 1s", State::NotJudged),
        ("dropped == 0", State::NotJudged),
        ("p95 < 1s over 10s", State::NotJudged),
        ("p95{user=a} < 1s", State::NotJudged),
        ("p95(time_to_first_byte) < 1s", State::NotJudged),
        ("max(concurrent_users) > 1", State::NotJudged),
    ];
    for (text, state) in states {
        assert_eq!(judge(&figures, text), state, "{text}");
    }
}

#[test]
fn without_targets_there_are_figures_and_advice_and_neither_pass_nor_failure() {
    let analysis = |runs: &[Run], rules: &[Rule]| {
        let examined: Vec<Examined> = runs
            .iter()
            .map(|run| match rules {
                [] => Examined::by_own_thresholds(run.figures()),
                rules => Examined::by_figures(run.figures(), rules, &EndpointNames::default()),
            })
            .collect();
        conclude(&examined, None, |outcome| match outcome {
            Outcome::Met | Outcome::NoTargets => 0,
            _ => 1,
        })
    };
    let slow = || Run { p95: 900.0, ..Run::HEALTHY };
    let bare = analysis(&[slow()], &[]);
    assert_eq!((bare.passed, bare.exit_code), (false, 0));
    assert!(bare.text.contains("neither passed nor failed") && bare.text.contains("--plan"), "{}", bare.text);
    let (text, markdown) = (page(&bare).text(), page(&bare).markdown());
    assert!(text.contains("\n– no targets") && markdown.starts_with("### – no targets"), "{markdown}");
    assert_eq!(bare.files[0].recommendations.len(), 1);
    // no requests are a failure all the same
    let empty = analysis(&[Run { requests: 0, ..Run::HEALTHY }], &[]);
    assert_eq!((empty.passed, empty.exit_code), (false, 1));
    let met = analysis(&[slow()], &[rule("p95 < 1s")]);
    assert_eq!((met.passed, met.exit_code), (true, 0));
    let missed = analysis(&[slow()], &[rule("p95 < 500ms")]);
    assert_eq!((missed.passed, missed.exit_code), (false, 1));
}

#[test]
fn a_damaged_cell_is_reported_with_its_line_and_column() {
    for cell in ["-5", "NaN", "inf", "1e300", "0.5", "many", "99999999999999999999"] {
        let csv = format!("{HEAD}GET,/a,{cell},0,10,10,1,90,9,1,0,10,20,30,90\r\n");
        let error = read_stats(Path::new("x"), csv.as_bytes(), CompanionCsvs::default()).unwrap_err();
        assert_eq!(error.line, Some(2), "{cell}");
        assert!(error.message.contains("`Request Count`") && error.message.contains(cell), "{error}");
    }
    for cell in ["-5", "NaN", "inf", "1e300", "fast"] {
        let csv = format!("{HEAD}GET,/a,1,0,10,{cell},1,90,9,1,0,10,20,30,90\r\n");
        let error = read_stats(Path::new("x"), csv.as_bytes(), CompanionCsvs::default()).unwrap_err();
        assert!(error.message.contains("`Average Response Time`"), "{error}");
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_break_the_reading(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400), head in 0..2) {
        let mut csv = if head == 0 { Vec::new() } else { HEAD.as_bytes().to_vec() };
        csv.extend(&bytes);
        drop(read_failures(csv.as_slice()));
        drop(read_history(csv.as_slice()));
        drop(read_exceptions(csv.as_slice()));
        drop(read_stats(Path::new("x"), csv.as_slice(), CompanionCsvs::default()));
    }

    #[test]
    fn no_figures_break_the_analysis(cells in proptest::collection::vec("(0|1|7|1e-300|99999999|1e11|N/A|)", 12), count in 0_u64..100_000_000_000_000) {
        let csv = format!("{HEAD}GET,/a,{count},0,1,{}\r\n", cells.join(","));
        if let Ok(figures) = read_stats(Path::new("x"), csv.as_bytes(), CompanionCsvs::default()) {
            let figures = Figures { users: Some(u64::MAX), ..figures };
            let rules = ["rate >= 50000/min", "p50 < 50ms", "p95 < 200ms", "p99 < 500ms", "error_rate < 1%",
                "max(concurrent_users) >= 1000"].map(rule);
            let examined = [Examined::by_figures(figures, &rules, &EndpointNames::default())];
            let analysis = conclude(&examined, Some("targets.yaml"), |_| 1);
            proptest::prop_assert!(page(&analysis).text().len() + page(&analysis).markdown().len() > 100);
        }
    }
}
