//! The files of a run: every form shows the same numbers, whatever ends a run leaves all of them, and nothing that comes
//! from outside breaks one.
//!
//! `UPDATE_GOLDENS=1 cargo test --test cli files::` writes the goldens anew; read the difference before keeping it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use plimsoll::test_api::report::{Format, HistoryRows, Seconds, annotations, exceptions, failures};
use plimsoll::test_api::results::Report;
use plimsoll::test_api::secrets::Secrets;
use plimsoll::test_api::target::{Behaviour, Delay, Target};
use plimsoll::test_api::units::{Ratio, show_duration};
use serde_json::Value;

use crate::support::command_line::{self, Ended, finish, send, through_shell, wait};
use crate::support::goldens::assert_goldens;
use crate::support::plan_folder::{PlanFolder, RESULT_FILES};
use crate::support::repository::text;
use crate::support::target;

/// A service that fails a tenth of its requests, and is slow with a fifth.
fn target() -> Target {
    let delay = Delay::parse("80%:1ms..3ms,20%:30ms..60ms").unwrap();
    target::start(Behaviour { fail: Some(Ratio::parse("10%").unwrap()), delay, ..Behaviour::default() })
}

fn plan(target: &Target, shape_and_thresholds: &str) -> PlanFolder {
    PlanFolder::with_lines("files/mixed", shape_and_thresholds).aimed_at(target)
}

fn show(plan: &PlanFolder, more: &[&str]) -> Ended {
    finish(command_line::command().arg("show").arg(plan.file("journal")).args(more).current_dir(plan.path()))
}

/// A CSV file's rows, by column.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap()
}

/// A time in milliseconds as summaries write it.
fn shown(ms: &Value) -> String {
    show_duration(Duration::from_secs_f64(ms.as_f64().unwrap() / 1e3))
}

/// A text whose numbers have no commas in them.
fn ungrouped(text: &str) -> String {
    let signs: Vec<char> = text.chars().collect();
    let digit = |at: usize| signs.get(at).is_some_and(char::is_ascii_digit);
    let kept =
        signs.iter().enumerate().filter(|(at, sign)| !(**sign == ',' && *at > 0 && digit(at - 1) && digit(at + 1)));
    kept.map(|(_, sign)| *sign).collect()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

#[test]
fn every_form_shows_the_same_numbers() {
    let target = target();
    let plan = plan(&target, "shape: {constant: {users: 8, for: 3s}}\nthresholds: [p95 < 1ms]\n");
    let (code, stdout, stderr) = plan.run(&["--full-history"]);
    assert_eq!(code, 1, "{stderr}");
    let report = plan.report();
    let (stats, junit, page) =
        (rows(&plan.with_ending("_stats.csv")), plan.with_ending("_junit.xml"), plan.with_ending(".md"));
    let html = plan.with_ending(".html");
    // as the page's templates escape a name
    let escaped = |name: &str| name.replace('/', "&#x2f;").replace('"', "&quot;");
    let entries: Vec<&Value> =
        report["requests"].as_array().unwrap().iter().chain(std::iter::once(&report["total"])).collect();
    assert_eq!(stats.len(), entries.len());
    for entry in entries {
        let (method, name) = (entry["method"].as_str().unwrap(), entry["name"].as_str().unwrap());
        let of_all = method.is_empty();
        let csv_name = if of_all { "Aggregated" } else { name };
        let row = stats.iter().find(|row| row["Type"] == method && row["Name"] == csv_name).unwrap();
        let times = &entry["response_time"];
        for (column, value) in [
            ("Request Count", &entry["requests"]),
            ("Failure Count", &entry["failed"]),
            ("Median Response Time", &times["p50"]),
            ("Average Response Time", &times["mean"]),
            ("Min Response Time", &times["min"]),
            ("Max Response Time", &times["max"]),
            ("Requests/s", &entry["rate"]),
        ] {
            assert_eq!(Some(number(row, column)), value.as_f64().or(Some(0.0)), "{column} of {name}");
        }
        let run = &report["run"];
        let time = run["rate_seconds"].as_f64().or(run["seconds"].as_f64()).unwrap();
        let per_second = entry["failed"].as_f64().unwrap() / time;
        assert!(near(number(row, "Failures/s"), per_second));
        if times.is_null() {
            assert_eq!(row["95%"], "N/A");
            continue;
        }
        for (column, key) in [
            ("50%", "p50"),
            ("66%", "p66"),
            ("75%", "p75"),
            ("80%", "p80"),
            ("90%", "p90"),
            ("95%", "p95"),
            ("98%", "p98"),
            ("99%", "p99"),
            ("99.9%", "p999"),
            ("99.99%", "p9999"),
            ("100%", "max"),
        ] {
            assert_eq!(row[column], format!("{:.0}", times[key].as_f64().unwrap()), "{column} of {name}");
        }
        // what a person reads has three digits
        let words = ["p50", "p90", "p95", "p99", "max"].map(|key| shown(&times[key]));
        let in_browser = html.lines().find(|line| {
            if of_all { line.contains(">all</td>") } else { line.contains(&format!(">{}</span></td>", escaped(name))) }
        });
        let in_browser = in_browser.unwrap();
        for key in ["p50", "p90", "p95", "p99", "p999", "max"] {
            let cell = |sign: &str| format!("<td data-v=\"{}\">{sign}{}</td>", times[key], shown(&times[key]));
            let told = in_browser.contains(&cell("")) || in_browser.contains(&cell("~"));
            assert!(told, "{} in {in_browser}", cell(""));
        }
        let failed = entry["failed"].as_u64().unwrap();
        let share = entry["error_rate"].as_f64().unwrap() * 100.0;
        let percent = match share {
            share if share < 10.0 => format!("{share:.2}%"),
            share if share < 100.0 => format!("{share:.1}%"),
            _ => "100%".to_owned(),
        };
        let failures = if failed == 0 { "0".to_owned() } else { format!("{failed} ({percent})") };
        let line = if of_all {
            page.lines().find(|line| line.contains("| **all** |")).unwrap()
        } else {
            page.lines().find(|line| line.contains(&format!("| `{method}` | `{name}` |"))).unwrap()
        };
        // a quantile that few samples stand behind has a sign before it
        let line = ungrouped(line).replace("\\~", "");
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        assert_eq!((cells[3], cells[4]), (&*entry["requests"].to_string(), &*failures), "{line}");
        assert_eq!(cells[6..11], words, "{line}");
        let rate: f64 = cells[5].trim_end_matches("/s").parse().unwrap();
        assert!((rate / entry["rate"].as_f64().unwrap() - 1.0).abs() < 0.01, "{line}");
        let of_row = |line: &&str| {
            let rest = line.trim_start().strip_prefix(method).map(str::trim_start);
            rest.is_some_and(|rest| rest.starts_with(&format!("{name}  ")))
        };
        let summary = ungrouped(stdout.lines().find(of_row).unwrap());
        for word in words.iter().chain([&failures, &entry["requests"].to_string()]) {
            assert!(summary.contains(word.as_str()), "{word} is not in {summary}");
        }
        if !of_all {
            let escaped = name.replace('"', "&quot;");
            let case =
                junit.split("<testcase").find(|case| case.contains(&format!("name=\"{method} {escaped}\""))).unwrap();
            let case = ungrouped(case);
            let told = format!("p50 {}, p95 {}, p99 {}, max {}", words[0], words[2], words[3], words[4]);
            assert!(case.contains(&told) && case.contains(&format!("{} requests", entry["requests"])), "{case}");
            assert_eq!(case.contains("<failure"), failed > 0, "{case}");
            assert!(
                failed == 0 || case.contains(&format!("{failed} of {} requests failed", entry["requests"])),
                "{case}"
            );
        }
    }
    let sum =
        |key: &str| report[key].as_array().unwrap().iter().map(|group| group["count"].as_u64().unwrap()).sum::<u64>();
    let counted = |ending: &str, column: &str| {
        rows(&plan.with_ending(ending)).iter().map(|row| row[column].parse::<u64>().unwrap()).sum::<u64>()
    };
    assert!(sum("failures") > 0 && sum("exceptions") > 0);
    assert_eq!(counted("_failures.csv", "Occurrences"), sum("failures"));
    assert_eq!(counted("_exceptions.csv", "Count"), sum("exceptions"));
    assert_eq!(sum("failures") + sum("exceptions"), report["total"]["failed"].as_u64().unwrap());
    assert_history(&report, &plan);
    // what show makes again is what the run wrote
    for (flag, ending) in
        [("--json", ".json"), ("--csv", "_stats.csv"), ("--junit", "_junit.xml"), ("--markdown", ".md")]
    {
        assert_eq!(show(&plan, &[flag]), (0, plan.with_ending(ending), String::new()), "{flag}");
    }
    assert_eq!(show(&plan, &["--text"]).1, stdout);
    assert!(plan.with_ending(".log").ends_with(&stdout));
    assert_eq!(show(&plan, &["--out", "again", "--full-history"]).0, 0);
    let stem = plan.stem();
    for ending in RESULT_FILES.iter().filter(|ending| !matches!(**ending, ".journal" | ".log")) {
        let again = fs::read_to_string(plan.path().join(format!("again/{stem}{ending}"))).unwrap();
        assert!(again == plan.with_ending(ending), "{ending} differs");
    }
    assert_eq!(fs::read_to_string(plan.path().join(format!("again/{stem}.txt"))).unwrap(), stdout);
}

/// The history adds up to the report, as a whole and by name, and has every second.
fn assert_history(report: &Value, plan: &PlanFolder) {
    let history = rows(&plan.with_ending("_stats_history.csv"));
    let (all, named): (Vec<_>, Vec<_>) = history.iter().partition(|row| row["Name"] == "Aggregated");
    let seconds: Vec<u64> = all.iter().map(|row| row["Timestamp"].parse().unwrap()).collect();
    assert!(seconds.len() >= 3 && seconds.windows(2).all(|pair| pair[1] == pair[0] + 1), "{seconds:?}");
    let began = humantime::parse_rfc3339(report["run"]["began"].as_str().unwrap()).unwrap();
    assert_eq!(seconds[0], began.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs());
    let check = |entry: &Value, rows: &[&BTreeMap<String, String>]| {
        let ended: f64 = rows.iter().map(|row| number(row, "Requests/s")).sum();
        let failed: f64 = rows.iter().map(|row| number(row, "Failures/s")).sum();
        assert_eq!((Some(ended), Some(failed)), (entry["requests"].as_f64(), entry["failed"].as_f64()));
        let last = rows.last().unwrap();
        for (column, value) in [
            ("Total Request Count", &entry["requests"]),
            ("Total Failure Count", &entry["failed"]),
            ("Total Median Response Time", &entry["response_time"]["p50"]),
            ("Total Average Response Time", &entry["response_time"]["mean"]),
            ("Total Min Response Time", &entry["response_time"]["min"]),
            ("Total Max Response Time", &entry["response_time"]["max"]),
        ] {
            assert!(near(number(last, column), value.as_f64().unwrap_or(0.0)), "{column}: {last:?}");
        }
    };
    check(&report["total"], &all);
    for entry in report["requests"].as_array().unwrap() {
        let of = |row: &&&BTreeMap<String, String>| entry["method"] == row["Type"] && entry["name"] == row["Name"];
        check(entry, &named.iter().filter(of).copied().collect::<Vec<_>>());
    }
}

#[test]
fn whatever_ends_a_run_leaves_every_file() {
    let target = target();
    let long = "shape: {constant: {users: 4, for: 60s}}\nthresholds: [count > 0]\n";
    let abort = "shape: {constant: {users: 4, for: 60s}}\nthresholds: [{require: count < 20, abort: true}]\n";
    for (signal, more, code) in
        [(Some("-INT"), long, 5), (Some("-TERM"), long, 5), (Some("-HUP"), long, 5), (None, abort, 1)]
    {
        let plan = plan(&target, more);
        let child = plan.spawn(&["--quiet"]);
        if let Some(signal) = signal {
            plan.awaited_journal();
            std::thread::sleep(Duration::from_millis(1400));
            send(signal, &child);
        }
        let (found, _, stderr) = wait(child);
        assert_eq!(found, code, "{signal:?}: {stderr}");
        assert_eq!(plan.endings(), RESULT_FILES, "{signal:?}");
        let report = plan.report();
        let last = rows(&plan.with_ending("_stats_history.csv")).pop().unwrap();
        assert_eq!(last["Total Request Count"], report["total"]["requests"].to_string(), "{signal:?}");
        let junit = plan.with_ending("_junit.xml");
        let verdict = junit.split("<testcase").find(|case| case.contains("name=\"verdict\"")).unwrap();
        let element = if code == 5 { "<error" } else { "<failure" };
        assert!(verdict.contains(element), "{signal:?}: {verdict}");
        assert!(plan.with_ending(".md").starts_with("### ❌ "), "{signal:?}");
    }
}

#[test]
fn a_journal_cut_off_anywhere_gives_files_that_agree() {
    let target = target();
    let plan = plan(&target, "shape: {constant: {users: 4, for: 2s}}\nthresholds: [count > 0, error_rate <= 100%]\n");
    plan.run(&["--quiet"]);
    let whole = fs::read(plan.file("journal")).unwrap();
    let mut told = 0;
    for part in 1..12 {
        let cut = plan.path().join(format!("cut{part}.journal"));
        fs::write(&cut, &whole[..whole.len() * part / 12]).unwrap();
        let mut command = command_line::command();
        let (code, _, stderr) = finish(command.arg("show").arg(&cut).args(["--out", "cut"]).current_dir(plan.path()));
        if code == 2 && stderr.contains("cut off within its header") {
            continue;
        }
        assert_eq!(code, 0, "{stderr}");
        let file = |ending: &str| fs::read_to_string(plan.path().join(format!("cut/cut{part}{ending}"))).unwrap();
        let report: Value = serde_json::from_str(&file(".json")).unwrap();
        let total = report["total"]["requests"].to_string();
        assert_eq!(rows(&file("_stats.csv")).last().unwrap()["Request Count"], total);
        let last = rows(&file("_stats_history.csv")).pop();
        assert_eq!(last.map_or_else(|| "0".to_owned(), |row| row["Total Request Count"].clone()), total);
        assert!(file("_junit.xml").contains("<error type=\"exit_code_5\""));
        told += 1;
    }
    assert!(told > 3, "only {told} could be told");
}

#[test]
fn a_run_without_requests_looks_like_a_failure_in_every_form() {
    let target = target();
    let plan = PlanFolder::of("run/no_requests").aimed_at(&target);
    let (code, ..) = plan.run(&[]);
    assert_eq!((code, plan.endings().as_slice()), (1, RESULT_FILES.map(str::to_owned).as_slice()));
    let stats = rows(&plan.with_ending("_stats.csv"));
    assert_eq!(
        (stats.len(), &*stats[0]["Name"], &*stats[0]["Request Count"], &*stats[0]["50%"]),
        (1, "Aggregated", "0", "N/A")
    );
    assert!(plan.with_ending("_junit.xml").contains("failures=\"2\""));
    assert!(plan.with_ending(".md").contains("nothing was measured"));
}

#[test]
fn a_passed_run_has_no_failure_in_its_junit_though_a_request_failed() {
    let target = target();
    let more = "shape: {constant: {users: 4, for: 1s}}\nthresholds: [error_rate < 60%]\n";
    let plan = plan(&target, more);
    let (code, ..) = plan.run(&[]);
    let junit = plan.with_ending("_junit.xml");
    assert_eq!(code, 0);
    assert!(plan.report()["total"]["failed"].as_u64().unwrap() > 0);
    assert!(!junit.contains("<failure") && junit.contains("which the thresholds allow"), "{junit}");
}

#[test]
fn a_file_that_cannot_be_written_is_told_and_the_others_are_there() {
    let target = target();
    let plan = plan(&target, "shape: {constant: {users: 4, for: 1s}}\nthresholds: [count > 0, error_rate <= 100%]\n");
    // the report and the page are the longest files; as files may be as long as a few blocks, they alone do not fit
    let mut command = through_shell("trap '' XFSZ; ulimit -f 15; exec \"$0\" \"$@\"");
    plan.add_run(&mut command, "out");
    let (code, stdout, stderr) = finish(command.arg("--quiet"));
    assert_eq!(code, 6, "{stderr}");
    assert!(stdout.contains("requests add up") && stderr.contains(".json was not written"), "{stderr}");
    assert!(stderr.contains("`plimsoll show"), "{stderr}");
    let expected: Vec<&str> = RESULT_FILES.into_iter().filter(|ending| ![".html", ".json"].contains(ending)).collect();
    assert_eq!(plan.endings(), expected);
    assert_eq!(show(&plan, &["--out", "out"]).0, 0);
    assert_eq!(plan.report()["verdict"]["exit_code"], 0);
}

#[test]
fn a_job_of_github_gets_notes_and_a_summary() {
    let target = target();
    let more = "shape: {constant: {users: 4, for: 1s}}\nthresholds:\n  - p95 < 1ms\n  - error_rate <= 100%\n  - {require: count > 0, name: some}\n";
    let plan = plan(&target, more);
    let summary = plan.path().join("summary.md");
    fs::write(&summary, "before\n").unwrap();
    let run = |path: &Path| {
        let mut command = plan.command(&["--quiet"]);
        finish(command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", path))
    };
    let (code, stdout, stderr) = run(&summary);
    assert_eq!(code, 1, "{stderr}");
    let note = "::error file=plan.yaml,line=10,col=5,title=threshold::p95 < 1ms: ";
    assert!(stderr.lines().any(|line| line.starts_with(note)), "{stderr}");
    assert_eq!(stderr.matches("::error").count(), 1, "{stderr}");
    assert!(!stdout.contains("::"), "{stdout}");
    assert_eq!(fs::read_to_string(&summary).unwrap(), format!("before\n{}\n", plan.with_ending(".md")));
    let (code, _, stderr) = run(&plan.path().join("no/such/folder"));
    assert_eq!(code, 6);
    assert!(stderr.contains("GITHUB_STEP_SUMMARY"), "{stderr}");
}

#[test]
fn show_says_what_it_cannot_do() {
    let target = target();
    let plan = plan(&target, "shape: {constant: {users: 2, for: 1s}}\nthresholds: [count > 0]\n");
    plan.run(&[]);
    for (arguments, code, said) in [
        (["--json", "--csv"].as_slice(), 2, "several formats"),
        (&["--full-history"], 2, "`--full-history` has no effect"),
        (&["--json", "--out", "x", "--full-history"], 2, "`--full-history` has no effect"),
        (&["--out", "plan.yaml"], 6, "results cannot be written to plan.yaml"),
        (&["--csv", "--out", "/proc"], 6, "_stats.csv was not written"),
    ] {
        let (found, stdout, stderr) = show(&plan, arguments);
        assert_eq!((found, stdout.as_str()), (code, ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said) && stderr.contains("= help"), "{stderr}");
    }
    // a journal under another name is not written over
    let odd = plan.path().join("run.json");
    fs::copy(plan.file("journal"), &odd).unwrap();
    let mut command = command_line::command();
    command.args(["show", "run.json", "--json", "--out", "."]).current_dir(plan.path());
    let (code, _, stderr) = finish(&mut command);
    assert_eq!((code, fs::read(odd).unwrap()), (2, fs::read(plan.file("journal")).unwrap()), "{stderr}");
}

/// Of a report that no journal belongs to: the formats that are written from it alone do not look.
fn no_seconds(secrets: &Secrets) -> Seconds<'_> {
    Seconds { journal: Path::new("/nowhere"), through: None, rows: HistoryRows::Aggregated, secrets, baseline: None }
}

#[test]
fn nothing_from_outside_breaks_a_file() {
    let report: Report = serde_json::from_str(&text("tests/files/hostile.json")).unwrap();
    let written = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut made = Vec::new();
        write(&mut made);
        String::from_utf8(made).unwrap()
    };
    let files = [
        (
            "hostile_stats.csv",
            written(&|out| Format::Csv.write(&report, &no_seconds(&Secrets::default()), out).unwrap()),
        ),
        ("hostile_failures.csv", written(&|out| failures(&report, out).unwrap())),
        ("hostile_exceptions.csv", written(&|out| exceptions(&report, out).unwrap())),
        (
            "hostile_junit.xml",
            written(&|out| Format::Junit.write(&report, &no_seconds(&Secrets::default()), out).unwrap()),
        ),
        ("hostile.md", written(&|out| Format::Markdown.write(&report, &no_seconds(&Secrets::default()), out).unwrap())),
        ("hostile.txt", written(&|out| Format::Text.write(&report, &no_seconds(&Secrets::default()), out).unwrap())),
        ("hostile_annotations.txt", annotations(&report)),
    ];
    assert_goldens(files.clone().map(|(name, made)| (format!("tests/files/{name}").into(), made)));
    let [stats, failures, _, _, page, summary, _] = files.map(|(_, text)| text);
    assert_eq!(rows(&stats).len(), report.requests.len() + 1);
    assert_eq!(rows(&failures).len(), report.failures.len() - 1, "one of them differs from another in its kind alone");
    let width = |line: &str| line.matches('|').count();
    let table = page.lines().skip_while(|line| !line.starts_with("| method")).take_while(|line| !line.is_empty());
    assert!(table.clone().count() > 10 && table.clone().all(|line| width(line) == 11), "{page}");
    assert!(!summary.lines().any(|line| line.trim_start().starts_with("::")), "{summary}");
}

#[test]
fn the_markdown_of_any_run_fits_into_a_comment() {
    let mut report: Report = serde_json::from_str(&text("tests/files/hostile.json")).unwrap();
    let long = "🚢`|".repeat(10_000);
    let many = |count: usize| 0..count;
    report.plan.name.clone_from(&long);
    report.plan.target.clone_from(&long);
    let mut row = report.requests[0].clone();
    row.name.clone_from(&long);
    report.requests = many(3000).map(|_| row.clone()).collect();
    let mut group = report.failures[0].clone();
    (group.name, group.message) = (long.clone(), long.clone());
    report.failures = many(1000).map(|_| group.clone()).collect();
    report.exceptions = report.failures.clone();
    let mut threshold = report.thresholds[1].clone();
    (threshold.name, threshold.require, threshold.measured) = (Some(long.clone()), long.clone(), long.clone());
    report.thresholds = many(1000).map(|_| threshold.clone()).collect();
    report.teardown = many(1000).map(|_| long.clone()).collect();
    let mut page = Vec::new();
    Format::Markdown.write(&report, &no_seconds(&Secrets::default()), &mut page).unwrap();
    assert!(page.len() < 65_536, "{} bytes", page.len());
    assert!(String::from_utf8(page).unwrap().contains("… and 29"));
}
