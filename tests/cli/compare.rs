//! Two runs held against each other from outside: real runs, journals that are cut off or damaged, and what is printed.
//!
//! `UPDATE_GOLDENS=1 cargo test --test cli compare::` writes the goldens anew; read the difference before keeping it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use plimsoll::test_api::report::{ComparisonReport, comparison_junit, comparison_page};

use crate::support::command_line::{self, Ended, finish};
use crate::support::goldens::assert_goldens;
use crate::support::plan_folder::PlanFolder;
use crate::support::repository::{text, valid};
use crate::support::target::delayed;

fn compare(base: &Path, new: &Path, more: &[&str]) -> Ended {
    finish(command_line::command().arg("compare").arg(base).arg(new).args(more))
}

#[test]
fn a_service_half_as_fast_is_a_regression_and_one_twice_as_fast_an_improvement() {
    let (fast, slow) = (delayed("20ms"), delayed("40ms"));
    let plan = || PlanFolder::of("compare/arrivals");
    let (base, new) = (plan().aimed_at(&fast), plan().aimed_at(&slow));
    std::thread::scope(|scope| {
        let other = scope.spawn(|| assert_eq!(new.run(&["--quiet"]).0, 0));
        assert_eq!(base.run(&["--quiet"]).0, 0);
        other.join().unwrap();
    });
    let (base, new) = (base.file("journal"), new.file("journal"));

    let (code, told, stderr) = compare(&base, &new, &["--json"]);
    assert_eq!(code, 1, "{told}{stderr}");
    assert!(stderr.contains("warning: the runs have different targets"), "{stderr}");
    let told = valid(&told, "comparison");
    assert_eq!(told["word"], "regressed");
    let p50 = &told["total"]["changes"][2];
    assert_eq!((&p50["quantity"], &p50["word"]), (&"p50".into(), &"regressed".into()), "{p50}");
    assert!(p50["low"].as_f64().unwrap() > 0.5 && p50["high"].as_f64().unwrap() < 1.5, "{p50}");
    let requests = told["requests"][0]["base_requests"].as_u64().unwrap();
    assert_eq!(requests, 8 * 60, "warm-up and drained requests are where they belong");

    let (code, text, _) = compare(&new, &base, &[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("✓ improved: "), "{text}");

    let (code, text, _) = compare(&base, &base, &["--markdown"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.starts_with("### ✅ same"), "{text}");

    // what was cut off is told, and compared as far as it goes
    let whole = fs::read(&new).unwrap();
    let cut = new.with_file_name("cut.journal");
    fs::write(&cut, &whole[..whole.len() * 8 / 10]).unwrap();
    let (code, text, _) = compare(&base, &cut, &[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("warning: the new run was cut off"), "{text}");
    assert!(text.contains("where the shorter one ends"), "{text}");
    fs::write(&cut, &whole[..40]).unwrap();
    let (code, text, stderr) = compare(&base, &cut, &["--junit"]);
    assert_eq!((code, text.as_str()), (2, ""));
    assert!(stderr.contains("it is cut off within its header"), "{stderr}");
    assert_eq!(compare(&base, Path::new("nowhere.journal"), &[]).0, 2);
}

#[test]
fn a_run_held_to_a_baseline_fails_when_it_is_slower() {
    let (fast, slow) = (delayed("10ms"), delayed("30ms"));
    let plan = |target| PlanFolder::of("compare/arrivals").aimed_at(target);
    let base = plan(&fast);
    assert_eq!(base.run(&["--quiet", "--time", "6s"]).0, 0);
    let journal = base.file("journal");
    let journal = journal.to_str().unwrap();

    let new = plan(&slow);
    let (code, stdout, stderr) = new.run(&["--quiet", "--time", "6s", "--baseline", journal]);
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(stdout.contains("✓ passed") && stdout.contains("✗ regressed: "), "{stdout}");
    assert!(stderr.contains("_comparison.json"), "{stderr}");
    let kept = stderr.lines().find_map(|line| line.strip_prefix("comparison in ")).unwrap();
    let kept = new.file("journal").parent().unwrap().join(Path::new(kept).file_name().unwrap());
    assert_eq!(valid(&fs::read_to_string(kept).unwrap(), "comparison")["exit_code"], 1);

    // a tolerance that covers it
    let new = plan(&slow);
    let (code, stdout, stderr) = new.run(&["--quiet", "--time", "6s", "--baseline", journal, "--tolerance", "900%"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
}

#[test]
fn a_baseline_that_cannot_be_read_is_told_before_any_load() {
    let target = delayed("1ms");
    let plan = PlanFolder::of("compare/arrivals").aimed_at(&target);
    let began = std::time::SystemTime::now();
    let (code, stdout, stderr) = plan.run(&["--rate", "10/s", "--time", "30s", "--baseline", "plan.yaml"]);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert!(stderr.contains("it is no journal of Plimsoll"), "{stderr}");
    assert!(began.elapsed().unwrap() < Duration::from_secs(20));
    assert_eq!(target.counts().total, 0, "load was made");
}

#[test]
fn every_form_is_as_its_golden_says_whatever_the_names_hold() {
    let document = text("tests/compare/comparison.json");
    valid(&document, "comparison");
    let report: ComparisonReport = serde_json::from_str(&document).unwrap();
    let page = comparison_page(&report);
    let forms = [("txt", page.text()), ("md", page.markdown()), ("xml", comparison_junit(&report))];
    assert_goldens(forms.map(|(ending, made)| (format!("tests/compare/comparison.{ending}").into(), made)));
}

#[test]
fn too_little_data_is_an_error_where_a_result_is_required() {
    let service = delayed("1ms");
    let plan = PlanFolder::text(
        "endpoints: {look: {get: /health}}\nusers: {u: {pacing: 200ms, tasks: {t: {call: look}}}}\n\
         shape: {constant: {users: 1, for: 1s}}\n",
    )
    .aimed_at(&service);
    assert_eq!(plan.run(&["--quiet"]).0, 0);
    let run = plan.file("journal");
    let (code, text, _) = compare(&run, &run, &[]);
    assert!(code == 0 && text.contains("? not enough data"), "{text}");
    let (code, told, _) = compare(&run, &run, &["--require-verdict", "--json"]);
    assert_eq!((code, &valid(&told, "comparison")["exit_code"]), (4, &4.into()), "{told}");
}
