//! What `analyze` says of finished runs: golden texts for genuine files of Locust and for hostile ones, and the same
//! for runs of ours, whose figures change.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::command_line::{self, Ended};
use crate::support::goldens::assert_goldens;
use crate::support::plan_folder::PlanFolder;
use crate::support::repository::{files, valid};
use crate::support::target;

fn analyze(arguments: &[&str]) -> Ended {
    command_line::run(&[&["analyze"], arguments].concat())
}

/// What a command printed and how it ended, for the golden `tests/analysis/NAME.txt`.
fn golden(name: &str, arguments: &[&str]) -> (PathBuf, String) {
    let (code, stdout, stderr) = analyze(arguments);
    let shown = format!("$ plimsoll analyze {}\n{stdout}{stderr}exit code {code}\n", arguments.join(" "));
    assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{name}: a control character in\n{shown:?}");
    (format!("tests/analysis/{name}.txt").into(), shown)
}

#[test]
fn genuine_files_of_locust_are_reported_as_they_are() {
    let folder = "tests/locust/csv";
    let runs = [
        "healthy_247",
        "healthy_220",
        "errors_247",
        "errors_220",
        "refused_247",
        "slow_247",
        "slow_220",
        "timeouts_247",
        "limited_247",
        "idle_247",
        "broken_247",
    ];
    let alone = runs.iter().map(|run| golden(run, &[&format!("{folder}/{run}_stats.csv"), "--plan", "targets"]));
    let file = |run: &str| format!("{folder}/{run}_stats.csv");
    let (a, b, c) = (file("healthy_220"), file("healthy_247"), file("errors_247"));
    let others = [
        golden("several", &[&a, &b, &c, "--plan", "targets"]),
        golden("markdown", &["--markdown", &c, "--plan", "targets"]),
        golden("no_targets", &[&c]),
        golden("no_targets_of_several", &[&a, &b]),
        golden("no_targets_and_no_requests", &[&file("idle_247")]),
        golden("plan_met", &[&b, "--plan", "tests/analysis/within_reach.yaml"]),
        golden("plan_missed", &[&c, "--plan", "tests/analysis/within_reach.yaml"]),
        golden("failures_by_mistake", &[&format!("{folder}/errors_247_failures.csv")]),
        golden("history_by_mistake", &[&format!("{folder}/slow_247_stats_history.csv")]),
        golden("exceptions_by_mistake", &[&format!("{folder}/broken_247_exceptions.csv")]),
        golden("pattern_of_nothing", &["results/nothing*_stats.csv"]),
        golden("no_such_file", &["results/nothing_stats.csv"]),
        golden("folder", &["tests/locust"]),
        golden("named_twice", &[&a, &a]),
        golden("no_report", &["tests/analysis/no_report.json"]),
    ];
    assert_goldens(alone.chain(others));
}

/// Journals and reports that are kept, so that every figure is known.
#[test]
fn a_run_of_ours_is_held_against_its_own_thresholds_or_against_those_of_a_plan() {
    let alone = ["closed.journal", "closed.json", "search.journal", "shard_1.journal", "abort.json", "cut_off.journal"];
    let alone = alone.iter().map(|file| golden(&format!("own/{file}"), &[&format!("tests/journals/{file}")]));
    let plan = "tests/analysis/of_a_run.yaml";
    let by_plan = ["closed.journal", "closed.json"]
        .iter()
        .map(|file| golden(&format!("own/{file}_by_plan"), &[&format!("tests/journals/{file}"), "--plan", plan]));
    let csv = "tests/locust/csv/healthy_247_stats.csv";
    let mixed = golden("own/beside_a_csv", &["tests/journals/search.journal", csv]);
    assert_goldens(alone.chain(by_plan).chain([mixed]));
}

#[test]
fn hostile_files_are_refused_or_reported_with_their_faults() {
    let files = files("tests/analysis/hostile", ".csv");
    assert!(files.len() > 15, "only {} files", files.len());
    assert_goldens(files.iter().map(|file| {
        let name = file.file_stem().unwrap().to_str().unwrap();
        golden(&format!("hostile/{name}"), &[&format!("tests/analysis/hostile/{name}.csv"), "--plan", "targets"])
    }));
}

#[test]
fn the_exit_code_says_whether_the_targets_are_met() {
    let plan = "tests/analysis/within_reach.yaml";
    let code = |run: &str| analyze(&[&format!("tests/locust/csv/{run}_stats.csv"), "--plan", plan]).0;
    assert_eq!(code("healthy_247"), 0);
    assert_eq!(code("healthy_220"), 0);
    assert_eq!(code("errors_247"), 1);
    assert_eq!(code("slow_220"), 1);
    assert_eq!(code("idle_247"), 1, "no requests are no pass");
    assert_eq!(analyze(&["tests/locust/csv/healthy_247_stats.csv", "--plan", "tests/plans/bad/tabs.yaml"]).0, 2);
    assert_eq!(analyze(&["tests/analysis/hostile/nan.csv", "--plan", plan]).0, 2);
    // a file without targets has figures and advice, and nothing to fail
    let bare = |run: &str| analyze(&[&format!("tests/locust/csv/{run}_stats.csv")]).0;
    assert_eq!(bare("healthy_247"), 0);
    assert_eq!(bare("slow_220"), 0);
    assert_eq!(bare("idle_247"), 1, "no requests are no pass");
}

fn analyzed(arguments: &[&str]) -> (i32, Value) {
    let (code, stdout, stderr) = analyze(&[arguments, &["--json"]].concat());
    assert!(code < 2 || code == 4, "{stderr}");
    let analysis = valid(&stdout, "analysis");
    assert_eq!(analysis["exit_code"], code);
    (code, analysis)
}

#[test]
fn several_files_add_up_exactly_and_their_quantiles_are_bounded() {
    let file = |run: &str| format!("tests/locust/csv/{run}_stats.csv");
    let (a, b) = (file("healthy_247"), file("slow_247"));
    let (_, one) = analyzed(&[&a]);
    let (_, other) = analyzed(&[&b]);
    let (_, both) = analyzed(&[&a, &b]);
    let n = |of: &Value| of["total"]["requests"].as_u64().unwrap();
    let mean = |of: &Value| of["total"]["mean"].as_f64().unwrap();
    assert_eq!(n(&both), n(&one) + n(&other));
    let sum = mean(&one) * n(&one) as f64 + mean(&other) * n(&other) as f64;
    assert!((mean(&both) * n(&both) as f64 - sum).abs() < 1e-6 * sum);
    let p95 = |of: &Value, end: &str| of["total"]["p95"][end].as_f64().unwrap();
    assert!(p95(&both, "at_least") >= p95(&one, "at_least") && p95(&both, "at_most") <= p95(&other, "at_most"));
    assert!(both["total"]["rate"].is_null(), "rates of different runs do not add up");
}

#[test]
fn a_run_of_ours_has_the_same_numbers_from_its_journal_and_from_its_report() {
    let target = target::ready();
    let plan = PlanFolder::of("analyze/read_and_health").aimed_at(&target);
    let (code, _, stderr) = plan.run(&[]);
    assert_eq!(code, 0, "{stderr}");
    let report = plan.report();
    let (journal, json) = (plan.file("journal"), plan.file("json"));
    let (journal, json) = (journal.to_str().unwrap(), json.to_str().unwrap());
    let (code, by_journal) = analyzed(&[journal]);
    assert_eq!(code, 0, "it met its own thresholds");
    let (code, by_report) = analyzed(&[json]);
    assert_eq!(code, 0, "it met its own thresholds");
    assert_eq!(by_journal["requests"], by_report["requests"]);
    assert_eq!(by_journal["total"], by_report["total"]);
    assert_eq!(by_journal["total"]["requests"], report["total"]["requests"]);
    assert_eq!(by_journal["total"]["p99"]["at_most"], report["total"]["response_time"]["p99"]);
    assert_eq!(by_journal["files"][0]["recommendations"], json!([]), "{by_journal:#}");
    for analysis in [&by_journal, &by_report] {
        let targets = analysis["files"][0]["targets"].as_array().unwrap();
        let states: Vec<&str> = targets.iter().map(|entry| entry["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["met", "met", "met"], "the run's own thresholds");
    }
    for file in [journal, json] {
        let (code, analysis) = analyzed(&[file, "--plan", "targets"]);
        assert_eq!(code, 1, "5 users do not make 50,000 requests a minute");
        let file = &analysis["files"][0];
        let share =
            file["targets"].as_array().unwrap().iter().find(|entry| entry["require"] == "share{tag=read} >= 58%");
        assert_eq!(share.unwrap()["state"], "met", "{file:#}");
        assert!(file["targets"][0]["note"].as_str().unwrap().starts_with("out of reach: 5 users"), "{file:#}");
    }
    // as much as there is of a journal that was cut off
    let cut = plan.file("json").with_file_name("cut");
    let whole = fs::read(journal).unwrap();
    fs::write(&cut, &whole[..whole.len() * 4 / 5]).unwrap();
    let (code, stdout, stderr) = analyze(&[cut.to_str().unwrap()]);
    assert!(stderr.contains("has no end") || stderr.contains("breaks off"), "{stderr}");
    assert!(code == 0 && stdout.contains("the figures are of what ran until then"), "{stdout}");
    // by its own plan the run is judged in full from its journal, and from its report as far as that goes
    let plan = plan.path().join("plan.yaml");
    let plan = plan.to_str().unwrap();
    let (code, by_journal) = analyzed(&[journal, "--plan", plan]);
    let states =
        by_journal["files"][0]["targets"].as_array().unwrap().iter().map(|entry| entry["state"].as_str().unwrap());
    assert_eq!((code, states.collect::<Vec<_>>()), (0, vec!["met", "met", "met"]));
    let (code, by_report) = analyzed(&[json, "--plan", plan]);
    assert_eq!((code, &by_report["files"][0]["targets"][2]["state"]), (0, &json!("not_judged")));
}

#[test]
fn a_run_of_ours_shows_symptoms_that_no_csv_can() {
    let target = target::ready();
    let plan = PlanFolder::of("analyze/read_and_health").aimed_at(&target);
    plan.run(&[]);
    let report = plan.report();
    let path = plan.file("json").with_file_name("changed.json");
    let symptoms = |change: &dyn Fn(&mut Value)| {
        let mut changed = report.clone();
        change(&mut changed);
        fs::write(&path, changed.to_string()).unwrap();
        let (code, analysis) = analyzed(&[path.to_str().unwrap()]);
        let advice = analysis["files"][0]["recommendations"].as_array().unwrap();
        (code, advice.iter().map(|entry| entry["symptom"].as_str().unwrap().to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(symptoms(&|_| {}), (0, vec![]));
    assert_eq!(symptoms(&|report| report["thresholds"][0]["state"] = json!("broken")), (1, vec![]));
    let invalid = |report: &mut Value| {
        report["verdict"] =
            json!({"passed": false, "text": "not valid: the generator was the bottleneck", "exit_code": 4});
    };
    assert_eq!(symptoms(&invalid), (4, vec!["generator".to_owned()]));
    assert_eq!(symptoms(&|report| report["books"]["dropped"] = json!(3)).1, ["dropped"]);
    let waited = |report: &mut Value| {
        for quantile in ["p95", "p98", "p99", "p999", "p9999", "max"] {
            report["total"]["response_time"][quantile] = json!(400.0);
        }
    };
    assert_eq!(symptoms(&waited).1, ["waiting"]);
    let limited = |report: &mut Value| {
        report["failures"] = json!([{"method": "GET", "name": "/stats", "kind": "check",
            "message": "expected status 200, got 429", "count": 2, "first": 0.1, "last": 0.2}]);
    };
    assert_eq!(symptoms(&limited).1, ["rate_limit"]);
    let mistaken = |report: &mut Value| {
        report["exceptions"] = json!([{"method": "GET", "name": "/stats", "kind": "template",
            "message": "plan.yaml:3:4: no `x`", "count": 2, "first": 0.1, "last": 0.2}]);
    };
    assert_eq!(symptoms(&mistaken).1, ["exceptions"]);
}

#[test]
fn odd_numbers_in_a_report_break_nothing() {
    let target = target::ready();
    let plan = PlanFolder::of("analyze/read_and_health").aimed_at(&target);
    plan.run(&[]);
    let path = plan.file("json").with_file_name("changed.json");
    let report = plan.file_text("json");
    let mut whole: Value = serde_json::from_str(&report).unwrap();
    for time in ["min", "mean", "p50", "p95", "p99", "max"] {
        whole["total"]["response_time"][time] = json!(1e300);
        whole["requests"][0]["service_time"][time] = json!(-1e300);
    }
    whole["total"]["requests"] = json!(u64::MAX);
    whole["requests"][0]["failed"] = json!(u64::MAX);
    whole["requests"][1]["failed"] = json!(u64::MAX);
    whole["books"]["dropped"] = json!(u64::MAX);
    whole["run"]["seconds"] = json!(1e300);
    whole["run"]["users"] = json!(u64::MAX);
    fs::write(&path, whole.to_string()).unwrap();
    assert_eq!(analyzed(&[path.to_str().unwrap()]).0, 0);
    assert_eq!(analyzed(&[path.to_str().unwrap(), "--plan", "targets"]).0, 1);
    for part in 1..10 {
        fs::write(&path, &report[..report.len() * part / 10]).unwrap();
        let (code, _, stderr) = analyze(&[path.to_str().unwrap()]);
        assert!(code == 2 && stderr.contains("= help:"), "{part}/10: {stderr}");
    }
}
