//! Runs that can be found again: their names and labels in every file, the list, words instead of paths, trends, and what
//! is removed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::command_line::{self, Ended, finish};
use crate::support::folder::Folder;
use crate::support::plan_folder::PlanFolder;
use crate::support::repository::valid;
use crate::support::target;

const PLAN: &str = r#"
metrics: {basket: {trend: {unit: items}}}
endpoints: {look: {get: /health, record: {basket: "{{ 3 }}"}}}
users: {u: {pacing: 100ms, tasks: {t: {call: look}}}}
shape: {constant: {users: 2, for: 1s}}
thresholds: [error_rate < 1%]
"#;

/// Results of three runs, the newest first: `nightly` with labels, one without a name, `nightly` of another plan.
struct Made {
    plans: PlanFolder,
    files: Vec<(String, Vec<u8>)>,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let target = target::ready();
    let plans = PlanFolder::text(PLAN).aimed_at(&target);
    fs::write(plans.path().join("other.yaml"), PLAN.replace("1%", "1%, p95 < 1us")).unwrap();
    let run = |arguments: &[&str], wanted: i32| {
        let mut command = command_line::command();
        command.current_dir(plans.path()).arg("run").args(arguments);
        command.args(["--quiet", "--target", &target::url(&target)]);
        let (code, _, stderr) = finish(&mut command);
        assert_eq!(code, wanted, "{stderr}");
    };
    run(&["other.yaml", "--name", "nightly", "--out", "out"], 1);
    run(&["plan.yaml", "--results", "out"], 0);
    run(&["plan.yaml", "--results", "out", "--name", "nightly", "--label", "commit=41fc740", "--label", "by=größe"], 0);
    let files = fs::read_dir(plans.path().join("out")).unwrap().map(|entry| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
    });
    let files = files.collect();
    Made { plans, files }
});

/// A folder of its own with the three runs in `results`.
fn results() -> Folder {
    let folder = Folder::new();
    fs::create_dir(folder.join("results")).unwrap();
    for (name, bytes) in &MADE.files {
        fs::write(folder.join("results").join(name), bytes).unwrap();
    }
    folder
}

fn in_folder(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = command_line::command();
    command.current_dir(folder).args(arguments);
    command
}

fn plimsoll(folder: &Path, arguments: &[&str]) -> Ended {
    finish(&mut in_folder(folder, arguments))
}

fn stem(beginning: &str, index: usize) -> String {
    let mut stems: Vec<&str> = MADE.files.iter().filter_map(|(name, _)| name.strip_suffix(".journal")).collect();
    stems.retain(|stem| stem.starts_with(beginning));
    stems.sort_unstable();
    stems[index].to_owned()
}

fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = files.collect();
    names.sort();
    names
}

#[test]
fn a_runs_name_and_labels_are_in_each_of_its_files() {
    let nightly = stem("nightly", 1);
    let file = |ending: &str| {
        let found = MADE.files.iter().find(|(name, _)| *name == format!("{nightly}{ending}"));
        String::from_utf8_lossy(&found.unwrap_or_else(|| panic!("{nightly}{ending}")).1).into_owned()
    };
    let report = valid(&file(".json"), "report");
    assert_eq!(report["run"]["name"], "nightly");
    assert_eq!(report["run"]["labels"], serde_json::json!({"by": "größe", "commit": "41fc740"}));
    assert!(file("_junit.xml").contains(r#"<property name="name" value="nightly"/>"#));
    assert!(file("_junit.xml").contains(r#"<property name="label.commit" value="41fc740"/>"#));
    assert!(file(".md").contains("commit=41fc740") && file(".md").contains("nightly"), "{}", file(".md"));
    assert!(file(".html").contains("<code>commit=41fc740</code>"));
    assert!(file(".log").contains("run nightly; labels by=größe, commit=41fc740"), "{}", file(".log"));
    // the journal tells the same again
    let folder = results();
    let (code, told, _) = plimsoll(&folder, &["show", "nightly", "--json"]);
    assert_eq!((code, told), (0, file(".json")));
    let unnamed = MADE.files.iter().find(|(name, _)| name.starts_with("load_test") && name.ends_with(".json")).unwrap();
    let unnamed: Value = serde_json::from_slice(&unnamed.1).unwrap();
    assert!(unnamed["run"].get("name").is_none() && unnamed["run"].get("labels").is_none());
}

#[test]
fn what_can_be_no_name_or_label_is_refused_before_anything_runs() {
    let folder = results();
    for (arguments, why) in [
        (["--name", "a/b"], "cannot hold `/`"),
        (["--name", "../../x"], "cannot hold `/`"),
        (["--name", "latest"], "stands for the newest run"),
        (["--name", ""], "cannot be empty"),
        (["--label", "commit"], "write it as `commit=41fc740`"),
        (["--label", "a b=c"], "is no key of a label"),
        (["--label", "a=b\nc"], "too long, or no line"),
    ] {
        let (code, _, stderr) = plimsoll(&folder, &[&["run", "plan.yaml"], &arguments[..]].concat());
        assert_eq!(code, 2, "{arguments:?}: {stderr}");
        assert!(stderr.contains(why), "{arguments:?}: {stderr}");
    }
    let twice = ["run", "plan.yaml", "--label", "a=b", "--label", "a=c"];
    let (code, _, stderr) = plimsoll(&folder, &twice);
    assert!(code == 2 && stderr.contains("the label `a` is given twice") && stderr.contains("help: "), "{stderr}");
}

#[test]
fn the_list_has_each_run_the_newest_first() {
    let folder = results();
    let (code, told, stderr) = plimsoll(&folder, &["runs"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("run ") && lines[0].ends_with("p95"), "{told}");
    assert!(lines[1].starts_with("latest ") && lines[1].contains("nightly") && lines[1].contains("passed"), "{told}");
    assert_eq!(lines[2], "  by=größe, commit=41fc740", "{told}");
    assert!(lines[3].starts_with("latest~1") && !lines[3].contains("nightly"), "{told}");
    assert!(lines[4].starts_with("latest~2") && lines[4].contains("other") && lines[4].contains("failed"), "{told}");
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");

    let (code, told, _) = plimsoll(&folder, &["runs", "--json"]);
    assert_eq!(code, 0);
    let listed = valid(&told, "runs");
    let runs = listed["runs"].as_array().unwrap();
    for run in runs {
        let report = run["file"].as_str().unwrap().replace(".journal", ".json");
        let report: Value = serde_json::from_slice(&fs::read(folder.join(report)).unwrap()).unwrap();
        assert_eq!(run["rate"], report["total"]["rate"]);
        assert_eq!(run["p95"], report["total"]["response_time"]["p95"]);
        assert_eq!(run["verdict"], report["verdict"]["text"]);
    }
    assert_eq!((runs.len(), &runs[2]["state"], &runs[0]["labels"]["commit"]), (3, &"failed".into(), &"41fc740".into()));
}

#[test]
fn only_the_runs_that_were_asked_for_are_listed_and_what_none_is_gets_a_suggestion() {
    let folder = results();
    let listed = |arguments: &[&str]| {
        let (code, told, stderr) = plimsoll(&folder, &[&["runs", "--json"], arguments].concat());
        assert_eq!(code, 0, "{stderr}");
        let listed: Value = serde_json::from_str(&told).unwrap();
        let runs = listed["runs"].as_array().unwrap();
        runs.iter().map(|run| run["reference"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(&["--plan", "plan"]), ["latest", "latest~1"]);
    assert_eq!(listed(&["--name", "nightly"]), ["latest", "latest~2"]);
    assert_eq!(listed(&["--label", "commit=41fc740"]), ["latest"]);
    assert_eq!(listed(&["--last", "1"]), ["latest"]);
    for (arguments, why, help) in [
        (["--plan", "othr"], "no run is of a plan `othr`", "did you mean `other`?"),
        (["--name", "nigtly"], "no run is called `nigtly`", "did you mean `nightly`?"),
        (["--label", "commit=x"], "no run is all that was asked for", "leave out"),
    ] {
        let (code, _, stderr) = plimsoll(&folder, &[&["runs"], &arguments[..]].concat());
        assert!(code == 2 && stderr.contains(why) && stderr.contains(help), "{stderr}");
    }
}

#[test]
fn a_run_without_a_report_is_read_from_its_journal_and_one_without_a_journal_from_its_report() {
    let folder = results();
    let place = folder.join("results");
    let whole = plimsoll(&folder, &["runs"]).1;
    fs::remove_file(place.join(format!("{}.json", stem("nightly", 1)))).unwrap();
    fs::remove_file(place.join(format!("{}.journal", stem("load_test", 0)))).unwrap();
    assert_eq!(plimsoll(&folder, &["runs"]).1, whole);
    // a report that was written while the run was under way is not what it came to
    let report = place.join(format!("{}.json", stem("nightly", 0)));
    let old = fs::read_to_string(&report).unwrap().replace(r#""ended": "complete""#, r#""ended": "cut_off""#);
    fs::write(&report, old.replace(r#""passed": false"#, r#""passed": true"#)).unwrap();
    assert_eq!(plimsoll(&folder, &["runs"]).1, whole);
    // a run that was killed has the seconds it has
    let journal = place.join(format!("{}.journal", stem("nightly", 1)));
    let bytes = fs::read(&journal).unwrap();
    fs::write(&journal, &bytes[..bytes.len() - 40]).unwrap();
    let (_, told, _) = plimsoll(&folder, &["runs"]);
    assert!(told.lines().nth(1).unwrap().contains("cut off"), "{told}");
    // what needs a journal says so
    let (code, _, stderr) = plimsoll(&folder, &["show", "latest~1"]);
    assert!(
        code == 2 && stderr.contains("whose journal is gone") && stderr.contains("its report is still"),
        "{stderr}"
    );
    assert_eq!(plimsoll(&folder, &["analyze", "latest~1"]).0, 0);
}

#[test]
fn broken_and_foreign_files_are_passed_over_and_told() {
    let folder = results();
    let place = folder.join("results");
    let whole = plimsoll(&folder, &["runs"]).1;
    fs::write(place.join("README.txt"), "mine").unwrap();
    fs::write(place.join("broken.journal"), "plimsoll journal 1\nnothing").unwrap();
    fs::write(place.join("other.journal"), "no journal").unwrap();
    fs::write(place.join("package.json"), "{\"name\": \"mine\"}").unwrap();
    fs::write(place.join("orphan.log"), "a run that never began").unwrap();
    fs::write(place.join("nested.json"), "[".repeat(1 << 20)).unwrap();
    fs::write(place.join(".gitkeep"), "").unwrap();
    fs::create_dir(place.join("folder.journal")).unwrap();
    symlink("/dev/zero", place.join("endless.journal")).unwrap();
    symlink("nowhere", place.join("lost.json")).unwrap();
    assert!(Command::new("mkfifo").arg(place.join("pipe.journal")).status().unwrap().success());
    let (code, told, stderr) = plimsoll(&folder, &["runs"]);
    assert_eq!((code, told), (0, whole));
    for said in [
        "skipped broken.journal: it is cut off within its header",
        "skipped other.journal: it is no journal of Plimsoll",
        "skipped package.json: no report",
        "skipped nested.json: no report",
        "skipped what is of no run: README.txt, endless.journal, lost.json, orphan.log, pipe.journal\n",
    ] {
        assert!(stderr.contains(said), "{said}: {stderr}");
    }
}

#[test]
fn a_folder_of_ten_thousand_files_is_listed_at_once() {
    let folder = results();
    let place = folder.join("results");
    let (name, bytes) = MADE.files.iter().find(|(name, _)| name.ends_with(".journal")).unwrap();
    let report = fs::read(place.join(name.replace(".journal", ".json"))).unwrap();
    for number in 0..2000 {
        fs::write(place.join(format!("copy_{number}.journal")), bytes).unwrap();
        fs::write(place.join(format!("copy_{number}.json")), &report).unwrap();
        for ending in [".log", ".md", "_stats.csv"] {
            fs::write(place.join(format!("copy_{number}{ending}")), "").unwrap();
        }
    }
    let began = Instant::now();
    let (code, told, stderr) = plimsoll(&folder, &["runs", "--json", "--memory", "64MiB"]);
    assert!(began.elapsed() < Duration::from_secs(30), "it took {:?}", began.elapsed());
    assert_eq!((code, stderr.as_str()), (0, ""));
    let listed: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((listed["runs"].as_array().unwrap().len(), &listed["older"]), (200, &1803.into()));
    let (code, _, stderr) = plimsoll(&folder, &["show", "copy_1"]);
    assert!(code == 2 || stderr.is_empty(), "{stderr}");
    let (code, _, stderr) = plimsoll(&folder, &["show", "copy_"]);
    assert!(
        code == 2 && stderr.contains("is the beginning of 2000 runs") && stderr.contains("and 1995 older"),
        "{stderr}"
    );
}

#[test]
fn a_run_is_named_by_a_word_wherever_one_is_read() {
    let folder = results();
    let journal = |beginning, index| format!("results/{}.journal", stem(beginning, index));
    let same = |word: &[&str], path: &[&str]| assert_eq!(plimsoll(&folder, word), plimsoll(&folder, path), "{word:?}");
    same(&["show", "latest"], &["show", &journal("nightly", 1)]);
    same(&["show", "nightly~1"], &["show", &journal("nightly", 0)]);
    same(&["show", "load"], &["show", &journal("load_test", 0)]);
    same(&["analyze", "nightly", "--json"], &["analyze", &journal("nightly", 1), "--json"]);
    same(&["compare", "latest~1", "latest"], &["compare", &journal("load_test", 0), &journal("nightly", 1)]);
    let (code, _, stderr) = plimsoll(&folder, &["merge", "latest", "-o", "merged"]);
    assert!(code == 0 && stderr.contains("merged into merged.journal"), "{stderr}");
    // a path that is there wins
    fs::copy(folder.join(journal("load_test", 0)), folder.join("latest")).unwrap();
    same(&["show", "latest"], &["show", &journal("load_test", 0)]);
}

#[test]
fn a_word_that_means_no_run_or_several_is_refused_with_what_to_write() {
    let folder = results();
    for (arguments, why, help) in [
        (&["show", "latest~7"][..], "`results` has 3 runs", "`latest~2`"),
        (&["show", "nightly_"], "the beginning of 2 runs", "write more of one: `nightly_"),
        (&["analyze", "nighly"], "there is no run `nighly`", "did you mean `nightly`?"),
        (&["compare", "latest", "zzz"], "there is no run `zzz`", "`plimsoll runs` lists"),
        (&["run", "plan.yaml", "--baseline", "nighly"], "there is no run `nighly`", "did you mean `nightly`?"),
        (&["show", "latest", "--results", "elsewhere"], "there is no run `latest`", "--results DIR"),
        (&["runs", "elsewhere"], "`elsewhere` cannot be read: there is no such file", "plimsoll runs DIR"),
    ] {
        let (code, stdout, stderr) = plimsoll(&folder, arguments);
        assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(why) && stderr.contains(help), "{arguments:?}: {stderr}");
    }
    fs::create_dir(folder.join("empty")).unwrap();
    let (code, told, _) = plimsoll(&folder, &["runs", "empty"]);
    assert!(code == 0 && told.contains("there is no run in `empty`"), "{told}");
    let (code, _, stderr) = plimsoll(&folder, &["show", "latest", "--results", "empty"]);
    assert!(code == 2 && stderr.contains("`plimsoll run` writes one"), "{stderr}");
}

#[test]
fn the_folder_of_results_is_the_flags_the_environments_or_the_usual_one() {
    let folder = results();
    fs::rename(folder.join("results"), folder.join("mine")).unwrap();
    let with =
        |variable: &str, arguments: &[&str]| finish(in_folder(&folder, arguments).env("PLIMSOLL_RESULTS", variable));
    assert_eq!(with("mine", &["show", "nightly"]).0, 0);
    assert_eq!(with("mine", &["runs"]).1, plimsoll(&folder, &["runs", "mine"]).1);
    assert_eq!(with("elsewhere", &["runs", "--results", "mine"]).0, 0);
    // one that is set to nothing is not set
    assert!(with("", &["runs"]).2.contains("`results` cannot be read"));
    // and a run goes where runs are looked for
    let target = target::ready();
    fs::write(folder.join("plan.yaml"), PLAN).unwrap();
    let run =
        ["run", "plan.yaml", "--quiet", "--name", "here", "--baseline", "nightly", "--target", &target::url(&target)];
    let (code, _, stderr) = with("mine", &run);
    assert!(code < 2, "{stderr}");
    assert!(
        names(&folder.join("mine")).iter().any(|name| name.starts_with("here_") && name.ends_with("_comparison.md"))
    );
    assert!(!folder.join("results").exists());
}

#[test]
fn a_trend_shows_a_figure_as_the_runs_own_reports_have_it() {
    let folder = results();
    let trend =
        ["runs", "--plan", "plan", "--trend", "p95", "--trend", "avg(basket)", "--trend", "rate{endpoint=look}"];
    let (code, told, stderr) = plimsoll(&folder, &[&trend[..], &["--json"]].concat());
    assert_eq!((code, stderr.as_str()), (0, ""));
    let listed = valid(&told, "runs");
    for run in listed["runs"].as_array().unwrap() {
        let (p95, own) = (run["figures"]["p95"]["value"].as_f64().unwrap(), run["p95"].as_f64().unwrap());
        assert!((p95 * 1e3 - own).abs() < 1e-9, "{run}");
        assert_eq!(
            (&run["figures"]["avg(basket)"]["value"], &run["figures"]["p95"]["unit"]),
            (&3.0.into(), &"s".into())
        );
        assert_eq!(run["figures"]["rate{endpoint=look}"]["value"], run["rate"]);
    }
    let (code, text, _) = plimsoll(&folder, &trend);
    assert!(code == 0 && text.contains("p95 of plan\n") && text.contains("avg(basket) of plan\n  ▅▅\n"), "{text}");
    let (code, csv, _) = plimsoll(&folder, &[&trend[..], &["--csv"]].concat());
    let rows: Vec<&str> = csv.split("\r\n").collect();
    assert!(code == 0 && rows[0].ends_with("p99_ms,p95,avg(basket),rate{endpoint=look}"), "{csv}");
    assert!(rows[1].contains("load_test_") && rows[2].contains("by=größe commit=41fc740"), "{csv}");
    let (code, _, stderr) = plimsoll(&folder, &[&trend[..], &["--html", "trend.html"]].concat());
    assert_eq!((code, stderr.as_str()), (0, "trend.html\n"));
    let page = fs::read_to_string(folder.join("trend.html")).unwrap();
    let value = listed["runs"][0]["figures"]["p95"]["value"].to_string();
    assert!(page.contains(&format!("data-v=\"{value}\"")), "{value}: {page}");
    assert!(page.contains("default-src 'none'") && !page.contains("<script"), "{page}");
}

#[test]
fn a_figure_that_no_run_has_is_refused_with_a_suggestion() {
    let folder = results();
    for (metric, why, help) in [
        ("p95x", "unknown aggregate `p95x`", "did you mean `p95`?"),
        ("eror_rate", "unknown aggregate `eror_rate`", "did you mean `error_rate`?"),
        ("p95 < 100ms", "left over behind the figure", "the figure alone"),
        ("basket", "unknown aggregate `basket`", "a metric's figures are `p95(basket)`"),
        ("p95(baskt)", "no run has a metric `baskt`", "did you mean `p95(basket)`?"),
        ("p95{endpont=look}", "unknown selector `endpont`", "did you mean `endpoint`?"),
    ] {
        let (code, stdout, stderr) = plimsoll(&folder, &["runs", "--trend", metric]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{metric}: {stderr}");
        assert!(stderr.contains(why) && stderr.contains(help), "{metric}: {stderr}");
    }
}

#[test]
fn what_is_pruned_are_files_of_old_runs_and_nothing_else() {
    let folder = results();
    let place = folder.join("results");
    let (old, kept) = (stem("load_test", 0), stem("nightly", 1));
    fs::write(folder.join("precious"), "precious").unwrap();
    fs::write(place.join(format!("{old}_notes.md")), "mine").unwrap();
    fs::write(place.join("README.md"), "mine").unwrap();
    fs::write(place.join("broken.journal"), "mine").unwrap();
    fs::write(place.join("broken.html"), "mine").unwrap();
    fs::write(place.join(format!("{old}.html.part")), "half").unwrap();
    symlink(folder.join("precious"), place.join(format!("{old}.txt"))).unwrap();
    let before = names(&place);

    let (code, told, _) = plimsoll(&folder, &["runs", "prune", "--keep", "0", "--plan", "plan", "--dry-run"]);
    assert!(code == 0 && told.starts_with(&format!("would remove {old} (")) && told.contains(&kept), "{told}");
    assert_eq!(names(&place), before);
    let (code, told, _) = plimsoll(&folder, &["runs", "prune", "--keep", "1"]);
    assert_eq!((code, told.as_str()), (0, "nothing to remove\n"), "each plan and name has one");

    let (code, told, _) = plimsoll(&folder, &["runs", "prune", "results", "--keep", "0", "--plan", "plan"]);
    assert!(code == 0 && told.contains(&format!("removed {old} (11 files)\n")), "{told}");
    let left = names(&place);
    let gone: Vec<&String> = before.iter().filter(|name| !left.contains(name)).collect();
    assert!(gone.iter().all(|name| name.starts_with(&old) || name.starts_with(&kept)), "{gone:?}");
    assert_eq!(gone.len(), 21);
    for name in [&format!("{old}_notes.md"), "README.md", "broken.journal", "broken.html", &format!("{old}.txt")] {
        assert!(left.iter().any(|left| left == name), "{name}: {left:?}");
    }
    assert_eq!(fs::read_to_string(folder.join("precious")).unwrap(), "precious");
    assert!(left.iter().any(|name| name.starts_with(&stem("nightly", 0))));
}

#[test]
fn a_run_that_may_be_under_way_is_not_pruned() {
    let folder = results();
    let place = folder.join("results");
    let under_way = stem("load_test", 0);
    fs::remove_file(place.join(format!("{under_way}.json"))).unwrap();
    let (code, told, _) = plimsoll(&folder, &["runs", "prune", "--keep", "0"]);
    assert!(code == 0 && told.contains("left 1 that may be under way") && !told.contains(&under_way), "{told}");
    assert!(place.join(format!("{under_way}.journal")).exists());
}

#[test]
fn a_secret_in_a_label_is_in_no_file_and_one_in_a_name_is_refused() {
    let target = target::ready();
    let plan =
        PlanFolder::text(&format!("vars: {{key: \"hunter2hunter2\"}}\nsecrets: [key]\n{PLAN}")).aimed_at(&target);
    let (code, told, stderr) =
        plan.run(&["--quiet", "--label", "note=x-hunter2hunter2", "--label", "password=s3cr3t-w0rd"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(!told.contains("hunter2") && !told.contains("s3cr3t-w0rd"), "{told}");
    for name in names(&plan.path().join("out")) {
        let bytes = fs::read(plan.path().join("out").join(&name)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("hunter2h") || name.ends_with(".journal"), "{name}: {text}");
        assert!(!text.contains("s3cr3t-w0rd"), "{name}: {text}");
    }
    let (code, _, stderr) = plan.run(&["--quiet", "--name", "x-hunter2hunter2"]);
    assert!(code == 2 && stderr.contains("holds a secret") && !stderr.contains("hunter2h"), "{stderr}");
}

/// The folder that the three runs were made in is there as long as they are needed.
#[test]
fn the_runs_were_made() {
    assert_eq!(names(&MADE.plans.path().join("out")).len(), 30);
    let _: PathBuf = MADE.plans.path().to_owned();
}

#[test]
fn every_file_of_a_run_with_a_baseline_is_its_own() {
    let folder = results();
    let place = folder.join("results");
    let old = stem("load_test", 0);
    let compared =
        ["_comparison.json", "_comparison.md", "_comparison_junit.xml"].map(|ending| format!("{old}{ending}"));
    compared.iter().for_each(|name| fs::write(place.join(name), "compared").unwrap());
    let (_, _, stderr) = plimsoll(&folder, &["runs"]);
    assert!(!stderr.contains("comparison"), "{stderr}");
    let (code, told, _) = plimsoll(&folder, &["runs", "prune", "--keep", "0", "--plan", "plan"]);
    assert!(code == 0 && told.contains(&format!("removed {old} (")), "{told}");
    let left = names(&place);
    assert!(compared.iter().all(|name| !left.contains(name)), "{left:?}");
}
