use std::cell::Cell;

use super::conduct_virtually;
use crate::engine::tests::{Accept, Received, Reply, VirtualRun, ms};

/// What befalls the requests of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    NoneFails,
    /// One answer in five is 500.
    SomeFail,
    AllFail,
    /// No connection is made.
    NeverSent,
    /// No request can be made as the plan writes it.
    NeverRendered,
    /// No user starts, so every arrival is dropped.
    AllDropped,
    /// All is well, and only while it warms up.
    WarmUpOnly,
    /// The tasks ask for nothing.
    NoRequest,
}

const FATES: [Fate; 8] = [
    Fate::NoneFails,
    Fate::SomeFail,
    Fate::AllFail,
    Fate::NeverSent,
    Fate::NeverRendered,
    Fate::AllDropped,
    Fate::WarmUpOnly,
    Fate::NoRequest,
];

/// Exit codes, fate by fate.
type Codes = [u8; FATES.len()];

/// Nothing but a run in which none fails passes.
const STRICT: Codes = [0, 1, 1, 1, 1, 1, 1, 1];
/// Some may fail; what has no success at all has failed all the same.
const LENIENT: Codes = [0, 0, 1, 1, 1, 1, 1, 1];
/// Nothing passes.
const NEVER: Codes = [1; FATES.len()];

/// Each aggregate, of each thing it may be of, in a condition that every number fulfils: what then fails a run is
/// that nothing was got done, or that there is no number. A plan with one of them alone has the default beside it.
const HOLDS_ON_ANYTHING: [&str; 58] = [
    "count >= 0",
    "rate >= 0/s",
    "task_error_rate <= 100%",
    "start_error_rate <= 100%",
    "share <= 100%",
    "share{endpoint=look} >= 0%",
    "dropped >= 0",
    "bytes >= 0B",
    "min >= 0s",
    "avg < 1h",
    "max < 2h",
    "stddev < 1h",
    "p1 >= 0s",
    "p50 < 1h",
    "p95 < 1h",
    "p99.99 < 1h",
    "p100 < 2h",
    "p95{endpoint=look} < 1h",
    "p95{status=200} < 1h",
    "min(response_time) >= 0s",
    "p95(response_time) < 1h",
    "min(service_time) >= 0s",
    "avg(service_time) < 1h",
    "max(service_time) < 2h",
    "stddev(service_time) < 1h",
    "p95(service_time) < 1h",
    "avg(time_to_first_byte) < 1h",
    "p95(time_to_first_byte) < 1h",
    "max(time_to_first_byte) < 2h",
    "avg(connect_time) < 1h",
    "p95(connect_time) < 1h",
    "max(connect_time) < 2h",
    "count(found) >= 0",
    "rate(found) >= 0/s",
    "min(found) >= -1000",
    "avg(found) >= -1000",
    "max(found) >= -1000",
    "stddev(found) >= 0",
    "p95(found) >= -1000",
    "count(orders) >= 0",
    "rate(orders) >= 0/s",
    "min(level) >= -1000",
    "avg(level) >= -1000",
    "max(level) >= -1000",
    "count(buy) >= 0",
    "min(buy) >= 0s",
    "avg(buy) < 1h",
    "max(buy) < 2h",
    "p95(buy) < 1h",
    "error_rate(buy) <= 100%",
    "errors(buy) >= 0",
    "min(concurrent_users) >= 0",
    "avg(concurrent_users) >= 0",
    "max(concurrent_users) >= 0",
    "min(total_rps) >= 0",
    "avg(total_rps) >= 0",
    "max(total_rps) >= 0",
    "p95 < 1h over 1s",
];

fn run(fate: Fate, thresholds: &str) -> VirtualRun {
    let path = if fate == Fate::NeverRendered { "'/{{ json.nowhere.at_all }}'" } else { "/" };
    let step = if fate == Fate::NoRequest { "think: 50ms" } else { "call: look" };
    let start = if fate == Fate::AllDropped { "on_start: [{set: {a: '{{ json.nowhere.at_all }}'}}], " } else { "" };
    let pause = if fate == Fate::AllDropped { "" } else { "think_time: 100ms, " };
    let shape = match fate {
        Fate::AllDropped => "{arrivals: {rate: 10/s, for: 2s, max_users: 5}}",
        Fate::WarmUpOnly => "{stages: [{users: 3, for: 1s, warm_up: true}, {users: 0, for: 1s}]}",
        _ => "{constant: {users: 3, for: 2s}}",
    };
    let plan = format!(
        "
metrics: {{found: {{trend: {{}}}}, orders: {{counter: {{}}}}, level: {{gauge: {{}}}}}}
endpoints:
  look: {{get: {path}, name: look, timeout: 500ms, record: {{found: $.n, orders: 1, level: $.n}}}}
users: {{u: {{{pause}{start}tasks: {{t: {{steps: [{{transaction: {{name: buy, steps: [{{{step}}}]}}}}]}}}}}}}}
shape: {shape}
{thresholds}
"
    );
    let asked = Cell::new(0);
    let answer = move |_: &Received| {
        asked.set(asked.get() + 1);
        let fails = fate == Fate::AllFail || fate == Fate::SomeFail && asked.get() % 5 == 0;
        Reply::Answer { after: ms(5), status: if fails { 500 } else { 200 }, body: r#"{"n": 3}"#.to_owned() }
    };
    let run = VirtualRun::of(&plan).answering(answer);
    if fate == Fate::NeverSent { run.accepting(|_, _| Accept::Never) } else { run }
}

/// Plays each fate with the thresholds, and names those whose exit code is not the expected one.
fn unexpected(thresholds: &str, expected: Codes) -> Vec<String> {
    let fates = FATES.into_iter().zip(expected).filter_map(|(fate, expected)| {
        let report = conduct_virtually(run(fate, thresholds), &[]).unwrap().report;
        let code = report.verdict.exit_code;
        assert_eq!(report.verdict.passed, code == 0);
        (code != expected).then(|| format!("{thresholds}, {fate:?}: {code} ({})", report.verdict.text))
    });
    fates.collect()
}

fn assert_table(rows: impl IntoIterator<Item = (String, Codes)>) {
    let wrong: Vec<String> =
        rows.into_iter().flat_map(|(thresholds, expected)| unexpected(&thresholds, expected)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_condition_that_anything_fulfils_passes_only_where_none_fails() {
    assert_table(HOLDS_ON_ANYTHING.map(|rule| (format!("thresholds: ['{rule}']"), STRICT)));
}

#[test]
fn where_errors_are_allowed_some_may_fail_and_not_all() {
    assert_table(HOLDS_ON_ANYTHING.map(|rule| (format!("thresholds: ['{rule}', 'error_rate <= 100%']"), LENIENT)));
}

#[test]
fn that_no_data_passes_makes_no_pass_of_nothing() {
    let lenient = |rule| format!("thresholds: [{{require: '{rule}', no_data: pass}}, 'error_rate <= 100%']");
    assert_table(HOLDS_ON_ANYTHING.map(|rule| (lenient(rule), LENIENT)));
}

#[test]
fn a_plan_that_asks_for_nothing_and_one_that_asks_for_errors() {
    let rows = [
        ("", STRICT),
        ("thresholds: []", STRICT),
        ("thresholds: [error_rate < 1%]", STRICT),
        ("thresholds: [errors < 1]", STRICT),
        ("thresholds: [errors < 1000]", LENIENT),
        ("thresholds: [error_rate < 50%]", LENIENT),
        ("thresholds: [error_rate <= 100%]", LENIENT),
        ("thresholds: [error_rate >= 0%]", LENIENT),
        ("thresholds: [{require: error_rate <= 100%, no_data: pass}]", LENIENT),
        ("thresholds: ['error_rate{endpoint=look} <= 100%']", STRICT),
        ("thresholds: ['error_rate(buy) < 1%', error_rate <= 100%]", STRICT),
        ("thresholds: ['errors(buy) < 1', error_rate <= 100%]", STRICT),
        ("thresholds: [task_error_rate < 1%, error_rate <= 100%]", STRICT),
        // of statuses that no answer has there is no data, and that is no pass unless it is said
        ("thresholds: ['p95{status=418} < 1h', error_rate <= 100%]", NEVER),
        ("thresholds: [{require: 'p95{status=418} < 1h', no_data: pass}, error_rate <= 100%]", LENIENT),
    ];
    assert_table(rows.map(|(thresholds, expected)| (thresholds.to_owned(), expected)));
}

#[test]
fn a_condition_that_nothing_fulfils_never_passes() {
    let rows = [
        "count < 0",
        "rate < 0/s",
        "error_rate < 0%",
        "errors < 0",
        "task_error_rate < 0%",
        "share > 100%",
        "dropped < 0",
        "bytes < 0B",
        "min < 0s",
        "avg < 0s",
        "max < 0s",
        "stddev < 0s",
        "p50 < 0s",
        "p95(service_time) < 0s",
        "avg(time_to_first_byte) < 0s",
        "max(connect_time) < 0s",
        "count(found) < 0",
        "avg(found) > 1000",
        "count(orders) < 0",
        "max(level) > 1000",
        "p95(buy) < 0s",
        "error_rate(buy) < 0%",
        "max(concurrent_users) > 1000",
        "max(total_rps) > 100000",
    ];
    assert_table(rows.map(|rule| (format!("thresholds: ['{rule}', 'error_rate <= 100%']"), NEVER)));
}
