//! The plan language from outside: every plan of the repository is good, every bad one is told as its golden says.
//!
//! `UPDATE_GOLDENS=1 cargo test --test cli plans::` writes the goldens anew; read the difference before keeping it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::command_line::{self, Ended, finish};
use crate::support::goldens::assert_goldens;
use crate::support::repository::{files, root, schema, text};

fn yaml_files(folder: &str) -> Vec<PathBuf> {
    files(folder, ".yaml")
}

/// Every plan of the repository that is meant to be good.
fn good_plans() -> Vec<PathBuf> {
    let folders = ["plans", "tests/plans/good", "tests/field", "tests/field/flows", "benches/plans"];
    let examples = fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path().join("plan.yaml"));
    let examples = examples.filter(|plan| plan.exists()).map(|plan| plan.strip_prefix(root()).unwrap().to_owned());
    folders.into_iter().flat_map(yaml_files).chain(examples).collect()
}

fn check(plan: &Path) -> Ended {
    finish(command_line::command().arg("check").arg(plan))
}

#[test]
fn every_plan_passes_its_check() {
    let plans = good_plans();
    assert!(plans.len() > 5, "only {} plans were found", plans.len());
    for plan in plans {
        let (code, stdout, stderr) = check(&plan);
        let silent = stderr.is_empty() || is_of_this_machine(&stderr);
        assert!(code == 0 && silent, "{}: {stdout}{stderr}", plan.display());
    }
}

/// Whether nothing is said but that this machine has too few open files for a plan: that is not the plan's fault.
fn is_of_this_machine(said: &str) -> bool {
    said.matches("warning: ").count() == 1 && said.contains(" open files are needed and the system allows ")
}

#[test]
fn every_bad_plan_is_told_as_its_golden_says() {
    let plans = yaml_files("tests/plans/bad");
    assert!(plans.len() > 10, "only {} bad plans were found", plans.len());
    as_the_goldens_say(plans, 2);
}

#[test]
fn every_plan_that_can_run_but_hardly_means_it_is_warned_of() {
    let plans = yaml_files("tests/plans/warned");
    assert!(!plans.is_empty());
    as_the_goldens_say(plans, 0);
}

fn as_the_goldens_say(plans: Vec<PathBuf>, expected: i32) {
    assert_goldens(plans.into_iter().map(|plan| {
        let (code, stdout, stderr) = check(&plan);
        assert_eq!((code, stdout.is_empty()), (expected, expected != 0), "{}: {stderr}", plan.display());
        (plan.with_extension("stderr"), stderr)
    }));
}

#[test]
fn ten_planted_mistakes_are_told_in_one_go() {
    let (code, _, stderr) = check(Path::new("tests/plans/bad/ten_mistakes.yaml"));
    assert_eq!(code, 2);
    for mistake in [
        "unknown key `nme` in a plan",
        "unknown key `timeot` in a target",
        "unknown key `at_mst` in a matcher",
        "`data` is written twice",
        "`10` has no unit",
        "unknown endpoint `recal`",
        "unknown name `querys`",
        "`$.concepts[` is not a JSONPath",
        "please",
        "every task of user type `memory` has weight 0",
    ] {
        assert!(stderr.contains(mistake), "{mistake} is not told in:\n{stderr}");
    }
    assert!(stderr.ends_with("tests/plans/bad/ten_mistakes.yaml: 10 errors\n"), "{stderr}");
}

#[test]
fn the_schema_on_disk_is_the_one_the_types_give() {
    for (of, file) in [
        ("plan", "schemas/plan.schema.json"),
        ("suite", "schemas/suite.schema.json"),
        ("suite-report", "schemas/suite_report.schema.json"),
        ("report", "schemas/report.schema.json"),
        ("analysis", "schemas/analysis.schema.json"),
        ("comparison", "schemas/comparison.schema.json"),
        ("runs", "schemas/runs.schema.json"),
    ] {
        let (_, made, _) = command_line::run(&["schema", of]);
        let kept = text(file);
        assert!(made == kept, "{file} is stale: run `cargo run -- schema {of} > {file}`");
    }
}

#[test]
fn every_plan_is_valid_by_the_schema() {
    let (plans, suites) = (schema("plan"), schema("suite"));
    let mut seen = 0;
    // an editor looks at what is included, too
    for plan in good_plans().into_iter().chain(yaml_files("plans/shared")) {
        let is_suite = text(&plan).contains("suite.schema.json");
        let validator = if is_suite { &suites } else { &plans };
        seen += usize::from(is_suite);
        let value: serde_json::Value = serde_saphyr::from_str(&text(&plan)).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", plan.display());
    }
    assert!(seen >= 2, "{seen} suites were found");
}

#[test]
fn the_schema_refuses_what_the_check_refuses() {
    let validator = schema("plan");
    for text in ["{nme: x}", "{shape: {constant: {users: 5, for: 10}}}", "{users: {a: {tasks: {t: {wait: 1}}}}}"] {
        let value: serde_json::Value = serde_saphyr::from_str(text).unwrap();
        assert!(!validator.is_valid(&value), "{text}");
    }
    let validator = schema("suite");
    for text in [
        "{suite: []}",
        "{rest: 5s}",
        "{suite: [{plan: a, user_s: 3}]}",
        "{suite: [{profile: b}]}",
        "{suite: [a], rest: 5}",
    ] {
        let value: serde_json::Value = serde_saphyr::from_str(text).unwrap();
        assert!(!validator.is_valid(&value), "{text}");
    }
}
