use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::document::{FigureEntry, RunLine, RunState, VERSION};
use super::*;

fn folder(runs: &[(&str, Option<&str>)]) -> RunsFolder {
    let count = runs.len() as u64;
    let made = runs.iter().enumerate().map(|(index, (stem, name))| RunHead::made(stem, *name, count - index as u64));
    RunsFolder {
        path: PathBuf::from("results"),
        runs: made.collect(),
        broken: Vec::new(),
        foreign: Vec::new(),
        cut: false,
    }
}

fn line(began: &str, value: Option<f64>) -> RunLine {
    let shown = value.map_or_else(|| "no data".to_owned(), |value| format!("{value}ms"));
    RunLine {
        reference: "latest".to_owned(),
        file: "results/a.journal".to_owned(),
        name: None,
        labels: BTreeMap::new(),
        plan: "shop".to_owned(),
        profile: None,
        scale: None,
        began: began.to_owned(),
        shard: None,
        state: RunState::Passed,
        verdict: "passed".to_owned(),
        exit_code: Some(0),
        seconds: Some(10.0),
        requests: Some(100),
        failed: Some(0),
        rate: Some(1234.5),
        error_rate: Some(0.0),
        p50: Some(1.0),
        p95: Some(12.3),
        p99: Some(20.0),
        figures: [("p95".to_owned(), FigureEntry { value, unit: "s".to_owned(), shown, failed_as_timeout: false })]
            .into(),
    }
}

fn report(runs: Vec<RunLine>) -> RunsReport {
    RunsReport {
        version: VERSION,
        plimsoll: String::new(),
        folder: "results".to_owned(),
        runs,
        older: 0,
        skipped: Vec::new(),
    }
}

#[test]
fn a_run_is_found_by_its_age_its_name_and_the_beginning_of_its_files_names() {
    let runs = folder(&[
        ("nightly_3", Some("nightly")),
        ("load_test_22", None),
        ("nightly_2", Some("nightly")),
        ("load_test_2", None),
        ("load_test_1", None),
    ]);
    for (word, stem) in [
        ("latest", "nightly_3"),
        ("latest~0", "nightly_3"),
        ("latest~4", "load_test_1"),
        ("nightly", "nightly_3"),
        ("nightly~1", "nightly_2"),
        ("nightly_2", "nightly_2"),
        ("load_test_1", "load_test_1"),
        // a whole name is not the beginning of another
        ("load_test_2", "load_test_2"),
        ("load_test_22.journal", "load_test_22"),
    ] {
        assert_eq!(find(&runs, word).unwrap().stem, stem, "{word}");
    }
}

#[test]
fn what_means_no_run_or_several_is_told_with_what_to_write_instead() {
    let runs = folder(&[
        ("load_test_3", None),
        ("load_test_2", None),
        ("nightly_2", Some("nightly")),
        ("nightly_1", Some("nightly")),
    ]);
    for (word, why, help) in [
        ("latest~9", "`results` has 4 runs", "the oldest of them is `latest~3`"),
        ("nightly~2", "the name of 2 runs", "`nightly~1`"),
        ("load", "the beginning of 2 runs", "`load_test_3`, `load_test_2`"),
        ("nigthly", "there is no run `nigthly`", "did you mean `nightly`?"),
        ("latst~2", "there is no run `latst~2`", "did you mean `latest~2`?"),
        ("latets", "there is no run `latets`", "did you mean `latest`?"),
        ("latest~x", "there is no run `latest~x`", "latest"),
        ("latest~99999999999999999999", "there is no run", "latest"),
        ("shop", "there is no run `shop`", "`plimsoll runs --plan shop`"),
        ("something else", "there is no run", "`plimsoll runs` lists"),
    ] {
        let told = find(&runs, word).unwrap_err();
        assert!(told.why.contains(why) && told.help.contains(help), "{word}: {told:?}");
    }
    assert!(find(&folder(&[]), "latest").unwrap_err().why.contains("`results` has none"));
}

#[test]
fn a_rehearsal_is_no_point_of_a_trend() {
    let rehearsal = RunLine { scale: Some(0.1), ..line("2026-11-30T10:00:00Z", Some(5.0)) };
    let report = report(vec![rehearsal, line("2026-11-30T09:00:00Z", Some(1.0))]);
    let figures = ["p95".to_owned()];
    let trends = super::trend::trends(&report, &figures);
    assert_eq!(trends.iter().map(|trend| trend.points.len()).collect::<Vec<_>>(), [1]);
}

#[test]
fn the_list_fits_eighty_columns_whatever_the_names_are() {
    let long = "x".repeat(300);
    let mut run = line("2026-11-30T11:16:29.123Z", None);
    run.reference = "latest~199".to_owned();
    run.state = RunState::Interrupted;
    (run.plan, run.name) = (long.clone(), Some(long.clone()));
    run.labels = [("commit".to_owned(), long), ("evil".to_owned(), "\u{1b}[2J\n::error::x".to_owned())].into();
    let text = list_text(&report(vec![run, line("2026-11-30T11:16:29.123Z", None)]));
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(!text.contains('\u{1b}') && !text.lines().any(|line| line.starts_with("::")), "{text}");
    assert!(text.contains("2026-11-30 11:16  interrupted  1234/s  12.3ms"), "{text}");
}

#[test]
fn a_trend_is_a_line_of_signs_the_oldest_first_and_its_changes() {
    let runs = [Some(40.0), None, Some(20.0), Some(10.0)].map(|value| line("2026-11-30T11:16:29.123Z", value));
    let text = trend_text(&report(runs.to_vec()), &["p95".to_owned()]);
    assert!(text.contains("  ▁▃·█\n  lowest 10ms, highest 40ms\n"), "{text}");
    assert!(text.contains("+100.0%") && text.contains("no data"), "{text}");
    let csv = trend_csv(&report(runs.to_vec()), &["p95".to_owned()]);
    let column: Vec<&str> = csv.lines().map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!(column, ["p95", "10", "20", "", "40"]);
    // runs of another plan do not compare
    let mut other = runs.to_vec();
    other[0].plan = "elsewhere".to_owned();
    let text = trend_text(&report(other), &["p95".to_owned()]);
    assert!(text.contains("p95 of elsewhere\n  ▅\n") && text.contains("p95 of shop\n  ▁█·\n"), "{text}");
}

#[test]
fn a_page_of_trends_has_each_figure_and_runs_nothing() {
    let mut run = line("2026-11-30T11:16:29.123Z", Some(12.5));
    run.name = Some("</style><script>alert(1)</script>\u{202E}".to_owned());
    run.labels = [("k".to_owned(), "\"><img src=x onerror=y>".to_owned())].into();
    let page = trend_page(&report(vec![run, line("2026-11-30T11:16:29.123Z", None)]), &["p95".to_owned()]).unwrap();
    assert!(page.contains("12.5ms") && page.contains("data-v=\"12.5\""), "{page}");
    assert!(page.contains("default-src 'none'; style-src 'sha256-"), "{page}");
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("style=\""), "{page}");
    assert!(!page.contains('\u{202E}') && !page.contains("http:") && !page.contains("https:"), "{page}");
}

#[test]
fn of_each_plan_and_name_the_newest_stay() {
    let mut runs = folder(&[
        ("nightly_3", Some("nightly")),
        ("load_test_3", None),
        ("nightly_2", Some("nightly")),
        ("load_test_2", None),
        ("nightly_1", Some("nightly")),
        ("other_1", None),
    ]);
    runs.runs[5].plan = "other".to_owned();
    let pruned = |keep, filter: &Filter| {
        let (runs, under_way) = to_prune(&runs, filter, keep, SystemTime::UNIX_EPOCH + Duration::from_secs(100));
        assert_eq!(under_way, 0);
        runs.into_iter().map(|run| run.stem).collect::<Vec<_>>()
    };
    assert_eq!(pruned(1, &Filter::default()), ["nightly_1", "load_test_2", "nightly_2"]);
    assert_eq!(pruned(2, &Filter::default()), ["nightly_1"]);
    let named = Filter { name: Some("nightly".to_owned()), ..Filter::default() };
    assert_eq!(pruned(0, &named), ["nightly_1", "nightly_2", "nightly_3"]);
    let (all, _) = to_prune(&runs, &named, 2, SystemTime::UNIX_EPOCH);
    let files =
        ["nightly_1.html", "nightly_1.json", "nightly_1.journal"].map(|name| PathBuf::from("results").join(name));
    assert_eq!(all[0].files, files);
}
