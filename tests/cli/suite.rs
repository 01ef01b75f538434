//! Several plans by one command: in turn, whatever comes of each, and reported together.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::command_line::{self, Ended, finish, send, wait};
use crate::support::folder::Folder;
use crate::support::repository::{text, valid};
use crate::support::target::{self, url};

/// `plimsoll run … --out FOLDER` at the repository's root.
fn run(out: &Folder, arguments: &[&str]) -> Ended {
    finish(&mut command(out, arguments))
}

fn command(out: &Folder, arguments: &[&str]) -> Command {
    let mut command = command_line::command();
    command.arg("run").args(arguments).arg("--out").arg(&**out);
    command
}

/// The files of a folder whose names end so.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    found.sort();
    found
}

/// The text of the only file that ends so.
fn only(folder: &Path, ending: &str) -> String {
    let found = files(folder, ending);
    assert_eq!(found.len(), 1, "{ending}: {found:?}");
    fs::read_to_string(&found[0]).unwrap()
}

/// The suite's report, valid by its schema.
fn report(folder: &Path) -> Value {
    valid(&only(folder, "_suite.json"), "suite_report")
}

/// A field of each run.
fn each<'a>(report: &'a Value, field: &str) -> Vec<&'a Value> {
    report["runs"].as_array().unwrap().iter().map(|run| &run[field]).collect()
}

#[test]
fn plans_are_run_in_turn_whatever_comes_of_each_and_end_with_one_report_and_the_worst_exit_code() {
    let (target, out) = (target::ready(), Folder::new());
    let (code, stdout, stderr) =
        run(&out, &["tests/plans/suite/all.yaml", "--target", &url(&target), "--set", "token=t-4711"]);
    // `token` is no var of the other plan
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert!(stderr.contains("the plan has no var `token`") && stderr.contains("nothing was run: 2 of 3"), "{stderr}");
    assert!(files(&out, "").is_empty());

    let mut command = command(&out, &["tests/plans/suite/all.yaml", "--target", &url(&target)]);
    let (code, stdout, stderr) = finish(command.env("SUITE_TOKEN", "t-4711-hush"));
    assert_eq!(code, 1, "{stdout}{stderr}");
    let report = report(&out);
    assert_eq!(each(&report, "name"), ["steady", "beyond", "steady-2"]);
    assert_eq!(each(&report, "state"), ["passed", "failed", "passed"]);
    assert_eq!(each(&report, "exit_code"), [0, 1, 0]);
    assert_eq!(report["verdict"]["text"], "failed: 1 of 3 plans did not pass");
    assert_eq!((&report["verdict"]["exit_code"], &report["over"]), (&1.into(), &true.into()));
    assert_eq!(report["runs"][2]["flags"], serde_json::json!(["--users", "12", "--time", "1s", "--seed", "7"]));
    assert!(stdout.contains("✗ failed: 1 of 3 plans did not pass") && stdout.contains("beyond"), "{stdout}");
    assert!(stderr.contains("── 2 of 3: beyond (") && stderr.contains("resting 100ms"), "{stderr}");

    // each run is one like any other, by its name and with a note of its suite
    for (index, run) in report["runs"].as_array().unwrap().iter().enumerate() {
        let stem = run["stem"].as_str().unwrap();
        let own: Value = serde_json::from_str(&fs::read_to_string(out.join(format!("{stem}.json"))).unwrap()).unwrap();
        assert_eq!(own["run"]["labels"]["suite"], "all-of-them", "{index}");
        assert_eq!(own["run"]["name"], run["name"]);
        assert!(out.join(format!("{stem}.html")).exists());
    }
    let (_, listed, told) = finish(command_line::command().args(["runs", "--results"]).arg(&*out));
    assert!(listed.contains("steady-2") && listed.contains("suite=all-of-them"), "{listed}");
    assert!(!listed.contains("_suite") && !told.contains("_suite"), "{listed}{told}");

    // one page, one Markdown, one JUnit: each with all of them, and no secret
    let (page, markdown, junit) = (only(&out, "_suite.html"), only(&out, "_suite.md"), only(&out, "_suite_junit.xml"));
    assert!(page.contains("default-src 'none'; style-src 'sha256-") && !page.contains("<script"), "{page}");
    assert!(!page.contains("<b>reach") && markdown.contains("`beyond <b>reach</b>: "), "{page}{markdown}");
    for run in report["runs"].as_array().unwrap() {
        assert!(page.contains(&format!("<a href=\"{}.html\">", run["stem"].as_str().unwrap())), "{page}");
    }
    assert!(markdown.contains("steady-2") && markdown.contains("did not pass"), "{markdown}");
    assert!(
        junit.contains("<testsuite name=\"steady-2 thresholds\"") && junit.contains("classname=\"beyond.thresholds\"")
    );
    assert_eq!(junit.matches("<failure").count(), 2, "the threshold and the verdict: {junit}");
    for text in [&page, &markdown, &junit, &stdout, &stderr, &report.to_string()] {
        assert!(!text.contains("t-4711-hush"), "{text}");
    }
}

#[test]
fn a_plan_that_cannot_start_costs_the_others_nothing_and_its_exit_code_outranks_a_failed_one() {
    let (target, out) = (target::ready(), Folder::new());
    let nowhere = Folder::new();
    let suite = nowhere.join("suite.yaml");
    let plan = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/plans/suite/{name}.yaml"));
    let written = format!(
        "rest: 0s\nsuite:\n  - {{plan: {}, target: 'http://127.0.0.1:1'}}\n  - {{plan: {}, time: 1s, target: '{}'}}\n  - {{plan: {}, target: '{}'}}\n",
        plan("awaited").display(),
        plan("steady").display(),
        url(&target),
        plan("strict").display(),
        url(&target)
    );
    fs::write(&suite, written).unwrap();
    let (code, stdout, stderr) = run(&out, &[suite.to_str().unwrap(), "--quiet"]);
    assert_eq!(code, 3, "{stdout}{stderr}");
    let report = report(&out);
    assert_eq!(each(&report, "state"), ["not_started", "passed", "failed"]);
    assert!(report["runs"][0]["text"].as_str().unwrap().contains("the target is not ready"), "{report:#}");
    assert_eq!(report["name"], "suite");
    assert!(stdout.contains("2 of 3 plans did not pass (at worst: not started)"), "{stdout}");
    assert!(only(&out, "_suite_junit.xml").contains("<error type=\"exit_code_3\""));
}

#[test]
fn whoever_ends_a_plan_ends_the_suite_and_what_was_not_run_is_said() {
    let (target, out) = (target::ready(), Folder::new());
    let plans = ["tests/plans/suite/steady.yaml", "tests/plans/suite/strict.yaml", "tests/plans/suite/steady.yaml"];
    let mut command = command(&out, &plans);
    command.args(["--target", &url(&target)]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let is_under_way =
        || files(&out, ".journal").iter().any(|path| fs::metadata(path).is_ok_and(|file| file.len() > 4000));
    assert!((0..2000).any(|_| is_under_way() || {
        std::thread::sleep(Duration::from_millis(10));
        false
    }));
    // what it has come to so far is there already
    assert_eq!(each(&report(&out), "state"), ["waiting"; 3]);
    send("-INT", &child);
    let (code, stdout, stderr) = wait(child);
    assert_eq!(code, 5, "{stdout}{stderr}");
    let report = report(&out);
    assert_eq!(each(&report, "state"), ["not_valid", "not_run", "not_run"]);
    assert!(stdout.contains("1 of 3 plans did not pass (at worst: interrupted); 2 not run"), "{stdout}");
    assert!(
        only(&out, "_suite_junit.xml").contains("<skipped message=\"not run: the suite was ended before its turn\"")
    );
}

#[test]
fn a_rest_can_be_ended_too() {
    let (target, out) = (target::ready(), Folder::new());
    let plans = ["tests/plans/suite/strict.yaml", "tests/plans/suite/strict.yaml"];
    let mut command = command(&out, &plans);
    command.args(["--rest", "1h", "--target", &url(&target)]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let rests =
        || files(&out, "_suite.md").iter().any(|path| fs::read_to_string(path).unwrap_or_default().contains("❌"));
    assert!((0..2000).any(|_| rests() || {
        std::thread::sleep(Duration::from_millis(10));
        false
    }));
    std::thread::sleep(Duration::from_millis(100));
    send("-TERM", &child);
    let (code, stdout, stderr) = wait(child);
    assert_eq!(code, 5, "{stdout}{stderr}");
    // whatever came of the first, it was over
    let report = report(&out);
    assert_eq!(each(&report, "state")[1], "not_run");
    assert_eq!(report["runs"][0]["thresholds"], 2);
}

#[test]
fn every_plan_is_checked_before_the_first_is_run() {
    let out = Folder::new();
    let plans = [
        "tests/plans/suite/steady.yaml",
        "tests/plans/bad/two_kinds.yaml",
        "nowhere",
        "tests/plans/bad/suite_empty.yaml",
    ];
    let (code, stdout, stderr) = run(&out, &plans[..3]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("a shape is one kind") && stderr.contains("cannot read nowhere"), "{stderr}");
    assert!(stderr.contains("nothing was run: 2 of 3 plans cannot be"), "{stderr}");
    let (code, _, stderr) = run(&out, &["tests/plans/suite/misspelt.yaml"]);
    assert_eq!(code, 2);
    let placed = "tests/plans/suite/misspelt.yaml:2:12: tests/plans/suite/steady.yaml --user nobody:";
    assert!(stderr.contains(placed) && stderr.contains("unknown user type `nobody`"), "{stderr}");
    assert!(files(&out, "").is_empty());
    for (arguments, told) in [
        (vec![plans[0], plans[3]], "the list is empty"),
        (vec![plans[0], plans[0], "--shard", "1/2"], "`--shard` is of one run"),
        (vec![plans[0], plans[0], "--start-at", "2099-01-01T00:00:00Z"], "`--start-at` is of one run"),
        (vec![plans[0], plans[0], "--baseline", "latest"], "`--baseline` is of one run"),
        (vec![plans[0], "--rest", "5s"], "`--rest` has no effect"),
        (vec![plans[0], "--scale", "2"], "would make the run larger"),
    ] {
        let (code, _, stderr) = run(&out, &arguments);
        assert_eq!(code, 2, "{arguments:?}: {stderr}");
        assert!(
            stderr.contains(told) && (stderr.contains("help: ") || told.contains("larger")),
            "{arguments:?}: {stderr}"
        );
    }
}

#[test]
fn a_suite_is_checked_with_the_flags_of_its_plans() {
    let (code, stdout, _) = command_line::run(&["check", "pre_release", "tests/plans/suite/all.yaml"]);
    assert_eq!(code, 0);
    assert_eq!(
        stdout,
        "plans/pre_release.yaml: ok (a suite of 7 plans)\ntests/plans/suite/all.yaml: ok (a suite of 3 plans)\n"
    );
    let (code, stdout, _) = command_line::run(&["run", "pre_release", "--scale", "0.1", "--dry-run"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("── 7 of 7: spike (plans/spike.yaml) ──"), "{stdout}");
    assert!(stdout.contains("spike 1") || stdout.contains("150 users"), "{stdout}");
    let (code, _, stderr) = command_line::run(&["try", "pre_release"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("this is a suite of plans, and no plan"), "{stderr}");
}

#[test]
fn a_rehearsal_is_smaller_in_every_way_and_says_so_everywhere() {
    let (target, out) = (target::ready(), Folder::new());
    let (code, stdout, stderr) =
        run(&out, &["tests/plans/suite/steady.yaml", "--scale", "0.2", "--target", &url(&target)]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    let said = "a rehearsal at scale 0.2: users, rates and times are 0.2 of the plan's";
    assert!(stderr.contains(said), "{stderr}");
    let own: Value = valid(&only(&out, ".json"), "report");
    assert_eq!((&own["run"]["scale"], &own["run"]["users"]), (&0.2.into(), &2.into()));
    assert_eq!(own["plan"]["stages"][0]["seconds"], 2.0);
    let thresholds = own["thresholds"].as_array().unwrap();
    let asked: Vec<_> = thresholds.iter().map(|threshold| threshold["require"].as_str().unwrap()).collect();
    assert_eq!(
        asked,
        ["error_rate < 50%", "rate{tag=read} >= 4/s", "count{user=writer} > 0", "max(concurrent_users) >= 2"]
    );
    assert_eq!(thresholds[1]["unscaled"], "rate{tag=read} >= 20/s");
    assert!(thresholds[0].get("unscaled").is_none());
    for text in [stdout, only(&out, ".md"), only(&out, ".html"), only(&out, ".log")] {
        let text = text.replace("&#x27;", "'").replace("&gt;", ">").replace("&#x2f;", "/");
        assert!(text.contains(said) && text.contains("rate{tag=read} >= 20/s"), "{text}");
    }
    assert!(only(&out, "_junit.xml").contains("<property name=\"scale\" value=\"0.2\"/>"));
    // and so it does wherever it is read again
    let (_, listed, _) = finish(command_line::command().args(["runs", "--results"]).arg(&*out));
    assert!(listed.contains("steady (scale 0.2)"), "{listed}");
    let (_, shown, _) = finish(command_line::command().args(["show", "--json"]).arg(&files(&out, ".journal")[0]));
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), own);
    let (_, analyzed, _) = finish(command_line::command().arg("analyze").arg(&files(&out, ".journal")[0]));
    assert!(analyzed.contains(said), "{analyzed}");
    // beside a whole run it is told from it
    let whole = ["tests/plans/suite/steady.yaml", "--time", "2s", "--baseline", "latest", "--target", &url(&target)];
    let (_, stdout, stderr) = run(&out, &whole);
    assert!(stdout.contains("the runs have different scales: 0.2 and 1"), "{stdout}{stderr}");
}

#[test]
fn thresholds_of_what_was_filtered_away_are_left_out_and_listed() {
    let (target, out) = (target::ready(), Folder::new());
    for filter in [["--user", "reader"], ["--tag", "read"], ["--exclude-tag", "write"]] {
        let out = Folder::new();
        let plan = ["tests/plans/suite/steady.yaml", "--time", "1s", "--target", &url(&target)];
        let (code, stdout, stderr) = run(&out, &[&plan[..], &filter].concat());
        assert_eq!(code, 0, "{filter:?}: {stdout}{stderr}");
        let own: Value = valid(&only(&out, ".json"), "report");
        let left = own["left_out"].as_array().unwrap();
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!((&left[0]["require"], &left[0]["name"]), (&"count{user=writer} > 0".into(), &"writes".into()));
        assert_eq!(own["thresholds"].as_array().unwrap().len(), 3);
        assert!(
            stdout.contains("thresholds left out") && stdout.contains("what it is of was filtered away"),
            "{stdout}"
        );
        assert!(only(&out, "_junit.xml").contains("<skipped message=\"left out: what it is of was filtered away\"/>"));
        assert!(only(&out, ".html").contains("Left out of this run"));
    }
    // without a filter a threshold of what never happens is no other than before
    let (code, _, _) = run(&out, &["tests/plans/suite/steady.yaml", "--time", "1s", "--target", &url(&target)]);
    assert_eq!(code, 0);
    let own: Value = valid(&only(&out, ".json"), "report");
    assert!(own.get("left_out").is_none());
}

#[test]
fn the_jobs_of_ci_run_the_suite_at_night() {
    for file in ["github-actions.yaml", "gitlab-ci.yaml"] {
        assert!(text(format!("examples/ci/{file}")).contains("$PLIMSOLL run pre_release"), "{file}");
    }
}
