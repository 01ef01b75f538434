//! Two runs held against each other from outside: real runs, journals that are cut off or damaged, and what is printed.
//!
//! `UPDATE_GOLDENS=1 cargo test --test compare` writes the goldens anew; read the difference before keeping it.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use plimsoll::report::{ComparisonReport, comparison_junit, comparison_markdown, comparison_text};
use plimsoll::target::{Behaviour, Delay, Target};
use serde_json::Value;
use support::{Stage, ended};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn compare(base: &Path, new: &Path, more: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.arg("compare").arg(base).arg(new).args(more);
    ended(command.env("NO_COLOR", "1").stdin(Stdio::null()).output().unwrap())
}

fn target(delay: &str) -> Target {
    let behaviour = Behaviour { delay: Delay::parse(delay).unwrap(), ..Behaviour::default() };
    Target::start(behaviour, ([127, 0, 0, 1], 0).into()).unwrap()
}

fn plan(target: &Target, rate: u32, length: u32) -> String {
    format!(
        "target: http://{}/v1\nendpoints: {{health: {{get: /health}}}}\n\
         shape: {{arrivals: {{rate: {rate}/s, for: {length}s, max_users: 50}}}}\n",
        target.address()
    )
}

/// The document of a comparison, valid by its schema.
fn document(text: &str) -> Value {
    let document: Value = serde_json::from_str(text).unwrap();
    let schema = fs::read_to_string(format!("{ROOT}/schemas/comparison.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    document
}

#[test]
fn a_service_half_as_fast_is_a_regression_and_one_twice_as_fast_an_improvement() {
    let (fast, slow) = (target("20ms"), target("40ms"));
    let (base, new) = (Stage::new(&plan(&fast, 60, 8)), Stage::new(&plan(&slow, 60, 8)));
    std::thread::scope(|scope| {
        let other = scope.spawn(|| assert_eq!(new.run(&["--quiet"]).0, 0));
        assert_eq!(base.run(&["--quiet"]).0, 0);
        other.join().unwrap();
    });
    let (base, new) = (base.path("journal"), new.path("journal"));

    let (code, told, stderr) = compare(&base, &new, &["--json"]);
    assert_eq!(code, 1, "{told}{stderr}");
    assert!(stderr.contains("warning: the runs have different targets"), "{stderr}");
    let told = document(&told);
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
    assert!(text.starts_with("### ✓ same"), "{text}");

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
    let (fast, slow) = (target("10ms"), target("30ms"));
    let base = Stage::new(&plan(&fast, 60, 6));
    assert_eq!(base.run(&["--quiet"]).0, 0);
    let journal = base.path("journal");
    let journal = journal.to_str().unwrap();

    let new = Stage::new(&plan(&slow, 60, 6));
    let (code, stdout, stderr) = new.run(&["--quiet", "--baseline", journal]);
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(stdout.contains("✓ passed") && stdout.contains("✗ regressed: "), "{stdout}");
    assert!(stderr.contains("_comparison.json"), "{stderr}");
    let kept = stderr.lines().find_map(|line| line.strip_prefix("comparison in ")).unwrap();
    let kept = new.path("journal").parent().unwrap().join(Path::new(kept).file_name().unwrap());
    assert_eq!(document(&fs::read_to_string(kept).unwrap())["exit_code"], 1);

    // a tolerance that covers it
    let new = Stage::new(&plan(&slow, 60, 6));
    let (code, stdout, stderr) = new.run(&["--quiet", "--baseline", journal, "--tolerance", "900%"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
}

#[test]
fn a_baseline_that_cannot_be_read_is_told_before_any_load() {
    let target = target("1ms");
    let stage = Stage::new(&plan(&target, 10, 30));
    let began = std::time::SystemTime::now();
    let (code, stdout, stderr) = stage.run(&["--baseline", "plan.yaml"]);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert!(stderr.contains("it is no journal of Plimsoll"), "{stderr}");
    assert!(began.elapsed().unwrap() < Duration::from_secs(20));
    assert_eq!(target.counts().total, 0, "load was made");
}

#[test]
fn every_form_is_as_its_golden_says_whatever_the_names_hold() {
    let folder = Path::new(ROOT).join("tests/compare");
    let text = fs::read_to_string(folder.join("comparison.json")).unwrap();
    document(&text);
    let report: ComparisonReport = serde_json::from_str(&text).unwrap();
    let forms =
        [("txt", comparison_text(&report)), ("md", comparison_markdown(&report)), ("xml", comparison_junit(&report))];
    for (ending, made) in forms {
        let golden = folder.join(format!("comparison.{ending}"));
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            fs::write(&golden, &made).unwrap();
        }
        assert_eq!(fs::read_to_string(&golden).unwrap_or_default(), made, "{} differs", golden.display());
    }
}
