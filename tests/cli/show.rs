//! A run told again from its journal: the same numbers, wherever the journal ends.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::support::command_line::{self, Ended, finish};
use crate::support::plan_folder::PlanFolder;
use crate::support::target;

fn plan(shape: &str) -> PlanFolder {
    PlanFolder::with_lines("show/read_and_wrong", shape)
}

fn show(journal: &Path, more: &[&str]) -> Ended {
    finish(command_line::command().arg("show").arg(journal).args(more))
}

#[test]
fn a_journal_tells_the_report_the_run_itself_wrote() {
    let target = target::ready();
    let shapes = [
        "shape: {constant: {users: 5, for: 2s}}\nthresholds: [error_rate < 40%, \"p95{tag=read} < 1s\", rate > 10000/min]\n",
        "shape: {stages: [{users: 2, for: 1s, warm_up: true}, {users: 6, for: 1s, ramp: 500ms}]}\n",
        "shape: {steps: {users: 1, add: 1, every: 1s, for: 3s, until: failing}}\nthresholds: [count < 150]\n",
        "shape: {arrivals: {rate: 40/s, for: 1s, spacing: poisson}}\nthresholds: [error_rate < 60% over 1s]\n",
    ];
    for shape in shapes {
        let plan = plan(shape).aimed_at(&target);
        let (code, _, stderr) = plan.run(&[]);
        assert!(code < 2, "{shape}: exit {code}: {stderr}");
        let (code, told, stderr) = show(&plan.file("journal"), &["--json"]);
        assert_eq!((code, stderr.as_str()), (0, ""));
        assert!(told == plan.file_text("json"), "{shape}: the journal tells {told}");
        let bytes = std::fs::read(plan.file("journal")).unwrap();
        let secret = b"cm_test_key";
        assert!(!bytes.windows(secret.len()).any(|window| window == secret), "a secret is in the journal");
    }
}

#[test]
fn a_summary_is_as_wide_as_it_may_be_and_no_wider() {
    let journal = Path::new("tests/journals/closed.journal");
    let shown = |columns: &str| finish(command_line::command().arg("show").arg(journal).env("COLUMNS", columns)).1;
    for (columns, width) in [("40", 40), ("80", 80), ("0", 80), ("1", 20), ("many", 80), ("120", 120)] {
        let text = shown(columns);
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width, "{columns}: {widest}\n{text}");
    }
    let (narrow, usual, wide) = (shown("40"), shown("80"), shown("200"));
    // what is left out of the tables is in a line, and what is broken is there at any width
    for text in [&narrow, &usual, &wide] {
        assert!(text.contains("p99.9") && text.contains("received") && text.contains("✗"), "{text}");
    }
    assert!(usual.contains("by stage") && usual.contains("by status") && usual.contains("p90"), "{usual}");
    assert!(usual.contains("plimsoll try closed.yaml --endpoint"), "{usual}");
    assert!(wide.contains("service p50") && !usual.contains("service p50"), "{wide}");
}

#[test]
fn a_killed_run_is_told_up_to_the_second_it_was_killed_in() {
    let target = target::ready();
    for after in [1300, 2100, 2750] {
        let plan = plan("shape: {constant: {users: 5, for: 30s}}\n").aimed_at(&target);
        let mut child = plan.spawn(&["--quiet"]);
        let journal = plan.awaited_journal();
        std::thread::sleep(Duration::from_millis(after));
        child.kill().unwrap();
        child.wait().unwrap();
        let (code, told, stderr) = show(&journal, &["--json"]);
        assert_eq!(code, 0, "{stderr}");
        assert!(stderr.contains("has no end") || stderr.contains("breaks off"), "{stderr}");
        let report: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(report["verdict"]["exit_code"], 5);
        let seconds = report["history"].as_array().unwrap().len() as u64;
        // the second under way is lost, and a busy machine may be late with the one before
        assert!(seconds + 2 > after / 1000, "{seconds} seconds of {after} ms");
    }
}

#[test]
fn a_journal_cut_off_anywhere_is_told_as_far_as_it_goes() {
    let target = target::ready();
    let plan = plan("shape: {constant: {users: 5, for: 2s}}\n").aimed_at(&target);
    plan.run(&[]);
    let whole = std::fs::read(plan.file("journal")).unwrap();
    let cut = plan.file("journal").with_extension("cut");
    for part in 0..20 {
        std::fs::write(&cut, &whole[..whole.len() * part / 20]).unwrap();
        let (code, _, stderr) = show(&cut, &[]);
        assert!(code == 0 || code == 2, "cut at {part}/20: exit {code}: {stderr}");
        assert!(!stderr.is_empty(), "cut at {part}/20 is not told");
    }
}

#[test]
fn each_second_of_the_history_has_its_quantiles_and_each_stage_its_figures() {
    let target = target::ready();
    let plan = plan("shape: {stages: [{users: 2, for: 1s, warm_up: true}, {users: 6, for: 1s, ramp: 500ms}]}\n")
        .aimed_at(&target);
    plan.run(&["--quiet"]);
    let report = plan.report();
    let (_, csv, _) = show(&plan.file("journal"), &["--json"]);
    assert_eq!(csv, plan.file_text("json"));
    let rows = plan.with_ending("_stats_history.csv");
    let rows: Vec<Vec<&str>> = rows.lines().skip(1).map(|row| row.split(',').collect()).collect();
    let steps = report["history"].as_array().unwrap();
    assert!(steps.len() >= 2, "{report}");
    for (step, row) in steps.iter().zip(&rows) {
        let ended = step["ok"].as_u64().unwrap() + step["failed"].as_u64().unwrap();
        assert_eq!(step["p50"].is_number(), ended > 0, "{step}");
        if ended > 0 {
            let [p50, p95, p99] = ["p50", "p95", "p99"].map(|name| step[name].as_f64().unwrap());
            assert!(p50 <= p95 && p95 <= p99, "{step}");
            // the columns of Locust's file are whole milliseconds
            assert_eq!([p50, p95, p99].map(|ms| ms.round().to_string()), [row[6], row[11], row[13]], "{step}");
        }
    }
    let stages = report["breakdown"]["stages"].as_array().unwrap();
    assert_eq!(stages.len(), 2);
    assert!(
        stages.iter().all(|stage| stage["response_time"]["p95"].is_number() && stage["rate"].is_number()),
        "{report}"
    );
}
