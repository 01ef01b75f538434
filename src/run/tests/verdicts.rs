use std::time::Duration;

use super::{Conducted, conduct_virtually};
use crate::engine::tests::{Accept, Received, Reply, VirtualRun, ms};

const ONE: &str = "
endpoints: {look: {get: /, timeout: 500ms}, order: {post: /order, json: {}}, log_in: {post: /login}}
users: {u: {think_time: 100ms, tasks: {t: {call: look}}}}
shape: {constant: {users: 4, for: 3s}}
";

/// Thresholds of a plan in which everything fails, none of which asks whether anything went well.
const VACUOUS: [&str; 9] = [
    "thresholds: []",
    "thresholds: [p95 < 1s]",
    "thresholds: [count > 1]",
    "thresholds: [rate > 1/s]",
    "thresholds: [{require: p95 < 1s, no_data: pass}]",
    "thresholds: [p95 < 1h, max < 1h, 'error_rate <= 100%']",
    "thresholds: ['error_rate <= 100%', 'start_error_rate <= 100%', count >= 0]",
    "thresholds: [errors >= 0]",
    "thresholds: ['error_rate{endpoint=order} <= 100%', count >= 0]",
];

fn conduct(run: VirtualRun) -> Conducted {
    let conducted = conduct_virtually(run, &[]).unwrap();
    let tasks = conducted.report.tasks.as_ref().unwrap();
    assert_eq!(tasks.started, tasks.completed + tasks.failed + tasks.aborted, "{tasks:?}");
    conducted
}

fn exit(run: VirtualRun) -> u8 {
    conduct(run).report.verdict.exit_code
}

#[test]
fn everything_failing_never_passes_whatever_the_thresholds_ask() {
    for thresholds in VACUOUS {
        let plan = || VirtualRun::of(&format!("{ONE}{thresholds}\n"));
        assert_eq!(exit(plan().answering(|_| Reply::status(500))), 1, "{thresholds}: every answer is 500");
        assert_eq!(exit(plan().answering(|_| Reply::Silence)), 1, "{thresholds}: no answer");
        assert_eq!(exit(plan().answering(|_| Reply::Close { after: ms(0) })), 1, "{thresholds}: closed");
        assert_eq!(exit(plan().accepting(|_, _| Accept::Never)), 1, "{thresholds}: refused");
        let unmade = ONE.replace("get: /,", "get: '/{{ json.nowhere.at_all }}', name: look,");
        assert_eq!(exit(VirtualRun::of(&format!("{unmade}{thresholds}\n"))), 1, "{thresholds}: nothing could be sent");
    }
}

#[test]
fn arrivals_that_nobody_takes_fail_a_run_without_a_threshold_on_errors() {
    let plan = "
endpoints: {look: {get: /}}
shape: {arrivals: {rate: 50/s, for: 4s, max_users: 2}}
thresholds: [p95 < 30s, rate > 1/s]
";
    let conducted = conduct(VirtualRun::of(plan).answering(|_| Reply::after(Duration::from_secs(1))));
    assert!(conducted.report.books.dropped > 100, "{:?}", conducted.report.books);
    assert_eq!(conducted.report.verdict.exit_code, 1);
}

#[test]
fn the_default_holds_beside_other_thresholds_and_not_beside_one_of_all_errors() {
    // one answer in ten is 500
    let failing = |got: &Received| if got.at.as_millis() % 1000 < 100 { Reply::status(500) } else { Reply::ok() };
    for (thresholds, code) in [
        ("thresholds: [count > 0]", 1),
        ("thresholds: ['error_rate{endpoint=look} < 50%']", 1),
        ("thresholds: ['task_error_rate < 50%']", 1),
        ("thresholds: [error_rate < 50%]", 0),
        ("thresholds: [error_rate < 50% over 2s]", 0),
        ("thresholds: [error_rate <= 100%]", 0),
        ("thresholds: [errors < 1000]", 0),
        ("", 1),
    ] {
        let run = VirtualRun::of(&format!("{ONE}{thresholds}\n")).answering(failing);
        assert_eq!(exit(run), code, "{thresholds}");
    }
}

#[test]
fn tasks_that_throw_fail_the_run_and_every_figure_says_so() {
    let plan = r#"
endpoints: {look: {get: /}, order: {post: /order, json: {}}}
users: {u: {think_time: 100ms, tasks: {t: {steps: [{call: look}, {set: {id: "{{ json.items[0].id }}"}}, {call: order}]}}}}
shape: {constant: {users: 2, for: 2s}}
"#;
    let json = |_: &Received| Reply::Answer { after: ms(0), status: 200, body: r#"{"ok":true}"#.to_owned() };
    let conducted = conduct(VirtualRun::of(plan).answering(json));
    let report = &conducted.report;
    let tasks = report.tasks.as_ref().unwrap();
    assert_eq!((tasks.started, tasks.completed, tasks.failed), (40, 0, 40));
    assert_eq!(tasks.failed_by_kind["step"], 40);
    assert_eq!((tasks.error_rate, tasks.users, tasks.users_not_started), (Some(1.0), 2, 0));
    assert_eq!((report.books.ok, report.books.failed), (40, 0));
    assert_eq!(report.verdict.exit_code, 1);
    assert_eq!(report.thresholds[0].measured, "50%");
    assert_eq!(report.exceptions[0].count, 40);
}

#[test]
fn half_of_the_users_not_starting_fails_a_run_of_many_requests() {
    let plan = |thresholds: &str| {
        VirtualRun::of(&format!(
            "
endpoints: {{look: {{get: /}}, log_in: {{post: '/login/{{{{ user.id % 2 }}}}', name: log in}}}}
users: {{u: {{think_time: 1ms, on_start: [{{call: log_in}}], tasks: {{t: {{call: look}}}}}}}}
shape: {{constant: {{users: 4, for: 3s}}}}
{thresholds}
"
        ))
        .answering(|got| if got.line == "POST /login/1" { Reply::status(401) } else { Reply::ok() })
    };
    for thresholds in ["", "thresholds: [p95 < 1s]", "thresholds: [error_rate < 1%]"] {
        let conducted = conduct(plan(thresholds));
        let tasks = conducted.report.tasks.as_ref().unwrap();
        assert_eq!((tasks.users, tasks.users_not_started), (4, 2), "{thresholds}");
        assert_eq!(conducted.report.verdict.exit_code, 1, "{thresholds}");
        let start = conducted.report.thresholds.iter().find(|entry| entry.require.starts_with("start_error_rate"));
        assert_eq!(start.unwrap().measured, "50%", "{thresholds}");
    }
    assert_eq!(exit(plan("thresholds: [error_rate <= 100%]")), 0);
    assert_eq!(exit(plan("thresholds: [start_error_rate <= 50%]")), 0);
}

#[test]
fn a_loop_of_redirects_is_one_failed_call() {
    let plan = "
endpoints: {look: {get: /, redirects: 50}}
users: {u: {think_time: 100ms, tasks: {t: {call: look}}}}
shape: {constant: {users: 1, for: 1s}}
";
    let around = |_: &Received| Reply::Redirect { status: 302, location: "/".to_owned() };
    let report = conduct(VirtualRun::of(plan).answering(around)).report;
    assert_eq!((report.books.started, report.books.ok, report.books.failed), (510, 500, 10));
    assert_eq!((report.total.redirected, report.total.error_rate), (500, Some(1.0)));
    assert_eq!((report.thresholds[0].measured.as_str(), report.verdict.exit_code), ("100%", 1));
}

#[test]
fn a_request_that_a_redirect_turns_into_another_method_has_a_row_of_its_own() {
    let plan = "
endpoints: {save: {post: /save, name: save, json: {a: 1}, redirects: 5}}
users: {u: {pacing: 100ms, tasks: {t: {call: save}}}}
shape: {constant: {users: 1, for: 1s}}
thresholds: ['count{endpoint=save} == 10', 'p95{endpoint=save} >= 30ms']
";
    let answers = |got: &Received| match got.line.as_str() {
        "POST /save" => Reply::Redirect { status: 303, location: "/saved".to_owned() },
        _ => Reply::after(Duration::from_millis(30)),
    };
    let report = conduct(VirtualRun::of(plan).answering(answers)).report;
    let rows: Vec<_> =
        report.requests.iter().map(|row| (row.method.as_str(), row.name.as_str(), row.requests)).collect();
    assert_eq!(rows, [("GET", "save", 10), ("POST", "save", 10)]);
    assert_eq!(report.verdict.exit_code, 0, "{:?}", report.thresholds);
}

#[test]
fn a_search_in_which_no_level_holds_fails() {
    let plan = "
endpoints: {look: {get: /}}
shape: {search: {rate: {from: 20/s, to: 40/s}, each: 3s, max_users: 2}}
thresholds: [count > 0]
";
    let report = conduct(VirtualRun::of(plan).answering(|_| Reply::after(Duration::from_secs(1)))).report;
    assert!(report.levels.iter().all(|level| !level.held));
    assert_eq!(report.verdict.exit_code, 1);
}
